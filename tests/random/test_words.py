"""The words that draws are made of, however many are asked for at once."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tcalc.runtime.arrays.blas import swap_in_turn
from tcalc.runtime.ops.random.generator import Generator
from tcalc.runtime.ops.random.sampling import choice

COUNTS = [1, 2, 3, 16, 600, 623, 624, 625, 1000, 1248, 4095, 4096, 4097, 20000]


@pytest.mark.parametrize("seed", range(6))
def test_words_and_states_are_those_of_the_twister(seed: int) -> None:
    drawn = Generator().manual_seed(seed)
    source = random.Random()
    source.setstate((3, (*drawn._state()[0], 624), None))
    choose = random.Random(seed)
    for _ in range(25):
        n = choose.choice(COUNTS)
        words = drawn.words(n)
        assert words.dtype == np.uint32
        assert words.tolist() == [source.getrandbits(32) for _ in range(n)]
        key, following = drawn._state()
        assert (*key, following) == source.getstate()[1]
        drawn = choose.choice([drawn, drawn.clone()])


@pytest.mark.parametrize("n", [2, 511, 512, 513, 5000])
def test_permutations_are_swaps_in_turn(n: int) -> None:
    words = Generator().manual_seed(3).words(n - 1)
    order = choice._swapped_one_by_one(n, words.tolist())
    drawn = choice.randperm(n, np.dtype(np.int64), Generator().manual_seed(3))
    assert drawn.tolist() == order
    steps = np.arange(n - 1)
    assert choice._swapped(steps + words % (n - steps)).tolist() == order


def test_swaps_move_whole_numbers_of_64_bits() -> None:
    numbers = np.array([-1, 1 << 62, 0x7FF0000000000001, -(1 << 63), 5])
    if swap_in_turn(numbers, np.array([4, 1, 3, 3])):
        assert numbers.tolist() == [5, 1 << 62, -(1 << 63), 0x7FF0000000000001, -1]
