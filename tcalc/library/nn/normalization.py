"""Norms of layers and groups, and of neighbouring channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.nn.arguments import Sizes, for_each, layer, take, tensor
from tcalc.library.nn.module import Module
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.nn.normalization.layer_norm import group_norm, layer_norm, rms_norm
from tcalc.runtime.ops.nn.normalization.local_response_norm import (
    cross_map_norm,
    local_response_norm,
)
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Device, DType


class _Scaled(Module):
    """A norm that may have a weight, which begins as 1, and a bias, which begins as 0."""

    _public_ = frozenset({"reset_parameters"})

    def _make(
        self, shape: Sizes, weight: bool, bias: bool, device: Device | None, dtype: DType | None
    ) -> None:
        for name, wanted in (("weight", weight), ("bias", bias)):
            made = Parameter(empty(shape, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1 and bias 0."""
        with no_grad():
            for name, value in (("weight", 1), ("bias", 0)):
                parameter = self._parameters.get(name)
                if parameter is not None:
                    parameter.fill_(value)


@layer("normalization")
class LayerNorm(_Scaled):
    """(input - mean) / sqrt(variance + eps) over the last dimensions, times weight plus bias.

    input: (*, *normalized_shape) → the same. weight, bias: (*normalized_shape), unless
    elementwise_affine is False.

    >>> nn.LayerNorm(2)(tensor([[1., 3.], [4., 4.]])).detach()
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """

    def __init__(
        self, normalized_shape: int | Sizes, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = for_each(self, "normalized_shape", normalized_shape, 1)
        self.eps: float = take(self, "eps", eps, "Scalar")
        self.elementwise_affine = elementwise_affine
        own = bool(elementwise_affine)
        self._make(self.normalized_shape, own, own and bool(bias), device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The norm."""
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


@layer("normalization")
class RMSNorm(_Scaled):
    """input / sqrt(mean(input²) + eps) over the last dimensions, times weight.

    input: (*, *normalized_shape) → the same. weight: (*normalized_shape), unless elementwise_affine
    is False. eps: by default the dtype's smallest step from 1.

    >>> nn.RMSNorm(2)(tensor([[3., 4.]])).detach()
    tensor([[0.8485, 1.1314]])
    """

    def __init__(
        self, normalized_shape: int | Sizes, eps: float | None = None,
        elementwise_affine: bool = True, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = for_each(self, "normalized_shape", normalized_shape, 1)
        self.eps: float | None = None if eps is None else take(self, "eps", eps, "Scalar")
        self.elementwise_affine = elementwise_affine
        made = Parameter(empty(self.normalized_shape, device=device, dtype=dtype))
        self.register_parameter("weight", made if elementwise_affine else None)
        self.reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        """The norm."""
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


@layer("normalization")
class GroupNorm(_Scaled):
    """(input - mean) / sqrt(variance + eps) over groups of channels, times weight plus bias.

    input: (n, num_channels, *) → the same; num_channels is a multiple of num_groups. weight, bias:
    (num_channels), unless affine is False.

    >>> nn.GroupNorm(2, 4)(tensor([[[1.], [3.], [0.], [2.]]])).detach().flatten()
    tensor([-1.0000,  1.0000, -1.0000,  1.0000])
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
        device: Device | None = None, dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_groups: int = take(self, "num_groups", num_groups, "int")
        self.num_channels: int = take(self, "num_channels", num_channels, "int")
        if self.num_groups <= 0 or self.num_channels % self.num_groups:
            raise ValueProblem(
                f"num_channels ({self.num_channels}) must be divisible by num_groups "
                f"({self.num_groups})",
                argument="num_channels",
            )
        self.eps: float = take(self, "eps", eps, "Scalar")
        self.affine = affine
        own = bool(affine)
        self._make((self.num_channels,), own, own and bool(bias), device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The norm."""
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


# -- over neighbouring channels ---------------------------------------------------------------


class _ResponseNorm(Module):
    """A norm over `size` neighbouring channels."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size: int = take(self, "size", size, "int")
        self.alpha: float = take(self, "alpha", alpha, "Scalar")
        self.beta: float = take(self, "beta", beta, "Scalar")
        self.k: float = take(self, "k", k, "Scalar")

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


@layer("normalization")
class LocalResponseNorm(_ResponseNorm):
    """input / (k + alpha times the mean square over `size` neighbouring channels) ** beta.

    input: (n, c, *) → the same; channels that are not there count as 0.

    >>> nn.LocalResponseNorm(2, alpha=1., beta=1.)(ones(1, 2, 1)).flatten()
    tensor([0.6667, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The norm."""
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)


@layer("normalization")
class CrossMapLRN2d(_ResponseNorm):
    """LocalResponseNorm of images (n, c, h, w) as PyTorch has it from Torch 7.

    There the sum goes on from one channel to the next, and the first one is never taken away.

    >>> nn.CrossMapLRN2d(3, alpha=3., beta=1.)(ones(1, 3, 1, 1)).flatten()
    tensor([0.3333, 0.2500, 0.2500])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)

    def forward(self, input: Tensor) -> Tensor:
        """The norm."""
        given = tensor(self, "input", input)
        return cross_map_norm(given, self.size, self.alpha, self.beta, self.k)
