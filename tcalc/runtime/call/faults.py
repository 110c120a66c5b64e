"""What goes wrong inside a call, in our own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op

# What Python and NumPy raise inside an op where its arguments do not fit.
FAULTS = (ValueError, IndexError, TypeError, RuntimeError, OverflowError, MemoryError)


def fault(op: Op, error: Exception) -> Exception:
    """An error from inside an op in our own words; our own errors are themselves."""
    from tcalc.errors import LayoutError, LimitError, ShapeError, TcalcError, ValueProblem

    if isinstance(error, LayoutError) and error.kind:
        return LayoutError.of(op.name, error.kind)
    if isinstance(error, (TcalcError, RecursionError)):
        return error
    if isinstance(error, MemoryError):
        return LimitError(f"{op.name}(): the result needs more memory than there is")
    found: TcalcError
    if isinstance(error, OverflowError):
        if "too large to convert to C" not in str(error):
            return error  # a number too large for a float, as PyTorch says it
        found = ValueProblem(f"Overflow when unpacking long long in {op.name}()")
    elif isinstance(error, IndexError):
        found = ShapeError(f"{op.name}(): {error}")
    else:
        found = ValueProblem(f"{op.name}(): {error}")
    found.__cause__, found.__suppress_context__ = None, True
    return found


def missing(op: Op, name: str) -> Exception:
    """The error of a call without a required argument."""
    from tcalc.errors import ArgumentError

    return ArgumentError(
        f'{op.name}() missing 1 required positional arguments: "{name}"', argument=name
    )
