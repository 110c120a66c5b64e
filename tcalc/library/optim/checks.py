"""Checks of what optimizers are made with, in PyTorch's words."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.runtime.base import kinds
from tcalc.runtime.tensor.tensor import Tensor


def check_lr(lr: object) -> None:
    """Refuse a learning rate that is no number from 0 on."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueProblem("Tensor lr must be 1-element", argument="lr")
    check_range("learning rate", lr, argument="lr")


def check_range(
    what: str,
    value: object,
    most: float | None = None,
    *,
    below: float | None = None,
    argument: str = "",
) -> None:
    """Refuse a number that is negative, above `most`, or not below `below`; what: its name in words.

    argument: the parameter's name, by default the first word of `what`.
    """
    name = argument or what.split()[0]
    found = number(name, value)
    good = found >= 0 and (most is None or found <= most) and (below is None or found < below)
    if not good:
        raise ValueProblem(f"Invalid {what}: {value}", argument=name)


def check_betas(betas: object) -> None:
    """Refuse a pair that is not of numbers from 0 to below 1."""
    for i, beta in enumerate(pair("betas", betas)):
        check_range(f"beta parameter at index {i}", beta, below=1, argument="betas")


def pair(name: str, value: object, optional: bool = False) -> tuple[Any, Any]:
    """A pair of numbers; what is none is refused. optional: whether one may be None."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ArgumentError(f"{name} must be a pair of numbers, not {value!r}", argument=name)
    for v in value:
        if v is not None or not optional:
            number(name, v)
    return value[0], value[1]


def number(name: str, value: object) -> int | float:
    """A plain number, of a tensor with one too; what is none is refused."""
    found = kinds.take_number(value)
    if found is kinds.NO or type(found) is complex:
        raise ArgumentError(f"{name} must be a number, not {type(value).__name__}", argument=name)
    return found


def whole(name: str, value: object) -> int:
    """A plain int; what is none is refused."""
    found = kinds.take_int(value)
    if type(found) is not int:
        raise ArgumentError(f"{name} must be int, not {type(value).__name__}", argument=name)
    return found
