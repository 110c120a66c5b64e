"""`vmap`: a function of one example as a function of a batch of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import StateError, ValueProblem
from tcalc.runtime.base.op import Function, Object, Tree
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.transform.batching.interpreter import Batching
from tcalc.runtime.transform.trees import is_tree, leaves_of, rebuilt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


# -- what is given ------------------------------------------------------------------------------


def _spread(dims: object, tree: object) -> list[Any] | None:
    """What dims say of each leaf of a tree: one for all, or a tree of its form; else None."""
    if not is_tree(tree):
        return None if is_tree(dims) else [dims]
    if not is_tree(dims):
        return [dims] * len(leaves_of(tree))
    if isinstance(dims, dict) != isinstance(tree, dict) or len(dims) != len(tree):
        return None
    if isinstance(tree, dict):
        if set(dims) != set(tree):
            return None
        pairs = [(dims[k], v) for k, v in tree.items()]
    else:
        if isinstance(dims, tuple) != isinstance(tree, tuple):
            return None
        pairs = list(zip(dims, tree))
    found = [_spread(d, t) for d, t in pairs]
    return None if None in found else [d for part in found for d in part or ()]


def _name(func: object) -> str:
    name = getattr(func, "__name__", None)
    return name if type(name) is str else type(func).__name__


def _in_dims(
    func: Callable[..., object], in_dims: object, args: tuple[object, ...]
) -> tuple[list[Any], list[Any]]:
    """The leaves of the arguments, and for each the dim along which it is sliced, or None."""
    called = f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>): "
    if type(in_dims) is not int and not isinstance(in_dims, (tuple, list)):
        raise ValueProblem(
            f"{called}expected `in_dims` to be int or a (potentially nested) tuple matching the "
            f"structure of inputs, got: {type(in_dims)}.",
            argument="in_dims",
        )
    if not args:
        raise ValueProblem(
            f"vmap({_name(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you "
            "are trying to vmap over a function with no inputs. The latter is unsupported."
        )
    leaves = leaves_of(args)
    dims = _spread(tuple(in_dims) if isinstance(in_dims, list) else in_dims, args)
    if dims is None:
        raise ValueProblem(
            f"{called}in_dims is not compatible with the structure of `inputs`.",
            hint=f"give one dim, or {len(args)} in a tuple",
            argument="in_dims",
        )
    for i, (leaf, dim) in enumerate(zip(leaves, dims)):
        if dim is None:
            continue
        if type(dim) is not int:
            raise ValueProblem(
                f"{called}Got in_dim={dim} for an input but in_dim must be either an integer "
                "dimension or None.",
                argument="in_dims",
            )
        if not isinstance(leaf, Tensor):
            raise ValueProblem(
                f"{called}Got in_dim={dim} for an input but the input is of type {type(leaf)}. We "
                "cannot vmap over non-Tensor arguments, please use None as the respective in_dim",
                argument="in_dims",
            )
        rank = leaf.ndim
        if not -rank <= dim < rank:
            raise ValueProblem(
                f"{called}Got in_dim={dim} for some input, but that input is a Tensor of "
                f"dimensionality {rank} so expected in_dim to satisfy -{rank} <= in_dim < {rank}.",
                argument="in_dims",
            )
        dims[i] = dim % rank
    return leaves, dims


def _size(leaves: Sequence[Any], dims: Sequence[int | None]) -> int:
    """How many examples there are."""
    sizes = [leaf.shape[dim] for leaf, dim in zip(leaves, dims) if dim is not None]
    if not sizes:
        raise ValueProblem("vmap: Expected at least one Tensor to vmap over", argument="in_dims")
    if len(set(sizes)) > 1:
        raise ValueProblem(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return int(sizes[0])


def _check_out_dims(func: object, out_dims: object) -> None:
    for dim in leaves_of(out_dims):
        if dim is not None and type(dim) is not int:
            raise ValueProblem(
                f"vmap({_name(func)}, ..., out_dims={out_dims}): `out_dims` must be an int, None or "
                "a python collection of ints representing where in the outputs the vmapped "
                "dimension should appear.",
                argument="out_dims",
            )


def _out_dims(func: Callable[..., object], out_dims: object, result: object) -> list[Any]:
    """For each leaf of a result the dim along which the batch comes, or None."""
    if isinstance(result, Tensor) and isinstance(out_dims, tuple) and len(out_dims) == 1:
        return list(out_dims)
    dims = _spread(out_dims, result)
    if dims is None:
        raise ValueProblem(
            f"vmap({_name(func)}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible "
            "with the structure of `outputs`.",
            argument="out_dims",
        )
    return dims


# -- running ------------------------------------------------------------------------------------


class _Mapped:
    """One call of a mapped function.

    args, leaves, dims: the arguments, their leaves and the dim of each that is sliced.
    """

    __slots__ = ("args", "dims", "func", "kwargs", "leaves", "out_dims", "randomness")

    def __init__(
        self, func: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object], in_dims: object,
        out_dims: object, randomness: str,
    ) -> None:  # fmt: skip
        self.func = func
        self.args = args
        self.kwargs = kwargs
        self.leaves, self.dims = _in_dims(func, in_dims, args)
        self.out_dims = out_dims
        self.randomness = randomness

    def run(
        self, leaves: Sequence[Tree], size: int
    ) -> tuple[object, list[object], list[int | None]]:
        """The result for some of the examples, its leaves and where the batch is in each."""
        batching = Batching(size, self.randomness)
        entered = [
            leaf if dim is None else batching.enter(leaf, dim)
            for leaf, dim in zip(leaves, self.dims)
        ]
        with batching.inside():
            result = self.func(*rebuilt(self.args, entered), **self.kwargs)
        dims = _out_dims(self.func, self.out_dims, result)
        left = [self._left(batching, v, d) for v, d in zip(leaves_of(result), dims)]
        return result, left, dims

    def _left(self, batching: Batching, value: object, dim: int | None) -> object:
        name = _name(self.func)
        if dim is None:
            if batching.holds(value):
                raise ValueProblem(
                    f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None"
                )
            return value
        if not isinstance(value, Tensor):
            raise ValueProblem(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(value)}. Did "
                "you mean to set out_dims= to None for output?"
            )
        return batching.leave(value, dim)

    def whole(self) -> object:
        """The result for all examples at once."""
        result, left, _ = self.run(self.leaves, _size(self.leaves, self.dims))
        return rebuilt(result, left)

    def in_chunks(self, most: int) -> object:
        """The result for so many examples at a time at most."""
        size = _size(self.leaves, self.dims)
        parts = [
            self.run([
                leaf if dim is None else leaf.narrow(dim, start, min(most, size - start))
                for leaf, dim in zip(self.leaves, self.dims)
            ], min(most, size - start))
            for start in range(0, size, most)
        ]  # fmt: skip
        if not parts:
            return self.whole()
        result, first, dims = parts[0]
        if len(parts) > 1:
            first = [
                first[k] if dim is None else cat([left[k] for _, left, _ in parts], dim)
                for k, dim in enumerate(dims)
            ]
        return rebuilt(result, first)


@composite(
    names=("torch.vmap", "torch.func.vmap"),
    exempt={"samples": "takes a function"},
)
def vmap(
    func: Function, in_dims: Object = 0, out_dims: Object = 0, randomness: str = "error", *,
    chunk_size: int | None = None,
) -> Callable[..., object]:  # fmt: skip
    """A function that applies `func`, written for one example, to all slices of its arguments at once.

    in_dims: the dim along which each argument is sliced, None for one that is passed whole; one for
    all, or a tuple, nested as the arguments are. out_dims: where that dim is in the results.
    randomness: whether random numbers are an "error", the "same" or "different" for the slices.
    chunk_size: how many slices are worked on at once, None for all.

    >>> vmap(lambda a, b: (a * b).sum())(tensor([[1., 2.], [3., 4.]]), tensor([[1., 1.], [2., 2.]]))
    tensor([ 3., 14.])
    """
    if randomness not in ("error", "different", "same"):
        raise StateError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. Got "
            f"{randomness}",
            argument="randomness",
        )
    if chunk_size is not None and chunk_size < 1:
        raise ValueProblem(
            f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})",
            argument="chunk_size",
        )
    _check_out_dims(func, out_dims)

    def mapped(*args: object, **kwargs: object) -> object:
        call = _Mapped(func, args, kwargs, in_dims, out_dims, randomness)
        return call.whole() if chunk_size is None else call.in_chunks(chunk_size)

    return mapped
