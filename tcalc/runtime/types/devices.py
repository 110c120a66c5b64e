"""Where tensors live: the CPU, a CUDA GPU, or nowhere (meta)."""

from __future__ import annotations

from typing import Any

from tcalc.errors import DeviceError
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import effect, mode
from tcalc.runtime.base.registry import export

# By its name, the module that says what a device offers, loaded when it is first asked for.
KINDS = {
    "cpu": "tcalc.runtime.arrays.backend",
    "cuda": "tcalc.runtime.arrays.cuda",
    "meta": "tcalc.runtime.arrays.meta",
}


def _meant(name: str) -> str | None:
    """What was meant by a word that names no device."""
    from tcalc.runtime.types.dtypes import BY_NAME

    if name == "gpu":
        return "write 'cuda'"
    return f"a dtype is written without quotes: `{name}`" if name in BY_NAME else None


@export("torch.device")
class device:
    """A place for tensors: `cpu`, `cuda:N` or `meta`. Inside `with device:` new tensors go there.

    >>> device("cuda", 1)
    device(type='cuda', index=1)
    """

    _constant_ = True

    __module__ = "torch"
    __slots__ = ("index", "type")
    type: str
    index: int | None
    _public_ = frozenset({"index", "type"})

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        if isinstance(type, int) and not isinstance(type, bool):
            type, index = "cuda", type
        if not isinstance(type, str):
            raise DeviceError(f"a device is named by a string, not by {type!r}", argument="device")
        name, _, number = type.partition(":")
        if number:
            if index is not None:
                raise DeviceError(f"the index of {type!r} is given twice", argument="device")
            if not (number.isascii() and number.isdigit()):
                raise DeviceError(f"Invalid device string: '{type}'", argument="device")
            index = int(number)
        if name not in KINDS:
            raise DeviceError(
                f"Expected one of {', '.join(KINDS)} device type at start of device string: {name}",
                hint=_meant(name),
                argument="device",
            )
        self.type = name
        self.index = index

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __enter__(self) -> device:
        effect("device")
        mode.devices.append(mode.device)
        set_default(self)
        return self

    def __exit__(self, *error: object) -> None:
        mode.device = mode.devices.pop()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))


CPU = device("cpu")


def set_default(where: object) -> None:
    """Where new tensors of this thread go: a device, its name or number, or None for the CPU.

    The CPU is kept as None, as every thread begins: plans are guarded by what is kept here.
    """
    found = None if where is None else device(where)
    mode.device = None if found == CPU else found


def default() -> device:
    """The device that new tensors go to when none is named; each thread has its own."""
    return resolve(None)


def resolve(where: object) -> device:
    """A device from what a user gave: None, a name, a number or a device."""
    if where is None:
        found: device | None = mode.device
        return CPU if found is None else found
    return where if isinstance(where, device) else device(where)


def _take(value: object) -> object:
    return resolve(value) if type(value) in (device, str, int) else kinds.NO


kinds.define("Device", "torch.device", _take)
