"""What transforms draw, from PyTorch's generator and in its order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.create.creation import tensor
from tcalc.runtime.ops.random.drawing import rand, randint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def drawn() -> float:
    """A number between 0 and 1, as float32 holds it."""
    found: float = rand(1).item()
    return found


def uniform(low: float, high: float) -> float:
    """A number between two others, as float32 holds it."""
    found: float = empty((1,)).uniform_(low, high).item()
    return found


def whole(low: int, high: int) -> int:
    """A whole number from `low` on, less than `high`."""
    found: int = randint(low, high, (1,)).item()
    return found


def shaped(
    area: int, scale: Sequence[float], ratio: Sequence[float], fits: Callable[[int, int], bool]
) -> tuple[int, int] | None:
    """Height and width of a rectangle by its share of an area and by its ratio, both drawn; None
    where ten of them do not fit. The ratio is drawn by its logarithm.
    """
    low, high = tensor([float(r) for r in ratio]).log().tolist()
    for _ in range(10):
        target = area * uniform(scale[0], scale[1])
        across: float = empty((1,)).uniform_(low, high).exp().item()
        h, w = round(math.sqrt(target / across)), round(math.sqrt(target * across))
        if fits(h, w):
            return h, w
    return None
