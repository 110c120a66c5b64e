"""torch.profiler.profile: what a program spends its time on, all at once or by a schedule."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, AssertionProblem, ValueProblem
from tcalc.library.host import host
from tcalc.library.profiler import legacy
from tcalc.library.profiler.regions import record_function
from tcalc.library.profiler.settings import ProfilerAction, ProfilerActivity, supported_activities
from tcalc.library.profiler.trace import Saved, worker_name
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from tcalc.library.profiler.events import EventList
    from tcalc.library.profiler.session import Recorded

NONE, WARMUP = ProfilerAction.NONE, ProfilerAction.WARMUP
RECORD, SAVE = ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE


@export("torch.profiler.profile", "torch.profiler.profiler.profile", home="torch.profiler.profiler")
class profile:
    """Records what is done inside `with`, or between `start()` and `stop()`: each call of an op, each
    node of a pass back, steps of optimizers, batches of loaders, regions of `record_function`.

    activities: ProfilerActivity.CPU, and CUDA for the times of a GPU; what there is unless told.
    schedule: what to do at each step, from one `step()` to the next (see torch.profiler.schedule).
    on_trace_ready: called with the profiler when a cycle of it, or the recording, is complete.
    record_shapes: shapes of operands. profile_memory: bytes of what each call made and kept as its
    result. with_stack: the lines of the program, and calls of modules; with_modules: those alone.
    with_flops: products and sums, where the op tells. acc_events: keep the events of all cycles.

    Ops run as they do without it, so work on large tensors waits and is fused: what only noted it took
    no time, and the pass that computes it stands as `tcalc::fused_pass` where it is done.

    >>> with torch.profiler.profile(record_shapes=True) as prof:
    ...     y = ones(2, 3) @ ones(3, 2)
    >>> for e in prof.key_averages(): print(e.key, e.count)
    aten::ones 2
    aten::matmul 1
    aten::mm 1
    """

    _public_ = frozenset({
        "acc_events", "activities", "add_metadata", "add_metadata_json", "current_action", "events",
        "export_chrome_trace", "export_stacks", "key_averages",
        "on_trace_ready", "preset_metadata_json", "profile_memory", "profiler", "record_shapes",
        "record_steps", "schedule", "start", "step", "step_num", "stop", "use_device", "with_flops",
        "with_modules", "with_stack",
    })  # fmt: skip

    def __init__(
        self, *, activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[profile], object] | None = None,
        record_shapes: bool = False, profile_memory: bool = False, with_stack: bool = False,
        with_flops: bool = False, with_modules: bool = False, experimental_config: Any = None,
        execution_trace_observer: Any = None, acc_events: bool = False,
        use_cuda: bool | None = None, custom_trace_id_callback: Any = None,
        post_processing_timeout_s: float | None = None,
    ) -> None:  # fmt: skip
        if execution_trace_observer is not None:
            raise ArgumentError("an execution trace is not written: export_chrome_trace() writes one "
                                "that is drawn", argument="execution_trace_observer")  # fmt: skip
        self.activities = _taken(activities, use_cuda)
        self.use_device = "cuda" if ProfilerActivity.CUDA in self.activities else None
        self.record_shapes, self.profile_memory = bool(record_shapes), bool(profile_memory)
        self.with_stack, self.with_flops = bool(with_stack), bool(with_flops)
        self.with_modules, self.acc_events = bool(with_modules), bool(acc_events)
        for name, given in (("schedule", schedule), ("on_trace_ready", on_trace_ready)):
            if given is not None and not callable(given):
                raise ArgumentError(f"{name} is a function, not {type(given).__name__}")
        self.record_steps = schedule is not None
        self.schedule = schedule or (lambda step: RECORD)
        self.on_trace_ready = on_trace_ready
        self.profiler: legacy.profile | None = None
        self.step_num = 0
        self.current_action = self._action(0)
        self._step: record_function | None = None
        self._metadata: dict[str, Any] = {}

    # -- from step to step ------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin with step 0."""
        effect("profile")
        self._go(NONE, self.current_action)
        self._mark_step()

    def stop(self) -> None:
        """End, and call `on_trace_ready` where something was recorded."""
        self._end_step()
        if self.current_action in (RECORD, SAVE):
            self._found("stopping trace")
            self._end()
            self._ready()

    def step(self) -> None:
        """Say that the next step begins."""
        self._end_step()
        following = self._action(self.step_num + 1)
        self.step_num += 1
        before, self.current_action = self.current_action, following
        self._go(before, following)
        self._mark_step()

    def _action(self, step: int) -> ProfilerAction:
        found = self.schedule(step)
        if not isinstance(found, ProfilerAction):
            raise ArgumentError(
                f"a schedule gives a ProfilerAction, not {type(found).__name__}",
                argument="schedule",
            )
        if found is ProfilerAction.DEVICE_STOPPED:
            raise ValueProblem(
                "ProfilerAction.DEVICE_STOPPED is set internally by the profiler and must not be "
                "returned by a user-provided schedule"
            )
        return found

    def _go(self, before: ProfilerAction, after: ProfilerAction) -> None:
        """From what was done at one step to what is done at the next."""
        records = (RECORD, SAVE)
        if before is SAVE or (before is RECORD and after not in records):
            if before is RECORD:
                warn(f"Incorrect schedule: RECORD followed by {after.name}")
            self._end()
            if before is SAVE:
                self._ready()
        elif before is WARMUP and after is NONE:
            warn("Incorrect schedule: WARMUP followed by NONE")
        if after in records and (before is not RECORD):
            self._begin()

    def _begin(self) -> None:
        if self.profiler is not None and not self.acc_events:
            warn("Warning: Profiler clears events at the end of each cycle. Only events from the "
                 "current cycle will be reported. To keep events across cycles, set "
                 "acc_events=True.")  # fmt: skip
        if self.profiler is None or not self.acc_events:
            cpu = ProfilerActivity.CPU in self.activities
            self.profiler = legacy.profile(
                use_cpu=cpu, use_kineto=True, use_device=self.use_device,
                record_shapes=self.record_shapes, profile_memory=self.profile_memory,
                with_stack=self.with_stack, with_flops=self.with_flops,
                with_modules=self.with_modules, acc_events=self.acc_events,
            )  # fmt: skip
        self.profiler.recorded.begin()

    def _end(self) -> None:
        if self.profiler is not None:
            self.profiler.recorded.end()

    def _ready(self) -> None:
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def _mark_step(self) -> None:
        if self.record_steps:
            self._step = record_function(f"ProfilerStep#{self.step_num}")
            self._step.__enter__()

    def _end_step(self) -> None:
        step, self._step = self._step, None
        if step is not None:
            step.__exit__(None, None, None)

    # -- what was found ---------------------------------------------------------------------------

    def _found(self, what: str) -> Recorded:
        if self.profiler is None:
            raise AssertionProblem(f"Profiler must be initialized before {what}")
        return self.profiler.recorded

    def events(self) -> EventList:
        """All events, in the order in which they began."""
        return self._found("accessing events").events

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0,
        group_by_overload_name: bool = False,
    ) -> EventList:  # fmt: skip
        """The sums of the events of each name; `.table(sort_by="cpu_time_total")` shows them.

        group_by_input_shape: of each list of shapes, too (record_shapes). group_by_stack_n: of so
        many lines of the program (with_stack), which the table then shows.
        """
        events = self._found("getting key averages").events
        count = kinds.take("key_averages", "group_by_stack_n", ("int",), group_by_stack_n)
        return events.key_averages(group_by_input_shape, count)

    def export_chrome_trace(self, path: str, use_python_export: bool = False) -> None:
        """Write the events as a trace that chrome://tracing and Perfetto show.

        path: a file whose name ends in `.json`, or in `.json.gz` to compress it.
        """
        found = self._found("exporting chrome trace")
        flags = ("profile_memory", "with_stack", "record_shapes", "with_modules", "with_flops")
        told = {name: 1 for name in flags if getattr(self, name)}
        Saved(found.events, {**told, **self._metadata}, found.base).write(path)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write a line for each event with a stack (with_stack), as flame graphs are made of."""
        self._found("exporting stacks").events.export_stacks(path, metric)

    def add_metadata(self, key: str, value: str) -> None:
        """Put a text into the trace, under a name."""
        self._metadata[_text("key", key)] = _text("value", value)

    def add_metadata_json(self, key: str, value: str) -> None:
        """Put a value into the trace, given as JSON."""
        try:
            self._metadata[_text("key", key)] = json.loads(_text("value", value))
        except (ValueError, RecursionError):
            raise ValueProblem("the value is not JSON", argument="value") from None

    preset_metadata_json = add_metadata_json


def _text(name: str, value: Any) -> str:
    found: str = kinds.take("add_metadata", name, ("str",), value)
    return found


def _taken(activities: Any, use_cuda: bool | None) -> set[ProfilerActivity]:
    """The activities that are asked for, each once."""
    given = list(supported_activities() if activities is None else activities)
    found: set[ProfilerActivity] = set()
    for one in given:
        if not isinstance(one, ProfilerActivity):
            continue
        if one in found:
            raise ValueProblem(f"Activity {one} specified more than once", argument="activities")
        found.add(one)
    if use_cuda is not None:
        warn("`use_cuda` is deprecated, use `activities` argument instead", FutureWarning)
        (found.add if use_cuda else found.discard)(ProfilerActivity.CUDA)
    if not found:
        raise AssertionProblem("No valid profiler activities found", argument="activities")
    return found


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False,
    use_python_export: bool = False,
) -> Callable[[profile], None]:  # fmt: skip
    """What `on_trace_ready` takes to write each trace into a folder, as TensorBoard looks for it.

    The file is `worker_name.TIME.pt.trace.json`, in nanoseconds; worker_name: by default
    `host_pid`. use_gzip: whether it is compressed.
    """
    name = _default_worker() if worker_name is None else _text("worker_name", worker_name)
    folder = host.name_of(dir_name)

    def handler(prof: profile) -> None:
        host.files().make(folder, parents=True, exist_ok=True)
        file = f"{name}.{time.time_ns()}.pt.trace.json{'.gz' if use_gzip else ''}"
        prof.export_chrome_trace(os.path.join(folder, file))

    return handler


_default_worker = worker_name
export("torch.profiler.tensorboard_trace_handler",
       "torch.profiler.profiler.tensorboard_trace_handler",
       value=tensorboard_trace_handler)  # fmt: skip
