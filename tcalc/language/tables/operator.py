"""`operator`: operators as functions, each as it is written in a program."""

from __future__ import annotations

import operator

from tcalc.language import attributes
from tcalc.language.formatting import percent
from tcalc.language.lent import Lent, lend, need_text
from tcalc.language.modules import taken
from tcalc.language.powers import power, shift
from tcalc.language.support import numbers, relist, repeat, xor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def getitem(a: Any, b: Any, /) -> Any:
    """a[b]"""
    return relist(a[b])


def mod(a: Any, b: Any, /) -> Any:
    """a % b"""
    return percent(a, b) if type(a) is str else numbers(a) % b


def _named(name: str, function: Any, text: str) -> Any:
    def call(a: Any, b: Any, /) -> Any:
        return function(a, b)

    call.__name__, call.__doc__ = name, text
    return call


class itemgetter(Lent):
    """A function that takes an item, or several, out of what it is given"""

    __slots__ = ("_items",)

    def __init__(self, item: Any, /, *items: Any) -> None:
        self._items = (item, *items)

    def __call__(self, obj: Any, /) -> Any:
        found = tuple([relist(obj[item]) for item in self._items])
        return found if len(found) > 1 else found[0]


class attrgetter(Lent):
    """A function that reads an attribute, or several, of what it is given"""

    __slots__ = ("_names",)

    def __init__(self, attr: str, /, *attrs: str) -> None:
        self._names = [need_text("attribute name", a).split(".") for a in (attr, *attrs)]

    def __call__(self, obj: Any, /) -> Any:
        found = []
        for path in self._names:
            value = obj
            for name in path:
                value = attributes.read(value, name)
            found.append(value)
        return tuple(found) if len(found) > 1 else found[0]


class methodcaller(Lent):
    """A function that calls a method of what it is given"""

    __slots__ = ("_args", "_kwargs", "_name")

    def __init__(self, name: str, /, *args: Any, **kwargs: Any) -> None:
        self._name, self._args, self._kwargs = need_text("method name", name), args, kwargs

    def __call__(self, obj: Any, /) -> Any:
        return attributes.read(obj, self._name)(*self._args, **self._kwargs)


def members() -> dict[str, Any]:
    """What programs find in it."""
    plain = taken(
        operator,
        "abs add and_ contains countOf eq floordiv ge gt index indexOf inv invert is_ is_not le lt "
        "matmul ne neg not_ or_ pos sub truediv truth",
    )
    checked = {
        "pow": _named("pow", power, "a ** b"),
        "mul": _named("mul", repeat, "a * b"),
        "lshift": _named("lshift", shift, "a << b"),
        "rshift": operator.rshift,
        "xor": _named("xor", xor, "a ^ b"),
    }
    own = lend("operator", itemgetter, attrgetter, methodcaller)
    return {**plain, **checked, **own, "getitem": getitem, "mod": mod}
