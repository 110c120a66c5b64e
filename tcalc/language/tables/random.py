"""`random`: Python's generator, whose lists are a program's lists."""

from __future__ import annotations

import random

from tcalc.language import classes
from tcalc.language.shown import REPLACED
from tcalc.runtime.base.modes import effectful
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.random.sources import PYTHON

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_DRAWS = (
    "betavariate expovariate gammavariate gauss getrandbits lognormvariate normalvariate "
    "paretovariate randint random randrange seed shuffle triangular uniform vonmisesvariate "
    "weibullvariate choice"
)


def _listed(name: str) -> Callable[..., Any]:
    method = getattr(random.Random, name)

    def draw(self: Any, *args: Any, **kwargs: Any) -> Any:
        return List(method(self, *args, **kwargs))

    draw.__name__, draw.__doc__ = name, method.__doc__
    return draw


def members() -> dict[str, Any]:
    """What programs find in it."""
    draws = {name: effectful(getattr(random.Random, name)) for name in _DRAWS.split()}
    draws.update({name: effectful(_listed(name)) for name in ("choices", "sample")})
    REPLACED[random.Random] = draws
    made = {name: function.__get__(PYTHON) for name, function in draws.items()}
    classes.NAMED.add(random.Random)
    random.__dict__["_stands_in_"] = True
    return {**made, "Random": random.Random}
