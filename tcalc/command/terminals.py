"""What a terminal is known to be: by its environment, and by what it answered where it was asked."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from tcalc.display.chart.pixels import Screen

# What marks a terminal: a variable, and how its value begins.
_MARKS = (
    ("TERM", "xterm-kitty", "kitty"), ("KITTY_WINDOW_ID", "", "kitty"),
    ("TERM", "xterm-ghostty", "ghostty"), ("GHOSTTY_RESOURCES_DIR", "", "ghostty"),
    ("ITERM_SESSION_ID", "", "iTerm.app"), ("LC_TERMINAL", "iTerm2", "iTerm.app"),
    ("TERM", "wezterm", "WezTerm"), ("WEZTERM_PANE", "", "WezTerm"),
    ("TERM", "foot", "foot"), ("TERM", "mlterm", "mlterm"), ("MLTERM", "", "mlterm"),
    ("TERM", "alacritty", "alacritty"), ("ALACRITTY_WINDOW_ID", "", "alacritty"),
    ("KONSOLE_VERSION", "", "konsole"), ("VTE_VERSION", "", "vte"),
    ("XTERM_VERSION", "", "xterm"), ("TERM", "rxvt", "rxvt"), ("TERM", "st-", "st"),
    ("WT_SESSION", "", "Windows Terminal"), ("TERMUX_VERSION", "", "termux"),
)  # fmt: skip
# Those that have drawn pixels for long, and the form that each draws best.
_FORMS = {
    "kitty": "kitty", "ghostty": "kitty", "iTerm.app": "iterm2", "WezTerm": "iterm2",
    "foot": "sixel", "mlterm": "sixel", "mintty": "sixel",
}  # fmt: skip
# What stands between a program and the terminal, and hands no pictures on by itself.
_BETWEEN = ("TMUX", "STY", "ZELLIJ")
# The pixels of a cell where a terminal does not tell: those of DEC's own.
_CELL = (10, 20)


class Answers:
    """What a terminal answered; as it stands here, nothing.

    background: dark, light or "". kitty, sixel: whether it takes pixels so. cell: the width and
    height of a cell in pixels. asked: whether it answered at all.
    """

    __slots__ = ("asked", "background", "cell", "kitty", "sixel")

    def __init__(self) -> None:
        self.asked = self.kitty = self.sixel = False
        self.background = ""
        self.cell: tuple[int, int] | None = None


def is_between(environ: Mapping[str, str]) -> bool:
    """Whether a multiplexer such as tmux draws what a program writes.

    >>> is_between({"TERM": "tmux-256color"}), is_between({"TERM": "xterm-kitty"})
    (True, False)
    """
    return environ.get("TERM", "").startswith(("tmux", "screen")) or any(
        environ.get(name) for name in _BETWEEN
    )


def form_of(environ: Mapping[str, str], answers: Answers) -> str:
    """In which form a terminal takes pixels, "" where it is not certain that it does.

    One that bears the marks of two was started from the other: what it answers has to tell.

    >>> form_of({"TERM": "xterm-kitty"}, Answers())
    'kitty'
    >>> form_of({"TERM": "alacritty", "KITTY_WINDOW_ID": "1"}, Answers())
    ''
    """
    if is_between(environ):
        return ""
    found = {
        terminal
        for name, start, terminal in _MARKS
        if environ.get(name) and environ[name].startswith(start)
    }
    if environ.get("TERM_PROGRAM"):
        found.add(environ["TERM_PROGRAM"])
    known = _FORMS.get(found.pop(), "") if len(found) == 1 else ""
    if not answers.asked or known == "iterm2":
        return known
    return "kitty" if answers.kitty else "sixel" if answers.sixel else ""


def screen_of(
    wanted: str, environ: Mapping[str, str], answers: Answers, stream: TextIO, height: int
) -> Screen | None:
    """How the terminal behind a stream takes pixels, None where it does not.

    wanted: the user's setting. What is wanted by name is done, but tmux and its like have no form
    other than Sixel. height: rows of the terminal.
    """
    form = form_of(environ, answers) if wanted == "auto" else wanted
    if form in ("", "off") or (is_between(environ) and form != "sixel"):
        return None
    from tcalc.display.chart.pixels import Screen

    return Screen(form, _cell_of(stream) or answers.cell or _CELL, height - 1)


def _cell_of(stream: TextIO) -> tuple[int, int] | None:
    """The width and height of a terminal's cell in pixels, where the system knows them."""
    try:
        from fcntl import ioctl
        from struct import unpack
        from termios import TIOCGWINSZ

        rows, columns, wide, high = unpack("4H", ioctl(stream.fileno(), TIOCGWINSZ, bytes(8)))
    except (ImportError, OSError, ValueError):
        return None
    return (wide // columns, high // rows) if wide >= columns > 0 and high >= rows > 0 else None


def background_of(environ: Mapping[str, str]) -> str:
    """What COLORFGBG says of the background: dark, light, or "" for nothing.

    >>> background_of({"COLORFGBG": "15;0"}), background_of({"COLORFGBG": "0;default;15"})
    ('dark', 'light')
    """
    told = environ.get("COLORFGBG", "").rpartition(";")[2]
    if not (told.isascii() and told.isdigit()):
        return ""
    return "dark" if int(told) < 7 or int(told) == 8 else "light"
