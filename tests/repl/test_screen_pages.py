"""The pictures of docs/screens: what is seen on a terminal is drawn as it is, and the page shows all."""

from __future__ import annotations

import re
import sys
from itertools import zip_longest
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from scripts.make_screens import FOLDER, PAGE, page, play  # noqa: E402 (after the path)
from scripts.screens.drawing import BACK, CELL, EDGE, FORE, LINE, svg  # noqa: E402 (after the path)
from scripts.screens.scenes import SCENES  # noqa: E402 (after the path)

from .screens import needs_tmux  # noqa: E402 (after the path)

NAME = "{http://www.w3.org/2000/svg}"


def drawn(*lines: str, cursor: tuple[int, int] | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(svg(list(lines), 20, "a & b", cursor))


def test_text_stands_in_its_cells() -> None:
    tree = drawn("plain \x1b[1;31mred", "\x1b[0m<é漢x>")
    found = [
        (
            int(t.get("x", "")),
            int(t.get("textLength", "")),
            t.text,
            t.get("fill"),
            t.get("font-weight"),
        )
        for t in tree.iter(f"{NAME}text")
    ]
    assert found == [
        (EDGE, 5 * CELL, "plain", FORE, None),
        (EDGE + 6 * CELL, 3 * CELL, "red", "#e06c75", "bold"),
        (EDGE, 6 * CELL, "<é漢x>", FORE, None),
    ]


@pytest.mark.parametrize(
    ("codes", "fill"),
    [("38;5;203", "#ff5f5f"), ("38;5;245", "#8a8a8a"), ("38;2;1;2;3", "#010203"), ("91", "#ff7a85"),
     ("31;39", FORE), ("7", BACK)],
)  # fmt: skip
def test_colours_are_the_terminals(codes: str, fill: str) -> None:
    (text,) = drawn(f"\x1b[{codes}mx").iter(f"{NAME}text")
    assert text.get("fill") == fill


def test_what_is_behind_and_the_cursor_are_rectangles() -> None:
    whole, cursor, behind = drawn("ab \x1b[48;5;16mcd", cursor=(2, 0)).iter(f"{NAME}rect")
    assert whole.get("fill") == BACK
    assert (cursor.get("x"), behind.get("x")) == (f"{EDGE + 2 * CELL}", f"{EDGE + 3 * CELL}")
    assert (behind.get("width"), behind.get("fill")) == (f"{2 * CELL}", "#000000")


@pytest.mark.parametrize(
    ("char", "path"),
    [
        ("█", f"M{EDGE} {EDGE}h{CELL}v{LINE}h-{CELL}z"),
        ("▄", f"M{EDGE} {EDGE + LINE // 2}h{CELL}v{LINE // 2}h-{CELL}z"),
        ("▀", f"M{EDGE} {EDGE}h{CELL}v{LINE // 2}h-{CELL}z"),
    ],
)
def test_blocks_fill_their_part_of_a_cell(char: str, path: str) -> None:
    (found,) = drawn(char).iter(f"{NAME}path")
    assert found.get("d") == path


def test_dots_and_frames_are_drawn() -> None:
    dots, frame = drawn("⠁⣿", "├─").iter(f"{NAME}path")
    assert len(re.findall("M", dots.get("d", ""))) == 9
    assert len(re.findall("M", frame.get("d", ""))) == 5


def test_the_page_shows_every_scene() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
    assert {path.stem for path in FOLDER.iterdir()} == {scene.name for scene in SCENES}
    assert "docs/screens.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    for path in FOLDER.iterdir():
        assert ElementTree.parse(path).getroot().tag == f"{NAME}svg"
        assert not re.search(r"/tmp/|/home/|\d\.\d+ m?s\b", path.read_text(encoding="utf-8"))


@needs_tmux
@pytest.mark.parametrize("name", ["error", "heat", "completion", "table"])
def test_a_scene_is_as_it_was_drawn(name: str, tmp_path: Path) -> None:
    """What differs is to be drawn anew by scripts/make_screens.py, and looked at."""
    (scene,) = [scene for scene in SCENES if scene.name == name]
    found = play(scene, tmp_path).splitlines()
    kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8").splitlines()
    assert [pair for pair in zip_longest(found, kept) if pair[0] != pair[1]] == []
