"""Where what was saved on some device goes: `map_location`, as torch.load has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, DeviceError, StateError
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.devices import device

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_CUDA = (
    "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If "
    "you are running on a CPU-only machine, please use torch.load with "
    "map_location=torch.device('cpu') to map your storages to the CPU."
)


def placing(map_location: Any) -> Callable[[Tensor, str], Tensor]:
    """What moves a storage from the CPU to where it belongs, by where it was.

    map_location: None for where it was; a device for all; a dict of names of places; or a function
    of the program's that gets the storage (as a tensor of one dim) and its place, and gives the
    storage, or None for where it was.
    """
    if map_location is None:
        return _restored
    if isinstance(map_location, (str, device)):
        where = str(device(map_location))
        return lambda storage, place: _restored(storage, where)
    if isinstance(map_location, dict):
        return lambda storage, place: _restored(storage, str(map_location.get(place, place)))
    if not callable(map_location):
        raise ArgumentError(
            "load(): argument 'map_location' must be a device, a dict of them, a function or None, "
            f"not {type(map_location).__name__}",
            argument="map_location",
        )

    def chosen(storage: Tensor, place: str) -> Tensor:
        found = map_location(storage, place)
        if found is None:
            return _restored(storage, place)
        if not isinstance(found, Tensor) or found._d.shape != storage._d.shape:
            raise ArgumentError(
                "the function given as map_location gives back its storage, on any device, or None",
                argument="map_location",
            )
        return found

    return chosen


def _restored(storage: Tensor, place: str) -> Tensor:
    try:
        where = device(place)
    except DeviceError:
        raise StateError(
            "don't know how to restore data location of torch.storage.UntypedStorage (tagged with "
            f"{place})",
            hint="map_location='cpu' puts everything on the CPU",
            argument="map_location",
        ) from None
    if where.type == "cpu":
        return storage
    try:
        moved: Tensor = storage.to(where)
    except DeviceError:
        raise StateError(_NO_CUDA, hint="map_location='cpu'", argument="map_location") from None
    return moved
