"""Bare numbers read back as the same numbers, with no digit too many."""

from __future__ import annotations

import csv
import io

import ml_dtypes
import numpy as np
import pytest

from tcalc.display import numbers, plain, terse
from tcalc.errors import ShapeError
from tcalc.runtime.base.formatting import set_formatter
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.tensor.tensor import wrap
from tcalc.runtime.types.shapes import Size

set_formatter(plain.tensor)


def digits(word):
    """How many digits a number is written with."""
    mantissa = word.lower().split("e")[0].replace(".", "").lstrip("-")
    return len(mantissa.strip("0"))


def read(words, dtype):
    return np.array([float(word) for word in words]).astype(dtype)


def every_kind_of_float32():
    rng = np.random.default_rng(3)
    bits = rng.integers(0, 2**32, 20000, dtype=np.uint32).view(np.float32)
    powers = 2.0 ** np.arange(-149, 128)
    tens = 10.0 ** np.arange(-45, 39)
    parts = [bits, powers, -powers, tens, np.nextafter(tens.astype(np.float32), np.float32(0))]
    values = np.concatenate([np.asarray(part, np.float32) for part in parts])
    return values[np.isfinite(values)]


def test_float32_reads_back_and_is_as_short_as_numpy_makes_it():
    values = every_kind_of_float32()
    words = numbers.words(values)
    assert np.array_equal(read(words, np.float32), values)
    longer = [
        value
        for word, value in zip(words, values)
        if digits(word) > digits(str(value)) and np.frexp(value)[0] not in (0.5, -0.5)
    ]
    assert longer == []


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_every_half_reads_back(dtype):
    values = np.arange(1 << 16, dtype=np.uint16).view(dtype)
    values = values[np.isfinite(values.astype(np.float64))]
    words = numbers.words(values)
    assert np.array_equal(read(words, dtype), values)
    assert max(map(digits, words)) <= 5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5.0, "5.0"), (0.1, "0.1"), (1 / 3, "0.33333334"), (1e-5, "1e-05"),
        (16777216, "16777216.0"),
        (-0.0, "-0.0"), (np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf"), (1e-45, "1e-45"),
        (3.4028235e38, "3.4028235e+38"), (1e16, "1e+16"),
    ],
)  # fmt: skip
def test_float32_spelling(value, expected):
    assert terse.text(wrap(np.array(value, np.float32))) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1 + 2j, "(1+2j)"), (complex(0.1, -0.5), "(0.1-0.5j)"), (complex("nan"), "(nan+0j)"),
    ],
)  # fmt: skip
def test_complex_spelling(value, expected):
    assert terse.text(value) == repr(value) == expected
    for dtype in ("complex64", "complex128"):
        assert terse.text(wrap(np.array(value, dtype))) == expected
        pair = np.array([[value, 0], [value, 0]], dtype)
        assert terse.text(wrap(pair[:, 0])) == f"{expected}\t{expected}"


def test_rows_and_matrices():
    values = np.arange(24).reshape(2, 2, 2, 3)
    text = terse.text(wrap(values))
    assert text.startswith("0\t1\t2\n3\t4\t5\n\n6\t7\t8\n")
    blocks = [
        np.loadtxt(io.StringIO(block), dtype=int, delimiter="\t") for block in text.split("\n\n")
    ]
    assert np.array_equal(np.stack(blocks), values.reshape(4, 2, 3))
    assert terse.text(wrap(values[0, 0, 0])) == "0\t1\t2"
    assert terse.text(wrap(np.array([True, False]))) == "True\tFalse"
    assert terse.text(wrap(values[0, 0]), sep=";") == "0;1;2\n3;4;5"


@pytest.mark.parametrize("shape", [(3, 70000), (70000,), (70000, 2), (1, 65536), (65537, 1)])
def test_blocks_leave_no_seam(shape):
    values = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    rows = values if values.ndim == 2 else values[None]
    expected = "\n".join("\t".join(map(str, row)) for row in rows.tolist())
    assert terse.text(wrap(values)) == expected


@pytest.mark.parametrize(
    ("shape", "expected"), [((0,), ""), ((0, 3), ""), ((2, 0), "\n"), ((2, 0, 4), "")]
)
def test_empty_tensors(shape, expected):
    assert terse.text(wrap(np.zeros(shape))) == expected


def test_items_of_a_tuple_come_one_after_the_other():
    vector, matrix = wrap(np.array([1, 2])), wrap(np.array([[1, 2], [3, 4]]))
    result = named_result("max", ("values", "indices"))((vector, vector))
    assert terse.text(result) == "1\t2\n1\t2"
    assert terse.text((1, (2, "x"))) == "1\n2\nx"
    assert terse.text((matrix, matrix, vector)) == "1\t2\n3\t4\n\n1\t2\n3\t4\n\n1\t2"


def test_the_rest_is_as_pytorch_prints_it_but_whole():
    assert terse.text([1, 2.5]) == "[1, 2.5]"
    assert terse.text("tab\there\n") == "tab\there\n"
    assert terse.text(Size((2, 3))) == "torch.Size([2, 3])"
    assert terse.text(None) == "None"
    whole = terse.text([wrap(np.arange(2000))])
    assert whole.replace(" ", "") == f"[tensor({list(range(2000))})]".replace(" ", "")


def test_numpys_numbers_are_bare_too():
    assert terse.text(np.float32(0.1)) == "0.1"
    assert terse.text(np.int64(3)) == "3"
    assert terse.text(np.array([[1, 2]])) == "1\t2"


def test_precision_never_shows_a_number_as_nothing():
    values = wrap(np.array([1 / 3, 1e-9, 0.0, 12345678.9, 1e20, np.nan]))
    assert terse.text(values, 2) == "0.33\t1.00e-09\t0.00\t12345678.90\t1.00e+20\tnan"
    assert terse.text(wrap(np.array([1 / 3 + 2j])), 1) == "(0.3+2.0j)"
    assert terse.text(wrap(np.array([3])), 2) == "3"


def test_csv_reads_back():
    values = np.array([[0.1, np.nan], [1e-20, -np.inf]], np.float32)
    rows = list(csv.reader(io.StringIO(terse.csv(wrap(values)))))
    assert np.array_equal(np.array(rows, np.float32), values, equal_nan=True)
    words = [["a,b", 'say "x"'], ["two\nlines", " edge"]]
    assert list(csv.reader(io.StringIO(terse.csv(words)))) == words
    assert terse.csv([1, "a", 2.5]) == "1,a,2.5"
    assert terse.csv("plain") == "plain"
    assert terse.csv((1, [2, 3])) == "1\n2,3"


def test_csv_has_two_dimensions():
    with pytest.raises(ShapeError, match=r"\[2, 1, 3\]"):
        terse.csv(wrap(np.zeros((2, 1, 3))))
