"""A kernel that slides over flat images: the sums of products, as the text of functions.

The elements of a channel lie in one row, so that a place of the kernel is a distance, and its window
begins at every position (see ops.nn.convolution.flat). What is added up stays in registers: sums for
OUTPUTS channels at VECTORS vectors of neighbouring positions, or at as many places of the kernel.
"""

from __future__ import annotations

from functools import cache

from tcalc.runtime.lazy.compiled.code import module
from tcalc.runtime.lazy.compiled.kernels import Compiled, available
from tcalc.runtime.lazy.compiled.loops import SIZES, TYPES, VECTOR, WIDE, Loops
from tcalc.runtime.lazy.compiled.lower import NAME

# So many sums, and what they are made of, fit the registers.
OUTPUTS = 8 if WIDE else 4
VECTORS = 3
# Of so many vectors of positions, gone over place after place, a block's values fit the first cache.
_PIECE = 64


class Sliding:
    """The two functions of arrays of a type.

    lanes: how many positions are in a vector.
    """

    def __init__(self, kind: str) -> None:
        self.lanes = VECTOR // SIZES[kind]
        self.forward = Compiled(_forward(kind), False, 1)
        self.sums = Compiled(_sums(kind), False, 1)


def sliding(char: str) -> Sliding | None:
    """Those of a type of NumPy's, by its letter; None where there are none."""
    found = _sliding(char) if char in TYPES and available() else None
    ready = found is not None and found.forward.is_ready(1) and found.sums.is_ready(1)
    return found if ready else None


@cache
def _sliding(char: str) -> Sliding:
    return Sliding(TYPES[char])


def _forward(kind: str) -> str:
    """Tiles of VECTORS vectors of positions, of each block of OUTPUTS channels.

    source: flat images, `deep` bytes from channel to channel. distances: of the kernel's places, in
    bytes. weights: by block, channel, place and output. added: by output. out: `across` bytes from
    output to output. lines: by line (of `pitch` positions) where its sums are in out, in bytes, less than
    0 where they are not wanted; of a line the first `width` are. first: the position to begin with.
    """
    code = Loops(kind, (
        "*source", "deep", "channels", "*distances", "places", "*weights", "*added", "blocks",
        "*out", "across", "outputs", "*lines", "pitch", "width", "first", "tiles",
    ))  # fmt: skip
    size, lanes, do = SIZES[kind], code.lanes, code.do
    do(f"%row = mul i64 %places, {OUTPUTS * size}", "%rows = mul i64 %row, %channels")
    do(f"%wide = mul i64 %across, {OUTPUTS}", "%narrow = trunc i64 %width to i32")
    wanted = code.splat("%narrow", "i32")
    code.begin("tile", here="%source")
    tile = code.line(f"mul i64 %tile.i, {VECTORS * lanes}")
    start = code.line(f"add i64 %first, {tile}")
    code.begin("block", matrix="%weights", bias="%added", into="%out")
    added = [one for one in code.ones("%bias", OUTPUTS) for _ in range(VECTORS)]
    sums = code.begin("channel", added, at="%here", factors="%matrix")
    sums = code.begin("place", sums, factor="%factors")
    values = code.vectors(code.beside("%at", code.distance("%distances", "%place.i")), VECTORS)
    factors = code.ones("%factor", OUTPUTS)
    sums = [
        code.fma(one, value, sums[o * VECTORS + i])
        for o, one in enumerate(factors)
        for i, value in enumerate(values)
    ]
    code.end("%places", sums, factor=OUTPUTS * size)
    code.end("%channels", sums, at="%deep", factors="%row")
    before = code.line(f"mul i64 %block.i, {OUTPUTS}")
    numbers = [code.line(f"add i64 {before}, {o}") for o in range(OUTPUTS)]
    there = [code.line(f"icmp ult i64 {o}, %outputs") for o in numbers]
    for i in range(VECTORS):
        position = code.line(f"add i64 {start}, {i * lanes}")
        first = code.line(f"udiv i64 {position}, %pitch")
        last = code.line(f"udiv i64 {code.line(f'add i64 {position}, {lanes - 1}')}, %pitch")
        count = code.line(f"add i64 {code.line(f'sub i64 {last}, {first}')}, 1")
        name = f"line{i}"
        code.begin(name)
        line = code.line(f"add i64 {first}, %{name}.i")
        target = code.distance("%lines", line)
        along = code.line(f"sub i64 {position}, {code.line(f'mul i64 {line}, %pitch')}")
        begin = code.splat(code.line(f"trunc i64 {along} to i32"), "i32")
        inside = code.test("icmp ult", code.op("add", begin, code.numbered("i32")), wanted)
        is_wanted = code.line(f"icmp sge i64 {target}, 0")
        at = code.beside(code.beside("%into", target), code.line(f"mul i64 {along}, {size}"))
        for o in range(OUTPUTS):
            both = code.line(f"and i1 {is_wanted}, {there[o]}")
            row = code.beside(at, code.line(f"mul i64 %across, {o}"))
            code.store_where(both, inside, sums[o * VECTORS + i], row)
        code.end(count)
    code.end("%blocks", matrix="%rows", bias=OUTPUTS * size, into="%wide")
    code.end("%tiles", here=VECTORS * VECTOR)
    do("ret void")
    return module((f"void @{NAME}(ptr %args)", code))


def _sums(kind: str) -> str:
    """The sums over positions of the products of a window's elements with what the kernel made of it.

    source, distances: as above, of a multiple of VECTORS places (`runs` of them). made: flat images,
    `across` bytes from output to output, of as many vectors. total: by block, channel, run, output and
    place, which the sums are added to.
    """
    code = Loops(kind, (
        "*source", "deep", "channels", "*distances", "runs", "*made", "across", "blocks", "vectors",
        "*total",
    ))  # fmt: skip
    size, do, count = SIZES[kind], code.do, OUTPUTS * VECTORS
    do(f"%wide = mul i64 %across, {OUTPUTS}")
    do(f"%row = mul i64 %runs, {count * size}", "%rows = mul i64 %row, %channels")
    do(f"%more = add i64 %vectors, {_PIECE - 1}", f"%pieces = udiv i64 %more, {_PIECE}")
    far = _PIECE * VECTOR
    code.begin("piece", here="%source", there="%made")
    do(f"%gone = mul i64 %piece.i, {_PIECE}", "%left = sub i64 %vectors, %gone")
    do(f"%is.last = icmp ult i64 %left, {_PIECE}")
    do(f"%length = select i1 %is.last, i64 %left, i64 {_PIECE}")
    code.begin("block", given="%there", matrix="%total")
    code.begin("channel", at="%here", totals="%matrix")
    code.begin("run", table="%distances", target="%totals")
    windows = [code.beside("%at", code.distance("%table", str(i))) for i in range(VECTORS)]
    rows = [code.beside("%given", code.line(f"mul i64 %across, {o}")) for o in range(OUTPUTS)]
    zero = code.constant(0, kind)
    sums = code.begin("vector", [zero] * count)
    step = code.line(f"mul i64 %vector.i, {VECTOR}")
    values = [code.load(code.beside(window, step), kind) for window in windows]
    made = [code.load(code.beside(row, step), kind) for row in rows]
    sums = [
        code.fma(one, value, sums[o * VECTORS + i])
        for o, one in enumerate(made)
        for i, value in enumerate(values)
    ]
    code.end("%length", sums)
    for i, v in enumerate(sums):
        code.add_across(v, code.beside("%target", i * size))
    code.end("%runs", table=VECTORS * 8, target=count * size)
    code.end("%channels", at="%deep", totals="%row")
    code.end("%blocks", given="%wide", matrix="%rows")
    code.end("%pieces", here=far, there=far)
    do("ret void")
    return module((f"void @{NAME}(ptr %args)", code))
