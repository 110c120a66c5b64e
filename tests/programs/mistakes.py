"""Statements that PyTorch refuses: what a program may end with."""

from __future__ import annotations

from collections.abc import Callable

from tests.programs.model import Var
from tests.programs.program import Program

Good = Callable[[Var], object]


def _leaf(v: Var) -> bool:
    return v.grad and v.chain.leaf


# What is needed of a variable, and what is done with it.
MISTAKES: list[tuple[Good, str]] = [
    (lambda v: _leaf(v) and not v.is_view, "{v} += 1"),
    (lambda v: _leaf(v) and not v.is_view, "{v}.zero_()"),
    (lambda v: _leaf(v) and v.dims, "{v}[0] = 0"),
    (lambda v: _leaf(v) and v.is_view, "{v}.mul_(2)"),
    (lambda v: _leaf(v) and v.is_view, "{v}.detach_()"),
    (lambda v: v.rank == 1, "{v}.requires_grad_()"),
    (lambda v: v.rank == 1, "{v} += 0.5"),
    (lambda v: v.rank == 1, "{v}.mul_(1.5)"),
    (lambda v: v.rank == 1, "{v} /= 2"),
    (lambda v: v.rank == 1, "{v}.add_(torch.tensor([1.5]))"),
    (lambda v: v.rank == 0, "{v}.add_(1)"),
    (lambda v: v.rank == 0, "{v} - {v}"),
    (lambda v: v.rank == 0, "-{v}"),
    (lambda v: v.rank == 2, "{v}.add_(1j)"),
    (lambda v: v.rank == 2, "{v} & {v}"),
    (lambda v: v.rank == 3, "{v} > 0"),
    (lambda v: v.rank == 3, "{v}.clamp_(0, 1)"),
    (lambda v: v.overlaps, "{v}.add_(1)"),
    (lambda v: v.overlaps, "{v}.zero_()"),
    (lambda v: v.overlaps, "{v}.copy_({v})"),
    (lambda v: v.dims > 0 and v.rank, "{v}.add_(torch.ones(5, dtype={v}.dtype))"),
    (lambda v: v.dims > 0, "{v} + torch.ones(5)"),
    (lambda v: v.dims > 0, "{v}.view(5)"),
    (lambda v: v.dims > 1 and v.is_view, "{v}.T.view(-1)"),
    (lambda v: v.dims > 0, "{v}[9]"),
    (lambda v: v.dims > 0, "{v}[-9] = 0"),
    (lambda v: v.dims > 0, "{v}[torch.tensor([9])]"),
    (lambda v: v.dims > 0, "{v}[torch.tensor([-9])] = 1"),
    (lambda v: v.dims > 0, "{v}.sum(4)"),
    (lambda v: v.dims > 0, "{v}[..., 0, 0, 0, 0]"),
    (lambda v: v.dims == 0, "{v}[0]"),
    (lambda v: v.dims > 0, "{v}[torch.ones(5, dtype=torch.bool)]"),
    (lambda v: v.dims > 0, "{v}.expand(7)"),
    (lambda v: v.dims > 0, "{v}.expand(2)[:1].expand(-1, 5, 5)"),
    (lambda v: v.dims > 0, "{v}.transpose(0, 5)"),
    (lambda v: v.dims > 0, "{v}.permute(0, 0)"),
    (lambda v: v.dims > 0, "{v}.narrow(0, 2, 5)"),
    (lambda v: v.dims > 0, "torch.cat([{v}, torch.ones(5, 5)])"),
    (lambda v: v.dims > 0, "torch.stack([{v}, {v}[:1]])"),
    (lambda v: v.dims == 2 and v.inexact, "{v} @ torch.ones(5, 5, dtype={v}.dtype)"),
    (lambda v: v.dims > 0, "{v}.scatter_(0, torch.tensor([[9]]), 1)"),
    (lambda v: v.dims > 0, "{v}.index_add_(0, torch.tensor([0]), torch.ones(1))"),
    (lambda v: v.dims > 0, "{v}.as_strided((9, 9), (9, 1))"),
    (lambda v: v.shape not in ((), None), "bool({v})"),
    (lambda v: v.shape not in ((), None), "{v}.item()"),
    (lambda v: v.shape not in ((), (1,)) and v.grad, "{v}.backward()"),
    (lambda v: not v.grad and v.inexact, "{v}.sum().backward()"),
    (lambda v: v.grad, "{v}.sum().backward(torch.ones(3))"),
    (lambda v: v.grad and v.rank == 2, "torch.autograd.grad({v}.sum(), torch.ones(2, requires_grad=True))"),
    (lambda v: v.grad and v.rank == 2, "torch.autograd.grad({v}.sum(), torch.ones(2))"),
    (lambda v: v.grad and not v.chain.leaf, "{v}.requires_grad_(False)"),
    (lambda v: v.grad and not v.chain.leaf, "{v}.requires_grad = False"),
    (lambda v: v.grad and v.chain.leaf, "{v}.grad = torch.ones(7)"),
    (lambda v: v.grad and v.dims >= 0, "torch.add({v}, 1, out=torch.empty({v}.shape, dtype={v}.dtype))"),
    (lambda v: v.grad and v.dims >= 0, "torch.add(1, {v}.detach(), out={v})"),
    (lambda v: v.rank == 2, "torch.add({v}, 1, out=torch.empty(0, dtype=torch.int64))"),
    (lambda v: v.grad, "{v}.numpy()"),
    (lambda v: not v.grad, "{v}.register_hook(lambda g: g)"),
    (lambda v: not v.grad, "{v}.retain_grad()"),
    (lambda v: v.grad and v.rank == 2 and not v.is_view, "{v}.register_hook(lambda g: g[None, None]); {v}.sum().backward()"),
    (lambda v: v.is_view and v.dims > 0, "{v}.squeeze(7)"),
    (lambda v: v.rank == 1, "torch.arange(3)[{v}.float()]"),
    (lambda v: v.dims > 0 and v.rank == 2, "{v}.masked_fill_(torch.ones(5, dtype=torch.bool), 0)"),
    (lambda v: v.dims > 0 and v.rank == 2, "{v}.masked_fill_({v}, 0)"),
    (lambda v: v.dims > 0 and v.rank == 2, "torch.where({v}, {v}, {v})"),
]  # fmt: skip
# Chains of statements that end in a refusal of the pass back.
STALE = [
    "{n} = {v}.exp(); {n}.add_(1); {n}.sum().backward()",
    "{n} = {v} * {v}.sum(); {n}[:1].mul_({v}.sum()); {n}.prod().backward(); {n}.prod().backward()",
    "{n} = {v} * 1; {m} = {n}.square(); {n}.zero_(); {m}.sum().backward()",
    "{n} = {v} * 1; {m} = {n}.tanh(); {n}.zero_(); {m}.detach().zero_(); {m}.sum().backward()",
    "{n} = {v}.sigmoid(); {n}.data.mul_(2); {n}.sum().backward(); {n}.sum().backward()",
    "{n} = {v}.clone(); {m} = {n}.unbind(); {m}[0].mul_(2)",
    "{n} = {v} * 1; {m} = {n}.split(1); {m}[0].add_(1)",
    "{n} = {v} * 1; {m} = {n}.detach(); {n} = {n}.sqrt(); {m}.add_(1); {n}.detach().add_(1); {n}.sum().backward()",
    "{n} = ({v} * {v}).sum(); {n}.backward(); {n}.backward()",
    "{n} = {v} * 1; {m} = ({n} * {n}).sum(); {n}.detach().add_(1); {m}.backward()",
]


def mistake(p: Program) -> bool:
    """A statement that is refused."""
    if p.draw.chance(0.25):
        v = p.some(lambda v: v.grad and v.dims > 0 and not v.blind)
        if v is None:
            return False
        text = p.draw.of(STALE).format(v=v.name, n=p.name(), m=p.name())
        return all(p.add(line) for line in text.split("; "))
    good, text = p.draw.of(MISTAKES)
    v = p.some(good)
    return v is not None and p.add(text.format(v=v.name))
