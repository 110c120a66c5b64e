"""The formats of data files: a row each, whose module is loaded when a file of it is at hand.

A format's module has three functions:

    load(file, size, name, wanted)      what a file holds: an array, or dicts and lists of arrays
    save(value, name)                   looks at a value; gives what puts it into an open file
    entries(file, size, name, columns)  the arrays in a file, each an Entry

and, where files of it are gone through without being loaded whole, a fourth:

    held(file, size, name, wanted)      the arrays in a file with their elements, each a Held
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import FileProblem
from tcalc.files.models.marks import is_checkpoint, is_safetensors

if TYPE_CHECKING:
    from collections.abc import Callable

_PICKLES = (".pkl", ".pickle")
NPZ_HINT = "save tensors by name in an .npz file: save({'w': w}, 'x.npz'); load gives the dict"


class Entry(NamedTuple):
    """One array of a file; `name` is empty where it has none.

    A size of -1 is one that only reading the whole file would tell.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]


class Format(NamedTuple):
    """One format.

    home: its module. sniff: whether bytes begin as it does. is_text: whether it is text, which is
    looked at in UTF-8. separator: what is written between the fields of a table. of_models: whether
    its module gives values as programs have them, and takes them so. can_wait: whether numbers can
    be left in the file until they are looked at. in_blocks: whether its module has `held`.
    by_column: whether it is a table of which columns can be asked for.
    """

    home: str
    sniff: Callable[[bytes], bool]
    is_text: bool = True
    separator: str = ""
    of_models: bool = False
    can_wait: bool = False
    in_blocks: bool = False
    by_column: bool = False

    @property
    def module(self) -> Any:
        """The module with its functions."""
        return import_module(f"tcalc.files.{self.home}")


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.lstrip().startswith(marks)


def _has_separators(data: bytes) -> bool:
    from tcalc.files import rows

    return rows.sniff(data) is not None


def _begins_with(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(marks)


_HDF5 = Format("hdf5", _begins_with(b"\x89HDF\r\n\x1a\n"), is_text=False, in_blocks=True)
# Images by what their bytes begin with; those that begin as a text may are known by name alone.
_PICTURES: dict[str, Callable[[bytes], bool]] = {
    ".png": _begins_with(b"\x89PNG\r\n\x1a\n"),
    ".jpg": _begins_with(b"\xff\xd8\xff"),
    ".jpeg": lambda _: False,
    ".gif": _begins_with(b"GIF87a", b"GIF89a"),
    ".webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
    ".bmp": lambda _: False,
    ".ppm": lambda _: False,
    ".pgm": lambda _: False,
}
_CHECKPOINT = Format(
    "models.checkpoint",
    is_checkpoint,
    is_text=False,
    of_models=True,
    can_wait=True,
    in_blocks=True,
)

# By how names end. The first that bytes begin as is theirs.
FORMATS = {
    ".npy": Format(
        "npy",
        _begins_with(b"\x93NUMPY"),
        is_text=False,
        can_wait=True,
        in_blocks=True,
    ),
    ".pt": _CHECKPOINT,
    ".pth": _CHECKPOINT,
    ".ckpt": _CHECKPOINT,
    ".bin": _CHECKPOINT,
    ".safetensors": Format(
        "models.safetensors",
        is_safetensors,
        is_text=False,
        of_models=True,
        can_wait=True,
        in_blocks=True,
    ),
    ".npz": Format(
        "npz",
        _begins_with(b"PK\x03\x04", b"PK\x05\x06"),
        is_text=False,
        in_blocks=True,
    ),
    ".json": Format("jsontext", _begins(b"[", b"{"), in_blocks=True),
    ".jsonl": Format("jsonlines", lambda _: False, in_blocks=True),
    ".h5": _HDF5,
    ".hdf5": _HDF5,
    ".parquet": Format(
        "parquet",
        _begins_with(b"PAR1"),
        is_text=False,
        in_blocks=True,
        by_column=True,
    ),
    ".mat": Format(
        "matlab",
        lambda data: data[124:128] in (b"\x00\x01IM", b"\x01\x00MI"),
        is_text=False,
        in_blocks=True,
    ),
    **{suffix: Format("pictures", begins, is_text=False) for suffix, begins in _PICTURES.items()},
    ".csv": Format("table", _has_separators, separator=",", in_blocks=True, by_column=True),
    ".tsv": Format("table", lambda _: False, separator="\t", in_blocks=True, by_column=True),
    ".txt": Format("table", lambda _: True, separator=" ", in_blocks=True, by_column=True),
}


def is_known(name: str) -> bool:
    """Whether a file's name ends as that of a data file."""
    return suffix_of(name) in FORMATS


def need_known(name: str) -> str:
    """The suffix of a data file's name; FileProblem where it is not one."""
    suffix = suffix_of(name)
    if suffix in FORMATS:
        return suffix
    if suffix in _PICKLES:
        raise FileProblem(
            f"{name}: {suffix} files hold pickles, which are programs; nothing is unpickled",
            hint="save and load read and write weights in .pt files",
            argument="f",
        )
    raise FileProblem(
        f"{name}: not a data file; their names end in {' '.join(FORMATS)}", argument="f"
    )


def suffix_of(name: str) -> str:
    """How a name ends, in small letters."""
    return os.path.splitext(name)[1].lower()


def sniff(data: bytes) -> str:
    """The suffix of the format that bytes begin as.

    >>> sniff(b"[1, 2]"), sniff(b"a,b\\n1,2\\n"), sniff(b"1 2\\n")
    ('.json', '.csv', '.txt')
    """
    from tcalc.files.text import UTF8_MARK

    text = data.removeprefix(UTF8_MARK)
    return next(suffix for suffix, f in FORMATS.items() if f.sniff(text if f.is_text else data))
