"""`torch.cond` and `torch.while_loop`: branches and loops as calls of functions."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, StateError
from tcalc.runtime.base.registry import export
from tcalc.runtime.tensor.tensor import Tensor


def cond(pred: Any, true_fn: Any, false_fn: Any, operands: Any = ()) -> Any:
    """What one of two functions gives of the operands: the first where `pred` is true.

    pred: a bool, or a tensor of one element. In a function that is traced it is looked at, so that
    function runs eagerly.

    >>> torch.cond(tensor(True), lambda x: x + 1, lambda x: x - 1, (ones(1),))
    tensor([2.])
    """
    _functions("cond", true_fn=true_fn, false_fn=false_fn)
    chosen = true_fn if _is_true("cond", "pred", pred) else false_fn
    return chosen(*_operands("cond", operands))


def while_loop(cond_fn: Any, body_fn: Any, carried_inputs: Any) -> Any:
    """The values that a loop ends with: `body_fn` gives the next ones while `cond_fn` is true.

    >>> torch.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (tensor(0), ones(1)))
    (tensor(3), tensor([8.]))
    """
    _functions("while_loop", cond_fn=cond_fn, body_fn=body_fn)
    carried = _operands("while_loop", carried_inputs)
    while _is_true("while_loop", "cond_fn", cond_fn(*carried)):
        given = body_fn(*carried)
        given = tuple(given) if isinstance(given, (tuple, list)) else (given,)
        if len(given) != len(carried):
            raise StateError(
                f"while_loop: body_fn gives {len(given)} values for {len(carried)} carried inputs",
                argument="body_fn",
            )
        carried = given
    return carried


def _is_true(caller: str, name: str, value: Any) -> bool:
    if isinstance(value, Tensor) and value.numel() == 1:
        return bool(value)
    if type(value) is not bool and type(value) is not int:
        raise StateError(
            f"torch.{caller}: Expected {name} to be bool or single-element tensor, but got "
            f"{type(value).__name__}.",
            argument=name,
        )
    return bool(value)


def _operands(caller: str, operands: Any) -> tuple[Any, ...]:
    if not isinstance(operands, (tuple, list)):
        raise StateError(
            f"torch.{caller}: expected a tuple of operands, not {type(operands).__name__}"
        )
    return tuple(operands)


def _functions(caller: str, **functions: Any) -> None:
    for name, function in functions.items():
        if not callable(function):
            raise ArgumentError(
                f"{caller}(): argument '{name}' must be a function, not {type(function).__name__}",
                argument=name,
            )


export("torch.cond", value=cond)
export("torch.while_loop", value=while_loop)
