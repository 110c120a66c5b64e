"""Batching rules of recurrent layers: sequences of all examples are sequences beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.call.batching import Batch
    from tcalc.runtime.ops.nn.recurrent.walk import Walk
    from tcalc.runtime.tensor.tensor import Tensor

# Where the weights stand among the operands of a layer.
_WEIGHTS = slice(3, 8)


class _Beside:
    """How tensors of examples lie in one walk. Rows are (time, example, sequence)."""

    def __init__(self, batch: Batch) -> None:
        self.size = batch.size
        self.walk = batch.get("walk")
        self.times, self.each = len(self.walk.sizes), self.walk.sizes[0]

    @property
    def fits(self) -> bool:
        """Whether all sequences are as long."""
        return self.walk.sizes[-1] == self.each

    @property
    def whole(self) -> Walk:
        """The walk of all."""
        return self.walk._replace(sizes=(self.each * self.size,) * self.times)

    def rows(self, t: Tensor) -> Tensor:
        """Elements, or outputs, of all examples."""
        width = t._d.shape[-1]
        split = t.reshape(self.size, self.times, self.each, width)
        return split.transpose(0, 1).reshape(self.walk.rows * self.size, width)

    def states(self, t: Tensor | None) -> Tensor | None:
        """States of all examples; those that a cell does not have are of no elements."""
        if t is None or t._d.ndim < 3:
            return t
        return t.reshape(self.size * self.each, *t._d.shape[2:])

    def parted(self, t: Tensor, lead: tuple[int, ...] = ()) -> Tensor:
        """Rows by example. lead: what an example has in place of rows."""
        width = t._d.shape[-1]
        split = t.reshape(self.times, self.size, self.each, width)
        return split.transpose(0, 1).reshape(self.size, *(lead or (self.walk.rows,)), width)

    def each_state(self, t: Tensor) -> Tensor:
        """States by example."""
        if t._d.ndim < 2:
            return t.expand(self.size, *t._d.shape)
        return t.reshape(self.size, self.each, *t._d.shape[1:])

    def outputs(self, found: Sequence[Tensor], lead: tuple[int, ...]) -> tuple[Tensor, ...]:
        """What a layer gives, by example."""
        out, hidden, cell, *kept = found
        return (self.parted(out, lead), self.each_state(hidden), self.each_state(cell),
                *[self.parted(t) for t in kept])  # fmt: skip


def _states(batch: Batch, beside: _Beside) -> dict[str, object]:
    cell = batch.get("cell")
    return {
        "input": beside.rows(batch.whole(batch.place("input"))),
        "hidden": beside.states(batch.whole(batch.place("hidden"))),
        "cell": None if cell is None else beside.states(batch.whole(batch.place("cell"))),
        "walk": beside.whole,
    }


def _lead(batch: Batch) -> tuple[int, ...]:
    """The shape of an example's input but for its last dimension."""
    i = batch.place("input")
    shape: tuple[int, ...] = batch.values[i]._d.shape
    return shape[batch.mapped[i] : -1]


def outputs(batch: Batch) -> tuple[Tensor, ...]:
    """With weights that all examples share."""
    beside = _Beside(batch)
    if True in batch.mapped[_WEIGHTS] or not beside.fits:
        return NotImplemented
    return beside.outputs(batch.call(**_states(batch, beside)), _lead(batch))


def gradients(batch: Batch) -> tuple[Tensor, ...]:
    """With weights that all examples share, none of whose gradients is wanted."""
    beside = _Beside(batch)
    shared = not any(batch.has(p.name) for p in batch.op.params[5:10])
    if not (shared and beside.fits) or True in batch.get("needs")[_WEIGHTS]:
        return NotImplemented
    out, *last = batch.whole(batch.place("g"))
    kept = batch.whole(batch.place("kept"))
    by_input, *states = batch.call(
        g=[beside.rows(out), *map(beside.states, last)], kept=list(map(beside.rows, kept)),
        **_states(batch, beside),
    )[:3]  # fmt: skip
    nothing = [by_input.new_empty(batch.size, 0)] * 5
    return (
        by_input.new_empty(batch.size, 0)
        if by_input._d.ndim < 2
        else beside.parted(by_input, _lead(batch)),
        *[beside.each_state(t) for t in states],
        *nothing,
    )
