"""A profile as a trace in Chrome's format, which chrome://tracing, Perfetto and TensorBoard show."""

from __future__ import annotations

import gzip
import json
import os
import platform
from typing import TYPE_CHECKING, Any

from tcalc.errors import FileProblem
from tcalc.library.host import host

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What PyTorch calls the kinds of events, by scope; those of modules are Python's there.
_CATEGORIES = {0: "cpu_op", 1: "cpu_op", 7: "user_annotation"}


class Saved:
    """Events as files hold them. metadata: values of JSON by name that stand at the top; base: what
    the wall's clock says at 0 of the profiler's, in nanoseconds."""

    def __init__(
        self, events: Iterable[Any], metadata: Mapping[str, Any] | None = None, base: int = 0
    ) -> None:
        self._events = events
        self._metadata = metadata or {}
        self._base = base

    def data(self, name: str) -> dict[str, Any]:
        """The trace as plain data. name: of the file that holds it."""
        pid = os.getpid()
        traced = [_event(e, pid, number) for number, e in enumerate(self._events)]
        traced += [_device_event(e, k, pid) for e in self._events for k in e.kernels]
        head = {
            "name": "process_name", "ph": "M", "pid": pid, "tid": 0, "ts": 0,
            "args": {"name": "tcalc"},
        }  # fmt: skip
        return {
            "schemaVersion": 1, "deviceProperties": [], **self._metadata,
            "displayTimeUnit": "ms", "baseTimeNanoseconds": self._base,
            "traceEvents": [head, *traced], "traceName": name,
        }  # fmt: skip

    def write(self, path: Any) -> None:
        """Write the trace to a file whose name ends in `.json`, or in `.json.gz` to compress it."""
        name = host.name_of(path)
        self.text(name, json.dumps(self.data(name), indent=1))

    @staticmethod
    def text(path: Any, text: str) -> None:
        """Write a text to a file, whole or not at all."""
        name = host.name_of(path)
        plain = name.removesuffix(".gz")
        if os.path.splitext(plain)[1].lower() not in _SUFFIXES:
            raise FileProblem(
                f"{name}: a profile is written to a file whose name ends in .json, .json.gz, .txt, "
                ".log or .csv", argument="path",
            )  # fmt: skip
        data = text.encode()
        with host.files().writing(name) as file:
            file.write(data if plain == name else gzip.compress(data, mtime=0))


_SUFFIXES = frozenset({".json", ".txt", ".log", ".csv"})


def worker_name() -> str:
    """What tells this process from others that write to the same folder: `host_pid`."""
    return f"{platform.node() or 'localhost'}_{os.getpid()}"


def _event(e: Any, pid: int, number: int) -> dict[str, Any]:
    args: dict[str, Any] = {"External id": e.id, "Ev Idx": number}
    if e.sequence_nr >= 0:
        args |= {"Sequence number": e.sequence_nr, "Fwd thread id": e.fwd_thread}
    if e.input_shapes:
        args["Input Dims"] = list(e.input_shapes)
    if any(v is not None for v in e.concrete_inputs):
        args["Concrete Inputs"] = ["" if v is None else str(v) for v in e.concrete_inputs]
    if e.self_cpu_memory_usage:
        args["Bytes"] = e.self_cpu_memory_usage
    if e.flops:
        args["flops"] = e.flops
    if e.stack:
        args["Call stack"] = ";".join(e.stack)
    return _interval(e.trace_name, _CATEGORIES[e.scope], pid, e.thread, e.time_range, args)


def _interval(
    name: str, category: str, pid: Any, tid: Any, interval: Any, args: dict[str, Any]
) -> dict[str, Any]:
    return {
        "ph": "X", "cat": category, "name": name, "pid": pid, "tid": tid,
        "ts": interval.start, "dur": interval.elapsed_us(), "args": args,
    }  # fmt: skip


def _device_event(e: Any, kernel: Any, pid: int) -> dict[str, Any]:
    """Work of a GPU, from the moment at which it was given."""
    return {
        "ph": "X", "cat": "kernel", "name": kernel.name, "pid": pid, "tid": f"GPU {kernel.device}",
        "ts": e.time_range.start, "dur": kernel.duration, "args": {"External id": e.id},
    }  # fmt: skip
