"""Notations of other languages and prompts where they cannot stand, and how the same is written here.

Loaded only where there is an error. Code between backticks in a hint can be run.
"""

from __future__ import annotations

import re

from tcalc.parser import habits
from tcalc.parser.tokens import NAME, NUMBER, OPERAND_ENDS, STRING, Tokens

_LONGEST = 50
# Operators on elements elsewhere, as what follows the point.
_ON_ELEMENTS = {"*": "*", "/": "/", "^": "**", "**": "**", "\\": "/"}
_RANGE = re.compile(r"(-?[\w.]+):(-?[\w.]+)(?::(-?[\w.]+))?")
_HANDLE = re.compile(r"@\(([\w, ]*)\)\s*([^;#]+)")
_ROWS = re.compile(r"(?<![\w\])'\"])\[([\w\s.;+-]+)\]")
_SOLVED = re.compile(r"([\w.]+)\s*\\\s*([\w.]+)")
_BEFORE = re.compile(r"([A-Za-z_][\w.]*|[\d.]+|[)\]])$")
_SHELL = frozenset(
    "ls cd cat pwd pip conda git wget curl python rm mv cp mkdir nvidia-smi which head tail unzip"
    .split()
)  # fmt: skip


def hint(text: str, tokens: Tokens, pos: int, first: int, expected: str) -> str | None:
    """How to write what the token at `pos` means elsewhere; first: where its statement begins."""
    kinds, kind = tokens.kinds, tokens.kinds[pos]
    before = kinds[pos - 1] if pos else ""
    line, start = _line(text, tokens.starts[pos])
    if kind == "%" and first == pos:
        at = pos + 1 + (kinds[pos + 1] == "%")
        word = tokens.values[at] if kinds[at] == NAME else ""
        return habits.of_magic(word, text[tokens.ends[at] : start + len(line)].strip())
    if kind == "." and first == pos:
        return _of_path(tokens, pos)
    if before == "." and expected.startswith("the name of an attribute") and kind in _ON_ELEMENTS:
        made = line.strip().replace("." + kind, _ON_ELEMENTS[kind])
        return f"operators work on elements: `{made}`" if len(made) <= _LONGEST else None
    if kind == "@" and (match := _HANDLE.match(text, tokens.starts[pos])) is not None:
        return f"a function is `lambda {match[1]}: {match[2].strip().replace('^', '**')}`"
    if kind == ":" and before in OPERAND_ENDS and "end of the statement" in expected:
        return _of_range(line)
    if "]`" in expected and kind in (NUMBER, NAME, ";", "-"):
        return _of_rows(line, tokens.starts[pos] - start)
    if kind == STRING and before in OPERAND_ENDS and tokens.ends[pos - 1] == tokens.starts[pos]:
        return of_quote(text, tokens.starts[pos])
    if kind == NAME and before in OPERAND_ENDS and "%" in kinds[first:pos]:
        return "a comment begins with `#`"
    return None


def of_quote(text: str, start: int) -> str | None:
    """The hint for a quote right behind a value: a transpose."""
    match = _BEFORE.search(text[max(0, start - _LONGEST) : start])
    if match is None or match[1][0].isdigit() or text[start : start + 1] != "'":
        return None
    return f"the transpose is `{match[1]}.T`" if match[1][0].isalpha() else "the transpose is .T"


def of_backslash(text: str, start: int) -> str | None:
    """The hint for a backslash between values: the solution of a system of equations."""
    line, begin = _line(text, start)
    for match in _SOLVED.finditer(line):
        if match.start() <= start - begin < match.end():
            return f"the solution is `linalg.solve({match[1]}, {match[2]})`"
    return None


def of_exclamation(text: str, start: int) -> str | None:
    """The hint for a `!`: a factorial, a command of the shell."""
    line, begin = _line(text, start)
    before, after = line[: start - begin], line[start - begin + 1 :]
    value = _BEFORE.search(before)
    if value is not None:
        known = value[1] if value[1][0] not in ")]" else "n"
        return f"the factorial is `math.factorial({known})`"
    words = after.split()
    if not before.strip() and words and (words[0] in _SHELL or len(words) > 1):
        return "a program starts no others: leave the prompt for the shell, `:quit`"
    return None


def _line(text: str, at: int) -> tuple[str, int]:
    """The line of a place, and where it starts."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[start : len(text) if end < 0 else end], start


def _of_path(tokens: Tokens, pos: int) -> str:
    """The hint for a path into a value as jq has them."""
    kinds, values = tokens.kinds, tokens.values
    part = ""
    if kinds[pos + 1] == NAME:
        part = f"['{values[pos + 1]}']"
    elif kinds[pos + 1] == "[" and kinds[pos + 2] == NUMBER:
        part = f"[{values[pos + 2]}]"
    return f"a value has a name: bound by -v x=FILE it is x, and a part of it `x{part}`"


def _of_range(line: str) -> str | None:
    match = _RANGE.search(line)
    if match is None:
        return None
    first, second, third = match.groups()
    start, end, step = (first, second, "") if third is None else (first, third, f", {second}")
    return f"a range is `arange({start}, {end}{step})`, its end left out"


def _of_rows(line: str, at: int) -> str | None:
    """The hint for rows and columns as Octave writes them."""
    for match in _ROWS.finditer(line):
        if match.start() <= at < match.end():
            rows = [row.split() for row in match[1].split(";")]
            written = [f"[{', '.join(row)}]" for row in rows if row]
            made = written[0] if len(rows) == 1 else f"[{', '.join(written)}]"
            return f"write `{made}`" if len(made) <= _LONGEST else None
    return None
