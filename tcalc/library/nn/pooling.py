"""Pools: the greatest, the mean or the norm of each window of an input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.library.nn.arguments import Sizes, for_each, layer, take
from tcalc.library.nn.module import Module
from tcalc.runtime.ops.nn.pooling import adaptive, avg_pool, fractional, lp_pool, max_pool, unpool
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Ints, IntsOrNone


class _Pool(Module):
    """What pools share. _said: the attributes that the text names. _function: the op."""

    _said: tuple[str, ...]
    _function: Any

    def extra_repr(self) -> str:
        """The settings."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._said)


# -- the greatest -----------------------------------------------------------------------------


class _MaxPoolNd(_Pool):
    _said = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self, kernel_size: int | Sizes, stride: int | Sizes | None = None,
        padding: int | Sizes = 0, dilation: int | Sizes = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = take(self, "kernel_size", kernel_size, "Ints")
        self.stride = self.kernel_size if stride is None else take(self, "stride", stride, "Ints")
        self.padding = take(self, "padding", padding, "Ints")
        self.dilation = take(self, "dilation", dilation, "Ints")
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """The greatest of each window, with its index where return_indices says so."""
        return self._function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip


@layer("pooling")
class MaxPool1d(_MaxPoolNd):
    """The greatest of each window: (n, c, l) or (c, l) → (n, c, m).

    m = (l + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, rounded up with ceil_mode.
    stride: by default the kernel's size. return_indices: with the index of each in its row.

    >>> nn.MaxPool1d(2)(tensor([[1., 3., 2., 5.]]))
    tensor([[3., 5.]])
    """

    _function = max_pool.max_pool1d


@layer("pooling")
class MaxPool2d(_MaxPoolNd):
    """The greatest of each window: (n, c, h, w) or (c, h, w) → (n, c, h', w').

    h' = (h + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, rounded up with ceil_mode,
    and w' likewise; each argument is a number or (for h, for w). stride: by default the kernel's
    size. return_indices: with the index of each in its flattened image.

    >>> nn.MaxPool2d(2)
    MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
    """

    _function = max_pool.max_pool2d


@layer("pooling")
class MaxPool3d(_MaxPoolNd):
    """The greatest of each window: (n, c, d, h, w) or (c, d, h, w) → (n, c, d', h', w').

    Sizes and arguments as in MaxPool2d.

    >>> nn.MaxPool3d(2)(arange(8.).reshape(1, 2, 2, 2))
    tensor([[[[7.]]]])
    """

    _function = max_pool.max_pool3d


class _MaxUnpoolNd(_Pool):
    _said = ("kernel_size", "stride", "padding")
    _dims: int

    def __init__(
        self, kernel_size: int | Sizes, stride: int | Sizes | None = None, padding: int | Sizes = 0
    ) -> None:
        super().__init__()
        self.kernel_size = for_each(self, "kernel_size", kernel_size, self._dims)
        self.stride = (
            self.kernel_size if stride is None else for_each(self, "stride", stride, self._dims)
        )
        self.padding = for_each(self, "padding", padding, self._dims)

    def forward(self, input: Tensor, indices: Tensor, output_size: Ints | None = None) -> Tensor:
        """Each element at its index, and 0 elsewhere."""
        return self._function(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


@layer("pooling")
class MaxUnpool1d(_MaxUnpoolNd):
    """What MaxPool1d took, at the places it took it from, and 0 elsewhere.

    >>> y, at = nn.MaxPool1d(2, return_indices=True)(tensor([[1., 3., 5., 2.]]))
    >>> nn.MaxUnpool1d(2)(y, at)
    tensor([[0., 3., 5., 0.]])
    """

    _dims = 1
    _function = unpool.max_unpool1d


@layer("pooling")
class MaxUnpool2d(_MaxUnpoolNd):
    """What MaxPool2d took, at the places it took it from, and 0 elsewhere.

    A call takes `output_size` where several sizes are possible.

    >>> y, at = nn.MaxPool2d(2, return_indices=True)(arange(4.).reshape(1, 2, 2))
    >>> nn.MaxUnpool2d(2)(y, at)
    tensor([[[0., 0.],
             [0., 3.]]])
    """

    _dims = 2
    _function = unpool.max_unpool2d


@layer("pooling")
class MaxUnpool3d(_MaxUnpoolNd):
    """What MaxPool3d took, at the places it took it from, and 0 elsewhere.

    >>> nn.MaxUnpool3d(2)
    MaxUnpool3d(kernel_size=(2, 2, 2), stride=(2, 2, 2), padding=(0, 0, 0))
    """

    _dims = 3
    _function = unpool.max_unpool3d


class _FractionalMaxPoolNd(Module):
    """Pools whose windows lie at random. _dims: over how many dimensions. _function: the op."""

    _dims: int
    _function: Any
    _random_samples: Tensor | None

    def __init__(
        self, kernel_size: int | Sizes, output_size: int | Sizes | None = None,
        output_ratio: float | tuple[float, ...] | None = None, return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        name = type(self).__name__
        self.kernel_size = for_each(self, "kernel_size", kernel_size, self._dims)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = (
            None if output_size is None else for_each(self, "output_size", output_size, self._dims)
        )
        ratio = None
        if output_ratio is not None:
            taken = take(self, "output_ratio", output_ratio, "Floats")
            ratio = taken if type(taken) is tuple else (taken,) * self._dims
        self.output_ratio = ratio
        if output_size is None and output_ratio is None:
            raise ValueProblem(
                f"{name} requires specifying either an output size, or a pooling ratio"
            )
        if output_size is not None and output_ratio is not None:
            raise ValueProblem("only one of output_size and output_ratio may be specified")
        if ratio is not None and not all(0 < r < 1 for r in ratio):
            raise ValueProblem(f"output_ratio must be between 0 and 1 (got {output_ratio})",
                               argument="output_ratio")  # fmt: skip

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """The greatest of each window, with its index where return_indices says so."""
        return self._function(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            self._random_samples,
        )  # fmt: skip


@layer("pooling")
class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The greatest of windows of one size at random distances: (n, c, h, w) → (n, c, h', w').

    output_size: one number, or (h', w'); or output_ratio: the part of h and w that they are.

    >>> nn.FractionalMaxPool2d(2, output_ratio=0.5)(ones(1, 4, 6)).shape
    torch.Size([1, 2, 3])
    """

    _dims = 2
    _function = fractional.fractional_max_pool2d


@layer("pooling")
class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The greatest of windows of one size at random distances, over three dimensions.

    output_size: one number, or three; or output_ratio: the part of the input's sizes that they are.

    >>> nn.FractionalMaxPool3d(2, output_size=2)(ones(1, 4, 5, 6)).shape
    torch.Size([1, 2, 2, 2])
    """

    _dims = 3
    _function = fractional.fractional_max_pool3d


# -- means ------------------------------------------------------------------------------------


@layer("pooling")
class AvgPool1d(_Pool):
    """The mean of each window: (n, c, l) or (c, l) → (n, c, m).

    m = (l + 2 padding - kernel_size) // stride + 1, rounded up with ceil_mode. stride: by default
    the kernel's size. count_include_pad: whether padding counts, as zeros.

    >>> nn.AvgPool1d(2)(tensor([[1., 3., 2., 5.]]))
    tensor([[2.0000, 3.5000]])
    """

    _said = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size: int | Sizes, stride: int | Sizes | None = None, padding: int | Sizes = 0,
        ceil_mode: bool = False, count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = for_each(self, "kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else for_each(self, "stride", stride, 1)
        self.padding = for_each(self, "padding", padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """The mean of each window."""
        return avg_pool.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip


class _AvgPoolNd(_Pool):
    _said = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size: int | Sizes, stride: int | Sizes | None = None, padding: int | Sizes = 0,
        ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = take(self, "kernel_size", kernel_size, "Ints")
        self.stride = self.kernel_size if stride is None else take(self, "stride", stride, "Ints")
        self.padding = take(self, "padding", padding, "Ints")
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """The mean of each window."""
        return self._function(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip


@layer("pooling")
class AvgPool2d(_AvgPoolNd):
    """The mean of each window: (n, c, h, w) or (c, h, w) → (n, c, h', w').

    h' = (h + 2 padding - kernel_size) // stride + 1, rounded up with ceil_mode, and w' likewise;
    each argument is a number or (for h, for w). stride: by default the kernel's size.
    count_include_pad: whether padding counts, as zeros. divisor_override: what all sums are
    divided by instead.

    >>> nn.AvgPool2d(2)(arange(16.).reshape(1, 4, 4))
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """

    _function = avg_pool.avg_pool2d


@layer("pooling")
class AvgPool3d(_AvgPoolNd):
    """The mean of each window: (n, c, d, h, w) or (c, d, h, w) → (n, c, d', h', w').

    Sizes and arguments as in AvgPool2d.

    >>> nn.AvgPool3d(2)(arange(8.).reshape(1, 2, 2, 2))
    tensor([[[[3.5000]]]])
    """

    _function = avg_pool.avg_pool3d


# -- p-norms ----------------------------------------------------------------------------------


class _LPPoolNd(_Pool):
    _said = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(
        self, norm_type: float, kernel_size: int | Sizes, stride: int | Sizes | None = None,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.norm_type = take(self, "norm_type", norm_type, "Scalar")
        self.kernel_size = take(self, "kernel_size", kernel_size, "Ints")
        self.stride = None if stride is None else take(self, "stride", stride, "Ints")
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """The p-norm of each window."""
        return self._function(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )


@layer("pooling")
class LPPool1d(_LPPoolNd):
    """The p-norm of each window, (the sum of its elements' powers) ** (1 / norm_type).

    >>> nn.LPPool1d(2, 2)(tensor([[3., 4., 6., 8.]]))
    tensor([[ 5., 10.]])
    """

    _function = lp_pool.lp_pool1d


@layer("pooling")
class LPPool2d(_LPPoolNd):
    """The p-norm of each window, (the sum of its elements' powers) ** (1 / norm_type).

    >>> nn.LPPool2d(2, 2)(tensor([[[3., 0.], [4., 0.]]]))
    tensor([[[5.]]])
    """

    _function = lp_pool.lp_pool2d


@layer("pooling")
class LPPool3d(_LPPoolNd):
    """The p-norm of each window, (the sum of its elements' powers) ** (1 / norm_type).

    >>> nn.LPPool3d(2, (2, 2, 4))(ones(1, 2, 2, 4))
    tensor([[[[4.]]]])
    """

    _function = lp_pool.lp_pool3d


# -- as many windows as asked for -------------------------------------------------------------


class _AdaptivePoolNd(_Pool):
    _said = ("output_size",)

    def __init__(self, output_size: IntsOrNone) -> None:
        super().__init__()
        self.output_size = None
        if output_size is not None:
            self.output_size = take(self, "output_size", output_size, "IntsOrNone")


class _AdaptiveMaxPoolNd(_AdaptivePoolNd):
    def __init__(self, output_size: IntsOrNone, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """The greatest of each window, with its index where return_indices says so."""
        return self._function(input, self.output_size, self.return_indices)


class _AdaptiveAvgPoolNd(_AdaptivePoolNd):
    def forward(self, input: Tensor) -> Tensor:
        """The mean of each window."""
        return self._function(input, self.output_size)


@layer("pooling")
class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The greatest of as many windows as asked for, as even as they can be: (*, c, l) → (*, c, m).

    return_indices: with the index of each in its row.

    >>> nn.AdaptiveMaxPool1d(2)(tensor([[1., 4., 3.]]))
    tensor([[4., 4.]])
    """

    _function = adaptive.adaptive_max_pool1d


@layer("pooling")
class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The greatest of as many windows as asked for, as even as they can be.

    input: (*, c, h, w). output_size: one number, or (h', w'); None stands for the input's size.
    return_indices: with the index of each in its flattened image.

    >>> nn.AdaptiveMaxPool2d((1, 2))(arange(9.).reshape(1, 3, 3))
    tensor([[[7., 8.]]])
    """

    _function = adaptive.adaptive_max_pool2d


@layer("pooling")
class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The greatest of as many windows as asked for, over three dimensions.

    return_indices: with the index of each in its flattened volume.

    >>> nn.AdaptiveMaxPool3d((2, 1, 1))(arange(8.).reshape(1, 2, 2, 2)).flatten()
    tensor([3., 7.])
    """

    _function = adaptive.adaptive_max_pool3d


@layer("pooling")
class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """Means of as many windows as asked for, as even as they can be: (*, c, l) → (*, c, m).

    >>> nn.AdaptiveAvgPool1d(2)(tensor([[1., 2., 3.]]))
    tensor([[1.5000, 2.5000]])
    """

    _function = adaptive.adaptive_avg_pool1d


@layer("pooling")
class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """Means of as many windows as asked for, as even as they can be: (*, c, h, w) → (*, c, h', w').

    output_size: one number, or (h', w'); None stands for the input's size.

    >>> nn.AdaptiveAvgPool2d((1, 2))(arange(9.).reshape(1, 3, 3))
    tensor([[[3.5000, 4.5000]]])
    """

    _function = adaptive.adaptive_avg_pool2d


@layer("pooling")
class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """Means of as many windows as asked for, as even as they can be, over three dimensions.

    output_size: one number, or one for each; None stands for the input's size.

    >>> nn.AdaptiveAvgPool3d((None, 1, 1))(ones(1, 2, 3, 4)).shape
    torch.Size([1, 2, 1, 1])
    """

    _function = adaptive.adaptive_avg_pool3d
