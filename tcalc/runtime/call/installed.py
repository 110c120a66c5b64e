"""Elementwise ops of one tensor whose kernel is one function that the installation has compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.sizes import MIDDLE, quick

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array, Op

ndarray = np.ndarray
_FLOAT = np.dtype(np.float32)


def kernel_of(op: Op, kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel, but for float32 and the defaults of an op's numbers the function, if there is one."""
    made = library.function(op.name)
    if made is None:
        return kernel
    _, *numbers = op.params
    positional = tuple([p.default for p in numbers if not p.keyword_only])
    by_name = {p.name: p.default for p in numbers if p.keyword_only}

    def kernel_or_function(xp: ModuleType, input: Array, *rest: Any, **options: Any) -> Array:
        if (
            settings.on
            and xp is np
            and input.dtype is _FLOAT
            and (type(input) is ndarray or input.size < MIDDLE)
            and (not rest or rest == positional)
            and (not options or options == by_name)
        ):
            return made(input)
        return kernel(xp, input, *rest, **options)

    quick.add(op)
    return kernel_or_function
