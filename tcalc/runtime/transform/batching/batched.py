"""What a tensor holds that stands for a batch of tensors."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tcalc.errors import LooksInside
from tcalc.runtime.arrays import backend
from tcalc.runtime.base.formatting import formatter
from tcalc.runtime.base.modes import mode
from tcalc.runtime.types.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.transform.batching.interpreter import Batching
    from tcalc.runtime.types.devices import device

CLOSED = "Cannot access data pointer of Tensor that doesn't have storage"
_ESCAPED = (
    "Either your tensor may have escaped from inside a function being vmapped and this is a user error "
    "(see https://pytorch.org/functorch/stable/ux_limitations.html), or there is an internal functorch "
    "error"
)


class Batched(Shaped):
    """What a tensor holds that stands for a batch of tensors.

    tensor: all of them, batch in front. level: the interpreter it belongs to.
    """

    __slots__ = ("dtype", "level", "shape", "tensor")

    def __init__(self, tensor: Tensor, level: Batching) -> None:
        self.tensor = tensor
        self.level = level
        d = tensor._d
        self.shape = d.shape[1:]
        self.dtype = d.dtype

    @property
    def strides(self) -> tuple[int, ...]:
        """The steps of one example's dims in memory."""
        steps: tuple[int, ...] = self.tensor._shown.strides[1:]
        return steps

    @property
    def flags(self) -> Any:
        """How the memory behind it lies."""
        return self.tensor._shown.flags

    def __getitem__(self, index: object) -> Batched:
        with self.level.outside():
            return Batched(self.tensor[_behind(index)], self.level)

    def __setitem__(self, index: object, value: object) -> None:
        with self.level.outside():
            if type(value) is Batched:
                held = value.tensor
                missing = len(self[index].shape) - len(value.shape)
                if missing > 0:
                    held = held.reshape(held._d.shape[0], *(1,) * missing, *value.shape)
                value = held
            self.tensor[_behind(index)] = value

    def copy(self) -> Batched:
        """The same in memory of its own."""
        with self.level.outside():
            return Batched(self.tensor.clone(), self.level)

    def item(self) -> NoReturn:
        """No one number."""
        raise LooksInside(
            "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over "
            "calling .item() on a Tensor, please try to rewrite what you're doing with other "
            "operations. If error is occurring somewhere inside PyTorch internals, please file a bug "
            "report."
        )

    def __bool__(self) -> bool:
        raise LooksInside(
            "vmap: It looks like you're attempting to use a Tensor in some data-dependent control "
            "flow. We don't support that yet, please file an issue at "
            "https://github.com/pytorch/pytorch/issues .",
            hint="write it with where(condition, a, b)",
        )

    def __getattr__(self, name: str) -> NoReturn:
        self._closed()

    def _closed(self, *args: object, **kwargs: object) -> NoReturn:
        at = mode.interpreter
        while at is not None and at is not self.level:
            at = at.outer
        raise LooksInside(_ESCAPED if at is None else CLOSED)

    __array__ = __array_ufunc__ = __len__ = __iter__ = __index__ = __int__ = __float__ = _closed
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __neg__ = _closed
    __mod__ = __floordiv__ = __pow__ = __and__ = __or__ = __invert__ = _closed
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _closed
    __hash__ = object.__hash__

    def __array_function__(
        self,
        func: Callable[..., Array],
        types: object,
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> Array:
        if args[0] is self and func in _OF_SHAPE:
            return func(np.empty(self.shape, self.dtype), *args[1:], **kwargs)
        return self._closed()


# What looks at nothing but a shape and a dtype.
_OF_SHAPE = frozenset({np.zeros_like, np.ones_like, np.empty_like, np.full_like})


def _behind(index: object) -> tuple[object, ...]:
    """An index of one example as one of all."""
    items = index if type(index) is tuple else (index,)
    for item in items:
        if not (type(item) in (int, slice) or item is None or item is Ellipsis):
            raise LooksInside(CLOSED)
    return (slice(None), *items)


class _Standing(backend.Backend):
    """Where a batch is: where all of it lies."""

    kind = "batch"

    def place(self, array: Batched) -> device:
        """The device of the tensor behind."""
        return array.tensor.device

    def on_host(self, array: Batched) -> Array:
        """Nothing to look at."""
        return array._closed()


def _text(tensor: Tensor) -> str:
    """What PyTorch shows of such a tensor."""
    level = tensor._d.level
    with level.outside():
        shown = indent(repr(tensor._d.tensor), "    ")
    return f"BatchedTensor(lvl={level.depth}, bdim=0, value=\n{shown}\n)"


backend.register(_Standing(), Batched)
formatter.standing[Batched] = _text
