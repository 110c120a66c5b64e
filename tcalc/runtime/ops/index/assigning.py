"""Assignment with brackets: to views, and to what index tensors and masks name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, LooksInside
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.arrays.overlap import check_overlap
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.targets import NOT_PARTLY
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.indexcalls import made as index_call
from tcalc.runtime.call.inplace import check_inplace, write_in_place
from tcalc.runtime.call.layouts import is_sparse, refused
from tcalc.runtime.lazy.expression import live
from tcalc.runtime.lazy.hazards import before_write
from tcalc.runtime.ops.create.filling import copy_, fill_, filled
from tcalc.runtime.ops.index import parsing, unread
from tcalc.runtime.ops.index.direct import direct_index, plain_index
from tcalc.runtime.ops.index.indexing import basic_part, for_one_mask, is_free, place
from tcalc.runtime.tensor.nested import tensor_of, too_long
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import BOOLS, PLAIN, PLAIN_FLOATS
from tcalc.runtime.types.scalars import fitting

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

# What does it in machine code, or None: to what indices name, and to what a mask does.
INTO = shortcuts.after_few(globals(), "INTO", lambda: index_call("setitem", True))
UNDER = shortcuts.after_few(globals(), "UNDER", lambda: index_call("masked_fill", True))


def setitem(tensor: Tensor, index: object, value: object) -> None:
    """`tensor[index] = value`: a number, a tensor that broadcasts, or an array."""
    if INTO is not None and _is_assigned(tensor, index, value):
        return
    if is_sparse(tensor):
        raise refused("index_put_", (tensor,))
    try:
        _set_by_values(tensor, index, value)
    except LooksInside:
        if isinstance(index, Tensor) and index._d.dtype.char in BOOLS and index.ndim == tensor.ndim:
            copy_(tensor, unread.masked(tensor, index, value))
        else:
            copy_(tensor, unread.placed(tensor, index, value))


def _is_assigned(tensor: Tensor, index: object, value: object) -> bool:
    """Whether machine code has done it."""
    if type(index) is Tensor:
        if index._d.dtype.char in BOOLS:
            whole = index._d.ndim == tensor._d.ndim
            return whole and UNDER is not None and UNDER(tensor, index, value) is not None
    elif type(index) is not tuple:
        return False
    return INTO(tensor, index, value) is not None


def _set_by_values(tensor: Tensor, index: object, value: object) -> None:
    if is_free(tensor) and set_directly(tensor, index, value):
        return
    if isinstance(index, Tensor):
        check_inplace(tensor, "index_put_")
    values = _value_of(tensor, value)
    parsed = parsing.parse(index, tensor._a.shape)
    if parsed.picks is None:
        part = tensor if parsed.kind == "alias" else basic_part(tensor, parsed)
        if part is tensor and not isinstance(values, Tensor):
            values = wrap(np.asarray(values, part._d.dtype))
        if isinstance(values, Tensor) and part is tensor and not values._d.ndim:
            fill_(part, values)
        elif isinstance(values, Tensor):
            values = _without_lead(values, part._a.shape)
            copy_(
                part, values if values._d.shape == part._d.shape else values.expand(part._d.shape)
            )
        else:
            write_in_place(filled, "fill_", part, (part, values), lambda a: a.fill(values))
        return
    part = basic_part(tensor, parsed)
    if not isinstance(values, Tensor):
        values = wrap(np.asarray(values, part._a.dtype))
    values = for_one_mask(tensor, (index,), values)
    shape = parsing.picked_shape(part._a.shape, parsed.picks)
    place(part, parsed.picks, _without_lead(values, shape), False, "index_put_")


def _set_directly(tensor: Tensor, index: object, value: Any) -> bool:
    """Assign by NumPy alone, where no gradients and no conversions take part and all is well."""
    if type(tensor._d) is Mirror:
        return False
    a = tensor._a
    kind = type(value)
    if kind is float or kind is int:
        if a.dtype.char not in PLAIN_FLOATS or not -1e18 < value < 1e18:
            return False
        given = value
    elif kind is Tensor:
        given = value._a
        if (
            given.dtype is not a.dtype
            or a.dtype.char not in PLAIN
            or type(given) is not type(a)
            or not is_free(value)
        ):
            return False
    else:
        return False
    at = plain = plain_index(index)
    shared = value is tensor or (kind is Tensor and value._s is not None and value._s is tensor._s)
    if at is None:
        at = None if shared else direct_index(tensor, index)
        if at is None:
            return False
    if not (tensor._v is None or backend.writeable(a)):
        return False
    try:
        if shared:
            part = a[at]
            seen = given if given.shape == part.shape else np.broadcast_to(given, part.shape)
            check_overlap(part, (seen,), NOT_PARTLY)
        if live:
            before_write(a if plain is None else a[plain])
        a[at] = given
    except (IndexError, ValueError, TypeError, OverflowError):
        return False
    tensor.shared().version += 1
    return True


set_directly = _set_directly
shortcuts.known(globals(), set_directly=lambda tensor, index, value: False, INTO=None, UNDER=None)


def _value_of(tensor: Tensor, value: object) -> Tensor | complex:
    """What is assigned: a tensor, or a number that the dtype holds."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (int, float, complex)):
        if type(value) is int and not -(1 << 63) <= value < 1 << 63:
            raise too_long()
        return fitting(value, tensor.dtype, halves=False)
    if isinstance(value, (np.generic, list)):
        made = tensor_of(value)
        return made if made._a.dtype == tensor._a.dtype else made.to(tensor.dtype)
    raise ArgumentError(
        f"can't assign a {_kind(value)} to a {tensor.type()}",
        argument="value",
    )


def _kind(value: Array | None) -> str:
    if value is None:
        return "NoneType"
    return "numpy.ndarray" if isinstance(value, np.ndarray) else type(value).__name__


def _without_lead(values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Without the leading dimensions of size 1 that the target does not have."""
    have = values._a.shape
    extra = len(have) - len(shape)
    if extra > 0 and all(n == 1 for n in have[:extra]):
        return values.reshape(have[extra:])
    return values


export("Tensor.__setitem__", value=setitem)
