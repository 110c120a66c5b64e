"""Defaults and settings of a session: dtype, device, threads."""

from __future__ import annotations

from tcalc.errors import StateError
from tcalc.runtime.arrays.blas import limit_blas
from tcalc.runtime.base import threads
from tcalc.runtime.base.auditing import auditing
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.op import Device, DType, Object
from tcalc.runtime.base.registry import silent
from tcalc.runtime.call.audit import set_level
from tcalc.runtime.call.define import composite
from tcalc.runtime.types import devices, dtypes


@silent
@composite(
    names=("torch.set_default_dtype",),
    exempt={"samples": "reads or changes the session's settings"},
)
def set_default_dtype(d: DType) -> None:
    """Make `d`, a floating type, the dtype of results that have none of their own."""
    effect("set_default_dtype")
    dtypes.set_default(d)


@composite(
    names=("torch.get_default_dtype",),
    exempt={"samples": "reads or changes the session's settings"},
)
def get_default_dtype() -> dtypes.dtype:
    """The dtype of results that have none of their own.

    >>> get_default_dtype()
    torch.float32
    """
    return dtypes.default.value


@silent
@composite(
    names=("torch.set_default_device",),
    exempt={"samples": "reads or changes the session's settings"},
)
def set_default_device(device: Device | None) -> None:
    """Make new tensors on this device where none is named."""
    effect("set_default_device")
    devices.set_default(device)


@composite(
    names=("torch.get_default_device",),
    exempt={"samples": "reads or changes the session's settings"},
)
def get_default_device() -> devices.device:
    """Where new tensors go.

    >>> get_default_device()
    device(type='cpu')
    """
    return devices.default()


_LEVELS = {"allow": None, "warn": "warn", "error": "error"}


@silent
@composite(
    names=("torch.set_broadcast",), exempt={"samples": "reads or changes the session's settings"}
)
def set_broadcast(how: Object) -> None:
    """What is done where an elementwise call stretches its operands to one shape.

    how: "allow" it, as PyTorch does; "warn" on standard error, once for each place in the program,
    with the shapes and what would give both one; or "error", which refuses it with a ShapeError.
    Numbers and tensors of no dimension go with any shape. Losses warn in any case.

    >>> set_broadcast("error")
    >>> set_broadcast("allow")
    """
    effect("set_broadcast")
    if type(how) is not str or how not in _LEVELS:
        raise StateError(f"set_broadcast expects {', '.join(_LEVELS)}, not {how!r}", argument="how")
    set_level(_LEVELS[how])


@composite(
    names=("torch.get_broadcast",), exempt={"samples": "reads or changes the session's settings"}
)
def get_broadcast() -> str:
    """What is done where an elementwise call stretches its operands (see `set_broadcast`).

    >>> get_broadcast()
    'allow'
    """
    effect("get_broadcast")
    return auditing.level or "allow"


def _positive(n: object, name: str) -> int:
    if type(n) is not int:
        raise StateError(f"{name} expects an int, but got {type(n).__name__}", argument="n")
    if n < 1:
        raise StateError(f"{name} expects a positive integer", argument="n")
    return n


@silent
@composite(
    names=("torch.set_num_threads",), exempt={"samples": "reads or changes the session's settings"}
)
def set_num_threads(n: Object) -> None:
    """Let ops, and NumPy's BLAS, use up to `n` threads, never more than there are cores."""
    effect("set_num_threads")
    limit_blas(threads.set_number(_positive(n, "set_num_threads")))


@composite(
    names=("torch.get_num_threads",), exempt={"samples": "reads or changes the session's settings"}
)
def get_num_threads() -> int:
    """How many threads an op may use.

    >>> get_num_threads() >= 1
    True
    """
    effect("get_num_threads")
    return threads.number()


class _Interop:
    """How many ops may run beside each other as PyTorch counts it; here it is only kept."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: int | None = None


_interop = _Interop()


@silent
@composite(
    names=("torch.set_num_interop_threads",),
    exempt={"samples": "reads or changes the session's settings"},
)
def set_num_interop_threads(n: Object) -> None:
    """Accepted as PyTorch does, once in a process; no op here runs beside another."""
    effect("set_num_interop_threads")
    value = _positive(n, "set_num_interop_threads")
    if _interop.value is not None:
        raise StateError(
            "Error: cannot set number of interop threads after parallel work has started or "
            "set_num_interop_threads called"
        )
    _interop.value = value


@composite(
    names=("torch.get_num_interop_threads",),
    exempt={"samples": "reads or changes the session's settings"},
)
def get_num_interop_threads() -> int:
    """What `set_num_interop_threads` was given, or the number of cores.

    >>> get_num_interop_threads() >= 1
    True
    """
    effect("get_num_interop_threads")
    return _interop.value or threads.cores()
