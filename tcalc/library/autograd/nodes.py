"""The nodes of functions that a program wrote itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import AutogradError
from tcalc.runtime.autograd.fitting import is_smaller
from tcalc.runtime.autograd.nodes import (
    FREED,
    Node,
    end_of,
    modified,
    restore,
    user_place,
    version_of,
)
from tcalc.runtime.autograd.saving import Packed, SavedOutput, hooked, kept
from tcalc.runtime.tensor.tensor import Tensor, alias
from tcalc.runtime.types.codes import COMPLEXES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.library.autograd.function import FunctionCtx


class _Own:
    """What stands for the op of such a node: its work is the program's."""

    node_name = "Function"
    family = "composite"
    saves_tensors = True
    saved_tensors: tuple[int, ...] = ()
    saved_outputs: tuple[int, ...] = ()


_OWN = _Own()


class FunctionNode(Node):
    """The node of a Function's outputs.

    run: its `backward`. takes: for each argument of `forward` whether it is a tensor.
    """

    __slots__ = ("ctx", "materializes", "run", "takes")
    _public_ = frozenset({"needs_input_grad", "saved_tensors"})
    gives_new = False

    def __init__(
        self, run: Callable[..., Any], ctx: FunctionCtx, args: Sequence[Any],
        ends: tuple[Any, ...], outs: Sequence[Any],
    ) -> None:  # fmt: skip
        shapes = tuple([o._d.shape if isinstance(o, Tensor) else () for o in outs])
        kinds = tuple([o._d.dtype if isinstance(o, Tensor) else None for o in outs])
        shape, dtype = (shapes[0], kinds[0]) if len(outs) == 1 else (shapes, kinds)
        super().__init__(_OWN, ends, (), (), shape, dtype, user_place(4))
        self.run = run
        self.ctx = ctx
        self.takes = tuple([isinstance(a, Tensor) for a in args])
        self.materializes = ctx._materializes

    def name(self) -> str:
        """The function's name and `Backward`."""
        return self.ctx._name

    def __repr__(self) -> str:
        return repr(self.ctx)

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument of `forward` whether it requires grad."""
        return self.ctx._needs

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes behind the arguments of `forward` that are tensors."""
        return tuple([f for f, takes in zip(super().next_functions, self.takes) if takes])

    def save(self, saved: tuple[Any, ...]) -> None:
        """Keep what `forward` saved."""
        self.versions = tuple([version_of(t) for t in saved])
        self.saved = kept(saved) if hooked.count else saved

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What `forward` saved, refused if written to since."""
        found = []
        packed = type(self.saved) is Packed
        for t, version in zip(self.saved, self.versions):
            if type(t) is SavedOutput:
                t = restore(self, t)
            elif t is not None and not packed and version_of(t) != version:
                raise modified(t._d, t, version_of(t), version)
            found.append(t)
        return tuple(found)

    def release(self) -> None:
        """Let go of saved tensors; without any, the graph can be gone through again."""
        if self.versions:
            self.saved = FREED

    def backward(self, g: Any, needs: Sequence[bool] | None) -> Sequence[Tensor | None]:
        """What the function's `backward` gives, checked."""
        self.ctx._node = self
        try:
            found = self.run(self.ctx, *(g if type(g) is tuple else (g,)))
        finally:
            self.ctx._node = None
        return self._checked(found if type(found) is tuple else (found,))

    def _checked(self, found: tuple[Any, ...]) -> list[Tensor | None]:
        """One gradient for each argument of `forward`."""
        name, count = self.name(), len(self.edges)
        if len(found) > count and all(g is None for g in found[count:]):
            found = found[:count]
        if len(found) != count:
            raise AutogradError(
                f"function {name} returned an incorrect number of gradients (expected {count}, got "
                f"{len(found)})",
                hint="return one, or None, for each argument of forward",
            )
        for i, (g, end, takes) in enumerate(zip(found, self.edges, self.takes)):
            if g is None:
                continue
            if not takes:
                raise AutogradError(
                    f"function {name} returned a gradient different than None at position {i + 1}, "
                    "but the corresponding forward input was not a Variable"
                )
            if not isinstance(g, Tensor):
                raise AutogradError(f"expected Variable or None (got {type(g).__name__})")
            if end is not None:
                self._check(i, g, end)
        return list(found)

    def _check(self, i: int, g: Tensor, end: Any) -> None:
        """Refuse a gradient that is none of the input at an edge."""
        at = getattr(end, "index", None)
        owner = end if at is None else end.node
        shape = owner.shape if at is None else owner.shape[at]
        if g._d.shape != shape and not is_smaller(shape, g._d.shape):
            raise AutogradError(
                f"Function {self.name()} returned an invalid gradient at index {i} - got "
                f"{list(g._d.shape)} but expected shape compatible with {list(shape)}"
            )
        dtype = owner.dtype if at is None else owner.dtype[at]
        if (g._d.dtype.char in COMPLEXES) and dtype.char not in COMPLEXES:
            raise AutogradError(
                f"Function {self.name()} returned an invalid gradient at index {i} - got a complex "
                "one for a real input"
            )


class Delayed(Node):
    """The node of a gradient that may not be differentiated again."""

    __slots__ = ()

    @classmethod
    def of(cls, tensor: Tensor, inputs: Sequence[Any]) -> Tensor:
        """The tensor with such a node, behind which the inputs lie."""
        made = alias(tensor)
        ends = tuple([end_of(t) if isinstance(t, Tensor) else None for t in inputs])
        made._g = cls(_OWN, ends, (), (), made._d.shape, made._d.dtype, user_place(3))
        return made

    def name(self) -> str:
        """PyTorch's name for it."""
        return "Error"

    def backward(self, g: Any, needs: Sequence[bool] | None) -> Sequence[Tensor | None]:
        """No gradient is known."""
        raise AutogradError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )

    def release(self) -> None:
        """It saves nothing."""
