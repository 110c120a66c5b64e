"""One recording from its start to its end, and the events that it comes to."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from tcalc.library.profiler.events import EventList, FunctionEvent, Kernel
from tcalc.library.profiler.recording import Recording
from tcalc.library.profiler.spans import shown_place
from tcalc.runtime.arrays import cuda

if TYPE_CHECKING:
    from tcalc.library.profiler.spans import Span

_STEP = re.compile(r"ProfilerStep#\d+$")


class Settings:
    """What is recorded of a program; the names are those of torch.profiler.profile."""

    __slots__ = ("acc_events", "profile_memory", "record_shapes", "use_cpu", "use_device", "with_flops",
                 "with_modules", "with_stack")  # fmt: skip

    def __init__(
        self, *, use_cpu: bool = True, use_device: str | None = None, record_shapes: bool = False,
        profile_memory: bool = False, with_stack: bool = False, with_flops: bool = False,
        with_modules: bool = False, acc_events: bool = False,
    ) -> None:  # fmt: skip
        self.use_cpu = use_cpu
        self.use_device = use_device
        self.record_shapes = bool(record_shapes)
        self.profile_memory = bool(profile_memory)
        self.with_stack = bool(with_stack)
        self.with_flops = bool(with_flops)
        self.with_modules = bool(with_modules)
        self.acc_events = bool(acc_events)


class Recorded:
    """Recordings by some settings, one after the other, and their events.

    Events are made of what was recorded when someone asks for them.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._now: Recording | None = None
        self._spans: list[tuple[Span, int]] = []
        self._events: EventList | None = None
        # What the wall's clock said when the first recording began, in nanoseconds.
        self.base = 0

    def begin(self) -> None:
        """Start to record."""
        s = self.settings
        recording = Recording(
            shapes=s.record_shapes, stacks=s.with_stack, modules=s.with_modules or s.with_stack,
            flops=s.with_flops, device=s.use_device == "cuda",
        )  # fmt: skip
        recording.begin()
        self._now = recording
        self.base = self.base or time.time_ns() - recording.started

    def end(self) -> None:
        """Record no longer; what was not done then is left out but for what it had done."""
        recording, self._now = self._now, None
        if recording is None:
            return
        recording.end()
        if self.settings.use_cpu:
            for span in recording.spans:
                span.end = span.end or recording.ended
        self._spans += [(span, recording.started) for span in recording.spans]
        self._events = None

    @property
    def events(self) -> EventList:
        """An event for each stretch of work, in the order in which they began."""
        if self._events is None:
            self._events = self._made()
        return self._events

    def _made(self) -> EventList:
        s = self.settings
        made: dict[Span, FunctionEvent] = {}
        for number, (span, _) in enumerate(self._spans, 1):
            first = self._spans[0][1]
            event = FunctionEvent(
                number, _STEP.sub("ProfilerStep*", span.name), 1, (span.start - first) / 1e3,
                (span.end - first) / 1e3, scope=span.scope, input_shapes=span.shapes,
                concrete_inputs=span.inputs, stack=[shown_place(p) for p in span.stack],
                cpu_memory_usage=span.bytes, flops=span.flops, sequence_nr=span.sequence,
                use_device=s.use_device, trace_name=span.name,
            )  # fmt: skip
            if span.device is not None:
                event.kernels.append(_kernel(span))
            made[span] = event
            if span.parent is not None and span.parent in made:
                event.cpu_parent = made[span.parent]
        return EventList(
            _without_doubles(list(made.values())), use_device=s.use_device,
            profile_memory=s.profile_memory, with_flops=s.with_flops,
        )  # fmt: skip


def _kernel(span: Span) -> Kernel:
    """The time between two marks in a GPU's work."""
    cupy: Any = cuda.module()
    begin, end = span.device  # type: ignore[misc]  # asked for where there are two
    end.synchronize()
    ms = float(cupy.cuda.get_elapsed_time(begin, end))
    return Kernel(span.name, int(cupy.cuda.Device().id), ms * 1e3)


def _without_doubles(events: list[FunctionEvent]) -> list[FunctionEvent]:
    """The events with those inside each as its children; one that only calls another of its own name
    is one with it, as PyTorch has it."""
    for e in events:
        if e.cpu_parent is not None:
            e.cpu_parent.cpu_children.append(e)
    kept = []
    for e in events:
        parent = e.cpu_parent
        if parent is not None and parent.name == e.name and len(parent.cpu_children) == 1:
            for child in e.cpu_children:
                child.cpu_parent = parent
            parent.cpu_children = e.cpu_children
            parent.kernels += e.kernels
            parent.own_memory += e.own_memory
        else:
            kept.append(e)
    return kept
