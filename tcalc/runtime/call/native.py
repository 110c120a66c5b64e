"""Calls in machine code: what an installation has for the short paths of elementwise ops.

Where the words of tensors, arrays and numbers lie is looked up once, and each place is tried on an object
whose contents are known: on a Python or a NumPy that has them elsewhere there are no such calls.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.autograd import nodes, saving
from tcalc.runtime.lazy.compiled import calls, library, records
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.compiled.ufuncs import sharing
from tcalc.runtime.lazy.expression import live
from tcalc.runtime.tensor.storage import Storage, View
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Op

_DTYPES = {"float": np.dtype(np.float32), "i1": np.dtype(np.bool_)}
# Of the table that NumPy gives to C: the function that makes an array.
_NEW_ARRAY = 94
# CPython's mark of a function that is given its arguments as an array of them.
_FASTCALL = 0x80


def call(op: Op) -> Any:
    """What gives an op's result for float32 tensors of one shape and numbers, and None for all else; None
    where the installation has no such call."""
    return _made(calls.CALL, op)


def call_into(op: Op) -> Any:
    """The same of the form that writes into its first operand."""
    kinds = _kinds(op)
    return _made(calls.WRITE, op) if kinds and kinds[0] == kinds[-1] == "float" else None


@cache
def recorder() -> Any:
    """What records a call, in machine code where the installation has that."""
    return _instead(nodes.record, records.RECORD, _record_places)


@cache
def output_keeper() -> Any:
    """What keeps an output for its own node, likewise."""
    return _instead(saving.keep_output, records.KEEP, _keep_places)


def _instead(python: Any, name: str, places: Callable[[], list[int]]) -> Any:
    """A function of that name in machine code, or what does the same in Python."""
    start = library.address(name)
    try:
        return builtin(name, start, places()) if start else python
    except (AttributeError, ImportError, ValueError):
        return python


def _record_places() -> list[int]:
    """Its words. Raises ValueError as `known_places` does."""
    known_places()
    node = object.__new__(nodes.Node)
    given = "op edges saved versions shape dtype number extra place".split()
    for name in given:
        setattr(node, name, name)
    code = word.__code__
    spots = range(calls.TYPE, object.__sizeof__(code), 8)
    at_name = [at for at in spots if word(id(code), at) == id(code.co_filename)]
    need(len(at_name) == 1, "a code's file name")
    objects = {
        "node": nodes.Node, "array": np.ndarray, "none": None, "zero": 0, "text": str, "counter": nodes.numbers,
        "python": nodes.record, "deeper": nodes.DEEPER, "user_place": nodes.user_place,
    }  # fmt: skip
    found = {
        **{name: id(thing) for name, thing in objects.items()},
        **{name: python_function(function) for name, function in records.FUNCTIONS.items()},
        **{f"at_{name}": slot(node, name) for name in given},
        "packed": id(saving.hooked) + slot(saving.hooked, "count"), "at_name": at_name[0],
    }  # fmt: skip
    return [found[name] for name in records.WORDS]


def _keep_places() -> list[int]:
    """The words of what keeps an output."""
    memory = Storage(np.zeros(1))
    kept = saving.SavedOutput(np.ones(1), memory, -2)
    objects = {"storage": Storage, "output": saving.SavedOutput, "zero": 0, "last": -1}
    found = {
        **known_places(), **{name: id(thing) for name, thing in objects.items()},
        "at_memory": slot(memory, "_array"), "at_array": slot(kept, "array"),
        "at_its_storage": slot(kept, "storage"), "at_its_version": slot(kept, "version"),
        "at_index": slot(kept, "index"),
    }  # fmt: skip
    return [found[name] for name in records.KEPT]


def _made(name: str, op: Op) -> Any:
    """A function of that name for an op, or None."""
    shared, start, kinds = context(), library.address(name), _kinds(op)
    loop = library.address(op.name)
    if not shared or not start or not loop or len(kinds) > calls.MOST:
        return None
    *operands, result = kinds
    words = [
        ctypes.addressof(shared), loop, ctypes.addressof(sharing),
        len(operands), *_dtype(result),
    ]  # fmt: skip
    only_numbers = len(operands) - len(op.installed or ())
    for i, kind in enumerate(operands):
        dtype, width = _dtype(kind)
        words += [dtype if i < only_numbers else calls.ONLY_NUMBER, width]
    return builtin(f"{name}.{op.name}", start, words)


def _kinds(op: Op) -> Sequence[str]:
    """The types of an op's operands and of its result, or none where there is no function of it."""
    entry = library.entry(op.name)
    if entry is None:
        return ()
    return entry.kinds.split(",") if entry.kinds else ["float"] * (entry.inputs + entry.outputs)


def _dtype(kind: str) -> tuple[int, int]:
    dtype = _DTYPES[kind]
    return id(dtype), dtype.itemsize


class _Definition(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )  # fmt: skip


# What is called stays, as the functions do.
_kept: list[object] = []


def builtin(name: str, start: int, words: Sequence[int], *others: object) -> Any:
    """A builtin function of Python's whose code begins at an address, and whose self holds words; others: what
    is known to it by its address, and could go."""
    definition = _Definition(name.encode(), start, _FASTCALL, None)
    _kept.append((definition, *others))
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    contents = b"".join([word.to_bytes(8, "little", signed=True) for word in words])
    return make(ctypes.addressof(definition), contents, None)


@cache
def context() -> Any:
    """The words that all calls share; None where something is not where it is looked for."""
    try:
        found = known_places()
    except (AttributeError, ImportError, ValueError):
        return None
    words = (ctypes.c_int64 * len(calls.CONTEXT))(*[found[name] for name in calls.CONTEXT])
    _kept.append(words)  # of threads that look at once each may have its own
    return words


def known_places() -> dict[str, int]:
    """Them by name. Raises ValueError where something is elsewhere."""
    array, double, whole = np.zeros((2, 3), np.float32)[1:], 0.1, 1 << 40
    tensor = object.__new__(Tensor)
    tensor._d, tensor._g, tensor._s, tensor._v = "array", "end", "storage", "view"  # type: ignore
    storage = object.__new__(Storage)
    storage.version = whole
    view = View(*"base parent op values version tracked".split())  # type: ignore[arg-type]
    places = {
        "at_array": slot(tensor, "_d"), "at_end": slot(tensor, "_g"),
        "at_storage": slot(tensor, "_s"), "at_view": slot(tensor, "_v"),
        "at_version": slot(storage, "version"), "at_base": slot(view, "base"),
        "at_since": slot(view, "version"),
    }  # fmt: skip
    waiting = vars(live)["data"]
    types = {
        "tensor": Tensor,
        "parameter": Parameter,
        "array": np.ndarray,
        "float": float,
        "int": int,
    }
    need(word(id(array), calls.DATA) == array.ctypes.data, "an array's data")
    need(word(id(array), calls.DIMENSIONS) & 0xFFFFFFFF == 2, "an array's dimensions")
    sizes = word(id(array), calls.SIZES)
    need((word(sizes, 0), word(sizes, 8)) == array.shape, "an array's sizes")
    steps = word(id(array), calls.STRIDES)
    need((word(steps, 0), word(steps, 8)) == array.strides, "the bytes from element to element")
    need(word(id(array), calls.BASE) == id(array.base), "whose memory an array shows")
    need(word(id(array), calls.DTYPE) == id(array.dtype), "an array's dtype")
    need(word(id(array), calls.FLAGS) & 0xFFFFFFFF == array.flags.num, "an array's flags")
    need(ctypes.c_double.from_address(id(double) + calls.VALUE).value == double, "a float's value")
    for thing in (tensor, array, double, whole):
        need(word(id(thing), calls.TYPE) == id(type(thing)), "an object's type")
    before = dict.fromkeys(range(3))
    need(word(id(before), _USED) == 3, "how many items a dict has")
    need(word(id(b"12345678"), calls.CONTENTS) == int.from_bytes(b"12345678", "little"), "bytes")
    return {
        **{name: id(kind) for name, kind in types.items()}, **places,
        "none": id(None), "true": id(True), "is_on": id(settings) + slot(settings, "on"),
        "new_array": numpy_function(_NEW_ARRAY), "new_object": python_function("PyType_GenericAlloc"),
        "take": python_function("Py_IncRef"), "drop": python_function("Py_DecRef"),
        "clear": python_function("PyErr_Clear"), "number": python_function("PyLong_FromLong"),
        "whole": python_function("PyLong_AsLongAndOverflow"), "waiting": id(waiting) + _USED,
    }  # fmt: skip


# Where a dict has the number of its items.
_USED = 16
# Of the description of a slot: where it has its member, and that where it is.
_MEMBER, _OFFSET = 40, 16


def slot(thing: object, name: str) -> int:
    """Where an object has a slot. Raises ValueError where the slot's value is not found there."""
    member = word(id(getattr(type(thing), name)), _MEMBER)
    offset = word(member, _OFFSET)
    need(0 < offset < 256 and word(id(thing), offset) == id(getattr(thing, name)), name)
    return offset


def word(start: int, at: int) -> int:
    """The word so many bytes from an address on."""
    return ctypes.c_int64.from_address(start + at).value


def need(holds: bool, what: str) -> None:
    """Raise ValueError where something is not as it is looked for."""
    if not holds:
        raise ValueError(what)


def python_function(name: str) -> int:
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0


def numpy_function(place: int) -> int:
    """One of the functions that NumPy gives to C."""
    from numpy._core import _multiarray_umath  # type: ignore[attr-defined]  # it is NumPy's own

    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(
        pointer(_multiarray_umath._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p)
    )
    return table[place] or 0
