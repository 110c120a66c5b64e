"""torch.autograd.profiler: the profiler as PyTorch had it first, and what it still lends the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import AssertionProblem, NoCudaError, StateError
from tcalc.library.profiler.events import EventList, FunctionEventAvg
from tcalc.library.profiler.session import Recorded, Settings
from tcalc.library.profiler.trace import Saved
from tcalc.runtime.arrays import cuda
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn

if TYPE_CHECKING:
    from typing import Self

_HOME = "torch.autograd.profiler"


@export("torch.autograd.profiler.profile", home=_HOME)
class profile:
    """Records what is done inside `with`, as torch.profiler.profile does without a schedule.

    use_cuda, use_device="cuda": times of a GPU, too. It prints as the table of all events.

    >>> with torch.autograd.profiler.profile() as prof:
    ...     y = ones(2, 3) @ ones(3, 2)
    >>> [e.key for e in prof.key_averages()]
    ['aten::ones', 'aten::matmul', 'aten::mm']
    """

    _public_ = frozenset({
        "enabled", "entered", "export_chrome_trace", "export_stacks", "function_events",
        "key_averages", "profile_memory", "record_shapes", "self_cpu_time_total", "table",
        "total_average", "use_cpu", "use_device", "with_flops", "with_modules", "with_stack",
    })  # fmt: skip

    def __init__(
        self, enabled: bool = True, *, use_cuda: bool = False, use_device: str | None = None,
        record_shapes: bool = False, with_flops: bool = False, profile_memory: bool = False,
        with_stack: bool = False, with_modules: bool = False, use_kineto: bool = False,
        use_cpu: bool = True, experimental_config: Any = None, acc_events: bool = False,
        custom_trace_id_callback: Any = None,
    ) -> None:  # fmt: skip
        if use_cuda:
            warn("The attribute `use_cuda` will be deprecated soon, please use "
                 "``use_device = 'cuda'`` instead.", FutureWarning)  # fmt: skip
            use_device = "cuda"
        if use_device is not None:
            use_device = kinds.take("profile", "use_device", ("str",), use_device)
            if use_device != "cuda" or not cuda.count():
                warn(f"{str(use_device).upper()} is not available, disabling "
                     f"{str(use_device).upper()} profiling")  # fmt: skip
                use_device = None
        if not use_cpu:
            if not use_kineto:
                raise AssertionProblem(
                    "Device-only events supported only with Kineto (use_kineto=True)"
                )
            if use_device is None:
                raise AssertionProblem("No activities specified for the profiler")
        self.enabled = bool(enabled)
        self.entered = False
        self.use_cpu, self.use_device = bool(use_cpu), use_device
        self.record_shapes, self.profile_memory = bool(record_shapes), bool(profile_memory)
        self.with_stack, self.with_flops = bool(with_stack), bool(with_flops)
        self.with_modules = bool(with_modules)
        self.recorded = Recorded(
            Settings(
                use_device, record_shapes, profile_memory, with_stack, with_flops, with_modules
            )
        )

    def __enter__(self) -> Self | None:
        if not self.enabled:
            return None
        if self.entered:
            raise StateError("Profiler context manager is not reentrant")
        effect("profile")
        self.recorded.begin()
        self.entered = True
        return self

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            self.recorded.end()

    @property
    def function_events(self) -> EventList:
        """All events, in the order in which they began."""
        return self.recorded.events

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0,
        group_by_overload_name: bool = False,
    ) -> EventList:  # fmt: skip
        """The sums of the events of each name."""
        count = kinds.take("key_averages", "group_by_stack_n", ("int",), group_by_stack_n)
        return self.recorded.events.key_averages(group_by_input_shape, count)

    def total_average(self) -> FunctionEventAvg:
        """The sums of all events."""
        return self.recorded.events.total_average()

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds of all events."""
        return self.recorded.events.self_cpu_time_total

    def table(self, *args: Any, **kwargs: Any) -> str:
        """All events as a table; see `EventList.table`."""
        return self.recorded.events.table(*args, **kwargs)

    def export_chrome_trace(self, path: str) -> None:
        """Write the events as a trace that chrome://tracing and Perfetto show."""
        Saved(self.recorded.events, base=self.recorded.base).write(path)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write a line for each event with a stack, as flame graphs are made of."""
        self.recorded.events.export_stacks(path, metric)

    def __str__(self) -> str:
        return str(self.recorded.events) if self.entered else "<unfinished torch.autograd.profile>"

    def __repr__(self) -> str:
        return repr(self.recorded.events) if self.entered else str(self)


@export("torch.autograd.profiler.emit_nvtx", home=_HOME)
class emit_nvtx:
    """Refused: what marks calls for NVIDIA's profilers is no part of this."""

    _public_ = frozenset[str]()

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self._enabled = bool(enabled)

    def __enter__(self) -> Self:
        if self._enabled:
            if not cuda.count():
                raise NoCudaError("Torch not compiled with CUDA enabled")
            raise StateError(
                "emit_nvtx(): calls are not marked for NVIDIA's profilers",
                hint="torch.profiler.profile(activities=[ProfilerActivity.CUDA]) tells their times",
            )
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was begun."""
