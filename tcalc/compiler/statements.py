"""Statements: from our nodes to Python's."""

from __future__ import annotations

from tcalc.compiler import python as py
from tcalc.compiler.constants import UNKNOWN, known
from tcalc.compiler.expressions import Expressions
from tcalc.compiler.places import too_deep
from tcalc.compiler.targets import Scope
from tcalc.language.classes import is_special
from tcalc.parser import nodes
from tcalc.parser.names import names_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

# Augmented operators that are helpers: their result may be far too large, or they may run a
# program's own comparisons in the middle of changing an array of objects.
_HELD = {"|": "or in place ", "&": "and in place ", "-": "minus in place ",
         "%": "modulo in place "}  # fmt: skip
_GUARDED = {"**": "power in place ", "<<": "shift in place ", "^": "xor in place ", **_HELD}
# So many constants in a row are not compiled.
_MANY = 16
# Python's compiler takes longer for each statement of a very large code object.
_LARGE = 1000


class Statements(Expressions):
    """Makes Python's statements; the ones at top level show their values."""

    def block(self, body: list[Any]) -> list[Any]:
        """A suite."""
        made: list[Any] = []
        for node in body:
            made += _STATEMENTS[type(node)](self, node)
        return made or [py.make("Pass", 0)]

    def program(self, body: Sequence[Any], steps: bool) -> Iterator[list[Any] | dict[str, Any]]:
        """Top-level statements in parts, each Python's statements or only names and their values.

        steps: the session hears of each statement. Assignments of constants cannot fail, so many of
        them in a row need not be compiled: files of data are little else.
        """
        made: list[Any] = []
        constants: dict[str, Any] = {}
        if len(body) > 1 and self.is_docstring(body[0]):
            body[0].silent = True
        for number, node in enumerate(body):
            kind = type(node)
            if kind is nodes.Assign and not steps and (value := known(node.value)) is not UNKNOWN:
                target = node.targets[0]
                if type(target) is nodes.Name and len(node.targets) == 1:
                    self.bind(target.id, target)
                    self.bound.add(target.id)
                    constants[target.id] = value
                    continue
            if len(constants) >= _MANY or len(made) >= _LARGE:
                yield self.quick(made)
                made = []
            if len(constants) >= _MANY:
                yield constants
                constants = {}
            elif constants:
                made += [
                    py.assign(self.store(id), py.constant(value, 0), 0)
                    for id, value in constants.items()
                ]
                constants = {}
            try:
                if steps:
                    at = self.label(node)
                    step = self.helper("step ", [py.constant(number, at)], at)
                    made.append(py.expression(step, at))
                made += self.echo(node) if kind is nodes.Expr else self.statement(node)
            except RecursionError:
                raise too_deep(self.source, node) from None
            if kind is nodes.Assign:
                for target in node.targets:
                    if type(target) is nodes.Name:
                        self.bound.add(target.id)
                    else:
                        self.bound.update(names_in(target))
            elif kind is nodes.For:
                self.bound.update(names_in(node.target))
        yield self.quick(made)
        yield constants

    def quick(self, made: list[Any]) -> list[Any]:
        """A part of the program with quick loops.

        Python looks for names at top level in three dicts, by hash, each time. Those declared
        global it looks for as in a function, and soon by their places in the dicts alone.
        """
        names, loops = self.met, self.loops
        self.met, self.loops = set(), False
        if not (loops and names):  # `while True: break` names nothing
            return made
        return [py.make("Global", 0, names=sorted(names)), *made]

    def statement(self, node: Any) -> list[Any]:
        """A statement as one or several of Python's."""
        return _STATEMENTS[type(node)](self, node)

    def is_docstring(self, node: Any) -> bool:
        """Whether it is a text in three quotes, which in front of a program tells what that is for."""
        return (
            type(node) is nodes.Expr
            and type(node.value) is nodes.Constant
            and self.source.text.startswith(('"""', "'''", 'r"""', "r'''"), node.start)
        )

    def echo(self, node: nodes.Expr) -> list[Any]:
        """An expression whose value is shown. A call says what was called, which may be silent."""
        called: Any = None
        if type(node.value) is nodes.Call and not node.silent:
            value = self.plain_call(node.value)
            at = self.label(node)
            called = value.func
            if type(node.value.func) is not nodes.Name:
                value.func = py.make("NamedExpr", at, target=self.store("called "), value=called)
                called = py.name("called ", at)
        else:
            value = self.expr(node.value)
            at = self.label(node)
        args = [value, py.constant(node.start, at), py.constant(node.silent, at)]
        if called is not None:
            args.append(called)
        return [py.expression(self.helper("echo ", args, at), at)]

    # -- simple statements ----------------------------------------------------------------------

    def expr_statement(self, node: nodes.Expr) -> list[Any]:
        return [py.expression(self.expr(node.value), self.label(node))]

    def assign(self, node: nodes.Assign) -> list[Any]:
        value, targets = self.expr(node.value), node.targets
        if len(targets) == 1 and type(targets[0]) is nodes.Name:
            target = targets[0]
            self.bind(target.id, target)
            return [py.assign(self.store(target.id), value, 0)]
        stars: list[Any] = []
        made = py.assign(self.target(targets[0], stars), value, 0)
        if len(targets) > 1:
            made.targets += [self.target(t, stars) for t in targets[1:]]
        return [made, *stars] if stars else [made]

    def augassign(self, node: nodes.AugAssign) -> list[Any]:
        target: Any = node.target
        guard = _GUARDED.get(node.op)
        if guard is None or (type(node.value) is nodes.Constant and node.op == "-"):
            return [self.plain_augassign(node)]
        if node.op in _HELD and node.op != "%" and type(target) is nodes.Name:
            # Quicker than a helper's call, and all that it would do.
            held = self.held_to_numbers(target, self.name(target))
            return [py.expression(held, held.col_offset), self.plain_augassign(node)]
        return [self.guarded_augassign(node, guard)]

    def plain_augassign(self, node: nodes.AugAssign) -> Any:
        target: Any = node.target
        stored = self.target(target, [])
        value = self.expr(node.value)
        at = self.label(node)
        if type(target) is nodes.Name:
            # Reading it can fail, so here the name needs a place.
            self.used.add(target.id)
            stored = py.name_store(target.id, at)
        return py.make("AugAssign", at, target=stored, op=py.BINARY[node.op], value=value)

    def guarded_augassign(self, node: nodes.AugAssign, guard: str) -> Any:
        target: Any = node.target
        if type(target) is nodes.Name:
            args = [self.name(target), self.expr(node.value)]
            at = self.label(node)
            return py.assign(self.target(target, []), self.helper(guard, args, at), at)
        value, at = self.expr(target.value), self.label(target)
        if type(target) is nodes.Attribute:
            update, key = "update attribute ", py.constant(self.mangled(target.attr), at)
        else:
            update, key = "update item ", self.index(target.slice)
        operand = self.expr(node.value)
        at = self.label(node)
        args = [self.own(guard, at), value, key, operand]
        return py.expression(self.helper(update, args, at), at)

    def annassign(self, node: nodes.AnnAssign) -> list[Any]:
        stars: list[Any] = []
        if node.value is not None:
            value = self.expr(node.value)
            return [py.assign(self.target(node.target, stars), value, self.label(node))]
        if type(node.target) is nodes.Name and self.scope.kind == "function":
            # Makes the name local; the annotation of a local name is not evaluated.
            at = self.label(node)
            target = py.name_store(node.target.id, at)
            nothing = py.constant(None, at)
            return [
                py.make("AnnAssign", at, target=target, annotation=nothing, value=None, simple=1)
            ]
        return []

    def delete(self, node: nodes.Delete) -> list[Any]:
        targets = [self.target(t, [], "del") for t in node.targets]
        return [py.make("Delete", self.label(node), targets=targets)]

    def pass_(self, node: nodes.Pass) -> list[Any]:
        return [py.make("Pass", self.label(node))]

    def break_(self, node: nodes.Break) -> list[Any]:
        return [py.make("Break", self.label(node))]

    def continue_(self, node: nodes.Continue) -> list[Any]:
        return [py.make("Continue", self.label(node))]

    def return_(self, node: nodes.Return) -> list[Any]:
        value = None if node.value is None else self.expr(node.value)
        return [py.make("Return", self.label(node), value=value)]

    def raise_(self, node: nodes.Raise) -> list[Any]:
        exc = None if node.exc is None else self.expr(node.exc)
        cause = None if node.cause is None else self.expr(node.cause)
        return [py.make("Raise", self.label(node), exc=exc, cause=cause)]

    def assert_(self, node: nodes.Assert) -> list[Any]:
        test = self.expr(node.test)
        msg = None if node.msg is None else self.expr(node.msg)
        return [py.make("Assert", self.label(node.test), test=test, msg=msg)]

    def global_(self, node: nodes.Global) -> list[Any]:
        return [py.make("Global", self.label(node), names=self.declared(node))]

    def nonlocal_(self, node: nodes.Nonlocal) -> list[Any]:
        return [py.make("Nonlocal", self.label(node), names=self.declared(node))]

    def declared(self, node: nodes.Global | nodes.Nonlocal) -> list[str]:
        for name in node.names:
            if is_special(name):
                raise self.refuse(f"'{name}' cannot be bound", node)
        return list(node.names)

    # -- imports --------------------------------------------------------------------------------

    def import_(self, node: nodes.Import) -> list[Any]:
        made = []
        for alias in node.names:
            at = self.label(alias)
            bound = alias.asname or alias.name.split(".", 1)[0]
            self.bind(bound, alias)
            self.namespace.modules.add(bound)
            args = [py.constant(alias.name, at), py.constant(alias.asname is None, at)]
            made.append(py.assign(self.store(bound), self.helper("import ", args, at), at))
        return made

    def import_from(self, node: nodes.ImportFrom) -> list[Any]:
        made = []
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            at = self.label(alias)
            args = [py.constant(module, at), py.constant(alias.name, at)]
            helper = "import star " if alias.name == "*" else "import from "
            found = self.helper(helper, args, at)
            if alias.name == "*" or module == "__future__":
                made.append(py.expression(found, at))
                continue
            bound = alias.asname or alias.name
            self.bind(bound, alias)
            if self.namespace.is_module(f"{module}.{alias.name}"):
                self.namespace.modules.add(bound)
            made.append(py.assign(self.store(bound), found, at))
        return made

    # -- compound statements --------------------------------------------------------------------

    def if_(self, node: nodes.If) -> list[Any]:
        test, at = self.expr(node.test), self.label(node.test)
        orelse = self.block(node.orelse) if node.orelse else []
        return [py.make("If", at, test=test, body=self.block(node.body), orelse=orelse)]

    def loop(self) -> None:
        """A loop begins."""
        if self.scope.kind == "module":
            self.loops = True

    def while_(self, node: nodes.While) -> list[Any]:
        self.loop()
        # A limit or Ctrl-C ends an endless loop at its test, also where that is a constant.
        test = self.placed(self.expr(node.test), node.test)
        at = test.col_offset
        orelse = self.block(node.orelse) if node.orelse else []
        return [py.make("While", at, test=test, body=self.block(node.body), orelse=orelse)]

    def for_(self, node: nodes.For) -> list[Any]:
        self.loop()
        stars: list[Any] = []
        iterated = self.placed(self.iterable(node.iter), node.iter)
        at = iterated.col_offset
        target = self.target(node.target, stars)
        body = stars + self.block(node.body)
        orelse = self.block(node.orelse) if node.orelse else []
        return [py.make("For", at, target=target, iter=iterated, body=body, orelse=orelse)]

    def with_(self, node: nodes.With) -> list[Any]:
        stars: list[Any] = []
        items = []
        for item in node.items:
            context = self.placed(self.expr(item.context_expr), item.context_expr)
            target = None
            if item.optional_vars is not None:
                target = self.target(item.optional_vars, stars)
            items.append(py.make("withitem", 0, context_expr=context, optional_vars=target))
        at = items[0].context_expr.col_offset
        return [py.make("With", at, items=items, body=stars + self.block(node.body))]

    def try_(self, node: nodes.Try | nodes.TryStar) -> list[Any]:
        body = self.block(node.body)
        handlers = [self.handler(h) for h in node.handlers]
        orelse = self.block(node.orelse) if node.orelse else []
        final = self.block(node.finalbody) if node.finalbody else []
        kind = "Try" if type(node) is nodes.Try else "TryStar"
        at = self.label(node)
        return [py.make(kind, at, body=body, handlers=handlers, orelse=orelse, finalbody=final)]

    def handler(self, node: nodes.ExceptHandler) -> Any:
        at = self.label(node)
        if node.type is None:
            # Never what interrupts or ends a program, which is no Exception.
            caught = py.name("Exception ", at)
        else:
            caught = self.expr(node.type)
        if node.name is not None:
            self.bind(node.name, node)
        return py.make("ExceptHandler", at, type=caught, name=node.name, body=self.block(node.body))

    def functiondef(self, node: nodes.FunctionDef) -> list[Any]:
        self.bind(node.name, node)
        decorators = [self.expr(d) for d in node.decorator_list]
        args = self.parameters(node.args)
        at = self.label(node)
        outer = self.scope
        self.scope = self.function_scope(node.args)
        body = self.block(node.body)
        self.scope = outer
        return [
            py.make(
                "FunctionDef", at, name=node.name, args=args, body=body, decorator_list=decorators
            )
        ]

    def classdef(self, node: nodes.ClassDef) -> list[Any]:
        self.bind(node.name, node)
        decorators = [self.expr(d) for d in node.decorator_list]
        bases = self.elements(node.bases)
        at = self.label(node)
        outer = self.scope
        self.scope = Scope("class", node.name.lstrip("_"), outer.locals)
        body = self.block(node.body)
        annotated = tuple([
            (self.mangled(n.target.id), self.source.text[n.annotation.start : n.annotation.end])
            for n in node.body
            if type(n) is nodes.AnnAssign and type(n.target) is nodes.Name and n.simple
        ])  # fmt: skip
        if annotated:  # which dataclasses go by
            body.append(py.assign(py.name_store("annotated ", at), py.constant(annotated, at), at))
        self.scope = outer
        return [
            py.make(
                "ClassDef", at, name=node.name, bases=bases, keywords=[], body=body,
                decorator_list=decorators,
            )
        ]  # fmt: skip


_STATEMENTS: dict[type, Callable[[Any, Any], list[Any]]] = {
    nodes.Expr: Statements.expr_statement,
    nodes.Assign: Statements.assign,
    nodes.AugAssign: Statements.augassign,
    nodes.AnnAssign: Statements.annassign,
    nodes.Delete: Statements.delete,
    nodes.Pass: Statements.pass_,
    nodes.Break: Statements.break_,
    nodes.Continue: Statements.continue_,
    nodes.Return: Statements.return_,
    nodes.Raise: Statements.raise_,
    nodes.Assert: Statements.assert_,
    nodes.Global: Statements.global_,
    nodes.Nonlocal: Statements.nonlocal_,
    nodes.Import: Statements.import_,
    nodes.ImportFrom: Statements.import_from,
    nodes.If: Statements.if_,
    nodes.While: Statements.while_,
    nodes.For: Statements.for_,
    nodes.With: Statements.with_,
    nodes.Try: Statements.try_,
    nodes.TryStar: Statements.try_,
    nodes.FunctionDef: Statements.functiondef,
    nodes.ClassDef: Statements.classdef,
}
