"""A group of parameters as a program gives it, checked and completed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    # Parameters under "params", and the settings that they are updated by.
    Group = dict[str, Any]
    # What is kept for one parameter.
    State = dict[str, Any]
    # What an optimizer is made with.
    Params = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[Group]


class _Required:
    """Stands for a default that there is none of: each group has to say its own."""

    _public_ = frozenset[str]()

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()
export("torch.optim.optimizer.required", value=required)


def completed(group: object, defaults: dict[str, object], others: Sequence[Group]) -> Group:
    """The group itself, with its parameters in a list and settings that it lacks from the defaults.

    others: the groups that there are, with which it shares no parameter.
    """
    if not isinstance(group, dict):
        raise ArgumentError(
            f"param_group must be a dict, but got {type(group)!r}", argument="param_group"
        )
    if "params" not in group:
        raise StateError("parameter group didn't specify a value of 'params'")
    names, params = _listed(group["params"])
    for p in params:
        _check(p)
    group["params"] = params
    if names:
        group["param_names"] = names
    for name, default in defaults.items():
        if default is required and name not in group:
            raise ValueProblem(
                f"parameter group didn't specify a value of required optimization parameter {name}"
            )
        group.setdefault(name, default)
    own = {id(p) for p in params}
    if len(own) != len(params):
        warn(
            "optimizer contains a parameter group with duplicate parameters; in future, this will "
            "cause an error; see github.com/pytorch/pytorch/issues/40967 for more information"
        )
    for other in others:
        if ("param_names" in group) != ("param_names" in other):
            how = "with names" if "param_names" in group else "without names"
            raise ValueProblem(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{how} to the optimizer"
            )
    if any(id(p) in own for other in others for p in other["params"]):
        raise ValueProblem("some parameters appear in more than one parameter group")
    return group


def _listed(params: Any) -> tuple[list[Any], list[Any]]:
    """The names, if there are any, and the parameters."""
    if isinstance(params, Tensor):
        return [], List([params])
    if isinstance(params, (set, frozenset)):
        raise ArgumentError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of "
            "tensors in sets will change between runs. Please use a list instead.",
            argument="params",
        )
    names, found = List(), List()
    for p in params:
        if isinstance(p, tuple) and len(p) == 2:
            names.append(p[0])
            p = p[1]
        found.append(p)
    if names and len(names) != len(found):
        raise ValueProblem(
            "all optimizer params should be with/without names. Some param names are missing",
            argument="params",
        )
    return names, found


def _check(p: object) -> None:
    if not isinstance(p, Tensor):
        raise ArgumentError(
            f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}",
            argument="params",
        )
    if not (p.is_leaf or p.retains_grad):
        raise ValueProblem(
            "can't optimize a non-leaf Tensor",
            hint="it was computed; `.detach().requires_grad_()` makes a leaf of its numbers",
            argument="params",
        )
