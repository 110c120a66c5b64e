"""Numbers that meet a dtype: every op that takes one, with every dtype."""

from __future__ import annotations

from collections.abc import Iterator

from cases.attempt import ATTEMPT

WHOLE = ("bool", "uint8", "int8", "int32", "int64")
INEXACT = ("float16", "float32", "float64", "complex64")
NUMBERS = """numbers = [0, 3, -1, True, 127, 128, -128, -129, 255, 256, 300, -255, -256, -1000, 32768, 70000,
           2**31, -2**31 - 1, 2**53 + 1, 2**63 - 1, -2**63, 2**64, -2**64, 10**40]
floats = [2.5, -0.5, -1.5, 300.7, 65504.0, 65530.0, 1e6, 2.0**31, 2.0**63, 1e30, 1e39, -1e39,
          1e300, math.inf, -math.inf, math.nan]
"""
# What is done with `n`; x: a vector, m: a mask, i: an index, t: the dtype.
WITH_A_NUMBER = """
torch.full((1,), n, dtype=t)
torch.full_like(x, n)
x.new_full((1,), n)
torch.tensor([n], dtype=t)
torch.tensor(n, dtype=t)
torch.scalar_tensor(n, dtype=t)
x.clone().fill_(n)
x.clone().fill_diagonal_(n) if x.dim() > 1 else x.reshape(1, 3).clone().fill_diagonal_(n)
x.masked_fill(m, n)
x.clone().masked_fill_(m, n)
x.index_fill(0, i, n)
x.clone().index_fill_(0, i, n)
x.scatter(0, i, n)
x.scatter(0, i, n, reduce='add')
assigned(x.clone(), 0, n)
assigned(x.clone(), slice(None), n)
assigned(x.clone(), m, n)
assigned(x.clone(), i, n)
x + n
n + x
x - n
n - x
x * n
n * x
x.clone().add_(n)
x.clone().sub_(n)
x.clone().mul_(n)
torch.add(x, x, alpha=n)
torch.sub(x, x, alpha=n) if n != -2**63 else None
x.clone().add_(x, alpha=n)
torch.addcmul(x, x, x, value=n)
torch.clamp(x, 0, n)
torch.clamp(x, n)
torch.clamp(x, max=n)
x.clone().clamp_(0, n) if isinstance(n, int) else None
x.clip(n, None)
torch.clamp_min(x, n)
torch.clamp_max(x, n)
torch.where(m, x, n)
torch.where(m, n, x)
x.where(m, n)
x == n
x != n
x < n
x <= n
x > n
x >= n
n < x
x.eq(n)
x.clone().lt_(n)
x ** n if abs(n) < 1e4 and n is not True else None
n ** x if abs(n) < 1e4 and n is not True else None
torch.pow(x, n) if abs(n) < 1e4 and n is not True else None
x.clone().pow_(n) if abs(n) < 1e4 and n is not True else None
x // n
x % n
torch.fmod(x, n)
torch.remainder(x, n)
torch.div(x, n)
torch.div(x, n, rounding_mode='floor') if n is not True else None
torch.div(x, n, rounding_mode='trunc') if n is not True else None
x & n
x | n
torch.bitwise_xor(x, n)
n & x
torch.bitwise_and(x, n)
torch.nn.functional.pad(x, (1, 1), value=n)
torch.nn.functional.threshold(x, 1, n)
torch.nn.functional.threshold(x, n, 1) if n == n else None
torch.nan_to_num(x, nan=n)
torch.arange(n, n + 1, dtype=t) if abs(n) < 2**52 else None
torch.arange(0, n, n, dtype=t) if 1 <= abs(n) < 2**62 or abs(n) > 2**63 + 1 and math.isfinite(n) else None
torch.linspace(0, n, 2, dtype=t)
torch.linspace(n, n, 2, dtype=t)
torch.lerp(x, x, n) if t != torch.float16 else None
torch.addmm(s, s, s, beta=n)
torch.addmm(s, s, s, alpha=n)
"""


def numbers() -> Iterator[str]:
    """Every op that takes a number, on every dtype."""
    yield (
        ATTEMPT
        + NUMBERS
        + (
            "def assigned(x, at, n):\n    x[at] = n\n    return x\n"
            "m = torch.tensor([True, False, True])\n"
            "i = torch.tensor([0, 2])"
        )
    )
    for call in WITH_A_NUMBER.strip().splitlines():
        for name in (*WHOLE, *INEXACT):
            made = f"t = torch.{name}\nx = torch.tensor([1, 0, 2]).to(t)\n"
            if "(s, s" in call:
                made += "s = x[:1].reshape(1, 1)\n"
            if name == "complex64" and ("pow" in call or "**" in call):
                continue  # another question: powers of complex zeros
            given = "numbers + floats" if name != "complex64" else "numbers + floats[:10]"
            yield f"{made}[attempt(lambda n: {call}, n) for n in {given}]"
    for call in ("x + n", "n * x", "x == n", "x - n", "x < n", "torch.full_like(x, n)"):
        for name in ("int64", "float32"):
            made = f"x = torch.tensor([1, 0, 2]).to(torch.{name})\n"
            yield f"{made}[attempt(lambda n: {call}, n) for n in (2**63, 2**64 - 1)]"
    for call in ("torch.full_like(x, n)", "x.masked_fill(m, n)", "x.clone().fill_(n)",
                 "torch.add(x, x, alpha=n)", "x.scatter(0, i, n)", "assigned(x.clone(), 0, n)"):  # fmt: skip
        for name in ("bool", "int8", "int64", "float32", "complex64"):
            made = f"x = torch.tensor([1, 0, 2]).to(torch.{name})\n"
            yield f"{made}[attempt(lambda n: {call}, n) for n in (2 + 0j, 1 + 2j, 1e300j)]"
