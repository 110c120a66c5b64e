"""PyTorch's samples of its own operators, as tcalc answers them: what differs, by name, stage and dtype."""

from __future__ import annotations

import base64
import json
import lzma
import math
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from tcalc.errors import TcalcError
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.shapes import MOST_DIMS

ANSWERS = Path(__file__).parent / "answers.json.xz"
# Relative and absolute.
TOLERANCE = {
    "float32": (2e-4, 2e-5), "float64": (1e-7, 1e-7), "complex64": (2e-4, 2e-5),
    "complex128": (1e-7, 1e-7), "float16": (1e-2, 2e-3), "bfloat16": (4e-2, 1e-2),
}  # fmt: skip


# What gives fresh memory: nobody knows what is in it.
FRESH = {
    "torch.empty", "torch.empty_like", "torch.empty_permuted", "torch.empty_strided",
    "Tensor.new_empty", "Tensor.new_empty_strided",
}  # fmt: skip
# What PyTorch refuses and tcalc takes, as language.md says: numbers for tensors, and the one promotion
# that is sensible.
PROMISED = re.compile(
    r"argument '\w+' \(position \d\) must be Tensor, not (int|float)$"
    r"|invalid combination of arguments - got \((int|float), |descriptor .* doesn't apply to a 'int' object"
    r"|could not infer output dtype\. Input dtype must be either a floating point or complex dtype"
    r"|only supports floating-point dtypes for input, got: Long"
)


def read(path: Path = ANSWERS) -> dict[str, list[str]]:
    """The recorded cases by what is called, each as its line of JSON: `rows` reads them."""
    begins = '{"call":'
    name_at = json.JSONDecoder().raw_decode
    found = defaultdict(list)
    for line in lzma.decompress(path.read_bytes()).decode().splitlines():
        assert line.startswith(begins)
        found[name_at(line, len(begins))[0]].append(line)
    return dict(found)


def rows(lines: list[str]) -> Iterator[dict[str, Any]]:
    """Recorded cases, but those of more dims than arrays have."""
    for line in lines:
        row = json.loads(line)
        if all(len(shape) <= MOST_DIMS for _, shape, *_ in row["tensors"]):
            yield row


@cache
def function(path: str) -> Any:
    """What a program calls by a path, or None."""
    # Some are listed as one overload of an op, by its whole path.
    path = path.replace("torch.torch.", "torch.").removesuffix(".default")
    owner, _, name = path.rpartition(".")
    found = lookup(path)
    if found is None and owner == "Tensor" and name in Tensor._public_:
        return lambda x: getattr(x, name)
    return found


def array_of(kept: list[Any]) -> np.ndarray:
    """A recorded tensor's values."""
    name, shape, _, _, data = kept
    dtype = ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)
    return np.frombuffer(base64.b85decode(data), dtype).reshape(shape)


def tensors_of(row: dict[str, Any]) -> list[Tensor]:
    """A case's recorded tensors."""
    memory = [wrap(np.frombuffer(base64.b85decode(m), "B").copy()) for m in row.get("memory", ())]
    return [tensor_of(kept, memory) for kept in row["tensors"]]


def tensor_of(kept: list[Any], memory: list[Tensor]) -> Tensor:
    """A recorded tensor, with its strides and in the memory that it shows."""
    name, shape, strides, requires_grad, data = kept
    if isinstance(data, list):
        whole = memory[data[0]].view(lookup(f"torch.{name}"))
        shown = whole.as_strided(shape, strides, data[1])
        return shown.detach().requires_grad_() if requires_grad else shown
    array = array_of(kept)
    if strides is None:
        made = wrap(array.copy())
    else:
        room = 1 + sum((n - 1) * s for n, s in zip(array.shape, strides))
        base = np.zeros(room if array.size else 0, array.dtype)
        seen = np.lib.stride_tricks.as_strided(
            base, array.shape, [s * array.itemsize for s in strides]
        )
        seen[...] = array
        made = wrap(seen)
    if requires_grad:
        made._require_grad(True)
    return made


def decoded(value: Any, tensors: list[Tensor]) -> Any:
    """A recorded argument."""
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind in ("tuple", "list"):
        items = [decoded(v, tensors) for v in inner]
        return tuple(items) if kind == "tuple" else items
    if kind == "slice":
        return slice(*[decoded(v, tensors) for v in inner])
    if kind == "dict":
        return {k: decoded(v, tensors) for k, v in inner.items()}
    simple = {
        "tensor": lambda: tensors[inner], "float": lambda: float(inner), "ellipsis": lambda: ...,
        "complex": lambda: complex(inner), "torch": lambda: lookup(inner),
        "device": lambda: lookup("torch.device")(inner),
    }  # fmt: skip
    return simple[kind]()


def same(value: Any, wanted: Any, kept: list[Any], cast: bool = False) -> bool:
    """Whether a result is the recorded one: shapes, dtypes, and values within the tolerance.

    cast: whether it was computed with the digits of a float32.
    """
    if not isinstance(wanted, dict):
        return value is None if wanted is None else bool(value == wanted)
    ((kind, inner),) = wanted.items()
    if kind == "tensor":
        return _same_tensor(value, kept[inner], cast)
    if kind in ("tuple", "list"):
        items = list(value)
        return len(items) == len(inner) and all(
            map(lambda v, w: same(v, w, kept, cast), items, inner)
        )
    if kind == "dict":
        return value.keys() == inner.keys() and all(same(value[k], inner[k], kept) for k in inner)
    if kind in ("float", "complex"):
        number = complex(inner)
        return bool(np.isclose(complex(value), number, rtol=1e-5, atol=1e-7, equal_nan=True))
    return str(value) == str(decoded(wanted, []))


def _same_tensor(value: Any, kept: list[Any], cast: bool) -> bool:
    name, shape, *_ = kept
    if not isinstance(value, Tensor) or value.dtype.name != name or list(value.shape) != shape:
        return False
    found, wanted = value.detach().resolve_conj().resolve_neg()._a, array_of(kept)
    if name not in TOLERANCE:
        return bool((found == wanted).all())
    wide = np.complex128 if wanted.dtype.kind == "c" else np.float64
    rtol, atol = max(TOLERANCE["float32"], TOLERANCE[name]) if cast else TOLERANCE[name]
    return bool(np.allclose(found.astype(wide), wanted.astype(wide), rtol, atol, equal_nan=True))


def with_bases_of(value: Any, wanted: Any, kept: list[Any]) -> Any:
    """Eigenvalues and eigenvectors with PyTorch's bases of the eigenspaces.

    Vectors are unique but for a phase, among equal eigenvalues for a unitary matrix, and which ones
    LAPACK finds depends on whose it is. So they are multiplied by what leads to the recorded ones, in
    the blocks of equal eigenvalues alone: vectors of other spaces, lengths or angles do not become these.
    """
    values, vectors = value
    theirs = array_of(kept[next(iter(wanted.values()))[1]["tensor"]])
    own = vectors.detach()._a
    if own.shape != theirs.shape or own.dtype != theirs.dtype:
        return value
    found = values.detach()._a
    apart = abs(found[..., None] - found[..., None, :])
    close = apart <= 1e-4 * abs(found).max(-1, initial=0)[..., None, None]
    turn = np.where(close, own.conj().swapaxes(-1, -2) @ theirs, 0).astype(own.dtype)
    return type(value)((values, vectors @ wrap(turn)))


# How results that are not unique are made comparable.
_NOT_UNIQUE = {"torch.linalg.eigh": with_bases_of}


def leaves(value: Any) -> list[Tensor]:
    """The tensors in a value."""
    if isinstance(value, Tensor):
        return [value]
    inside = value.values() if isinstance(value, dict) else value
    nested = isinstance(value, (dict, tuple, list))
    return [t for v in inside for t in leaves(v)] if nested else []


def weights(t: Tensor, seed: int) -> Tensor:
    """What a gradient is begun with (see scripts/record_samples.py)."""
    angle = np.arange(math.prod(t.shape)) * 0.7 + seed + 0.3
    real = np.cos(angle)
    found = real + 1j * np.sin(real * 2 + seed) if t.is_complex() else real
    return wrap(found.reshape(t.shape).astype(t._a.dtype))


def stages(row: dict[str, Any]) -> dict[str, bool]:
    """By stage of a case whether the answer is PyTorch's, as far as it got."""
    call = function(row["call"])
    if call is None:
        return {"missing": False}
    tensors = tensors_of(row)
    args, kwargs = decoded(row["args"], tensors), decoded(row["kwargs"], tensors)
    lookup("torch.manual_seed")(7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            out = call(*args, **kwargs)
        except (TcalcError, TypeError, ValueError):  # a class's own are of these kinds
            return {"refused": True} if "error" in row else {"forward": False}
        if "error" in row:
            return {"taken": True} if PROMISED.search(row["error"]) else {"refused": False}
        if row["call"] in FRESH:
            name, shape, *_ = row["tensors"][row["out"]["tensor"]]
            return {"forward": (out.dtype.name, list(out.shape)) == (name, shape)}
        if row["call"] in _NOT_UNIQUE:
            out = _NOT_UNIQUE[row["call"]](out, row["out"], row["tensors"])
        cast = row["dtype"] == "out"
        found = {"forward": same(out, row["out"], row["tensors"], cast)}
        if found["forward"] and "grad" in row:
            found |= _gradients(row, out, [args, kwargs])
    return found


def _gradients(row: dict[str, Any], out: Any, given: Any) -> dict[str, bool]:
    ends, inputs = ([t for t in leaves(v) if t.requires_grad] for v in (out, given))
    grad, kept = lookup("torch.autograd.grad"), row["tensors"]
    try:
        seeds = [weights(t, i) for i, t in enumerate(ends)]
        first = grad(ends, inputs, seeds, create_graph="second" in row, allow_unused=True)
        if not all(map(lambda g, w: same(g, w, kept), first, row["grad"])):
            return {"grad": False}
        if "second" not in row:
            return {"grad": True}
    except TcalcError:
        return {"grad": False}
    try:
        ends = [first[i] for i in row["of"]]
        seeds = [weights(t, i + 3) for i, t in enumerate(ends)]
        second = grad(ends, inputs, seeds, allow_unused=True)
    except TcalcError:
        return {"grad": True, "second": False}
    # Where PyTorch has no gradient, one of zeros says the same.
    good = all(
        same(g, w, kept) or (w is None and g is not None and not g._a.any())
        for g, w in zip(second, row["second"])
    )
    return {"grad": True, "second": good}


def shown(row: dict[str, Any]) -> set[str]:
    """How what a case's results show differs (see scripts/record_views.py): its memory, or its strides."""
    tensors = tensors_of(row)
    args, kwargs = decoded(row["args"], tensors), decoded(row["kwargs"], tensors)
    given = leaves([args, kwargs])
    lookup("torch.manual_seed")(7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = leaves(function(row["call"])(*args, **kwargs))
    differs = set() if len(results) == len(row["shown"]) else {"memory"}
    for out, (strides, number, offset) in zip(results, row["shown"]):
        at = next((i for i, t in enumerate(given) if t.shared() is out.shared()), None)
        own = at if out.numel() else None
        if (own, None if own is None else out.storage_offset()) != (number, offset):
            differs.add("memory")
        elif list(out.stride()) != strides:
            differs.add("strides")
    return differs
