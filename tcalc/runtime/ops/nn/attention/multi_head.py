"""Attention of several heads, each on its own part of what queries, keys and values become."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

from tcalc.errors import AssertionProblem, ShapeError, StateError
from tcalc.runtime.base.op import Array
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.linalg.affine import baddbmm, linear
from tcalc.runtime.ops.linalg.matmul import bmm
from tcalc.runtime.ops.nn.attention.dot_product import scaled_dot_product_attention
from tcalc.runtime.ops.nn.dropout import dropout
from tcalc.runtime.ops.nn.softmax import softmax
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.ops.shape.padding import pad
from tcalc.runtime.types.dtypes import bool_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.tensor.tensor import Tensor


def _must(condition: bool, message: str, argument: str) -> None:
    """What PyTorch asserts."""
    if not condition:
        raise AssertionProblem(message, argument=argument)


def _is_batched(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    padding: Tensor | None,
    mask: Tensor | None,
    heads: int,
) -> bool:
    """Whether there are several examples; refuses operands of other ranks."""
    rank = query._d.ndim
    _must(rank in (2, 3), "query should be unbatched 2D or batched 3D tensor but received "
          f"{rank}-D query tensor", "query")  # fmt: skip
    what = f"For {'batched' if rank == 3 else 'unbatched'} ({rank}-D) `query`, expected "
    _must(
        key._d.ndim == value._d.ndim == rank,
        f"{what}`key` and `value` to be {rank}-D but found {key._d.ndim}-D and {value._d.ndim}-D "
        "tensors respectively",
        "key",
    )
    if padding is not None:
        _must(padding._d.ndim == rank - 1, f"{what}`key_padding_mask` to be `None` or {rank - 1}-D "
              f"but found {padding._d.ndim}-D tensor instead", "key_padding_mask")  # fmt: skip
    if mask is not None:
        _must(mask._d.ndim in (2, 3), f"{what}`attn_mask` to be `None`, 2-D or 3-D but found "
              f"{mask._d.ndim}-D tensor instead", "attn_mask")  # fmt: skip
        if rank == 2 and mask._d.ndim == 3:
            wanted = (heads, query._d.shape[0], key._d.shape[0])
            _must(mask._d.shape == wanted, f"Expected `attn_mask` shape to be {wanted} but got "
                  f"{mask.shape}", "attn_mask")  # fmt: skip
    return rank == 3


def _additive(mask: Tensor | None, name: str, like: Tensor) -> Tensor | None:
    """A mask as what is added to scores: bools say where not to look."""
    if mask is None:
        return None
    _must(mask.dtype is bool_ or mask.dtype.is_floating_point,
          f"only bool and floating types of {name} are supported", name)  # fmt: skip
    if mask.dtype is not bool_:
        return mask
    return like.new_zeros(mask._d.shape).masked_fill(mask, -float("inf"))


def _projected(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    weights: Sequence[Tensor],
    bias: Tensor | None,
    separate: bool,
) -> list[Tensor]:
    """What queries, keys and values become: as few products as there are different operands."""
    size = query._d.shape[-1]
    if separate:
        biases = (None,) * 3 if bias is None else bias.chunk(3)
        return [linear(t, w, b) for t, w, b in zip((query, key, value), weights, biases)]
    (whole,) = weights
    if key is value and query is key:
        return list(linear(query, whole, bias).split(size, -1))
    if key is value:
        own, others = whole.split((size, 2 * size))
        first, more = (None, None) if bias is None else bias.split((size, 2 * size))
        return [linear(query, own, first), *linear(key, others, more).split(size, -1)]
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return [linear(t, w, b) for t, w, b in zip((query, key, value), whole.chunk(3), biases)]


def _by_head(t: Tensor, heads: int, size: int) -> Tensor:
    """(l, n, heads * size) as (n * heads, l, size)."""
    return t.reshape(t._d.shape[0], t._d.shape[1] * heads, size).transpose(0, 1)


def _given(t: Tensor, name: str, count: int, size: int) -> Tensor:
    """Keys or values that are given by head."""
    for i, n in ((0, count), (2, size)):
        have = t._d.shape[i]
        _must(have == n, f"expecting {name}.size({i}) of {n}, but got {have}", name)
    return t


@composite(names=("torch.nn.functional.multi_head_attention_forward",), samples=lambda: [
    ((made_up(3, 2, 4), made_up(2, 2, 4), made_up(2, 2, 4, seed=0.2), 4, 2, made_up(12, 4), made_up(12),
      made_up(1, 1, 4), made_up(1, 1, 4), True, 0.0, made_up(4, 4), made_up(4)), {}),
    ((made_up(3, 4), made_up(3, 4, seed=0.3), made_up(3, 4), 4, 1, made_up(12, 4), None, None, None, False,
      0.0, made_up(4, 4), None), {"need_weights": False, "attn_mask": made_up(3, 3)}),
])  # fmt: skip
def multi_head_attention_forward(
    query: Array, key: Array, value: Array, embed_dim_to_check: int, num_heads: int,
    in_proj_weight: Array | None, in_proj_bias: Array | None, bias_k: Array | None,
    bias_v: Array | None, add_zero_attn: bool, dropout_p: float, out_proj_weight: Array,
    out_proj_bias: Array | None, training: bool = True, key_padding_mask: Array = None,
    need_weights: bool = True, attn_mask: Array = None, use_separate_proj_weight: bool = False,
    q_proj_weight: Array = None, k_proj_weight: Array = None, v_proj_weight: Array = None,
    static_k: Array = None, static_v: Array = None, average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """What nn.MultiheadAttention computes, from its weights: the result, and the weights or None.

    query: (l, n, e), key: (s, n, ek), value: (s, n, ev), or all without n → (l, n, e), (n, l, s).
    """
    batched = _is_batched(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        same_key, same_value = key is query, value is key
        query = query.unsqueeze(1)
        key = query if same_key else key.unsqueeze(1)
        value = key if same_value else value.unsqueeze(1)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    rows, n, size = query._d.shape
    padding = _additive(key_padding_mask, "key_padding_mask", query)
    if is_causal and attn_mask is None:
        raise StateError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module "
            "method `generate_square_subsequent_mask` to create this mask.",
            argument="attn_mask",
        )
    # The hint stands for the mask, where nothing else is masked and no weights are wanted.
    by_hint = is_causal and padding is None and not need_weights
    mask = None if by_hint else _additive(attn_mask, "attn_mask", query)
    _must(size == embed_dim_to_check,
          f"was expecting embedding dimension of {embed_dim_to_check}, but got {size}", "query")  # fmt: skip
    head = size // num_heads if num_heads > 0 else 0
    _must(head * num_heads == size, f"embed_dim {size} not divisible by num_heads {num_heads}",
          "num_heads")  # fmt: skip
    k, v = key.shape, value.shape
    if use_separate_proj_weight:
        _must(k[:2] == v[:2], f"key's sequence and batch dims {k[:2]} do not match value's {v[:2]}",
              "key")  # fmt: skip
        for name, w in (("q", q_proj_weight), ("k", k_proj_weight), ("v", v_proj_weight)):
            _must(w is not None, f"use_separate_proj_weight is True but {name}_proj_weight is None",
                  f"{name}_proj_weight")  # fmt: skip
        weights: tuple[Any, ...] = (q_proj_weight, k_proj_weight, v_proj_weight)
    else:
        _must(k == v, f"key shape {k} does not match value shape {v}", "key")
        _must(in_proj_weight is not None,
              "use_separate_proj_weight is False but in_proj_weight is None", "in_proj_weight")  # fmt: skip
        weights = (in_proj_weight,)
    q, k, v = _projected(query, key, value, weights, in_proj_bias, use_separate_proj_weight)
    if mask is not None:
        mask = _checked(mask, rows, k._d.shape[0], n * num_heads)

    def longer(more: Sequence[Tensor | None]) -> tuple[Tensor | None, Tensor | None]:
        """The masks with room for one key more, which all may look at."""
        return tuple(None if m is None else pad(m, (0, 1)) for m in more)  # type: ignore[return-value]  # of two

    if bias_k is not None and bias_v is not None:
        _must(static_k is None, "bias cannot be added to static key.", "bias_k")
        _must(static_v is None, "bias cannot be added to static value.", "bias_v")
        k = cat([k, bias_k.expand(1, n, -1)])
        v = cat([v, bias_v.expand(1, n, -1)])
        mask, padding = longer((mask, padding))
    else:
        _must(bias_k is None, "bias_k is not None but bias_v is", "bias_k")
        _must(bias_v is None, "bias_v is not None but bias_k is", "bias_v")
    by_example, columns = None, k._d.shape[0]
    if need_weights or add_zero_attn or static_k is not None or static_v is not None:
        q = _by_head(q, num_heads, head)
        k = _by_head(k, num_heads, head) if static_k is None else _given(static_k, "static_k", n * num_heads, head)  # fmt: skip
        v = _by_head(v, num_heads, head) if static_v is None else _given(static_v, "static_v", n * num_heads, head)  # fmt: skip
        if add_zero_attn:
            k, v = (cat([t, t.new_zeros(t._d.shape[0], 1, head)], 1) for t in (k, v))
            mask, padding = longer((mask, padding))
        columns = k._d.shape[1]
    else:
        by_example = [
            t.reshape(t._d.shape[0], n, num_heads, head).permute(1, 2, 0, 3) for t in (q, k, v)
        ]
    if padding is not None:
        wanted = (n, columns)
        for i, what in enumerate(wanted):
            _must(padding._d.shape[i] == what, f"Expected key_padded_mask.shape[{i}] to be {what}, "
                  f"but got {padding._d.shape[i]}", "key_padding_mask")  # fmt: skip
        padding = padding.reshape(n, 1, 1, columns)
        mask = padding if mask is None else _with_heads(mask, n, num_heads) + padding
    elif mask is not None:
        mask = _with_heads(mask, n, num_heads)
    chance = dropout_p if training else 0.0
    if not need_weights:
        if by_example is None:
            by_example = [t.reshape(n, num_heads, -1, head) for t in (q, k, v)]
        found = scaled_dot_product_attention(*by_example, mask, chance, by_hint)
        joined = found.permute(2, 0, 1, 3).reshape(rows * n, size)
        out = linear(joined, out_proj_weight, out_proj_bias).view(rows, n, -1)
        return (out if batched else out.squeeze(1)), None
    q = q * sqrt(1 / head)
    turned = k.transpose(1, 2)
    if mask is None:
        scores = bmm(q, turned)
    else:
        whole = mask.expand(n, num_heads, rows, columns).reshape(n * num_heads, rows, columns)
        scores = baddbmm(whole, q, turned)
    seen = softmax(scores, -1)
    if chance > 0:
        seen = dropout(seen, chance)
    joined = bmm(seen, v).transpose(0, 1).reshape(rows * n, size)
    out = linear(joined, out_proj_weight, out_proj_bias).view(rows, n, -1)
    seen = seen.view(n, num_heads, rows, columns)
    if average_attn_weights:
        seen = seen.mean(1)
    return (out, seen) if batched else (out.squeeze(1), seen.squeeze(0))


def _checked(mask: Tensor, rows: int, columns: int, count: int) -> Tensor:
    """A mask of scores with three dimensions, the first of them 1 or the heads of all examples."""
    wanted = (rows, columns) if mask._d.ndim == 2 else (count, rows, columns)
    if mask._d.shape != wanted:
        raise ShapeError(
            f"The shape of the {mask._d.ndim}D attn_mask is {mask.shape}, but should be {wanted}.",
            argument="attn_mask",
        )
    return mask.unsqueeze(0) if mask._d.ndim == 2 else mask


def _with_heads(mask: Tensor, n: int, heads: int) -> Tensor:
    """The same by example and head."""
    if mask._d.shape[0] == 1:
        return mask.unsqueeze(0)
    return mask.reshape(n, heads, *mask._d.shape[1:])
