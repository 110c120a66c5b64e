"""NumPy's generators as programs see them: `np.random.RandomState`, `np.random.default_rng`.

Their numbers are NumPy's own streams. Each is a copy of NumPy's own class whose methods take what
`arrays.taken` lets through.
"""

from __future__ import annotations

import numpy as np

from tcalc.errors import ArgumentError
from tcalc.language.arrays import argument, given, taken
from tcalc.language.shown import REPLACED
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_BOTH = """
    beta binomial chisquare choice dirichlet exponential f gamma geometric gumbel hypergeometric
    laplace logistic lognormal logseries multinomial multivariate_normal negative_binomial
    noncentral_chisquare normal pareto permutation poisson power random rayleigh standard_cauchy
    standard_exponential standard_gamma standard_normal standard_t triangular uniform vonmises wald
    weibull zipf
"""
# What the functions of the module are, too: they draw from one RandomState.
OF_STATE = _BOTH + " rand randint randn random_sample seed"
_OF_GENERATOR = _BOTH + " integers multivariate_hypergeometric permuted"


def drawing(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that draws: what it takes and gives is a program's. function: from the generator, which
    comes first, and arguments."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        effect(name)
        size = kwargs.get("size")
        if isinstance(size, (int, tuple, list)):
            memory.check(8 * _product(taken(size)), "the array")
        ready = {key: argument(key, value) for key, value in kwargs.items()}
        values = [taken(a) for a in args]
        try:
            return given(function(self, *values, **ready))
        except AttributeError as error:  # NumPy takes some values for arrays that are none
            raise ArgumentError(f"{name}(): {error}") from None

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"NumPy's {name}."
    return call


def _product(size: Any) -> int:
    count = 1
    for n in size if isinstance(size, (tuple, list)) else (size,):
        count *= n if type(n) is int and n > 0 else 1
    return count


def shuffling(shuffle: Callable[..., Any]) -> Callable[..., None]:
    """The method that brings a list or an array into random order."""

    def call(self: Any, x: Any, /, *axis: Any, **kwargs: Any) -> None:
        effect("shuffle")
        if isinstance(x, list):  # NumPy would move the items of a copy
            order = np.arange(len(x))
            shuffle(self, order)
            x[:] = [x[i] for i in order.tolist()]
            return
        if type(taken(x)) is not np.ndarray:
            raise ArgumentError(f"shuffle() takes a list or an array, not '{type(x).__name__}'")
        shuffle(self, taken(x), *map(taken, axis), **{k: taken(v) for k, v in kwargs.items()})

    call.__name__ = call.__qualname__ = "shuffle"
    call.__doc__ = "Bring a list, or the rows of an array, into random order."
    return call


def methods(kind: type, names: str) -> dict[str, Callable[..., Any]]:
    """The methods of a generator as programs have them."""
    made = {
        name: drawing(name, getattr(kind, name)) for name in names.split() if hasattr(kind, name)
    }
    made["shuffle"] = shuffling(getattr(kind, "shuffle"))  # noqa: B009 (of either class)
    return made


STATE = methods(np.random.RandomState, OF_STATE)
REPLACED[np.random.RandomState] = STATE
REPLACED[np.random.Generator] = methods(np.random.Generator, _OF_GENERATOR)


def _seed(function: str, seed: Any) -> Any:
    """A seed: None, an int, or several."""
    ready = taken(seed)
    if ready is None or type(ready) is int or isinstance(ready, (np.integer, np.ndarray)):
        return ready
    if isinstance(ready, (list, tuple)) and all(type(n) is int for n in ready):
        return ready
    raise ArgumentError(f"{function}() takes an int for a seed, not '{type(seed).__name__}'")


def random_state(seed: Any = None) -> np.random.RandomState:
    """A generator of NumPy's older kind, by a seed: its numbers are those of `np.random` after
    `np.random.seed(seed)`.

        rng = np.random.RandomState(0)
        rng.rand(2)
    """
    effect("RandomState")
    if isinstance(seed, np.random.RandomState):
        return seed
    return np.random.RandomState(_seed("RandomState", seed))


def default_rng(seed: Any = None) -> np.random.Generator:
    """NumPy's newer generator, by a seed.

    rng = np.random.default_rng(0)
    rng.normal(size=3), rng.integers(10)
    """
    effect("default_rng")
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng(_seed("default_rng", seed))


random_state.__name__ = random_state.__qualname__ = "RandomState"


def members() -> dict[str, Any]:
    """What `np.random` has beside its functions; those draw from one state."""
    own: Any = np.random.mtrand._rand
    made = {name: method.__get__(own) for name, method in STATE.items()}
    return {**made, "RandomState": random_state, "default_rng": default_rng}
