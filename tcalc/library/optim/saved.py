"""The state of an optimizer as files hold it: by the parameters' numbers instead of themselves."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, KeyProblem, ValueProblem
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.dtypes import float32

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.library.optim.groups import Group

Groups = list[dict[str, Any]]
# What files hold of an optimizer.
StateDict = dict[str, Any]


def packed(groups: Groups, state: dict[Any, object]) -> StateDict:
    """What `state_dict()` gives: the state's tensors themselves, by number."""
    numbers: dict[int, int] = {}
    shown = List()
    begun = 0
    for group in groups:
        for i, p in enumerate(group["params"], begun):
            numbers.setdefault(id(p), i)
        begun += len(group["params"])
        settings = {k: v for k, v in group.items() if k != "params"}
        shown.append({**settings, "params": List(numbers[id(p)] for p in group["params"])})
    by_number = {numbers.get(id(k), k): v for k, v in state.items()}
    return {"state": by_number, "param_groups": shown}


def checked(found: object) -> StateDict:
    """A shallow copy of what is to be loaded, which has the form that `packed` gives."""
    if not isinstance(found, dict):
        raise ArgumentError(
            f"Expected state_dict to be dict-like, got {type(found).__name__}.",
            argument="state_dict",
        )
    for name in ("param_groups", "state"):
        if name not in found:
            raise KeyProblem(f"the state dict of an optimizer has no {name!r}")
    groups = found["param_groups"]
    if not isinstance(found["state"], dict) or not isinstance(groups, (list, tuple)):
        raise ArgumentError("the state dict holds no state by number, or no list of groups")
    for group in groups:
        if not isinstance(group, dict) or not isinstance(group.get("params"), (list, tuple)):
            raise ArgumentError("each of its groups must be a dict with a list of 'params'")
    return dict(found)


def unpacked(found: StateDict, groups: Groups) -> tuple[defaultdict[Any, Any], Groups]:
    """The state by parameter, and the groups with the settings found."""
    given: Groups = [_copied(g) for g in found["param_groups"]]
    if len(groups) != len(given):
        raise ValueProblem("loaded state dict has a different number of parameter groups")
    if any(len(g["params"]) != len(own["params"]) for g, own in zip(given, groups)):
        raise ValueProblem(
            "loaded state dict contains a parameter group that doesn't match the size of "
            "optimizer's group"
        )
    by_number = {
        n: (p, g) for g, own in zip(given, groups) for n, p in zip(g["params"], own["params"])
    }
    state: defaultdict[Any, Any] = defaultdict(dict)
    for key, value in found["state"].items():
        if key in by_number:
            p, group = by_number[key]
            state[p] = _fitting(value, p, group, None)
        else:
            state[key] = value
    made = List()
    for g, own in zip(given, groups):
        names = {"param_names": own["param_names"]} if "param_names" in own else {}
        made.append({**names, **g, "params": own["params"]})
    return state, made


def _fitting(value: object, p: Tensor, group: Group, key: object) -> object:
    """A state's value with its tensors in the parameter's dtype and on its device."""
    if isinstance(value, Tensor):
        if key == "step":  # a count, which half a parameter's dtype could not hold
            there = group.get("capturable") or group.get("fused")
            return value.to(device=p.device, dtype=float32) if there else value
        if p.is_floating_point():
            return value.to(device=p.device, dtype=p.dtype)
        return value.to(device=p.device)
    if isinstance(value, dict):
        return {k: _fitting(v, p, group, k) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return _like(value, [_fitting(v, p, group, None) for v in value])
    return value


def _copied(value: object) -> Any:
    """A copy of settings that shares nothing that can change."""
    if isinstance(value, dict):
        return {k: _copied(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return _like(value, [_copied(v) for v in value])
    return value.detach().clone() if isinstance(value, Tensor) else value


def _like(value: object, items: Sequence[object]) -> object:
    return tuple(items) if isinstance(value, tuple) else List(items)
