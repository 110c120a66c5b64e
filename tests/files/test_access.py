"""Which files a program may touch, and that they are written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcalc import files
from tcalc.errors import ArgumentError, FileProblem, ValueProblem
from tcalc.files import access
from tcalc.files.functions import make_functions
from tcalc.runtime.tensor.tensor import wrap
from tcalc.runtime.types import dtypes


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in ("work/data", "work/.hidden", "script", "outside"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("work/x.csv", "work/data/x.csv", "work/.hidden/x.csv", "work/.x.csv",
                 "script/s.csv", "outside/secret.csv"):  # fmt: skip
        (tmp_path / file).write_text("1,2\n3,4\n")
    return tmp_path


@pytest.fixture
def functions(home: Path) -> dict[str, Callable[..., Any]]:
    allowed: set[str] = set()
    made = make_functions(lambda: [home / "work", home / "script"], allowed)
    return {**made, "allow": lambda path: allowed.add(str(path))}


def test_under_the_base_directories(home: Path, functions: Any) -> None:
    for name in ("x.csv", "./x.csv", "data/x.csv", "data/../x.csv", "s.csv", home / "work/x.csv",
                 home / "script/s.csv"):  # fmt: skip
        assert functions["load"](str(name)).array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../outside/secret.csv", "only touch files under"),
        ("data/../../outside/secret.csv", "only touch files under"),
        ("/etc/hosts.csv", "only touch files under"),
        (".x.csv", "hidden"),
        (".hidden/x.csv", "hidden"),
        ("data/../.hidden/x.csv", "hidden"),
        ("nothing.csv", "no such file: nothing.csv"),
        ("nowhere/x.csv", "no such file"),
        ("x.csv/y.csv", "no such file|not a directory"),
        ("x.py", "not a data file"),
        ("x", "not a data file"),
        (".csv", "not a data file"),
        ("", "not a data file"),
        ("x\0.csv", "no file's name"),
        ("model.pkl", "nothing is unpickled"),
        ("x" * 300 + ".csv", "no such file|too long"),
    ],
)
def test_names_refused(functions: Any, name: str, message: str) -> None:
    with pytest.raises(FileProblem, match=message):
        functions["load"](name)
    if "no such file" not in message:
        with pytest.raises(FileProblem, match=message):
            functions["save"]([1], name)


def test_the_hint_of_pickles_names_what_keeps_weights(functions: Any) -> None:
    with pytest.raises(FileProblem) as caught:
        functions["save"]({"w": [1]}, "model.pkl")
    assert ".pt" in (caught.value.hint or "")


def test_named_files_are_reachable(home: Path, functions: Any) -> None:
    secret, hidden = home / "outside/secret.csv", home / "work/.x.csv"
    for path in (secret, hidden):
        with pytest.raises(FileProblem):
            functions["load"](str(path))
        functions["allow"](path)
        assert functions["load"](str(path)).shape == (2, 2)
    functions["save"]([5], str(secret))
    assert secret.read_text() == "5\n"
    assert functions["load"]("../outside/secret.csv").array.tolist() == [5]


def test_links_lead_nowhere_else(home: Path, functions: Any) -> None:
    work = home / "work"
    (work / "out.csv").symlink_to(home / "outside/secret.csv")
    (work / "folder").symlink_to(home / "outside")
    (work / "hide.csv").symlink_to(work / ".x.csv")
    (work / "loop.csv").symlink_to(work / "loop.csv")
    (work / "dangling.csv").symlink_to(home / "outside/new.csv")
    (work / "other.csv").symlink_to(work / "notes.md")
    (work / "notes.md").write_text("secret")
    (work / "fine.csv").symlink_to(work / "data/x.csv")
    assert functions["load"]("fine.csv").shape == (2, 2)
    for name in ("out.csv", "folder/secret.csv", "hide.csv", "loop.csv", "dangling.csv",
                 "other.csv"):  # fmt: skip
        with pytest.raises(FileProblem):
            functions["load"](name)
    for name in ("out.csv", "folder/new.csv", "hide.csv", "dangling.csv", "other.csv"):
        with pytest.raises(FileProblem):
            functions["save"]([1], name)
    assert (home / "outside/secret.csv").read_text() == "1,2\n3,4\n"
    assert not (home / "outside/new.csv").exists()


def test_plain_files_only(home: Path, functions: Any) -> None:
    work = home / "work"
    (work / "dir.csv").mkdir()
    os.mkfifo(work / "pipe.csv")
    for name, what in (("dir.csv", "a directory"), ("pipe.csv", "a pipe")):
        with pytest.raises(FileProblem, match=f"is {what}, not a plain file"):
            functions["load"](name)
        with pytest.raises(FileProblem, match=f"is {what}, not a plain file"):
            functions["save"]([1], name)
    with pytest.raises(FileProblem, match="is a device"), access.reading("/dev/null"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="everything is allowed to root")
def test_what_the_system_forbids(home: Path, functions: Any) -> None:
    (home / "work/x.csv").chmod(0)
    with pytest.raises(FileProblem, match=r"x.csv: permission denied"):
        functions["load"]("x.csv")


def test_names_are_strings(functions: Any) -> None:
    for name in (Path("x.csv"), 1, None, b"x.csv", type("S", (str,), {})("x.csv")):
        with pytest.raises(ArgumentError, match="name must be a str"):
            functions["load"](name)
        with pytest.raises(ArgumentError, match="name must be a str"):
            functions["save"]([1], name)


def test_load_takes_what_pytorch_takes(functions: Any) -> None:
    found = functions["load"]("x.csv", map_location="cpu", weights_only=True)
    assert found.dtype is dtypes.int64
    assert functions["load"]("x.csv", dtype=dtypes.float64).dtype is dtypes.float64
    assert functions["load"]("x.csv", dtype=float).dtype is dtypes.float64
    assert functions["load"]("x.csv", columns=1).array.tolist() == [2, 4]
    with pytest.raises(ArgumentError, match="unexpected keyword argument 'pickle_module'"):
        functions["load"]("x.csv", pickle_module=None)


def test_save_takes_numpys_order_too(home: Path, functions: Any) -> None:
    functions["save"]("y.npy", wrap(np.ones(2)))
    functions["save"](wrap(np.ones(2)), "z.npy")
    assert (home / "work/y.npy").read_bytes() == (home / "work/z.npy").read_bytes()


def test_saving_is_whole_or_not_at_all(home: Path, functions: Any) -> None:
    before = sorted(p.name for p in (home / "work").iterdir())
    with pytest.raises(ValueProblem):
        functions["save"](wrap(np.ones((2, 2, 2))), "x.csv")
    with pytest.raises(FileProblem, match="cannot be the name of an array"):
        functions["save"]({"good": [1], "../bad": [2]}, "x.npz")
    with pytest.raises(FileProblem, match="there is no such folder"):
        functions["save"]([1], "nowhere/x.csv")
    with pytest.raises(RuntimeError), access.writing(str(home / "work/x.csv")) as file:
        file.write(b"half")
        raise RuntimeError
    assert sorted(p.name for p in (home / "work").iterdir()) == before
    assert (home / "work/x.csv").read_text() == "1,2\n3,4\n"


def test_saving_keeps_the_mode_of_a_file(home: Path, functions: Any) -> None:
    path = home / "work/x.csv"
    path.chmod(0o600)
    functions["save"]([7], "x.csv")
    assert path.read_text() == "7\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_one_tensor_or_several(functions: Any) -> None:
    for value in ({"a": [1]}, [wrap(np.ones(1)), wrap(np.ones(1))]):
        with pytest.raises(ValueProblem, match="holds one tensor") as caught:
            functions["save"](value, "y.npy")
        assert ".npz" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "by_name", "by_folder"),
    [
        ("{}/secret.csv", True, True),
        ("link.csv", True, True),
        ("{}/new.csv", False, True),
        ("{}/nowhere/new.csv", False, False),
    ],
)
def test_a_hint_on_how_to_open_a_file_is_of_use(
    home: Path, functions: Any, name: str, by_name: bool, by_folder: bool
) -> None:
    outside = home / "outside"
    (home / "work/link.csv").symlink_to(outside / "secret.csv")
    name = name.format(outside)
    with pytest.raises(FileProblem, match="programs can only touch") as caught:
        functions["save"](1, name)
    hint = caught.value.hint or ""
    assert (f"-v NAME={name})" in hint, hint.endswith(f"--allow {outside}")) == (by_name, by_folder)


def test_what_is_no_number_is_refused_by_the_name_of_the_file(functions: Any) -> None:
    for value in ("hi", ["a", "b"], [[1, "x"]]):
        for name in ("y.npy", "y.csv", "y.npz"):
            with pytest.raises(ValueProblem, match=f"^{name}: holds numbers, not str$") as caught:
                functions["save"](value, name)
            assert ".json" in (caught.value.hint or "")
    with pytest.raises(ValueProblem, match=r"y\.csv: holds numbers, not NoneType"):
        functions["save"]([1, None], "y.csv")
    with pytest.raises(ValueProblem, match="expected sequence of length 2"):
        functions["save"]([[1, 2], [3]], "y.csv")


def test_a_file_that_shrinks_while_it_is_read(home: Path) -> None:
    path = home / "work/big.npy"
    np.save(path, np.zeros(1000))
    with access.reading(str(path)) as (file, size):
        os.truncate(path, 200)
        from tcalc.files import npy

        with pytest.raises(FileProblem, match="bytes early"):
            npy.read(file, size, "big.npy")


def test_known_names() -> None:
    assert [n for n in ("a.csv", "A.NPY", "a.npz.bak", "x", "a/b.json", "1.5", ".csv")
            if files.is_known(n)] == ["a.csv", "A.NPY", "a/b.json"]  # fmt: skip
