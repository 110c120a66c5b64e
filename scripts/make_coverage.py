#!/usr/bin/env python3
"""Write docs/coverage.md: which of PyTorch's public names tcalc has, and why it has not the others.

--check only tells whether the page is up to date (exit status 1 when it is not). What PyTorch has was
recorded by scripts/record_torch_names.py; what tcalc has is looked up as a program does.
"""

from __future__ import annotations

import sys
import textwrap
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "coverage.md"
sys.path.insert(0, str(ROOT))

from coverage_reasons import REASONS  # noqa: E402 (after the path)

from tcalc.language import absent, arrays, attributes, namespace  # noqa: E402,F401 (as above)
from tcalc.language.classes import TypeView  # noqa: E402 (as above)

# Modules with a page's section of their own; others belong to that of their first two names.
SECTIONS = (
    "torch torch.Tensor torch.nn.functional torch.nn.init torch.nn.utils torch.utils.data "
    "torch.utils.benchmark torch.optim.lr_scheduler"
).split()
# Packages of which only what they show themselves counts, and not their files.
SHALLOW = ("torchvision",)
# How long lines are.
WIDTH = 110


def section_of(home: str) -> str:
    """The section that a module or class belongs to."""
    found = [s for s in SECTIONS if f"{home}.".startswith(f"{s}.") and s != "torch"]
    return max(found, key=len) if found else ".".join(home.split(".")[:2])


def is_here(home: str, name: str) -> bool:
    """Whether a program finds a name of PyTorch's in a module or a class."""
    parent, _, last = home.rpartition(".")
    kind: Any = namespace.find(parent, last) if parent else namespace.MISSING
    if isinstance(kind, TypeView):
        kind = kind.kind
    if isinstance(kind, type):
        return name in attributes.visible(kind)
    return namespace.find(home, name) is not namespace.MISSING


def reason_for(qualified: str) -> str | None:
    """The first reason of the table that holds for a name."""
    for reason, names in REASONS:
        for pattern in names.split():
            if fnmatchcase(qualified, pattern) or fnmatchcase(qualified, f"{pattern}.*"):
                return reason
    return None


class Section:
    """What is known of one section: the names that are there, and by reason those that are not."""

    def __init__(self) -> None:
        self.here: set[str] = set()
        self.left: dict[str, str] = {}

    def add(self, home: str, name: str) -> None:
        """Take in one name."""
        if is_here(home, name):
            self.here.add(name)
            return
        reason = reason_for(f"{home}.{name}")
        if reason is None:
            raise SystemExit(f"no reason for {home}.{name}: scripts/coverage_reasons.py")
        self.left.setdefault(name, reason)

    def text(self, title: str) -> str:
        """The section as Markdown."""
        left = {n: r for n, r in self.left.items() if n not in self.here}
        lines = [f"## {title}", "", f"{len(self.here)} of {len(self.here) + len(left)} names."]
        for reason in dict.fromkeys(left.values()):
            names = sorted(n for n, r in left.items() if r == reason)
            lines += ["", f"Left out: {reason}.", "", wrapped(names)]
        if self.here:
            lines += ["", "<details><summary>here</summary>", "", wrapped(sorted(self.here))]
            lines += ["", "</details>"]
        return "\n".join(lines)

    def counts(self) -> tuple[int, int]:
        """How many names are there, and how many are not."""
        return len(self.here), len(self.left.keys() - self.here)


def wrapped(names: list[str]) -> str:
    """Names as lines of code that are not too long."""
    return "\n".join(textwrap.wrap(f"`{' '.join(names)}`", WIDTH, break_on_hyphens=False))


def sections() -> dict[str, Section]:
    """All sections, by title."""
    found: dict[str, Section] = {}
    for package in ("torch", "torchvision", "numpy"):
        for home, names in absent.names_of(package).items():
            if package in SHALLOW and home.count(".") > 1:
                continue
            section = found.setdefault(section_of(home), Section())
            for name in sorted(names):
                if not absent.names_of(package).get(f"{home}.{name}"):  # a module has its own
                    section.add(home, name)
    return {title: s for title, s in sorted(found.items()) if sum(s.counts())}


def whole() -> list[str]:
    """The packages that are left out whole, with what does their job."""
    rows = sorted((name, hint) for name, hint in absent.INSTEAD.items() if name.count(".") <= 2)
    return [f"- `{name}`: {hint}" for name, hint in rows if not name.startswith("torch.Tensor")]


def render() -> str:
    """The page as it should be."""
    found = sections()
    rows = [
        f"| [{title}](#{title.lower().replace('.', '')}) | {here} | {left} |"
        for title, (here, left) in ((t, s.counts()) for t, s in found.items())
    ]
    total = [sum(n) for n in zip(*(s.counts() for s in found.values()))]
    return "\n".join(
        [
            "# Coverage",
            "",
            "Which public names of PyTorch, torchvision and NumPy a program finds in tcalc, and why it",
            "does not find the others. Made by `scripts/make_coverage.py` from what tcalc has and from the",
            "names that PyTorch 2.13 shows; not edited by hand. A name that is left out is an error with",
            "its place when it is met, which says so and what does the job instead.",
            "",
            "| module | here | left out |",
            "|---|---:|---:|",
            *rows,
            f"| all | {total[0]} | {total[1]} |",
            "",
            "A name counts once in a section, though several files of PyTorch's may show it.",
            "",
            "## Left out whole, or nearly",
            "",
            *whole(),
            "",
            "\n\n".join(section.text(title) for title, section in found.items()),
            "",
        ]
    )


def main() -> int:
    """Write the page, or check it."""
    text = render()
    if "--check" in sys.argv[1:]:
        if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        print("docs/coverage.md is out of date: run scripts/make_coverage.py", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
