"""Files of events: what is written to a folder as it comes."""

from __future__ import annotations

import math
import os
import platform
import re
import time
from itertools import count
from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.library.host import host
from tcalc.library.tensorboard import messages as m
from tcalc.library.tensorboard.arrays import take
from tcalc.library.tensorboard.records import record
from tcalc.runtime.base.modes import effect

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_VERSION = "brain.Event:2"
_WRITER = "tensorboard.summary.writer.event_file_writer"
# How many files of events this process has made.
_made = count()


class Events:
    """A file of events in a folder. Each event is in the file whole once it was added."""

    __slots__ = ("_file", "folder")

    def __init__(self, folder: str, suffix: str, purge: int | None = None) -> None:
        """suffix: what the file's name ends in. purge: from which step on earlier events count no
        more."""
        self.folder = folder
        host.files().make(folder, parents=True, exist_ok=True)
        made = f"{int(time.time()):010d}.{_machine()}.{os.getpid()}.{next(_made)}"
        name = os.path.join(folder, f"events.out.tfevents.{made}{suffix}")
        self._file = host.files().events(name)
        self._write(file_version=_VERSION, source_metadata=m.SOURCE(writer=_WRITER))
        if purge is not None:
            self._write(step=purge, file_version=_VERSION)
            self._write(step=purge, session_log=m.SESSION_LOG(status=m.START))

    def add(self, summary: bytes, step: int | None, walltime: float | None) -> None:
        """Add a summary."""
        self._write(walltime, summary=summary, step=step)

    def add_graph(self, made: bytes, run: bytes, walltime: float | None = None) -> None:
        """Add a graph, with what devices did."""
        self._write(walltime, graph_def=made)
        tagged = m.TAGGED_RUN(tag="step1", run_metadata=run)
        self._write(walltime, tagged_run_metadata=tagged)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self, walltime: float | None = None, **what: Any) -> None:
        moment = time.time() if walltime is None else walltime
        self._file.append(record(m.EVENT(wall_time=moment, **what)))


def _machine() -> str:
    """The machine's name as part of a file's."""
    return re.sub("[^A-Za-z0-9._-]", "_", platform.node())


class Run:
    """A folder of a run's files, one of them its own: what SummaryWriter adds to."""

    _public_ = frozenset(
        {
            "close", "filename_suffix", "flush", "flush_secs", "get_logdir", "log_dir", "max_queue",
            "purge_step",
        }
    )  # fmt: skip

    def __init__(
        self,
        log_dir: Any = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        effect("SummaryWriter")
        made = type(self).__name__
        comment = take(made, "comment", comment, "str")
        if log_dir is None or log_dir == "":
            moment = time.strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{moment}_{platform.node()}{comment}")
        self.log_dir: Any = log_dir
        self.purge_step = (
            None if purge_step is None else take(made, "purge_step", purge_step, "int")
        )
        self.max_queue = take(made, "max_queue", max_queue, "int")
        self.flush_secs = take(made, "flush_secs", flush_secs, "float")
        self.filename_suffix: str = take(made, "filename_suffix", filename_suffix, "str")
        self._folder = host.name_of(log_dir)
        # By folder, the files that are open; those of `add_scalars` have folders of their own.
        self._files: dict[str, Events] = {}
        self._embeddings = ""
        self._main()

    def _main(self) -> Events:
        """The file in the folder itself, which is made anew after `close`."""
        effect("SummaryWriter")
        if self._folder not in self._files:
            self._files[self._folder] = Events(self._folder, self.filename_suffix, self.purge_step)
            self.purge_step = None
        return self._files[self._folder]

    def _add(self, what: bytes, step: object, walltime: object) -> None:
        self._main().add(what, step_of(step), moment_of(walltime))

    def get_logdir(self) -> Any:
        """The folder that files are written to."""
        return self.log_dir

    def flush(self) -> None:
        """Nothing waits here: what was added is in the files."""

    def close(self) -> None:
        """Let go of the files; what is added later goes into new ones."""
        files, self._files = self._files, {}
        for events in files.values():
            events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def tag_of(caller: str, tag: object) -> str:
    found: str = take(caller, "tag", tag, "str")
    return found


def step_of(step: object) -> int | None:
    """The step of an event: an int, or a number that is rounded down to one."""
    if step is None:
        return None
    found = take("SummaryWriter", "global_step", step, "int", "float", "bool")
    if not math.isfinite(found):
        raise ValueProblem(f"a step is an int, not {found}", argument="global_step")
    return int(found)


def moment_of(walltime: object) -> float | None:
    found: float | None = None
    if walltime is not None:
        found = take("SummaryWriter", "walltime", walltime, "float")
    return found
