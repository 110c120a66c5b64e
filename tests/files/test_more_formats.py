"""JSON Lines, MATLAB's files, HDF5, Parquet and images: what is read is what was written."""

from __future__ import annotations

import json
import random
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from looked import blocks, listing
from scipy import io as scipy_io

from tcalc import files
from tcalc.errors import FileProblem, LimitError, ModuleError, TcalcError, ValueProblem
from tcalc.files import Entry
from tcalc.files.formats import FORMATS
from tcalc.runtime.base import memory
from tcalc.runtime.tensor.tensor import wrap

A = np.random.default_rng(0).normal(size=(3, 4))
B = np.arange(6, dtype=np.int32).reshape(1, 2, 3)
C = (A + 1j).astype(np.complex64)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def same(found: Any, expected: Any) -> bool:
    array = np.asarray(found.array)
    return array.dtype == expected.dtype and np.array_equal(array, expected)


# -- JSON Lines -------------------------------------------------------------------------------------


def test_json_lines(here: Path) -> None:
    rows = [{"a": 1, "b": "x", "c": True}, {"a": 2.5, "b": None, "c": False}]
    files.save(rows, "r.jsonl")
    assert [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()] == rows
    assert files.load("r.jsonl") == rows
    assert listing("r.jsonl") == [
        Entry("a", "float32", (2,)), Entry("b", "text", (2,)), Entry("c", "bool", (2,)),
    ]  # fmt: skip
    assert blocks("r.jsonl")[1] == [["x", ""]]
    files.save(wrap(B[0]), "m.jsonl")
    assert Path("m.jsonl").read_text() == "[0, 1, 2]\n[3, 4, 5]\n"
    assert [row.array.tolist() for row in files.load("m.jsonl")] == [[0, 1, 2], [3, 4, 5]]
    Path("one.jsonl").write_text("[1, 2]\n\n")
    assert [row.array.tolist() for row in files.load("one.jsonl")] == [[1, 2]]
    Path("bad.jsonl").write_text('{"a": 1}\n{"a": }\n')
    with pytest.raises(FileProblem, match=r"bad\.jsonl, line 2, column 7"):
        files.load("bad.jsonl")


# -- MATLAB -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_matlab_as_scipy_writes_it(here: Path, packed: bool) -> None:
    many = np.array(["abc", "def"])
    held = {"a": A, "b": B, "c": C, "t": "hello", "flags": np.array([[True, False]]),
            "s": {"x": 1.5, "n": "ab"}, "cells": np.array([np.arange(2.0), "q"], object),
            "many": many}  # fmt: skip
    scipy_io.savemat("s.mat", held, do_compression=packed)
    found = files.load("s.mat")
    assert same(found["a"], A) and same(found["b"], B) and same(found["c"], C)
    assert found["t"] == "hello" and same(found["flags"], held["flags"])
    assert found["s"]["x"].array.tolist() == [[1.5]] and found["s"]["n"] == "ab"
    assert found["cells"][0].array.tolist() == [[0, 1]] and found["cells"][1] == "q"
    assert found["many"] == ["abc", "def"]
    assert [(e.name, e.dtype, e.shape) for e in listing("s.mat")] == [
        ("a", "float64", (3, 4)), ("b", "int32", (1, 2, 3)), ("c", "complex64", (3, 4)),
        ("t", "text", (1,)), ("flags", "bool", (1, 2)), ("s", "struct", (1, 1)),
        ("cells", "cell", (1, 2)), ("many", "text", (2,)),
    ]  # fmt: skip
    assert np.array_equal(blocks("s.mat")[0][0], A.reshape(-1))


def test_scipy_reads_what_is_written_for_matlab(here: Path) -> None:
    value = {"a": wrap(A), "b": wrap(B), "c": wrap(C), "t": "hellö", "v": wrap(np.arange(3.0)),
             "s": {"x": wrap(np.array(2.0)), "n": "q"}, "cells": ["a", wrap(A)],
             "flags": wrap(np.array([True, False]))}  # fmt: skip
    files.save(value, "o.mat")
    found = scipy_io.loadmat("o.mat")
    for key, expected in (("a", A), ("b", B), ("c", C), ("v", [[0, 1, 2]]), ("flags", [[1, 0]])):
        assert np.array_equal(found[key], expected)
    assert found["t"].tolist() == ["hellö"] and found["s"][0, 0]["n"].tolist() == ["q"]
    again = files.load("o.mat")
    assert same(again["flags"], np.array([[True, False]])) and again["cells"][0] == "a"
    files.save(wrap(A), "one.mat")
    assert same(files.load("one.mat")["data"], A)
    with pytest.raises(ValueProblem, match="cannot be the name of a variable"):
        files.save({"a b": wrap(A)}, "x.mat")
    with pytest.raises(ValueProblem, match="no float16"):
        files.save({"a": wrap(A.astype(np.float16))}, "x.mat")


def mat(*elements: bytes) -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"".join(elements)


def element(kind: int, data: bytes, size: int | None = None) -> bytes:
    head = struct.pack("<II", kind, len(data) if size is None else size)
    return head + data + bytes(-len(data) % 8 if kind != 15 else 0)


def array(kind: int = 6, dims: tuple[int, ...] = (1, 2), data: bytes = bytes(16), flags: int = 0,
          stored: int = 9) -> bytes:  # fmt: skip
    return element(14, element(6, struct.pack("<II", kind | flags, 0))
                   + element(5, struct.pack(f"<{len(dims)}i", *dims)) + element(1, b"x")
                   + element(stored, data))  # fmt: skip


DEEP = element(14, element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<ii", 1, 1))
               + element(1, b"x"))  # fmt: skip
for _ in range(60):
    DEEP = element(14, element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<ii", 1, 1))
                   + element(1, b"x") + DEEP)  # fmt: skip
HOSTILE: list[tuple[bytes, str]] = [
    (b"MATLAB 7.3 MAT-file".ljust(520), "version 7.3, which is HDF5"),
    (b"hello", "does not begin as one"),
    (mat()[:-4] + b"\x00\x09IM", "not known"),
    (mat(b"\x0e\0\0\0"), "ends within an element"),
    (mat(element(14, b"", 1 << 30)), "no variable begins"),
    (mat(element(5, bytes(8))), "no variable begins"),
    (mat(array(dims=(1, 3))), "an array of 3 numbers has 2"),
    (mat(array(dims=(1 << 30, 1 << 30, 1 << 30))), "no memory holds"),
    (mat(array(dims=(-1, 2))), "no shape"),
    (mat(array(dims=(2,))), "no shape"),
    (mat(array(data=bytes(13))), "not known"),
    (mat(array(stored=99)), "not known"),
    (mat(array(kind=5)), "sparse matrices"),
    (mat(array(kind=3)), "objects"),
    (mat(array(kind=16)), "functions"),
    (mat(array(kind=99)), "class 99"),
    (mat(array(kind=1, dims=(1000, 1000))), "does not hold 1000000 arrays"),
    (mat(DEEP), "inside another one is none"),
    (mat(element(15, b"hello!!!")), "damaged: Error"),
    (mat(element(15, zlib.compress(element(14, bytes(8), 64)))), "cut off|has no flags|has 8"),
]


@pytest.mark.parametrize(("data", "message"), HOSTILE)
def test_hostile_matlab_files(here: Path, data: bytes, message: str) -> None:
    Path("x.mat").write_bytes(data)
    with pytest.raises(FileProblem, match=message):
        files.load("x.mat")
    for look in (listing, blocks):
        with suppress(TcalcError):
            look("x.mat")


def test_a_packed_variable_is_weighed_first(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = array(9, (1, 1 << 26), bytes(1 << 26), stored=2)
    Path("x.mat").write_bytes(mat(element(15, zlib.compress(whole))))
    assert listing("x.mat") == [Entry("x", "uint8", (1, 1 << 26))]
    monkeypatch.setattr(memory, "limit", memory.in_use() + (1 << 25))
    with pytest.raises(LimitError, match="needs 128 MiB"):
        files.load("x.mat")


# -- what needs packages that not everybody has -----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("x.h5", "h5py", "hdf5"), ("x.parquet", "pyarrow", "arrow"), ("x.png", "PIL", "images")],
)
def test_without_its_package_a_format_says_how_to_get_it(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str, extra: str
) -> None:
    for module in (package, "pyarrow.parquet"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    Path(name).write_bytes(b"")
    for look in (files.load, listing, blocks):
        with pytest.raises(ModuleError) as caught:
            look(name)
        assert caught.value.hint is not None and f"tcalc[{extra}]" in caught.value.hint


def test_hdf5(here: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is an extra")
    with h5py.File("h.h5", "w") as file:
        file["w"] = A
        file.create_dataset("g/b", data=B, compression="gzip", shuffle=True)
        file["one"] = np.float32(3)
        file["e"] = np.zeros((0, 3))
        file["soft"] = h5py.SoftLink("/w")
        file["big"] = A.astype(">f4")
        file["g/loop"] = file["g"]
    found = files.load("h.h5")
    assert same(found["w"], A) and same(found["g"]["b"], B) and found["one"].array.item() == 3
    assert same(found["big"], A.astype(np.float32)) and found["e"].shape == (0, 3)
    assert "soft" not in found and "loop" not in found["g"]
    assert Entry("g.b", "int32", (1, 2, 3)) in listing("h.h5")
    files.save({"w": wrap(A), "g": {"b": wrap(B)}}, "o.h5")
    with h5py.File("o.h5") as file:
        assert np.array_equal(file["w"], A) and np.array_equal(file["g/b"], B)
    with h5py.File("long.h5", "w") as file:
        file["x"] = np.arange(3 << 18, dtype=np.int32).reshape(3, 1 << 17, 2)
    parts = np.concatenate([block[0] for block in blocks("long.h5")])
    assert len(blocks("long.h5")) > 1 and np.array_equal(parts, np.arange(3 << 18))


def test_hdf5_reaches_no_other_file(here: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is an extra")
    with h5py.File("other.h5", "w") as file:
        file["w"] = A
    with h5py.File("link.h5", "w") as file:
        file["x"] = h5py.ExternalLink(str(here / "other.h5"), "/w")
    with h5py.File("stored.h5", "w") as file:
        file.create_dataset("x", shape=(4,), dtype="u1", external=[("/etc/passwd", 0, 4)])
    layout = h5py.VirtualLayout(shape=(3, 4), dtype="f8")
    layout[:] = h5py.VirtualSource("other.h5", "w", shape=(3, 4))
    with h5py.File("virtual.h5", "w") as file:
        file.create_virtual_dataset("x", layout)
    with h5py.File("text.h5", "w") as file:
        file["x"] = "abc"
    with h5py.File("empty.h5", "w") as file:
        file.create_dataset("x", shape=(1 << 40,), dtype="f8", chunks=(1 << 10,))
    for name, message in (
        ("link.h5", "link into another file"), ("stored.h5", "in other files"),
        ("virtual.h5", "in other files"), ("text.h5", "arrays of text"),
    ):  # fmt: skip
        for look in (files.load, listing, blocks):
            with pytest.raises(FileProblem, match=message):
                look(name)
    with pytest.raises(FileProblem, match="more than could be packed"):
        blocks("empty.h5")
    with pytest.raises(LimitError):
        files.load("empty.h5")


def test_parquet(here: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is an extra")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is an extra")
    table = {"i": [1, 2, 3], "f": [1.5, None, 2.5], "t": ["a", None, "c"], "b": [True, False, True]}
    parquet.write_table(arrow.table(table), "p.parquet")
    found = files.load("p.parquet")
    assert same(found["i"], np.array([1, 2, 3])) and found["t"] == ["a", "", "c"]
    assert found["f"].array[::2].tolist() == [1.5, 2.5] and np.isnan(found["f"].array[1])
    assert same(files.load("p.parquet", columns="i"), np.array([1, 2, 3]))
    assert list(files.load("p.parquet", columns=["b", 0])) == ["b", "i"]
    assert listing("p.parquet") == [
        Entry("i", "int64", (3,)), Entry("f", "float64", (3,)), Entry("t", "text", (3,)),
        Entry("b", "bool", (3,)),
    ]  # fmt: skip
    with pytest.raises(ValueProblem, match="no one column 'z'"):
        files.load("p.parquet", columns="z")
    files.save({"x": wrap(np.arange(3)), "t": ["a", "b", "c"]}, "o.parquet")
    assert parquet.read_table("o.parquet").to_pydict() == {"x": [0, 1, 2], "t": ["a", "b", "c"]}
    parquet.write_table(arrow.table({"l": [[1], [2]], "i": [1, 2]}), "nested.parquet")
    with pytest.raises(ValueProblem, match="column 'l' is of list") as caught:
        files.load("nested.parquet")
    assert caught.value.hint == "columns=['i'] can be read"
    with pytest.raises(ValueProblem, match="columns by name"):
        files.save(wrap(A), "x.parquet")


def test_images(here: Path) -> None:
    pixels = (np.arange(60) % 256).astype(np.uint8).reshape(3, 4, 5)
    files.save(wrap(pixels), "i.png")
    files.save(wrap(np.linspace(0, 1, 20).reshape(4, 5)), "g.png")
    for wrong in (A, np.full((2, 2), 300), np.zeros((5, 2, 2)), np.zeros((0, 2)), C):
        with pytest.raises(ValueProblem):
            files.save(wrap(wrong), "x.png")
    pytest.importorskip("PIL", reason="Pillow is an extra")
    assert same(files.load("i.png"), pixels)
    assert files.load("g.png").array[0, 0].tolist() == [0, 13, 27, 40, 54]
    assert listing("i.png") == [Entry("", "uint8", (3, 4, 5))]
    for name in ("i.bmp", "i.ppm", "i.gif", "i.webp", "i.jpg"):
        files.save(wrap(pixels), name)
        assert files.load(name).shape[1:] == (4, 5) and listing(name)[0].shape[1:] == (4, 5)


@pytest.mark.parametrize("suffix", [".mat", ".jsonl", ".h5", ".parquet", ".png"])
def test_damage_is_told(here: Path, suffix: str) -> None:
    """Cut anywhere, or with bytes changed, a file is read or refused in a sentence."""
    value: Any = {"i": wrap(np.arange(40)), "f": wrap(np.linspace(0, 1, 40))}
    if suffix == ".png":
        value = wrap(np.arange(60, dtype=np.uint8).reshape(3, 4, 5))
    if suffix == ".jsonl":
        value = [{"a": 1, "b": "x"}, {"a": 2.5}]
    try:
        files.save(value, "x" + suffix)
        files.load("x" + suffix)
    except ModuleError as missing:
        pytest.skip(str(missing))
    whole = Path("x" + suffix).read_bytes()
    draw = random.Random(0)
    for number in range(60):
        data = bytearray(whole)
        if number % 3:
            data[draw.randrange(len(data))] = draw.choice((0, 1, 127, 128, 255))
        else:
            del data[draw.randrange(len(data)) :]
        Path("y" + suffix).write_bytes(data)
        for look in (files.load, listing, blocks):
            with suppress(TcalcError):
                look("y" + suffix)


def test_what_begins_as_a_text_is_one() -> None:
    for text in (b"BMI,n\n1,2\n", b"P5,P6\n1,2\n", b"MATLAB 5.0,x\n1,2\n", b"RIFF,a\n1,2\n"):
        assert files.sniff(text) == ".csv"
    assert files.sniff(b"\x89PNG\r\n\x1a\n") == ".png" and files.sniff(b"PAR1") == ".parquet"
    assert files.sniff(mat()) == ".mat" and ".jsonl" in FORMATS
    assert files.read(mat(array()), "<stdin>")["x"].array.tolist() == [[0, 0]]
