"""assert_close: values that should be the same, and what is told where they are not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, StateError, TcalcError, ValueProblem, without_addresses
from tcalc.runtime.arrays.strides import strides_of
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.create.creation import as_tensor
from tcalc.runtime.ops.elementwise.logic import isclose
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes, promotion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcalc.runtime.types.dtypes import dtype

# By dtype, the relative and the absolute difference that is allowed where none is given.
TOLERANCES = {
    dtypes.float16: (1e-3, 1e-5), dtypes.bfloat16: (1.6e-2, 1e-5), dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7), dtypes.complex64: (1.3e-6, 1e-5), dtypes.complex128: (1e-7, 1e-7),
}  # fmt: skip
_EXACT = (0, 0)


class NotClose(TcalcError, AssertionError):
    """Values that are not what they should be."""


class _Mismatch(Exception):
    """What differs, and whether the two cannot be compared at all."""

    def __init__(self, text: str, kind: type[TcalcError] = NotClose) -> None:
        super().__init__(text)
        self.text = text
        self.kind = kind


class _Settings:
    """How two values are compared."""

    __slots__ = (
        "allow_subclasses", "atol", "check_device", "check_dtype", "check_stride", "equal_nan",
        "rtol",
    )  # fmt: skip

    def __init__(
        self, allow_subclasses: bool, rtol: float | None, atol: float | None, equal_nan: bool,
        check_device: bool, check_dtype: bool, check_stride: bool,
    ) -> None:  # fmt: skip
        if (rtol is None) != (atol is None):
            raise ValueProblem(
                "Both 'rtol' and 'atol' must be either specified or omitted, but got no "
                f"{'rtol' if rtol is None else 'atol'}."
            )
        for name, value in (("rtol", rtol), ("atol", atol)):
            if value is not None and type(value) not in (int, float):
                raise ArgumentError(f"{name} must be a number, not {type(value).__name__}")
            if value is not None and value < 0:
                raise StateError(f"{name} must be greater than or equal to zero, but got {value}")
        self.allow_subclasses = allow_subclasses
        self.rtol = rtol
        self.atol = atol
        self.equal_nan = equal_nan
        self.check_device = check_device
        self.check_dtype = check_dtype
        self.check_stride = check_stride

    def tolerances(self, *kinds: dtype) -> tuple[float, float]:
        """The relative and the absolute difference that is allowed between values of the types."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        known = [TOLERANCES.get(kind, _EXACT) for kind in kinds]
        return max(r for r, _ in known), max(a for _, a in known)


# -- pairs ----------------------------------------------------------------------------------------

_NUMBERS = (int, float, complex, np.number)


def _pairs(actual: Any, expected: Any, path: tuple[Any, ...]) -> Iterator[Any]:
    """The pairs of values in two containers of one form, each with the keys that lead to it."""
    if isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(actual) != len(expected):
            raise _Mismatch(
                f"The length of the sequences mismatch: {len(actual)} != {len(expected)}{_at(path)}"
            )
        for i, (a, e) in enumerate(zip(list(actual), list(expected))):
            yield from _pairs(a, e, (*path, i))
    elif isinstance(actual, dict) and isinstance(expected, dict):
        if actual.keys() != expected.keys():
            missing = sorted(expected.keys() - actual.keys(), key=str)
            extra = sorted(actual.keys() - expected.keys(), key=str)
            raise _Mismatch(
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {missing}\n"
                f"Additional keys in the actual mapping: {extra}{_at(path)}"
            )
        for key in list(actual):
            yield from _pairs(actual[key], expected[key], (*path, key))
    else:
        yield actual, expected, path


def _at(path: tuple[Any, ...]) -> str:
    if not path:
        return ""
    return f"\n\nThe failure occurred for item {''.join([f'[{key!r}]' for key in path])}"


def _compare(actual: Any, expected: Any, how: _Settings, path: tuple[Any, ...]) -> None:
    """Raise a _Mismatch where two values that are no containers are not close; it says where."""
    try:
        _compare_leaves(actual, expected, how)
    except _Mismatch as mismatch:
        mismatch.text += _at(path)
        raise


def _compare_leaves(actual: Any, expected: Any, how: _Settings) -> None:
    if actual is None or expected is None:
        if actual is not expected:
            raise _Mismatch(f"None mismatch: {actual} is not {expected}")
    elif isinstance(actual, (bool, np.bool_)) and isinstance(expected, (bool, np.bool_)):
        if bool(actual) is not bool(expected):
            raise _Mismatch(f"Booleans mismatch: {bool(actual)} is not {bool(expected)}")
    elif _is_number(actual) and _is_number(expected):
        _compare_numbers(actual, expected, how)
    else:
        _compare_tensors(*_tensors(actual, expected, how), how)


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def _compare_numbers(actual: Any, expected: Any, how: _Settings) -> None:
    if how.check_dtype and type(actual) is not type(expected):
        raise _Mismatch(f"The (d)types do not match: {type(actual)} != {type(expected)}.")
    actual, expected = _plain(actual), _plain(expected)
    rtol, atol = how.tolerances(*[_kind_of(v) for v in (actual, expected)])
    if actual == expected or (how.equal_nan and actual != actual and expected != expected):
        return
    difference = abs(actual - expected)
    if math.isfinite(difference) and difference <= atol + rtol * abs(expected):
        return
    raise _Mismatch(_of_numbers(actual, expected, rtol, atol))


_KINDS = {int: dtypes.int64, float: dtypes.float64, complex: dtypes.complex128, bool: dtypes.bool_}


def _plain(number: Any) -> Any:
    return number.item() if isinstance(number, np.number) else number


def _kind_of(number: Any) -> dtype:
    return next(t for kind, t in _KINDS.items() if isinstance(number, kind))


def _of_numbers(actual: Any, expected: Any, rtol: float, atol: float) -> str:
    """What is told of two numbers."""
    exact = rtol == 0 == atol
    difference = abs(actual - expected)
    relative = difference / abs(expected) if expected != 0 else math.inf
    return (
        f"Scalars are not {'equal' if exact else 'close'}!\n\n"
        f"Expected {expected} but got {actual}.\n"
        f"Absolute difference: {difference}{_allowed(atol, exact)}\n"
        f"Relative difference: {relative}{_allowed(rtol, exact)}"
    )


def _allowed(tolerance: float, exact: bool) -> str:
    return "" if exact else f" (up to {tolerance} allowed)"


# -- tensors --------------------------------------------------------------------------------------


def _tensors(actual: Any, expected: Any, how: _Settings) -> tuple[Tensor, Tensor]:
    """Two tensors, or arrays as tensors; what is neither cannot be compared."""
    alike = isinstance(actual, type(expected)) or isinstance(expected, type(actual))
    same = type(actual) is type(expected) or (alike and how.allow_subclasses)
    if not same or not isinstance(actual, (Tensor, np.ndarray)):
        raise _Mismatch(
            "No comparison pair was able to handle inputs of type "
            f"{type(actual)} and {type(expected)}.",
            ArgumentError,
        )
    return as_tensor(actual), as_tensor(expected)


def _compare_tensors(actual: Tensor, expected: Tensor, how: _Settings) -> None:
    steps = [strides_of(t._a) if how.check_stride else () for t in (actual, expected)]
    for name, ours, theirs, asked in (
        ("shape", actual.shape, expected.shape, True),
        ("device", actual.device, expected.device, how.check_device),
        ("dtype", actual.dtype, expected.dtype, how.check_dtype),
        ("stride()", *steps, how.check_stride),
    ):
        if asked and ours != theirs:
            raise _Mismatch(f"The values for attribute '{name}' do not match: {ours} != {theirs}.")
    rtol, atol = how.tolerances(actual.dtype, expected.dtype)
    if actual.device != expected.device:
        actual, expected = actual.to("cpu"), expected.to("cpu")
    if actual.dtype is not expected.dtype:
        common = promotion.promote(actual.dtype, expected.dtype)
        actual, expected = actual.to(common), expected.to(common)
    matches = isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=how.equal_nan)
    if not bool(matches.all()):
        raise _Mismatch(_of_tensors(actual, expected, matches, rtol, atol))


def _of_tensors(actual: Tensor, expected: Tensor, matches: Tensor, rtol: float, atol: float) -> str:
    """What is told of two tensors: how many elements differ, and which by how much at most."""
    if not actual.ndim:
        return _of_numbers(actual.item(), expected.item(), rtol, atol)
    if actual.dtype.category < dtypes.FLOATING:
        actual, expected = actual.to(dtypes.int64), expected.to(dtypes.int64)
    exact = rtol == 0 == atol
    wrong, total = int((~matches).sum()), matches.numel()
    difference = (actual - expected).abs().masked_fill(matches, 0)
    relative = (difference / expected.abs()).masked_fill(matches, 0)
    lines = [
        f"Tensor-likes are not {'equal' if exact else 'close'}!\n",
        f"Mismatched elements: {wrong} / {total} ({wrong / total:.1%})",
    ]
    for word, values, tolerance in (("absolute", difference, atol), ("relative", relative, rtol)):
        at = int(values.reshape(-1).argmax())
        place = tuple([int(i) for i in np.unravel_index(at, values.shape)])
        most = values.reshape(-1)[at].item()
        lines.append(
            f"Greatest {word} difference: {most} at index {place}{_allowed(tolerance, exact)}"
        )
    return "\n".join(lines)


# -- what programs call ---------------------------------------------------------------------------


def assert_close(
    actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None,
    atol: float | None = None, equal_nan: bool = False, check_device: bool = True,
    check_dtype: bool = True, check_layout: bool = True, check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:  # fmt: skip
    """Nothing where two values are close: |actual - expected| <= atol + rtol * |expected|.

    Tensors, arrays, numbers, None, and sequences and mappings of them. The tolerances go by the
    dtype unless both are given; integers and bools have to be equal. msg: what is told instead,
    or a function of what would be told. Raises AssertionError.

    >>> torch.testing.assert_close(tensor([1., 2.]), tensor([1., 2.000001]))
    """
    how = _Settings(
        allow_subclasses, rtol, atol, equal_nan, check_device, check_dtype, check_stride
    )
    try:
        with no_grad():
            for a, e, path in list(_pairs(actual, expected, ())):
                _compare(a, e, how, path)
    except _Mismatch as mismatch:
        text, kind = mismatch.text, mismatch.kind
    else:
        return
    if msg is not None and kind is NotClose:
        text = msg(without_addresses(text)) if callable(msg) else msg
    raise kind(text)


# What assert_allclose allows.
_LOOSE = {
    dtypes.float16: (1e-3, 1e-3), dtypes.float32: (1e-4, 1e-5), dtypes.float64: (1e-5, 1e-8),
}  # fmt: skip


def assert_allclose(
    actual: Any, expected: Any, rtol: float | None = None, atol: float | None = None,
    equal_nan: bool = True, msg: str = "",
) -> None:  # fmt: skip
    """An older form of assert_close, which takes lists and any dtypes.

    >>> torch.testing.assert_allclose(tensor([1., 2.]), [1, 2])
    """
    warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future "
        "release. Please use `torch.testing.assert_close()` instead.",
        FutureWarning,
    )
    first = as_tensor(actual)
    second = as_tensor(expected, first.dtype)
    if rtol is None and atol is None:
        known = [_LOOSE.get(t.dtype, _EXACT) for t in (first, second)]
        rtol, atol = max(r for r, _ in known), max(a for _, a in known)
    assert_close(
        first, second, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None
    )


export("torch.testing.assert_close", value=assert_close)
export("torch.testing.assert_allclose", value=assert_allclose)
