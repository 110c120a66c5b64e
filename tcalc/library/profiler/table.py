"""A profile as a table of text, with PyTorch's columns, units and footer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.runtime.objects.texts import str_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _BETWEEN = 12, "  "
_PREFIXES = ("", "K", "M", "G", "T", "P")
_UNITS = {"s": 1e6, "ms": 1e3, "us": 1.0}


def time_text(us: float, unit: str | None = None) -> str:
    """Microseconds in the unit that suits them, or in one that is given.

    >>> time_text(1500.0), time_text(1500.0, "us")
    ('1.500ms', '1500.000us')
    """
    if unit not in _UNITS:
        unit = "s" if us >= 1e6 else "ms" if us >= 1e3 else "us"
    return f"{us / _UNITS[unit]:.3f}{unit}"


def memory_text(nbytes: int) -> str:
    """Bytes in the unit that suits them.

    >>> memory_text(1536), memory_text(-8)
    ('1.50 KB', '-8 B')
    """
    for power, unit in ((3, "GB"), (2, "MB"), (1, "KB")):
        if abs(nbytes) >= 1024**power:
            return f"{nbytes / 1024**power:.2f} {unit}"
    return f"{nbytes} B"


def _share(us: float, total: float) -> str:
    return f"{us * 100.0 / total:.2f}%" if total else "NaN"


class _Column:
    """A head, a width, and the cell of an event."""

    def __init__(self, head: str, cell: Any, width: int = _WIDTH, left: bool = False) -> None:
        self.head = head
        self.cell = cell
        self.width = width
        self.left = left

    def placed(self, text: str) -> str:
        """A text within the width."""
        return text.ljust(self.width) if self.left else text.rjust(self.width)


def written(
    events: Sequence[Any], profile_memory: bool, with_flops: bool, row_limit: int,
    max_src_column_width: int | None, max_name_column_width: int | None,
    max_shapes_column_width: int | None, header: str | None, top_level_events_only: bool,
    time_unit: str | None,
) -> str:  # fmt: skip
    """The table of events, in their order; as `EventList.table` says."""
    if not events:
        return ""
    total = sum([e.self_cpu_time_total for e in events])
    device_total = sum([e.self_device_time_total for e in events])
    name_width = _bounded([len(e.key) for e in events], max_name_column_width)
    columns = [
        _Column("Name", lambda e: _cut(e.key, max_name_column_width), name_width),
        *_time_columns("cpu", "CPU", total, time_unit),
    ]
    use_device = events[0].use_device
    if device_total:
        columns += _time_columns("device", use_device.upper(), device_total, time_unit)
    if profile_memory:
        columns += [
            _Column("CPU Mem", lambda e: memory_text(e.cpu_memory_usage)),
            _Column("Self CPU Mem", lambda e: memory_text(e.self_cpu_memory_usage)),
        ]
    columns.append(_Column("# of Calls", lambda e: str(e.count)))
    if any(e.input_shapes for e in events):
        width = _bounded([len(str_of(e.input_shapes)) for e in events], max_shapes_column_width)
        columns.append(_Column("Input Shapes", lambda e: str_of(e.input_shapes)[:width], width))
    frames = [len(frame) for e in events for frame in e.stack]
    if frames:
        width = _bounded(frames, max_src_column_width)
        place = lambda e: _ending(e.stack[0], width) if e.stack else ""  # noqa: E731 (no more)
        columns.append(_Column("Source Location", place, width, left=True))
    flops = [e.flops for e in events if e.flops > 0]
    if with_flops and flops:
        columns.insert(len(columns) - bool(frames), _flops_column(min(flops)))
    rule = "".join("-" * c.width + _BETWEEN for c in columns)
    wide = "=" * (len(rule) - len(_BETWEEN))
    lines = []
    if header is not None:
        lines += [wide, header]
    if top_level_events_only:
        lines += [wide, "This report only display top-level ops statistics"]
    lines += [rule, _row(columns, [c.head for c in columns]), rule]
    shown = [e for e in events if not top_level_events_only or e.cpu_parent is None]
    for e in shown if row_limit < 0 else shown[:row_limit]:
        lines.append(_row(columns, [c.cell(e) for c in columns]))
        if frames:
            blank = [""] * (len(columns) - 1)
            further = [_ending(frame, columns[-1].width) for frame in [*e.stack[1:], ""]]
            lines += [_row(columns, [*blank, frame]) for frame in further]
    lines += [rule, f"Self CPU time total: {time_text(total, time_unit)}"]
    if device_total:
        lines.append(f"Self {use_device.upper()} time total: {time_text(device_total, time_unit)}")
    return "".join(line + "\n" for line in lines)


def _time_columns(which: str, shown: str, total: float, unit: str | None) -> list[_Column]:
    """The times on a processor: the CPU's with the share of the total, a GPU's as PyTorch has them."""

    def time(name: str) -> Any:
        return lambda e: time_text(getattr(e, name), unit)

    def share(name: str) -> Any:
        return lambda e: _share(getattr(e, name), total)

    own, all_in = f"self_{which}_time_total", f"{which}_time_total"
    mean = _Column(f"{shown} time avg", time(f"{which}_time"))
    if which == "cpu":
        return [
            _Column(f"Self {shown} %", share(own)), _Column(f"Self {shown}", time(own)),
            _Column(f"{shown} total %", share(all_in)), _Column(f"{shown} total", time(all_in)),
            mean,
        ]  # fmt: skip
    return [
        _Column(f"Self {shown}", time(own)), _Column(f"Self {shown} %", share(own)),
        _Column(f"{shown} total", time(all_in)), mean,
    ]  # fmt: skip


def _flops_column(least: int) -> _Column:
    """In the unit that suits the least of them."""
    power = max(0, min(int(math.log10(least) / 3), len(_PREFIXES) - 1))
    size = 10.0 ** (3 * power)
    return _Column(
        f"Total {_PREFIXES[power]}FLOPs",
        lambda e: f"{e.flops / size:8.3f}" if e.flops > 0 else "--",
    )


def _row(columns: Sequence[_Column], cells: Sequence[str]) -> str:
    return "".join(c.placed(cell) + _BETWEEN for c, cell in zip(columns, cells))


def _bounded(lengths: Sequence[int], most: int | None) -> int:
    """The width of a column for texts of some lengths."""
    width = max(lengths) + 4
    return width if most is None else min(width, most)


def _cut(name: str, most: int | None) -> str:
    return name if most is None or len(name) < most - 3 else f"{name[: most - 3]}..."


def _ending(path: str, width: int) -> str:
    """The end of a long path."""
    if len(path) <= width:
        return path
    end = path[len(path) - width :]
    return "..." + end[3:] if len(end) > 3 else end
