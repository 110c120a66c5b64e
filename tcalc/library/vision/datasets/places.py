"""The files of data sets: whether they are there, whether they are the ones that were published,
and fetching them.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from tcalc.library.host import host
from tcalc.runtime.base.modes import effect

if TYPE_CHECKING:
    from typing import BinaryIO

_PIECE = 1 << 20


class Published(NamedTuple):
    """A file that is published: its name, the MD5 of its bytes, and where it can be had."""

    file: str
    md5: str
    url: str = ""


def is_file(name: str) -> bool:
    """Whether there is a plain file that the program can see."""
    found = host.files().seen(name)
    return found is not None and stat.S_ISREG(found.st_mode)


def is_folder(name: str) -> bool:
    """Whether there is a folder that the program can see."""
    found = host.files().seen(name)
    return found is not None and stat.S_ISDIR(found.st_mode)


def md5_of(file: BinaryIO) -> str:
    """The MD5 of a file, which is then at its beginning again."""
    # It says whether the file is the one that was meant, not whether somebody meant harm with it.
    digest = hashlib.md5(usedforsecurity=False)
    while piece := file.read(_PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def is_whole(name: str, md5: str) -> bool:
    """Whether a file is there and is the one that was published."""
    if not is_file(name):
        return False
    with host.files().reading(name) as (file, _):
        return md5_of(file) == md5


def fetch(url: str, folder: str, file: str, md5: str, most: int) -> None:
    """Fetch a file into a folder, where --allow-net lets programs; NetworkProblem where not."""
    effect("download")
    lent = host.network()
    if lent.is_allowed:
        host.files().make(folder, parents=True, exist_ok=True)
    lent.fetch(url, os.path.join(folder, file), begins=md5, algorithm="md5", most=most)
