"""What is kept of a call that was made dry, and how much work it would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.runtime.base.op import FLOAT
from tcalc.runtime.base.symbols import number_of
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType

    from tcalc.runtime.base.op import Op

    Place = tuple[CodeType, int, int]


class Spec(NamedTuple):
    """A tensor without its contents: its dtype's name and its shape."""

    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.shape)}"


class Note(NamedTuple):
    """One call of an op.

    name: the op's, with `_` where it writes into its first operand. within: the composite op that it is
    part of, or "". operands: specs of tensors, and numbers. outs: specs. promoted: the dtype that operands
    of several have in common. broadcast: the shape that operands of several come to. view: whether
    the result shows an operand's memory. copies: whether it only moves elements. flops: None where nobody knows; macs: how
    many products with their sums are among them. read, written: bytes of
    operands, and of new memory. waits: whether its work is put off, to be done by one pass with others.
    places: of the program's frames, innermost first.
    """

    name: str
    within: str
    operands: tuple[Any, ...]
    outs: tuple[Spec, ...]
    promoted: str | None
    broadcast: tuple[int, ...] | None
    view: bool
    copies: bool
    flops: int | None
    macs: int
    read: int
    written: int
    waits: bool
    places: tuple[Place, ...]


def spec_of(tensor: Tensor) -> Spec:
    """A tensor's dtype and shape."""
    return Spec(dtypes.of(tensor._d.dtype).name, tuple(tensor._d.shape))


def tensors_in(values: object) -> Iterator[Tensor]:
    """The tensors in nested tuples and lists."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, (tuple, list)):
        for value in values:
            yield from tensors_in(value)


def note(
    op: Op, name: str, within: str, values: Sequence[Any], result: object, places: tuple[Place, ...],
    writes: bool,
) -> Note:  # fmt: skip
    """What there is to say of a call and its result."""
    given = [v for p, v in zip(op.params, values) if p.is_array and v is not None]
    operands = list(tensors_in(given))
    outs = list(tensors_in(result))
    view = not writes and op.family == "view"
    elementwise = op.family == "elementwise"
    shapes = {tuple(t._d.shape) for t in operands}
    whole = tuple(outs[0]._d.shape) if outs else ()
    return Note(
        name,
        within,
        tuple([spec_of(v) if isinstance(v, Tensor) else number_of(v) for v in _flat(given)]),
        tuple(map(spec_of, outs)),
        _promoted(op, given, outs) if elementwise else None,
        whole if elementwise and len(shapes - {()}) > 1 else None,
        view,
        op.moves and not view and bool(operands),
        flops := _flops(op, values, operands, outs),
        macs(op, flops),
        0 if view else sum(_bytes(t) for t in operands),
        0 if view else sum(_bytes(t) for t in outs),
        elementwise and max((t._d.size for t in [*operands, *outs]), default=0) >= LARGE,
        places,
    )


def macs(op: Op, flops: int | None) -> int:
    """Products with their sums, as matrix products and convolutions are made of."""
    return (flops or 0) // 2 if op.flops is not None and op.family != "elementwise" else 0


def _flat(values: Sequence[Any]) -> Iterator[Any]:
    for v in values:
        if isinstance(v, (tuple, list)):
            yield from _flat(v)
        else:
            yield v


def _bytes(tensor: Tensor) -> int:
    return int(tensor._d.size * tensor._d.dtype.itemsize)


def _promoted(op: Op, given: Sequence[Any], outs: Sequence[Tensor]) -> str | None:
    """How the dtypes of operands become that of the result, in words; None where they are one."""
    if not outs:
        return None
    result = dtypes.of(outs[0]._d.dtype)
    tensors = [v for v in given if isinstance(v, Tensor)]
    kinds = list(dict.fromkeys(dtypes.of(t._d.dtype).name for t in tensors))
    numbers = [type(number_of(v)).__name__ for v in given if not isinstance(v, Tensor)]
    if len(kinds) > 1 and result.name != "bool":
        return f"{' with '.join(kinds)} gives {result.name}"
    if not kinds or kinds == [result.name] or result.name == "bool":
        return None
    if numbers and op.dtype != FLOAT:
        return f"{kinds[0]} with a Python {numbers[0]} gives {result.name}"
    return f"{kinds[0]} becomes {result.name}" if op.dtype == FLOAT else None


def _flops(
    op: Op, values: Sequence[Any], operands: Sequence[Tensor], outs: Sequence[Tensor]
) -> int | None:
    """Operations on numbers: those that the op tells of; one for each element of elementwise ops, and
    for each that a reduction reads; None where nobody knows."""
    if op.family == "view" or not outs:
        return 0
    if op.flops is not None:
        return int(op.flops(outs[0], *values))
    size = sum(int(t._d.size) for t in outs[:1])
    if op.family == "elementwise":
        return 0 if op.moves else size
    most = max((int(t._d.size) for t in operands), default=0)
    if op.moves:
        return 0
    return most if size < most else None
