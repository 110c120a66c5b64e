"""Arguments that no op should trust, and calls of ops with one of them in every parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tcalc.runtime.base.op import REQUIRED, Op, Parameter
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.ops.create.constant import zeros
from tcalc.runtime.tensor.tensor import wrap


class Liar:
    """Claims to be any number, and another one each time it is asked."""

    asked = 0

    def _next(self) -> int:
        Liar.asked += 1
        return (3, -(1 << 62), 1 << 62, 0, -1)[Liar.asked % 5]

    def __index__(self) -> int:
        return self._next()

    def __int__(self) -> int:
        return self._next()

    def __float__(self) -> float:
        return float(self._next())

    def __complex__(self) -> complex:
        return complex(self._next())

    def __len__(self) -> int:
        return 1 << 40

    def __getitem__(self, at: Any) -> Any:
        return self

    def __bool__(self) -> bool:
        return True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self

    def _swallow(self, other: Any) -> Any:
        return self

    def _yes(self, other: Any) -> bool:
        return True

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _swallow
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = _swallow
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _yes
    __hash__ = object.__hash__


class Endless:
    """A sequence that never ends."""

    def __iter__(self) -> Iterator[int]:
        while True:
            yield 1


def given(text: str) -> Callable[[], Any]:
    scope = {"Liar": Liar, "Endless": Endless, "wrap": wrap, "np": np, "zeros": zeros}
    return lambda: eval(text, scope)


HOSTILE: dict[str, Callable[[], Any]] = {
    text: given(text)
    for text in (
        "Liar()", "Endless()", "None", "True", "'a'", "''", "'\\ud800'", "2.5", "2j", "float('nan')",
        "float('inf')", "0", "-1", "7", "1 << 31", "1 << 62", "-(1 << 63)", "1 << 64", "10 ** 400",
        "[]", "[Liar()]", "(Liar(), 2)", "[1, 'a']", "[[1], [2, 3]]", "[1 << 62] * 3", "[-1, -1]",
        "[0] * 70", "[1] * 5000", "range(3)", "{}", "{'a': 1}", "set()", "print", "lambda *a, **k: 1",
        "object()", "type('X', (), {'__init__': lambda *a, **k: None})", "slice(0, 2)", "Ellipsis", "NotImplemented",
        "wrap(np.ones(3))", "wrap(np.ones((2, 3), bool))", "wrap(np.zeros((0, 2)))",
        "wrap(np.array([1 << 62, -1]))", "wrap(np.array(2))", "wrap(np.ones(100000, 'f'))",
        "wrap(np.ones((2, 2), complex))", "wrap(np.ones((1,) * 30))", "np.ones(3)", "np.float32(2)",
        "np.int8(3)", "np.array('a')", "np.array([None])", "(x for x in [1])", "zeros",
    )
}  # fmt: skip


def base_calls(op: Op) -> list[tuple[list[Any], dict[str, Any]]]:
    """Good calls of an op: its samples on tensors, else values made up after the kinds."""
    calls: list[tuple[list[Any], dict[str, Any]]] = []
    for sample in samples_of(op)[:2]:
        calls.append((_tensors(sample, sample.args), _named(sample)))
    return calls or [_made_up(op)]


def _tensors(sample: Sample, values: Any) -> list[Any]:
    return [_tensor(v) for v in values]


def _named(sample: Sample) -> dict[str, Any]:
    return {k: _tensor(v) for k, v in sample.kwargs.items()}


def _tensor(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return wrap(value.copy())
    return [_tensor(v) for v in value] if isinstance(value, list) else value


_MADE_UP: dict[str, Any] = {
    "int": 1, "float": 0.5, "bool": True, "str": "mean", "Scalar": 1, "Ints": (1,), "Data": 1,
    "Function": lambda x: (x * x).sum(), "Object": 1, "Floats": (0.0, 1.0),
}  # fmt: skip


def _made_up(op: Op) -> tuple[list[Any], dict[str, Any]]:
    args = []
    for p in op.params:
        if p.default is not REQUIRED or p.variadic or p.keyword_only:
            break
        args.append(_value_for(p))
    return args, {}


def _value_for(p: Parameter) -> Any:
    if p.is_sequence:
        return [wrap(np.ones((2, 3)))]
    if p.is_array or p.kinds[0] == "Tree":
        return wrap(np.ones((2, 3)))
    return _MADE_UP.get(p.kinds[0])


def hostile_calls(op: Op) -> Iterator[tuple[str, list[Any], dict[str, Any]]]:
    """Calls with one hostile argument each, in every parameter, and what they look like."""
    for text, make in HOSTILE.items():
        yield from calls_with(op, text, make)
        if op.params:
            args, kwargs = base_calls(op)[0]
            if not any(p.name == "x" for p in op.params):
                yield f"{op.qualified[0]}: x = {text}", args, {**kwargs, "x": make()}
            yield f"{op.qualified[0]}: nonsense = {text}", args, {**kwargs, "nonsense": make()}
            yield f"{op.qualified[0]}: out = {text}", args, {**kwargs, "out": make()}


def calls_with(
    op: Op, text: str, make: Callable[[], Any]
) -> Iterator[tuple[str, list[Any], dict[str, Any]]]:
    """Good calls but for one argument, in every parameter, and what they look like."""
    for at, p in enumerate(op.params):
        for args, kwargs in base_calls(op):
            what = f"{op.qualified[0]}: {p.name} = {text}"
            if p.variadic:
                yield what, [*args[:at], make()], kwargs
            elif p.keyword_only or at > len(args) or at >= _positional(op):
                yield what, args, {**kwargs, p.name: make()}
            else:
                rest = {k: v for k, v in kwargs.items() if k != p.name}
                yield what, [*args[:at], make(), *args[at + 1 :]], rest


def _positional(op: Op) -> int:
    return sum(not p.keyword_only and not p.variadic for p in op.params)
