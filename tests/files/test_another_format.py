"""A format of data files is one row and its module: load, save, listings and pipes follow."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from looked import listing

from tcalc import files
from tcalc.errors import FileProblem
from tcalc.files import access, contents
from tcalc.files.formats import FORMATS, Entry, Format
from tcalc.runtime.tensor.tensor import wrap


def _load(file: Any, size: int, name: str, wanted: Any) -> Any:
    return np.array(access.checked(file, size, name).split()[1:], np.float64)


def _save(value: Any, name: str) -> Any:
    array = contents.one(contents.plain(value), name)
    return lambda file: access.put(file, b"vec " + " ".join(map(str, array.tolist())).encode())


def _entries(file: Any, size: int, name: str, columns: Any) -> list[Entry]:
    return [Entry("", "float64", _load(file, size, name, None).shape)]


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = types.ModuleType("tcalc.files.vec")
    module.load, module.save, module.entries = _load, _save, _entries
    monkeypatch.setitem(sys.modules, "tcalc.files.vec", module)
    rows = dict(FORMATS)
    FORMATS.clear()
    FORMATS.update({".vec": Format("vec", lambda data: data.startswith(b"vec ")), **rows})
    yield
    del FORMATS[".vec"]


def test_one_row(tmp_path: Path) -> None:
    path = str(tmp_path / "x.vec")
    assert files.save(wrap(np.array([1.0, 2.5])), path) is None
    assert Path(path).read_bytes() == b"vec 1.0 2.5"
    assert files.load(path).array.tolist() == [1.0, 2.5]
    assert listing(path) == [Entry("", "float64", (2,))]
    assert files.sniff(b"vec 1") == ".vec"
    assert files.read(b"vec 3 4", "<stdin>").array.tolist() == [3.0, 4.0]
    with pytest.raises(FileProblem, match=r"names end in \.vec \.npy"):
        files.need_known("x.foo")
