"""What a terminal shows, as SVG: text in runs, each as wide as its cells; blocks, dots and frames as shapes.

Shapes meet at the edges of cells whatever the fonts of whoever looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

from tcalc.display.cells import cells
from tcalc.prompt import styles

CELL, LINE, SIZE, EDGE = 9, 20, 15, 14
BACK, FORE = "#1b1f27", "#d6dae2"
_SIXTEEN = (
    "#1b1f27 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #d6dae2 "
    "#7f848e #ff7a85 #b1e08b #ffd68a #7cc4ff #dd92f2 #6fd3df #ffffff"
).split()
_FONTS = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
_BRAILLE = 0x2800
# Where a braille character has the dot of each bit: its column and row.
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
# Of frames, which sides the line goes to: left, right, up, down.
_FRAMES = {
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "rud", "┤": "lud",
    "┬": "lrd", "┴": "lru", "┼": "lrud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu",
}  # fmt: skip
_SGR = re.compile("\x1b\\[([0-9;]*)m|\x1b[()].|[\x0e\x0f]")


@dataclass(frozen=True)
class Look:
    """How a character is written."""

    fore: str = FORE
    back: str = BACK
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underlined: bool = False
    turned: bool = False

    @property
    def colours(self) -> tuple[str, str]:
        """Of the text, and behind it."""
        return (self.back, self.fore) if self.turned else (self.fore, self.back)

    def after(self, codes: list[int]) -> Look:
        """What codes make of it."""
        look, rest = self, list(codes)
        flags = {1: "bold", 2: "faint", 3: "italic", 4: "underlined", 7: "turned"}
        while rest:
            code = rest.pop(0)
            if code == 0:
                look = Look()
            elif code in flags:
                look = replace(look, **{flags[code]: True})
            elif code - 20 in flags:
                look = replace(look, **{flags[code - 20]: False})
            elif code == 22:
                look = replace(look, bold=False, faint=False)
            elif code in (38, 48):
                colour = (
                    _of_256(rest.pop(0))
                    if rest.pop(0) == 5
                    else _hex(*(rest.pop(0) for _ in "rgb"))
                )
                look = replace(look, **{"fore" if code == 38 else "back": colour})
            elif code in (39, 49):
                look = replace(look, **({"fore": FORE} if code == 39 else {"back": BACK}))
            elif code % 10 < 8 and code // 10 in (3, 4, 9, 10):
                name = "fore" if code // 10 in (3, 9) else "back"
                look = replace(look, **{name: _SIXTEEN[code % 10 + 8 * (code >= 90)]})
        return look


def _hex(red: int, green: int, blue: int) -> str:
    return f"#{red:02x}{green:02x}{blue:02x}"


def _of_256(number: int) -> str:
    return _SIXTEEN[number] if number < 16 else styles.colour(f"color({number})")


Run = tuple[int, str, Look]


def runs(lines: list[str]) -> Iterator[list[Run]]:
    """Each line as texts of one look, with the column in which each begins."""
    look = Look()
    for line in lines:
        found: list[Run] = []
        column = at = 0
        for escape_ in [*_SGR.finditer(line), None]:
            piece = line[at : escape_.start() if escape_ else len(line)]
            if piece:
                found.append((column, piece, look))
                column += cells(piece)
            if escape_:
                at = escape_.end()
                if escape_[1] is not None:
                    look = look.after([int(code or 0) for code in escape_[1].split(";")])
        yield found


def svg(lines: list[str], columns: int, title: str, cursor: tuple[int, int] | None = None) -> str:
    """A picture of lines as `tmux capture-pane -e` gives them; cursor: its column and row."""
    width, height = 2 * EDGE + columns * CELL, 2 * EDGE + len(lines) * LINE
    shapes: list[str] = []
    if cursor is not None:
        x, y = _corner(*cursor)
        shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{CELL}" height="{LINE:g}" fill="#5b6270"/>'
        )
    for row, line in enumerate(runs(lines)):
        for column, text, look in line:
            shapes += _run(column, row, text, look)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}">\n<title>{escape(title)}</title>\n'
        f'<rect width="100%" height="100%" rx="8" fill="{BACK}"/>\n'
        f'<g font-family="{_FONTS}" font-size="{SIZE}" xml:space="preserve">\n'
        + "\n".join(shapes)
        + "\n</g>\n</svg>\n"
    )


def _corner(column: int, row: int) -> tuple[int, int]:
    return EDGE + column * CELL, EDGE + row * LINE


def _run(column: int, row: int, text: str, look: Look) -> Iterator[str]:
    """The shapes of a run: what is behind it, then words and drawn characters in turn."""
    fore, back = look.colours
    x, y = _corner(column, row)
    if back != BACK:
        wide = cells(text) * CELL
        yield f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{LINE:g}" fill="{back}"/>'
    more = ' opacity="0.6"' if look.faint else ""
    for part in re.findall("[▀-▟]+|[─-╿]+|[⠀-⣿]+| +|[^ ▀-▟─-╿⠀-⣿]+(?: [^ ▀-▟─-╿⠀-⣿]+)*", text):
        if part.strip(" "):
            yield _part(column, row, part, fore, look, more)
        column += cells(part)


def _part(column: int, row: int, part: str, fore: str, look: Look, more: str) -> str:
    if part[0] in "▀▁▂▃▄▅▆▇█▌░▒▓":
        path = "".join(_block(column + k, row, char) for k, char in enumerate(part))
        return f'<path fill="{fore}"{more} shape-rendering="crispEdges" d="{path}"/>'
    if part[0] in _FRAMES:
        path = "".join(_frame(column + k, row, char) for k, char in enumerate(part))
        return f'<path stroke="{fore}" fill="none"{more} d="{path}"/>'
    if ord(part[0]) & ~0xFF == _BRAILLE:
        path = "".join(_braille(column + k, row, char) for k, char in enumerate(part))
        return f'<path fill="{fore}"{more} d="{path}"/>'
    x, y = _corner(column, row)
    if look.bold:
        more += ' font-weight="bold"'
    if look.italic:
        more += ' font-style="italic"'
    if look.underlined:
        more += ' text-decoration="underline"'
    wide = cells(part) * CELL
    return (
        f'<text x="{x:g}" y="{y + 15:g}" fill="{fore}" textLength="{wide:g}"{more}>'
        f"{escape(part, quote=False)}</text>"
    )


def _block(column: int, row: int, char: str) -> str:
    """A part of a cell: a half, so many eighths from below, or all of it."""
    x, y = _corner(column, row)
    wide, high, top = float(CELL), float(LINE), 0.0
    if char == "▀":
        high = LINE / 2
    elif char == "▌":
        wide = CELL / 2
    elif "▁" <= char <= "▇":
        high = LINE * (ord(char) - 0x2580) / 8
        top = LINE - high
    return f"M{x:g} {y + top:g}h{wide:g}v{high:g}h{-wide:g}z"


def _frame(column: int, row: int, char: str) -> str:
    x, y = _corner(column, row)
    middle, level = x + CELL / 2, y + LINE / 2
    ends = {
        "l": (x, level),
        "r": (x + CELL, level),
        "u": (middle, y),
        "d": (middle, y + LINE),
    }
    return "".join(
        f"M{middle:g} {level:g}L{ends[side][0]:g} {ends[side][1]:g}" for side in _FRAMES[char]
    )


def _braille(column: int, row: int, char: str) -> str:
    x, y = _corner(column, row)
    bits, path = ord(char) - _BRAILLE, ""
    for at, (across, down) in enumerate(_DOTS):
        if bits >> at & 1:
            left, level = round(x + CELL * (across + 0.5) / 2 - 1.2, 2), y + LINE * (down + 0.5) / 4
            path += f"M{left:g} {level:g}a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0-2.4 0"
    return path
