"""Instance norms: each channel of each example brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.nn.arguments import layer
from tcalc.library.nn.batchnorm import LazyNormBase, NormBase
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.nn.normalization.batch_norm import instance_norm
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Device, DType


@export("torch.nn.modules.instancenorm._InstanceNorm", home="torch.nn.modules.instancenorm")
class _InstanceNorm(NormBase):
    """An instance norm over any number of dimensions."""

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Device | None = None, dtype: DType | None = None,
        *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        """The norm by each example's statistics, or by the running ones where they are kept."""
        self._check_input_dim(input)
        single = input.ndim == self._ranks[0]
        dim = 0 if single else 1
        if input.shape[dim] != self.num_features:
            if self.affine:
                raise ValueProblem(
                    f"expected input's size at dim={dim} to match num_features "
                    f"({self.num_features}), but got: {input.shape[dim]}.",
                    argument="input",
                )
            warn(
                f"input's size at dim={dim} does not match num_features. You can silence this "
                "warning by not passing in num_features, which is not used because affine=False"
            )
        found = instance_norm(
            input.unsqueeze(0) if single else input, self.running_mean, self.running_var,
            self.weight, self.bias, self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum, self.eps,
        )  # fmt: skip
        return found.squeeze(0) if single else found


@layer("instancenorm")
class InstanceNorm1d(_InstanceNorm):
    """(input - mean) / sqrt(variance + eps) by example and channel, times weight plus bias.

    input: (n, num_features, l) or (num_features, l) → the same. affine: whether there are weight
    and bias. track_running_stats: whether it keeps running statistics, by which it goes after
    eval().

    >>> nn.InstanceNorm1d(2)(tensor([[1., 3.], [5., 9.]]))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """

    _ranks = (2, 3)


@layer("instancenorm")
class InstanceNorm2d(_InstanceNorm):
    """(input - mean) / sqrt(variance + eps) by example and channel, times weight plus bias.

    input: (n, num_features, h, w) or (num_features, h, w) → the same. Arguments as in
    InstanceNorm1d.

    >>> nn.InstanceNorm2d(3)
    InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)
    """

    _ranks = (3, 4)


@layer("instancenorm")
class InstanceNorm3d(_InstanceNorm):
    """(input - mean) / sqrt(variance + eps) by example and channel, times weight plus bias.

    input: (n, num_features, d, h, w) or (num_features, d, h, w) → the same. Arguments as in
    InstanceNorm1d.

    >>> nn.InstanceNorm3d(2)(ones(2, 2, 2, 2)).sum().item()
    0.0
    """

    _ranks = (4, 5)


@layer("instancenorm")
class LazyInstanceNorm1d(LazyNormBase, InstanceNorm1d):
    """An InstanceNorm1d whose num_features are the channels of its first input.

    >>> m = nn.LazyInstanceNorm1d()
    >>> m(ones(2, 3, 4)).shape, m.num_features
    (torch.Size([2, 3, 4]), 3)
    """

    cls_to_become = InstanceNorm1d


@layer("instancenorm")
class LazyInstanceNorm2d(LazyNormBase, InstanceNorm2d):
    """An InstanceNorm2d whose num_features are the channels of its first input.

    >>> nn.LazyInstanceNorm2d()(ones(1, 3, 2, 2)).shape
    torch.Size([1, 3, 2, 2])
    """

    cls_to_become = InstanceNorm2d


@layer("instancenorm")
class LazyInstanceNorm3d(LazyNormBase, InstanceNorm3d):
    """An InstanceNorm3d whose num_features are the channels of its first input.

    >>> nn.LazyInstanceNorm3d()(ones(1, 3, 2, 2, 2)).shape
    torch.Size([1, 3, 2, 2, 2])
    """

    cls_to_become = InstanceNorm3d
