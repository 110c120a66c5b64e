"""A data set in parts at random."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.library.data.dataset import Subset
from tcalc.library.data.sampler import place_of
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.random.drawing import randperm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.ops.random.generator import Generator

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Split a data set at random into parts that have nothing in common.

    lengths: of the parts, or fractions that add up to 1; samples that are left over by rounding
    down go to the first parts, one each. ValueError where they do not add up.

    >>> from torch.utils.data import random_split
    >>> manual_seed(0)
    >>> [list(part) for part in random_split(range(5), [3, 2])]
    [[4, 0, 1], [3, 2]]
    >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
    [8, 2]
    """
    sizes: Any = List(lengths)
    if math.isclose(sum(sizes), 1) and sum(sizes) <= 1:
        sizes = _of_fractions(sizes, len(dataset))
    if sum(sizes) != len(dataset):
        raise ValueProblem(
            "Sum of input lengths does not equal the length of the input dataset!",
            argument="lengths",
        )
    indices = randperm(sum(sizes), generator=generator, device=place_of(generator)).tolist()
    return List(
        [
            Subset(dataset, List(indices[end - size : end]))
            for end, size in zip(accumulate(sizes), sizes)
        ]
    )


def _of_fractions(fractions: list[float], total: int) -> list[int]:
    for at, fraction in enumerate(fractions):
        if fraction < 0 or fraction > 1:
            raise ValueProblem(f"Fraction at index {at} is not between 0 and 1", argument="lengths")
    sizes = [math.floor(total * fraction) for fraction in fractions]
    for at in range(total - sum(sizes)):
        sizes[at % len(sizes)] += 1
    for at, size in enumerate(sizes):
        if not size:
            warn(
                f"Length of split at index {at} is 0. This might result in an empty dataset.",
            )
    return sizes


export("torch.utils.data.random_split", "torch.utils.data.dataset.random_split", value=random_split)
