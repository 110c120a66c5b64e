"""One recording from its start to its end, and the events that it comes to."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from tcalc.library.profiler.events import EventList, FunctionEvent, Kernel
from tcalc.library.profiler.recording import Recording
from tcalc.library.profiler.spans import BACKWARD, FUNCTION, USER, shown_place
from tcalc.runtime.arrays import cuda

if TYPE_CHECKING:
    from tcalc.library.profiler.spans import Span

_STEP = re.compile(r"ProfilerStep#\d+$")


class Settings:
    """What is recorded of a program; the names are those of torch.profiler.profile."""

    __slots__ = ("profile_memory", "record_shapes", "use_device", "with_flops", "with_modules",
                 "with_stack")  # fmt: skip

    def __init__(
        self, use_device: str | None, record_shapes: bool, profile_memory: bool, with_stack: bool,
        with_flops: bool, with_modules: bool,
    ) -> None:  # fmt: skip
        self.use_device = use_device
        self.record_shapes = bool(record_shapes)
        self.profile_memory = bool(profile_memory)
        self.with_stack = bool(with_stack)
        self.with_flops = bool(with_flops)
        self.with_modules = bool(with_modules)


class Recorded:
    """Recordings by some settings, one after the other, and their events.

    Events are made of what was recorded when someone asks for them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._now: Recording | None = None
        self._spans: list[Span] = []
        self._events: EventList | None = None
        # When the first recording began, by its own clock and by the wall's, in nanoseconds.
        self._first = self.base = 0

    def begin(self) -> None:
        """Start to record."""
        s = self._settings
        recording = Recording(
            shapes=s.record_shapes, stacks=s.with_stack, modules=s.with_modules or s.with_stack,
            flops=s.with_flops, device=s.use_device == "cuda",
        )  # fmt: skip
        recording.begin()
        self._now = recording
        if not self.base:
            self._first, self.base = recording.started, time.time_ns()

    def end(self) -> None:
        """Record no longer; what is not done with then ends there."""
        recording = self._now
        if recording is None:
            return
        recording.end()
        self._now = self._events = None
        for span in recording.spans:
            span.end = span.end or recording.ended
        self._spans += recording.spans

    @property
    def events(self) -> EventList:
        """An event for each stretch of work, in the order in which they began."""
        if self._events is None:
            s = self._settings
            self._events = EventList(
                _without_doubles(self._made()), use_device=s.use_device,
                profile_memory=s.profile_memory, with_flops=s.with_flops,
            )  # fmt: skip
        return self._events

    def _made(self) -> list[FunctionEvent]:
        made: dict[Span, FunctionEvent] = {}
        for number, span in enumerate(self._spans, 1):
            event = FunctionEvent(
                number, _STEP.sub("ProfilerStep*", span.name), 1, (span.start - self._first) / 1e3,
                (span.end - self._first) / 1e3, scope=span.scope, input_shapes=span.shapes,
                concrete_inputs=span.inputs, stack=[shown_place(p) for p in span.stack],
                cpu_memory_usage=span.bytes, flops=span.flops, sequence_nr=span.sequence,
                use_device=self._settings.use_device, trace_name=span.name,
                fwd_thread=1 if span.scope == BACKWARD else 0,
                is_user_annotation=span.scope == USER,
            )  # fmt: skip
            if span.device is not None:
                event.kernels.append(_kernel(span))
            made[span] = event
            event.cpu_parent = None if span.parent is None else made.get(span.parent)
        return list(made.values())


def _kernel(span: Span) -> Kernel:
    """The time between two marks in a GPU's work."""
    cupy: Any = cuda.module()
    begin, end = span.device  # type: ignore[misc]  # asked for where there are two
    end.synchronize()
    ms = float(cupy.cuda.get_elapsed_time(begin, end))
    return Kernel(span.name, int(cupy.cuda.Device().id), ms * 1e3)


def _without_doubles(events: list[FunctionEvent]) -> list[FunctionEvent]:
    """The events with those inside each as its children.

    What does its work by one of its own name is one with that: an op whose kernel is called as it is,
    and, as PyTorch has it, whatever calls nothing else.
    """
    for e in events:
        if e.cpu_parent is not None:
            e.cpu_parent.cpu_children.append(e)
    for e in reversed(events):  # those inside come after
        e.cpu_memory_usage += sum([child.cpu_memory_usage for child in e.cpu_children])
    kept = []
    for e in events:
        parent = e.cpu_parent
        if (
            parent is not None
            and parent.name == e.name
            and (e.scope == FUNCTION or len(parent.cpu_children) == 1)
        ):
            for child in e.cpu_children:
                child.cpu_parent = parent
            place = parent.cpu_children.index(e)
            parent.cpu_children[place : place + 1] = e.cpu_children
            parent.kernels += e.kernels
            parent.flops += e.flops
        else:
            kept.append(e)
    return kept
