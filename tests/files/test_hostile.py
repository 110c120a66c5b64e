"""Files made to mislead: each is refused with a sentence, before anything large is made."""

from __future__ import annotations

import io
import pickle
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from looked import blocks

from tcalc import files
from tcalc.errors import FileProblem, LimitError, ValueProblem
from tcalc.runtime.base import memory


def npy(header: str, body: bytes = b"", version: int = 1, length: int | None = None) -> bytes:
    text = header.encode("latin-1")
    size = len(text) if length is None else length
    return (
        b"\x93NUMPY" + bytes([version, 0]) + size.to_bytes(2 if version == 1 else 4, "little")
        + text + body
    )  # fmt: skip


def head(descr: str = "'<f8'", order: str = "False", shape: str = "(2,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def good(array: Any = None) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.arange(4.0) if array is None else array)
    return stream.getvalue()


NPY: list[tuple[bytes, str]] = [
    (b"\x93NUMPY", "does not begin as one"),
    (b"\x93NUMPY\x01\x00", "header is 0 bytes"),
    (npy(head(), version=9), "version 9.0"),
    (npy(head(), bytes(16), version=2, length=1 << 31), "2147483648 bytes long"),
    (npy(head(), length=1000), "ends within its header"),
    (good()[:-1], "32 bytes, but 31 follow"),
    (good() + b"\0", "32 bytes, but 33 follow"),
    (good() + good(), "but 192 follow"),
    (npy(head(shape="(1000000000000,)"), bytes(16)), "8000000000000 bytes, but 16 follow"),
    (npy(head(shape="(99999999999999999999,)")), "is no shape"),
    (npy(head(shape="(4611686018427387904, 4)")), "no memory holds"),
    (npy(head(shape="(0, 9223372036854775807)")), "no memory holds"),
    (npy(head(shape="(-2,)"), bytes(16)), "not that of an array"),
    (npy(head(shape="(2.0,)"), bytes(16)), "not that of an array"),
    (npy(head(shape="(2,,)"), bytes(16)), "is no shape"),
    (npy(head(shape="(2 3,)"), bytes(16)), "is no shape"),
    (npy(head(shape="[2]"), bytes(16)), "not that of an array"),
    (npy(head(shape="(" + "1," * 65 + ")"), bytes(8)), "is no shape"),
    (npy(head(order="0"), bytes(16)), "not that of an array"),
    (npy(head(order="(1,)"), bytes(16)), "not that of an array"),
    (npy(head(descr="'|O'"), b"\x80\x04."), "nothing is unpickled"),
    (npy(head(descr="[('a', '<f8')]"), bytes(16)), "arrays of records"),
    (npy(head(descr="'<U0'", shape="(1000000000000,)")), "arrays of text"),
    (npy(head(descr="'|U4'"), bytes(32)), "arrays of text"),
    (npy(head(descr="'<U99999999'"), bytes(32)), "arrays of text"),
    (npy(head(descr="'<U9999999999'"), bytes(32)), "not supported"),
    (npy(head(descr="'<U4'"), bytes(31)), "32 bytes, but 31 follow"),
    (npy(head(descr="'<U1'"), bytes(4) + b"\0\xd8\0\0"), "no text"),
    (npy(head(descr="'>U1'"), bytes(4) + b"\0\x11\0\0"), "no text"),
    (npy(head(descr="'|S8'"), bytes(16)), "arrays of bytes"),
    (npy(head(descr="'<M8[s]'"), bytes(16)), "not supported"),
    (npy(head(descr="'<V2'"), bytes(4)), "raw bytes"),
    (npy(head(descr="'<f16'"), bytes(32)), "not supported"),
    (npy(head(descr="'<u3'"), bytes(6)), "not supported"),
    (npy(head(descr="'f8'"), bytes(16)), "not supported"),
    (npy(head(descr="'|f8'"), bytes(16)), "not supported"),
    (npy(head(descr="__import__('os')"), bytes(16)), "not that of an array"),
    (npy(head()[:-1] + " or 1\n", bytes(16)), "not that of an array"),
    (npy("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}"), "not that of"),
    (npy("{'descr': '<f8', 'shape': (2,)}", bytes(16)), "not that of an array"),
    (npy("{}"), "not that of an array"),
    (npy("\0" * 100), "not that of an array"),
    (npy("{" * 60000), "not that of an array"),
    (npy("{'descr': [" + "(" * 60000), "not that of an array"),
]


@pytest.mark.parametrize(("data", "message"), NPY)
def test_npy(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=message):
        files.read(data, "x.npy")
    (tmp_path / "x.npy").write_bytes(data)
    with pytest.raises(FileProblem, match=message):
        blocks(str(tmp_path / "x.npy"))


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return stream.getvalue()


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


STORED = zipped(("a.npy", good()), method=zipfile.ZIP_STORED)
NPZ: list[tuple[bytes, str]] = [
    (b"PK\x03\x04", "damaged"),
    (STORED[:-30], "damaged"),
    (patched(STORED, good()[-8:], b"\xff" * 8), "damaged: Bad CRC"),
    (zipped(("a.npy", good()[:-1])), "32 bytes, but the entry has 31"),
    (zipped(("a.npy", good() + b"\0")), "32 bytes, but the entry has 33"),
    (zipped(("a.npy", npy(head(shape="(1000000000,)")))), "but the entry has 0"),
    (zipped(("a.npy", b"")), "does not begin as one"),
    (zipped(("../a.npy", good())), "is no array"),
    (zipped(("/etc/a.npy", good())), "is no array"),
    (zipped(("d/a.npy", good())), "is no array"),
    (zipped(("d\\a.npy", good())), "is no array"),
    (zipped((".npy", good())), "is no array"),
    (zipped(("..npy", good())), "is no array"),
    (zipped(("a.txt", b"hello")), "is no array"),
    (zipped(("archive/data.pkl", pickle.dumps([1]))), "packed"),
    (zipped(("a.npy", good()), ("archive/data.pkl", pickle.dumps([1]))), "torch.save"),
    (zipped(("a.npy", npy(head(descr="'|O'"), pickle.dumps([1])))), "nothing is unpickled"),
    (zipped(("a.npy", good()), method=zipfile.ZIP_BZIP2), "method not known"),
    (zipped(("a.npy", good()), method=zipfile.ZIP_LZMA), "method not known"),
    (patched(patched(STORED, b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\1\0"),
             b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0"), "encrypted"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), NPZ)
def test_npz(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=message):
        files.read(data, "x.npz")
    (tmp_path / "x.npz").write_bytes(data)
    with pytest.raises(FileProblem):
        blocks(str(tmp_path / "x.npz"))


def test_npz_with_one_name_twice() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped(("a.npy", good()), ("a.npy", good()))
    with pytest.raises(FileProblem, match="two arrays with the name 'a'"):
        files.read(data, "x.npz")


def test_a_bomb_is_weighed_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes that say, truthfully, that they are 64 MiB."""
    data = zipped(("a.npy", npy(head(descr="'|u1'", shape=f"({1 << 26},)"), bytes(1 << 26))))
    assert len(data) < 100_000
    monkeypatch.setattr(memory, "limit", memory.in_use() + (1 << 25))
    tracemalloc.start()
    with pytest.raises(LimitError, match="needs 64 MiB"):
        files.read(data, "x.npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 21


def test_a_bomb_that_lies_about_its_size() -> None:
    """Says 160 bytes, holds a megabyte: what comes after the 160 is never unpacked."""
    honest = npy(head(descr="'|u1'", shape="(4,)"), bytes(4))
    stream = io.BytesIO()
    body = honest + bytes(1 << 20)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", body)
    data = stream.getvalue()
    sizes = len(body).to_bytes(4, "little"), len(honest).to_bytes(4, "little")
    data = patched(data, *sizes)
    with pytest.raises(FileProblem, match="Bad CRC"):
        files.read(data, "x.npz")
    crc = zlib.crc32(body).to_bytes(4, "little"), zlib.crc32(honest).to_bytes(4, "little")
    found = files.read(patched(data, *crc), "x.npz")
    assert found["a"].array.tolist() == [0, 0, 0, 0]


def test_headers_are_weighed_before_they_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "limit", memory.in_use() + (1 << 20))
    with pytest.raises(LimitError):
        files.read(good(np.zeros(1 << 25, np.uint8)), "x.npy")
    with pytest.raises(LimitError):
        files.read(b"1,2\n" * (1 << 20), "x.csv")
    with pytest.raises(LimitError):
        files.read(b"[" + b"1," * (1 << 20) + b"1]", "x.json")


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_refused_in_words(seed: int) -> None:
    """Bytes changed at random give an array or one of our errors, and nothing else."""
    r = np.random.default_rng(seed)
    for original in (
        good(),
        STORED,
        zipped(("a.npy", good())),
        b"a,b\n1,2\n3,4\n",
        b"[[1,2],[3,4]]",
    ):
        for _ in range(150):
            data = bytearray(original)
            for _ in range(r.integers(1, 6)):
                data[r.integers(len(data))] = r.integers(256)
            try:
                files.read(bytes(data[: r.integers(1, len(data) + 1)]), "x")
            except (FileProblem, LimitError, ValueProblem) as error:
                assert str(error)
