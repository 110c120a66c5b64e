#!/usr/bin/env python3
"""Play the scenes of scripts/screens on a real terminal, and draw docs/screens and its page.

tmux keeps the screen. `--check` says whether what there is is up to date; names play some alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.screens.drawing import svg  # noqa: E402 (after the path)
from scripts.screens.scenes import FILES, SCENES, Scene  # noqa: E402 (after the path)
from tests.repl.screens import REPL, Screen  # noqa: E402 (after the path)

PAGE, FOLDER = ROOT / "docs" / "screens.md", ROOT / "docs" / "screens"
COLUMNS, ROWS = 84, 40
SHELL = ("bash", "--norc", "--noprofile", "-i")


def play(scene: Scene, home: Path) -> str:
    """The scene as SVG; what lies in the folder is made there."""
    for name, text in FILES.items():
        (home / name).write_text(text, encoding="utf-8")
    config = home / "config" / "tcalc"
    config.mkdir(parents=True)
    (config / "config.toml").write_text('theme = "dark"\npictures = "off"\n')
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    screen = Screen(
        COLUMNS, home, rows=ROWS, kind="tmux-256color", command=SHELL if scene.shell else REPL,
        prompt="$" if scene.shell else ">", PS1="$ ", PATH=path, COLORTERM="truecolor",
    )  # fmt: skip
    try:
        for line in scene.before:
            _enter(screen, line)
        screen.press("C-l")
        screen.wait(lambda lines: lines == [screen.prompt])
        for line in scene.lines:
            _enter(screen, line)
        for text in scene.typing:
            if text.startswith("<"):
                screen.press(text.strip("<>"))
            else:
                screen.type(text)
        if scene.typing:
            screen.wait(lambda lines: any(scene.seen in line for line in lines))
        cursor = screen.cursor() if scene.typing else None
        lines = screen.lines(styled=True)
        if screen.lines()[-1] == screen.prompt:
            lines.pop()
        return svg(lines, COLUMNS, scene.title, cursor)
    finally:
        screen.close()


def _enter(screen: Screen, line: str) -> None:
    """Run a line, and wait for the prompt under what it answers."""

    def prompts(lines: list[str]) -> int:
        return sum(shown.startswith(screen.prompt) for shown in lines)

    before = prompts(screen.lines())
    screen.type(line)
    screen.wait(lambda lines: any(line[-20:] in shown for shown in lines))
    screen.press("Enter")
    screen.wait(lambda lines: lines[-1] == screen.prompt and prompts(lines) == before + 1)


def page() -> str:
    """The page that shows all scenes."""
    parts = [
        "# Screens\n\ntcalc on a terminal, played and drawn by `scripts/make_screens.py`. "
        "All that is seen here can be typed.\n"
    ]
    for scene in SCENES:
        parts.append(
            f"## {scene.title}\n\n{scene.words}\n\n![{scene.title}](screens/{scene.name}.svg)\n"
        )
    return "\n".join(parts)


def main() -> int:
    """Write or check; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("names", nargs="*", choices=[[], *[scene.name for scene in SCENES]])
    options = parser.parse_args()
    wanted = {PAGE: page()}
    for scene in SCENES:
        if not options.names or scene.name in options.names:
            with tempfile.TemporaryDirectory() as home:
                wanted[FOLDER / f"{scene.name}.svg"] = play(scene, Path(home))
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is not up to date' if options.check else 'written'}")
        if not options.check:
            path.write_text(wanted[path], encoding="utf-8")
    return int(options.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
