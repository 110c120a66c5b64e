"""What is tried: each op with a float result, at numbers of every kind, and its gradient."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from precision.points import FORMATS, tuples
from tcalc.language.absent import is_known
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op

# Elementwise ops of which numbers and settings are arguments, with the text of the call; several
# are apart by a bar.
CALLS = {
    "clamp": "torch.clamp({x}, -1, 1)",
    "gelu": "F.gelu({x}) | F.gelu({x}, approximate='tanh')",
    "polygamma": "torch.polygamma(1, {x}) | torch.polygamma(3, {x})",
    "multigammaln": "torch.special.multigammaln({x}, 2)",
    "ldexp": "torch.ldexp({x}, torch.tensor(-3.))",
    "threshold": "F.threshold({x}, 0.5, -1.)",
    "pow": "torch.pow({x}, {y}) | torch.pow({x}, 3) | torch.pow({x}, -2) | torch.pow({x}, 0.5) | torch.pow(2., {x})",
    "div": "torch.div({x}, {y}) | torch.div({x}, {y}, rounding_mode='floor') | torch.div({x}, {y}, rounding_mode='trunc')",
    "where": "torch.where({x} > {y}, {x}, {y})",
    "prelu": "F.prelu({x}, torch.tensor([0.25], dtype={x}.dtype))",
    "glu": "F.glu(torch.stack([{x}, {y}]), 0)[0]",
    "binary_cross_entropy_with_logits": "F.binary_cross_entropy_with_logits({x}, {y}, reduction='none')",
    "mse_loss": "F.mse_loss({x}, {y}, reduction='none')",
    "l1_loss": "F.l1_loss({x}, {y}, reduction='none')",
    "smooth_l1_loss": "F.smooth_l1_loss({x}, {y}, reduction='none')",
    "huber_loss": "F.huber_loss({x}, {y}, reduction='none')",
    "soft_margin_loss": "F.soft_margin_loss({x}, {y}, reduction='none')",
    "kl_div": "F.kl_div({x}, {y}, reduction='none') | F.kl_div({x}, {y}, reduction='none', log_target=True)",
    "poisson_nll_loss": "F.poisson_nll_loss({x}, {y}, reduction='none')",
    "gaussian_nll_loss": "F.gaussian_nll_loss({x}, {y}, {x} * {x}, reduction='none')",
    "hinge_embedding_loss": "F.hinge_embedding_loss({x}, torch.sign({y}), reduction='none')",
}  # fmt: skip
# They give bools, complex numbers, or float64 of any dtype.
OTHERS = (
    "isnan isinf isfinite isposinf isneginf isreal isclose signbit logical_not complex polar float_power"
).split()
_DEGREE = "torch.{name}({{x}}, 5)"

# Calls of whole tensors: by family the op and the text, of rows `x` and `y` that are matrices.
ROWS = """
sum: torch.sum(x) | torch.sum(x, 0) | torch.sum(x, 1)
mean: torch.mean(x) | torch.mean(x, 0) | torch.mean(x, 1)
nansum: torch.nansum(x) | torch.nansum(x, 1)
nanmean: torch.nanmean(x) | torch.nanmean(x, 1)
prod: torch.prod(1 + x / x.shape[1]) | torch.prod(1 + x / x.shape[0], 0) | torch.prod(1 + x / x.shape[1], 1)
var: torch.var(x) | torch.var(x, 0) | torch.var(x, 1)
std: torch.std(x) | torch.std(x, 0) | torch.std(x, 1)
var_mean: torch.var_mean(x, 1)
std_mean: torch.std_mean(x, 0)
norm: torch.norm(x) | torch.norm(x, dim=0) | torch.norm(x, dim=1) | torch.norm(x, 1) | torch.norm(x, 3, dim=1)
linalg.vector_norm: torch.linalg.vector_norm(x) | torch.linalg.vector_norm(x, dim=0) | torch.linalg.vector_norm(x, 1, dim=1) | torch.linalg.vector_norm(x, 3, dim=1)
linalg.matrix_norm: torch.linalg.matrix_norm(x)
logsumexp: torch.logsumexp(x, 0) | torch.logsumexp(x, 1) | torch.logsumexp(x, (0, 1))
softmax: torch.softmax(x, 0) | torch.softmax(x, 1)
log_softmax: torch.log_softmax(x, 0) | torch.log_softmax(x, 1)
softmin: F.softmin(x, 1)
cumsum: torch.cumsum(x, 0) | torch.cumsum(x, 1) | torch.cumsum(x.reshape(-1), 0)
cumprod: torch.cumprod(1 + x / x.shape[0], 0) | torch.cumprod(1 + x / x.shape[1], 1)
logcumsumexp: torch.logcumsumexp(x, 0) | torch.logcumsumexp(x, 1)
diff: torch.diff(x)
trapezoid: torch.trapezoid(x, dim=1) | torch.trapezoid(x, y, dim=1)
cumulative_trapezoid: torch.cumulative_trapezoid(x, dim=1)
quantile: torch.quantile(x[:, :1000], 0.3, dim=1)
cov: torch.cov(x)
corrcoef: torch.corrcoef(x)
renorm: torch.renorm(x, 2, 0, 1.)
dist: torch.dist(x, y) | torch.dist(x, y, 1) | torch.dist(x, y, 3)
layer_norm: F.layer_norm(x, (x.shape[1],)) | F.layer_norm(x, (x.shape[1],), y[0], y[1])
rms_norm: F.rms_norm(x, (x.shape[1],))
group_norm: F.group_norm(x[None], 4) | F.group_norm(x[None], 8, y[:, 0], y[:, 1])
batch_norm: F.batch_norm(x, None, None, training=True) | F.batch_norm(x, y[0], y[1].abs() + 0.5)
instance_norm: F.instance_norm(x[None])
normalize: F.normalize(x, dim=0) | F.normalize(x, dim=1)
local_response_norm: F.local_response_norm(x[None], 3)
cosine_similarity: F.cosine_similarity(x, y) | F.cosine_similarity(x, y, dim=0)
pairwise_distance: F.pairwise_distance(x, y)
cdist: torch.cdist(x[:, :1000], y[:, :1000]) | torch.cdist(x[:, :1000], y[:, :1000], p=1.)
pdist: torch.pdist(x)
mse_loss: F.mse_loss(x, y) | F.mse_loss(x, y, reduction='sum')
l1_loss: F.l1_loss(x, y)
smooth_l1_loss: F.smooth_l1_loss(x, y)
huber_loss: F.huber_loss(x, y)
kl_div: F.kl_div(x.log_softmax(1), y.softmax(1), reduction='batchmean')
cross_entropy: F.cross_entropy(x, torch.arange(x.shape[0]) % x.shape[1]) | F.cross_entropy(x, y.softmax(1)) | F.cross_entropy(x, torch.arange(x.shape[0]) % x.shape[1], label_smoothing=0.1)
nll_loss: F.nll_loss(x, torch.arange(x.shape[0]) % x.shape[1])
binary_cross_entropy: F.binary_cross_entropy(x.sigmoid(), y.sigmoid())
binary_cross_entropy_with_logits: F.binary_cross_entropy_with_logits(x, y.sigmoid())
soft_margin_loss: F.soft_margin_loss(x, torch.sign(y))
multi_margin_loss: F.multi_margin_loss(x, torch.arange(x.shape[0]) % x.shape[1])
cosine_embedding_loss: F.cosine_embedding_loss(x, y, torch.ones(x.shape[0]))
triplet_margin_loss: F.triplet_margin_loss(x, y, x.flip(0))
poisson_nll_loss: F.poisson_nll_loss(x, y.abs())
gaussian_nll_loss: F.gaussian_nll_loss(x, y, x.abs() + 0.5)
dot: torch.dot(x[0], y[0])
mv: torch.mv(x, y[0])
matmul: x @ y.T | x[:, :8].T @ y[:, :1000]
bmm: torch.bmm(x[None], y.T[None])
addmm: torch.addmm(x @ x.T, x, y.T)
baddbmm: torch.baddbmm(x[None, :, :8], x[None, :, :8], y[None, :, :8])
linear: F.linear(x, y, x[:, 0])
einsum: torch.einsum('ij,kj->ik', x, y) | torch.einsum('ij,ij->', x, y)
inner: torch.inner(x, y)
linalg.vecdot: torch.linalg.vecdot(x, y)
linalg.multi_dot: torch.linalg.multi_dot([x, y.T, x])
conv1d: F.conv1d(x[None], y[:, :8, None]) | F.conv1d(x[None], y[:, :24].reshape(1, 8, 3) if x.shape[1] > 23 else y[None, :, :3])
conv2d: F.conv2d(x[None, None], y[None, None, :3, :3])
conv_transpose1d: F.conv_transpose1d(x[None], y[:, :5, None])
avg_pool1d: F.avg_pool1d(x, 4) | F.avg_pool1d(x, 10)
avg_pool2d: F.avg_pool2d(x[None], 3)
adaptive_avg_pool1d: F.adaptive_avg_pool1d(x, 3)
lp_pool1d: F.lp_pool1d(x, 2, 4)
interpolate: F.interpolate(x[None], scale_factor=2.5, mode='linear') | F.interpolate(x[None, None, :, :100], scale_factor=1.7, mode='bicubic')
scaled_dot_product_attention: F.scaled_dot_product_attention(x[None, :, :64], y[None, :, :64], x[None, :, :64])
fft.fft: torch.fft.fft(x) | torch.fft.fft(x, dim=0)
fft.rfft: torch.fft.rfft(x)
fft.ifft: torch.fft.ifft(x)
fft.irfft: torch.fft.irfft(torch.fft.rfft(x))
fft.fft2: torch.fft.fft2(x)
fft.hfft: torch.fft.hfft(x)
index_add: torch.zeros(3, x.shape[1], dtype=x.dtype).index_add(0, torch.arange(x.shape[0]) % 3, x)
scatter_add: torch.zeros(x.shape[0], 7, dtype=x.dtype).scatter_add(1, torch.arange(x.shape[1]).expand(x.shape) % 7, x)
histc: torch.histc(x.float(), 10, -2, 2)
bincount: torch.bincount(torch.arange(x.numel()) % 3, x.reshape(-1))
embedding_bag: F.embedding_bag(torch.arange(x.shape[0])[None], x, mode='mean')
trace: torch.trace(x)
lerp: torch.lerp(x, y, 0.3)
linalg.cross: torch.linalg.cross(x[:, :3], y[:, :3])
logaddexp: torch.logaddexp(x, y)
"""
# Of a square matrix `a` (well conditioned) and `b`: their results are apart by more than ulps.
SQUARE = """
linalg.inv: torch.linalg.inv(a)
linalg.det: torch.linalg.det(a)
linalg.slogdet: torch.linalg.slogdet(a)
logdet: torch.logdet(a @ a.T)
linalg.solve: torch.linalg.solve(a, b)
linalg.lstsq: torch.linalg.lstsq(a, b).solution
linalg.cholesky: torch.linalg.cholesky(a @ a.T)
linalg.qr: torch.linalg.qr(a).R.abs()
linalg.svdvals: torch.linalg.svdvals(a)
linalg.eigvalsh: torch.linalg.eigvalsh(a @ a.T)
linalg.pinv: torch.linalg.pinv(a)
linalg.cond: torch.linalg.cond(a)
linalg.matrix_exp: torch.linalg.matrix_exp(a)
linalg.matrix_power: torch.linalg.matrix_power(a, 5) | torch.linalg.matrix_power(a, -2)
linalg.solve_triangular: torch.linalg.solve_triangular(a.triu(), b, upper=True)
linalg.lu_factor: torch.linalg.lu_factor(a)[0]
linalg.matrix_norm: torch.linalg.matrix_norm(a, 2) | torch.linalg.matrix_norm(a, 'nuc')
cholesky_solve: torch.cholesky_solve(b, torch.linalg.cholesky(a @ a.T))
"""
Case = dict[str, Any]
WHATS = ("values", "gradients", "whole tensors")
PLACES = ("{x}", "{y}", "{z}")


def cases() -> Iterator[Case]:
    """All cases: what is computed, of which numbers."""
    for dtype in FORMATS:
        for op, name in float_ops():
            for text in calls(op, name):
                yield from at_elements(op_name(name), text, dtype)
        if dtype != "float64":
            yield from of_rows(dtype)


def what(case: Case) -> str:
    """What of a call is measured."""
    return WHATS[2 if case["whole"] else case["gradient"]]


def group(case: Case) -> str:
    """The section of the page where a case stands."""
    return f"{case['dtype']} {what(case)}"


def op_name(qualified: str) -> str:
    """How the page calls an op."""
    return qualified.replace("torch.nn.functional.", "").replace("torch.", "")


def float_ops() -> Iterator[tuple[Op, str]]:
    """Ops that work element by element and have PyTorch's name, with it."""
    for module in _index.MODULES:
        importlib.import_module(module)
    for op in OPS:
        if "f" not in op.only or op.dtype == "boolean" or op.name in OTHERS:
            continue
        for name in op.qualified:
            room, _, short = name.rpartition(".")
            if op.family != "elementwise" and short not in CALLS:
                continue
            if room != "Tensor" and is_known(room, short) and not short.startswith("_"):
                yield op, name
                break


def calls(op: Op, name: str) -> list[str]:
    """The texts of calls of an op, with places for its operands."""
    short = name.rpartition(".")[2]
    if "_polynomial_" in short:
        return [_DEGREE.format(name=name[6:])]
    if short in CALLS:
        return [part.strip() for part in CALLS[short].split(" | ")]
    needed = [p for p in op.params if p.is_array and p.default is not None]
    places = ", ".join(PLACES[: len(needed)])
    return [f"{name}({places})"]


def at_elements(op: str, text: str, dtype: str) -> Iterator[Case]:
    """An op at the numbers of every kind, and its gradient there."""
    names = [place[1] for place in PLACES if place in text]
    called = text.format(**{v: v for v in names})
    head = ", ".join(names)
    again = ", ".join(f"{v}.requires_grad_()" for v in names)
    gradient = (
        f"lambda {head}: (lambda {head}: torch.autograd.grad({called}, [{head}], "
        f"torch.ones_like({called}.detach()), allow_unused=True))({again})"
    )
    for kind, numbers in tuples(dtype, len(names)).items():
        shared = {
            "op": _exact(op, called),
            "call": called,
            "kind": kind,
            "dtype": dtype,
            "inputs": numbers,
            "whole": False,
        }
        yield shared | {"text": f"lambda {head}: {called}", "gradient": False}
        if dtype == "float32":
            yield shared | {"text": gradient, "gradient": True}


def _exact(op: str, call: str) -> str:
    """An op whose call says more than its operands is another function, with the number in its name."""
    if call.endswith(("(x)", "(x, y)", "(x, y, z)")) and not call.partition("(")[2][0].isdigit():
        return op
    number = call.partition("(")[2].partition(",")[0]
    return f"{op}({number})" if number.isdigit() else f"{op} …"


def of_rows(dtype: str) -> Iterator[Case]:
    """Reductions, norms, products and what else looks at more than one number."""
    form = FORMATS[dtype]
    random = np.random.default_rng(2)
    half = dtype == "float16"
    x, y = random.standard_normal((2, 8, 10))
    more, others = random.standard_normal((2, 8, 5000))
    kinds = {
        "10 columns": (x, y),
        "5,000 columns": (more, others),
        "far from 0": (more + (100 if half else 1e4), others + 100),
        "positive": (np.abs(more), np.abs(others)),
        "tiny": (x * form.smallest * 4, y * form.smallest * 4),
        "huge": (x * form.greatest / 40, y * form.greatest / 40),
        "wide": (more * np.exp(random.uniform(-8, 5, more.shape)), others),
        "with infinities": (np.where(x > 1, np.inf, x), y),
        "with NaN": (np.where(x > 1.2, np.nan, x), y),
        "all -inf": (np.full_like(x, -np.inf), y),
        "zeros": (np.zeros_like(x), np.zeros_like(y)),
        "equal": (np.full_like(more, 0.1), np.full_like(others, 0.1)),
    }
    # Rounded once, for all calls: a run holds each array once.
    given = {kind: [form.round(m) for m in matrices] for kind, matrices in kinds.items()}
    for op, text in listed(ROWS):
        for kind, rounded in given.items():
            yield whole(op, text, kind, dtype, "xy", rounded)
    if dtype == "float32":
        long = [form.round(m) for m in random.standard_normal((2, 1, 1_000_000))]
        positive = [np.abs(m) for m in long]
        for op, text in listed(ROWS):
            if op in ("sum", "mean", "norm", "var", "std", "logsumexp", "softmax", "log_softmax",
                      "nansum", "cumsum", "dot", "mse_loss", "layer_norm", "linalg.vector_norm",
                      "prod", "linalg.vecdot"):  # fmt: skip
                yield whole(op, text, "1,000,000 columns", dtype, "xy", long)
                yield whole(op, text, "1,000,000 positive columns", dtype, "xy", positive)
        for op, text in listed(SQUARE):
            for size in (3, 24, 150):
                a = random.standard_normal((size, size)) / np.sqrt(size) + 2 * np.eye(size)
                b = random.standard_normal((size, 4))
                rounded = [form.round(a), form.round(b)]
                yield whole(op, text, f"{size} × {size}", dtype, "ab", rounded)


def listed(table: str) -> Iterator[tuple[str, str]]:
    """The ops and calls of a table."""
    for line in table.strip().splitlines():
        op, _, texts = line.partition(": ")
        for text in texts.split(" | "):
            yield op, text


def whole(op: str, text: str, kind: str, dtype: str, names: str, matrices: list[Any]) -> Case:
    """A call of whole matrices."""
    return {
        "op": op, "call": text, "kind": kind, "dtype": dtype, "gradient": False,
        "text": f"lambda {', '.join(names)}: {text}", "inputs": matrices, "whole": True,
    }  # fmt: skip
