"""Programs mean what they mean in Python."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

# Each binds `result`, which is compared with CPython's.
PROGRAMS = Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8").split("\n---\n")


def plain(value: object) -> object:
    """A value in a form that two interpreters give alike."""
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [plain(v) for v in value]
        name = "list" if isinstance(value, list) else type(value).__name__
        return name, (sorted(items, key=repr) if isinstance(value, (set, frozenset)) else items)
    if isinstance(value, dict):
        return type(value).__name__, [(plain(k), plain(v)) for k, v in value.items()]
    if isinstance(value, (int, float, str, complex, slice, type(None), type(...))):
        return type(value).__name__, repr(value)
    return type(value).__name__, (plain(list(value)) if hasattr(value, "maxlen") else None)


@pytest.mark.parametrize("program", PROGRAMS)
def test_same_as_python(run, program: str) -> None:
    expected: dict[str, object] = {"__name__": "__main__"}
    exec(compile(program, "<corpus>", "exec"), expected)
    run(program)
    assert plain(run.session.variables["result"]) == plain(expected["result"])


def test_corpus_is_python() -> None:
    assert len(PROGRAMS) > 80
    for program in PROGRAMS:
        ast.parse(program)
