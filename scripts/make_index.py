#!/usr/bin/env python3
"""Write tcalc/runtime/_index.py: which module defines each exported name.

--check only tells whether the file is up to date (exit status 1 when it is not).
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tcalc" / "runtime" / "_index.py"
# Modules of the runtime that define no names for programs.
SKIPPED = {"__init__", "_index", "registry", "codegen", "dispatch"}

sys.path.insert(0, str(ROOT))


def module_names() -> list[str]:
    """Every module of the runtime, in order."""
    found = []
    for path in sorted((ROOT / "tcalc" / "runtime").rglob("*.py")):
        if path.stem not in SKIPPED:
            found.append(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return found


def render() -> str:
    """The index as it should be."""
    if not TARGET.exists():
        TARGET.write_text("MODULES: tuple[str, ...] = ()\nNAMES: dict[str, int] = {}\n")
    from tcalc.runtime import op

    modules = []
    names: dict[str, int] = {}
    for module in module_names():
        before = dict(op.REGISTRY)
        __import__(module)
        new = [n for n in op.REGISTRY if n not in before]
        owned = [n for n in new if _home(op.REGISTRY[n]) in (None, module)]
        others = [n for n in new if n not in owned]
        for group in (owned, others):
            for n in group:
                home = module if n in owned else _home(op.REGISTRY[n]) or module
                if home not in modules:
                    modules.append(home)
                names[n] = modules.index(home)
    lines = [
        '"""Which module defines each name; written by scripts/make_index.py, not by hand."""',
        "",
        "# fmt: off",
        "MODULES: tuple[str, ...] = (",
        *(f'    "{m}",' for m in modules),
        ")",
        "NAMES: dict[str, int] = {",
        *(f'    "{n}": {names[n]},' for n in sorted(names)),
        "}",
        "",
    ]
    return "\n".join(lines)


def _home(value: object) -> str | None:
    """The module that defines an entry, as far as the entry tells."""
    op = getattr(value, "op", value)
    kernel = getattr(op, "kernel", None)
    module = getattr(kernel or value, "__module__", None)
    return module if isinstance(module, str) and module.startswith("tcalc.runtime") else None


def main() -> int:
    """Write the index, or check it."""
    text = render()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() == text:
            return 0
        print("tcalc/runtime/_index.py is out of date: run scripts/make_index.py", file=sys.stderr)
        return 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
