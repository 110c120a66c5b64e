"""Arrays from what programs give as data: numbers, nested lists of them, arrays, tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import (
    ArgumentError,
    OverflowProblem,
    StateError,
    TcalcError,
    ValueProblem,
)
from tcalc.runtime.arrays import backend
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.symbols import Symbol
from tcalc.runtime.lazy.hazards import expose
from tcalc.runtime.objects.pieces import PIECE, in_pieces
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes, promotion
from tcalc.runtime.types.codes import KNOWN
from tcalc.runtime.types.devices import CPU
from tcalc.runtime.types.scalars import fitting, overflow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from tcalc.runtime.base.op import Array


_NUMBERS = frozenset({bool, int, float, complex})
_HINT = "give numbers or nested lists of numbers"


def array_of(data: object, dtype: dtypes.dtype | None, copy: bool) -> Array:
    """The CPU array of what a user gave as data.

    copy: False shares the memory of arrays and tensors where the dtype allows it.
    """
    if isinstance(data, Tensor):
        a = backend.to_device(data._a, CPU) if backend.has_contents(data._a) else data._a
        wanted = a.dtype if dtype is None else dtype.numpy
        return np.array(a, dtype=wanted, order="K") if copy else a.astype(wanted, copy=False)
    if isinstance(data, (np.ndarray, np.generic)):
        if data.dtype.char not in KNOWN:
            raise ArgumentError(f"can't convert arrays of type {data.dtype}", argument="data")
        native = data.dtype.newbyteorder("=")
        dtypes.of(native)
        wanted = native if dtype is None else dtype.numpy
        if not copy and isinstance(data, np.ndarray):
            expose(data)
        return np.array(data, dtype=wanted) if copy else np.asarray(data, dtype=wanted)
    if isinstance(data, Symbol):
        data = data.put()
    if type(data) in _NUMBERS:
        t = dtype or dtypes.of_scalar(data)
        return _filled([data], {type(data)}, t).reshape(())
    if isinstance(data, (list, tuple, range)):
        return _nested(data, dtype)
    raise not_a_number(data)


def tensor_of(data: object) -> Tensor:
    """A tensor from an operand: lists and numbers are copied, arrays shared."""
    return wrap(array_of(data, None, copy=False))


export("torch._tensor_of", value=tensor_of)


def not_a_number(value: object) -> TcalcError:
    """The error that data holds something else than numbers."""
    if isinstance(value, str):
        return ArgumentError("new(): invalid data type 'str'", hint=_HINT, argument="data")
    name = type(value).__name__
    return StateError(f"Could not infer dtype of {name}", hint=_HINT, argument="data")


def _nested(data: Sequence[object], dtype: dtypes.dtype | None) -> Array:
    shape = _shape(data)
    level: list[Any] = list(data)
    for depth in range(1, len(shape)):
        level = _below(level, depth, shape[depth])
    kinds = set(in_pieces(map(type, level)))
    typed: set[dtypes.dtype] = set()
    if not kinds <= _NUMBERS:
        for i, item in enumerate(level):
            if type(item) not in _NUMBERS:
                level[i], t = _scalar(item, len(shape))
                typed.add(t)
        typed |= {dtypes.of_scalar(kind()) for kind in kinds & _NUMBERS}
        kinds = set(in_pieces(map(type, level)))
    t = dtype or _inferred(kinds, typed)
    return _filled(level, kinds, t).reshape(shape)


def _shape(data: object) -> tuple[int, ...]:
    """The lengths of the first list at each depth."""
    shape: list[int] = []
    seen: set[int] = set()
    while isinstance(data, (list, tuple, range)):
        if id(data) in seen:
            raise ValueProblem("too many dimensions: a list holds itself", argument="data")
        seen.add(id(data))
        shape.append(len(data))
        if not len(data):
            break
        data = data[0]
    if isinstance(data, np.ndarray):
        shape.extend(data.shape)
    return tuple(shape)


def _below(level: list[object], depth: int, wanted: int) -> list[object]:
    """What the lists of one depth hold, which must all have one length."""
    below: list[Any] = []
    for item in level:
        if isinstance(item, np.ndarray):
            item = item.tolist()
        if not isinstance(item, (list, tuple, range)):
            raise ArgumentError(
                f"not a sequence: expected sequence of length {wanted} at dim {depth} (got a "
                f"{type(item).__name__})",
                argument="data",
            )
        if len(item) != wanted:
            raise ValueProblem(
                f"expected sequence of length {wanted} at dim {depth} (got {len(item)})",
                argument="data",
            )
        below.extend(item)
    return below


def _scalar(item: object, depth: int) -> tuple[object, dtypes.dtype]:
    """The number that an element of the innermost lists stands for, and its dtype."""
    if isinstance(item, Tensor):
        if item._a.size != 1:
            raise ArgumentError(
                "only integer tensors of a single element can be converted to an index: a list of "
                f"tensors of shape {list(item._a.shape)} is no data",
                hint="use stack or cat",
                argument="data",
            )
        return item.item(), item.dtype
    if isinstance(item, np.generic):
        return item.item(), dtypes.of(item.dtype)
    if isinstance(item, Symbol):
        return item.put(), dtypes.of_scalar(item.value)
    if isinstance(item, (list, tuple, range, np.ndarray)):
        raise ArgumentError(
            f"expected a number at dim {depth}, but got a {type(item).__name__}", argument="data"
        )
    raise not_a_number(item)


def _inferred(kinds: set[type], typed: set[dtypes.dtype]) -> dtypes.dtype:
    """The smallest dtype that holds all elements."""
    found = typed or {dtypes.of_scalar(kind()) for kind in kinds} or {dtypes.default.value}
    t, *rest = found
    for other in rest:
        t = promotion.promote(t, other)
    return t


def _filled(numbers: list[object], kinds: set[type], t: dtypes.dtype) -> Array:
    """Python numbers as an array of a dtype; those that it does not hold are an error."""
    if complex in kinds and t.category < dtypes.COMPLEX and t is not dtypes.bool_:
        raise ArgumentError(
            f"must be real number, not complex: the dtype is {t.name}", argument="data"
        )
    if t.category == dtypes.INTEGER:
        return _integers(numbers, kinds, t)
    if t.category == dtypes.BOOL:
        return _array(list(in_pieces(map(bool, numbers))), bool)
    try:
        if t.is_half:
            return _array(numbers, np.float64).astype(np.float32).astype(t.numpy)
        return _array(numbers, t.numpy)
    except OverflowError:
        raise overflow(t, "data") from None


def _array(numbers: list[object], dtype: DTypeLike) -> Array:
    """An array of Python's numbers, made in pieces."""
    if len(numbers) <= PIECE:
        return np.array(numbers, dtype)
    made = np.empty(len(numbers), dtype)
    for start in range(0, len(numbers), PIECE):
        made[start : start + PIECE] = np.array(numbers[start : start + PIECE], dtype)
    return made


def _integers(numbers: list[object], kinds: set[type], t: dtypes.dtype) -> Array:
    if t.largest > dtypes.int64.largest:
        return _beyond_int64(numbers, kinds, t)
    if float not in kinds:
        try:
            wide = _array(numbers, np.int64)
        except OverflowError:
            raise too_long() from None
        if t is dtypes.int64 or not wide.size:
            return wide.astype(t.numpy, copy=False)
        if t.least <= wide.min() and wide.max() <= t.largest:
            return wide.astype(t.numpy)
    for n in in_pieces(numbers):
        if isinstance(n, int) and not -(1 << 63) <= n < 1 << 63:
            raise too_long()
    return _array([fitting(n, t, "data") for n in in_pieces(numbers)], np.int64).astype(t.numpy)


def _beyond_int64(numbers: list[Any], kinds: set[type], t: dtypes.dtype) -> Array:
    """Whole numbers of uint64, which PyTorch leaves Python to convert: none wraps, none is cut."""
    if float in kinds:
        raise ArgumentError("an integer is required", argument="data")
    try:
        return _array(numbers, t.numpy)
    except OverflowError:
        negative = any(n < 0 for n in in_pieces(numbers))
        raise OverflowProblem(
            "can't convert negative int to unsigned" if negative else "int too big to convert"
        ) from None


def too_long() -> ValueProblem:
    """The error that an int does not fit int64."""
    return ValueProblem(
        "Overflow when unpacking long long: the number does not fit int64",
        hint="write it with a point for a float",
        argument="data",
    )
