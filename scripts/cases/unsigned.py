"""uint16, uint32 and uint64, which PyTorch has few kernels for: what it computes and what it refuses."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from tcalc.runtime.base._index import MODULES
from tcalc.runtime.base.op import DRAWS, OPS
from tcalc.runtime.base.samples import Sample, samples_of

UNSIGNED = ("uint16", "uint32", "uint64")
OTHERS = ("bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64",
          "float16", "bfloat16", "float32", "float64", "complex64")  # fmt: skip

PRELUDE = """# prelude
class NotCompared(Exception):
    pass
def outcome(f):
    try:
        return f()
    except (AttributeError, TypeError):  # PyTorch has no such call
        raise NotCompared
def set_item(x, at, value):
    x[at] = value
    return x
def made(t):
    x, y = torch.tensor([1, 2, 200]).to(t), torch.tensor([2, 3, 7]).to(t)
    m = torch.tensor([[3, 1, 2], [6, 5, 4]]).to(t)
    return t, x, y, m, torch.tensor([True, False, True]), torch.tensor([2, 0])"""
# Calls whose answers differ from PyTorch's, and why.
_CAST = "PyTorch asks for a cast to floats; here integers are promoted"
_ALL = "PyTorch has it along some dims alone"
DIFFERS = {
    "torch.mean(": _CAST,
    "torch.nanmean(": _CAST,
    "torch.quantile(": _CAST,
    "torch.nanquantile(": _CAST,
    "x.quantile(": _CAST,
    "torch.nn.functional.logsigmoid(": _CAST,
    "torch.selu(": _CAST,
    "torch.nn.functional.silu(": _CAST,
    "torch.nn.functional.mish(": _CAST,
    "torch.nn.functional.softsign(": _CAST,
    "torch.nn.functional.hardsigmoid(": _CAST,
    "torch.nn.functional.hardswish(": _CAST,
    "torch.nn.functional.kl_div(": _CAST,
    "torch.gradient(": _CAST,
    "torch.affine_grid_generator(": "refused, by the error that F.affine_grid has",
    "torch.special.gammainc": _CAST,
    "torch.linalg.lstsq(": _CAST,
    "torch.linalg.cond(": _CAST,
    "torch.bernoulli(torch": _CAST,
    "torch.poisson(": _CAST,
    "torch.binomial(": _CAST,
    "torch.multinomial(": _CAST,
    "torch.bernoulli(x)": "the numbers are chances, looked at before their type",
    "torch.vander(": "powers of integers are int64",
    "torch.index_reduce(": "PyTorch multiplies in place; here it is a scatter_reduce",
    "torch.flip(": _ALL,
    "torch.fliplr(": _ALL,
    "x.index_select(": _ALL,
    "(torch.zeros(2, dtype=t, device='meta') + 2)": "kernels are asked for their types on every device",
    "t.to_complex()": "a type that has no complex one is its own",
    "x ^ 1": "between numbers `^` is refused: it could mean a power",
}
# x, y: vectors, m: a matrix, b: a mask, i: an index, t: their dtype.
UNARY = """
abs acos acosh angle asin asinh atan atanh bitwise_not ceil conj_physical cos cosh deg2rad digamma erf
erfc erfinv exp exp2 expm1 floor frac i0 isfinite isinf isnan isneginf isposinf isreal lgamma log
log10 log1p log2 logical_not logit nan_to_num neg positive rad2deg reciprocal relu round rsqrt sgn
sigmoid sign signbit sin sinc sinh sqrt square tan tanh trunc
"""
BINARY = """
add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign div eq
float_power floor_divide fmax fmin fmod gcd ge gt heaviside hypot lcm ldexp le logaddexp logaddexp2
logical_and logical_or logical_xor lt maximum minimum mul ne nextafter pow remainder sub xlogy
"""
REDUCTIONS = """
all amax amin any argmax argmin argsort count_nonzero cummax cummin cumprod cumsum logcumsumexp
logsumexp max mean median min mode msort nanmean nanmedian nansum nonzero prod sort std sum trace
unique unique_consecutive var aminmax corrcoef cov diff histc bincount
"""
CALLS = """
x + 1
1 + x
x - 1
x * 3
3 * x
x * 2.5
x * True
x * 2j
x / 2
x // 2
x % 2
x ** 2
2 ** x
-x
~x
x & 3
3 | x
x ^ 1
x << 1
x == 1
x == 2.0
x == -1
x == 70000
x != y
x < 2
x.mul_(2)
x.mul_(2.5)
x.mul_(y)
x.add_(1)
x.bitwise_and_(2)
x.div_(2)
x.eq_(1)
x.zero_()
x.fill_(7)
x.fill_(-1)
x.fill_(70000)
x.fill_(2.5)
x.fill_(2**64)
x.copy_(torch.tensor([-1, 70000, 3]))
torch.mul(x, y, out=torch.zeros(3, dtype=t))
torch.mul(x, y, out=torch.zeros(3))
torch.mul(x, y, out=torch.zeros(3, dtype=torch.bool))
torch.add(torch.tensor([1, 2, 3]), 1, out=torch.zeros(3, dtype=t))
x.sum(dtype=t)
x.sum(dtype=torch.float32)
x.sum(dtype=torch.int32)
x.prod(dtype=t)
x.cumsum(0)
x.cumsum(0, dtype=t)
x.cumprod(0)
x.mean(dtype=torch.float64)
m.sum(0)
m.sum(1, keepdim=True)
m.all(0)
m.any(1)
m.prod(0)
m.sort(1)
m.sort(0, descending=True)
m.argsort(1)
m.amax(0)
m.max(0)
m.cummax(0)
x.logsumexp(0)
x.softmax(0)
x.log_softmax(0)
torch.norm(x)
x.topk(2)
x.kthvalue(2)
x.quantile(0.5)
torch.std_mean(x)
x[0]
x[1:]
x[::2]
x[b]
x[i]
x[[0, 2]]
x[-1].item()
x[None, :, None]
torch.tensor([5, 6, 7, 8])[x]
set_item(x, 0, 9)
set_item(x, slice(1, None), 9)
set_item(x, b, 9)
set_item(x, i, 9)
set_item(x, 0, y[0])
set_item(x, 0, 2.5)
set_item(x, 0, -1)
x.view(torch.uint8)
x.view({16: torch.int16, 32: torch.float32, 64: torch.complex64}[torch.iinfo(t).bits])
m.view(-1)
m.reshape(3, 2)
m.T
m.permute(1, 0).contiguous()
x.expand(2, 3)
x.unfold(0, 2, 1)
x.as_strided((2, 2), (1, 1))
m.diagonal()
x.unsqueeze(0).squeeze()
m.flatten()
x.split(2)
x.chunk(2)
x.unbind()
x.movedim(0, 0)
torch.cat([x, y])
torch.cat([x, torch.tensor([1.5])])
torch.cat([x, torch.tensor([1])])
torch.stack([x, y])
torch.hstack([x, y])
torch.vstack([x, y])
torch.block_diag(x, y)
torch.cartesian_prod(x, y)
torch.meshgrid(x, y, indexing='ij')
torch.combinations(x)
x.repeat(2)
x.tile((2,))
x.repeat_interleave(2)
torch.flip(x, (0,))
torch.roll(x, 1)
torch.rot90(m)
torch.diag(x)
torch.diag_embed(x)
torch.tril(m)
torch.triu(m)
torch.nn.functional.pad(x, (1, 1))
torch.nn.functional.pad(x, (1, 1), value=7)
x.clone()
x.detach()
x.contiguous()
torch.where(b, x, y)
torch.where(b, x, 0)
torch.where(x, x, y)
x.masked_fill(b, 7)
x.masked_select(b)
x.index_select(0, i)
x.gather(0, i)
x.scatter(0, i, y)
x.scatter_add(0, i, y)
x.index_add(0, i, y[:2])
x.index_fill(0, i, 3)
x.index_copy(0, i, y[:2])
x.index_put((i,), y[:2])
x.take(i)
x.put_(i, y[:2])
x.masked_fill_(b, 7)
x.index_fill_(0, i, 3)
x.index_copy_(0, i, y[:2])
x.index_add_(0, i, y[:2])
x.scatter_(0, i, 5)
x.scatter_add_(0, i, y)
x.masked_scatter_(b, y)
m.fill_diagonal_(7)
m.tril_()
x.neg_()
x.sub_(y)
x.floor_()
x.clamp_(0, 5)
x.t_()
set_item(x, i, y[:2])
set_item(x, slice(1, None), y[1:])
torch.take_along_dim(x, i)
x.clamp(0, 1)
x.clip(min=1)
x @ y
m @ m.T
m @ x
torch.outer(x, y)
torch.kron(x, y)
torch.dot(x, y)
torch.bmm(m[None], m.T[None])
torch.einsum('i,i->i', x, y)
torch.einsum('i,i->', x, y)
torch.tensordot(x, y, 1)
torch.linalg.det(m @ m.T)
torch.equal(x, y)
torch.allclose(x, x)
torch.isclose(x, y)
torch.lerp(x, y, 0.5)
torch.addcmul(x, x, y)
torch.addcdiv(x, x, y)
torch.isin(x, y)
torch.searchsorted(x, y)
torch.bucketize(x, y)
torch.vander(x)
torch.cross(x, y, dim=0)
torch.complex(x, y)
torch.polar(x, y)
torch.unique(x, return_counts=True)
torch.tensor([2**16 - 1, 0], dtype=t)
torch.tensor([2**16], dtype=t)
torch.tensor([2**64 - 1], dtype=t)
torch.tensor([2**64], dtype=t)
torch.tensor([-1], dtype=t)
torch.tensor([1.7], dtype=t)
torch.tensor([True], dtype=t)
torch.tensor(3, dtype=t).item()
torch.full((2,), 2**64 - 1, dtype=t)
torch.full((2,), -1, dtype=t)
torch.full((2,), 70000, dtype=t)
torch.full((2,), 2.5, dtype=t)
torch.full_like(x, 3)
torch.zeros(2, dtype=t)
torch.ones(2, 2, dtype=t)
torch.ones_like(x)
torch.empty_like(x).shape
x.new_zeros(2)
x.new_tensor([1, 2])
torch.arange(3, dtype=t)
torch.linspace(0, 3, 4, dtype=t)
torch.logspace(0, 2, 3, dtype=t)
torch.eye(2, dtype=t)
torch.scalar_tensor(3, dtype=t)
torch.tril_indices(2, 2, dtype=t)
torch.randint(0, 10, (4,), dtype=t)
torch.randint_like(x, 5)
torch.randperm(4, dtype=t)
torch.rand_like(x)
torch.rand(2, dtype=t)
torch.randn(2, dtype=t)
x.random_()
x.random_(5)
x.random_(2, 9)
x.bernoulli_(0.5)
x.geometric_(0.5)
x.normal_()
x.uniform_()
x.exponential_()
torch.bernoulli(x)
torch.multinomial(x, 1)
torch.poisson(x)
x.type()
x.type('torch.IntTensor')
torch.ones(2).type(t)
x.to(t)
x.to(torch.int8)
x.to(torch.int64)
x.to(torch.bool)
x.to(torch.bfloat16)
x.to(torch.float16)
x.to(torch.complex64)
x.float()
x.double()
x.long()
x.int()
x.byte()
x.bool()
torch.tensor([-1, 2**40 + 3]).to(t)
torch.tensor([3.7, 100000.0]).to(t)
torch.tensor([True, False]).to(t)
torch.tensor([1 + 2j]).to(t)
torch.tensor([1.5], dtype=torch.bfloat16).to(t)
torch.tensor([-1], dtype=torch.int8).to(t)
x.numpy().dtype.name
x.tolist()
torch.from_numpy(x.numpy())
torch.tensor(x.numpy())
torch.as_tensor(x.numpy(), dtype=torch.float32)
bool(x[0]), int(x[1]), float(x[2])
x.is_signed(), t.is_signed, t.itemsize, x.element_size(), x.nbytes
t.is_floating_point, t.is_complex, t.to_real()
x.is_floating_point(), x.is_complex()
torch.iinfo(t).min, torch.iinfo(t).max, torch.iinfo(t).bits, torch.iinfo(t).dtype
str(torch.iinfo(t))
torch.finfo(t)
repr(x), repr(m[:0]), repr(x[0])
repr(torch.tensor([2**16 - 1, 0], dtype=t))
format(x[0], 'd')
torch.set_default_dtype(t)
x.requires_grad_()
torch.tensor([1], dtype=t, requires_grad=True)
torch.zeros(2, dtype=t, device='meta').dtype
(torch.zeros(2, dtype=t, device='meta') * 2).dtype
(torch.zeros(2, dtype=t, device='meta') + 2).dtype
t.to_complex()
torch.zeros(2, dtype=t, device='meta')[1:].shape
torch.nn.functional.one_hot(x)
torch.nn.functional.embedding(x, torch.ones(4, 2))
torch.nn.functional.relu(x)
torch.nn.functional.max_pool1d(x[None], 2)
torch.nn.functional.avg_pool1d(x[None], 2)
torch.nn.functional.mse_loss(x, y)
torch.nn.functional.dropout(x)
torch.fft.fft(x)
torch.stft(x, 2, 1, return_complex=True)
"""
# Of two dtypes: u of an unsigned one, v of any; z without dims.
PAIRS = """
torch.promote_types(u.dtype, v.dtype)
torch.can_cast(u.dtype, v.dtype), torch.can_cast(v.dtype, u.dtype)
torch.result_type(u, v)
torch.result_type(u, v[0])
torch.result_type(u[0], v)
u * v
v * u
u * v[0]
u[0] * v
u + v
u == v
u & v
u / v
torch.cat([u, v])
torch.where(torch.tensor([True, False]), u, v)
u.mul_(v)
v.mul_(u)
v.add_(u)
v.copy_(u)
u.copy_(v)
torch.mul(u, u, out=v)
v.to(u.dtype)
u.to(v.dtype)
set_item(u, 0, v[1])
set_item(v, 0, u[1])
"""


def unsigned() -> Iterator[str]:
    """Every elementwise op and reduction, much of the rest, and pairs of dtypes."""
    yield PRELUDE
    calls = [f"torch.{name}(x)" for name in UNARY.split()]
    calls += [f"torch.{name}(x, y)" for name in BINARY.split()]
    calls += [
        f"torch.{name}({'m' if name in ('trace', 'cov', 'corrcoef') else 'x'}"
        f"{', 0' if name.startswith(('cum', 'log')) else ''})"
        for name in REDUCTIONS.split()
    ]
    calls += CALLS.strip().splitlines()
    for call in calls:
        for name in UNSIGNED:
            yield f"{marked(call)}t, x, y, m, b, i = made(torch.{name})\n{call}"
    for call in PAIRS.strip().splitlines():
        for name in UNSIGNED:
            for other in OTHERS:
                yield (
                    f"u = torch.tensor([3, 1]).to(torch.{name})\n"
                    f"v = torch.tensor([2, 0]).to(torch.{other})\n{call}"
                )
    for module in MODULES:
        importlib.import_module(module)
    for op in OPS:
        names = [q for q in op.qualified if q.startswith("torch.") and "._" not in q]
        if names and op.exempt is not DRAWS and "torch.empty_like" not in names:
            for sample in samples_of(op)[:1]:
                yield from _sampled(names[0], sample)


def marked(call: str) -> str:
    """The line before a case whose answer is not PyTorch's."""
    found = [why for start, why in DIFFERS.items() if call.startswith(start)]
    return f"# differs: {found[0]}\n" if found else ""


def _sampled(name: str, sample: Sample) -> Iterator[str]:
    """One call of an op, the floats in it as each of the unsigned types."""
    cast = False

    def text(value: Any) -> str:
        nonlocal cast
        if isinstance(value, np.ndarray):
            if value.dtype.kind != "f":
                return f"torch.tensor({value.tolist()})"
            cast = True
            return f"torch.tensor({np.abs(np.rint(value)).astype(int).tolist()}).to(t)"
        if isinstance(value, list) and any(isinstance(v, np.ndarray) for v in value):
            return "[" + ", ".join(map(text, value)) + "]"
        return repr(value)

    given = [text(v) for v in sample.args]
    given += [f"{k}={text(v)}" for k, v in sample.kwargs.items()]
    if cast and sample.prepare is None and not any("<" in g for g in given):
        call = f"{name}({', '.join(given)})"
        for t in UNSIGNED:
            yield f"{marked(call)}t = torch.{t}\noutcome(lambda: {call})"
