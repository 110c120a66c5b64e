"""`load` and `save` as programs have them: held to the files that a program may touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc import files
from tcalc.errors import ArgumentError
from tcalc.files import access

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Sequence


def make_functions(
    base_dirs: Callable[[], Sequence[str | os.PathLike[str]]],
    allowed: Collection[str | os.PathLike[str]],
    tell: Callable[[str], object] = lambda _: None,
) -> dict[str, Callable[..., Any]]:
    """The functions `load` and `save` of one session.

    base_dirs: gives the directories under which programs may read and write, the one that
    relative names are written to first. allowed: further files, looked at anew in each call.
    tell: gets remarks on what was saved.
    """

    def load(
        f: str, *, columns: Any = None, dtype: Any = None, table: Any = False, **options: Any
    ) -> Any:
        """What a data file holds, as `tcalc.language.namespace.load` says."""
        from tcalc.runtime.base import kinds

        if dtype is not None:
            dtype = kinds.take("load", "dtype", ("DType",), dtype)
        _ignore(options, {"map_location", "weights_only", "mmap"})
        _need_name(f, "load")
        table = kinds.take("load", "table", ("bool",), table)
        files.need_known(f)
        path = access.find_readable(f, base_dirs(), allowed)
        return files.load(path, columns=columns, dtype=dtype, table=table, name=f)

    def save(obj: Any, f: Any) -> None:
        """Write a value to a data file, as `tcalc.language.namespace.save` says."""
        if type(obj) is str and type(f) is not str:
            obj, f = f, obj  # NumPy's order
        _need_name(f, "save")
        files.need_known(f)
        remark = files.save(obj, access.find_writable(f, base_dirs(), allowed), name=f)
        if remark is not None:
            tell(remark)

    return {"load": load, "save": save}


def _need_name(f: object, function: str) -> None:
    if type(f) is not str:
        raise ArgumentError(
            f"{function}(): the file's name must be a str, not {type(f).__name__}", argument="f"
        )


def _ignore(options: dict[str, Any], known: set[str]) -> None:
    """PyTorch's options that have nothing to say here, where nothing is unpickled."""
    for name in options:
        if name not in known:
            raise ArgumentError(f"load() got an unexpected keyword argument '{name}'")
