"""Everyday statements, by family: what users type all day, the same text in tcalc and in PyTorch.

In a statement `{n}` is the size; `SETUP` says what the variables are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Case(NamedTuple):
    """A statement that is timed, and the text that runs before."""

    family: str
    size: str
    statement: str
    setup: str

    def matches(self, words: list[str]) -> bool:
        """Whether its size is one of those among the words, and one of the others its family or
        in its text; none is any.

        >>> Case("unary", "small", "x.exp()", "").matches(["small", "large", "exp", "reduce"])
        True
        """
        sizes = [word for word in words if word in SIZES]
        others = [word for word in words if word not in SIZES]
        return (not sizes or self.size in sizes) and (
            not others or any(word == self.family or word in self.statement for word in others)
        )


# What comes before every setup.
HEAD = "import math; import torch; import torch.nn.functional as F; torch.manual_seed(0)\n"

# How large a matrix is: what a call costs, what arithmetic does, what memory does.
SIZES = {"small": 4, "middle": 128, "large": 2048}

SETUP = """
x, y = torch.rand({n}, {n}) + 0.5, torch.rand({n}, {n}) + 0.5
i = torch.randint(0, {n}, ({n}, {n}))
m = x > 1
r = torch.rand({n})
k = torch.arange({n}).flip(0)
"""

# Families of statements, a line each.
FAMILIES = {
    "create": """
torch.zeros({n},{n})
torch.ones({n},{n})
torch.full(({n},{n}), 2.)
torch.arange({n}*{n})
torch.linspace(0,1,{n}*{n})
torch.eye({n})
torch.rand({n},{n})
torch.randn({n},{n})
torch.randint(0,9,({n},{n}))
torch.zeros_like(x)
torch.empty({n},{n})
torch.tensor([1.,2.,3.])
torch.randperm({n}*{n})
torch.bernoulli(x-0.5)
""",
    "unary": """
x.exp()
x.log()
x.sqrt()
x.sin()
x.tanh()
x.sigmoid()
-x
x.abs()
x.relu()
x.reciprocal()
x.square()
x.floor()
x.erf()
F.gelu(x)
F.silu(x)
F.softplus(x)
x.clamp(0.6,1)
x.isnan()
x.sign()
x.log1p()
x.rsqrt()
F.leaky_relu(x)
F.elu(x)
x.lgamma()
""",
    "binary": """
x+y
x*y
x/y
x-1
x*2
x**2
x**y
x>y
torch.maximum(x,y)
torch.where(m,x,y)
x+r
x*r[:,None]
torch.atan2(x,y)
x//y
x%y
torch.lerp(x,y,0.3)
torch.addcmul(x,y,y)
m&m
i+i
i//2
torch.hypot(x,y)
""",
    "inplace": """
x.add_(y)
x.mul_(1.0)
x.clamp_(0,2)
x.copy_(y)
x.zero_()
x.fill_(1)
x[0]=1
x[:,1]=r
x.addcmul_(y,y,value=0.)
x.masked_fill_(m,1.)
""",
    "reduce": """
x.sum()
x.sum(0)
x.sum(1)
x.mean()
x.mean(1)
x.max()
x.max(1)
x.argmax(1)
x.std()
x.var(1)
x.norm()
x.prod(1)
x.logsumexp(1)
m.any()
m.all(1)
x.amax(0)
x.median()
x.cumsum(1)
x.cumprod(0)
torch.linalg.vector_norm(x,dim=1)
torch.count_nonzero(m)
x.softmax(1)
x.log_softmax(1)
x.softmax(0)
""",
    "shape": """
x.T
x.reshape(-1)
x.view(-1)
x.unsqueeze(0)
x.squeeze()
x.expand(2,{n},{n})
x.flatten()
x.T.contiguous()
torch.cat([x,y])
torch.cat([x,y],1)
torch.stack([x,y])
x.split(2)
x.chunk(2)
x.clone()
x.repeat(2,2)
x.flip(0)
x.roll(1,0)
x.permute(1,0)
x.tril()
x.diagonal()
torch.meshgrid(r,r,indexing="ij")
x.double()
x.int()
x.half()
x.detach()
x.numpy()
x.unbind(0)
""",
    "index": """
x[0]
x[1:,::2]
x[:,None]
x[k]
x[:,k]
x[m]
x[k,k]
x.gather(1,i)
x.scatter(1,i,y)
x.scatter_add(1,i,y)
x.index_select(0,k)
x.index_add(0,k,y)
m.nonzero()
x.masked_select(m)
x.masked_fill(m,0.)
x.take(k)
x[0,0].item()
torch.take_along_dim(x,i,1)
F.one_hot(k)
F.embedding(i[:2],x)
""",
    "sort": """
x.sort(1)
x.argsort(0)
x.topk(2)
x.unique()
x.view(-1).sort()
x.kthvalue(2)
torch.searchsorted(r.sort().values,x)
torch.bincount(i.view(-1))
torch.histc(x)
torch.quantile(r,0.5)
""",
    "matrix": """
x@y
x.mv(r)
r.dot(r)
torch.outer(r,r)
x.T@y
torch.einsum("ij,jk->ik",x,y)
torch.einsum("ij,ij->i",x,y)
torch.addmm(x,x,y)
F.linear(x,y,r)
torch.trace(x)
torch.cdist(x[:64],y[:64])
""",
    "linalg": """
torch.linalg.inv(x[:256,:256])
torch.linalg.solve(x[:256,:256],r[:256])
torch.linalg.det(x[:256,:256])
torch.linalg.qr(x[:256,:256])
torch.linalg.svd(x[:256,:256])
torch.linalg.eigh(x[:256,:256])
torch.linalg.cholesky(x[:256,:256]@x[:256,:256].T+torch.eye(min(256,{n})))
torch.fft.fft(x)
torch.fft.rfft2(x)
""",
    "nn": """
F.layer_norm(x,({n},))
F.mse_loss(x,y)
F.cross_entropy(x,k)
F.dropout(x,0.5)
F.batch_norm(x,None,None,training=True)
F.conv1d(x[None,:64,:512],y[:64,:3][:,:,None].expand(-1,-1,1)[:64,:1].expand(-1,min(64,{n}),-1).contiguous())
F.avg_pool2d(x[None],2)
F.max_pool2d(x[None],2)
F.pad(x,(1,1))
F.normalize(x)
F.cosine_similarity(x,y)
F.smooth_l1_loss(x,y)
F.binary_cross_entropy_with_logits(x,m.float())
F.kl_div(x.log_softmax(1),y.softmax(1))
""",
}

# Numbers that are differentiated by x: forward and back.
GRADIENTS = """
(x*y).sum()
x.exp().sum()
x.mean()
x.softmax(1).sum()
(x@y).sum()
x.norm()
x[1:].sum()
torch.cat([x,y]).sum()
x.max(1).values.sum()
F.layer_norm(x,({n},)).sum()
F.cross_entropy(x,k)
F.relu(x@y+r).sum()
x.std()
x.T.reshape(-1).sum()
x[k].sum()
torch.where(m,x,y).sum()
(x-x.mean(1,keepdim=True)).pow(2).mean()
x.sigmoid().log().sum()
x.gather(1,i).sum()
x.clamp(0.6,1).sum()
x.cumsum(1).sum()
torch.stack([x,y]).sum()
"""


def everyday() -> Iterator[Case]:
    """Every statement in every size."""
    for family, text in FAMILIES.items():
        for statement in text.strip().splitlines():
            for size, n in SIZES.items():
                yield Case(family, size, statement.format(n=n), SETUP.format(n=n))
    for number in GRADIENTS.strip().splitlines():
        for size, n in SIZES.items():
            # A look at the gradient, which may be waiting to be computed; then it is made anew.
            statement = f"{number.format(n=n)}.backward(); x.grad.data_ptr(); x.grad = None"
            yield Case("gradient", size, statement, SETUP.format(n=n) + "x.requires_grad_()\n")
