"""What each function of NumPy's comes to, by what its operands hold.

An exact one gives NumPy's result to the bit, and takes NumPy's place whenever that is quicker. Of
the others (float32 alone) NumPy's own last digits depend on its version and the processor: large
arrays have them from here in every way of running, where llvmlite is installed.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.arrays.clipping import clip
from tcalc.runtime.lazy.compiled import dividing, gammas, inverse, polynomials, powers, precise
from tcalc.runtime.types.codes import BOOLS, FLOATS, SIGNED, UNSIGNED
from tcalc.runtime.types.dtypes import bfloat16

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.code import Code, V

    Form = Callable[..., V | None]

INF = float("inf")
# What NumPy's dtypes are here, by kind and bytes.
_TYPES = {"f4": "float", "f8": "double", "f2": "half", "b1": "i1", "i1": "i8", "i2": "i16", "i4": "i32",
          "i8": "i64", "u1": "i8", "u2": "i16", "u4": "i32", "u8": "i64"}  # fmt: skip


# Types of 16-bit floats, which are converted to single ones and back, and no more.
SHORT_FLOATS = ("half", "bfloat")


def type_of(dtype: Any) -> str | None:
    """The type of a dtype's elements, or None."""
    if dtype.char in bfloat16.codes:
        return "bfloat"
    return _TYPES.get(f"{dtype.kind}{dtype.itemsize}") if dtype.isnative else None


class Primitive(NamedTuple):
    """What a function comes to: for floats, signed integers, unsigned ones and bools, or None.

    exact: whether it gives NumPy's result to the bit. quick: whether NumPy's own loop is as quick.
    """

    floats: Form | None = None
    signed: Form | None = None
    unsigned: Form | None = None
    bools: Form | None = None
    exact: bool = True
    quick: bool = True

    def form(self, dtype: Any) -> Form | None:
        """The form for operands of a dtype."""
        if dtype.char in FLOATS:
            return self.floats
        if dtype.char in BOOLS:
            return self.bools
        return self.signed if dtype.char in SIGNED else self.unsigned


def _plain(what: str, kind: str | None = None) -> Form:
    return lambda code, *operands: code.op(what, *operands, kind=kind)


def _calls(function: str) -> Form:
    return lambda code, *operands: code.call(function, *operands)


def _instructions(floats: str, integers: str = "", bools: str = "") -> Primitive:
    """An instruction for each kind, which is the same for all integers."""
    whole, truths = (_plain(what) if what else None for what in (integers, bools))
    return Primitive(_plain(floats) if floats else None, whole, whole, truths)


def _compared(ordered: str, integer: str) -> Primitive:
    floats, signed, unsigned = f"fcmp {ordered}", f"icmp s{integer}", f"icmp u{integer}"
    if integer in ("eq", "ne"):
        signed = unsigned = f"icmp {integer}"
    forms = [_plain(what, "i1") for what in (floats, signed, unsigned)]
    return Primitive(forms[0], forms[1], forms[2], forms[2])


def _extreme(greater: bool) -> Primitive:
    """The greater or the lesser of two: nan where one is."""
    how, word, of_bools = ("ogt", "max", "or") if greater else ("olt", "min", "and")

    def floats(code: Code, a: V, b: V) -> V:
        ahead = code.select(code.test(f"fcmp {how}", a, b), a, b)
        return code.select(_is_nan(code, a), a, ahead)

    return Primitive(floats, _calls(f"llvm.s{word}"), _calls(f"llvm.u{word}"), _plain(of_bools))


def _extreme_number(greater: bool) -> Primitive:
    """The same, but nan only where both are."""

    def floats(code: Code, a: V, b: V) -> V:
        ahead = code.select(code.test("fcmp ogt" if greater else "fcmp olt", a, b), a, b)
        return code.select(_is_nan(code, b), a, ahead)

    return _extreme(greater)._replace(floats=floats)


def _between(code: Code, x: V, least: V, most: V) -> V:
    """As `clip` does it with two numbers: what is neither below nor above stays, -0.0 and nan too."""
    found = code.select(code.test("fcmp olt", x, least), least, x)
    found = code.select(code.test("fcmp ogt", found, most), most, found)
    found = code.select(_is_nan(code, most), most, found)
    return code.select(_is_nan(code, least), least, found)


def _is_nan(code: Code, x: V) -> V:
    return code.test("fcmp uno", x, x)


def _sign(code: Code, x: V) -> V:
    found = code.select(code.test("fcmp ogt", x, 0), code.constant(1, x.type), 0)
    found = code.select(code.test("fcmp olt", x, 0), -1, found)
    return code.select(_is_nan(code, x), x, found)


def _sign_of_whole(code: Code, x: V) -> V:
    found = code.select(code.test("icmp sgt", x, 0), code.constant(1, x.type), 0)
    return code.select(code.test("icmp slt", x, 0), -1, found)


def _negative(code: Code, x: V) -> V:
    return code.op("sub", 0, x)


def _absolute(code: Code, x: V) -> V:
    return code.select(code.test("icmp slt", x, 0), _negative(code, x), x)


def _same(code: Code, x: V) -> V:
    return x


def _size_is(how: str) -> Form:
    return lambda code, x: code.test(f"fcmp {how}", code.call("llvm.fabs", x), INF)


def _signbit(code: Code, x: V) -> V:
    bits = code.convert("bitcast", x, "i32" if x.type == "float" else "i64")
    return code.test("icmp slt", bits, 0)


def _with(what: str, number: float, first: bool = False) -> Form:
    """An instruction with a number."""
    return lambda code, x: code.op(what, number, x) if first else code.op(what, x, number)


def _twice(what: str) -> Form:
    return lambda code, x: code.op(what, x, x)


def _hypot(code: Code, a: V, b: V) -> V | None:
    """Squares of single floats are exact in double, and so is every rounding but the last two."""
    if a.type != "float":
        return None
    wide = [code.convert("fpext", v, "double") for v in (a, b)]
    squares = [code.op("fmul", v, v) for v in wide]
    root = code.call("llvm.sqrt", code.op("fadd", *squares))
    found = code.convert("fptrunc", root, "float")
    infinite = [code.test("fcmp oeq", code.call("llvm.fabs", v), INF) for v in (a, b)]
    return code.select(code.op("or", *infinite), code.constant(INF, "float"), found)


def _divided(floats: Form, signed: Form | None = None) -> Primitive:
    return Primitive(floats, signed, quick=False)


def _close(form: Form) -> Primitive:
    """A function of float32 that is right to 1 ulp."""

    def floats(code: Code, *operands: V) -> V | None:
        return form(code, *operands) if operands[0].type == "float" else None

    return Primitive(floats, exact=False, quick=False)


PRIMITIVES: dict[Any, Primitive] = {
    np.add: _instructions("fadd", "add", "or"),
    np.subtract: _instructions("fsub", "sub"),
    np.multiply: _instructions("fmul", "mul", "and"),
    np.divide: _instructions("fdiv"),
    np.sqrt: Primitive(_calls("llvm.sqrt"), quick=False),
    np.negative: Primitive(_plain("fneg"), _negative, _negative),
    np.positive: Primitive(_same, _same, _same),
    np.absolute: Primitive(_calls("llvm.fabs"), _absolute, _same, _same),
    np.fabs: Primitive(_calls("llvm.fabs")),
    np.square: Primitive(_twice("fmul"), _twice("mul"), _twice("mul")),
    np.reciprocal: Primitive(_with("fdiv", 1, first=True)),
    np.sign: Primitive(_sign, _sign_of_whole, quick=False),
    np.floor: Primitive(_calls("llvm.floor"), _same, _same),
    np.ceil: Primitive(_calls("llvm.ceil"), _same, _same),
    np.trunc: Primitive(_calls("llvm.trunc"), _same, _same),
    np.rint: Primitive(_calls("llvm.rint")),
    np.maximum: _extreme(True),
    np.minimum: _extreme(False),
    clip: Primitive(_between),
    np.fmax: _extreme_number(True),
    np.fmin: _extreme_number(False),
    np.floor_divide: _divided(dividing.floor_divide, dividing.whole_floor_divide),
    np.remainder: _divided(dividing.remainder, dividing.whole_remainder),
    np.fmod: _divided(dividing.fmod),
    np.hypot: Primitive(_hypot, quick=False),
    np.copysign: Primitive(_calls("llvm.copysign")),
    np.greater: _compared("ogt", "gt"),
    np.greater_equal: _compared("oge", "ge"),
    np.less: _compared("olt", "lt"),
    np.less_equal: _compared("ole", "le"),
    np.equal: _compared("oeq", "eq"),
    np.not_equal: _compared("une", "ne"),
    np.isnan: Primitive(_is_nan),
    np.isinf: Primitive(_size_is("oeq")),
    np.isfinite: Primitive(_size_is("one")),
    np.signbit: Primitive(_signbit),
    np.bitwise_and: _instructions("", "and", "and"),
    np.bitwise_or: _instructions("", "or", "or"),
    np.bitwise_xor: _instructions("", "xor", "xor"),
    np.invert: Primitive(None, _with("xor", -1), _with("xor", -1), _with("xor", 1)),
    np.left_shift: Primitive(None, dividing.shifted("shl"), dividing.shifted("shl")),
    np.right_shift: Primitive(None, dividing.shifted("ashr"), dividing.shifted("lshr")),
    np.logical_and: _instructions("", "", "and"),
    np.logical_or: _instructions("", "", "or"),
    np.logical_xor: _instructions("", "", "xor"),
    np.logical_not: Primitive(bools=_with("xor", 1)),
    np.exp: _close(polynomials.exp),
    np.exp2: _close(polynomials.exp2),
    np.expm1: _close(polynomials.expm1),
    np.log: _close(polynomials.log),
    np.log2: _close(polynomials.log2),
    np.log10: _close(polynomials.log10),
    np.log1p: _close(polynomials.log1p),
    np.tanh: _close(polynomials.tanh),
    np.sin: _close(precise.sin),
    np.cos: _close(precise.cos),
    np.tan: _close(precise.tan),
    np.arcsin: _close(inverse.arcsin),
    np.arccos: _close(inverse.arccos),
    np.arctan: _close(inverse.arctan),
    np.arctan2: _close(inverse.arctan2),
    np.power: _close(powers.power),
    np.sinh: _close(inverse.sinh),
    np.cosh: _close(inverse.cosh),
    np.arcsinh: _close(inverse.arcsinh),
    np.arccosh: _close(inverse.arccosh),
    np.arctanh: _close(inverse.arctanh),
}


@cache
def special_primitives() -> dict[Any, Primitive]:
    """SciPy's functions."""
    from scipy import special

    return {
        special.erf: _close(polynomials.erf),
        special.gammaln: _close(gammas.lgamma),
        special.psi: _close(gammas.digamma),
    }


def every() -> dict[Any, Primitive]:
    """All that there are: NumPy's functions and SciPy's."""
    return {**PRIMITIVES, **special_primitives()}


def primitive_of(function: Any) -> Primitive | None:
    """What a function comes to; SciPy is not loaded for that."""
    found = PRIMITIVES.get(function)
    if found is None and "scipy.special" in sys.modules:
        found = special_primitives().get(function)
    return found


def is_quick(function: Any) -> bool:
    """Whether NumPy's own loop of a function is as quick as compiled code."""
    primitive = primitive_of(function)
    return primitive is None or primitive.quick


def _from_bfloat(code: Code, x: V) -> V:
    """The upper half of a single float is such a one."""
    bits = code.convert("zext", code.convert("bitcast", x, "i16"), "i32")
    return code.convert("bitcast", code.op("shl", bits, 16), "float")


def _to_bfloat(code: Code, x: V) -> V:
    """Rounded to even; any nan becomes the plain one of its sign."""
    bits = code.convert("bitcast", x, "i32")
    odd = code.op("and", code.op("lshr", bits, 16), 1)
    rounded = code.op("lshr", code.op("add", code.op("add", bits, odd), 0x7FFF), 16)
    sign = code.op("and", code.op("lshr", bits, 16), 0x8000)
    found = code.select(_is_nan(code, x), code.op("or", sign, 0x7FC0), rounded)
    return code.convert("bitcast", code.convert("trunc", found, "i16"), "bfloat")


def _whole(code: Code, value: V, target: Any) -> V | None:
    """Floats cut to integers: what is beyond the range, and nan, becomes the least one, as the processor
    has it; short integers are parts of 32 bits."""
    kind = type_of(target) or ""
    wide = "i64" if kind == "i64" else "i32"
    if target.char in UNSIGNED and kind == wide:
        return None  # NumPy's result depends on how it was compiled
    bound = 2.0 ** (int(wide[1:]) - 1)
    # The least number itself comes to the same either way.
    inside = code.test("fcmp olt", code.call("llvm.fabs", value), bound)
    found = code.convert("fptosi", code.select(inside, value, 0), wide)
    found = code.select(inside, found, -int(bound))
    return found if kind == wide else code.convert("trunc", found, kind)


def converted(code: Code, value: V, source: Any, target: Any) -> V | None:
    """A value of one dtype in another as NumPy casts it, or None where that is left to it."""
    kind = type_of(target)
    if kind is None or source == target:
        return value if source == target else None
    given = type_of(source)
    if kind in SHORT_FLOATS or given in SHORT_FLOATS:
        if "float" not in (kind, given):
            return None
        if "half" in (kind, given):
            return code.convert("fptrunc" if kind == "half" else "fpext", value, kind)
        return _to_bfloat(code, value) if kind == "bfloat" else _from_bfloat(code, value)
    if source.char in FLOATS:
        if target.char in BOOLS:
            return code.test("fcmp une", value, 0)
        if target.char not in FLOATS:
            return _whole(code, value, target)
        return code.convert("fpext" if kind == "double" else "fptrunc", value, kind)
    extended = "sext" if source.char in SIGNED else "zext"
    if target.char in FLOATS:
        return code.convert("sitofp" if extended == "sext" else "uitofp", value, kind)
    if target.char in BOOLS:
        return code.truth(value)
    if source.itemsize == target.itemsize and source.char not in BOOLS:
        return value
    larger = target.itemsize > source.itemsize or source.char in BOOLS
    return code.convert(extended if larger else "trunc", value, kind)
