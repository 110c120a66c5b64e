"""Schedules that multiply the learning rate: by functions, by steps, by powers, along lines."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.optim.checks import number
from tcalc.library.optim.lr_scheduler.base import LRScheduler, attributes_of, restore
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.containers import Counter
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.library.optim.lr_scheduler.base import Rate
    from tcalc.library.optim.optimizer import Optimizer

    Factor = Callable[[int], float]


# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class _Functions(LRScheduler):
    """A function of the epoch for each group."""

    lr_lambdas: list[Factor]

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1
    ) -> None:
        self.optimizer = optimizer
        count = len(optimizer.param_groups) if hasattr(optimizer, "param_groups") else 1
        if isinstance(lr_lambda, (list, tuple)):
            if len(lr_lambda) != count:
                raise ValueProblem(f"Expected {count} lr_lambdas, but got {len(lr_lambda)}")
            self.lr_lambdas = List(lr_lambda)
        else:
            self.lr_lambdas = List([lr_lambda] * count)
        for function in self.lr_lambdas:
            if not callable(function):
                raise ArgumentError(
                    f"lr_lambda should be a function, but got {type(function).__name__}",
                    argument="lr_lambda",
                )
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, object]:
        """All that it knows, but the optimizer and functions; of objects in their place, what they
        hold."""
        state = super().state_dict()
        del state["lr_lambdas"]
        return {**state, "lr_lambdas": List(map(attributes_of, self.lr_lambdas))}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Go on from what `state_dict()` gave."""
        functions = self.lr_lambdas
        super().load_state_dict(state_dict)
        held = self.lr_lambdas if self.lr_lambdas is not functions else []
        self.lr_lambdas = functions
        for function, attributes in zip(functions, held):
            restore(function, attributes)


@export("torch.optim.lr_scheduler.LambdaLR", home="torch.optim.lr_scheduler")
class LambdaLR(_Functions):
    """The learning rate of the beginning times a function of the epoch, or one for each group.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.LambdaLR(o, lambda epoch: 1 / (1 + epoch))
    >>> o.step(); s.step()
    >>> s.get_last_lr()
    [0.4]
    """

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch."""
        self._asked()
        return List(lr * f(self.last_epoch) for f, lr in zip(self.lr_lambdas, self.base_lrs))


@export("torch.optim.lr_scheduler.MultiplicativeLR", home="torch.optim.lr_scheduler")
class MultiplicativeLR(_Functions):
    """The learning rate times a function of the epoch, again and again.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.MultiplicativeLR(o, lambda epoch: 0.5)
    >>> o.step(); s.step()
    >>> s.get_last_lr()
    [0.4]
    """

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch."""
        self._asked()
        if self._is_initial:
            return self._now()
        groups = self.optimizer.param_groups
        return List(g["lr"] * f(self.last_epoch) for f, g in zip(self.lr_lambdas, groups))


@export("torch.optim.lr_scheduler.StepLR", home="torch.optim.lr_scheduler")
class StepLR(LRScheduler):
    """The learning rate times gamma every `step_size` epochs.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.StepLR(o, step_size=2, gamma=0.5)
    >>> for _ in range(4):
    ...     o.step(); s.step()
    >>> s.get_last_lr()
    [0.2]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = number("step_size", step_size)
        self.gamma = number("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch."""
        self._asked()
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self._now()
        return self._times(self.gamma)

    def _get_closed_form_lr(self) -> list[Rate]:
        return self._based(self.gamma ** (self.last_epoch // self.step_size))


@export("torch.optim.lr_scheduler.MultiStepLR", home="torch.optim.lr_scheduler")
class MultiStepLR(LRScheduler):
    """The learning rate times gamma at each of some epochs.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.MultiStepLR(o, milestones=[1, 3], gamma=0.5)
    >>> for _ in range(4):
    ...     o.step(); s.step()
    >>> s.get_last_lr()
    [0.2]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self.milestones = Counter(milestones)
        self.gamma = number("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch."""
        self._asked()
        if self.last_epoch not in self.milestones:
            return self._now()
        return self._times(self.gamma ** self.milestones[self.last_epoch])

    def _get_closed_form_lr(self) -> list[Rate]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return self._based(self.gamma**passed)


@export("torch.optim.lr_scheduler.ExponentialLR", home="torch.optim.lr_scheduler")
class ExponentialLR(LRScheduler):
    """The learning rate times gamma at every epoch.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.ExponentialLR(o, gamma=0.5)
    >>> o.step(); s.step()
    >>> s.get_last_lr()
    [0.4]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = number("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch."""
        self._asked()
        return self._now() if self._is_initial else self._times(self.gamma)

    def _get_closed_form_lr(self) -> list[Rate]:
        return self._based(self.gamma**self.last_epoch)


@export("torch.optim.lr_scheduler.ConstantLR", home="torch.optim.lr_scheduler")
class ConstantLR(LRScheduler):
    """The learning rate times a factor for the first `total_iters` epochs.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.ConstantLR(o, factor=0.5, total_iters=2)
    >>> s.get_last_lr()
    [0.4]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not 0 <= number("factor", factor) <= 1:
            raise ValueProblem("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = number("total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch."""
        self._asked()
        if self.last_epoch == 0:
            return self._times(self.factor)
        return self._times(1 / self.factor) if self.last_epoch == self.total_iters else self._now()

    def _get_closed_form_lr(self) -> list[Rate]:
        over = self.last_epoch >= self.total_iters
        return self._based(self.factor + over * (1 - self.factor))


@export("torch.optim.lr_scheduler.LinearLR", home="torch.optim.lr_scheduler")
class LinearLR(LRScheduler):
    """The learning rate times a factor that goes from one number to another over some epochs.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.LinearLR(o, start_factor=0.5, total_iters=2)
    >>> o.step(); s.step()
    >>> '%.2f' % s.get_last_lr()[0]
    '0.60'
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1.0 / 3, end_factor: float = 1.0,
        total_iters: int = 5, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not 0 < number("start_factor", start_factor) <= 1:
            raise ValueProblem(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."
            )
        if not 0 <= number("end_factor", end_factor) <= 1:
            raise ValueProblem("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = number("total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch."""
        self._asked()
        if self.last_epoch == 0:
            return self._times(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._now()
        slope = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * slope
        return self._times(1.0 + slope / before)

    def _get_closed_form_lr(self) -> list[Rate]:
        part = min(self.total_iters, self.last_epoch) / self.total_iters
        return self._based(self.start_factor + (self.end_factor - self.start_factor) * part)


@export("torch.optim.lr_scheduler.PolynomialLR", home="torch.optim.lr_scheduler")
class PolynomialLR(LRScheduler):
    """The learning rate times (1 - epoch / total_iters) ** power.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.PolynomialLR(o, total_iters=4, power=1.0)
    >>> o.step(); s.step()
    >>> '%.2f' % s.get_last_lr()[0]
    '0.60'
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = number("total_iters", total_iters)
        self.power = number("power", power)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch."""
        self._asked()
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._now()
        left = 1.0 - self.last_epoch / self.total_iters
        return self._times((left / (1.0 - (self.last_epoch - 1) / self.total_iters)) ** self.power)

    def _get_closed_form_lr(self) -> list[Rate]:
        left = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return self._based(left**self.power)
