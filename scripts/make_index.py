#!/usr/bin/env python3
"""Write tcalc/runtime/base/_index.py: which module defines each exported name.

--check only tells whether the file is up to date (exit status 1 when it is not).
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tcalc" / "runtime" / "base" / "_index.py"
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


def main() -> int:
    """Write the index, or check it."""
    text = render()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() == text:
            return 0
        print(
            "tcalc/runtime/base/_index.py is out of date: run scripts/make_index.py",
            file=sys.stderr,
        )
        return 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
