"""What a session lends `torch.jit`; the rest is loaded when a program asks for it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def save_script(value: Any, f: Any) -> None:
    """`torch.jit.save`."""
    from tcalc.language.scripted.files import save

    save(value, f)


def load_script(f: Any, map_location: Any) -> Any:
    """`torch.jit.load`."""
    from tcalc.language.scripted.files import load

    return load(f, map_location)
