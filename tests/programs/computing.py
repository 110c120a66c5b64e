"""Statements that make tensors, and that compute new ones from others."""

from __future__ import annotations

from ast import literal_eval

from tests.programs.model import RANK, Var, broadcast, promoted, result_type, size
from tests.programs.program import DTYPES, SHAPES, Program


def create(p: Program) -> bool:
    """A new tensor, of given values or of a pattern."""
    shape, dtype = p.draw.of(SHAPES), p.draw.of(DTYPES)
    wants = RANK[dtype] >= 2 and p.draw.chance(0.6)
    more = ", requires_grad=True" if wants else ""
    kind = p.draw.below(10)
    if kind < 7:
        made = p.bind(p.tensor(shape, dtype, more), shape, dtype)
    elif kind == 7 and shape and RANK[dtype] in (1, 2):
        made = p.bind(
            f"torch.arange({size(shape)}, dtype=torch.{dtype}).reshape{shape}", shape, dtype
        )
        made.is_view, wants = True, False
    elif kind == 8:
        maker = p.draw.of(("ones", "zeros"))
        made = p.bind(f"torch.{maker}({shape}, dtype=torch.{dtype}{more})", shape, dtype)
    else:
        fill = p.number(min(RANK[dtype], 2))
        made = p.bind(f"torch.full({shape}, {fill}, dtype=torch.{dtype}{more})", shape, dtype)
    if wants:
        made.chain.grad, made.chain.roots = True, {made.name}
    return True


# Of one tensor: what is called, and the categories it is for; then those that give bools.
UNARY = (
    [(w, n, (2, 3)) for w, n in ((3, "exp()"), (3, "tanh()"), (3, "sigmoid()"), (2, "sin()"), (2, "sqrt()"), (1, "log()"), (2, "reciprocal()"), (1, "rsqrt()"))]
    + [(w, n, (2,)) for w, n in ((3, "relu()"), (2, "softmax(0)"), (1, "log_softmax(-1)"), (2, "clamp(-1, 1.5)"), (2, "clamp(min=0.5)"), (1, "floor()"), (1, "erf()"), (1, "sign()"), (1, "round()"))]
    + [(w, n, (1, 2, 3)) for w, n in ((2, "neg()"), (2, "abs()"), (2, "square()"), (2, "pow(2)"), (1, "pow(3)"), (4, "clone()"), (1, "sum(0)"), (1, "cumsum(0)"), (1, "flip(0)"), (1, "roll(1)"))]
)  # fmt: skip
UNARY_ROWS = [(w, (n, ranks)) for w, n, ranks in UNARY]


def unary(p: Program) -> bool:
    """A function of one tensor."""
    name, ranks = p.draw.weighted(UNARY_ROWS)
    needs_dim = any(c in name for c in "0-") and "clamp" not in name
    v = p.some(lambda v: v.rank in ranks and v.shape is not None and (not needs_dim or v.dims > 0))
    if v is None or v.shape is None:
        return False
    dtype, shape = v.dtype, v.shape
    if name == "abs()" and v.rank == 3:
        dtype = "float32" if dtype == "complex64" else "float64"
    if name in ("sum(0)", "cumsum(0)") and v.rank <= 1:
        dtype = "int64"
    if name == "sum(0)":
        shape = shape[1:]
    p.bind(f"{v.name}.{name}", shape, dtype, v)
    return True


def binary(p: Program) -> bool:
    """An operator or a function of two, tensors and numbers, of dtypes that may differ."""
    a = p.some(lambda v: v.shape is not None)
    if a is None or a.shape is None:
        return False
    with_number = p.draw.chance(0.3)
    b = p.some(lambda v: v.shape is not None and broadcast(v.shape, a.shape or ()) is not None)
    if b is None or b.shape is None:
        return False
    op = p.draw.of("++++----***///" if a.rank and b.rank else "++**")
    if with_number:
        text = p.number(3 if a.rank == 3 else 2)
        if (op == "/" and text == "0") or (op == "-" and text == "True"):
            text = "2"
        other: Var | complex | float = literal_eval(text)
        left = p.draw.chance(0.3) and op != "/"
        operands = (text, a.name) if left else (a.name, text)
        shape = a.shape
        dtype = result_type(a, other)
        of = [a]
    else:
        other, of = b, [a, b]
        operands = a.name, b.name
        shape = broadcast(a.shape, b.shape) or ()
        dtype = result_type(a, b)
        if op == "/" and b.rank < 2:
            op = "*"
    if op == "/" and RANK[dtype] < 2:
        dtype = "float32"
    p.bind(f"{operands[0]} {op} {operands[1]}", shape, dtype, *of)
    return True


def function_of_two(p: Program) -> bool:
    """Functions of two tensors, or three."""
    a = p.some(lambda v: v.shape is not None and v.rank in (1, 2))
    if a is None or a.shape is None:
        return False
    shape = a.shape
    b = p.some(
        lambda v: v.rank in (1, 2) and v.shape is not None and broadcast(v.shape, shape) is not None
    )
    if b is None or b.shape is None:
        return False
    out = broadcast(shape, b.shape) or ()
    dtype = result_type(a, b)
    kind = p.draw.below(7)
    if kind < 3:
        name = ("maximum", "minimum", "mul")[kind]
        p.bind(f"torch.{name}({a.name}, {b.name})", out, dtype, a, b)
    elif kind == 3:
        mask = p.fitting(out, dtype="bool")
        if mask is None:
            return False
        p.bind(f"torch.where({mask.name}, {a.name}, {b.name})", out, dtype, a, b)
    elif kind == 4:
        p.bind(f"torch.where({a.name} > {b.name}, {a.name}, 0)", out, a.dtype, a)
    elif kind == 5 and a.dtype == b.dtype and a.inexact:
        p.bind(f"torch.addcmul({a.name}, {a.name}, {b.name}, value=0.5)", out, dtype, a, b)
    elif kind == 6 and a.dtype == b.dtype and a.inexact:
        p.bind(f"torch.lerp({a.name}, {b.name}, 0.25)", out, dtype, a, b)
    else:
        return False
    return True


def compare(p: Program) -> bool:
    """A mask."""
    a = p.some(lambda v: v.shape is not None and v.rank <= 2)
    if a is None or a.shape is None:
        return False
    b = p.fitting(a.shape, 2) if p.draw.chance(0.4) else None
    op = p.draw.of((">", "<", ">=", "!=", "=="))
    other = b.name if b else p.draw.of(("0", "0.5", "1", "-1"))
    p.bind(f"{a.name} {op} {other}", a.shape, "bool")
    return True


def reduce(p: Program) -> bool:
    """Sums and the like, of all or of a dim."""
    v = p.some(lambda v: v.dims > 0 and size(v.shape or ()) > 0)
    if v is None or v.shape is None:
        return False
    d = p.draw.below(v.dims)
    kept = p.draw.chance(0.3)
    rest = (*v.shape[:d], *((1,) if kept else ()), *v.shape[d + 1 :])
    keep = ", keepdim=True" if kept else ""
    summed = "int64" if v.rank < 2 else v.dtype
    kind = p.draw.below(11)
    if kind < 3:
        p.bind(f"{v.name}.sum({d}{keep})", rest, summed, v)
    elif kind == 3:
        p.bind(f"{v.name}.sum()", (), summed, v)
    elif kind in (4, 5) and v.inexact:
        p.bind(f"{v.name}.mean({d}{keep})", rest, v.dtype, v)
    elif kind == 6 and v.rank in (1, 2):
        name = p.draw.of(("amax", "amin"))
        p.bind(f"{v.name}.{name}({d}{keep})", rest, v.dtype, v)
    elif kind == 7 and v.rank in (1, 2):
        name = p.draw.of(("max", "min", "sort", "cummax") if not kept else ("max", "min"))
        shape = v.shape if name in ("sort", "cummax") else rest
        values = p.bind(f"{v.name}.{name}({d}{keep})", shape, v.dtype, v)
        places = Var(p.name(), shape, "int64", p.bind("0", (), "int64").chain)
        del p.vars[-1]
        p.lines[-2:] = [f"{values.name}, {places.name} = {v.name}.{name}({d}{keep})"]
        p.vars.append(places)
    elif kind == 8 and v.rank == 2:
        p.bind(f"{v.name}.prod({d}{keep})", rest, v.dtype, v)
    elif kind == 9 and v.rank == 2:
        p.bind(f"{v.name}.logsumexp({d}{keep})", rest, v.dtype, v)
    elif kind == 10 and v.rank < 3:
        p.bind(
            f"{v.name}.{p.draw.of(('any', 'all'))}({d}{keep})",
            rest,
            "uint8" if v.dtype == "uint8" else "bool",
        )
    else:
        return False
    return True


def product(p: Program) -> bool:
    """Products of matrices and vectors."""
    a = p.some(lambda v: v.dims in (1, 2) and v.rank >= 1)
    if a is None or a.shape is None:
        return False
    n = a.shape[-1]
    b = p.some(lambda v: v.dtype == a.dtype and v.dims in (1, 2) and (v.shape or (0,))[0] == n)
    if b is None or b.shape is None:
        return False
    p.bind(f"{a.name} @ {b.name}", (*a.shape[:-1], *b.shape[1:]), a.dtype, a, b)
    return True


def join(p: Program) -> bool:
    """Joins of tensors of several dtypes."""
    a = p.some(lambda v: v.dims > 0)
    if a is None or a.shape is None:
        return False
    shape = a.shape
    b = p.some(lambda v: v.shape == shape)
    if b is None:
        return False
    dtype = promoted(a.dtype, b.dtype)
    d = p.draw.below(len(shape))
    if p.draw.chance(0.5):
        both = (*shape[:d], 2 * shape[d], *shape[d + 1 :])
        p.bind(f"torch.cat([{a.name}, {b.name}], {d})", both, dtype, a, b)
    else:
        p.bind(f"torch.stack([{a.name}, {b.name}], {d})", (*shape[:d], 2, *shape[d:]), dtype, a, b)
    return True


def pick(p: Program) -> bool:
    """Elements by masks and indices."""
    v = p.some(lambda v: v.dims > 0 and 0 not in (v.shape or ()))
    if v is None or v.shape is None:
        return False
    s, count = v.shape, p.draw.between(1, 3)
    index = p.indices(count, s[0])
    kind = p.draw.below(9)
    if kind == 0:
        mask = p.some(lambda m: m.dtype == "bool" and m.shape == s)
        text = mask.name if mask else f"{v.name} != 1" if v.rank else v.name
        p.bind(f"{v.name}[{text}]", None, v.dtype, v)
    elif kind == 1:
        mask = p.some(lambda m: m.dtype == "bool" and m.shape == s[:1])
        if mask is None:
            return False
        p.bind(f"{v.name}[{mask.name}]", None, v.dtype, v)
    elif kind in (2, 3):
        p.bind(f"{v.name}[{index}]", (count, *s[1:]), v.dtype, v)
    elif kind == 4 and len(s) == 2:
        p.bind(f"{v.name}[:, {p.indices(count, s[1])}]", (s[0], count), v.dtype, v)
    elif kind == 5 and len(s) >= 2:
        other = p.indices(count, s[1])
        p.bind(f"{v.name}[{index}, {other}]", (count, *s[2:]), v.dtype, v)
    elif kind == 6:
        p.bind(f"{v.name}.index_select(0, {index})", (count, *s[1:]), v.dtype, v)
    elif kind == 7:
        at = p.literal_index(s, count)
        p.bind(f"{v.name}.gather(0, {at})", (count, *s[1:]), v.dtype, v)
    elif kind == 8:
        p.bind(f"torch.take({v.name}, {p.indices(count, size(s))})", (count,), v.dtype, v)
    else:
        return False
    return True


def cast(p: Program) -> bool:
    """Another dtype."""
    v = p.some(lambda v: v.shape is not None)
    if v is None:
        return False
    dtype = p.draw.of(DTYPES)
    if RANK[dtype] < v.rank and (v.rank == 3 or RANK[dtype] == 1):
        return False
    text = f"{v.name}.to(torch.{dtype})"
    if dtype == v.dtype:
        return p.again(text, v)
    p.bind(text, v.shape, dtype, v)
    return True


def of_any_shape(p: Program) -> bool:
    """What can be done with a tensor whose shape values decided."""
    v = p.some(lambda v: v.shape is None and v.rank in (1, 2))
    if v is None:
        return False
    text, shape = p.draw.of((("* 2", None), (".sum()", ()), ("[:1]", None), (".flip(0)", None)))
    dtype = "int64" if shape == () and v.rank == 1 else v.dtype
    p.bind(f"{v.name}{' ' if text[0] == '*' else ''}{text}", shape, dtype, v)
    return True


def item(p: Program) -> bool:
    """A Python number out of a tensor, used in the next statement."""
    v = p.some(lambda v: v.shape == () and v.rank in (1, 2))
    w = p.some(lambda v: v.shape is not None and v.rank == 2)
    if v is None or w is None:
        return False
    p.bind(f"{w.name} * {v.name}.item()", w.shape, w.dtype, w)
    return True
