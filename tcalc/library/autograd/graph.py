"""`torch.autograd.graph`: nodes, and what they save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.runtime.autograd.nodes import AccumulateGrad, Node
from tcalc.runtime.autograd.saving import Hooks, Refusal
from tcalc.runtime.base.addresses import hash_of_identity
from tcalc.runtime.base.modes import effect, mode
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.conversion import converted
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.devices import CPU

if TYPE_CHECKING:
    from collections.abc import Callable


@export("torch.autograd.graph.saved_tensors_hooks")
class saved_tensors_hooks:
    """Inside `with`, what ops save for their gradients goes through functions of yours.

    pack_hook: from a tensor to what is kept in its place. unpack_hook: from that to a tensor, when
    the gradient is computed.

    >>> x = tensor([2.], requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda v: tensor(v)):
    ...     y = x * x
    >>> y.backward(); x.grad
    tensor([4.])
    """

    __slots__ = ("_entered", "_pack", "_unpack")
    _public_: frozenset[str] = frozenset()

    def __init__(
        self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]
    ) -> None:
        for hook in (pack_hook, unpack_hook):
            if not callable(hook):
                raise ArgumentError(f"a hook has to be a function, not {type(hook).__name__}")
        self._pack = pack_hook
        self._unpack = unpack_hook
        self._entered: list[Hooks] = []

    def __enter__(self) -> None:
        effect("saved_tensors_hooks")
        hooks = Hooks(self._pack, self._unpack)
        hooks.enter()
        self._entered.append(hooks)

    def __exit__(self, *error: object) -> None:
        self._entered.pop().leave()


@export("torch.autograd.graph.save_on_cpu")
class save_on_cpu(saved_tensors_hooks):
    """Inside `with`, what ops save is kept in the CPU's memory; pin_memory makes no difference."""

    __slots__ = ()

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(
            lambda t: (t.device, converted(t, None, CPU)),
            lambda kept: converted(kept[1], None, kept[0]),
        )


@export("torch.autograd.graph.disable_saved_tensors_hooks")
class disable_saved_tensors_hooks:
    """Inside `with`, to set such hooks is an error with this message."""

    __slots__ = ("_message", "_outer")
    _public_: frozenset[str] = frozenset()

    def __init__(self, error_message: str) -> None:
        self._message = str(error_message)
        self._outer: list[Any] = []

    def __enter__(self) -> None:
        effect("disable_saved_tensors_hooks")
        if type(mode.saving) is Hooks:
            raise StateError(self._message)
        self._outer.append(mode.saving)
        mode.saving = Refusal(self._message)

    def __exit__(self, *error: object) -> None:
        mode.saving = self._outer.pop()


def increment_version(tensor: Any) -> None:
    """Count a write to a tensor, or to each of several, that was not seen."""
    effect("increment_version")
    for t in tensor if isinstance(tensor, (list, tuple)) else (tensor,):
        if not isinstance(t, Tensor):
            raise ArgumentError(f"increment_version() takes tensors, not {type(t).__name__}")
        t.shared().version += 1


export("torch.autograd.graph.increment_version", value=increment_version)


class _NodeType:
    """The class of every `grad_fn`, for `isinstance`."""

    __slots__ = ()
    _public_: frozenset[str] = frozenset()
    __hash__ = hash_of_identity

    def __repr__(self) -> str:
        return "<class 'torch.autograd.graph.Node'>"

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, (Node, AccumulateGrad))


export("torch.autograd.graph.Node", value=_NodeType())
