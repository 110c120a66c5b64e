"""Schedules that let momentum go against the learning rate: CyclicLR and OneCycleLR."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.optim.checks import number
from tcalc.library.optim.lr_scheduler.base import (
    LRScheduler,
    assign,
    attributes_of,
    checked,
    one_each,
    restore,
)
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.optim.groups import Group
    from tcalc.library.optim.lr_scheduler.base import Rate
    from tcalc.library.optim.optimizer import Optimizer


# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class _WithMomentum(LRScheduler):
    """A schedule of momentum, or of the first of Adam's betas, beside that of the learning rate."""

    cycle_momentum: bool
    use_beta1: bool

    def _begin_momentum(self, base: list[Rate], most: list[Rate]) -> None:
        """Begin with the largest momentum; groups keep what it goes between."""
        for low, high, group in zip(base, most, self.optimizer.param_groups):
            self._set_momentum(group, high)
            group["max_momentum"] = high
            group["base_momentum"] = low

    def _ask_momentum(self) -> None:
        """See which kind of it the optimizer has."""
        known = self.optimizer.defaults
        if "momentum" not in known and "betas" not in known:
            raise ValueProblem(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )
        self.use_beta1 = "betas" in known

    def _set_momentum(self, group: Group, momentum: Rate) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


# By mode, how high a cycle is, and whether that goes by the cycle's number or by the steps done.
_HEIGHTS: dict[str, tuple[Callable[[float, float], float], str]] = {
    "triangular": (lambda gamma, x: 1.0, "cycle"),
    "triangular2": (lambda gamma, x: 1 / 2.0 ** (x - 1), "cycle"),
    "exp_range": (lambda gamma, x: gamma**x, "iterations"),
}


@export("torch.optim.lr_scheduler.CyclicLR", home="torch.optim.lr_scheduler")
class CyclicLR(_WithMomentum):
    """The learning rate goes up from base_lr to max_lr and down again, in cycles.

    mode: cycles of one height, of half the height of the one before, or that fall as gamma ** step;
    or `scale_fn` tells the height by the cycle, or by the step (scale_mode "iterations").

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.1, momentum=0.9)
    >>> s = optim.lr_scheduler.CyclicLR(o, base_lr=0.1, max_lr=0.5, step_size_up=2)
    >>> for _ in range(2):
    ...     o.step(); s.step()
    >>> s.get_last_lr()
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, base_lr: float | list[float], max_lr: float | list[float],
        step_size_up: int = 2000, step_size_down: int | None = None, mode: str = "triangular",
        gamma: float = 1.0, scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle", cycle_momentum: bool = True, base_momentum: float = 0.8,
        max_momentum: float = 0.9, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self.optimizer = checked(optimizer)
        base_lrs = one_each("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for lr, group in zip(base_lrs, optimizer.param_groups):
                assign(group, "lr", lr)
        self.max_lrs = one_each("max_lr", optimizer, max_lr)
        up = float(number("step_size_up", step_size_up))
        down = up if step_size_down is None else float(number("step_size_down", step_size_down))
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        if mode not in _HEIGHTS and scale_fn is None:
            raise ValueProblem("mode is invalid and scale_fn is None", argument="mode")
        if scale_fn is not None and not callable(scale_fn):
            raise ArgumentError(
                f"scale_fn must be a function, not {type(scale_fn).__name__}", argument="scale_fn"
            )
        self.mode = mode
        self.gamma = number("gamma", gamma)
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else _HEIGHTS[mode][1]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._ask_momentum()
            self.base_momentums = one_each("base_momentum", optimizer, base_momentum)
            self.max_momentums = one_each("max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                self._begin_momentum(self.base_momentums, self.max_momentums)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of a cycle, or at a step."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return _HEIGHTS[self.mode][0](self.gamma, x)

    def get_lr(self) -> list[Rate]:
        """The rates of this step; the momentum is set too."""
        self._asked()
        done = self.last_epoch / self.total_size
        cycle = math.floor(1 + done)
        x = 1.0 + done - cycle
        rising = x <= self.step_ratio
        part = x / self.step_ratio if rising else (x - 1) / (self.step_ratio - 1)

        def height(low: Rate, high: Rate) -> Rate:
            at = cycle if self.scale_mode == "cycle" else self.last_epoch
            return (high - low) * part * self.scale_fn(at)

        found = List(low + height(low, high) for low, high in zip(self.base_lrs, self.max_lrs))
        if self.cycle_momentum:
            pairs = zip(self.base_momentums, self.max_momentums)
            for group, (low, high) in zip(self.optimizer.param_groups, pairs):
                self._set_momentum(group, high - height(low, high))
        return found

    def state_dict(self) -> dict[str, object]:
        """All that it knows, but the optimizer and a function; of an object, what it holds."""
        state = super().state_dict()
        function = state.pop("_scale_fn_custom")
        held = None if function is None else attributes_of(function)
        return {**state, "_scale_fn_custom": held}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Go on from what `state_dict()` gave."""
        function = self._scale_fn_custom
        super().load_state_dict(state_dict)
        held, self._scale_fn_custom = self._scale_fn_custom, function
        if held is not function:
            restore(function, held)


def _cosine(start: Rate, end: Rate, part: float) -> Rate:
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def _line(start: Rate, end: Rate, part: float) -> Rate:
    return (end - start) * part + start


_ANNEALED: dict[str, Callable[[Any, Any, float], Any]] = {"cos": _cosine, "linear": _line}
# From and to what the rate and the momentum go in the parts of a cycle, by the groups' settings.
_RISE = ("initial_lr", "max_lr", "max_momentum", "base_momentum")
_FALL = ("max_lr", "initial_lr", "base_momentum", "max_momentum")
_REST = ("initial_lr", "min_lr", "max_momentum", "max_momentum")
_FALL_AT_ONCE = ("max_lr", "min_lr", "base_momentum", "max_momentum")
_NAMES = ("start_lr", "end_lr", "start_momentum", "end_momentum")


@export("torch.optim.lr_scheduler.OneCycleLR", home="torch.optim.lr_scheduler")
class OneCycleLR(_WithMomentum):
    """One cycle for a whole training: the learning rate rises to max_lr and falls to almost nothing.

    It begins at max_lr / div_factor and ends at that / final_div_factor; pct_start: the part of the
    steps in which it rises. three_phase: it falls as it rose, and then to the end.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.1, momentum=0.9)
    >>> s = optim.lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=10)
    >>> for _ in range(2):
    ...     o.step(); s.step()
    >>> s.get_last_lr()
    [1.0]
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | list[float], total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
        anneal_strategy: str = "cos", cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85, max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self.optimizer = checked(optimizer)
        if total_steps is not None:
            self.total_steps = _positive("total_steps", total_steps)
        elif epochs is not None and steps_per_epoch is not None:
            each = _positive("steps_per_epoch", steps_per_epoch)
            self.total_steps = _positive("epochs", epochs) * each
        else:
            raise ValueProblem("You must define either total_steps OR (epochs AND steps_per_epoch)")
        if type(pct_start) is not float or not 0 <= pct_start <= 1:
            raise ValueProblem(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in _ANNEALED:
            raise ValueProblem(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        risen = pct_start * self.total_steps
        parts = [(risen - 1, _RISE), (self.total_steps - 1, _FALL_AT_ONCE)]
        if three_phase:
            parts[1:] = [(2 * risen - 2, _FALL), (self.total_steps - 1, _REST)]
        self._schedule_phases = List(
            {"end_step": end, **dict(zip(_NAMES, names))} for end, names in parts
        )
        self._anneal_func_type = anneal_strategy
        if last_epoch == -1:
            first, last = (
                number("div_factor", div_factor),
                number("final_div_factor", final_div_factor),
            )
            for most, group in zip(one_each("max_lr", optimizer, max_lr), optimizer.param_groups):
                group["initial_lr"] = most / first
                group["max_lr"] = most
                group["min_lr"] = group["initial_lr"] / last
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._ask_momentum()
            low = one_each("base_momentum", optimizer, base_momentum)
            high = one_each("max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                self._begin_momentum(low, high)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates of this step; the momentum is set too."""
        self._asked()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueProblem(
                f"Tried to step {step} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        begin = 0.0
        for phase in self._schedule_phases:
            if step <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            begin = phase["end_step"]
        part = (step - begin) / (phase["end_step"] - begin)
        between = _ANNEALED[self._anneal_func_type]
        found = List()
        for group in self.optimizer.param_groups:
            found.append(between(group[phase["start_lr"]], group[phase["end_lr"]], part))
            if self.cycle_momentum:
                start, end = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, between(start, end, part))
        return found


def _positive(name: str, value: object) -> int:
    if not isinstance(value, int) or value <= 0:
        raise ValueProblem(f"Expected positive integer {name}, but got {value}", argument=name)
    return value
