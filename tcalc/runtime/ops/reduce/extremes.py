"""The greatest and the least: of all elements, over dimensions, or with their indices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DimError, DtypeError, StateError
from tcalc.runtime.arrays.summation import FEW
from tcalc.runtime.base.op import Array, Data, Ints
from tcalc.runtime.base.targets import CAST, NOT_PARTLY, OWN
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.places import extremes
from tcalc.runtime.lazy.summation import reduce_over
from tcalc.runtime.ops.index.picking import along, evenly, picker
from tcalc.runtime.ops.reduce.reduction import kept, no_complex, nonempty
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, REALS
from tcalc.runtime.types.shapes import wrap_dim, wrap_dims

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor

# What the sample calls work on.
_MATRIX = [[1.5, 2.0, -3.0], [4.0, 0.5, 6.0]]


def _extreme(
    xp: ModuleType, name: str, ufunc: np.ufunc, input: Array, dim: Ints, keepdim: bool
) -> Array:
    axes = wrap_dims(dim, input.ndim)
    if not input.size or input.dtype.char in COMPLEXES:
        no_complex(f"{name}_values_cpu", input)
        nonempty(f"a{name}", input, dim)
    return reduce_over(xp, ufunc, input, axes, keepdim)


def _extreme_back(g: Tensor, input: Any, out: Tensor, dim: Ints, keepdim: bool) -> Tensor:
    shape = input._a.shape
    equal = input == kept(out, shape, dim, keepdim)
    return kept(g, shape, dim, keepdim) * equal / equal.sum(dim, True)


@kernel(deferred=True)
def amax(xp: ModuleType, input: Array, dim: Ints = (), keepdim: bool = False) -> Array:
    """The greatest element, over all or some dimensions.

    The gradient is shared by equal elements (that of `max` along a dim goes to one of them).

    >>> amax(tensor([[1., 5.], [7., 2.]]), dim=1)
    tensor([5., 7.])
    """
    return _extreme(xp, "max", xp.maximum, input, dim, keepdim)


@kernel(deferred=True)
def amin(xp: ModuleType, input: Array, dim: Ints = (), keepdim: bool = False) -> Array:
    """The least element, over all or some dimensions.

    The gradient is shared by equal elements (that of `min` along a dim goes to one of them).

    >>> amin(tensor([[1., 5.], [7., 2.]]), dim=1)
    tensor([1., 2.])
    """
    return _extreme(xp, "min", xp.minimum, input, dim, keepdim)


amax.over_call, amin.over_call = ("max", ("dim", "keepdim")), ("min", ("dim", "keepdim"))
amax.vjp(input=_extreme_back)
amin.vjp(input=_extreme_back)


def _argument(xp: ModuleType, name: str, input: Array, dim: int | None, keepdim: bool) -> Array:
    find = getattr(input, name)
    if input.dtype.char not in REALS:
        kind = "bool" if input.dtype.char in BOOLS else "complex"
        raise DtypeError(
            f"{name}(): does not support {kind} input",
            hint="convert it with .int()" if kind == "bool" else None,
        )
    if dim is None:
        nonempty(name, input, None, DimError)
        index = find()
        return xp.asarray(index).reshape((1,) * input.ndim) if keepdim else index
    axis = wrap_dim(dim, input.ndim)
    nonempty(name, input, dim)
    if not input.ndim:
        return xp.zeros((), xp.int64)
    found = extremes(input, axis, name == "argmax") if xp is np else None
    if found is None:
        return find(axis, keepdims=keepdim)
    return found[1] if keepdim else found[1].squeeze(axis)


@kernel(differentiable=False)
def argmax(xp: ModuleType, input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the greatest element: of all, in row order, or along a dimension.

    The first of several equal ones; nan counts as greatest. The dtype is int64.

    >>> argmax(tensor([[1., 5.], [7., 2.]]), dim=1)
    tensor([1, 0])
    """
    return _argument(xp, "argmax", input, dim, keepdim)


@kernel(differentiable=False)
def argmin(xp: ModuleType, input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """The index of the least element: of all, in row order, or along a dimension.

    The first of several equal ones; nan counts as least. The dtype is int64.

    >>> argmin(tensor([[1., 5.], [7., 2.]]), dim=1)
    tensor([0, 1])
    """
    return _argument(xp, "argmin", input, dim, keepdim)


argmax.over_call, argmin.over_call = ("argmax", ("dim", "keepdim")), ("argmin", ("dim", "keepdim"))


def _extreme_of_all(name: str, node_name: str) -> DefinedOp:
    ufunc = f"{name}imum"

    @kernel(name=name, names=(), node_name=node_name, deferred=True)
    def extreme(xp: ModuleType, input: Array) -> Array:
        if not input.size or input.dtype.char in COMPLEXES:
            no_complex(f"{name}_all", input)
            nonempty(name, input, None)
        if xp is np and input.size <= FEW:  # where it is, is found sooner
            return input.take((input.argmax if name == "max" else input.argmin)())
        return reduce_over(xp, getattr(xp, ufunc), input, None)

    extreme.over_call = name, ()
    extreme.vjp(input=lambda g, input, out: evenly(g, input, out))
    return extreme


def _extreme_of_dim(name: str) -> DefinedOp:
    @kernel(
        name=name, names=(), differentiable=False,
        returns=("values", "indices"),
    )  # fmt: skip
    def extreme(xp: ModuleType, input: Array, dim: int, keepdim: bool) -> Array:
        if input.dtype.char in COMPLEXES:
            raise DtypeError(f"{name}(): does not support complex input")
        nonempty(name, input, dim)
        if not input.ndim:
            return input.copy(), xp.zeros((), xp.int64)
        if xp is np:
            axis = wrap_dim(dim, input.ndim)
            found = extremes(input, axis, name == "max")
            if found is not None:
                return found if keepdim else tuple(a.squeeze(axis) for a in found)
        find, ufunc = (input.argmax, xp.maximum) if name == "max" else (input.argmin, xp.minimum)
        return reduce_over(xp, ufunc, input, (dim,), keepdim), find(dim, keepdims=keepdim)

    extreme.over_call = f"{name}_at", ("dim", "keepdim")
    return extreme


_max_all = _extreme_of_all("max", "MaxBackward1")
_min_all = _extreme_of_all("min", "MinBackward1")
_max_dim = _extreme_of_dim("max")
_min_dim = _extreme_of_dim("min")
_max_picked = picker("max", "MaxBackward0")
_min_picked = picker("min", "MinBackward0")


def _other_or_dim(dim: object, other: object) -> object:
    """What the second argument of `max` is compared with, or None where it is a dim."""
    if other is not None:
        return other
    return None if isinstance(dim, int) and not isinstance(dim, bool) else dim


@composite(
    apart=NOT_PARTLY,
    samples=lambda: [((_MATRIX,), {}), ((_MATRIX, 1), {}), ((_MATRIX, 0, True), {})],
)
def max(
    input: Tensor,
    dim: Data | int | None = None,
    keepdim: bool = False,
    *,
    other: Data | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """The greatest element; along a dim the values and their indices; or the greater of two.

    `max(input)`: of all elements. `max(input, dim)`: values and indices (the first of equal ones)
    along a dim. `max(input, other)`: element by element, as `maximum`. nan wins.

    >>> max(tensor([3., 1., 2.]))
    tensor(3.)
    >>> max(tensor([[1, 5], [7, 2]]), 1).indices
    tensor([1, 0])
    """
    other = _other_or_dim(dim, other)
    if other is not None:
        return input.maximum(other)
    if dim is None:
        return _max_all(input)
    return along(_max_dim, _max_picked, input, dim, keepdim)


@composite(
    apart=NOT_PARTLY,
    samples=lambda: [((_MATRIX,), {}), ((_MATRIX, 1), {}), ((_MATRIX, 0, True), {})],
)
def min(
    input: Tensor,
    dim: Data | int | None = None,
    keepdim: bool = False,
    *,
    other: Data | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """The least element; along a dim the values and their indices; or the lesser of two.

    `min(input)`: of all elements. `min(input, dim)`: values and indices (the first of equal ones)
    along a dim. `min(input, other)`: element by element, as `minimum`. nan wins.

    >>> min(tensor([3., 1., 2.]))
    tensor(1.)
    >>> min(tensor([[1, 5], [7, 2]]), 1).values
    tensor([1, 2])
    """
    other = _other_or_dim(dim, other)
    if other is not None:
        return input.minimum(other)
    if dim is None:
        return _min_all(input)
    return along(_min_dim, _min_picked, input, dim, keepdim)


max.outs = min.outs = lambda dim: OWN if isinstance(dim, int) else CAST


@kernel(apart=NOT_PARTLY, returns=("min", "max"), deferred=True)
def aminmax(
    xp: ModuleType, input: Array, *, dim: int | None = None, keepdim: bool = False
) -> Array:
    """The least and the greatest element together, of all or along a dimension.

    >>> aminmax(tensor([3., 1., 2.])).max
    tensor(3.)
    """
    no_complex("aminmax_cpu", input)
    if not input.size and dim is None:
        raise StateError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    nonempty("aminmax", input, dim)
    axes = None if dim is None or not input.ndim else (wrap_dim(dim, input.ndim),)
    return tuple(reduce_over(xp, u, input, axes, keepdim) for u in (xp.minimum, xp.maximum))


def _aminmax_back(
    g: Tensor, input: Tensor, out: tuple[Tensor, ...], dim: int | None, keepdim: bool
) -> Tensor:
    least, greatest = (_extreme_back(one, input, o, dim, keepdim) for one, o in zip(g, out))
    return least + greatest


aminmax.vjp(input=_aminmax_back)


# -- batches ----------------------------------------------------------------------------------

amax.batch = amin.batch = over("dim")
_max_all.batch = lambda batch: batch.rows().amax(1)
_min_all.batch = lambda batch: batch.rows().amin(1)
_max_dim.batch = _min_dim.batch = over("dim")
argmax.batch = argmin.batch = aminmax.batch = over("dim", flat=True)
