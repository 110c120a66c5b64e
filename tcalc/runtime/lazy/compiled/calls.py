"""The short path of elementwise calls in machine code: tensors in, a tensor out, no Python between.

A function of this kind is called as builtins of Python are (CPython's `METH_FASTCALL`). It looks at what
it is given as `call.short` does in Python, by the places that `call.native` has found: which words of a
tensor hold its array and its end of the graph, where an array's data, sizes and flags are. It takes on
float32 tensors on the CPU whose result lies in order, and in no graph, with numbers among them, and gives
None for all else: then the Python of the short path does it, to the same bits, since both call the function
that the installation has for the op.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.scalars import Function, N, module

if TYPE_CHECKING:
    from collections.abc import Sequence

# Words of the context, which all functions share: addresses of types, objects and functions, and where a
# tensor's words are, in bytes.
CONTEXT = (
    "tensor", "parameter", "array", "float", "int", "none", "true", "is_on",
    "new_array", "new_object", "take", "drop", "clear", "whole",
    "at_array", "at_end", "at_storage", "at_view", "at_version", "waiting", "number",
    "at_base", "at_since",
)  # fmt: skip
# Words of a site, which is an op's own: the context, its loop and what that is given, how many operands
# there are, the result's dtype and the bytes of an element of it, then of each operand the dtype and the
# bytes of an element.
SITE = ("context", "loop", "data", "count", "dtype", "width")
MOST = 6
# What an operand is that is a number only.
ONLY_NUMBER = 0
# Where a bytes object of Python's begins, whose contents are a site.
CONTENTS = 32
# Where an object's type is, and what NumPy's arrays hold: data, number of dimensions, sizes, the bytes from
# element to element, the array whose memory it is, dtype and flags.
TYPE, DATA, DIMENSIONS, SIZES, STRIDES, BASE, DTYPE, FLAGS = 8, 16, 24, 32, 40, 48, 56, 64
# Where a float of Python's has its value.
VALUE = 16
_IN_ORDER, _ALIGNED, WRITEABLE = 0x101, 0x100, 0x400
# Numbers up to here are the same ones in double and in float32's range.
_MOST_INT, _MOST_FLOAT = 1 << 53, 3e38
_DIMENSIONS = 8
CALL, WRITE = "call", "call_into"
# What is known of a call's operands, in words: what the loop is given of each, and of the result; their
# arrays, the numbers among them, the result's sizes and number of dimensions, whether the graph may want it.
# Where arrays do not lie alike, the sizes, the bytes from element to element of each operand, and where the
# loop is.
_PARTS = {
    "data": MOST + 1, "steps": MOST + 1, "arrays": MOST, "numbers": MOST, "sizes": 1, "dims": 1, "size": 1,
    "tracked": 1, "shape": _DIMENSIONS, "strides": MOST * _DIMENSIONS, "index": _DIMENSIONS,
}  # fmt: skip
_PLAN = {name: sum([*_PARTS.values()][:i]) for i, name in enumerate(_PARTS)}
# How operands are: not for these functions, alike and in order, or others.
_NONE, _ALIKE, _APART = range(3)


def names() -> tuple[str, str]:
    """The functions: one that gives a new tensor, and one that writes into its first operand."""
    return CALL, WRITE


def text(large: int) -> str:
    """Their text, without the module around it. large: results have fewer elements."""
    functions = (_number, _alike, _together, _operands, _run, _tensor, _counted, _write)
    return module([*[write() for write in functions], _call(large)])


def word(f: Function, name: str, kind: str = "ptr") -> N:
    """A word of the context."""
    return f.load(kind, f.context, CONTEXT.index(name))


def field(f: Function, thing: N, at: int | N, kind: str = "ptr") -> N:
    """What an object has so many bytes from where it begins."""
    return f.load(kind, f.at(thing, "i8", at))


def _dims(f: Function, array: N) -> N:
    return field(f, array, DIMENSIONS, "i32").as_("zext", "i64")


class _Planned(Function):
    """A function of a site and what is known of a call's operands, while it is written."""

    def __init__(self, name: str, others: list[tuple[str, str]], result: str = "void") -> None:
        super().__init__(name, [("site", "ptr"), ("plan", "ptr"), *others], result)
        self.context = self.load("ptr", self.site)

    def of_site(self, name: str, kind: str = "i64") -> N:
        return self.load(kind, self.site, SITE.index(name))

    def place(self, name: str, index: N | int = 0) -> N:
        """Where a word of the plan is."""
        return self.at(self.at(self.plan, "i64", _PLAN[name]), "i64", index)

    def get(self, name: str, index: N | int = 0, kind: str = "i64") -> N:
        return self.load(kind, self.place(name, index))

    def set(self, name: str, value: N | int, index: N | int = 0) -> None:
        self.store(self.number(value, "i64"), self.place(name, index))

    def refuse_where(self, condition: N) -> None:
        with self.when(condition):
            self.give(_NONE)


def _number() -> Function:
    """Whether an object is a number that float32 has room for, and that as one."""
    f = Function("calls.number", [("context", "ptr"), ("object", "ptr"), ("into", "ptr")], "i64")
    kind, real = field(f, f.object, TYPE), f.variable("double", 0)
    is_float = kind.same(word(f, "float"))
    with f.when(is_float):
        real.set(field(f, f.object, VALUE, "double"))
    with f.when(is_float.same(0)):
        with f.when(kind.other(word(f, "int"))):
            f.give(0)
        over = f.variable("i32", 0)
        whole = f.call(word(f, "whole"), f.object, over.place, result="i64")
        with f.when(over.get().other(0) | (whole > _MOST_INT) | (whole < -_MOST_INT)):
            f.give(0)
        real.set(whole.as_("sitofp", "double"))
    with f.when((f.intrinsic("llvm.fabs", real.get()) <= _MOST_FLOAT).same(0)):
        f.give(0)
    f.store(real.get().as_("fptrunc", "float"), f.into)
    f.give(1)
    return f


def _alike() -> Function:
    """Whether two arrays are of one shape."""
    f = Function("calls.alike", [("one", "ptr"), ("other", "ptr")], "i64")
    dims = _dims(f, f.one)
    with f.when(dims.other(_dims(f, f.other))):
        f.give(0)
    sizes = [field(f, array, SIZES) for array in (f.one, f.other)]
    with f.loop(dims) as d:
        here, there = (f.load("i64", of, d) for of in sizes)
        with f.when(here.other(there)):
            f.give(0)
    f.give(1)
    return f


def _operands() -> Function:
    """Look at the operands: how they are."""
    f = _Planned("calls.operands", [("given", "ptr"), ("asked", "i64")], "i64")
    count = f.of_site("count")
    f.refuse_where(f.asked.other(count))
    f.refuse_where(f.load("i64", word(f, "is_on")).other(word(f, "true", "i64")))
    lead = f.variable("ptr", 0)
    floats, tracked, how = (f.variable("i64", value) for value in (0, 0, _ALIKE))
    with f.loop(count) as i:
        object = f.load("ptr", f.given, i)
        dtype, width = (f.load("i64", f.site, i + i + len(SITE) + k) for k in range(2))
        kind = field(f, object, TYPE)
        is_tensor = kind.same(word(f, "tensor")) | kind.same(word(f, "parameter"))
        with f.when(is_tensor.same(0)):  # a number, beside tensors or where none can be
            f.refuse_where(width.other(4))
            room = f.place("numbers", i)
            is_number = f.call("calls.number", f.context, object, room, result="i64")
            f.refuse_where(is_number.same(0))
            f.set("arrays", 0, i)
            f.set("steps", 0, i)
            f.set("data", room, i)
        with f.when(is_tensor):
            f.refuse_where(dtype.same(ONLY_NUMBER))
            # In no graph it has neither an end of it nor a base.
            end, view = (
                field(f, object, word(f, at, "i64"), "i64") for at in ("at_end", "at_view")
            )
            tracked.set(tracked.get() | (end ^ view))
            with f.when(width.same(4)):
                floats.set(1)
            array = field(f, object, word(f, "at_array", "i64"))
            f.refuse_where(field(f, array, TYPE).other(word(f, "array")))
            f.refuse_where(field(f, array, DTYPE, "i64").other(dtype))
            flags = field(f, array, FLAGS, "i32")
            f.refuse_where((flags & _ALIGNED).same(0) | (_dims(f, array) > _DIMENSIONS))
            f.set("arrays", array, i)
            f.set("steps", width, i)
            f.set("data", field(f, array, DATA), i)
            with f.when((flags & _IN_ORDER).other(_IN_ORDER)):
                how.set(_APART)
            with f.when(lead.get().same(0)):
                lead.set(array)
            with f.when(f.call("calls.alike", lead.get(), array, result="i64").same(0)):
                how.set(_APART)
    f.refuse_where(floats.get().same(0))  # numbers beside bools alone would give another dtype
    f.set("tracked", tracked.get())
    with f.when(how.get().same(_APART)):
        f.give(f.call("calls.together", f.site, f.plan, result="i64"))
    dims, sizes = _dims(f, lead.get()), field(f, lead.get(), SIZES)
    size = f.variable("i64", 1)
    with f.loop(dims) as d:
        size.set(size.get() * f.load("i64", sizes, d))
    for name, value in (("dims", dims), ("sizes", sizes), ("size", size.get())):
        f.set(name, value)
    f.give(_ALIKE)
    return f


def _together() -> Function:
    """The shape that operands have together, and how they lie for it: NumPy's result lies in order where
    none of them has a shorter way in a dimension than in those after it."""
    f = _Planned("calls.together", [], "i64")
    count, dims, size = f.of_site("count"), f.variable("i64", 0), f.variable("i64", 1)
    with f.loop(count) as i:
        array = f.get("arrays", i, "ptr")
        with f.when(array.other(0)), f.when(_dims(f, array) > dims.get()):
            dims.set(_dims(f, array))
    with f.loop(dims.get()) as d:
        f.set("shape", 1, d)
    with f.loop(count) as i:
        array = f.get("arrays", i, "ptr")
        with f.when(array.other(0)):
            own, sizes = _dims(f, array), field(f, array, SIZES)
            with f.loop(own) as d:
                n, place = f.load("i64", sizes, d), f.place("shape", dims.get() - own + d)
                with f.when(n.other(1)):
                    before = f.load("i64", place)
                    f.refuse_where(before.other(1) & before.other(n))
                    f.store(n, place)
    with f.loop(dims.get()) as d:
        size.set(size.get() * f.get("shape", d))
    with f.loop(count) as i:
        array, first = f.get("arrays", i, "ptr"), i * _DIMENSIONS
        with f.loop(dims.get()) as d:
            f.set("strides", 0, first + d)
        with f.when(array.other(0)):
            own, inside = _dims(f, array), f.variable("i64", 0)
            with f.loop(-1, own - 1, -1) as d:
                far = f.load("i64", field(f, array, STRIDES), d)
                is_single = f.load("i64", field(f, array, SIZES), d).same(1)
                with f.when(is_single.same(0) & far.other(0)):
                    f.refuse_where(far < inside.get())
                    inside.set(far)
                    f.set("strides", far, first + dims.get() - own + d)
    for name, value in (("dims", dims.get()), ("sizes", f.place("shape")), ("size", size.get())):
        f.set(name, value)
    f.give(_APART)
    return f


def _run() -> Function:
    """Run the loop. into: where the result lies, in order."""
    f = _Planned("calls.run", [("how", "i64"), ("into", "ptr")])
    count, width = f.of_site("count"), f.of_site("width")
    loop, given = f.of_site("loop", "ptr"), f.of_site("data", "ptr")
    f.set("data", f.into, count)
    f.set("steps", width, count)
    data, steps = f.place("data"), f.place("steps")
    with f.when(f.how.same(_ALIKE)):
        f.call(loop, data, f.place("size"), steps, given)
        f.give()
    # The last dimensions go together, as long as all operands go on evenly.
    some, last = f.variable("i64", 1), f.variable("i64", f.get("dims") - 1)
    with f.forever():
        d, is_even = last.get(), f.variable("i64", 1)
        with f.when(d < 0):
            f.leave()
        n = f.get("shape", d)
        with f.when(n.other(1)):
            begins = some.get().same(1)
            with f.loop(count) as k:
                far = f.get("strides", k * _DIMENSIONS + d)
                with f.when(begins):
                    f.set("steps", far, k)
                with f.when((f.get("steps", k) * some.get()).other(far) & begins.same(0)):
                    is_even.set(0)
            with f.when(is_even.get().same(0)):
                f.leave()
            some.set(some.get() * n)
        last.set(d - 1)
    with f.loop(f.get("dims")) as d:
        f.set("index", 0, d)
    with f.loop(f.get("size") // some.get()):
        f.call(loop, data, some.place, steps, given)
        f.set("data", f.get("data", count) + some.get() * width, count)
        outer = f.variable("i64", last.get())
        with f.forever():
            d = outer.get()
            with f.when(d < 0):
                f.leave()
            n, after = f.get("shape", d), f.get("index", d) + 1
            is_over = after.same(n)
            f.set("index", f.choose(is_over, 0, after), d)
            with f.loop(count) as k:
                far = f.get("strides", k * _DIMENSIONS + d)
                f.set("data", f.get("data", k) + f.choose(is_over, far - far * n, far), k)
            with f.when(is_over.same(0)):
                f.leave()
            outer.set(d - 1)
    f.give()
    return f


def _tensor() -> Function:
    """A tensor of an array, which becomes its, and an end of the graph; null where there is no room."""
    f = Function("tensor", [("context", "ptr"), ("held", "ptr"), ("end", "ptr")], "ptr")
    made = f.call(word(f, "new_object"), word(f, "tensor"), f.number(0, "i64"), result="ptr")
    with f.when(made.same(0)):
        f.call(word(f, "drop"), f.held)
        f.give(0)
    none = word(f, "none")
    f.store(f.held, f.at(made, "i8", word(f, "at_array", "i64")))
    for name, value in (("at_end", f.end), ("at_storage", none), ("at_view", none)):
        f.store(value, f.at(made, "i8", word(f, name, "i64")))
        f.call(word(f, "take"), value)
    f.give(made)
    return f


class Call(Function):
    """A builtin while it is written: `no` ends it with None. words: those of its site by name."""

    def __init__(self, name: str, words: Sequence[str]) -> None:
        given = [("self", "ptr"), ("given", "ptr"), ("asked", "i64")]
        super().__init__(f"loop_{name}", given, "ptr", internal=False)
        self._words = words
        self.site = self.at(self.self, "i8", CONTENTS)
        self.context = self.of_site("context", "ptr")
        self.none = word(self, "none")

    def of_site(self, name: str, kind: str = "i64") -> N:
        return self.load(kind, self.site, self._words.index(name))

    def no(self) -> None:
        self.call(word(self, "take"), self.none)
        self.give(self.none)

    def unless(self, condition: N) -> None:
        """End it where a condition does not hold."""
        with self.when(condition.same(0)):
            self.no()


class _Builtin(Call):
    """One of those of elementwise ops."""

    def __init__(self, name: str) -> None:
        super().__init__(name, SITE)
        self.plan = self.room("i64", sum(_PARTS.values()))

    def of_plan(self, name: str, kind: str = "i64") -> N:
        return self.load(kind, self.plan, _PLAN[name])

    def failed_where(self, condition: N) -> None:
        """The same where one holds after something failed, which the Python of the short path tells of."""
        with self.when(condition):
            self.call(word(self, "clear"))
            self.no()

    def operands(self) -> N:
        """How the operands are, where they are for it."""
        how = self.call(
            "calls.operands", self.site, self.plan, self.given, self.asked, result="i64"
        )
        self.unless(how.other(_NONE))
        self.unless(self.of_plan("size") > 0)
        return how


def _call(large: int) -> Function:
    """A call that gives a new tensor."""
    f = _Builtin(CALL)
    how = f.operands()
    f.unless(f.of_plan("size") < large)
    dtype, null = f.of_site("dtype", "ptr"), f.number(0, "ptr")
    f.call(word(f, "take"), dtype)
    result = f.call(
        word(f, "new_array"), word(f, "array"), dtype, f.of_plan("dims").as_("trunc", "i32"),
        f.of_plan("sizes", "ptr"), null, null, f.number(0, "i32"), null, result="ptr",
    )  # fmt: skip
    f.failed_where(result.same(0))
    f.call("calls.run", f.site, f.plan, how, field(f, result, DATA))
    end = f.choose(f.of_plan("tracked").same(0), f.none, word(f, "true"))
    made = f.call("tensor", f.context, result, end, result="ptr")
    f.failed_where(made.same(0))
    f.give(made)
    return f


def _write() -> Function:
    """A call that writes into its first operand, whose storage is there and no part of another's."""
    f = _Builtin(WRITE)
    f.unless(f.load("i64", word(f, "waiting")).same(0))  # nothing that may read what is written to
    how = f.operands()
    f.unless(f.of_plan("tracked").same(0))
    target, array = f.load("ptr", f.given), f.of_plan("arrays", "ptr")
    f.unless(array.other(0))
    storage, view = (field(f, target, word(f, at, "i64")) for at in ("at_storage", "at_view"))
    f.unless(storage.other(f.none) & view.same(f.none))
    flags = field(f, array, FLAGS, "i32")
    f.unless((flags & (_IN_ORDER | WRITEABLE)).same(_IN_ORDER | WRITEABLE))
    with f.when(how.same(_APART)):
        f.unless(f.call("calls.counted", array, result="i64").same(f.of_plan("size")))
        f.unless(_dims(f, array).same(f.of_plan("dims")))
    # Others are the same memory and lie alike, or are apart from it.
    begin = field(f, array, DATA, "i64")
    end = begin + f.of_plan("size") * f.of_site("width")
    with f.loop(f.of_site("count"), 1) as k:
        is_array = f.load("ptr", f.plan, k + _PLAN["arrays"]).other(0)
        with f.when(is_array):
            other = f.load("i64", f.plan, k + _PLAN["data"])
            far = f.variable("i64", f.load("i64", f.site, k + k + len(SITE) + 1))
            with f.when(how.same(_ALIKE)):
                far.set(far.get() * f.of_plan("size"))
            with f.when(how.same(_APART)), f.loop(f.of_plan("dims")) as d:
                step = f.load("i64", f.plan, k * _DIMENSIONS + d + _PLAN["strides"])
                far.set(far.get() + step * (f.load("i64", f.plan, d + _PLAN["shape"]) - 1))
            is_same = other.same(begin) & how.same(_ALIKE)
            f.unless(is_same | (other >= end) | (other + far.get() <= begin))
    place = f.at(storage, "i8", word(f, "at_version", "i64"))
    version, over = f.load("ptr", place), f.variable("i32", 0)
    count = f.call(word(f, "whole"), version, over.place, result="i64") + 1
    fresh = f.call(word(f, "number"), count, result="ptr")
    f.failed_where(fresh.same(0))
    f.call("calls.run", f.site, f.plan, how, field(f, array, DATA))
    f.store(fresh, place)
    f.call(word(f, "drop"), version)
    f.call(word(f, "take"), target)
    f.give(target)
    return f


def _counted() -> Function:
    """How many elements an array has."""
    f = Function("calls.counted", [("array", "ptr")], "i64")
    size, sizes = f.variable("i64", 1), field(f, f.array, SIZES)
    with f.loop(_dims(f, f.array)) as d:
        size.set(size.get() * f.load("i64", sizes, d))
    f.give(size.get())
    return f
