"""Jacobians and Hessians: all elements of an output sent back through the graph at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import LooksInside, StateError, ValueProblem
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Function, Ints, Scalar, Tree
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.shape.joining import cat, stack
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.transform.batching.interpreter import Batching
from tcalc.runtime.transform.derivatives import (
    TAKES_FUNCTION,
    gradients,
    inputs_of,
    is_tracked,
    must_call,
    one_or_tuple,
    outputs_of,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _jacobians(
    func: Callable[..., object], inputs: Tree | Scalar, create_graph: bool, most: int | None = None
) -> tuple[list[list[Tensor]], bool, bool]:
    """By output and input, the derivatives in the shape (*output, *input).

    most: how many of an output's elements go back at once.
    """
    must_call(func)
    given, one_input = inputs_of(inputs)
    outputs, one_output = outputs_of(run(func, given))
    rows: list[list[Tensor]] = []
    for out in outputs:
        shape, count = out._d.shape, out._d.size
        columns = sum(t._d.size for t in given)
        memory.check(count * columns * out._d.itemsize, f"a Jacobian of {count * columns} entries")
        step = most or max(1, _ENTRIES // max(columns, count))
        parts = [_some_rows(out, given, k, min(step, count - k), create_graph)
                 for k in range(0, count, step)]  # fmt: skip
        row = []
        for k, t in enumerate(given):
            found = [part[k] for part in parts]
            whole = cat(found) if found else t.new_zeros(0)  # in memory of its own
            row.append(whole.reshape(*shape, *t._d.shape))
        rows.append(row)
    return rows, one_output, one_input


# A pass back takes so many elements of an output that its gradients have about so many entries.
_ENTRIES = 1 << 24


def _some_rows(
    out: Tensor, given: Sequence[Tensor], start: int, count: int, create: bool
) -> list[Tensor]:
    """The gradients of some elements of an output, in one pass: (count, *input) for each input."""
    size = out._d.size
    seeds = out.detach().new_zeros((count, size))
    seeds.diagonal(start).fill_(1)
    seeds = seeds.reshape(count, *out._d.shape)
    try:
        batching = Batching(count, "same", records=False)
        with batching.inside():
            found = gradients([out], given, [batching.enter(seeds)], create)
        return [batching.leave(g) for g in found]
    except LooksInside:  # a hook wants numbers: they go back one by one
        each = [gradients([out], given, [seed], create) for seed in seeds.unbind(0)]
        return [stack([g[k] for g in each]) for k in range(len(given))]


def _check_strategy(strategy: str, argument: str) -> None:
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueProblem(
            'Expected strategy to be either "reverse-mode" or "forward-mode". Hint: If your function '
            'has more outputs than inputs, "forward-mode" tends to be more performant. Otherwise, '
            'prefer to use "reverse-mode".',
            argument=argument,
        )


@composite(
    names=("torch.jacobian", "torch.autograd.functional.jacobian"),
    exempt=TAKES_FUNCTION,
)
def jacobian(
    func: Function, inputs: Tree | Scalar, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, strategy: str = "reverse-mode",
) -> Tree:  # fmt: skip
    """All first derivatives of a function at `inputs`: of shape (*output, *input).

    Several inputs or outputs give tuples, as PyTorch's does. All elements of an output go back
    through the graph at once, whatever `vectorize` and `strategy` say.

    >>> jacobian(lambda x: x * x, tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    _check_strategy(strategy, "strategy")
    return _whole(*_jacobians(func, inputs, create_graph))


def _whole(rows: list[list[Tensor]], one_output: bool, one_input: bool) -> Tree:
    """Jacobians by output and input as PyTorch nests them."""
    return one_or_tuple([one_or_tuple(row, one_input) for row in rows], one_output)


@composite(
    names=("torch.hessian", "torch.autograd.functional.hessian"),
    exempt=TAKES_FUNCTION,
)
def hessian(
    func: Function, inputs: Tree | Scalar, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode",
) -> Tree:  # fmt: skip
    """All second derivatives of a function with one number as its result.

    >>> hessian(lambda x: (x ** 3).sum(), tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    must_call(func)
    _check_strategy(outer_jacobian_strategy, "outer_jacobian_strategy")

    def slope(*given: Tensor) -> tuple[Tensor, ...]:
        out = func(*given)
        if not isinstance(out, Tensor) or out._a.size != 1:
            raise StateError("the function given to hessian should return a single number")
        ones = [out._ones()]
        return tuple(gradients([out], given, ones, True))

    rows, _, one_input = _jacobians(slope, inputs, create_graph)
    return one_or_tuple([one_or_tuple(row, one_input) for row in rows], one_input)


def _by_arguments(
    func: Function, argnums: Ints, has_aux: bool, derive: Callable[..., object]
) -> Callable[..., object]:
    """A function of the same arguments that gives `derive(f, inputs, create_graph)`.

    f: `func` as a function of the arguments of these numbers.
    """
    must_call(func)
    several = isinstance(argnums, (tuple, list))
    numbers = tuple(argnums) if several else (argnums,)

    def derived(*args: object, **kwargs: object) -> object:
        aux = []

        def function(*given: object) -> object:
            full = list(args)
            for n, value in zip(numbers, given):
                full[n] = value
            result = func(*full, **kwargs)
            if not has_aux:
                return result
            aux.append(result[1])
            return result[0]

        inputs = tuple([args[n] for n in numbers]) if several else args[argnums]
        found = derive(function, inputs, any(is_tracked(args[n]) for n in numbers))
        return (found, aux[0]) if has_aux else found

    return derived


@composite(names=("torch.func.jacrev",), exempt=TAKES_FUNCTION)
def func_jacrev(
    func: Function, argnums: Ints = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Callable[..., object]:
    """A function that returns the Jacobian of `func` by its arguments of these numbers.

    chunk_size: how many of the output's elements go back through the graph at once, None for all.

    >>> func.jacrev(lambda x: x * x)(tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if chunk_size is not None and chunk_size < 1:
        raise ValueProblem("jacrev: `chunk_size` should be greater than 0.", argument="chunk_size")

    def derive(function: Callable[..., object], inputs: Tree, create: bool) -> Tree:
        return _whole(*_jacobians(function, inputs, create, chunk_size))

    return _by_arguments(func, argnums, has_aux, derive)


@composite(names=("torch.func.jacfwd",), exempt=TAKES_FUNCTION)
def func_jacfwd(
    func: Function, argnums: Ints = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., object]:
    """The same as jacrev.

    >>> func.jacfwd(lambda x: x * x)(tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    return func_jacrev(func, argnums, has_aux=has_aux)


@composite(names=("torch.func.hessian",), exempt=TAKES_FUNCTION)
def func_hessian(func: Function, argnums: Ints = 0) -> Callable[..., object]:
    """A function that returns the Hessian of `func` by its arguments of these numbers.

    >>> func.hessian(lambda x: (x ** 3).sum())(tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return _by_arguments(func, argnums, False, hessian)
