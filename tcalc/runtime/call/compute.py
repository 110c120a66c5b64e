"""What an op's kernel gives for the operands of a call: promotion, halves, devices, deferral and errors,
the same for calls, in-place forms and `out=`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.casts import converted
from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.base import detached, memory
from tcalc.runtime.base.auditing import auditing
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import FLOAT, Op
from tcalc.runtime.base.symbols import Symbol
from tcalc.runtime.call.audit import audit
from tcalc.runtime.call.faults import fault
from tcalc.runtime.call.replaying import expressed, note
from tcalc.runtime.lazy.expression import NotDeferred
from tcalc.runtime.lazy.pending import Pending, computed, is_large, lazy
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes, promotion, shapes
from tcalc.runtime.types.codes import FLOATS, PLAIN_INEXACT, USUAL
from tcalc.runtime.types.scalars import bounded, fitting, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tcalc.runtime.base.op import Array, Parameter

ndarray = np.ndarray
_SINGLE = np.dtype(np.float32)
# Numbers below these are taken as they are by every floating dtype that is computed with.
_MOST: dict[type, float] = {int: 1 << 63, float: 3e38}
_PLAIN_FLOATS = "".join([c for c in PLAIN_INEXACT if c in FLOATS])
KERNEL_ERRORS = (ValueError, IndexError, TypeError, OverflowError, RuntimeError, ArithmeticError)


def compute(op: Op, values: Sequence[Any]) -> Any:
    """The kernel's arrays for operands that are tensors and, of elementwise ops, numbers."""
    if op.family == "view" and type(values[0]._d) is Mirror:
        return _mirrored(op, values[0]._d, values)
    if op.mirrors:
        return op.kernel(np, values[0]._a)
    elementwise = op.family == "elementwise"
    tensors = _tensors(op, values)
    if elementwise and auditing.level is not None:
        audit(op, tensors)
    xp = backend.common(tensors)
    eager = mode.interpreter is None
    deferred = (
        xp is np
        and eager
        and (
            not mode.anomaly and any(is_large(t._d) for t in tensors)
            if elementwise
            else op.deferred
        )
    )
    half, array_of = (_promotion if elementwise else _raising)(op, values, tensors, xp, deferred)
    given = [array_of(p, v) for p, v in zip(op.params, values)]
    positional, keywords = arguments_of(op, given)
    try:
        try:
            if elementwise and eager and not deferred and xp is np and any(map(_is_middle, given)):
                from tcalc.runtime.lazy import middle

                result = middle.compute(op, given)
            else:
                result = _run(op, xp, positional, keywords)
            if deferred and elementwise and half is None:
                note(op, values, result)
            if deferred and any(result is v for v in given):
                result = result.copy()
        except (NotDeferred, AttributeError):
            if not deferred:
                raise
            at_once = [computed(v) for v in positional]
            if elementwise:
                from tcalc.runtime.lazy import large

                result = op.kernel(large.module(), *at_once, **keywords)
            else:
                result = _run(op, xp, at_once, keywords)
    except (*KERNEL_ERRORS, MemoryError) as e:
        if elementwise and isinstance(e, KERNEL_ERRORS):
            _explain(op, tensors, e)
        raise fault(op, e)  # noqa: B904 (which hides it)
    if half is not None:
        if type(result) in (tuple, list):
            return tuple([_lowered(r, half) for r in result])
        result = _lowered(result, half)
    return result.array if type(result) is Pending and result.array is not None else result


def again(op: Op, values: Sequence[Any]) -> Pending | None:
    """What an elementwise op gives for large tensors, where calls like this one were made before."""
    if op.family != "elementwise" or mode.interpreter is not None:
        return None
    if mode.anomaly or auditing.level is not None:
        return None
    return expressed(op, values)


def write_large(op: Op, values: Sequence[Any]) -> bool:
    """Write an elementwise op's result over its first operand, a large array in C order: whether that was
    done. Other operands are left to `compute` where they are of another dtype or lie in its memory."""
    target = values[0]._d
    dtype = target.dtype
    if dtype.char not in _PLAIN_FLOATS or mode.anomaly or auditing.level is not None:
        return False
    given: list[Any] = []
    for p, v in zip(op.params, values):
        if isinstance(v, Tensor):
            a = settled(v)
            if type(a) is not ndarray or a.dtype is not dtype:
                return False
            if a is not target and (a.base is not None or target.base is not None):
                same = a.__array_interface__["data"] == target.__array_interface__["data"]
                if not same and np.may_share_memory(a, target):
                    return False
            given.append(a)
        elif not p.is_array or v is None:
            given.append(v)
        elif type(v) not in (int, float) or not -_MOST[type(v)] < v < _MOST[type(v)]:
            return False
        else:
            # Where it keeps the dtype, a number is what NumPy takes beside an array.
            given.append(v if op.numbers else np.asarray(v, dtype))
    from tcalc.runtime.lazy import middle

    return middle.write(op, given, target)


def settled(tensor: Tensor) -> Array:
    """A tensor's array, or what stands for it while it waits: what was computed since is put in place."""
    d = tensor._d
    return tensor._a if type(d) is Pending and d.array is not None else d


def _waiting(array: Array) -> Array:
    return array if type(array) is Pending else lazy(array)


def _is_middle(value: Any) -> bool:
    return type(value) is ndarray and value.size >= MIDDLE


def _lowered(array: Array, half: Any) -> Any:
    return converted(array, np.dtype(half)) if array.dtype == np.float32 else array


def _tensors(op: Op, values: Sequence[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for p, v in zip(op.params, values):
        if p.is_sequence:
            found.extend(v)
        elif p.is_array and isinstance(v, Tensor):
            found.append(v)
    return found


def arguments_of(op: Op, values: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The values of an op's parameters as a kernel takes them."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for p, v in zip(op.params, values):
        if p.variadic:
            positional.extend(v)
        elif p.keyword_only:
            keywords[p.name] = v
        else:
            positional.append(v)
    return positional, keywords


def _run(op: Op, xp: ModuleType, args: list[Any], kwargs: dict[str, Any]) -> Array:
    """The kernel's result on the device."""
    if xp is np:
        if mode.interpreter is not None:
            result = mode.interpreter.kernel(op, args, kwargs)
            if result is not NotImplemented:
                return result
        return detached.run(op, args, kwargs) if op.long else op.kernel(xp, *args, **kwargs)
    with memory.elsewhere():
        return backend.of_module(xp).at_home(op.kernel(xp, *args, **kwargs))


def _mirrored(op: Op, mirror: Mirror, values: Sequence[Any]) -> Array:
    """The view of a Mirror: a Mirror of the view, or what the op says."""
    if op.of_mirror is not None:
        return op.of_mirror(mirror)
    result = compute(op, (wrap(mirror.array), *values[1:]))
    if type(result) in (tuple, list):
        return tuple(Mirror(r, mirror.flip) for r in result)
    return Mirror(result, mirror.flip)


# -- what operands become -------------------------------------------------------------------------

_Conversion = tuple[Any, "Callable[[Parameter, Any], Any]"]


def _raising(
    op: Op, values: Sequence[Any], tensors: list[Tensor], xp: ModuleType, deferred: bool
) -> _Conversion:
    """Of kernels: each operand in its own dtype, but halves raised to float32."""
    half: Any = None
    if not op.moves:
        for t in tensors:
            if t._d.dtype.char not in USUAL:
                t.dtype.need(op.only, op.name)
    if op.upcast_halves:
        for t in tensors:
            if t.dtype.is_half:
                half = t._d.dtype if half is None or half == t._d.dtype else np.float32
        if half is not None and any(t._d.dtype.char in PLAIN_INEXACT for t in tensors):
            half = np.float32  # beside a wider type, that is the result's

    def one(t: Tensor) -> Any:
        if half is not None:
            a = converted(t._a, _SINGLE) if t.dtype.is_half else t._a
        else:
            a = lazy(t._d) if deferred else t._a
        return xp.asarray(a) if xp is not np and type(a) is ndarray else a

    def array_of(p: Parameter, v: Any) -> Any:
        if p.is_sequence:
            return [one(t) for t in v]
        return one(v) if p.is_array and isinstance(v, Tensor) else v

    return half, array_of


def _promotion(
    op: Op, values: Sequence[Any], tensors: list[Tensor], xp: ModuleType, deferred: bool
) -> _Conversion:
    """Of elementwise ops: operands and numbers in the dtype that they have in common."""
    operands = [(p, v) for p, v in zip(op.params, values) if p.is_array and v is not None]
    for _, v in operands:
        bounded(v)
    promoted = [v for p, v in operands if p.name not in op.unpromoted]
    common = common_dtype(promoted) if promoted else dtypes.bool_
    if op.check is not None:
        op.check(*(v for _, v in operands))
    compute = common
    rule = op.dtype
    if not isinstance(rule, str):
        rule = rule(**{p.name: v for p, v in zip(op.params, values)})
    if rule == FLOAT and common.category < dtypes.FLOATING:
        compute = dtypes.default.value
    if not op.moves:
        compute.need(op.only, op.name)
    half = compute.numpy if compute.is_half and op.upcast_halves else None
    target = np.dtype(np.float32) if half is not None else compute.numpy
    if half is not None:  # kernels see float32, and look at the numbers of other dtypes themselves
        for p, v in zip(op.params, values):
            if p.name in op.fits and not p.is_array:
                fitting(v, compute, p.name)
    second = operands[1][0] if len(operands) > 1 else None
    # Where it keeps the dtype, a number is what NumPy takes beside an array, as on the short path.
    as_it_is = (
        op.numbers
        and compute is tensors[0].dtype
        and (deferred or (mode.interpreter is not None and half is None))
    )

    def array_of(p: Parameter, v: Any) -> Any:
        if not p.is_array or v is None:
            return v
        unchanged = p.name in op.unpromoted
        coarse = half is not None and not unchanged and p.name not in op.digits
        if isinstance(v, Tensor):
            a = v._a if not deferred else _waiting(settled(v))
            if half is not None and coarse and not a.ndim and a.dtype != half:
                a = a.astype(target, copy=False).astype(half)
            a = a if unchanged or a.dtype == target else converted(a, target)
        elif as_it_is and p is second:
            if p.name in op.fits:
                v = fitting(v, compute, p.name)
            return (
                _coarse(wrapped(v, target), target, half).item() if coarse else wrapped(v, target)
            )
        else:
            if p.name in op.fits:
                v = fitting(v, compute, p.name, halves=op.fits_halves)
            a = _of_number(
                v if unchanged else wrapped(v, target), None if unchanged else target, xp
            )
            if coarse and not unchanged:
                a = a.astype(half).astype(target)
        return xp.asarray(a) if xp is not np and type(a) is ndarray else a

    return half, array_of


def _of_number(number: Any, dtype: Any, xp: ModuleType) -> Array:
    """A 0-dim array of a number, in a dtype or that which the array module gives it."""
    if isinstance(number, Symbol):
        return number.as_array(dtype)
    return xp.asarray(number) if dtype is None else np.asarray(number).astype(dtype)


def _coarse(number: Any, target: np.dtype, half: Any) -> Array:
    """A number with the digits that a 16-bit float has."""
    return np.asarray(number, target).astype(half).astype(target)


def _explain(op: Op, tensors: list[Tensor], error: Exception) -> None:
    """Say why an elementwise kernel failed where shapes or dtypes tell it."""
    shapes.broadcast(*(t._d.shape for t in tensors))
    if isinstance(error, TypeError) and "not supported" in str(error):
        common = common_dtype(tensors)
        raise DtypeError(
            f'"{op.name}" not implemented for {common.name!r}',
            hint="convert it with .float()" if common.category < dtypes.FLOATING else None,
        ) from None


def common_dtype(operands: Sequence[Any]) -> dtypes.dtype:
    """PyTorch's result type of tensors and numbers."""
    dimensioned: list[dtypes.dtype] = []
    zero_dim: list[dtypes.dtype] = []
    numbers: list[dtypes.dtype] = []
    for v in operands:
        if isinstance(v, Tensor):
            (dimensioned if v._d.ndim else zero_dim).append(v.dtype)
        else:
            numbers.append(dtypes.of_scalar(v))
    return promotion.result_type(dimensioned, zero_dim, numbers)
