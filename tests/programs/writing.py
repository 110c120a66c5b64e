"""Statements that write to memory: in place, by subscripts, by out=."""

from __future__ import annotations

from tests.programs.model import Shape, Var, broadcast, size
from tests.programs.program import NO_GRAD, Program


def _target(p: Program, *ranks: int) -> Var | None:
    """What is written to: views and what gradients have passed through, rather than fresh tensors."""
    recorded = p.draw.chance(0.6)
    return p.some(
        lambda v: (
            v.shape is not None
            and (not ranks or v.rank in ranks)
            and not v.overlaps
            and (v.is_view or v.grad or p.draw.chance(0.4))
            and not (recorded and v.grad and v.chain.leaf)
        )
    )


def _write(p: Program, line: str, v: Var, *of: Var) -> bool:
    """A line that writes to a variable, under no_grad where it would be refused (most often)."""
    refused = (v.grad and v.chain.leaf) or (v.blind and (v.grad or any(x.grad for x in of)))
    if (refused and not p.draw.chance(0.04)) or p.draw.chance(0.04):
        return p.add(NO_GRAD + line)
    p.add(line)
    roots = {r for x in of if x.grad for r in x.chain.roots}
    if roots and v.inexact:
        v.chain.grad, v.chain.leaf = True, False
        v.chain.roots |= roots
    return True


def _operand(p: Program, v: Var, shape: Shape, same: bool = False) -> tuple[str, list[Var]]:
    """Something that can be added to a tensor of a dtype: a variable, a number, new values."""
    found = p.fitting(shape, v.rank, v.dtype if same else "")
    # What lies partly on what is written is refused.
    if found is not None and found.chain is v.chain and not p.draw.chance(0.15):
        found = None
    if found is not None and p.draw.chance(0.75):
        return found.name, [found]
    if not same and p.draw.chance(0.6):
        return p.number(v.rank), []
    return p.tensor(shape, v.dtype), []


def arithmetic(p: Program) -> bool:
    """Operators and methods that change the left operand."""
    v = _target(p, 1, 2, 3)
    if v is None or v.shape is None:
        return False
    other, of = _operand(p, v, v.shape)
    kind = p.draw.below(12)
    if kind < 6:
        op = "+-*+*+"[kind]
        return _write(p, f"{v.name} {op}= {other}", v, *of)
    if kind < 9:
        name = ("add_", "mul_", "sub_")[kind - 6]
        alpha = ", alpha=2" if name != "mul_" and p.draw.chance(0.4) else ""
        return _write(p, f"{v.name}.{name}({other}{alpha})", v, *of)
    if kind == 9 and v.inexact:
        return _write(p, f"{v.name} /= 2", v)
    if kind == 10 and v.rank <= 2:
        return _write(p, f"{v.name}.clamp_(-1, 2)", v)
    same, of = _operand(p, v, v.shape, True)
    name = p.draw.of(("addcmul_", "lerp_") if v.inexact else ("addcmul_",))
    last = ", 0.5" if name == "lerp_" else f", {v.name}"
    if name == "lerp_":
        return (
            of != []
            and of[0].shape == v.shape
            and _write(p, f"{v.name}.lerp_({same}{last})", v, *of)
        )
    return _write(p, f"{v.name}.addcmul_({same}{last})", v, *of)


UNARY = (
    (("neg_()", "abs_()", "square_()", "pow_(2)"), (1, 2)),
    (("exp_()", "tanh_()", "sigmoid_()", "sqrt_()", "sin_()", "reciprocal_()"), (2, 3)),
    (("relu_()", "clamp_(min=0)", "floor_()", "clamp_(-0.5, 0.5)"), (2,)),
    (("zero_()", "fill_(1)", "zero_()", "fill_(2)"), (0, 1, 2, 3)),
    (("logical_not_()",), (0, 1, 2)),
)


def unary(p: Program) -> bool:
    """A function of the tensor itself, in its own memory."""
    calls, ranks = p.draw.of(UNARY)
    v = _target(p, *ranks)
    return v is not None and _write(p, f"{v.name}.{p.draw.of(calls)}", v)


def copy(p: Program) -> bool:
    """Values of another tensor, of whatever dtype that may be written there."""
    v = _target(p)
    if v is None or v.shape is None:
        return False
    shape, near = v.shape, p.draw.chance(0.1)
    w = p.some(
        lambda w: (
            w.shape is not None
            and broadcast(w.shape, shape) == shape
            and (w.rank <= v.rank or (w.rank == 2 and v.rank == 0))
            and (w.chain is not v.chain or near)
        )
    )
    if w is None:
        return False
    return _write(p, f"{v.name}.copy_({w.name})", v, w)


def masked(p: Program) -> bool:
    """Where a mask says so."""
    v = _target(p, 1, 2, 3)
    if v is None or v.shape is None:
        return False
    m = p.fitting(v.shape, dtype="bool")
    number = p.number(v.rank)
    mask = m.name if m else f"{v.name} > 0" if v.rank < 3 else ""
    if not mask:
        return False
    kind = p.draw.below(6)
    if kind < 2:
        return _write(p, f"{v.name}.masked_fill_({mask}, {number})", v)
    if m is not None and m.shape != v.shape[: m.dims]:
        return False
    if kind == 2:
        return _write(p, f"{v.name}[{mask}] = {number}", v)
    if kind == 3:
        return _write(p, f"{v.name}[{mask}] += {number}", v)
    w = p.some(lambda w: w.shape == () and w.rank <= v.rank)
    if kind == 4 and w is not None:
        return _write(p, f"{v.name}[{mask}] = {w.name}", v, w)
    w = p.some(
        lambda w: w.dtype == v.dtype and w.dims >= 0 and size(w.shape or ()) >= size(v.shape or ())
    )
    # From its own memory it would read what it has just written.
    if kind == 5 and w is not None and w.chain is not v.chain:
        return _write(p, f"{v.name}.masked_scatter_({mask}, {w.name})", v, w)
    return False


def subscript(p: Program) -> bool:
    """To a part that a subscript names."""
    v = _target(p, 0, 1, 2, 3)
    if v is None or not v.shape or 0 in v.shape:
        return False
    s = v.shape
    i, n = p.draw.between(-s[0], s[0] - 1), len(s)
    choices: list[tuple[str, Shape]] = [
        (f"{i}", s[1:]), ("...", s), ("1:", (s[0] - 1, *s[1:])), ("::2", ((s[0] + 1) // 2, *s[1:])),
        (":1", (1, *s[1:])), (f"..., {p.draw.below(s[-1])}", s[:-1]),
        (p.indices(2, s[0], s[0] >= 2) if s[0] >= 2 else "0", (2, *s[1:]) if s[0] >= 2 else s[1:]),
    ]  # fmt: skip
    if n == 2:
        choices += [(f":, {p.draw.below(s[1])}", s[:1]), (f"0, {p.draw.below(s[1])}", ())]
    place, shape = p.draw.of(choices)
    # An index tensor takes values of the same dtype alone.
    other, of = _operand(p, v, shape, "tensor" in place)
    if of and of[0].rank > v.rank:
        return False
    op = p.draw.of(("=", "=", "=", "+=", "*=")) if v.rank else "="
    return _write(p, f"{v.name}[{place}] {op} {other}", v, *of)


def placed(p: Program) -> bool:
    """By tensors of indices."""
    v = _target(p, 1, 2, 3)
    if v is None or not v.shape or 0 in v.shape:
        return False
    s = v.shape
    count = p.draw.between(1, min(s[0], 2))
    index = p.indices(count, s[0], True)
    source, of = _operand(p, v, (count, *s[1:]), True)
    whole = (bool(of) and of[0].shape == (count, *s[1:])) or not of
    number = p.number(v.rank)
    kind = p.draw.below(8)
    if kind == 0:
        return _write(p, f"{v.name}.index_fill_(0, {index}, {number})", v)
    if kind in (1, 2) and whole:
        name = ("index_add_", "index_copy_")[kind - 1]
        return _write(p, f"{v.name}.{name}(0, {index}, {source})", v, *of)
    if kind == 3:
        add = p.draw.of((", accumulate=True", ""))
        return _write(p, f"{v.name}.index_put_(({index},), {source}{add})", v, *of)
    if kind == 4:
        return _write(p, f"{v.name}.scatter_(0, {p.literal_index(s, 1)}, {number})", v)
    if kind == 5 and whole and count == 1:
        return _write(p, f"{v.name}.scatter_add_(0, {p.literal_index(s, 1)}, {source})", v, *of)
    if kind == 6 and len(s) == 2:
        return _write(p, f"{v.name}.fill_diagonal_({number})", v)
    if kind == 7:
        return _write(p, f"{v.name}.cumsum_(0)", v)
    return False


def out(p: Program) -> bool:
    """Into a tensor that is there; such calls record no gradients."""
    v = _target(p, 2)
    if v is None or v.shape is None:
        return False
    a, b = p.fitting(v.shape, 2), p.fitting(v.shape, 2)
    if a is None or b is None or any(x.chain is v.chain and x is not v for x in (a, b)):
        return False
    if broadcast(a.shape or (), b.shape or ()) != v.shape:
        return False
    call = p.draw.of(("add", "mul", "sub", "maximum"))
    line = f"torch.{call}({a.name}, {b.name}, out={v.name})"
    if (a.grad or b.grad or v.grad) and not p.draw.chance(0.04):
        line = NO_GRAD + line
    return p.add(line)


def turned(p: Program) -> bool:
    """Its own shape."""
    v = _target(p)
    if v is None or v.shape is None or v.chain.grad:
        return False
    s, kind = v.shape, p.draw.below(4)
    if kind == 0 and len(s) == 2:
        p.add(f"{v.name}.t_()")
        v.shape = s[::-1]
    elif kind == 1:
        p.add(f"{v.name}.unsqueeze_(0)")
        v.shape = (1, *s)
    elif kind == 2:
        p.add(f"{v.name}.squeeze_()")
        v.shape = tuple(n for n in s if n != 1)
    elif kind == 3 and len(s) >= 2:
        p.add(f"{v.name}.transpose_(0, -1)")
        v.shape = (s[-1], *s[1:-1], s[0])
    else:
        return False
    # Others that name the same tensor have turned with it.
    for w in p.vars:
        if w is not v and w.chain is v.chain:
            w.shape = None
    v.is_view = True
    return True
