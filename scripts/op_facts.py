"""What trying an op's samples tells: the dtypes that it takes, and which derivatives it has."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tcalc.errors import TcalcError
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes

# Dtypes in the order in which they are told, and the groups that stand for several.
DTYPES = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128".split()
_GROUPS = {
    "any": DTYPES,
    "integers": "uint8 int8 int16 int32 int64".split(),
    "floats": "float16 bfloat16 float32 float64".split(),
    "complex": "complex64 complex128".split(),
}


def dtypes_of(op: Op) -> str:
    """The dtypes of which an op takes tensors, "" where it takes none."""
    samples = [s for s in samples_of(op) if s.arrays()]
    found = {name for name in DTYPES if any(_runs(s, name) for s in samples)}
    return _told(found)


def _told(found: set[str]) -> str:
    if found.issuperset(DTYPES):
        return "any"
    parts = []
    for name in ("bool", "integers", "floats", "complex"):
        members = _GROUPS.get(name, [name])
        here = [m for m in members if m in found]
        parts += [name] if here == members else here
    return " ".join(parts)


def _runs(sample: Sample, name: str) -> bool:
    """Whether a sample runs with its numbers in a dtype; indices and masks stay what they are.

    Where it does not with what an integer type leaves of its numbers, it is tried with larger ones:
    a 0 may be what is refused.
    """
    return _runs_with(sample, name, lambda a: a) or _runs_with(
        sample, name, lambda a: np.ceil(a.real) if a.dtype.kind in "fc" else a
    )


def _runs_with(sample: Sample, name: str, change: Callable[[Any], Any]) -> bool:
    target = getattr(dtypes, "bool_" if name == "bool" else name)
    inexact = any(a.dtype.kind in "fc" for a in sample.arrays())

    def convert(array: np.ndarray[Any, Any]) -> Tensor:
        t = wrap(np.array(change(array)))
        return t.to(target) if array.dtype.kind in ("fc" if inexact else "bi") else t

    try:
        sample.call(convert)
    except (TcalcError, TypeError, ValueError, NotImplementedError):
        return False
    return True


def derivatives_of(op: Op) -> str:
    """Which derivatives an op has: "none", or of "first second forward" those that work."""
    if not op.has_gradient:
        return "none"
    found = {how for s in samples_of(op) for how in _derivatives(s)}
    return " ".join(how for how in ("first", "second", "forward") if how in found) or "none"


def _derivatives(sample: Sample) -> Iterator[str]:
    grad = lookup("torch.autograd.grad")
    leaves: list[Tensor] = []

    def leaf(array: np.ndarray[Any, Any]) -> Tensor:
        t = wrap(array.copy())
        if array.dtype.kind in "fc":
            leaves.append(t.requires_grad_(True))
        return t

    try:
        ends = _ends(sample.call(leaf))
        used = leaves if ends else []
        found = grad(ends, used, _ones(ends), create_graph=True, allow_unused=True)
        first = [g for g in found if g is not None]
    except (TcalcError, TypeError, ValueError):
        return
    if not first:
        return
    yield "first"
    # Of what is linear the second derivative is 0, and asks nothing.
    ends = [g for g in first if g.requires_grad]
    try:
        if ends:
            grad(ends, used, _ones(ends), allow_unused=True)
        yield "second"
    except TcalcError:
        pass
    try:
        inputs = [t.detach() for t in leaves]
        lookup("torch.func.jvp")(_of_leaves(sample), tuple(inputs), tuple(_ones(inputs)))
        yield "forward"
    except (TcalcError, TypeError, ValueError):
        pass


def _of_leaves(sample: Sample) -> Any:
    """A sample as a function of its inexact tensors, giving those of its results."""

    def function(*given: Tensor) -> Any:
        rest = iter(given)
        value = sample.call(lambda a: next(rest) if a.dtype.kind in "fc" else wrap(a.copy()))
        return tuple(_ends(value))

    return function


def _ends(value: Any) -> list[Tensor]:
    """The results that depend on what requires grad."""
    if isinstance(value, Tensor):
        return [value] if value.requires_grad or value.dtype.is_floating_point else []
    return [t for v in value for t in _ends(v)] if isinstance(value, (tuple, list)) else []


def _ones(tensors: list[Tensor]) -> list[Tensor]:
    return [lookup("torch.ones_like")(t.detach()) for t in tensors]


def facts(ops: Iterable[Op]) -> dict[str, list[str]]:
    """By what is told, dtypes and derivatives, the ops of which it holds, by their first names."""
    found: dict[str, list[str]] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for op in ops:
            told = f"{dtypes_of(op)}; {derivatives_of(op)}"
            found.setdefault(told, []).append(op.qualified[0])
    return found


def public() -> list[Op]:
    """The ops that programs can name, of the modules that are loaded."""
    return [op for op in OPS if any("._" not in name for name in op.qualified)]
