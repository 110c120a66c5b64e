"""No view reaches memory that is not its tensor's, whatever numbers it was made with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcalc.errors import ShapeError, TcalcError
from tcalc.runtime.arrays import strides
from tcalc.runtime.arrays.strides import bounds_of, memory_of, start_of, strided
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.tensor.tensor import Tensor, wrap

numbers = st.one_of(
    st.integers(-3, 9), st.sampled_from([1 << 31, 1 << 40, 1 << 62, -(1 << 62), (1 << 63) - 1])
)
lists = st.lists(numbers, max_size=4)


def made(shape: tuple[int, ...], how: str) -> Tensor:
    whole = wrap(np.arange(64.0).reshape(4, 4, 4))
    part = {"whole": whole, "part": whole[1:3, ::2], "last": whole[3, 3, 3:], "none": whole[:0]}
    return part.get(how, whole).transpose(0, -1) if how == "turned" else part.get(how, whole)


def inside(view: Any) -> bool:
    """Whether every element of a view lies in the memory that it is a part of."""
    array = view.array
    memory = memory_of(array)
    low, high = bounds_of(array.shape, array.strides, array.itemsize)
    first, end = bounds_of(memory.shape, memory.strides, memory.itemsize)
    at = start_of(array) - start_of(memory)
    return low == high or (first <= at + low and at + high <= end)


CALLS = {
    "as_strided": lambda x, a, b, n, m, k: x.as_strided(a, b[: len(a)], n),
    "as_strided of a view": lambda x, a, b, n, m, k: x.view(-1).as_strided(a, b[: len(a)], n),
    "unfold": lambda x, a, b, n, m, k: x.unfold(n, m, k),
    "diagonal": lambda x, a, b, n, m, k: x.diagonal(n, m, k),
    "expand": lambda x, a, b, n, m, k: x.expand(*a),
    "resize_ and as_strided": lambda x, a, b, n, m, k: x.clone().resize_(*a).as_strided(a, b, n),
    "other dtype": lambda x, a, b, n, m, k: x.view(lookup("torch.int8")).as_strided(
        a, b[: len(a)], n
    ),
    "narrow": lambda x, a, b, n, m, k: x.narrow(n, m, k),
    "windows": lambda x, a, b, n, m, k: lookup("torch.nn.functional.unfold")(
        x.reshape(1, 1, 8, -1), a[:2], dilation=max(n, 1), stride=max(m, 1)
    ),
}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(CALLS)), st.sampled_from(["whole", "part", "last", "none", "turned"]),
    lists, lists, numbers, numbers, numbers,
)  # fmt: skip
def test_views_stay_inside(
    call: str, how: str, a: list[int], b: list[int], n: int, m: int, k: int
) -> None:
    try:
        view = CALLS[call](made((), how), a, b, n, m, k)
    except TcalcError:
        return
    assert inside(view)


@pytest.mark.parametrize(
    ("shape", "steps", "start"),
    [
        ((9,), (8,), 0), ((2,), (8,), 56), ((2,), (-8,), 0), ((1,), (8,), -8), ((1,), (8,), 64),
        ((1 << 62,), (1 << 62,), 0), ((-1,), (8,), 0), ((2,), (8, 8), 0), ((True,), (8,), 0),
        ((2.0,), (8,), 0),
    ],
)  # fmt: skip
def test_outside_is_refused(shape: Any, steps: Any, start: int) -> None:
    with pytest.raises(ShapeError):
        strided(np.arange(8.0), shape, steps, start)


def test_the_memory_around_a_part_may_be_shown() -> None:
    part = np.arange(8.0)[3:5]
    assert strided(part, (8,), (8,), -24).tolist() == list(range(8))
    assert strided(part[::-1], (2,), (-8,)).tolist() == [4, 3]
    assert strided(part, (0, 3), (8, 8), 1 << 40).shape == (0, 3)
    assert strides.start_of(strided(part, (2,), (0,), 8)) == strides.start_of(part[1:])
