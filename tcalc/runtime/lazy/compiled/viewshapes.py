"""Views of all elements in machine code: dimensions in another order, of other sizes, stretched, put in, left
out; and diagonals (see `callviews`)."""

from __future__ import annotations

from tcalc.runtime.lazy.compiled.calls import FLAGS
from tcalc.runtime.lazy.compiled.lines import equal, field, unless
from tcalc.runtime.lazy.compiled.viewlines import (
    AS_GIVEN,
    DIAGONAL,
    EXPANDED,
    IN_ORDER,
    ORDER,
    SAID,
    SIZED,
    SQUEEZED,
    UNSQUEEZED,
    begin,
    end,
    item,
    loop,
    more,
    new_dim,
    of_int,
    of_numbers,
    own_dim,
    put,
    words,
)


def text() -> list[str]:
    """Their lines."""
    kinds = (_declared, _order, _sized, _expanded, _unsqueezed, _squeezed, _diagonal)
    return [line for write in kinds for line in (*write(), "")]


def _declared() -> list[str]:
    pair = "i64, i64"
    return [
        f"declare {{ i64, i1 }} @llvm.smul.with.overflow.i64({pair})",
        *[f"declare i64 @llvm.{name}.i64({pair})" for name in ("smin", "smax")],
    ]


def _order() -> list[str]:
    """Dimensions in another order: that of a tuple, with two changed about, or the other way round."""
    return [
        *begin(ORDER, (1, 2, 3)),
        "  br i1 %are0, label %reversed, label %not.one",
        "reversed:",
        "  %is.high = icmp ugt i64 %dims, 2",
        "  br i1 %is.high, label %no, label %turn",
        "turn:",
        *loop("t", "turn", "%dims", [
            *own_dim("t", "%t"),
            "  %t.back = sub i64 %dims, %t",
            "  %t.to = sub i64 %t.back, 1",
            *new_dim("t", "%t.to", "%t.size", "%t.step"),
        ], "show"),
        AS_GIVEN.replace("%values", "%values.given"),
        "  br label %made",
        "not.one:",
        "  br i1 %are1, label %permuted, label %swapped",
        # A permutation.
        "permuted:",
        *item("argument", "%given", "1", "ptr"),
        *of_numbers(),
        equal("are.all", "%count", "%dims"),
        *unless("are.all", "no", "placing"),
        *loop("p", "placing", "%count", [
            *item("p.dim", "%wanted", "%p"),
            "  %p.from = call i64 @view.wrapped(i64 %p.dim, i64 %dims)",
            "  %p.is.none = icmp slt i64 %p.from, 0",
            "  br i1 %p.is.none, label %no, label %p.there",
            "p.there:",
            "  %p.seen = load i64, ptr %seen, align 8",
            "  %p.bit = shl i64 1, %p.from",
            "  %p.both = or i64 %p.seen, %p.bit",
            "  store i64 %p.both, ptr %seen, align 8",
            *own_dim("p", "%p.from"),
            *new_dim("p", "%p", "%p.size", "%p.step"),
        ], "placed"),
        # Each dimension once.
        "  %seen.all = load i64, ptr %seen, align 8",
        "  %beyond = shl i64 1, %dims",
        "  %every = sub i64 %beyond, 1",
        equal("is.whole", "%seen.all", "%every"),
        *unless("is.whole", "no", "permute"),
        SAID.replace("%values", "%values.said"),
        "  br label %made",
        "swapped:",
        *of_int(1, "first.dim"),
        *of_int(2, "second.dim"),
        "  %a = call i64 @view.wrapped(i64 %first.dim, i64 %dims)",
        "  %b = call i64 @view.wrapped(i64 %second.dim, i64 %dims)",
        "  %least = or i64 %a, %b",
        "  %is.out.of.range = icmp slt i64 %least, 0",
        "  br i1 %is.out.of.range, label %no, label %swap",
        "swap:",
        *loop("s", "swap", "%dims", [
            equal("s.is.a", "%s", "%a"),
            equal("s.is.b", "%s", "%b"),
            "  %s.of.b = select i1 %s.is.b, i64 %a, i64 %s",
            "  %s.from = select i1 %s.is.a, i64 %b, i64 %s.of.b",
            *own_dim("s", "%s.from"),
            *new_dim("s", "%s", "%s.size", "%s.step"),
        ], "exchanged"),
        AS_GIVEN.replace("%values", "%values.three"),
        "  br label %made",
        "made:",
        "  %values = phi ptr [ %values.given, %show ], [ %values.said, %permute ],"
        " [ %values.three, %exchanged ]",
        *end("%dims"),
    ]  # fmt: skip


def _sized() -> list[str]:
    """Another shape of as many elements, of an array that lies in order; one size may be -1."""
    return [
        *begin(SIZED, (2, 3)),
        *words("flat"),
        *field("flags", "%held", FLAGS, "i32"),
        f"  %order = and i32 %flags, {IN_ORDER}",
        "  %in.order = icmp ne i32 %order, 0",
        *unless("in.order", "no", "ordered"),
        *item("argument.given", "%given", "1", "ptr"),
        "  br i1 %are0, label %shape, label %ends",
        # From the first dimension to the last, of several.
        "ends:",
        *of_int(1, "start"),
        *of_int(2, "end"),
        "  %from.first = icmp eq i64 %start, 0",
        "  %to.last = icmp eq i64 %end, -1",
        "  %are.several = icmp ugt i64 %dims, 1",
        "  %from.all = and i1 %from.first, %to.last",
        "  %is.flat = and i1 %from.all, %are.several",
        *unless("is.flat", "no", "flatten"),
        "  br label %shape",
        "shape:",
        "  %argument = phi ptr [ %argument.given, %ordered ], [ %flat, %flatten ]",
        *of_numbers(),
        *loop("e", "told", "%dims", [
            *item("e.size", "%own.sizes", "%e"),
            "  %e.before = load i64, ptr %elements, align 8",
            "  %e.after = mul i64 %e.before, %e.size",
            "  store i64 %e.after, ptr %elements, align 8",
        ], "counted"),
        *loop("w", "counted", "%count", [
            *item("w.size", "%wanted", "%w"),
            *put("%w.size", "%sizes", "%w", "w"),
            "  %w.is.open = icmp eq i64 %w.size, -1",
            "  br i1 %w.is.open, label %w.open, label %w.known",
            "w.open:",
            "  %w.other = load ptr, ptr %gap, align 8",
            "  %w.is.only = icmp eq ptr %w.other, null",
            *unless("w.is.only", "no", "w.only"),
            "  store ptr %w.to, ptr %gap, align 8",
            "  br label %w.end",
            "w.known:",
            "  %w.is.plain = icmp sge i64 %w.size, 0",
            *unless("w.is.plain", "no", "w.plain"),
            "  %w.before = load i64, ptr %product, align 8",
            "  %w.both = call { i64, i1 } @llvm.smul.with.overflow.i64(i64 %w.before, i64 %w.size)",
            "  %w.after = extractvalue { i64, i1 } %w.both, 0",
            "  %w.over = extractvalue { i64, i1 } %w.both, 1",
            "  br i1 %w.over, label %no, label %w.fits",
            "w.fits:",
            "  store i64 %w.after, ptr %product, align 8",
        ], "multiplied"),
        "  %all = load i64, ptr %elements, align 8",
        "  %known.part = load i64, ptr %product, align 8",
        "  %open.at = load ptr, ptr %gap, align 8",
        "  %has.open = icmp ne ptr %open.at, null",
        "  br i1 %has.open, label %fill.open, label %compare",
        "fill.open:",
        "  %is.nothing = icmp eq i64 %known.part, 0",
        "  br i1 %is.nothing, label %no, label %divide",
        "divide:",
        "  %quotient = udiv i64 %all, %known.part",
        "  store i64 %quotient, ptr %open.at, align 8",
        "  %back = mul i64 %quotient, %known.part",
        "  br label %compare",
        "compare:",
        "  %said.size = phi i64 [ %known.part, %multiplied ], [ %back, %divide ]",
        equal("is.as.many", "%said.size", "%all"),
        *unless("is.as.many", "no", "show"),
        SAID,
        *end("%count", steps="null"),
    ]  # fmt: skip


def _expanded() -> list[str]:
    """Dimensions of size 1 stretched, and new ones in front."""
    return [
        *begin(EXPANDED, (2,)),
        *item("argument", "%given", "1", "ptr"),
        *of_numbers(),
        "  %new = sub i64 %count, %dims",
        "  %is.short = icmp slt i64 %new, 0",
        "  br i1 %is.short, label %no, label %stretch",
        "stretch:",
        *loop("e", "stretch", "%count", [
            *item("e.wanted", "%wanted", "%e"),
            "  %e.own = sub i64 %e, %new",
            "  %e.is.new = icmp slt i64 %e.own, 0",
            "  br i1 %e.is.new, label %e.front, label %e.there",
            "e.there:",
            *own_dim("e", "%e.own"),
            "  %e.has.some = icmp ne i64 %e.size, 0",
            *unless("e.has.some", "no", "e.some"),
            "  %e.keeps = icmp eq i64 %e.wanted, -1",
            equal("e.is.same", "%e.wanted", "%e.size"),
            "  %e.stays = or i1 %e.keeps, %e.is.same",
            "  br i1 %e.stays, label %e.stay, label %e.stretch",
            "e.stretch:",
            "  %e.is.one = icmp eq i64 %e.size, 1",
            *unless("e.is.one", "no", "e.front"),
            "  %e.is.much = icmp sgt i64 %e.wanted, 0",
            *unless("e.is.much", "no", "e.much"),
            "  br label %e.put",
            "e.stay:",
            "  br label %e.put",
            "e.put:",
            "  %e.new.size = phi i64 [ %e.wanted, %e.much ], [ %e.size, %e.stay ]",
            "  %e.new.step = phi i64 [ 0, %e.much ], [ %e.step, %e.stay ]",
            *new_dim("e.new", "%e", "%e.new.size", "%e.new.step"),
        ], "stretched"),
        SAID,
        *end("%count"),
    ]  # fmt: skip


def _unsqueezed() -> list[str]:
    """A dimension of size 1 put in."""
    return [
        *begin(UNSQUEEZED, (2,)),
        *of_int(1, "dim"),
        "  %more = add i64 %dims, 1",
        "  %place = call i64 @view.wrapped(i64 %dim, i64 %more)",
        "  %is.nowhere = icmp slt i64 %place, 0",
        "  br i1 %is.nowhere, label %no, label %put",
        "put:",
        *new_dim("one", "%place", "1", "0"),
        *loop("u", "put", "%dims", [
            *own_dim("u", "%u"),
            "  %u.is.after = icmp uge i64 %u, %place",
            "  %u.more = zext i1 %u.is.after to i64",
            "  %u.place = add i64 %u, %u.more",
            *new_dim("u.new", "%u.place", "%u.size", "%u.step"),
        ], "show"),
        AS_GIVEN,
        *end("%more"),
    ]  # fmt: skip


def _squeezed() -> list[str]:
    """Dimensions of size 1 left out: all, or one."""
    return [
        *begin(SQUEEZED, (2,)),
        *item("argument", "%given", "1", "ptr"),
        equal("is.all", "%argument", "%none", "ptr"),
        "  br i1 %is.all, label %go, label %one.dim",
        "one.dim:",
        *of_int(1, "dim"),
        "  %place = call i64 @view.wrapped(i64 %dim, i64 %dims)",
        "  %is.nowhere = icmp slt i64 %place, 0",
        "  br i1 %is.nowhere, label %no, label %somewhere",
        "somewhere:",
        "  br label %go",
        "go:",
        "  %only = phi i64 [ -1, %known ], [ %place, %somewhere ]",
        *loop("q", "go", "%dims", [
            *own_dim("q", "%q"),
            "  %q.to = load i64, ptr %seen, align 8",
            *new_dim("q.new", "%q.to", "%q.size", "%q.step"),
            "  %q.is.one = icmp eq i64 %q.size, 1",
            equal("q.is.it", "%q", "%only"),
            "  %q.is.named = or i1 %is.all, %q.is.it",
            "  %q.goes = and i1 %q.is.one, %q.is.named",
            "  %q.stays = xor i1 %q.goes, true",
            *more("seen", "q.stays", "q.more"),
        ], "show"),
        "  %left = load i64, ptr %seen, align 8",
        AS_GIVEN,
        *end("%left"),
    ]  # fmt: skip


def _diagonal() -> list[str]:
    """The diagonal of two dimensions, as the last one."""
    return [
        *begin(DIAGONAL, (4,)),
        *of_int(1, "offset"),
        *of_int(2, "first.dim"),
        *of_int(3, "second.dim"),
        "  %a = call i64 @view.wrapped(i64 %first.dim, i64 %dims)",
        "  %b = call i64 @view.wrapped(i64 %second.dim, i64 %dims)",
        "  %least = or i64 %a, %b",
        "  %is.nowhere = icmp slt i64 %least, 0",
        "  %is.one = icmp eq i64 %a, %b",
        "  %is.wrong = or i1 %is.nowhere, %is.one",
        "  br i1 %is.wrong, label %no, label %two",
        "two:",
        *own_dim("a", "%a"),
        *own_dim("b", "%b"),
        "  %is.above = icmp sge i64 %offset, 0",
        "  %below = sub i64 0, %offset",
        "  %far = select i1 %is.above, i64 %offset, i64 %below",
        "  %far.step = select i1 %is.above, i64 %b.step, i64 %a.step",
        "  %a.cut = select i1 %is.above, i64 0, i64 %far",
        "  %b.cut = select i1 %is.above, i64 %far, i64 0",
        "  %a.left = sub i64 %a.size, %a.cut",
        "  %b.left = sub i64 %b.size, %b.cut",
        "  %lesser = call i64 @llvm.smin.i64(i64 %a.left, i64 %b.left)",
        "  %is.there = icmp sge i64 %lesser, 0",
        "  %length = select i1 %is.there, i64 %lesser, i64 0",
        "  %reach = mul i64 %far, %far.step",
        "  %ahead = select i1 %is.there, i64 %reach, i64 0",
        "  %start = getelementptr i8, ptr %data, i64 %ahead",
        *loop("d", "two", "%dims", [
            *own_dim("d", "%d"),
            "  %d.to = load i64, ptr %seen, align 8",
            *new_dim("d.new", "%d.to", "%d.size", "%d.step"),
            equal("d.is.a", "%d", "%a"),
            equal("d.is.b", "%d", "%b"),
            "  %d.goes = or i1 %d.is.a, %d.is.b",
            "  %d.stays = xor i1 %d.goes, true",
            *more("seen", "d.stays", "d.more"),
        ], "show"),
        "  %last = load i64, ptr %seen, align 8",
        "  %both.steps = add i64 %a.step, %b.step",
        *new_dim("last", "%last", "%length", "%both.steps"),
        "  %left = add i64 %last, 1",
        AS_GIVEN,
        *end("%left", data="%start"),
    ]  # fmt: skip
