"""Object files from disk: whose are read, which are refused, and what is written when."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcalc.runtime.lazy.compiled import building, cache, kernels, loader
from tcalc.runtime.lazy.compiled.kernels import Kernel
from tcalc.runtime.lazy.compiled.lower import NAME
from tcalc.runtime.lazy.compiled.steps import Run, divided

compiles = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")
F = np.dtype("f4")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tcalc" / ".compiled"


def a_run(exact: bool = True) -> Run:
    (run,) = divided(
        [(np.add, (0, 1), 2), (np.negative if exact else np.exp, (2,), 3)], [F] * 4, [3]
    )
    assert type(run) is Run
    return run


def a_kernel(exact: bool = True) -> Kernel:
    return Kernel(a_run(exact), [F] * 4, "ccc")


def object_file() -> bytes:
    from tcalc.runtime.lazy.compiled.build import compiled

    return compiled(a_kernel(False)._text)


# -- the cache ------------------------------------------------------------------------------------


def test_what_is_written_is_read(home: Path) -> None:
    key = cache.key_of("some", "texts")
    assert cache.read(key) is None
    cache.write(key, b"contents")
    assert cache.read(key) == b"contents"
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / key).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == [key]
    assert cache.key_of("some", "texts") == key != cache.key_of("sometexts")


def test_what_is_damaged_is_not_read(home: Path) -> None:
    key = cache.key_of("a")
    cache.write(key, b"contents")
    whole = (home / key).read_bytes()
    for damaged in (whole[:-1], whole[:-1] + b"x", b"", whole[1:]):
        (home / key).write_bytes(damaged)
        assert cache.read(key) is None


def test_what_others_could_have_written_is_not_read(home: Path, tmp_path: Path) -> None:
    key = cache.key_of("a")
    cache.write(key, b"contents")
    (home / key).chmod(0o622)
    assert cache.read(key) is None
    (home / key).chmod(0o600)
    home.chmod(0o755)
    assert cache.read(key) is None
    cache.write("other", b"contents")
    assert not (home / "other").exists()
    home.chmod(0o700)
    assert cache.read(key) == b"contents"
    elsewhere = tmp_path / "elsewhere"
    (home / key).rename(elsewhere)
    (home / key).symlink_to(elsewhere)
    assert cache.read(key) is None
    home.rename(tmp_path / "moved")
    home.symlink_to(tmp_path / "moved")
    assert cache.read(key) is None


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
def test_what_others_own_is_not_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = cache.key_of("a")
    cache.write(key, b"contents")
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert cache.read(key) is None
    cache.write("other", b"contents")
    assert not (home / "other").exists()


def test_nothing_is_written_behind_the_wall(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache.settings, "writes", False)
    cache.write("a", b"contents")
    assert not home.exists()


def test_the_oldest_go(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST", 100)
    for i, name in enumerate("abcd"):
        cache.write(name, bytes(30))
        os.utime(home / name, (i, i))
    assert sorted(path.name for path in home.iterdir()) == ["c", "d"]


def test_a_place_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    cache.write("a", b"contents")
    assert cache.read("a") is None
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.folder() == os.path.expanduser("~/.cache/tcalc/.compiled")


# -- the loader -----------------------------------------------------------------------------------


@compiles
def test_an_object_file_becomes_a_function() -> None:
    memory, entry = loader.image(object_file(), NAME)
    assert 0 <= entry < len(memory)
    with pytest.raises(loader.Refused):
        loader.image(object_file(), "other")


@compiles
def test_files_that_are_changed_are_refused_or_harmless() -> None:
    """Whatever is in a file, reading it ends in an image or in Refused."""
    data = object_file()
    rng = random.Random(0)
    outcomes = {True: 0, False: 0}
    for _ in range(20_000):
        changed = bytearray(data)
        for _ in range(rng.choice((1, 1, 2, 4))):
            at = rng.choice(
                (rng.randrange(64), rng.randrange(len(data)), len(data) - 1 - rng.randrange(700))
            )
            changed[at] = rng.choice((0, 1, 0x7F, 0xFF, changed[at] ^ 1 << rng.randrange(8)))
        if rng.random() < 0.1:
            del changed[rng.randrange(len(changed)) :]
        try:
            memory, entry = loader.image(bytes(changed), NAME)
            assert 0 <= entry < len(memory) <= loader.LARGEST
            outcomes[True] += 1
        except loader.Refused:
            outcomes[False] += 1
    assert all(outcomes.values())


@compiles
@pytest.mark.parametrize(
    "at, value",
    [
        (4, 1),  # 32 bits
        (5, 2),  # the other order of bytes
        (16, 2),  # a program
        (18, 183),  # another processor
        (58, 40),  # sections of another size
    ],
)
def test_other_kinds_of_files_are_refused(at: int, value: int) -> None:
    data = bytearray(object_file())
    data[at] = value
    with pytest.raises(loader.Refused):
        loader.image(bytes(data), NAME)


@compiles
def test_code_that_calls_something_outside_is_refused() -> None:
    from tcalc.runtime.lazy.compiled.build import compiled

    text = "declare void @f()\ndefine void @run(ptr %a) nounwind {\n call void @f()\n ret void\n}\n"
    with pytest.raises(loader.Refused, match="outside"):
        loader.image(compiled(text), NAME)
    assert building.built(text, NAME) is None
    text = "@x = global i64 0\ndefine void @run(ptr %a) nounwind {\n store i64 1, ptr @x\n ret void\n}\n"
    with pytest.raises(loader.Refused):
        loader.image(compiled(text), NAME)


@compiles
def test_what_is_not_code_is_not_built() -> None:
    assert building.built("this is no module", NAME) is None


@compiles
def test_no_page_is_ever_written_and_run() -> None:
    def both() -> int:  # the C library's own, as that of callbacks
        rights = [line.split()[1] for line in Path("/proc/self/maps").read_text().splitlines()]
        return len([r for r in rights if "w" in r and "x" in r])

    image = loader.image(object_file(), NAME)
    before = both()
    loader.mapped(*image)
    assert both() == before


# -- when what is compiled ------------------------------------------------------------------------


@compiles
def test_numpy_works_until_it_has_taken_long(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LONG", 1000)
    made = a_kernel()
    assert not made.is_ready(100)
    assert not home.exists()
    made.is_ready(1000)
    building.wait()
    assert made.is_ready(1)
    assert len(list(home.iterdir())) == 1
    again = a_kernel()  # the next session finds it
    assert again.is_ready(1)


@compiles
def test_what_differs_from_numpy_is_compiled_at_once(home: Path) -> None:
    made = a_kernel(exact=False)
    assert made.is_ready(1) and len(list(home.iterdir())) == 1


@compiles
def test_an_interrupt_while_compiling_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    made = a_kernel(exact=False)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(building, "built", interrupted)
        made.is_ready(1)
    assert made.is_ready(1)


@compiles
def test_where_nothing_can_be_had_numpy_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "built", lambda *_: None)
    made = a_kernel(exact=False)
    assert not made.is_ready(1) and not made.is_ready(1)


@compiles
def test_a_loaded_kernel_needs_no_llvm(home: Path) -> None:
    program = """
import sys
import numpy as np
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.tensor.tensor import wrap
x = lookup("torch.exp")(wrap(np.ones(300_000, np.float32))).array
print("llvmlite.binding" in sys.modules, repr(float(x[0])))
"""
    found: list[Any] = []
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found.append(done.stdout.split())
    assert [f[0] for f in found] == ["True", "False"] and found[0][1] == found[1][1]


def test_without_llvmlite_numpy_works() -> None:
    program = """
import sys
sys.modules["llvmlite"] = None
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "llvmlite" else find(name)
import numpy as np
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.lazy.compiled import kernels
from tcalc.runtime.tensor.tensor import wrap
x = np.linspace(-5, 5, 300_000, dtype=np.float32)
assert not kernels.available()
assert (lookup("torch.exp")(wrap(x)).array == np.exp(x.astype("f8")).astype("f4")).all()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# What a program does, then whether LLVM was loaded for it.
WATCHED = """
import os, sys
def leave(status, leave=os._exit):
    print(status, "llvmlite.binding" in sys.modules, file=sys.stderr, flush=True)
    leave(0)
os._exit = leave
from tcalc.__main__ import main
main()
"""


@compiles
def test_behind_the_wall_the_cache_is_read(tmp_path: Path, home: Path) -> None:
    (tmp_path / "p.tcalc").write_text("print(exp(ones(300_000)).sum())\n")

    def run(sandbox: str) -> tuple[str, str]:
        command = [sys.executable, "-c", WATCHED, "--sandbox", sandbox, "p.tcalc"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.stderr.split()[0] == "0", done.stderr
        return done.stdout, done.stderr.split()[1]

    # The folder lies in that of the program, which may write there: it is left alone all the same.
    inside = run("auto")
    assert inside[1] == "True" and not home.exists()
    outside = run("off")
    assert outside == inside and len(list(home.iterdir())) == 1
    assert run("auto") == (inside[0], "False")
