"""`out=`: a result written into tensors that were given, as PyTorch lets it be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, AutogradError, DtypeError, StateError
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.mirror import Mirror, memory_of
from tcalc.runtime.arrays.overlap import check_overlap
from tcalc.runtime.autograd.nodes import end_of
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Op
from tcalc.runtime.base.registry import REGISTRY
from tcalc.runtime.base.targets import (
    ANY,
    APART,
    CAST,
    COMPLEX,
    FLOATS,
    GIVES_NONE,
    NOT_PARTLY,
    OWN,
    REAL,
    TRUTH,
    UNTOUCHED,
)
from tcalc.runtime.call.arguments import NUMBERS, operand, type_name, unknown_keyword
from tcalc.runtime.lazy.hazards import before_write
from tcalc.runtime.tensor.resizing import resize
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes, promotion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.runtime.types.dtypes import dtype


# By rule, whether a tensor of the second dtype may hold a result of the first; by the others it has
# to have the dtype itself.
_FITS: dict[int, Callable[[dtype, dtype], bool]] = {
    CAST: promotion.can_cast,
    FLOATS: lambda own, out: out.is_floating_point,
    COMPLEX: lambda own, out: out.is_complex,
    TRUTH: lambda own, out: out is dtypes.bool_ or out is dtypes.uint8,
    REAL: lambda own, out: not out.is_complex,
    ANY: lambda own, out: True,
}


def _rule_of(op: Op, values: tuple[Any, ...]) -> int:
    """Which dtypes `out` may have in a call."""
    if isinstance(op.outs, int):
        return op.outs
    names = {p.name: i for i, p in enumerate(op.params)}
    told = op.outs.__code__.co_varnames[: op.outs.__code__.co_argcount]
    return op.outs(
        *[
            operand(op, name, values[names[name]])
            if op.parameter(name).is_array
            else values[names[name]]
            for name in told
        ]
    )


def check_outs(op: Op, out: Any, values: Iterable[Any]) -> None:
    """Refuse to write a result over a part of an operand.

    One with an in-place form may be given its operand itself.
    """
    if not op.apart:
        return
    inplace = op.inplace or f"Tensor.{op.name}_" in REGISTRY
    rule = NOT_PARTLY if inplace else op.apart
    given = [t for v in values for t in (v if isinstance(v, (tuple, list)) else (v,))]
    sources = [t._d for t in given if isinstance(t, Tensor)]
    for target in out if isinstance(out, (tuple, list)) else (out,):
        if isinstance(target, Tensor):
            check_overlap(target._a, sources, rule)


def told_by_out(op: Op, out: Any, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of a call: the dtype of what is made, or added up, is that of `out`."""
    names = [p.name for p in op.params]
    if "dtype" not in names or not isinstance(out, Tensor):
        return values
    if op.outs == OWN and any(p.is_array for p in op.params):
        return values
    at = names.index("dtype")
    told = values[at]
    if told is None:
        return (*values[:at], out.dtype, *values[at + 1 :])
    if told is not out.dtype and hasattr(told, "shorthand"):
        raise DtypeError(
            f"dtype {told.shorthand} does not match dtype of out parameter ({out.dtype.shorthand})",
            argument="dtype", hint="leave it away: it is that of out",
        )  # fmt: skip
    return values


def write_out(op: Op, out: Any, result: Any, values: tuple[Any, ...]) -> Any:
    """Store a result in the tensors given as `out`, and give them back.

    values: of the call's parameters, in order.
    """
    rule = _rule_of(op, values)
    _write(op, out, result, values, rule)
    if rule == GIVES_NONE:
        return None
    return type(result)(out) if isinstance(result, tuple) else out


def _write(op: Op, out: Any, result: Any, values: tuple[Any, ...], rule: int) -> None:
    if isinstance(out, (tuple, list)) or isinstance(result, tuple):
        count = len(result) if isinstance(result, tuple) else 1
        if not isinstance(out, (tuple, list)) or not isinstance(result, tuple) or len(out) != count:
            raise ArgumentError(
                f"{op.name}(): argument 'out' must be {count} Tensors, not {type_name(out)}",
                argument="out",
            )
        for o, r in zip(out, result):
            _write(op, o, r, values, rule)
        return
    if not isinstance(out, Tensor):
        raise ArgumentError(
            f"{op.name}(): argument 'out' must be Tensor, not {type_name(out)}", argument="out"
        )
    if isinstance(result, NUMBERS):
        result = operand(op, "out", result)
    if not isinstance(result, Tensor):
        raise unknown_keyword(op, "out", [p.name for p in op.params])
    if mode.enabled and (end_of(result) is not None or end_of(out) is not None):
        raise AutogradError(
            f"{op.name}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    fits = _FITS.get(rule)
    if fits is None and result.dtype is not out.dtype:
        raise DtypeError(
            f"Expected out tensor to have dtype {result.dtype.cpp_name}, but got "
            f"{out.dtype.cpp_name} instead",
            argument="out", hint=f"make it with dtype=torch.{result.dtype.name}",
        )  # fmt: skip
    if fits is not None and not fits(result.dtype, out.dtype):
        raise DtypeError(
            f"result type {result.dtype.shorthand} can't be cast to the desired output type "
            f"{out.dtype.shorthand}"
        )
    if rule == UNTOUCHED:
        return
    check_writeable(out)
    if out._d.shape != result._a.shape:
        resize(out, result._a.shape)
        if op.apart == APART:
            check_outs(op, out, values)
    write_array(out, result._a)
    out.shared().version += 1


def check_writeable(target: Tensor) -> None:
    """Refuse to write where elements share memory."""
    if not backend.writeable(memory_of(target._shown)):
        raise StateError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )


def write_array(target: Tensor, values: Any) -> None:
    """Write values into a tensor's memory, after what still has to be computed from it."""
    before_write(memory_of(target._shown))
    if type(target._d) is Mirror:
        target._d.write(values)
    else:
        target._a[...] = values
