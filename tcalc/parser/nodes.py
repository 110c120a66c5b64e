"""What the parser makes of a program: the syntax tree.

Names of classes and fields are those of Python's `ast`, with these differences:

- every node has `start` and `end`, offsets in code points, and its class has `fields`, the names
  of what is below it, in Python's order;
- operators are strings (`"+"`, `"not in"`, `"and"`), and nodes with a binary operator know its
  span (`op_span`, `op_spans`);
- there is no `ctx`: where a node stands says whether it is read, bound or deleted;
- parentheses around an expression are not part of it, except for a tuple's own;
- what is ours alone is not in `fields`: see `_OURS`.

A class is a row: its annotations are its slots and, after `start, end`, the parameters of its
constructor. `what` is how messages call the expressions that cannot be assigned to.
"""

from __future__ import annotations

from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import EllipsisType
    from typing import Any, ClassVar, TypeAlias, dataclass_transform

    ConstantValue: TypeAlias = str | int | float | complex | bool | EllipsisType | None
else:

    def dataclass_transform(**_):
        """For what checks types alone: `typing` is not loaded for it."""
        return lambda made: made


_PLACE = ("start", "end")
_OURS = {*_PLACE, "op_span", "op_spans", "attr_start", "name_start", "name_spans", "silent"}


@dataclass_transform(eq_default=False)
class Row(type):
    """Makes a class of its row. What it makes is a plain class, which Python calls the quickest."""

    def __new__(cls, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> Any:
        own = tuple(members.get("__annotations__", ()))
        members["__slots__"] = own
        members["fields"] = tuple([field for field in own if field not in _OURS])
        if own:
            members["__init__"] = _constructor(name, (*_PLACE, *own) if bases else own)
        return type.__new__(type, name, bases, members)


_templates: dict[int, FunctionType] = {}


def _constructor(name: str, fields: tuple[str, ...]) -> FunctionType:
    """An `__init__` that keeps its arguments: one is written for each number of them, and named.

    A node is made for every token that carries a value, and nothing shared is as quick.
    """
    count = len(fields)
    if count not in _templates:
        places = [f"field_{number}" for number in range(count)]
        lines = "".join([f"\n    self.{place} = {place}" for place in places])
        made: dict[str, Any] = {}
        exec(f"def __init__(self, {', '.join(places)}):{lines}", made)
        _templates[count] = made["__init__"]
    code = _templates[count].__code__.replace(
        co_names=fields, co_varnames=("self", *fields), co_qualname=f"{name}.__init__"
    )
    return FunctionType(code, {}, "__init__")


class Node(metaclass=Row):
    """The base of all nodes."""

    _constant_ = True

    if TYPE_CHECKING:
        fields: ClassVar[tuple[str, ...]]
        what: ClassVar[str]

    start: int
    end: int

    def __repr__(self) -> str:
        return dump(self)


class ExprNode(Node, metaclass=Row):
    """The base of expressions."""


class StmtNode(Node, metaclass=Row):
    """The base of statements."""


class Module(Node, metaclass=Row):
    """A whole program."""

    body: list[StmtNode]


# Parts that are neither statements nor expressions.


class arg(Node, metaclass=Row):
    """A parameter."""

    arg: str
    annotation: ExprNode | None


class arguments(Node, metaclass=Row):
    """Parameters; `kw_defaults` has None where a keyword-only parameter has no default."""

    posonlyargs: list[arg]
    args: list[arg]
    vararg: arg | None
    kwonlyargs: list[arg]
    kw_defaults: list[ExprNode | None]
    kwarg: arg | None
    defaults: list[ExprNode]


class keyword(Node, metaclass=Row):
    """`arg=value` in a call, or `**value` when `arg` is None."""

    arg: str | None
    value: ExprNode


class alias(Node, metaclass=Row):
    """One name of an import."""

    name: str
    asname: str | None


class withitem(Node, metaclass=Row):
    """`context_expr as optional_vars`."""

    context_expr: ExprNode
    optional_vars: ExprNode | None


class comprehension(Node, metaclass=Row):
    """`for target in iter if …`."""

    target: ExprNode
    iter: ExprNode
    ifs: list[ExprNode]


class ExceptHandler(Node, metaclass=Row):
    """`except type as name:`."""

    type: ExprNode | None
    name: str | None
    body: list[StmtNode]


# Expressions.


class Name(ExprNode, metaclass=Row):
    """A name, NFKC-normalised."""

    what = "name"
    id: str


class Constant(ExprNode, metaclass=Row):
    """A number, a string, None, True, False or an ellipsis."""

    what = "literal"
    value: ConstantValue


class JoinedStr(ExprNode, metaclass=Row):
    """An f-string (with its neighbours): Constant and FormattedValue parts."""

    what = "f-string"
    values: list[ExprNode]


class FormattedValue(ExprNode, metaclass=Row):
    """`{value!r:spec}`; `conversion` is -1 or the ordinal of `s`, `r` or `a`."""

    what = "f-string"
    value: ExprNode
    conversion: int
    format_spec: JoinedStr | None


class BoolOp(ExprNode, metaclass=Row):
    """`a and b and c`: a chain of one operator."""

    what = "expression"
    op: str
    values: list[ExprNode]


class NamedExpr(ExprNode, metaclass=Row):
    """`target := value`."""

    what = "named expression"
    target: Name
    value: ExprNode


class BinOp(ExprNode, metaclass=Row):
    """`left op right`."""

    what = "expression"
    left: ExprNode
    op: str
    right: ExprNode
    op_span: tuple[int, int]


class UnaryOp(ExprNode, metaclass=Row):
    """`-x`, `+x`, `~x`, `not x`."""

    what = "expression"
    op: str
    operand: ExprNode


class Lambda(ExprNode, metaclass=Row):
    """`lambda args: body`."""

    what = "lambda"
    args: arguments
    body: ExprNode


class IfExp(ExprNode, metaclass=Row):
    """`body if test else orelse`."""

    what = "conditional expression"
    test: ExprNode
    body: ExprNode
    orelse: ExprNode


class Compare(ExprNode, metaclass=Row):
    """`left op comparator op comparator …`."""

    what = "comparison"
    left: ExprNode
    ops: list[str]
    comparators: list[ExprNode]
    op_spans: list[tuple[int, int]]


class Call(ExprNode, metaclass=Row):
    """`func(args, keywords)`; a `*` argument is a Starred in `args`."""

    what = "function call"
    func: ExprNode
    args: list[ExprNode]
    keywords: list[keyword]


class Attribute(ExprNode, metaclass=Row):
    """`value.attr`."""

    what = "attribute"
    value: ExprNode
    attr: str
    attr_start: int


class Subscript(ExprNode, metaclass=Row):
    """`value[slice]`."""

    what = "subscript"
    value: ExprNode
    slice: ExprNode


class Slice(ExprNode, metaclass=Row):
    """`lower:upper:step` in a subscript."""

    lower: ExprNode | None
    upper: ExprNode | None
    step: ExprNode | None


class Starred(ExprNode, metaclass=Row):
    """`*value` in a call, a display, a subscript or a target."""

    what = "starred expression"
    value: ExprNode


class List(ExprNode, metaclass=Row):
    """`[…]`."""

    what = "list"
    elts: list[ExprNode]


class Tuple(ExprNode, metaclass=Row):
    """`…, …`, with its parentheses if it has them."""

    what = "tuple"
    elts: list[ExprNode]


class Set(ExprNode, metaclass=Row):
    """`{…}`."""

    what = "set display"
    elts: list[ExprNode]


class Dict(ExprNode, metaclass=Row):
    """`{key: value}`; a key is None where `**value` stands."""

    what = "dict display"
    keys: list[ExprNode | None]
    values: list[ExprNode]


class ListComp(ExprNode, metaclass=Row):
    """`[elt for …]`."""

    what = "list comprehension"
    elt: ExprNode
    generators: list[comprehension]


class SetComp(ExprNode, metaclass=Row):
    """`{elt for …}`."""

    what = "set comprehension"
    elt: ExprNode
    generators: list[comprehension]


class DictComp(ExprNode, metaclass=Row):
    """`{key: value for …}`."""

    what = "dict comprehension"
    key: ExprNode
    value: ExprNode
    generators: list[comprehension]


class GeneratorExp(ExprNode, metaclass=Row):
    """`(elt for …)`."""

    what = "generator expression"
    elt: ExprNode
    generators: list[comprehension]


class Yield(ExprNode, metaclass=Row):
    """`yield value`."""

    what = "yield expression"
    value: ExprNode | None


class YieldFrom(ExprNode, metaclass=Row):
    """`yield from value`."""

    what = "yield expression"
    value: ExprNode


# Statements.


class Expr(StmtNode, metaclass=Row):
    """An expression as a statement; `silent` when its line ends in `;`."""

    value: ExprNode
    silent: bool


class Assign(StmtNode, metaclass=Row):
    """`target = target = value`."""

    targets: list[ExprNode]
    value: ExprNode


class AugAssign(StmtNode, metaclass=Row):
    """`target op= value`; `op` is without the `=`."""

    target: ExprNode
    op: str
    value: ExprNode
    op_span: tuple[int, int]


class AnnAssign(StmtNode, metaclass=Row):
    """`target: annotation = value`; `simple` for a bare name without parentheses."""

    target: ExprNode
    annotation: ExprNode
    value: ExprNode | None
    simple: int


class Delete(StmtNode, metaclass=Row):
    """`del targets`."""

    targets: list[ExprNode]


class Pass(StmtNode, metaclass=Row):
    """`pass`."""


class Break(StmtNode, metaclass=Row):
    """`break`."""


class Continue(StmtNode, metaclass=Row):
    """`continue`."""


class Return(StmtNode, metaclass=Row):
    """`return value`."""

    value: ExprNode | None


class Raise(StmtNode, metaclass=Row):
    """`raise exc from cause`."""

    exc: ExprNode | None
    cause: ExprNode | None


class Assert(StmtNode, metaclass=Row):
    """`assert test, msg`."""

    test: ExprNode
    msg: ExprNode | None


class Global(StmtNode, metaclass=Row):
    """`global names`."""

    names: list[str]
    name_spans: list[tuple[int, int]]


class Nonlocal(StmtNode, metaclass=Row):
    """`nonlocal names`."""

    names: list[str]
    name_spans: list[tuple[int, int]]


class Import(StmtNode, metaclass=Row):
    """`import names`."""

    names: list[alias]


class ImportFrom(StmtNode, metaclass=Row):
    """`from module import names`; `level` counts the leading dots."""

    module: str | None
    names: list[alias]
    level: int


class If(StmtNode, metaclass=Row):
    """`if test:` …; an `elif` is an If alone in `orelse`."""

    test: ExprNode
    body: list[StmtNode]
    orelse: list[StmtNode]


class While(StmtNode, metaclass=Row):
    """`while test:` … `else:` …."""

    test: ExprNode
    body: list[StmtNode]
    orelse: list[StmtNode]


class For(StmtNode, metaclass=Row):
    """`for target in iter:` … `else:` …."""

    target: ExprNode
    iter: ExprNode
    body: list[StmtNode]
    orelse: list[StmtNode]


class With(StmtNode, metaclass=Row):
    """`with items:` …."""

    items: list[withitem]
    body: list[StmtNode]


class Try(StmtNode, metaclass=Row):
    """`try:` … `except …:` … `else:` … `finally:` …."""

    body: list[StmtNode]
    handlers: list[ExceptHandler]
    orelse: list[StmtNode]
    finalbody: list[StmtNode]


class TryStar(StmtNode, metaclass=Row):
    """`try:` … `except* …:` …."""

    body: list[StmtNode]
    handlers: list[ExceptHandler]
    orelse: list[StmtNode]
    finalbody: list[StmtNode]


class FunctionDef(StmtNode, metaclass=Row):
    """`def name(args) -> returns:` …; it starts at `def`, after its decorators."""

    name: str
    args: arguments
    body: list[StmtNode]
    decorator_list: list[ExprNode]
    returns: ExprNode | None
    name_start: int


class ClassDef(StmtNode, metaclass=Row):
    """`class name(bases):` …; it starts at `class`. There are no keywords."""

    name: str
    bases: list[ExprNode]
    body: list[StmtNode]
    decorator_list: list[ExprNode]
    name_start: int


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below a node, in the order of its fields."""
    for field in node.fields:
        value = getattr(node, field)
        if isinstance(value, Node):
            yield value
        elif type(value) is list:
            for item in value:
                if isinstance(item, Node):
                    yield item


def dump(node: object) -> str:
    """A tree as one line of text, in the manner of `ast.dump`, without positions.

    >>> dump(BinOp(0, 3, Name(0, 1, "x"), "+", Constant(2, 3, 1), (1, 2)))
    "BinOp(Name('x'), '+', Constant(1))"
    """
    if isinstance(node, Node):
        values = ", ".join([dump(getattr(node, field)) for field in node.fields])
        return f"{type(node).__name__}({values})"
    if isinstance(node, list):
        return "[" + ", ".join([dump(item) for item in node]) + "]"
    return repr(node)
