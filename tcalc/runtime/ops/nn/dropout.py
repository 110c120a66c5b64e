"""Dropout: elements, or whole channels, set to 0 by chance, the others scaled up in return."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, ShapeError, ValueProblem
from tcalc.runtime.base.op import DRAWS, MATRIX, Array, on_a_copy
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.define import composite
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.ops.create.whole import whole
from tcalc.runtime.ops.random import sampling
from tcalc.runtime.ops.random.drawing import drawn
from tcalc.runtime.types.codes import EXACT
from tcalc.runtime.types.dtypes import float64
from tcalc.runtime.types.formats import back

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


# Where a SELU's negative values tend to, with the other sign.
_ALPHA = 1.7580993408473766


def _dropped(
    input: Tensor, p: float, training: bool, inplace: bool, *, by_channel: bool = False,
    alpha: bool = False,
) -> Tensor:  # fmt: skip
    """What is left of the input: by the same chances as PyTorch's from the same generator."""
    if not 0 <= p <= 1:
        raise ValueProblem(
            f"dropout probability has to be between 0 and 1, but got {p}", argument="p"
        )
    if p == 0 or not training or not input._d.size:
        return input
    if input._d.dtype.char in EXACT:
        raise DtypeError(
            f"result type Float can't be cast to the desired output type {input.dtype.shorthand}",
            argument="input", hint="convert it with .float()",
        )  # fmt: skip
    if p == 1:
        return input.mul_(0.0) if inplace else input * 0.0
    shape = input._d.shape
    if by_channel:
        if len(shape) < 2:
            raise ShapeError("Feature dropout requires at least 2 dimensions in the input",
                             argument="input")  # fmt: skip
        shape = (*shape[:2], *(1,) * (len(shape) - 2))
    # What is left is divided by 1 - p, which has the accuracy of a float at least.
    exact: Any = np.float64 if input.dtype is float64 else np.float32
    one = 1.0 if alpha else float(exact(1) / exact(1 - p))
    # Elements are drawn for as they lie in memory; channels, in their order.
    order = tuple(range(len(shape))) if by_channel else _memory_order(input._d)
    noise: Any = drawn((tuple([shape[i] for i in order]),), None, input.dtype, input.device, False,
                  lambda a, g: sampling.bernoulli_(a, 1 - p, g, one))  # fmt: skip
    if order != tuple(range(len(shape))):
        noise = noise.permute(back(order))
    if not alpha:
        return input.mul_(noise) if inplace else input * noise
    scale = 1 / sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
    shift = (noise - 1) * (_ALPHA * scale) + _ALPHA * scale * p
    noise.mul_(scale)
    return input.mul_(noise).add_(shift) if inplace else input * noise + shift


def _memory_order(array: Array) -> tuple[int, ...]:
    """The dimensions from that with the largest step in memory to that with the smallest."""
    as_they_are = tuple(range(len(array.shape)))
    if type(array) is np.ndarray and array.flags.c_contiguous:
        return as_they_are
    if type(array) is Pending:
        return array.order or as_they_are
    steps = getattr(array, "strides", None)  # a batch of arrays has none
    if steps is None or any(n > 1 and not step for n, step in zip(array.shape, steps)):
        return as_they_are
    return tuple(sorted(as_they_are, key=lambda i: -abs(steps[i])))


def _of_channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    """Dropout of whole channels, of an example alone too."""
    if batched:
        return _dropped(input, p, training, inplace, by_channel=True)
    left = _dropped(input.unsqueeze(0), p, training, inplace, by_channel=True)
    return input if inplace else left.squeeze(0)


def _check_dims(name: str, input: Tensor, dims: int) -> None:
    """Warn of an input that does not have so many dimensions and channels."""
    n = input.ndim
    if n not in (dims + 1, dims + 2):
        warn(
            f"{name}: Received a {n}-D input to {name}, which is deprecated and will result in an "
            "error in a future release. To retain the behavior and silence this warning, please "
            f"use dropout instead. Note that {name} exists to provide channel-wise dropout on "
            f"inputs with {dims} spatial dimensions, a channel dimension, and an optional batch "
            f"dimension (i.e. {dims + 1}D or {dims + 2}D inputs)."
        )


@composite(
    names=("torch.nn.functional.dropout",),
    samples=lambda: [
        ((MATRIX, 0.4), {}),
        ((MATRIX, 0.4, False), {}),
    ],
    exempt=DRAWS,
)
def dropout(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Array:
    """Each element is 0 with probability p, else divided by 1 - p; as it is unless training.

    >>> nn.functional.dropout(tensor([1., 2.]), training=False)
    tensor([1., 2.])
    """
    return _dropped(input, p, training, inplace)


whole(dropout)


@composite(
    name="dropout",
    names=("torch.dropout",),
    samples=lambda: [((MATRIX, 0.4, True), {})],
    exempt=DRAWS,
)
def _torch_dropout(input: Array, p: float, train: bool) -> Array:
    """Each element is 0 with probability p, else divided by 1 - p; as it is unless `train`.

    >>> dropout(tensor([1., 2.]), 0., True)
    tensor([1., 2.])
    """
    return _dropped(input, p, train, False)


def _in_place(name: str, effect: str, **how: bool) -> None:
    """Define the form `torch.name_` that writes into its input."""

    def function(input: Array, p: float, train: bool) -> Array:
        return _dropped(input, p, train, True, **how)

    function.__name__ = f"{name}_"
    function.__doc__ = f"""{effect}, of the tensor itself, which is returned.

    >>> {name}_(ones(1, 2), 0., True)
    tensor([[1., 1.]])
    """
    composite(
        names=(f"torch.{name}_",), exempt=DRAWS,
        samples=lambda: [((MATRIX, 0.4, True), {}, on_a_copy)],
    )(function)  # fmt: skip


_in_place("dropout", "Each element is 0 with probability p, else divided by 1 - p")
_in_place("feature_dropout", "Each channel is 0 with probability p, else divided by 1 - p",
          by_channel=True)  # fmt: skip
_in_place("alpha_dropout", "nn.functional.alpha_dropout", alpha=True)
_in_place("feature_alpha_dropout", "nn.functional.feature_alpha_dropout", by_channel=True,
          alpha=True)  # fmt: skip


@composite(
    names=("torch.nn.functional.dropout1d",),
    samples=lambda: [(([MATRIX], 0.4), {})],
    exempt=DRAWS,
)
def dropout1d(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Array:
    """Each channel of (n, c, l) or (c, l) is 0 with probability p, else divided by 1 - p.

    >>> nn.functional.dropout1d(ones(1, 2, 2), 0.).flatten()
    tensor([1., 1., 1., 1.])
    """
    if input.ndim not in (2, 3):
        raise ShapeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that "
            "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs).",
            argument="input",
        )
    return _of_channels(input, p, training, inplace, input.ndim == 3)


@composite(
    names=("torch.nn.functional.dropout2d",),
    samples=lambda: [(([[MATRIX]], 0.4), {})],
    exempt=DRAWS,
)
def dropout2d(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Array:
    """Each channel of (n, c, h, w) is 0 with probability p, else divided by 1 - p.

    >>> nn.functional.dropout2d(ones(1, 2, 1, 1), 0.).flatten()
    tensor([1., 1.])
    """
    _check_dims("dropout2d", input, 2)
    if input.ndim == 3:
        warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout "
            "behavior is desired - input is interpreted as shape (N, C, L), where C is the channel "
            "dim. This behavior will change in a future release to interpret the input as one "
            "without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead."
        )
    return _dropped(input, p, training, inplace, by_channel=True)


@composite(
    names=("torch.nn.functional.dropout3d",),
    samples=lambda: [(([[[MATRIX]]], 0.4), {})],
    exempt=DRAWS,
)
def dropout3d(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Array:
    """Each channel of (n, c, d, h, w) or (c, d, h, w) is 0 with probability p, else divided by 1 - p.

    >>> nn.functional.dropout3d(ones(1, 2, 1, 1, 1), 0.).flatten()
    tensor([1., 1.])
    """
    _check_dims("dropout3d", input, 3)
    return _of_channels(input, p, training, inplace, input.ndim == 5)


@composite(
    names=("torch.feature_dropout",),
    samples=lambda: [((MATRIX, 0.4, True), {})],
    exempt=DRAWS,
)
def feature_dropout(input: Array, p: float, train: bool) -> Array:
    """Each channel of (n, c, *) is 0 with probability p, else divided by 1 - p.

    >>> feature_dropout(ones(1, 2), 0., True)
    tensor([[1., 1.]])
    """
    return _dropped(input, p, train, False, by_channel=True)


@composite(
    names=("torch.nn.functional.alpha_dropout",),
    samples=lambda: [
        ((MATRIX, 0.4, True), {}),
        ((MATRIX, 0.4), {}),
    ],
    exempt=DRAWS,
)
def alpha_dropout(
    input: Array, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Array:
    """Dropout for SELU: what is dropped becomes its limit, and mean and variance stay as they are.

    >>> nn.functional.alpha_dropout(tensor([1., 2.]))
    tensor([1., 2.])
    """
    return _dropped(input, p, training, inplace, alpha=True)


@composite(
    names=("torch.nn.functional.feature_alpha_dropout",),
    samples=lambda: [
        ((MATRIX, 0.4, True), {}),
        ((MATRIX, 0.4), {}),
    ],
    exempt=DRAWS,
)
def feature_alpha_dropout(
    input: Array, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Array:
    """alpha_dropout of whole channels of (n, c, *).

    >>> nn.functional.feature_alpha_dropout(ones(1, 2))
    tensor([[1., 1.]])
    """
    return _dropped(input, p, training, inplace, by_channel=True,
                    alpha=True)  # fmt: skip


@composite(
    name="alpha_dropout",
    names=("torch.alpha_dropout",),
    samples=lambda: [((MATRIX, 0.4, True), {})],
    exempt=DRAWS,
)
def _torch_alpha_dropout(input: Array, p: float, train: bool) -> Array:
    """nn.functional.alpha_dropout where `train` says so.

    >>> alpha_dropout(tensor([1., 2.]), 0.5, False)
    tensor([1., 2.])
    """
    return _dropped(input, p, train, False, alpha=True)


@composite(
    name="feature_alpha_dropout",
    names=("torch.feature_alpha_dropout",),
    samples=lambda: [((MATRIX, 0.4, True), {})],
    exempt=DRAWS,
)
def _torch_feature_alpha_dropout(input: Array, p: float, train: bool) -> Array:
    """nn.functional.feature_alpha_dropout where `train` says so.

    >>> feature_alpha_dropout(ones(1, 2), 0.5, False)
    tensor([[1., 1.]])
    """
    return _dropped(input, p, train, False, by_channel=True, alpha=True)
