"""What a profile calls an op: PyTorch's own name where PyTorch has such an op.

`aten_names.txt` (written by scripts/record_aten_names.py) lists PyTorch's. An op that has none there
and is made of others is not shown, as PyTorch shows none of its functions in Python; one that works by
itself is shown as ours, `tcalc::name`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op


@cache
def _known() -> frozenset[str]:
    text = Path(__file__).with_name("aten_names.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def name_of(op: Op) -> str | None:
    """The name of an op's calls; None for what PyTorch has as a function of Python's alone."""
    for name in _candidates(op):
        if name in _known():
            return f"aten::{name}"
    return None if op.family == "composite" else f"tcalc::{op.name.strip('_')}"


@cache
def form_name(name: str) -> str:
    """The name of the calls of an in-place form, such as `add_`."""
    return f"aten::{name}" if name in _known() else f"tcalc::{name.lstrip('_')}"


def _candidates(op: Op) -> list[str]:
    """What PyTorch may call it, the likeliest first."""
    found = [op.schema, op.name]
    for qualified in op.qualified:  # torch.linalg.det is linalg_det
        room, _, name = qualified.rpartition(".")
        found.append(f"{room.rpartition('.')[2]}_{name}")
    if not op.qualified and isinstance(op.node_name, str):  # which other ops use: by its gradient's
        found.append(_snake(re.sub(r"(Backward\d*|Backwards)$", "", op.node_name)))
    return [name for name in found if name]


def _snake(name: str) -> str:
    """`LogSoftmax` as `log_softmax`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return {"to_copy": "_to_copy"}.get(spaced, spaced)
