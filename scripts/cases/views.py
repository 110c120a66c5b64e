"""Views: what shows where, and what is written through them."""

from __future__ import annotations

from collections.abc import Iterator

# What is written to the one shows in the other; how the memory lies; what the graph makes of it.
SHARED = """# prelude
def number(t):
    return (t.real + t.imag if t.is_complex() else t).sum()
def weighted(t):
    return number(t * torch.arange(1., t.numel() + 1).reshape(t.shape))
def shared(f, x):
    base = x.clone()
    v = f(base)
    base.mul_(2)
    seen = v.clone()
    v.add_(1)
    found = [seen, base, v.clone(), v.data_ptr() - base.data_ptr(), v.stride(), base._version]
    found += [v._version, v.is_conj(), v.is_neg(), v.is_contiguous(), v._base is base]
    leaf = x.clone().requires_grad_(True)
    base = leaf * 1
    w = f(base)
    if w.requires_grad:
        w.mul_(3)
        number(w[..., :1] if w.dim() else w).backward(retain_graph=True)
        weighted(base).backward(retain_graph=True)
        weighted(f(base)).backward()
        found.append(leaf.grad.clone())
    return found
x = torch.arange(1., 7.).reshape(2, 3)
z = torch.complex(x, x.flip(0) - 2)"""
# The ops that PyTorch documents as views; v: the tensor.
VIEWS = """
v[0]
v[:, 1]
v[1:, ::2]
v[None]
v[..., 0]
v.T
v.t()
v.mT
v.H
v.mH
v.adjoint()
v.detach()
v.view(6)
v.view(3, 2)
v.view_as(torch.ones(6))
v.reshape(6)
v.flatten()
v.ravel()
v.unflatten(1, (3, 1))
v.squeeze()
v[:1].squeeze(0)
v.unsqueeze(0)
v.permute(1, 0)
v.transpose(0, 1)
v.swapaxes(0, 1)
v.swapdims(0, 1)
v.movedim(0, 1)
v.moveaxis(0, 1)
v.select(0, 1)
v.narrow(1, 1, 2)
v.diagonal()
v.as_strided((2, 2), (3, 1))
v.unfold(1, 2, 1)[:, :, 0]
v.expand(2, 3)
v.expand_as(v)
v.contiguous()
v.resolve_conj()
v.resolve_neg()
v.real
torch.real(v)
v.conj()
torch.conj(v)
v.conj().conj()
v.conj()[0]
v.conj()[:, 1:]
v.conj().T
v.T.conj()
v[0].conj()
v.conj().real
v.conj().view(6)
v.conj().reshape(3, 2)
v.conj().flatten()
v.conj().detach()
v.conj().diagonal()
v.conj().unsqueeze(0)
v.conj().select(1, 0)
v.conj().narrow(1, 1, 2)
v.conj().as_strided((2,), (3,))
v.conj().mH
"""
PARTS = """
v.imag
torch.imag(v)
v.conj().imag
v.conj().imag[0]
v.imag[1]
torch.view_as_real(v)
torch.view_as_real(v)[..., 1]
v.mH.imag
"""
# Statements on complex memory; each is followed by what z is then.
COMPLEX = """
z.imag += 1
z.real = x
z.imag = x
z.real = 5
z.imag = 2.5
z.real[0] = 9
z.imag[:, 1] = 0
z.conj().fill_(1 + 2j)
z.conj()[0] = 1 + 2j
z.conj()[z.real > 2] = 5j
z.conj()[torch.tensor([0])] = 5j
z.conj().copy_(z * 2)
z.conj().real.zero_()
z.conj().imag.add_(1)
z.conj().imag.copy_(x)
z.conj().add_(z)
z.conj().mul_(2j)
z.conj().masked_fill_(z.real > 2, 1j)
z.conj().index_add_(0, torch.tensor([0]), z[:1].clone())
z.conj().zero_()
z.add_(z.conj())
z.mul_(z.conj())
z.copy_(z.conj())
z.conj_physical_()
z.mH.add_(1j)
z.H[0] = 1j
torch.add(z, 1j, out=z.conj())
torch.neg(z, out=z.mH.mH)
c = z.conj(); z.zero_(); z = c
c = z.conj(); c.add_(1j); z = z + c
c = z.conj().clone(); z.zero_(); z = c
c = z.conj().resolve_conj(); z.zero_(); z = c
c = z.conj() * 2; z.zero_(); z = c
c = z.conj().contiguous(); z.zero_(); z = c
z = z.conj().to(torch.complex128)
z = z @ z.mH
z = torch.cat([z.conj(), z])
z = z.conj().sum()
z = z.conj().tolist()
z = torch.tensor(z.conj().resolve_conj().numpy())
z = z.conj().numpy()
z = z.conj().imag.numpy()
z = torch.view_as_real(z.conj())
z = z.conj().conj_physical().is_conj()
z = (z.conj() + 1).is_conj(), z.conj().is_conj(), z.conj().conj().is_conj(), z.is_conj()
z = z.conj().imag.is_neg(), z.imag.is_neg(), z.conj().real.is_neg(), z.conj().clone().is_conj()
z = z.conj().abs(), z.conj().angle()
z = z.conj().real.exp(), z.conj().imag.exp()
"""


def views() -> Iterator[str]:
    """Ops that show memory, on real and on complex numbers, and what is written through them."""
    yield SHARED
    for v, calls in (("x", VIEWS), ("z", VIEWS.rstrip() + PARTS)):
        for call in calls.strip().splitlines():
            yield f"shared(lambda v: {call}, {v})"
    for statement in COMPLEX.strip().splitlines():
        yield f"z = z.clone()\n{statement}\nz"
