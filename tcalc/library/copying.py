"""copy.copy and copy.deepcopy for programs: by what a value is, never through its methods."""

from __future__ import annotations

from collections import defaultdict

from tcalc.errors import AutogradError
from tcalc.runtime.base.known import is_array_like
from tcalc.runtime.base.programs import is_open, is_users
from tcalc.runtime.objects.containers import deque
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_MISSING: Any = object()


def copy(x: Any) -> Any:
    """A shallow copy: the same items in a new container.

    >>> copy({"a": 1})
    {'a': 1}
    """
    if is_array_like(x):
        return _array(x, False)
    return _copied(x, _same, {})


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
    if is_array_like(value):
        made = _array(value, True)
    else:
        made = _copied(value, lambda part: _deep(part, done), done)
    done[id(value)] = made
    return made


def _array(value: Any, deep: bool) -> Any:
    """A tensor or array on the same memory, or with `deep` on its own, and a leaf like `value`."""
    from tcalc.runtime.tensor import tensor

    if not isinstance(value, tensor.Tensor):
        return value.copy()
    copied = getattr(type(value), "_copied_", None)
    if copied is not None:  # it holds nothing yet
        return copied(value)
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
    elif getattr(kind, "_single_", False):
        made = value
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
