"""What data files are called, and which names those of other files are."""

from __future__ import annotations

import os

from tcalc.errors import FileProblem

# Suffixes of data, each with what separates the fields where that is text.
SUFFIXES = {".npy": "", ".npz": "", ".json": "", ".csv": ",", ".tsv": "\t", ".txt": " "}
_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt")
NPZ_HINT = "save tensors by name in an .npz file: save({'w': w}, 'x.npz'); load gives the dict"


def is_known(name: str) -> bool:
    """Whether a file's name ends as that of a data file."""
    return suffix_of(name) in SUFFIXES


def need_known(name: str) -> str:
    """The suffix of a data file's name; FileProblem where it is not one."""
    suffix = suffix_of(name)
    if suffix in SUFFIXES:
        return suffix
    if suffix in _PICKLES:
        raise FileProblem(
            f"{name}: {suffix} files hold pickles, which are programs; nothing is unpickled",
            hint=NPZ_HINT,
            argument="f",
        )
    raise FileProblem(
        f"{name}: not a data file; their names end in {' '.join(SUFFIXES)}", argument="f"
    )


def suffix_of(name: str) -> str:
    """How a name ends, in small letters."""
    return os.path.splitext(name)[1].lower()
