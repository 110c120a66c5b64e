"""Pictures as pixels: what terminals are told, read as they read it, gives the picture back."""

from __future__ import annotations

import io
import re
import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tcalc.command.output import Output
from tcalc.command.terminals import Answers, background_of, form_of, screen_of
from tcalc.config import settings as configured
from tcalc.display.chart.figure import Axes, Figure, Note, Picture, Series
from tcalc.display.chart.pictures import colours_of
from tcalc.display.chart.pixels import FORMS, Screen
from tcalc.display.chart.render import render
from tcalc.display.chart.sixel import REGISTERS, sixel
from tcalc.options import parse
from tcalc.session import Session
from tcalc.theme import Depth

PATCH = re.compile("\x1b7\x1b\\[(\\d+)A\x1b\\[(\\d+)G(.*?)\x1b8", re.DOTALL)


def pixels(seed: int, high: int, wide: int, colours: int) -> np.ndarray:
    """So many colours in no order, and some pixels with nothing in them."""
    draw = np.random.default_rng(seed)
    palette = draw.integers(0, 256, (colours, 3))
    palette[0] = -1
    return palette[draw.integers(0, colours, (high, wide))].astype(np.int16)


# -- what terminals do ------------------------------------------------------------------------


def png_of(data: bytes) -> np.ndarray:
    """The pixels of a PNG file whose rows are not filtered, -1 where it is transparent."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        name, held = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size) == (zlib.crc32(name + held),)
        chunks[name] = held
        at += 12 + size
    wide, high, *form = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    parts = {2: 3, 6: 4}[form[1]]
    assert (form[0], *form[2:]) == (8, 0, 0, 0) and chunks[b"IEND"] == b""
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(high, -1)
    assert not rows[:, 0].any()
    found = rows[:, 1:].reshape(high, wide, parts).astype(np.int16)
    return np.where(found[..., 3:] == 0, -1, found[..., :3]) if parts == 4 else found


def kitty_of(text: str) -> tuple[np.ndarray, int, int]:
    """The pixels that Kitty's protocol puts into so many rows and columns."""
    chunks = re.findall("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\", text)
    assert "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in chunks) == text
    first = dict(part.split("=") for part in chunks[0][0].split(","))
    assert (first["a"], first["f"], first["q"], first["C"]) == ("T", "100", "2", "1")
    assert [keys[-3:] for keys, _ in chunks] == ["m=1"] * (len(chunks) - 1) + ["m=0"]
    assert all(keys in ("m=0", "m=1") for keys, _ in chunks[1:])
    assert all(len(data) <= 4096 for _, data in chunks)
    assert all(len(data) % 4 == 0 for _, data in chunks)
    data = b64decode("".join(data for _, data in chunks), validate=True)
    return png_of(data), int(first["r"]), int(first["c"])


def iterm2_of(text: str) -> tuple[np.ndarray, int, int]:
    """The pixels of a file that iTerm2 shows in so many rows and columns."""
    found = re.fullmatch("\x1b]1337;File=([^:]*):([A-Za-z0-9+/=]*)\a", text)
    assert found is not None
    keys = dict(part.split("=") for part in found[1].split(";"))
    data = b64decode(found[2], validate=True)
    assert (keys["inline"], keys["preserveAspectRatio"]) == ("1", "0")
    assert int(keys["size"]) == len(data)
    return png_of(data), int(keys["height"]), int(keys["width"])


def sixel_of(text: str) -> tuple[np.ndarray, int]:
    """The pixels of Sixel, parts of colours in percent, and how many colours it defines."""
    found = re.fullmatch('\x1bP0;1;0q"1;1;(\\d+);(\\d+)(.*)\x1b\\\\', text, re.DOTALL)
    assert found is not None
    wide, high = int(found[1]), int(found[2])
    made = np.full((-(-high // 6) * 6, wide, 3), -1.0)
    registers: dict[int, tuple[int, ...]] = {}
    colour, x, y = -1, 0, 0
    for part in re.findall(r"#\d+(?:;\d+){4}|#\d+|!\d+[?-~]|[?-~]|\$|-|.", found[3], re.DOTALL):
        if part[0] == "#":
            number, *rest = (int(v) for v in part[1:].split(";"))
            assert 0 <= number < 256
            if rest:
                assert rest[0] == 2 and all(0 <= v <= 100 for v in rest[1:])
                registers[number] = tuple(rest[1:])
            else:
                colour = number
        elif part == "$":
            x = 0
        elif part == "-":
            x, y = 0, y + 6
        else:
            count = int(part[1:-1]) if part[0] == "!" else 1
            bits = ord(part[-1]) - 0x3F
            assert 0 <= bits < 64 and x + count <= wide, part
            for row in range(6):
                if bits >> row & 1:
                    assert (made[y + row, x : x + count] == -1).all(), "a pixel drawn twice"
                    made[y + row, x : x + count] = registers[colour]
            x += count
    assert (made[high:] == -1).all()
    return made[:high], len(registers)


# -- forms ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("high", "wide"), [(1, 1), (7, 5), (60, 90)])
@pytest.mark.parametrize(("form", "read"), [("kitty", kitty_of), ("iterm2", iterm2_of)])
def test_png_forms_give_every_pixel_back(form, read, high, wide) -> None:
    for colours in (2, 300):
        given_ = pixels(3, high, wide, colours)
        found, rows, columns = read(FORMS[form](given_, 11, 12))
        np.testing.assert_array_equal(found, given_)
        assert (rows, columns) == (11, 12)


def test_kitty_gets_its_chunks() -> None:
    text = FORMS["kitty"](pixels(0, 200, 200, 5000), 1, 1)
    assert text.count("\x1b_G") > 10
    kitty_of(text)


@given(
    arrays.arrays(
        np.int16, st.tuples(st.integers(1, 14), st.integers(1, 9)), elements=st.integers(-1, 3)
    )
)
@settings(max_examples=60, deadline=None)
def test_sixel_gives_every_pixel_back(which: np.ndarray) -> None:
    palette = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 51], [51, 102, 255], [-1, -1, -1]])
    given_ = palette[which].astype(np.int16)
    found, count = sixel_of(sixel(given_))
    assert count == len(np.unique(which[which >= 0]))
    np.testing.assert_array_equal(found, np.where(given_ < 0, -1, given_ / 2.55))


def test_sixel_keeps_as_many_colours_as_there_are_registers() -> None:
    given_ = pixels(1, 40, 50, REGISTERS + 1)
    found, count = sixel_of(sixel(given_))
    assert count <= REGISTERS
    np.testing.assert_allclose(found, np.where(given_ < 0, -1, given_ / 2.55), atol=0.51)


@pytest.mark.parametrize("noise", [0, 20])
def test_sixel_comes_near_what_has_more_colours(noise: int) -> None:
    down, across = np.mgrid[0:60, 0:100]
    smooth = np.stack([across * 2.5, down * 4, 255 - across - down], -1)
    smooth += np.random.default_rng(0).normal(0, noise, smooth.shape)
    given_ = np.clip(smooth, 0, 255).astype(np.int16)
    assert len(np.unique(given_.reshape(-1, 3), axis=0)) > REGISTERS
    found, count = sixel_of(sixel(given_))
    assert count == REGISTERS
    off = abs(found * 2.55 - given_)
    assert off.mean() < 9 and off.max() < 80
    nothing, _ = sixel_of(sixel(np.full((3, 4, 3), -1, np.int16)))
    assert (nothing == -1).all()


def test_many_like_colours_are_still_drawn() -> None:
    """More than the registers, and fewer where only the upper bits are looked at."""
    levels = np.arange(300)
    given_ = np.stack([levels % 8, levels // 8 % 8, levels // 64], -1)[None].astype(np.int16)
    found, count = sixel_of(sixel(given_))
    assert 1 <= count <= REGISTERS
    assert abs(found * 2.55 - given_).max() < 9


# -- in figures -------------------------------------------------------------------------------


def figure(*axes: Axes) -> Figure:
    return Figure((1, len(axes)), [((0, k, 1, 1), one) for k, one in enumerate(axes)])


RAMP = Picture(np.arange(24.0).reshape(4, 6))


def shown(text: str) -> list[str]:
    return re.sub("\x1b\\[[0-9;]*m", "", PATCH.sub("", text)).splitlines()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", [(8, 16), (11, 23)])
def test_a_picture_covers_the_cells_that_are_left_for_it(form: str, cell: tuple[int, int]) -> None:
    axes = Axes(title="ramp", pictures=[RAMP], bar=True)
    text = render(figure(axes), 60, 14, Depth.ALL, screen=Screen(form, cell, 23))
    lines = shown(text)
    assert len(lines) == 14 and text.endswith("\x1b8") and "▀" not in text
    picture, bar = PATCH.findall(text)
    up, right = int(picture[0]), int(picture[1])
    first = len(lines) - up
    rows = [k for k, line in enumerate(lines) if line.endswith(("│", "┤"))]
    assert rows[0] == first and {line.rstrip()[-1:] for line in lines[first : first + len(rows)]} <= {
        "│", "┤"}  # fmt: skip
    assert {len(lines[k]) for k in rows} == {right - 1}
    found = {"kitty": kitty_of, "iterm2": iterm2_of, "sixel": sixel_of}[form](picture[2])
    high, wide = found[0].shape[:2]
    columns = lines[rows[-1] + 1].count("─") + lines[rows[-1] + 1].count("┬")
    assert (high, wide) == (len(rows) * cell[1], columns * cell[0])
    if form != "sixel":
        assert found[1:] == (len(rows), columns)
        np.testing.assert_array_equal(found[0], colours_of(RAMP, high, wide))
    low, ends = lines[-1].split()
    assert (low, ends) == ("0", "23") and (int(bar[0]), int(bar[1])) == (1, 3)


def test_pictures_beside_each_other_and_below_stay_in_reach() -> None:
    axes = [Axes(pictures=[RAMP], framed=False) for _ in range(6)]
    grid = Figure((2, 3), [((k // 3, k % 3, 1, 1), one) for k, one in enumerate(axes)])
    text = render(grid, 80, 10, Depth.ALL, screen=Screen("kitty", (8, 16), 12))
    found = PATCH.findall(text)
    assert [int(right) for _, right, _ in found] == [1, 28, 55] * 2
    assert {int(up) for up, _, _ in found} == {len(shown(text)) // 2}
    # What is drawn of the first row comes before the second row is written.
    assert text.index("\x1b_G") < text.rindex("\n") < text.rindex("\x1b_G")
    small = render(grid, 80, 10, Depth.ALL, screen=Screen("kitty", (8, 16), 5))
    assert "\x1b_G" not in small and "▀" in small


@pytest.mark.parametrize(
    "axes",
    [
        Axes(pictures=[RAMP], series=[Series("line", np.arange(3.0), np.arange(3.0))]),
        Axes(pictures=[RAMP], notes=[Note(1, 1, "here")]),
        Axes(series=[Series("line", np.arange(3.0), np.arange(3.0))]),
    ],
)
def test_what_is_written_over_a_picture_is_seen(axes: Axes) -> None:
    screen = Screen("sixel", (8, 16), 23)
    assert render(figure(axes), 60, 14, Depth.ALL, screen=screen) == render(
        figure(axes), 60, 14, Depth.ALL
    )


def test_nan_is_left_as_the_background_is() -> None:
    values = np.array([[0.0, np.nan], [1.0, 2.0]])
    found = colours_of(Picture(values), 2, 2)
    assert (found[0, 1] == -1).all() and (found[0, 0] >= 0).all()
    colours = np.zeros((1, 2, 3))
    colours[0, 1, 2] = np.nan
    assert (colours_of(Picture(colours), 1, 2)[0] == [[0, 0, 0], [-1, -1, -1]]).all()


# -- which terminals --------------------------------------------------------------------------


def told(**what: object) -> Answers:
    answers = Answers()
    answers.asked = True
    for name, value in what.items():
        setattr(answers, name, value)
    return answers


@pytest.mark.parametrize(
    ("environ", "form"),
    [
        ({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "3"}, "kitty"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "kitty"),
        (
            {"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app", "LC_TERMINAL": "iTerm2"},
            "iterm2",
        ),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm", "TERM_PROGRAM": "mintty"}, "sixel"),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, ""),
        # Started from another: its marks are still there.
        ({"TERM": "alacritty", "KITTY_WINDOW_ID": "3"}, ""),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600", "TERM_PROGRAM": "WezTerm"}, ""),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "3"}, ""),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux-0/default,1,0"}, ""),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts"}, ""),
        ({}, ""),
    ],
)
def test_a_terminal_is_known_by_its_marks(environ: dict[str, str], form: str) -> None:
    assert form_of(environ, Answers()) == form


def test_what_a_terminal_answers_counts_for_more() -> None:
    assert form_of({"TERM": "xterm-256color"}, told(sixel=True)) == "sixel"
    assert form_of({"TERM": "xterm-256color"}, told(sixel=True, kitty=True)) == "kitty"
    assert form_of({"TERM": "xterm-256color"}, told()) == ""
    assert form_of({"TERM": "xterm-kitty"}, told()) == ""
    wezterm = {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}
    assert form_of(wezterm, told(sixel=True, kitty=True)) == "iterm2"
    assert form_of({"TERM": "tmux-256color", "TMUX": "x"}, told(sixel=True)) == ""


def test_a_setting_is_done_where_it_can_be() -> None:
    inside = {"TERM": "tmux-256color", "TMUX": "x"}
    stream = io.StringIO()

    def form(wanted: str, environ: dict[str, str]) -> str | None:
        found = screen_of(wanted, environ, Answers(), stream, 24)
        return None if found is None else found.form

    assert form("off", {"TERM": "xterm-kitty"}) is None
    assert form("auto", {"TERM": "xterm-kitty"}) == "kitty"
    assert form("sixel", {"TERM": "xterm-kitty"}) == form("sixel", inside) == "sixel"
    assert form("kitty", inside) is form("iterm2", inside) is None
    screen = screen_of("sixel", {}, told(cell=(9, 19)), stream, 24)
    assert screen == Screen("sixel", (9, 19), 23)


@pytest.mark.parametrize(
    ("value", "background"),
    [("15;0", "dark"), ("0;15", "light"), ("0;default;15", "light"), ("7;8", "dark"), ("0;7", "light"),
     ("default;default", ""), ("", ""), ("15;²", "")],
)  # fmt: skip
def test_colorfgbg_tells_the_background(value: str, background: str) -> None:
    assert background_of({"COLORFGBG": value}) == background


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def _defaults() -> object:
    yield
    configured.reset()


@pytest.mark.usefixtures("_defaults")
@pytest.mark.parametrize(
    "program",
    [
        "heat(eye(4))", "imshow(rand(3, 8, 8))",
        "import matplotlib.pyplot as plt\nplt.imshow(eye(3))\nplt.gcf().show()",
    ],
)  # fmt: skip
def test_programs_draw_pixels_on_such_a_terminal_alone(program: str) -> None:
    def drawn(stream: io.StringIO, *options: str, **environ: str) -> str:
        output = Output(parse(["repl", *options]), stream, io.StringIO(), environ)
        session = Session(write=output.write, draw=output.draw)
        session.evaluate(program)
        return stream.getvalue()

    kitty = {"TERM": "xterm-kitty", "COLORTERM": "truecolor", "COLUMNS": "80", "LINES": "24"}
    assert "\x1b_G" in drawn(Terminal(), **kitty)
    assert "\x1b" not in drawn(io.StringIO(), **kitty)
    assert "\x1b" not in drawn(Terminal(), **kitty, NO_COLOR="1")
    assert "\x1b_G" not in drawn(io.StringIO(), "--color", "always", **kitty)
    assert "\x1b_G" not in drawn(Terminal(), "--json", **kitty)
    configured.pictures = "off"
    assert "▀" in drawn(Terminal(), **kitty) and "\x1b_G" not in drawn(Terminal(), **kitty)
    configured.pictures = "sixel"
    assert "\x1bP0;1;0q" in drawn(Terminal(), **kitty)
