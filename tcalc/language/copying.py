"""copy.copy and copy.deepcopy for programs: by what a value is, never through `__reduce_ex__`.

A class of the runtime that needs more than a copy of its instance's dict defines `__copy__(self)`
and `__deepcopy__(self, memo)`; those of a program's classes are not asked.
"""

from __future__ import annotations

import sys
from collections import defaultdict

from tcalc.errors import AutogradError
from tcalc.language.classes import is_open, is_users
from tcalc.runtime.objects.containers import deque
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MISSING: Any = object()


def copy(x: Any) -> Any:
    """A shallow copy: the same items in a new container.

    >>> copy({"a": 1})
    {'a': 1}
    """
    if is_array_like(x):
        return _array(x, False)
    own = _own(type(x), "__copy__")
    return _copied(x, _same, {}) if own is None else own(x)


def deepcopy(x: Any, memo: Any = None) -> Any:
    """A copy that shares nothing that can change; what x holds twice, the copy holds twice.

    >>> x = [[1], 2]
    >>> deepcopy(x) == x, deepcopy(x)[0] is x[0]
    (True, False)
    """
    return _deep(x, {})


def _same(value: Any) -> Any:
    return value


def _deep(value: Any, done: dict[int, Any]) -> Any:
    known = done.get(id(value), _MISSING)
    if known is not _MISSING:
        return known
    own = _own(type(value), "__deepcopy__")
    if is_array_like(value):
        made = _array(value, True)
    elif own is not None:
        made = own(value, done)
    else:
        made = _copied(value, lambda part: _deep(part, done), done)
    done[id(value)] = made
    return made


def is_array_like(value: Any) -> bool:
    """Whether a value is a tensor or an array, without loading what defines them."""
    tensors, numpy = sys.modules.get("tcalc.runtime.tensor.tensor"), sys.modules.get("numpy")
    return (tensors is not None and isinstance(value, tensors.Tensor)) or (
        numpy is not None and isinstance(value, numpy.ndarray)
    )


def _array(value: Any, deep: bool) -> Any:
    """A tensor or array on the same memory, or with `deep` on its own, and a leaf like `value`."""
    from tcalc.runtime.tensor import tensor

    if not isinstance(value, tensor.Tensor):
        return value.copy()
    if deep and not value.is_leaf:
        raise AutogradError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
            "protocol at the moment",
            hint="copy x.detach() instead",
        )
    detached: Any = value.detach()
    made: Any = detached.clone() if deep else detached
    if type(value) is tensor.Parameter:
        made = tensor.Parameter(made, value.requires_grad)
    elif value.requires_grad and value.is_leaf:
        made.requires_grad = True
    if value.is_leaf and value.grad is not None:
        made.grad = _array(value.grad, True) if deep else value.grad
    return made


def _own(kind: type, name: str) -> Any:
    """The method of that name of a class of the runtime's, or None."""
    for base in kind.__mro__:
        if name in base.__dict__ and not is_users(base):
            ours = base.__module__.startswith(("tcalc.", "torch"))
            return base.__dict__[name] if ours else None
    return None


def _copied(value: Any, part: Callable[[Any], Any], done: dict[int, Any]) -> Any:
    """A copy made of copies of its parts; in `done` before they are, since they may hold it."""
    kind: Any = type(value)
    made: Any
    if isinstance(value, list):
        made = done[id(value)] = List()
        made.extend([part(v) for v in value])
    elif kind is tuple or kind is frozenset:
        parts = [part(v) for v in value]
        made = value if all(a is b for a, b in zip(parts, value)) else kind(parts)
    elif kind is set:
        made = {part(v) for v in value}
    elif kind is deque:
        made = done[id(value)] = deque(maxlen=value.maxlen)
        made.extend([part(v) for v in value])
    elif isinstance(value, tuple) and hasattr(kind, "_make"):
        made = kind._make([part(v) for v in value])
    elif isinstance(value, dict):
        made = done[id(value)] = kind.__new__(kind)
        if isinstance(value, defaultdict):
            made.default_factory = value.default_factory
        for key, item in dict.items(value):
            dict.__setitem__(made, part(key), part(item))
        _copy_attributes(value, made, part)
    elif is_users(kind) or is_open(kind):
        arguments = value.args if isinstance(value, Exception) else ()
        made = done[id(value)] = kind.__new__(kind, *arguments)
        _copy_attributes(value, made, part)
    else:
        made = value
    return made


def _copy_attributes(value: Any, made: Any, part: Callable[[Any], Any]) -> None:
    own = getattr(value, "__dict__", None)
    if own:
        made.__dict__.update({name: part(v) for name, v in own.items()})
