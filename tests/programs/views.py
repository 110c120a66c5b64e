"""Statements that show memory: views of many kinds, and second names."""

from __future__ import annotations

from collections.abc import Callable

from tests.programs.model import Shape, Var, size
from tests.programs.program import Program

Made = tuple[str, Shape] | None


def _dim(p: Program, v: Var) -> int:
    return p.draw.below(v.dims)


def _with(shape: Shape, dim: int, *sizes: int) -> Shape:
    return shape[:dim] + sizes + shape[dim + 1 :]


def _signed(p: Program, dim: int, dims: int) -> int:
    """A dim as it is counted from one end or the other."""
    return dim - dims if p.draw.chance(0.3) else dim


def _at(p: Program, dim: int, item: str, dims: int) -> str:
    """A subscript with one item of interest."""
    if dim == dims - 1 and dim and p.draw.chance(0.5):
        return f"[..., {item}]"
    return f"[{', '.join([*[':'] * dim, item])}]"


def select(p: Program, v: Var, s: Shape) -> Made:
    d = _dim(p, v)
    if not s[d]:
        return None
    i = p.draw.between(-s[d], s[d] - 1)
    text = _at(p, d, str(i), len(s)) if p.draw.chance(0.7) else f".select({d}, {i})"
    return v.name + text, _with(s, d)


def cut(p: Program, v: Var, s: Shape) -> Made:
    d = _dim(p, v)
    begin, step = p.draw.below(2), p.draw.between(1, 2)
    end = p.draw.of((s[d], s[d], max(s[d] - 1, begin)))
    item = f"{begin or ''}:{end if end != s[d] else ''}" + (f":{step}" if step > 1 else "")
    n = len(range(s[d])[begin:end:step])
    return v.name + _at(p, d, item, len(s)), _with(s, d, n)


def narrow(p: Program, v: Var, s: Shape) -> Made:
    d = _dim(p, v)
    n = p.draw.between(1, max(s[d], 1))
    begin = p.draw.between(0, max(s[d] - n, 0))
    return f"{v.name}.narrow({d}, {begin}, {n})", _with(s, d, n)


def transpose(p: Program, v: Var, s: Shape) -> Made:
    if len(s) == 2 and p.draw.chance(0.7):
        return v.name + p.draw.of((".T", ".t()", ".mT")), s[::-1]
    a, b = _dim(p, v), _dim(p, v)
    swapped = list(s)
    swapped[a], swapped[b] = s[b], s[a]
    name = p.draw.of(("transpose", "swapaxes", "swapdims"))
    return f"{v.name}.{name}({a}, {_signed(p, b, len(s))})", tuple(swapped)


def permute(p: Program, v: Var, s: Shape) -> Made:
    order = p.draw.distinct(len(s), len(s))
    return f"{v.name}.permute({', '.join(map(str, order))})", tuple(s[d] for d in order)


def movedim(p: Program, v: Var, s: Shape) -> Made:
    a, b = _dim(p, v), _dim(p, v)
    moved = list(s)
    moved.insert(b, moved.pop(a))
    return f"{v.name}.movedim({a}, {b})", tuple(moved)


def unsqueeze(p: Program, v: Var, s: Shape) -> Made:
    d = p.draw.between(0, len(s))
    text = "[None]" if d == 0 and p.draw.chance(0.5) else f".unsqueeze({d})"
    return v.name + text, (*s[:d], 1, *s[d:])


def squeeze(p: Program, v: Var, s: Shape) -> Made:
    if s and p.draw.chance(0.5):
        d = _dim(p, v)
        return f"{v.name}.squeeze({_signed(p, d, len(s))})", _with(s, d) if s[d] == 1 else s
    return f"{v.name}.squeeze()", tuple(n for n in s if n != 1)


def flat(p: Program, v: Var, s: Shape) -> Made:
    return v.name + p.draw.of((".reshape(-1)", ".flatten()", ".ravel()")), (size(s),)


def reshape(p: Program, v: Var, s: Shape) -> Made:
    n = size(s)
    first = [k for k in (1, 2, 3, 4, 6) if n and n % k == 0]
    if not first:
        return None
    k = p.draw.of(first)
    # A view where none can be is refused.
    name = "view" if not v.is_view or p.draw.chance(0.15) else "reshape"
    return f"{v.name}.{name}({k}, {p.draw.of((str(n // k), '-1'))})", (k, n // k)


def diagonal(p: Program, v: Var, s: Shape) -> Made:
    if len(s) < 2:
        return None
    off = p.draw.between(-1, 1)
    n = max(min(s[0] + min(off, 0), s[1] - max(off, 0)), 0)
    return f"{v.name}.diagonal({off or ''})", (*s[2:], n)


def unflatten(p: Program, v: Var, s: Shape) -> Made:
    d = _dim(p, v)
    if s[d] not in (4, 6):
        return None
    return f"{v.name}.unflatten({d}, (2, -1))", _with(s, d, 2, s[d] // 2)


PLAIN: list[tuple[int, Callable[[Program, Var, Shape], Made]]] = [
    (8, select), (9, cut), (3, narrow), (7, transpose), (3, permute), (1, movedim), (4, unsqueeze),
    (4, squeeze), (4, flat), (6, reshape), (3, diagonal), (2, unflatten),
]  # fmt: skip


def plain(p: Program) -> bool:
    """A view whose elements are all apart."""
    make = p.draw.weighted(PLAIN)
    free = make in (unsqueeze, flat, reshape) or (make is squeeze and p.draw.chance(0.3))
    v = p.some(lambda v: v.shape is not None and (free or v.dims > 0))
    if v is None or v.shape is None:
        return False
    made = make(p, v, v.shape)
    return made is not None and p.view(made[0], made[1], v)


def lying_over(p: Program) -> bool:
    """A view whose elements may lie on each other."""
    v = p.some(lambda v: v.dims >= 0 and size(v.shape or ()) > 0)
    if v is None or v.shape is None:
        return False
    s, kind = v.shape, p.draw.below(4)
    if kind == 0:
        grown = tuple(2 if n == 1 else n for n in s)
        shape = (2, *grown) if grown == s or p.draw.chance(0.3) else grown
        return p.view(f"{v.name}.expand({', '.join(map(str, shape))})", shape, v, True)
    if kind == 1:
        return p.view(f"{v.name}.broadcast_to({(2, *s)})", (2, *s), v, True)
    if kind == 2 and s and s[-1] >= 2:
        step = p.draw.between(1, 2)
        shape = (*s[:-1], (s[-1] - 2) // step + 1, 2)
        return p.view(f"{v.name}.unfold(-1, 2, {step})", shape, v, step == 1)
    if kind == 3 and size(s) >= 4 and not v.is_view:
        strides, shape = p.draw.of(
            (((2, 1), (2, 2)), ((1, 2), (2, 2)), ((1, 1), (2, 3)), ((0, 1), (2, 2)))
        )
        over = strides[0] * (shape[0] - 1) * strides[1] in (0, 1) and strides != (1, 2)
        return p.view(f"{v.name}.as_strided({shape}, {strides})", shape, v, over)
    return False


def parts(p: Program) -> bool:
    """All parts at once: those of a split may not be written to where gradients are recorded."""
    v = p.some(lambda v: v.dims > 0)
    if v is None or v.shape is None:
        return False
    d = _dim(p, v)
    n, rest = v.shape[d], v.shape
    if n not in (2, 3, 4):
        return False
    kind = p.draw.below(4)
    if kind == 0:
        shapes, text = [_with(rest, d)] * n, f"{v.name}.unbind({d})"
    elif kind == 1:
        each = (n + 1) // 2
        shapes, text = [_with(rest, d, each), _with(rest, d, n - each)], f"{v.name}.chunk(2, {d})"
    elif kind == 2:
        shapes, text = (
            [_with(rest, d, 1), _with(rest, d, n - 1)], f"torch.split({v.name}, [1, {n - 1}], {d})"
        )  # fmt: skip
    else:
        shapes, text = (
            [_with(rest, d, n - n // 2), _with(rest, d, n // 2)],
            f"torch.tensor_split({v.name}, 2, dim={d})",
        )
    made = [Var(p.name(), s, v.dtype, v.chain, True, v.overlaps, True) for s in shapes]
    p.vars += made
    return p.add(f"{', '.join(m.name for m in made)} = {text}")


def parts_of_complex(p: Program) -> bool:
    """Real numbers shown as complex ones, and the other way around."""
    v = p.some(lambda v: v.rank == 3 and v.shape is not None)
    if v is None or v.shape is None:
        return False
    real = "float32" if v.dtype == "complex64" else "float64"
    kind = p.draw.below(5)
    texts = (".real", ".imag", ".conj()", ".mH" if v.dims == 2 else ".conj()")
    if kind == 4:
        p.view(f"torch.view_as_real({v.name})", (*v.shape, 2), v)
    else:
        p.view(v.name + texts[kind], v.shape[::-1] if "mH" in texts[kind] else v.shape, v)
    if kind in (0, 1, 4):
        p.vars[-1].dtype = real
    return True


def names(p: Program) -> bool:
    """The same tensor under another name, or another tensor on the same memory."""
    v = p.some(lambda v: v.shape is not None)
    if v is None or v.shape is None:
        return False
    kind = p.draw.below(6)
    if kind < 3:
        made = p.bind(v.name + (".detach()", ".data", ".detach()")[kind], v.shape, v.dtype)
        made.is_view, made.overlaps = v.is_view, v.overlaps
        return True
    text = (v.name, f"{v.name}.to(torch.{v.dtype})", f"{v.name}.contiguous()")[kind - 3]
    return p.again(text, v)
