"""Calls of products in machine code (see `callproducts`): which operands an op has."""

from __future__ import annotations

import ctypes
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.blas import controls_of_numpys, routine_of_numpys
from tcalc.runtime.call import native, overcalls
from tcalc.runtime.lazy.compiled import library, pool
from tcalc.runtime.lazy.compiled.callproducts import (
    DOT,
    FIRST,
    LAST,
    MATRICES,
    MATRIX_VECTOR,
    NAME,
    NOTHING,
    OUTER,
    ROWS_OF,
    SITE,
    STACKS,
    SUM,
    TRACE,
    VECTOR_MATRIX,
)
from tcalc.runtime.lazy.compiled.ufuncs import sharing

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op

_SINGLE = np.dtype(np.float32)
# By the name of a product the operands that it has, and which of them is added.
PRODUCTS = {
    "dot": (DOT, NOTHING), "mv": (MATRIX_VECTOR, NOTHING), "row": (VECTOR_MATRIX, NOTHING),
    "mm": (MATRICES, NOTHING), "bmm": (STACKS, NOTHING), "outer": (OUTER, NOTHING), "stack_sum": (SUM, NOTHING), "trace": (TRACE, NOTHING),
    "any": (reduce(or_, (DOT, MATRIX_VECTOR, VECTOR_MATRIX, MATRICES, STACKS)), NOTHING),
    "addmm": (MATRICES, FIRST), "linear": (ROWS_OF, LAST),
}  # fmt: skip


def call(op: Op) -> Any:
    """What gives an op's result for tensors of float32, and None for all else. None where the installation
    has no such call, or BLAS is not one whose functions are found."""
    assert op.product_call is not None
    context, start = native.context(), library.address(NAME)
    dot, functions = (
        overcalls.product(),
        [_function(f"cblas_{f}") for f in ("sgemv", "sgemm", "ssyrk")],
    )
    if not context or start is None or not all(functions):
        return None
    pool.helpers()  # who may share what it does
    limits = [_address(control) for control in controls_of_numpys() or ()] or [0, 0]
    ranks, added = PRODUCTS[op.product_call]
    # What a composite is made of records its calls.
    graph = id(True) if op.has_gradient and op.family != "composite" else 0
    words = {
        "context": ctypes.addressof(context), "graph": graph, "ranks": ranks,
        "added": added, "dtype": id(_SINGLE), "sharing": ctypes.addressof(sharing), "dot": dot,
        "gemv": functions[0], "gemm": functions[1], "syrk": functions[2],
        "limit": limits[0], "limited": limits[1],
    }  # fmt: skip
    return native.builtin(f"{NAME}.{op.name}", start, [words[name] for name in SITE])


def _function(name: str) -> int:
    """Where a function of the BLAS that NumPy is linked with begins, or 0."""
    found = routine_of_numpys(name)
    return 0 if found is None else _address(found)


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0
