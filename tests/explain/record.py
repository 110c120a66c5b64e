"""Writes what dry runs tell (`explained.txt`) anew: run it where that changed, and read the difference."""

from __future__ import annotations

import re
from pathlib import Path

from tcalc.explain.expression import explain
from tcalc.session import Session
from tcalc.source import Source

FILE = Path(__file__).parent / "explained.txt"
MARK = "$ "


def read() -> tuple[str, list[tuple[str, str]]]:
    """The program that all of them follow, and each expression with what is told of it."""
    setup, *cases = ("\n" + FILE.read_text(encoding="utf-8")).split("\n" + MARK)
    return setup.strip("\n"), [tuple(case.rstrip("\n").split("\n", 1)) for case in cases]  # type: ignore[misc]  # two texts each


def session(setup: str) -> Session:
    """One in which the program ran."""
    made = Session()
    made.run(Source(setup, "<setup>"))
    return made


def told(made: Session, expression: str) -> str:
    """What a dry run tells of an expression; of an error its kind, for how it is shown is tried elsewhere."""
    lines = explain(made, Source(expression, "<:explain>"), 80).text.split("\n")
    ends = [at for at, line in enumerate(lines) if re.match(r"\w+(Error|Problem|Dtype): ", line)]
    return "\n".join([*lines[: ends[0]], lines[ends[0]].partition(":")[0]] if ends else lines)


def main() -> None:
    setup, cases = read()
    made = session(setup)
    parts = [f"{MARK}{expression}\n{told(made, expression)}\n" for expression, *_ in cases]
    FILE.write_text(f"{setup}\n\n" + "\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
