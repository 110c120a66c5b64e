"""scaled_dot_product_attention: softmax(query @ key.mT * scale + mask) @ value, as one op."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, ShapeError, StateError
from tcalc.runtime.autograd.nodes import tracked
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import LOWER, Array, on_arrays
from tcalc.runtime.base.symbols import number_of
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.nn.attention import kernels
from tcalc.runtime.ops.nn.dropout import dropout
from tcalc.runtime.ops.nn.retraced import retraced
from tcalc.runtime.ops.nn.softmax import softmax
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.types.dtypes import bool_, float32
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from tcalc.runtime.call.batching import Batch
    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor


def _attention(node_name: str) -> DefinedOp:
    """The op, under PyTorch's name for its node."""

    @kernel(name="scaled_dot_product_attention", names=(), node_name=node_name, only="bf")
    def attention(
        xp: ModuleType, query: Array, key: Array, value: Array, mask: Array | None,
        noise: Array | None, causal: bool, scale: float, keep: bool,
    ) -> Array:  # fmt: skip
        """The result, and the weights that its gradient needs if `keep` says so."""
        query, key, value, mask, noise = _plain(xp, query, key, value, mask, noise)
        scale = number_of(scale)
        return kernels.forward(xp, query, key, value, mask, noise, causal, scale, keep)

    made: DefinedOp = attention
    made.vjps_of("query", "key", "value", "mask")(_back)
    return made


@on_arrays
def _back(
    g: Sequence[Any], needs: tuple[bool, ...], query: Any, key: Any, value: Any, mask: Any,
    noise: Any, aux: Sequence[Any], causal: bool, scale: float,
) -> list[Tensor | Array | None]:  # fmt: skip
    if type(query) is np.ndarray:
        found = _gradients.kernel(np, g[0], query, key, value, aux[0], noise, scale, needs)
        # That of a mask is summed to its shape where it is delivered.
        return [f if n else None for f, n in zip(found, needs)]
    if mode.enabled:
        return retraced(
            lambda q, k, v, m: [_by_ops(q, k, v, m, noise, causal, scale)],
            (query, key, value, mask), g, needs,
        )  # fmt: skip
    *found, by_scores = _gradients(g[0], query, key, value, aux[0].detach(), noise, scale, needs)
    if needs[3] and mask is not None:
        by_scores = by_scores.sum_to_size(mask._d.shape)
    return [f if n else None for f, n in zip((*found, by_scores), needs)]


@kernel(names=(), differentiable=False, only="f")
def _gradients(
    xp: ModuleType, g: Array, query: Array, key: Array, value: Array, weights: Array,
    noise: Array | None, scale: float, needs: tuple[bool, ...],
) -> Array:  # fmt: skip
    """The gradients by query, key, value and scores, of no elements where they are not wanted."""
    g, query, key, value, weights, noise = _plain(xp, g, query, key, value, weights, noise)
    scale = number_of(scale)
    found = kernels.backward(xp, g, query, key, value, weights, noise, scale, needs)
    return tuple(xp.empty(0, query.dtype) if a is None else a for a in found)


def _plain(xp: ModuleType, *arrays: Array) -> list[Array]:
    """The arrays themselves: where calls are noted, all blocks of them are one step."""
    return [None if a is None else xp.asarray(a) for a in arrays]


def _by_ops(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    noise: Tensor | None,
    causal: bool,
    scale: float,
) -> Tensor:
    """The same made of ops, for derivatives of higher order."""
    scores: Array = (query * scale) @ key.mT
    if mask is not None and mask.dtype is not bool_:
        scores = scores + mask
    hidden = scores == -float("inf")
    if mask is not None and mask.dtype is bool_:
        hidden = hidden | ~mask
    if causal:
        hidden = hidden | hidden.new_ones(hidden._d.shape[-2:]).triu(1)
    # Rows that see nothing have no weights.
    blind = hidden.all(-1, True)
    scores = scores.masked_fill(hidden & ~blind, -float("inf")).masked_fill(blind, 0.0)
    weights = softmax(scores, -1).masked_fill(blind, 0.0)
    if noise is not None:
        weights = weights * noise
    return weights @ value


_FLASH = _attention("ScaledDotProductFlashAttentionForCpuBackward0")
_STACKED = _attention("UnsafeViewBackward0")
_PLAIN = _attention("MmBackward0")


# -- what users call --------------------------------------------------------------------------


@composite(
    names=("torch.nn.functional.scaled_dot_product_attention",),
    samples=lambda: [
        ((made_up(2, 3, 4), made_up(2, 5, 4, seed=0.1), made_up(2, 5, 3, seed=0.2)), {}),
        ((made_up(3, 2), made_up(4, 2), made_up(4, 2), made_up(3, 4)), {"scale": 0.4}),
        ((made_up(1, 2, 3, 2), made_up(1, 2, 3, 2, seed=0.1), made_up(1, 2, 3, 2)), {"is_causal": True}),
        ((made_up(4, 2, 2), made_up(2, 3, 2), made_up(2, 3, 2), made_up(2, 3) > 0), {"enable_gqa": True}),
    ],
)  # fmt: skip
def scaled_dot_product_attention(
    query: Array, key: Array, value: Array, attn_mask: Array = None, dropout_p: float = 0.0,
    is_causal: bool = False, *, scale: float | None = None, enable_gqa: bool = False,
) -> Array:  # fmt: skip
    """softmax(query @ key.mT * scale + mask) @ value: values by how their keys answer to queries.

    query: (*, l, e), key: (*, s, e), value: (*, s, v) → (*, l, v). attn_mask: to (*, l, s); bools
    say where to look, floats are added; a row that looks nowhere gives 0. is_causal: no query looks
    at a key with a greater number. scale: by default 1 / sqrt(e). dropout_p: the chance by which
    weights become 0. enable_gqa: key and value may have fewer heads, (*, h, s, e), than the query;
    each then serves several.

    >>> q = tensor([[1., 0.]])
    >>> nn.functional.scaled_dot_product_attention(q, eye(2), tensor([[1.], [3.]]))
    tensor([[1.6605]])
    """
    _check(query, key, value, attn_mask, is_causal)
    if enable_gqa:
        key, value = (_repeated(query, t) for t in (key, value))
    lead = broadcast(*(t._d.shape[:-2] for t in (query, key, value)))
    query, key, value = (
        t if t._d.shape[:-2] == lead else t.expand(*lead, *t._d.shape[-2:])
        for t in (query, key, value)
    )
    rows, columns = query._d.shape[-2], key._d.shape[-2]
    shape = (*lead, rows, columns)
    if attn_mask is not None:
        _check_mask(attn_mask._d.shape, shape)
    if dropout_p > 1:
        raise StateError(
            f"dropout probability has to be between 0 and 1, but got {dropout_p:g}",
            argument="dropout_p",
        )
    noise = dropout(query.new_ones(shape), dropout_p) if dropout_p > 0 else None
    if scale is None:
        scale = 1 / sqrt(query._d.shape[-1]) if query._d.shape[-1] else 0.0
    alike = query._d.shape[-1] == value._d.shape[-1] and query.dtype is float32
    op = _PLAIN if not lead else _FLASH if len(lead) == 2 and alike and noise is None else _STACKED
    operands = (query, key, value, attn_mask)
    keep = any(t is not None and tracked(t) for t in operands)
    return op(*operands, noise, is_causal, scale, keep)[0]


def _check(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool) -> None:
    q, k, v = (t._d.shape for t in (query, key, value))
    if min(len(q), len(k), len(v)) < 2:
        raise ShapeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{len(q)} key.dim: {len(k)} and value.dim: {len(v)} instead."
        )
    if query.dtype is not key.dtype or query.dtype is not value.dtype:
        raise DtypeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{query.dtype.name} key.dtype: {key.dtype.name} and value.dtype: {value.dtype.name} "
            "instead."
        )
    if not query.dtype.is_floating_point:
        raise DtypeError(f"expected scalar type Float but found {query.dtype.shorthand}",
                         hint="convert it with .float()")  # fmt: skip
    if mask is not None:
        if is_causal:
            raise StateError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
                "is_causal=True",
                argument="attn_mask",
            )
        if mask.dtype not in (bool_, float32, query.dtype):
            raise DtypeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                f"attn_mask.dtype: {mask.dtype.name} and  query.dtype: {query.dtype.name} instead.",
                argument="attn_mask",
            )
    for a, b in ((q[-1], k[-1]), (k[-2], v[-2])):
        if a != b:
            raise ShapeError(
                f"query {list(q)}, key {list(k)} and value {list(v)} do not fit: a query and a key "
                "are of one size, and there are as many keys as values"
            )


def _check_mask(have: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    for i in range(1, len(have) + 1):
        if i > len(wanted) or have[-i] not in (1, wanted[-i]):
            if i > len(wanted):
                raise ShapeError(f"attn_mask {list(have)} has more dimensions than the scores "
                                 f"{list(wanted)}", argument="attn_mask")  # fmt: skip
            raise ShapeError(
                f"The size of tensor a ({wanted[-i]}) must match the size of tensor b "
                f"({have[-i]}) at non-singleton dimension {len(wanted) - i}",
                argument="attn_mask",
            )


def _repeated(query: Tensor, t: Tensor) -> Tensor:
    """Heads of keys or values, each as often as it serves heads of the query."""
    if query._d.ndim < 3 or t._d.ndim < 3:
        raise ShapeError("enable_gqa needs query, key and value of 3 or more dimensions")
    heads, own = query._d.shape[-3], t._d.shape[-3]
    if not own or heads % own:
        raise ShapeError(
            "Number of heads in key and value must divide the number of heads in query"
        )
    return t if heads == own else t.repeat_interleave(heads // own, -3)


# -- batches ----------------------------------------------------------------------------------


def _examples(batch: Batch) -> tuple[Tensor, Tensor]:
    """Dimensions in front are a stack already."""
    rank = batch.rank(0)
    given = {name: batch.whole(batch.place(name)) for name in ("query", "key", "value")}
    if batch.get("mask") is not None:
        given["mask"] = batch.aligned(batch.place("mask"), rank)
    if batch.get("noise") is not None:
        given["noise"] = batch.whole(batch.place("noise"))
    out, kept = batch.call(**given)
    return out, kept if batch.get("keep") else kept.expand(batch.size, 0)


def _gradients_of_examples(batch: Batch) -> tuple[Tensor, ...]:
    given = {batch.op.params[i].name: batch.whole(i) for i in batch.tensors}
    found = batch.call(**given)
    needs = batch.get("needs")
    return tuple(t if n else t.expand(batch.size, 0) for t, n in zip(found, needs))


for _op in (_FLASH, _STACKED, _PLAIN):
    _op.batch = _examples
_gradients.batch = _gradients_of_examples


scaled_dot_product_attention.autocast = LOWER
