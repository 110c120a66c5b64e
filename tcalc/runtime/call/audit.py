"""The audit of broadcasting: which call of a program stretches its operands, told or refused."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tcalc.errors import ShapeError
from tcalc.runtime.base.auditing import auditing
from tcalc.runtime.base.formatting import formatter
from tcalc.runtime.base.warning import warnings
from tcalc.runtime.call import shortcuts
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Op
    from tcalc.runtime.tensor.tensor import Tensor

    Shape = tuple[int, ...]

# The package of what lies between a program and a kernel.
_BETWEEN = __name__.rpartition(".")[0]
_GENERATED = "<op "


def set_level(level: str | None) -> None:
    """Tell of broadcasting, refuse it, or (None) neither, which costs nothing."""
    auditing.level = level
    if auditing.closed is not (level is not None):
        auditing.closed = level is not None
        (shortcuts.close if auditing.closed else shortcuts.reopen)()


def audit(op: Op, tensors: Sequence[Tensor]) -> None:
    """Look at the operands of an elementwise call of a program's own; numbers and tensors of no
    dimension belong to any shape. Raises ShapeError where stretching is refused."""
    shapes = [tuple(t._d.shape) for t in tensors if t._d.ndim]
    if len(set(shapes)) < 2:
        return
    place = _caller(tensors)
    if place is None:
        return
    whole = broadcast(*shapes)  # where they do not fit, it says so
    names = formatter.operands(*place)[: len(tensors)]  # what follows is no tensor
    operands = [(n, tuple(t._d.shape)) for n, t in zip(names, tensors) if t._d.ndim]
    shown = " and ".join(f"{n} {list(s)}" for n, s in operands) or " and ".join(
        str(list(s)) for s in shapes
    )
    message = f"{op.name} stretches {shown} to {list(whole)}"
    advice = fix(operands, whole)
    if auditing.level == "error":
        hint = advice or "give both one shape, or say set_broadcast('allow')"
        raise ShapeError(f"{message}, which is refused", hint=hint)
    if place in auditing.told:
        return
    auditing.told.add(place)
    code, instruction = place
    line, text = formatter.place(code, 0, instruction)
    where = f"{code.co_filename}:{line}: {text}: "
    warnings.show(f"{where}{message}{f'; {advice}' if advice else ''}", UserWarning)


def fix(operands: Sequence[tuple[str, Shape]], whole: Shape) -> str | None:
    """What gives two named operands one shape, tried on their shapes; None where nothing does.

    >>> fix([("a", (3, 1)), ("b", (3,))], (3, 3))
    'b.unsqueeze(1) has the shape of a'
    >>> fix([("a", (3, 4)), ("b", (4,))], (3, 4))
    'b.expand_as(a) says that it is meant'
    """
    if len(operands) != 2:
        return None
    for (name, shape), (other, wanted) in (operands, operands[::-1]):
        if wanted == (*shape, 1):
            return f"{name}.unsqueeze({len(shape)}) has the shape of {other}"
        if wanted == (1, *shape) != whole:
            return f"{name}.unsqueeze(0) has the shape of {other}"
    for (name, _), (other, wanted) in (operands, operands[::-1]):
        if wanted == whole:
            return f"{name}.expand_as({other}) says that it is meant"
    return None


def _caller(tensors: Sequence[Tensor]) -> tuple[Any, int] | None:
    """The place of the program that called with these operands; None where a function of ours did
    with operands of its own, as a layer does with its bias."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if type(code.co_filename) is not str:  # only programs' code has one of its own type
            return code, frame.f_lasti
        name = frame.f_globals.get("__name__", "")
        if not code.co_filename.startswith(_GENERATED) and not str(name).startswith(_BETWEEN):
            count = code.co_argcount + code.co_kwonlyargcount
            given = [frame.f_locals.get(name) for name in code.co_varnames[:count]]
            if not all(any(t is v for v in given) for t in tensors if t._d.ndim):
                return None
        frame = frame.f_back
    return None
