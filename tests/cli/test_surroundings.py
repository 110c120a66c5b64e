"""Odd surroundings (streams, environment, folder, limits) end in values or in a clear line."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tcalc.command.output import Output
from tcalc.errors import FileProblem, shortage
from tcalc.options import COMMANDS, Options

from .conftest import Cli

TCALC = f"{shlex.quote(sys.executable)} -m tcalc"
NOT_SAID = ("Traceback", "itself failed", ", in <module>", "most recent call")
# A command line for each thing that writes.
LINES = [
    "1+1", "1/0", "--json 1/0", "'print(1, end=\"\")'", "'graph(ones(1))'", "--version", "--help",
    "run --help", "help", "help norm", "ops", "devices", "check p.tcalc", "p.tcalc", "--nope",
    "inspect p.npy", "diff p.npy p.npy", "repl", "--timeout 9 'print(1)'", "--color always --plain 'ones(2)'",
    "'print(1, end=\"\"); exit()'",
]  # fmt: skip
# Those that write nothing there, and the status that they have; and those that fail by themselves.
SILENT = {"repl": (0,), "check p.tcalc": (3,)}
FAILING = ("1/0", "'graph(ones(1))'")
if os.path.exists("/dev/full"):
    STREAMS = {">/dev/full": (1, 2), ">/dev/full 2>/dev/full": (1, 2), "2>/dev/full": (0, 1, 2)}
else:
    STREAMS = {}
STREAMS |= {">&- 2>&- <&-": (0, 1, 2)}


def shell(script: str, folder: Path, **environ: str) -> tuple[int, str]:
    """The status of a shell's command, and what it wrote."""
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env={**os.environ, "PYTHONPATH": root, **environ},
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def test_every_command_is_among_the_lines() -> None:
    first = {line.split()[0] for line in LINES}
    assert set(COMMANDS) <= first | {"run"}


@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.parametrize("line", LINES)
def test_streams_that_take_nothing(line: str, streams: str, tmp_path: Path) -> None:
    (tmp_path / "p.tcalc").write_text("1 + 1\n)\n" if line.startswith("check") else "1 + 1\n")
    status, said = shell(f"{TCALC} {line} {streams}", tmp_path)
    assert status in (STREAMS[streams] if line not in SILENT else SILENT[line]), said
    assert not any(words in said for words in NOT_SAID), said
    if streams == ">/dev/full" and status == 1 and line not in FAILING:
        assert "cannot write to standard output: No space left" in said


ODD = [
    {"COLUMNS": "²", "LINES": "²"}, {"COLUMNS": "-1", "LINES": "-1"}, {"COLUMNS": ""},
    {"COLUMNS": "9" * 5000}, {"COLUMNS": "0"}, {"TERM": ""}, {"TERM": "no such"},
    {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"},
    {"HOME": "/nowhere", "TMPDIR": "/nowhere", "XDG_STATE_HOME": "²"}, {"HOME": ""},
    {"OMP_NUM_THREADS": "²", "OPENBLAS_NUM_THREADS": "-1"}, {"PYTHONWARNINGS": "error"},
]  # fmt: skip


@pytest.mark.parametrize("environ", ODD)
def test_an_odd_environment(environ: dict[str, str], cli: Cli, tmp_path: Path) -> None:
    for terminal in (False, True):
        result = cli("--color", "never", "ones(2, 2)", "1/0", terminal=terminal, **environ)
        assert result.status == 1 and result.err.startswith("ZeroDivisionError"), result.err
    status, said = shell(f"{TCALC} 'ones(2)' '\"é\"' ; {TCALC} help norm", tmp_path, **environ)
    assert status == 0 and said.startswith("1.0\t1.0\n"), said


def test_a_width_that_is_no_number_counts_as_none(cli: Cli) -> None:
    import io

    for text, width in {"²": 80, "-1": 80, "": 80, "9" * 9: 80, "0": 80, "12": 12}.items():
        streams = io.StringIO(), io.StringIO()
        assert Output(Options(), *streams, {"COLUMNS": text}).width == width


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    for line, status in {
        "1+1": 0, "'ones(2)'": 0, "'load(\"a.npy\")'": 1, "'save(ones(2), \"a.npy\")'": 1,
        "'import beside'": 1,
        "p.tcalc": 2, "help": 0, "-v x=a.npy x": 2,
    }.items():  # fmt: skip
        gone.mkdir()
        got, said = shell(f"rmdir {shlex.quote(str(gone))}; {TCALC} {line}", gone)
        assert got == status, said
        assert ("the working directory is gone" in said) == (status == 1)
        assert not any(words in said for words in NOT_SAID), said


# What an environment installs to run at every start would need more than these limits leave.
BARE = f"{shlex.quote(sys.executable)} -S -m tcalc"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits as Linux keeps them")
@pytest.mark.parametrize("limit", ["-n 4", "-u 1", "-f 0", "-s 256"])
@pytest.mark.parametrize("line", ["1+1", "'ones(2)'", "--timeout 9 'ones(2)'", "help"])
def test_small_limits(limit: str, line: str, tmp_path: Path) -> None:
    import numpy

    path = f"{Path(__file__).parents[2]}:{Path(numpy.__file__).parents[1]}"
    status, said = shell(f"ulimit {limit}; PYTHONPATH={path} {BARE} {line}", tmp_path)
    assert status in (0, 1), said
    assert not any(words in said for words in NOT_SAID), said


def test_what_the_system_refuses_is_no_bug_of_ours() -> None:
    wrapped = ImportError("Error importing numpy")
    wrapped.__cause__ = ImportError("x.so: failed to map segment from shared object")
    assert shortage(wrapped) == "x.so: failed to map segment from shared object"
    assert shortage(MemoryError()) == "Cannot allocate memory"
    assert shortage(ImportError("No module named 'x'")) is None
    assert shortage(FileProblem("Too many open files")) is None
