"""A save that is ended leaves the old file and nothing else; what a killed one left is swept."""

from __future__ import annotations

import gc
import inspect
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcalc import files
from tcalc.errors import FileProblem
from tcalc.files import access, parts
from tcalc.runtime.tensor.tensor import wrap

# Writes half of a file, says so, and waits for what happens.
HALF = """
import sys
from tcalc.files import access
with access.writing(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    print("half", flush=True)
    {then}
"""


def half(path: Path, then: str = "sys.stdin.read()") -> subprocess.Popen[bytes]:
    """A process in the midst of writing."""
    child = subprocess.Popen(
        [sys.executable, "-c", HALF.format(then=then), str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdout and child.stdout.readline() == b"half\n"
    return child


def ended(child: subprocess.Popen[bytes]) -> int:
    assert child.stdin and child.stdout
    child.stdin.close()
    child.stdout.close()
    return child.wait(20)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "x.csv"
    path.write_text("1\n")
    return path


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT", "SIGXCPU"])
def test_signals_leave_the_old_file_alone(old: Path, name: str) -> None:
    child = half(old)
    assert len(os.listdir(old.parent)) == 2
    child.send_signal(getattr(signal, name))
    assert child.wait(20) == -getattr(signal, name)
    assert ended(child)
    assert os.listdir(old.parent) == ["x.csv"] and old.read_text() == "1\n"


# What the exception meets before it has a name closes itself.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_exception_at_any_moment_leaves_one_whole_file(old: Path) -> None:
    """A limit or Ctrl-C raises between any two steps, also as the system hands the file over."""

    class Ended(BaseException):
        pass

    def raising(nth: int) -> Any:
        left = iter(range(nth))

        def step(frame: Any, event: str, _: object) -> Any:
            if frame.f_code.co_filename != parts.__file__:
                return None
            # As a generator hands something out no signal is looked for.
            between = event == "return" and not frame.f_code.co_flags & inspect.CO_GENERATOR
            if (between or event == "line") and next(left, None) is None:
                sys.settrace(None)
                raise Ended
            return step

        return step

    handlers = {number: signal.getsignal(number) for number in parts._ENDINGS}
    before = sys.gettrace()
    for nth in range(1000):
        sys.settrace(raising(nth))
        try:
            with access.writing(str(old)) as file:
                file.write(b"2\n")
        except Ended:
            assert os.listdir(old.parent) == ["x.csv"]
            assert old.read_text() in ("1\n", "2\n")
            old.write_text("1\n")
        else:
            break
        finally:
            sys.settrace(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)
    gc.collect()
    assert 30 < nth < 999 and old.read_text() == "2\n"


def test_a_program_that_swallows_exceptions_is_no_shelter(old: Path) -> None:
    child = half(old, "\n    while True:\n        try: sys.stdin.read(); break\n        except: 0")
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == -signal.SIGTERM
    ended(child)
    assert os.listdir(old.parent) == ["x.csv"] and old.read_text() == "1\n"


def test_what_a_killed_save_left_goes_with_the_next(old: Path) -> None:
    child = half(old)
    child.kill()
    child.wait(20)
    ended(child)
    left = [name for name in os.listdir(old.parent) if name != "x.csv"]
    assert len(left) == 1 and left[0].startswith(".x.csv.")
    files.save([7], str(old.parent / "other.csv"))
    assert sorted(os.listdir(old.parent)) == ["other.csv", "x.csv"]
    assert old.read_text() == "1\n"


def test_a_run_that_has_to_be_killed_leaves_nothing(old: Path) -> None:
    child = half(old)
    child.kill()
    child.wait(20)
    ended(child)
    done = subprocess.run(
        [sys.executable, "-m", "tcalc", "--timeout", "0.3", "-1 in map(abs, range(10**12))"],
        cwd=old.parent, capture_output=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 124 and os.listdir(old.parent) == ["x.csv"]


def test_a_save_that_goes_on_is_not_swept(old: Path) -> None:
    child = half(old)
    files.save([7], str(old))
    assert old.read_text() == "7\n"
    assert len(os.listdir(old.parent)) == 2
    assert ended(child) == 0  # it comes later, and replaces the other
    assert os.listdir(old.parent) == ["x.csv"] and old.read_text() == "half"


def test_only_our_own_are_swept(tmp_path: Path) -> None:
    names = [".x.csv.1-00000000-00000000.part", ".x.csv.part", "x.part", ".x.csv.1-abcdef01.part"]
    for name in names:
        (tmp_path / name).write_text("mine")
    with parts.part(str(tmp_path / "y.csv"), None):
        made = next(n for n in os.listdir(tmp_path) if n not in names)
    # One of ours by name that is no file of its own.
    (tmp_path / made).symlink_to(tmp_path / "x.part")
    folder = tmp_path / made.replace("y.csv", "z.csv")
    folder.mkdir()
    files.save([1], str(tmp_path / "y.csv"))
    assert {*names, made, folder.name, "y.csv"} == set(os.listdir(tmp_path))
    (tmp_path / made).unlink()
    (tmp_path / made).write_text("left")
    files.save([1], str(tmp_path / "y.csv"))
    assert {*names, folder.name, "y.csv"} == set(os.listdir(tmp_path))


def test_many_at_once_leave_one_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "x.npy")
    errors: list[Exception] = []

    def save(value: float) -> None:
        for _ in range(20):
            try:
                files.save(wrap(np.full(2000, value)), path)
                array = files.load(path).array
                assert (array == array[0]).all()
            except Exception as error:  # of a thread: told below
                errors.append(error)

    workers = [threading.Thread(target=save, args=(float(n),)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == [] and os.listdir(tmp_path) == ["x.npy"]


def test_a_part_swept_before_it_was_locked_is_made_anew(tmp_path: Path, monkeypatch: Any) -> None:
    locked: list[int] = []

    class Sweeping:
        """Another process that gets the lock first, once."""

        LOCK_EX, LOCK_NB = parts.fcntl.LOCK_EX, parts.fcntl.LOCK_NB

        @staticmethod
        def flock(number: int, how: int) -> None:
            if not locked:
                for name in os.listdir(tmp_path):
                    os.unlink(tmp_path / name)
            locked.append(number)

    monkeypatch.setattr(parts, "fcntl", Sweeping)
    files.save([1], str(tmp_path / "x.csv"))
    assert len(locked) == 2 and os.listdir(tmp_path) == ["x.csv"]


def test_a_file_too_large_for_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    files.save([1], str(path))
    before = path.read_bytes()
    program = f"load({str(path)!r}); save(ones(100000), {str(path)!r})"
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # noqa: E731 (it is handed on)
    done = subprocess.run(
        [sys.executable, "-m", "tcalc", "-q", program], cwd=tmp_path, preexec_fn=limit,
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1 and "x.npy: file too large" in " ".join(done.stderr.split())
    assert os.listdir(tmp_path) == ["x.npy"] and path.read_bytes() == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk(old: Path, monkeypatch: Any) -> None:
    open_ = os.open

    def full(path: Any, flags: int, mode: int = 0o777) -> int:
        number = open_(path, flags, mode)
        if str(path).endswith(".part"):
            os.dup2(device := open_("/dev/full", os.O_WRONLY), number)
            os.close(device)
        return number

    monkeypatch.setattr(parts.os, "open", full)
    monkeypatch.setattr(parts, "fcntl", None)
    with (
        pytest.raises(FileProblem, match=r"x\.csv: no space left"),
        access.writing(str(old)) as file,
    ):
        access.put(file, b"x" * (3 << 20))
    monkeypatch.undo()
    assert os.listdir(old.parent) == ["x.csv"] and old.read_text() == "1\n"


@pytest.mark.parametrize("limit", [["--timeout", "0.5"], ["--max-memory", "200M"]])
def test_limits_of_a_run(tmp_path: Path, limit: list[str]) -> None:
    """A program that saves on and on until a limit ends it leaves a whole file."""
    files.save(wrap(np.zeros(400_000)), str(tmp_path / "x.npy"))
    program = tmp_path / "p.tcalc"
    program.write_text(
        "x, kept = ones(400_000), []\nwhile True:\n    kept.append(x + 1)\n"
        "    kept.append(str(len(kept)) * 100_000)\n    save(kept[0], 'x.npy')\n"
    )
    command = [sys.executable, "-m", "tcalc", *limit, str(program)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode in (1, 124)
    assert sorted(os.listdir(tmp_path)) == ["p.tcalc", "x.npy"]
    assert np.load(tmp_path / "x.npy").shape == (400_000,)


def test_modes_and_owners_stay(old: Path) -> None:
    mask = os.umask(0o077)
    try:
        for mode in (0o664, 0o600, 0o640):
            old.chmod(mode)
            files.save([2], str(old))
            assert old.stat().st_mode & 0o7777 == mode
    finally:
        os.umask(mask)


@pytest.mark.skipif(os.geteuid() == 0, reason="everything is allowed to root")
def test_a_file_that_is_only_to_be_read_stays(old: Path) -> None:
    old.chmod(0o444)
    with pytest.raises(FileProblem, match="permission denied"):
        files.save([2], str(old))
    assert old.read_text() == "1\n"


def test_a_program_follows_a_link_and_keeps_it(old: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(old)
    done = subprocess.run(
        [sys.executable, "-m", "tcalc", "-q", "save([5], 'link.csv')", "tensor([6])", "-o", link],
        cwd=tmp_path, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert link.is_symlink() and old.read_text() == "6\n"


def test_names_as_long_as_the_system_takes(tmp_path: Path) -> None:
    for stem in ("x" * 251, "é" * 125, "漢" * 83):
        files.save([1], str(tmp_path / (stem + ".csv")))
    assert len(os.listdir(tmp_path)) == 3
