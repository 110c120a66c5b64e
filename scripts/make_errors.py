#!/usr/bin/env python3
"""Write what programs that fail are told: the messages in tests/golden/errors.

Each file there is a list of cases: `=== name`, a program (`> …` what is typed at the prompt, `$ …`
at the shell), where its hint cannot be run as it stands `--- mended` and a program that follows
it, and the rest, which this script writes: the message at 80 columns, the lines that differ at 120
and, by style, what is coloured. `--check` says whether it is up to date. Read what it changed:
each line is what a person has to go on.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tcalc.__main__ import main as main_of_tcalc
from tcalc.command.output import Output
from tcalc.command.world import World
from tcalc.diagnosis.diagnostics import diagnose
from tcalc.diagnosis.excerpt import render
from tcalc.options import parse
from tcalc.prompt.repl import Repl
from tcalc.runtime.base import memory
from tcalc.session import Session
from tcalc.source import Source

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "golden" / "errors"
# What lies beside the programs.
FILES = {
    "table.csv": "name,height,weight\nann,1.7,60\nbob,1.8,75\n",
    "file.csv": "height,weight\n1.7,60\n1.8,75\n",
    "a.py": "print(1)\n",
    ".secret.txt": "a secret\n",
}
NARROW, WIDE = 80, 120
_PAINTED = re.compile(r"\x1b\[([\d;]+)m(.*?)\x1b\[0m")
_CODES = re.compile(r"\x1b\[[\d;]*m")
_STYLES = {"1;31": "red bold", "31": "red", "1;34": "blue bold", "34": "blue", "1;36": "hint",
           "1": "bold"}  # fmt: skip


class Case(NamedTuple):
    """A program that fails, one that does not where a hint was followed, and what is said."""

    name: str
    program: str
    mended: str
    told: str

    def text(self) -> str:
        """The case as it stands in its file."""
        mended = f"--- mended\n{self.mended}\n" if self.mended else ""
        return f"=== {self.name}\n{self.program}\n{mended}{self.told}\n"


class Outcome(NamedTuple):
    """The message of a case, the hint it holds, and the session it came about in."""

    message: str
    hint: str | None
    session: Session


def cases(text: str) -> list[Case]:
    """The cases of a file."""
    found = []
    for block in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("\n")
        program, mark, told = rest.partition("--- 80\n")
        program, _, mended = program.partition("--- mended\n")
        found.append(Case(name, program.strip("\n"), mended.strip("\n"), mark + told.strip("\n")))
    return found


@contextmanager
def folder() -> Iterator[None]:
    """A folder of its own, with the files that programs are tried on."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        for file, text in FILES.items():
            Path(name, file).write_text(text, encoding="utf-8")
        os.chdir(name)
        home, os.environ["TORCH_HOME"] = os.environ.get("TORCH_HOME"), "/home/ann/.cache/torch"
        limit, memory.limit = memory.limit, 16 * 2**30
        try:
            yield
        finally:
            os.chdir(before)
            memory.limit = limit
            os.environ.pop("TORCH_HOME")
            if home is not None:
                os.environ["TORCH_HOME"] = home


def run(case: Case, width: int = NARROW, colour: bool = False) -> Outcome:
    """Run a case's program, which has to fail, in the working folder."""
    if case.program[:2] in ("> ", "$ "):
        return _typed(case.program, width, colour)
    session = Session(base_dir=".")
    try:
        session.run(source(case.program))
    except Exception as error:  # whichever it is, its message is asked for
        found = diagnose(error, session)
        here = os.getcwd()
        diagnosis = found._replace(
            message=found.message.replace(here, "/work"),
            hint=found.hint and found.hint.replace(here, "/work"),
        )
        # How deep a program gets depends on what stands below it, and so does what memory is left.
        text = re.sub(r"… \d+ more calls", "… many more calls", render(diagnosis, colour, width))
        text = re.sub(r"and [\d.]+ GiB of", "and 15.9 GiB of", text)
        return Outcome(text, diagnosis.hint, session)
    return Outcome("(nothing was wrong)", None, session)


def source(text: str) -> Source:
    """A program as the cases' are called."""
    return Source(text, "a.tcalc")


def _typed(line: str, width: int, colour: bool) -> Outcome:
    """What a line comes to that is typed at the prompt or at the shell."""
    session = Session()
    if line[0] == "$":
        _, text = command(shlex.split(line[2:])[1:], width, colour)
    else:
        text = enter(line[2:], session, width, colour)
    hint = re.search(r"hint: (.*(?:\n {10}.*)*)", text)
    plain = re.sub(r"\n +", " ", hint[1]) if hint else None
    return Outcome(text or "(nothing is said)", plain, session)


def command(words: list[str], width: int = NARROW, colour: bool = False) -> tuple[int, str]:
    """The exit status of a command line, and what it writes."""
    out, err = io.StringIO(), io.StringIO()
    environ = {"COLUMNS": str(width), **({"CLICOLOR_FORCE": "1"} if colour else {"NO_COLOR": "1"})}
    stdin = io.TextIOWrapper(io.BytesIO(b""), "utf-8")
    status = main_of_tcalc(words, World(stdin, out, err, environ))
    return status, (out.getvalue() + err.getvalue()).rstrip("\n")


def enter(line: str, session: Session, width: int = NARROW, colour: bool = False) -> str:
    """What is answered to a line at the prompt."""
    out, err = io.StringIO(), io.StringIO()
    options = parse(["repl", "--plain", "--color", "always" if colour else "never"])
    output = Output(options, out, err, {"COLUMNS": str(width)})
    output.session = session
    Repl(session, output).enter(line)
    return (out.getvalue() + err.getvalue()).rstrip("\n")


def told(case: Case) -> str:
    """What is written of a case: its message at 80 columns, and what is otherwise."""
    narrow = run(case).message
    lines = ["--- 80", narrow]
    seen = set(narrow.split("\n"))
    wide = [line for line in run(case, WIDE).message.split("\n") if line not in seen]
    if wide:
        lines += ["--- 120", *wide]
    painted = run(case, colour=True).message
    if _CODES.sub("", painted) != narrow:
        raise SystemExit(f"{case.name}: with colour it says other words")
    styles: dict[str, list[str]] = {}
    for codes, text in _PAINTED.findall(painted):
        if text.strip(" |") and text not in styles.setdefault(_STYLES[codes], []):
            styles[_STYLES[codes]].append(text)
    if styles:
        lines += ["--- colour", *(f"{style}: {' · '.join(styles[style])}" for style in styles)]
    return "\n".join(lines)


def main() -> int:
    """Write the messages, or say which are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("families", nargs="*", help="files to write, without .txt (all)")
    options = parser.parse_args()
    stale = []
    for path in sorted(FOLDER.glob("*.txt")):
        if options.families and path.stem not in options.families:
            continue
        before = path.read_text(encoding="utf-8")
        with folder():
            made = "\n".join(case._replace(told=told(case)).text() for case in cases(before))
        if made != before:
            stale.append(path.name)
            if not options.check:
                path.write_text(made, encoding="utf-8")
    print("changed: " + ", ".join(stale) if stale else "all messages are as they were")
    return int(options.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
