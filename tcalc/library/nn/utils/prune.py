"""`torch.nn.utils.prune`: elements of parameters that are held at 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.nn.hooks import hooks_of
from tcalc.library.nn.members import tensor_of
from tcalc.library.nn.module import Module
from tcalc.library.nn.utils import pruning_methods as methods
from tcalc.library.nn.utils.convert_parameters import parameters_to_vector
from tcalc.library.nn.utils.pruning import HOME, BasePruningMethod, PruningContainer
from tcalc.library.nn.utils.weight_norm import need_module
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.ops.create.constant import ones_like
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable


@silent
def identity(module: Module, name: str) -> Module:
    """Give a tensor of a module the form of a pruned one, and take nothing away."""
    methods.Identity.apply(module, name)
    return module


@silent
def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Hold elements of a module's tensor at 0, chosen at random; amount: how many, or which share."""
    methods.RandomUnstructured.apply(module, name, amount)
    return module


@silent
def l1_unstructured(
    module: Module, name: str, amount: float, importance_scores: Tensor | None = None
) -> Module:
    """Hold the elements of a module's tensor at 0 whose absolute values are smallest.

    amount: how many, or which share. importance_scores: what to go by in place of the tensor.

    >>> from torch.nn.utils import prune
    >>> m = nn.Linear(4, 1)
    >>> nn.init.constant_(m.weight, 2.); m.weight.data[0, 1] = 0.1
    >>> prune.l1_unstructured(m, "weight", amount=1)
    >>> m.weight_mask
    tensor([[1., 0., 1., 1.]])
    """
    methods.L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


@silent
def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Hold parts of a module's tensor along a dim at 0, chosen at random."""
    methods.RandomStructured.apply(module, name, amount, dim)
    return module


@silent
def ln_structured(
    module: Module, name: str, amount: float, n: float | str, dim: int,
    importance_scores: Tensor | None = None,
) -> Module:  # fmt: skip
    """Hold the parts of a module's tensor along a dim at 0 whose norms of order n are smallest."""
    methods.LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


@silent
def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Hold those elements of a module's tensor at 0 where a mask is."""
    methods.CustomFromMask.apply(module, name, mask)
    return module


@silent
def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: object,
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: object,
) -> None:
    """Prune several tensors as if they were one.

    parameters: pairs of a module and a name. pruning_method: a class whose PRUNING_TYPE is
    "unstructured"; it is made with the other arguments, such as `amount`.
    """
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise ArgumentError("global_unstructured(): importance_scores must be of type dict")
    pairs = _pairs(parameters)
    if not (isinstance(pruning_method, type) and issubclass(pruning_method, BasePruningMethod)):
        raise ArgumentError("global_unstructured(): pruning_method is no BasePruningMethod")
    tensors = [tensor_of(module, name) for module, name in pairs]
    method: Any = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise ArgumentError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found type '
            f"{method.PRUNING_TYPE}"
        )
    container = PruningContainer()
    container._tensor_name = method._tensor_name = "temp"
    container.add_pruning_method(method)
    mask = container.compute_mask(
        parameters_to_vector([scores.get(pair, t) for pair, t in zip(pairs, tensors)]),
        parameters_to_vector(
            [
                module._buffers.get(f"{name}_mask", ones_like(t))
                for (module, name), t in zip(pairs, tensors)
            ]
        ),
    )
    at = 0
    for (module, name), tensor in zip(pairs, tensors):
        count = tensor.numel()
        custom_from_mask(module, name, mask[at : at + count].view_as(tensor))
        at += count


def _pairs(parameters: object) -> list[tuple[Module, str]]:
    if not isinstance(parameters, (list, tuple)):
        raise ArgumentError("global_unstructured(): parameters is not an Iterable")
    found = []
    for pair in parameters:
        if not (
            isinstance(pair, (list, tuple))
            and len(pair) == 2
            and isinstance(pair[0], Module)
            and type(pair[1]) is str
            and isinstance(pair[0].__dict__.get(pair[1], pair[0]._parameters.get(pair[1])), Tensor)
        ):
            raise ArgumentError(
                "global_unstructured(): parameters are pairs of a module and a name"
            )
        found.append((pair[0], pair[1]))
    return found


@silent
def remove(module: Module, name: str) -> Module:
    """Make a pruned tensor a parameter again; what was pruned stays 0."""
    for key, hook in hooks_of(need_module(module), "_forward_pre_hooks"):
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueProblem(
        f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed"
    )


def is_pruned(module: Module) -> bool:
    """Whether a module, or any below it, has a pruned tensor."""
    return any(
        isinstance(hook, BasePruningMethod)
        for part in need_module(module).modules()
        for _, hook in hooks_of(part, "_forward_pre_hooks")
    )


for _function in (
    identity, random_unstructured, l1_unstructured, random_structured, ln_structured,
    custom_from_mask, global_unstructured, remove, is_pruned,
):  # fmt: skip
    export(f"{HOME}.{_function.__name__}", value=_function)
