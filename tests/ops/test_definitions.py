"""What holds for every op of the registry: examples, gradients, documentation."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tcalc.display import plain
from tcalc.runtime import _index
from tcalc.runtime.op import OPS, REQUIRED, Op
from tcalc.runtime.tensor import Tensor, wrap
from tcalc.session import Session

for module in _index.MODULES:
    importlib.import_module(module)

PUBLIC = [op for op in OPS if any("._" not in q for q in op.qualified)]


def ids(op: Op) -> str:
    return op.qualified[0] if op.qualified else op.name


@pytest.mark.parametrize("op", PUBLIC, ids=ids)
def test_documented(op: Op) -> None:
    assert op.doc.strip(), f"{op.name} has no docstring"


@pytest.mark.parametrize("op", [op for op in PUBLIC if op.examples], ids=ids)
def test_examples(op: Op) -> None:
    session = Session()
    for source, expected in op.examples:
        value = session.evaluate(source)
        shown = "" if value is None or source.rstrip().endswith(";") else plain.text(value)
        if expected or value is None:
            got = [line.strip() for line in shown.splitlines()]
            assert got == [line.strip() for line in expected.splitlines()], source


def samples(op: Op) -> list[Any]:
    """Arguments of a call: nested lists stand for float64 tensors."""
    if op.samples is not None:
        return list(op.samples())
    low, high = op.domain or (None, None)
    low = 0.3 if low is None else low
    high = low + 1.5 if high is None else high
    args: list[Any] = []
    for k, p in enumerate(op.params):
        if p.is_array and p.default is REQUIRED:
            at = (np.arange(6) * 0.37 + 0.23 * k + 0.11) % 1
            args.append((low + (high - low) * (0.1 + 0.8 * at)).reshape(2, 3).tolist())
        elif p.default is REQUIRED and not p.variadic:
            return []
    return [(tuple(args), {})]


def floats(value: Any) -> bool:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, float)


def tensors_of(op: Op, args: tuple[Any, ...]) -> tuple[list[Any], list[Tensor]]:
    """The arguments with float lists as tensors that require grad, and those tensors."""
    given: list[Any] = []
    leaves: list[Tensor] = []
    params = [p for p in op.params if not p.keyword_only]
    for p, value in zip(params, args):
        if p.is_sequence:
            group = [wrap(np.array(v)) for v in value]
            given.append(group)
            leaves += group
        elif p.is_array and isinstance(value, list):
            t = wrap(np.array(value))
            given.append(t)
            if floats(value):
                leaves.append(t)
        else:
            given.append(value)
    return given + list(args[len(given) :]), leaves


def scalars(result: Any, weights: list[np.ndarray]) -> Tensor | None:
    """A scalar that depends on every differentiable output, with fixed weights."""
    outs = [r for r in (result if isinstance(result, (tuple, list)) else (result,))
            if isinstance(r, Tensor) and r.requires_grad]  # fmt: skip
    total: Tensor | None = None
    for i, out in enumerate(outs):
        if out.dtype.is_complex:
            out = out.abs() * out.abs()
        if len(weights) <= i:
            size = out.array.size
            weights.append(((np.arange(size) * 0.61 + 0.3) % 1 + 0.2).reshape(out.array.shape))
        part = (out * wrap(weights[i])).sum()
        total = part if total is None else total + part
    return total


def check(evaluate: Any, leaves: list[Tensor], name: str, tolerance: float) -> list[Tensor] | None:
    """Compare gradients with central differences; gives the gradients, with their graph."""
    for t in leaves:
        t.requires_grad_(True)
    total = evaluate()
    if total is None:
        return None
    gradient = Session().evaluate("torch.autograd.grad")
    grads = list(gradient(total, leaves, create_graph=True, allow_unused=True))
    for t, g in zip(leaves, grads):
        numeric = np.zeros_like(t.array)
        flat, at = t.array.reshape(-1), numeric.reshape(-1)
        for i in range(flat.size):
            kept, step = flat[i], 1e-6
            flat[i] = kept + step
            up = evaluate()
            above = 0.0 if up is None else up.item()
            flat[i] = kept - step
            down = evaluate()
            below = 0.0 if down is None else down.item()
            flat[i] = kept
            at[i] = (above - below) / (2 * step)
        found = np.zeros_like(numeric) if g is None else g.detach().array
        np.testing.assert_allclose(found, numeric, rtol=tolerance, atol=tolerance, err_msg=name)
    return [g for g in grads if g is not None and g.requires_grad]


DIFFERENTIABLE = [op for op in PUBLIC if op.family != "composite" and op.has_gradient]
# Filled in below; what is in neither list fails `test_gradient_or_none`.


@pytest.mark.parametrize("op", [o for o in OPS if o.family != "composite"], ids=ids)
def test_gradient_or_none(op: Op) -> None:
    assert op.has_gradient or not op.differentiable, (
        f"{op.name} has no gradient and does not say so"
    )


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=ids)
def test_gradients(op: Op) -> None:
    calls = samples(op)
    assert calls, f"{op.name} needs samples="
    for args, kwargs in calls:
        given, leaves = tensors_of(op, args)
        weights: list[np.ndarray] = []
        second: list[np.ndarray] = []

        def first() -> Tensor | None:
            return scalars(op.function(*given, **kwargs), weights)  # noqa: B023

        grads = check(first, leaves, f"{op.name}{args}{kwargs}", 1e-5)
        if not grads:
            continue

        def gradient_sum() -> Tensor | None:
            total = first()
            if total is None:
                return None
            found = Session().evaluate("torch.autograd.grad")(
                total,
                leaves,
                create_graph=True,
                allow_unused=True,
            )
            return scalars([g for g in found if g is not None], second)  # noqa: B023

        check(gradient_sum, leaves, f"second order of {op.name}{args}{kwargs}", 1e-4)
