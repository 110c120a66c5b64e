"""Runs programs here, and tells how what they come to differs from PyTorch's answers."""

from __future__ import annotations

import json
import lzma
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tcalc.runtime.tensor.tensor import Tensor
from tcalc.session import Session
from tests.programs.state import Program

ANSWERS = Path(__file__).parent / "answers.json.xz"
# Relative to the largest value of a tensor.
TOLERANCE = {
    "float16": 6e-3, "bfloat16": 5e-2, "float32": 3e-5, "complex64": 3e-5, "float64": 1e-9, "complex128": 1e-9,
}  # fmt: skip
FIELDS = (
    "dtype",
    "shape",
    "strides",
    "offset",
    "flags",
    "grad_fn",
    "base",
    "memory",
    "values",
    "version",
)


def read(path: Path = ANSWERS) -> dict[int, list[Any]]:
    """The recorded answers by the seeds of the programs, each behind the sum of its program's text."""
    rows = map(json.loads, lzma.decompress(path.read_bytes()).decode().splitlines())
    return {seed: answer for seed, *answer in rows}


def answer(lines: list[str]) -> list[Any]:
    """What a program comes to here: see Program.answer."""
    session = Session()
    session.evaluate("import torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Program(session.evaluate, session.variables, Tensor).answer(lines)


def differences(got: list[Any], want: list[Any]) -> list[str]:
    """What differs, a line each."""
    if got[0] != want[0]:
        return [f"refused: statement {got[0]} {got[1] and got[1][1]} for {want[0]} {want[1]}"]
    ours, theirs = got[2], want[2]
    found = []
    if want[1] and (want[1][0][0] not in got[1][0] or got[1][1] != want[1][1]):
        found.append(f"refusal: {got[1]} for {want[1]}")
    found += [f"variables: {name}" for name in sorted(ours.keys() ^ theirs.keys())]
    # What was rounded to few digits may have come into a variable with many.
    loosest = max([TOLERANCE.get(t[0], 0.0) for t in _tensors(theirs.values())], default=0.0)
    for name in (n for n in theirs if n in ours):
        found += [f"{line} of {name}" for line in _compared(ours[name], theirs[name], loosest)]
    return found


def _tensors(values: Iterable[Any]) -> Iterator[list[Any]]:
    for value in values:
        if isinstance(value, list) and value and isinstance(value[0], str):
            yield value
        elif isinstance(value, list):
            yield from _tensors(value)


def _compared(got: Any, want: Any, loosest: float) -> list[str]:
    if isinstance(want, str) or isinstance(got, str):
        return [] if got == want else [f"value: {got} for {want}"]
    if len(got) != len(want):
        return [f"length: {len(got)} for {len(want)}"]
    if not want or isinstance(want[0], list):
        return [line for a, b in zip(got, want) for line in _compared(a, b, loosest)]
    return [
        f"{field}: {a} for {b}"
        for field, a, b in zip(FIELDS, got, want)
        if a != b
        and not (field == "values" and _close(a, b, loosest if want[0] in TOLERANCE else 0.0))
    ]


def _flat(values: Any) -> list[Any]:
    return [x for v in values for x in (v if isinstance(v, list) else [v])]


def _close(got: Any, want: Any, tolerance: float) -> bool:
    a, b = _flat(got), _flat(want)
    largest = max((abs(x) for x in b if not isinstance(x, str)), default=0.0)
    return len(a) == len(b) and all(
        x == y
        if isinstance(x, str) or isinstance(y, str)
        else abs(x - y) <= tolerance * (abs(y) + 0.1 * largest + 0.1)
        for x, y in zip(a, b)
    )
