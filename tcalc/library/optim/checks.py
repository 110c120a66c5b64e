"""Checks of what optimizers are made with, in PyTorch's words."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.runtime.base import kinds
from tcalc.runtime.tensor.tensor import Tensor


def check_lr(lr: Any) -> None:
    """Refuse a learning rate that is no number from 0 on."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueProblem("Tensor lr must be 1-element", argument="lr")
    check_range("learning rate", lr, argument="lr")


def check_range(
    what: str,
    value: Any,
    most: float | None = None,
    *,
    below: float | None = None,
    argument: str = "",
) -> None:
    """Refuse a number that is negative, above `most`, or not below `below`; what: its name in words.

    argument: the parameter's name, by default the first word of `what`.
    """
    name = argument or what.split()[0]
    number = kinds.take_number(value)
    if number is kinds.NO or type(number) is complex:
        raise ArgumentError(f"{name} must be a number, not {type(value).__name__}", argument=name)
    good = number >= 0 and (most is None or number <= most) and (below is None or number < below)
    if not good:
        raise ValueProblem(f"Invalid {what}: {value}", argument=name)


def check_betas(betas: Any) -> None:
    """Refuse a pair that is not of numbers from 0 to below 1."""
    pair("betas", betas)
    for i, beta in enumerate(betas):
        check_range(f"beta parameter at index {i}", beta, below=1, argument="betas")


def pair(name: str, value: Any) -> None:
    """Refuse what is no pair."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ArgumentError(f"{name} must be a pair of numbers, not {value!r}", argument=name)
