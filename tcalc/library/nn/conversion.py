"""Modules on other devices and in other dtypes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from tcalc.errors import ArgumentError, StateError
from tcalc.library.nn.members import Members, buffers_of, parameters_of, submodules
from tcalc.library.nn.parameter import is_lazy
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import effect
from tcalc.runtime.ops.create.constant import empty_like
from tcalc.runtime.ops.create.conversion import converted
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.devices import device as device_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from tcalc.runtime.base.op import Device, DType, MemoryFormat

    M = TypeVar("M", bound="Converted")


class Converted(Members):
    """A module whose parameters and buffers can be moved and cast in place."""

    _public_ = frozenset(
        {
            "_apply", "bfloat16", "cpu", "cuda", "double", "float", "half", "share_memory", "to",
            "to_empty", "type",
        }
    )  # fmt: skip

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Put what `fn` gives in the place of every parameter, gradient and buffer."""
        if recurse:
            for _, child in submodules(self):
                child._apply(fn)
        with no_grad():
            for _, p in parameters_of(self):
                p.data = _tensor(fn(p.data))
                if p.grad is not None:
                    grad = _tensor(fn(p.grad))
                    p.grad = None  # which could be of another dtype now
                    p.grad = grad
            for name, b in buffers_of(self):
                if is_lazy(b):
                    b.data = _tensor(fn(b.data))
                else:
                    self._buffers[name] = _tensor(fn(b))
        return self

    def to(
        self,
        *args: object,
        dtype: DType | None = None,
        device: Device | None = None,
        non_blocking: bool = False,
        memory_format: MemoryFormat | None = None,
        tensor: Tensor | None = None,
    ) -> Self:
        """Move and cast parameters and buffers in place: `to(device)`, `to(dtype)`, `to(other)`.

        Only those of floating or complex dtype are cast. Gives the module itself.

        >>> nn.Linear(1, 1).to(float64).weight.dtype
        torch.float64
        """
        effect("to")
        for arg in (*args, tensor):
            if isinstance(arg, Tensor):
                dtype, device = arg.dtype, arg.device
            elif dtypes.take(arg) is not kinds.NO:
                dtype = dtypes.take(arg)
            elif isinstance(arg, device_type) or type(arg) in (str, int):
                device = arg
            elif arg is not None and type(arg) is not bool:
                raise ArgumentError(
                    "to() received an invalid combination of arguments - got "
                    f"({type(arg).__name__})",
                    hint="give a dtype, a device or a tensor",
                )
        if dtype is not None:
            dtype = kinds.take("to", "dtype", ("DType",), dtype)
            if not (dtype.is_floating_point or dtype.is_complex):
                raise ArgumentError(
                    "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                    f"dtype={dtype}",
                    argument="dtype",
                )
        if device is not None:
            device = kinds.take("to", "device", ("Device",), device)
        return self._apply(lambda t: converted(t, dtype if _is_inexact(t) else None, device))

    def type(self, dst_type: DType | str) -> Self:
        """Cast all parameters and buffers, those of whole numbers too."""
        effect("type")
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self) -> Self:
        """Move parameters and buffers to the CPU."""
        return self.to("cpu")

    def cuda(self, device: Device | None = None) -> Self:
        """Move parameters and buffers to a GPU, the one in use unless another is named."""
        return self.to("cuda" if device is None else device)

    def float(self) -> Self:
        """Cast parameters and buffers of floating dtype to float32."""
        return _cast(self, dtypes.float32)

    def double(self) -> Self:
        """Cast parameters and buffers of floating dtype to float64."""
        return _cast(self, dtypes.float64)

    def half(self) -> Self:
        """Cast parameters and buffers of floating dtype to float16."""
        return _cast(self, dtypes.float16)

    def bfloat16(self) -> Self:
        """Cast parameters and buffers of floating dtype to bfloat16."""
        return _cast(self, dtypes.bfloat16)

    def to_empty(self, *, device: Device | None, recurse: bool = True) -> Self:
        """Move parameters and buffers to a device without their values."""
        effect("to_empty")
        return self._apply(lambda t: empty_like(t, device=device), recurse)

    def share_memory(self) -> Self:
        """Nothing to do: threads share all memory."""
        return self


def _is_inexact(tensor: Tensor) -> bool:
    dtype = tensor.dtype
    return dtype.is_floating_point or dtype.is_complex


def _cast(module: M, dtype: DType) -> M:
    effect("to")
    return module._apply(lambda t: converted(t, dtype, None) if t.dtype.is_floating_point else t)


def _tensor(value: object) -> Tensor:
    if not isinstance(value, Tensor):
        raise StateError(f"a tensor was to be made of a parameter, not {type(value).__name__}")
    return value
