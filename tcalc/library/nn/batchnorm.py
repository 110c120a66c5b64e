"""Batch norms: each channel brought to mean 0 and variance 1 over a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.library.nn.arguments import layer, take, tensor
from tcalc.library.nn.lazy import LazyModuleMixin
from tcalc.library.nn.module import Module
from tcalc.library.nn.parameter import UninitializedBuffer, UninitializedParameter
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import empty, ones, zeros
from tcalc.runtime.ops.nn.normalization.batch_norm import batch_norm
from tcalc.runtime.tensor.tensor import Parameter, Tensor
from tcalc.runtime.types.dtypes import int64

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Device, DType


class NormBase(Module):
    """What norms with running statistics share.

    _ranks: the numbers of dimensions that an input may have.
    """

    _public_ = frozenset({"reset_parameters", "reset_running_stats"})
    _version = 2
    _ranks: tuple[int, ...] = ()
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, device: Device | None = None,
        dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_features: int = take(self, "num_features", num_features, "int")
        self.eps: float = take(self, "eps", eps, "Scalar")
        self.momentum: float | None = (
            None if momentum is None else take(self, "momentum", momentum, "Scalar")
        )
        self.affine = affine
        self.track_running_stats = track_running_stats
        made = {"device": device, "dtype": dtype}
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            kept = Parameter(empty(self.num_features, **made)) if wanted else None
            self.register_parameter(name, kept)
        if track_running_stats:
            self.register_buffer("running_mean", zeros(self.num_features, **made))
            self.register_buffer("running_var", ones(self.num_features, **made))
            self.register_buffer("num_batches_tracked", zeros((), dtype=int64, device=device))
        else:
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                self.register_buffer(name, None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the batches seen so far."""
        for buffer, value in (
            (self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)
        ):  # fmt: skip
            if buffer is not None:
                buffer.fill_(value)

    def reset_parameters(self) -> None:
        """Forget the batches seen so far; weight 1 and bias 0."""
        self.reset_running_stats()
        with no_grad():
            for parameter, value in ((self.weight, 1), (self.bias, 0)):
                if parameter is not None:
                    parameter.fill_(value)

    def _check_input_dim(self, input: object) -> None:
        """Refuse an input of another number of dimensions."""
        dims = tensor(self, "input", input).ndim
        if not self._ranks:
            raise StateError(f"{type(self).__name__} does not define _check_input_dim()")
        if dims not in self._ranks:
            expected = " or ".join(f"{n}D" for n in self._ranks)
            raise ValueProblem(f"expected {expected} input (got {dims}D input)", argument="input")

    def _load_from_state_dict(
        self, state_dict: dict[str, object], prefix: str, local_metadata: dict[str, object],
        *rest: Any,
    ) -> None:  # fmt: skip
        """Of a state that knows of no version, or of the first, the count may be missing."""
        if isinstance(state_dict, dict) and isinstance(local_metadata, dict):
            version = local_metadata.get("version")
            if (version is None or version == 1) and self.track_running_stats:
                count = self.num_batches_tracked
                count = zeros((), dtype=int64) if count is None else count
                state_dict.setdefault(f"{prefix}num_batches_tracked", count)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


@export("torch.nn.modules.batchnorm._BatchNorm", home="torch.nn.modules.batchnorm")
class _BatchNorm(NormBase):
    """A batch norm over any number of dimensions."""

    def forward(self, input: Tensor) -> Tensor:
        """The norm by the batch's statistics while training, else by the running ones."""
        self._check_input_dim(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        tracks = self.training and self.track_running_stats
        if tracks and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:  # the mean over all batches
                momentum = 1 / float(self.num_batches_tracked)
        own = self.training or (self.running_mean is None and self.running_var is None)
        running = (self.running_mean, self.running_var)
        if self.training and not self.track_running_stats:
            running = (None, None)
        return batch_norm(input, *running, self.weight, self.bias, own, momentum, self.eps)


@layer("batchnorm")
class BatchNorm1d(_BatchNorm):
    """(input - mean) / sqrt(variance + eps) by channel, times weight plus bias.

    input: (n, num_features) or (n, num_features, l) → the same. While training by the batch's own
    statistics, towards which running_mean and running_var move by the part `momentum` (None: they
    are the mean over all batches); after eval() by the running ones. affine: whether there are
    weight and bias. track_running_stats: whether there are running ones.

    >>> nn.BatchNorm1d(1)(tensor([[1.], [3.]])).detach()
    tensor([[-1.0000],
            [ 1.0000]])
    """

    _ranks = (2, 3)


@layer("batchnorm")
class BatchNorm2d(_BatchNorm):
    """(input - mean) / sqrt(variance + eps) by channel, times weight plus bias.

    input: (n, num_features, h, w) → the same. Arguments as in BatchNorm1d.

    >>> nn.BatchNorm2d(16)
    BatchNorm2d(16, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    _ranks = (4,)


@layer("batchnorm")
class BatchNorm3d(_BatchNorm):
    """(input - mean) / sqrt(variance + eps) by channel, times weight plus bias.

    input: (n, num_features, d, h, w) → the same. Arguments as in BatchNorm1d.

    >>> nn.BatchNorm3d(2)(ones(1, 2, 2, 2, 2)).sum().item()
    0.0
    """

    _ranks = (5,)


@layer("batchnorm")
class SyncBatchNorm(_BatchNorm):
    """The batch norm of one process, under the name that several would share.

    input: (n, num_features, *) → the same. Arguments as in BatchNorm1d; process_group is kept.

    >>> net = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm2d(3)))
    >>> type(net[0]).__name__
    'SyncBatchNorm'
    """

    _public_ = frozenset({"convert_sync_batchnorm"})

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, process_group: object = None,
        device: Device | None = None, dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )
        self.process_group = process_group

    def _check_input_dim(self, input: object) -> None:
        shape = tensor(self, "input", input).shape
        if len(shape) < 2:
            raise ValueProblem(
                f"expected at least 2D input (got {len(shape)}D input)", argument="input"
            )
        if not shape[1]:
            raise ValueProblem(
                "SyncBatchNorm number of input channels should be non-zero", argument="input"
            )

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: object = None) -> Module:
        """The module with every batch norm in it made one of these, on the same parameters."""
        if not isinstance(module, Module):
            raise ArgumentError(f"module is a Module, not {type(module).__name__}")
        found = module
        if isinstance(module, _BatchNorm):
            found = SyncBatchNorm(
                module.num_features, module.eps, module.momentum, module.affine,
                module.track_running_stats, process_group, bias=module.bias is not None,
            )  # fmt: skip
            if module.affine:
                found.weight, found.bias = module.weight, module.bias
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                found.register_buffer(name, getattr(module, name))
            found.train(module.training)
        for name, child in module.named_children():
            found.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return found


# -- with as many channels as the first input has -----------------------------------------------


class LazyNormBase(LazyModuleMixin, NormBase):
    """What lazy norms with running statistics share; it stands before the norm among the bases."""

    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Device | None = None, dtype: DType | None = None,
        *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(0, eps, momentum, False, False, device, dtype)
        self.affine = affine
        self.track_running_stats = track_running_stats
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            if wanted:
                self.register_parameter(name, UninitializedParameter(**made))
        if track_running_stats:
            for name in ("running_mean", "running_var"):
                self.register_buffer(name, UninitializedBuffer(**made))
            self.register_buffer("num_batches_tracked", zeros((), dtype=int64, device=device))

    def reset_parameters(self) -> None:
        """Forget the batches seen so far; weight 1 and bias 0, once they have shapes."""
        if not self.has_uninitialized_params() and self.num_features:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Take num_features from an input."""
        if not self.has_uninitialized_params():
            return
        self.num_features = int(tensor(self, "input", input).shape[1])
        for own in (self.weight, self.bias, self.running_mean, self.running_var):
            if isinstance(own, (UninitializedParameter, UninitializedBuffer)):
                own.materialize((self.num_features,))
        self.reset_parameters()


@layer("batchnorm")
class LazyBatchNorm1d(LazyNormBase, BatchNorm1d):
    """A BatchNorm1d whose num_features are the channels of its first input.

    >>> m = nn.LazyBatchNorm1d()
    >>> m(ones(2, 3)).shape, m.num_features
    (torch.Size([2, 3]), 3)
    """

    cls_to_become = BatchNorm1d


@layer("batchnorm")
class LazyBatchNorm2d(LazyNormBase, BatchNorm2d):
    """A BatchNorm2d whose num_features are the channels of its first input.

    >>> m = nn.LazyBatchNorm2d()
    >>> m(ones(1, 3, 2, 2)).shape, m.num_features
    (torch.Size([1, 3, 2, 2]), 3)
    """

    cls_to_become = BatchNorm2d


@layer("batchnorm")
class LazyBatchNorm3d(LazyNormBase, BatchNorm3d):
    """A BatchNorm3d whose num_features are the channels of its first input.

    >>> nn.LazyBatchNorm3d()(ones(1, 3, 2, 2, 2)).shape
    torch.Size([1, 3, 2, 2, 2])
    """

    cls_to_become = BatchNorm3d
