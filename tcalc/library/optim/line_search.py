"""A step along a direction that meets the strong Wolfe conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.tensor.tensor import Tensor

    # How far a step goes.
    Size = float | Tensor

# How much of the fall that the slope promises there has to be; how much of the slope may be left.
_FALL, _LEFT = 1e-4, 0.9


class Point(NamedTuple):
    """A function where a step of size `t` leads: its value, gradient, and slope along the direction."""

    t: Any
    f: float
    g: Tensor
    slope: Any


def strong_wolfe(
    evaluate: Callable[[Size], Point],
    start: Point,
    t: Size,
    span: Size,
    tolerance: float,
    most: int,
) -> tuple[Point, int]:
    """A point where the function has fallen and its slope is flat, and how often it was evaluated.

    evaluate: the function at a step's size. start: without a step. t: the size to begin with. span:
    the direction's largest element; sizes that differ by less than `tolerance` of it are the same.
    most: how many sizes to try.
    """
    first, now = start, evaluate(t)
    tried, done = 0, False
    bracket: list[Point] = []
    while tried < most:
        if now.f > start.f + _FALL * now.t * start.slope or (tried > 1 and now.f >= first.f):
            bracket = [first, now]
            break
        if abs(now.slope) <= -_LEFT * start.slope:
            return now, tried + 1
        if now.slope >= 0:
            bracket = [first, now]
            break
        least, largest = now.t + 0.01 * (now.t - first.t), now.t * 10
        first, now = now, evaluate(_lowest(first, now, least, largest))
        tried += 1
    bracket = bracket or [start, now]
    low = _lower(bracket)
    slow = False
    while tried < most and not done:
        sizes = bracket[0].t, bracket[1].t
        if abs(sizes[1] - sizes[0]) * span < tolerance:
            break
        least, largest = min(sizes), max(sizes)
        t, slow = _inside(_lowest(*bracket, *sorted(sizes)), least, largest, slow)
        now = evaluate(t)
        tried += 1
        if now.f > start.f + _FALL * t * start.slope or now.f >= bracket[low].f:
            bracket[1 - low] = now
            low = _lower(bracket)
            continue
        done = bool(abs(now.slope) <= -_LEFT * start.slope)
        if not done and now.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = now
    return bracket[low], tried + 1


def _lower(bracket: list[Point]) -> int:
    return 0 if bracket[0].f <= bracket[-1].f else 1


def _inside(t: Any, least: Any, largest: Any, slow: bool) -> tuple[Size, bool]:
    """A size that is not too near an end of the bracket twice, and whether it is near one."""
    margin = 0.1 * (largest - least)
    if min(largest - t, t - least) >= margin:
        return t, False
    if not (slow or t >= largest or t <= least):
        return t, True
    nearer = abs(t - largest) < abs(t - least)
    return (largest - margin if nearer else least + margin), False


def _lowest(a: Point, b: Point, least: Any, largest: Any) -> Size:
    """Where a cubic through two points with these slopes is lowest, within bounds (Nocedal and
    Wright, Numerical Optimization, 3.59)."""
    chord = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = chord**2 - a.slope * b.slope
    if not square >= 0:
        return (least + largest) / 2.0
    root = square**0.5
    if a.t > b.t:
        a, b = b, a
    found = b.t - (b.t - a.t) * ((b.slope + root - chord) / (b.slope - a.slope + 2 * root))
    return min(max(found, least), largest)
