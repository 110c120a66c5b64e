"""The interpreter of `vmap`: ops on tensors that each stand for a batch of them.

Such a tensor holds a `Batched` where its array would be: the shape and dtype of one example, and the
tensor of all, batch in front. An op on it runs by its batching rule on the tensors behind, whose
graph records that; what requires grad inside is recorded too, on the level of the examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import AutogradError, DtypeError, LooksInside, ShapeError, StateError
from tcalc.runtime.autograd.nodes import end_of, tracked
from tcalc.runtime.base.named_results import NamedResult
from tcalc.runtime.call.batching import Batch, draws, elementwise, stretched
from tcalc.runtime.call.compute import common_dtype
from tcalc.runtime.call.inplace import keep_original, track_inplace
from tcalc.runtime.call.layouts import among, layouts
from tcalc.runtime.call.results import finish
from tcalc.runtime.ops.create.conversion import clone
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.transform.batching.batched import Batched
from tcalc.runtime.transform.batching.layer import Layer
from tcalc.runtime.transform.batching.single import check_draw, one_by_one
from tcalc.runtime.types.promotion import can_cast
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Op

_TOO_MANY = (
    "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` "
    "in extra_args that has more elements than `self`. This happened due to `other` being vmapped "
    "over but `self` not being vmapped over in a vmap. Please try to use out-of-place operators "
    "instead of inplace arithmetic. If said operator is being called inside the PyTorch framework, "
    "please file a bug report instead."
)
_UNMAPPED = (
    "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear like "
    "same randomness. If this is necessary for your usage, please file an issue with functorch."
)


class Batching(Layer):
    """Runs calls on batches of `size`.

    randomness: "error", "same" or "different", for what draws. records: whether gradients are asked
    for on the level of the examples.
    """

    fills_grads = False

    def __init__(self, size: int, randomness: str = "error", records: bool = True) -> None:
        super().__init__()
        self.size = size
        self.randomness = randomness
        self.records = records

    @property
    def depth(self) -> int:
        """Which of those around one another it is, from 1."""
        return 1 + (self.outer.depth if isinstance(self.outer, Batching) else 0)

    # -- from examples to batches, and back -----------------------------------------------------

    def enter(self, tensor: Tensor, dim: int = 0) -> Tensor:
        """A tensor that stands for its slices along a dimension."""
        with self.outside():
            return wrap(Batched(tensor.movedim(dim, 0) if dim else tensor, self))

    def leave(self, tensor: Tensor, dim: int = 0) -> Tensor:
        """All the tensors that one stands for, along a dimension of the result."""
        with self.outside():
            behind = stretched(*self._open(tensor), self.size)
            return behind if not dim else behind.movedim(0, dim)

    def holds(self, value: object) -> bool:
        """Whether a value is a tensor that stands for a batch of this level."""
        if not isinstance(value, Tensor):
            return False
        d = value._d
        return type(d) is Batched and d.level is self

    def _open(self, value: Any) -> tuple[Any, bool]:
        return (value._d.tensor, True) if self.holds(value) else (value, False)

    def _opened(self, value: object) -> tuple[object, bool | list[bool]]:
        """A value with what is behind it, and where the batch is."""
        if isinstance(value, (tuple, list)) and any(isinstance(v, Tensor) for v in value):
            pairs = [self._open(v) for v in value]
            return tuple([v for v, _ in pairs]), [m for _, m in pairs]
        return self._open(value)

    def _batch(self, op: Op, values: tuple[Any, ...]) -> Batch:
        """The call on what is behind its operands."""
        opened = [self._opened(v) for v in values]
        mapped = [m for _, m in opened]
        common = None
        if op.family == "elementwise":
            promoted = [
                v
                for p, v in zip(op.params, values)
                if p.is_array and v is not None and p.name not in op.unpromoted
            ]
            kinds = {v._d.dtype for v in promoted if isinstance(v, Tensor)}
            if len(kinds) > 1 and any(self.holds(v) and not v._d.shape for v in promoted):
                common = common_dtype(promoted)
        return Batch(op, self.size, [v for v, _ in opened], mapped, common)

    # -- calls ----------------------------------------------------------------------------------

    def run(self, op: Op, values: tuple[object, ...]) -> Any:
        """The result of a call: by the op's rule, else one example at a time."""
        batch = self._batch(op, values)
        with self.outside():
            if batch.is_mapped:
                if op.batch is draws:
                    check_draw(self.randomness, True)
            elif not (
                self.randomness == "different" and (op.batch is draws or op.family == "composite")
            ):
                return op.call_with(values)
            result = self._result(batch)
        return self._closed(op, result, values)

    def _result(self, batch: Batch) -> Any:
        """The tensor behind the result, or several."""
        op = batch.op
        rule = op.batch or (elementwise if op.family == "elementwise" else None)
        sparse = layouts.kind is not None and among(batch.values)
        result = NotImplemented if rule is None or sparse else rule(batch)
        return one_by_one(batch, self.randomness) if result is NotImplemented else result

    def _closed(self, op: Op, result: Any, values: tuple[object, ...]) -> Any:
        """The tensors of one example for those of all."""
        several = isinstance(result, (tuple, list))
        arrays = [Batched(t, self) for t in (result if several else [result])]
        if op.family == "composite" and any(
            isinstance(v, Tensor) and end_of(v) is not None for v in values
        ):
            raise AutogradError(
                f"vmap: {op.name} runs one example at a time, and has no gradient inside vmap",
                hint="take the gradient of the mapped function instead",
            )
        if op.family == "composite" or not self.records:
            outs = [wrap(a) for a in arrays]
            if isinstance(result, NamedResult):
                return type(result)(outs)
            return tuple(outs) if several else outs[0]
        return finish(op, arrays if several else arrays[0], values)

    def write(
        self, op: Op, values: tuple[Any, ...], name: str, eagerly: Callable[[], Tensor]
    ) -> Tensor | None:
        """Write an op's result into what is behind its first operand."""
        batch = self._batch(op, values)
        if not batch.is_mapped:
            return super().write(op, values, name, eagerly)
        if batch.mapped[0] is not True:
            raise StateError(_TOO_MANY)
        target = values[0]
        if self.records:
            values = keep_original(op, values)
        with self.outside():
            behind = target._d.tensor
            if any(isinstance(v, Tensor) and tracked(v) for v in batch.values):
                batch.values[0] = behind.clone()  # what gradients need is as it was
            result = self._result(batch)
            if not can_cast(result.dtype, behind.dtype):
                raise DtypeError(
                    f"result type {result.dtype.shorthand} can't be cast to the desired output "
                    f"type {behind.dtype.shorthand}"
                )
            have, wanted = result._d.shape[1:], behind._d.shape[1:]
            if broadcast(have, wanted) != wanted:
                raise ShapeError(
                    f"output with shape {list(wanted)} doesn't match the broadcast shape {list(have)}"
                )
            behind.copy_(Batch(op, self.size, [result], [True]).aligned(0, len(wanted)))
        target.shared().version += 1
        if self.records:
            track_inplace(op, target, values)
        return target

    # -- for what is made of ops --------------------------------------------------------------

    def tracks(self, tensor: Tensor) -> bool:
        """Whether gradients flow to the tensor behind."""
        if not self.holds(tensor):
            return super().tracks(tensor)
        with self.outside():
            return tracked(tensor._d.tensor)

    def anywhere(self, condition: Tensor) -> bool:
        """Whether a tensor of bools is true at any place, of any example."""
        return super().anywhere(self._open(condition)[0])

    def matched(self, tensor: Tensor, others: Sequence[object]) -> Tensor:
        """A copy for each example, where another tensor is one for each."""
        if self.holds(tensor):
            return tensor
        made: Tensor = super().matched(tensor, [self._open(t)[0] for t in others])
        if not any(map(self.holds, others)):
            return made
        with self.outside():
            copied = stretched(made, False, self.size).clone()
        found: Tensor = self._closed(clone, copied, (tensor, None))
        return found

    # -- random numbers -------------------------------------------------------------------------

    def draw(self, shape: tuple[int, ...], make: Callable[[tuple[int, ...]], Tensor]) -> Tensor:
        """Random numbers of a shape: the same for all examples, or as many as there are."""
        check_draw(self.randomness, False)
        with self.outside():
            if self.randomness == "same":
                return make(shape)
            made = make((self.size, *shape))
        return self.enter(made)

    def redraw(self, target: Tensor, fill: Callable[[Tensor], object]) -> Tensor:
        """Write random numbers into a tensor, the same for all examples or not."""
        check_draw(self.randomness, False)
        held, mapped = self._open(target)
        if not mapped and self.randomness == "different":
            raise StateError(_UNMAPPED)
        with self.outside():
            if mapped and self.randomness == "same":
                held.copy_(fill(held[0].clone()))
            else:
                fill(held)
        return target

    def drawn(self) -> None:
        """A kernel draws that does not know of batches."""
        check_draw(self.randomness, False)
        if self.randomness == "different":
            raise LooksInside("vmap: random numbers that are the same for every example")
