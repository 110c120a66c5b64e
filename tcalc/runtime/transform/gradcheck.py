"""Whether gradients agree with differences of a function's values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import StateError, ValueProblem
from tcalc.runtime.autograd.nodes import end_of
from tcalc.runtime.base import progress
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Function, Scalar, Tree
from tcalc.runtime.call.define import composite
from tcalc.runtime.lazy.hazards import before_write
from tcalc.runtime.ops.gradients import listed, torch_grad
from tcalc.runtime.tensor.tensor import Tensor, alias, wrap
from tcalc.runtime.transform.derivatives import (
    TAKES_FUNCTION,
    gradients,
    must_call,
    outputs_of,
    run,
)
from tcalc.runtime.types.codes import COMPLEXES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array


class GradcheckError(StateError):
    """A gradient that differs from what the function's values say."""


@composite(
    names=("torch.gradcheck", "torch.autograd.gradcheck"),
    exempt=TAKES_FUNCTION,
)
def gradcheck(
    func: Function, inputs: Tree | Scalar, eps: float = 1e-06, atol: float = 1e-05, rtol: float = 0.001,
    raise_exception: bool = True, *, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False, check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False, check_forward_ad: bool = False,
    check_backward_ad: bool = True, fast_mode: bool = False, masked: bool | None = None,
) -> bool:  # fmt: skip
    """Whether the gradients of a function agree with differences of its values.

    inputs: float64 tensors that require grad. Where they differ, the error says where and by how
    much; `raise_exception=False` gives False instead. Of PyTorch's other checks none changes the
    answer here: every derivative is made of the pass back, the same each time, batched or not.

    >>> gradcheck(lambda x: x.sin(), tensor([1., 2.], dtype=float64, requires_grad=True))
    True
    """
    must_call(func)
    given = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    checked = _checked(given)
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


def _checked(given: list[object]) -> list[Tensor]:
    """The inputs whose gradients are checked: of double precision, and one at least."""
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
    return checked


@composite(names=("torch.autograd.gradgradcheck",), exempt=TAKES_FUNCTION)
def gradgradcheck(
    func: Function, inputs: Tree | Scalar, grad_outputs: Tree | None = None, *, eps: float = 1e-06,
    atol: float = 1e-05, rtol: float = 0.001, gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False, check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False, check_rev_over_rev: bool = True, fast_mode: bool = False,
    masked: bool = False,
) -> bool:  # fmt: skip
    """Whether the gradients of a function's gradients agree with differences of them.

    grad_outputs: what the gradients are weighted by, drawn between -1 and 1 where not given.

    >>> x = tensor([1., 2.], dtype=float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(lambda t: t ** 3, x)
    True
    """
    must_call(func)
    given = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    _checked(given)
    if grad_outputs is None:
        outputs, _ = outputs_of(run(func, given))
        seeds = [_drawn(out) for out in outputs if end_of(out) is not None]
    else:
        seeds = [_leaf(g) for g in listed("gradgradcheck", "grad_outputs", grad_outputs)]
    count = len(seeds)

    def slopes(*values: object) -> tuple[Tensor, ...]:
        inner = [v for v in values[:-count] if isinstance(v, Tensor) and v.requires_grad]
        made = run(func, values[:-count])
        outs = [o for o in outputs_of(made)[0] if end_of(o) is not None]
        found: tuple[Tensor | None, ...] = torch_grad(
            outs, inner, values[-count:], create_graph=True, allow_unused=True
        )
        return tuple([g for g in found if g is not None])

    good: bool = gradcheck(slopes, [*given, *seeds], eps, atol, rtol, raise_exception)
    return good


def _drawn(like: Tensor) -> Tensor:
    return _leaf(like.detach().new_zeros(like.shape).uniform_(-1, 1))


def _leaf(tensor: Tensor) -> Tensor:
    made = alias(tensor)
    made._require_grad(True)
    return made


def _compare(
    func: Callable[..., object], given: list[object], checked: list[Tensor], out: Tensor, k: int, eps: float,
    atol: float, rtol: float,
) -> str | None:  # fmt: skip
    rows = []
    for i in range(out._a.size):
        seed = np.zeros(out._a.size, out._a.dtype)
        seed[i] = 1
        seeds = [wrap(seed.reshape(out._a.shape))]
        rows.append([g._a.reshape(-1) for g in gradients([out], checked, seeds, False)])
    worst: tuple[float, str] | None = None
    elements = [(n, t, j) for n, t in enumerate(checked) for j in range(t._a.size)]
    for t in checked:
        before_write(t._a)
    with progress.begin("gradcheck", len(elements)) as task:
        for n, t, j in elements:
            task.advance()
            flat = t._a.reshape(-1)
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


def _value(func: Callable[..., object], given: list[object], k: int) -> Array:
    enabled, mode.enabled = mode.enabled, False
    try:
        return outputs_of(func(*given))[0][k]._a
    finally:
        mode.enabled = enabled


def _place(
    t: Tensor, j: int, out: Tensor, i: int, n: int, k: int, exact: complex, numeric: complex
) -> str:
    at = [int(x) for x in np.unravel_index(j, t._a.shape)] if t._a.ndim else []
    of = [int(x) for x in np.unravel_index(i, out._a.shape)] if out._a.ndim else []
    return (
        f"Jacobian mismatch for output {k} with respect to input {n}: d output{of} / d input{at} is "
        f"{exact:.6g} by backward and {numeric:.6g} by differences (off by {abs(exact - numeric):.3g})"
    )
