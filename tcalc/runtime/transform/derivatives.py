"""Derivatives of functions: Jacobians, Hessians, products with them, and the check of gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, AutogradError, StateError, ValueProblem
from tcalc.runtime.autograd.backward import run_backward
from tcalc.runtime.autograd.nodes import end_of, tracked
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Data, Function, Ints, Scalar, Tree
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.gradients import listed
from tcalc.runtime.tensor.nested import tensor_of
from tcalc.runtime.tensor.tensor import Tensor, alias, wrap
from tcalc.runtime.transform.trees import leaves_of, rebuilt
from tcalc.runtime.types.codes import COMPLEXES, EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array

TAKES_FUNCTION = {"samples": "takes a function"}


def _tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    t = tensor_of(value)
    return t.float() if t._a.dtype.char in EXACT else t


def inputs_of(inputs: Any) -> tuple[list[Tensor], bool]:
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


def outputs_of(value: Any) -> tuple[list[Tensor], bool]:
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


def run(function: Callable[..., Any], inputs: Sequence[Tensor]) -> Any:
    enabled, mode.enabled = mode.enabled, True
    try:
        return function(*inputs)
    finally:
        mode.enabled = enabled


def one_or_tuple(values: Sequence[Any], one: bool) -> Any:
    return values[0] if one else tuple(values)


def _direction(v: Any, shapes: Sequence[Tensor], name: str) -> list[Tensor]:
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
) -> Any:
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


def _detached(value: Any, keep: bool) -> Any:
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
) -> Any:
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
) -> Any:
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
) -> Any:
    """The function's value, and `v` times its Hessian.

    >>> vhp(lambda x: (x ** 3).sum(), tensor([1., 2.]), tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return hvp(func, inputs, v, create_graph)


@composite(names=("torch.func.grad",), exempt=TAKES_FUNCTION)
def func_grad(func: Function, argnums: Ints = 0, has_aux: bool = False) -> Any:
    """A function that returns the gradient of `func` by its arguments of these numbers.

    An argument may be a dict, list or tuple of tensors: so is its gradient.

    >>> func.grad(lambda x: (x * x).sum())(tensor([1., 2.]))
    tensor([2., 4.])
    """
    both = func_grad_and_value(func, argnums, has_aux)

    def gradient(*args: object, **kwargs: object) -> Any:
        grads, value = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return gradient


@composite(names=("torch.func.grad_and_value",), exempt=TAKES_FUNCTION)
def func_grad_and_value(func: Function, argnums: Ints = 0, has_aux: bool = False) -> Any:
    """A function that returns the gradient of `func`, and its value.

    >>> func.grad_and_value(lambda x: (x * x).sum())(tensor([1., 2.]))
    (tensor([2., 4.]), tensor(5.))
    """
    must_call(func)
    numbers = argnums if isinstance(argnums, (tuple, list)) else (argnums,)

    def both(*args: object, **kwargs: object) -> Any:
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


def _tree(value: Any) -> Any:
    """An argument that holds tensors as it is, any other as a tensor."""
    if isinstance(value, (dict, tuple, list)):
        leaves = leaves_of(value)
        if leaves and all(isinstance(leaf, Tensor) for leaf in leaves):
            return value
    return _tensor(value)


def is_tracked(value: object) -> bool:
    return isinstance(value, Tensor) and tracked(value)


@composite(names=("torch.func.vjp",), exempt=TAKES_FUNCTION)
def func_vjp(func: Function, *primals: Data, has_aux: bool = False) -> Any:
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
def func_jvp(func: Function, primals: Tree, tangents: Tree) -> Any:
    """The value of `func` at `primals`, and its Jacobian times `tangents`.

    >>> func.jvp(lambda x: x * x, (tensor([1., 2.]),), (tensor([1., 10.]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    given = tuple(_tensor(p) for p in listed("jvp", "primals", primals))
    keep = any(map(is_tracked, given))
    return jvp(func, given, tuple(listed("jvp", "tangents", tangents)), create_graph=keep)


class GradcheckError(StateError):
    """A gradient that differs from what the function's values say."""


@composite(
    names=("torch.gradcheck", "torch.autograd.gradcheck"),
    exempt=TAKES_FUNCTION,
)
def gradcheck(
    func: Function, inputs: Tree | Scalar, eps: float = 1e-06, atol: float = 1e-05, rtol: float = 0.001,
    raise_exception: bool = True,
) -> bool:  # fmt: skip
    """Whether the gradients of a function agree with differences of its values.

    inputs: float64 tensors that require grad. Where they differ, the error says where and by how
    much; `raise_exception=False` gives False instead.

    >>> gradcheck(lambda x: x.sin(), tensor([1., 2.], dtype=float64, requires_grad=True))
    True
    """
    must_call(func)
    given = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    checked = [t for t in given if isinstance(t, Tensor) and t.requires_grad]
    if not checked:
        raise ValueProblem(
            "gradcheck expects at least one input tensor to require gradient",
            hint="make it with requires_grad=True",
            argument="inputs",
        )
    for t in checked:
        if t._a.itemsize // (2 if t._a.dtype.char in COMPLEXES else 1) < 8:
            raise ValueProblem(
                f"gradcheck needs double precision, and this input is {t.dtype.name}",
                hint="make it with dtype=float64",
                argument="inputs",
            )
    outputs, _ = outputs_of(run(func, given))
    for k, out in enumerate(outputs):
        if end_of(out) is None:
            continue
        problem = _compare(func, given, checked, out, k, eps, atol, rtol)
        if problem is not None:
            if raise_exception:
                raise GradcheckError(problem)
            return False
    return True


def _compare(
    func: Callable[..., object], given: list[Any], checked: list[Tensor], out: Tensor, k: int, eps: float,
    atol: float, rtol: float,
) -> str | None:  # fmt: skip
    rows = []
    for i in range(out._a.size):
        seed = np.zeros(out._a.size, out._a.dtype)
        seed[i] = 1
        seeds = [wrap(seed.reshape(out._a.shape))]
        rows.append([g._a.reshape(-1) for g in gradients([out], checked, seeds, False)])
    worst: tuple[float, str] | None = None
    for n, t in enumerate(checked):
        flat = t._a.reshape(-1)
        for j in range(flat.size):
            kept = flat[j]
            flat[j] = kept + eps
            above = np.array(_value(func, given, k))
            flat[j] = kept - eps
            below = np.array(_value(func, given, k))
            flat[j] = kept
            numeric = ((above - below) / (2 * eps)).reshape(-1)
            for i in range(numeric.size):
                exact = rows[i][n][j]
                miss = abs(exact - numeric[i])
                wrong = not math.isfinite(miss) or miss > atol + rtol * abs(numeric[i])
                if wrong and (worst is None or miss > worst[0]):
                    worst = (float(miss), _place(t, j, out, i, n, k, exact, numeric[i]))
    return None if worst is None else worst[1]


def _value(func: Callable[..., object], given: list[Any], k: int) -> Array:
    enabled, mode.enabled = mode.enabled, False
    try:
        return outputs_of(func(*given))[0][k]._a
    finally:
        mode.enabled = enabled


def _place(t: Tensor, j: int, out: Tensor, i: int, n: int, k: int, exact: Any, numeric: Any) -> str:
    at = [int(x) for x in np.unravel_index(j, t._a.shape)] if t._a.ndim else []
    of = [int(x) for x in np.unravel_index(i, out._a.shape)] if out._a.ndim else []
    return (
        f"Jacobian mismatch for output {k} with respect to input {n}: d output{of} / d input{at} is "
        f"{exact:.6g} by backward and {numeric:.6g} by differences (off by {abs(exact - numeric):.3g})"
    )
