"""What adds up and multiplies, on small integers, bools and halves."""

from __future__ import annotations

from collections.abc import Iterator

from cases.attempt import ATTEMPT

# x: a vector, m: a matrix of an integer type or bools, whose sums and products leave it.
SMALL = """
torch.trapezoid(x)
torch.trapezoid(x, dx=2)
torch.cumulative_trapezoid(x)
x.sum()
x.sum(0)
x.prod()
x.prod(0)
x.cumsum(0)
x.cumprod(0)
x.diff()
x.dot(x)
x.outer(x)
m @ m
m @ x[:2]
torch.mm(m, m)
torch.bmm(m[None], m[None])
torch.einsum('i,i->', x, x)
torch.inner(x, x)
torch.vdot(x, x)
torch.kron(x, x)
torch.linalg.multi_dot([m, m])
torch.linalg.matrix_power(m, 2)
torch.linalg.vecdot(x, x)
torch.bincount(torch.tensor([0, 0, 0]), weights=x)
torch.bincount(torch.tensor([0, 1, 0]), x)
x.sum(dtype=torch.int8)
x.sum(dtype=torch.uint8)
x.cumsum(0, dtype=torch.int8)
x.prod(dtype=torch.int16)
x.nansum()
x.float().mean()
torch.mean(x.double())
x.cummax(0)[0]
torch.nan_to_num(x)
torch.trace(m)
x.abs()
x.neg() if x.dtype != torch.bool else None
x.square()
x * x
x + x
x ** 2 if x.dtype != torch.bool else None
x.pow(x) if x.dtype == torch.uint8 else None
torch.addmm(m, m, m)
torch.addmv(x[:2], m, x[:2])
torch.addr(torch.zeros(3, 3).to(x.dtype), x, x)
torch.baddbmm(m[None], m[None], m[None])
torch.addcmul(x, x, x)
torch.cov(m) if x.dtype != torch.bool else None
torch.corrcoef(m) if x.dtype != torch.bool else None
torch.cross(x, x, dim=0) if x.dtype != torch.bool else None
torch.linalg.cross(x, x) if x.dtype != torch.bool else None
torch.scatter_add(x, 0, torch.tensor([0, 0, 0]), x)
torch.index_add(x, 0, torch.tensor([0, 0, 0]), x)
torch.scatter_reduce(x, 0, torch.tensor([0, 0, 0]), x, 'sum')
torch.scatter_reduce(x, 0, torch.tensor([0, 0, 0]), x, 'prod')
torch.scatter_reduce(x, 0, torch.tensor([0, 0, 0]), x, 'mean') if x.dtype != torch.bool else None
torch.count_nonzero(x)
torch.nn.functional.conv1d(x[None, None], x[None, None])
torch.nn.functional.avg_pool1d(x[None], 2)
torch.logsumexp(x, 0)
torch.where(x > 0, x, -1) if x.dtype != torch.bool else None
torch.sgn(x)
torch.bitwise_left_shift(x, 1) if x.dtype != torch.bool else None
torch.floor_divide(x, 3) if x.dtype != torch.bool else None
torch.remainder(x, 3) if x.dtype != torch.bool else None
x.median()
torch.aminmax(x)[0]
x.max() - x.min() if x.dtype != torch.bool else None
torch.nn.functional.pad(x, (1, 1), value=1)
torch.linspace(0, 100, 3, dtype=x.dtype) if x.dtype != torch.bool else None
torch.nn.functional.mse_loss(x, x)
"""


def small() -> Iterator[str]:
    """What adds up and multiplies, on small integers and bools; and the edges of halves."""
    yield ATTEMPT
    for call in SMALL.strip().splitlines():
        for name in ("bool", "uint8", "int8", "int16", "int32"):
            big = {"bool": 1, "uint8": 200, "int8": 100, "int16": 30000, "int32": 2**31 - 10}[name]
            yield (
                f"x = torch.tensor([{big}, {big}, 3]).to(torch.{name})\n"
                f"m = torch.tensor([[{big}, {big}], [3, {big}]]).to(torch.{name})\n"
                f"attempt(lambda: {call})"
            )
    for name in ("float16", "bfloat16", "float32", "float64", "complex64"):
        yield (
            f"x = torch.tensor([math.nan, math.inf, -math.inf, 1.0]).to(torch.{name})\n"
            "torch.nan_to_num(x), torch.nan_to_num(x, 2.0), torch.nan_to_num(x, posinf=3.0), "
            "torch.nan_to_num(x, neginf=1e39), x.clone().nan_to_num_(1.0, 2.0, 3.0)"
        )
