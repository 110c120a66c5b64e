"""Derivatives of functions: Jacobians, Hessians, and products with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, AutogradError, StateError
from tcalc.runtime.autograd.backward import run_backward
from tcalc.runtime.autograd.nodes import end_of, tracked
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Data, Function, Ints, Scalar, Tree
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.gradients import listed
from tcalc.runtime.tensor.nested import tensor_of
from tcalc.runtime.tensor.tensor import Tensor, alias
from tcalc.runtime.transform.trees import leaves_of, rebuilt
from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


TAKES_FUNCTION = {"samples": "takes a function"}


def _tensor(value: object) -> Tensor:
    if isinstance(value, Tensor):
        return value
    t = tensor_of(value)
    return t.float() if t._a.dtype.char in EXACT else t


def inputs_of(inputs: Tree | Scalar) -> tuple[list[Tensor], bool]:
    """The inputs as tensors of their own that require grad, and whether there was but one."""
    several = isinstance(inputs, (tuple, list)) and any(isinstance(t, Tensor) for t in inputs)
    given = [_tensor(t) for t in inputs] if several else [_tensor(inputs)]
    fresh = []
    for t in given:
        if t._a.dtype.char in EXACT:
            raise AutogradError(
                f"only floating point tensors have gradients (this one is {t.dtype.name})",
                hint="convert it with .float()",
            )
        if mode.enabled and t.requires_grad:
            made = t.view_as(t)  # stays in the graph of the caller
        else:
            made = alias(t)
            made._require_grad(True)
        fresh.append(made)
    return fresh, not several


def outputs_of(value: Tree) -> tuple[list[Tensor], bool]:
    several = isinstance(value, (tuple, list))
    found = list(value) if several else [value]
    for t in found:
        if not isinstance(t, Tensor):
            raise ArgumentError(
                f"the function must return a tensor or a tuple of them, not {type(t).__name__}"
            )
    return found, not several


def gradients(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], seeds: Sequence[Tensor], create: bool
) -> list[Tensor]:
    """Gradients, zeros where an output does not depend on an input."""
    pairs = [(end_of(o), g) for o, g in zip(outputs, seeds)]
    known = [(e, g) for e, g in pairs if e is not None]
    ends = [end_of(t) for t in inputs]
    if not known:
        return [t._zeros() for t in inputs]
    found = run_backward(
        [e for e, _ in known], [g for _, g in known], inputs=[e for e in ends if e is not None],
        retain_graph=True, create_graph=create, accumulate=False,
    )  # fmt: skip
    return [t._zeros() if g is None else g for g, t in zip(found, inputs)]


def must_call(function: object) -> None:
    if not callable(function) or isinstance(function, Tensor):
        raise ArgumentError(
            f"the first argument must be a function, not {type(function).__name__}",
            hint="write it as lambda x: ...",
            argument="func",
        )


def run(function: Callable[..., object], inputs: Sequence[object]) -> Any:
    enabled, mode.enabled = mode.enabled, True
    try:
        return function(*inputs)
    finally:
        mode.enabled = enabled


def one_or_tuple(values: Sequence[Tree], one: bool) -> Tree:
    return values[0] if one else tuple(values)


def _direction(v: Tree | Scalar | None, shapes: Sequence[Tensor], name: str) -> list[Tensor]:
    if v is None:
        if len(shapes) != 1 or shapes[0]._a.size != 1:
            raise StateError(f"The vector v can only be None if the {name} is a single number")
        return [shapes[0]._ones()]
    found = (
        [_tensor(t) for t in v]
        if isinstance(v, (tuple, list)) and any(isinstance(t, Tensor) for t in v)
        else [_tensor(v)]
    )
    for t, wanted in zip(found, shapes):
        if t._a.shape != wanted._a.shape:
            raise StateError(
                f"v has invalid size: should be {wanted.shape} but got {t.shape}", argument="v"
            )
    return found


@composite(names=("torch.vjp", "torch.autograd.functional.vjp"), exempt=TAKES_FUNCTION)
def vjp(
    func: Function,
    inputs: Tree | Scalar,
    v: Tree | Scalar | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Tree, Tree]:
    """The function's value, and `v` times its Jacobian.

    v: of the output's shape; may be left out where that is one number.

    >>> vjp(lambda x: x * x, tensor([1., 2.]), tensor([1., 10.]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    must_call(func)
    given, one = inputs_of(inputs)
    value = run(func, given)
    outputs, _ = outputs_of(value)
    grads = gradients(outputs, given, _direction(v, outputs, "output"), create_graph)
    return _detached(value, create_graph), one_or_tuple(grads, one)


def _detached(value: Tree, keep: bool) -> Tree:
    if keep:
        return value
    if isinstance(value, (tuple, list)):
        return tuple(t.detach() for t in value)
    return value.detach()


@composite(names=("torch.jvp", "torch.autograd.functional.jvp"), exempt=TAKES_FUNCTION)
def jvp(
    func: Function,
    inputs: Tree | Scalar,
    v: Tree | Scalar | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Tree, Tree]:
    """The function's value, and its Jacobian times `v`.

    v: of the input's shape; may be left out where that is one number.

    >>> jvp(lambda x: x * x, tensor([1., 2.]), tensor([1., 10.]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    must_call(func)
    given, _ = inputs_of(inputs)
    value = run(func, given)
    outputs, one = outputs_of(value)
    direction = _direction(v, given, "input")
    # Twice backward is forward: u -> u J is linear in u, and its transpose is v -> J v.
    enabled, mode.enabled = mode.enabled, True
    try:
        dummies = []
        for o in outputs:
            u = o.detach()._zeros()
            u._require_grad(True)
            dummies.append(u)
        products = gradients(outputs, given, dummies, True)
        found = gradients(products, dummies, direction, create_graph)
    finally:
        mode.enabled = enabled
    return _detached(value, create_graph), one_or_tuple(found, one)


@composite(names=("torch.hvp", "torch.autograd.functional.hvp"), exempt=TAKES_FUNCTION)
def hvp(
    func: Function,
    inputs: Tree | Scalar,
    v: Tree | Scalar | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Tree, Tree]:
    """The function's value, and its Hessian times `v`.

    >>> hvp(lambda x: (x ** 3).sum(), tensor([1., 2.]), tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    must_call(func)
    given, one = inputs_of(inputs)
    value = run(func, given)
    outputs, _ = outputs_of(value)
    first = gradients(outputs, given, _direction(None, outputs, "output"), True)
    second = gradients(first, given, _direction(v, given, "input"), create_graph)
    return _detached(value, create_graph), one_or_tuple(second, one)


# vhp is the same product: Hessians are symmetric.
@composite(names=("torch.vhp", "torch.autograd.functional.vhp"), exempt=TAKES_FUNCTION)
def vhp(
    func: Function,
    inputs: Tree | Scalar,
    v: Tree | Scalar | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Tree, Tree]:
    """The function's value, and `v` times its Hessian.

    >>> vhp(lambda x: (x ** 3).sum(), tensor([1., 2.]), tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return hvp(func, inputs, v, create_graph)


@composite(names=("torch.func.grad",), exempt=TAKES_FUNCTION)
def func_grad(func: Function, argnums: Ints = 0, has_aux: bool = False) -> Callable[..., object]:
    """A function that returns the gradient of `func` by its arguments of these numbers.

    An argument may be a dict, list or tuple of tensors: so is its gradient.

    >>> func.grad(lambda x: (x * x).sum())(tensor([1., 2.]))
    tensor([2., 4.])
    """
    both = func_grad_and_value(func, argnums, has_aux)

    def gradient(*args: object, **kwargs: object) -> object:
        grads, value = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return gradient


@composite(names=("torch.func.grad_and_value",), exempt=TAKES_FUNCTION)
def func_grad_and_value(
    func: Function, argnums: Ints = 0, has_aux: bool = False
) -> Callable[..., tuple[object, object]]:
    """A function that returns the gradient of `func`, and its value.

    >>> func.grad_and_value(lambda x: (x * x).sum())(tensor([1., 2.]))
    (tensor([2., 4.]), tensor(5.))
    """
    must_call(func)
    numbers = argnums if isinstance(argnums, (tuple, list)) else (argnums,)

    def both(*args: object, **kwargs: object) -> tuple[object, object]:
        trees = [_tree(args[n]) for n in numbers]
        given, _ = inputs_of(leaves_of(trees))
        full = list(args)
        for n, tree in zip(numbers, rebuilt(trees, list(given))):
            full[n] = tree
        outer, mode.enabled = mode.enabled, True
        try:
            result = func(*full, **kwargs)
        finally:
            mode.enabled = outer
        value = result[0] if has_aux else result
        if not isinstance(value, Tensor) or value._a.ndim:
            raise StateError("Expected the function to return a tensor with no dimensions")
        nested = any(map(is_tracked, leaves_of(trees)))
        grads = rebuilt(trees, gradients([value], given, [value._ones()], nested))
        shown = value if nested else value.detach()
        return one_or_tuple(grads, not isinstance(argnums, (tuple, list))), (
            (shown, result[1]) if has_aux else shown
        )

    return both


def _tree(value: object) -> object:
    """An argument that holds tensors as it is, any other as a tensor."""
    if isinstance(value, (dict, tuple, list)):
        leaves = leaves_of(value)
        if leaves and all(isinstance(leaf, Tensor) for leaf in leaves):
            return value
    return _tensor(value)


def is_tracked(value: object) -> bool:
    return isinstance(value, Tensor) and tracked(value)


@composite(names=("torch.func.vjp",), exempt=TAKES_FUNCTION)
def func_vjp(func: Function, *primals: Data, has_aux: bool = False) -> tuple[object, ...]:
    """The value of `func` at `primals`, and a function that multiplies its Jacobian from the left.

    >>> y, pull = func.vjp(lambda x: x * x, tensor([1., 2.])); pull(tensor([1., 10.]))
    (tensor([ 2., 40.]),)
    """
    must_call(func)
    given, _ = inputs_of([_tensor(p) for p in primals])
    result = run(func, given)
    value, aux = result if has_aux else (result, None)
    outputs, _ = outputs_of(value)

    def pull(*cotangents: object) -> tuple[Tensor, ...]:
        seeds = [_tensor(c) for c in cotangents]
        return tuple(gradients(outputs, given, seeds, any(map(is_tracked, cotangents))))

    shown = _detached(value, any(map(is_tracked, primals)))
    return (shown, pull, aux) if has_aux else (shown, pull)


@composite(names=("torch.func.jvp",), exempt=TAKES_FUNCTION)
def func_jvp(func: Function, primals: Tree, tangents: Tree) -> tuple[Tree, Tree]:
    """The value of `func` at `primals`, and its Jacobian times `tangents`.

    >>> func.jvp(lambda x: x * x, (tensor([1., 2.]),), (tensor([1., 10.]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    given = tuple(_tensor(p) for p in listed("jvp", "primals", primals))
    keep = any(map(is_tracked, given))
    return jvp(func, given, tuple(listed("jvp", "tangents", tangents)), create_graph=keep)
