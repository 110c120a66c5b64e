"""set_num_threads and what belongs to it, as PyTorch has them; --threads sets the same number."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tcalc.errors import StateError
from tcalc.runtime.arrays.blas import limit_blas
from tcalc.runtime.base import threads
from tcalc.runtime.ops import settings
from tcalc.session import Session


@pytest.fixture(autouse=True)
def number_kept() -> Iterator[None]:
    """What a test sets is set back, for BLAS too."""
    limit, interop = threads.settings.limit, settings._interop.value
    yield
    threads.settings.limit, settings._interop.value = limit, interop
    limit_blas(threads.number())


def run(program: str) -> Any:
    return Session().evaluate(program)


def test_one_number_for_all() -> None:
    assert run("torch.set_num_threads(1); torch.get_num_threads()") == 1
    assert threads.number() == 1
    assert run("set_num_threads(100000); get_num_threads()") == threads.cores()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("0", "expects a positive integer"),
        ("-1", "expects a positive integer"),
        ("1.5", "expects an int, but got float"),
        ("True", "expects an int, but got bool"),
        ("'2'", "expects an int, but got str"),
    ],
)
@pytest.mark.parametrize("name", ["set_num_threads", "set_num_interop_threads"])
def test_wrong_numbers(name: str, given: str, words: str) -> None:
    with pytest.raises(StateError, match=f"{name} {words}"):
        run(f"torch.{name}({given})")


def test_interop_threads_are_set_once() -> None:
    settings._interop.value = None
    assert run("torch.get_num_interop_threads()") == threads.cores()
    assert run("torch.set_num_interop_threads(3); torch.get_num_interop_threads()") == 3
    with pytest.raises(StateError, match="cannot set number of interop threads after"):
        run("torch.set_num_interop_threads(4)")


def test_blas_follows() -> None:
    """The BLAS that NumPy has loaded says the number that it was told."""
    import ctypes
    import glob

    import numpy

    folder = os.path.join(os.path.dirname(os.path.dirname(numpy.__file__)), "numpy.libs")
    getters = [
        getattr(library, name)
        for library in map(ctypes.CDLL, glob.glob(os.path.join(folder, "*openblas*")))
        for name in ("scipy_openblas_get_num_threads64_", "openblas_get_num_threads64_")
        if hasattr(library, name)
    ]
    if not getters:
        pytest.skip("this NumPy has another BLAS")
    run("set_num_threads(1)")
    assert getters[0]() == 1
    run("set_num_threads(100000)")
    assert getters[0]() == threads.cores()


@pytest.mark.parametrize(("asked", "number"), [("1", 1), ("4096", threads.cores())])
def test_the_option(asked: str, number: int) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-m", "tcalc", "--threads", asked, "get_num_threads()"],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (f"{number}\n", "")
