"""Tensors with a place in modules beside Parameter: buffers, and what has no shape yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn
from weakref import ref

import numpy as np

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.tensor.tensor import Parameter, Tensor, alias, wrap
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array, Device, DType, Ints
    from tcalc.runtime.types.devices import device as device_type
    from tcalc.runtime.types.shapes import Size

# By identity, the tensors that `Buffer` made, and whether they are persistent.
_buffers: dict[int, tuple[ref[Tensor], bool]] = {}


def is_buffer(value: object) -> bool:
    """Whether `Buffer` made it."""
    if type(value) is not Tensor or not _buffers:
        return False
    found = _buffers.get(id(value))
    return found is not None and found[0]() is value


def is_persistent(buffer: Tensor) -> bool:
    """Whether a buffer that `Buffer` made stands in the state of its module."""
    return _buffers[id(buffer)][1]


class _KindOfBuffer(type):
    def __instancecheck__(cls, value: object) -> bool:
        return is_buffer(value)


@export("torch.nn.Buffer", "torch.nn.parameter.Buffer", home="torch.nn.parameter")
class Buffer(Tensor, metaclass=_KindOfBuffer):
    """A tensor that a module counts among its buffers when it is assigned to an attribute.

    persistent: whether it stands in the module's `state_dict`.

    >>> m = nn.Module()
    >>> m.seen = nn.Buffer(zeros(2))
    >>> [name for name, _ in m.named_buffers()]
    ['seen']
    """

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        """A tensor on the memory of `data`."""
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise ArgumentError(
                f"Buffer data must be a Tensor, not {type(data).__name__}", argument="data"
            )
        made = alias(data)
        key = id(made)
        if data.requires_grad:
            made._require_grad(True)
        _buffers[key] = ref(made, lambda _: _buffers.pop(key, None)), bool(persistent)
        return made


_array: Any = Tensor.__dict__["_d"]


def _unread(self: object) -> NoReturn:
    raise ValueProblem(
        "Attempted to use an uninitialized parameter. This error happens when you are using a "
        "`LazyModule` or explicitly manipulating `torch.nn.parameter.UninitializedParameter` "
        "objects. When using LazyModules Call `forward` with a dummy batch to initialize the "
        "parameters before calling torch functions"
    )


class _Uninitialized(Tensor):
    """A tensor without a shape yet: its slot holds an empty array that tells dtype and device."""

    __slots__ = ()
    _has_shape = False
    # What it becomes with a shape.
    _becomes: type[Tensor] = Tensor
    # Any op asks for this, and finds that there is nothing yet.
    _d = property(_unread)

    @property
    def shape(self) -> Size:
        """None is known."""
        raise StateError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually "
            "happens in `load_state_dict` when trying to load an uninitialized parameter into an "
            "initialized one. Call `forward` to initialize the parameters before accessing their "
            "attributes."
        )

    @property
    def dtype(self) -> dtypes.dtype:
        """The element type that it will have."""
        return dtypes.of(_array.__get__(self).dtype)

    @property
    def device(self) -> device_type:
        """Where its memory will be."""
        return self.data.device

    @property
    def data(self) -> Tensor:
        """An empty tensor of its dtype and device."""
        return wrap(_array.__get__(self))

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise ArgumentError(f"data is a Tensor, not {type(value).__name__}")
        _array.__set__(self, value._a)

    @property
    def requires_grad(self) -> bool:
        """Whether gradients will flow to it."""
        return self._g is not None and self._g.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self._require_grad(bool(value))

    def _require_grad(self, value: bool) -> None:
        self._g = _empty(value, _array.__get__(self))._g

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Say whether gradients will flow to it."""
        self._require_grad(bool(requires_grad))
        return self

    def materialize(self, shape: Ints, device: Device = None, dtype: DType = None) -> None:
        """Give it a shape, and memory with it: from now on it is a tensor like others."""
        known = self.data
        made = empty(
            shape,
            device=known.device if device is None else device,
            dtype=known.dtype if dtype is None else dtype,
        )
        wanted = self.requires_grad
        self._g = None
        self.__class__ = self._becomes  # type: ignore[assignment]  # of the same layout
        self.data = made
        if wanted:
            self._require_grad(True)

    def share_memory_(self) -> Tensor:
        """Refused: it has no memory."""
        raise StateError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to "
            "initialize the parameters before calling `module.share_memory()`."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _copied_(self) -> Tensor:
        """Another like it, for `copy`."""
        made: Tensor = _made(type(self), _array.__get__(self), self.requires_grad)
        return made


def _empty(requires_grad: bool, array: Array) -> Parameter:
    return Parameter(wrap(np.empty(0, array.dtype)), requires_grad)


def _made(kind: type, array: Array, requires_grad: bool) -> Any:
    made: Any = object.__new__(kind)
    _array.__set__(made, array)
    made._s = made._v = None
    made._g = _empty(requires_grad, array)._g
    return made


@export(
    "torch.nn.UninitializedParameter", "torch.nn.parameter.UninitializedParameter",
    home="torch.nn.parameter",
)  # fmt: skip
class UninitializedParameter(_Uninitialized, Parameter):
    """A parameter whose shape is not known yet; `materialize` makes it a Parameter."""

    __slots__ = ()
    _public_ = frozenset({"materialize", "share_memory_"})
    _becomes = Parameter

    def __new__(
        cls, requires_grad: bool = True, device: Device = None, dtype: DType = None
    ) -> UninitializedParameter:
        """One of a dtype on a device."""
        return _made(cls, empty(0, device=device, dtype=dtype)._a, requires_grad)


@export("torch.nn.parameter.UninitializedBuffer", home="torch.nn.parameter")
class UninitializedBuffer(_Uninitialized):
    """A buffer whose shape is not known yet; `materialize` makes it a Tensor."""

    __slots__ = ()
    _public_ = frozenset({"materialize", "share_memory_"})

    def __new__(
        cls, requires_grad: bool = False, device: Device = None, dtype: DType = None,
        persistent: bool = True,
    ) -> UninitializedBuffer:  # fmt: skip
        """One of a dtype on a device; whether it is persistent its module is told."""
        return _made(cls, empty(0, device=device, dtype=dtype)._a, requires_grad)


def is_lazy(param: object) -> bool:
    """Whether a parameter or a buffer has no shape yet.

    >>> nn.parameter.is_lazy(nn.UninitializedParameter())
    True
    """
    return isinstance(param, _Uninitialized)


export("torch.nn.parameter.is_lazy", value=is_lazy)
