"""Complex numbers: conjugates, angles, parts, and what is made of parts."""

from __future__ import annotations

import cmath
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tcalc.errors import DtypeError, ShapeError, StateError, UnsupportedDtype
from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import FLOAT, SINGLE, Array
from tcalc.runtime.base.targets import OWN
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, elementwise, kernel, view_op
from tcalc.runtime.types import dtypes, shapes
from tcalc.runtime.types.codes import COMPLEXES, FLOATS

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


@kernel(
    only="bifcu", name="conj_physical", inplace=True, samples=lambda: [(([1 + 2j, 0.5 - 1j],), {})]
)
def conjugate(xp: ModuleType, input: Array) -> Array:
    """The complex conjugate in memory of its own.

    >>> conj_physical(tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return xp.conjugate(input)


conjugate.vjp(input=lambda g: conjugate(g) if g.dtype.is_complex else g)


@view_op(name="conj", names=(), samples=list)  # fmt: skip
def _conjugate_view(xp: ModuleType, input: Array) -> Array:
    """The memory of a complex tensor, shown conjugated."""
    return Mirror(input, np.conjugate)


_conjugate_view.mirrors = True
_conjugate_view.by_strides = False
_conjugate_view.of_mirror = lambda mirror: mirror.array
_conjugate_view.vjp(input=lambda g: g.conj())


@composite()
def conj(input: Tensor) -> Tensor:
    """The complex conjugate, as a view: what is written to one shows in the other.

    A real tensor is given back as it is.

    >>> conj(tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    if not input.dtype.is_complex:
        return input
    if not input.is_cpu:
        return conjugate(input)
    return _conjugate_view(input)


@composite()
def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself, or where it is a conjugated view, its values in memory of their own.

    >>> tensor([1j]).conj().resolve_conj().is_conj()
    False
    """
    return input.clone() if is_conj(input) else input


@composite(differentiable=False)
def is_conj(input: Tensor) -> bool:
    """Whether the tensor shows memory conjugated.

    >>> is_conj(tensor([1j]).conj())
    True
    """
    return type(input._d) is Mirror and input._d.flip is np.conjugate


@composite()
def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself, or where it is a negated view, its values in memory of their own.

    >>> tensor([1j]).conj().imag.resolve_neg()
    tensor([-1.])
    """
    return input.clone() if is_neg(input) else input


@composite(differentiable=False)
def is_neg(input: Tensor) -> bool:
    """Whether the tensor shows memory negated.

    >>> is_neg(tensor([1j]).conj().imag)
    True
    """
    return type(input._d) is Mirror and input._d.flip is np.negative


@elementwise(dtype=FLOAT)
def angle(xp: ModuleType, input: Array) -> Array:
    """The angle of a complex number in radians; pi for negative real numbers.

    Integers give the default dtype.

    >>> angle(tensor([1., -1.]))
    tensor([0.0000, 3.1416])
    """
    if input.dtype.char in FLOATS:
        turned = xp.where(input < 0, cmath.pi, 0.0)
        return xp.where(input != input, input, turned).astype(input.dtype)
    return xp.angle(input).astype(xp.float32 if input.dtype.itemsize == 8 else xp.float64)


def _angle_slope(g: Tensor, input: Tensor) -> Tensor:
    if not input.dtype.is_complex:
        return g._zeros()
    # d angle = Im(conj(z) dz) / |z|^2, and gradients are conjugate.
    size = input.abs()
    size = size.masked_fill(size == 0, 1)
    return g * (input * 1j / size / size)


angle.vjp(input=_angle_slope)


# -- parts ------------------------------------------------------------------------------------


@view_op(names=(), node_name="SelectBackward0", samples=list)  # fmt: skip
def _real_part(xp: ModuleType, input: Array) -> Array:
    """The real parts of a complex tensor."""
    return input.real


_real_part.of_mirror = lambda mirror: mirror.array.real
_real_part.vjp(input=lambda g: g)


@view_op(names=(), node_name="SelectBackward0", samples=list)  # fmt: skip
def _imaginary_part(xp: ModuleType, input: Array) -> Array:
    """The imaginary parts of a complex tensor."""
    return input.imag


_imaginary_part.of_mirror = lambda mirror: Mirror(mirror.array.imag, np.negative)
_imaginary_part.vjp(input=lambda g: g * 1j)


@composite(names=("torch.real",))
def real(input: Array) -> Tensor:
    """The real parts, as a view; of a real tensor, itself.

    >>> real(tensor([1 + 2j]))
    tensor([1.])
    """
    return _real_part(input) if input._d.dtype.char in COMPLEXES else input


@composite(names=("torch.imag",), samples=lambda: [(([1 + 2j, 0.5 - 1j],), {})])
def imag(input: Array) -> Tensor:
    """The imaginary parts of a complex tensor, as a view.

    >>> imag(tensor([1 + 2j]))
    tensor([2.])
    """
    if input._d.dtype.char not in COMPLEXES:
        raise DtypeError(
            "imag is not implemented for tensors with non-complex dtypes.", argument="input"
        )
    return _imaginary_part(input)


def _unresolved(mirror: Mirror) -> NoReturn:
    raise StateError(
        "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor "
        "so you can view it as real, use self.resolve_conj(); however, be warned that the resulting "
        "tensor will NOT alias the original.",
        argument="input",
    )


@view_op(samples=lambda: [(([1 + 2j, 0.5 - 1j],), {})])
def view_as_real(xp: ModuleType, input: Array) -> Array:
    """A complex tensor's memory as real numbers, with a last dimension for the two parts.

    >>> view_as_real(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if input.dtype.char not in COMPLEXES:
        raise DtypeError("view_as_real is only supported for complex tensors", argument="input")
    return input[..., None].view(dtypes.of(input.dtype).to_real().numpy)


view_as_real.of_mirror = _unresolved
view_as_real.by_strides = False


@view_op(samples=lambda: [(([[1.0, 2.0], [3.0, 4.0]],), {})])
def view_as_complex(xp: ModuleType, input: Array) -> Array:
    """Pairs of real numbers in the last dimension, of size 2, as complex numbers.

    >>> view_as_complex(tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    t = dtypes.of(input.dtype)
    if t is dtypes.float16:
        raise UnsupportedDtype(
            "complex numbers of 16-bit parts (torch.complex32) are not offered", argument="input",
            hint="convert the parts with .float()",
        )  # fmt: skip
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
view_as_complex.by_strides = False
view_as_complex.vjp(input=lambda g: view_as_real(g))


def _same_floats(*parts: Any) -> None:
    first, second = (getattr(p, "dtype", None) for p in parts)
    floats = (dtypes.float32, dtypes.float64)
    if first is second is dtypes.float16:
        raise UnsupportedDtype(
            "complex numbers of 16-bit parts (torch.complex32) are not offered",
            hint="convert the parts with .float()",
        )
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


@elementwise(name="complex", names=("torch.complex",), only="f")
def complex_(xp: ModuleType, real: Array, imag: Array) -> Array:
    """Complex numbers from real and imaginary parts of one floating dtype.

    >>> complex(tensor([1.]), tensor([2.]))
    tensor([1.+2.j])
    """
    out = _room_for(xp, real, imag)
    out.real, out.imag = real, imag
    return out


complex_.check = _same_floats
complex_.holds = ("real", "imag")
complex_.vjp(
    real=lambda g: g.real,
    imag=lambda g: g.imag,
)


@elementwise(names=("torch.polar",), only="f")
def polar(xp: ModuleType, abs: Array, angle: Array) -> Array:
    """Complex numbers from absolute values and angles in radians.

    >>> polar(tensor([2.]), tensor([0.]))
    tensor([2.+0.j])
    """
    out = _room_for(xp, abs, angle)
    out.real, out.imag = abs * xp.cos(angle), abs * xp.sin(angle)
    return out


complex_.outs = polar.outs = OWN


polar.check = _same_floats
# At 0, where the result has no direction, the gradient by `abs` is 0, as in PyTorch.
polar.vjp(
    abs=lambda g, out: (g * out.sgn().conj()).real,
    angle=lambda g, out: (g * (out * 1j).conj()).real,
)


def _room_for(xp: ModuleType, first: Array, second: Array) -> Array:
    """An array for complex numbers made of two parts."""
    shape = shapes.broadcast(first.shape, second.shape)
    t = dtypes.of(first.dtype).to_complex()
    memory.check(shapes.numel(shape) * t.itemsize, f"a tensor of shape {list(shape)}")
    return xp.empty(shape, t.numpy)


conjugate.keeps_zero = True


# -- batches ----------------------------------------------------------------------------------

conjugate.batch = _conjugate_view.batch = leading
_real_part.batch = _imaginary_part.batch = view_as_real.batch = view_as_complex.batch = leading

for _op in (polar, view_as_complex):
    _op.autocast = SINGLE
