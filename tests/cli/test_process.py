"""What only a process of its own shows: pipes, signals, limits, defaults."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import process

TCALC = [sys.executable, "-m", "tcalc"]


def test_streams_and_status() -> None:
    assert process("1 + 1", "print('漢字')") == (0, "2\n漢字\n", "")
    done = process(stdin="x = 2\nx\n1/0\n")
    assert (done.status, done.out) == (1, "2\n")
    assert done.err.startswith("ZeroDivisionError: division by zero\n --> <stdin>:3:2\n")


def test_defaults_of_the_session() -> None:
    done = process("--dtype", "float64", "--seed", "0", "ones(1).dtype", "rand(1).item()")
    assert done.out.splitlines()[0] == "torch.float64"
    again = process("--dtype", "float64", "--seed", "0", "0", "rand(1).item()")
    assert again.out.splitlines()[1] == done.out.splitlines()[1]
    assert process("--device", "meta", "ones(2).device").out == "device(type='meta')\n"
    assert process("--threads", "1", "ones(2) @ ones(2)").out == "2.0\n"


def test_a_closed_pipe_is_quiet() -> None:
    command = f"{sys.executable} -m tcalc 'for i in range(10**6): print(i)' | head -n 2"
    script = f"set -o pipefail; {command}; echo status $?"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("0\n1\nstatus 141\n", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_said() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*TCALC, "1 + 1"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30
        )
    assert done.returncode == 1
    assert done.stderr == "tcalc: cannot write to standard output: No space left on device\n"


def test_closed_streams_are_no_trouble() -> None:
    script = f"{sys.executable} -m tcalc '1 + 1' >&- 2>&- <&-; echo $?"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_output_comes_statement_by_statement() -> None:
    program = "print('a')\n'b'\nwhile True: x = 1\n"
    with subprocess.Popen(
        TCALC, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin and child.stdout and child.stderr
        child.stdin.write(program)
        child.stdin.close()
        assert child.stdout.readline() + child.stdout.readline() == "a\nb\n"
        # And Ctrl-C ends it, with the place it had come to: the loop, or just before it.
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == 130
        error = child.stderr.read()
    assert error.startswith("Interrupted: ") and re.search(r"<stdin>:[23]:", error)


def test_a_print_that_flushes_is_out_before_its_line_ends() -> None:
    program = "print('a', end='', flush=True)\nwhile True: pass"
    with subprocess.Popen([*TCALC, program], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert child.stdout.read(1) == "a"
        child.kill()


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("x = 1\nwhile True:\n    x = 1\n", "<stdin>:2:"),
        ("x = 1\n\nsum(range(10**12))\n", "<stdin>:3:1"),
        ("def f():\n    x = 1\n    while True:\n        try:\n            while 1: x += 1\n"
         "        except:\n            pass\n\nf()\n", "<stdin>:"),
    ],
)  # fmt: skip
def test_a_time_limit_ends_any_program(program: str, line: str) -> None:
    # However busy the machine: a limit long enough for what comes before the loop.
    for limit in ("0.4", "2", "8", "30"):
        done = process("--timeout", limit, stdin="print('begun')\n" + program)
        assert done.status == 124
        assert done.err.startswith(f"TimedOut: timed out after {limit} s\n")
        if done.out and " --> <stdin>:1:" not in done.err:
            break
    assert done.out == "begun\n"
    assert " --> <stdin>:" in done.err
    if line != "<stdin>:":
        number = int(line.split(":")[1]) + 1
        assert f"<stdin>:{number}:" in done.err


def test_a_time_limit_that_is_not_reached_changes_nothing() -> None:
    assert process("--timeout", "20", "1", "print(2)") == (0, "1\n2\n", "")
    done = process("--timeout", "20", "-v", "x=-", "x", "1/0", stdin="1 2\n")
    assert (done.status, done.out) == (1, "1\t2\n")
    assert process("--timeout", "20", "exit(9)").status == 9


def test_memory_is_limited() -> None:
    for program in ("zeros(10**6, 10**6)", "x = [0] * 10**9", "ones(400, 2**20)"):
        done = process("--max-memory", "300M", "print(1)", program)
        assert (done.status, done.out) == (1, "1\n"), program
        assert done.err.startswith("LimitError: "), done.err
        assert "<argument 2>:1:" in done.err
    # What no check foresees is stopped by the system, and told like the rest.
    hog = "x = []\nwhile True:\n    x.append('a' * 10**7 + str(len(x)))\n"
    done = process("--max-memory", "300M", stdin=hog)
    assert done.status == 1 and done.err.startswith("LimitError: ")
    assert "<stdin>:3:" in done.err and "300 MiB" in done.err


def test_the_machine_is_not_asked_for_what_it_has_not() -> None:
    done = process("zeros(10**9, 10**9)")
    assert done.status == 1 and done.err.startswith("LimitError: ")
    assert "3.47 EiB" in done.err


def test_a_failure_of_our_own_is_said_as_such(tmp_path: Path) -> None:
    script = (
        "import tcalc.command.run\n"
        "def broken(*_): return None.nothing\n"
        "tcalc.command.run.make_session = broken\n"
        "import sys; sys.argv[1:] = ['1']\n"
        "from tcalc.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith("InternalError: tcalc itself failed: AttributeError: ")
    assert "please report it" in done.stderr


def test_a_program_can_be_executable(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_text("#!/usr/bin/env tcalc\nargs\n")
    assert process(str(path), "-q", "x", cwd=tmp_path).out == "['-q', 'x']\n"
    assert process("./program", "-v", cwd=tmp_path).out == "['-v']\n"
