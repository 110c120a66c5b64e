"""Pruning: the base of its methods, and several of them in a row.

A pruned tensor is made of two before each call: `<name>_orig`, the parameter, and `<name>_mask`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex

from tcalc.errors import (
    AccessError,
    ArgumentError,
    AssertionProblem,
    DimError,
    DtypeError,
    StateError,
    ValueProblem,
)
from tcalc.library.nn.hooks import hooks_of
from tcalc.library.nn.members import tensor_of
from tcalc.library.nn.module import Module
from tcalc.library.nn.utils.weight_norm import named_tensor, need_module
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.ops.create.constant import ones_like
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = "torch.nn.utils.prune"


@export(f"{HOME}.BasePruningMethod", home=HOME)
class BasePruningMethod:
    """The base of pruning methods: a program's own says PRUNING_TYPE and defines `compute_mask`.

    PRUNING_TYPE: "unstructured" (single elements), "structured" (whole parts along `dim`) or
    "global".

    >>> from torch.nn.utils import prune
    >>> class EverySecond(prune.BasePruningMethod):
    ...     PRUNING_TYPE = "unstructured"
    ...     def compute_mask(self, t, default_mask):
    ...         mask = default_mask.clone()
    ...         mask.view(-1)[::2] = 0
    ...         return mask
    >>> m = nn.Linear(4, 1)
    >>> method = EverySecond.apply(m, "weight")
    >>> m.weight_mask
    tensor([[0., 1., 0., 1.]])
    """

    _open_ = True
    _public_ = frozenset(
        {"PRUNING_TYPE", "_tensor_name", "apply", "apply_mask", "compute_mask", "prune", "remove"}
    )

    PRUNING_TYPE: ClassVar[Any] = None
    _tensor_name: str | None = None

    def __call__(self, module: Module, inputs: object) -> None:
        setattr(module, name_of(self, module), self.apply_mask(module))

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of 0 and 1 for a tensor; every method has its own."""
        raise DtypeError(f"{type(self).__name__} does not define compute_mask()")

    def apply_mask(self, module: Module) -> Tensor:
        """The parameter with its mask."""
        name = name_of(self, module)
        mask, orig = tensor_of(module, f"{name}_mask"), tensor_of(module, f"{name}_orig")
        return mask.to(orig.dtype) * orig

    @classmethod
    def apply(
        cls,
        module: Module,
        name: str,
        *args: object,
        importance_scores: Tensor | None = None,
        **kwargs: object,
    ) -> BasePruningMethod:
        """Prune a module's tensor by this method, after those that it was pruned by before."""
        old = _hook_of(need_module(module), name)
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        if old is not None:
            key, before = old
            if not isinstance(before, PruningContainer):
                before = PruningContainer(before)
            before.add_pruning_method(method)
            method = before
        orig = tensor_of(module, f"{name}_orig") if old is not None else named_tensor(module, name)
        shown = tensor_of(module, name)
        scores = shown if importance_scores is None else _like(importance_scores, orig, "parameter")
        default = (
            ones_like(orig) if old is None else tensor_of(module, f"{name}_mask").detach().clone()
        )
        mask = masked(method, scores, default)
        if old is None:
            if not isinstance(orig, Parameter):
                raise ValueProblem(f"'{name}' is no parameter of {module}")
            del module._parameters[name]
            module.register_parameter(f"{name}_orig", orig)
        else:
            del module._forward_pre_hooks[key]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, BasePruningMethod.apply_mask(method, module))
        module.register_forward_pre_hook(method)
        return method

    def prune(
        self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None
    ) -> Tensor:
        """A tensor with the mask that the method computes for it; nothing is changed."""
        need_tensors(t, t if default_mask is None else default_mask)
        scores = t if importance_scores is None else _like(importance_scores, t, "tensor")
        return t * masked(self, scores, ones_like(t) if default_mask is None else default_mask)

    @silent
    def remove(self, module: Module) -> None:
        """Make the pruned tensor a parameter again; what was pruned stays 0."""
        name = name_of(self, need_module(module))
        orig = tensor_of(module, f"{name}_orig")
        orig.data = self.apply_mask(module).detach().data
        for ending in ("", "_orig", "_mask"):
            if ending or name in module.__dict__:
                delattr(module, name + ending)
        setattr(module, name, orig)


def name_of(method: BasePruningMethod, module: Module) -> str:
    """The name of the tensor that a method prunes."""
    name = method._tensor_name
    if type(name) is not str or name[:1] == "_":
        raise AssertionProblem(f"Module {module} has to be pruned")
    return name


def _like(scores: object, tensor: Tensor, what: str) -> Tensor:
    if not isinstance(scores, Tensor) or scores.shape != tensor.shape:
        got = scores.shape if isinstance(scores, Tensor) else type(scores).__name__
        raise AssertionProblem(
            f"importance_scores should have the same shape as {what}, got {got} vs {tensor.shape}"
        )
    return scores


def need_tensors(t: object, default_mask: object) -> None:
    """Refuse what is no tensor."""
    for name, value in (("t", t), ("default_mask", default_mask)):
        if not isinstance(value, Tensor):
            raise ArgumentError(
                f"compute_mask(): argument '{name}' must be Tensor, not {type(value).__name__}",
                argument=name,
            )


def masked(method: BasePruningMethod, t: Tensor, default_mask: Tensor) -> Tensor:
    """The mask that a method computes, which has to be of the tensor's shape."""
    mask = method.compute_mask(t, default_mask=default_mask)
    if not isinstance(mask, Tensor) or mask.shape != t.shape:
        raise StateError(
            f"{type(method).__name__}.compute_mask() has to give a mask of shape {t.shape}"
        )
    return mask


def _hook_of(module: Module, name: str) -> tuple[int, BasePruningMethod] | None:
    """The method that prunes a module's tensor of a name, with its number as a hook."""
    for key, hook in hooks_of(module, "_forward_pre_hooks"):
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return key, hook
    return None


@export(f"{HOME}.PruningContainer", home=HOME)
class PruningContainer(BasePruningMethod):
    """Several methods of one tensor, of which the last works on what the others left."""

    _public_ = frozenset({"add_pruning_method"})

    def __init__(self, *args: object) -> None:
        self._methods: list[Any] = []
        if len(args) == 1 and isinstance(args[0], BasePruningMethod):
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: object) -> None:
        """Put a method behind the others."""
        if not isinstance(method, BasePruningMethod):
            raise ArgumentError(f"{type(method).__name__} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueProblem(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer. Found '{method._tensor_name}'"
            )
        self._methods.append(method)

    def __len__(self) -> int:
        return len(self._methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._methods)

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        return self._methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, with what the last method takes away of what is left."""
        need_tensors(t, default_mask)
        if not self._methods:
            raise StateError("a PruningContainer without methods has no mask")
        method = self._methods[-1]
        mask = default_mask.to(t.dtype).clone()
        part = _left(method, t, mask)
        mask[part] = masked(method, t[part], default_mask[part]).to(mask.dtype)
        return mask


def _left(method: BasePruningMethod, t: Tensor, mask: Tensor) -> Tensor | tuple[object, ...]:
    """Where a method may still take something away."""
    kind = method.PRUNING_TYPE
    if kind == "unstructured":
        return mask.eq(1)
    everything = [slice(None)] * t.ndim
    if kind == "structured":
        dim = getattr(method, "dim", None)
        if type(dim) is not int:
            raise AccessError(
                'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` '
                "defined."
            )
        if not -t.ndim <= dim < t.ndim:
            raise DimError(f"Index is out of bounds for tensor with dimensions {t.ndim}")
        others = [d for d in range(t.ndim) if d != dim % t.ndim]
        part: list[Any] = [*everything]
        part[dim] = mask.sum(others) != 0
        return tuple(part)
    if kind == "global":
        return tuple(everything)
    raise ValueProblem(f"Unrecognized PRUNING_TYPE {kind}")
