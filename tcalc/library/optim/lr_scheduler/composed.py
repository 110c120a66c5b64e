"""Schedules made of others: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.optim.lr_scheduler.base import LRScheduler, assign, values
from tcalc.library.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.library.optim.optimizer import Optimizer


# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class _Composed(LRScheduler):
    """A schedule made of others of one optimizer."""

    _schedulers: list[LRScheduler]

    def _check(self, schedulers: Sequence[object], optimizer: object, purpose: str) -> None:
        name = type(self).__name__
        if not isinstance(schedulers, (list, tuple)) or not schedulers:
            raise ValueProblem(
                f"{name} expects at least one scheduler{purpose}, but got no scheduler."
            )
        for i, s in enumerate(schedulers):
            if not isinstance(s, LRScheduler) or "optimizer" not in s.__dict__:
                raise ArgumentError(
                    f"{name} at index {i} should have `optimizer` as its attribute."
                )
            if isinstance(s, ReduceLROnPlateau):
                raise ValueProblem(
                    f"{name} does not support `ReduceLROnPlateau` scheduler as it requires "
                    "additional kwargs to be specified when calling `step`, but got one at index "
                    f"{i} in the given schedulers sequence."
                )
            if optimizer is not s.optimizer:
                raise ValueProblem(
                    f"{name} expects all schedulers to belong to the same optimizer, but got "
                    f"scheduler {type(s).__name__} at index {i} has {s.optimizer}, which is "
                    f"different from {type(optimizer).__name__}."
                )

    def state_dict(self) -> dict[str, object]:
        """What it and its schedules know."""
        state = super().state_dict()
        del state["_schedulers"]
        return {**state, "_schedulers": List(s.state_dict() for s in self._schedulers)}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Go on from what `state_dict()` gave."""
        schedulers = self._schedulers
        super().load_state_dict(state_dict)
        states: Any = self._schedulers
        self._schedulers = schedulers
        if states is not schedulers:
            for s, state in zip(schedulers, states):
                s.load_state_dict(state)


@export("torch.optim.lr_scheduler.SequentialLR", home="torch.optim.lr_scheduler")
class SequentialLR(_Composed):
    """Schedules one after the other: the next begins at each of the milestones.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> warm = optim.lr_scheduler.ConstantLR(o, factor=0.5, total_iters=2)
    >>> fall = optim.lr_scheduler.ExponentialLR(o, gamma=0.5)
    >>> s = optim.lr_scheduler.SequentialLR(o, [warm, fall], milestones=[2])
    >>> for _ in range(3):
    ...     o.step(); s.step()
    >>> s.get_last_lr()
    [0.4]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int],
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self._check(schedulers, optimizer, "")
        if len(milestones) != len(schedulers) - 1:
            raise ValueProblem(
                "Sequential Schedulers expects number of schedulers provided to be one more than the "
                f"number of milestone points, but got number of schedulers {len(schedulers)} and the "
                f"number of milestones to be equal to {len(milestones)}"
            )
        self._schedulers = List(schedulers)
        self._milestones = List(milestones)
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            assign(group, "lr", group["initial_lr"])
        _undo(self)
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Let the schedule whose turn it is go on, or begin."""
        self.last_epoch += 1
        at = bisect_right(self._milestones, self.last_epoch)
        now = self._schedulers[at]
        if at > 0 and self._milestones[at - 1] == self.last_epoch:
            now._update_lr(0)
        else:
            now.step()
        self._last_lr = now.get_last_lr()


def _undo(scheduler: LRScheduler) -> None:
    """Take back the first step of schedules, which they took when they were made."""
    if isinstance(scheduler, _Composed):
        for s in scheduler._schedulers:
            _undo(s)
    else:
        scheduler.last_epoch -= 1


@export("torch.optim.lr_scheduler.ChainedScheduler", home="torch.optim.lr_scheduler")
class ChainedScheduler(_Composed):
    """Schedules all at once: each goes on from the learning rate that those before it left.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> both = [optim.lr_scheduler.ExponentialLR(o, gamma=0.5) for _ in range(2)]
    >>> s = optim.lr_scheduler.ChainedScheduler(both)
    >>> o.step(); s.step()
    >>> s.get_last_lr()
    [0.2]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        first = schedulers[0] if isinstance(schedulers, (list, tuple)) and schedulers else None
        found = getattr(first, "optimizer", None) if optimizer is None else optimizer
        self._check(schedulers, found, " to be chained")
        assert found is not None
        self._schedulers = List(schedulers)
        self.optimizer = found
        self._last_lr = values(found, "lr")

    def step(self, epoch: int | None = None) -> None:
        """Let all of them go on."""
        for s in self._schedulers:
            s.step()
        self._last_lr = values(self.optimizer, "lr")
