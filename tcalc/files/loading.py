"""Reading data files: a format for each suffix, none of which runs anything that a file says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.files import access
from tcalc.files.suffixes import SUFFIXES, need_known, suffix_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from tcalc.files.columns import Wanted

# How the formats begin that are no text.
_BINARY = (b"\x93NUMPY", b"PK")


def load(
    path: str,
    *,
    columns: Any = None,
    dtype: Any = None,
    table: bool = False,
    name: str | None = None,
    shell: bool = False,
) -> Any:
    """What a data file holds; `path` is opened as it is, whoever chose it must be allowed to.

    columns: of a table, names or numbers of those to read. dtype: of every tensor in it.
    table: whether a table comes as a dict of its columns, text in lists. shell: whether hints are
    for a command line. Raises FileProblem, ValueProblem (a table's or JSON's contents), LimitError.
    """
    name = name or path
    suffix = need_known(name)
    with access.reading(path, name) as (file, size):
        wanted = _wanted(suffix, columns, dtype, table, shell)
        return _tensors(READERS[suffix](file, size, name, wanted), dtype, name)


def read(
    data: bytes,
    name: str,
    *,
    columns: Any = None,
    dtype: Any = None,
    table: bool = False,
    shell: bool = False,
) -> Any:
    """What some bytes hold whose format is told by how they begin (standard input)."""
    from io import BytesIO

    from tcalc.files.text import utf8

    if not data.startswith(_BINARY):
        data = utf8(data, name)
    suffix = sniff(data)
    wanted = _wanted(suffix, columns, dtype, table, shell)
    return _tensors(READERS[suffix](BytesIO(data), len(data), name, wanted), dtype, name)


def sniff(data: bytes) -> str:
    """The suffix of the format that bytes begin as.

    >>> sniff(b"[1, 2]"), sniff(b"a,b\\n1,2\\n"), sniff(b"1 2\\n")
    ('.json', '.csv', '.txt')
    """
    from tcalc.files import npy, rows

    if data.startswith(npy.MAGIC):
        return ".npy"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return ".npz"
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{"):
        return ".json"
    return ".csv" if rows.sniff(data) else ".txt"


def _read_npy(file: BinaryIO, size: int, name: str, wanted: Wanted) -> Any:
    from tcalc.files import npy

    return npy.read(file, size, name)


def _read_npz(file: BinaryIO, size: int, name: str, wanted: Wanted) -> Any:
    from tcalc.files import npz

    return npz.read(file, size, name)


def _read_json(file: BinaryIO, size: int, name: str, wanted: Wanted) -> Any:
    from tcalc.files import jsontext

    return jsontext.read(_bytes(file, size, name), name, wanted.floats)


def _read_table(file: BinaryIO, size: int, name: str, wanted: Wanted) -> Any:
    from tcalc.files import table

    data, separator = text_and_separator(file, size, name)
    return (table.read_columns if wanted.table else table.read)(data, name, separator, wanted)


def text_and_separator(file: BinaryIO, size: int, name: str) -> tuple[bytes, str | None]:
    """The text of a table, and what separates its fields; None for blanks."""
    from tcalc.files import rows
    from tcalc.files.text import utf8

    data = utf8(_bytes(file, size, name), name)
    suffix = suffix_of(name)
    sniff = rows.sniff_csv if suffix == ".csv" else rows.sniff
    return data, "\t" if suffix == ".tsv" else sniff(data)


READERS: dict[str, Callable[[Any, int, str, Wanted], Any]] = {
    ".npy": _read_npy, ".npz": _read_npz, ".json": _read_json, ".csv": _read_table,
    ".tsv": _read_table, ".txt": _read_table,
}  # fmt: skip


def _bytes(file: BinaryIO, size: int, name: str) -> bytes:
    from tcalc.runtime.base import memory

    memory.check(size, name)
    # A file that grows meanwhile is read as far as was checked.
    return file.read(size)


def _wanted(suffix: str, columns: Any, dtype: Any, table: Any, shell: bool) -> Wanted:
    from tcalc.files.columns import Wanted, in_program, in_shell

    for name, value in (("columns", columns), ("table", table or None)):
        if value is not None and not SUFFIXES[suffix]:
            asked = f"--{name}" if shell else f"{name}="
            raise ValueProblem(f"{asked} is for tables; {suffix} files have none", argument=name)
    # No digits are lost on the way to an explicit dtype.
    floats = None if dtype is None else "float64"
    return Wanted(columns, bool(table), floats, in_shell if shell else in_program)


def _tensors(contents: Any, dtype: Any, name: str) -> Any:
    """Arrays as tensors, lists as a program's lists."""
    from tcalc.files import headers
    from tcalc.runtime.objects.lists import List
    from tcalc.runtime.tensor.tensor import wrap

    if isinstance(contents, headers.Matrix):
        made = wrap(_cast(contents.array, dtype, name))
        headers.remember(made, contents.names, name)
        return made
    if isinstance(contents, dict):
        return {key: _tensors(v, dtype, name) for key, v in contents.items()}
    if isinstance(contents, list):
        return List([_tensors(v, dtype, name) for v in contents])
    if not hasattr(contents, "dtype"):
        return contents
    return wrap(_cast(contents, dtype, name))


def _cast(array: Any, dtype: Any, name: str) -> Any:
    """The array in the dtype that was asked for; it may round, and not put others in place."""
    import numpy as np

    if dtype is None:
        return array
    with np.errstate(all="ignore"):
        cast = array.astype(dtype.numpy, copy=False)
        if dtype.numpy == np.bool_ or array.dtype.kind == "c" or not array.size:
            return cast
        if dtype.is_floating_point or dtype.is_complex:
            lost = np.isfinite(array.astype(np.float64)) & ~np.isfinite(cast)
        else:
            lost = cast != array
    if lost.any():
        first = array[lost].reshape(-1)[0]
        raise ValueProblem(f"{name}: {dtype} cannot hold {first}", argument="dtype")
    return cast
