"""What a profile found, as programs read it: an event for each stretch of work, and their sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import AccessError, ArgumentError, AssertionProblem, ValueProblem
from tcalc.library.profiler.settings import DeviceType
from tcalc.library.profiler.table import time_text, written
from tcalc.library.profiler.trace import Saved
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import str_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HOME = "torch.autograd.profiler_util"
# The numbers of an event that add up.
_SUMS = (
    "cpu_time_total", "self_cpu_time_total", "device_time_total", "self_device_time_total",
    "cpu_memory_usage", "self_cpu_memory_usage", "device_memory_usage", "self_device_memory_usage",
    "count", "flops",
)  # fmt: skip
_TIMES = (
    "cpu_time", "cpu_time_total", "device_time", "device_time_total", "self_cpu_time_total",
    "self_device_time_total",
)  # fmt: skip
_METRICS = [
    "self_cpu_time_total", "self_cuda_time_total", "self_xpu_time_total",
    "self_privateuse1_time_total",
]  # fmt: skip


@export(f"{_HOME}.Interval", home=_HOME)
class Interval:
    """From one moment to another, in microseconds."""

    __slots__ = ("end", "start")
    _public_ = frozenset({"elapsed_us", "end", "start"})

    def __init__(self, start: float, end: float) -> None:
        self.start = start
        self.end = end

    def elapsed_us(self) -> float:
        """How long it is."""
        return self.end - self.start


@export(f"{_HOME}.Kernel", home=_HOME)
class Kernel:
    """Work of a GPU: what it is of, which GPU did it, and for how many microseconds."""

    __slots__ = ("device", "duration", "name")
    _public_ = frozenset({"device", "duration", "name"})

    def __init__(self, name: str, device: int, duration: float) -> None:
        self.name = name
        self.device = device
        self.duration = duration

    def __repr__(self) -> str:
        return f"Kernel(name={self.name!r}, device={self.device}, duration={self.duration})"


class Timed:
    """What events and their sums have in common: times by other names, and as text."""

    _public_ = frozenset({
        "count", "cpu_children", "cpu_parent", "cpu_time", "device_time", "device_type", "flops",
        "input_shapes", "is_async", "is_legacy", "is_remote", "is_user_annotation", "key", "node_id",
        "overload_name", "scope", "stack", "use_device", *_SUMS, *[f"{t}_str" for t in _TIMES],
        *[n.replace("device", "cuda") for n in (*_SUMS, *_TIMES) if "device" in n],
    })  # fmt: skip

    cpu_time_total: Any
    device_time_total: Any
    count: int
    stack: list[str]
    input_shapes: Any
    key: Any
    node_id = -1
    is_async = is_legacy = is_remote = False
    overload_name: str = ""
    device_type = DeviceType.CPU
    use_device: str | None = None

    def __getattr__(self, name: str) -> Any:
        if name.endswith("_str") and name[:-4] in _TIMES:
            return time_text(getattr(self, name[:-4]))
        if "cuda" in name and (plain := name.replace("cuda", "device")) in Timed._public_:
            return getattr(self, plain)
        raise AccessError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @property
    def cpu_time(self) -> float:
        """Microseconds of a call."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def device_time(self) -> float:
        """Microseconds that a GPU worked for a call."""
        return self.device_time_total / self.count if self.count else 0.0


@export(f"{_HOME}.FunctionEvent", "torch.autograd.profiler.FunctionEvent", home=_HOME)
class FunctionEvent(Timed):
    """One stretch of work: a call of an op, a node of a pass back, a region that has a name.

    Times are in microseconds, memory in bytes: that of what the call made, new and kept as its
    result. `self_…` is without what the calls inside took.
    """

    _public_ = Timed._public_ | {
        "concrete_inputs", "fwd_thread", "id", "kernels", "name", "sequence_nr", "thread", "time_range",
        "trace_name",
    }  # fmt: skip

    def __init__(
        self, id: int, name: str, thread: int, start_us: float, end_us: float,
        overload_name: str | None = None, fwd_thread: int | None = None,
        input_shapes: list[Any] | None = None, stack: list[str] | None = None, scope: int = 0,
        use_device: str | None = None, cpu_memory_usage: int = 0, device_memory_usage: int = 0,
        *, sequence_nr: int = -1, flops: int | None = None, trace_name: str | None = None,
        concrete_inputs: list[Any] | None = None, is_user_annotation: bool = False,
    ) -> None:  # fmt: skip
        self.id = _int("id", id)
        self.name = _str("name", name)
        self.overload_name = "" if overload_name is None else _str("overload_name", overload_name)
        self.trace_name = name if trace_name is None else _str("trace_name", trace_name)
        self.thread = _int("thread", thread)
        self.fwd_thread = None if fwd_thread is None else _int("fwd_thread", fwd_thread)
        self.time_range = Interval(_float("start_us", start_us), _float("end_us", end_us))
        self.scope = _int("scope", scope)
        self.is_user_annotation = bool(is_user_annotation)
        self.input_shapes = _list("input_shapes", input_shapes)
        self.concrete_inputs = _list("concrete_inputs", concrete_inputs)
        self.stack = List([_str("stack", frame) for frame in _list("stack", stack)])
        self.cpu_memory_usage = _int("cpu_memory_usage", cpu_memory_usage)
        self.device_memory_usage = _int("device_memory_usage", device_memory_usage)
        self.flops = _int("flops", flops or 0)
        self.sequence_nr = _int("sequence_nr", sequence_nr)
        self.use_device = None if use_device is None else _str("use_device", use_device)
        self.count = 1
        self.kernels: list[Kernel] = List()
        self.cpu_parent: FunctionEvent | None = None
        self.cpu_children: list[FunctionEvent] = List()

    @property
    def key(self) -> str:
        """What it is grouped by."""
        return self.name

    @property
    def cpu_time_total(self) -> float:
        """Microseconds from its start to its end."""
        return self.time_range.elapsed_us()

    @property
    def self_cpu_time_total(self) -> float:
        """The same without the calls inside."""
        return self.cpu_time_total - sum([c.cpu_time_total for c in self.cpu_children])

    @property
    def self_cpu_memory_usage(self) -> int:
        """Bytes of what it made itself."""
        return self.cpu_memory_usage - sum([c.cpu_memory_usage for c in self.cpu_children])

    @property
    def self_device_memory_usage(self) -> int:
        """Bytes of a GPU's memory that it made itself."""
        return self.device_memory_usage - sum([c.device_memory_usage for c in self.cpu_children])

    @property
    def device_time_total(self) -> float:
        """Microseconds that a GPU worked for it and the calls inside."""
        inside = sum([c.device_time_total for c in self.cpu_children])
        return self.self_device_time_total + inside

    @property
    def self_device_time_total(self) -> float:
        """Microseconds that a GPU worked for it."""
        return sum([k.duration for k in self.kernels])

    def __repr__(self) -> str:
        return (
            f"<FunctionEvent id={self.id} name={self.name} overload_name={self.overload_name} "
            f"device_type={self.device_type} node_id=-1 cpu_time={time_text(self.cpu_time)} "
            f"start_us={self.time_range.start} end_us={self.time_range.end} "
            f"cpu_children={[c.id for c in self.cpu_children]} "
            f"{self.use_device}_time={time_text(self.device_time)} name={self.name} "
            f"thread={self.thread} input_shapes={str_of(self.input_shapes)} "
            f"cpu_memory_usage={self.cpu_memory_usage} {self.use_device}_memory_usage={self.device_memory_usage} "
            f"is_async=False is_remote=False seq_nr={self.sequence_nr} is_legacy=False>"
        )


@export(f"{_HOME}.FunctionEventAvg", home=_HOME)
class FunctionEventAvg(Timed):
    """The sums of several events: `count` of them, their times in microseconds, memory, flops."""

    _public_ = Timed._public_ | {"add"}
    is_user_annotation = False
    scope: int | None = None

    def __init__(self) -> None:
        self.key: str | None = None
        self.stack = List()
        self.input_shapes: Any = None
        self.cpu_parent: FunctionEvent | None = None
        self.cpu_children: list[FunctionEvent] | None = None
        for name in _SUMS:
            setattr(self, name, 0)

    def add(self, other: Any) -> FunctionEventAvg:
        """Count an event, or a sum of some, too."""
        if not isinstance(other, (FunctionEvent, FunctionEventAvg)):
            raise ArgumentError(f"add() takes an event, not {type(other).__name__}")
        if self.key not in (None, other.key):
            raise AssertionProblem(f"Expected keys to match, but got {other.key} vs {self.key}")
        if self.key is None:
            for name in ("key", "input_shapes", "stack", "scope", "use_device", "cpu_parent",
                         "cpu_children", "is_user_annotation"):  # fmt: skip
                setattr(self, name, getattr(other, name))
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    __iadd__ = add

    def __repr__(self) -> str:
        device = self.use_device or "cuda"
        texts = {name: time_text(getattr(self, name)) for name in _TIMES}
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={texts['self_cpu_time_total']} "
            f"cpu_time={texts['cpu_time']}  self_{device}_time={texts['self_device_time_total']} "
            f"{device}_time={texts['device_time']} input_shapes={str_of(self.input_shapes)} "
            f"cpu_memory_usage={self.cpu_memory_usage} {device}_memory_usage={self.device_memory_usage}>"
        )


@export(f"{_HOME}.EventList", "torch.autograd.profiler.EventList", home=_HOME)
class EventList(List):
    """Events, or sums of them, which print as a table."""

    __slots__ = ("_memory", "_with_flops", "use_device")
    _public_ = frozenset({
        "export_chrome_trace", "export_stacks", "key_averages", "self_cpu_time_total",
        "supported_export_stacks_metrics", "table", "total_average",
    })  # fmt: skip

    def __init__(
        self, events: Iterable[Any] = (), *, use_device: str | None = None,
        profile_memory: bool = False, with_flops: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(events)
        self.use_device = use_device
        self._memory = profile_memory
        self._with_flops = with_flops

    def __str__(self) -> str:
        return self.table()

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds of all together."""
        return sum([e.self_cpu_time_total for e in _checked(self)])

    def table(
        self, sort_by: str | None = None, row_limit: int = 100,
        max_src_column_width: int | None = 75, max_name_column_width: int | None = 55,
        max_shapes_column_width: int | None = 80, header: str | None = None,
        top_level_events_only: bool = False, time_unit: str | None = None,
    ) -> str:  # fmt: skip
        """The events as a table of text, a row each.

        sort_by: a number of theirs, the largest first: `cpu_time_total`, `self_cpu_time_total`,
        `cpu_time`, `cpu_memory_usage`, `self_cpu_memory_usage`, `count`, or of a GPU
        `cuda_time_total` and so on. row_limit: rows at most, -1 for all. time_unit: "s", "ms" or
        "us" for all times. AttributeError where events have no such number.
        """
        events: Sequence[Any] = _checked(self)
        if sort_by is not None:
            events = sorted(events, key=lambda e: number_of(e, sort_by), reverse=True)
        return written(
            events, self._memory, self._with_flops, row_limit, max_src_column_width,
            max_name_column_width, max_shapes_column_width, header, top_level_events_only,
            time_unit,
        )  # fmt: skip

    def key_averages(
        self, group_by_input_shapes: bool = False, group_by_stack_n: int = 0,
        group_by_overload_name: bool = False,
    ) -> EventList:  # fmt: skip
        """The sums of the events of one name: and of one list of shapes, or of one place, if told."""
        groups: dict[Any, FunctionEventAvg] = {}
        for e in _checked(self):
            place = tuple(e.stack[:group_by_stack_n])
            shapes = str_of(e.input_shapes) if group_by_input_shapes else ""
            groups.setdefault((e.key, e.is_user_annotation, shapes, place), FunctionEventAvg()).add(
                e
            )
        for found in groups.values():
            found.stack = List(found.stack[:group_by_stack_n])
            if not group_by_input_shapes:
                found.input_shapes = ""
        return EventList(groups.values(), use_device=self.use_device, profile_memory=self._memory,
                         with_flops=self._with_flops)  # fmt: skip

    def total_average(self) -> FunctionEventAvg:
        """The sums of all events."""
        total = FunctionEventAvg()
        for e in _checked(self):
            total.key = None
            total.add(e)
        total.key = "Total"
        return total

    def export_chrome_trace(self, path: str) -> None:
        """Write them as a trace that chrome://tracing and Perfetto show (`.json`, `.json.gz`)."""
        Saved(_checked(self)).write(path)

    def export_stacks(self, path: str, metric: str) -> None:
        """Write a line for each event with a stack: its frames, outermost first, and its time.

        metric: `self_cpu_time_total`, or `self_cuda_time_total` of a GPU.
        """
        if metric not in _METRICS:
            raise ValueProblem(f"metric should be one of: {_METRICS}", argument="metric")
        translated = str.maketrans(" ;\t\n", "____")
        lines = []
        for e in _checked(self):
            value = int(number_of(e, metric))
            if e.stack and value > 0:
                frames = ";".join([frame.translate(translated) for frame in reversed(e.stack)])
                lines.append(f"{frames} {value}\n")
        Saved.text(path, "".join(lines))

    def supported_export_stacks_metrics(self) -> list[str]:
        """What `export_stacks` takes as metric."""
        return List(_METRICS)


def number_of(event: Timed, name: Any) -> Any:
    """A number of an event by one of PyTorch's names for it."""
    plain = str(name)
    for device in ("cuda", "xpu", "privateuse1"):
        plain = plain.replace(device, "device")
    if plain not in (*_SUMS, *_TIMES):
        raise AccessError(f"'{type(event).__name__}' object has no attribute '{plain}'")
    return getattr(event, plain)


def _checked(events: list[Any]) -> list[Any]:
    """Events as they are: a program may have put something else among them."""
    for e in events:
        if not isinstance(e, Timed):
            raise ArgumentError(f"an EventList holds events, not {type(e).__name__}")
    return events


def _int(name: str, value: object) -> int:
    return kinds.take("FunctionEvent", name, ("int",), value)


def _float(name: str, value: object) -> float:
    return kinds.take("FunctionEvent", name, ("float",), value)


def _str(name: str, value: object) -> str:
    return kinds.take("FunctionEvent", name, ("str",), value)


def _list(name: str, value: object) -> List:
    if value is not None and not isinstance(value, (list, tuple)):
        raise ArgumentError(f"{name} is a list, not {type(value).__name__}", argument=name)
    return List(value or ())
