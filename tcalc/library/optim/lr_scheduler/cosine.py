"""Schedules along a half wave of the cosine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.optim.checks import number
from tcalc.library.optim.lr_scheduler.base import LRScheduler
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from tcalc.library.optim.lr_scheduler.base import Rate
    from tcalc.library.optim.optimizer import Optimizer


# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def _between(base: Rate, least: Rate, part: float) -> Rate:
    """The rate at a part of the half wave from `base` down to `least`."""
    return least + (base - least) * (1 + math.cos(math.pi * part)) / 2


@export("torch.optim.lr_scheduler.CosineAnnealingLR", home="torch.optim.lr_scheduler")
class CosineAnnealingLR(LRScheduler):
    """The learning rate falls along a cosine to `eta_min` in `T_max` epochs, and rises again.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.CosineAnnealingLR(o, T_max=2)
    >>> o.step(); s.step()
    >>> '%.2f' % s.get_last_lr()[0]
    '0.40'
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = number("T_max", T_max)
        self.eta_min = number("eta_min", eta_min)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch, from those before."""
        self._asked()
        if self._is_initial:
            return self._now()
        if self._step_count == 1 and self.last_epoch > 0:
            return self._get_closed_form_lr()
        least, turn = self.eta_min, math.pi / self.T_max
        groups = self.optimizer.param_groups
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # at the bottom
            rise = (1 - math.cos(turn)) / 2
            return List(g["lr"] + (lr - least) * rise for lr, g in zip(self.base_lrs, groups))
        ratio = (1 + math.cos(turn * self.last_epoch)) / (
            1 + math.cos(turn * (self.last_epoch - 1))
        )
        return List(ratio * (g["lr"] - least) + least for g in groups)

    def _get_closed_form_lr(self) -> list[Rate]:
        part = self.last_epoch / self.T_max
        return List(_between(lr, self.eta_min, part) for lr in self.base_lrs)


@export("torch.optim.lr_scheduler.CosineAnnealingWarmRestarts", home="torch.optim.lr_scheduler")
class CosineAnnealingWarmRestarts(LRScheduler):
    """The learning rate falls along a cosine for T_0 epochs, and starts again, T_mult times longer
    each time.

    `step(epoch)` takes parts of an epoch too.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=2)
    >>> for _ in range(2):
    ...     o.step(); s.step()
    >>> s.get_last_lr()
    [0.8]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ValueProblem(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueProblem(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueProblem(
                f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}"
            )
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates at `T_cur` of the `T_i` epochs that this fall takes."""
        self._asked()
        return List(_between(lr, self.eta_min, self.T_cur / self.T_i) for lr in self.base_lrs)

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to a number of epochs since the beginning."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._go(number("epoch", epoch))
        self.last_epoch = math.floor(epoch)
        self._get_lr_called_within_step = True
        try:
            found = self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        self._set(found)

    def _go(self, epoch: float) -> None:
        """Find the fall that an epoch is in."""
        if epoch < 0:
            raise ValueProblem(f"Expected non-negative epoch, but got {epoch}")
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            falls = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**falls - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**falls
