"""MultiheadAttention, and what torch.nn.attention has: backends and causal masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import AssertionProblem, ValueProblem
from tcalc.library.nn import init
from tcalc.library.nn.arguments import take
from tcalc.library.nn.linear import NonDynamicallyQuantizableLinear
from tcalc.library.nn.module import Module
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import empty, ones
from tcalc.runtime.ops.nn.attention.multi_head import multi_head_attention_forward
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Device, DType


@export("torch.nn.MultiheadAttention", "torch.nn.modules.activation.MultiheadAttention",
        home="torch.nn.modules.activation")  # fmt: skip
class MultiheadAttention(Module):
    """Attention of several heads: queries look at keys and get a mixture of values.

    embed_dim: of the queries and the result, a multiple of num_heads. kdim, vdim: of keys and
    values, by default the same. dropout: the chance by which a weight becomes 0 while training.
    add_bias_kv: one key and value more, which are learned; add_zero_attn: one of zeros. The weights
    are drawn by xavier_uniform_, biases begin as 0.

    >>> x = ones(3, 1, 4)
    >>> out, weights = nn.MultiheadAttention(4, 2)(x, x, x)
    >>> out.shape, weights[0, 0].detach()
    (torch.Size([3, 1, 4]), tensor([0.3333, 0.3333, 0.3333]))
    """

    _public_ = frozenset({"_qkv_same_embed_dim", "_reset_parameters"})

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None
    out_proj: NonDynamicallyQuantizableLinear

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
        add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
        vdim: int | None = None, batch_first: bool = False, device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        size: int = take(self, "embed_dim", embed_dim, "int")
        heads: int = take(self, "num_heads", num_heads, "int")
        if size <= 0 or heads <= 0:
            raise ValueProblem(
                "embed_dim and num_heads must be greater than 0, got "
                f"embed_dim={size} and num_heads={heads} instead"
            )
        super().__init__()
        self.embed_dim, self.num_heads, self.head_dim = size, heads, size // heads
        self.kdim: int = size if kdim is None else take(self, "kdim", kdim, "int")
        self.vdim: int = size if vdim is None else take(self, "vdim", vdim, "int")
        self.dropout: float = take(self, "dropout", dropout, "float")
        self.batch_first = bool(batch_first)
        self.add_zero_attn = bool(add_zero_attn)
        if self.head_dim * heads != size:
            raise AssertionProblem("embed_dim must be divisible by num_heads",
                                   argument="num_heads")  # fmt: skip
        shapes: dict[str, tuple[int, ...] | None] = {
            "q_proj_weight": (size, size), "k_proj_weight": (size, self.kdim),
            "v_proj_weight": (size, self.vdim), "in_proj_weight": None,
        }  # fmt: skip
        if self._qkv_same_embed_dim:
            shapes = {**dict.fromkeys(shapes), "in_proj_weight": (3 * size, size)}
        shapes["in_proj_bias"] = (3 * size,) if bias else None
        for name, shape in shapes.items():
            self._make(name, shape, device, dtype)
        self.out_proj = NonDynamicallyQuantizableLinear(
            size, size, bias=bool(bias), device=device, dtype=dtype
        )
        for name in ("bias_k", "bias_v"):
            self._make(name, (1, 1, size) if add_bias_kv else None, device, dtype)
        self._reset_parameters()

    @property
    def _qkv_same_embed_dim(self) -> bool:
        """Whether queries, keys and values are of one size: their weights are one then."""
        return self.kdim == self.embed_dim == self.vdim

    def _make(
        self, name: str, shape: tuple[int, ...] | None, device: Device | None, dtype: DType | None
    ) -> None:
        made = None if shape is None else Parameter(empty(shape, device=device, dtype=dtype))
        self.register_parameter(name, made)

    def _reset_parameters(self) -> None:
        """Draw the weights anew."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            weight = self._parameters[name]
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for more in (self.bias_k, self.bias_v):
            if more is not None:
                init.xavier_normal_(more)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None,
        average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """The result, and the weights (of each head unless they are averaged) if they are wanted.

        query: (l, n, embed_dim), key: (s, n, kdim), value: (s, n, vdim); n comes first if
        batch_first, or is left out of all → (l, n, embed_dim), (n, l, s). key_padding_mask: (n, s),
        attn_mask: (l, s) or (n * num_heads, l, s); bools say where not to look, floats are added.
        is_causal: a hint that attn_mask is the causal one.
        """
        turns = self.batch_first and isinstance(query, Tensor) and query._d.ndim == 3
        if turns:
            same_key, same_value = key is query, value is key
            query = query.transpose(0, 1)
            key = query if same_key else key.transpose(0, 1)
            value = key if same_value else value.transpose(0, 1)
        apart: dict[str, Any] = {}
        if not self._qkv_same_embed_dim:
            names = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
            apart = {name: getattr(self, name) for name in names}
        out, weights = multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, training=self.training,
            key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=bool(apart), average_attn_weights=average_attn_weights,
            is_causal=is_causal, **apart,
        )  # fmt: skip
        return (out.transpose(0, 1) if turns else out), weights


# -- torch.nn.attention -----------------------------------------------------------------------


# PyTorch's numbers of its ways.
_BACKENDS = {
    "ERROR": -1, "MATH": 0, "FLASH_ATTENTION": 1, "EFFICIENT_ATTENTION": 2, "CUDNN_ATTENTION": 3,
    "OVERRIDEABLE": 4,
}  # fmt: skip


@export("torch.nn.attention.SDPBackend", home="torch.nn.attention")
class SDPBackend:
    """Ways in which PyTorch computes attention. There is one here, whichever is asked for.

    >>> nn.attention.SDPBackend.MATH
    <SDPBackend.MATH: 0>
    """

    __slots__ = ("name", "value")
    _public_ = frozenset({"name", "value", *_BACKENDS})

    def __init__(self, name: str, value: int) -> None:
        self.name = name
        self.value = value

    def __repr__(self) -> str:
        return f"<{self}: {self.value}>"

    def __str__(self) -> str:
        return f"SDPBackend.{self.name}"


for _name, _value in _BACKENDS.items():
    setattr(SDPBackend, _name, SDPBackend(_name, _value))


@export("torch.nn.attention.sdpa_kernel", home="torch.nn.attention")
class sdpa_kernel:
    """A context, or a decorator, in which PyTorch would take one of these ways. It changes nothing.

    backends: an SDPBackend or a list of them.
    """

    __slots__ = ()

    def __init__(self, backends: object, set_priority: bool = False) -> None:
        given = backends if isinstance(backends, (list, tuple)) else [backends]
        if not all(isinstance(b, SDPBackend) for b in given):
            raise AssertionProblem(
                "Backend must be an instance of SDPBackend or a list of SDPBackend instances, got "
                f"{type(backends).__name__}",
                argument="backends",
            )

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End."""

    def __call__(self, function: Callable[..., object]) -> Callable[..., object]:
        """As a decorator."""
        return function


def causal_upper_left(*size: int) -> Tensor:
    """Where queries may look, as bools (l, s): not at later keys, counted from the first.

    >>> nn.attention.bias.causal_upper_left(2, 3)
    tensor([[ True, False, False],
            [ True,  True, False]])
    """
    return _lower(size, False)


def causal_lower_right(*size: int) -> Tensor:
    """Where queries may look, as bools (l, s): not at later keys, counted from the last.

    >>> nn.attention.bias.causal_lower_right(2, 3)
    tensor([[ True,  True, False],
            [ True,  True,  True]])
    """
    return _lower(size, True)


def _lower(size: tuple[int, ...], from_last: bool) -> Tensor:
    if len(size) != 2:
        raise AssertionProblem("causal_upper_left only supports 2D tensors"
                               if not from_last else "causal_lower_right only supports 2D tensors")  # fmt: skip
    mask: Tensor = ones(size).bool()
    return mask.tril(size[1] - size[0] if from_last else 0)


for _function in (causal_upper_left, causal_lower_right):
    export(f"torch.nn.attention.bias.{_function.__name__}", value=_function)
