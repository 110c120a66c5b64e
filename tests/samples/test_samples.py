"""tcalc answers the samples of PyTorch's operator database as PyTorch does, but where differs.txt says so.

Eigenvectors, which are unique but for a phase and among equal eigenvalues for a unitary matrix, are
compared in PyTorch's bases (see `samples.with_bases_of`).

A line there is `NAME  STAGE DTYPE …  # REASON`: of a call its stage (missing, forward, grad, second, or
refused) and the dtypes. What is listed has to differ: a line that is no longer true fails.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from tcalc.runtime.tensor.tensor import wrap
from tests.samples.samples import read, rows, same, stages, with_bases_of

CASES = read()


def listed(name_of_file: str = "differs.txt") -> dict[str, set[tuple[str, str]]]:
    """By call what differs, and for which dtypes (or layouts)."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    text = (Path(__file__).parent / name_of_file).read_text(encoding="utf-8")
    for line in text.splitlines():
        entry, _, reason = line.partition("#")
        if entry.strip():
            assert reason.strip(), f"no reason: {line}"
            name, stage, *dtypes = entry.split()
            found[name] |= {(stage, dtype) for dtype in dtypes}
    return dict(found)


LISTED = listed()


@pytest.mark.parametrize("name", sorted(CASES))
def test_samples(name: str) -> None:
    found = set()
    for row in rows(CASES[name]):
        found |= {(stage, row["dtype"]) for stage, good in stages(row).items() if not good}
    known = LISTED.get(name, set())
    assert found - known == set(), "these differ from PyTorch's answers"
    assert known - found == set(), (
        "these are PyTorch's answers by now: take them out of differs.txt"
    )


def test_only_names_that_there_are_are_listed() -> None:
    assert LISTED.keys() <= CASES.keys()


@pytest.mark.parametrize("values", [[-1.0, 0.5, 2.0], [0.5, 0.5, 2.0], [0.5, 0.5, 0.5]], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_eigenvectors_are_those_in_another_basis_alone(values: list[float], dtype: str) -> None:
    random = np.random.default_rng(0)

    def unitary(n: int) -> np.ndarray:
        drawn = random.standard_normal((2, n, n))
        return np.linalg.qr(drawn[0] + 1j * drawn[1] if dtype == "complex128" else drawn[0])[0]

    def kept(array: np.ndarray) -> list[object]:
        name, data = array.dtype.name, base64.b85encode(array.tobytes())
        return [name, list(array.shape), None, False, data]

    theirs = unitary(3)
    tensors = [kept(np.array(values)), kept(theirs)]
    wanted = {"tuple": [{"tensor": 0}, {"tensor": 1}]}

    def taken(vectors: np.ndarray) -> bool:
        found = with_bases_of((wrap(np.array(values)), wrap(vectors)), wanted, tensors)
        return same(found, wanted, tensors)

    equal = np.equal.outer(values, values)
    blocks = np.where(equal, unitary(3), 0)
    turn = np.linalg.qr(blocks)[0]  # unitary, among equal values alone
    assert taken(theirs @ turn)
    assert not taken(2 * theirs)
    assert not taken(theirs @ turn + 1e-3)
    mixed = theirs @ np.linalg.qr(np.where(equal, 0.1 * blocks, 1) + np.eye(3))[0]
    assert taken(mixed) == equal.all()
    other = theirs @ turn
    other[:, 0] = other[:, 1]
    assert not taken(other)
