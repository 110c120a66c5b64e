"""Reading data files, none of which runs anything that it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.files import access
from tcalc.files.formats import FORMATS, need_known, sniff
from tcalc.runtime.types.codes import COMPLEXES

if TYPE_CHECKING:
    from typing import BinaryIO

    from tcalc.files.columns import Wanted


def load(
    path: str,
    *,
    columns: Any = None,
    dtype: Any = None,
    table: bool = False,
    place: Any = None,
    mapped: bool = False,
    name: str | None = None,
    shell: bool = False,
) -> Any:
    """What a data file holds; `path` is opened as it is, whoever chose it must be allowed to.

    columns: of a table, names or numbers of those to read. dtype: of every tensor in it.
    table: whether a table comes as a dict of its columns, text in lists. place: of a model, where
    its storages go, as torch.load's map_location. mapped: whether arrays are left in the file until
    they are looked at. shell: whether hints are for a command line. Raises FileProblem,
    ValueProblem (a table's or JSON's contents), LimitError.
    """
    name = name or path
    suffix = need_known(name)
    with access.reading(path, name) as (file, size):
        wanted = _wanted(suffix, columns, dtype, table, shell, place, mapped)
        return _values(suffix, file, size, name, wanted, dtype)


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

    if FORMATS[sniff(data)].is_text:
        data = utf8(data, name)
    suffix = sniff(data)
    wanted = _wanted(suffix, columns, dtype, table, shell)
    return _values(suffix, BytesIO(data), len(data), name, wanted, dtype)


def _values(suffix: str, file: BinaryIO, size: int, name: str, wanted: Wanted, dtype: Any) -> Any:
    form = FORMATS[suffix]
    found = form.module.load(file, size, name, wanted)
    return found if form.of_models else _tensors(found, dtype, name)


def _wanted(
    suffix: str,
    columns: Any,
    dtype: Any,
    table: Any,
    shell: bool,
    place: Any = None,
    mapped: bool = False,
) -> Wanted:
    from tcalc.files.columns import Wanted, in_program, in_shell

    for name, value in (("columns", columns), ("table", table or None)):
        has_columns = FORMATS[suffix].separator or (name == "columns" and FORMATS[suffix].by_column)
        if value is not None and not has_columns:
            asked = f"--{name}" if shell else f"{name}="
            raise ValueProblem(f"{asked} is for tables; {suffix} files have none", argument=name)
    if dtype is not None and FORMATS[suffix].of_models:
        raise ValueProblem(
            f"dtype= is for arrays and tables; {suffix} files say the dtype of each tensor",
            argument="dtype",
        )
    if mapped and not FORMATS[suffix].can_wait:
        raise ValueProblem(
            f"mmap= is for .npy files and models; {suffix} files are read whole", argument="mmap"
        )
    # No digits are lost on the way to an explicit dtype.
    floats = None if dtype is None else "float64"
    ask = in_shell if shell else in_program
    return Wanted(columns, bool(table), floats, ask, place, mapped)


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
        if dtype.numpy == np.bool_ or array.dtype.char in COMPLEXES or not array.size:
            return cast
        if dtype.is_floating_point or dtype.is_complex:
            lost = np.isfinite(array.astype(np.float64)) & ~np.isfinite(cast)
        else:
            lost = cast != array
    if lost.any():
        first = array[lost].reshape(-1)[0]
        raise ValueProblem(f"{name}: {dtype} cannot hold {first}", argument="dtype")
    return cast
