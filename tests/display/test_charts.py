"""Figures as text: ticks, lines in cells, bars, pictures, within their width, in every depth."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcalc.display.cells import cells
from tcalc.display.chart import colours, pictures, scales
from tcalc.display.chart.canvas import Canvas, _cut
from tcalc.display.chart.figure import Axes, Figure, Note, Picture, Scale, Series
from tcalc.display.chart.render import render
from tcalc.theme import Depth, depth_of

ANY = st.floats(allow_nan=True, allow_infinity=True)
FINITE = st.floats(-1e12, 1e12)


def figure(*axes: Axes, shape: tuple[int, int] | None = None) -> Figure:
    rows, columns = shape or (1, len(axes))
    places = [((k // columns, k % columns, 1, 1), one) for k, one in enumerate(axes)]
    return Figure((rows, columns), places)


def line(*values: float, **more: object) -> Series:
    return Series("line", np.arange(float(len(values))), np.array(values, float), **more)


def stripped(text: str) -> str:
    return re.sub("\x1b\\[[0-9;]*m", "", text)


# -- scales -----------------------------------------------------------------------------------


@given(FINITE, FINITE, st.integers(2, 12))
def test_ticks_are_few_and_between_the_ends(a: float, b: float, most: int) -> None:
    low, high = sorted((a, b))
    found = scales.ticks(low, high, most)
    assert 1 <= len(found) <= max(most, 2)
    room = 1e-6 * max(abs(low), abs(high), 1e-300)
    assert all(low - room <= v <= high + room for v in found)
    assert found == sorted(found)
    assert len(set(scales.written(found))) == len(set(found)) or high - low < 1e-6 * abs(high)


def test_ticks_are_round() -> None:
    assert scales.ticks(-3e-14, 3e-14, 6) == [-2e-14, 0.0, 2e-14]
    assert len(set(scales.ticks(-1.18e-38, -7.5e-40, 2))) == 2
    assert scales.ticks(0.03, 0.97, 6) == [0.2, 0.4, 0.6, 0.8]
    assert scales.ticks(-3, 12, 5) == [0.0, 5.0, 10.0]
    assert scales.ticks(1e-5, 10, 8, logarithmic=True) == [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0]


@given(st.lists(ANY, max_size=20), st.booleans())
def test_bounds_hold_what_is_finite(values: list[float], logarithmic: bool) -> None:
    shown = np.array(values, float)
    low, high = scales.bounds([shown], Scale(logarithmic=logarithmic), 0.0)
    assert np.isfinite([low, high]).all() and low < high
    inside = shown[(abs(shown) < 1e307) & ((shown > 0) | (not logarithmic))]
    assert ((inside >= low) & (inside <= high)).all()


# -- cells ------------------------------------------------------------------------------------


@given(st.lists(st.tuples(FINITE, FINITE), min_size=2, max_size=8))
def test_what_is_cut_lies_inside_and_on_the_line(points: list[tuple[float, float]]) -> None:
    x, y = (np.array(v) / 1e12 * 3 for v in zip(*points))
    x0, y0, x1, y1 = _cut(x[:-1], y[:-1], x[1:], y[1:])
    for part in (x0, y0, x1, y1):
        assert ((part >= -1e-9) & (part <= 1 + 1e-9)).all()


def test_a_line_is_joined() -> None:
    canvas = Canvas(10, 5)
    canvas.line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), 0)
    assert (canvas.dots != 0).any(0).all() and (canvas.dots != 0).any(1).all()
    canvas = Canvas(4, 2)
    canvas.line(np.array([0.0, np.nan, 1.0]), np.array([0.0, 0.5, 1.0]), 0)
    assert np.count_nonzero(canvas.dots) == 2  # its ends, and nothing between


def test_characters_that_take_two_cells() -> None:
    assert (cells("loss"), cells("损失"), cells("é"), cells("e\u0301")) == (4, 4, 1, 1)
    canvas = Canvas(5, 1)
    canvas.put(0, 0, "损失x失")
    assert canvas.lines(Depth.NONE) == ["损失x"]


# -- figures ----------------------------------------------------------------------------------


def examples() -> dict[str, Figure]:
    x = np.linspace(0, 10, 200)
    counts, edges = np.histogram(np.sin(np.arange(500.0)), 12)
    middles = (edges[1:] + edges[:-1]) / 2
    wave = Axes("waves", Scale("time"), Scale("value"), [Series("line", x, np.sin(x), "sin"),
                Series("line", x, np.cos(x) * 2, "cos")], notes=[Note(5, 1.5, "here")])  # fmt: skip
    return {
        "lines": figure(wave),
        "log": figure(Axes(y=Scale(logarithmic=True), series=[line(*np.exp(-np.arange(20.0)))])),
        "histogram": figure(Axes(series=[Series("bars", middles, counts * 1.0, widths=np.diff(edges))])),
        "bars": figure(Axes(x=Scale(ticks=[0, 1, 2], names=["ann", "bob", "eve"]), series=[
            Series("bars", np.arange(3.0), np.array([3.0, -1.5, 2]), widths=np.full(3, 0.8))])),
        "across": figure(Axes(series=[Series("bars across", np.array([3.0, 1, 2]), np.arange(3.0))])),
        "points": figure(Axes(series=[Series("points", x[::20], x[::20] % 3, "a"),
                                      Series("points", x[::25], x[::25] % 2, "b")])),
        "matrix": figure(Axes(bar=True, pictures=[Picture(np.outer(x[:8], x[:12]))])),
        "pictures": figure(*[Axes(str(k), framed=False, pictures=[Picture(np.eye(8) * k)])
                             for k in range(4)], shape=(2, 2)),
        "area": figure(Axes(series=[Series("area", x, np.sin(x) + 1, base=np.sin(x) - 1),
                                    Series("across", np.zeros(1), np.zeros(1), dashed=True)])),
        "cut": figure(Axes(x=Scale(limits=(2, 4)), y=Scale(limits=(0, 1)), series=[line(*range(7))])),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(examples()))
def test_as_it_was_looked_at(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"chart_{name}.txt", render(examples()[name], 60))


@pytest.mark.parametrize("name", list(examples()))
def test_without_colours_as_with_them(name: str) -> None:
    shown = examples()[name]
    plain = [render(shown, 60, None, depth) for depth in (Depth.SIXTEEN, Depth.MANY, Depth.ALL)]
    assert len({len(text.splitlines()) for text in plain}) == 1
    assert stripped(plain[1]) == stripped(plain[2])
    assert "\x1b" not in render(shown, 60)
    for text in plain:
        for row in text.splitlines():
            assert re.findall("\x1b\\[[0-9;]*m", row)[-1:] in ([], ["\x1b[0m"])


@pytest.mark.parametrize("name", list(examples()))
def test_in_ascii(name: str) -> None:
    assert render(examples()[name], 60, braille=False).isascii()


@pytest.mark.parametrize("width", [8, 20, 60, 200])
@pytest.mark.parametrize("name", list(examples()))
def test_within_the_width(name: str, width: int) -> None:
    for depth in (Depth.NONE, Depth.ALL):
        for row in stripped(render(examples()[name], width, None, depth)).splitlines():
            assert cells(row) <= width


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(ANY, ANY), max_size=30),
    st.sampled_from(["line", "points", "bars", "bars across", "area", "across", "upright"]),
    st.booleans(),
    st.integers(8, 60),
)
def test_any_numbers(
    points: list[tuple[float, float]], kind: Any, logarithmic: bool, width: int
) -> None:
    x, y = np.array(points, float).reshape(-1, 2).T
    scale = Scale(logarithmic=logarithmic)
    text = render(figure(Axes(x=Scale("x"), y=scale, series=[Series(kind, x, y, "s")])), width)
    assert all(cells(row) <= width for row in text.splitlines())


@given(st.lists(ANY, min_size=1, max_size=12))
def test_any_picture(values: list[float]) -> None:
    shown = Picture(np.array(values, float)[None])
    for depth in Depth:
        assert render(figure(Axes(pictures=[shown])), 30, None, depth)


def test_a_picture_in_another_size() -> None:
    values = np.arange(16.0).reshape(4, 4)
    assert pictures.resized(values, 2, 2).tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert pictures.resized(values, 8, 8)[::2, ::2].tolist() == values.tolist()


def test_a_long_line_keeps_its_peaks() -> None:
    y = np.zeros(200_000)
    y[123_456] = 1.0
    text = render(figure(Axes(y=Scale(limits=(0, 1)), series=[line(*y)])), 60)
    assert "⡇" in text or "⢸" in text


# -- colours ----------------------------------------------------------------------------------


def test_what_a_terminal_shows() -> None:
    assert depth_of({"COLORTERM": "truecolor", "TERM": "xterm"}) is Depth.ALL
    assert depth_of({"TERM": "xterm-256color"}) is Depth.MANY
    assert depth_of({"TERM": "xterm"}) is Depth.SIXTEEN


def test_maps() -> None:
    ends = colours.coloured(np.array([0.0, 1.0]), "gray").tolist()
    assert ends == [[0, 0, 0], [255, 255, 255]]
    assert colours.coloured(np.array([0.0]), "gray_r").tolist() == [[255, 255, 255]]
    assert colours.code((255, 0, 0), Depth.MANY) == "5;196"
    assert colours.code((128, 128, 128), Depth.MANY) == "5;244"
    assert colours.by_name("#ff0000") == colours.by_name("r")
