#!/usr/bin/env python3
"""Write the generated case files in tests/recorded/cases: every op of a list with every dtype, number
or layout of another.

Run it with the project's Python: `python scripts/make_cases.py`; then record PyTorch's answers with
scripts/record_torch.py.
"""

from __future__ import annotations

from pathlib import Path

from cases.numbers import numbers
from cases.overlaps import overlaps
from cases.saved import saved
from cases.small import small
from cases.unsigned import unsigned
from cases.views import views

CASES = Path(__file__).resolve().parent.parent / "tests" / "recorded" / "cases"

FILES = {
    "numbers": numbers,
    "overlaps": overlaps,
    "saved": saved,
    "shared": views,
    "small": small,
    "unsigned": unsigned,
}


def main() -> int:
    """Write the files."""
    for name, blocks in FILES.items():
        (CASES / f"{name}.txt").write_text("\n\n".join(blocks()) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
