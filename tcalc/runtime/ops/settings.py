"""Defaults and settings of a session: dtype, device, threads."""

from __future__ import annotations

import os
from typing import Any

from tcalc.errors import ArgumentError, StateError
from tcalc.runtime import devices, dtypes
from tcalc.runtime.op import composite
from tcalc.runtime.ops.creation import as_dtype


@composite(method=False, silent=True)
def set_default_dtype(d: Any) -> None:
    """Make `d`, a floating type, the dtype of results that have none of their own."""
    found = as_dtype(d)
    if found is None:
        raise ArgumentError("set_default_dtype() takes a dtype", argument="d")
    dtypes.set_default(found)


@composite(method=False)
def get_default_dtype() -> dtypes.dtype:
    """The dtype of results that have none of their own.

    >>> get_default_dtype()
    torch.float32
    """
    return dtypes.default.value


@composite(method=False, silent=True)
def set_default_device(device: Any) -> None:
    """Make new tensors on this device where none is named."""
    devices.default.value = devices.CPU if device is None else devices.device(device)


@composite(method=False)
def get_default_device() -> devices.device:
    """Where new tensors go.

    >>> get_default_device()
    device(type='cpu')
    """
    return devices.default.value


class _Threads:
    """How many threads an op may use."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


_threads = _Threads()


def cores() -> int:
    """How many processors this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


@composite(method=False, silent=True)
def set_num_threads(n: int) -> None:
    """Let ops use up to `n` threads, never more than there are cores."""
    if type(n) is not int or n < 1:
        raise StateError(f"set_num_threads expects a positive integer, not {n!r}", argument="n")
    _threads.value = min(n, cores())
    limit_blas(_threads.value)


@composite(method=False)
def get_num_threads() -> int:
    """How many threads an op may use.

    >>> get_num_threads() >= 1
    True
    """
    return _threads.value or cores()


def limit_blas(count: int) -> None:
    """Tell the OpenBLAS that NumPy has loaded how many threads to use."""
    import ctypes
    import glob

    import numpy

    folder = os.path.join(os.path.dirname(os.path.dirname(numpy.__file__)), "numpy.libs")
    for path in glob.glob(os.path.join(glob.escape(folder), "*openblas*")):
        library = ctypes.CDLL(path)
        for name in ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads64_",
                     "openblas_set_num_threads"):  # fmt: skip
            setter = getattr(library, name, None)
            if setter is not None:
                setter(count)
                break
