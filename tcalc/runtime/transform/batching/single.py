"""One example after the other: for ops without a batching rule, and calls that none holds for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import LooksInside, StateError
from tcalc.runtime.base.formatting import remark
from tcalc.runtime.base.named_results import NamedResult
from tcalc.runtime.ops.shape.joining import stack
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.transform.batching.batched import CLOSED
from tcalc.runtime.transform.batching.layer import Layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Op
    from tcalc.runtime.call.batching import Batch

_ISSUE = (
    "Please file an issue at https://github.com/pytorch/pytorch/issues if you need this feature."
)
_RANDOM = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or "
    "'different' randomness flags on vmap or perform the randomness operation out of vmap"
)
_SAME = (
    "Vmap does not currently support same randomness with a batched tensor input. Please file an "
    "issue with functorch"
)
# Ops of which it was said that they have no rule.
_told: set[Op] = set()


def check_draw(randomness: str, mapped: bool) -> None:
    """Refuse random numbers that were not asked for. mapped: whether they are of each example."""
    if randomness == "error":
        raise StateError(_RANDOM)
    if randomness == "same" and mapped:
        raise StateError(_SAME)


class Single(Layer):
    """Runs calls on one example of a batch. randomness: as for all of it."""

    def __init__(self, randomness: str) -> None:
        super().__init__()
        self.randomness = randomness

    def draw(self, shape: tuple[int, ...], make: Callable[[tuple[int, ...]], Tensor]) -> Tensor:
        """Numbers for this example."""
        self.drawn()
        with self.outside():
            return make(shape)

    def redraw(self, target: Tensor, fill: Callable[[Tensor], Any]) -> Tensor:
        """Numbers for this example."""
        self.drawn()
        with self.outside():
            return fill(target)

    def drawn(self) -> None:
        """They are others for the next one."""
        check_draw(self.randomness, True)


def one_by_one(batch: Batch, randomness: str) -> Tensor | tuple[object, ...]:
    """The results for one example after the other."""
    op = batch.op
    if op.batch is None and op.family != "composite" and op not in _told:
        _told.add(op)
        remark(
            "There is a performance drop because we have not yet implemented the batching rule "
            f"for {op.name}."
        )
    if not batch.size:
        raise StateError(
            f"Batching rule not implemented for {op.name}. The fallback path does not support vmap "
            "over dims of size 0."
        )
    found = []
    with Single(randomness).inside():
        for n in range(batch.size):
            values = [_example(v, m, n) for v, m in zip(batch.values, batch.mapped)]
            found.append(op.call_with(values))
    return _stacked(op, found)


def _example(value: Any, mapped: bool | list[bool], n: int) -> Any:
    """One of what a value stands for."""
    if type(mapped) is list:
        return tuple([_example(v, m, n) for v, m in zip(value, mapped)])
    return value[n] if mapped else value


def _stacked(op: Op, found: list[Any]) -> Tensor | tuple[object, ...]:
    """The results of single calls as one; several where a call gives several."""
    first = found[0]
    if isinstance(first, Tensor):
        shape = first._d.shape
        if any(not isinstance(t, Tensor) or t._d.shape != shape for t in found):
            raise StateError(
                "vmap: We do not support batching operators that can output dynamic shape. Attempted "
                f"to vmap over {op.name}. {_ISSUE}"
            )
        return stack(found)
    if isinstance(first, (tuple, list)):
        items = [_stacked(op, [f[k] for f in found]) for k in range(len(first))]
        return type(first)(items) if isinstance(first, NamedResult) else tuple(items)
    if isinstance(first, bool):
        raise LooksInside(f"vmap over torch.{op.name} isn't supported yet. {_ISSUE}")
    raise LooksInside(CLOSED)
