"""What tensors say of gradients: their attributes, found by name when first used."""

from __future__ import annotations

from tcalc.errors import ArgumentError, AutogradError, StateError
from tcalc.runtime.autograd.nodes import AccumulateGrad, Node, Output, meta_of
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.registry import export
from tcalc.runtime.tensor.storage import Storage
from tcalc.runtime.tensor.tensor import Tensor, alias
from tcalc.runtime.types.codes import EXACT


def _requires_grad(tensor: Tensor) -> bool:
    """Whether gradients flow to it."""
    if tensor._g is not None and tensor._g.requires_grad:
        return True
    if tensor._v is None or tensor._d.dtype.char in EXACT:
        return False
    base = tensor._v.base
    return base._g is not None and base._g.requires_grad


def _set_requires_grad(tensor: Tensor, value: bool) -> None:
    require_grad(tensor, bool(value))


def require_grad(tensor: Tensor, value: bool) -> None:
    """Make a leaf require grad, or not."""
    end = tensor._g
    if isinstance(end, (Node, Output)):
        if not value:
            raise AutogradError(
                "you can only change requires_grad flags of leaf variables. If you want to "
                "use a computed variable in a subgraph that doesn't require differentiation "
                "use var_no_grad = var.detach()."
            )
        return
    if value and tensor._d.dtype.char in EXACT:
        raise AutogradError(
            "only Tensors of floating point and complex dtype can require gradients "
            f"(this one is {tensor.dtype.name})",
            hint="make it with a point (1. instead of 1), or convert it with .float()",
        )
    if isinstance(end, AccumulateGrad):
        end.requires_grad = value
    elif value:
        tensor._g = AccumulateGrad(tensor, True)


def _grad(tensor: Tensor) -> Tensor | None:
    """The gradient that backward added up, or None."""
    if interpreters.count and mode.interpreter is not None:
        mode.interpreter.gradient()
    end = tensor._g
    return None if end is None or end.extra is None else end.extra.grad


def _set_grad(tensor: Tensor, value: Tensor | None) -> None:
    if value is not None:
        if not isinstance(value, Tensor):
            raise ArgumentError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
            )
        if value._d.dtype != tensor._d.dtype:
            raise StateError(
                f"attempting to assign a gradient with dtype '{value.dtype.name}' to a tensor with "
                f"grad_dtype '{tensor.dtype.shorthand}'. The gradient must match the tensor's "
                "grad_dtype (defaults to the tensor's dtype)."
            )
        if value._d.shape != tensor._d.shape:
            raise StateError(
                f"attempting to assign a gradient of size '{list(value._d.shape)}' to a tensor of "
                f"size '{list(tensor._d.shape)}'. Please ensure that the gradient and the tensor are "
                "the same size"
            )
    if tensor._g is None:
        if value is None:
            return
        tensor._g = AccumulateGrad(tensor, False)
    tensor._g.extras().grad = value


def _grad_fn(tensor: Tensor) -> Node | None:
    """The node that made it, or None for a leaf."""
    end = tensor._g if tensor._v is None else meta_of(tensor)
    if type(end) is Output:
        return end.node
    return end if isinstance(end, Node) else None


def _output_nr(tensor: Tensor) -> int:
    """Which of its node's outputs it is."""
    return tensor._g.index if type(tensor._g) is Output else 0


def _is_leaf(tensor: Tensor) -> bool:
    """Whether no recorded op made it."""
    return tensor.grad_fn is None


def _retains_grad(tensor: Tensor) -> bool:
    """Whether a tensor that is no leaf keeps its gradient."""
    end = tensor._g
    return isinstance(end, (Node, Output)) and end.extra is not None and bool(end.extra.retains)


def _data(tensor: Tensor) -> Tensor:
    """The same memory outside the graph; writing to it is not seen by backward."""
    made = alias(tensor)
    made._s = Storage(tensor.shared().array)
    return made


def _set_data(tensor: Tensor, value: Tensor) -> None:
    if not isinstance(value, Tensor):
        raise ArgumentError(f"data must be a Tensor, not {type(value).__name__}")
    tensor._d = value._shown
    tensor._s = None
    if isinstance(tensor._g, AccumulateGrad):
        tensor._g.show(tensor._d)


for _name, _read, _write in (
    ("requires_grad", _requires_grad, _set_requires_grad), ("grad", _grad, _set_grad),
    ("data", _data, _set_data), ("grad_fn", _grad_fn, None), ("output_nr", _output_nr, None),
    ("is_leaf", _is_leaf, None), ("retains_grad", _retains_grad, None),
):  # fmt: skip
    export("Tensor." + _name, value=property(_read, _write))
export("Tensor._require_grad", value=require_grad)
