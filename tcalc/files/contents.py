"""Values as data files hold them: tensors as NumPy's arrays."""

from __future__ import annotations

from typing import Any

from tcalc.errors import TcalcError, ValueProblem
from tcalc.files.formats import NPZ_HINT

_TEXT_HINT = "text goes into .json, or into a table by column: save({'name': ['Ann']}, 'x.csv')"


def plain(value: Any) -> Any:
    """Tensors as NumPy arrays, also inside containers."""
    from numpy import ndarray

    from tcalc.runtime.tensor.nested import array_of
    from tcalc.runtime.tensor.tensor import Tensor

    if isinstance(value, (Tensor, ndarray)):
        return array_of(value, None, copy=False)
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def one(contents: Any, name: str) -> Any:
    """One array from an array, a number or nested lists of numbers."""
    from tcalc.runtime.tensor.nested import array_of

    if isinstance(contents, dict):
        raise ValueProblem(f"{name}: holds one tensor, not a dict of them", hint=NPZ_HINT)
    if isinstance(contents, list) and holds_arrays(contents):
        raise ValueProblem(f"{name}: holds one tensor, not several", hint=NPZ_HINT)
    try:
        return array_of(contents, None, copy=False)
    except TcalcError:
        strange = _no_number(contents)
        if strange is None:
            raise
        hint = _TEXT_HINT if isinstance(strange[0], str) else None
        what = type(strange[0]).__name__
        raise ValueProblem(f"{name}: holds numbers, not {what}", hint=hint) from None


def _no_number(contents: Any) -> tuple[Any] | None:
    """The first thing in nested lists that is none, or None."""
    if isinstance(contents, list):
        return next(filter(None, map(_no_number, contents)), None)
    is_number = isinstance(contents, (int, float, complex)) or hasattr(contents, "dtype")
    return None if is_number else (contents,)


def holds_arrays(contents: list[Any]) -> bool:
    """Whether a list is one of arrays, and not one of numbers."""
    return any(hasattr(v, "dtype") or isinstance(v, dict) for v in contents)
