"""Numbers that differ from call to call: those that only flow into ops are inputs of a plan.

A number that was found changed is a Number while its function is traced again. Arithmetic with it is
noted, and done again at every replay, in Python, before the first step. A comparison becomes a
condition of the plan: where it comes out otherwise, the plan does not hold. Whatever else is done with
it makes it a number that has to be the same.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import TcalcError
from tcalc.runtime.base.symbols import Symbol, number_of, plain
from tcalc.runtime.graph.values import mapped
from tcalc.runtime.transform.plan.containers import contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.transform.plan.containers import Held
    from tcalc.runtime.transform.plan.tape import Tape

_KINDS = (int, float)
# Longer ints are no numbers of PyTorch's.
_MOST = 1 << 64
# Those below are rounded once on their way to a shorter float, however they go.
_DIGITS = 1 << 53


class History:
    """What numbers a function met at its calls, by how a program would write where they are.

    follows: whether those that change are followed; not any more, once a trace with one failed.
    """

    def __init__(self) -> None:
        self.follows = True
        self._seen: dict[str, float] = {}
        self._changing: set[str] = set()

    def changes(self, label: str, value: float) -> bool:
        """Whether a number was another one at a call before, or is changed by them."""
        before = self._seen.setdefault(label, value)
        if type(before) is type(value) and repr(before) != repr(value):
            self._changing.add(label)
        return self.follows and label in self._changing

    def counts(self, label: str) -> bool:
        """Note that calls change a number; whether that can be followed."""
        self._changing.add(label)
        return self.follows


class Numbers:
    """What is done with the numbers of one trace. lines: the text of it, for the plan's guard.

    tape: where what arrays make of them is noted; None when tracing is over, and they are plain.
    """

    def __init__(self, scope: dict[str, Any]) -> None:
        self.lines: list[str] = []
        self.tape: Tape | None = None
        self._scope = scope
        scope["FAILURES"] = (ArithmeticError, ValueError, TypeError, TcalcError)
        self._made: dict[str, Number] = {}
        self._known: set[str] = set()
        self._placed: list[tuple[Held, Any, Number]] = []

    def place(self, name: str, label: str, value: float, held: Held, key: object) -> None:
        """Let a Number stand where a number is. name: the guard's variable for it."""
        made = Number(self, name, label, value)
        held.put(key, made)
        held.items[key] = made
        self._placed.append((held, key, made))

    @property
    def any(self) -> bool:
        """Whether there are some."""
        return bool(self._placed)

    def restore(self) -> None:
        """Put the numbers back, and let those that are left be plain."""
        for held, key, made in self._placed:
            if contents(held.container).get(key) is made:
                held.put(key, made.value)
        self.tape = None

    # -- what is done with them -----------------------------------------------------------------

    def text(self, value: Any) -> str:
        """A number as text."""
        if isinstance(value, Number):
            return value.name
        if type(value) in (int, bool) or (type(value) is float and math.isfinite(value)):
            return f"({value!r})"
        name = f"h{len(self._scope)}"
        self._scope[name] = value
        return name

    def made(self, text: str, label: str, value: float, sure: bool = True) -> Number:
        """What Python makes of numbers by an expression; sure: of one type whatever they are."""
        known = self._made.get(text)
        if known is None:
            name = f"h{len(self._scope)}"
            self._scope[name] = None  # taken
            self.lines.append(f"{name} = {text}")
            known = self._made[text] = Number(self, name, label, value)
            if not sure:
                self._is(f"type({name}) is {type(value).__name__}")
        return known

    def holds(self, text: str, answer: bool) -> bool:
        """Make it a condition of the plan that a test comes out as it did."""
        self._is(text if answer else f"not {text}")
        return answer

    def _is(self, text: str) -> None:
        if text not in self._known:
            self._known.add(text)
            self.lines.append(f"if not {text}: return MISS")

    def look(self, number: Number) -> float:
        """The number, which has to be the same at each call."""
        value = number.value
        exact = value and math.isfinite(value)  # zeros have signs
        test = f"{number.name} == {value!r}" if exact else f"repr({number.name}) == {repr(value)!r}"
        self._is(f"({test})")
        return value

    def guard(self) -> list[str]:
        """The lines of the guard; arithmetic that fails is for eager work to tell of."""
        if not self.lines:
            return []
        return ["try:", *[f"    {line}" for line in self.lines], "except FAILURES: return MISS"]


class Number(Symbol):
    """A number that may be another at each call. name: the plan's variable; label: how people see it."""

    __slots__ = ("numbers",)

    def __init__(self, numbers: Numbers, name: str, label: str, value: float) -> None:
        self.numbers = numbers
        self.name = name
        self.label = label
        self.value = value

    @property  # type: ignore[misc]  # what isinstance goes by
    def __class__(self) -> type:
        return type(self.value)

    def looked(self) -> Any:
        """The number, which has to be the same from now on."""
        return self.value if self.numbers.tape is None else self.numbers.look(self)

    def through(self, function: Callable[..., Any], *rest: Any) -> Any:
        """What a function gives for numbers; it is called with them at every replay."""
        numbers = self.numbers
        value = function(*mapped(rest, number_of))
        if numbers.tape is None or type(value) not in _KINDS or _is_long(value):
            return function(*mapped(rest, plain))
        scope = numbers._scope
        name = f"h_{function.__name__.strip('<>')}_{id(function)}"
        scope[name] = function
        given = ", ".join(numbers.text(v) if type(v) in _KINDS else _kept(scope, v) for v in rest)
        shown = ", ".join(_shown(v) for v in rest if isinstance(v, (int, float)))
        label = f"{function.__name__.strip('_<>')}({shown})"
        return numbers.made(f"{name}({given})", label, value, sure=False)

    def as_array(self, dtype: Any) -> Array:
        """A 0-dim array of it."""
        tape = self.numbers.tape
        exact = type(self.value) is float or abs(self) < _DIGITS
        if tape is None or not exact:
            return _as_array(self.looked(), dtype)
        return tape.call("number", _as_array, (self, dtype), {})

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Array, **options: Any
    ) -> Array:
        tape = self.numbers.tape
        if tape is None:
            return getattr(ufunc, method)(*mapped(inputs, number_of), **options)
        return tape.ufunc(ufunc, method, inputs, **options)

    def __array__(self, *args: Any, **kwargs: Any) -> Array:
        return np.asarray(self.looked(), *args, **kwargs)

    def __bool__(self) -> bool:
        return self._holds(f"bool({self.name})", bool(self.value))

    def _holds(self, text: str, answer: bool) -> bool:
        return answer if self.numbers.tape is None else self.numbers.holds(f"({text})", answer)

    def __copy__(self) -> Number:
        return self

    def __deepcopy__(self, memo: object) -> Number:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self.value), (self.looked(),)

    def __format__(self, how: str) -> str:
        return format(self.looked(), how)

    def __getattr__(self, name: str) -> Any:
        there = hasattr(self.value, name)  # by the type alone
        return getattr(self.looked() if there else self.value, name)


def _is_long(value: float) -> bool:
    return type(value) is int and not -_MOST < value < _MOST


def _kept(scope: dict[str, Any], value: object) -> str:
    if isinstance(value, Symbol):
        return value.name
    name = f"h{len(scope)}"
    scope[name] = value
    return name


def _shown(value: Any) -> str:
    return value.label if isinstance(value, Number) else repr(value)


def _as_array(value: float, dtype: Any) -> Array:
    made = np.asarray(value)
    return made if dtype is None else made.astype(dtype)


# -- Python's protocols ---------------------------------------------------------------------------

_Table = dict[str, tuple[str, "Callable[..., Any]"]]

_ARITHMETIC: _Table = {
    "add": ("+", operator.add), "sub": ("-", operator.sub), "mul": ("*", operator.mul),
    "truediv": ("/", operator.truediv), "floordiv": ("//", operator.floordiv),
    "mod": ("%", operator.mod), "pow": ("**", operator.pow),
}  # fmt: skip
_COMPARISONS: _Table = {
    "eq": ("==", operator.eq), "ne": ("!=", operator.ne), "lt": ("<", operator.lt),
    "le": ("<=", operator.le), "gt": (">", operator.gt), "ge": (">=", operator.ge),
}  # fmt: skip
_SIGNS: _Table = {
    "neg": ("(-{})", operator.neg), "pos": ("(+{})", operator.pos), "abs": ("abs({})", abs),
}  # fmt: skip
# What has to find the same number at each call.
_LOOKS = (
    "index", "int", "float", "complex", "str", "repr", "hash", "round", "trunc", "floor", "ceil",
    "invert",
)  # fmt: skip
_OF_BITS: dict[str, Callable[..., Any]] = {
    "lshift": operator.lshift, "rshift": operator.rshift, "and": operator.and_, "or": operator.or_,
    "xor": operator.xor, "divmod": divmod,
}  # fmt: skip


def _is_number(value: object) -> bool:
    """Whether a value is a number of Python's, or stands for one."""
    return isinstance(value, Number) or type(value) in (int, float, bool)


def _arithmetic(sign: str, function: Callable[..., Any], reflected: bool) -> Callable[..., Any]:
    def does(self: Number, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        a, b = (other, self) if reflected else (self, other)
        numbers = self.numbers
        grows = sign == "**" and isinstance(a, int) and isinstance(b, int)
        value: Any = None if grows else function(number_of(a), number_of(b))
        if numbers.tape is None or type(value) not in _KINDS or _is_long(value):
            return function(plain(a), plain(b))
        text = f"{numbers.text(a)} {sign} {numbers.text(b)}"
        return numbers.made(text, f"({_shown(a)} {sign} {_shown(b)})", value, sign != "**")

    return does


def _comparison(sign: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def does(self: Number, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        answer = function(self.value, number_of(other))
        return self._holds(f"{self.name} {sign} {self.numbers.text(other)}", answer)

    return does


def _sign(sign: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def does(self: Number) -> Any:
        value = function(self.value)
        if self.numbers.tape is None:
            return value
        return self.numbers.made(sign.format(self.name), sign.format(self.label), value)

    return does


def _look(name: str) -> Callable[..., Any]:
    def does(self: Number, *rest: Any) -> Any:
        return getattr(type(self.value), name)(self.looked(), *rest)

    return does


def _of_bits(function: Callable[..., Any], reflected: bool) -> Callable[..., Any]:
    def does(self: Number, other: Any) -> Any:
        if not _is_number(other):
            return NotImplemented
        a, b = (other, self) if reflected else (self, other)
        return function(plain(a), plain(b))

    return does


def _give(name: str, method: Callable[..., Any]) -> None:
    setattr(Number, f"__{name}__", method)


for _name, (_text, _function) in _ARITHMETIC.items():
    _give(_name, _arithmetic(_text, _function, False))
    _give(f"r{_name}", _arithmetic(_text, _function, True))
for _name, (_text, _function) in _COMPARISONS.items():
    _give(_name, _comparison(_text, _function))
for _name, (_text, _function) in _SIGNS.items():
    _give(_name, _sign(_text, _function))
for _name in _LOOKS:
    _give(_name, _look(f"__{_name}__"))
for _name, _on_bits in _OF_BITS.items():
    _give(_name, _of_bits(_on_bits, False))
    _give(f"r{_name}", _of_bits(_on_bits, True))
