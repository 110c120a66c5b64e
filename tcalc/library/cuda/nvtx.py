"""Marks for NVIDIA's own profilers, which CuPy makes; without a GPU PyTorch's error."""

from __future__ import annotations

from typing import Any

from tcalc.errors import StateError
from tcalc.runtime.arrays import cuda
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export


class _Ranges:
    """How many ranges are open."""

    depth = 0


def _nvtx(name: str) -> Any:
    effect(name)
    if not cuda.count():
        raise StateError("NVTX functions not installed. Are you sure you have a CUDA build?")
    return cuda.module().cuda.nvtx


def _text(msg: object) -> str:
    found: str = kinds.take("nvtx", "msg", ("str",), msg)
    return found


def range_push(msg: str) -> int:
    """Open a range inside those that are open; how many were. RuntimeError without a GPU."""
    _nvtx("range_push").RangePush(_text(msg))
    _Ranges.depth += 1
    return _Ranges.depth - 1


def range_pop() -> int:
    """Close the range that was opened last; how many are still open, -1 where none was."""
    _nvtx("range_pop").RangePop()
    if _Ranges.depth:
        _Ranges.depth -= 1
        return _Ranges.depth
    return -1


def mark(msg: str) -> None:
    """Mark a moment. RuntimeError without a GPU."""
    _nvtx("mark").Mark(_text(msg))


class range_:
    """A context in which a range is open. RuntimeError without a GPU."""

    __slots__ = ("_msg",)
    _public_ = frozenset[str]()

    def __init__(self, msg: str) -> None:
        self._msg = _text(msg)

    def __enter__(self) -> None:
        range_push(self._msg)

    def __exit__(self, *_: object) -> None:
        range_pop()


range_.__name__ = range_.__qualname__ = "range"
for _name, _value in (
    ("range_push", range_push), ("range_pop", range_pop), ("mark", mark), ("range", range_),
):  # fmt: skip
    export(f"torch.cuda.nvtx.{_name}", value=_value)
