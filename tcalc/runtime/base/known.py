"""What is a tensor or an array, told without loading what defines them."""

from __future__ import annotations

import sys


def is_tensor(value: object) -> bool:
    """Whether a value is a tensor."""
    runtime = sys.modules.get("tcalc.runtime.tensor.tensor")
    return runtime is not None and isinstance(value, runtime.Tensor)


def is_array_like(value: object) -> bool:
    """Whether a value is a tensor or an array."""
    numpy = sys.modules.get("numpy")
    return is_tensor(value) or (numpy is not None and isinstance(value, numpy.ndarray))


def is_numpys(kind: type) -> bool:
    """Whether a type is that of NumPy's arrays, numbers or dtypes."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and issubclass(kind, (numpy.ndarray, numpy.generic, numpy.dtype))


def has_bools(value: object) -> bool:
    """Whether a value is a tensor, an array or one of NumPy's numbers, and of bools."""
    dtype = getattr(value, "dtype", None)
    runtime, numpy = sys.modules.get("tcalc.runtime.types.dtypes"), sys.modules.get("numpy")
    if runtime is not None and dtype is runtime.bool_:
        return True
    return numpy is not None and isinstance(dtype, numpy.dtype) and dtype.type is numpy.bool_
