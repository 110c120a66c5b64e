"""Optimizers whose step does the same with each element of a parameter, its gradient and its state.

Such an optimizer says what it keeps, which numbers an update goes by, and what it does to arrays;
running it over parameters, in one pass over memory, eagerly or in a plan, is done here for all.
"""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from tcalc.errors import AssertionProblem, NotDefined, StateError, TcalcError
from tcalc.library.optim import passes
from tcalc.library.optim.checks import number
from tcalc.library.optim.onepass import FEW, one_pass
from tcalc.library.optim.optimizer import Optimizer, loss_of
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.symbols import Symbol, plain
from tcalc.runtime.call.compute import KERNEL_ERRORS
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.call.updates import change
from tcalc.runtime.ops.create.constant import full, full_like
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tcalc.library.optim.groups import Group, Params, State
    from tcalc.library.optim.onepass import OnePass
    from tcalc.runtime.base.op import Array

    Settings = dict[str, Any]
    # A number, or what makes one of the settings.
    Start = float | Callable[[Settings], float]
    # A number that an update goes by; None for what it leaves out, a bool for how it goes.
    Number = float | bool | None
    # The same as an update is given them: numbers, or 0-dim arrays.
    Numbers = tuple[Any, ...]

ndarray = np.ndarray
_DOUBLE = np.dtype(np.float64)


class Turn(NamedTuple):
    """counts: after the step, as the state's tensors hold them; before: the same before it. first:
    whether the parameter's state is new."""

    counts: Sequence[float]
    before: Sequence[float]
    first: bool


class Elementwise(Optimizer):
    """The base of optimizers that update elements by themselves.

    _counts: the numbers that it keeps for each parameter, in 0-dim tensors, with what they begin at.
    """

    _counts: ClassVar[dict[str, Start]] = {}
    # What to take where gradients are sparse, as a part of a sentence.
    _on_sparse: ClassVar[str] = ""

    def __init__(self, params: Params, defaults: Settings) -> None:
        super().__init__(params, defaults)
        if defaults.get("differentiable"):
            raise StateError(
                "`differentiable=True` is not in tcalc: steps are not recorded",
                hint="write the update with autograd.grad(..., create_graph=True)",
            )
        if defaults.get("fused") and defaults.get("foreach"):
            raise StateError("`fused` and `foreach` cannot be `True` together.")

    # -- what each says ------------------------------------------------------------------------

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The arrays that it keeps, of the parameter's shape, with the number they begin full of."""
        return {}

    @staticmethod
    def _counted(settings: Settings, counts: Sequence[float]) -> tuple[float, ...]:
        """The counts after a step: one more. counts: NumPy's, which round as the tensors' do."""
        return tuple([n + 1 for n in counts])

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """What an update goes by."""
        raise NotDefined("an optimizer says what its step does")

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """Write into a parameter and what is kept for it. n: the numbers; t, u: to work in."""
        raise NotDefined("an optimizer says what its step does")

    def _sparse_step(self, group: Group, p: Tensor, g: Tensor) -> None:
        """Update a parameter by a sparse gradient."""
        kind = next(k for k in type(self).__mro__ if not is_users(k))
        raise StateError(
            f"{self._on_sparse or f'{kind.__name__} does not support sparse gradients'}",
            hint="use nn.Embedding(..., sparse=False), or optim.SGD, Adagrad or SparseAdam",
        )

    # -- the step ------------------------------------------------------------------------------

    def step(self, closure: Callable[[], object] | None = None) -> object:
        """Update every parameter that has a gradient; gives what `closure` gave."""
        loss = loss_of(closure)
        recording, mode.enabled = mode.enabled, False
        try:
            for number, group in enumerate(self._groups()):
                self._step_group(number, group)
        finally:
            mode.enabled = recording
        return loss

    def _step_group(self, number: int, group: Group) -> None:
        states = self.state
        old, new = Rows(), Rows()
        for p in group["params"]:
            g = p.grad
            if g is None:
                continue
            if type(g._d) is not ndarray and is_sparse(g):
                self._sparse_step(group, p, g)
                continue
            state = states.get(p)
            rows = old if state else new
            update = rows.update
            if update is None:
                update = rows.update = self._update_of(number, group, rows is new)
                update.check(p)
            if rows is new:
                state = update.begin(p)
                if state:
                    states[p] = state
            elif not isinstance(state, dict):
                raise StateError("the state of a parameter must be a dict")
            rows.read.append(g)
            rows.written.append(p)
            for name in update.names:
                kept = state.get(name)
                rows.written.append(
                    kept if isinstance(kept, Tensor) else update.add(state, name, p)
                )
        for rows in (old, new):
            if rows.update is None:
                continue
            try:
                change(rows.update, [*rows.update.tensors, *rows.read], rows.written)
            except KERNEL_ERRORS as error:
                if isinstance(error, TcalcError):
                    raise
                raise StateError(
                    f"{type(self).__name__}: the state of a parameter does not fit it: {error}"
                ) from None

    def _update_of(self, number: int, group: Group, first: bool) -> Update:
        """The update of a group: that of its last step where it has the same settings."""
        kind = type(self)
        if kind.__hash__ is None or (interpreters.count and mode.interpreter is not None):
            return Update(self, group, first)
        known = _known.setdefault(self, {})
        values = [group.get(name) for name in self.defaults]
        found = known.get((kind, number, first))
        if found is not None and len(found[0]) == len(values) and all(map(is_, found[0], values)):
            found[1].begin_anew()
            return found[1]
        update = Update(self, group, first)
        if all(map(_is_fixed, values)):
            known[kind, number, first] = values, update
        return update


_Known = dict[tuple[type, int, bool], tuple[list[Any], "Update"]]
# By optimizer, group and whether its states are new: the settings of its last update, and that.
_known: WeakKeyDictionary[Elementwise, _Known] = WeakKeyDictionary()
_FIXED = {float, int, bool, type(None)}


def _is_fixed(value: object) -> bool:
    """Whether a setting is the same as long as it is the same object."""
    return type(value) in _FIXED or (type(value) is tuple and {*map(type, value)} <= _FIXED)


class Rows:
    """The tensors of one update: gradients, and what it writes, parameter by parameter."""

    __slots__ = ("read", "update", "written")

    def __init__(self) -> None:
        self.update: Update | None = None
        self.read: list[Tensor] = []
        self.written: list[Tensor] = []


class Update:
    """What one step does to parameters of a group: a function of arrays.

    They are those of settings that are tensors, all gradients, and for each parameter its own and
    those of its state in the order of `names`.
    """

    def __init__(self, optimizer: Elementwise, group: Group, first: bool) -> None:
        self.__name__ = f"{type(optimizer).__name__.lower()}_step"
        # A program's class may have such names for purposes of its own.
        kind = next(k for k in type(optimizer).__mro__ if not is_users(k))
        self.rule: type[Elementwise] = kind
        self.first = first
        self.settings, asked = settings_of(optimizer.defaults, group)
        self.tensors = list(asked.values())
        self._asked = list(asked)
        self._start = {**self.rule._counts, **self.rule._kept(self.settings)}
        self._width = len(self.rule._counts)
        self.names = tuple(self._start)
        # What the work goes by, and the work itself, as `_prepare` gives it.
        self._prepared: tuple[Any, ...] = (None,)
        # Whose scratch was found, and where.
        self._scratch: tuple[Any, list[Any]] = None, []

    # -- before it -----------------------------------------------------------------------------

    def begin_anew(self) -> None:
        """Be ready for arrays of other shapes."""
        self._scratch = None, []

    def check(self, p: Tensor) -> None:
        """Refuse what PyTorch does where the group says so."""
        if self.settings.get("capturable") and not p.is_cuda:
            raise AssertionProblem(
                "If capturable=True, params and state_steps must be on supported devices: ['cuda'].",
                hint="leave it out: it is for CUDA graphs",
            )
        if self.settings.get("fused") and not p.is_floating_point():
            raise StateError(
                "`fused=True` requires all the params to be floating point Tensors of supported "
                f"devices: ['cpu', 'cuda'] but {p.dtype} and {p.device.type}"
            )

    def begin(self, p: Tensor) -> State:
        """A parameter's new state."""
        state: dict[str, Any] = {}
        for name in self.names:
            self.add(state, name, p)
        return state

    def add(self, state: State, name: str, p: Tensor) -> Tensor:
        """Put a tensor into a parameter's state, of the number that stands there or that it begins
        with."""
        value = state.get(name)
        if type(value) is not int and type(value) is not float:
            value = self._start[name]
            if callable(value):
                value = value(self._read([t._a for t in self.tensors]))
        if name in self.rule._counts:
            wide = dtypes.default.value is dtypes.float64 and not self.settings.get("fused")
            # Counts are read at each step: they stay where that is quick.
            made = full((), value, dtype=dtypes.float64 if wide else dtypes.float32, device="cpu")
        else:
            both = p.is_complex() and value  # its parts are numbers by themselves
            made = full_like(p, complex(value, value) if both else value)
        state[name] = made
        return made

    # -- the update ----------------------------------------------------------------------------

    def __call__(self, *arrays: Array) -> None:
        asked, width, end = len(self._asked), len(self.names) + 1, self._width + 1
        last = asked + (len(arrays) - asked) // (width + 1)
        settings, grads = arrays[:asked], arrays[asked:last]
        read = [a.item() for a in settings]
        update, known = self.rule._update, None
        prepared = self._prepared
        rows = zip(*[iter(arrays[last:])] * width)
        for g, row, place in zip(grads, rows, self._places(arrays, grads)):
            counts = row[1:end]
            key = (type(g), g.dtype, *[a.item() for a in counts])
            if known is None or key != known:
                known = key
                if prepared[0] != (key, read):
                    prepared = (key, read), *self._prepare(settings, counts, g)
                    self._prepared = prepared
                _, after, work, n, whole, numbers = prepared
            if counts:
                for a, count in zip(counts, after):
                    a[...] = count
                row = (row[0], *row[end:])
            if whole is not None and g.size >= FEW and whole.do((g, *row), numbers):
                continue
            if place is None or n is None:
                passes.run(work, g, *row)
            else:  # what passes would come to, for most parameters
                update(np, n, place[0], place[1], g, *row)

    def _places(self, arrays: Sequence[Array], grads: Sequence[Array]) -> list[Any]:
        """The scratch to work in for each gradient, None where passes find one.

        A plan calls an update again and again, on arrays that are alike.
        """
        mine, found = self._scratch
        if mine is passes.mine():
            return found
        scratch = passes.scratch_of(arrays)
        places = [scratch.get((g.shape, g.dtype)) for g in grads]
        if None not in places:
            self._scratch = passes.mine(), places
        return places

    def _read(self, arrays: Sequence[Array]) -> Settings:
        """The settings, with numbers for those that are tensors."""
        return {**self.settings, **{k: a.item() for k, a in zip(self._asked, arrays)}}

    def _prepare(
        self, asked: Sequence[Array], counts: Sequence[Array], g: Array
    ) -> tuple[tuple[float, ...], Callable[..., None], Numbers | None, OnePass | None, list[Array]]:
        """The counts afterwards, the work that passes do for the numbers that there are now, those
        numbers where nothing else is done than the update, and the work as one pass with its numbers."""
        s = self._read(asked)
        before = [a.item() for a in counts]
        found = self.rule._counted(s, [a.dtype.type(n) for a, n in zip(counts, before)])
        after = tuple([np.asarray(v, a.dtype).item() for v, a in zip(found, counts)])
        own = self.rule._numbers(s, Turn(after, before, self.first))
        decay, flip = s.get("weight_decay") or None, s.get("maximize")
        shrink = None
        if decay is not None and s.get("decoupled_weight_decay"):
            decay, shrink = None, 1 - s["lr"] * decay
        numbers = (decay, shrink, *own)
        if type(g) is ndarray:  # a 0-dim array costs less beside another than a number does
            dtype = passes.computed_in(g.dtype)
            numbers = tuple(
                [np.asarray(v, dtype) if type(v) in (int, float) else v for v in numbers]
            )
        work = _work(self.rule._update, flip, *numbers)
        whole, given = None, [v for v in numbers if type(v) is ndarray]
        if type(g) is ndarray:
            kinds = [float if type(v) is ndarray else v for v in numbers]
            made = (self.rule._update, bool(flip), *kinds)
            whole = one_pass(_work, made, 2 + len(self.names) - len(counts), g.dtype)
        plain = None if flip or numbers[0] or numbers[1] else numbers[2:]
        return after, work, plain, whole, given


def _work(
    update: Callable[..., None], flip: object, decay: object, shrink: object, *n: object
) -> Callable[..., None]:
    """An optimizer's update as passes do it, on the gradient that the settings make of the given."""

    def work(xp: ModuleType, scratch: tuple[Array, ...], g: Array, p: Array, *kept: Array) -> None:
        s, t, u = scratch
        if flip:
            g = xp.negative(g, s)
        if decay is not None:
            xp.multiply(p, decay, t)
            g = xp.add(g, t, s)
        if shrink is not None:
            xp.multiply(p, shrink, p)
        update(xp, n, t, u, g, p, *kept)

    return work


def settings_of(defaults: Settings, group: Group) -> tuple[Settings, dict[str, Tensor]]:
    """A group's settings as plain values, and those that are tensors, for which 0 stands."""
    settings: Settings = {}
    asked: dict[str, Tensor] = {}
    for name in defaults:
        if name not in group:
            raise StateError(f"parameter group didn't specify a value of {name!r}")
        value = group[name]
        kind = type(value)
        if isinstance(value, Tensor):
            asked[name], value = value, 0.0
        elif isinstance(value, Symbol):  # one that a plan is given anew for each step
            asked[name] = wrap(value.as_array(_DOUBLE))
        elif kind is tuple or isinstance(value, list):
            value = tuple([None if v is None else plain(number(name, v)) for v in value])
        elif not (kind is float or kind is int or kind is bool or value is None):
            value = number(name, value)
        settings[name] = value
    return settings, asked


# -- what several updates are made of ------------------------------------------------------------


def average(xp: ModuleType, share: object, t: Array, g: Array, m: Array) -> None:
    """Move an average by a share of what the gradient differs from it: m += share * (g - m)."""
    xp.subtract(g, m, t)
    xp.multiply(t, share, t)
    xp.add(m, t, m)


def square_average(
    xp: ModuleType, beta: object, share: object, t: Array, g: Array, v: Array
) -> None:
    """v = beta * v + share * g * g."""
    xp.multiply(g, g, t)
    xp.multiply(t, share, t)
    xp.multiply(v, beta, v)
    xp.add(v, t, v)
