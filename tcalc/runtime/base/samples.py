"""Sample calls of ops, for the checks that come from the registry: gradients, devices.

A definition gives its own with `samples=`, a function that returns a list of calls:

    samples=lambda: [(([[1.0, 2.0], [3.0, 4.0]], 0), {"keepdim": True})]

Where a parameter takes a tensor a list or a number stands for one: of float64, complex128, int64
or bool, after what is in it. For any parameter a list of floats does, and one for each item of
`*tensors`. A third item is a function that the first tensor goes through before the op gets it,
such as `lambda a: a + a.mT` where it must be symmetric.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base.op import REQUIRED, Op

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.tensor.tensor import Tensor


class Sample:
    """One call of an op, its tensors as NumPy arrays.

    args, kwargs: the arguments; arrays, and lists of arrays, stand for tensors.
    """

    __slots__ = ("args", "kwargs", "op", "prepare")

    def __init__(
        self,
        op: Op,
        args: tuple[object, ...],
        kwargs: dict[str, object],
        prepare: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        positional = [p for p in op.params if not p.keyword_only]
        named = {p.name: p for p in op.params}
        self.op = op
        self.prepare = prepare
        self.args: list[Any] = []
        for i, value in enumerate(args):
            p = positional[min(i, len(positional) - 1)]
            is_array = p.is_array or (p.variadic and isinstance(value, float))
            self.args.append(_arrays(value, is_array, p.is_sequence and not p.variadic))
        self.kwargs = {
            k: _arrays(v, k in named and named[k].is_array, k in named and named[k].is_sequence)
            for k, v in kwargs.items()
        }

    def call(self, convert: Callable[[np.ndarray], object]) -> Any:
        """The op's result on the tensors that `convert` makes of the arrays."""
        args = [_each(v, convert) for v in self.args]
        kwargs = {k: _each(v, convert) for k, v in self.kwargs.items()}
        if self.prepare is not None:
            args[0] = self.prepare(args[0])
        return self.op.function(*args, **kwargs)

    def arrays(self) -> list[np.ndarray]:
        """The arrays that stand for tensors, in order."""
        found: list[np.ndarray[Any, Any]] = []
        for value in (*self.args, *self.kwargs.values()):
            _each(value, found.append)
        return found

    def __repr__(self) -> str:
        parts = [repr(_each(v, np.ndarray.tolist)) for v in self.args]
        parts += [f"{k}={_each(v, np.ndarray.tolist)!r}" for k, v in self.kwargs.items()]
        return f"{self.op.name}({', '.join(parts)})"


def samples_of(op: Op) -> list[Sample]:
    """Calls of an op: those that its definition gives, else one on positive matrices.

    They are of integers where it takes nothing else.
    Empty where it gives none and also needs arguments that are no tensors.
    """
    if "samples" in op.exempt:
        return []
    if op.samples is not None:
        return [Sample(op, *given) for given in op.samples()]
    low, high = op.domain or (None, None)
    low = 0.3 if low is None else low
    high = low + 1.5 if high is None else high
    args: list[Any] = []
    for k, p in enumerate(op.params):
        if p.is_array and p.default is REQUIRED and not p.is_sequence:
            if "f" not in op.only:
                args.append((np.arange(6) * (k + 3) % 7 + 1).reshape(2, 3))
                continue
            at = (np.arange(6) * 0.37 + 0.23 * k + 0.11) % 1
            args.append((low + (high - low) * (0.1 + 0.8 * at)).reshape(2, 3))
        elif p.default is REQUIRED and not p.variadic:
            return []
    return [Sample(op, tuple(args), {})] if args else []


def _arrays(value: Any, is_array: bool, is_sequence: bool) -> object:
    if is_sequence:
        return [_arrays(v, True, False) for v in value]
    if is_array and isinstance(value, (list, np.ndarray, float)):
        return np.array(value)
    return np.array(value) if isinstance(value, list) and _holds_floats(value) else value


def _holds_floats(value: object) -> bool:
    while isinstance(value, list) and value:
        value = value[0]
    return isinstance(value, (float, complex))


def _each(value: object, convert: Callable[[np.ndarray], object]) -> Any:
    """A value with what `convert` makes of each array in it."""
    if isinstance(value, np.ndarray):
        return convert(value)
    if isinstance(value, list) and any(isinstance(v, np.ndarray) for v in value):
        return [_each(v, convert) for v in value]
    return value
