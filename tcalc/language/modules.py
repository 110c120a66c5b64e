"""Our own tables of the modules that programs may import beside torch and numpy.

A module's table is made when it is first asked for. What is not in a table does not exist.
"""

from __future__ import annotations

import sys
from types import FunctionType

from tcalc.errors import LimitError
from tcalc.language import classes
from tcalc.language.classes import Hint
from tcalc.language.powers import MOST_BITS
from tcalc.language.shown import FUNCTIONS, NATIVE, REPLACED
from tcalc.runtime.base.modes import effect, effectful
from tcalc.runtime.base.warning import warnings
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.pieces import in_pieces
from tcalc.runtime.objects.texts import str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_tables: dict[str, dict[str, Any]] = {}


def table(name: str) -> dict[str, Any]:
    """The members of one of our modules.

    >>> sorted(table("copy"))
    ['copy', 'deepcopy']
    """
    found = _tables.get(name)
    if found is None:
        found = _tables[name] = classes.call_members(name, _MAKERS[name]())
    return found


def _taken(module: Any, names: str) -> dict[str, Any]:
    """The named members of one of Python's modules; the classes become callable by name."""
    made = {name: getattr(module, name) for name in names.split() if hasattr(module, name)}
    classes.NAMED.update(v for v in made.values() if isinstance(v, type))
    module.__dict__["_stands_in_"] = True  # see attributes.py
    return made


# -- numbers and time -----------------------------------------------------------------------------


def _math() -> dict[str, Any]:
    import math
    from operator import index

    made = _taken(
        math,
        "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees dist e erf "
        "erfc exp exp2 expm1 fabs floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf "
        "isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter pi pow prod radians "
        "remainder sin sinh sqrt sumprod tan tanh tau trunc ulp",
    )

    def factorial(n: int, /) -> int:
        """n! = 1 * 2 * ... * n"""
        n = index(n)
        if n > 1 and n * math.log2(n / math.e) > MOST_BITS:
            raise LimitError(f"factorial({n}) would have too many digits", hint="lgamma(n + 1)")
        return math.factorial(n)

    def comb(n: int, k: int, /) -> int:
        """The number of ways to choose k of n, without order"""
        n, k = index(n), index(k)
        check_choices("comb", n, k, min(k, n - k))
        return math.comb(n, k)

    def perm(n: int, k: int | None = None, /) -> int:
        """The number of ways to choose k of n, in order"""
        n = index(n)
        k = n if k is None else index(k)
        check_choices("perm", n, k, k)
        return math.perm(n, k)

    def check_choices(name: str, n: int, k: int, taken: int) -> None:
        if 0 <= k <= n and taken * n.bit_length() > MOST_BITS:
            raise LimitError(f"{name}({n}, {k}) would have too many digits")

    return {**made, "factorial": factorial, "comb": comb, "perm": perm}


def _time() -> dict[str, Any]:
    import time

    taken = _taken(
        time,
        "monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns sleep "
        "thread_time thread_time_ns time time_ns",
    )
    return {name: effectful(clock) for name, clock in taken.items()}


def _timeit() -> dict[str, Any]:
    from time import perf_counter

    from tcalc.library.benchmark.timing import stopwatch

    def timeit(
        stmt: Any = "pass",
        setup: Any = "pass",
        timer: Callable[[], float] = perf_counter,
        number: int = 1_000_000,
        globals: dict[str, Any] | None = None,
    ) -> float:
        """The seconds that `number` turns of a statement take together"""
        return stopwatch(stmt, setup, globals, timer)(number)

    def repeat(
        stmt: Any = "pass",
        setup: Any = "pass",
        timer: Callable[[], float] = perf_counter,
        repeat: int = 5,
        number: int = 1_000_000,
        globals: dict[str, Any] | None = None,
    ) -> list[float]:
        """What timeit gives, several times over"""
        seconds = stopwatch(stmt, setup, globals, timer)
        return List(seconds(number) for _ in range(repeat))

    return {"default_timer": effectful(perf_counter), "repeat": repeat, "timeit": timeit}


_DRAWS = (
    "betavariate expovariate gammavariate gauss getrandbits lognormvariate normalvariate "
    "paretovariate randint random randrange seed shuffle triangular uniform vonmisesvariate "
    "weibullvariate choice"
)


def _random() -> dict[str, Any]:
    import random

    from tcalc.runtime.ops.random.sources import SOURCES, Source

    def listed(name: str) -> Callable[..., Any]:
        method = getattr(random.Random, name)

        def draw(self: Any, *args: Any, **kwargs: Any) -> Any:
            return List(method(self, *args, **kwargs))

        draw.__name__, draw.__doc__ = name, method.__doc__
        return draw

    draws = {name: effectful(getattr(random.Random, name)) for name in _DRAWS.split()}
    draws.update({name: effectful(listed(name)) for name in ("choices", "sample")})
    REPLACED[random.Random] = draws
    own = random.Random()
    SOURCES.append(Source(lambda seed, n: own.seed(seed + n), own.getstate, own.setstate))
    made = {name: function.__get__(own) for name, function in draws.items()}
    classes.NAMED.add(random.Random)
    random.__dict__["_stands_in_"] = True
    return {**made, "Random": random.Random}


# -- containers, iterators and functions ----------------------------------------------------------


def _copy() -> dict[str, Any]:
    from tcalc.language.copying import copy, deepcopy

    return {"copy": copy, "deepcopy": deepcopy}


def _itertools() -> dict[str, Any]:
    import itertools

    from tcalc.language.iterators import OWN, chain

    NATIVE[chain] = frozenset({"from_iterable"})
    classes.NAMED.update(v for v in OWN.values() if isinstance(v, type))
    taken = _taken(
        itertools,
        "batched combinations combinations_with_replacement compress dropwhile filterfalse "
        "permutations product repeat starmap takewhile",
    )
    return {**taken, **OWN}


def _functools() -> dict[str, Any]:
    import functools

    cached = type(functools.lru_cache(len))
    NATIVE[cached] = frozenset({"cache_clear", "cache_info"})
    NATIVE[functools.partial] = frozenset({"args", "func", "keywords"})
    information = type(functools.lru_cache(len).cache_info())
    NATIVE[information] = frozenset({"currsize", "hits", "maxsize", "misses"})
    FUNCTIONS.add(cached)

    def wraps(wrapped: Any, /) -> Callable[[Any], Any]:
        """A decorator that gives a function the name and the text of another"""

        def named(function: Any) -> Any:
            # A program's: the file name of its code is more than text.
            own = type(function) is FunctionType and type(function.__code__.co_filename) is not str
            if own and type(wrapped) in FUNCTIONS:
                function.__name__ = function.__qualname__ = str(wrapped.__name__)
                text = wrapped.__doc__
                function.__doc__ = text if type(text) is str else None
            return function

        return named

    def total_ordering(cls: Any, /) -> Any:
        """Give a class with one ordering and == the other orderings"""
        if not (isinstance(cls, type) and classes.is_users(cls)):
            raise TypeError("total_ordering() takes a class of the program")
        return functools.total_ordering(cls)

    def reduce(function: Any, iterable: Any, /, *initial: Any) -> Any:
        """Take the items together from left to right"""
        return functools.reduce(function, in_pieces(iterable), *initial)

    made = _taken(functools, "cache cached_property cmp_to_key lru_cache partial")
    return {**made, "reduce": reduce, "total_ordering": total_ordering, "wraps": wraps}


def _collections() -> dict[str, Any]:
    import collections

    from tcalc.runtime.objects.containers import Counter, OrderedDict, deque

    names = NATIVE[dict]
    NATIVE[Counter] = names | {"elements", "most_common", "subtract", "total"}
    NATIVE[deque] = NATIVE[list] | set("appendleft copy extendleft maxlen popleft rotate".split())
    own = {"Counter": Counter, "OrderedDict": OrderedDict, "deque": deque}
    classes.NAMED.update(own.values())
    return {**_taken(collections, "defaultdict"), **own, "namedtuple": _namedtuple}


def _namedtuple(
    typename: str, field_names: Any, *, rename: bool = False, defaults: Any = None
) -> Any:
    """A class of tuples whose fields have names"""
    from tcalc.runtime.objects.containers import namedtuple

    made = namedtuple(typename, field_names, rename=rename, defaults=defaults)
    NATIVE[made] = frozenset({*made._fields, "_asdict", "_fields", "_make", "_replace"}) | {
        "count",
        "index",
    }
    classes.NAMED.add(made)
    return made


# -- what has no effect here ----------------------------------------------------------------------


_HINTS = (
    "Any Callable ClassVar Collection Deque DefaultDict Dict Final FrozenSet Generator Generic "
    "Hashable Iterable Iterator List Literal Mapping MutableMapping MutableSequence NoReturn "
    "Optional OrderedDict Protocol Self Sequence Set Sized SupportsFloat SupportsInt Tuple Type "
    "TypeAlias Union"
)


def _typing() -> dict[str, Any]:
    def cast(typ: Any, val: Any, /) -> Any:
        """The value itself"""
        return val

    def unchanged(function: Any, /) -> Any:
        """What it decorates, unchanged"""
        return function

    def variable(name: str, *bounds: Any, **options: Any) -> Any:
        """A variable for types"""
        return Hint(str(name))

    made: dict[str, Any] = {name: Hint(name) for name in _HINTS.split()}
    decorators = dict.fromkeys("final no_type_check overload runtime_checkable".split(), unchanged)
    made.update(decorators, TYPE_CHECKING=False, cast=cast, TypeVar=variable, NewType=variable)
    return made


class _Caught:
    """`warnings.catch_warnings()`: afterwards warnings are shown as they were before."""

    def __init__(self, *, record: bool = False) -> None:
        self._before = True

    def __enter__(self) -> None:
        effect("catch_warnings")
        self._before = warnings.shown

    def __exit__(self, *_: object) -> None:
        warnings.shown = self._before


def _warnings() -> dict[str, Any]:
    def warn(message: Any, category: Any = None, stacklevel: int = 1) -> None:
        """Show a warning"""
        effect("warn")
        if warnings.shown:
            if isinstance(message, Warning):
                category = type(message)
            elif category is None:
                category = UserWarning
            if not (isinstance(category, type) and issubclass(category, Warning)):
                raise TypeError("category must be a Warning subclass")
            text = str_of(message)
            if sys.stderr.isatty():
                from tcalc.display.escape import escape

                text = escape(text)
            warnings.show(text, category)

    def simplefilter(action: str, *args: Any, **kwargs: Any) -> None:
        """Show warnings or, for "ignore", not"""
        effect("simplefilter")
        warnings.shown = action != "ignore"
        warnings.said.clear()

    def filterwarnings(action: str, *args: Any, **kwargs: Any) -> None:
        """Show warnings or, for "ignore", not"""
        simplefilter(action)

    return {
        "warn": warn,
        "simplefilter": simplefilter,
        "filterwarnings": filterwarnings,
        "catch_warnings": _Caught,
    }


def _future() -> dict[str, Any]:
    return dict.fromkeys(
        "absolute_import annotations division generator_stop generators nested_scopes "
        "print_function unicode_literals with_statement".split(),
        True,
    )


_MAKERS: dict[str, Callable[[], dict[str, Any]]] = {
    "math": _math,
    "time": _time,
    "timeit": _timeit,
    "random": _random,
    "copy": _copy,
    "itertools": _itertools,
    "functools": _functools,
    "collections": _collections,
    "typing": _typing,
    "warnings": _warnings,
    "__future__": _future,
}
