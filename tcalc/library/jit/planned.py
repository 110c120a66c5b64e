"""`jit` and `torch.compile`: a function that runs as a plan where one holds."""

from __future__ import annotations

from _thread import RLock
from types import MethodType
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError, TcalcError, ValueProblem
from tcalc.library.nn.module import Module
from tcalc.runtime.base.auditing import auditing
from tcalc.runtime.base.formatting import formatter, remark
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.compute import KERNEL_ERRORS
from tcalc.runtime.transform.plan.containers import MISS
from tcalc.runtime.transform.plan.guards import NotFollowed
from tcalc.runtime.transform.plan.lower import Changed
from tcalc.runtime.transform.plan.numbers import History
from tcalc.runtime.transform.plan.replay import Plan
from tcalc.runtime.transform.plan.show import Graph
from tcalc.runtime.transform.plan.tracing import trace as run_traced

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.modes import Interpreter

_FAILURES = (Changed, TcalcError, MemoryError, *KERNEL_ERRORS)
# What is traced shows in the tensors that it reaches: one thread does so at a time.
_tracing = RLock()
# A function whose arguments change more often than this stays eager.
_MOST = 16


class Planned:
    """A function that runs as a plan where one holds; made by `jit`.

    reason, place: why it runs eagerly, and where that was found; None while it does not.
    """

    __module__ = "torch"
    _public_ = frozenset({"code", "forward", "graph"})

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.reason: str | None = None
        self.place: Any = None
        self.history = History()
        # How often a replay found values to matter that did not when it was traced.
        self._changed = 0
        # The plans, and their calls on buffers of their own for each thread that is in one: who is in
        # a call gives it back to the list that it came from.
        self._known: tuple[list[Plan], list[list[Callable[..., Any]]]] = [], []
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<compiled function {self.__name__}>"

    @property
    def plans(self) -> list[Plan]:
        """The plans, the latest first."""
        return self._known[0]

    def _followed_(self) -> tuple[Any, ...]:
        """What a plan that calls it depends on."""
        return (self.function,)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if interpreters.count and mode.interpreter is not None:
            return self._interpreted(mode.interpreter, args, kwargs)
        plans, free = self._known
        try:
            calls = free.pop()
        except IndexError:
            calls = [plan.call() for plan in plans]
        failed: Exception | None = None
        call: Any = None
        try:
            for call in calls:
                result = call(args, kwargs)
                if result is not MISS:
                    return result
        except _FAILURES as error:
            failed = error
        finally:
            free.append(calls)
        if failed is not None:
            return self._failed(call, failed, args, kwargs)
        return self._first(args, kwargs, plans)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The same as a call."""
        return self(*args, **kwargs)

    def _interpreted(
        self, interpreter: Interpreter, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """A call that something looks at: one that only watches sees a plan as a whole."""
        if not interpreter.watches or interpreter.looks_within or self.reason is not None:
            return self.function(*args, **kwargs)
        with interpreter.span(f"Torch-Compiled Region: {self.__name__}"):
            mode.interpreter = interpreter.outer
            try:
                return self(*args, **kwargs)
            finally:
                mode.interpreter = interpreter

    def _first(self, args: tuple[Any, ...], kwargs: dict[str, Any], plans: list[Plan]) -> Any:
        """A call that none of some plans holds for."""
        if self.reason is not None or mode.anomaly or auditing.level is not None:
            return self.function(*args, **kwargs)
        if mode.saving is not None:  # which sees what ops save, one by one
            return self.function(*args, **kwargs)
        if mode.autocast is not None:  # a plan does not go by it
            return self.function(*args, **kwargs)
        with _tracing:
            if self.plans is plans:
                return self._traced(args, kwargs)
        return self(*args, **kwargs)  # another thread has traced it meanwhile

    def _traced(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call that is traced, so that a plan may do those that follow."""
        if len(self.plans) >= _MOST:
            self._stay_eager(f"is called with or reads what changed {_MOST} times", None)
            return self.function(*args, **kwargs)
        try:
            found = run_traced(self.function, args, kwargs, self.history)
        except NotFollowed as error:
            self._stay_eager(str(error), None)
            return self.function(*args, **kwargs)
        if found.raised is not None:
            if not found.repeatable:
                raise found.raised
            result = self.function(*args, **kwargs)  # which fails too, unless tracing was at fault
            if found.roots.numbers.any:  # by what stood for numbers, perhaps
                self.history.follows = False
            else:
                self._stay_eager("does what cannot be traced", None)
            return result
        if found.reason is None and not (plan := Plan(self.function, found, Planned)).sound:
            found.tape.give_up("has results whose shapes depend on values, and writes in place")
        if found.counts or (found.reason is not None and found.roots.numbers.any):
            # What numbers it changes is followed from the next call on, or not any more.
            self.history.follows = found.counts
        elif found.reason is not None:
            self._stay_eager(found.reason, found.tape.place)
        else:
            self._known = [plan, *self.plans], []
        return found.result

    def _failed(
        self, call: Callable[..., Any], error: Exception, args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:  # fmt: skip
        """A replay failed: eager work tells why, in our words and at its place."""
        changed = isinstance(error, Changed)
        if not (changed or call.__globals__["plan"].pure):
            if isinstance(error, TcalcError):
                raise error
            raise ValueProblem(f"{self.__name__}: {error}") from None
        result = self.function(*args, **kwargs)
        self._changed += 1 if changed else _MOST
        if self._changed >= _MOST:
            self._stay_eager("makes shapes or errors of values", None)
        return result

    def _stay_eager(self, reason: str, place: Any) -> None:
        self.reason, self.place = reason, place
        self._known = [], []
        remark(self.explanation())

    def explanation(self) -> str:
        """Why it runs eagerly."""
        if self.place is None:
            return f"{self.__name__} runs eagerly: it {self.reason}"
        line, source = formatter.place(*self.place)
        where = f": {source}" if source else ""
        return f"{self.__name__} runs eagerly: line {line} {self.reason}{where}"

    @property
    def graph(self) -> Graph:
        """The static graph of the latest plan, as data and as text."""
        if not self.plans:
            raise StateError(
                f"{self.__name__} has no graph yet: call it first"
                if self.reason is None
                else self.explanation()
            )
        return Graph(self.plans[0])

    def shown(self, source_of: Callable[[Any], str | None]) -> str:
        """The static graph as text, or why there is none; source_of: as for Graph.text."""
        return self.explanation() if self.reason is not None else self.graph.text(source_of)

    @property
    def code(self) -> str:
        """The latest plan as the Python that runs."""
        self.graph  # noqa: B018 (it raises where there is none)
        return self.plans[0].text


class OptimizedModule(Module):
    """A module that runs as a plan; its parameters and all else are those of the module."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        self._orig_mod = module
        self.__dict__["planned"] = Planned(module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.planned(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The same as a call."""
        return self.planned(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            module = super().__getattr__("_orig_mod")
            if not isinstance(module, Module):  # whatever a program has put there
                raise
            return getattr(module, name)

    @property
    def graph(self) -> Graph:
        """The static graph of the latest plan, as data and as text."""
        planned: Planned = self.planned
        return planned.graph

    @property
    def code(self) -> str:
        """The latest plan as the Python that runs."""
        planned: Planned = self.planned
        return planned.code


def jit(function: Any) -> Any:
    """Run a function as a static graph: traced at its first call, then replayed without Python.

    The graph holds for arguments of the same shapes and dtypes and for the same global variables and
    settings; others are traced anew. Numbers that change are inputs, unless something is decided by
    them. Where Python looks at a tensor's values (`if`,
    `item()`, `print`), the function runs eagerly, and a remark says why.

    >>> @jit
    ... def f(x):
    ...     y = x + 2
    ...     return (y * y * 3).mean()
    >>> f(ones(2, 2))
    tensor(27.)
    """
    if isinstance(function, (Planned, OptimizedModule)):
        return function
    if isinstance(function, Module):
        return OptimizedModule(function)
    if not callable(function):
        raise ArgumentError(f"jit() takes a function, not {type(function).__name__}")
    return Planned(function)


def compile(
    model: Any = None, *, fullgraph: bool = False, dynamic: Any = None, backend: Any = "inductor",
    mode: Any = None, options: Any = None, disable: bool = False,
) -> Any:  # fmt: skip
    """The same as `jit`; PyTorch's options are taken and make no difference.

    >>> f = torch.compile(lambda x: x * 2)
    >>> f(tensor([1., 2.]))
    tensor([2., 4.])
    """
    if model is None:
        return lambda function: function if disable else jit(function)
    return model if disable else jit(model)


export("tcalc.jit", value=jit)
export("torch.compile", value=compile)
