"""Modules as functions of their parameters: `functional_call` and `stack_module_state`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.library.nn.members import dotted
from tcalc.library.nn.module import Module
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.shape.joining import stack
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: object = None,
    kwargs: dict[str, object] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors in the place of its parameters and buffers.

    parameter_and_buffer_dicts: the tensors by dotted name, or several such dicts. args: a tuple of
    arguments, or one. tie_weights: a tensor that the module has under several names is replaced
    under all. strict: every name of the module has to be there, and no other.

    >>> m = nn.Linear(1, 1)
    >>> func.functional_call(m, {"weight": ones(1, 1), "bias": zeros(1)}, tensor([[3.]]))
    tensor([[3.]])
    """
    if not isinstance(module, Module):
        raise ArgumentError(f"module is a Module, not {type(module).__name__}", argument="module")
    given = _merged(parameter_and_buffer_dicts)
    places = _places(module)
    if strict:
        _check_names(module, given, places)
    wanted = _untied(module, given) if tie_weights else given
    replaced = [(*places[name], tensor) for name, tensor in wanted.items() if name in places]
    before = [(table, key, table[key]) for table, key, _ in replaced]
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        for table, key, tensor in replaced:
            table[key] = tensor
        return module(*arguments, **(kwargs or {}))
    finally:
        for table, key, tensor in before:
            table[key] = tensor


def _merged(dicts: object) -> dict[str, Tensor]:
    """All tensors by name."""
    if not isinstance(dicts, (dict, list, tuple)):
        raise ValueProblem(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"<class '{type(dicts).__name__}'>"
        )
    parts = [dicts] if isinstance(dicts, dict) else list(dicts)
    found: dict[str, Tensor] = {}
    repeated = []
    for part in parts:
        if not isinstance(part, dict):
            raise ValueProblem(
                "Expected all elements of parameter_and_buffer_dicts to be dictionaries"
            )
        for name, tensor in part.items():
            if not isinstance(tensor, Tensor):
                raise ArgumentError(f"{tensor} is not an instance of torch.Tensor")
            if name in found:
                repeated.append(name)
            found[name] = tensor
    if repeated:
        raise ValueProblem(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous"
        )
    return found


def _places(module: Module) -> dict[str, tuple[dict[str, Tensor], str]]:
    """By dotted name, the table that a parameter or a buffer lies in, and its own name there."""
    found = {}
    for prefix, part in module.named_modules(remove_duplicate=False):
        for table in (part._parameters, part._buffers):
            for name, tensor in table.items():
                if tensor is not None:
                    found[dotted(prefix, name)] = table, name
    return found


def _check_names(module: Module, given: dict[str, Tensor], places: Collection[str]) -> None:
    faults = []
    for what, names in (
        ("Unexpected", [n for n in given if n not in places]),
        ("Missing", [n for n in places if n not in given]),
    ):
        if names:
            faults.append(f"\n\t{what} key(s): {', '.join(map(repr, names))}.")
    if faults:
        raise StateError(
            f"Error(s) in reparametrizing for {type(module).__name__}:{''.join(faults)}"
        )


def _untied(module: Module, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same, with each tensor under all names that the module has what it replaces under."""
    names_of: dict[Tensor, list[str]] = {}
    for members in (module.named_parameters, module.named_buffers):
        for name, tensor in members(remove_duplicate=False):
            names_of.setdefault(tensor, []).append(name)
    found = dict(given)
    for names in names_of.values():
        values = [given[name] for name in names if name in given]
        if any(value is not values[0] for value in values):
            raise ValueProblem(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. "
                "Consider using tie_weights=False"
            )
        if values:
            found.update(dict.fromkeys(names, values[0]))
    return found


def stack_module_state(models: Iterable[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of several like modules, stacked: for `vmap` over the modules.

    >>> models = [nn.Linear(1, 2) for _ in range(3)]
    >>> params, buffers = func.stack_module_state(models)
    >>> f = lambda params, x: func.functional_call(models[0], params, x)
    >>> vmap(f, (0, None))(params, ones(5, 1)).shape
    torch.Size([3, 5, 2])
    """
    given = list(models)
    if not given:
        raise StateError("stack_module_state: Expected at least one model, got 0.")
    for model in given:
        if not isinstance(model, Module):
            raise ArgumentError(f"models are Modules, but one is {type(model).__name__}")
    if len({bool(m.training) for m in given}) > 1:
        raise StateError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    if any(type(m) is not type(given[0]) for m in given):
        raise StateError("stack_module_state: Expected all models to be of the same class.")
    return (
        _stacked([dict(m.named_parameters()) for m in given]),
        _stacked([dict(m.named_buffers()) for m in given]),
    )


def _stacked(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    found = {}
    for name in states[0]:
        tensors = [state[name] for state in states if name in state]
        if len(tensors) != len(states):
            raise StateError(f"stack_module_state: Expected all models to have {name!r}.")
        wanted = {t.requires_grad for t in tensors}
        if len(wanted) > 1:
            raise StateError(f"Expected {name} from each model to have the same .requires_grad")
        made = stack(tensors)
        found[name] = made.detach().requires_grad_() if True in wanted else made
    return found


export(
    "torch.func.functional_call", "torch.nn.utils.stateless.functional_call", value=functional_call
)
export("torch.func.stack_module_state", value=stack_module_state)
