"""What to do about errors that Python words by the values' types alone: the program's text tells more."""

from __future__ import annotations

import os
import re
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING

from tcalc.diagnosis.operands import value_of
from tcalc.display.values import as_tensor
from tcalc.errors import MissingFile
from tcalc.help.lookups import UNKNOWN
from tcalc.parser import nodes
from tcalc.suggest import closest

if TYPE_CHECKING:
    from tcalc.diagnosis.operands import Failure, Operand
    from tcalc.session import Session

_MISSING = re.compile(r"missing \d+ required (?:positional|keyword-only) arguments?:")
_TOO_MANY = re.compile(r"takes (?:from )?\d+.* positional arguments? but \d+ (?:was|were) given")
_UNPACKED = re.compile(r"too many values to unpack \(expected (\d+)")
_LONGEST = 60
_PLAIN = (TypeError, ValueError, RecursionError, IndexError, StopIteration)


def advise(
    error: BaseException, found: list[Operand], failure: Failure, session: Session | None
) -> str | None:
    """A hint where one of Python's own errors has a usual cause that the program's text shows."""
    if isinstance(error, MissingFile):
        return _near_file(found, session)
    if type(error) not in _PLAIN:
        return None  # one of the program's own may do anything when it is asked
    message = str(error)
    if isinstance(error, IndexError) and isinstance(failure.node, nodes.Subscript):
        return _indices(failure, session)
    if isinstance(error, StopIteration):
        return "nothing is left to take: `next(it, None)` gives None then, of an iterator it"
    if isinstance(error, RecursionError):
        return "a function that calls itself needs a case in which it does not"
    if isinstance(error, ValueError) and _UNPACKED.search(message):
        return "a last target `*rest` takes what is left, too"
    if not isinstance(error, TypeError):
        return None
    node, text = failure.node, failure.source.text
    if isinstance(node, nodes.Call):
        if _MISSING.search(message) or _TOO_MANY.search(message):
            return _signature(node, failure, session)
        if message.endswith("object is not callable"):
            return _not_called(node, failure, session)
        if message.endswith("has no len()"):
            return None
    if isinstance(node, nodes.Subscript) and message.endswith("is not subscriptable"):
        value = value_of(node.value, failure.frame, session)
        if _is_function(value):
            inside = text[node.slice.start : node.slice.end]
            return f"a function is called with parentheses: {text[node.value.start : node.value.end]}({inside})"
    if message.startswith("unhashable type: 'list'"):
        return "a tuple can be a key or in a set, a list cannot: write `(1, 2)` for [1, 2]"
    if message.endswith("does not support item assignment") and "'str'" in message:
        return "a text does not change: make another of its parts"
    if message.endswith("object is not iterable") and "'int'" in message:
        inside = text[node.start : node.end]
        if isinstance(node, nodes.ExprNode) and len(inside) <= _LONGEST:
            return f"`range({inside})` counts up to it"
    if isinstance(node, nodes.BinOp | nodes.Compare | nodes.AugAssign):
        return _operand_of_no_use(node, failure, session, message)
    return None


def _near_file(found: list[Operand], session: Session | None) -> str | None:
    """A file beside the program whose name is near one that is not there."""
    name = next((o.value for o in found if type(o.value) is str), "")
    if not name or os.sep in name:
        return None
    try:
        there = os.listdir((session and session.base_dir) or ".")
    except OSError:
        return None
    near = closest(name, sorted(file for file in there if not file.startswith(".")))
    return None if near is None else f"did you mean {near!r}?"


def _indices(failure: Failure, session: Session | None) -> str | None:
    """Which indices a list has."""
    assert isinstance(failure.node, nodes.Subscript)
    value = value_of(failure.node.value, failure.frame, session)
    if isinstance(value, list):
        count = list.__len__(value)
    elif type(value) is tuple or type(value) is str:
        count = len(value)
    else:
        return None
    return f"its indices are 0 to {count - 1}" if count else "it is empty"


def _signature(node: nodes.Call, failure: Failure, session: Session | None) -> str | None:
    """How the function that was called is called."""
    from tcalc.help import signatures

    value = value_of(node.func, failure.frame, session)
    name = failure.source.text[node.func.start : node.func.end].rpartition(".")[2]
    made = None if value is UNKNOWN else signatures.signature(name, value)
    return f"it is {made}" if made is not None and made.isprintable() else None


def _not_called(node: nodes.Call, failure: Failure, session: Session | None) -> str | None:
    """Parentheses behind what is no function: a product, an index, or one pair too many."""
    text = failure.source.text
    function, inside = text[node.func.start : node.func.end], text[node.func.end : node.end]
    value = value_of(node.func, failure.frame, session)
    if len(function + inside) > _LONGEST or not (function + inside).isprintable():
        return None
    if isinstance(value, int | float | complex) and len(node.args) == 1 and not node.keywords:
        return f"to multiply, write `{function} * {inside.strip()}`"
    if as_tensor(value) is not None and node.args and not node.keywords:
        return f"to take a part of it, write `{function}[{inside.strip()[1:-1]}]`"
    if not node.args and not node.keywords and isinstance(node.func, nodes.Attribute):
        return f"it is no function: `{function}`"
    return None


def _operand_of_no_use(
    node: nodes.BinOp | nodes.Compare | nodes.AugAssign,
    failure: Failure,
    session: Session | None,
    message: str,
) -> str | None:
    """An operand that is a function, or None because a function returned nothing."""
    text = failure.source.text
    for part in nodes.children(node):
        own = text[part.start : part.end]
        if len(own) > _LONGEST or not own.isprintable():
            continue
        value = value_of(part, failure.frame, session)
        if isinstance(part, nodes.Attribute) and ("'method'" in message or _is_function(value)):
            return f"a method is called: `{own}()`"
        if isinstance(part, nodes.Name) and _is_function(value):
            return f"{own} is a function, called as in `{own}(…)`"
        if isinstance(part, nodes.Call) and "'NoneType'" in message:
            called = value_of(part.func, failure.frame, session)
            name = text[part.func.start : part.func.end]
            if type(called) is FunctionType:
                return f"{name} gave None: has it a `return`?"
    if isinstance(node, nodes.BinOp) and node.op == "+" and message.endswith("to str"):
        parts = []
        for part in (node.left, node.right):
            own = text[part.start : part.end]
            is_text = isinstance(part, nodes.Constant) and type(part.value) is str
            parts.append(own if is_text else f"str({own})")
        made = " + ".join(parts)
        if len(made) <= _LONGEST and "'" in made and made.isprintable() and "str(" in made:
            return f"to join texts, write `{made}`"
    return None


def _is_function(value: object) -> bool:
    return type(value) in (FunctionType, MethodType, BuiltinFunctionType)
