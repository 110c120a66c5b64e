"""What a terminal shows: everything within its width, and nothing taken for markup."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tcalc.display import plain, terminal
from tcalc.display.escape import escape
from tcalc.display.options import printoptions
from tcalc.display.statistics import statistics
from tcalc.display.window import Window
from tcalc.runtime.base.formatting import set_formatter
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.tensor.tensor import Parameter, wrap

set_formatter(plain.tensor)


def shown(value, name=None, *, width=80, height=20, colour=False, precision=None):
    window = Window(width, height)
    lines = terminal.show(value, name, window, precision=precision)
    return "".join(line.painted(colour) + "\n" for line in lines)


def normal(*shape):
    return wrap(np.random.default_rng(5).standard_normal(shape).astype(np.float32))


def test_a_matrix():
    tensor = wrap(np.array([[1, -2.5], [np.nan, 10]], np.float32))
    assert shown(tensor, "x") == (
        "x  float32 [2, 2]  nan 1\n"
        "   1.0000  -2.5000\n"
        "     !nan  10.0000\n"
    )  # fmt: skip


def test_a_vector_longer_than_a_line_counts_its_elements():
    assert shown(wrap(np.arange(12)), width=24) == (
        "int64 [12]\n"
        "  [ 0]   0   1   2   3\n"
        "  [ 4]   4   5   6   7\n"
        "  [ 8]   8   9  10  11\n"
    )  # fmt: skip


def test_matrices_of_a_block_are_labelled():
    value = wrap(np.arange(8).reshape(2, 2, 2))
    assert shown(value) == (
        "int64 [2, 2, 2]\n  [0, :, :]    [1, :, :]\n  0  1         4  5\n  2  3         6  7\n"
    )
    assert shown(value, width=20) == (
        "int64 [2, 2, 2]\n  [0, :, :]\n  0  1\n  2  3\n\n  [1, :, :]\n  4  5\n  6  7\n"
    )


def test_labels_of_a_summary_are_places_in_the_whole():
    text = shown(normal(50, 20, 20))
    assert re.findall(r"^  \[(\d+), :, :\]$", text, re.M) == ["0", "49"]
    text = shown(normal(50, 2, 20, 3), height=20)
    assert re.findall(r"\[(\d+), (\d), :, :\]", text) == [
        ("0", "0"), ("0", "1"), ("49", "0"), ("49", "1"),
    ]  # fmt: skip


def test_single_numbers_keep_their_digits():
    assert shown(wrap(np.array(1 / 3, np.float32))) == "0.33333334  float32 []\n"
    assert shown(wrap(np.array(1 / 3)), "y", precision=2) == "y  0.33  float64 []\n"
    assert shown(0.1, "z") == "z  0.1\n"


def test_gradients_show():
    tensor = wrap(np.array([1.0, 2.0], np.float32))
    tensor.requires_grad = True
    assert "requires_grad\n" in shown(tensor)
    assert "grad_fn=MulBackward0\n" in shown(tensor * 2)
    assert shown(Parameter(tensor)).startswith("Parameter  float32 [2]  requires_grad\n")


def test_a_large_tensor_is_summarised():
    array = np.random.default_rng(1).standard_normal((2000, 300))
    array[5, :2] = np.nan
    array[7, 0], array[7, 1] = np.inf, -np.inf
    text = shown(wrap(array))
    summary = text.splitlines()[1]
    assert re.search(r"min -\S+ [▁▂▃▄▅▆▇█]{10}  max \S+  mean \S+  std 0.9988$", summary)
    assert text.startswith("float64 [2000, 300]  nan 2  inf 1  -inf 1\n")
    assert text.endswith("  … 1,984 more rows, 292 more columns\n")
    assert len(text.splitlines()) == 20
    assert "mean" not in shown(normal(7, 7))


def test_a_summary_draws_how_the_numbers_lie():
    def sketch(array):
        return statistics(np.array(array)).sketch

    assert sketch([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) == "██████████"
    assert sketch([0.0] * 80 + [10.0] * 8) == "█▁▁▁▁▁▁▁▁▁"
    assert sketch([-1e308, 1e308, np.nan, np.inf]) == "█▁▁▁▁▁▁▁▁█"
    assert sketch([2, 2, 2]) == sketch([True, False]) == sketch([np.nan]) == ""
    assert len(sketch(np.arange(10**6, dtype=np.int64))) == 10


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize(
    "shape",
    [(3,), (1000,), (5000,), (3, 4), (30, 30), (4, 200), (200, 4), (2, 3, 50), (9, 9, 9, 9)],
)
def test_lines_fit_the_width(shape, width):
    lines = shown(normal(*shape), width=width).splitlines()
    assert all(len(line) <= width for line in lines)
    assert len(lines) <= 20


def test_the_narrowest_line_still_holds_a_number():
    assert "\n  0  …\n  9  …\n" in shown(wrap(np.arange(18).reshape(2, 9)), width=5)


def test_empty_tensors():
    assert shown(wrap(np.zeros((0, 3)))) == "float64 [0, 3]  no elements\n"


def test_containers_of_tensors_are_drawn_one_by_one():
    one = wrap(np.array([1]))
    result = named_result("max", ("values", "indices"))((one, one))
    assert shown(result, "m") == ("m\nvalues  int64 [1]\n  1\nindices  int64 [1]\n  1\n")
    assert shown({"layer.0": one}) == "layer.0  int64 [1]\n  1\n"
    assert shown([one, 2]) == "[tensor([1]), 2]\n"


def test_brackets_are_not_markup():
    assert shown(["[red]", "[/]", ":smile:"]) == "['[red]', '[/]', ':smile:']\n"
    assert shown({"[bold]": wrap(np.array([1]))}).startswith("[bold]  int64")


class Loud:
    def __repr__(self):
        return "\x1b[31m[red]\a\n\tdone"


def test_controls_from_programs_are_shown_escaped():
    assert shown(Loud()) == "\\x1b[31m[red]\\x07\n        done\n"
    assert escape("a\tb\nc") == "a\tb\nc"
    assert escape("\r\x00\x7f\x9b\u202e\ud800é") == "\\r\\x00\\x7f\\x9b\\u202e\\ud800é".replace(
        "\\r", "\\x0d"
    )


def test_colour_changes_nothing_but_colour():
    array = np.random.default_rng(2).standard_normal((30, 40))
    array[0, 0] = np.nan
    value = wrap(array)
    coloured = shown(value, "x", colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shown(value, "x")


def test_print_options_hold_here_too():
    with printoptions(precision=1, threshold=10, edgeitems=1):
        text = shown(normal(5, 5))
    assert re.search(r"^  -?\d\.\d  …  -?\d\.\d$", text.replace("   ", "  "), re.M)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "bool", "complex64"])
def test_statistics(dtype):
    values = np.random.default_rng(4).standard_normal(600_000) * 3 + 100
    values = values.astype(dtype).reshape(1000, 600)
    expected = np.abs(values) if dtype == "complex64" else values
    expected = expected.astype(np.float64)
    found = statistics(values)
    assert found.count == values.size
    assert (found.smallest, found.largest) == (expected.min(), expected.max())
    assert found.mean == pytest.approx(expected.mean(), rel=1e-12)
    assert found.std == pytest.approx(expected.std(ddof=1), rel=1e-9, abs=1e-12)


def test_statistics_keep_a_small_spread_beside_a_large_mean():
    values = 1e9 + np.tile([-1.0, 1.0], 400_000)
    assert statistics(values).std == pytest.approx(1.0, rel=1e-6)


def test_statistics_of_nothing_finite():
    found = statistics(np.array([np.nan, np.inf]))
    assert found.numbers() == [("finite", "0")]
    assert found.alarms() == [("nan", 1), ("inf", 1)]
