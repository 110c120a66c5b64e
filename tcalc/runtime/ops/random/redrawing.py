"""Random numbers written into a tensor's own memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import DRAWS, MATRIX, Array, Data, Scalar, on_a_copy
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import DefinedOp, composite
from tcalc.runtime.call.inplace import write_in_place
from tcalc.runtime.ops.create.whole import whole
from tcalc.runtime.ops.random import sampling
from tcalc.runtime.ops.random.drawing import draw_into, on_host
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.ops.random.generator import Fill, Generator


def _replaced(node_name: str, only: str = "bifc") -> DefinedOp:
    """What stands in the graph for numbers drawn over others, of which no gradient is left."""

    def drawn_over(xp: ModuleType, input: Array) -> Array:
        """Random numbers in the shape and dtype of `input`."""
        return xp.zeros_like(input)

    op = DefinedOp(drawn_over, "kernel", names=(), node_name=node_name,
            upcast_halves=False, only=only)  # fmt: skip
    op.vjp(input=lambda g: g._zeros())
    op.batch = leading
    return op


_UNIFORM = _replaced("UniformBackward0")
_NORMAL = _replaced("NormalBackward0")
_RANDOM = [_replaced(f"RandomBackward{2 - n}", "bifcu" if n else "bifc") for n in range(3)]
_BERNOULLI = {kind: _replaced(f"BernoulliBackward{i}") for kind, i in ((False, 2), (True, 1))}
_EXPONENTIAL = _replaced("ExponentialBackward0")
_GEOMETRIC = _replaced("GeometricBackward0")
_CAUCHY = _replaced("CauchyBackward0")
_LOG_NORMAL = _replaced("LogNormalBackward0")


def _redraw(
    op: DefinedOp, name: str, input: Tensor, generator: Generator | None, fill: Fill
) -> Tensor:
    if mode.interpreter is not None and isinstance(input, Tensor):
        done = mode.interpreter.redraw(input, lambda t: _redraw(op, name, t, generator, fill))
        if done is not None:
            return done
    return write_in_place(op, name, input, (input,), lambda a: draw_into(a, generator, fill))


def _number(value: object, name: str) -> Scalar:
    """A parameter of a distribution as a Python number."""
    if type(value) not in (int, float, bool):
        raise ArgumentError(f"{name} must be a number, not {type(value).__name__}", argument=name)
    return value


def _redrawing(function: Callable[..., Tensor]) -> DefinedOp:
    return composite(
        names=(f"Tensor.{function.__name__}",), samples=lambda: [((MATRIX,), {}, on_a_copy)], exempt=DRAWS,
    )(function)  # fmt: skip


@composite(
    names=("Tensor.uniform_",),
    keywords={"from": "low", "to": "high"},
    samples=lambda: [((MATRIX,), {}, on_a_copy)],
    exempt=DRAWS,
)
def uniform_(
    input: Tensor, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Write numbers uniform in [low, high) into every element.

    >>> manual_seed(0)
    >>> zeros(3).uniform_(-1, 1)
    tensor([-0.0075,  0.5364, -0.8230])
    """
    return _redraw(_UNIFORM, "uniform_", input, generator,
                   lambda a, g: sampling.uniform_(a, low, high, g))  # fmt: skip


@_redrawing
def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Write normals of the mean and standard deviation into every element.

    >>> manual_seed(0)
    >>> zeros(3).normal_()
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    return _redraw(_NORMAL, "normal_", input, generator,
                   lambda a, g: sampling.normal_(a, mean, std, g))  # fmt: skip


@_redrawing
def random_(
    input: Tensor, *bounds: int | None, to: int | None = None, generator: Generator | None = None
) -> Tensor:
    """Write whole numbers into every element: `random_()` of all that the dtype holds from 0 on,
    `random_(to)` of [0, to), `random_(from, to)` of [from, to).

    >>> manual_seed(0)
    >>> zeros(4).random_(10)
    tensor([4., 9., 3., 0.])
    """
    if to is not None:
        bounds = (*bounds, to)
    if len(bounds) > 2:
        raise ArgumentError("random_() takes two bounds at most")
    low, high = {0: (None, None), 1: (0, *bounds), 2: bounds}[len(bounds)]
    return _redraw(_RANDOM[len(bounds)], "random_", input, generator,
                   lambda a, g: sampling.random_(a, low, high, g))  # fmt: skip


@_redrawing
def bernoulli_(
    input: Tensor, p: Data | Scalar = 0.5, *, generator: Generator | None = None
) -> Tensor:
    """Write 1 with the probability p, a number or a tensor that broadcasts, and else 0.

    >>> zeros(2).bernoulli_(tensor([0., 1.]))
    tensor([0., 1.])
    """
    given = isinstance(p, Tensor)
    chances = on_host(p._a) if given else _number(p, "p")
    return _redraw(_BERNOULLI[given], "bernoulli_", input, generator,
                   lambda a, g: sampling.bernoulli_(a, chances, g))  # fmt: skip


@_redrawing
def exponential_(
    input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Write exponentially distributed numbers of the rate lambd.

    >>> manual_seed(0)
    >>> bool((zeros(100).exponential_() > 0).all())
    True
    """
    return _redraw(_EXPONENTIAL, "exponential_", input, generator,
                   lambda a, g: sampling.exponential_(a, lambd, g))  # fmt: skip


@composite(
    names=("Tensor.geometric_",),
    samples=lambda: [((MATRIX, 0.4), {}, on_a_copy)],
    exempt=DRAWS,
)
def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Write how many trials, each a success with the probability p, it takes to the first one.

    >>> manual_seed(0)
    >>> bool((zeros(100).geometric_(0.5) >= 1).all())
    True
    """
    return _redraw(_GEOMETRIC, "geometric_", input, generator,
                   lambda a, g: sampling.geometric_(a, p, g))  # fmt: skip


@_redrawing
def cauchy_(
    input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Write Cauchy distributed numbers.

    >>> zeros(2, 3).cauchy_().shape
    torch.Size([2, 3])
    """
    return _redraw(_CAUCHY, "cauchy_", input, generator,
                   lambda a, g: sampling.cauchy_(a, median, sigma, g))  # fmt: skip


@_redrawing
def log_normal_(
    input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Tensor:
    """Write exponentials of normals of the mean and standard deviation.

    >>> bool((zeros(100).log_normal_() > 0).all())
    True
    """
    return _redraw(_LOG_NORMAL, "log_normal_", input, generator,
                   lambda a, g: sampling.log_normal_(a, mean, std, g))  # fmt: skip


# -- whole calls ------------------------------------------------------------------------------

whole(uniform_, normal_, bernoulli_)
