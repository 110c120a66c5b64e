"""`:more`: all of the last value, through a pager or in pages, left or interrupted at any time."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pexpect
import pytest

from tcalc import config
from tcalc.command.output import Output
from tcalc.command.world import World
from tcalc.options import parse
from tcalc.prompt.more import Pager
from tcalc.prompt.repl import Repl
from tcalc.session import Session

ROOT = str(Path(__file__).parents[2])
WINDOW = {"COLUMNS": "60", "LINES": "20", "TERM": "dumb"}


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Talk:
    """A conversation on a terminal in memory; `keys` are the lines typed between pages."""

    def __init__(
        self, *arguments: str, keys: str = "", environ: Mapping[str, str] = WINDOW
    ) -> None:
        self.out, self.err = Screen(), Screen()
        self.output = Output(parse(["repl", *arguments]), self.out, self.err, environ)
        self.output.rest = ":more shows the rest"
        self.session = Session(write=self.output.write)
        self.repl = Repl(self.session, self.output)
        self.repl.pager = Pager(World(io.StringIO(keys), self.out, self.err, environ))

    def __call__(self, text: str) -> list[str]:
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        self.repl.enter(text)
        return (self.out.getvalue() + self.err.getvalue()).splitlines()


def test_a_value_fits_and_more_shows_the_rest() -> None:
    talk = Talk()
    folded = talk("arange(3000)")
    assert len(folded) <= 16
    assert folded[-1].endswith("more elements · :more shows the rest")
    talk.repl.pager = None
    numbers = re.findall(r"\d+", "\n".join(line[8:] for line in talk(":more")[1:]))
    assert list(map(int, numbers)) == list(range(3000))


def test_what_fits_comes_without_pages() -> None:
    talk = Talk()
    shown = talk("arange(5)")
    assert talk(":more") == shown == ["_1  int64 [5]", "  0  1  2  3  4"]


def test_pages_of_our_own() -> None:
    talk = Talk(keys="\n\nq\nand more\n")
    talk("arange(3000)")
    text = "\n".join(talk(":more"))
    assert text.count("-- Enter for the next page, q to leave -- ") == 3
    assert len(text.splitlines()) <= 3 * 19 + 1
    talk = Talk()  # nobody is there any more
    talk("arange(3000)")
    assert "\n".join(talk(":more")).count("-- Enter") == 1


def test_a_person_who_reads_is_given_time() -> None:
    class Keys(io.StringIO):
        def readline(self, size: int = -1) -> str:
            assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
            return super().readline(size)

    talk = Talk()
    busy: list[bool] = []
    talk.repl = Repl(talk.session, talk.output, timeout=60.0, busy=busy.append)
    talk.repl.pager = Pager(World(Keys("\n\nq\n"), talk.out, talk.err, WINDOW))
    talk("arange(3000)")
    assert "\n".join(talk(":more")).count("-- Enter") == 3
    assert busy == [True, False, False, False]


def test_no_value_no_more() -> None:
    talk = Talk()
    assert talk(":more") == ["there is no value yet", "  hint: enter an expression, then :more"]
    assert ":more takes nothing more" in talk(":more 5")[0]


def test_other_modes_show_all_again() -> None:
    talk = Talk("--json")
    shown = talk("arange(3)")
    assert talk(":more") == shown
    talk = Talk("--plain", keys="\n" * 99)
    assert "..." in "".join(talk("arange(3000)"))
    text = "".join(talk(":more"))
    assert "..." not in text and " 1234," in text


def test_no_pager_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings, "pager", "never")
    talk = Talk()
    talk("arange(3000)")
    assert talk(":more")[-1].endswith(" 2999")


@pytest.mark.parametrize(
    ("named", "command"),
    [
        ("", []),
        ("cat", []),
        ("no-such-program", []),
        ("'", []),
        (f"{sys.executable} -c 'a b'", [sys.executable, "-c", "a b"]),
    ],
)
def test_the_pager_is_the_user_s(named: str, command: list[str]) -> None:
    environ = {"PAGER": named, "TERM": "xterm", "PATH": os.environ["PATH"]}
    pager = Pager(World(io.StringIO(), Screen(), Screen(), environ))
    assert pager._command("title") == command


# -- on a real terminal -----------------------------------------------------------------------

KEPT = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}

# A pager that takes some lines, says so, and leaves at the next line that is typed.
READER = """
import sys
lines = [sys.stdin.readline() for _ in range(4)]
print('READ', len(lines), lines[1].strip(), flush=True)
open('/dev/tty').readline()
print('LEFT', flush=True)
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[pexpect.spawn]:
    (tmp_path / "reader.py").write_text(READER)
    child = pexpect.spawn(
        sys.executable, ["-m", "tcalc", "repl", "--color", "never", "--no-config"],
        env=KEPT | {
            "XDG_STATE_HOME": str(tmp_path), "TERM": "xterm", "PYTHONPATH": ROOT,
            "PAGER": f"{sys.executable} {tmp_path}/reader.py", "PROMPT_TOOLKIT_NO_CPR": "1",
        },
        cwd=str(tmp_path), encoding="utf-8", timeout=30, dimensions=(24, 80),
    )  # fmt: skip
    child.delaybeforesend = 0.02
    child.expect_exact("Ctrl-D to leave")
    child.expect_exact("> ")
    yield child
    child.close(force=True)


def test_a_pager_is_read_from_as_far_as_it_wants(terminal: pexpect.spawn) -> None:
    terminal.send("zeros(1).expand(10**5, 10**3)\r")
    terminal.expect("more rows, [0-9]+ more columns · :more shows the rest")
    terminal.send(":more\r")
    terminal.expect_exact("READ 4 [:, 0:20]")  # of 16 GB
    terminal.send("\r")
    terminal.expect_exact("LEFT")
    terminal.send("6 * 7\r")
    terminal.expect_exact("_2  42")


def test_the_header_is_in_sight(tmp_path: Path) -> None:
    for rows, columns in ((24, 80), (40, 120), (12, 40)):
        child = pexpect.spawn(
            sys.executable, ["-m", "tcalc", "--no-config", "arange(10**6).reshape(1000, 1000)"],
            env={**KEPT, "PYTHONPATH": ROOT, "TERM": "xterm", "NO_COLOR": "1"},
            cwd=str(tmp_path), encoding="utf-8", timeout=30, dimensions=(rows, columns),
        )  # fmt: skip
        child.expect(pexpect.EOF)
        lines = child.before.replace("\r\n", "\n").splitlines()
        child.close()
        assert lines[0] == "int64 [1000, 1000]"
        assert len(lines) <= max(rows - 4, 6)
        assert all(len(line) <= columns for line in lines)
        assert "--terse shows all" in lines[-1]
