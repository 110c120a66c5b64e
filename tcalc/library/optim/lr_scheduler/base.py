"""LRScheduler, the base: the learning rates of an optimizer's groups, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import AccessError, ArgumentError, KeyProblem, NotDefined, ValueProblem
from tcalc.library.optim.optimizer import Optimizer
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.library.optim.groups import Group

    # A learning rate.
    Rate = float | Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_EPOCH = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if epoch "
    "is different from None, the closed form is used instead of the new chainable form, where "
    "available. Please open an issue if you are unable to replicate your use case: "
    "https://github.com/pytorch/pytorch/issues/new/choose."
)
_ORDER = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, "
    "you should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  "
    "Failure to do this will result in PyTorch skipping the first value of the learning rate "
    "schedule. See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
_ASKED = "To get the last learning rate computed by the scheduler, please use `get_last_lr()`."


@export(
    "torch.optim.lr_scheduler.LRScheduler",
    "torch.optim.lr_scheduler._LRScheduler",
    home="torch.optim.lr_scheduler",
)
class LRScheduler:
    """The base of schedules; a program's own gives the groups' learning rates in `get_lr()`.

    It finds the epoch in `last_epoch` and the rates of the beginning in `base_lrs`. `step()` sets the
    next rates, after the optimizer's own step; `get_last_lr()` gives them.

    >>> class Halved(optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [lr * 0.5 ** self.last_epoch for lr in self.base_lrs]
    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = Halved(o)
    >>> o.step(); s.step()
    >>> s.get_last_lr()
    [0.4]
    """

    _open_ = True
    _public_ = frozenset(
        {
            "get_last_lr", "get_lr", "load_state_dict", "state_dict", "step", "_get_closed_form_lr",
            "_get_lr_called_within_step", "_initial_step", "_is_initial", "_last_lr", "_step_count",
            "optimizer",
        }
    )  # fmt: skip
    _writable_ = frozenset({"optimizer"})

    base_lrs: list[Any]
    last_epoch: int
    _get_lr_called_within_step = False
    _is_initial = False
    _step_count: int
    _last_lr: list[Any]
    # The rates of an epoch at once, rather than from those before; not every schedule has them.
    _get_closed_form_lr: Callable[[], list[Any]] | None = None

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        groups = self.optimizer.param_groups
        for i, group in enumerate(groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", kept(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyProblem(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming "
                    "scheduler with last_epoch >= 0.",
                    hint="load the optimizer's state first, or leave last_epoch out",
                )
        self.base_lrs = values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        optimizer.__dict__["_scheduled"] = True  # from now on its steps are noted
        self._initial_step()

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer whose learning rates it sets."""
        found = self.__dict__.get("optimizer")
        if found is None:
            raise AccessError(f"'{type(self).__name__}' object has no attribute 'optimizer'")
        return found

    @optimizer.setter
    def optimizer(self, value: Optimizer) -> None:
        self.__dict__["optimizer"] = checked(value)

    def _initial_step(self) -> None:
        """Set the rates of the beginning."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_last_lr(self) -> list[Rate]:
        """The learning rate of each group, as it was set last."""
        return self._last_lr

    def get_lr(self) -> list[Rate]:
        """The learning rate of each group at `last_epoch`; every schedule has its own."""
        raise NotDefined(f"{type(self).__name__} has no get_lr() of its own")

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch, or to the one that is given."""
        if self._step_count == 1 and not self.optimizer.__dict__.get("_opt_called"):
            warn(_ORDER)
        self._step_count += 1
        if epoch is not None:
            warn(_EPOCH)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the rates of an epoch."""
        self._get_lr_called_within_step = True
        try:
            if epoch is None:
                self.last_epoch += 1
                found = self.get_lr()
            else:
                self.last_epoch = epoch
                closed = self._get_closed_form_lr
                found = self.get_lr() if closed is None else closed()
        finally:
            self._get_lr_called_within_step = False
        self._set(found)

    def _set(self, found: Iterable[Rate]) -> None:
        """Give each group its learning rate."""
        groups, rates = self.optimizer.param_groups, list(found)
        if len(groups) != len(rates):
            raise ValueProblem(
                f"{type(self).__name__}.get_lr() gave {len(rates)} learning rates for "
                f"{len(groups)} param groups"
            )
        for group, lr in zip(groups, rates):
            assign(group, "lr", lr)
        self._last_lr = values(self.optimizer, "lr")

    def _now(self) -> list[Rate]:
        """The learning rates as they are."""
        return values(self.optimizer, "lr")

    def _times(self, factor: Rate) -> list[Rate]:
        """The learning rates as they are, times a number."""
        return List(group["lr"] * factor for group in self.optimizer.param_groups)

    def _based(self, factor: Rate) -> list[Rate]:
        """The learning rates of the beginning, times a number."""
        return List(lr * factor for lr in self.base_lrs)

    def _asked(self) -> None:
        """Warn who calls get_lr() that it is no question."""
        if not self._get_lr_called_within_step:
            warn(_ASKED)

    # -- what is saved -------------------------------------------------------------------------

    def state_dict(self) -> dict[str, object]:
        """All that it knows, but the optimizer."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Go on from what `state_dict()` gave."""
        if not isinstance(state_dict, dict):
            raise ArgumentError(
                f"Expected state_dict to be dict-like, got {type(state_dict).__name__}.",
                argument="state_dict",
            )
        own = self.__dict__
        for key, value in state_dict.items():
            known = key in own and key != "optimizer"
            if known or (type(key) is str and key[:1] != "_" and not hasattr(type(self), key)):
                own[key] = value


# -- groups ---------------------------------------------------------------------------------------


def checked(optimizer: object) -> Optimizer:
    """The optimizer, if it is one."""
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(f"{type(optimizer).__name__} is not an Optimizer", argument="optimizer")
    return optimizer


def kept(value: object) -> Any:
    """A value that stays as it is: of a tensor, a copy."""
    return value.clone() if isinstance(value, Tensor) else value


def values(optimizer: Optimizer, key: str) -> list[Any]:
    """A setting of each group."""
    return List(kept(group[key]) for group in optimizer.param_groups)


def assign(group: Group, key: str, value: object) -> None:
    """Set a group's setting; where it is a tensor, its number."""
    if isinstance(group[key], Tensor):
        group[key].fill_(value)
    else:
        group[key] = value


def one_each(name: str, optimizer: Optimizer, value: object) -> list[Any]:
    """A value for each group, of one for all or of a list."""
    count = len(checked(optimizer).param_groups)
    if not isinstance(value, (list, tuple)):
        return List(kept(value) for _ in range(count))
    if len(value) != count:
        raise ValueProblem(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} "
            f"values, param_groups has {count}."
        )
    return List(map(kept, value))


# -- functions that programs give -----------------------------------------------------------------


def attributes_of(function: object) -> dict[str, object] | None:
    """What a state dict holds of a function: of a program's object, its attributes."""
    return dict(function.__dict__) if is_users(type(function)) else None


def restore(function: object, attributes: Any) -> None:
    """Give a program's object attributes of a state dict."""
    if attributes is not None and is_users(type(function)):
        function.__dict__.update(
            {k: v for k, v in attributes.items() if type(k) is str and k[:2] != "__"}
        )
