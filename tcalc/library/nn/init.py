"""`torch.nn.init`: first values of parameters, drawn in PyTorch's order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.runtime.arrays.backend import has_contents, has_elements
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import Generator, Object
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.constant import empty_like
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.linalg.factorizations import qr
from tcalc.runtime.ops.random.drawing import randperm
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.call.define import DefinedOp

_HOME = "torch.nn.init"
# From this share of a normal distribution on, numbers are drawn from it until they fit; below,
# uniform ones are taken as often as they are likely.
_LIKELY = 0.3
# How often to draw anew before giving up.
_ROUNDS = 10_000


def _initializer(*old_names: str) -> Callable[[Callable[..., Tensor]], DefinedOp]:
    """Makes a function that writes a tensor in place, outside the graph, known to programs.

    old_names: those that PyTorch keeps from before such names ended in an underscore.
    """

    def define(function: Callable[..., Tensor]) -> DefinedOp:
        return silent(
            composite(
                names=tuple(f"{_HOME}.{name}" for name in (function.__name__, *old_names)),
                differentiable=False,
                exempt={"samples": "writes into a tensor"},
            )(function)
        )

    return define


@_initializer("uniform")
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw every element uniformly from [a, b).

    >>> manual_seed(0)
    >>> w = nn.init.uniform_(empty(2), -1, 1)
    >>> w
    tensor([-0.0075,  0.5364])
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


@_initializer("normal")
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw every element from a normal distribution.

    >>> manual_seed(0)
    >>> w = nn.init.normal_(empty(2), std=0.1)
    >>> w
    tensor([ 0.1541, -0.0293])
    """
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


@_initializer()
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Draw every element from a normal distribution of which only [a, b] is kept.

    >>> manual_seed(0)
    >>> w = nn.init.trunc_normal_(empty(2), std=0.02)
    >>> w
    tensor([ 0.0308, -0.0059])
    """
    if not has_contents(tensor._d):
        return tensor
    if mean < a - 2 * std or mean > b + 2 * std:
        warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of "
            "values may be incorrect."
        )
    share = _below((b - mean) / std) - _below((a - mean) / std)
    draw = _drawn_until_within if share > _LIKELY else _drawn_by_likelihood
    with no_grad():
        draw(tensor, mean, std, a, b, generator)
    return tensor


def _below(x: float) -> float:
    """The share of a standard normal distribution below x."""
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _drawn_until_within(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> None:
    """Draw normals anew until all lie between the bounds, as the dtype has them."""
    low, high = tensor.new_tensor(a).item(), tensor.new_tensor(b).item()
    tensor.normal_(mean, std, generator=generator)
    for _ in range(_ROUNDS):
        if not anywhere(outside := (tensor < low) | (tensor > high)):
            return
        again = empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(where(outside, again, tensor))
    raise _never(a, b)


def _drawn_by_likelihood(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> None:
    """Draw uniform numbers, and each anew until it is kept, which it is as often as it is likely."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2

    def refused(candidates: Tensor) -> Tensor:
        likelihood = candidates.sub(mean).div_(std).pow_(2).mul_(-0.5).sub_(peak)
        return empty_like(tensor).uniform_(generator=generator).log_().gt(likelihood)

    pending = refused(tensor.uniform_(a, b, generator=generator))
    for _ in range(_ROUNDS):
        if not anywhere(pending):
            return
        candidates = empty_like(tensor).uniform_(a, b, generator=generator)
        tensor.copy_(where(pending, candidates, tensor))
        pending = pending & refused(candidates)
    raise _never(a, b)


def _never(a: float, b: float) -> ValueProblem:
    """Of draws that would go on for ever: what is kept is too unlikely, or lost to rounding."""
    return ValueProblem(f"trunc_normal_: no number from {a:g} to {b:g} was drawn", argument="mean",
                        hint="give a mean near [a, b], or a larger std")  # fmt: skip


@_initializer("constant")
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with a number.

    >>> w = nn.init.constant_(empty(2), 0.3)
    >>> w
    tensor([0.3000, 0.3000])
    """
    with no_grad():
        return tensor.fill_(val)


@_initializer()
def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1.

    >>> w = nn.init.ones_(empty(2))
    >>> w
    tensor([1., 1.])
    """
    with no_grad():
        return tensor.fill_(1.0)


@_initializer()
def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0.

    >>> w = nn.init.zeros_(empty(2))
    >>> w
    tensor([0., 0.])
    """
    with no_grad():
        return tensor.zero_()


@_initializer("eye")
def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity, as far as its sizes go.

    >>> w = nn.init.eye_(empty(2, 3))
    >>> w
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueProblem("Only tensors with 2 dimensions are supported", argument="tensor")
    with no_grad():
        tensor.zero_().fill_diagonal_(1.0)
    return tensor


@_initializer("dirac")
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make a convolution's weight the identity: each channel comes through as it is.

    >>> w = nn.init.dirac_(empty(1, 2, 3))
    >>> w
    tensor([[[0., 1., 0.],
             [0., 0., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueProblem(
            "Only tensors with 3, 4, or 5 dimensions are supported", argument="tensor"
        )
    if groups == 0 or tensor.shape[0] % groups:
        raise ValueProblem("dim 0 must be divisible by groups", argument="groups")
    if not has_contents(tensor._d):
        return tensor
    channels = tensor.shape[0] // groups
    middle = tuple([size // 2 for size in tensor.shape[2:]])
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for d in range(min(channels, tensor.shape[1])):
                tensor[(group * channels + d, d, *middle)] = 1
    return tensor


@_initializer("xavier_uniform")
def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw uniformly with a spread by fan_in and fan_out (Glorot and Bengio, 2010).

    >>> manual_seed(0)
    >>> w = nn.init.xavier_uniform_(empty(1, 2))
    >>> w
    tensor([[-0.0106,  0.7586]])
    """
    bound = math.sqrt(3.0) * _xavier(tensor, gain)
    with no_grad():
        return tensor.uniform_(-bound, bound, generator=generator)


@_initializer("xavier_normal")
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw normals with a spread by fan_in and fan_out (Glorot and Bengio, 2010).

    >>> manual_seed(0)
    >>> w = nn.init.xavier_normal_(empty(1, 2))
    >>> w
    tensor([[ 1.2582, -0.2396]])
    """
    with no_grad():
        return tensor.normal_(0.0, _xavier(tensor, gain), generator=generator)


def _xavier(tensor: Tensor, gain: float) -> float:
    """The standard deviation."""
    fan_in, fan_out = fans(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


@_initializer("kaiming_uniform")
def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Draw uniformly with a spread by one fan and what follows the layer (He et al., 2015).

    a: the negative slope of leaky_relu. mode: "fan_in" or "fan_out".

    >>> manual_seed(0)
    >>> w = nn.init.kaiming_uniform_(empty(1, 2), nonlinearity="relu")
    >>> w
    tensor([[-0.0130,  0.9291]])
    """
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming(tensor, a, mode, nonlinearity)
    with no_grad():
        return tensor.uniform_(-bound, bound, generator=generator)


@_initializer("kaiming_normal")
def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Draw normals with a spread by one fan and what follows the layer (He et al., 2015).

    a: the negative slope of leaky_relu. mode: "fan_in" or "fan_out".

    >>> manual_seed(0)
    >>> w = nn.init.kaiming_normal_(empty(1, 2), mode="fan_in", nonlinearity="relu")
    >>> w
    tensor([[ 1.5410, -0.2934]])
    """
    if _is_empty(tensor):
        return tensor
    std = _kaiming(tensor, a, mode, nonlinearity)
    with no_grad():
        return tensor.normal_(0, std, generator=generator)


def _is_empty(tensor: Tensor) -> bool:
    if tensor.numel():
        return False
    warn("Initializing zero-element tensors is a no-op")
    return True


def _kaiming(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """The standard deviation."""
    modes = ["fan_in", "fan_out"]
    mode = mode.lower()
    if mode not in modes:
        raise ValueProblem(f"Mode {mode} not supported, please use one of {modes}", argument="mode")
    fan = fans(tensor)[modes.index(mode)]
    return calculate_gain.function(nonlinearity, a) / math.sqrt(fan)


@_initializer("orthogonal")
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Make rows or columns orthonormal, whichever are fewer (Saxe et al., 2013).

    Dims after the first count as one.

    >>> w = nn.init.orthogonal_(empty(2, 3))
    >>> allclose(w @ w.T, eye(2), atol=1e-5)
    True
    """
    if tensor.ndim < 2:
        raise ValueProblem(
            "Only tensors with 2 or more dimensions are supported", argument="tensor"
        )
    if not has_elements(tensor._d):
        return tensor
    rows = tensor.shape[0]
    with no_grad():
        drawn = tensor.new_empty(rows, tensor.numel() // rows).normal_(generator=generator)
        tall = drawn if rows >= drawn.shape[1] else drawn.t()
        q, r = qr(tall)
        q = q * r.diagonal().sign()
        tensor.view_as(drawn).copy_(q if tall is drawn else q.t())
        tensor.mul_(gain)
    return tensor


@_initializer("sparse")
def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Draw normals and make a share of each column 0.

    sparsity: the share, from 0 to 1.

    >>> (nn.init.sparse_(empty(4, 2), 0.5) == 0).sum(0)
    tensor([2, 2])
    """
    if tensor.ndim != 2:
        raise ValueProblem("Only tensors with 2 dimensions are supported", argument="tensor")
    if not has_contents(tensor._d):
        return tensor
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[randperm(rows)[:zeros], column] = 0
    return tensor


# By what follows the layer; that of leaky_relu depends on its slope.
_GAINS = {
    **dict.fromkeys(
        "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d "
        "sigmoid".split(),
        1,
    ),
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}


@composite(names=(f"{_HOME}.calculate_gain",), differentiable=False,
           exempt={"samples": "takes no tensor"})  # fmt: skip
def calculate_gain(nonlinearity: str, param: Object = None) -> float:
    """What a layer's spread is multiplied by for the function that follows it.

    param: the negative slope of "leaky_relu".

    >>> nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity in _GAINS:
        return _GAINS[nonlinearity]
    if nonlinearity != "leaky_relu":
        raise ValueProblem(f"Unsupported nonlinearity {nonlinearity}", argument="nonlinearity")
    if param is not None and type(param) not in (int, float):
        raise ValueProblem(f"negative_slope {param} not a valid number", argument="param")
    return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many numbers an output of a layer with this weight comes from, and an input goes into.

    >>> nn.init._calculate_fan_in_and_fan_out(empty(4, 3, 5, 5))
    (75, 100)
    """
    if not isinstance(tensor, Tensor):
        raise ArgumentError(f"expected a Tensor, not {type(tensor).__name__}", argument="tensor")
    if tensor.ndim < 2:
        raise ValueProblem(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions",
            argument="tensor",
        )
    outputs, inputs, *field = tensor.shape
    return inputs * math.prod(field), outputs * math.prod(field)


export(f"{_HOME}._calculate_fan_in_and_fan_out", value=fans)
fans.__name__ = fans.__qualname__ = "_calculate_fan_in_and_fan_out"
