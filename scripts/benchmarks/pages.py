"""docs/benchmarks.md as sections, which several commands write."""

from __future__ import annotations

from benchmarks.peers import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
# Before which section the others go.
_LAST = "Run it again"


def section(page: str, title: str) -> str:
    """A section of a page, from its heading to the next; "" where there is none.

    >>> section("# P\\n\\n## A\\n\\na\\n\\n## B\\n\\nb\\n", "A")
    '## A\\n\\na\\n\\n'
    """
    heading = f"## {title}\n"
    at = 0 if page.startswith(heading) else page.find(f"\n{heading}") + 1
    if not page.startswith(heading, at):
        return ""
    end = page.find("\n## ", at)
    return page[at:] if end < 0 else page[at : end + 1]


def replaced(page: str, title: str, text: str) -> str:
    """The page with that section, which begins with its heading, in place of the one it had.

    >>> replaced("# P\\n\\n## Run it again\\n", "A", "## A\\n\\na\\n\\n")
    '# P\\n\\n## A\\n\\na\\n\\n## Run it again\\n'
    """
    old = section(page, title)
    if old:
        return page.replace(old, text)
    last = section(page, _LAST)
    return page.replace(last, text + last) if last else page + text


def put(title: str, text: str) -> None:
    """Write a section of the page."""
    PAGE.write_text(replaced(PAGE.read_text(), title, text))


def rewrite(page: str, keep: str) -> None:
    """Write the page; the section that it is to keep is that which there was."""
    old = section(PAGE.read_text(), keep) if PAGE.exists() else ""
    PAGE.write_text(replaced(page, keep, old) if old else page)
