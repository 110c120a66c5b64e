"""Averages of a model's weights over its training: torch.optim.swa_utils."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, AssertionProblem, ValueProblem
from tcalc.library.copying import deepcopy
from tcalc.library.nn.batchnorm import _BatchNorm
from tcalc.library.nn.module import Module
from tcalc.library.nn.utils.weight_norm import need_module
from tcalc.library.optim.checks import number
from tcalc.library.optim.lr_scheduler.base import LRScheduler, one_each
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import zeros
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.dtypes import int64

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tcalc.library.optim.lr_scheduler.base import Rate
    from tcalc.library.optim.optimizer import Optimizer

    One = Callable[[Tensor, Tensor, Any], Tensor]
    Several = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


# -- averages -------------------------------------------------------------------------------------


def _decay(value: object) -> float:
    found = number("decay", value)
    if not 0 <= found <= 1:
        raise ValueProblem(
            f"Invalid decay value {value} provided. Please provide a value in [0,1] range.",
            argument="decay",
        )
    return found


def _move(
    averaged: Sequence[Tensor],
    current: Sequence[Tensor],
    share: float,
    one: Callable[[Tensor, Tensor], Tensor],
) -> None:
    """Move averages by a share of what differs from the current values. one: the same for a tensor
    of integers, which is cut to them."""
    for p, q in zip(averaged, current):
        if p.is_floating_point() or p.is_complex():
            p.lerp_(q, share)
        else:
            p.copy_(one(p, q))


def get_ema_avg_fn(decay: float = 0.999) -> One:
    """The exponential average of one tensor: decay * averaged + (1 - decay) * current.

    >>> average = optim.swa_utils.get_ema_avg_fn(0.5)
    >>> average(tensor([1., 2.]), tensor([3., 4.]), 1)
    tensor([2., 3.])
    """
    decay = _decay(decay)

    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: object) -> Tensor:
        with no_grad():
            return ema_param * decay + current_param * (1 - decay)

    return ema_update


def get_swa_avg_fn() -> One:
    """The mean of one tensor over all updates.

    >>> average = optim.swa_utils.get_swa_avg_fn()
    >>> average(tensor([1., 2.]), tensor([3., 4.]), 1)
    tensor([2., 3.])
    """

    def swa_update(
        averaged_param: Tensor, current_param: Tensor, num_averaged: int | Tensor
    ) -> Tensor:
        with no_grad():
            return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Several:
    """The exponential average of many tensors, in place.

    >>> average = optim.swa_utils.get_ema_multi_avg_fn(0.5)
    >>> x = tensor([1., 2.])
    >>> average([x], [tensor([3., 4.])], 1)
    >>> x
    tensor([2., 3.])
    """
    one = get_ema_avg_fn(decay)
    share = 1 - decay

    def ema_update(
        ema_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor], _: object = None
    ) -> None:
        with no_grad():
            _move(ema_param_list, current_param_list, share, lambda p, q: one(p, q, None))

    return ema_update


def get_swa_multi_avg_fn() -> Several:
    """The mean of many tensors over all updates, in place.

    >>> average = optim.swa_utils.get_swa_multi_avg_fn()
    >>> x = tensor([1., 2.])
    >>> average([x], [tensor([3., 4.])], 1)
    >>> x
    tensor([2., 3.])
    """

    one = get_swa_avg_fn()

    def swa_update(
        averaged_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor],
        num_averaged: int | Tensor,
    ) -> None:  # fmt: skip
        with no_grad():
            share = 1 / (float(num_averaged) + 1)
            _move(
                averaged_param_list, current_param_list, share, lambda p, q: one(p, q, num_averaged)
            )

    return swa_update


@export("torch.optim.swa_utils.AveragedModel", home="torch.optim.swa_utils")
class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's, one more at each
    `update_parameters(model)`.

    avg_fn, multi_avg_fn: how; by default the mean. use_buffers: whether buffers are averaged too, or
    else copied.

    >>> m = nn.Linear(2, 1, bias=False)
    >>> averaged = optim.swa_utils.AveragedModel(m)
    >>> for value in (1., 3.):
    ...     torch.nn.init.constant_(m.weight, value)
    ...     averaged.update_parameters(m)
    >>> averaged.module.weight
    Parameter containing:
    tensor([[2., 2.]], requires_grad=True)
    """

    _public_ = frozenset({"update_parameters"})
    n_averaged: Tensor
    module: Module

    def __init__(
        self, model: Module, device: object = None, avg_fn: One | None = None,
        multi_avg_fn: Several | None = None, use_buffers: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionProblem("Only one of avg_fn and multi_avg_fn should be provided")
        if not isinstance(model, Module):
            raise ArgumentError(f"{type(model).__name__} is not a Module subclass")
        self.module = deepcopy(model)
        if device is not None:
            self.module.to(device)
        self.register_buffer("n_averaged", zeros((), dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: object, **kwargs: object) -> object:
        """What the averaged model gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's parameters into the averages; the first time, copy them."""
        own, others = self.module, model
        mine, given = self._averaged(own), self._averaged(others)
        averaged = [p.detach() for p in mine]
        current = [q.detach().to(p.device) for p, q in zip(averaged, given)]
        count, begun = self.n_averaged, bool(self.n_averaged > 0)
        one = self.avg_fn or get_swa_avg_fn()
        with no_grad():
            if begun and self.multi_avg_fn is not None:
                self.multi_avg_fn(averaged, current, count)
            else:
                for p, q in zip(averaged, current):
                    p.copy_(one(p, q, count.to(p.device)) if begun else q)
            if not self.use_buffers:
                for b, c in zip(own.buffers(), others.buffers()):
                    b.detach().copy_(c.detach().to(b.device))
            count.add_(1)

    def _averaged(self, model: Module) -> Iterable[Tensor]:
        buffers = model.buffers() if self.use_buffers else ()
        return chain(model.parameters(), buffers)


def update_bn(loader: Iterable[Any], model: Module, device: object = None) -> None:
    """Compute the running statistics of a model's batch norms anew, over the batches of a loader.

    Of a batch that is a tuple or list, the first item goes in.

    >>> m = nn.BatchNorm1d(1)
    >>> optim.swa_utils.update_bn([tensor([[1.], [3.]])], m)
    >>> m.running_mean
    tensor([2.])
    """
    norms = [m for m in need_module(model).modules() if isinstance(m, _BatchNorm)]
    if not norms:
        return
    momenta, training = [m.momentum for m in norms], model.training
    for m in norms:
        m.reset_running_stats()
        m.momentum = None
    model.train()
    try:
        with no_grad():
            for batch in loader:
                x = batch[0] if isinstance(batch, (list, tuple)) else batch
                model(x if device is None else x.to(device))
    finally:
        for m, momentum in zip(norms, momenta):
            m.momentum = momentum
        model.train(training)


# -- the learning rate ----------------------------------------------------------------------------

_ANNEALED: dict[str, Callable[[float], float]] = {
    "cos": lambda t: (1 - math.cos(math.pi * t)) / 2,
    "linear": lambda t: t,
}


@export("torch.optim.swa_utils.SWALR", home="torch.optim.swa_utils")
class SWALR(LRScheduler):
    """The learning rate goes to swa_lr over some epochs, and stays there.

    >>> o = optim.SGD([ones(1, requires_grad=True)], lr=0.8)
    >>> s = optim.swa_utils.SWALR(o, swa_lr=0.4, anneal_epochs=2, anneal_strategy='linear')
    >>> for _ in range(2):
    ...     o.step(); s.step()
    >>> s.get_last_lr()
    [0.4]
    """

    def __init__(
        self, optimizer: Optimizer, swa_lr: float | list[float], anneal_epochs: int = 10,
        anneal_strategy: str = "cos", last_epoch: int = -1,
    ) -> None:  # fmt: skip
        for rate, group in zip(one_each("swa_lr", optimizer, swa_lr), optimizer.param_groups):
            group["swa_lr"] = rate
        if anneal_strategy not in _ANNEALED:
            raise ValueProblem(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueProblem(
                f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}"
            )
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The rates of this epoch, from those before."""
        self._asked()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._part(step - 1), self._part(step)
        found = []
        for group in self.optimizer.param_groups:
            last = group["swa_lr"]
            first = last if before == 1 else (group["lr"] - before * last) / (1 - before)
            found.append(last * now + first * (1 - now))
        return found

    def _part(self, step: int) -> float:
        """How much of the way is done after some steps."""
        return _ANNEALED[self._anneal_strategy](max(0, min(1, step / max(1, self.anneal_epochs))))


for _function in (
    get_ema_avg_fn, get_ema_multi_avg_fn, get_swa_avg_fn, get_swa_multi_avg_fn, update_bn,
):  # fmt: skip
    export(f"torch.optim.swa_utils.{_function.__name__}", value=_function)
