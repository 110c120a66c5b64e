"""The five-hundredth error of a program takes no more than the first: counted in calls."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from .conftest import Cli

# One statement for each way to a message: names, attributes, keywords, shapes, imports, syntax.
WRONG = {
    "name": "nroom{} + 1",
    "attribute": "F.softmaxx{}",
    "attribute of a tensor": "ones(2).nope{}",
    "keyword": "norm(ones(2), dinm{}=1)",
    "shape": "ones(2) @ ones({} + 3)",
    "number": "{} / 0",
    "index": "[{}][5]",
    "key": "d = {{'abc': {}}}; d['abd']",
    "inside a function": "def f{0}(a): return a.bar\nf{0}(ones(2))",
    "import": "import nothing{}",
    "assignment": "x{} = nothing",
    "syntax": "1 + {} +",
    "keyword spelled wrong": "pritn x{}",
    "scope": "def f{}(): break",
    "refused name": "__x{}__ = 1",
    "recursion": "def r{0}(n): return r{0}(n - 1) if n else 1 / 0\nr{0}(50)",
    "raised": "raise ValueError({})",
    "assertion": "assert {} < 0",
}
FEW, MANY = 20, 100
MOST = 25_000  # calls, ours and C's, that one error may take: a millisecond or two


def calls(cli: Cli, program: str) -> int:
    """How many calls a run makes."""
    made = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        result = cli("--keep-going", stdin=program.encode())
    finally:
        sys.setprofile(before)
    assert result.status and "tcalc itself failed" not in result.err, result.err
    return made


@pytest.mark.parametrize("kind", WRONG)
def test_errors_cost_the_same_each(kind: str, cli: Cli) -> None:
    lines = [WRONG[kind].format(number) for number in range(MANY)]
    calls(cli, "\n".join(lines[:2]))  # what is loaded and remembered once
    few, many = calls(cli, "\n".join(lines[:FEW])), calls(cli, "\n".join(lines))
    each = (many - few) / (MANY - FEW)
    assert many < few * MANY / FEW * 1.3
    assert each < MOST


def test_errors_among_much_that_is_fine(cli: Cli) -> None:
    """What stands between errors is compiled about once."""

    def program(size: int) -> str:
        return "\n".join(f"a{n} = n{n}" if n % 8 == 0 else f"b = {n} + 1" for n in range(size))

    calls(cli, program(16))
    few, many = calls(cli, program(200)), calls(cli, program(1000))
    assert many < few * 5 * 1.3
