"""Why there are no gradients, in the names and lines of the program: who saved a value and who changed
it, where the graph was cut, why a `.grad` is None. Read from the text and the values; nothing is run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tcalc.diagnosis.anomalies import told
from tcalc.diagnosis.excerpt import Explained, Label
from tcalc.diagnosis.history import Change, before, calls, changes, definition
from tcalc.diagnosis.operands import value_of
from tcalc.display.values import as_tensor
from tcalc.errors import AutogradError
from tcalc.parser import nodes
from tcalc.runtime.base.registry import lookup
from tcalc.source import Span

if TYPE_CHECKING:
    from tcalc.diagnosis.operands import Failure, Operand
    from tcalc.session import Session
    from tcalc.source import Source

# What gives the numbers of a tensor alone, as methods and as functions that take one.
_LEAVING = frozenset({"detach", "detach_", "item", "tolist", "numpy"})
_MAKING = frozenset({"tensor", "as_tensor", "from_numpy", "array", "asarray", "float", "int"})
_NOT_RECORDING = frozenset({"no_grad", "inference_mode"})
# So many names are looked into.
_MOST = 200


def explain(
    error: BaseException, failure: Failure, found: list[Operand], session: Session | None
) -> Explained:
    """What the program did that an error about gradients comes from."""
    if isinstance(error, AutogradError) and error.place is not None:
        return _forward(error, failure, session)
    if isinstance(error, AutogradError) and error.cut:
        return _cut(failure, found, session)
    if isinstance(error, AttributeError | TypeError):
        return _no_grad(failure, session)
    return Explained()


# -- what a pass back meets ------------------------------------------------------------------------


def _forward(error: AutogradError, failure: Failure, session: Session | None) -> Explained:
    """The expression whose gradient fails, what it saved and who changed that since."""
    compiler = sys.modules.get("tcalc.compiler")
    place = compiler.locate_place(*error.place) if compiler and error.place else None
    if place is None:
        return Explained()
    source, node = place
    if error.memory is not None:
        saved = _operand(node, error.saved_as)
        text = "its result is kept for its gradient" if saved is None else "kept for the gradient"
        kept = saved or node
        marks = [(source, Label(Span(kept.start, kept.end), text))]
        change = _change(error, failure, node, session)
        if change is None:
            return Explained(tuple(marks))
        name = change.step.source.text[change.target.start : change.target.end]
        at = Span(change.node.start, change.node.end)
        marks.append((change.step.source, Label(at, f"changes {name} in place")))
        return Explained(tuple(marks), _out_of_place(change))
    if error.freed:
        first = _first_backward(failure)
        made = (source, Label(Span(node.start, node.end), "made the value whose gradient fails"))
        if first is None:
            return Explained((made,))
        call = first
        text = failure.source.text
        again = text[call.start : call.end - 1].rstrip()
        again += ", " * (not again.endswith("(")) + "retain_graph=True)"
        freed = (failure.source, Label(Span(call.start, call.end), "lets go of the graph"))
        if call is failure.node:
            hint = "in a loop, compute the loss anew before each backward"
        else:
            hint = f"write `{again}` in line {failure.source.line_of(call.start)}"
        return Explained((made, freed), hint)
    label = Label(Span(node.start, node.end), "made the value whose gradient fails")
    notes = () if error.anomaly is None else (told(error.anomaly, source, node),)
    return Explained(((source, label),), notes=notes)


def _operand(node: nodes.Node, parameter: str) -> nodes.Node | None:
    """The expression of an operation that its op got as a parameter, None for its result."""
    if parameter in ("out", "aux", ""):
        return None
    parts: list[nodes.Node] = []
    if isinstance(node, nodes.BinOp):
        parts = [node.left, node.right]
    elif isinstance(node, nodes.Call):
        parts = list(node.args)
        if isinstance(node.func, nodes.Attribute) and not isinstance(node.func.value, nodes.Name):
            parts = [node.func.value, *parts]
    first = parameter in ("input", "self", "mat1")
    if len(parts) < 2:
        return None
    return parts[0] if first else parts[1]


def _change(
    error: AutogradError, failure: Failure, saver: nodes.Node, session: Session | None
) -> Change | None:
    """What wrote to a saved value, where it can be told: by the names that show its memory, or as
    the one statement of the program that changes anything in place."""
    certain: list[Change] = []
    possible: list[Change] = []
    for source in before(failure.source, session):
        for change in changes(source):
            inside = change.step.function is None and not change.step.blocks
            if source is failure.source and inside and change.node.start < saver.start:
                continue
            value = value_of(change.target, failure.frame, session)
            if change.step.function is None and (tensor := as_tensor(value)) is not None:
                if tensor._s is error.memory:
                    certain.append(change)
            elif change.step.function is not None:
                possible.append(change)
    if certain:
        return certain[-1]
    return possible[0] if len(possible) == 1 else None


def _out_of_place(change: Change) -> str | None:
    """The statement that does the same with a new tensor."""
    source, node = change.step.source, change.node
    name = source.text[change.target.start : change.target.end]
    if isinstance(node, nodes.AugAssign) and node.target is change.target:
        value = source.text[node.value.start : node.value.end]
        made = f"{name} = {name} {node.op} {value}"
    elif isinstance(node, nodes.Call) and isinstance(node.func, nodes.Attribute):
        head = source.text[node.func.value.start : node.func.attr_start]
        call = source.text[node.func.attr_start : node.end]
        made = f"{name} = {head}{call.replace('_(', '(', 1)}"
        if not isinstance(change.step.statement, nodes.Expr):
            return None
    else:
        line = source.line_of(node.start)
        return f"change a copy: `{name} = {name}.clone()` before line {line}"
    if "\n" in made or len(made) > 70:
        return None
    return f"make a new tensor: `{made}`"


def _first_backward(failure: Failure) -> nodes.Call | None:
    """The call in this program that went back through the graph before."""
    node = failure.node
    if not isinstance(node, nodes.Call) or not isinstance(node.func, nodes.Attribute):
        return None
    found = [
        call
        for call, _ in calls(failure.source).values()
        if isinstance(call.func, nodes.Attribute)
        and call.func.attr == node.func.attr
        and call.start <= node.start
    ]
    earlier = [call for call in found if call.start < failure.node.start]
    return earlier[-1] if earlier else (found[-1] if found else None)


# -- where the graph was cut -----------------------------------------------------------------------


class _Search:
    """Looks through what a value was computed from for the place that leaves the graph."""

    def __init__(self, failure: Failure, session: Session | None) -> None:
        self.failure = failure
        self.session = session
        # Names that are computed from nothing further, with whether they require gradients.
        self.ends: dict[str, bool] = {}
        self.seen: set[tuple[int, int]] = set()

    def cut(self, node: nodes.Node, source: Source) -> tuple[Source, Label, str] | None:
        """The place that cuts, what to say of it and what to do; None where there is none."""
        if isinstance(node, nodes.Name):
            place = (id(source), node.start)
            if place in self.seen:
                return None
            self.seen.add(place)
            return self.through(node, source)
        found = None
        for child in nodes.children(node):
            if not isinstance(child, nodes.Name) or child is not getattr(node, "func", None):
                found = found or self.cut(child, source)
        return found or self.here(node, source)

    def through(self, node: nodes.Name, source: Source) -> tuple[Source, Label, str] | None:
        """The same of what a name was given."""
        made = definition(node.id, source, node.start, self.session)
        value = as_tensor(value_of(node, self.failure.frame, self.session))
        if (
            made is not None
            and len(self.seen) < _MOST
            and not (value is not None and value.is_leaf and value.requires_grad)
        ):
            step = made.step
            before = dict(self.ends)
            found = self.cut(made.value, step.source)
            if found is not None:
                return found
            for block in reversed(step.blocks):
                if isinstance(block, nodes.With) and self.reaches() and _stops(block):
                    name = source.text[node.start : node.end]
                    item = block.items[0].context_expr
                    text = f"{name} is computed without a graph"
                    label = Label(Span(item.start, item.end), text)
                    return step.source, label, f"compute {name} outside the block"
            if len(self.ends) > len(before) or _is_call(made.value):
                if self.ends == before and value is not None:
                    self.ends[node.id] = value.requires_grad
                return None
        if value is not None:
            self.ends[node.id] = value.requires_grad
        return None

    def reaches(self) -> bool:
        """Whether something found so far requires gradients."""
        return any(self.ends.values())

    def here(self, node: nodes.Node, source: Source) -> tuple[Source, Label, str] | None:
        """Whether a node leaves the graph that something below it is in."""
        if not self.reaches():
            return None
        names = ", ".join(name for name, requires in self.ends.items() if requires)
        span = Span(node.start, node.end)
        if isinstance(node, nodes.Attribute) and node.attr == "data":
            span = Span(node.attr_start - 1, node.end)
            return source, Label(span, f"leaves the graph of {names}"), _alone(node.value, source)
        if not isinstance(node, nodes.Call):
            return None
        function = node.func
        name = (
            function.attr if isinstance(function, nodes.Attribute) else getattr(function, "id", "")
        )
        if name in _LEAVING and isinstance(function, nodes.Attribute):
            span = Span(function.attr_start - 1, node.end)
            label = Label(span, f"leaves the graph of {names}")
            return source, label, _alone(function.value, source)
        if name in _MAKING and node.args:
            span = Span(function.start, function.end)
            label = Label(span, f"takes the numbers alone, not the graph of {names}")
            return source, label, _alone(node.args[0], source)
        if _has_no_gradient(name):
            span = Span(getattr(function, "attr_start", function.start), function.end)
            return (
                source,
                Label(span, f"has no gradient, so that the graph of {names} ends here"),
                f"a loss of {names} needs a function that has one",
            )
        return None


def _cut(failure: Failure, found: list[Operand], session: Session | None) -> Explained:
    """Why a value has no graph: the place that cut it off, or that nothing requires gradients."""
    if not found:
        return Explained()
    formula = _formula(failure, found, session)
    if formula is not None:
        return Explained((), formula)
    search = _Search(failure, session)
    place = search.cut(found[0].node, failure.source)
    if place is not None:
        source, label, hint = place
        return Explained(((source, label),), hint)
    ends = [name for name, requires in search.ends.items() if not requires]
    if not ends or search.reaches():
        return Explained()
    floats = [name for name in ends if _may_require(name, failure, session)]
    text = f"nothing that it is computed from requires gradients: {', '.join(ends)}"
    if not floats:
        return Explained((), None, (text,))
    return Explained((), f"`{floats[0]}.requires_grad_()` before it is used", (text,))


def _alone(node: nodes.Node, source: Source) -> str:
    """What would have stayed in the graph."""
    return f"`{source.text[node.start : node.end]}` alone stays in the graph"


def _formula(failure: Failure, found: list[Operand], session: Session | None) -> str | None:
    """A call that evaluates its first argument itself, with the formula in the place of its name."""
    node, first = failure.node, found[0].node
    if not isinstance(node, nodes.Call) or not isinstance(first, nodes.Name):
        return None
    op = getattr(value_of(node.func, failure.frame, session), "__op__", None)
    made = definition(first.id, failure.source, first.start, session)
    if op is None or op.delayed is None or made is None:
        return None
    text, source = failure.source.text, made.step.source.text
    formula = source[made.value.start : made.value.end]
    return f"write the formula here: `{text[node.start : first.start]}{formula}{text[first.end : node.end]}`"


def _may_require(name: str, failure: Failure, session: Session | None) -> bool:
    node = nodes.Name(0, 0, name)
    tensor = as_tensor(value_of(node, failure.frame, session))
    return tensor is not None and tensor.is_leaf and tensor.is_floating_point()


def _stops(block: nodes.With) -> bool:
    """Whether a `with` block records no graph."""
    for item in block.items:
        call = item.context_expr
        function = call.func if isinstance(call, nodes.Call) else call
        name = (
            function.attr if isinstance(function, nodes.Attribute) else getattr(function, "id", "")
        )
        if name in _NOT_RECORDING:
            return True
    return False


def _is_call(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call)


def _has_no_gradient(name: str) -> bool:
    """Whether there is an op of a name whose results are never in the graph."""
    function = lookup(f"torch.{name}") or lookup(f"torch.Tensor.{name}")
    op = getattr(function, "__op__", None)
    return op is not None and not op.differentiable


# -- why a gradient is None ------------------------------------------------------------------------


def _no_grad(failure: Failure, session: Session | None) -> Explained:
    """Where a `.grad` that is None was used: why it is."""
    for part in nodes.children(failure.node):
        read = part
        while isinstance(read, nodes.Attribute) and read.attr != "grad":
            read = read.value
        if not isinstance(read, nodes.Attribute):
            continue
        tensor: Any = as_tensor(value_of(read.value, failure.frame, session))
        if tensor is None or tensor.grad is not None:
            continue
        name = failure.source.text[read.value.start : read.value.end]
        span = Span(read.start, read.end)
        marks = ((failure.source, Label(span, "None")),)
        if not tensor.requires_grad:
            note, hint = (
                f"{name} requires no gradient",
                f"`{name}.requires_grad_()` before it is used",
            )
        elif not tensor.is_leaf:
            note = f"{name} is computed from other tensors, which are the ones that get gradients"
            hint = f"`{name}.retain_grad()` before backward keeps this one's too"
        else:
            note = f"no backward has come to {name} so far"
            hint = f"call backward() on a number that is computed from {name} first"
        return Explained(marks, hint, (f"{name}.grad is None: {note}",))
    return Explained()
