"""NumPy's text files: `np.loadtxt`, `np.genfromtxt`, `np.savetxt`, and archives by `np.savez`.

Files are opened as the program's own `open` does, behind the same walls; NumPy sees lines.
"""

from __future__ import annotations

import io

import numpy as np

from tcalc.errors import ArgumentError
from tcalc.language.active import ACTIVE
from tcalc.language.arrays import argument, given, taken
from tcalc.language.places import name_of
from tcalc.language.textfiles import TextBuffer, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# What would have NumPy call a program's functions amid its own work, or make records.
_CLOSED = ("converters", "like", "names", "excludelist", "deletechars", "replace_space")


def _lines(fname: Any, encoding: str | None) -> list[str]:
    """The lines of a file by name, of one that is open, or of a list of texts."""
    if isinstance(fname, TextBuffer):
        return list(fname.readlines())
    if isinstance(fname, (list, tuple)):
        return [line for line in fname if type(line) is str]
    file = opened(name_of(fname), encoding=encoding)
    try:
        return list(file.readlines())
    finally:
        file.close()


def _reading(name: str) -> Callable[..., Any]:
    function: Any = getattr(np, name)

    def call(fname: Any, dtype: Any = float, *, encoding: str | None = None, **options: Any) -> Any:
        for option in options:
            if option in _CLOSED and options[option] is not None:
                raise ArgumentError(f"{name}() does not take '{option}' here", argument=option)
        ready = {key: argument(key, value) for key, value in options.items()}
        kind = None if dtype is None else argument("dtype", dtype)
        try:
            return given(function(_lines(fname, encoding), kind, encoding="utf-8", **ready))
        except StopIteration:
            raise ValueError(f"{name}(): the file holds no data") from None

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"NumPy's {name}: a table of numbers out of a text file."
    return call


def savetxt(
    fname: Any, X: Any, fmt: Any = "%.18e", delimiter: str = " ", newline: str = "\n", header: str = "",
    footer: str = "", comments: str = "# ", encoding: str | None = None,
) -> None:  # fmt: skip
    """Write an array of one or two dimensions into a text file, a row a line.

    np.savetxt("a.txt", np.eye(2), fmt="%.3f")
    """
    text = io.StringIO()
    values = [taken(v) for v in (fmt, delimiter, newline, header, footer, comments)]
    np.savetxt(text, taken(X), *values)
    if isinstance(fname, TextBuffer):
        fname.write(text.getvalue())
        return
    file = opened(name_of(fname), "w", encoding=encoding)
    try:
        file.write(text.getvalue())
    finally:
        file.close()


def savez(file: Any, *args: Any, **kwds: Any) -> None:
    """Write several arrays into an .npz file, by their keywords, or as arr_0, arr_1, …

    np.savez("a.npz", x=np.ones(2), y=np.zeros(3))
    """
    name = name_of(file)
    named = {f"arr_{i}": value for i, value in enumerate(args)}
    for key in kwds:
        if key in named:
            raise ValueError(f"Cannot use un-named variables and keyword {key}")
    arrays = {key: given(np.asarray(taken(v))) for key, v in {**named, **kwds}.items()}
    ACTIVE[-1].files["save"](arrays, name if name.endswith(".npz") else f"{name}.npz")


def members() -> dict[str, Any]:
    """What `np` has of these."""
    return {
        "loadtxt": _reading("loadtxt"), "genfromtxt": _reading("genfromtxt"), "savetxt": savetxt,
        "savez": savez, "savez_compressed": savez,
    }  # fmt: skip
