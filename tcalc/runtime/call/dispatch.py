"""The full path of a call: conversion, promotion, devices, halves, views, `out=`, recording."""

from __future__ import annotations

from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.backend import writeable
from tcalc.runtime.arrays.numbers import constant
from tcalc.runtime.arrays.overlap import check_overlap
from tcalc.runtime.autograd.nodes import end_of, meta_of, record, versions_of
from tcalc.runtime.autograd.saving import hooked, keep_output
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.op import FLOAT, Op
from tcalc.runtime.base.symbols import applied, plain
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.arguments import is_operand, operand, prepared, respelled, tensors_of
from tcalc.runtime.call.casting import autocast
from tcalc.runtime.call.compute import KERNEL_ERRORS, again, common_dtype, compute
from tcalc.runtime.call.generate import attach_all
from tcalc.runtime.call.inplace import write
from tcalc.runtime.call.layouts import ITSELF, among, layouts
from tcalc.runtime.call.layouts import run as run_sparse
from tcalc.runtime.call.outs import check_outs, told_by_out, write_out
from tcalc.runtime.call.results import finish, may_track, outside, views
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.expression import LARGE, live
from tcalc.runtime.lazy.hazards import before_write, is_read
from tcalc.runtime.lazy.sizes import MIDDLE, quick
from tcalc.runtime.tensor.storage import View
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray
_new = object.__new__


def redirect(op: Op, extra: dict[str, Any], values: dict[str, Any]) -> Any:
    """A call with keywords that the signature does not have: other spellings, and `out`."""
    out = extra.pop("out", None)
    given = respelled(op, extra, values)
    if out is not None:
        given = told_by_out(op, out, given)
        check_outs(op, out, values.values())
    result = op.call_with(given)
    return result if out is None else write_out(op, out, result, given)


# -- the full path ----------------------------------------------------------------------------


class _Late:
    """compute: the kernel of an elementwise op, as a module of `lazy` has it that small arrays never need."""

    __slots__ = ("_module", "compute")

    def __init__(self, module: str) -> None:
        self._module = module
        self.compute: Callable[..., Any] = self._load

    def _load(self, op: Op, values: tuple[Any, ...]) -> Any:
        self.compute = import_module(f"tcalc.runtime.lazy.{self._module}").compute
        return self.compute(op, values)


def slow(op: Op, values: tuple[Any, ...]) -> Any:
    """Run an op by what runs them in this thread."""
    if mode.interpreter is not None:
        return mode.interpreter.run(op, values)
    return general(op, values)


def general(op: Op, values: tuple[Any, ...]) -> Any:
    """Run an op with everything a call may need."""
    made = again(op, values)
    if made is not None:
        return finish(op, made, values)
    ready = prepared(op, values)
    if op.sparse is ITSELF or (layouts.kind is not None and among(ready)):
        return run_sparse(op, ready)
    if op.family == "elementwise" and not any(isinstance(v, Tensor) for v in ready):
        return _of_numbers(op, ready)
    return finish(op, compute(op, ready), tuple(ready))


def _of_numbers(op: Op, ready: list[Any]) -> Any:
    """Numbers alone are computed in double and stay numbers."""
    arrays = [i for i, p in enumerate(op.params) if p.is_array and ready[i] is not None]
    numbers = [ready[i] for i in arrays]
    common_dtype(numbers).need(op.only, op.name)
    if op.scalar is not None and not any(isinstance(v, complex) for v in numbers):
        return applied(op.scalar, ready)
    for i in arrays:
        ready[i] = plain(ready[i])
        exact = op.dtype != FLOAT and type(ready[i]) in (int, bool)
        ready[i] = wrap(np.asarray(ready[i], None if exact else np.result_type(ready[i], 0.0)))
    result = general(op, tuple(ready))
    return result.item() if isinstance(result, Tensor) else result


# -- what the short path asks -------------------------------------------------------------------


def plain_array(value: object) -> Array | None:
    """The array of a CPU tensor that kernels take as it is; else None."""
    if isinstance(value, Tensor):
        a = value._d
        if type(a) is ndarray and a.dtype.char in PLAIN:
            return a
    return None


def as_tuple(values: object) -> object:
    """The items of a list; others as they are."""
    return tuple(values) if isinstance(values, list) else values


def plain_arrays(values: object) -> list[Array] | None:
    """The arrays of a tuple of such tensors; else None."""
    if type(values) is not tuple:
        return None
    arrays = []
    for value in values:
        if not isinstance(value, Tensor):
            return None
        a = value._d
        if type(a) is not ndarray or a.dtype.char not in PLAIN:
            return None
        arrays.append(a)
    return arrays


def _record(op: Op, *values: Any) -> Any:
    """What records the first few calls: then machine code, where there is some, does it from there on."""
    if mode.interpreter is None and next(_recorded) >= shortcuts.FEW:
        native = import_module("tcalc.runtime.call.native")
        for name, python, found in (
            ("record", _record, native.recorder()),
            ("keep_output", keep_output, native.output_keeper()),
        ):
            NAMES[name] = found
            shortcuts.replace(name, python, found)
    return record(op, *values)


_recorded = count()
# The table in what is held and waits: whether it is empty takes less time to ask.
_live = vars(live)["data"]
# What generated functions refer to by name.
NAMES: dict[str, Any] = {
    "Tensor": Tensor, "ndarray": ndarray, "np": np, "asarray": np.asarray, "generic": np.generic,
    "new": _new, "grad_mode": mode, "meta_of": meta_of, "record": _record, "versions_of": versions_of,
    "keep_output": keep_output, "slow": slow, "tensors_of": tensors_of, "finish": finish, "outside": outside, "views": views, "redirect": redirect,
    "View": View, "LARGE": LARGE, "MIDDLE": MIDDLE, "middle": _Late("middle"), "across": _Late("across"), "quick": quick, "operand": operand, "is_operand": is_operand, "KERNEL_ERRORS": KERNEL_ERRORS,
    "autocast": autocast, "write": write, "respelled": respelled, "plain_array": plain_array, "plain_arrays": plain_arrays, "may_track": may_track, "as_tuple": as_tuple, "end_of": end_of,
    "settings": settings, "constant": constant, "writeable": writeable, "check_overlap": check_overlap, "live": _live, "is_read": is_read, "before_write": before_write, "interpreters": interpreters, "hooked": hooked,
}  # fmt: skip
attach_all(NAMES)
