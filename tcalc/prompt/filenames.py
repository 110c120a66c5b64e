"""File names for Tab: folders first, then what tcalc can read, then the rest."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from tcalc.runtime.base.memory import human

PROGRAMS = (".tcalc", ".py")


class File(NamedTuple):
    """A file or a folder: its name as it goes on from what was typed, and its size in words."""

    name: str
    note: str


def files(typed: str, first: Iterable[str] = ()) -> list[File]:
    """The files and folders that begin as typed; hidden ones only when asked.

    first: endings of names that come before others.
    """
    folder, name = os.path.split(typed)
    endings = tuple(first)
    found = []
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as listed:
            for entry in listed:
                if entry.name.startswith(name) and (name or entry.name[0] != "."):
                    found.append(_described(entry, endings))
    except OSError:
        return []
    return [file for _, file in sorted(found) if file.name.isprintable()]


def _described(entry: os.DirEntry[str], endings: tuple[str, ...]) -> tuple[int, File]:
    if entry.is_dir():
        return 0, File(entry.name + "/", "folder")
    try:
        size = human(entry.stat().st_size)
    except OSError:  # a link to nowhere
        size = ""
    return 1 if entry.name.lower().endswith(endings) else 2, File(entry.name, size)
