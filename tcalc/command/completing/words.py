"""What can stand on a command line, as shells are told."""

from __future__ import annotations

from tcalc.files.formats import FORMATS
from tcalc.options import COMMANDS, OPTIONS, PROGRAMS, Option

# What the values of options are, by what the table calls them.
_FILE, _FOLDER, _DEVICE, _DTYPE = "FILE", "DIR", "D", "T"
DATA, PROGRAM, NAMES, FOLDERS = "data", "programs", "names", "folders"


class Words:
    """The words of each kind.

    names: functions and modules, as they are found bare; topics: those of help.
    """

    def __init__(self) -> None:
        from tcalc.help.topics import TOPICS
        from tcalc.runtime.base import registry

        inside = [n.removeprefix("torch.") for n in registry.NAMES if n.startswith("torch.")]
        self.names = sorted(inside)
        self.topics = sorted(TOPICS)
        self.suffixes = {DATA: tuple(FORMATS), PROGRAM: PROGRAMS}
        self.options = [option for option in OPTIONS if option.flag.startswith("-")]
        self.commands = COMMANDS

    def values(self, option: Option) -> tuple[str, ...] | str | None:
        """What can follow an option: words, a kind of files, "" for anything; None for nothing."""
        if option.read is None:
            return None
        if option.choices:
            return option.choices
        if option.metavar == _DEVICE:
            from tcalc.runtime.types.devices import KINDS

            return tuple(KINDS)
        if option.metavar == _DTYPE:
            from tcalc.runtime.types.dtypes import ALL, is_floating

            return tuple(dtype.name for dtype in ALL if is_floating(dtype))
        return {_FILE: DATA, _FOLDER: FOLDERS}.get(option.metavar, "")
