"""Changes to a failed expression that make it work, each tried on shapes before it is offered."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.diagnosis.history import definition
from tcalc.diagnosis.operands import spread, value_of
from tcalc.diagnosis.trial import Trial, Untried
from tcalc.display.values import as_tensor
from tcalc.errors import DtypeError, ShapeError, TcalcError, ValueProblem
from tcalc.parser import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.diagnosis.operands import Failure, Operand
    from tcalc.session import Session

# Longer expressions are not written out again.
_LONGEST = 60
# How many ways out are offered.
_MOST = 2


class Repair(NamedTuple):
    """The expression as it works, and the shape that it then has."""

    text: str
    shape: list[int] | None


def repairs(
    error: TcalcError, failure: Failure, found: list[Operand], session: Session | None
) -> str | None:
    """What to write instead, where something was found that works."""
    if not isinstance(error, ShapeError | DtypeError | ValueProblem):
        return None
    node = failure.node
    function = None
    if isinstance(node, nodes.Call):
        function = value_of(node.func, failure.frame, session)
    try:
        trial = Trial(failure, found, function)
    except Untried:
        return None
    for ways in (
        _kept_dimension(error, failure, trial, session),
        _by_another(error, failure, trial),
        _along_another(error, failure, trial),
        _out_of_place(failure, trial),
        _tried(error, failure, trial),
        _all_cast(error, failure, trial),
    ):
        made = list(islice(ways, _MOST))
        if made:
            break
    else:
        return None
    texts = [f"`{text}`" + ("" if shape is None else f" gives {shape}") for text, shape in made]
    return ", ".join(texts) if made[0].shape is not None else f"write {' or '.join(texts)}"


def _tried(error: TcalcError, failure: Failure, trial: Trial) -> Iterator[Repair]:
    """The ways of writing operands that work, those of the last operand first."""
    seen = set()
    for i, operand in reversed(list(enumerate(trial.operands))):
        stand_in = trial.stand_ins[i]
        for part, value, place in _tensors(operand, stand_in):
            ways = (
                _changes(error, value, trial) if place is None else _in_list(error, stand_in, place)
            )
            for text, change in ways:
                values = list(trial.stand_ins)
                try:
                    changed = change(value)
                    values[i] = (
                        changed
                        if place is None
                        else [*stand_in[:place], changed, *stand_in[place + 1 :]]
                    )
                    result = trial.run(values)
                except Exception:  # whatever it is, it is no way out
                    continue
                if not _is_meant(failure.node, trial, i, result):
                    continue
                written = _written(failure, part, text)
                if written is not None and written not in seen:
                    seen.add(written)
                    tensor = as_tensor(result)
                    yield Repair(written, None if tensor is None else list(tensor.shape))
                break


def _by_another(error: TcalcError, failure: Failure, trial: Trial) -> Iterator[Repair]:
    """The same arguments given to another op, where the error names one that may do."""
    node = failure.node
    if error.instead is None or not isinstance(node, nodes.Call):
        return
    try:
        result = trial.run_by(error.instead)
    except Exception:  # whatever it is, it is no way out
        return
    source, function = failure.source.text, node.func
    start = function.attr_start if isinstance(function, nodes.Attribute) else function.start
    text = source[node.start : start] + error.instead + source[function.end : node.end]
    if len(text) <= _LONGEST and text.isprintable():
        tensor = as_tensor(result)
        yield Repair(text, None if tensor is None else list(tensor.shape))


def _tensors(operand: Operand, stand_in: Any) -> Iterator[tuple[nodes.Node, Any, int | None]]:
    """The tensors of an operand: itself, or those of a list with their places in it."""
    parts = spread(operand)
    if as_tensor(stand_in) is not None:
        yield operand.node, stand_in, None
    elif parts and isinstance(stand_in, list):
        for place in reversed(range(len(parts))):
            if as_tensor(stand_in[place]) is not None:
                yield parts[place].node, stand_in[place], place


def _changes(error: TcalcError, tensor: Any, trial: Trial) -> Iterator[tuple[str, Any]]:
    """What an operand may be written as, the likeliest first."""
    if isinstance(error, DtypeError) and tensor.is_complex():
        yield ".abs()", lambda t: t.abs()
        yield ".real", lambda t: t.real
        return
    if isinstance(error, DtypeError):
        for name in ("float", "long", "bool"):
            yield f".{name}()", lambda t, name=name: getattr(t, name)()
        return
    if not error.clash and not trial.of_module:
        return
    if tensor.ndim == 2:
        yield ".T", lambda t: t.T
    if trial.of_matrices:
        if tensor.ndim > 2:
            yield ".mT", lambda t: t.mT
        return
    if trial.of_operator:
        for dim in range(1, tensor.ndim + 1):
            yield f".unsqueeze({dim})", lambda t, dim=dim: t.unsqueeze(dim)
    if not trial.of_module:
        return
    if tensor.ndim > 2:
        yield ".flatten(1)", lambda t: t.flatten(1)
    if tensor.ndim == 3:
        yield ".permute(2, 0, 1)", lambda t: t.permute(2, 0, 1)
    if tensor.ndim == 4:
        yield ".permute(0, 3, 1, 2)", lambda t: t.permute(0, 3, 1, 2)
    for dim in (0, 1):
        yield f".unsqueeze({dim})", lambda t, dim=dim: t.unsqueeze(dim)
    if 1 in tensor.shape:
        yield ".squeeze()", lambda t: t.squeeze()


def _out_of_place(failure: Failure, trial: Trial) -> Iterator[Repair]:
    """The name bound to a new tensor, where the old one has no room for the result."""
    node, text = failure.node, failure.source.text
    if not isinstance(node, nodes.AugAssign) or not isinstance(node.target, nodes.Name):
        return
    try:
        tensor = as_tensor(trial.run(trial.stand_ins))
    except Exception:  # the operands do not fit each other
        return
    name, value = node.target.id, text[node.value.start : node.value.end]
    made = f"{name} = {name} {node.op} {value}"
    if tensor is not None and len(made) <= _LONGEST and made.isprintable():
        yield Repair(made, list(tensor.shape))


def _all_cast(error: TcalcError, failure: Failure, trial: Trial) -> Iterator[Repair]:
    """Both operands of an operator in another dtype."""
    node = failure.node
    if not isinstance(node, nodes.BinOp) or not isinstance(error, DtypeError):
        return
    for name in ("long", "float"):
        try:
            result = as_tensor(trial.run([getattr(t, name)() for t in trial.stand_ins]))
        except Exception:  # no way out, whatever it is
            continue
        text = failure.source.text
        sides = [
            _with(text[part.start : part.end], part, f".{name}()")
            for part in (node.left, node.right)
        ]
        made = f" {node.op} ".join(sides)
        if result is not None and len(made) <= _LONGEST and made.isprintable():
            yield Repair(made, list(result.shape))
            return


def _with(own: str, part: nodes.Node, text: str) -> str:
    """An expression with something behind it."""
    simple = isinstance(
        part, nodes.Name | nodes.Call | nodes.Attribute | nodes.Subscript | nodes.List
    )
    return f"{own}{text}" if simple else f"({own}){text}"


def _in_list(error: TcalcError, tensors: list[Any], place: int) -> Iterator[tuple[str, Any]]:
    """The same for one of several tensors in a list."""
    tensor = tensors[place]
    if isinstance(error, ShapeError) and any(t.ndim == tensor.ndim + 1 for t in tensors):
        yield ".unsqueeze(0)", lambda t: t.unsqueeze(0)
        yield ".unsqueeze(1)", lambda t: t.unsqueeze(1)


def _along_another(error: TcalcError, failure: Failure, trial: Trial) -> Iterator[Repair]:
    """The call with another dimension."""
    node = failure.node
    if not error.clash or not isinstance(node, nodes.Call) or not trial.takes("dim"):
        return
    named = next((k for k in node.keywords if k.arg == "dim"), None)
    if named is None and len(node.args) > 1:
        return
    text = failure.source.text
    for dim in range(len(error.clash[0][0])):
        try:
            result = trial.run_with("dim", dim)
        except Exception:  # nor does that one
            continue
        if named is not None:
            made = (
                text[node.start : named.value.start] + str(dim) + text[named.value.end : node.end]
            )
        else:
            made = f"{text[node.start : node.end - 1].rstrip()}, dim={dim})"
        tensor = as_tensor(result)
        if len(made) <= _LONGEST and made.isprintable() and tensor is not None:
            yield Repair(made, list(tensor.shape))


def _is_meant(node: nodes.Node, trial: Trial, changed: int, result: Any) -> bool:
    """Whether a result is likely what was meant: two operands of an operator do not make something
    larger than both, which `@` may."""
    tensor = as_tensor(result)
    if not isinstance(node, nodes.BinOp | nodes.AugAssign | nodes.Compare):
        return True
    if tensor is None or (isinstance(node, nodes.BinOp) and node.op == "@"):
        return tensor is not None
    other = as_tensor(trial.stand_ins[1 - changed])
    if isinstance(node, nodes.AugAssign) and changed == 0:
        return False
    return other is not None and tensor.shape == other.shape


def _written(failure: Failure, part: nodes.Node, text: str) -> str | None:
    """The expression with one operand written otherwise."""
    source, node = failure.source.text, failure.node
    instead = _with(source[part.start : part.end], part, text)
    whole = source[node.start : part.start] + instead + source[part.end : node.end]
    for made in (whole, instead):
        if len(made) <= _LONGEST and made.isprintable():
            return made
    return None


def _kept_dimension(
    error: TcalcError, failure: Failure, trial: Trial, session: Session | None
) -> Iterator[Repair]:
    """A reduction without which an operand would fit: with `keepdim=True` it does."""
    if not isinstance(failure.node, nodes.BinOp) or not isinstance(error, ShapeError):
        return
    for i, operand in enumerate(trial.operands):
        tensor = as_tensor(trial.stand_ins[i])
        source, call = failure.source, operand.node
        if isinstance(call, nodes.Name):
            made = definition(call.id, source, call.start, session)
            if made is None:
                continue
            source, call = made.step.source, made.value
        if tensor is None or not _is_reduction(call):
            continue
        for dim in range(tensor.ndim + 1):
            values = list(trial.stand_ins)
            values[i] = tensor.unsqueeze(dim)
            try:
                result = trial.run(values)
            except Exception:  # it does not fit there either
                continue
            if _is_meant(failure.node, trial, i, result):
                text = source.text[call.start : call.end - 1].rstrip().rstrip(",")
                if not text.isprintable() or len(text) > _LONGEST:
                    return
                yield Repair(f"{text}, keepdim=True)", list(values[i].shape))
                break


def _is_reduction(node: nodes.Node) -> bool:
    """Whether a call takes away the dimensions that it names, and could keep them."""
    if not isinstance(node, nodes.Call) or not isinstance(node.func, nodes.Attribute):
        return False
    if not (node.args or node.keywords) or any(k.arg == "keepdim" for k in node.keywords):
        return False
    from tcalc.runtime.base.registry import lookup

    method: Any = lookup(f"torch.{node.func.attr}")
    code = getattr(method, "__code__", None)
    return code is not None and "keepdim" in code.co_varnames
