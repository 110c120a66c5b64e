"""Binding powers and the other tables of the grammar, as data.

An operator takes what is on its left when its left power is higher than the right power of the
operator before; equal powers associate to the left, a right power below its left one to the right.
"""

from __future__ import annotations

# How an operator's operands become a node.
BINARY = "binary"
COMPARISON = "comparison"
BOOLEAN = "boolean"
CONDITIONAL = "conditional"
UNARY = "unary"
LAMBDA = "lambda"

# Infix operators: (left power, right power, kind).
INFIX: dict[str, tuple[int, int, str]] = {
    "if": (2, 1, CONDITIONAL),
    "or": (5, 4, BOOLEAN),
    "and": (7, 6, BOOLEAN),
    **dict.fromkeys(
        ["<", ">", "<=", ">=", "==", "!=", "in", "not", "is"], (11, 10, COMPARISON)
    ),  # `not in` and `is not` begin with their first word
    "|": (12, 12, BINARY),
    "^": (13, 13, BINARY),
    "&": (14, 14, BINARY),
    "<<": (18, 18, BINARY),
    ">>": (18, 18, BINARY),
    "+": (20, 20, BINARY),
    "-": (20, 20, BINARY),
    "*": (22, 22, BINARY),
    "/": (22, 22, BINARY),
    "//": (22, 22, BINARY),
    "%": (22, 22, BINARY),
    "@": (22, 22, BINARY),
    "**": (26, 25, BINARY),
}

# Prefix operators: (right power, the highest power they may be the operand of, kind).
PREFIX: dict[str, tuple[int, int, str]] = {
    "lambda": (1, 1, LAMBDA),
    "not": (8, 8, UNARY),
    "-": (24, 99, UNARY),
    "+": (24, 99, UNARY),
    "~": (24, 99, UNARY),
}

# What `expression` may be told to stop at.
ANY = 0
DISJUNCTION = 3  # no conditional and no lambda: conditions and iterables of comprehensions
BITWISE = 12  # no comparison: operands of `*` and targets

MAX_DEPTH = 500  # brackets, unary operators, `**`, lambdas and conditionals within each other
MAX_BLOCKS = 20  # loops, `with` and `try` within each other in one function: CPython's limit
MAX_BEFORE_STAR = 255  # targets before a starred one: CPython's limit

# Between numbers `^` is refused: in Python it is exclusive or, in many a user's mind a power.
XOR = "`^` between numbers could mean a power or exclusive or"
XOR_HINT = "write `**` for a power, `bitwise_xor(a, b)` for exclusive or"

# The special names that a class may define; every other name of the form `__x__` is refused.
_ARITHMETIC = [
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and",
    "or", "xor",
]  # fmt: skip
METHODS = frozenset([
    "__init__", "__post_init__", "__call__", "__repr__", "__str__", "__format__", "__len__",
    "__getitem__", "__getitems__", "__setitem__",
    "__delitem__", "__iter__", "__next__", "__contains__", "__enter__", "__exit__", "__getattr__",
    "__setattr__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__",
    "__bool__", "__int__", "__float__", "__complex__", "__index__", "__round__", "__abs__",
    "__neg__", "__pos__", "__invert__", "__divmod__", "__rdivmod__",
    "__constants__",  # a list of names for TorchScript, which changes nothing
    *[f"__{side}{name}__" for name in _ARITHMETIC for side in ("", "r", "i")],
])  # fmt: skip

# What classes say of how they are pickled. Nothing is pickled here, and copies are made of the
# attributes: they may stand in a class, and are left out of it.
PICKLED = frozenset(["__getstate__", "__setstate__"])

# What files say of themselves at their top level: there these are ordinary variables.
METADATA = frozenset([
    f"__{name}__" for name in (
        "all", "author", "authors", "contact", "copyright", "credits", "date", "deprecated",
        "description", "docformat", "email", "license", "maintainer", "revision", "status",
        "summary", "title", "uri", "url", "version", "version_info",
    )
])  # fmt: skip
