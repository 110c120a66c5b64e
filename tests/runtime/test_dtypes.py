"""The table of dtypes: rows say what NumPy knows, and code asks the table, never a letter."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import tcalc
from tcalc.errors import DtypeError
from tcalc.runtime.types import codes, dtypes
from tcalc.runtime.types.promotion import can_cast, promote, result_type

HERE = Path(tcalc.__file__).parent
OLD = [t for t in dtypes.ALL if not t.unpromoted]


@pytest.mark.parametrize("t", dtypes.ALL, ids=repr)
def test_a_row_says_what_numpy_knows(t: dtypes.dtype) -> None:
    theirs = t.numpy
    assert theirs.char in t.codes
    assert theirs.itemsize == t.itemsize
    assert dtypes.of(theirs) is t
    if t.category == dtypes.INTEGER:
        info = np.iinfo(theirs)
        assert (t.least, t.largest) == (info.min, info.max)
    elif t.category >= dtypes.FLOATING and not t.module:
        limits = np.finfo(theirs)
        assert (t.least, t.largest, t.tiny, t.eps) == (
            limits.min, limits.max, limits.smallest_normal, limits.eps,
        )  # fmt: skip


@pytest.mark.parametrize("a", OLD, ids=repr)
@pytest.mark.parametrize("b", OLD, ids=repr)
def test_promotion(a: dtypes.dtype, b: dtypes.dtype) -> None:
    found = promote(a, b)
    assert found is promote(b, a)
    if a.category != b.category and min(a.category, b.category) < dtypes.FLOATING:
        assert found is max(a, b, key=lambda t: t.category)  # unlike NumPy's
    elif {a, b} == {dtypes.float16, dtypes.bfloat16}:
        assert found is dtypes.float32
    elif a.module or b.module:
        assert found.holds(a)
        assert found.holds(b)
    else:
        assert found.numpy == np.promote_types(a.numpy, b.numpy)


@pytest.mark.parametrize("t", [dtypes.uint16, dtypes.uint32, dtypes.uint64], ids=repr)
def test_late_unsigned_types_are_promoted_to_floats_alone(t: dtypes.dtype) -> None:
    for other in dtypes.ALL:
        if other is t or other.category == dtypes.FLOATING:
            assert promote(t, other) is other
            continue
        with pytest.raises(DtypeError, match="Promotion for uint16, uint32, uint64 types is not"):
            promote(t, other)
    assert result_type([t], [dtypes.int64], [dtypes.int64]) is t
    assert result_type([t], [], [dtypes.complex64]) is dtypes.complex64
    assert can_cast(dtypes.int64, t)
    assert not can_cast(t, dtypes.bool_)


def test_codes_divide_what_is_known() -> None:
    parts = codes.BOOLS + codes.INTEGERS + codes.FLOATS + codes.COMPLEXES
    assert sorted(parts) == sorted(codes.KNOWN)
    assert len(set(parts)) == len(parts)
    assert set(codes.PLAIN) == set("?BbhilfdFD")
    assert set(codes.PLAIN_FLOATS) == set("fd")
    assert set(codes.PLAIN_INEXACT) == set("fdFD")


@pytest.mark.parametrize("room", ["display", "files", "language", "library", "runtime"])
def test_no_type_is_known_by_a_letter(room: str) -> None:
    letter = re.compile(r"\.(?:kind|char) (?:(?:not )?in|[!=]=) [\"'][?\w]+[\"']")
    about = re.compile(r"dtype|\bt\b|target")
    for path in (HERE / room).rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not (letter.search(line) and about.search(line)), f"{path}: {line.strip()}"
