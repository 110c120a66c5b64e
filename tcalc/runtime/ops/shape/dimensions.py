"""Dimensions in another order or number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ShapeError
from tcalc.runtime.autograd.nodes import AccumulateGrad
from tcalc.runtime.base.op import Array, Ints, Tree
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite, view_op
from tcalc.runtime.call.inplace import check_inplace
from tcalc.runtime.ops.shape.reshaping import as_tensors, squeeze, transpose, unsqueeze
from tcalc.runtime.types.shapes import as_size, wrap_dim

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


@composite(names=("movedim", "moveaxis"), samples=lambda: [(([[1.0, 2.0]], 0, 1), {})])
def movedim(input: Tensor, source: Ints, destination: Ints) -> Tensor:
    """A view with dimensions moved to other places; the rest keep their order.

    >>> movedim(zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    ndim = input._a.ndim
    moved = [as_size((d if isinstance(d, (tuple, list)) else [d],)) for d in (source, destination)]
    if len(moved[0]) != len(moved[1]):
        raise ShapeError(
            "movedim: Invalid source or destination dims: source ("
            f"{list(moved[0])} dims) should contain the same number of dims as destination "
            f"({list(moved[1])} dims)"
        )
    wrapped = [[wrap_dim(d, ndim) for d in dims] for dims in moved]
    for name, dims, shown in zip(("source", "destination"), wrapped, moved):
        if len(set(dims)) != len(dims):
            raise ShapeError(f"movedim: repeated dim in `{name}` ({list(shown)})", argument=name)
    if not ndim:
        return input.permute(())
    rest = iter([d for d in range(ndim) if d not in wrapped[0]])
    to = dict(zip(wrapped[1], wrapped[0]))
    return input.permute([to[d] if d in to else next(rest) for d in range(ndim)])


@view_op(memory_call="order", node_name="TBackward0")
def t(xp: ModuleType, input: Array) -> Array:
    """The transpose of a matrix; of fewer dimensions, itself.

    >>> t(tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    if input.ndim > 2:
        raise ShapeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D",
            hint="use .mT for the last two dimensions",
        )
    return input.T


t.vjp(input=lambda g: g.t())


@composite(names=("torch.adjoint", "Tensor.adjoint"))
def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions swapped, conjugated.

    >>> tensor([[1, 2j]]).adjoint()
    tensor([[1.-0.j],
            [0.-2.j]])
    """
    return input.mH


def _at_least(
    tensors: tuple[Tree, ...], name: str, shape_of: Callable[[Tensor], Tensor]
) -> Tensor | tuple[Tensor, ...]:
    given = as_tensors(name, tensors)
    made = tuple([shape_of(x) for x in given])
    return made[0] if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)) else made


@composite(names=("torch.atleast_1d",), samples=lambda: [((1.0,), {})])
def atleast_1d(*tensors: Tree) -> Tensor | tuple[Tensor, ...]:
    """Each tensor with one dimension at least.

    >>> atleast_1d(tensor(1))
    tensor([1])
    """
    return _at_least(tensors, "atleast_1d", lambda x: x if x._d.ndim else x.reshape(1))


@composite(names=("torch.atleast_2d",), samples=lambda: [(([1.0, 2.0],), {})])
def atleast_2d(*tensors: Tree) -> Tensor | tuple[Tensor, ...]:
    """Each tensor with two dimensions at least; vectors become rows.

    >>> atleast_2d(tensor([1, 2]))
    tensor([[1, 2]])
    """

    def shaped(x: Tensor) -> Tensor:
        n = x._d.ndim
        return x if n > 1 else x.unsqueeze(0) if n else x.reshape(1, 1)

    return _at_least(tensors, "atleast_2d", shaped)


@composite(names=("torch.atleast_3d",), samples=lambda: [(([1.0, 2.0],), {})])
def atleast_3d(*tensors: Tree) -> Tensor | tuple[Tensor, ...]:
    """Each tensor with three dimensions at least; vectors lie along the second.

    >>> atleast_3d(tensor([1, 2])).shape
    torch.Size([1, 2, 1])
    """

    def shaped(x: Tensor) -> Tensor:
        n = x._d.ndim
        if n > 2:
            return x
        return x.unsqueeze(-1) if n == 2 else x.reshape(1, -1, 1)

    return _at_least(tensors, "atleast_3d", shaped)


# -- in place ---------------------------------------------------------------------------------


def reshown(input: Tensor, name: str, shown: Callable[[Tensor], Tensor]) -> Tensor:
    """Let a tensor itself show its memory as a view of it would."""
    check_inplace(input, name)
    made = shown(input)
    input._d = made._shown
    input.shared().version += 1
    if input._v is not None and made._v is not None:
        made._v.version = input.shared().version
        input._v = made._v
    if made._g is not None:
        input._g = made._g
    elif isinstance(input._g, AccumulateGrad):
        input._g.show(made._a)
    return input


def _define_in_place() -> None:
    def define(
        name: str, effect: str, view: Callable[..., Tensor], aliases: tuple[str, ...]
    ) -> None:
        def in_place(input: Tensor, *args: object, **kwargs: object) -> Tensor:
            return reshown(input, name, lambda x: view(x, *args, **kwargs))

        in_place.__name__ = in_place.__qualname__ = name
        in_place.__doc__ = f"{effect}, of the tensor itself, which is returned."
        in_place.__op__ = view  # type: ignore[attr-defined]  # a function takes any
        export(*[f"Tensor.{n}" for n in (name, *aliases)], value=in_place)

    define("t_", "The transpose", t, ())
    define("transpose_", "Two dimensions swapped", transpose, ("swapaxes_", "swapdims_"))
    define("squeeze_", "The dimensions of size 1 left out", squeeze, ())
    define("unsqueeze_", "A dimension of size 1 put in", unsqueeze, ())


_define_in_place()


# -- batches ----------------------------------------------------------------------------------

t.batch = lambda batch: (
    batch.values[0].transpose(1, 2) if batch.rank(0) == 2 else batch.values[0][:]
)
