"""What a thread's calls go by: whether ops record what they do, and what runs them instead of eager work."""

from __future__ import annotations

import sys
from _thread import _local, allocate_lock

from tcalc.errors import LooksInside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from typing import Any, ParamSpec, TypeVar

    from tcalc.runtime.autograd.nodes import AccumulateGrad, Node
    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.lazy.expression import Expression
    from tcalc.runtime.ops.random.generator import Generator
    from tcalc.runtime.tensor.tensor import Tensor

    P = ParamSpec("P")
    R = TypeVar("R")


class _Nothing:
    """A context that does nothing."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


_NOTHING: AbstractContextManager[None] = _Nothing()


class Interpreter:
    """What runs the calls of ops in a thread: `mode.interpreter`, None where work is eager.

    A call reaches it where an operand holds something else than a plain array, such as a batch of
    them. While it runs ops of its own, `outer` is in its place. What it does not look after itself,
    it leaves to `outer`.
    """

    outer: Interpreter | None = None
    # Whether a pass back may add to the gradients that leaves keep.
    fills_grads = True
    # Whether it only looks on: tensors hold plain arrays, and all is done as without it.
    watches = False
    # Whether it sees what a plan does call by call, rather than the plan as a whole.
    looks_within = False

    if TYPE_CHECKING:
        # The result of a call: tensors, or what the op gives; every interpreter has its own.
        # values: of the op's parameters.
        def run(self, op: Op, values: tuple[object, ...]) -> Any: ...

    def write(
        self, op: Op, values: tuple[object, ...], name: str, eagerly: Callable[[], Tensor]
    ) -> Tensor | None:
        """Do a call of an op's in-place form, which writes into the first value, and give that;
        None where nothing in it is the interpreter's. name: of the form. eagerly: does it."""
        return None

    def compose(self, op: Op, args: tuple[object, ...], kwargs: dict[str, object]) -> Any:
        """The result of an op that is made of others, for its kernel's arguments."""
        return op.kernel(*args, **kwargs)

    def evaluate(self, nodes: Sequence[Expression], run: Callable[[], None]) -> None:
        """Let `run()` compute expressions that waited."""
        run()

    def backward(
        self,
        node: Node | AccumulateGrad,
        g: Array | Tensor | tuple[Array | Tensor | None, ...],
        run: Callable[[], Any],
        deliver: Callable[[Any], Any],
    ) -> Any:
        """`deliver` of the gradients that `run()` gives: a node's turn in a pass back; asked of those
        that only watch. g: what arrived at the node."""
        return deliver(run())

    def span(self, name: str) -> AbstractContextManager[None]:
        """Inside is a stretch of work that has a name, for who watches."""
        return _NOTHING if self.outer is None else self.outer.span(name)

    def calling(self, module: Any) -> AbstractContextManager[None]:
        """Inside is the call of a module."""
        return _NOTHING if self.outer is None else self.outer.calling(module)

    def change(
        self, function: Callable[..., None], read: Sequence[Tensor], written: Sequence[Tensor]
    ) -> None:
        """Let `function(*read, *written)` write into the arrays of some tensors (see `updates`)."""
        raise LooksInside("an update of several tensors at once cannot be done on a batch of them")

    def draw(
        self, shape: tuple[int, ...], make: Callable[[tuple[int, ...]], Tensor]
    ) -> Tensor | None:
        """Random numbers of a shape, or None where they are drawn as ever. make: draws a shape."""
        return None

    def redraw(self, target: Tensor, fill: Callable[[Tensor], object]) -> Tensor | None:
        """Let `fill` write random numbers into a tensor, and give it; None as above."""
        return None

    def drawn(self) -> None:
        """Hear that a kernel is about to draw random numbers: a generator is asked for."""
        if self.outer is not None:
            self.outer.drawn()

    def tracks(self, tensor: Tensor) -> bool:
        """Whether gradients flow to what a tensor stands for."""
        return False

    def anywhere(self, condition: Tensor) -> bool:
        """Whether a tensor of bools is true at any place, in whatever it stands for."""
        return bool(condition._a.any())

    def matched(self, tensor: Tensor, others: Sequence[object]) -> Tensor:
        """A tensor, into which values of the others can be written: as many as they stand for."""
        return tensor

    def kernel(self, op: Op, args: object, kwargs: object) -> object:
        """What an op's kernel gives for arrays, or NotImplemented where it is run as ever."""
        return NotImplemented if self.outer is None else self.outer.kernel(op, args, kwargs)

    def adopt(self, array: Array) -> Array:
        """What a new tensor holds for an array."""
        return array if self.outer is None else self.outer.adopt(array)

    def look(self, array: Array) -> Array:
        """The plain array, whose values or memory the program gets hold of."""
        return array if self.outer is None else self.outer.look(array)

    def place(self) -> None:
        """It matters where a tensor begins in its memory."""
        if self.outer is not None:
            self.outer.place()

    def gradient(self) -> None:
        """A gradient that a tensor keeps is read, or set."""
        if self.outer is not None:
            self.outer.gradient()

    def draw_into(
        self, array: Array, generator: Generator, fill: Callable[[Array, Generator], object]
    ) -> None:
        """Let `fill(array, generator)` write random numbers into an array."""
        if self.outer is None:
            generator.fill(array, fill)
        else:
            self.outer.draw_into(array, generator, fill)

    def from_outside(self, value: Any) -> Any:
        """What a function of Python's gave that goes by more than its arguments."""
        return value if self.outer is None else self.outer.from_outside(value)

    def effect(self, what: str) -> None:
        """Something is done that no result shows, or read that no operand is; what: as a verb."""
        if self.outer is not None:
            self.outer.effect(what)


class Mode(_local):
    """What holds in one thread; every thread begins with these."""

    def __init__(self) -> None:
        self.enabled = True
        self.inference = False
        # Whether a pass back looks for anomalies, and for nan among them.
        self.anomaly = False
        self.checks_nan = True
        # Whether a pass back is for chosen inputs alone.
        self.selects = False
        # What saved tensors go through (see `autograd.saving`), None where they are kept as they are.
        self.saving: Any = None
        self.interpreter: Interpreter | None = None
        # By kind of device, the dtype that `autocast` lets ops of few digits run in; None without.
        self.autocast: dict[str, Any] | None = None
        # Where new tensors go, None for the CPU; and where before each `with device:` that is open.
        self.device: Any = None
        self.devices: list[Any] = []
        numpy = sys.modules.get("numpy")
        if numpy is not None:  # edge values are values, in every thread
            numpy.seterr(all="ignore")


mode = Mode()


class Interpreters:
    """How many are at work in all threads: where none is, no thread need be asked for its own."""

    __slots__ = ("_lock", "count")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self.count = 0

    def add(self, change: int) -> None:
        """One begins, or ends."""
        with self._lock:
            self.count += change


interpreters = Interpreters()


class Casting(Interpreters):
    """How many threads are inside `autocast`: where none is, no op asks."""

    __slots__ = ()

    def here(self) -> bool:
        """Whether this thread is."""
        return mode.autocast is not None


casting = Casting()


def anywhere(condition: Tensor) -> bool:
    """Whether a tensor of bools is true at any place, of whatever it stands for."""
    if mode.interpreter is not None:
        return mode.interpreter.anywhere(condition)
    return bool(condition._a.any())


def matched(tensor: Tensor, *others: object) -> Tensor:
    """A new tensor into which values of others can be written: as many as they stand for."""
    return tensor if mode.interpreter is None else mode.interpreter.matched(tensor, others)


def effect(name: str) -> None:
    """Said first thing by a function which does more than its result says, or goes by more than its
    arguments: it prints, reads the clock, changes a setting. name: its own.
    """
    if mode.interpreter is not None:
        mode.interpreter.effect(f"calls {name}()")


def effectful(function: Callable[P, R]) -> Callable[P, R]:
    """A function of Python's that says so."""
    name = function.__name__

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        effect(name)
        value = function(*args, **kwargs)
        return value if mode.interpreter is None else mode.interpreter.from_outside(value)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = function.__doc__
    return call
