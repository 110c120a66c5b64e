"""The rules about names that need a whole scope to be seen: `global`, `nonlocal` and `:=`.

Only programs that contain one of them are checked. `free_names` tells by the same walk what a text
takes from around it. The walk keeps its own stack, so that a chain
of any length can be gone through.
"""

from __future__ import annotations

from tcalc.errors import ParseError
from tcalc.parser import nodes
from tcalc.parser.nodes import Node
from tcalc.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What a scope does with a name.
_PARAMETER, _BOUND, _USED, _ANNOTATED, _GLOBAL, _NONLOCAL, _ITERATED = (1 << n for n in range(7))

_COMPREHENSIONS = (nodes.ListComp, nodes.SetComp, nodes.DictComp, nodes.GeneratorExp)


class _Scope:
    """A module, function (lambdas too), class or comprehension and its names."""

    __slots__ = ("flags", "inner", "kind", "parent")

    def __init__(self, kind: str, parent: _Scope | None) -> None:
        self.kind = kind
        self.parent = parent
        self.flags: dict[str, int] = {}
        self.inner: list[_Scope] = []
        if parent is not None:
            parent.inner.append(self)

    def add(self, name: str, flag: int) -> None:
        self.flags[name] = self.flags.get(name, 0) | flag


def check_scopes(module: nodes.Module, source: Source) -> list[ParseError]:
    """Every violation, in the order in which they are met."""
    return _Checker(source).check(module)


def free_names(module: nodes.Module) -> tuple[set[str], set[str]]:
    """The names that a text takes from around it: as it runs, and in bodies of functions, later.

    >>> from tcalc.parser import parse
    >>> now, later = free_names(parse(Source("def f(x=a):\n y = x\n return y + b")))
    >>> now, later
    ({'a'}, {'b'})
    """
    outermost = _Scope("module", None)
    _Checker(Source(""), annotations=False).check(module, outermost)
    now: set[str] = set()
    later: set[str] = set()
    own = {name for name, flags in outermost.flags.items() if flags & _BOUND}
    waiting: list[tuple[_Scope, frozenset[str], set[str]]] = [(outermost, frozenset(), now)]
    while waiting:
        scope, around, found = waiting.pop()
        found = later if scope.kind == "function" else found
        bound = set()
        for name, flags in scope.flags.items():
            if flags & _BOUND and not flags & (_GLOBAL | _NONLOCAL):
                bound.add(name)
            elif flags & _GLOBAL or name not in around:
                found.add(name)
        inside = around if scope.kind in ("class", "module") else around | bound
        waiting += [(inner, inside, found) for inner in scope.inner]
    return now - own, later - own


class _Checker:
    def __init__(self, source: Source, annotations: bool = True) -> None:
        """annotations: whether the names in those count, which are never evaluated."""
        self.source = source
        self.annotations = annotations
        self.errors: list[ParseError] = []
        self.declared: list[tuple[str, _Scope, int, int]] = []  # nonlocal names, looked up last
        self.stack: list[tuple[Node, _Scope, bool]] = []  # what is next: node, scope, bound?

    def fail(self, message: str, start: int, end: int) -> None:
        self.errors.append(ParseError(message, self.source, Span(start, end)))

    def check(self, module: nodes.Module, outermost: _Scope | None = None) -> list[ParseError]:
        stack = self.stack
        stack.append((module, outermost or _Scope("module", None), False))
        while stack:
            node, scope, bound = stack.pop()
            if isinstance(node, nodes.Name):
                scope.add(node.id, _BOUND if bound else _USED)
            elif bound and isinstance(node, nodes.Tuple | nodes.List | nodes.Starred):
                self.later([(child, scope, True) for child in nodes.children(node)])
            else:
                rule = _RULES.get(type(node))
                if rule is None:
                    self.later([(child, scope, False) for child in nodes.children(node)])
                else:
                    rule(self, node, scope)
        for name, scope, start, end in self.declared:
            if not _bound_around(name, scope):
                self.fail(f"`nonlocal {name}`: no function around binds it", start, end)
        return self.errors

    def later(self, items: list[tuple[Node, _Scope, bool]]) -> None:
        """Go through these next, the first first."""
        self.stack.extend(reversed(items))

    def bind_first(self, node: Node, scope: _Scope) -> None:
        """Statements and clauses with targets in a field of their own."""
        items: list[tuple[Node, _Scope, bool]] = []
        for field in node.fields:
            value = getattr(node, field)
            below = value if isinstance(value, list) else [value]
            bound = field in _TARGETS
            items += [(child, scope, bound) for child in below if isinstance(child, Node)]
        self.later(items)

    def annotated(self, node: nodes.AnnAssign, scope: _Scope) -> None:
        target = node.target
        if isinstance(target, nodes.Name):
            flags = scope.flags.get(target.id, 0)
            if node.simple:
                if flags & (_GLOBAL | _NONLOCAL) and scope.kind != "module":
                    word = "global" if flags & _GLOBAL else "nonlocal"
                    self.fail(
                        f"`{target.id}` is {word} and cannot be annotated", target.start, target.end
                    )
                scope.add(target.id, _ANNOTATED | _BOUND)
            elif node.value is not None:
                scope.add(target.id, _BOUND)
            rest: list[Node | None] = [node.value]
        else:
            rest = [target, node.value]
        if self.annotations:
            rest.insert(-1, node.annotation)
        self.later([(child, scope, False) for child in rest if child is not None])

    def declaration(self, node: nodes.Global | nodes.Nonlocal, scope: _Scope) -> None:
        word = "global" if isinstance(node, nodes.Global) else "nonlocal"
        for name, (start, end) in zip(node.names, node.name_spans):
            flags = scope.flags.get(name, 0)
            if flags & _PARAMETER:
                self.fail(f"`{name}` is a parameter and cannot be {word}", start, end)
            elif flags & _USED:
                self.fail(f"`{name}` is used before it is declared {word}", start, end)
            elif flags & _ANNOTATED:
                self.fail(f"`{name}` is annotated and cannot be {word}", start, end)
            elif flags & _BOUND:
                self.fail(f"`{name}` is assigned to before it is declared {word}", start, end)
            elif flags & (_NONLOCAL if word == "global" else _GLOBAL):
                self.fail(f"`{name}` is declared both global and nonlocal", start, end)
            elif word == "nonlocal":
                self.declared.append((name, scope, start, end))
            scope.add(name, _GLOBAL if word == "global" else _NONLOCAL)

    def import_(self, node: nodes.Import | nodes.ImportFrom, scope: _Scope) -> None:
        for alias in node.names:
            if alias.name != "*":
                scope.add(alias.asname or alias.name.partition(".")[0], _BOUND)

    def handler(self, node: nodes.ExceptHandler, scope: _Scope) -> None:
        if node.name:
            scope.add(node.name, _BOUND)
        self.later([(child, scope, False) for child in nodes.children(node)])

    def function(self, node: nodes.FunctionDef | nodes.Lambda, scope: _Scope) -> None:
        inner = _Scope("function", scope)
        args = node.args
        parameters = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        parameters += [arg for arg in (args.vararg, args.kwarg) if arg is not None]
        outside: list[Node | None] = [*args.defaults, *args.kw_defaults]
        if self.annotations:
            outside += [arg.annotation for arg in parameters]
        inside: list[Node]
        if isinstance(node, nodes.FunctionDef):
            scope.add(node.name, _BOUND)
            outside += [node.returns if self.annotations else None, *node.decorator_list]
            inside = [*node.body]
        else:
            inside = [node.body]
        for arg in parameters:
            inner.add(arg.arg, _PARAMETER | _BOUND)
        self.later(
            [(child, scope, False) for child in outside if child is not None]
            + [(child, inner, False) for child in inside]
        )

    def class_(self, node: nodes.ClassDef, scope: _Scope) -> None:
        scope.add(node.name, _BOUND)
        inner = _Scope("class", scope)
        self.later(
            [(child, scope, False) for child in (*node.bases, *node.decorator_list)]
            + [(child, inner, False) for child in node.body]
        )

    def comprehension(self, node: Node, scope: _Scope) -> None:
        inner = _Scope("comprehension", scope)
        items: list[tuple[Node, _Scope, bool]] = []
        for child in nodes.children(node):
            if isinstance(child, nodes.comprehension):
                first = not items
                if first:
                    items.append((child.iter, scope, False))
                items.append((_Iteration(child.target), inner, False))
                if not first:
                    items.append((child.iter, inner, False))
                items += [(condition, inner, False) for condition in child.ifs]
        elements = [c for c in nodes.children(node) if not isinstance(c, nodes.comprehension)]
        self.later(items + [(child, inner, False) for child in elements])

    def iteration(self, node: _Iteration, scope: _Scope) -> None:
        """The target of a comprehension's `for`."""
        names = [node.target]
        while names:
            target = names.pop()
            if isinstance(target, nodes.Name):
                if scope.flags.get(target.id, 0) & (_GLOBAL | _NONLOCAL):
                    self.fail(
                        f"`{target.id}` is bound by `:=` in this comprehension already",
                        target.start,
                        target.end,
                    )
                scope.add(target.id, _BOUND | _ITERATED)
            elif isinstance(target, nodes.Tuple | nodes.List | nodes.Starred):
                names += nodes.children(target)
            else:
                self.later([(target, scope, False)])

    def walrus(self, node: nodes.NamedExpr, scope: _Scope) -> None:
        """In a comprehension `:=` binds in the function around it."""
        name, start, end = node.target.id, node.target.start, node.target.end
        self.later([(node.value, scope, False)])
        if scope.kind != "comprehension":
            scope.add(name, _BOUND)
            return
        owner: _Scope = scope
        while owner.kind == "comprehension":
            if owner.flags.get(name, 0) & _ITERATED:
                self.fail(f"`:=` cannot rebind `{name}`, which a comprehension binds", start, end)
                return
            assert owner.parent is not None
            owner = owner.parent
        if owner.kind == "class":
            self.fail("`:=` cannot be used in a comprehension of a class's body", start, end)
        elif owner.kind == "module" or owner.flags.get(name, 0) & _GLOBAL:
            scope.add(name, _GLOBAL)
            owner.add(name, _GLOBAL)
        else:
            scope.add(name, _NONLOCAL)
            owner.add(name, _BOUND)


class _Iteration(Node):
    """A comprehension's target on the stack, told apart from other targets."""

    __slots__ = ("target",)

    def __init__(self, target: Node) -> None:
        super().__init__(target.start, target.end)
        self.target = target


def _bound_around(name: str, scope: _Scope) -> bool:
    """Whether a function around a scope has a variable of this name."""
    outer = scope.parent
    while outer is not None:
        flags = outer.flags.get(name, 0)
        if outer.kind == "function":
            if flags & _GLOBAL:
                return False
            if flags & _BOUND and not flags & _NONLOCAL:
                return True
        outer = outer.parent
    return False


_TARGETS = frozenset(["target", "targets", "optional_vars"])
_RULES: dict[type[Node], Any] = {
    nodes.Assign: _Checker.bind_first,
    nodes.AugAssign: _Checker.bind_first,
    nodes.For: _Checker.bind_first,
    nodes.Delete: _Checker.bind_first,
    nodes.withitem: _Checker.bind_first,
    nodes.AnnAssign: _Checker.annotated,
    nodes.Global: _Checker.declaration,
    nodes.Nonlocal: _Checker.declaration,
    nodes.Import: _Checker.import_,
    nodes.ImportFrom: _Checker.import_,
    nodes.ExceptHandler: _Checker.handler,
    nodes.FunctionDef: _Checker.function,
    nodes.Lambda: _Checker.function,
    nodes.ClassDef: _Checker.class_,
    nodes.NamedExpr: _Checker.walrus,
    _Iteration: _Checker.iteration,
    **dict.fromkeys(_COMPREHENSIONS, _Checker.comprehension),
}
