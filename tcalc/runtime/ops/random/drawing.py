"""New tensors of random numbers.

On the CPU they are PyTorch's own. Those of a GPU are drawn by the same algorithms from the GPU's
own generator, by the CPU, and moved there: one seed gives the same numbers on every device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import ArgumentError
from tcalc.runtime.arrays import backend
from tcalc.runtime.base import kinds, memory
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.op import (
    DRAWS,
    MATRIX,
    Array,
    Data,
    Device,
    DType,
    Ints,
    Layout,
    MemoryFormat,
    Object,
    Scalar,
)
from tcalc.runtime.base.targets import CAST, REAL
from tcalc.runtime.call.batching import draws
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.create.constant import empty_like
from tcalc.runtime.ops.create.creation import filled
from tcalc.runtime.ops.create.whole import whole
from tcalc.runtime.ops.random import sampling
from tcalc.runtime.ops.random.generator import default_generator
from tcalc.runtime.ops.random.seeds import generator_for
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import EXACT
from tcalc.runtime.types.devices import CPU
from tcalc.runtime.types.shapes import as_size

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.ops.random.generator import Fill, Generator


ndarray = np.ndarray


def draw_into(array: Array, generator: Generator | None, fill: Fill) -> None:
    """Let `fill(array, generator)` write an array, whatever device it is on."""
    if type(array) is ndarray and not interpreters.count:  # most of them
        g = default_generator() if generator is None else generator_for(generator, CPU)
        with g.lock:
            fill(array, g)
        return
    if not backend.has_contents(array):
        return
    where = backend.device_of(array)
    g = generator_for(generator, where)
    if mode.interpreter is not None and where == CPU:
        mode.interpreter.draw_into(array, g, fill)
    elif where == CPU:
        g.fill(array, fill)
    else:
        host = np.empty(array.shape, array.dtype)
        g.fill(host, fill)
        array[...] = backend.to_device(host, where)


def drawn(
    size: tuple[object, ...], generator: Generator | None, dtype: dtypes.dtype | None, device: object, requires_grad: bool,
    fill: Fill,
) -> Tensor:  # fmt: skip
    """A new tensor of a size that `fill(array, generator)` writes."""
    if interpreters.count and mode.interpreter is not None:
        found = mode.interpreter.draw(
            as_size(size),
            lambda shape: drawn((shape,), generator, dtype, device, requires_grad, fill),
        )
        if found is not None:
            return found
    made = filled(size, None, dtype, device, False)
    draw_into(made._d, generator, fill)
    if requires_grad:
        made._require_grad(True)
    return made


def _like(
    input: Tensor, generator: Generator | None, dtype: dtypes.dtype | None, device: object, requires_grad: bool,
    fill: Fill,
) -> Tensor:  # fmt: skip
    if interpreters.count and mode.interpreter is not None:
        home = input.device if device is None else device
        return drawn((input.shape,), generator, dtype or input.dtype, home, requires_grad, fill)
    made: Tensor = empty_like(input, dtype=dtype, device=device)
    draw_into(made._a, generator, fill)
    if requires_grad:
        made._require_grad(True)
    return made


def _uniform(array: Array, generator: Generator) -> Array:
    return sampling.uniform_(array, 0, 1, generator)


def _normal(array: Array, generator: Generator) -> Array:
    return sampling.normal_(array, 0, 1, generator)


@composite(
    names=("torch.rand",),
    differentiable=False,
    keywords={"shape": "size"},
    samples=lambda: [((2, 3), {}), (((2,),), {"dtype": dtypes.float64})],
    exempt=DRAWS,
)
def rand(
    *size: Ints, generator: Generator | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers uniform in [0, 1); of complex numbers, both parts.

    >>> manual_seed(0)
    >>> rand(2, 2)
    tensor([[0.4963, 0.7682],
            [0.0885, 0.1320]])
    """
    return drawn(size, generator, dtype, device, requires_grad, _uniform)


@composite(
    names=("torch.randn",),
    differentiable=False,
    keywords={"shape": "size"},
    samples=lambda: [((2, 3), {})],
    exempt=DRAWS,
)
def randn(
    *size: Ints, generator: Generator | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Normals of mean 0 and standard deviation 1; complex ones have it over both parts.

    >>> manual_seed(0)
    >>> randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    return drawn(size, generator, dtype, device, requires_grad, _normal)


@composite(
    names=("torch.randint",),
    differentiable=False,
    samples=lambda: [((5, (2, 3)), {}), ((-2, 5, (3,)), {})],
    exempt=DRAWS,
)
def randint(
    *bounds: Object, low: int | None = None, high: int | None = None, size: Ints | None = None, generator: Generator | None = None,
    dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False, layout: Layout | None = None,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Whole numbers in [low, high): `randint(high, size)` or `randint(low, high, size)`.

    int64 unless told otherwise.

    >>> manual_seed(0)
    >>> randint(10, (3,))
    tensor([4, 9, 3])
    """
    given = list(bounds)
    if size is None and given:
        size = given.pop()
    if not isinstance(size, (tuple, list)):
        raise ArgumentError(
            f"randint(): argument 'size' must be tuple of ints, not {type(size).__name__}",
            argument="size",
            hint=f"write ({size},)" if isinstance(size, int) else None,
        )
    if high is None and given:
        high = given.pop()
    if low is None and given:
        low = given.pop()
    if given:
        raise ArgumentError("randint() takes high and size, or low, high and size")
    first, last = _int("randint", "low", 0 if low is None else low), _int("randint", "high", high)
    return drawn((size,), generator, dtype or dtypes.int64, device, requires_grad,
                lambda a, g: sampling.random_(a, first, last, g))  # fmt: skip


@composite(
    names=("torch.randperm",), differentiable=False, samples=lambda: [((5,), {})], exempt=DRAWS
)
def randperm(
    n: int, *, generator: Generator | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The numbers 0 … n-1 in random order, int64 unless told otherwise.

    >>> manual_seed(0)
    >>> randperm(5)
    tensor([4, 0, 1, 3, 2])
    """
    count, t = n, dtype or dtypes.int64
    if count >= memory.MAPPED:
        # Beside the result, the swaps that lead to it take memory.
        memory.check(count * (t.itemsize + 80), f"a permutation of {count} numbers")

    def fill(array: Array, g: Generator) -> None:
        for row in array if array.ndim > 1 else (array,):
            row[...] = sampling.randperm(count, array.dtype, g)

    return drawn((max(count, 0),), generator, t, device, requires_grad, fill)


def _int(function: str, name: str, value: object) -> int:
    return value if type(value) is int else kinds.take(function, name, ("int",), value)


# -- like another -----------------------------------------------------------------------------


@composite(names=("torch.rand_like",), differentiable=False)
def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """Numbers uniform in [0, 1) in the shape, dtype and device of another tensor.

    >>> rand_like(zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    return _like(input, generator, dtype, device, requires_grad, _uniform)


@composite(names=("torch.randn_like",), differentiable=False)
def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """Normals of mean 0 and deviation 1 in the shape, dtype and device of another tensor.

    >>> randn_like(zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    return _like(input, generator, dtype, device, requires_grad, _normal)


@composite(names=("torch.randint_like",), differentiable=False, exempt=DRAWS, samples=lambda: [((MATRIX, 5), {})])  # fmt: skip
def randint_like(
    input: Tensor, *bounds: Object, low: int | None = None, high: int | None = None, generator: Generator | None = None,
    dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False, layout: Layout | None = None,
    memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """Whole numbers in [low, high) in the shape and dtype of another tensor; low is 0.

    >>> manual_seed(0)
    >>> randint_like(zeros(3), 10)
    tensor([4., 9., 3.])
    """
    given = list(bounds)
    if high is None and given:
        high = given.pop()
    if low is None and given:
        low = given.pop()
    if given:
        raise ArgumentError("randint_like() takes high, or low and high")
    first = _int("randint_like", "low", 0 if low is None else low)
    last = _int("randint_like", "high", high)
    return _like(input, generator, dtype, device, requires_grad,
                 lambda a, g: sampling.random_(a, first, last, g))  # fmt: skip


# -- of the numbers in tensors ----------------------------------------------------------------


def drawn_like(
    like: Array, shape: tuple[int, ...], generator: Generator | None, fill: Fill
) -> Array:
    """A new contiguous array on the device and of the dtype of another, drawn."""
    if not backend.has_contents(like):
        return backend.module_of(like).empty(shape, like.dtype)
    where = CPU if type(like) is np.ndarray else backend.device_of(like)
    host = np.empty(shape, like.dtype)
    generator_for(generator, where).fill(host, fill)
    return host if where is CPU else backend.to_device(host, where)


def on_host(array: Array) -> Array:
    """The CPU's array of one; that of a meta tensor is itself."""
    if type(array) is np.ndarray or not backend.has_contents(array):
        return array
    return backend.to_device(array, CPU)


def _floats(value: object) -> Tensor:
    """A tensor of numbers as one of floating point."""
    if isinstance(value, Tensor):
        tensor = value
    else:
        from tcalc.runtime.tensor.nested import tensor_of

        tensor = tensor_of(value)
    return tensor if tensor._a.dtype.char not in EXACT else tensor.to(dtypes.default.value)


@kernel(names=(), node_name="NormalBackward1", upcast_halves=False, long=0)
def normal_around(xp: ModuleType, mean: Array, std: float, generator: Generator | None) -> Array:
    """Normals of given means."""
    host = on_host(mean)
    return drawn_like(mean, mean.shape, generator,
                  lambda a, g: a.__setitem__(..., sampling.normal(host, std, g)))  # fmt: skip


normal_around.vjp(mean=lambda g: g._zeros())


@kernel(names=(), node_name="NormalBackward2", upcast_halves=False, long=0)
def normal_of_width(xp: ModuleType, std: Array, mean: float, generator: Generator | None) -> Array:
    """Normals of given deviations."""
    host = on_host(std)
    return drawn_like(std, std.shape, generator,
                  lambda a, g: a.__setitem__(..., sampling.normal(mean, host, g)))  # fmt: skip


normal_of_width.vjp(std=lambda g: g._zeros())


@kernel(names=(), node_name="NormalBackward3", upcast_halves=False, long=0)
def normal_of_both(xp: ModuleType, mean: Array, std: Array, generator: Generator | None) -> Array:
    """Normals of given means and deviations."""
    from tcalc.runtime.types.shapes import broadcast

    a, b = on_host(mean), on_host(std)
    return drawn_like(mean, broadcast(mean.shape, std.shape), generator,
                  lambda out, g: out.__setitem__(..., sampling.normal(a, b, g)))  # fmt: skip


normal_of_both.vjp(
    mean=lambda g, mean_shape: g.new_zeros(mean_shape),
    std=lambda g, std_shape: g.new_zeros(std_shape),
)


@composite(names=("torch.normal",), exempt=DRAWS, samples=lambda: [
    ((0.0, 1.0, (2, 2)), {}), ((MATRIX, 0.5), {}), ((0.5, [1.0, 2.0]), {}), ((MATRIX, [0.5, 1.0, 2.0]), {}),
])  # fmt: skip
def normal(
    mean: Data | Scalar = 0.0, std: Data | Scalar = 1.0, size: Ints | None = None, *, generator: Generator | None = None, dtype: DType | None = None,
    device: Device | None = None, requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Normals of the means and standard deviations: tensors, or two numbers and a size.

    >>> manual_seed(0)
    >>> normal(0., 1., (2,))
    tensor([ 1.5410, -0.2934])
    >>> normal(tensor([1., 100.]), 0.1).round()
    tensor([  1., 100.])
    """
    numbers = [type(v) in (int, float, bool) for v in (mean, std)]
    if all(numbers):
        if not isinstance(size, (tuple, list)):
            raise ArgumentError(
                f"normal(): argument 'size' must be tuple of ints, not {type(size).__name__}",
                argument="size",
            )
        return drawn((size,), generator, dtype, device, requires_grad,
                    lambda a, g: sampling.normal_(a, mean, std, g))  # fmt: skip
    if size is not None:
        raise ArgumentError("normal() takes a size only with two numbers", argument="size")
    if dtype is not None:  # that of out
        mean, numbers[0] = _floats(mean).to(dtype), False
    if numbers[1]:
        return normal_around(_floats(mean), std, generator)
    if numbers[0]:
        return normal_of_width(_floats(std), mean, generator)
    return normal_of_both(_floats(mean), _floats(std), generator)


@kernel(names=(), node_name="BernoulliBackward0", upcast_halves=False, long=0)
def tossed(xp: ModuleType, input: Array, generator: Generator | None) -> Array:
    """Coin tosses of given chances."""
    p = on_host(input)
    return drawn_like(input, input.shape, generator, lambda a, g: sampling.bernoulli_(a, p, g))


tossed.vjp(input=lambda g: g._zeros())


@composite(samples=lambda: [(([0.2, 0.7],), {}), (([0.2, 0.7], 0.3), {})], exempt=DRAWS)
def bernoulli(
    input: Tensor, p: Data | Scalar | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability that each element says, else 0; with a number `p`, of its shape.

    >>> bernoulli(tensor([0., 1.]))
    tensor([0., 1.])
    """
    if p is None:
        return tossed(_floats(input), generator)
    made: Tensor = empty_like(input.contiguous())
    if isinstance(p, Tensor):
        chances = on_host(p._a)
        draw_into(made._a, generator, lambda a, g: sampling.bernoulli_(a, chances, g))
    else:
        draw_into(made._a, generator, lambda a, g: sampling.bernoulli_(a, p, g))
    return made


bernoulli.outs = REAL
normal.outs = CAST


@kernel(names=(), node_name="PoissonBackward0", upcast_halves=False, long=0)
def counted(xp: ModuleType, input: Array, generator: Generator | None) -> Array:
    """Poisson counts of given rates."""
    rate = on_host(input)
    return drawn_like(input, input.shape, generator,
                  lambda a, g: a.__setitem__(..., sampling.poisson(rate, g)))  # fmt: skip


counted.vjp(input=lambda g: g._zeros())


@composite(names=("torch.poisson",), samples=lambda: [(([0.2, 7.0],), {})], exempt=DRAWS)
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts of events that happen at the given rates, in their floating dtype.

    >>> poisson(zeros(3))
    tensor([0., 0., 0.])
    """
    return counted(_floats(input), generator)


@composite(names=("torch.binomial",), differentiable=False)
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """Successes in `count` trials with the probability `prob` each.

    >>> binomial(tensor([3., 5.]), tensor([1., 0.]))
    tensor([3., 0.])
    """
    made: Tensor = empty_like(_floats(count).detach().contiguous())
    n, p = on_host(_floats(count)._a), on_host(_floats(prob)._a)
    draw_into(made._a, generator, lambda a, g: a.__setitem__(..., sampling.binomial(n, p, g)))
    return made


@composite(
    differentiable=False,
    samples=lambda: [(([0.2, 0.7, 0.1], 2), {}), (([0.2, 0.8], 5, True), {})],
    exempt=DRAWS,
)
def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Indices drawn with the weights in `input`: (n,) → (num_samples,), (m, n) → (m, num_samples).

    The weights need not add up to one. Without replacement no index comes twice in a row.

    >>> multinomial(tensor([0., 3., 0.]), 2, replacement=True)
    tensor([1, 1])
    """
    weights = _floats(input)
    count = num_samples
    p = on_host(weights._a)
    made = filled(((*p.shape[:-1], max(count, 0)),), None, dtypes.int64, weights.device, False)
    draw_into(
        made._a,
        generator,
        lambda a, g: a.__setitem__(..., sampling.multinomial(p, count, bool(replacement), g)),
    )
    return made


# -- batches ----------------------------------------------------------------------------------

for _op in (normal_around, normal_of_width, normal_of_both, tossed, counted):
    _op.batch = draws


# -- whole calls ------------------------------------------------------------------------------

whole(rand, randn, randint, randperm, rand_like, randn_like, bernoulli, normal)
