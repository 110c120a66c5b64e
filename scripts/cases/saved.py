"""What a gradient still needs: writes between forward and backward, for every op."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from tcalc.runtime.base._index import MODULES
from tcalc.runtime.base.op import OPS
from tcalc.runtime.base.registry import REGISTRY
from tcalc.runtime.base.samples import Sample, samples_of

# Between forward and backward something writes to the output or to an input; PyTorch refuses the
# backward pass where a gradient's formula needs what was there.
OUTCOME = """# prelude
class NotCompared(Exception):
    pass
def parts(value):
    items = value if isinstance(value, (tuple, list)) else [value]
    return [t for t in items if isinstance(t, torch.Tensor) and t.requires_grad]
def number(t):
    return (t.real + t.imag if t.is_complex() else t).sum() * 0.5
def shown(t):
    flat = torch.view_as_real(t + 0) if t.is_complex() else t + 0
    return ' '.join(f'{round(v, 9) + 0:.5g}' for v in flat.reshape(-1).tolist())
def outcome(f, values, place):
    leaves = [v.clone().requires_grad_(True) for v in values]
    inputs = [v.clone() for v in leaves]
    try:
        outs = parts(f(*inputs))
    except Exception:  # whatever it is, there is nothing to compare
        raise NotCompared
    if not outs:
        return 'no gradient'
    try:
        if place >= 0:
            inputs[place].add_(1)
        else:
            outs[-1 - place].add_(1)
    except RuntimeError:
        return 'write refused'
    try:
        total = sum(number(o) for o in outs)
        grads = torch.autograd.grad(total, leaves, allow_unused=True)
        return [None if g is None else shown(g) for g in grads]
    except RuntimeError:
        return 'refused'"""


# Their results are free up to signs or phases, on which a plain sum depends.
NOT_COMPARED = {"torch.linalg.svd", "torch.svd", "torch.linalg.eig"}
# Calls whose answers differ from PyTorch's, and why.
_LESS = "PyTorch's formula names a tensor that its gradient does not need; here it is not kept"
_COPY = "PyTorch multiplies copies that it makes on the way and saves those"
_OWN = "computed with other ops than PyTorch's, which save other tensors"
DIFFERS = {
    "torch.nn.functional.embedding_bag(torch.tensor([0, 2, 2, 1]": _OWN,
    "torch.triangular_solve": _LESS,
    "torch.cholesky_solve": _LESS,
    "torch.fft.fft(": _LESS,
    "torch.fft.ifft(": _LESS,
    "torch.combinations": _LESS,
    "torch.nn.functional.pad(v0, (1, 2, 2, 0), 'reflect')": _LESS,
    "torch.stft": _LESS,
    "2 / v0": _OWN,
    "torch.nn.functional.tanhshrink": _OWN,
    "torch.nn.functional.conv1d(v0, v1, groups=2": _COPY,
    "torch.nn.functional.cross_entropy": "the input is kept, not a copy of its log-softmax",
    "torch.special.ndtr(": _OWN,
    "torch.kron": _COPY,
    "torch.nn.functional.layer_norm(v0, (4,)": _LESS,
    "torch.nn.functional.layer_norm(v0, (2, 3)": _LESS,
    "torch.nn.functional.instance_norm(v0, None": _COPY,
    "torch.einsum('ij,bjk": _COPY,
    "torch.nn.functional.bilinear": _LESS,
    "torch.conv_tbc": _LESS,
    "torch.nn.functional.margin_ranking_loss": _COPY,
    "torch.as_strided_scatter": "PyTorch's gradient of the input stands at the wrong places",
    "torch.linalg.matrix_power(v0, -1)": _OWN,
    "torch.cholesky_inverse": _LESS,
    "torch.linalg.lstsq": _LESS,
    "torch.linalg.cond(v0, 1)": _OWN,
    "torch.linalg.cond(v0, 'fro')": _OWN,
    "torch.vander": _OWN,
    "torch.linalg.householder_product": _LESS,
    "v0.clone().asinh_": "PyTorch has no gradient of the form in place",
    "v0.clone().acosh_": "PyTorch has no gradient of the form in place",
    "v0.clone().atanh_": "PyTorch has no gradient of the form in place",
    "torch.scatter(v0, 1, torch.tensor([[2, 2], [1, 1]], dtype=torch.int64), v1, reduce=": "PyTorch has no gradient of scatter with reduce=",
    "v0.clone().scatter_(1, torch.tensor([[2, 2], [1, 1]], dtype=torch.int64), v1, reduce=": "PyTorch has no gradient of scatter with reduce=",
    "v0 // 2": "PyTorch says only in backward that there is no gradient",
    "torch.bernoulli(v0, 0.3)": "PyTorch says only in backward that there is no gradient",
    "torch.histogram": "PyTorch says only in backward that there is no gradient",
    "torch.unique": "PyTorch says only in backward that there is no gradient",
}

# Operators with numbers, and with one operand that needs no gradient.
WITH_NUMBERS = """
v0 ** 2
v0 ** 3
v0 ** 0.5
v0 ** -1
v0 ** 1
v0 ** 0
2 ** v0
v0 ** v1
v0 ** v1.detach()
v0.detach() ** v1
v0 + 2
v0 - 2
v0 * 2
2 * v0
v0 / 2
2 / v0
v0 // 2
v0 % 2
v0 * v1.detach()
v0.detach() * v1
v0 / v1.detach()
v0.detach() / v1
v0 % v1
v0.clone().pow_(2)
v0.clone().mul_(2)
v0.clone().div_(2)
v0.clone().pow_(v1)
v0.clone().pow_(v1.detach())
torch.pow(2, v0)
torch.where(v0 > 1, v0, 2.0)
torch.clamp(v0, 0, 1.7)
torch.clamp_min(v0, 1.7)
torch.maximum(v0, v1)
torch.addcmul(v0, v1, v1)
torch.addcdiv(v0, v1, v1, value=2)
torch.lerp(v0, v1, 0.3)
torch.add(v0, v1, alpha=3)
torch.dist(v0, v1)
v0.norm()
v0.norm(3)
v0.std()
v0.var()
v0.prod()
v0.cumprod(0)
v0.softmax(0)
v0.log_softmax(0)
v0.logsumexp(0)
v0.masked_fill(v0 > 1.7, 0)
v0[torch.tensor([1, 0])]
v0[v0 > 1.7]
v0[0]
v0 @ v1
v0.outer(v1)
v0.max()
v0.max(0)
v0.sort()
v0.unbind()
v0.abs()
v0.sign()
v0.square()
v0.reciprocal()
v0.rsqrt()
v0.sigmoid()
v0.tanh()
torch.stack([v0, v1])
torch.cat([v0, v1])
v0.expand(2, 2)
v0.float()
v0.double()
v0.half()
"""


def saved() -> Iterator[str]:
    """Every differentiable op of the registry on its first samples, and its in-place form."""
    yield OUTCOME
    for call in WITH_NUMBERS.strip().splitlines():
        count = 2 if "v1" in call else 1
        for values in ("torch.tensor([1.5, 2.0])", "torch.tensor([1.5, 2.0], dtype=torch.float64)"):
            yield marked(call) + (
                f"f = lambda {', '.join(f'v{i}' for i in range(count))}: {call}\n"
                f"values = [{', '.join([values] * count)}]\n"
                f"[outcome(f, values, place) for place in range(-1, len(values))]"
            )
    for module in MODULES:
        importlib.import_module(module)
    for op in OPS:
        names = [q for q in op.qualified if "._" not in q]
        if not op.has_gradient or not names or set(names) & NOT_COMPARED:
            continue
        name = next((q for q in names if q.startswith("torch.")), names[0])
        for sample in samples_of(op)[:3]:
            if sample.prepare is None:
                yield from _with_writes(name, sample)
                inplace = f"Tensor.{op.name}_"
                if inplace in REGISTRY and isinstance(sample.args[0], np.ndarray):
                    yield from _with_writes(inplace, sample)


def marked(call: str) -> str:
    """The line before a case whose answer is not PyTorch's."""
    found = [why for start, why in DIFFERS.items() if call.startswith(start)]
    return f"# differs: {found[0]}\n" if found else ""


def _with_writes(name: str, sample: Sample) -> Iterator[str]:
    """One call, with a write to its outputs and to each input."""
    values: list[str] = []

    def text(value: Any) -> str:
        if isinstance(value, np.ndarray):
            made = f"torch.tensor({value.tolist()}, dtype=torch.{value.dtype})"
            if value.dtype.kind not in "fc" or not value.size:
                return made
            values.append(made)
            return f"v{len(values) - 1}"
        if isinstance(value, list) and any(isinstance(v, np.ndarray) for v in value):
            return "[" + ", ".join(map(text, value)) + "]"
        return repr(value)

    args = [text(v) for v in sample.args]
    given = args + [f"{k}={text(v)}" for k, v in sample.kwargs.items()]
    if not values or any("<" in g for g in given):
        return
    if name.startswith("Tensor."):
        first = given.pop(0)
        start = f"{first}.clone()" if name.endswith("_") else first
        call = f"{start}.{name.removeprefix('Tensor.')}({', '.join(given)})"
    else:
        call = f"{name}({', '.join(given)})"
    names = ", ".join(f"v{i}" for i in range(len(values)))
    yield marked(call) + (
        f"f = lambda {names}: {call}\n"
        f"values = [{', '.join(values)}]\n"
        f"[outcome(f, values, place) for place in range(-1, len(values))]"
    )
