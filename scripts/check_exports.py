"""Run the scripts that `:export torch` makes of the test sessions with PyTorch itself.

    .venv/bin/python scripts/check_exports.py PYTHON

PYTHON: one that has torch. Prints the first line that differs, and exits with 1 if one does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from repl.test_export import SESSIONS, exported  # noqa: E402 (the path comes first)


def main(python: str) -> int:
    """Compare what each session showed with what PyTorch prints; the exit status."""
    worst = 0
    for session in SESSIONS:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "script.py"
            shown = exported(session, script).splitlines()
            done = subprocess.run(
                [python, str(script)], capture_output=True, text=True, check=False
            )
        printed = done.stdout.splitlines()
        wrong = next((i for i, pair in enumerate(zip(shown, printed)) if pair[0] != pair[1]), None)
        if wrong is None and len(shown) == len(printed) and not done.returncode:
            print(f"{session.stem}: {len(shown)} lines, the same")
            continue
        worst = 1
        at = min(len(shown), len(printed)) if wrong is None else wrong
        print(f"{session.stem}, line {at + 1}:", *shown[at : at + 1], "|", *printed[at : at + 1])
        print(done.stderr[-600:])
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
