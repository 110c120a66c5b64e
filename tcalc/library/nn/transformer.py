"""Layers of transformers, stacks of them, and the whole of "Attention is all you need"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import StateError
from tcalc.library.copying import deepcopy
from tcalc.library.nn import init
from tcalc.library.nn.activation import GELU, ReLU
from tcalc.library.nn.arguments import layer, take, tensor
from tcalc.library.nn.attention import MultiheadAttention
from tcalc.library.nn.containers import ModuleList
from tcalc.library.nn.dropout import Dropout
from tcalc.library.nn.linear import Linear
from tcalc.library.nn.members import no_attribute
from tcalc.library.nn.module import Module
from tcalc.library.nn.normalization import LayerNorm
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.autograd.nodes import tracked
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.create.constant import full
from tcalc.runtime.ops.elementwise.activation import gelu, relu
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.dtypes import bool_

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Device, DType

    Activation = str | Callable[[Tensor], Tensor]

_ACTIVATIONS: dict[str, Any] = {"relu": relu.switched_function, "gelu": gelu.function}


def _activation(owner: Module, given: object) -> Callable[[Tensor], Tensor]:
    if type(given) is str:
        if given not in _ACTIVATIONS:
            raise StateError(f"activation should be relu/gelu, not {given}", argument="activation")
        return _ACTIVATIONS[given]
    return take(owner, "activation", given, "Function")


class _Layer(Module):
    """What layers of encoders and decoders share: attention, two linear maps, norms, dropouts.

    _attentions: the names of those that it has, each with a norm and a dropout.
    """

    _attentions: tuple[str, ...] = ("self_attn",)

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = _ACTIVATIONS["relu"], layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True,
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place: Any = {"device": device, "dtype": dtype}
        for name in self._attentions:
            self.add_module(name, MultiheadAttention(
                d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first, **place
            ))  # fmt: skip
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **place)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **place)
        self.norm_first = bool(norm_first)
        numbers = range(1, len(self._attentions) + 2)
        for i in numbers:
            self.add_module(f"norm{i}", LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **place))
        for i in numbers:
            self.add_module(f"dropout{i}", Dropout(dropout))
        self.activation = _activation(self, activation)

    def _around(self, number: int, x: Tensor, inner: Callable[[Tensor], Tensor]) -> Tensor:
        """The input plus what a part makes of it, with the norm before that part or after the sum."""
        norm, drop = _part(self, f"norm{number}"), _part(self, f"dropout{number}")
        found: Tensor
        if self.norm_first:
            found = x + drop(inner(norm(x)))
        else:
            found = norm(x + drop(inner(x)))
        return found

    def _attend(
        self,
        name: str,
        x: Tensor,
        others: Tensor,
        mask: Tensor | None,
        padding: Tensor | None,
        is_causal: bool,
    ) -> Tensor:
        attention = _part(self, name)
        found: Tensor = attention(
            x, others, others, attn_mask=mask, key_padding_mask=padding, is_causal=is_causal,
            need_weights=False,
        )[0]  # fmt: skip
        return found

    def _feed(self, x: Tensor) -> Tensor:
        found: Tensor = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return found


@layer("transformer")
class TransformerEncoderLayer(_Layer):
    """Self-attention, then two linear maps with an activation between, each added to its input.

    d_model: the size of an element, a multiple of nhead. activation: "relu", "gelu" or a function.
    norm_first: whether the norms come before the parts, else after the sums.

    >>> nn.TransformerEncoderLayer(4, 2, 8)(ones(3, 1, 4)).shape
    torch.Size([3, 1, 4])
    """

    def forward(
        self, src: Tensor, src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None, is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """src: (s, n, d_model), (n, s, d_model) if batch_first, or (s, d_model) → the same.

        src_mask: (s, s) or (n * nhead, s, s), src_key_padding_mask: (n, s); bools say where not to
        look, floats are added to the scores. is_causal: a hint that src_mask is the causal one.
        """
        x = self._around(1, src, lambda x: self._attend(
            "self_attn", x, x, src_mask, src_key_padding_mask, is_causal))  # fmt: skip
        return self._around(2, x, self._feed)


@layer("transformer")
class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to what an encoder gave, then two linear maps.

    The arguments are those of TransformerEncoderLayer.

    >>> nn.TransformerDecoderLayer(4, 2, 8)(ones(3, 1, 4), ones(2, 1, 4)).shape
    torch.Size([3, 1, 4])
    """

    _attentions = ("self_attn", "multihead_attn")

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """tgt: (t, n, d_model), memory: (s, n, d_model) → (t, n, d_model).

        Masks: as in TransformerEncoderLayer, those of the memory over (t, s) and (n, s).
        """
        x = self._around(1, tgt, lambda x: self._attend(
            "self_attn", x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal))  # fmt: skip
        x = self._around(2, x, lambda x: self._attend(
            "multihead_attn", x, memory, memory_mask, memory_key_padding_mask, memory_is_causal))  # fmt: skip
        return self._around(3, x, self._feed)


def causal_mask(sz: int, device: Device | None = None, dtype: DType | None = None) -> Tensor:
    """-inf above the diagonal, 0 elsewhere."""
    mask: Tensor = full((sz, sz), -float("inf"), dtype=dtype, device=device)
    return mask.triu(1)


def _is_causal(mask: Tensor | None, hint: bool | None, x: Tensor, batch_first: bool) -> bool:
    """Whether a mask is the causal one: as the hint says, else by its values."""
    if hint is not None or not (isinstance(mask, Tensor) and isinstance(x, Tensor)):
        return hint is True
    size = x._d.shape[0 if x._d.ndim == 2 or not batch_first else 1]
    if mask._d.shape != (size, size):
        return False
    wanted = causal_mask(size, mask.device, None if mask.dtype is bool_ else mask.dtype)
    return not anywhere(mask.ne(wanted))


class _Stack(Module):
    """Copies of a layer one after the other, and a norm at the end."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        super().__init__()
        self.num_layers: int = take(self, "num_layers", num_layers, "int")
        self.layers = ModuleList([deepcopy(layer) for _ in range(self.num_layers)])
        self.norm = norm

    @property
    def _batch_first(self) -> bool:
        """Whether the layers take examples first."""
        first = self.layers[0] if len(self.layers) else None
        attention = None if first is None else first._modules.get("self_attn")
        return getattr(attention, "batch_first", False) is True

    def _finished(self, x: Tensor) -> Tensor:
        return x if self.norm is None else self.norm(x)


@layer("transformer")
class TransformerEncoder(_Stack):
    """Copies of a TransformerEncoderLayer one after the other.

    norm: a module that the result goes through. enable_nested_tensor: whether, when nothing is
    trained, padding gives 0, as it does in PyTorch, which leaves it out.

    >>> encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2)
    >>> encoder(ones(1, 3, 4)).shape
    torch.Size([1, 3, 4])
    """

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None,
        enable_nested_tensor: bool = True, mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(encoder_layer, num_layers, norm)
        self.enable_nested_tensor = bool(enable_nested_tensor)
        self.mask_check = bool(mask_check)
        why = _why_not_nested(encoder_layer)
        self.use_nested_tensor = self.enable_nested_tensor and not why
        if self.enable_nested_tensor and why:
            warn(f"enable_nested_tensor is True, but self.use_nested_tensor is False because {why}")

    def forward(
        self, src: Tensor, mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None, is_causal: bool | None = None,
    ) -> Tensor:  # fmt: skip
        """What the last layer gives. Shapes and masks: as of the layer."""
        causal = _is_causal(mask, is_causal, src, self._batch_first)
        out = src
        for module in self.layers:
            out = module(out, src_mask=mask, is_causal=causal,
                         src_key_padding_mask=src_key_padding_mask)  # fmt: skip
        if src_key_padding_mask is not None and self._leaves_out(src, mask, src_key_padding_mask):
            out = out.masked_fill(_hidden(src_key_padding_mask).unsqueeze(-1), 0)
        return self._finished(out)

    def _leaves_out(self, src: Tensor, mask: Tensor | None, padding: Tensor) -> bool:
        """Whether PyTorch would work without the padding, and fill it with 0 at the end."""
        if not self.use_nested_tensor or self.training or mask is not None or src._d.ndim != 3:
            return False
        if tracked(src) or any(tracked(p) for p in self.parameters()):
            return False
        if not self.mask_check:
            return True
        hidden = _hidden(padding)
        # Padding must come last.
        return not anywhere(hidden[:, :-1] & ~hidden[:, 1:])


def _hidden(padding: Tensor) -> Tensor:
    """Where a mask of padding, of bools or of what is added to scores, lets nobody look."""
    return padding if padding.dtype is bool_ else padding.ne(0)


def _why_not_nested(layer: Module) -> str:
    """What keeps PyTorch from working without the padding."""
    if not isinstance(layer, TransformerEncoderLayer):
        return "encoder_layer was not TransformerEncoderLayer"
    attention = _part(layer, "self_attn")
    if layer.norm_first:
        return "encoder_layer.norm_first was True"
    if not attention.batch_first:
        return (
            "encoder_layer.self_attn.batch_first was not True(use batch_first for better inference "
            "performance)"
        )
    if attention.in_proj_bias is None:
        return "encoder_layer.self_attn was passed bias=False"
    known = isinstance(layer.activation, (ReLU, GELU))
    if not known and layer.activation not in _ACTIVATIONS.values():
        return "encoder_layer.activation_relu_or_gelu was not True"
    return "encoder_layer.self_attn.num_heads is odd" if attention.num_heads % 2 else ""


@layer("transformer")
class TransformerDecoder(_Stack):
    """Copies of a TransformerDecoderLayer one after the other.

    norm: a module that the result goes through.

    >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 2)
    >>> decoder(ones(3, 1, 4), ones(2, 1, 4)).shape
    torch.Size([3, 1, 4])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """What the last layer gives. Shapes and masks: as of the layer."""
        causal = _is_causal(tgt_mask, tgt_is_causal, tgt, self._batch_first)
        out = tgt
        for module in self.layers:
            out = module(
                out, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return self._finished(out)


@layer("transformer")
class Transformer(Module):
    """An encoder and a decoder that looks at what the encoder gives.

    The sizes are those of the layers; custom_encoder and custom_decoder stand in for them. Weights
    are drawn by xavier_uniform_.

    >>> nn.Transformer(4, 2, 1, 1, 8)(ones(3, 1, 4), ones(2, 1, 4)).shape
    torch.Size([2, 1, 4])
    """

    _public_ = frozenset({"_reset_parameters", "generate_square_subsequent_mask"})

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6,
        num_decoder_layers: int = 6, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = _ACTIVATIONS["relu"], custom_encoder: Module | None = None,
        custom_decoder: Module | None = None, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True,
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place: Any = {"device": device, "dtype": dtype}
        settings = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias, device, dtype,
        )  # fmt: skip

        def norm() -> LayerNorm:
            return LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **place)

        if custom_encoder is None:
            one = TransformerEncoderLayer(*settings)
            custom_encoder = TransformerEncoder(one, num_encoder_layers, norm())
        self.encoder = custom_encoder
        if custom_decoder is None:
            other = TransformerDecoderLayer(*settings)
            custom_decoder = TransformerDecoder(other, num_decoder_layers, norm())
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model: int = take(self, "d_model", d_model, "int")
        self.nhead: int = take(self, "nhead", nhead, "int")
        self.batch_first = bool(batch_first)

    def _reset_parameters(self) -> None:
        """Draw all weights that are matrices anew."""
        with no_grad():
            for p in self.parameters():
                if p._d.ndim > 1:
                    init.xavier_uniform_(p)

    def forward(
        self, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """src: (s, n, d_model), tgt: (t, n, d_model) → (t, n, d_model), n first if batch_first."""
        batched = tensor(self, "src", src)._d.ndim == tensor(self, "tgt", tgt)._d.ndim == 3
        along = 0 if self.batch_first else 1
        if batched and src._d.shape[along] != tgt._d.shape[along]:
            raise StateError("the batch number of src and tgt must be equal")
        if src._d.shape[-1] != self.d_model or tgt._d.shape[-1] != self.d_model:
            raise StateError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask,
                              is_causal=src_is_causal)  # fmt: skip
        found: Tensor = self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip
        return found

    @staticmethod
    def generate_square_subsequent_mask(
        sz: int, device: Device | None = None, dtype: DType | None = None
    ) -> Tensor:
        """The causal mask (sz, sz): -inf where not to look, above the diagonal, 0 elsewhere."""
        return causal_mask(sz, device, dtype)


def _part(layer: Module, name: str) -> Any:
    """A submodule of a layer, which a program may have taken away."""
    found = layer._modules.get(name)
    if found is None:
        raise no_attribute(layer, name)
    return found
