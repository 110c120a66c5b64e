"""tcalc with its first wall opened: what it takes for a program runs as plain Python.

Everything before is the command's own: reading the file, limits, the system's wall.
"""

from __future__ import annotations

from typing import Any

from tcalc.__main__ import main
from tcalc.command.run import _Run


def run_as_python(self: _Run, bound: list[Any]) -> int:
    text = self.programs[0].source.text
    exec(
        compile(text, "<program>", "exec"), {"__name__": "program", "args": self.options.words[1:]}
    )
    return 0


_Run.execute = run_as_python
_Run.parsed = lambda self, bound: True

if __name__ == "__main__":
    main()
