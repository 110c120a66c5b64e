"""Calls of reductions, scans and orders in machine code: which kernels an op's have (see `call.native`).

An op's `native` says by what name its kernels are here, and what a call is given after the array: parameters,
others of which have their defaults, and constants.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.base.named_results import return_type
from tcalc.runtime.base.op import REQUIRED
from tcalc.runtime.call import native
from tcalc.runtime.lazy.compiled import library, pool
from tcalc.runtime.lazy.compiled.callreduce import COUNTED, FOUND, ITEMS, LINE, NAME, REDUCED, SAME
from tcalc.runtime.lazy.compiled.ufuncs import sharing
from tcalc.runtime.lazy.expression import LARGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcalc.runtime.base.op import Op

_DTYPES: dict[str, Any] = {
    "float": np.dtype(np.float32),
    "i64": np.dtype(np.int64),
    "i1": np.dtype(np.bool_),
}


# Arrays have fewer elements.
_ANY = 1 << 62


class Kernels(NamedTuple):
    """The kernels of an op. shape: of its results. types: by the type of the array those of the
    results. is_large: whether it takes on large arrays."""

    shape: int
    types: Mapping[str, tuple[str, ...]]
    is_large: bool = False


_FLOATS = {"float": ("float",)}
_PLACED = {"float": ("float", "i64"), "i64": ("i64", "i64")}
_NUMBERS = {"float": ("float",), "i64": ("i64",)}
_PLACES = {"float": ("i64",), "i64": ("i64",)}
_TRUTH = {"i1": ("i1",)}
KERNELS = {
    "sum": Kernels(REDUCED, {"float": ("float",), "i64": ("i64",), "i1": ("i64",)}, True),
    "nansum": Kernels(REDUCED, _FLOATS, True), "mean": Kernels(REDUCED, _FLOATS, True), "prod": Kernels(REDUCED, _FLOATS, True),
    "max": Kernels(REDUCED, _NUMBERS, True), "min": Kernels(REDUCED, _NUMBERS, True),
    "argmax": Kernels(REDUCED, _PLACES), "argmin": Kernels(REDUCED, _PLACES),
    "max_at": Kernels(REDUCED, _PLACED), "min_at": Kernels(REDUCED, _PLACED),
    "any": Kernels(REDUCED, _TRUTH, True), "all": Kernels(REDUCED, _TRUTH, True),
    "count": Kernels(REDUCED, {**_PLACES, "i1": ("i64",)}),
    "norm": Kernels(REDUCED, _FLOATS, True), "var": Kernels(REDUCED, _FLOATS), "std": Kernels(REDUCED, _FLOATS),
    "logsumexp": Kernels(REDUCED, _FLOATS), "softmax": Kernels(SAME, _FLOATS),
    "log_softmax": Kernels(SAME, _FLOATS), "cumsum": Kernels(SAME, _FLOATS),
    "cumprod": Kernels(SAME, _FLOATS), "sort": Kernels(SAME, _PLACED), "argsort": Kernels(SAME, _PLACES),
    "topk": Kernels(COUNTED, _PLACED, True), "kthvalue": Kernels(REDUCED, {"float": ("float", "i64")}),
    "median": Kernels(REDUCED, _FLOATS), "median_at": Kernels(REDUCED, {"float": ("float", "i64")}),
    "histc": Kernels(LINE, _FLOATS), "unique": Kernels(FOUND, _NUMBERS),
    "bincount": Kernels(FOUND, {"i64": ("i64",)}),
}  # fmt: skip

# Those over several dimensions at once.
_SEVERAL = frozenset(
    ("sum", "nansum", "mean", "max", "min", "any", "all", "count", "norm", "var", "std")
)


def call(op: Op) -> Any:
    """What gives an op's results for an array's tensor, a dimension, whether that stays, and numbers; and
    None for all else. None where the installation has no such call."""
    assert op.over_call is not None
    name, _ = op.over_call
    context, start = native.context(), library.address(NAME)
    if not context or start is None or name not in KERNELS:
        return None
    pool.helpers()  # who may share what it does
    shape, types, is_large = KERNELS[name]
    named = return_type(op) if op.returns else tuple
    if (named.__basicsize__, named.__itemsize__) != (ITEMS, 8):
        return None
    defaults = [p.default for p in op.params if p.name == "dim" and p.default is not REQUIRED]
    words = [
        ctypes.addressof(context), id(False), id(()) if () in defaults else 0, shape,
        len(next(iter(types.values()))), id(named), ctypes.addressof(sharing),
        id(True if op.has_gradient else None), _ANY if is_large else LARGE,
        id(tuple) if name in _SEVERAL else 0,
        *[native.python_function(f"PyMem_Raw{what}") for what in ("Malloc", "Free")], len(types),
    ]  # fmt: skip
    place = _OF_NUMPY.get(name.removesuffix("_at"))
    for kind, results in types.items():
        dtypes = [id(_DTYPES[k]) for k in results]
        function = 0 if place is None else _function_of(_DTYPES[kind], place)
        words += [
            id(_DTYPES[kind]),
            library.address(f"kernel.{name}.{kind}") or 0,
            dtypes[0],
            dtypes[-1],
        ]
        words.append(function)
    return native.builtin(f"{NAME}.{op.name}", start, words, named)


# Of the table that NumPy gives to C: what gives a dtype's functions; and the places of these by what uses
# them: the product of two vectors, and where the greatest and the least of one are.
_FUNCTIONS_OF = 365
_OF_NUMPY = {
    "sum": 27,
    "nansum": 27,
    "mean": 27,
    "norm": 27,
    "argmax": 26,
    "max": 26,
    "argmin": 46,
    "min": 46,
}


def product() -> int:
    """NumPy's product of two vectors of float32."""
    return _function_of(_DTYPES["float"], _OF_NUMPY["norm"])


def _function_of(dtype: Any, place: int) -> int:
    functions = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)(
        native.numpy_function(_FUNCTIONS_OF)
    )
    return ctypes.c_int64.from_address(functions(dtype) + 8 * place).value
