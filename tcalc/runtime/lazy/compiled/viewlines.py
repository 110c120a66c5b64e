"""What the texts of views in machine code (see `callviews`) are put together of."""

from __future__ import annotations

from tcalc.runtime.lazy.compiled.calls import CONTENTS, DATA, DIMENSIONS, SIZES
from tcalc.runtime.lazy.compiled.lines import field, unless, word

# What they find in their words: the view's op and for parts the ops of each kind, types and objects,
# functions, and where objects have their fields.
OPS = ("op", "select", "slice", "unsqueeze", "alias")
WORDS = (
    *OPS, "tensor", "parameter", "array", "storage", "view", "parts", "int", "tuple", "size", "slices", "none", "true",
    "zero", "flat", "dots", "mode", "enabled", "false", "float32", "float64", "int64", "float", "waiting", "sharing",
    "new_array", "set_base", "new_object", "take", "drop", "clear", "whole", "new_tuple", "attribute", "number",
    "pause", "resume",
    "at_array", "at_end", "at_storage", "at_view", "at_memory", "at_version",
    "at_base", "at_parent", "at_op", "at_values", "at_since", "at_tracked", "at_index",
)  # fmt: skip
# CPython's name for each function, which its word holds; the others are NumPy's, by their places.
FUNCTIONS = {
    "new_object": "PyType_GenericAlloc", "take": "Py_IncRef", "drop": "Py_DecRef",
    "clear": "PyErr_Clear", "whole": "PyLong_AsLongAndOverflow", "new_tuple": "PyTuple_New",
    "attribute": "PyObject_GetAttr", "number": "PyLong_FromLong", "pause": "PyGC_Disable", "resume": "PyGC_Enable",
}  # fmt: skip
NUMPYS = {"new_array": 94, "set_base": 282}
# Where NumPy's arrays have their steps; how many items a tuple has, and where they begin; what a slice
# goes by: start, stop and step.
STEPS, COUNT, ITEMS = 40, 16, 24
START, STOP, STEP = 16, 24, 32
MOST_DIMS = 8
IN_ORDER = 1
CLONED, ZEROED, FILLED, COPIED = "cloned", "zeroed", "filled", "copied"
ORDER, SIZED, EXPANDED, UNSQUEEZED, SQUEEZED, DIAGONAL, PART, DIVIDED, DETACHED = (
    "order", "sized", "expanded", "unsqueezed", "squeezed", "diagonal", "part", "divided", "detached",
)  # fmt: skip


def words(*names: str) -> list[str]:
    """Lines that read words: places as numbers, all else as pointers."""
    return [
        line
        for name in names
        for line in word(
            name, WORDS.index(name), "%site", "i64" if name.startswith("at_") else "ptr"
        )
    ]


def item(name: str, of: str, place: str, kind: str = "i64") -> list[str]:
    """Read one of the words in a row."""
    return [
        f"  %{name}.at = getelementptr {kind}, ptr {of}, i64 {place}",
        f"  %{name} = load {kind}, ptr %{name}.at, align 8",
    ]


def put(value: str, of: str, place: str, name: str, kind: str = "i64") -> list[str]:
    """Write one."""
    return [
        f"  %{name}.to = getelementptr {kind}, ptr {of}, i64 {place}",
        f"  store {kind} {value}, ptr %{name}.to, align 8",
    ]


def kept(name: str, value: str, of: str, at: str) -> list[str]:
    """Give a field a value, which it holds."""
    return [*filled(name, value, of, at), f"  call void %take(ptr {value})"]


def filled(name: str, value: str, of: str, at: str) -> list[str]:
    return [
        f"  %{name}.in = getelementptr i8, ptr {of}, i64 {at}",
        f"  store ptr {value}, ptr %{name}.in, align 8",
    ]


# What kinds count in, by type and by how each begins.
_VARIABLES = (
    ("i64", "0", ("seen", "named.some", "at.dim", "at.place", "moved")),
    ("i64", "1", ("elements", "product")),
    ("ptr", "null", ("gap", "kind")),
)


def begin(name: str, counts: tuple[int, ...]) -> list[str]:
    """The beginning of a kind: it is given so many arguments, the first of them a tensor with an array,
    `%held`, whose sizes and steps are read, and finds rooms for new ones."""
    tests = []
    for i, count in enumerate(counts):
        tests += [
            f"  %are{i} = icmp eq i64 %asked, {count}",
            f"  %fit{i} = or i1 %{f'fit{i - 1}' if i else 'never'}, %are{i}",
        ]
    return [
        f'define ptr @loop_{name}(ptr %self, ptr %given, i64 %asked) nounwind "no-builtins" {{',
        "entry:",
        *[
            f"  %{room} = alloca [{2 * MOST_DIMS + 1} x i64], align 8"
            for room in ("sizes", "steps")
        ],
        f"  %asked.for = alloca [{MOST_DIMS + 1} x i64], align 8",
        f"  %row = alloca [{MOST_DIMS + 1} x ptr], align 8",
        *[f"  %{room} = alloca [2 x ptr], align 8" for room in ("said", "single")],
        *[
            line
            for kind, value, rooms in _VARIABLES
            for room in rooms
            for line in (
                f"  %{room} = alloca {kind}, align 8",
                f"  store {kind} {value}, ptr %{room}, align 8",
            )
        ],
        f"  %site = getelementptr i8, ptr %self, i64 {CONTENTS}",
        *words("op", "view", "none", "take"),
        "  %never = icmp ne i64 0, 0",
        *tests,
        *unless(f"fit{len(counts) - 1}", "no", "look"),
        "  %source = load ptr, ptr %given, align 8",
        "  %held = call ptr @view.source(ptr %site, ptr %source)",
        "  %is.other = icmp eq ptr %held, null",
        "  br i1 %is.other, label %no, label %known",
        "known:",
        *field("dims32", "%held", DIMENSIONS, "i32"),
        "  %dims = zext i32 %dims32 to i64",
        *field("data", "%held", DATA, "ptr"),
        *field("own.sizes", "%held", SIZES, "ptr"),
        *field("own.steps", "%held", STEPS, "ptr"),
    ]


def end(
    dims: str, data: str = "%data", steps: str = "%steps", op: str = "%op", values: str = "%values"
) -> list[str]:
    """The end of a kind: what it shows, or None."""
    return [
        f"  %out = call ptr @view.shown(ptr %site, ptr %source, ptr %held, ptr {data}, i64 {dims},"
        f" ptr %sizes, ptr {steps}, ptr {op}, ptr {values}, ptr %view, ptr null)",
        "  %is.out = icmp ne ptr %out, null",
        "  br i1 %is.out, label %yes, label %no",
        "yes:",
        "  ret ptr %out",
        *NO,
    ]


def more(variable: str, test: str, name: str) -> list[str]:
    """One more where a test holds."""
    return [
        f"  %{name}.had = load i64, ptr %{variable}, align 8",
        f"  %{name}.one = zext i1 %{test} to i64",
        f"  %{name}.has = add i64 %{name}.had, %{name}.one",
        f"  store i64 %{name}.has, ptr %{variable}, align 8",
    ]


NO = ["no:", "  call void %take(ptr %none)", "  ret ptr %none", "}"]
AS_GIVEN = "  %values = call ptr @view.values(ptr %site, ptr %given, i64 %asked)"


def of_numbers() -> list[str]:
    """Lines that read an argument, a tuple of ints: `%count` of them, from `%wanted` on."""
    return [
        "  %read = call ptr @view.numbers(ptr %site, ptr %argument, ptr %asked.for)",
        "  %is.unread = icmp eq ptr %read, null",
        "  br i1 %is.unread, label %no, label %told",
        "told:",
        *put("%source", "%said", "0", "first", "ptr"),
        *put("%read", "%said", "1", "second", "ptr"),
        "  %count = load i64, ptr %asked.for, align 8",
        "  %wanted = getelementptr i64, ptr %asked.for, i64 1",
    ]


SAID = "  %values = call ptr @view.values(ptr %site, ptr %said, i64 2)"


def of_int(place: int, name: str) -> list[str]:
    """Lines that read an argument that is an int."""
    return [
        *item(f"{name}.given", "%given", str(place), "ptr"),
        f"  %{name}.is.int = call i1 @view.number(ptr %site, ptr %{name}.given, ptr %asked.for)",
        *unless(f"{name}.is.int", "no", f"{name}.read"),
        f"  %{name} = load i64, ptr %asked.for, align 8",
    ]


def loop(name: str, before: str, count: str, body: list[str], after: str) -> list[str]:
    """A loop over dimensions, `%name` is which; body: falls through to its end."""
    return [
        f"  br label %{name}.each",
        f"{name}.each:",
        f"  %{name} = phi i64 [ 0, %{before} ], [ %{name}.next, %{name}.end ]",
        f"  %{name}.is.end = icmp uge i64 %{name}, {count}",
        f"  br i1 %{name}.is.end, label %{after}, label %{name}.one",
        f"{name}.one:",
        *body,
        f"  br label %{name}.end",
        f"{name}.end:",
        f"  %{name}.next = add i64 %{name}, 1",
        f"  br label %{name}.each",
        f"{after}:",
    ]


def own_dim(name: str, place: str) -> list[str]:
    """Lines that read the size and the step of a dimension."""
    return [
        *item(f"{name}.size", "%own.sizes", place),
        *item(f"{name}.step", "%own.steps", place),
    ]


def new_dim(name: str, place: str, size: str, step: str) -> list[str]:
    return [
        *put(size, "%sizes", place, f"{name}.size"),
        *put(step, "%steps", place, f"{name}.step"),
    ]
