"""Complex numbers from their parts, and views of the parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.errors import DtypeError, ShapeError, StateError
from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array
from tcalc.runtime.call.define import composite, elementwise, view_op
from tcalc.runtime.types import dtypes, shapes
from tcalc.runtime.types.codes import COMPLEXES


@view_op(method=False, function=False, node_name="SelectBackward0", samples=list,
         of_mirror=lambda mirror: mirror.array.real)  # fmt: skip
def _real_part(xp: Any, input: Array) -> Array:
    """The real parts of a complex tensor."""
    return input.real


_real_part.vjp(input=lambda g: g)


@view_op(method=False, function=False, node_name="SelectBackward0", samples=list,
         of_mirror=lambda mirror: Mirror(mirror.array.imag, np.negative))  # fmt: skip
def _imaginary_part(xp: Any, input: Array) -> Array:
    """The imaginary parts of a complex tensor."""
    return input.imag


_imaginary_part.vjp(input=lambda g: g * 1j)


@composite(method=False)
def real(input: Array) -> Any:
    """The real parts, as a view; of a real tensor, itself.

    >>> real(tensor([1 + 2j]))
    tensor([1.])
    """
    return _real_part(input) if input._d.dtype.char in COMPLEXES else input


@composite(method=False, samples=lambda: [(([1 + 2j, 0.5 - 1j],), {})])
def imag(input: Array) -> Any:
    """The imaginary parts of a complex tensor, as a view.

    >>> imag(tensor([1 + 2j]))
    tensor([2.])
    """
    if input._d.dtype.char not in COMPLEXES:
        raise DtypeError(
            "imag is not implemented for tensors with non-complex dtypes.", argument="input"
        )
    return _imaginary_part(input)


def _unresolved(mirror: Any) -> Any:
    raise StateError(
        "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor "
        "so you can view it as real, use self.resolve_conj(); however, be warned that the resulting "
        "tensor will NOT alias the original.",
        argument="input",
    )


@view_op(samples=lambda: [(([1 + 2j, 0.5 - 1j],), {})], of_mirror=_unresolved)
def view_as_real(xp: Any, input: Array) -> Array:
    """A complex tensor's memory as real numbers, with a last dimension for the two parts.

    >>> view_as_real(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if input.dtype.char not in COMPLEXES:
        raise DtypeError("view_as_real is only supported for complex tensors", argument="input")
    return input[..., None].view(dtypes.of(input.dtype).to_real().numpy)


@view_op(samples=lambda: [(([[1.0, 2.0], [3.0, 4.0]],), {})])
def view_as_complex(xp: Any, input: Array) -> Array:
    """Pairs of real numbers in the last dimension, of size 2, as complex numbers.

    >>> view_as_complex(tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    t = dtypes.of(input.dtype)
    if t not in (dtypes.float32, dtypes.float64):
        raise DtypeError(
            "view_as_complex is only supported for half, float and double tensors, but got a "
            f"tensor of scalar type: {t.shorthand}",
            argument="input",
        )
    if not input.ndim or input.shape[-1] != 2:
        raise ShapeError("Tensor must have a last dimension of size 2", argument="input")
    if input.strides[-1] != input.itemsize:
        raise ShapeError("Tensor must have a last dimension with stride 1", argument="input")
    return input.view(t.to_complex().numpy)[..., 0]


view_as_real.vjp(input=lambda g: view_as_complex(g.contiguous()))
view_as_complex.vjp(input=lambda g: view_as_real(g))


def _same_floats(*parts: Any) -> None:
    first, second = (getattr(p, "dtype", None) for p in parts)
    floats = (dtypes.float32, dtypes.float64)
    if first not in floats or second not in (*floats, dtypes.float16):
        names = [p.dtype.shorthand if hasattr(p, "dtype") else type(p).__name__ for p in parts]
        raise DtypeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{names[0]} and {names[1]}"
        )
    if first is not second:
        raise DtypeError(
            f"Expected object of scalar type {parts[0].dtype.shorthand} but got scalar type "
            f"{parts[1].dtype.shorthand} for second argument"
        )


@elementwise(name="complex", method=False, check=_same_floats, holds=("real", "imag"))
def complex_(xp: Any, real: Array, imag: Array) -> Array:
    """Complex numbers from real and imaginary parts of one floating dtype.

    >>> complex(tensor([1.]), tensor([2.]))
    tensor([1.+2.j])
    """
    out = _room_for(xp, real, imag)
    out.real, out.imag = real, imag
    return out


complex_.vjp(
    real=lambda g: g.real,
    imag=lambda g: g.imag,
)


@elementwise(method=False, check=_same_floats)
def polar(xp: Any, abs: Array, angle: Array) -> Array:
    """Complex numbers from absolute values and angles in radians.

    >>> polar(tensor([2.]), tensor([0.]))
    tensor([2.+0.j])
    """
    out = _room_for(xp, abs, angle)
    out.real, out.imag = abs * xp.cos(angle), abs * xp.sin(angle)
    return out


# At 0, where the result has no direction, the gradient by `abs` is 0, as in PyTorch.
polar.vjp(
    abs=lambda g, out: (g * out.sgn().conj()).real,
    angle=lambda g, out: (g * (out * 1j).conj()).real,
)


def _room_for(xp: Any, first: Any, second: Any) -> Any:
    """An array for complex numbers made of two parts."""
    shape = shapes.broadcast(first.shape, second.shape)
    t = dtypes.of(first.dtype).to_complex()
    memory.check(shapes.numel(shape) * t.itemsize, f"a tensor of shape {list(shape)}")
    return xp.empty(shape, t.numpy)
