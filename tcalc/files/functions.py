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
    """The functions `load` and `save` of one session, and those of files that hold programs.

    base_dirs: gives the directories under which programs may read and write, the one that
    relative names are written to first. allowed: further files, looked at anew in each call.
    tell: gets remarks on what was saved.
    """

    def load(
        f: Any,
        *,
        map_location: Any = None,
        mmap: Any = None,
        columns: Any = None,
        dtype: Any = None,
        table: Any = False,
        **options: Any,
    ) -> Any:
        """What a data file holds, as `tcalc.language.namespace.load` says."""
        from tcalc.runtime.base import kinds

        if dtype is not None:
            dtype = kinds.take("load", "dtype", ("DType",), dtype)
        _ignore("load", options, ("weights_only", "allow_pickle", "encoding", "mmap_mode"))
        mmap = True if options.get("mmap_mode") is not None else mmap
        mapped = mmap is not None and kinds.take("load", "mmap", ("bool",), mmap)
        table = kinds.take("load", "table", ("bool",), table)
        f = _named(f, "load")
        files.need_known(f)
        path = access.find_readable(f, base_dirs(), allowed)
        return files.load(
            path, columns=columns, dtype=dtype, table=table, place=map_location, mapped=mapped,
            name=f,
        )  # fmt: skip

    def save(obj: Any, f: Any, **options: Any) -> None:
        """Write a value to a data file, as `tcalc.language.namespace.save` says."""
        _ignore("save", options, ("_use_new_zipfile_serialization", "_disable_byteorder_record"))
        if type(obj) is str and type(f) is not str:
            obj, f = f, obj  # NumPy's order
        f = _named(f, "save")
        files.need_known(f)
        remark = files.save(obj, access.find_writable(f, base_dirs(), allowed), name=f)
        if remark is not None:
            tell(remark)

    def save_program(tensors: dict[str, Any], metadata: dict[str, str], f: Any) -> None:
        """Write tensors and a program, as `torch.jit.save` says."""
        from tcalc.files.models import programs

        f = _named(f, "jit.save")
        programs.need_known(f)
        programs.save(tensors, metadata, access.find_writable(f, base_dirs(), allowed), f)

    def load_program(f: Any, map_location: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """The tensors and the program in a file, as `torch.jit.load` says."""
        from tcalc.files.models import programs

        f = _named(f, "jit.load")
        programs.need_known(f)
        return programs.load(access.find_readable(f, base_dirs(), allowed), f, map_location)

    return {"load": load, "save": save, "load program": load_program, "save program": save_program}


def _named(f: object, function: str) -> str:
    if type(f) is not str:
        raise ArgumentError(
            f"{function}(): the file's name must be a str, not {type(f).__name__}", argument="f"
        )
    return f


def _ignore(function: str, options: dict[str, Any], known: tuple[str, ...]) -> None:
    """PyTorch's and NumPy's options that have nothing to say where nothing is pickled."""
    for name in options:
        if name not in known:
            raise ArgumentError(f"{function}() got an unexpected keyword argument '{name}'")
