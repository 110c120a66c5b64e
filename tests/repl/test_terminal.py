"""The REPL as a process: on a real terminal, and with its input from a pipe."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

COMMAND = [sys.executable, "-m", "tcalc", "repl"]
PROMPT = "> "
CTRL_C, CTRL_D, CTRL_Z, UP = "\x03", "\x04", "\x1a", "\x1b[A"


def environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    root = str(Path(__file__).parents[2])
    return (
        kept
        | {"XDG_STATE_HOME": str(home), "TERM": "xterm", "PYTHONPATH": root}
        | {
            # A pseudo-terminal does not answer where its cursor is.
            "PROMPT_TOOLKIT_NO_CPR": "1"
        }
    )


class Terminal:
    """A conversation on a pseudo-terminal."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.child = pexpect.spawn(
            COMMAND[0], [*COMMAND[1:], "--color", "never", *arguments],
            env=environment(home), cwd=str(home), encoding="utf-8", timeout=20,
            dimensions=(40, 100),
        )  # fmt: skip
        self.child.delaybeforesend = 0.02

    def expect(self, *texts: str) -> None:
        for text in texts:
            self.child.expect_exact(text)

    def enter(self, line: str) -> None:
        self.child.send(line + "\r")

    def leave(self) -> int:
        self.child.send(CTRL_D)
        if self.child.expect_exact(["again leaves", pexpect.EOF]) == 0:
            self.child.send(CTRL_D)
            self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else -1


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    made.expect("Ctrl-D to leave", PROMPT)
    yield made
    made.child.close(force=True)


def test_a_conversation(terminal: Terminal, tmp_path: Path) -> None:
    terminal.enter("x = arange(3)")
    terminal.enter("x + 40")
    terminal.expect("_1", "int64", "42")
    terminal.enter("for i in range(2):")
    terminal.enter("print('row', i * 10)")
    terminal.enter("")
    terminal.expect("row 0", "row 10")
    terminal.enter("x @ ones(2)")
    terminal.expect("ShapeError")
    terminal.enter("x.sum() + _1.sum() + 7000")
    terminal.expect("7126")
    assert terminal.leave() == 0
    history = (tmp_path / "tcalc" / "history").read_text()
    assert "+for i in range(2):\n+    print('row', i * 10)\n" in history


def test_control_c_stops_a_computation_and_clears_a_line(terminal: Terminal) -> None:
    terminal.enter("kept = 41")
    terminal.enter("for i in range(10**12):")
    terminal.enter("if i == 1: print(i + 5554)")
    terminal.enter("")
    terminal.expect("5555")
    terminal.child.send(CTRL_C)
    terminal.expect("Interrupted")
    terminal.enter("kept + 1000")
    terminal.expect("1041")
    terminal.child.send("half a line" + CTRL_C)
    terminal.enter("kept + 2000")
    terminal.expect("2041")
    assert terminal.leave() == 0


def test_what_control_c_stops_is_taken_back_and_can_be_had_again(terminal: Terminal) -> None:
    terminal.enter("x = zeros(3); n = []; manual_seed(0); before = get_rng_state()")
    terminal.enter("for i in range(10**12):")
    terminal.enter("x.add_(rand(3)); n.append(i); x[0] = 1.")
    terminal.enter("if i == 1: print(i + 5554)")
    terminal.enter("")
    terminal.expect("5555")
    terminal.child.send(CTRL_C)
    terminal.expect("Interrupted", ":redo brings it back")
    terminal.enter("'as it was', int(x.any()), len(n), int(equal(before, get_rng_state()))")
    terminal.expect("'as it was', 0, 0, 1")
    terminal.enter(":redo")
    terminal.expect("redone: for i in")
    terminal.enter("'done', int(x.all()), len(n) > 1, x._version > 3")
    terminal.expect("'done', 1, True, True")
    assert terminal.leave() == 0


def test_a_pasted_session_runs_whole_and_its_answers_are_dropped(terminal: Terminal) -> None:
    pasted = ">>> def f(v):\n...     return v * 3\n...\n>>> f(14)\n42\n>>> f(5000)\n15000\n"
    terminal.child.send(f"\x1b[200~{pasted}\x1b[201~")
    terminal.expect("5000")
    terminal.enter("")
    terminal.expect("_1", "42", "_2", "15000")
    terminal.child.send("\x1b[200~:quit\x1b[201~")
    terminal.enter("")
    terminal.expect("not run as a command")
    terminal.enter("f(1111)")
    terminal.expect("3333")
    assert terminal.leave() == 0


def test_completion_and_history_across_sessions(terminal: Terminal, tmp_path: Path) -> None:
    terminal.enter("speed = 299")
    terminal.child.send("spee\t + 1000")
    terminal.enter("")
    terminal.expect("1299")
    assert terminal.leave() == 0
    again = Terminal(tmp_path)
    again.expect(PROMPT)
    again.enter("speed = 1")
    again.child.send("speed +")
    for _ in range(40):  # the history is read beside: it is asked for until it is there
        again.child.send(UP)
        if again.child.expect_exact(["1000", pexpect.TIMEOUT], timeout=0.5) == 0:
            break
    again.enter("")
    again.expect("1001")
    assert again.leave() == 0


def test_timeout_ends_a_statement_and_then_what_cannot_be_stopped(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "--timeout", "0.3")
    terminal.expect(PROMPT)
    terminal.enter("while True: pass")
    terminal.enter("")
    terminal.expect("timed out after 0.3 s")
    terminal.enter("20 + 3000")
    terminal.expect("3020")
    terminal.enter("sum(range(10 ** 11))")
    terminal.expect("timed out after 0.3 s")
    terminal.enter("-1 in map(abs, range(10 ** 11))")
    terminal.expect("the session has ended")
    terminal.child.expect(pexpect.EOF)
    terminal.child.close()
    assert terminal.child.exitstatus == 124


def test_a_stream_is_answered_at_once_and_without_prompts(tmp_path: Path) -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment(tmp_path), bufsize=1,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write("x = 20\nx + 1\n")
        assert process.stdout.readline() == "21\n"
        process.stdin.write("if x:\n    y = 5\n")
        process.stdin.write("\ny\n")
        assert process.stdout.readline() == "5\n"
        process.stdin.write("nothing\n")
        assert "NameError" in process.stderr.readline()
        process.stdin.write("x\n")
        assert process.stdout.readline() == "20\n"
        process.stdin.close()
        assert process.wait() == 1
        assert process.stdout.read() == ""
    assert not (tmp_path / "tcalc").exists()


def test_an_interrupted_stream_goes_on_with_the_next_statement(tmp_path: Path) -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment(tmp_path), bufsize=1,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write("for i in range(10**12):\n    if i == 1: print('begun')\n\n")
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        process.stdin.write("6 * 7\n")
        assert process.stdout.readline() == "42\n"
        process.stdin.close()
        assert process.wait() == 130


def test_a_file_runs_before_the_prompt(tmp_path: Path) -> None:
    program = tmp_path / "start.tcalc"
    program.write_text("def double(x):\n    return 2 * x\ndouble(3)\n")
    done = subprocess.run(
        [*COMMAND, str(program)], input="double(10)\n",
        capture_output=True, text=True, env=environment(tmp_path), check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("6\n20\n", "", 0)
    missing = subprocess.run(
        [*COMMAND, str(tmp_path / "missing.tcalc")], input="",
        capture_output=True, text=True, env=environment(tmp_path), check=False,
    )  # fmt: skip
    assert missing.returncode == 2


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    child = pexpect.spawn(
        COMMAND[0], COMMAND[1:], env=environment(tmp_path) | {"TERM": "dumb"}, cwd=str(tmp_path),
        encoding="utf-8", timeout=20, dimensions=(24, 80), echo=False,
    )  # fmt: skip
    child.expect_exact("> ")
    child.sendline("for i in range(2):")
    child.expect_exact(". ")
    child.sendline("    print('row', i * 10)")
    child.expect_exact(". ")
    child.sendline("")
    child.expect_exact("row 10\r\n1> ")
    child.sendline("for i in range(10**12):")
    child.expect_exact(". ")
    child.sendline("    if i == 1: print(i + 5554)")
    child.expect_exact(". ")
    child.sendline("")
    child.expect_exact("5555")
    child.sendintr()
    child.expect_exact("Interrupted")
    child.expect_exact("> ")
    child.send("half")
    child.sendintr()
    child.expect_exact("> ")
    child.sendline("6000 + 6")
    child.expect_exact("6006")
    assert "\x1b" not in child.before
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.parametrize("options", ["", " --timeout 60"])
def test_control_z_suspends_the_prompt_and_a_computation(tmp_path: Path, options: str) -> None:
    shell = pexpect.spawn(
        "bash", ["--norc", "--noprofile", "-i"], encoding="utf-8", timeout=20,
        env=environment(tmp_path) | {"PS1": "shell$ "}, cwd=str(tmp_path), dimensions=(40, 100),
    )  # fmt: skip
    shell.delaybeforesend = 0.02
    shell.expect_exact("shell$ ")
    shell.sendline(" ".join(COMMAND) + " --color never" + options)
    shell.expect_exact("Ctrl-D to leave")
    shell.expect_exact(PROMPT)
    shell.send("kept = 41\r")
    shell.send("kept + 100\r")
    shell.expect_exact("141")
    shell.send(CTRL_Z)
    shell.expect_exact("Stopped")
    shell.expect_exact("shell$ ")
    shell.sendline("echo $((1000 + 1))")
    shell.expect_exact("1001")
    shell.sendline("fg")
    shell.expect_exact(PROMPT)
    shell.send("kept + 2000\r")
    shell.expect_exact("2041")
    shell.send("for i in range(10**12):\r")
    shell.send("if i == 1: print(i + 5554)\r\r")
    shell.expect_exact("5555")
    shell.send(CTRL_Z)
    shell.expect_exact("Stopped")
    shell.expect_exact("shell$ ")
    shell.sendline("fg")
    shell.expect_exact("tcalc")
    shell.send(CTRL_C)
    shell.expect_exact("Interrupted")
    shell.send("kept + 3000\r")
    shell.expect_exact("3041")
    shell.send(CTRL_D)
    shell.expect_exact("again leaves")
    shell.send(CTRL_D)
    shell.expect_exact("shell$ ")
    shell.close(force=True)
