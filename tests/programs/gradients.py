"""Statements about gradients: the pass back, its hooks, and who takes part."""

from __future__ import annotations

from tests.programs.model import Var
from tests.programs.program import Program


def _end(p: Program, v: Var, power: int = 0) -> str:
    """A number that depends on a variable."""
    if v.rank == 3:
        return p.draw.of((f"{v.name}.abs().sum()", f"torch.view_as_real({v.name}).sum()"))
    if power == 3:
        return f"({v.name} ** 3).sum()"
    forms = (
        f"{v.name}.sum()",
        f"({v.name} * {v.name}).sum()",
        f"{v.name}.mean()",
        f"{v.name}.square().sum()",
    )
    return v.name if v.shape == () and p.draw.chance(0.6) else p.draw.of(forms)


def _recorded(p: Program) -> Var | None:
    """Something that a pass back can begin at."""
    fresh = p.draw.chance(0.93)
    return p.some(
        lambda v: v.grad and not (fresh and v.chain.freed) and not (v.blind and v.is_view)
    )


def backward(p: Program) -> bool:
    """A pass back to the leaves."""
    v = _recorded(p)
    if v is None:
        return False
    retain = p.draw.chance(0.75)
    if not retain:
        for w in p.vars:
            if w.chain.roots & v.chain.roots and not w.chain.leaf:
                w.chain.freed = True
    keep = "retain_graph=True" if retain else ""
    if p.draw.chance(0.25) and v.shape is not None:
        p.add(f"{v.name}.backward(torch.ones_like({v.name}){', ' if keep else ''}{keep})")
    else:
        p.add(f"{_end(p, v)}.backward({keep})")
    return True


def grad(p: Program) -> bool:
    """A gradient as a value; of the second order where it is recorded.

    It is a copy: whether a pass gives a view of what it works with is nobody's promise.
    """
    v = _recorded(p)
    if v is None or not v.chain.roots:
        return False
    name = p.draw.of(sorted(v.chain.roots))
    leaf = next((w for w in p.vars if w.name == name), None)
    if leaf is None:
        return False
    if p.draw.chance(0.4) and v.rank == 2:
        made = p.bind(
            f"torch.autograd.grad({_end(p, v, 3)}, {leaf.name}, create_graph=True)[0] * 1",
            leaf.shape, leaf.dtype, v,
        )  # fmt: skip
    else:
        made = p.bind(
            f"torch.autograd.grad({_end(p, v)}, {leaf.name}, retain_graph=True)[0].clone()",
            leaf.shape, leaf.dtype,
        )  # fmt: skip
    made.chain.freed = v.chain.freed
    return True


def hook(p: Program) -> bool:
    """Something that looks at a gradient or changes it.

    Never of a view: PyTorch crashes where its memory was written to.
    """
    v = p.some(lambda v: v.grad and v.shape is not None and not v.is_view)
    if v is None:
        return False
    kind = p.draw.below(5)
    if kind < 2:
        return p.add(f"{v.name}.register_hook(lambda g: g {('* 2', '+ 1')[kind]})")
    if kind == 2 and not v.chain.leaf:
        return p.add(f"{v.name}.retain_grad()")
    if kind == 3:
        name = p.name()
        p.add(f"{name} = []")
        return p.add(f"{v.name}.register_hook(lambda g: {name}.append(g.clone()))")
    if kind == 4 and v.chain.leaf:
        name = p.name()
        p.add(f"{name} = []")
        return p.add(
            f"{v.name}.register_post_accumulate_grad_hook(lambda t: {name}.append(t.grad.mul_(2)))"
        )
    return False


def switch(p: Program) -> bool:
    """Who takes part from now on."""
    v = p.some(lambda v: v.shape is not None and v.inexact)
    if v is None:
        return False
    kind = p.draw.below(4)
    if kind == 0 and not v.chain.grad:
        v.chain.grad, v.chain.leaf, v.chain.roots = True, True, {v.name}
        return p.add(f"{v.name}.requires_grad_()")
    if kind == 1 and v.grad and not v.is_view:
        p.add(f"{v.name}.detach_()")
        v.chain.grad = False
        return True
    if kind == 2 and v.grad and v.chain.leaf and not v.is_view:
        v.chain.grad = False
        return p.add(f"{v.name}.requires_grad = False")
    if kind == 3 and v.grad and v.chain.leaf and not v.is_view:
        return p.add(f"{v.name}.grad = {p.draw.of(('None', f'torch.ones_like({v.name})'))}")
    return False


def read(p: Program) -> bool:
    """A gradient under a name of its own: what comes later is added to the same memory, or not."""
    begun = {line.split(".")[0].strip("(") for line in p.lines if ".backward(" in line}
    ends = [v for v in p.vars if v.name in begun]
    known = sorted({r for v in ends for r in v.chain.roots})
    leaf = next((v for v in p.vars if known and v.name == known[-1] and v.chain.leaf), None)
    if leaf is None or not leaf.grad:
        return False
    p.bind(f"{leaf.name}.grad", leaf.shape, leaf.dtype)
    return True
