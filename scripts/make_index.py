#!/usr/bin/env python3
"""Write which module defines each exported name, what each does in one line, and the man page.

The files are tcalc/runtime/base/_index.py, tcalc/help/_summaries.py, tcalc/help/_facts.py, docs/ops.md
and docs/tcalc.1. --check only tells whether they are up to date (exit status 1 when one is not).
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tcalc" / "runtime" / "base" / "_index.py"
SUMMARIES = ROOT / "tcalc" / "help" / "_summaries.py"
FACTS = ROOT / "tcalc" / "help" / "_facts.py"
OPS_PAGE = ROOT / "docs" / "ops.md"
MAN_PAGE = ROOT / "docs" / "tcalc.1"
# Modules of the runtime that define no names for programs.
SKIPPED = {"__init__", "_index", "registry", "generate", "dispatch"}

sys.path.insert(0, str(ROOT))


def module_names() -> list[str]:
    """Every module of the runtime and the library, in order."""
    found = []
    for room in ("runtime", "library"):
        for path in sorted((ROOT / "tcalc" / room).rglob("*.py")):
            if path.stem not in SKIPPED:
                found.append(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return found


def render() -> str:
    """The index as it should be."""
    if not TARGET.exists():
        TARGET.write_text("MODULES: dict[str, str] = {}\n")
    from tcalc.runtime.base import registry

    found = registry.REGISTRY = _Homes()  # before anything takes it from there
    for module in module_names():
        __import__(module)
    names: dict[str, list[str]] = {}
    for name, home in sorted(found.homes.items()):
        names.setdefault(home, []).append(name)
    lines = [
        '"""The names that each module defines; written by scripts/make_index.py, not by hand."""',
        "",
        "# fmt: off",
        "MODULES: dict[str, str] = {",
        *(f'    "{home}": "{" ".join(names[home])}",' for home in sorted(names)),
        "}",
        "",
    ]
    return "\n".join(lines)


def render_summaries() -> str:
    """The summaries as they should be; `render()` has loaded everything."""
    from tcalc.help.reference import summary
    from tcalc.runtime.base import registry

    names: dict[str, list[str]] = {}
    for name in sorted(registry.REGISTRY):
        text = summary(registry.lookup(name))
        if text and not name.rpartition(".")[2].startswith("_"):
            names.setdefault(text, []).append(name)
    lines = [
        '"""What each name does, and whose line that is; written by scripts/make_index.py."""',
        "",
        "# fmt: off",
        "SUMMARIES: dict[str, str] = {",
        *(f"    {text!r}: {' '.join(names[text])!r}," for text in sorted(names)),
        "}",
        "",
    ]
    return "\n".join(lines)


def render_facts() -> str:
    """The facts as they should be; `render()` has loaded everything."""
    from op_facts import facts, public

    found = facts(public())
    lines = [
        '"""Dtypes and derivatives by trying, and whose they are; written by scripts/make_index.py."""',
        "",
        "# fmt: off",
        "FACTS: dict[str, str] = {",
        *(f"    {told!r}: {' '.join(sorted(found[told]))!r}," for told in sorted(found)),
        "}",
        "",
    ]
    return "\n".join(lines)


def render_ops_page() -> str:
    """The reference of every op as it should be."""
    from ops_page import page

    return page()


def render_man_page() -> str:
    """The man page as it should be."""
    from man_page import page

    return page()


class _Homes(dict[str, object]):
    """A registry that notes, for each name, the module whose import put it there."""

    def __init__(self) -> None:
        super().__init__()
        self.homes: dict[str, str] = {}

    def __setitem__(self, name: str, value: object) -> None:
        super().__setitem__(name, value)
        frame = sys._getframe(1)
        while frame.f_code.co_name != "<module>" and frame.f_back is not None:
            frame = frame.f_back
        self.homes[name] = frame.f_globals["__name__"]


_FILES = {TARGET: render, SUMMARIES: render_summaries, FACTS: render_facts, OPS_PAGE: render_ops_page,
          MAN_PAGE: render_man_page}  # fmt: skip


def main() -> int:
    """Write the files, or check them."""
    late = False
    for target, make in _FILES.items():
        text = make()
        if "--check" not in sys.argv[1:]:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            name = target.relative_to(ROOT)
            print(f"{name} is out of date: run scripts/make_index.py", file=sys.stderr)
            late = True
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
