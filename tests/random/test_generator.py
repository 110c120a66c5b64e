"""Generators: seeds, states, and the two sources of words behind them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tcalc.errors import StateError, ValueProblem
from tcalc.runtime.ops.random import generator as random
from tcalc.runtime.ops.random import sampling
from tcalc.runtime.ops.random.generator import DEFAULT_SEED, Generator


def test_words_are_the_same_however_they_are_asked_for() -> None:
    whole = Generator().manual_seed(3).words(20_000)
    g = Generator().manual_seed(3)
    parts = [g.words(n) for n in (1, 700, 4096, 4097, 11_000, 106)]
    assert all(p.dtype == np.uint32 for p in parts)
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_clone_goes_its_own_way() -> None:
    g = Generator().manual_seed(1)
    sampling.normal_(np.empty(3), 0, 1, g)
    twin = g.clone()
    assert twin.state_bytes() == g.state_bytes()
    before = g.state_bytes()
    twin.words(5)
    assert g.state_bytes() == before != twin.state_bytes()


def test_seeds() -> None:
    g = Generator()
    assert g.initial_seed() == DEFAULT_SEED
    assert g.manual_seed(-1) is g
    assert g.initial_seed() == 2**64 - 1
    chosen = g.seed()
    assert g.initial_seed() == chosen < 2**64
    assert g.seed() != chosen
    same_words = [Generator().manual_seed(s).words(3).tolist() for s in (5, 5 + 2**32)]
    assert same_words[0] == same_words[1]


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_seeds_out_of_range(seed: int) -> None:
    with pytest.raises(ValueProblem, match="Overflow when unpacking"):
        Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", [1.0, True, "1", None, [1]])
def test_seeds_of_the_wrong_kind(seed: object) -> None:
    with pytest.raises(StateError, match="manual_seed expected a long"):
        Generator().manual_seed(seed)


def test_seeding_forgets_the_kept_normal() -> None:
    g = Generator().manual_seed(0)
    sampling.normal_(np.empty(1), 0, 1, g)
    assert g.spare is not None
    g.manual_seed(0)
    assert g.spare is None


def test_states_that_cannot_be() -> None:
    good = bytearray(Generator().manual_seed(0).state_bytes())
    with pytest.raises(StateError, match="of size 5056 but found"):
        Generator().load_bytes(bytes(good[:-1]))
    for at, byte in ((8, 7), (12, 0), (16, 255), (17, 3), (30, 1)):
        bad = bytearray(good)
        bad[at] = byte
        with pytest.raises(StateError, match="Invalid mt19937 state"):
            Generator().load_bytes(bytes(bad))


def test_the_default_generator_is_one_and_not_of_a_known_seed() -> None:
    assert random.default_generator() is random.default_generator()
    assert random.default_generator().initial_seed() != DEFAULT_SEED


def test_few_words_load_no_numpy_random() -> None:
    program = (
        "import sys, numpy\n"
        "before = 'numpy.random' in sys.modules\n"
        "from tcalc.runtime.ops.random.generator import Generator\n"
        "from tcalc.runtime.ops.random.sampling import normal_\n"
        "normal_(numpy.empty(100), 0, 1, Generator().manual_seed(0))\n"
        "print(before or 'numpy.random' not in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.stdout.strip() == "True", found.stderr
