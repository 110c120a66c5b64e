"""What each part of an expression comes to in a dry run.

The expression is compiled with a call around each part that says something; a part is followed once it has
its value, by which time its own parts were. The ops that ran since are its own.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from tcalc.compiler.targets import dotted
from tcalc.language.namespace import Namespace
from tcalc.parser import nodes
from tcalc.runtime.base.symbols import Symbol
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.transform.dry.notes import spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.runtime.transform.dry.interpreter import Dry
    from tcalc.runtime.transform.dry.notes import Note

# A name that no program can spell: what stands around each part.
FOLLOW = "follow "
_LEAVES = (nodes.Name, nodes.Constant)
# What is shown as a whole: what is inside runs many times, or elsewhere.
_WHOLE = (
    nodes.Lambda, nodes.ListComp, nodes.SetComp, nodes.DictComp, nodes.GeneratorExp, nodes.JoinedStr,
    nodes.Yield, nodes.YieldFrom, nodes.Slice, nodes.Starred, nodes.NamedExpr,
)  # fmt: skip
_LONGEST, _FEW = 24, 3


class Step:
    """A part of an expression: its node, its own parts, its value as people read it, and its calls.

    value: None until it was reached. times: how often it was. made: bytes of memory that are new.
    """

    __slots__ = ("made", "node", "notes", "parts", "times", "value")

    def __init__(self, node: Any, parts: list[Step]) -> None:
        self.node = node
        self.parts = parts
        self.value: str | None = None
        self.notes: list[Note] = []
        self.times = self.made = 0


class Steps:
    """The parts of some statements. variables: where plain names are looked for."""

    def __init__(self, dry: Dry, variables: dict[str, Any]) -> None:
        self._dry = dry
        self._variables = variables
        self._all: list[Step] = []
        self._seen = self._made = 0
        self.roots: list[Step] = []

    def follow(self, number: int, value: Any) -> Any:
        """A part has its value."""
        step = self._all[number]
        step.times += 1
        step.value = described(value)
        step.notes += self._dry.notes[self._seen :]
        step.made += self._dry.made - self._made
        self._seen, self._made = len(self._dry.notes), self._dry.made
        return value

    def stops(self, what: str, place: nodes.Node | None) -> None:
        """Say so of the part that was never done with.

        place: where that was, if it is in the expression: the part is the least around it; else the
        first, as they are evaluated.
        """
        waiting = [s for root in self.roots for s in _in_turn(root) if s.value is None]
        around = [
            s for s in waiting if place and s.node.start <= place.start and place.end <= s.node.end
        ]
        for step in (around or waiting)[:1]:
            step.value = what
            step.notes += self._dry.notes[self._seen :]

    def around(self, body: Sequence[nodes.StmtNode]) -> list[nodes.StmtNode]:
        """Statements with what they evaluate followed; of others nothing is shown."""
        for statement in body:
            value: Any = getattr(statement, "value", None)
            if (
                isinstance(statement, (nodes.Expr, nodes.Assign, nodes.Return))
                and value is not None
            ):
                step, statement.value = self._followed(value)
                self.roots.append(step)
        return list(body)

    def _followed(self, node: Any) -> tuple[Step, Any]:
        """A part, and it with a call around it."""
        if isinstance(node, nodes.Name):
            step = Step(node, [])
            if node.id in self._variables:
                step.value = described(self._variables[node.id])
        else:
            step = Step(node, self._parts(node))
        self._all.append(step)
        number = nodes.Constant(node.start, node.end, len(self._all) - 1)
        follow = nodes.Name(node.start, node.end, FOLLOW)
        if isinstance(node, nodes.Name):
            return step, node
        return step, nodes.Call(node.start, node.end, follow, [number, node], [])

    def _parts(self, node: Any) -> list[Step]:
        """What is below a part, each with a call around it in its place."""
        parts: list[Step] = []
        if isinstance(node, _WHOLE):
            return parts

        def change(child: Any) -> Any:
            if isinstance(child, nodes.keyword):
                child.value = change(child.value)
                return child
            if not isinstance(child, nodes.Node) or self._is_plain(child):
                return child
            step, made = self._followed(child)
            if not (isinstance(child, nodes.Name) and any(_same(p.node, child) for p in parts)):
                parts.append(step)
            return made

        for field in node.fields:
            value = getattr(node, field)
            if field == "func":  # what is called is no part, but what it is a method of is one
                if isinstance(value, nodes.Attribute) and not self._is_function(value):
                    value.value = change(value.value)
            elif isinstance(value, list):
                setattr(node, field, [change(v) for v in value])
            elif isinstance(node, nodes.Subscript) and isinstance(value, nodes.Tuple):
                value.elts = [change(v) for v in value.elts]
            else:
                setattr(node, field, change(value))
        return parts

    def _is_plain(self, node: Any) -> bool:
        """Whether a part says nothing that its text does not."""
        if isinstance(node, (nodes.Constant, nodes.Slice, nodes.Starred)):
            return True
        if isinstance(node, nodes.UnaryOp):
            return self._is_plain(node.operand)
        if isinstance(node, nodes.BinOp):
            return self._is_plain(node.left) and self._is_plain(node.right)
        if isinstance(node, (nodes.List, nodes.Tuple)):
            return all(map(self._is_plain, node.elts))
        return isinstance(node, (nodes.Name, nodes.Attribute)) and self._is_function(node)

    def _is_function(self, node: Any) -> bool:
        """Whether a dotted name leads to what no variable holds: a function, a module, a dtype."""
        path = dotted(node)
        if path is None:
            return False
        value = self._variables.get(path[0], len)
        return isinstance(value, (Namespace, FunctionType, type(len), type))


def _same(node: Any, name: nodes.Name) -> bool:
    return isinstance(node, nodes.Name) and node.id == name.id


def _in_turn(step: Step) -> Iterator[Step]:
    for part in step.parts:
        yield from _in_turn(part)
    yield step


def in_few(texts: Sequence[str]) -> str:
    """Texts in a row; many that are alike as one with their number.

    >>> in_few(["a", "b"]), in_few(["a"] * 5)
    ('a, b', '5 × a')
    """
    if len(texts) > _FEW:
        rest = "" if len(set(texts)) == 1 else ", …"
        return f"{len(texts)} × {texts[0]}{rest}"
    return ", ".join(texts)


def described(value: Any) -> str:
    """A value as people read it: of tensors dtype and shape."""
    if isinstance(value, Tensor):
        return str(spec_of(value))
    if isinstance(value, Symbol):
        return f"{type(value.value).__name__}, not known"
    if value is None or type(value) in (int, float, bool, complex, str):
        text = repr(value)
        text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
        return text if value is None else f"{type(value).__name__} {text}"
    if isinstance(value, (tuple, list)):
        items = list(value)
        if any(isinstance(v, Tensor) for v in items[:_FEW]):
            return f"({in_few(list(map(described, items)))})"
        if len(items) <= 8 and all(type(v) is int for v in items):
            return f"{type(value).__name__} {items}"
        return f"{type(value).__name__} of {len(items)}"
    return type(value).__name__
