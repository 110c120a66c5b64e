"""Cross-entropy of scores that are a linear map of the input."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, ShapeError, StateError, ValueProblem
from tcalc.runtime.base import kinds
from tcalc.runtime.base.op import Array, Object
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.linalg.affine import linear
from tcalc.runtime.ops.nn.cross_entropy import cross_entropy
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


_METHODS = ("auto", None)
_POLICIES = ("accurate", "balanced", "compact", "auto")
_SUMS = (None, dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)


@export(
    "torch.nn.LinearCrossEntropyOptions",
    home="torch.nn.modules.linear_cross_entropy_options",
)
class LinearCrossEntropyOptions:
    """How PyTorch parts the work of linear_cross_entropy to save memory; here it is not parted.

    >>> nn.LinearCrossEntropyOptions(batch_chunk_size=64).batch_chunk_size
    64
    """

    _public_ = frozenset(
        {"acc_dtype", "acc_policy", "allow_retain_graph", "batch_chunk_size", "chunking_method"}
    )

    def __init__(
        self, allow_retain_graph: bool = False, batch_chunk_size: int | None = None,
        chunking_method: str | None = "auto", acc_policy: str = "auto",
        acc_dtype: dtypes.dtype | None = None,
    ) -> None:  # fmt: skip
        def one(name: str, value: object, kind: str) -> Any:
            return None if value is None else kinds.take(type(self).__name__, name, (kind,), value)

        self.allow_retain_graph = one("allow_retain_graph", allow_retain_graph, "bool")
        self.batch_chunk_size = one("batch_chunk_size", batch_chunk_size, "int")
        self.chunking_method = one("chunking_method", chunking_method, "str")
        self.acc_policy = one("acc_policy", acc_policy, "str")
        self.acc_dtype = one("acc_dtype", acc_dtype, "DType")
        if self.batch_chunk_size is not None and self.batch_chunk_size <= 0:
            raise ValueProblem(
                f"batch_chunk_size must be positive int or None, got {self.batch_chunk_size}",
                argument="batch_chunk_size",
            )
        if self.chunking_method not in _METHODS:
            raise ValueProblem(f"invalid chunking_method: {self.chunking_method!r}",
                               argument="chunking_method")  # fmt: skip
        if self.acc_policy not in _POLICIES:
            raise ValueProblem(f"invalid acc_policy: {self.acc_policy!r}", argument="acc_policy")
        if self.acc_dtype not in _SUMS:
            raise ValueProblem(
                "acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, "
                f"torch.float64}}, got {self.acc_dtype}. Pass acc_dtype=None to let the op pick "
                "automatically.",
                argument="acc_dtype",
            )

    def __repr__(self) -> str:
        return (
            f"LinearCrossEntropyOptions(allow_retain_graph={self.allow_retain_graph}, "
            f"batch_chunk_size={self.batch_chunk_size}, "
            f"chunking_method={self.chunking_method!r}, acc_policy={self.acc_policy!r}, "
            f"acc_dtype={self.acc_dtype})"
        )


@composite(names=("torch.nn.functional.linear_cross_entropy",), samples=lambda: [
    ((made_up(2, 3), made_up(4, 3), np.array([1, 3])), {"linear_bias": [0.1, 0.2, -0.3, 0.4]}),
    ((made_up(2, 3), made_up(4, 2, 3), np.array([[1, 3], [0, 2]])), {"label_smoothing": 0.1}),
    ((made_up(2, 3), made_up(2, 3), [[0.4, 0.6], [1.0, 0.0]]), {}),
])  # fmt: skip
def linear_cross_entropy(
    input: Array, linear_weight: Array, target: Array, *, linear_bias: Array = None,
    weight: Array = None, reduction: str = "mean", ignore_index: int | None = None,
    label_smoothing: float = 0.0, options: Object = None,
) -> Array:  # fmt: skip
    """cross_entropy(linear(input, linear_weight, linear_bias), target).

    input: (n, features) or (features), linear_weight: (classes, features), or (classes, *,
    features) for a target (n, *) of several numbers. Others as in cross_entropy. options: how
    PyTorch saves memory; here it changes nothing.

    >>> w = tensor([[1., 0.], [0., 1.]])
    >>> nn.functional.linear_cross_entropy(tensor([[2., 0.]]), w, tensor([0]))
    tensor(0.1269)
    """
    if options is not None and not isinstance(options, LinearCrossEntropyOptions):
        raise ArgumentError(
            "linear_cross_entropy(): argument 'options' must be LinearCrossEntropyOptions, not "
            f"{type(options).__name__}",
            argument="options",
        )
    _check(input, linear_weight, linear_bias)
    if ignore_index is None:
        ignore_index = -100
    elif target.dtype.is_floating_point:
        raise StateError("ignore_index cannot be specified when target contains probabilities",
                         argument="ignore_index")  # fmt: skip
    classes, *places, features = linear_weight.shape
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    scores = linear(input, linear_weight.reshape(classes * prod(places), features), bias)
    if places:
        scores = scores.reshape(input.shape[0], classes, *places)
    return cross_entropy(
        scores, target, weight, ignore_index=ignore_index, reduction=reduction,
        label_smoothing=label_smoothing,
    )  # fmt: skip


def _check(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Refuse operands that do not fit each other."""
    if input.ndim not in (1, 2):
        raise ShapeError(f"expected input with dimensionality 1 or 2, got {input.ndim}",
                         argument="input")  # fmt: skip
    if weight.ndim < 2:
        raise ShapeError(
            f"expected linear_weight with dimensionality at least 2, got {weight.ndim}",
            argument="linear_weight",
        )
    *outer, features = weight.shape
    if input.shape[-1] != features:
        raise ShapeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{input.shape[-1]} and {features}, respectively"
        )
    if weight.ndim > 2 and input.ndim == 1:
        raise ShapeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(weight.shape)} requires "
            f"batched input, (N, {features}), got unbatched input with shape {tuple(input.shape)}",
            argument="input",
        )
    if bias is not None and tuple(bias.shape) != tuple(outer):
        raise ShapeError(
            f"expected linear_bias shape {tuple(outer)}, got {tuple(bias.shape)}",
            argument="linear_bias",
        )
