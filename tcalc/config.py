"""What a user has set once for all: `config.toml` in the folder that the XDG rules give.

It says what a terminal looks like and how its prompt behaves. Programs, pipes and values never
depend on it: it is read where standard output is a terminal, and `--no-config` leaves it out.

    theme = "dark"        # auto, dark, light, 16 or none
    keys = "vi"           # emacs or vi
    precision = 4         # digits shown, as -p
    pager = "never"       # auto, never, or a command such as "less -R"
    broadcast = "warn"    # allow, warn or error
    pictures = "sixel"    # auto, off, kitty, iterm2 or sixel
"""

from __future__ import annotations

import os

from tcalc.errors import TcalcError
from tcalc.source import Source, Span
from tcalc.suggest import closest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 1 << 20


class ConfigProblem(TcalcError, ValueError):
    """A setting that cannot be; `source` and `span` say where it stands."""


class Settings:
    """What holds now: the defaults, or what the user's file says.

    theme: of colours (see `theme`). keys: of the line editor. precision: digits shown, None for as
    many as PyTorch shows. pager: "auto", "never" or a command, for what does not fit the window.
    broadcast: what is done where sizes of 1 are repeated silently. pictures: how a terminal takes
    pixels, "off" for not at all. background: what "auto" goes by, dark or light, "" where it is not
    known; a terminal tells it and no file does.
    """

    __slots__ = ("background", "broadcast", "keys", "pager", "pictures", "precision", "theme")

    theme: str
    keys: str
    precision: int | None
    pager: str
    broadcast: str
    pictures: str
    background: str

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The defaults again."""
        self.theme, self.keys, self.precision = "auto", "emacs", None
        self.pager, self.broadcast, self.pictures = "auto", "allow", "auto"
        self.background = ""


settings = Settings()

# By name what a setting can be: one of some words, any text, or a whole number up to a limit.
_CHOICES: dict[str, tuple[str, ...] | type[str] | int] = {
    "theme": ("auto", "dark", "light", "16", "none"),
    "keys": ("emacs", "vi"),
    "precision": 100,
    "pager": str,
    "broadcast": ("allow", "warn", "error"),
    "pictures": ("auto", "off", "kitty", "iterm2", "sixel"),
}


def folder(environ: Mapping[str, str]) -> str:
    """Where a user's configuration belongs by the XDG rules (a relative path counts as unset).

    >>> folder({"XDG_CONFIG_HOME": "/c"}), folder({"HOME": "/h"})
    ('/c/tcalc', '/h/.config/tcalc')
    """
    base = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
    return os.path.join(base, "tcalc")


def load(environ: Mapping[str, str]) -> list[ConfigProblem]:
    """Take over what the user's file says, and give what is wrong in it; what is right counts."""
    settings.reset()
    path = os.path.join(folder(environ), "config.toml")
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        return [ConfigProblem(f"{path} cannot be read: {error.strerror}")]
    return read(Source(data.decode("utf-8", "replace").replace("\r\n", "\n"), path))


def read(source: Source) -> list[ConfigProblem]:
    """Take over the settings of a text in TOML, and give what is wrong in it."""
    from tomllib import TOMLDecodeError, loads

    try:
        found = loads(source.text)
    except TOMLDecodeError as error:
        return [_unreadable(str(error), source)]
    problems = []
    for name, value in found.items():
        wrong = _wrong(name, value)
        if wrong is None:
            setattr(settings, name, value)
        else:
            problems.append(_located(wrong, source, _place(name, source)))
    return problems


def _wrong(name: str, value: object) -> ConfigProblem | None:
    """What is wrong with a setting, or None."""
    known = _CHOICES.get(name)
    if known is None:
        guess = closest(name, _CHOICES)
        hint = f"did you mean {guess}?" if guess else f"there are {', '.join(_CHOICES)}"
        return ConfigProblem(f"there is no setting {name!r}", hint=hint)
    if isinstance(known, tuple):
        if value in known and type(value) is str:
            return None
        return ConfigProblem(f"{name} is one of {', '.join(known)}, not {value!r}")
    if isinstance(known, int):
        if type(value) is int and 0 <= value <= known:
            return None
        return ConfigProblem(f"{name} is a whole number from 0 to {known}, not {value!r}")
    return None if type(value) is str else ConfigProblem(f"{name} is a text, not {value!r}")


def _located(problem: ConfigProblem, source: Source, span: Span) -> ConfigProblem:
    problem.source, problem.span = source, span
    return problem


def _place(name: str, source: Source) -> Span:
    """The line that sets a name, or makes a table of it."""
    import re

    found = re.search(
        rf"^[ \t]*\[*[ \t]*[\"']?{re.escape(name)}\b[^\n]*", source.text, re.MULTILINE
    )
    start, end = found.span() if found is not None else (0, 0)
    return Span(start, end)


def _unreadable(message: str, source: Source) -> ConfigProblem:
    """The error of text that is no TOML, where Python's reader says that it is."""
    import re

    found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    at = len(source.text)
    if found is not None:
        message = message[: found.start()]
        at = min(source.line_starts[int(found[1]) - 1] + int(found[2]) - 1, at)
    return _located(ConfigProblem(f"this is no TOML: {message}"), source, Span(at, at + 1))
