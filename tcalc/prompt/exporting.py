"""`:export torch`: the session, or what a file is to hold of it, as a script for PyTorch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tcalc.prompt import saving
from tcalc.prompt.command import CommandError

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl


def export(repl: Repl, rest: str) -> None:
    """`torch`, then a file's name ending in .py, or an expression, or nothing: then it is shown."""
    word, _, what = rest.partition(" ")
    if word != "torch":
        raise CommandError(":export makes scripts for torch", "for instance :export torch model.py")
    from tcalc.prompt.pytorch import Script

    what = what.strip()
    entries = [*saving.beginning(repl), *repl.kept]
    path = what.strip("'\"") if what.endswith((".py", ".py'", '.py"')) else ""
    if what and not path:
        entries = [what]
    if not entries:
        raise CommandError("nothing has run yet")
    script = Script(repl.session)
    text = script.of(entries)
    if not path:
        repl.answer(text.rstrip("\n"))
    else:
        path = os.path.expanduser(path)
        if os.path.exists(path) and os.path.abspath(path) not in repl.saved:
            raise CommandError(f"{path} exists", "give another name, or remove it first")
        saving.write_whole(path, text)
        repl.saved.add(os.path.abspath(path))
        repl.answer(f"{path}: {len(text.splitlines())} lines")
    if script.left:
        names = ", ".join(dict.fromkeys(script.left))
        repl.output.tell(f"  = note: PyTorch has nothing for {names}: those lines are remarks")
