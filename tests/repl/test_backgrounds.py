"""Light and dark terminals: what one tells of its background decides the colours, and all are read.

The terminal is a pseudo-terminal whose other side answers what it is asked. Every character that is
put out is looked at with the colours that it has on that background.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tcalc import theme
from tcalc.display.chart import colours
from tcalc.prompt.asking import understood
from tcalc.theme import THEMES, sgr

from .answering import ESCAPE, Terminal

LEAST = 3.0  # of WCAG 2, for large text and what is no text
# What people have behind their text, and how a terminal tells it.
GROUNDS = {
    "black": (0, 0, 0), "charcoal": (30, 30, 30), "solarized dark": (0, 43, 54), "dracula": (40, 42, 54),
    "white": (255, 255, 255), "paper": (250, 250, 245), "solarized light": (253, 246, 227),
}  # fmt: skip
LIGHT = {"white", "paper", "solarized light"}
Colour = tuple[int, int, int]


def is_light(ground: str) -> bool:
    return ground in LIGHT


# -- colours ----------------------------------------------------------------------------------


def luminance(colour: Colour) -> float:
    parts = [v / 255 for v in colour]
    parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a: Colour, b: Colour) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


# The sixteen of xterm, then a cube, then greys.
SIXTEEN = (
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
    (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255),
    (255, 0, 255), (0, 255, 255), (255, 255, 255),
)  # fmt: skip
STEPS = (0, 95, 135, 175, 215, 255)


def of_256(number: int) -> Colour:
    """As terminals have them, by no function of ours."""
    if number < 16:
        return SIXTEEN[number]
    if number >= 232:
        return (10 * (number - 232) + 8,) * 3
    at = number - 16
    return STEPS[at // 36], STEPS[at // 6 % 6], STEPS[at % 6]


class Look(NamedTuple):
    """How a character is written; None is the terminal's own colour."""

    fore: Colour | None = None
    back: Colour | None = None
    faint: bool = False
    turned: bool = False

    def after(self, codes: list[int]) -> Look:
        """What the codes of an SGR make of it."""
        look, rest = self, list(codes) or [0]
        while rest:
            code = rest.pop(0)
            if code == 0:
                look = Look()
            elif code in (2, 22):
                look = look._replace(faint=code == 2)
            elif code in (7, 27):
                look = look._replace(turned=code == 7)
            elif code in (38, 48):
                if rest.pop(0) == 5:
                    colour = of_256(rest.pop(0))
                else:
                    colour = (rest.pop(0), rest.pop(0), rest.pop(0))
                look = look._replace(**{"fore" if code == 38 else "back": colour})
            elif code in (39, 49):
                look = look._replace(**{"fore" if code == 39 else "back": None})
            elif 30 <= code <= 37 or 90 <= code <= 97:
                look = look._replace(fore=SIXTEEN[code % 10 + 8 * (code >= 90)])
            elif 40 <= code <= 47 or 100 <= code <= 107:
                look = look._replace(back=SIXTEEN[code % 10 + 8 * (code >= 100)])
            else:
                assert code in (1, 3, 4, 5, 8, 9, 21, 23, 24, 25, 28, 29), code
        return look

    def contrast(self, ground: Colour) -> float:
        """How much the character stands out, with the terminal's own text black or white."""
        own = (0, 0, 0) if luminance(ground) > 0.18 else (255, 255, 255)
        fore, back = self.fore or own, self.back or ground
        if self.turned:
            fore, back = back, fore
        if self.faint:
            fore = tuple((a + b) // 2 for a, b in zip(fore, back))
        return contrast(fore, back)


def looks(text: str) -> Iterator[tuple[str, Look]]:
    """The characters of what a terminal gets that leave ink, each with its look."""
    look, at = Look(), 0
    for found in [*ESCAPE.finditer(text), None]:
        piece = text[at : found.start() if found else len(text)]
        yield from ((char, look) for char in piece if char > " ")
        if found:
            at = found.end()
            if found[2] == "m":
                look = look.after([int(code or 0) for code in found[1].split(";")])


# -- themes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_part_of_a_theme_is_read(ground: str) -> None:
    for part, words in THEMES["light" if is_light(ground) else "dark"].items():
        look = Look().after([int(code) for code in sgr(words).split(";") if code])
        assert look.contrast(GROUNDS[ground]) >= LEAST, (part, words)


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_series_is_seen(ground: str) -> None:
    for at, name in enumerate(colours.NAMES):
        ((_, look),) = looks(colours.begin(at, theme.Depth.MANY) + "•")
        assert look.contrast(GROUNDS[ground]) >= LEAST, name


def test_the_measure_knows_what_is_read() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    found = dict(looks("a\x1b[38;5;226mb\x1b[0;2mc\x1b[7md\x1b[0;30;107me\x1b[m f\x1b]0;t\x07"))
    seen = {char: look.contrast((255, 255, 255)) for char, look in found.items()}
    assert seen["b"] < 1.2 < 3 < seen["c"] < 5 and seen["e"] == seen["f"] == pytest.approx(21)


# -- what a terminal tells --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "background"),
    [
        ("rgb:0000/0000/0000", "dark"), ("rgb:ffff/ffff/ffff", "light"), ("rgb:00/2b/36", "dark"),
        ("rgb:fdfd/f6f6/e3e3", "light"), ("rgba:f/f/f/8", "light"), ("rgb:8080/8080/8080", "light"),
        ("rgb:5f5f/5f5f/5f5f", "dark"), ("", ""),
    ],
)  # fmt: skip
def test_an_answer_tells_the_background(text: str, background: str) -> None:
    for end in ("\x07", "\x1b\\"):
        told = f"\x1b]11;{text}{end}" if text else ""
        answers, rest = understood(f"x{told}y\x1b[?1;2c")
        assert (answers.background, rest, answers.asked) == (background, "xy", True)
        assert not (answers.kitty or answers.sixel or answers.cell)


def test_answers_tell_of_pictures() -> None:
    answers, rest = understood("\x1b_Gi=31;OK\x1b\\\x1b[6;20;9t\x1b[?62;4c")
    assert (answers.kitty, answers.sixel, answers.cell, rest) == (True, True, (9, 20), "")
    answers, rest = understood("\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\\x1b[6;0;0t\x1b[?4;6c")
    assert (answers.kitty, answers.sixel, answers.cell, rest) == (False, False, None, "")
    answers, rest = understood("\x1b[A1+1\r")
    assert not answers.asked and rest == "\x1b[A1+1\r"


# -- a session --------------------------------------------------------------------------------


def answering(ground: str, **more: str) -> dict[str, str]:
    parts = "/".join(f"{part:02x}" * 2 for part in GROUNDS[ground])
    return {"\x1b]11;?\x1b\\": f"\x1b]11;rgb:{parts}\x1b\\", "\x1b[c": "\x1b[?62;22c"} | more


# What is entered, and what is answered.
SESSION = (
    ("x = tensor([[1., nan], [inf, 4.]]); x  # a comment", "inf"),
    ("{'name': ones(3, 4), 'rate': 0.1, 'layers': [1, 2]}", "float32"),
    ("y = tensor([1., 2.], requires_grad=True).exp(); y", "ExpBackward0"),
    ("ones(2, 3) @ ones(2, 3)", "hint"),
    ("for word in ['text']:\rword + 1\r", "TypeError"),
    ("norm(]", "SyntaxError"),
    ("plot(rand(50, 9), label=list('abcdefghi'), title='lines')", "┬"),
    ("bar({'ann': 3, 'bob': 5})", "ann"),
    ("plot.scatter([1, 2, 3], [3, 1, 2], c=[0, 1, 2])", "┬"),
    ("heat(eye(3))", "┬"),
    (":help", ":vars"),
    (":help plots", "NO_COLOR"),
    ("softmax?", "dim"),
    (":vars", "2 variables"),
    (":explain softmax(ones(8, 3) @ ones(3, 4), 1).sum()", "FLOPs"),
    (":graph y", "ExpBackward0"),
    ("z = tensor([0.]) / 0; z", "nan"),
    (":why z", "first"),
    ("set_broadcast('warn'); ones(3, 1) + ones(3)", "broadcast"),
    (":nothing", "hint"),
)


def session(terminal: Terminal) -> None:
    """Values, errors, plots, help, what stands below the line, the menu, what history proposes."""
    terminal.wait("Ctrl-D to leave")
    terminal.reads()
    for line, answer in SESSION:
        terminal.enter(line, answer)
    terminal.enter("7 * 1001", "7007")
    terminal.child.send("softmax(x, ")
    terminal.wait("dtype=None")
    terminal.child.send("dim=0) @ ones(5)")
    terminal.wait("ShapeError")
    terminal.child.send("\x03nn.functional.\t")
    terminal.wait("adaptive_avg_pool1d")
    terminal.child.send("\t\t")
    terminal.wait("adaptive_avg_pool2d")
    terminal.child.send("\x03\x03")
    terminal.child.send("ba")
    terminal.wait("r({'ann'")
    terminal.child.send("\x03")
    terminal.enter("8 * 1001", "8008")


@pytest.mark.parametrize("ground", ["charcoal", "solarized dark", "white", "solarized light"])
def test_all_of_a_session_is_read(ground: str, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, answering(ground), COLORTERM="truecolor")
    try:
        session(terminal)
    finally:
        terminal.close()
    used: dict[Look, str] = {}
    for char, look in looks(terminal.text):
        if char != "▀":  # of pictures, which show their own colours
            used.setdefault(look, "")
            used[look] += char
    unread = {look: text for look, text in used.items() if look.contrast(GROUNDS[ground]) < LEAST}
    assert not unread, unread
    assert len(used) >= 18 and any(look.back for look in used)
    code = sgr(THEMES["light" if is_light(ground) else "dark"]["error"])
    assert f"\x1b[{code}m" in terminal.text
