"""Expressions: from our nodes to Python's."""

from __future__ import annotations

from tcalc.compiler import python as py
from tcalc.compiler.targets import Places, Scope, dotted
from tcalc.language.classes import is_special
from tcalc.parser import nodes
from tcalc.parser.names import names_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Exponents and shifts up to here cannot make a number that is a problem by its size alone.
_SMALL = 64
_TEXT = (nodes.JoinedStr, nodes.Tuple)
_SHORT = frozenset({nodes.Name, nodes.Constant})
_MOST_TWICE = 4
_PLAIN_ARGUMENTS = (nodes.Name, nodes.Constant, nodes.Lambda, nodes.Starred)


class Expressions(Places):
    """Makes Python's expressions."""

    def expr(self, node: Any) -> Any:
        """The Python node of an expression that is read."""
        return _EXPRESSIONS[type(node)](self, node)

    # -- operators ------------------------------------------------------------------------------

    def constant(self, node: nodes.Constant) -> Any:
        return py.constant(node.value, 0)

    def binop(self, node: nodes.BinOp) -> Any:
        # Down the left side in a loop: chains get far longer than Python's stack is deep.
        chain = [node]
        left = node.left
        while type(left) is nodes.BinOp:
            chain.append(left)
            left = left.left
        labels = self.nodes
        made = self.expr(left)
        for node in reversed(chain):
            op, operand = node.op, node.right
            right = _EXPRESSIONS[type(operand)](self, operand)
            at = len(labels)
            labels.append(node)
            if op in _GUARDED and (guard := _guard(op, node.left, node.right)) is not None:
                made = self.helper(guard, [made, right], at)
                continue
            if op == "%" and type(node.left) is not nodes.Constant:
                made = self.held_to_numbers(node.left, made, "numbers ", "filled ")
            made = py.binop(made, op, right, at)
        return made

    def unaryop(self, node: nodes.UnaryOp) -> Any:
        operand = self.expr(node.operand)
        return py.make("UnaryOp", self.label(node), op=py.UNARY[node.op], operand=operand)

    def boolop(self, node: nodes.BoolOp) -> Any:
        values = [self.expr(v) for v in node.values]
        return py.make("BoolOp", self.label(node), op=py.BOOLEAN[node.op], values=values)

    def compare(self, node: nodes.Compare) -> Any:
        left = self.expr(node.left)
        comparators = [
            # Plain, unless a list in it would be compared by its own rule and not by ours.
            self.iterable(c) if op[-2:] == "in" and _is_constant(c) else self.expr(c)
            for op, c in zip(node.ops, node.comparators)
        ]
        return py.compare(
            left, [py.COMPARISONS[op] for op in node.ops], comparators, self.label(node)
        )

    def ifexp(self, node: nodes.IfExp) -> Any:
        test, body, orelse = self.expr(node.test), self.expr(node.body), self.expr(node.orelse)
        return py.ifexp(test, body, orelse, self.label(node.test))

    def namedexpr(self, node: nodes.NamedExpr) -> Any:
        self.bind(node.target.id, node.target)
        value = self.expr(node.value)
        return py.make(
            "NamedExpr", self.label(node), target=self.store(node.target.id), value=value
        )

    # -- displays and comprehensions ------------------------------------------------------------

    def iterable(self, node: Any) -> Any:
        """What is only gone through: a display need not become a List first."""
        if type(node) is nodes.List:
            return py.list_of(self.elements(node.elts), self.label(node))
        if type(node) is nodes.ListComp:
            return self.comprehension("ListComp", node, elt=node.elt)
        return self.expr(node)

    def placed(self, made: Any, node: Any) -> Any:
        """An expression with a label, which a constant has not, that of `node`: from Python 3.13
        on, going through a value and entering it are placed at its expression."""
        if not made.col_offset:
            made.col_offset = self.label(node)
        return made

    def elements(self, elts: list[Any]) -> list[Any]:
        return [self.starred(e) if type(e) is nodes.Starred else self.expr(e) for e in elts]

    def starred(self, node: nodes.Starred) -> Any:
        value = self.iterable(node.value)
        return py.make("Starred", self.label(node), "load", value=value)

    def list_display(self, node: nodes.List) -> Any:
        plain = self.iterable(node)
        return self.helper("list ", [plain], plain.col_offset)

    def tuple_display(self, node: nodes.Tuple) -> Any:
        return py.tuple_of(self.elements(node.elts), self.label(node))

    def set_display(self, node: nodes.Set) -> Any:
        return py.make("Set", self.label(node), elts=self.elements(node.elts))

    def dict_display(self, node: nodes.Dict) -> Any:
        keys = [None if k is None else self.expr(k) for k in node.keys]
        values = [self.expr(v) for v in node.values]
        return py.make("Dict", self.label(node), keys=keys, values=values)

    def list_comprehension(self, node: nodes.ListComp) -> Any:
        plain = self.iterable(node)
        return self.helper("list ", [plain], plain.col_offset)

    def comprehension(self, kind: str, node: Any, **parts: Any) -> Any:
        generators: list[Any] = []
        outer = self.scope
        own = [name for part in node.generators for name in names_in(part.target)]
        inner = Scope("comprehension", outer.private, outer.locals.union(own))
        for i, part in enumerate(node.generators):
            # The first iterable belongs to the scope around, but nothing can be held in it.
            self.scope = outer if i == 0 and outer.kind == "class" else inner
            iterated = self.placed(self.iterable(part.iter), node)
            self.scope = inner
            stars: list[Any] = []
            target = self.target(part.target, stars)
            generators.append(self.generator(target, iterated))
            for star in stars:
                generators += self.bound_again(star)
            generators[-1].ifs = [self.expr(test) for test in part.ifs]
        made = {field: self.expr(part) for field, part in parts.items()}
        self.scope = outer
        return py.make(kind, self.label(node), generators=generators, **made)

    def generator(self, target: Any, iterated: Any) -> Any:
        return py.make("comprehension", 0, target=target, iter=iterated, ifs=[], is_async=0)

    def bound_again(self, star: Any) -> list[Any]:
        """`target = value` as `for target in (value,)`, where no statement can stand."""
        if not hasattr(star, "value"):
            return []
        return [self.generator(star.targets[0], py.tuple_of([star.value], 0))]

    def set_comprehension(self, node: nodes.SetComp) -> Any:
        return self.comprehension("SetComp", node, elt=node.elt)

    def dict_comprehension(self, node: nodes.DictComp) -> Any:
        return self.comprehension("DictComp", node, key=node.key, value=node.value)

    def generator_expression(self, node: nodes.GeneratorExp) -> Any:
        return self.comprehension("GeneratorExp", node, elt=node.elt)

    # -- calls, subscripts, functions -----------------------------------------------------------

    def call(self, node: nodes.Call) -> Any:
        func = node.func
        if type(func) is nodes.Attribute and self.is_plain_method(node, func):
            return self.method_call(node, func)
        return self.plain_call(node)

    def plain_call(self, node: nodes.Call) -> Any:
        """A call, and nothing around it."""
        func, args = node.func, node.args
        if args and (by := self.delays(func, args[0])) is not None:
            return self.delayed_call(node, *by)
        made = self.expr(func)
        if type(func) is nodes.Name and self.namespace.has_tensor_form(func.id):
            made = self.helper("tensor form ", [made], made.col_offset)
        return py.call(made, self.elements(args), self.label(node), self.keywords(node.keywords))

    def is_plain_method(self, node: nodes.Call, func: nodes.Attribute) -> bool:
        """Whether a call is of a method, with arguments so short that they may be written twice."""
        values = [*node.args, *[k.value for k in node.keywords]]
        return (
            len(values) <= _MOST_TWICE
            and all(type(v) in _SHORT for v in values)
            and not is_special(self.mangled(func.attr))
            and self.can_hold(func.value)
            and self.member_of(func) is None
        )

    def method_call(self, node: nodes.Call, func: nodes.Attribute) -> Any:
        """Both the method and its call behind the check: Python need not bind a method to call."""
        test, value, at = self.check_type(func)
        args, keywords = self.elements(node.args), self.keywords(node.keywords)
        native, gated = py.attribute(value, func.attr, at), self.gate(func, value, None, at)
        at = self.label(node)
        return py.ifexp(
            test, py.call(native, args, at, keywords), py.call(gated, args, at, keywords), at
        )

    def keywords(self, keywords: list[nodes.keyword]) -> list[Any]:
        return [
            py.make("keyword", self.label(k), arg=k.arg, value=self.expr(k.value)) for k in keywords
        ]

    def delays(self, func: Any, first: Any) -> tuple[int, str] | None:
        """Whether a call may be of an op that wants its first argument unevaluated.

        Then the position and the name of the argument that says what it is a function of.
        """
        if type(first) in _PLAIN_ARGUMENTS or self.scope.kind == "class":
            return None
        path = dotted(func)
        if path is None:
            return None
        if path not in self._delayed:
            self._delayed[path] = self.namespace.delayed(path)
        known = self._delayed[path]
        return None if known is None or _binds(first) else known

    def delayed_call(self, node: nodes.Call, position: int, keyword: str) -> Any:
        """A call whose first argument becomes a function of the names in another one."""
        func = self.expr(node.func)
        at = self.label(node)
        args, own = self.names_as_parameters(_argument(node, position, keyword), at)
        outer = self.scope
        self.scope = Scope("function", outer.private, outer.locals.union(own))
        first = py.make("Lambda", at, args=args, body=self.expr(node.args[0]))
        self.scope = outer
        rest = self.elements(node.args[1:])
        delayed = self.own("delayed ", at)
        return py.call(delayed, [func, first, *rest], at, self.keywords(node.keywords))

    def names_as_parameters(self, argument: Any, at: int) -> tuple[Any, list[str]]:
        """Parameters for an argument: one for a name, keywords for the names in a list or tuple.

        What is no plain name there gets a parameter that nothing can mention. Their defaults are
        the names' own values, for when something else is called that has the op's name.
        """
        kind = type(argument)
        displayed = kind is nodes.List or kind is nodes.Tuple
        names: list[str] = []
        defaults: list[Any] = []
        for number, part in enumerate(argument.elts if displayed else [argument]):
            plain = type(part) is nodes.Name and not is_special(part.id) and part.id not in names
            if not plain and not displayed:
                break
            names.append(part.id if plain else f"it {number} ")
            defaults.append(self.name(part) if plain else py.constant(None, at))
        made = [py.make("arg", at, arg=name, annotation=None) for name in names]
        if displayed:
            return _parameters(kwonlyargs=made, kw_defaults=defaults), names
        return _parameters(args=made, defaults=defaults), names

    def subscript(self, node: nodes.Subscript) -> Any:
        value, index = self.expr(node.value), self.index(node.slice)
        at = self.label(node)
        made = py.subscript(value, index, at)
        kind = type(node.slice)
        if kind is nodes.Slice or (
            self.namespace.checks_slices and kind is not nodes.Constant and kind is not nodes.Tuple
        ):
            return self.helper("slice ", [made], at)
        return made

    def index(self, node: Any) -> Any:
        """What stands in the brackets of a subscript."""
        kind = type(node)
        if kind is nodes.Slice:
            parts = {
                field: None if (part := getattr(node, field)) is None else self.expr(part)
                for field in ("lower", "upper", "step")
            }
            return py.make("Slice", self.label(node), **parts)
        if kind is nodes.Tuple:
            elts = [
                self.starred(e) if type(e) is nodes.Starred else self.index(e) for e in node.elts
            ]
            return py.tuple_of(elts, self.label(node))
        return self.expr(node)

    def lambda_(self, node: nodes.Lambda) -> Any:
        args = self.parameters(node.args)
        outer = self.scope
        self.scope = self.function_scope(node.args)
        body = self.expr(node.body)
        self.scope = outer
        return py.make("Lambda", self.label(node), args=args, body=body)

    def function_scope(self, args: nodes.arguments) -> Scope:
        """The scope inside a function with these parameters."""
        own = [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
        own += [a.arg for a in (args.vararg, args.kwarg) if a is not None]
        return Scope("function", self.scope.private, self.scope.locals.union(own))

    def parameters(self, args: nodes.arguments) -> Any:
        """Parameters; annotations are parsed and never evaluated."""

        def one(a: nodes.arg | None) -> Any:
            if a is None:
                return None
            if is_special(a.arg):
                raise self.refuse(f"'{a.arg}' cannot be bound", a)
            return py.make("arg", self.label(a), arg=a.arg, annotation=None)

        return py.make(
            "arguments",
            0,
            posonlyargs=[one(a) for a in args.posonlyargs],
            args=[one(a) for a in args.args],
            vararg=one(args.vararg),
            kwonlyargs=[one(a) for a in args.kwonlyargs],
            kw_defaults=[None if d is None else self.expr(d) for d in args.kw_defaults],
            kwarg=one(args.kwarg),
            defaults=[self.expr(d) for d in args.defaults],
        )

    def yield_(self, node: nodes.Yield) -> Any:
        value = None if node.value is None else self.expr(node.value)
        return py.make("Yield", self.label(node), value=value)

    def yield_from(self, node: nodes.YieldFrom) -> Any:
        return py.make("YieldFrom", self.label(node), value=self.expr(node.value))

    # -- text -----------------------------------------------------------------------------------

    def joined(self, node: nodes.JoinedStr) -> Any:
        return py.make("JoinedStr", self.label(node), values=[self.expr(v) for v in node.values])

    def formatted(self, node: nodes.FormattedValue) -> Any:
        value, spec = self.expr(node.value), node.format_spec
        at = self.label(node)
        if node.conversion != -1:
            value = self.helper(f"{chr(node.conversion)} ", [value], at)
        made = None
        if spec is not None and spec.values:
            if _is_small(spec):
                made = self.expr(spec)
            else:
                value = self.helper("format ", [value, self.expr(spec)], at)
        elif type(node.value) is not nodes.Constant:
            value = self.helper("field ", [value], at)
        return py.make("FormattedValue", at, value=value, conversion=-1, format_spec=made)


def _is_small(spec: nodes.JoinedStr) -> bool:
    """Whether a format spec is constant and asks for little width."""
    return all(type(v) is nodes.Constant and len(str(v.value)) < 8 for v in spec.values)


_GUARDED = frozenset({"**", "<<", "*", "%", "^"})


def _guard(op: str, left: Any, right: Any) -> str | None:
    """The helper that an operator goes through because its result may be far too large."""
    if op == "**" or op == "<<":
        if type(right) is nodes.UnaryOp and right.op == "-":
            right = right.operand
        small = type(right) is nodes.Constant and (
            type(right.value) is not int or right.value <= _SMALL
        )
        return None if small else "power " if op == "**" else "shift "
    if op == "^":
        return "xor "
    if op == "*" and (_is_text(left) or _is_text(right)):
        return "repeat "
    if op == "%" and _is_text(left):
        return "percent "
    return None


def _is_text(node: Any) -> bool:
    return type(node) in _TEXT or (type(node) is nodes.Constant and type(node.value) is str)


def _is_constant(display: Any) -> bool:
    return type(display) is nodes.List and all(type(e) is nodes.Constant for e in display.elts)


def _binds(node: nodes.Node) -> bool:
    """Whether evaluating an expression elsewhere would bind or yield elsewhere."""
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, (nodes.NamedExpr, nodes.Yield, nodes.YieldFrom)):
            return True
        pending += nodes.children(part)
    return False


def _argument(node: nodes.Call, position: int, keyword: str) -> Any:
    """What a call gives for a parameter, or None where that is not plain to see, or there is none."""
    if any(type(a) is nodes.Starred for a in node.args[: position + 1]):
        return None
    if 0 <= position < len(node.args):
        return node.args[position]
    return next((k.value for k in node.keywords if k.arg == keyword), None)


def _parameters(**given: list[Any]) -> Any:
    parts: dict[str, Any] = {
        "posonlyargs": [], "args": [], "vararg": None, "kwonlyargs": [], "kw_defaults": [],
        "kwarg": None, "defaults": [],
    }  # fmt: skip
    return py.make("arguments", 0, **{**parts, **given})


_EXPRESSIONS: dict[type, Callable[[Any, Any], Any]] = {
    nodes.Name: Expressions.name,
    nodes.Constant: Expressions.constant,
    nodes.Attribute: Expressions.attribute,
    nodes.BinOp: Expressions.binop,
    nodes.UnaryOp: Expressions.unaryop,
    nodes.BoolOp: Expressions.boolop,
    nodes.Compare: Expressions.compare,
    nodes.IfExp: Expressions.ifexp,
    nodes.NamedExpr: Expressions.namedexpr,
    nodes.List: Expressions.list_display,
    nodes.Tuple: Expressions.tuple_display,
    nodes.Set: Expressions.set_display,
    nodes.Dict: Expressions.dict_display,
    nodes.ListComp: Expressions.list_comprehension,
    nodes.SetComp: Expressions.set_comprehension,
    nodes.DictComp: Expressions.dict_comprehension,
    nodes.GeneratorExp: Expressions.generator_expression,
    nodes.Starred: Expressions.starred,
    nodes.Call: Expressions.call,
    nodes.Subscript: Expressions.subscript,
    nodes.Lambda: Expressions.lambda_,
    nodes.Yield: Expressions.yield_,
    nodes.YieldFrom: Expressions.yield_from,
    nodes.JoinedStr: Expressions.joined,
    nodes.FormattedValue: Expressions.formatted,
}
