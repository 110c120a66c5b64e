"""Every kind of statement, at its shortest, runs in every way that a program can be given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcalc.parser import nodes, parse
from tcalc.source import Source

from .conftest import Cli

# By the class of its node: statements that name as little as they can, and some that name more.
KINDS: dict[str, list[str]] = {
    "Expr": ["1", "...", "()", "f''", "[]", "lambda: 0", "[i for i in ()]", "(n := 1)", "1;", "x"],
    "Assign": ["x = 1", "x = y = 1", "x, *y = 1, 2", "[] = ()", "x = {}; x[0] = 1"],
    "AugAssign": ["x = 1; x += 1", "x = 1; x **= 1", "x = {1}; x |= {2}"],
    "AnnAssign": ["x: int", "x: int = 1", "(x): int = 1"],
    "Delete": ["x = 1; del x", "del ()", "del x"],
    "Pass": ["pass"],
    "Break": ["while True: break", "for _ in '': break"],
    "Continue": ["while False: continue", "for _ in (): continue"],
    "Return": ["def f(): return"],
    "Raise": ["raise ValueError", "raise"],
    "Assert": ["assert True", "assert False", "assert 1, ''"],
    "Global": ["global x", "def f():\n    global x\n    x = 1\nf()"],
    "Nonlocal": ["def f():\n    x = 1\n    def g():\n        nonlocal x\n    g()\nf()"],
    "Import": ["import torch", "import torch.nn as nn", "import nothing"],
    "ImportFrom": ["from torch import nn", "from torch import *", "from math import nothing"],
    "If": ["if 1: pass", "if 0: pass\nelif 0: pass\nelse: pass", "if 1: 2"],
    "While": [
        "while True: break",
        "while 1: break\nelse: pass",
        "while True:\n    while True: break\n    break",
        "while (): pass",
        "while True: raise ValueError",
        "while (n := 0): pass",
    ],
    "For": ["for _ in (): pass", "for i, *j in []: pass", "for x in [[1]]: x", "for _ in 5: pass"],
    "With": ["with 5: pass", "with torch.no_grad(): pass", "with torch.no_grad() as x: pass"],
    "Try": ["try: pass\nexcept: pass", "try: pass\nfinally: pass", "try: 1/0\nexcept E: pass"],
    "TryStar": ["try: pass\nexcept* ValueError: pass", "try: 1/0\nexcept* ValueError: pass"],
    "FunctionDef": ["def f(): pass", "def f(): yield", "@staticmethod\ndef f(): pass"],
    "ClassDef": ["class A: pass", "class A(): 1", "@A\nclass A: pass"],
}  # fmt: skip
STATEMENTS = sorted({text for texts in KINDS.values() for text in texts})
FINE, FAILED, USAGE = 0, 1, 2


def test_no_kind_is_left_out() -> None:
    kinds = {name for name, kind in vars(nodes).items() if _is_statement(kind)}
    assert kinds == set(KINDS)
    for name, texts in KINDS.items():
        for text in texts:
            found = [type(node).__name__ for node in _walk(parse(Source(text)))]
            assert name in found, text


def _is_statement(kind: object) -> bool:
    return isinstance(kind, type) and nodes.StmtNode in kind.__bases__


def _walk(node: nodes.Node) -> list[nodes.Node]:
    return [node] + [below for child in nodes.children(node) for below in _walk(child)]


@pytest.mark.parametrize("text", STATEMENTS)
def test_statement(text: str, cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "p.tcalc"
    path.write_text(text + "\n")
    program = text.encode() + b"\n"
    ways = {
        "argument": cli(text),
        "between others": cli("y = 1", text, "y"),
        "json": cli("--json", text),
        "terminal": cli("--color", "never", text, terminal=True),
        "standard input": cli(stdin=program),
        "file": cli(str(path)),
        "keep going": cli("--keep-going", str(path)),
        "statement by statement": cli("repl", stdin=program + b"\n"),
    }
    for way, result in ways.items():
        assert "tcalc itself failed" not in result.err, way
        assert result.status in (FINE, FAILED), way
    statuses = {way: result.status for way, result in ways.items()}
    assert len(set(statuses.values())) == 1, statuses
    # What a check says would fail does.
    checked = cli("check", str(path)).status
    assert checked == FINE or checked == FAILED in statuses.values()
    bound = cli("-v", f"q={text}", "1")
    assert "tcalc itself failed" not in bound.err and bound.status in (FINE, FAILED, USAGE)
