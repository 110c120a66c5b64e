"""The nodes of Python's `_ast` in the form in which they are quickest to make.

Positions are labels: every node is on line 1, and its column is the number of the node of ours
that it came from (`at`); see places.py. Line, end and context are the class's, fields are slots:
a node takes 0.15 µs to make where setting attributes one by one takes 1 µs.
"""

from __future__ import annotations

import _ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOAD, STORE, DEL = _ast.Load(), _ast.Store(), _ast.Del()

BINARY = {
    "+": _ast.Add(), "-": _ast.Sub(), "*": _ast.Mult(), "/": _ast.Div(), "//": _ast.FloorDiv(),
    "%": _ast.Mod(), "**": _ast.Pow(), "@": _ast.MatMult(), "<<": _ast.LShift(),
    ">>": _ast.RShift(), "&": _ast.BitAnd(), "|": _ast.BitOr(), "^": _ast.BitXor(),
}  # fmt: skip
UNARY = {"-": _ast.USub(), "+": _ast.UAdd(), "~": _ast.Invert(), "not": _ast.Not()}
BOOLEAN = {"and": _ast.And(), "or": _ast.Or()}
COMPARISONS = {
    "==": _ast.Eq(), "!=": _ast.NotEq(), "<": _ast.Lt(), "<=": _ast.LtE(), ">": _ast.Gt(),
    ">=": _ast.GtE(), "is": _ast.Is(), "is not": _ast.IsNot(), "in": _ast.In(),
    "not in": _ast.NotIn(),
}  # fmt: skip


# Where Python takes an attribute to end on a later line it looks there for the name, and the
# label would be lost: an attribute ends on its own line, far enough for every label.
_PLACE = {"lineno": 1, "end_lineno": 2, "end_col_offset": 0}
_ATTRIBUTE_PLACE = {"lineno": 1, "end_lineno": 1, "end_col_offset": 1 << 29}


def _place(name: str) -> dict[str, int]:
    return _ATTRIBUTE_PLACE if name == "Attribute" else _PLACE


def _kind(name: str, fields: str, **same: Any) -> Any:
    base = getattr(_ast, name)
    slots = [*fields.split(), "col_offset"]
    members = {"__slots__": slots, "__init__": object.__init__, **_place(name), **same}
    return type(name, (base,), members)


_Name = _kind("Name", "id", ctx=LOAD)
_NameStore = _kind("Name", "id", ctx=STORE)
_NameDel = _kind("Name", "id", ctx=DEL)
_Constant = _kind("Constant", "value", kind=None)
_BinOp = _kind("BinOp", "left op right")
_Call = _kind("Call", "func args keywords")
_Attribute = _kind("Attribute", "value attr", ctx=LOAD)
_IfExp = _kind("IfExp", "test body orelse")
_Compare = _kind("Compare", "left ops comparators")
_Subscript = _kind("Subscript", "value slice", ctx=LOAD)
_Tuple = _kind("Tuple", "elts", ctx=LOAD)
_List = _kind("List", "elts", ctx=LOAD)
_Assign = _kind("Assign", "targets value", type_comment=None)
_Expr = _kind("Expr", "value")


def name(id: str, at: int) -> Any:
    """A name that is read."""
    node = _Name()
    node.id, node.col_offset = id, at
    return node


def name_store(id: str, at: int) -> Any:
    """A name that is bound."""
    node = _NameStore()
    node.id, node.col_offset = id, at
    return node


def name_del(id: str, at: int) -> Any:
    """A name that is deleted."""
    node = _NameDel()
    node.id, node.col_offset = id, at
    return node


def constant(value: object, at: int) -> Any:
    """A constant."""
    node = _Constant()
    node.value, node.col_offset = value, at
    return node


def binop(left: Any, op: str, right: Any, at: int) -> Any:
    """`left op right`."""
    node = _BinOp()
    node.left, node.op, node.right, node.col_offset = left, BINARY[op], right, at
    return node


def call(func: Any, args: list[Any], at: int, keywords: list[Any] | None = None) -> Any:
    """`func(*args, **keywords)`."""
    node = _Call()
    node.func, node.args, node.keywords, node.col_offset = func, args, keywords or [], at
    return node


def attribute(value: Any, attr: str, at: int) -> Any:
    """`value.attr`."""
    node = _Attribute()
    node.value, node.attr, node.col_offset = value, attr, at
    return node


def ifexp(test: Any, body: Any, orelse: Any, at: int) -> Any:
    """`body if test else orelse`."""
    node = _IfExp()
    node.test, node.body, node.orelse, node.col_offset = test, body, orelse, at
    return node


_IN = [COMPARISONS["in"]]


def contains(item: Any, container: Any, at: int) -> Any:
    """`item in container`."""
    return compare(item, _IN, [container], at)


def compare(left: Any, ops: list[Any], comparators: list[Any], at: int) -> Any:
    """A chain of comparisons."""
    node = _Compare()
    node.left, node.ops, node.comparators, node.col_offset = left, ops, comparators, at
    return node


def subscript(value: Any, index: Any, at: int) -> Any:
    """`value[index]`."""
    node = _Subscript()
    node.value, node.slice, node.col_offset = value, index, at
    return node


def tuple_of(elts: list[Any], at: int) -> Any:
    """`(elts)`."""
    node = _Tuple()
    node.elts, node.col_offset = elts, at
    return node


def list_of(elts: list[Any], at: int) -> Any:
    """`[elts]`, a plain list."""
    node = _List()
    node.elts, node.col_offset = elts, at
    return node


def assign(target: Any, value: Any, at: int) -> Any:
    """`target = value`."""
    node = _Assign()
    node.targets, node.value, node.col_offset = [target], value, at
    return node


def expression(value: Any, at: int) -> Any:
    """An expression as a statement."""
    node = _Expr()
    node.value, node.col_offset = value, at
    return node


_KINDS: dict[str, Any] = {}
_CONTEXTS = {"load": LOAD, "store": STORE, "del": DEL}
# Fields that Python later added and wants to find, and those that are the same always.
_SAME: dict[str, Any] = {"type_comment": None, "type_params": [], "returns": None, "kind": None}


def make(kind: str, at: int, ctx: str | None = None, **fields: Any) -> Any:
    """Any other node, made the plain way.

    >>> make("Return", 0, value=None).col_offset
    0
    """
    made = _KINDS.get(kind)
    if made is None:
        base = getattr(_ast, kind)
        made = _KINDS[kind] = type(kind, (base,), {**_place(kind), **_SAME})
    if ctx is not None:
        fields["ctx"] = _CONTEXTS[ctx]
    node = made(**fields)
    node.col_offset = at
    return node
