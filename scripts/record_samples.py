#!/usr/bin/env python3
"""Record PyTorch's answers to the samples of its own operator database, for tests that need no PyTorch.

Run it with a Python that has torch 2.13 and expecttest: `python scripts/record_samples.py [OUT [MOST]]`.
OUT: by default tests/samples/answers.json.xz, of which the tests take all. MOST: how many samples of an
op and dtype there are at most, by default 2; larger runs are for `scripts/check_samples.py OUT`.

Each case is a call, its result, and of double and complex numbers the gradients of the first and second
order; of what PyTorch refuses, that it does.
"""

from __future__ import annotations

import base64
import itertools
import json
import lzma
import math
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db

OUT = Path(__file__).resolve().parent.parent / "tests" / "samples" / "answers.json.xz"
DTYPES = (
    torch.float32, torch.float64, torch.complex64, torch.complex128, torch.float16, torch.bfloat16,
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
)  # fmt: skip
# Larger samples are left out, and what takes longer than so many seconds.
ELEMENTS = 200
SECONDS = 60
# How often other names than those of public functions come up: what is called is made of their samples.
OTHERWISE = {
    "nn.functional.embedding": lambda weight, at, *a, **k: ((at, weight, *a), k),
    "nn.functional.embedding_bag": lambda weight, at, *a, **k: ((at, weight, *a), k),
    "einsum": lambda tensors, equation: ((equation, *tensors), {}),
    "where": lambda x, condition, *other: ((condition, x, *other), {}),
    "polygamma": lambda x, n, **k: ((n, x), k),
    "special.polygamma": lambda x, n, **k: ((n, x), k),
}
NAMES_OF_DTYPES = (
    "bfloat16 bool byte cdouble cfloat chalf char double float half int long short".split()
)


class NotRecorded(Exception):
    """What a case file cannot hold."""


class TooLong(BaseException):
    pass


def too_long(*_: object) -> None:
    raise TooLong


def public(name: str) -> tuple[str, Any]:
    """The path and the function that users call."""
    if name not in NAMES_OF_DTYPES:
        found: Any = torch
        for part in name.split("."):
            found = getattr(found, part, None)
        if callable(found) and not isinstance(found, torch.dtype):
            return f"torch.{name}", found
    found = getattr(torch.Tensor, name, None)
    if found is None:
        raise NotRecorded(name)
    if not callable(found):
        return f"Tensor.{name}", lambda x: getattr(x, name)
    return f"Tensor.{name}", found


def encode(value: Any, tensors: list[Any]) -> Any:
    """A value as JSON data; tensors by their number."""
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or type(value) is not torch.Tensor:
            raise NotRecorded("another kind of tensor")
        plain = value.detach().resolve_conj().resolve_neg()
        whole = plain.contiguous().reshape(-1).view(torch.uint8) if plain.numel() else None
        data = b"" if whole is None else whole.numpy().tobytes()
        tensors.append([
            str(value.dtype)[6:], list(value.shape),
            None if plain.is_contiguous() else list(plain.stride()), value.requires_grad,
            base64.b85encode(data).decode(),
        ])  # fmt: skip
        return {"tensor": len(tensors) - 1}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, complex):
        return {"complex": repr(value)}
    if isinstance(value, (torch.dtype, torch.memory_format, torch.layout)):
        return {"torch": str(value)}
    if isinstance(value, torch.device):
        return {"device": str(value)}
    if isinstance(value, slice):
        return {"slice": [encode(v, tensors) for v in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"ellipsis": None}
    if isinstance(value, (tuple, list)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [encode(v, tensors) for v in value]}
    if isinstance(value, dict):
        return {"dict": {k: encode(v, tensors) for k, v in value.items()}}
    raise NotRecorded(type(value).__name__)


def leaves(value: Any) -> list[torch.Tensor]:
    """The tensors in a value."""
    if isinstance(value, torch.Tensor):
        return [value]
    inside = value.values() if isinstance(value, dict) else value
    nested = isinstance(value, (dict, tuple, list))
    return [t for v in inside for t in leaves(v)] if nested else []


def weights(t: torch.Tensor, seed: int) -> torch.Tensor:
    """What a gradient is begun with: the same numbers wherever they are made."""
    angle = torch.arange(t.numel(), dtype=torch.float64) * 0.7 + seed + 0.3
    real = angle.cos().reshape(t.shape)
    if not t.is_complex():
        return real.to(t.dtype)
    return torch.complex(real, (angle.cos() * 2 + seed).sin().reshape(t.shape)).to(t.dtype)


def gradients(out: Any, given: Any, second: bool, row: dict[str, Any], tensors: list[Any]) -> None:
    """Add the gradients of the first and second order to a case, where there are such."""
    ends = [t for t in leaves(out) if t.requires_grad]
    inputs = [t for t in leaves(given) if t.requires_grad]
    if not ends or not inputs:
        return
    seeds = [weights(t, i) for i, t in enumerate(ends)]
    first = torch.autograd.grad(ends, inputs, seeds, create_graph=second, allow_unused=True)
    row["grad"] = [encode(t, tensors) for t in first]
    kept = [i for i, t in enumerate(first) if t is not None and t.requires_grad]
    if second and kept:
        ends = [first[i] for i in kept]
        seeds = [weights(t, i + 3) for i, t in enumerate(ends)]
        row["of"] = kept
        row["second"] = [
            encode(t, tensors) for t in torch.autograd.grad(ends, inputs, seeds, allow_unused=True)
        ]


def cases(op: Any, dtype: torch.dtype, most: int) -> Any:
    """The cases of an op for a dtype."""
    path, function = public(op.name)
    grad = dtype in (torch.float64, torch.complex128) and op.supports_autograd
    torch.manual_seed(0)
    found = 0
    for sample in itertools.islice(op.sample_inputs("cpu", dtype, requires_grad=grad), 60):
        args, kwargs = (sample.input, *sample.args), sample.kwargs
        if op.name in OTHERWISE:
            args, kwargs = OTHERWISE[op.name](*args, **kwargs)
        row: dict[str, Any] = {"call": path, "dtype": str(dtype)[6:]}
        tensors: list[Any] = []
        try:
            row["args"], row["kwargs"] = encode(list(args), tensors), encode(kwargs, tensors)
            torch.manual_seed(7)
            out = function(*args, **kwargs)
            row["out"] = encode(out, tensors)
            if grad:
                gradients(out, [args, kwargs], op.supports_gradgrad, row, tensors)
        except (NotRecorded, RuntimeError, TypeError, ValueError):
            continue
        if sum(math.prod(t[1]) for t in tensors) > ELEMENTS * (2 if grad else 1):
            continue
        row["tensors"] = tensors
        yield row
        found += 1
        if found == most:
            return


def refused(op: Any) -> Any:
    """The calls of an op that PyTorch refuses."""
    path, function = public(op.name)
    for bad in op.error_inputs("cpu") if op.error_inputs_func is not None else ():
        sample = bad.sample_input
        args, kwargs = (sample.input, *sample.args), sample.kwargs
        if op.name in OTHERWISE:
            args, kwargs = OTHERWISE[op.name](*args, **kwargs)
        tensors: list[Any] = []
        try:
            row = {
                "call": path, "dtype": "refused", "args": encode(list(args), tensors),
                "kwargs": encode(kwargs, tensors), "tensors": tensors,
            }  # fmt: skip
        except NotRecorded:
            continue
        try:
            function(*args, **kwargs)
        except Exception as error:  # whatever PyTorch refuses with
            row["error"] = str(error).split("\n")[0][:200]
            yield row


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    most = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, too_long)
    rows = []
    for op in op_db:
        for dtype in (*[d for d in DTYPES if d in op.dtypes], None):
            signal.alarm(SECONDS)
            try:
                rows += refused(op) if dtype is None else cases(op, dtype, most)
            except TooLong:
                print("too long:", op.name, dtype)
            except Exception as error:  # a sample that cannot be made here
                print("left out:", op.name, dtype, repr(error)[:100])
            finally:
                signal.alarm(0)
    out.parent.mkdir(exist_ok=True)
    text = "\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    out.write_bytes(lzma.compress(text.encode(), preset=9))
    print(f"{out}: {len(rows)} cases of {len({r['call'] for r in rows})} names")


if __name__ == "__main__":
    main()
