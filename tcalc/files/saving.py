"""Writing data files: tensors, tables and what JSON says, each file whole or not at all."""

from __future__ import annotations

from typing import Any

from tcalc.errors import TcalcError, ValueProblem
from tcalc.files import access
from tcalc.files.suffixes import NPZ_HINT, SUFFIXES, need_known

_TEXT_HINT = "text goes into .json, or into a table by column: save({'name': ['Ann']}, 'x.csv')"


def save(value: Any, path: str, *, name: str | None = None) -> str | None:
    """Write a value to a data file, whole or not at all; gives what there is to remark.

    .npy: one tensor. .npz: a dict of tensors, or several in a list (`arr_0`, `arr_1`, …).
    .csv, .tsv, .txt: a tensor of two dims at most, with the header that it was loaded with, or a
    dict of columns, tensors or lists of texts. .json: any of them.
    """
    name = name or path
    suffix = need_known(name)
    contents = _plain(value)
    if suffix == ".json":
        from tcalc.files import jsontext

        text = jsontext.write(contents, name)
        with access.writing(path, name) as file:
            access.put(file, text)
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
        from tcalc.files import headers

        text = _table(contents, headers.names_of(value), SUFFIXES[suffix], name)
        with access.writing(path, name) as file:
            access.put(file, text)
        return headers.remark(value, name)
    return None


def _plain(value: Any) -> Any:
    """Tensors as NumPy arrays, also inside containers."""
    from numpy import ndarray

    from tcalc.runtime.tensor.nested import array_of
    from tcalc.runtime.tensor.tensor import Tensor

    if isinstance(value, (Tensor, ndarray)):
        return array_of(value, None, copy=False)
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def _one(contents: Any, name: str) -> Any:
    """One array from an array, a number or nested lists of numbers."""
    from tcalc.runtime.tensor.nested import array_of

    if isinstance(contents, dict):
        raise ValueProblem(f"{name}: holds one tensor, not a dict of them", hint=NPZ_HINT)
    if isinstance(contents, list) and _holds_arrays(contents):
        raise ValueProblem(f"{name}: holds one tensor, not several", hint=NPZ_HINT)
    try:
        return array_of(contents, None, copy=False)
    except TcalcError:
        strange = _no_number(contents)
        if strange is None:
            raise
        hint = _TEXT_HINT if isinstance(strange[0], str) else None
        what = type(strange[0]).__name__
        raise ValueProblem(f"{name}: holds numbers, not {what}", hint=hint) from None


def _no_number(contents: Any) -> tuple[Any] | None:
    """The first thing in nested lists that is none, or None."""
    if isinstance(contents, list):
        return next(filter(None, map(_no_number, contents)), None)
    is_number = isinstance(contents, (int, float, complex)) or hasattr(contents, "dtype")
    return None if is_number else (contents,)


def _named(contents: Any, name: str) -> dict[str, Any]:
    if isinstance(contents, dict):
        return {key: _one(v, f"{name}[{key!r}]") for key, v in contents.items()}
    several = contents if isinstance(contents, list) and _holds_arrays(contents) else [contents]
    return {f"arr_{i}": _one(v, name) for i, v in enumerate(several)}


def _holds_arrays(contents: list[Any]) -> bool:
    return any(hasattr(v, "dtype") or isinstance(v, dict) for v in contents)


def _table(contents: Any, header: tuple[str, ...] | None, separator: str, name: str) -> bytes:
    from tcalc.files import spelled

    if not isinstance(contents, dict):
        return spelled.matrix(_one(contents, name), separator, name, header)
    columns = {key: _column(v, f"{name}[{key!r}]") for key, v in contents.items()}
    heights = {
        -1 if hasattr(column, "ndim") and column.ndim != 1 else len(column)
        for column in columns.values()
    }
    if len(heights) != 1 or -1 in heights:
        raise ValueProblem(f"{name}: the columns of a table are vectors of one length")
    return spelled.columns(columns, separator, name)


def _column(contents: Any, name: str) -> Any:
    """An array, or a list of texts."""
    if isinstance(contents, list) and contents and all(type(v) is str for v in contents):
        return contents
    return _one(contents, name)
