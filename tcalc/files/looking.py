"""Files that are looked at rather than loaded: their format, their arrays, and these in blocks.

A file is known by its suffix, else, and where it is standard input, by how it begins.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from tcalc.files import access
from tcalc.files.formats import FORMATS, Entry, Format, is_known, need_known, sniff, suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.files.held import Held
    from tcalc.files.streaming import Table

STANDARD_INPUT = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
# So many bytes tell what format a file is of.
_HEAD = 1 << 16


class Looked(NamedTuple):
    """An open file: `name` as the user wrote it, and the suffix of its format."""

    name: str
    suffix: str
    file: BinaryIO
    size: int

    @property
    def form(self) -> Format:
        """Its format."""
        return FORMATS[self.suffix]

    def entries(self, columns: object = None) -> list[Entry]:
        """The arrays in it, from its header where it has one. columns: of a table, which."""
        self.file.seek(0)
        found: list[Entry] = self.form.module.entries(self.file, self.size, self.name, columns)
        return found

    def held(self, columns: object = None, exact: bool = False) -> list[Held]:
        """The same with their elements, in blocks. exact: whether text becomes float64."""
        from tcalc.files.columns import Wanted, in_shell
        from tcalc.files.held import of_value

        self.file.seek(0)
        wanted = Wanted(columns, ask=in_shell, floats="float64" if exact else None)
        module = self.form.module
        if self.form.in_blocks:
            found: list[Held] = module.held(self.file, self.size, self.name, wanted)
            return found
        return list(of_value(module.load(self.file, self.size, self.name, wanted)))

    def table(self) -> Table | None:
        """What the beginning of a table says of it; None for what is none."""
        if not self.form.separator:
            return None
        from tcalc.files.streaming import opened

        self.file.seek(0)
        return opened(self.file, self.size, self.name)


@contextmanager
def looking(path: str, stdin: BinaryIO) -> Iterator[Looked]:
    """A file open for being looked at; FileProblem where it is none, or of no known format.

    path: as the user named it, `-` or /dev/stdin for standard input, which is `stdin`.
    """
    if path in STANDARD_INPUT:
        file, size = _whole(stdin)
        yield Looked("<stdin>", sniff(_head(file)), file, size)
        return
    with access.reading(path) as (file, size):
        suffix = suffix_of(path)
        if not is_known(path):
            suffix = sniff(_head(file))
            if FORMATS[suffix].is_text:  # then its name has to say so
                suffix = need_known(path)
        yield Looked(path, suffix, file, size)


def _head(file: BinaryIO) -> bytes:
    head = file.read(_HEAD)
    file.seek(0)
    return head


def _whole(stdin: BinaryIO) -> tuple[BinaryIO, int]:
    """Standard input as a file that can be gone through again: itself where it is a plain one."""
    from io import BytesIO

    try:
        status = os.fstat(stdin.fileno())
        if stat.S_ISREG(status.st_mode):
            stdin.seek(0)
            return stdin, status.st_size
    except OSError:  # it is none of the system's
        pass
    data = access.read_whole(stdin, "standard input")
    return BytesIO(data), len(data)
