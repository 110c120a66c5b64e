"""Shapes, dimensions and broadcasting, with errors in PyTorch's words."""

from __future__ import annotations

import math
from operator import index as as_int
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, DimError, ShapeError, StateError
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import SupportsIndex


@export("torch.Size")
class Size(tuple[int, ...]):
    """The sizes of a tensor's dimensions.

    >>> Size((2, 3)), Size((2, 3)).numel()
    (torch.Size([2, 3]), 6)
    """

    __module__ = "torch"
    __slots__ = ()
    _public_ = frozenset({"count", "index", "numel"})

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def numel(self) -> int:
        """The number of elements."""
        return numel(self)

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        item = tuple.__getitem__(self, index)
        return Size(item) if type(item) is tuple else item

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, other))


def numel(shape: Iterable[int]) -> int:
    """The number of elements of a shape.

    >>> numel((2, 3)), numel(())
    (6, 1)
    """
    return math.prod(shape)


def broadcast(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that all the shapes stretch to.

    >>> broadcast((3, 1), (1, 2))
    (3, 2)
    """
    ndim = max(map(len, shapes))
    result = [1] * ndim
    for shape in shapes:
        offset = ndim - len(shape)
        for i, n in enumerate(shape):
            have = result[offset + i]
            if n != have and n != 1:
                if have != 1:
                    raise _mismatch(shapes, offset + i)
                result[offset + i] = n
    return tuple(result)


def _mismatch(shapes: tuple[Sequence[int], ...], dim: int) -> ShapeError:
    ndim = max(map(len, shapes))
    sizes = [s[dim - ndim + len(s)] for s in shapes if dim - ndim + len(s) >= 0]
    wrong = [n for n in sizes if n != 1]
    first = wrong[0]
    second = next(n for n in wrong if n != first)
    if len(shapes) == 2:
        first, second = sizes
    listed = " and ".join(str(list(s)) for s in shapes)
    clash = [(s, at) for s in shapes if (at := dim - ndim + len(s)) >= 0 and s[at] != 1]
    return ShapeError(
        f"The size of tensor a ({first}) must match the size of tensor b ({second}) at "
        f"non-singleton dimension {dim}: shapes {listed} do not broadcast",
        clash=tuple(clash),
    )


def _fitting(sizes: list[int], count: int) -> str | None:
    """Sizes near those that do not fit a number of elements, or the sizes that could."""
    for i in range(len(sizes)):
        others = numel([abs(n) for n in sizes[:i] + sizes[i + 1 :]])
        if -1 not in sizes and others and not count % others:
            return f"{count} elements fit {[*sizes[:i], count // others, *sizes[i + 1 :]]}"
    if not 1 < count < 1_000_000:
        return None
    divisors = [n for n in range(1, count + 1) if not count % n]
    if len(divisors) > 12:
        return None
    return f"{count} is divided by {', '.join(map(str, divisors[:-1]))} and {count}"


def wrap_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front; 0-dim tensors have the dimensions 0 and -1.

    >>> wrap_dim(-1, 3)
    2
    """
    bound = ndim or 1
    if not -bound <= dim < bound:
        raise DimError(
            f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], "
            f"but got {dim})",
            argument="dim",
        )
    return dim % bound


def wrap_dims(dims: int | tuple[int, ...] | list[int] | None, ndim: int) -> tuple[int, ...]:
    """One dimension, several, or all of them (None, or an empty list), counted from the front.

    >>> wrap_dims((-1, 0), 3), wrap_dims(None, 2)
    ((2, 0), (0, 1))
    """
    if dims is None:
        return tuple(range(ndim))
    if not isinstance(dims, (tuple, list)):
        return (wrap_dim(dims, ndim),) if ndim else _no_dims(dims)
    wrapped = tuple(wrap_dim(d, ndim) for d in dims)
    if len(set(wrapped)) != len(wrapped):
        twice = next(d for d in wrapped if wrapped.count(d) > 1)
        raise StateError(f"dim {twice} appears multiple times in the list of dims", argument="dim")
    if not ndim:
        return ()
    return wrapped or tuple(range(ndim))


def _no_dims(dim: int) -> tuple[int, ...]:
    wrap_dim(dim, 0)
    return ()


# NumPy's limit.
MOST_DIMS = 64


def as_size(sizes: tuple[Any, ...], argument: str = "size") -> tuple[int, ...]:
    """Sizes given one by one or as one list.

    >>> as_size((2, 3)), as_size(([2, 3],))
    ((2, 3), (2, 3))
    """
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    for n in sizes:
        if type(n) is not int:
            break
    else:
        if len(sizes) <= MOST_DIMS:
            return sizes
    result = []
    for n in sizes:
        if type(n) is not int:
            try:
                if isinstance(n, (bool, float)):
                    raise AttributeError
                n = as_int(n)
            except (AttributeError, TypeError):
                raise ArgumentError(
                    f"sizes must be ints, but got {type(n).__name__}", argument=argument
                ) from None
        result.append(n)
    if len(result) > MOST_DIMS:
        raise ShapeError(
            f"a tensor has {MOST_DIMS} dimensions at most, not {len(result)}", argument=argument
        )
    return tuple(result)


def infer_size(sizes: Sequence[int], count: int) -> tuple[int, ...]:
    """Sizes with the one -1 replaced so that they hold `count` elements.

    >>> infer_size((2, -1), 6)
    (2, 3)
    """
    unknown = -1
    known = 1
    for i, n in enumerate(sizes):
        if n == -1:
            if unknown >= 0:
                raise ShapeError("only one dimension can be inferred", argument="shape")
            unknown = i
        elif n < 0:
            raise ShapeError(f"invalid shape dimension {n}", argument="shape")
        else:
            known *= n
    shown = list(sizes)
    if unknown < 0:
        if known != count:
            raise ShapeError(
                f"shape '{shown}' is invalid for input of size {count}",
                hint=_fitting(shown, count),
                argument="shape",
            )
        return tuple(sizes)
    if known == 0:
        raise ShapeError(
            f"cannot reshape tensor of {count} elements into shape {shown} because the "
            f"unspecified dimension size -1 can be any value and is ambiguous",
            argument="shape",
        )
    if count % known:
        raise ShapeError(
            f"shape '{shown}' is invalid for input of size {count}",
            hint=_fitting(shown, count),
            argument="shape",
        )
    return (*sizes[:unknown], count // known, *sizes[unknown + 1 :])
