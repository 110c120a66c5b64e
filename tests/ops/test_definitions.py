"""What holds for every op of the registry: documentation, examples, gradients of both orders."""

from __future__ import annotations

import builtins
import dis
import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tcalc.display import plain
from tcalc.errors import AutogradError
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.call import generate as codegen
from tcalc.runtime.call import shortcuts
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.session import Session

for module in _index.MODULES:
    importlib.import_module(module)

# What begins with `_` is ours, but for what PyTorch has by such a name, which has an example.
PUBLIC = [op for op in OPS if any("._" not in q or op.examples for q in op.qualified)]
grad = lookup("torch.autograd.grad")


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


@pytest.mark.parametrize("op", [op for op in PUBLIC if op.family == "composite"], ids=ids)
def test_a_function_made_before_the_runtime_lacks_nothing(
    op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first call of a program needs is there before NumPy is."""
    monkeypatch.delitem(sys.modules, "tcalc.runtime.call.dispatch")
    made = codegen.make_function(op)
    codegen._waiting.pop()
    used = {i.argval for i in dis.get_instructions(made) if i.opname == "LOAD_GLOBAL"}
    assert used <= made.__globals__.keys() | vars(builtins).keys()


# -- gradients --------------------------------------------------------------------------------


class Function:
    """A sample call as a function of its inexact inputs: one number, and its gradients."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.weights: list[np.ndarray] = []
        self.second_weights: list[np.ndarray] = []
        self.leaves: list[Tensor] = []
        self.tensors = {}
        for array in sample.arrays():
            leaf = self.tensors[id(array)] = wrap(array)
            if array.dtype.kind in "fc":
                self.leaves.append(leaf.requires_grad_(True))

    def value(self) -> Tensor | None:
        """A sum of the outputs with fixed weights; None where none requires grad."""
        result = self.sample.call(lambda array: self.tensors[id(array)])
        return weighted(result, self.weights)

    def gradients(self) -> list[Tensor | None]:
        """The gradient of each leaf, with its graph."""
        total = self.value()
        if total is None:
            return [None] * len(self.leaves)
        try:
            return list(grad(total, self.leaves, create_graph=True, allow_unused=True))
        except AutogradError as e:
            if "is not implemented" not in str(e):
                raise
        # Some parameter has no gradient, which its op says: the others do.
        self.leaves = [t for t in self.leaves if has_gradient(total, t)]
        return list(grad(total, self.leaves, create_graph=True, allow_unused=True))

    def second_value(self) -> Tensor | None:
        """A sum of the gradients with fixed weights."""
        return weighted([g for g in self.gradients() if g is not None], self.second_weights)


def has_gradient(total: Tensor, leaf: Tensor) -> bool:
    try:
        grad(total, leaf, retain_graph=True, allow_unused=True)
    except AutogradError as e:
        if "is not implemented" in str(e):
            return False
        raise
    return True


def weighted(result: Any, weights: list[np.ndarray]) -> Tensor | None:
    """A number that depends on every differentiable output; weights: made at the first call.

    Of complex outputs only the size counts: eigenvectors are known up to a phase.
    """
    outs = [
        r
        for r in (result if isinstance(result, (tuple, list)) else (result,))
        if isinstance(r, Tensor) and r.requires_grad
    ]
    total: Tensor | None = None
    for i, out in enumerate(outs):
        if out.dtype.is_complex:
            out = out.real * out.real + out.imag * out.imag
        if len(weights) <= i:
            at = np.arange(out.numel()) * 0.61 + 0.3
            weights.append((at % 1 + 0.2).reshape(out.shape))
        part = (out * wrap(weights[i])).sum()
        total = part if total is None else total + part
    return total


def central_differences(value: Callable[[], Tensor | None], array: np.ndarray) -> np.ndarray:
    """The slope of `value` in each element of an array that it reads."""
    flat = array.reshape(-1)
    flat = flat.view(np.float64) if flat.dtype.kind == "c" else flat
    slopes = np.zeros_like(flat)
    for i in range(flat.size):
        kept, step = flat[i], 1e-6 * max(1.0, abs(flat[i]))
        sides = []
        for moved in (kept + step, kept - step):
            flat[i] = moved
            total = value()
            sides.append(0.0 if total is None else total.item())
        flat[i] = kept
        slopes[i] = (sides[0] - sides[1]) / (2 * step)
    return slopes.view(array.dtype).reshape(array.shape)


def compare(
    grads: list[Tensor | None],
    leaves: list[Tensor],
    value: Callable[[], Tensor | None],
    what: str,
    tolerance: float,
) -> None:
    for leaf, g in zip(leaves, grads):
        numeric = central_differences(value, leaf.array)
        found = np.zeros_like(numeric) if g is None else g.detach().array
        assert found.shape == numeric.shape, what
        room = tolerance * max(1.0, float(np.abs(numeric).max(initial=0)))
        np.testing.assert_allclose(found, numeric, rtol=tolerance, atol=room, err_msg=what)


@pytest.mark.parametrize("op", [o for o in OPS if o.family != "composite"], ids=ids)
def test_gradient_or_none(op: Op) -> None:
    assert op.has_gradient or not op.differentiable, (
        f"{op.name} has no gradient and does not say so"
    )


@pytest.mark.parametrize("op", PUBLIC, ids=ids)
def test_sampled(op: Op) -> None:
    """Every op has samples for the checks of the registry, or says why it has none."""
    assert bool(samples_of(op)) != ("samples" in op.exempt)
    for sample in samples_of(op):
        sample.call(lambda array: wrap(array.copy()))  # which it takes


def test_samples_reach_every_kernel() -> None:
    """What only other ops call is tried with them, forwards, backwards and backwards again."""
    ran: set[Any] = set()
    shortcuts.close()  # what machine code does whole, too
    sys.setprofile(lambda frame, event, argument: ran.add(written(frame.f_code)))
    try:
        for op in PUBLIC:
            for sample in samples_of(op):
                sample.call(lambda array: wrap(array.copy()))
                if op.has_gradient:
                    reach(Function(sample))
    finally:
        sys.setprofile(None)
        shortcuts.reopen()
    missed = [op.name for op in OPS if not codes(op) & ran and "samples" not in op.exempt]
    assert missed == []


def codes(op: Op) -> set[Any]:
    """Of its kernel, and of its gradients: some ops only stand for what is done otherwise."""
    functions = (op.kernel, *op.vjps.values(), op.joint)
    return {written(f.__code__) for f in functions if f is not None}


def written(code: Any) -> tuple[Any, ...]:
    """Where a code is written: calls may run a copy that takes its arguments in another way."""
    return code.co_filename, code.co_firstlineno, code.co_name


def reach(function: Function) -> None:
    """Differentiate it twice, each time something that is not linear."""
    values = [function.sample.call(lambda array: function.tensors[id(array)])]
    for again in (True, False):
        found = [v for value in values for v in (value if isinstance(value, tuple) else (value,))]
        total = weighted([v * v for v in found if isinstance(v, Tensor) and v.requires_grad], [])
        if total is None:
            return
        try:
            values = list(grad(total, function.leaves, create_graph=again, allow_unused=True))
        except AutogradError as e:
            assert "is not implemented" in str(e)
            return


@pytest.mark.parametrize(
    "op", [op for op in PUBLIC if op.has_gradient and "gradients" not in op.exempt], ids=ids
)
def test_gradients(op: Op) -> None:
    reached = False
    for sample in samples_of(op):
        function = Function(sample)
        grads = function.gradients()
        reached = reached or any(g is not None for g in grads)
        compare(grads, function.leaves, function.value, repr(sample), 1e-5)
        total = weighted([g for g in grads if g is not None], function.second_weights)
        if total is not None:
            again = grad(total, function.leaves, allow_unused=True)
            what = f"second order of {sample!r}"
            compare(list(again), function.leaves, function.second_value, what, 1e-4)
    assert reached or not any(sample.arrays() for sample in samples_of(op))
