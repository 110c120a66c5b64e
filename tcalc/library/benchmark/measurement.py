"""What a Timer measured, and of what."""

from __future__ import annotations

import math
import statistics
from textwrap import indent
from typing import TYPE_CHECKING, Any

from tcalc.errors import AccessError, ArgumentError, ValueProblem
from tcalc.library.benchmark.units import select_unit
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Iterable

# Above these parts of the median, the range between the quartiles is worth a warning.
_WIDE, _VERY_WIDE = 0.1, 0.25
# Seconds below which a difference means nothing, and the most figures that are ever certain.
_FINEST, _MOST_FIGURES = 25e-9, 4


@export("torch.utils.benchmark.TaskSpec", home="torch.utils.benchmark.utils.common")
class TaskSpec:
    """What was measured: the statement, its setup, its labels and the number of threads."""

    _FIELDS = (
        "stmt", "setup", "global_setup", "label", "sub_label", "description", "env", "num_threads",
    )  # fmt: skip
    _public_ = frozenset({*_FIELDS, "title", "setup_str", "summarize"})
    __slots__ = _FIELDS

    def __init__(
        self,
        stmt: str,
        setup: str,
        global_setup: str = "",
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
    ) -> None:
        self.stmt = stmt
        self.setup = setup
        self.global_setup = global_setup
        self.label = label
        self.sub_label = sub_label
        self.description = description
        self.env = env
        self.num_threads = num_threads

    def _key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._FIELDS)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, TaskSpec) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    @property
    def title(self) -> str:
        """What to call it: its label, or else its statement."""
        after = f": {self.sub_label}" if self.sub_label else ""
        if self.label is not None:
            return self.label + after
        if "\n" not in self.stmt:
            return self.stmt + after
        named = f" ({self.sub_label})" if self.sub_label else ""
        return f"stmt:{named}\n{indent(self.stmt, '  ')}"

    def setup_str(self) -> str:
        """The setup as a report shows it."""
        if self.setup in ("", "pass"):
            return ""
        if "\n" in self.setup:
            return f"setup:\n{indent(self.setup, '  ')}"
        return f"setup: {self.setup}"

    def summarize(self) -> str:
        """Title, description and setup, one below the other."""
        parts = [p for p in (self.title, self.description, self.setup_str()) if p]
        return "\n".join(f"{p}\n" if "\n" in p else p for p in parts)


@export("torch.utils.benchmark.Measurement", home="torch.utils.benchmark.utils.common")
class Measurement:
    """What a Timer measured: the seconds of each block of `number_per_run` turns, in `raw_times`.

    Of one turn: `times`, `median`, `mean`, and `iqr`, the range between the quartiles.
    """

    _public_ = TaskSpec._public_ | {
        "as_row_name", "from_dict", "has_warnings", "iqr", "mean", "median", "meets_confidence", "merge",
        "metadata", "number_per_run", "raw_times", "significant_figures", "task_spec", "times", "to_dict",
    }  # fmt: skip

    def __init__(
        self,
        number_per_run: int,
        raw_times: list[float],
        task_spec: TaskSpec,
        metadata: dict[Any, Any] | None = None,
    ) -> None:
        if not isinstance(task_spec, TaskSpec):
            raise ArgumentError(
                f"task_spec is a TaskSpec, not {type(task_spec).__name__}", argument="task_spec"
            )
        self.number_per_run = number_per_run
        self.raw_times = raw_times
        self.task_spec = task_spec
        self.metadata = metadata

    def __getattr__(self, name: str) -> Any:
        if name in TaskSpec._public_:
            return getattr(self.task_spec, name)
        raise AccessError(f"'Measurement' object has no attribute '{name}'")

    @property
    def times(self) -> list[float]:
        """Seconds of one turn, by block."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def median(self) -> float:
        """The median of `times`."""
        return self._quantile(0.5)

    @property
    def mean(self) -> float:
        """The mean of `times`."""
        return statistics.fmean(self.times) if self.raw_times else -1.0

    @property
    def iqr(self) -> float:
        """The third quartile of `times` less the first."""
        return self._quantile(0.75) - self._quantile(0.25)

    def _quantile(self, part: float) -> float:
        """A quantile, linear between neighbours as `torch.quantile` has it."""
        times = sorted(self.times)
        if not times:
            return -1.0
        place = part * (len(times) - 1)
        low = int(place)
        high = min(low + 1, len(times) - 1)
        return times[low] + (times[high] - times[low]) * (place - low)

    def to_dict(self) -> dict[str, Any]:
        """It as plain data, which `save` and `json` write; `from_dict` makes it again.

        >>> m = torch.utils.benchmark.Timer("1 + 1").timeit(10)
        >>> torch.utils.benchmark.Measurement.from_dict(m.to_dict()).median == m.median
        True
        """
        task = {name: getattr(self.task_spec, name) for name in TaskSpec._FIELDS}
        return {
            "number_per_run": self.number_per_run, "raw_times": List(self.raw_times),
            "task_spec": task, "metadata": self.metadata,
        }  # fmt: skip

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Measurement:
        """A measurement from what `to_dict` gave."""
        try:
            number, times, task = data["number_per_run"], data["raw_times"], data["task_spec"]
            known = {name: task[name] for name in TaskSpec._FIELDS}
            made = Measurement(int(number), [float(t) for t in times], TaskSpec(**known))
        except (KeyError, TypeError, ValueError):
            raise ValueProblem("this is not what to_dict() gives", argument="data") from None
        made.metadata = data.get("metadata")
        return made

    @property
    def significant_figures(self) -> int:
        """How many figures of the median are certain, by the middle half of the times."""
        times = sorted(self.times)
        middle = times[len(times) // 4 : math.ceil(3 * len(times) / 4)]
        spread = 1.645 * statistics.pstdev(middle) / math.sqrt(len(middle))
        figures = math.floor(math.log10(self.median / max(spread, _FINEST)))
        return min(max(figures, 1), _MOST_FIGURES)

    def meets_confidence(self, threshold: float = _WIDE) -> bool:
        """Whether `iqr` is a smaller part of the median than `threshold`."""
        return self.iqr / self.median < threshold

    @property
    def has_warnings(self) -> bool:
        """Whether the times differ so much that the report says so."""
        return not self.meets_confidence()

    @property
    def as_row_name(self) -> str:
        """What Compare calls its row."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    def __repr__(self) -> str:
        unit, size = select_unit(self.median)
        several = len(self.raw_times) > 1
        count = f"{len(self.raw_times)} measurement{'s' if several else ''}"
        number = self.task_spec.num_threads
        lines = [
            f"<torch.utils.benchmark.utils.common.Measurement object at {id(self):#x}>",
            self.task_spec.summarize(),
            f"  {'Median: ' if several else ''}{self.median / size:.2f} {unit}",
        ]
        if len(self.raw_times) >= 4:
            low, high = self._quantile(0.25) / size, self._quantile(0.75) / size
            lines.append(f"  IQR:    {self.iqr / size:.2f} {unit} ({low:.2f} to {high:.2f})")
        lines.append(
            f"  {count}, {self.number_per_run} runs {'per measurement,' if several else ','} "
            f"{number} thread{'s' if number > 1 else ''}"
        )
        if self.has_warnings:
            cause = "could indicate system fluctuation"
            if not self.meets_confidence(_VERY_WIDE):
                cause = "suggests significant environmental influence"
            lines += [
                f"  WARNING: Interquartile range is {self.iqr / self.median * 100:.1f}% "
                "of the median measurement.",
                f"           This {cause}.",
            ]
        return "\n".join(lines)

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One measurement, of single turns, for all those of the same task."""
        groups: dict[TaskSpec, list[float]] = {}
        for m in measurements:
            groups.setdefault(m.task_spec, []).extend(m.times)
        return [Measurement(1, times, task) for task, times in groups.items()]
