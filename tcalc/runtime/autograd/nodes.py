"""The graph of recorded ops, through which `backward` sends gradients.

A tensor that takes part in the graph points to its end of it: an AccumulateGrad (leaves), a Node
(the one output of an op) or an Output (one of several). Edges between nodes are those same ends.
"""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import ref

from tcalc.errors import AutogradError
from tcalc.runtime.autograd.saving import Packed, hooked, kept
from tcalc.runtime.autograd.saving import SavedOutput as SavedOutput
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import saved_plan
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType
    from typing import NoReturn

    import numpy as np

    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.tensor.storage import View

_FRAMES_SEARCHED = 40


_new = object.__new__
_frame: Any = sys._getframe
numbers = count()
_next_number = numbers.__next__
# How far up a search for the program's frame begins: beyond what calls `record`, and who called that.
DEEPER = 3


class _Extra:
    """What few ends of the graph have: a kept gradient and hooks."""

    __slots__ = ("grad", "hooks", "node_hooks", "outputs", "post_hooks", "pre_hooks", "retains")

    def __init__(self) -> None:
        self.grad: Tensor | None = None
        self.retains = False
        self.hooks: dict[int, Callable[..., Any]] = {}
        self.post_hooks: dict[int, Callable[..., Any]] = {}
        self.node_hooks: dict[int, Callable[..., Any]] = {}
        self.pre_hooks: dict[int, Callable[..., Any]] = {}
        self.outputs: dict[int, Output] = {}


class End:
    """One end of an edge: what a tensor in the graph holds as its place in it."""

    __slots__ = ("extra",)
    extra: _Extra | None
    requires_grad: bool

    def extras(self) -> _Extra:
        """The rare fields, made when first asked for."""
        if mode.interpreter is not None:
            mode.interpreter.gradient()
        if self.extra is None:
            self.extra = _Extra()
        return self.extra


class _Freed:
    """What stands for saved values that a backward pass has let go: taking them is an error."""

    __slots__ = ("name",)
    _constant_ = True

    def __init__(self, name: str = "") -> None:
        # What the node is called, where that goes by the values that it let go.
        self.name = name

    def __iter__(self) -> NoReturn:
        error = AutogradError(
            "Trying to backward through the graph a second time (or directly access saved tensors "
            "after they have already been freed)",
            hint="say retain_graph=True in the first backward",
        )
        error.freed = True
        raise error


FREED = _Freed()


class Node(End):
    """One recorded op: `edges` to what it was computed from, and the values its gradient needs.

    shape, dtype: of its output (a tuple of each where there are several outputs).
    place: the code and instruction of the user's program that ran it, or None.
    """

    __slots__ = ("dtype", "edges", "number", "op", "place", "saved", "shape", "versions")
    _public_ = frozenset({"metadata", "name", "next_functions", "register_hook",
                          "register_prehook"})  # fmt: skip
    requires_grad = True
    # A program sees as its class what `name` gives.
    _names_itself_ = True
    # Whether its gradients are in new memory where they are not what came in or was saved.
    gives_new = True
    # Whether it is given zeros for the gradients of outputs that have none.
    materializes = True

    op: Op
    edges: tuple[End | None, ...]
    saved: Any
    versions: Any
    shape: Any
    dtype: Any

    def __init__(
        self,
        op: Any,
        edges: tuple[End | None, ...],
        saved: tuple[object, ...],
        versions: tuple[int, ...] | None,
        shape: tuple[int, ...] | tuple[tuple[int, ...], ...],
        dtype: np.dtype | tuple[np.dtype | None, ...] | None,
        place: tuple[CodeType, int] | None,
    ) -> None:
        self.op = op
        self.edges = edges
        self.saved = kept(saved) if hooked.count else saved
        self.versions = versions
        self.shape = shape
        self.dtype = dtype
        self.place = place
        self.number = _next_number()
        self.extra = None

    def name(self) -> str:
        """PyTorch's name for the node, such as `MulBackward0`."""
        name = self.op.node_name
        if isinstance(name, str):
            return name
        if type(self.saved) is _Freed:
            return self.saved.name
        return name(dict(zip(saved_plan(self.op), self.saved)))

    def __repr__(self) -> str:
        return f"<{self.name()} object>"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes behind the inputs, each with the number of its output."""
        return tuple(
            (None, 0) if e is None else (e.node, e.index) if type(e) is Output else (e, 0)
            for e in self.edges
        )

    @property
    def outputs(self) -> int:
        """How many outputs the op has."""
        return len(self.shape) if type(self.dtype) is tuple else 1

    @property
    def metadata(self) -> dict[object, object]:
        """A dict of the node's own, for the user."""
        return {}

    def backward(self, g: Any, needs: Sequence[bool] | None) -> Sequence[Tensor | None]:
        """The gradients of the inputs, one an edge, from the gradient of the output.

        g: a tensor, a tuple of them where there are several outputs. needs: by edge, whether its
        gradient is wanted; None for all.
        """
        grads: Sequence[Tensor | None] = self.op.backward(self, g, needs)
        return grads

    def release(self) -> None:
        """Let go of saved values."""
        if self.op.saves_tensors and type(self.saved) is not _Freed:
            self.saved = FREED if type(self.op.node_name) is str else _Freed(self.name())

    def register_hook(self, hook: Callable[..., object]) -> Handle:
        """Call `hook(grad_inputs, grad_outputs)` after the node has run; it may replace the first."""
        return Handle(self.extras().node_hooks, hook)

    def register_prehook(self, hook: Callable[..., object]) -> Handle:
        """Call `hook(grad_outputs)` before the node runs; it may replace them."""
        return Handle(self.extras().pre_hooks, hook)


class Output(End):
    """One of the several outputs of a node."""

    __slots__ = ("index", "node")
    requires_grad = True

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index
        self.extra = None

    def extras(self) -> _Extra:
        """The rare fields; the node learns of them, for its pass back."""
        self.node.extras().outputs[self.index] = self
        return super().extras()


class AccumulateGrad(End):
    """The end of the graph at a leaf: adds up what arrives in the leaf's `grad`."""

    __slots__ = ("_tensor", "array", "dtype", "requires_grad", "shape")
    _public_ = frozenset({"name", "next_functions", "variable"})
    edges: tuple[()] = ()
    number = -1
    place = None

    def __init__(self, tensor: Tensor, requires_grad: bool) -> None:
        self._tensor = ref(tensor)
        self.show(tensor._shown)
        self.requires_grad = requires_grad
        self.extra = None

    def show(self, array: Array) -> None:
        """Follow the leaf to other memory."""
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype

    def name(self) -> str:
        """`AccumulateGrad`."""
        return "AccumulateGrad"

    def __repr__(self) -> str:
        return "<AccumulateGrad object>"

    @property
    def next_functions(self) -> tuple[()]:
        """Nothing lies behind a leaf."""
        return ()

    @property
    def variable(self) -> Tensor:
        """The leaf (made anew on its memory where the program has let go of it)."""
        tensor = self._tensor()
        if tensor is None:
            tensor = wrap(self.array)
            tensor._g = self
            self._tensor = ref(tensor)
        return tensor


class Handle:
    """What `register_hook` gives: `remove()` takes the hook off."""

    __slots__ = ("_hooks", "_key")
    _public_ = frozenset({"remove"})
    _numbers = count()

    def __init__(
        self, hooks: dict[int, Callable[..., object]], hook: Callable[..., object]
    ) -> None:
        self._hooks = hooks
        self._key = next(Handle._numbers)
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook off."""
        self._hooks.pop(self._key, None)


def user_place(depth: int) -> tuple[CodeType, int] | None:
    """The code and instruction of the innermost frame of a user's program.

    Only code compiled from a program has a file name of a type of its own.
    """
    frame = _frame(depth)
    for _ in range(_FRAMES_SEARCHED):
        code = frame.f_code
        if type(code.co_filename) is not str:
            return code, frame.f_lasti
        frame = frame.f_back
        if frame is None:
            break
    return None


def version_of(saved: object) -> int:
    """The version of a saved value's memory; 0 for what is no tensor."""
    return saved._s.version if isinstance(saved, Tensor) and saved._s is not None else 0


def versions_of(op: Op, saved: tuple[object, ...]) -> tuple[int, ...]:
    """The versions of the memory of the tensors among the saved values."""
    return tuple([version_of(saved[i]) for i in op.saved_tensors])


def record(
    op: Op,
    edges: tuple[End | None, ...],
    saved: tuple[object, ...],
    versions: tuple[int, ...] | None,
    array: Array,
) -> Node:
    """A new node for an op with one output.

    versions: those of the saved tensors; None where no memory of theirs was ever written to.
    """
    # As Node's own __init__ does it, which takes longer to call than to run.
    node: Node = _new(Node)
    node.op = op
    node.edges = edges
    node.saved = kept(saved) if hooked.count else saved
    node.versions = versions
    node.shape = array.shape
    node.dtype = array.dtype
    node.number = _next_number()
    node.extra = None
    # Most ops are called by the program itself, from two frames above.
    frame = _frame(2)
    code = frame.f_code
    node.place = (code, frame.f_lasti) if type(code.co_filename) is not str else user_place(DEEPER)
    return node


def unpack(node: Node) -> tuple[object, ...]:
    """The values a node saved, checked not to have been written to since."""
    values = list(node.saved)
    op = node.op
    for i in op.saved_tensors:
        s = values[i]
        if isinstance(s, Tensor) and s._s is not None:
            check_versions(node)
            break
    for i in op.saved_outputs:
        values[i] = restore(node, values[i])
    return tuple(values)


def check_versions(node: Node) -> None:
    """Refuse saved tensors that have been written to since."""
    saved, versions = node.saved, node.versions
    if type(saved) is Packed:  # it gives new tensors each time
        return
    for k, i in enumerate(node.op.saved_tensors):
        version = version_of(saved[i])
        expected = 0 if versions is None else versions[k]
        if version != expected:
            error = modified(saved[i]._d, saved[i], version, expected)
            error.place, error.saved_as = node.place, list(saved_plan(node.op))[i]
            raise error


def restore(node: Node, saved: Any) -> object:
    """A node's own output (or several) as a tensor again, refused if written to since."""
    if saved is None:
        return None
    if type(saved) is tuple:
        return tuple(restore(node, s) for s in saved)
    tensor = wrap(saved.array)
    if saved.storage.version != saved.version:
        error = modified(saved.array, tensor, saved.storage.version, saved.version, node)
        error.memory, error.saved_as = saved.storage, "out"
        raise error
    if saved.array.dtype.char not in EXACT:
        tensor._g = node if saved.index < 0 else Output(node, saved.index)
    tensor._s = saved.storage
    return tensor


def modified(
    array: Array, tensor: Tensor, version: int, expected: int, node: Node | None = None
) -> AutogradError:
    """The error that a saved tensor has been written to; node: whose output it is."""
    made = node or (tensor._g if isinstance(tensor._g, Node) else None)
    origin = f", which is output 0 of {made.name()}," if made is not None else ""
    error = AutogradError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [{tensor.type()} {list(array.shape)}]{origin} is at version {version}; "
        f"expected version {expected} instead",
        hint="use the form without the underscore, or work on a clone()",
    )
    error.memory = tensor._s
    if made is not None:
        error.place = made.place
    return error


class Shown(Node):
    """The node of a view that was taken from its base anew, as PyTorch names it."""

    __slots__ = ()

    def name(self) -> str:
        """What PyTorch calls it, whatever the view is."""
        return "AsStridedBackward0"


def only_shown(view: View | None, what: str) -> str | None:
    """Why a view, or one that it is a view of, may only be read, or None; what: what was done."""
    while view is not None:
        if view.index is not None:
            return (
                f"Output {view.index} of {_called(view)} is a view and {what} modified inplace. "
                "This view is the output of a function that returns multiple views. Such functions "
                "do not allow the output views to be modified inplace. You should replace the "
                "inplace operation by an out-of-place one."
            )
        if not view.tracked:
            return (
                f"A view was created in no_grad mode and {what} modified inplace with grad mode "
                "enabled. Given that this use case is ambiguous and error-prone, it is forbidden."
            )
        view = view.parent
    return None


def _called(view: View) -> str:
    """What PyTorch calls the op that made a view."""
    name = view.op.node_name
    if not isinstance(name, str):
        name = name(dict(zip([p.name for p in view.op.params], view.values)))
    return name.removesuffix("Backward0")


def meta_of(tensor: Tensor) -> End | None:
    """A tensor's end of the graph, taken anew for a view whose base has been written to.

    A view made where gradients were off requires grad as its base does, but none goes through it:
    it has an end that nobody sees.
    """
    view: Any = tensor._v
    end: End | None = tensor._g
    base = view.base
    if base._g is None or not base._g.requires_grad:
        if tensor._s is not None:
            view.version = tensor._s.version
        return end
    if tensor._s is not None and view.version != tensor._s.version:
        why = only_shown(view, "its base or another view of its base has been")
        if why is not None:
            raise AutogradError(why)
        end = tensor._g = _taken_anew(tensor, view)
        view.version = tensor._s.version
    if (end is None or not end.requires_grad) and tensor._d.dtype.char not in EXACT:
        return AccumulateGrad(tensor, True)
    return end


def _taken_anew(tensor: Tensor, view: View) -> End | None:
    enabled, mode.enabled = mode.enabled, True
    try:
        end: Any = view.replay(view.base)._g
    finally:
        mode.enabled = enabled
    if type(end) is Node and view.op.by_strides:
        number = end.number
        end = Shown(end.op, end.edges, end.saved, end.versions, end.shape, end.dtype, end.place)
        end.number = number
    return end


def tracked(tensor: Tensor) -> bool:
    """Whether a call on the tensor is recorded, also where what it stands for is."""
    if not mode.enabled:
        return False
    if end_of(tensor) is not None:
        return True
    return mode.interpreter is not None and mode.interpreter.tracks(tensor)


def own_end(tensor: Tensor) -> End | None:
    """The end from which gradients can go back from a tensor: its own, if it has one."""
    end = end_of(tensor)
    return None if end is not tensor._g else end


def end_of(tensor: Tensor) -> End | None:
    """A tensor's end of the graph where it requires grad, else None."""
    end = tensor._g if tensor._v is None else meta_of(tensor)
    return end if end is not None and end.requires_grad else None
