"""The array module of the meta device: NumPy, with new arrays that have no contents."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.meta import VIEWS, MetaArray, answer, empty, hidden

if TYPE_CHECKING:
    from collections.abc import Callable


class _Module:
    """NumPy (or a module of it) as kernels see it: new arrays have no contents."""

    __name__ = "meta"

    def __init__(self, of: ModuleType) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._of, name)
        if isinstance(found, ModuleType):
            found = _Module(found)
        elif callable(found) and not isinstance(found, (type, np.ufunc)):
            found = _quiet(found)
        setattr(self, name, found)
        return found

    def zeros(self, shape: Any, dtype: Any = float, *_: Any, **__: Any) -> MetaArray:
        """An array without contents, where NumPy would fill one."""
        return empty((shape,) if isinstance(shape, int) else shape, dtype)

    ones = empty = zeros

    def full(self, shape: Any, fill_value: Any, dtype: Any = None, **_: Any) -> MetaArray:
        """An array without contents of the number's dtype, unless another is given."""
        return self.zeros(shape, np.asarray(fill_value).dtype if dtype is None else dtype)

    def eye(self, N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> MetaArray:
        """A matrix without contents."""
        return empty((N, N if M is None else M), dtype)


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if function.__name__ in VIEWS:
            return answer(function, args, kwargs)
        return hidden(function(*args, **kwargs))

    return call


module: Any = _Module(np)
