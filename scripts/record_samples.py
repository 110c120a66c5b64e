#!/usr/bin/env python3
"""Record PyTorch's answers to the samples of its own operator database, for tests that need no PyTorch.

Run it with a Python that has torch 2.13 and expecttest: `python scripts/record_samples.py [OUT [MOST]]`.
OUT: by default tests/samples/answers.json.xz, of which the tests take all. MOST: how many samples of an
op and dtype there are at most, by default 2; larger runs are for `scripts/check_samples.py OUT`.

Each case is a call, its result, and of double and complex numbers the gradients of the first and second
order; of what PyTorch refuses, that it does. The cases of `out=` write into tensors of the result's dtype
and of several others.
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
from collections import Counter
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
# Memory that several tensors show, or that one shows a part of, is kept up to so many bytes.
MEMORY = 4096
# What `out=` is tried with besides it, by the result's dtype.
OTHER_DTYPES = {
    torch.float32: (torch.float64, torch.int64, torch.float16, torch.complex128, torch.uint8),
    torch.complex64: (torch.complex128, torch.float32, torch.float64, torch.int64, torch.bool),
    torch.int64: (torch.float32, torch.int32, torch.uint8, torch.complex64, torch.bool),
    torch.bool: (torch.float32, torch.uint8, torch.int64, torch.complex64, torch.float64),
}
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


class Tensors(list[Any]):
    """A case's tensors as they are kept.

    memory: what is shown by several of the arguments, or in part by one. seen: arguments that are
    kept, by their identity, so that one that is given twice stays one.
    """

    def __init__(self, given: Any) -> None:
        super().__init__()
        self.memory: list[str] = []
        self.seen: dict[int, int] = {}
        self.numbers: dict[int, int] = {}
        several = Counter(
            t.untyped_storage().data_ptr() for t in {id(t): t for t in leaves(given)}.values()
        )
        self.shown = [start for start, n in several.items() if n > 1]

    def place(self, t: torch.Tensor) -> list[int] | None:
        """The number of the memory that a tensor shows, and where in it; None where it is its own."""
        storage = t.untyped_storage()
        start, size = storage.data_ptr(), storage.nbytes()
        whole = size == t.numel() * t.element_size()
        last = t.storage_offset() + sum((n - 1) * s for n, s in zip(t.shape, t.stride()))
        if t.numel() and (last + 1) * t.element_size() > size:
            raise NotRecorded("a call that failed left it larger than its memory")
        if size > MEMORY or (start not in self.shown and (whole or not t.numel())):
            return None
        if start not in self.numbers:
            self.numbers[start] = len(self.memory)
            held = torch.empty(0, dtype=torch.uint8).set_(storage)
            self.memory.append(base64.b85encode(held.numpy().tobytes()).decode())
        return [self.numbers[start], t.storage_offset()]

    def results(self) -> None:
        """From now on results are kept, each by its own elements."""
        self.shown, self.seen, self.place = [], {}, lambda t: None  # type: ignore[method-assign]


def encode(value: Any, tensors: Tensors) -> Any:
    """A value as JSON data; tensors by their number."""
    if isinstance(value, torch.Tensor):
        if id(value) in tensors.seen:
            return {"tensor": tensors.seen[id(value)]}
        if value.layout != torch.strided or type(value) is not torch.Tensor:
            raise NotRecorded("another kind of tensor")
        plain = value.detach().resolve_conj().resolve_neg()
        place = tensors.place(value) if value.device.type == "cpu" else None
        tensors.append([
            str(value.dtype)[6:], list(value.shape),
            list(plain.stride()) if place or not plain.is_contiguous() else None,
            value.requires_grad, elements(plain) if place is None else place,
        ])  # fmt: skip
        tensors.seen[id(value)] = len(tensors) - 1
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


def elements(t: torch.Tensor) -> str:
    """A tensor's elements as text."""
    whole = t.contiguous().reshape(-1).view(torch.uint8) if t.numel() else None
    return base64.b85encode(b"" if whole is None else whole.numpy().tobytes()).decode()


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


def gradients(out: Any, given: Any, second: bool, row: dict[str, Any], tensors: Tensors) -> None:
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


def begun(row: dict[str, Any], args: Any, kwargs: Any) -> Tensors:
    """A case's tensors, with its arguments kept in it."""
    tensors = Tensors([args, kwargs])
    row["args"], row["kwargs"] = encode(list(args), tensors), encode(kwargs, tensors)
    row["tensors"] = tensors
    if tensors.memory:
        row["memory"] = tensors.memory
    tensors.results()
    return tensors


def given(op: Any, sample: Any) -> tuple[Any, dict[str, Any]]:
    """A sample's arguments, as what is called takes them."""
    args, kwargs = (sample.input, *sample.args), sample.kwargs
    return OTHERWISE[op.name](*args, **kwargs) if op.name in OTHERWISE else (args, kwargs)


def cases(op: Any, dtype: torch.dtype, most: int) -> Any:
    """The cases of an op for a dtype."""
    path, function = public(op.name)
    grad = dtype in (torch.float64, torch.complex128) and op.supports_autograd
    torch.manual_seed(0)
    found = 0
    for sample in itertools.islice(op.sample_inputs("cpu", dtype, requires_grad=grad), 60):
        args, kwargs = given(op, sample)
        row: dict[str, Any] = {"call": path, "dtype": str(dtype)[6:]}
        try:
            tensors = begun(row, args, kwargs)
            torch.manual_seed(7)
            out = function(*args, **kwargs)
            row["out"] = encode(out, tensors)
            if grad:
                gradients(out, [args, kwargs], op.supports_gradgrad, row, tensors)
        except (NotRecorded, RuntimeError, TypeError, ValueError):
            continue
        if sum(math.prod(t[1]) for t in tensors) > ELEMENTS * (2 if grad else 1):
            continue
        yield row
        found += 1
        if found == most:
            return


def refused(op: Any) -> Any:
    """The calls of an op that PyTorch refuses."""
    path, function = public(op.name)
    for bad in op.error_inputs("cpu") if op.error_inputs_func is not None else ():
        sample = bad.sample_input
        args, kwargs = given(op, sample)
        row: dict[str, Any] = {"call": path, "dtype": "refused"}
        try:
            begun(row, args, kwargs)
        except NotRecorded:
            continue
        try:
            function(*args, **kwargs)
        except Exception as error:  # whatever PyTorch refuses with
            row["error"] = str(error).split("\n")[0][:200]
            yield row


def like(result: Any, dtypes: dict[torch.dtype, torch.dtype]) -> Any:
    """Zeros for a result, of other dtypes."""
    if isinstance(result, torch.Tensor):
        return torch.zeros(result.shape, dtype=dtypes.get(result.dtype, result.dtype))
    return tuple([like(t, dtypes) for t in result])


def written(op: Any) -> Any:
    """The first call of an op that takes `out`, with tensors of several dtypes for it."""
    path, function = public(op.name)
    if not op.supports_out or torch.float32 not in op.dtypes:
        return
    torch.manual_seed(0)
    for sample in itertools.islice(op.sample_inputs("cpu", torch.float32), 20):
        args, kwargs = given(op, sample)
        if sum(t.numel() for t in leaves([args, kwargs])) > ELEMENTS:
            continue
        try:
            torch.manual_seed(7)
            result = function(*args, **kwargs)
            function(*args, **kwargs, out=like(result, {}))
        except (RuntimeError, TypeError, ValueError):
            continue
        for i in range(6):
            others = {own: (own, *other)[i] for own, other in OTHER_DTYPES.items()}
            by_name = {**kwargs, "out": like(result, others)}
            row: dict[str, Any] = {"call": path, "dtype": "out"}
            try:
                tensors = begun(row, args, by_name)
            except NotRecorded:
                return
            torch.manual_seed(7)
            try:
                row["out"] = encode(function(*args, **by_name), tensors)
            except Exception as error:  # whatever PyTorch refuses with
                row["error"] = str(error).split("\n")[0][:200]
            yield row
        return


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    most = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, too_long)
    rows = []
    for op in op_db:
        dtypes = [d for d in DTYPES if d in op.dtypes]
        for kind, found in (
            *[(d, cases(op, d, most)) for d in dtypes],
            ("refused", refused(op)), ("out", written(op)),
        ):  # fmt: skip
            signal.alarm(SECONDS)
            try:
                rows += found
            except TooLong:
                print("too long:", op.name, kind)
            except Exception as error:  # a sample that cannot be made here
                print("left out:", op.name, kind, repr(error)[:100])
            finally:
                signal.alarm(0)
    out.parent.mkdir(exist_ok=True)
    text = "\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    out.write_bytes(lzma.compress(text.encode(), preset=9))
    print(f"{out}: {len(rows)} cases of {len({r['call'] for r in rows})} names")


if __name__ == "__main__":
    main()
