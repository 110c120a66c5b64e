"""The learning rate made smaller where a number no longer gets better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import StateError, ValueProblem
from tcalc.library.optim.checks import number
from tcalc.library.optim.lr_scheduler.base import LRScheduler, assign, checked, values
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from tcalc.library.optim.optimizer import Optimizer

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_WORST = {"min": float("inf"), "max": -float("inf")}


@export("torch.optim.lr_scheduler.ReduceLROnPlateau", home="torch.optim.lr_scheduler")
class ReduceLROnPlateau(LRScheduler):
    """The learning rate times factor after `patience` epochs in which a number did not get better.

    `step(metrics)` takes the number: the loss (mode "min"), or an accuracy ("max"). It is better by
    `threshold` of the best ("rel") or by that much ("abs").

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=1)
    >>> for loss in (1.0, 1.0, 1.0):
    ...     o.step(); s.step(loss)
    >>> s.get_last_lr()
    [0.4]
    """

    _public_ = LRScheduler._public_ | {"in_cooldown"}

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
        min_lr: list[float] | float = 0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        if number("factor", factor) >= 1:
            raise ValueProblem("Factor should be < 1.0.", argument="factor")
        self.factor = factor
        self.optimizer = checked(optimizer)
        count = len(optimizer.param_groups)
        if isinstance(min_lr, (list, tuple)):
            if len(min_lr) != count:
                raise ValueProblem(f"expected {count} min_lrs, got {len(min_lr)}")
            self.default_min_lr = None
            self.min_lrs = List(number("min_lr", v) for v in min_lr)
        else:
            self.default_min_lr = number("min_lr", min_lr)
            self.min_lrs = List([self.default_min_lr] * count)
        self.patience = number("patience", patience)
        self.cooldown = number("cooldown", cooldown)
        self.eps = number("eps", eps)
        self.last_epoch = 0
        self._last_lr = values(optimizer, "lr")
        if mode not in _WORST:
            raise ValueProblem(f"mode {mode} is unknown!", argument="mode")
        if threshold_mode not in ("rel", "abs"):
            raise ValueProblem(
                f"threshold mode {threshold_mode} is unknown!", argument="threshold_mode"
            )
        self.mode_worse = _WORST[mode]
        self.mode = mode
        self.threshold = number("threshold", threshold)
        self.threshold_mode = threshold_mode
        self.best = self.mode_worse
        self.cooldown_counter: float = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether it waits after a change."""
        return self.cooldown_counter > 0

    def step(self, metrics: object, epoch: int | None = None) -> None:  # type: ignore[override]  # as PyTorch's
        """Take the number of an epoch."""
        current = float(number("metrics", metrics))
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = values(self.optimizer, "lr")

    def _is_better(self, current: float) -> bool:
        sign = 1 if self.mode == "min" else -1
        if self.threshold_mode == "rel":
            return sign * current < sign * self.best * (1 - sign * self.threshold)
        return sign * current < sign * self.best - self.threshold

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise StateError(
                    f"The number of param groups in the `optimizer` ({len(groups)}) differs from when "
                    f"`ReduceLROnPlateau` was initialized ({len(self.min_lrs)}), usually due to a new "
                    "param group being added to the optimizer. Please modify the `min_lrs` field to "
                    "match the length of the `optimizer` param groups."
                )
            self.min_lrs = List([self.default_min_lr] * len(groups))
        for group, least in zip(groups, self.min_lrs):
            before = float(group["lr"])
            after = max(before * self.factor, least)
            if before - after > self.eps:
                assign(group, "lr", after)
