"""Data files: a format for each suffix, none of which runs anything that a file says.

`load` and `read` give tensors: one of an .npy file or a table, a dict of them of an .npz file,
and of JSON what it holds, lists of numbers as tensors.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import FileProblem, ValueProblem
from tcalc.files import access

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

# Suffixes of data, each with what separates the fields where that is text.
SUFFIXES = {".npy": "", ".npz": "", ".json": "", ".csv": ",", ".tsv": "\t", ".txt": " "}
_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt")
_NPZ_HINT = "save tensors by name in an .npz file: save({'w': w}, 'x.npz'); load gives the dict"


class Entry(NamedTuple):
    """One array of a file; `name` is empty where it has none."""

    name: str
    dtype: str
    shape: tuple[int, ...]


def is_known(name: str) -> bool:
    """Whether a file's name ends as that of a data file."""
    return _suffix(name) in SUFFIXES


def load(path: str, *, columns: Any = None, dtype: Any = None, name: str | None = None) -> Any:
    """What a data file holds; `path` is opened as it is, whoever chose it must be allowed to.

    columns: of a table, names or numbers of those to read. dtype: of every tensor in it.
    Raises FileProblem, ValueProblem (a table's or JSON's contents) and LimitError.
    """
    name = name or path
    suffix = need_known(name)
    with access.reading(path, name) as (file, size):
        _check_columns(columns, suffix)
        contents = _READERS[suffix](file, size, name, columns, _floats(dtype))
    return _values(contents, dtype)


def read(data: bytes, name: str, *, columns: Any = None, dtype: Any = None) -> Any:
    """What some bytes hold whose format is told by how they begin (standard input)."""
    from io import BytesIO

    suffix = sniff(data)
    _check_columns(columns, suffix)
    contents = _READERS[suffix](BytesIO(data), len(data), name, columns, _floats(dtype))
    return _values(contents, dtype)


def sniff(data: bytes) -> str:
    """The suffix of the format that bytes begin as.

    >>> sniff(b"[1, 2]"), sniff(b"a,b\\n1,2\\n"), sniff(b"1 2\\n")
    ('.json', '.csv', '.txt')
    """
    from tcalc.files import npy, table

    if data.startswith(npy.MAGIC):
        return ".npy"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return ".npz"
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{"):
        return ".json"
    return ".csv" if table.sniff(data) else ".txt"


def listing(path: str) -> list[Entry]:
    """The arrays in a data file, of .npy and .npz from their headers alone."""
    suffix = need_known(path)
    with access.reading(path) as (file, size):
        if suffix == ".npy":
            from tcalc.files import npy

            header = npy.read_header(file, path)[0]
            return [Entry("", header.dtype, header.shape)]
        if suffix == ".npz":
            from tcalc.files import npz

            found = npz.headers(file, size, path)
            return [Entry(key, header.dtype, header.shape) for key, header in found.items()]
        return _entries("", _READERS[suffix](file, size, path, None, None))


def save(value: Any, path: str, *, name: str | None = None) -> None:
    """Write a value to a data file, whole or not at all.

    .npy: one tensor. .npz: a dict of tensors, or several in a list (`arr_0`, `arr_1`, …).
    .csv, .tsv, .txt: a tensor of two dims at most, or a dict of columns. .json: any of them.
    """
    name = name or path
    suffix = need_known(name)
    contents = _plain(value)
    if suffix == ".json":
        from tcalc.files import jsontext

        text = jsontext.write(contents, name)
        with access.writing(path, name) as file:
            file.write(text)
    elif suffix == ".npz":
        from tcalc.files import npz

        arrays = _named(contents, name)
        with access.writing(path, name) as file:
            npz.write(file, arrays, name)
    elif suffix == ".npy":
        from tcalc.files import npy

        array = _one(contents, name)
        with access.writing(path, name) as file:
            npy.write(file, array, name)
    else:
        text = _table(contents, SUFFIXES[suffix], name)
        with access.writing(path, name) as file:
            file.write(text)


def need_known(name: str) -> str:
    """The suffix of a data file's name; FileProblem where it is not one."""
    suffix = _suffix(name)
    if suffix in SUFFIXES:
        return suffix
    if suffix in _PICKLES:
        raise FileProblem(
            f"{name}: {suffix} files hold pickles, which are programs; nothing is unpickled",
            hint=_NPZ_HINT,
            argument="f",
        )
    raise FileProblem(
        f"{name}: not a data file; their names end in {' '.join(SUFFIXES)}", argument="f"
    )


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _read_npy(file: BinaryIO, size: int, name: str, columns: Any, floats: Any) -> Any:
    from tcalc.files import npy

    return npy.read(file, size, name)


def _read_npz(file: BinaryIO, size: int, name: str, columns: Any, floats: Any) -> Any:
    from tcalc.files import npz

    return npz.read(file, size, name)


def _read_json(file: BinaryIO, size: int, name: str, columns: Any, floats: Any) -> Any:
    from tcalc.files import jsontext

    return jsontext.read(_bytes(file, size, name), name, floats)


def _read_csv(file: BinaryIO, size: int, name: str, columns: Any, floats: Any) -> Any:
    from tcalc.files import table

    data = _bytes(file, size, name)
    return table.read(data, name, table.sniff(data) or ",", columns, floats)


def _read_tsv(file: BinaryIO, size: int, name: str, columns: Any, floats: Any) -> Any:
    from tcalc.files import table

    return table.read(_bytes(file, size, name), name, "\t", columns, floats)


def _read_txt(file: BinaryIO, size: int, name: str, columns: Any, floats: Any) -> Any:
    from tcalc.files import table

    return table.read(_bytes(file, size, name), name, None, columns, floats)


_READERS: dict[str, Callable[[Any, int, str, Any, Any], Any]] = {
    ".npy": _read_npy, ".npz": _read_npz, ".json": _read_json, ".csv": _read_csv,
    ".tsv": _read_tsv, ".txt": _read_txt,
}  # fmt: skip


def _bytes(file: BinaryIO, size: int, name: str) -> bytes:
    from tcalc.runtime import memory

    memory.check(size, name)
    # A file that grows meanwhile is read as far as was checked.
    return file.read(size)


def _check_columns(columns: Any, suffix: str) -> None:
    if columns is not None and not SUFFIXES[suffix]:
        raise ValueProblem(f"columns= is for tables; {suffix} files have none", argument="columns")


def _floats(dtype: Any) -> Any:
    """What text is read as, so that no digits are lost on the way to an explicit dtype."""
    return None if dtype is None else "float64"


def _values(contents: Any, dtype: Any) -> Any:
    """Arrays as tensors, lists as a program's lists."""
    from tcalc.runtime.lists import List
    from tcalc.runtime.tensor import wrap

    if isinstance(contents, dict):
        return {key: _values(v, dtype) for key, v in contents.items()}
    if isinstance(contents, list):
        return List([_values(v, dtype) for v in contents])
    if not hasattr(contents, "dtype"):
        return contents
    return wrap(contents if dtype is None else contents.astype(dtype.numpy, copy=False))


def _entries(name: str, contents: Any) -> list[Entry]:
    if isinstance(contents, (dict, list)):
        pairs = contents.items() if isinstance(contents, dict) else enumerate(contents)
        return [e for key, v in pairs for e in _entries(f"{name}.{key}" if name else str(key), v)]
    if hasattr(contents, "dtype"):
        return [Entry(name, contents.dtype.name, contents.shape)]
    return [Entry(name, type(contents).__name__, ())]


def _plain(value: Any) -> Any:
    """Tensors as NumPy arrays, also inside containers."""
    from numpy import ndarray

    from tcalc.runtime.ops.creation import array_of
    from tcalc.runtime.tensor import Tensor

    if isinstance(value, (Tensor, ndarray)):
        return array_of(value, None, copy=False)
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def _one(contents: Any, name: str) -> Any:
    """One array from an array, a number or nested lists of numbers."""
    from tcalc.runtime.ops.creation import array_of

    if isinstance(contents, dict):
        raise ValueProblem(f"{name}: holds one tensor, not a dict of them", hint=_NPZ_HINT)
    if isinstance(contents, list) and _holds_arrays(contents):
        raise ValueProblem(f"{name}: holds one tensor, not several", hint=_NPZ_HINT)
    return array_of(contents, None, copy=False)


def _named(contents: Any, name: str) -> dict[str, Any]:
    if isinstance(contents, dict):
        return {key: _one(v, f"{name}[{key!r}]") for key, v in contents.items()}
    several = contents if isinstance(contents, list) and _holds_arrays(contents) else [contents]
    return {f"arr_{i}": _one(v, name) for i, v in enumerate(several)}


def _holds_arrays(contents: list[Any]) -> bool:
    return any(hasattr(v, "dtype") or isinstance(v, dict) for v in contents)


def _table(contents: Any, separator: str, name: str) -> bytes:
    import numpy as np

    from tcalc.files import table

    if not isinstance(contents, dict):
        return table.write(_one(contents, name), separator, name)
    columns = [_one(v, f"{name}[{key!r}]") for key, v in contents.items()]
    if not columns or any(c.ndim != 1 or len(c) != len(columns[0]) for c in columns):
        raise ValueProblem(f"{name}: the columns of a table are vectors of one length")
    return table.write(np.stack(columns, 1), separator, name, [str(key) for key in contents])
