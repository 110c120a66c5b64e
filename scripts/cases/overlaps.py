"""Memory that is read and written at once."""

from __future__ import annotations

from collections.abc import Iterator

from cases.attempt import ATTEMPT

# a: a k by k matrix, v: a vector of n.
OVERLAPS = """
v[1:] += v[:-1]
a += a.T
a.copy_(a.T)
a[:, 1:] += a[:, :-1]
a.T.copy_(a)
v[:-1].copy_(v[1:])
v[1:] = v[:-1]
v[::2] += v[1::2]
v.expand(3, n).add_(1)
v.expand(3, n).zero_()
v.expand(3, n).fill_(1)
v.expand(3, n).fill_(v[0])
v.expand(3, n).copy_(a[:3, :1])
v.as_strided((k, k), (1, 1)).add_(1)
v.unfold(0, 4, 1).add_(1)
torch.add(v[1:], v[:-1], out=v[1:])
torch.add(v[1:], v[:-1], out=v[:-1])
torch.add(v[1:], 1, out=v[:-1])
torch.exp(v[1:], out=v[:-1])
torch.sum(a, 0, out=a[0])
torch.matmul(a, a, out=a)
torch.mm(a, a, out=a)
torch.cumsum(v, 0, out=v)
torch.cumsum(v[1:], 0, out=v[:-1])
torch.cat([v[:3], v[3:6]], out=v[:6])
torch.cat([v[:3], v[3:6]], out=v[1:7])
torch.stack([v[:3], v[3:6]], out=v[:6].view(2, 3))
torch.sort(v, out=(v, torch.empty(n, dtype=torch.long)))
torch.gather(v, 0, torch.tensor([0, 1]), out=v[:2])
torch.index_select(v, 0, torch.tensor([0, 1]), out=v[:2])
torch.masked_select(v, v>3, out=v)
torch.where(v>3, v, -v, out=v)
v.index_add_(0, torch.tensor([0, 1]), v[:2])
v.index_add_(0, torch.tensor([0, 1]), v[5:7])
v.index_copy_(0, torch.tensor([0, 1]), v[:2])
v.scatter_(0, torch.tensor([0, 1]), v[1:3])
v.scatter_add_(0, torch.tensor([0, 1]), v[1:3])
v.masked_scatter_(v>3, v)
v.masked_fill_(v>3, v[0])
v.index_put_((torch.tensor([0, 1]), ), v[1:3])
v[torch.tensor([0, 1])] = v[1:3]
v.addcmul_(v, v)
v[1:].addcmul_(v[:-1], v[1:])
v.lerp_(v, 0.5)
v[1:].lerp_(v[:-1], 0.5)
a.addmm_(a, a)
a.add_(a[0])
a.add_(a[:, :1])
a[0].add_(a[0, 0])
a[0].mul_(a[1])
v.clamp_(v[0], v[5])
v.where(v>1, v[0])
v.expand(3, n).masked_fill_(torch.ones(n).bool(), 1)
v.expand(3, n).index_fill_(0, torch.tensor([0]), 1)
v.expand(3, n).scatter_(0, torch.zeros(1, n).long(), 1.)
v.expand(3, n)[0] = 1
v.expand(3, n)[:] = 1
v.expand(3, n).normal_()
v.expand(3, n).uniform_()
v.expand(3, n).bernoulli_()
v.expand(3, n).index_add_(0, torch.tensor([0]), torch.ones(1, n))
v.expand(3, n).masked_scatter_(torch.ones(3, n).bool(), torch.ones(3 * n))
v.expand(3, n).index_copy_(0, torch.tensor([0]), torch.ones(1, n))
v.expand(3, n).sin_()
v.expand(3, n)[torch.tensor([0])] = 1.
v.expand(3, n).cumsum_(0)
a.put_(torch.tensor([0]), v[:1])
a.put_(torch.tensor([0]), a[0, :1])
torch.take(v, torch.tensor([1, 0]), out=v[:2])
v.fill_(v[3])
a.fill_diagonal_(3)
torch.mul(a, a.T, out=a)
torch.mul(a.T, a.T, out=a.T)
a.T.mul_(a.T)
a.t_().add_(a)
a.sub_(a.t())
a.div_(a.T+1)
a[1:].copy_(a[:-1])
a[:k // 2].copy_(a[k // 2:])
v[:n // 2].copy_(v[n // 2:])
torch.addmm(a, a, a, out=a)
torch.bmm(a[None], a[None], out=a[None])
torch.linalg.inv(a+9*torch.eye(k), out=a)
torch.max(a, 0, out=(a[0], torch.empty(k, dtype=torch.long)))
torch.maximum(v[1:], v[:-1], out=v[1:])
torch.abs(v[1:], out=v[:-1])
torch.clamp(v[1:], 0, 3, out=v[:-1])
torch.cumprod(a, 0, out=a.T)
torch.tril(a, out=a.T)
torch.tril(a, out=a)
v.expand(1, n).add_(1)
v[:1].expand(5).add_(1)
v[:0].expand(5, 0).add_(1)
v.add_(1, alpha=2)
v[2:].sub_(v[:-2], alpha=2)
v.view(torch.int32).add_(v.view(torch.int32)[0:1])
v.data[1:].add_(v[:-1])
v.detach()[1:].add_(v[:-1])
v[1:].atan2_(v[:-1])
v[1:].pow_(v[:-1])
v[1:].eq_(v[:-1])
v[1:].logical_and_(v[:-1])
v[1:].copysign_(v[:-1])
v[1:].fmod_(v[:-1])
v[1:].heaviside_(v[:-1])
v[1:].hypot_(v[:-1])
torch.logcumsumexp(v[1:], 0, out=v[:-1])
torch.min(a, 0, out=(a[0], torch.empty(k, dtype=torch.long)))
torch.scatter_add(v, 0, torch.tensor([0]), torch.ones(1), out=v)
torch.index_add(v, 0, torch.tensor([0]), torch.ones(1), out=v)
torch.index_add(v[1:], 0, torch.tensor([0]), torch.ones(1), out=v[:-1])
torch.hstack([v[:3], v[3:6]], out=v[:6])
torch.vstack([a[:2], a[2:]], out=a)
torch.mean(a, 0, out=a[0])
torch.softmax(a[1:], 0, out=a[:-1])
torch.clamp_min(v[1:], 0, out=v[:-1])
torch.lerp(v[1:], v[1:], 0.5, out=v[:-1])
torch.where(v[1:] > 0, v[1:], v[1:], out=v[:-1])
"""


def overlaps() -> Iterator[str]:
    """Writes whose target meets what is read: refused or done, of small and of large tensors."""
    yield ATTEMPT
    for statement in OVERLAPS.strip().splitlines():
        for n in (12, 300_000):
            k = 4 if n == 12 else 600
            if n > 12 and ("linalg" in statement or "mm" in statement or "matmul" in statement):
                continue
            yield "\n".join(
                [
                    f"n, k = {n}, {k}",
                    "a = torch.arange(1., k * k + 1).reshape(k, k)",
                    "v = torch.arange(1., n + 1)",
                    "try:",
                    f"    {statement}",
                    "    r = 'done'",
                    "except RuntimeError as e:",
                    "    r = str(e).split('\\n')[0]",
                    "r",
                ]
            )
