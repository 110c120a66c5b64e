"""The full path of a call: conversion, promotion, devices, halves, views, `out=`, recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import (
    DtypeError,
    TcalcError,
    ValueProblem,
)
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.autograd.nodes import (
    Node,
    Output,
    SavedOutput,
    end_of,
    meta_of,
    record,
    user_place,
    versions_of,
)
from tcalc.runtime.base import detached, memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import BOOLEAN, FLOAT, Op, saved_plan
from tcalc.runtime.base.results import return_type
from tcalc.runtime.call import generate as codegen
from tcalc.runtime.call.arguments import (
    ALIASES,
    follow,
    is_default,
    is_operand,
    operand,
    tensors_of,
    unknown_keyword,
)
from tcalc.runtime.call.outs import NUMBERS, check_outs, write_out
from tcalc.runtime.lazy.expression import LARGE, NotDeferred
from tcalc.runtime.lazy.pending import Pending, computed, is_large, lazy
from tcalc.runtime.tensor.storage import Storage, View
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes, shapes
from tcalc.runtime.types.scalars import bounded, fitting, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

ndarray = np.ndarray
_HALF_CHARS = "eE"
KERNEL_ERRORS = (ValueError, IndexError, TypeError, OverflowError, RuntimeError, ArithmeticError)
_new = object.__new__


def redirect(op: Op, extra: dict[str, Any], values: dict[str, Any]) -> Any:
    """A call with keywords that the signature does not have: other spellings, and `out`."""
    out = extra.pop("out", None)
    for name, value in extra.items():
        target = op.keywords.get(name) or ALIASES.get(name, name)
        if target not in values or not is_default(op, target, values[target]):
            raise unknown_keyword(op, name, values)
        variadic = any(p.name == target and p.variadic for p in op.params)
        values[target] = (value,) if variadic and not isinstance(value, tuple) else value
    if out is not None and op.apart:
        check_outs(op, out, values)
    result = op.call_with(tuple(values[p.name] for p in op.params))
    return result if out is None else write_out(op, out, result)


# -- the full path ----------------------------------------------------------------------------


def slow(op: Op, values: tuple[Any, ...]) -> Any:
    """Run an op by what runs them in this thread."""
    if mode.interpreter is not None:
        return mode.interpreter.run(op, values)
    return general(op, values)


def general(op: Op, values: tuple[Any, ...]) -> Any:
    """Run an op with everything a call may need."""
    if op.family == "elementwise":
        return _elementwise(op, values)
    ready = list(values)
    for i, p in enumerate(op.params):
        if p.is_sequence:
            ready[i] = tensors_of(op, p.name, ready[i])
        elif (
            p.is_array
            and not isinstance(ready[i], Tensor)
            and (ready[i] is not None or not p.optional)
        ):
            ready[i] = operand(op, p.name, ready[i])
    follow(op, values, ready)
    return finish(op, run_kernel(op, ready), tuple(ready))


def _tensors(op: Op, values: Sequence[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for p, v in zip(op.params, values):
        if p.is_sequence:
            found.extend(v)
        elif p.is_array and isinstance(v, Tensor):
            found.append(v)
    return found


def run_kernel(op: Op, values: Sequence[Any]) -> Any:
    """The kernel's result: halves computed in float32, errors in our own words."""
    tensors = _tensors(op, values)
    if op.family == "view" and type(values[0]._d) is Mirror:
        return _mirrored(op, values[0]._d, values)
    if op.mirrors:
        return op.kernel(np, values[0]._a)
    xp = backend.common(op, tensors)
    halves = None
    if op.upcast_halves:
        for t in tensors:
            if t.dtype.is_half:
                halves = t._d.dtype if halves is None or halves == t._d.dtype else np.float32
        if halves is not None and any(t._d.dtype.char in "fdFD" for t in tensors):
            halves = np.float32  # beside a wider type, that is the result's
    deferred = op.deferred and xp is np and mode.tape is None
    arguments: list[Any] = []
    keywords: dict[str, Any] = {}
    for p, v in zip(op.params, values):
        if p.is_sequence:
            v = [_raise_half(t) if halves is not None else t._a for t in v]
        elif p.is_array and isinstance(v, Tensor):
            v = _raise_half(v) if halves is not None else lazy(v._d) if deferred else v._a
            if xp is not np and type(v) is ndarray:
                v = xp.asarray(v)
        if p.variadic:
            arguments.extend(v)
        elif p.keyword_only:
            keywords[p.name] = v
        else:
            arguments.append(v)
    try:
        try:
            result = _run(op, xp, arguments, keywords)
        except (NotDeferred, AttributeError):
            if not deferred:
                raise
            result = _run(op, xp, [computed(v) for v in arguments], keywords)
    except (*KERNEL_ERRORS, MemoryError) as e:
        raise codegen.fault(op, e)  # noqa: B904 (which hides it)
    if halves is not None:
        if type(result) in (tuple, list):
            return tuple(_lower_half(r, halves) for r in result)
        return _lower_half(result, halves)
    return result


def _mirrored(op: Op, mirror: Mirror, values: Sequence[Any]) -> Any:
    """The view of a Mirror: a Mirror of the view, or what the op says."""
    if op.of_mirror is not None:
        return op.of_mirror(mirror)
    result = run_kernel(op, (wrap(mirror.array), *values[1:]))
    if type(result) in (tuple, list):
        return tuple(Mirror(r, mirror.flip) for r in result)
    return Mirror(result, mirror.flip)


def _run(op: Op, xp: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The kernel's result on the device."""
    if xp is np:
        if mode.tape is not None:
            return mode.tape.kernel(op, args, kwargs)
        return detached.run(op, args, kwargs) if op.long else op.kernel(xp, *args, **kwargs)
    with memory.elsewhere():
        return backend.at_home(xp, op.kernel(xp, *args, **kwargs))


def _raise_half(t: Tensor) -> Any:
    return t._a.astype(np.float32) if t.dtype.is_half else t._a


def _lower_half(array: Any, half: Any) -> Any:
    return array.astype(half) if array.dtype == np.float32 else array


_short_forms: dict[Op, tuple[tuple[int, ...], tuple[int, ...], str]] = {}


def _short(op: Op, values: tuple[Any, ...]) -> Any:
    """The result for CPU tensors of one dtype and numbers that do not change it, else None.

    What the generated short path leaves: large tensors, and numbers at any place.
    """
    form = _short_forms.get(op)
    if form is None:
        form = _short_forms[op] = codegen.short_form(op)
    if mode.anomaly or mode.tape is not None:
        return None
    try:
        given, tracked = _short_operands(op, values, *form)
        positional, keywords = _arguments(op, given)
        r = op.kernel(np, *positional, **keywords)
    except (*KERNEL_ERRORS, AttributeError):
        return None
    if any(r is v for v in given):
        return None
    return finish(op, r, values) if tracked or type(r) is tuple else wrap(r)


def _short_operands(
    op: Op, values: tuple[Any, ...], alike: tuple[int, ...], others: tuple[int, ...], chars: str
) -> tuple[list[Any], bool]:
    """The kernel's arguments, and whether a gradient may be wanted; else NotDeferred."""
    given = list(values)
    dtype: Any = None
    tracked = False
    for i in (*others, *alike):
        v = values[i]
        if isinstance(v, Tensor):
            d = v._d
            if type(d) is not ndarray and type(d) is not Pending:
                raise NotDeferred
            if i in others:
                pass
            elif dtype is None and d.dtype.char in chars:
                dtype = d.dtype
            elif d.dtype is not dtype:
                raise NotDeferred
            given[i] = d if type(d) is Pending else lazy(d)
            tracked = tracked or v._g is not None or v._v is not None
        elif dtype is None or (type(v) is not int and type(v) is not float):
            if v is not None:
                raise NotDeferred
        elif not _is_plain(op, op.params[i].name, v, dtype):
            raise NotDeferred
        elif op.numbers and i == alike[1]:
            if dtype.kind not in ("fc" if type(v) is float else "iufc"):
                raise NotDeferred
        elif dtype.kind == "f":
            given[i] = np.asarray(v, dtype)
        else:
            raise NotDeferred
    return given, tracked


def _is_plain(op: Op, name: str, number: Any, dtype: Any) -> bool:
    """Whether NumPy takes a number beside an array of a dtype as PyTorch does."""
    if type(number) is int:
        bounded(number)
        if op.dtype == BOOLEAN and dtype.kind in "iu":
            return wrapped(number, dtype) == number
    return name not in op.fits or -3e38 < number < 3e38


def _elementwise(op: Op, values: tuple[Any, ...]) -> Any:
    result = _short(op, values)
    if result is not None:
        return result
    ready = list(values)
    arrays = []
    for i, p in enumerate(op.params):
        v = ready[i]
        if not p.is_array or (v is None and p.optional):
            continue
        if not isinstance(v, Tensor) and type(v) not in (int, float, bool, complex):
            v = ready[i] = operand(op, p.name, v)
        arrays.append(i)
    follow(op, values, ready)
    if not any(isinstance(ready[i], Tensor) for i in arrays):
        _check_category(op, common_dtype([ready[i] for i in arrays]))
        if op.scalar is not None and not any(isinstance(ready[i], complex) for i in arrays):
            return op.scalar(*ready)
        # Numbers alone are computed in double and stay numbers.
        for i in arrays:
            exact = op.dtype != FLOAT and type(ready[i]) in (int, bool)
            ready[i] = wrap(np.asarray(ready[i], None if exact else np.result_type(ready[i], 0.0)))
        result = _elementwise(op, tuple(ready))
        return result.item() if isinstance(result, Tensor) else result
    r = elementwise_array(op, ready, arrays)
    return finish(op, r, tuple(ready))


def elementwise_array(op: Op, ready: list[Any], arrays: list[int]) -> Any:
    """The kernel's array for operands that are tensors and numbers, promoted."""
    tensors = [ready[i] for i in arrays if isinstance(ready[i], Tensor)]
    for i in arrays:
        bounded(ready[i])
    xp = backend.common(op, tensors)
    unpromoted = op.unpromoted
    common = (
        common_dtype([ready[i] for i in arrays if op.params[i].name not in unpromoted])
        if any(op.params[i].name not in unpromoted for i in arrays)
        else dtypes.bool_
    )
    _check_category(op, common)
    if op.check is not None:
        op.check(*(ready[i] for i in arrays))
    compute = common
    rule = op.dtype if isinstance(op.dtype, str) else op.dtype(**_named(op, ready))
    if rule == FLOAT and common.category < dtypes.FLOATING:
        compute = dtypes.default.value
    half = compute if compute.is_half and op.upcast_halves else None
    target = np.dtype(np.float32) if half is not None else compute.numpy
    given: list[Any] = list(ready)
    deferred = xp is np and _may_defer(tensors)
    as_they_are = deferred or (mode.tape is not None and half is None)
    for i in arrays:
        v = ready[i]
        if isinstance(v, Tensor):
            v = lazy(v._d) if deferred else v._a
            given[i] = v if op.params[i].name in unpromoted else v.astype(target, copy=False)
        elif as_they_are and op.numbers and i == arrays[1] and compute is tensors[0].dtype:
            if op.params[i].name in op.fits:
                v = fitting(v, compute, op.params[i].name)
            given[i] = wrapped(v, target)  # as on the short path
        else:
            unchanged = op.params[i].name in unpromoted
            if op.params[i].name in op.fits:
                v = fitting(v, compute, op.params[i].name, halves=op.fits_halves)
            given[i] = xp.asarray(v) if unchanged else np.asarray(wrapped(v, target)).astype(target)
        if xp is not np and type(given[i]) is ndarray:
            given[i] = xp.asarray(given[i])
    if half is not None:  # kernels see float32, and look at the numbers of other dtypes themselves
        for i, p in enumerate(op.params):
            if p.name in op.fits and not p.is_array:
                fitting(ready[i], compute, p.name)
    positional, keywords = _arguments(op, given)
    try:
        if deferred:
            try:
                r = op.kernel(np, *positional, **keywords)
                if any(r is v for v in given):
                    r = r.copy()
            except (NotDeferred, AttributeError):
                r = op.kernel(np, *map(computed, positional), **keywords)
        else:
            r = _run(op, xp, positional, keywords)
    except TcalcError:
        raise
    except KERNEL_ERRORS as e:
        shapes.broadcast(*(t._d.shape for t in tensors))
        if isinstance(e, TypeError) and "not supported" in str(e):
            raise DtypeError(
                f'"{op.name}" not implemented for {common.name!r}',
                hint="convert it with .float()" if common.category < dtypes.FLOATING else None,
            ) from None
        raise ValueProblem(f"{op.name}(): {e}") from None
    r = r.astype(half.numpy) if half is not None and r.dtype == np.float32 else r
    return r.array if type(r) is Pending and r.array is not None else r


def _check_category(op: Op, common: dtypes.dtype) -> None:
    """Refuse what the kernel has no form for: bools, integers, floating or complex numbers."""
    if "bifc"[common.category] not in op.only:
        raise DtypeError(
            f"\"{op.name}\" not implemented for '{common.shorthand}'",
            hint=None
            if common.category > dtypes.INTEGER or "f" not in op.only
            else "convert it with .float()",
        )


def _arguments(op: Op, values: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The values of an op's parameters as a kernel takes them."""
    positional = [v for p, v in zip(op.params, values) if not p.keyword_only]
    return positional, {p.name: v for p, v in zip(op.params, values) if p.keyword_only}


def _may_defer(tensors: list[Tensor]) -> bool:
    """Whether an op on CPU tensors is noted rather than done."""
    return not mode.anomaly and mode.tape is None and any(is_large(t._d) for t in tensors)


def _named(op: Op, values: Sequence[Any]) -> dict[str, Any]:
    return {p.name: v for p, v in zip(op.params, values)}


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
    return dtypes.result_type(dimensioned, zero_dim, numbers)


# -- results ----------------------------------------------------------------------------------


def finish(op: Op, result: Any, values: tuple[Any, ...]) -> Any:
    """Tensors from a kernel's arrays, recorded where gradients flow."""
    several = type(result) in (tuple, list)
    arrays = (
        [np.asarray(r) if isinstance(r, np.generic) else r for r in result]
        if several
        else [np.asarray(result) if isinstance(result, np.generic) else result]
    )
    if op.family == "view":
        outs = _views(op, arrays, values, several)
    else:
        outs = [wrap(a) for a in arrays]
    if mode.enabled and op.has_gradient:
        record_outputs(op, outs, values, several)
    if not several:
        return outs[0]
    return return_type(op)(outs) if op.returns else tuple(outs)


def _views(op: Op, arrays: list[Any], values: tuple[Any, ...], several: bool) -> list[Tensor]:
    source: Tensor = values[0]
    storage = source.storage()
    parent = source._v
    base = source if parent is None else parent.base
    outs = []
    for i, a in enumerate(arrays):
        out: Tensor = _new(Tensor)
        out._d = a
        out._s = storage
        out._g = None
        out._v = View(base, parent, op, values, storage.version, mode.enabled,
                      i if several else None)  # fmt: skip
        outs.append(out)
    return outs


def record_outputs(op: Op, outs: list[Tensor], values: tuple[Any, ...], several: bool) -> None:
    """Put outputs into the graph where some operand requires grad."""
    ends: list[Any] = []
    tracked: set[str] = set()
    for p, v in zip(op.params, values):
        if not p.is_array:
            continue
        known = p.name in op.vjps or p.name in op.joint_params
        if p.is_sequence:
            found = [end_of(t) if known else None for t in v]
            ends.extend(found)
            if any(e is not None for e in found):
                tracked.add(p.name)
        else:
            end = end_of(v) if known and isinstance(v, Tensor) else None
            ends.append(end)
            if end is not None:
                tracked.add(p.name)
    if not tracked:
        return
    if not any(o._d.dtype.kind not in "biu" for o in outs):
        return
    plan = saved_plan(op)
    by_name = {p.name: v for p, v in zip(op.params, values)}
    saved = tuple(_saved_value(op, n, users, by_name, outs, tracked, several)
                  for n, users in plan.items())  # fmt: skip
    if not several:
        outs[0]._g = record(op, tuple(ends), saved, versions_of(op, saved), outs[0]._d)
        return
    node = Node(op, tuple(ends), saved, versions_of(op, saved), tuple(o._d.shape for o in outs),
                tuple(o._d.dtype for o in outs), user_place(2))  # fmt: skip
    for i, o in enumerate(outs):
        if o._d.dtype.kind not in "biu":
            o._g = Output(node, i)


def _saved_value(
    op: Op,
    name: str,
    users: list[str],
    by_name: dict[str, Any],
    outs: list[Tensor],
    tracked: set[str],
    several: bool,
) -> Any:
    if name == "out":
        if all(type(by_name[u]) in NUMBERS for u in users):
            return None
        kept = tuple(
            SavedOutput(o._d, o.storage(), i if several else -1) for i, o in enumerate(outs)
        )
        return kept if several else kept[0]
    if name == "aux":
        return tuple(SavedOutput(o._a, o.storage(), i) for i, o in enumerate(outs) if i)
    if name in by_name:
        value = by_name[name]
        if isinstance(value, Tensor) and not any(u in tracked for u in users):
            return None
        return value
    base, _, what = name.rpartition("_")
    value = by_name[base]
    if isinstance(value, (tuple, list)):
        return [getattr(t._d, what) for t in value]
    if not isinstance(value, Tensor):
        return () if what == "shape" else None
    return getattr(value._d, what)


# What generated functions refer to by name.
NAMES: dict[str, Any] = {
    "Tensor": Tensor, "ndarray": ndarray, "np": np, "asarray": np.asarray, "generic": np.generic,
    "new": _new, "grad_mode": mode, "meta_of": meta_of, "record": record, "versions_of": versions_of, "Storage": Storage,
    "SavedOutput": SavedOutput, "slow": slow, "tensors_of": tensors_of, "finish": finish, "redirect": redirect,
    "View": View, "LARGE": LARGE, "operand": operand, "is_operand": is_operand, "KERNEL_ERRORS": KERNEL_ERRORS,
}  # fmt: skip
codegen.attach_all(NAMES)
