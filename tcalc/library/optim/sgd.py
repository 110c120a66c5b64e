"""Optimizer, the base, and stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import AccessError, ArgumentError, StateError, ValueProblem
from tcalc.library.nn.module import clear_grad
from tcalc.runtime.autograd.grad_mode import enable_grad, no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@export("torch.optim.Optimizer", home="torch.optim.optimizer")
class Optimizer:
    """The base: groups of parameters with their settings, and the state of each parameter."""

    _open_ = True
    _public_ = frozenset({"param_groups", "state", "step", "zero_grad"})

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        groups = list(params) if not isinstance(params, Tensor) else [params]
        if isinstance(params, Tensor):
            raise ArgumentError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                "but got Tensor", argument="params",
            )  # fmt: skip
        if not groups:
            raise ValueProblem("optimizer got an empty parameter list", argument="params")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        if not all(isinstance(g, dict) and "params" in g for g in groups):
            raise ArgumentError("param group must be a dict with 'params'", argument="params")
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = [
            {**defaults, **g, "params": _listed(g["params"])} for g in groups
        ]
        self.state: dict[Tensor, dict[str, Any]] = {}

    def _groups(self) -> list[dict[str, Any]]:
        """The groups, which programs may have changed."""
        own = self.__dict__
        if "param_groups" not in own or "defaults" not in own or "state" not in own:
            raise AccessError(
                "cannot use an optimizer before Optimizer.__init__() call",
                hint="call super().__init__() first",
            )
        groups: list[dict[str, Any]] = self.param_groups
        for group in groups:
            if not isinstance(group, dict):
                raise ArgumentError(f"param group must be a dict, not {type(group).__name__}")
            for name in ("params", *self.defaults):
                if name not in group:
                    raise StateError(f"parameter group didn't specify a value of {name!r}")
            for p in group["params"]:
                if not isinstance(p, Tensor):
                    raise _no_tensor(p)
        return groups

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self._groups()):
            settings = (f"    {k}: {group[k]}" for k in sorted(group) if k != "params")
            lines += [f"Parameter Group {number}", *settings]
        return "\n".join([*lines, ")"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters."""
        for group in self._groups():
            for p in group["params"]:
                clear_grad(p, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; gives what `closure` gave."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self._groups():
                for p in group["params"]:
                    if p.grad is not None:
                        state = self.state.setdefault(p, {})
                        if not isinstance(state, dict):
                            raise StateError("the state of a parameter must be a dict")
                        self.update(p, p.grad, group, state)
        return loss

    def update(self, p: Tensor, g: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        """Update one parameter in place; every optimizer has its own.

        state: tensors that it keeps for the parameter, counts of steps among them, as PyTorch does.
        """
        raise StateError(f"{type(self).__name__} does not define update()")


def _listed(params: Any) -> list[Tensor]:
    found = [params] if isinstance(params, Tensor) else list(params)
    for p in found:
        if not isinstance(p, Tensor):
            raise _no_tensor(p)
        if not p.is_leaf:
            raise ValueProblem("can't optimize a non-leaf Tensor")
    return found


def _no_tensor(value: Any) -> ArgumentError:
    return ArgumentError(
        f"optimizer can only optimize Tensors, but one of the params is {type(value).__name__}"
    )


@export("torch.optim.SGD", home="torch.optim.sgd")
class SGD(Optimizer):
    """Stochastic gradient descent with momentum, dampening, weight decay and Nesterov's form."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
        foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        if lr < 0:
            raise ValueProblem(f"Invalid learning rate: {lr}", argument="lr")
        if momentum < 0:
            raise ValueProblem(f"Invalid momentum value: {momentum}", argument="momentum")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueProblem("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        })  # fmt: skip

    def update(self, p: Tensor, g: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        """p -= lr * (momentum's average of the gradient)."""
        if group["maximize"]:
            g = g.neg()
        if group["weight_decay"]:
            g = g.add(p, alpha=group["weight_decay"])
        momentum = group["momentum"]
        if momentum:
            average = state.get("momentum_buffer")
            if average is None:
                average = state["momentum_buffer"] = g.clone()
            else:
                average.mul_(momentum).add_(g, alpha=1 - group["dampening"])
            g = g.add(average, alpha=momentum) if group["nesterov"] else average
        p.add_(g, alpha=-group["lr"])
