#!/usr/bin/env python3
"""Record what PyTorch's results show: whose memory, from where, with which strides.

Run it with a Python that has torch 2.13 and expecttest: `python scripts/record_views.py`. It writes
tests/samples/views.json.xz. The cases are those of scripts/record_samples.py for one dtype, each with its
first tensor as it is, transposed, stepped and expanded.
"""

from __future__ import annotations

import itertools
import json
import lzma
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db

sys.path.insert(0, str(Path(__file__).parent))

from record_samples import (
    DTYPES,
    ELEMENTS,
    SECONDS,
    NotRecorded,
    TooLong,
    begun,
    given,
    leaves,
    public,
    too_long,
)

OUT = Path(__file__).resolve().parent.parent / "tests" / "samples" / "views.json.xz"
# How many samples of an op there are at most.
MOST = 3


def transposed(t: torch.Tensor) -> torch.Tensor | None:
    return t.mT.contiguous().mT if t.dim() > 1 else None


def stepped(t: torch.Tensor) -> torch.Tensor | None:
    return torch.stack([t, t], -1).flatten(-2)[..., ::2] if t.dim() else None


def expanded(t: torch.Tensor) -> torch.Tensor | None:
    return t[:1].clone().expand(t.shape) if t.dim() and len(t) else None


LAYOUTS: tuple[Callable[[torch.Tensor], torch.Tensor | None], ...] = (
    torch.clone, transposed, stepped, expanded,
)  # fmt: skip


def with_first(value: Any, layout: Callable[[torch.Tensor], torch.Tensor | None]) -> Any:
    """Arguments with their first tensor laid out in another way, or None."""
    if isinstance(value, torch.Tensor):
        return layout(value)
    if isinstance(value, (list, tuple)) and value:
        first = with_first(value[0], layout)
        return None if first is None else type(value)([first, *value[1:]])
    return None


def shown(out: torch.Tensor, given: list[torch.Tensor]) -> list[Any]:
    """A result's strides, the number of the argument whose memory it shows, and from where in it."""
    own = out.untyped_storage().data_ptr()
    for i, t in enumerate(given):
        if out.numel() and t.untyped_storage().data_ptr() == own:
            return [list(out.stride()), i, out.storage_offset()]
    return [list(out.stride()), None, None]


def cases(op: Any) -> Iterator[dict[str, Any]]:
    path, function = public(op.name)
    dtype = next(d for d in DTYPES if d in op.dtypes)
    torch.manual_seed(0)
    found = 0
    for sample in itertools.islice(op.sample_inputs("cpu", dtype), 30):
        args, kwargs = given(op, sample)
        if not 1 < sum(t.numel() for t in leaves([args, kwargs])) <= ELEMENTS:
            continue
        for layout in LAYOUTS:
            laid = with_first(tuple(args), layout)
            if laid is None:
                continue
            row: dict[str, Any] = {"call": path, "layout": layout.__name__}
            try:
                begun(row, laid, kwargs)
                torch.manual_seed(7)
                out = function(*laid, **kwargs)
            except (NotRecorded, RuntimeError, TypeError, ValueError):
                continue
            results = [t for t in leaves(out) if t.layout == torch.strided]
            row["shown"] = [shown(t, leaves([laid, kwargs])) for t in results]
            if results:
                yield row
        found += 1
        if found == MOST:
            return


def main() -> None:
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, too_long)
    rows: list[dict[str, Any]] = []
    for op in op_db:
        signal.alarm(SECONDS)
        try:
            rows += cases(op)
        except TooLong:
            print("too long:", op.name)
        except Exception as error:  # a sample that cannot be made here
            print("left out:", op.name, repr(error)[:100])
        finally:
            signal.alarm(0)
    text = "\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    OUT.write_bytes(lzma.compress(text.encode(), preset=9))
    print(f"{OUT}: {len(rows)} cases of {len({r['call'] for r in rows})} names")


if __name__ == "__main__":
    main()
