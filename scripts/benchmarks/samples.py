"""The registry's samples as statements: every public op that PyTorch has by the same name.

Run by the Python that has tcalc: `python -m benchmarks.samples [WORD …]` prints the cases as JSON.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.statements import HEAD, SIZES, Case
from tcalc.language.absent import is_known
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.session import Session

# Seconds of processors for a call: more than the first is too much for a row, and from the second
# on no larger one is tried, which may be sixteen times as long.
MOST, ENOUGH = 0.5, 0.1
# The dtypes that torch.tensor gives a list by itself, and in which the arrays of samples are.
_OWN = {"float64", "complex128", "int64", "bool"}


class Untold(Exception):
    """A sample that cannot be told as text."""


class Text:
    """A sample's call as text: the statement, and an array for each of its variables."""

    def __init__(self, name: str, sample: Sample) -> None:
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        args = list(sample.args)
        if sample.prepare is not None:
            made = sample.prepare(wrap(args[0])).detach()
            args[0] = made.resolve_conj().resolve_neg().array
        room, _, short = name.rpartition(".")
        given = [self._of(value) for value in args]
        if room == "Tensor":
            if not args or not isinstance(args[0], np.ndarray):
                raise Untold(name)
            name = f"{given.pop(0)}.{short}"
        given += [f"{key}={self._of(value)}" for key, value in sample.kwargs.items()]
        name = name.replace("torch.nn.functional.", "F.")
        self.statement = f"{name}({', '.join(given)})"

    def _of(self, value: Any) -> str:
        """The text of an argument."""
        if isinstance(value, np.ndarray):
            variable = "abcdefghijklmnopqrstuvwxyz"[len(self.arrays)]
            self.arrays[variable] = value
            return variable
        if isinstance(value, (list, tuple)):
            inside = ", ".join(map(self._of, value))
            if isinstance(value, list):
                return f"[{inside}]"
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        if value is None or isinstance(value, (bool, int, float, complex, str)):
            return repr(value)
        if repr(value).startswith("torch."):
            return repr(value)
        raise Untold(repr(value))

    def setup(self, repeats: dict[str, tuple[int, ...]]) -> str:
        """The variables, each repeated along its dimensions."""
        lines = []
        for name, array in self.arrays.items():
            dtype = "" if str(array.dtype) in _OWN else f", dtype=torch.{array.dtype}"
            data = _literal(array.tolist())
            line = f"{name} = torch.tensor({data}{dtype})"
            if array.size == 0:
                line = f"{name} = torch.zeros({array.shape}{dtype})"
            more = repeats.get(name, ())
            lines.append(line + (f".repeat{more}" if any(n > 1 for n in more) else ""))
        return "\n".join(lines) + "\n"


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, float):
        return repr(float(f"{value:.6g}")) if math.isfinite(value) else f'float("{value}")'
    return repr(value)


# -- larger ones ------------------------------------------------------------------------------

# How often the arrays of a sample are repeated along their dimensions, for a factor.
Rule = Callable[[Text, int], "dict[str, tuple[int, ...]]"]


def everywhere(text: Text, factor: int) -> dict[str, tuple[int, ...]]:
    """Every dimension that is longer than 1 gets longer."""
    return {k: tuple(factor if n > 1 else 1 for n in a.shape) for k, a in text.arrays.items()}


def first(text: Text, factor: int) -> dict[str, tuple[int, ...]]:
    """The first dimension of the first array gets longer."""
    name, array = next(iter(text.arrays.items()))
    return {name: (factor, *[1] * (array.ndim - 1))} if array.ndim else {}


def batch(text: Text, factor: int) -> dict[str, tuple[int, ...]]:
    """Every array gets one more dimension before the others."""
    return {k: (factor, *[1] * a.ndim) for k, a in text.arrays.items() if a.ndim}


def rules(text: Text) -> tuple[Rule, ...]:
    """What is tried, in order."""
    try:
        np.broadcast_shapes(*(a.shape for a in text.arrays.values()))
    except ValueError:
        return first, everywhere, batch
    return everywhere, batch, first


def larger(text: Text, most: int) -> str:
    """The setup with which the largest array has up to that many elements, or "" for none."""
    for rule in rules(text) if text.arrays else ():
        found, factor = "", 2
        while True:
            repeats = rule(text, factor)
            sizes = [a.size * math.prod(repeats.get(k, ())) for k, a in text.arrays.items()]
            if not any(math.prod(v) > 1 for v in repeats.values()) or max(sizes) > most:
                break
            setup = text.setup(repeats)
            tried = attempt(setup, text.statement)
            if tried is None or tried[1] > MOST:
                break
            found = setup
            if tried[1] > ENOUGH:
                break
            factor *= 2
        if found:
            return found
    return ""


def attempt(*sources: str) -> tuple[Any, float] | None:
    """What the last of some texts gives and its seconds; None where one is refused."""
    session = Session()
    session.evaluate(HEAD)
    try:
        for source in sources[:-1]:
            session.evaluate(source)
        begun = time.process_time()
        value = session.evaluate(sources[-1])
        return value, time.process_time() - begun
    except Exception:  # whatever a call may be refused with
        return None


# -- cases ------------------------------------------------------------------------------------


def names() -> Iterator[tuple[Op, str]]:
    """Every op with the name that PyTorch has it by."""
    for module in _index.MODULES:
        importlib.import_module(module)
    for op in OPS:
        # Numbers one after another are a method's alone there: `a.permute(1, 0)`.
        spread = any(p.variadic and p.kinds for p in op.params)
        for name in sorted(op.qualified, key=lambda n: spread and not n.startswith("Tensor.")):
            room, _, short = name.rpartition(".")
            home = "torch.Tensor" if room == "Tensor" else room
            if not short.startswith("_") and is_known(home, short):
                yield op, name
                break


def gradient(text: Text, setup: str) -> tuple[str, str] | None:
    """The setup and statement of an op's gradient; None where there is none."""
    leaves = [k for k, a in text.arrays.items() if a.dtype.kind in "fc"]
    asked = "".join(f"{name}.requires_grad_()\n" for name in leaves)
    tried = attempt(setup + asked, text.statement) if leaves else None
    result = tried and tried[0]
    call = text.statement
    if isinstance(result, (tuple, list)):
        at = next((i for i, v in enumerate(result) if _differentiable(v)), None)
        if at is None:
            return None
        call = f"{call}[{at}]"
    elif not _differentiable(result):
        return None
    before = f"{setup}{asked}ones = torch.ones_like({call}.detach())\n"
    statement = f"torch.autograd.grad({call}, [{', '.join(leaves)}], ones, allow_unused=True)"
    return (before, statement) if attempt(before, statement) else None


def _differentiable(value: object) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def cases(words: list[str]) -> Iterator[Case]:
    """Each op in up to three sizes, its form that writes in place, and its gradient."""
    for op, name in names():
        room = op.kernel.__module__.removeprefix("tcalc.runtime.ops.").partition(".")[0]
        sample, text = told(op, name)
        if text is None:
            continue
        written = in_place(op, sample)
        families = (f"{room} ops", f"{room} in place", f"{room} gradients")
        seen = set()
        for size, n in SIZES.items():
            asked = (Case(family, size, text.statement, "").matches(words) for family in families)
            if not any(asked):
                continue
            setup = text.setup({}) if n == min(SIZES.values()) else larger(text, n * n)
            if not setup or setup in seen:
                continue
            seen.add(setup)
            yield Case(families[0], size, text.statement, setup)
            if written and attempt(setup, written):
                yield Case(families[1], size, written, setup)
            back = gradient(text, setup) if op.has_gradient else None
            if back is not None:
                yield Case(families[2], size, back[1], back[0])


def told(op: Op, name: str) -> tuple[Sample, Text] | tuple[None, None]:
    """The first of an op's samples that can be told and that has a tensor, else the first."""
    found: list[tuple[Sample, Text]] = []
    for sample in samples_of(op):
        try:
            found.append((sample, Text(name, sample)))
        except Untold:
            continue
    if not found:
        return None, None
    return next((pair for pair in found if pair[1].arrays), found[0])


def in_place(op: Op, sample: Sample | None) -> str:
    """The same call in the form that writes into its first tensor, or "" where there is none."""
    if not op.inplace or sample is None:
        return ""
    rooms = (name.rpartition(".") for name in op.qualified)
    own = next((f"{short}_" for room, _, short in rooms if room == "Tensor"), "")
    try:
        return Text(f"Tensor.{own}", sample).statement if is_known("torch.Tensor", own) else ""
    except Untold:
        return ""


def main() -> None:
    """Print the cases."""
    words = sys.argv[1:]
    found = [case for case in cases(words) if case.matches(words)]
    json.dump([list(case) for case in found], sys.stdout)


if __name__ == "__main__":
    main()
