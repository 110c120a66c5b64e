"""The sessions in the README are real: each command there gives what is shown under it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent.parent / "README.md"
FILES = {
    "heights.csv": "height,weight\n1.71,62\n1.82,80.5\n",
}


def sessions() -> list[tuple[str, str]]:
    """Commands and what is shown under each, in order."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append((command, shown))
    return found


def test_commands_give_what_is_shown(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    # A pipe has no window, whatever runs the tests says of its own.
    surroundings = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    commands = sessions()
    assert len(commands) >= 6
    for command, shown in commands:
        if command.startswith("cat ") and "|" not in command:
            (tmp_path / command.split()[1]).write_text(shown)
            continue
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env={**surroundings, "PATH": path},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout + done.stderr == shown, command
