"""Layers that add edges around their input."""

from __future__ import annotations

from tcalc.errors import ValueProblem
from tcalc.library.nn.arguments import Sizes, for_each, layer, take, tensor
from tcalc.library.nn.module import Module
from tcalc.runtime.ops.shape.padding import pad
from tcalc.runtime.tensor.tensor import Tensor


class _Pad(Module):
    """What all share. _dims: how many of the last dimensions get edges. _mode: of what."""

    _dims: int
    _mode: str

    def __init__(self, padding: int | Sizes) -> None:
        super().__init__()
        self.padding = for_each(self, "padding", padding, 2 * self._dims)

    def forward(self, input: Tensor) -> Tensor:
        """The input with the edges."""
        return pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        """What is added before and after, from the last dimension on."""
        return f"{self.padding}"


# -- a constant -------------------------------------------------------------------------------


class _ConstantPadNd(_Pad):
    _mode = "constant"

    def __init__(self, padding: int | Sizes, value: float) -> None:
        super().__init__(padding)
        self.value: float = take(self, "value", value, "Scalar")

    def forward(self, input: Tensor) -> Tensor:
        """The input with the edges."""
        return pad(input, self.padding, self._mode, self.value)

    def extra_repr(self) -> str:
        """What is added before and after, from the last dimension on, and with which value."""
        return f"padding={self.padding}, value={self.value}"


@layer("padding")
class ConstantPad1d(_ConstantPadNd):
    """A constant around the last dimension: (*, w) → (*, left + w + right).

    padding: one number, or (left, right); negative ones cut off.

    >>> nn.ConstantPad1d((1, 2), 5)(tensor([[1, 2]]))
    tensor([[5, 1, 2, 5, 5]])
    """

    _dims = 1


@layer("padding")
class ConstantPad2d(_ConstantPadNd):
    """A constant around the last two dimensions: (*, h, w) → (*, h', w').

    padding: one number, or (left, right, top, bottom); negative ones cut off.

    >>> nn.ConstantPad2d((1, 0, 0, 1), 5)(tensor([[1, 2]]))
    tensor([[5, 1, 2],
            [5, 5, 5]])
    """

    _dims = 2


@layer("padding")
class ConstantPad3d(_ConstantPadNd):
    """A constant around the last three dimensions: (*, d, h, w) → (*, d', h', w').

    padding: one number, or (left, right, top, bottom, front, back); negative ones cut off.

    >>> nn.ConstantPad3d(1, 0.5)(ones(1, 1, 1)).shape
    torch.Size([3, 3, 3])
    """

    _dims = 3


class _ZeroPad(_ConstantPadNd):
    def __init__(self, padding: int | Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """What is added before and after, from the last dimension on."""
        return f"{self.padding}"


@layer("padding")
class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """Zeros around the last dimension: (*, w) → (*, left + w + right).

    >>> nn.ZeroPad1d((1, 2))(tensor([[1, 2]]))
    tensor([[0, 1, 2, 0, 0]])
    """


@layer("padding")
class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """Zeros around the last two dimensions: (*, h, w) → (*, h', w').

    padding: one number, or (left, right, top, bottom).

    >>> nn.ZeroPad2d((1, 0, 0, 1))(tensor([[1, 2]]))
    tensor([[0, 1, 2],
            [0, 0, 0]])
    """


@layer("padding")
class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """Zeros around the last three dimensions: (*, d, h, w) → (*, d', h', w').

    >>> nn.ZeroPad3d(1)(ones(1, 1, 1)).sum()
    tensor(1.)
    """


# -- the mirror image -------------------------------------------------------------------------


class _ReflectionPadNd(_Pad):
    _mode = "reflect"


@layer("padding")
class ReflectionPad1d(_ReflectionPadNd):
    """The input mirrored at its outermost elements: (n, c, w) or (c, w) → (n, c, w').

    padding: one number, or (left, right), less than w.

    >>> nn.ReflectionPad1d((2, 1))(tensor([[1., 2., 3.]]))
    tensor([[3., 2., 1., 2., 3., 2.]])
    """

    _dims = 1


@layer("padding")
class ReflectionPad2d(_ReflectionPadNd):
    """The input mirrored at its outermost elements: (n, c, h, w) or (c, h, w) → (n, c, h', w').

    padding: one number, or (left, right, top, bottom), less than w and h.

    >>> nn.ReflectionPad2d((1, 0, 0, 0))(tensor([[[1., 2., 3.]]]))
    tensor([[[2., 1., 2., 3.]]])
    """

    _dims = 2


@layer("padding")
class ReflectionPad3d(_ReflectionPadNd):
    """The input mirrored at its outermost elements, over three dimensions.

    >>> nn.ReflectionPad3d(1)(ones(1, 2, 2, 2)).shape
    torch.Size([1, 4, 4, 4])
    """

    _dims = 3


# -- the outermost elements -------------------------------------------------------------------


class _ReplicationPadNd(_Pad):
    _mode = "replicate"


@layer("padding")
class ReplicationPad1d(_ReplicationPadNd):
    """The input's outermost elements again: (n, c, w) or (c, w) → (n, c, w').

    >>> nn.ReplicationPad1d((2, 1))(tensor([[1., 2., 3.]]))
    tensor([[1., 1., 1., 2., 3., 3.]])
    """

    _dims = 1


@layer("padding")
class ReplicationPad2d(_ReplicationPadNd):
    """The input's outermost elements again: (n, c, h, w) or (c, h, w) → (n, c, h', w').

    >>> nn.ReplicationPad2d((1, 0, 0, 0))(tensor([[[1., 2., 3.]]]))
    tensor([[[1., 1., 2., 3.]]])
    """

    _dims = 2


@layer("padding")
class ReplicationPad3d(_ReplicationPadNd):
    """The input's outermost elements again, over three dimensions.

    >>> nn.ReplicationPad3d(1)(ones(1, 1, 1, 1)).shape
    torch.Size([1, 3, 3, 3])
    """

    _dims = 3


# -- the other end ----------------------------------------------------------------------------


class _CircularPadNd(_Pad):
    _mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """The input with the edges."""
        given = tensor(self, "input", input)
        ranks = (self._dims + 1, self._dims + 2)
        if given.ndim not in ranks:
            expected = " or ".join(f"{n}D" for n in ranks)
            raise ValueProblem(f"expected {expected} input (got {given.ndim}D input)",
                               argument="input")  # fmt: skip
        return super().forward(given)


@layer("padding")
class CircularPad1d(_CircularPadNd):
    """The input's other end on both sides: (n, c, w) or (c, w) → (n, c, w').

    >>> nn.CircularPad1d((2, 1))(tensor([[1., 2., 3.]]))
    tensor([[2., 3., 1., 2., 3., 1.]])
    """

    _dims = 1


@layer("padding")
class CircularPad2d(_CircularPadNd):
    """The input's other end on all sides: (n, c, h, w) or (c, h, w) → (n, c, h', w').

    >>> nn.CircularPad2d((1, 0, 0, 0))(tensor([[[1., 2., 3.]]]))
    tensor([[[3., 1., 2., 3.]]])
    """

    _dims = 2


@layer("padding")
class CircularPad3d(_CircularPadNd):
    """The input's other end on all sides, over three dimensions.

    >>> nn.CircularPad3d(1)(ones(1, 1, 1, 1)).shape
    torch.Size([1, 3, 3, 3])
    """

    _dims = 3
