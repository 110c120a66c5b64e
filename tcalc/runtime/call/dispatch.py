"""The full path of a call: conversion, promotion, devices, halves, views, `out=`, recording."""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.runtime.arrays.backend import writeable
from tcalc.runtime.arrays.overlap import check_overlap
from tcalc.runtime.autograd.nodes import SavedOutput, meta_of, record, versions_of
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import BOOLEAN, FLOAT, Op
from tcalc.runtime.call.arguments import is_operand, operand, prepared, respelled, tensors_of
from tcalc.runtime.call.casting import autocast
from tcalc.runtime.call.compute import (
    KERNEL_ERRORS,
    arguments_of,
    common_dtype,
    compute,
)
from tcalc.runtime.call.generate import attach_all
from tcalc.runtime.call.inplace import write
from tcalc.runtime.call.outs import check_outs, write_out
from tcalc.runtime.call.results import finish
from tcalc.runtime.call.short import short_form
from tcalc.runtime.lazy.expression import LARGE, NotDeferred, live
from tcalc.runtime.lazy.hazards import before_write
from tcalc.runtime.lazy.pending import Pending, lazy
from tcalc.runtime.tensor.storage import Storage, View
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import BOOLS, EXACT, FLOATS, INTEGERS
from tcalc.runtime.types.scalars import bounded, wrapped

ndarray = np.ndarray
_new = object.__new__


def redirect(op: Op, extra: dict[str, Any], values: dict[str, Any]) -> Any:
    """A call with keywords that the signature does not have: other spellings, and `out`."""
    out = extra.pop("out", None)
    given = respelled(op, extra, values)
    if out is not None and op.apart:
        check_outs(op, out, values)
    result = op.call_with(given)
    return result if out is None else write_out(op, out, result)


# -- the full path ----------------------------------------------------------------------------


def slow(op: Op, values: tuple[Any, ...]) -> Any:
    """Run an op by what runs them in this thread."""
    if mode.interpreter is not None:
        return mode.interpreter.run(op, values)
    return general(op, values)


def general(op: Op, values: tuple[Any, ...]) -> Any:
    """Run an op with everything a call may need."""
    elementwise = op.family == "elementwise"
    if elementwise:
        result = _short(op, values)
        if result is not None:
            return result
    ready = prepared(op, values)
    if elementwise and not any(isinstance(v, Tensor) for v in ready):
        return _of_numbers(op, ready)
    return finish(op, compute(op, ready), tuple(ready))


def _of_numbers(op: Op, ready: list[Any]) -> Any:
    """Numbers alone are computed in double and stay numbers."""
    arrays = [i for i, p in enumerate(op.params) if p.is_array and ready[i] is not None]
    numbers = [ready[i] for i in arrays]
    common_dtype(numbers).need(op.only, op.name)
    if op.scalar is not None and not any(isinstance(v, complex) for v in numbers):
        return op.scalar(*ready)
    for i in arrays:
        exact = op.dtype != FLOAT and type(ready[i]) in (int, bool)
        ready[i] = wrap(np.asarray(ready[i], None if exact else np.result_type(ready[i], 0.0)))
    result = general(op, tuple(ready))
    return result.item() if isinstance(result, Tensor) else result


_short_forms: dict[Op, tuple[tuple[int, ...], tuple[int, ...], str]] = {}


def _short(op: Op, values: tuple[Any, ...]) -> Any:
    """The result for CPU tensors of one dtype and numbers that do not change it, else None.

    What the generated short path leaves: large tensors, and numbers at any place.
    """
    form = _short_forms.get(op)
    if form is None:
        form = _short_forms[op] = short_form(op)
    if mode.anomaly:
        return None
    try:
        given, tracked = _short_operands(op, values, *form)
        positional, keywords = arguments_of(op, given)
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
            if dtype.char in (EXACT if type(v) is float else BOOLS):
                raise NotDeferred
        elif dtype.char in FLOATS:
            given[i] = np.asarray(v, dtype)
        else:
            raise NotDeferred
    return given, tracked


def _is_plain(op: Op, name: str, number: float, dtype: Any) -> bool:
    """Whether NumPy takes a number beside an array of a dtype as PyTorch does."""
    if type(number) is int:
        bounded(number)
        if op.dtype == BOOLEAN and dtype.char in INTEGERS:
            return wrapped(number, dtype) == number
    return name not in op.fits or -3e38 < number < 3e38


# What generated functions refer to by name.
NAMES: dict[str, Any] = {
    "Tensor": Tensor, "ndarray": ndarray, "np": np, "asarray": np.asarray, "generic": np.generic,
    "new": _new, "grad_mode": mode, "meta_of": meta_of, "record": record, "versions_of": versions_of, "Storage": Storage,
    "SavedOutput": SavedOutput, "slow": slow, "tensors_of": tensors_of, "finish": finish, "redirect": redirect,
    "View": View, "LARGE": LARGE, "operand": operand, "is_operand": is_operand, "KERNEL_ERRORS": KERNEL_ERRORS,
    "autocast": autocast, "write": write, "respelled": respelled, "writeable": writeable, "check_overlap": check_overlap, "live": live, "before_write": before_write,
}  # fmt: skip
attach_all(NAMES)
