"""The house's rules: which way imports go, what start-up never loads, and what nothing may ask."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "tcalc"
TERMINAL = {"typer", "rich", "prompt_toolkit", "click", "pygments"}

# The rooms, floor by floor from the top. Rooms that share a floor know nothing of each other.
RUNTIME = "transform ops graph call autograd tensor lazy arrays types objects base".split()
FLOORS: tuple[tuple[str, ...], ...] = (
    ("tcalc.__main__",),
    ("tcalc.prompt",),
    ("tcalc.command",),
    ("tcalc.explain",),
    ("tcalc.diagnosis",),
    ("tcalc.help",),
    ("tcalc.session", "tcalc.options"),
    ("tcalc.stopwatch", "tcalc.why"),
    ("tcalc.compiler",),
    ("tcalc.language",),
    ("tcalc.network",),
    ("tcalc.display", "tcalc.files"),
    ("tcalc.library",),
    *((f"tcalc.runtime.{room}",) for room in RUNTIME),
    ("tcalc.parser", "tcalc.sandbox"),
    ("tcalc.theme",),
    ("tcalc.config",),
    ("tcalc.source", "tcalc.suggest"),
    ("tcalc.errors", "tcalc.runtime", "tcalc"),
)
# Rooms that know less of the house than what lies below them.
ALLOWED = {
    "parser": {"parser", "source", "errors", "suggest"},
    "runtime": {"runtime", "errors", "source"},
    "library": {"library", "runtime", "errors"},
    "display": {"display", "runtime", "errors", "source", "theme"},
    "files": {"files", "library", "runtime", "sandbox", "errors", "source"},
    "network": {"network", "files", "errors"},
    "sandbox": {"sandbox"},
}
# Modules of more lines than one reads in one go, and why each is one.
MOST_LINES = 500
LONG = {
    "tcalc.help._summaries": "generated: a row for each line of documentation",
    "tcalc.parser.nodes": "a row for each class of nodes",
}
# Functions that do one thing or another by what something is called, and why.
BY_NAME = {
    "tcalc.language.classes:call_members": "gives a module's name to what has another",
}


# -- reading the house ----------------------------------------------------------------------------


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


PATHS = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree_of(path)))


@pytest.fixture(autouse=True, scope="module")
def _let_go() -> Iterator[None]:
    """So many nodes are not left for other tests to look for garbage among."""
    yield
    tree_of.cache_clear()
    nodes_of.cache_clear()


@cache
def imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """The modules a file imports, each with whether that happens as the file is loaded."""
    typing_only = {
        id(inner)
        for node in nodes_of(path)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    top = {id(node) for node in tree_of(path).body}
    found = []
    for node in nodes_of(path):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path} does not write its imports out"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.append((full if full in PATHS else node.module, id(node) in top))
    return tuple(found)


def below(name: str) -> set[str]:
    """The modules of the house that a module imports, wherever the import stands in it."""
    return {found for found, _ in imports(PATHS[name]) if found in PATHS} - {name}


@cache
def place(name: str) -> tuple[int, str]:
    """The floor and the room of a module: the one with the longest name that it begins with."""
    rooms = [
        (floor, room)
        for floor, rooms in enumerate(FLOORS)
        for room in rooms
        if f"{name}.".startswith(f"{room}.")
    ]
    return max(rooms, key=lambda found: len(found[1]))


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def same(found: set[str], known: set[str]) -> None:
    """What was found is what the table says: nothing new, and nothing that has ended."""
    assert not found - known, f"new: {sorted(found - known)}"
    assert not known - found, f"no longer so, take it out: {sorted(known - found)}"


# -- floors ---------------------------------------------------------------------------------------


def goes_down(importer: str, imported: str) -> bool:
    (floor, room), (other, there) = place(importer), place(imported)
    return room == there or floor < other


def test_every_import_goes_down() -> None:
    upward = {
        f"{name} -> {found}"
        for name in PATHS
        for found in below(name)
        if not goes_down(name, found)
    }
    assert not upward, sorted(upward)


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: below(name) for name in PATHS}

    def reaches_itself(name: str) -> bool:
        seen: set[str] = set()
        waiting = [*graph[name]]
        while waiting:
            found = waiting.pop()
            if found not in seen:
                seen.add(found)
                waiting += graph[found]
        return name in seen

    assert not [name for name in PATHS if reaches_itself(name)]


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_imports_go_one_way(room: str) -> None:
    for path in modules(room):
        for name, _ in imports(path):
            if name.startswith("tcalc."):
                assert name.split(".")[1] in ALLOWED[room], f"{path} imports {name}"


@pytest.mark.parametrize("room", ["parser", "runtime", "files", "display"])
def test_rooms_know_no_terminal(room: str) -> None:
    """But for rich's table of how wide characters are, which waits for text that is not Latin."""
    for path in modules(room):
        for name, at_load in imports(path):
            known = name.startswith("rich.cells") and path.name == "cells.py" and not at_load
            assert known or name.split(".")[0] not in TERMINAL, f"{path} imports {name}"


def test_heavy_packages_are_loaded_on_demand() -> None:
    """SciPy, ml_dtypes and CuPy are never imported as a module of ours is loaded."""
    for path in sorted(ROOT.rglob("*.py")):
        for name, at_load in imports(path):
            heavy = name.split(".")[0] in {"scipy", "ml_dtypes", "cupy", "cupyx"}
            assert not (heavy and at_load), f"{path} imports {name}"


def test_text_is_never_evaluated() -> None:
    """`eval`, `exec` and `compile` appear only where our own code is generated or compiled."""
    allowed = {
        "runtime/base/generated.py",
        "runtime/transform/plan/replay.py",
        "compiler/__init__.py",
        "parser/nodes.py",
    }
    for path in sorted(ROOT.rglob("*.py")):
        called = {
            node.func.id
            for node in nodes_of(path)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if called & {"eval", "exec", "compile"}:
            assert str(path.relative_to(ROOT)) in allowed, path


def test_memory_is_shown_by_strides_in_one_place() -> None:
    """Arrays are made by strides where every element is checked to lie in the memory."""
    # NumPy's own constructor holds a view to the buffer that it is given.
    constructors = {
        "runtime/arrays/strides.py",
        "runtime/transform/plan/operands.py",
        "runtime/transform/plan/buffers.py",
    }
    # These name NumPy's functions in tables and call none of them.
    tables = {"runtime/transform/plan/traced.py", "runtime/arrays/metaarray.py"}
    for path in sorted(ROOT.rglob("*.py")):
        name = str(path.relative_to(ROOT))
        for node in nodes_of(path):
            if isinstance(node, ast.Attribute) and node.attr == "stride_tricks":
                assert name in {"runtime/arrays/strides.py", *tables}, path
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                assert called != "ndarray" or name in constructors, path


def test_colours_are_the_themes_own() -> None:
    """Codes of colours are written by the theme alone, which fits them to the background, and in plots."""
    codes = re.compile(r"\x1b\[(?!0m)[0-9;]+m")
    for path in sorted(ROOT.rglob("*.py")):
        if path.name == "theme.py" or path.parent.name == "chart":
            continue
        for node in nodes_of(path):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            # What is put into a text counts as a number.
            values = [part.value if isinstance(part, ast.Constant) else "1" for part in parts]
            text = "".join(value for value in values if isinstance(value, str))
            assert not codes.search(text), f"{path}:{getattr(node, 'lineno', 0)} {text!r}"


# -- modules and names ----------------------------------------------------------------------------


def test_a_long_module_has_a_reason() -> None:
    long = {
        name
        for name, path in PATHS.items()
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES
    }
    same(long, set(LONG))


NAMES = {"__name__", "__module__", "__qualname__"}


def asks_for_a_name(node: ast.AST) -> bool:
    """Whether an expression reads what a class, a function or a module is called."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr in NAMES:
            return True
        if isinstance(inner, ast.Call) and any(
            isinstance(given, ast.Constant) and given.value in NAMES for given in inner.args
        ):
            return True
    return False


def is_an_ops_name(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Attribute) and node.attr == "name"):
        return False
    owner = node.value
    return getattr(owner, "attr", getattr(owner, "id", "")) in {"op", "operation"}


def decides_by_name(node: ast.AST) -> bool:
    """Whether a comparison, a test of how text begins or a look-up is of something's name."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        return any(asks_for_a_name(side) or is_an_ops_name(side) for side in sides)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"startswith", "endswith"} and asks_for_a_name(node.func.value)
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return asks_for_a_name(node.slice)
    return False


def by_name(node: ast.AST, place: str) -> Iterator[str]:
    """The functions in which something is decided by a name."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        place = f"{place}{'.' if ':' in place else ':'}{node.name}"
    if decides_by_name(node):
        yield place
    for inner in ast.iter_child_nodes(node):
        yield from by_name(inner, place)


def test_what_a_thing_is_is_not_told_by_its_name() -> None:
    found = {place for name, path in PATHS.items() for place in by_name(tree_of(path), name)}
    same(found & BY_NAME.keys(), set(BY_NAME))
    assert not found - BY_NAME.keys(), sorted(found - BY_NAME.keys())
