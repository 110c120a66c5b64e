"""The axes whose sizes do not go together, pointed at under the shapes of the operands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.display.values import as_ndarray, as_tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.diagnosis.excerpt import Label


def pointed(
    labels: list[tuple[Label, object]], clash: Sequence[tuple[Sequence[int], int]]
) -> list[Label]:
    """The labels, with a row below those of operands that clash: 3 against 4.

    labels: with the value that each tells of. clash: shapes and an axis of each, in the order of
    the operands.
    """
    found = [label for label, _ in labels]
    axes: dict[int, int] = {}
    unseen = []
    for shape, axis in clash:
        fits = [i for i, (_, value) in enumerate(labels) if i not in axes and _has(value, shape)]
        if fits:
            axes[fits[0]] = axis
        else:
            unseen.append(list(shape))
    if not axes or len(clash) < 2:
        return found
    last = min(axes, key=lambda i: found[i].span.start)
    sizes = [shape[axis] for shape, axis in clash]
    remark = " " + " against ".join(map(str, dict.fromkeys(sizes)))
    if unseen:
        remark += f" of {unseen[-1]}"
    for i, axis in axes.items():
        under = _under(found[i].text, axis)
        if under:
            found[i] = found[i]._replace(under=under + remark * (i == last))
    return found


def _has(value: object, shape: Sequence[int]) -> bool:
    """Whether a value has a shape."""
    thing: Any = as_tensor(value)
    if thing is None:
        thing = as_ndarray(value)
    return thing is not None and tuple(thing.shape) == tuple(shape)


def _under(text: str, axis: int) -> str:
    """What points at one number of the shape in a label's text."""
    before, bracket, rest = text.partition("[")
    sizes = rest.partition("]")[0].split(", ")
    if not bracket or not 0 <= axis < len(sizes):
        return ""
    start = len(before) + 1 + sum(len(size) + 2 for size in sizes[:axis])
    return " " * start + "~" * len(sizes[axis])
