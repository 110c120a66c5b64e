"""What the parser makes of a program: the syntax tree.

Names of classes and fields are those of Python's `ast`, with these differences:

- every node has `start` and `end`, offsets in code points, and its class has `fields`, the names
  of what is below it, in Python's order;
- operators are strings (`"+"`, `"not in"`, `"and"`), and nodes with a binary operator know its
  span (`op_span`, `op_spans`);
- there is no `ctx`: where a node stands says whether it is read, bound or deleted;
- parentheses around an expression are not part of it, except for a tuple's own;
- `Expr.silent`, `Attribute.attr_start`, `FunctionDef.name_start`, `ClassDef.name_start`,
  `Global.name_spans` and `Nonlocal.name_spans` are ours; they are not in `fields`.

Constructors take `start, end`, the fields in order, then what is not a field. They are written out
because a node is made for every token that carries a value, and nothing shared is as quick.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import EllipsisType
    from typing import TypeAlias

    ConstantValue: TypeAlias = str | int | float | complex | bool | EllipsisType | None


class Node:
    """The base of all nodes."""

    __slots__ = ("end", "start")
    fields: tuple[str, ...] = ()

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        return dump(self)


class ExprNode(Node):
    """The base of expressions."""

    __slots__ = ()


class StmtNode(Node):
    """The base of statements."""

    __slots__ = ()


class Module(Node):
    """A whole program."""

    __slots__ = fields = ("body",)

    def __init__(self, start: int, end: int, body: list[StmtNode]) -> None:
        self.start = start
        self.end = end
        self.body = body


# Parts that are neither statements nor expressions.


class arg(Node):
    """A parameter."""

    __slots__ = fields = ("arg", "annotation")

    def __init__(self, start: int, end: int, arg: str, annotation: ExprNode | None) -> None:
        self.start = start
        self.end = end
        self.arg = arg
        self.annotation = annotation


class arguments(Node):
    """Parameters; `kw_defaults` has None where a keyword-only parameter has no default."""

    __slots__ = fields = (
        "posonlyargs",
        "args",
        "vararg",
        "kwonlyargs",
        "kw_defaults",
        "kwarg",
        "defaults",
    )

    def __init__(
        self,
        start: int,
        end: int,
        posonlyargs: list[arg],
        args: list[arg],
        vararg: arg | None,
        kwonlyargs: list[arg],
        kw_defaults: list[ExprNode | None],
        kwarg: arg | None,
        defaults: list[ExprNode],
    ) -> None:
        self.start = start
        self.end = end
        self.posonlyargs = posonlyargs
        self.args = args
        self.vararg = vararg
        self.kwonlyargs = kwonlyargs
        self.kw_defaults = kw_defaults
        self.kwarg = kwarg
        self.defaults = defaults


class keyword(Node):
    """`arg=value` in a call, or `**value` when `arg` is None."""

    __slots__ = fields = ("arg", "value")

    def __init__(self, start: int, end: int, arg: str | None, value: ExprNode) -> None:
        self.start = start
        self.end = end
        self.arg = arg
        self.value = value


class alias(Node):
    """One name of an import."""

    __slots__ = fields = ("name", "asname")

    def __init__(self, start: int, end: int, name: str, asname: str | None) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.asname = asname


class withitem(Node):
    """`context_expr as optional_vars`."""

    __slots__ = fields = ("context_expr", "optional_vars")

    def __init__(
        self, start: int, end: int, context_expr: ExprNode, optional_vars: ExprNode | None
    ) -> None:
        self.start = start
        self.end = end
        self.context_expr = context_expr
        self.optional_vars = optional_vars


class comprehension(Node):
    """`for target in iter if …`."""

    __slots__ = fields = ("target", "iter", "ifs")

    def __init__(
        self, start: int, end: int, target: ExprNode, iter: ExprNode, ifs: list[ExprNode]
    ) -> None:
        self.start = start
        self.end = end
        self.target = target
        self.iter = iter
        self.ifs = ifs


class ExceptHandler(Node):
    """`except type as name:`."""

    __slots__ = fields = ("type", "name", "body")

    def __init__(
        self, start: int, end: int, type: ExprNode | None, name: str | None, body: list[StmtNode]
    ) -> None:
        self.start = start
        self.end = end
        self.type = type
        self.name = name
        self.body = body


# Expressions.


class Name(ExprNode):
    """A name, NFKC-normalised."""

    __slots__ = fields = ("id",)

    def __init__(self, start: int, end: int, id: str) -> None:
        self.start = start
        self.end = end
        self.id = id


class Constant(ExprNode):
    """A number, a string, None, True, False or an ellipsis."""

    __slots__ = fields = ("value",)

    def __init__(self, start: int, end: int, value: ConstantValue) -> None:
        self.start = start
        self.end = end
        self.value = value


class JoinedStr(ExprNode):
    """An f-string (with its neighbours): Constant and FormattedValue parts."""

    __slots__ = fields = ("values",)

    def __init__(self, start: int, end: int, values: list[ExprNode]) -> None:
        self.start = start
        self.end = end
        self.values = values


class FormattedValue(ExprNode):
    """`{value!r:spec}`; `conversion` is -1 or the ordinal of `s`, `r` or `a`."""

    __slots__ = fields = ("value", "conversion", "format_spec")

    def __init__(
        self, start: int, end: int, value: ExprNode, conversion: int, format_spec: JoinedStr | None
    ) -> None:
        self.start = start
        self.end = end
        self.value = value
        self.conversion = conversion
        self.format_spec = format_spec


class BoolOp(ExprNode):
    """`a and b and c`: a chain of one operator."""

    __slots__ = fields = ("op", "values")

    def __init__(self, start: int, end: int, op: str, values: list[ExprNode]) -> None:
        self.start = start
        self.end = end
        self.op = op
        self.values = values


class NamedExpr(ExprNode):
    """`target := value`."""

    __slots__ = fields = ("target", "value")

    def __init__(self, start: int, end: int, target: Name, value: ExprNode) -> None:
        self.start = start
        self.end = end
        self.target = target
        self.value = value


class BinOp(ExprNode):
    """`left op right`."""

    __slots__ = ("left", "op", "op_span", "right")
    fields = ("left", "op", "right")

    def __init__(
        self,
        start: int,
        end: int,
        left: ExprNode,
        op: str,
        right: ExprNode,
        op_span: tuple[int, int],
    ) -> None:
        self.start = start
        self.end = end
        self.left = left
        self.op = op
        self.right = right
        self.op_span = op_span


class UnaryOp(ExprNode):
    """`-x`, `+x`, `~x`, `not x`."""

    __slots__ = fields = ("op", "operand")

    def __init__(self, start: int, end: int, op: str, operand: ExprNode) -> None:
        self.start = start
        self.end = end
        self.op = op
        self.operand = operand


class Lambda(ExprNode):
    """`lambda args: body`."""

    __slots__ = fields = ("args", "body")

    def __init__(self, start: int, end: int, args: arguments, body: ExprNode) -> None:
        self.start = start
        self.end = end
        self.args = args
        self.body = body


class IfExp(ExprNode):
    """`body if test else orelse`."""

    __slots__ = fields = ("test", "body", "orelse")

    def __init__(
        self, start: int, end: int, test: ExprNode, body: ExprNode, orelse: ExprNode
    ) -> None:
        self.start = start
        self.end = end
        self.test = test
        self.body = body
        self.orelse = orelse


class Compare(ExprNode):
    """`left op comparator op comparator …`."""

    __slots__ = ("comparators", "left", "op_spans", "ops")
    fields = ("left", "ops", "comparators")

    def __init__(
        self,
        start: int,
        end: int,
        left: ExprNode,
        ops: list[str],
        comparators: list[ExprNode],
        op_spans: list[tuple[int, int]],
    ) -> None:
        self.start = start
        self.end = end
        self.left = left
        self.ops = ops
        self.comparators = comparators
        self.op_spans = op_spans


class Call(ExprNode):
    """`func(args, keywords)`; a `*` argument is a Starred in `args`."""

    __slots__ = fields = ("func", "args", "keywords")

    def __init__(
        self, start: int, end: int, func: ExprNode, args: list[ExprNode], keywords: list[keyword]
    ) -> None:
        self.start = start
        self.end = end
        self.func = func
        self.args = args
        self.keywords = keywords


class Attribute(ExprNode):
    """`value.attr`."""

    __slots__ = ("attr", "attr_start", "value")
    fields = ("value", "attr")

    def __init__(self, start: int, end: int, value: ExprNode, attr: str, attr_start: int) -> None:
        self.start = start
        self.end = end
        self.value = value
        self.attr = attr
        self.attr_start = attr_start


class Subscript(ExprNode):
    """`value[slice]`."""

    __slots__ = fields = ("value", "slice")

    def __init__(self, start: int, end: int, value: ExprNode, slice: ExprNode) -> None:
        self.start = start
        self.end = end
        self.value = value
        self.slice = slice


class Slice(ExprNode):
    """`lower:upper:step` in a subscript."""

    __slots__ = fields = ("lower", "upper", "step")

    def __init__(
        self,
        start: int,
        end: int,
        lower: ExprNode | None,
        upper: ExprNode | None,
        step: ExprNode | None,
    ) -> None:
        self.start = start
        self.end = end
        self.lower = lower
        self.upper = upper
        self.step = step


class Starred(ExprNode):
    """`*value` in a call, a display, a subscript or a target."""

    __slots__ = fields = ("value",)

    def __init__(self, start: int, end: int, value: ExprNode) -> None:
        self.start = start
        self.end = end
        self.value = value


class List(ExprNode):
    """`[…]`."""

    __slots__ = fields = ("elts",)

    def __init__(self, start: int, end: int, elts: list[ExprNode]) -> None:
        self.start = start
        self.end = end
        self.elts = elts


class Tuple(ExprNode):
    """`…, …`, with its parentheses if it has them."""

    __slots__ = fields = ("elts",)

    def __init__(self, start: int, end: int, elts: list[ExprNode]) -> None:
        self.start = start
        self.end = end
        self.elts = elts


class Set(ExprNode):
    """`{…}`."""

    __slots__ = fields = ("elts",)

    def __init__(self, start: int, end: int, elts: list[ExprNode]) -> None:
        self.start = start
        self.end = end
        self.elts = elts


class Dict(ExprNode):
    """`{key: value}`; a key is None where `**value` stands."""

    __slots__ = fields = ("keys", "values")

    def __init__(
        self, start: int, end: int, keys: list[ExprNode | None], values: list[ExprNode]
    ) -> None:
        self.start = start
        self.end = end
        self.keys = keys
        self.values = values


class ListComp(ExprNode):
    """`[elt for …]`."""

    __slots__ = fields = ("elt", "generators")

    def __init__(
        self, start: int, end: int, elt: ExprNode, generators: list[comprehension]
    ) -> None:
        self.start = start
        self.end = end
        self.elt = elt
        self.generators = generators


class SetComp(ExprNode):
    """`{elt for …}`."""

    __slots__ = fields = ("elt", "generators")

    def __init__(
        self, start: int, end: int, elt: ExprNode, generators: list[comprehension]
    ) -> None:
        self.start = start
        self.end = end
        self.elt = elt
        self.generators = generators


class DictComp(ExprNode):
    """`{key: value for …}`."""

    __slots__ = fields = ("key", "value", "generators")

    def __init__(
        self, start: int, end: int, key: ExprNode, value: ExprNode, generators: list[comprehension]
    ) -> None:
        self.start = start
        self.end = end
        self.key = key
        self.value = value
        self.generators = generators


class GeneratorExp(ExprNode):
    """`(elt for …)`."""

    __slots__ = fields = ("elt", "generators")

    def __init__(
        self, start: int, end: int, elt: ExprNode, generators: list[comprehension]
    ) -> None:
        self.start = start
        self.end = end
        self.elt = elt
        self.generators = generators


class Yield(ExprNode):
    """`yield value`."""

    __slots__ = fields = ("value",)

    def __init__(self, start: int, end: int, value: ExprNode | None) -> None:
        self.start = start
        self.end = end
        self.value = value


class YieldFrom(ExprNode):
    """`yield from value`."""

    __slots__ = fields = ("value",)

    def __init__(self, start: int, end: int, value: ExprNode) -> None:
        self.start = start
        self.end = end
        self.value = value


# Statements.


class Expr(StmtNode):
    """An expression as a statement; `silent` when its line ends in `;`."""

    __slots__ = ("silent", "value")
    fields = ("value",)

    def __init__(self, start: int, end: int, value: ExprNode, silent: bool) -> None:
        self.start = start
        self.end = end
        self.value = value
        self.silent = silent


class Assign(StmtNode):
    """`target = target = value`."""

    __slots__ = fields = ("targets", "value")

    def __init__(self, start: int, end: int, targets: list[ExprNode], value: ExprNode) -> None:
        self.start = start
        self.end = end
        self.targets = targets
        self.value = value


class AugAssign(StmtNode):
    """`target op= value`; `op` is without the `=`."""

    __slots__ = ("op", "op_span", "target", "value")
    fields = ("target", "op", "value")

    def __init__(
        self,
        start: int,
        end: int,
        target: ExprNode,
        op: str,
        value: ExprNode,
        op_span: tuple[int, int],
    ) -> None:
        self.start = start
        self.end = end
        self.target = target
        self.op = op
        self.value = value
        self.op_span = op_span


class AnnAssign(StmtNode):
    """`target: annotation = value`; `simple` for a bare name without parentheses."""

    __slots__ = fields = ("target", "annotation", "value", "simple")

    def __init__(
        self,
        start: int,
        end: int,
        target: ExprNode,
        annotation: ExprNode,
        value: ExprNode | None,
        simple: int,
    ) -> None:
        self.start = start
        self.end = end
        self.target = target
        self.annotation = annotation
        self.value = value
        self.simple = simple


class Delete(StmtNode):
    """`del targets`."""

    __slots__ = fields = ("targets",)

    def __init__(self, start: int, end: int, targets: list[ExprNode]) -> None:
        self.start = start
        self.end = end
        self.targets = targets


class Pass(StmtNode):
    """`pass`."""

    __slots__ = ()


class Break(StmtNode):
    """`break`."""

    __slots__ = ()


class Continue(StmtNode):
    """`continue`."""

    __slots__ = ()


class Return(StmtNode):
    """`return value`."""

    __slots__ = fields = ("value",)

    def __init__(self, start: int, end: int, value: ExprNode | None) -> None:
        self.start = start
        self.end = end
        self.value = value


class Raise(StmtNode):
    """`raise exc from cause`."""

    __slots__ = fields = ("exc", "cause")

    def __init__(self, start: int, end: int, exc: ExprNode | None, cause: ExprNode | None) -> None:
        self.start = start
        self.end = end
        self.exc = exc
        self.cause = cause


class Assert(StmtNode):
    """`assert test, msg`."""

    __slots__ = fields = ("test", "msg")

    def __init__(self, start: int, end: int, test: ExprNode, msg: ExprNode | None) -> None:
        self.start = start
        self.end = end
        self.test = test
        self.msg = msg


class Global(StmtNode):
    """`global names`."""

    __slots__ = ("name_spans", "names")
    fields = ("names",)

    def __init__(
        self, start: int, end: int, names: list[str], name_spans: list[tuple[int, int]]
    ) -> None:
        self.start = start
        self.end = end
        self.names = names
        self.name_spans = name_spans


class Nonlocal(StmtNode):
    """`nonlocal names`."""

    __slots__ = ("name_spans", "names")
    fields = ("names",)

    def __init__(
        self, start: int, end: int, names: list[str], name_spans: list[tuple[int, int]]
    ) -> None:
        self.start = start
        self.end = end
        self.names = names
        self.name_spans = name_spans


class Import(StmtNode):
    """`import names`."""

    __slots__ = fields = ("names",)

    def __init__(self, start: int, end: int, names: list[alias]) -> None:
        self.start = start
        self.end = end
        self.names = names


class ImportFrom(StmtNode):
    """`from module import names`; `level` counts the leading dots."""

    __slots__ = fields = ("module", "names", "level")

    def __init__(
        self, start: int, end: int, module: str | None, names: list[alias], level: int
    ) -> None:
        self.start = start
        self.end = end
        self.module = module
        self.names = names
        self.level = level


class If(StmtNode):
    """`if test:` …; an `elif` is an If alone in `orelse`."""

    __slots__ = fields = ("test", "body", "orelse")

    def __init__(
        self, start: int, end: int, test: ExprNode, body: list[StmtNode], orelse: list[StmtNode]
    ) -> None:
        self.start = start
        self.end = end
        self.test = test
        self.body = body
        self.orelse = orelse


class While(StmtNode):
    """`while test:` … `else:` …."""

    __slots__ = fields = ("test", "body", "orelse")

    def __init__(
        self, start: int, end: int, test: ExprNode, body: list[StmtNode], orelse: list[StmtNode]
    ) -> None:
        self.start = start
        self.end = end
        self.test = test
        self.body = body
        self.orelse = orelse


class For(StmtNode):
    """`for target in iter:` … `else:` …."""

    __slots__ = fields = ("target", "iter", "body", "orelse")

    def __init__(
        self,
        start: int,
        end: int,
        target: ExprNode,
        iter: ExprNode,
        body: list[StmtNode],
        orelse: list[StmtNode],
    ) -> None:
        self.start = start
        self.end = end
        self.target = target
        self.iter = iter
        self.body = body
        self.orelse = orelse


class With(StmtNode):
    """`with items:` …."""

    __slots__ = fields = ("items", "body")

    def __init__(self, start: int, end: int, items: list[withitem], body: list[StmtNode]) -> None:
        self.start = start
        self.end = end
        self.items = items
        self.body = body


class Try(StmtNode):
    """`try:` … `except …:` … `else:` … `finally:` …."""

    __slots__ = fields = ("body", "handlers", "orelse", "finalbody")

    def __init__(
        self,
        start: int,
        end: int,
        body: list[StmtNode],
        handlers: list[ExceptHandler],
        orelse: list[StmtNode],
        finalbody: list[StmtNode],
    ) -> None:
        self.start = start
        self.end = end
        self.body = body
        self.handlers = handlers
        self.orelse = orelse
        self.finalbody = finalbody


class TryStar(StmtNode):
    """`try:` … `except* …:` …."""

    __slots__ = fields = ("body", "handlers", "orelse", "finalbody")

    def __init__(
        self,
        start: int,
        end: int,
        body: list[StmtNode],
        handlers: list[ExceptHandler],
        orelse: list[StmtNode],
        finalbody: list[StmtNode],
    ) -> None:
        self.start = start
        self.end = end
        self.body = body
        self.handlers = handlers
        self.orelse = orelse
        self.finalbody = finalbody


class FunctionDef(StmtNode):
    """`def name(args) -> returns:` …; it starts at `def`, after its decorators."""

    __slots__ = ("args", "body", "decorator_list", "name", "name_start", "returns")
    fields = ("name", "args", "body", "decorator_list", "returns")

    def __init__(
        self,
        start: int,
        end: int,
        name: str,
        args: arguments,
        body: list[StmtNode],
        decorator_list: list[ExprNode],
        returns: ExprNode | None,
        name_start: int,
    ) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.args = args
        self.body = body
        self.decorator_list = decorator_list
        self.returns = returns
        self.name_start = name_start


class ClassDef(StmtNode):
    """`class name(bases):` …; it starts at `class`. There are no keywords."""

    __slots__ = ("bases", "body", "decorator_list", "name", "name_start")
    fields = ("name", "bases", "body", "decorator_list")

    def __init__(
        self,
        start: int,
        end: int,
        name: str,
        bases: list[ExprNode],
        body: list[StmtNode],
        decorator_list: list[ExprNode],
        name_start: int,
    ) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.bases = bases
        self.body = body
        self.decorator_list = decorator_list
        self.name_start = name_start


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
