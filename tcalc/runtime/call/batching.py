"""Batching rules: how an op runs on a batch of its operands at once.

A rule stands beside its op, as its gradient does: `op.batch = over("dim")`. It is a function of a
`Batch` and gives the op's result with the batch in front; NotImplemented where it does not hold for
that call, which then runs one example at a time, as do ops without a rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import StateError
from tcalc.runtime.types.shapes import as_size, numel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Op

    Rule = Callable[["Batch"], Any]


class Batch:
    """A call with tensors that have one dimension more than the op is asked for: the batch, in front.

    size: of the batch. values: of the op's parameters. mapped: for each, whether it has the batch; a
    list of that for a sequence of tensors. common: what the op casts operands to, by PyTorch's rules.
    """

    __slots__ = ("common", "mapped", "op", "size", "values")

    def __init__(
        self,
        op: Op,
        size: int,
        values: Sequence[Any],
        mapped: Sequence[Any],
        common: Any = None,
    ) -> None:
        self.op = op
        self.size = size
        self.values = list(values)
        self.mapped = list(mapped)
        self.common = common

    @property
    def is_mapped(self) -> bool:
        """Whether any of the operands has the batch."""
        return any(m if type(m) is bool else True in m for m in self.mapped)

    def place(self, name: str) -> int:
        """The position of a parameter."""
        return next(i for i, p in enumerate(self.op.params) if p.name == name)

    def get(self, name: str) -> Any:
        """The value of a parameter."""
        return self.values[self.place(name)]

    def has(self, name: str) -> bool:
        """Whether there is a parameter of the name that has the batch."""
        return any(p.name == name and m is True for p, m in zip(self.op.params, self.mapped))

    def rank(self, i: int) -> int:
        """How many dimensions a tensor has without the batch."""
        return len(self.values[i]._d.shape) - (self.mapped[i] is True)

    def rows(self, i: int = 0) -> Any:
        """A tensor with the elements of each example in a row."""
        t = self.whole(i)
        return t.reshape(self.size, numel(t._d.shape[1:]))

    @property
    def tensors(self) -> list[int]:
        """The positions of parameters that are one tensor each, where one is given."""
        return [
            i
            for i, p in enumerate(self.op.params)
            if p.is_array and not p.is_sequence and hasattr(self.values[i], "_d")
        ]

    def whole(self, i: int) -> Any:
        """A tensor with the batch in front, stretched where it has none; a list of a sequence's."""
        value, mapped = self.values[i], self.mapped[i]
        if isinstance(value, (tuple, list)):
            return [stretched(t, m, self.size) for t, m in zip(value, mapped)]
        return stretched(value, mapped, self.size)

    def aligned(self, i: int, rank: int) -> Any:
        """A tensor whose dims, without the batch, broadcast from the right as before, up to a rank."""
        value = self.values[i]
        missing = rank - self.rank(i)
        if self.mapped[i] is not True or missing <= 0:
            return value
        return value.reshape(self.size, *(1,) * missing, *value._d.shape[1:])

    def call(self, **values: object) -> Any:
        """Call the op with these values, and all others as they are."""
        given = [values.get(p.name, v) for p, v in zip(self.op.params, self.values)]
        return self.op.call_with(given)


def stretched(tensor: Any, mapped: bool, size: int) -> Any:
    """A tensor with the batch in front, shown as often as it is long where the tensor has none."""
    return tensor if mapped else tensor.expand(size, *tensor._d.shape)


def elementwise(batch: Batch) -> Any:
    """Operands broadcast from the right; one without dims has no say in the dtype."""
    op = batch.op
    tensors = batch.tensors
    rank = max(batch.rank(i) for i in tensors)
    given = {}
    for i in tensors:
        p = op.params[i]
        t = batch.aligned(i, rank)
        if batch.common is not None and p.name not in op.unpromoted and not batch.rank(i):
            t = t.to(batch.common)
        given[p.name] = t
    return batch.call(**given)


def leading(batch: Batch) -> Any:
    """Dims in front of those that the op looks at are a batch to it already."""
    return batch.call(**{batch.op.params[i].name: batch.whole(i) for i in _arrays(batch)})


def _arrays(batch: Batch) -> list[int]:
    return [i for i, p in enumerate(batch.op.params) if p.is_array and batch.values[i] is not None]


def over(*names: str, flat: bool = False, room: int = 0) -> Rule:
    """The rule of an op that works along the dims in these parameters.

    None, or no dims, are all of them; `flat` where the op has a dim for one alone. room: how many
    dims the result has more than the operands, which a dim may name too.
    """

    def rule(batch: Batch) -> Any:
        op = batch.op
        first = _arrays(batch)[0]
        value = batch.values[first]
        rank = (
            len(value[0]._d.shape) - batch.mapped[first][0]
            if isinstance(value, (tuple, list))
            else batch.rank(first)
        )
        given = {op.params[i].name: batch.whole(i) for i in _arrays(batch)}
        lifted = not rank + room
        if lifted:
            given = {k: t.reshape(batch.size, 1) if t.ndim == 1 else t for k, t in given.items()}
        count = rank + room or 1
        keep = False
        for name in names:
            dims = batch.get(name)
            if dims is None and flat:
                given = {k: t.reshape(batch.size, numel(t._d.shape[1:])) for k, t in given.items()}
                given[name] = 1
                keep = any(p.name == "keepdim" for p in op.params) and batch.get("keepdim")
                continue
            given[name] = shifted(dims, count)
            if given[name] is NotImplemented:
                return NotImplemented
        if keep:
            given["keepdim"] = False
        result = batch.call(**given)
        if keep:
            return _each(result, lambda t: t.reshape(batch.size, *(1,) * rank))
        if lifted:
            if any(t._d.size != batch.size for t in listed(result)):
                return NotImplemented
            return _each(result, lambda t: t.reshape(batch.size))
        return result

    return rule


def shifted(dims: Any, rank: int) -> Any:
    """Dims of a tensor as those of one with a batch in front; NotImplemented where they are none."""
    if dims is None:
        return tuple(range(1, rank + 1))
    if isinstance(dims, (tuple, list)):
        if len(dims) == 1 and isinstance(dims[0], (tuple, list)):
            dims = dims[0]
        found = tuple([shifted(d, rank) for d in dims])
        if NotImplemented in found:
            return NotImplemented
        return found or tuple(range(1, rank + 1))
    if type(dims) is not int or not -rank <= dims < rank:
        return NotImplemented
    return dims if dims < 0 else dims + 1


def sized(name: str) -> Rule:
    """The rule of an op that gives its input another shape."""

    def rule(batch: Batch) -> Any:
        size = as_size(
            (batch.get(name),) if type(batch.get(name)) is not tuple else batch.get(name)
        )
        first = batch.op.params[0].name
        return batch.call(**{first: batch.aligned(0, len(size)), name: (batch.size, *size)})

    return rule


def fitted(batch: Batch) -> Any:
    """The first operand is of the result's shape, and the others broadcast to it."""
    op, rank = batch.op, batch.rank(0)
    given = {op.params[i].name: batch.aligned(i, rank) for i in batch.tensors[1:]}
    return batch.call(**{op.params[0].name: batch.whole(0)}, **given)


def folded(*shared: str) -> Rule:
    """The rule of an op to which the first dim is a batch: both become one.

    shared: parameters that must be without the batch.
    """

    def rule(batch: Batch) -> Any:
        if any(batch.has(name) for name in shared):
            return NotImplemented
        given = {}
        for i in _arrays(batch):
            name = batch.op.params[i].name
            if name not in shared:
                t = batch.whole(i)
                given[name] = t.reshape(batch.size * t._d.shape[1], *t._d.shape[2:])
        result = batch.call(**given)
        return _each(
            result,
            lambda t: t.reshape(batch.size, t._d.shape[0] // max(batch.size, 1), *t._d.shape[1:]),
        )

    return rule


def planes(batch: Batch) -> Any:
    """The rule of an op on planes (1, planes, *): those of all examples are planes beside each other."""
    given = {}
    for i in _arrays(batch):
        t = batch.whole(i)
        given[batch.op.params[i].name] = t.reshape(1, batch.size * t._d.shape[2], *t._d.shape[3:])

    def parted(t: Any) -> Any:
        if len(t._d.shape) < 2:  # what was not asked for
            return t.reshape(1, 0).expand(batch.size, 0)
        count = t._d.shape[1] // max(batch.size, 1)
        return t.reshape(batch.size, 1, count, *t._d.shape[2:])

    return _each(batch.call(**given), parted)


def dynamic(batch: Batch) -> Any:
    """The rule of an op whose results are as large as values say."""
    raise StateError(
        "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap "
        f"over aten::{batch.op.name}. Please file an issue at "
        "https://github.com/pytorch/pytorch/issues if you need this feature."
    )


def draws(batch: Batch) -> Any:
    """The rule of an op that draws random numbers: others for each example."""
    tensors = batch.tensors
    whole = Batch(batch.op, batch.size, [batch.whole(i) for i in tensors], [True] * len(tensors))
    rank = max(whole.rank(k) for k in range(len(tensors)))
    given = {batch.op.params[i].name: whole.aligned(k, rank) for k, i in enumerate(tensors)}
    return batch.call(**given)


def listed(result: Any) -> Sequence[Any]:
    """The tensors of a result."""
    return result if isinstance(result, (tuple, list)) else (result,)


def _each(result: Any, change: Callable[[Any], Any]) -> Any:
    return tuple(map(change, result)) if isinstance(result, (tuple, list)) else change(result)
