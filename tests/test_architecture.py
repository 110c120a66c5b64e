"""The house's rules: which way imports go, and what start-up never loads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "tcalc"
TERMINAL = {"typer", "rich", "prompt_toolkit", "click", "pygments"}
# What may be imported from within the project, by the room that imports.
ALLOWED = {
    "parser": {"parser", "source", "errors", "suggest"},
    "runtime": {"runtime", "errors", "source"},
    "library": {"library", "runtime", "errors"},
    "display": {"display", "runtime", "errors", "source"},
    "files": {"files", "runtime", "sandbox", "errors", "source"},
    "sandbox": {"sandbox"},
}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules a file imports, each with whether that happens as the file is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == "tcalc":
                for alias in node.names:
                    yield f"tcalc.{alias.name}", id(node) in top
            else:
                yield node.module, id(node) in top


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_imports_go_one_way(room: str) -> None:
    for path in modules(room):
        for name, _ in imports(path):
            if name.startswith("tcalc."):
                assert name.split(".")[1] in ALLOWED[room], f"{path} imports {name}"


@pytest.mark.parametrize("room", ["parser", "runtime", "files"])
def test_rooms_know_no_terminal(room: str) -> None:
    for path in modules(room):
        for name, _ in imports(path):
            assert name.split(".")[0] not in TERMINAL, f"{path} imports {name}"


def test_only_the_terminal_view_imports_rich() -> None:
    for path in modules("display"):
        names = {name.split(".")[0] for name, _ in imports(path)}
        assert "rich" not in names or path.name == "terminal.py"


def test_heavy_packages_are_loaded_on_demand() -> None:
    """SciPy, ml_dtypes and CuPy are never imported as a module of ours is loaded."""
    for path in sorted(ROOT.rglob("*.py")):
        for name, at_load in imports(path):
            heavy = name.split(".")[0] in {"scipy", "ml_dtypes", "cupy", "cupyx"}
            assert not (heavy and at_load), f"{path} imports {name}"


def test_text_is_never_evaluated() -> None:
    """`eval`, `exec` and `compile` appear only where our own code is generated or compiled."""
    allowed = {
        "runtime/call/generate.py",
        "runtime/autograd/vjp.py",
        "runtime/transform/plan/replay.py",
        "compiler/__init__.py",
        "parser/nodes.py",
    }
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if called & {"eval", "exec", "compile"}:
            assert str(path.relative_to(ROOT)) in allowed, path


def test_memory_is_shown_by_strides_in_one_place() -> None:
    """Arrays are made by strides where every element is checked to lie in the memory."""
    # NumPy's own constructor holds a view to the buffer that it is given.
    constructors = {
        "runtime/arrays/strides.py",
        "runtime/transform/plan/tape.py",
        "runtime/transform/plan/buffers.py",
    }
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = str(path.relative_to(ROOT))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "stride_tricks":
                assert name in {"runtime/arrays/strides.py", "runtime/transform/plan/traced.py"}, (
                    path
                )
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                assert called != "ndarray" or name in constructors, path
