"""Names, attributes and targets: from our nodes to Python's.

Everything that may fail at run time is labelled with the node it came from. Names that start a
helper hold a space, so no program can spell them; language/support.py has what they stand for.
"""

from __future__ import annotations

from tcalc.compiler import python as py
from tcalc.errors import ParseError
from tcalc.language.attributes import native_readers, native_writers
from tcalc.language.classes import SPECIAL, is_special
from tcalc.parser import nodes
from tcalc.parser.grammar import METADATA, PICKLED
from tcalc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from tcalc.source import Source

    class Names(Protocol):
        """What compiling asks of a namespace."""

        hidden: dict[str, Any]
        checks_slices: bool
        modules: set[str]

        def is_module(self, qualified: str) -> bool:
            """Whether a dotted name is a module's."""

        def delayed(self, path: tuple[str, ...]) -> tuple[int, str] | None:
            """Of an op whose first argument is not evaluated yet, which one that depends on."""

        def has_tensor_form(self, name: str) -> bool:
            """Whether a class of Python's, called with a tensor, is PyTorch's function."""


_TEMPORARY = "it "
_IS = [py.COMPARISONS["is"]]
# Names in a dotted name, at most.
_LONGEST = 8
# Stands for the module of a key whose member was not looked up yet.
_NOWHERE = object()


class Scope:
    """Where names that are bound belong: 'module', 'class', 'function' or 'comprehension'."""

    __slots__ = ("kind", "locals", "private")

    def __init__(self, kind: str, private: str, locals: frozenset[str] = frozenset()) -> None:
        self.kind = kind
        # The class whose `__x` names are written here, without leading underscores.
        self.private = private
        # Names that are certainly bound here or in a function around, so need no looking up.
        self.locals = locals


class Places:
    """Names, attributes and targets; and the labels by which instructions find their nodes."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source = source
        self.namespace = names
        self.hidden = names.hidden
        self.nodes: list[nodes.Node] = []
        # Names that may have to be found in the namespace, and those certainly bound before.
        self.used: set[str] = set()
        self.bound: set[str] = set()
        # Names met since the last part of the program was done, and whether that part has a loop.
        self.met: set[str] = set()
        self.loops = False
        self.scope = Scope("module", "")
        self._stores: dict[str, Any] = {}
        self._delayed: dict[tuple[str, ...], tuple[int, str] | None] = {}

    def label(self, node: nodes.Node) -> int:
        """The number by which instructions find the node again."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def refuse(self, message: str, node: nodes.Node) -> ParseError:
        """An error at a node, found before anything runs."""
        return ParseError(message, self.source, Span(node.start, node.end))

    if TYPE_CHECKING:  # a part of a class whose other parts are expressions and statements

        def expr(self, node: Any) -> Any:
            """The Python node of an expression that is read."""

        def index(self, node: Any) -> Any:
            """What stands in the brackets of a subscript."""

    def helper(self, name: str, args: list[Any], at: int) -> Any:
        """A call of one of our own functions."""
        return py.call(self.own(name, at), args, at)

    def own(self, name: str, at: int) -> Any:
        """One of our own functions or tables."""
        self.met.add(name)
        return py.name(name, at)

    def type_of(self, value: Any, at: int) -> Any:
        """`type(value)`."""
        return self.helper("type ", [value], at)

    # -- names and attributes -------------------------------------------------------------------

    def name(self, node: nodes.Name) -> Any:
        id = node.id
        if id[:2] == "__" and is_special(id) and id not in METADATA:
            return self.special_name(node)
        if id not in self.bound and id not in self.scope.locals:
            self.used.add(id)
        self.met.add(id)
        labels = self.nodes
        at = len(labels)
        labels.append(node)
        return py.name(id, at)

    def special_name(self, node: nodes.Name) -> Any:
        at = self.label(node)
        if node.id in ("__name__", "__file__", "__doc__") or (
            self.scope.kind == "class" and node.id in SPECIAL
        ):
            return py.name(node.id, at)
        return self.helper("no name ", [py.constant(node.id, at)], at)

    def mangled(self, attr: str) -> str:
        """`__x` in a class body is `_Class__x`, as in Python."""
        private = self.scope.private
        if private and attr[:2] == "__" and attr[-2:] != "__":
            return f"_{private}{attr}"
        return attr

    def types_reading(self, attr: str) -> str:
        name = attr + " read"
        if name not in self.hidden:
            self.hidden[name] = native_readers(attr)
        return name

    def types_writing(self, attr: str) -> str:
        name = attr + " write"
        if name not in self.hidden:
            self.hidden[name] = native_writers(attr)
        return name

    def attribute(self, node: nodes.Attribute) -> Any:
        key = self.member_of(node)
        if is_special(self.mangled(node.attr)) or not self.can_hold(node.value):
            value = self.expr(node.value)
            made = self.gate(node, value, key, at := self.label(node))
        else:
            test, value, at = self.check_type(node)
            native = py.attribute(value, node.attr, at)
            made = py.ifexp(test, native, self.gate(node, value, key, at), at)
        if key is None:
            return made
        at = made.col_offset
        test = py.compare(self.name(self.root(node)), _IS, [self.own(key + " in", at)], at)
        return py.ifexp(test, self.own(key + " ", at), made, at)

    def check_type(self, node: nodes.Attribute) -> tuple[Any, Any, int]:
        """Whether Python may look an attribute up; the value that has it; the attribute's label."""
        base = node.value
        if type(base) is nodes.Name:
            first = value = self.name(base)
            at = self.label(node)
        else:
            inner = self.expr(base)
            at = self.label(node)
            first = py.make("NamedExpr", at, target=py.name_store(_TEMPORARY, at), value=inner)
            value = py.name(_TEMPORARY, at)
        kinds = self.own(self.types_reading(self.mangled(node.attr)), at)
        return py.contains(self.type_of(first, at), kinds, at), value, at

    def gate(self, node: nodes.Attribute, value: Any, key: str | None, at: int) -> Any:
        """An attribute looked up with all checks; what a module has is kept under its key."""
        name = py.constant(self.mangled(node.attr), at)
        if key is None:
            return self.helper("read ", [value, name], at)
        args = [value, name, self.name(self.root(node)), py.constant(key, at)]
        return self.helper("member ", args, at)

    def member_of(self, node: nodes.Attribute) -> str | None:
        """`a.b.c` as a key, if `a` is likely a module and its members may be kept; else None.

        The members of modules never change. So the first look-up of the key keeps what it found
        and in which module, and from then on code need only see that `a` still is that module.
        """
        path = dotted(node)
        if path is None or path[0] not in self.namespace.modules:
            return None
        if path[0] in self.bound or path[0] in self.scope.locals:
            return None
        if any(name[0] == "_" for name in path[1:]):
            return None
        key = ".".join(path)
        self.hidden.setdefault(key + " in", _NOWHERE)
        self.hidden.setdefault(key + " ", None)
        return key

    def root(self, node: nodes.Attribute) -> nodes.Name:
        """What a dotted name begins with."""
        part: Any = node
        while type(part) is nodes.Attribute:
            part = part.value
        name: nodes.Name = part
        return name

    def can_hold(self, base: Any) -> bool:
        """Whether a value can be named for the check of its type.

        Only what something else holds anyway goes into a temporary, and only a function's: the
        result of a call must not outlive its use, or large memory would.
        """
        if type(base) is nodes.Name:
            return not is_special(base.id)
        return type(base) is nodes.Attribute and self.scope.kind == "function"

    # -- targets --------------------------------------------------------------------------------

    def bind(self, id: str, node: nodes.Node) -> None:
        """Refuse names that no program may bind."""
        if id[:2] == "__" and is_special(id):
            if self.scope.kind == "class":
                if id in SPECIAL or id in PICKLED:
                    return
                raise self.refuse(f"a class cannot define '{id}'", node)
            if self.scope.kind == "module" and id in METADATA:
                return
            raise self.refuse(f"'{id}' cannot be bound", node)

    def store(self, id: str) -> Any:
        """A name as a target; binding a name cannot fail, so one node serves for all."""
        node = self._stores.get(id)
        if node is None:
            node = self._stores[id] = py.name_store(id, 0)
        self.met.add(id)
        return node

    def target(self, node: Any, stars: list[Any], ctx: str = "store") -> Any:
        """A target; `stars` gets the statements that turn what `*x` gathered into a List."""
        kind = type(node)
        if kind is nodes.Name:
            self.bind(node.id, node)
            return self.store(node.id) if ctx == "store" else py.name_del(node.id, self.label(node))
        if kind is nodes.Attribute:
            return self.attribute_target(node, ctx)
        if kind is nodes.Subscript:
            value = self.expr(node.value)
            if self.may_slice(node.slice):
                value = self.helper("sliced ", [value], self.label(node.value))
            else:
                value = self.held_to_numbers(node.value, value)
            index = self.index(node.slice)
            return py.make("Subscript", self.label(node), ctx, value=value, slice=index)
        if kind is nodes.Starred:
            return self.star_target(node, stars, ctx)
        elts = [self.target(e, stars, ctx) for e in node.elts]
        return py.make("Tuple", self.label(node), ctx, elts=elts)

    def may_slice(self, index: Any) -> bool:
        """Whether a target may be a slice with a step."""
        if type(index) is nodes.Slice:
            return index.step is not None
        return self.namespace.checks_slices and type(index) not in (nodes.Constant, nodes.Tuple)

    def held_to_numbers(
        self, base: Any, value: Any, check: str = "items ", kinds: str = "arrays "
    ) -> Any:
        """What is about to be changed in place, looked at first if it is of certain types."""
        at = self.label(base)
        guarded = self.helper(check, [value], at)
        if type(base) is not nodes.Name:
            return guarded
        test = py.contains(self.type_of(value, at), self.own(kinds, at), at)
        return py.ifexp(test, guarded, value, at)

    def attribute_target(self, node: nodes.Attribute, ctx: str) -> Any:
        attr, base = self.mangled(node.attr), node.value
        value = self.expr(base)
        at = self.label(node)
        if is_special(attr):
            place = self.helper("target ", [value], at)
        elif type(base) is nodes.Name:
            kinds = self.own(self.types_writing(attr), at)
            test = py.contains(self.type_of(value, at), kinds, at)
            place = py.ifexp(test, value, self.helper("target ", [value], at), at)
        else:
            place = self.helper("place ", [value, self.own(self.types_writing(attr), at)], at)
        return py.make("Attribute", at, ctx, value=place, attr=node.attr)

    def star_target(self, node: nodes.Starred, stars: list[Any], ctx: str) -> Any:
        at = self.label(node)
        inner = node.value
        if type(inner) is nodes.Name:
            target = self.target(inner, stars)
            gathered, last = inner.id, []
        else:
            # Gathered under a name of its own, then put where it belongs.
            target = py.name_store(gathered := f"star {at}", at)
            last = [py.make("Delete", at, targets=[py.name_del(gathered, at)])]
        listed = self.helper("list ", [py.name(gathered, at)], at)
        stars.append(py.assign(self.target(inner, stars), listed, at))
        stars += last
        return py.make("Starred", at, ctx, value=target)


def dotted(node: Any) -> tuple[str, ...] | None:
    """`a.b.c` as ("a", "b", "c"); None for what is longer than a module's members are named."""
    parts: list[str] = []
    while type(node) is nodes.Attribute and len(parts) < _LONGEST:
        parts.append(node.attr)
        node = node.value
    if type(node) is not nodes.Name:
        return None
    return (node.id, *reversed(parts))
