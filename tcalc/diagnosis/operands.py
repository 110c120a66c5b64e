"""Which expression of a failed call each value came from, and a value in a few words.

Values are looked for where they still are when an error arrives: in the arguments of the function
that was called (its frame hangs on the traceback) and behind plain and dotted names. Nothing is
evaluated again and no code of the program runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.display.values import as_ndarray, as_tensor
from tcalc.help import lookups
from tcalc.help.lookups import UNKNOWN
from tcalc.language.attributes import Target
from tcalc.parser import nodes
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from types import FrameType

    from tcalc.session import Session
    from tcalc.source import Source

_SHOWN = 24
# What a tensor has that nothing is computed for.
_PLAIN = frozenset({"device", "dtype", "ndim", "shape"})
_UNEXPECTED_KEYWORD = re.compile(r"got an unexpected keyword argument '(\w+)'")


class Operand(NamedTuple):
    """An expression that takes part: its parameter's name where known, its value or UNKNOWN."""

    node: nodes.Node
    parameter: str | None
    value: object


class Failure(NamedTuple):
    """One place on the way to an error: the node that ran in a frame and what it called."""

    source: Source
    node: nodes.Node
    frame: FrameType
    called: FrameType | None


def operands(failure: Failure, session: Session | None = None) -> list[Operand]:
    """The expressions that the failing node works on, in the order of the source."""
    node = failure.node
    found: list[Operand] = []
    if isinstance(node, nodes.Call):
        found = _arguments(node, failure, session)
    else:
        parts = _parts(node)
        values = _passed(failure.called) if failure.called else []
        if failure.called is not None and failure.called.f_code.co_name in _REFLECTED:
            values = values[1::-1]
        known = values if len(values) >= len(parts) else [("", UNKNOWN)] * len(parts)
        for part, (name, value) in zip(parts, known):
            # A stand-in by which compiled code writes attributes is no value of the program's.
            found.append(Operand(part, name or None, UNKNOWN if type(value) is Target else value))
        if isinstance(node, nodes.Subscript) and isinstance(node.slice, nodes.Tuple | nodes.Slice):
            # "tuple of 2" tells nothing, the indices do as far as they have names.
            found[1:] = [Operand(part, None, UNKNOWN) for part in nodes.children(node.slice)]
    return [
        operand._replace(value=value_of(operand.node, failure.frame, session))
        if operand.value is UNKNOWN
        else operand
        for operand in found
    ]


def unexpected_keyword(error: BaseException, node: nodes.Node) -> nodes.keyword | None:
    """The keyword of a call that what was called does not take."""
    match = _UNEXPECTED_KEYWORD.search(str(error)) if isinstance(error, TypeError) else None
    if match is None or not isinstance(node, nodes.Call):
        return None
    return next((keyword for keyword in node.keywords if keyword.arg == match[1]), None)


def spread(operand: Operand) -> list[Operand]:
    """The items of a list or tuple of tensors that is written out in the source."""
    node, value = operand.node, operand.value
    if isinstance(node, nodes.List | nodes.Tuple) and isinstance(value, list | tuple):
        items = list(value)
        if len(items) == len(node.elts) and any(as_tensor(item) is not None for item in items):
            return [Operand(n, None, item) for n, item in zip(node.elts, items)]
    return []


def value_of(node: nodes.Node, frame: FrameType, session: Session | None = None) -> object:
    """The value of a constant or of a plain or dotted name, UNKNOWN for anything else."""
    if isinstance(node, nodes.Constant):
        return node.value
    if isinstance(node, nodes.Name):
        for scope in (frame.f_locals, frame.f_globals):
            if node.id in scope:
                return scope[node.id]
        visible = session.namespace.visible(node.id) if session is not None else None
        return UNKNOWN if visible is None else visible
    if isinstance(node, nodes.Attribute):
        value = value_of(node.value, frame, session)
        if node.attr in _PLAIN and as_tensor(value) is not None:
            return getattr(value, node.attr)
        return UNKNOWN if value is UNKNOWN else lookups.step(value, node.attr)
    return UNKNOWN


def describe(value: Any, with_device: bool = False) -> str:
    """A value in a few words; nothing is computed for it.

    >>> describe(3), describe("abc"), describe([1, 2]), describe(None)
    ('int 3', "str 'abc'", 'list of 2', 'None')
    """
    tensor = as_tensor(value)
    if tensor is not None:
        place = f" on {tensor.device}" if with_device or str(tensor.device) != "cpu" else ""
        return f"{tensor.dtype.name} {list(tensor.shape)}{place}"
    array = as_ndarray(value)
    if array is not None:
        return f"ndarray {array.dtype} {list(array.shape)}"
    kind = type(value)
    if value is None or value is ... or kind is bool:
        return repr(value)
    if kind in (int, float, complex, str, bytes):
        if kind is int and value.bit_length() > 80:
            return f"int of {value.bit_length()} bits"
        text = repr(value if kind is not str else value[: _SHOWN + 1])
        return f"{kind.__name__} {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"
    if isinstance(value, Size):
        return str(list(value))
    if isinstance(value, list | tuple | dict | set | frozenset):
        named = kind.__name__.strip("_")
        # An own class may have an own __len__; the built-in one runs no code of the program's.
        base: Any = next(b for b in (list, tuple, dict, set, frozenset) if isinstance(value, b))
        return f"{named} of {base.__len__(value)}"
    if isinstance(value, type):
        return f"class {value.__name__}"
    return kind.__name__


def is_plain_constant(node: nodes.Node) -> bool:
    """Whether the source already says all that a label could."""
    return isinstance(node, nodes.Constant) or (
        isinstance(node, nodes.UnaryOp) and isinstance(node.operand, nodes.Constant)
    )


_REFLECTED = frozenset({"reflected"})
_VARARGS, _VARKEYWORDS = 0x04, 0x08


def _parts(node: nodes.Node) -> list[nodes.Node]:
    if isinstance(node, nodes.BinOp):
        return [node.left, node.right]
    if isinstance(node, nodes.AugAssign):
        return [node.target, node.value]
    if isinstance(node, nodes.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, nodes.UnaryOp):
        return [node.operand]
    if isinstance(node, nodes.Subscript):
        return [node.value, node.slice]
    if isinstance(node, nodes.Attribute):
        return [node.value]
    return []


def _arguments(node: nodes.Call, failure: Failure, session: Session | None) -> list[Operand]:
    """The receiver of a method and the arguments, matched with what the function was given."""
    passed = _passed(failure.called) if failure.called is not None else []
    by_name = dict(passed)
    positional = [pair for pair in passed if pair[0] not in _keyword_only(failure.called)]
    found: list[Operand] = []
    function = node.func
    is_method = isinstance(function, nodes.Attribute) and (
        lookups.module_name(value_of(function.value, failure.frame, session)) is None
    )
    if is_method and not isinstance(value_of(function, failure.frame, session), type):
        name, value = positional.pop(0) if positional else (None, UNKNOWN)
        assert isinstance(function, nodes.Attribute)
        found.append(Operand(function.value, name, value))
    elif positional and positional[0][0] == "self":
        positional.pop(0)  # a class being made, or a module being called
    for argument in node.args:
        if isinstance(argument, nodes.Starred):
            positional.clear()
            found.append(Operand(argument.value, None, UNKNOWN))
            continue
        name, value = positional.pop(0) if positional else (None, UNKNOWN)
        found.append(Operand(argument, name or None, value))
    for keyword in node.keywords:
        if keyword.arg is not None:
            name = canonical(keyword.arg)
            value = by_name.get(keyword.arg, by_name.get(name, UNKNOWN))
            found.append(Operand(keyword.value, name, value))
    return found


def canonical(parameter: str) -> str:
    """PyTorch's name of a parameter given by one of its aliases."""
    from sys import modules

    arguments = modules.get("tcalc.runtime.call.arguments")
    aliases: dict[str, str] = getattr(arguments, "ALIASES", {})
    return aliases.get(parameter, parameter) if parameter != "self" else parameter


def _passed(frame: FrameType) -> list[tuple[str, object]]:
    """The arguments a function of ours was given, by parameter, those of *args without a name."""
    code, values = frame.f_code, frame.f_locals
    names, count = code.co_varnames, code.co_argcount
    found = [(name, values.get(name, UNKNOWN)) for name in names[:count]]
    after = count + code.co_kwonlyargcount
    if code.co_flags & _VARARGS:
        name = names[after]
        rest = values.get(name, ())
        found += [(name, value) for value in (rest if type(rest) is tuple else ())]
        after += 1
    found += [
        (name, values.get(name, UNKNOWN)) for name in names[count : count + code.co_kwonlyargcount]
    ]
    if code.co_flags & _VARKEYWORDS:
        extra = values.get(names[after], {})
        found += list(extra.items()) if type(extra) is dict else []
    return found


def _keyword_only(frame: FrameType | None) -> frozenset[str]:
    if frame is None:
        return frozenset()
    code = frame.f_code
    first, count = code.co_argcount, code.co_kwonlyargcount
    names = set(code.co_varnames[first : first + count])
    if code.co_flags & _VARKEYWORDS:
        at = first + count + bool(code.co_flags & _VARARGS)
        extra = frame.f_locals.get(code.co_varnames[at], {})
        names.update(extra if type(extra) is dict else ())
    return frozenset(names)
