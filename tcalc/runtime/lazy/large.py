"""NumPy's functions as large and middle-sized arrays have them, for what is done at once.

Where code is compiled, some functions of large arrays come from there and differ from NumPy's in the
last digit. So that a result does not depend on whether work waits, on a plan or on who else holds the
memory, elementwise ops find them here wherever they cannot wait.
"""

from __future__ import annotations

from functools import cache
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays import backend
from tcalc.runtime.lazy.compiled.kernels import Kernel, address, available, replaces
from tcalc.runtime.lazy.compiled.layouts import MOVING
from tcalc.runtime.lazy.compiled.pool import UNIT
from tcalc.runtime.lazy.compiled.primitives import PRIMITIVES, primitive_of, special_primitives
from tcalc.runtime.lazy.compiled.steps import Run
from tcalc.runtime.lazy.evaluate import evaluate
from tcalc.runtime.lazy.expression import LARGE, Expression, NotDeferred, order_of
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.lazy.sizes import MIDDLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray


def of(function: Any) -> Any:
    """A function that gives what elementwise work on large arrays gives that waits."""
    primitive = primitive_of(function)
    if primitive is None or primitive.exact or not available():
        return function
    return _form(function) if function.nin == 1 else _form_of_several(function)


@cache
def _form_of_several(ufunc: Any) -> Callable[..., Any]:
    def form(*arrays: Array, out: Array = None) -> Any:
        if out is not None or not all(_is_single(a) for a in arrays):
            return ufunc(*arrays, out=out)
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
        kernel = alone(ufunc, arrays[0].dtype)
        size = prod(shape)
        if size < MIDDLE or not replaces(ufunc, arrays[0].dtype) or not kernel.is_ready(size):
            return ufunc(*arrays)
        # It lies in memory as what NumPy makes of them.
        made = np.copysign(*arrays)
        found = made if made.flags.c_contiguous else np.empty(shape, made.dtype)
        parts = [np.ascontiguousarray(np.broadcast_to(a, shape)) for a in arrays]
        numbers, steps = [1, size], [0, 0]
        for a in (*parts, found):
            numbers += address(a), 0
            steps += UNIT * a.itemsize, 0
        kernel.share(numbers, steps, 1, UNIT, size * kernel.work)
        if found is not made:
            made[...] = found
        return made

    form.__name__ = ufunc.__name__
    return form


def _is_single(array: Array) -> bool:
    return type(array) is ndarray and array.dtype == np.float32


@cache
def _form(ufunc: Any) -> Callable[..., Any]:
    def takes(array: Array) -> bool:
        some = type(array) is ndarray and array.size >= MIDDLE
        return some and replaces(ufunc, array.dtype)

    def form(array: Array, out: Array = None) -> Any:
        if not takes(array):
            return ufunc(array, out=out)
        if array.size < LARGE:
            return _at_once(ufunc, array, out)
        try:
            order = order_of(array)
        except NotDeferred:
            array = array.copy()
            order = order_of(array)
        made = Expression(ufunc, (array,), array.shape, array.dtype, order)
        holder = Pending(made)
        result = evaluate(made)
        del holder
        if out is None:
            return result
        out[...] = result
        return out

    form.__name__ = ufunc.__name__
    form.takes = takes  # type: ignore[attr-defined]  # a function takes any
    return form


def _at_once(ufunc: Any, array: Array, out: Array = None) -> Array:
    """A function of an array of middle size, by its own compiled code."""
    kernel = alone(ufunc, array.dtype)
    if not kernel.is_ready(array.size):
        return ufunc(array, out=out)
    # Memory order is kept: a copy has it without gaps.
    if not array.flags.c_contiguous:
        array = array.copy("K")
    made = out if _is_alike(array, out) else np.empty_like(array)
    kernel.pass_on((1, array.size), [(address(array), 0), (address(made), 0)])
    if out is None or made is out:
        return made
    out[...] = made
    return out


def _is_alike(array: Array, out: Array) -> bool:
    """Whether memory takes an array's results as they come: nothing else of the array lies there."""
    if out is None or out.dtype != array.dtype or out.shape != array.shape:
        return False
    if not (out.flags.c_contiguous and array.flags.c_contiguous):
        return False
    return address(out) == address(array) or not np.may_share_memory(out, array)


@cache
def alone(ufunc: Any, dtype: Any) -> Kernel:
    """A function of operands of a dtype as compiled code."""
    count = ufunc.nin
    operands = tuple(range(count))
    run = Run(((ufunc, operands, count),), operands, (count,), False)
    return Kernel(run, [dtype] * (count + 1), MOVING * (count + 1))


@cache
def module() -> ModuleType:
    """NumPy with such functions in place of its own."""
    if not available():
        return np
    made = _changed(np, PRIMITIVES)
    backend.work_with(made, _Large())
    return made


class _Large(backend.Backend):
    """The CPU, with such functions."""

    def special(self) -> ModuleType:
        """SciPy's special functions, some in another form."""
        return _special()


@cache
def _special() -> ModuleType:
    from scipy import special

    return _changed(special, special_primitives())


def _changed(module: ModuleType, functions: Iterable[Any]) -> ModuleType:
    """A module with some of its functions in another form."""
    made = ModuleType(module.__name__)
    given = vars(module)
    known = {id(f) for f in functions}
    changed = {name: of(f) for name, f in given.items() if id(f) in known}
    made.__dict__.update({"__getattr__": lambda name: getattr(module, name), **given, **changed})
    return made
