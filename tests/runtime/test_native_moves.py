"""Moves in machine code are those of Python: values, layouts, errors, graphs."""

from __future__ import annotations

import gc
import sys
from typing import Any

import numpy as np
import pytest

from tcalc.errors import TcalcError
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.nativemoves import call as found_call
from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.create import conversion
from tcalc.runtime.ops.shape import joining, padding, rearranging
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import Size

pytestmark = pytest.mark.skipif(not library.is_there(), reason="no functions are installed")

BLOCK = np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5)
EDGES = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, 65519.0, 65520.0, 2.5, -2.5, 1e20, 3e9], np.float32
)
ARRAYS = {
    "matrix": BLOCK[0, 0].copy(),
    "turned": BLOCK[0, 0].T,
    "block": BLOCK,
    "part": BLOCK[:, ::2, 1:, 3],
    "backwards": np.arange(6)[::-1].reshape(2, 3),
    "number": np.array(2.5),
    "halves": np.arange(5, dtype=np.float16),
    "bools": np.array([[True, False, True], [False, False, True]]),
    "bytes": np.arange(35, dtype=np.uint8).reshape(5, 7),
    "complex": (np.arange(6) + 1j).astype(np.complex64).reshape(2, 3),
    "double_complex": (np.arange(6) + 1j).reshape(3, 2),
    "empty": np.zeros((2, 0, 3)),
    "stretched": np.broadcast_to(np.arange(3.0), (2, 3)),
    "deep": np.zeros((1,) * 9),
    "large": np.arange(9000.0, dtype=np.float32).reshape(90, 100),
    "plane": np.arange(9000, dtype=np.int32).reshape(90, 100).T,
    "edges": EDGES,
    "ints": np.array([[0, -1, 1 << 40], [7, -(1 << 62), (1 << 24) + 1]]),
    "swapped": np.arange(4.0).astype(">f4"),
}  # fmt: skip
DIMS = (
    (0,),
    (-1,),
    (1,),
    (0, 1),
    (1, 1),
    ((0, 2),),
    ([0, -1],),
    (5,),
    (),
    ((),),
    (True,),
    (1.0,),
    (1 << 70,),
)
CALLS: dict[Any, list[tuple[Any, ...]]] = {
    rearranging.flip: list(DIMS),
    rearranging.roll: [
        (1,), (-3,), (7, 0), (1, -1), ((1, 2), (0, 1)), ((1, -5), (-1, 0)), ([2, 3], [0, 0]), ((1,), 0), (0, 0),
        ((1, 2), (0,)), ((), ()), (1, ()), (1, 9), (True, 0), (1.0, 0), (((1,),), 0), (1 << 70, 0), ((1, 2),),
        ((1, 2, 3), (0, 1, 2)),
    ],
    rearranging.tril: [(), (1,), (-1,), (3,), (-9,), (9,), (1 << 70,), (1.0,), (True,)],
    rearranging.triu: [(), (1,), (-1,), (3,), (-9,), (9,)],
    rearranging.repeat: [
        (2,), (2, 2), (1, 3), (2, 1, 3), ((2, 2),), (Size((1, 2)),), ([2, 2],), (0, 2), (-1, 2), (2, 2, 2, 2), (),
        (1, 1, 1, 1, 2), (8, 8), (2,) * 9, (1 << 62, 4),
    ],
    rearranging.tile: [(2,), (2, 2), ((2,),), ((2, 1, 3),), (0,), (), ((2, 2, 2, 2, 2),)],
    padding.pad: [
        ((1, 1),), ((0, 2, 1, 0),), ((1, 0), "constant", 2.5), ((1, 1), "constant", 3), ((1, 1), "constant", -0.0),
        ((1, -1),), ((1,),), ((1, 2, 3, 4, 5, 6, 7, 8),), ((1, 1), "reflect"), ((1, 1), "constant", float("nan")),
        ((1, 1), "constant", 1e39), ((1, 1), "constant", True), ([1, 1],), (1,), ((),), (((1, 1),),), ((0, 0),),
        ((1, 1), "constant", 1 << 70), ((500, 500),), ((1 << 62, 0),),
    ],
    padding.constant_pad_nd: [((1, 1),), ((1, 1), 2), ((0, 1, 2, 0), 0.5)],
    conversion.contiguous: [()],
}  # fmt: skip
CASTS = [lookup(f"Tensor.{t.method}").__op__ for t in dtypes.ALL if t.method]
MANY = [
    ["matrix", "matrix"], ["matrix"], ["turned", "turned"], ["turned", "plane"], ["block", "block", "block"],
    ["halves", "halves"], ["number", "number"], ["edges", "halves"], ["empty", "empty"], ["large", "large"],
    ["bools", "bools"], ["complex", "complex"], ["double_complex", "double_complex"], ["part", "part"],
    ["stretched", "stretched"], ["ints", "backwards"], ["matrix", "large"], [], ["deep", "deep"],
]  # fmt: skip


def run(call: Any, *args: Any) -> Any:
    try:
        return call(*args)
    except (TcalcError, TypeError, ValueError, IndexError) as error:
        return type(error), str(error)


def by_python(call: Any, *args: Any) -> Any:
    """The same without any of these calls."""
    with pytest.MonkeyPatch.context() as patch:
        for op in (*CALLS, *JOINS, *CASTS):
            patch.setitem(op.function.__globals__, "CALL", None)
        return run(call, *args)


JOINS = (joining.cat, joining.stack, joining.hstack, joining.vstack, joining.column_stack)


def found(call: Any, *args: Any) -> Any:
    """What the machine code alone gives; it is there from the first call on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(call.function.__globals__, "CALL", found_call(call))
        return run(call, *args)


def check(this: Any, told: Any) -> None:
    if not isinstance(told, Tensor):
        assert this == told
        return
    a, b = this._d, told._d
    assert (a.shape, a.strides, a.dtype) == (b.shape, b.strides, b.dtype)
    # Python leaves some as views of an array that nobody else has.
    assert a.flags.num | 4 == b.flags.num | 4 and a.tobytes() == b.tobytes()
    assert this._s is this._v is None and this._g is told._g is None


@pytest.mark.parametrize("op", CALLS, ids=lambda op: op.name)
@pytest.mark.parametrize("array", ARRAYS)
def test_calls(op: Any, array: str) -> None:
    for args in CALLS[op]:
        x = wrap(ARRAYS[array])
        this, told = found(op, x, *args), by_python(op, x, *args)
        if this is x:
            assert told is x
        else:
            check(this, told)


@pytest.mark.parametrize("op", JOINS, ids=lambda op: op.name)
@pytest.mark.parametrize("arrays", MANY, ids="+".join)
def test_joins(op: Any, arrays: list[str]) -> None:
    parts = [wrap(ARRAYS[name]) for name in arrays]
    dims = [(), (0,), (1,), (-1,), (2,), (9,), (True,), (1.0,)] if op in JOINS[:2] else [()]
    for given in (parts, tuple(parts), List(parts)):
        for args in dims:
            check(found(op, given, *args), by_python(op, given, *args))


@pytest.mark.parametrize("op", CASTS, ids=lambda op: op.name)
@pytest.mark.parametrize("array", ARRAYS)
def test_casts(op: Any, array: str) -> None:
    x = wrap(ARRAYS[array])
    with np.errstate(all="ignore"):
        this, told = found(op, x), by_python(op, x)
    if told is x:
        assert this is x
    else:
        check(this, told)


def test_all_are_there() -> None:
    for op in (*CALLS, *JOINS, *CASTS):
        assert found_call(op) is not None, op.name
    x = wrap(ARRAYS["matrix"])
    for op, args in ((rearranging.flip, ((0,),)), (rearranging.roll, (1, 0)), (rearranging.tril, (0,)),
                     (rearranging.repeat, ((2, 2),)), (padding.pad, ((1, 1), "constant", None))):  # fmt: skip
        assert found_call(op)(x, *args) is not None, op.name
    for op in JOINS[:2]:
        assert found_call(op)([x, x], 0) is not None
    assert found_call(conversion.contiguous)(wrap(ARRAYS["turned"]), None) is not None
    assert found_call(lookup("Tensor.double").__op__)(x, None) is not None


def test_graphs() -> None:
    """Gradients flow, and nodes are those of Python."""
    for op, args in ((rearranging.flip, (0,)), (rearranging.roll, (1, 0)), (rearranging.tril, (1,)),
                     (rearranging.repeat, (2, 2)), (padding.pad, ((1, 1),)), (lookup("Tensor.double").__op__, ()),
                     (conversion.contiguous, ())):  # fmt: skip
        grads = []
        for run_it in (found, by_python):
            x = wrap(ARRAYS["turned"].copy())
            x.requires_grad = True
            out = run_it(op, x.t(), *args)
            grads.append((type(out.grad_fn).__name__, out.grad_fn.name()))
            (out * out).sum().backward()
            grads.append(x.grad._d.tobytes())
        assert grads[:2] == grads[2:], op.name
    for op, args in ((joining.cat, (1,)), (joining.stack, (0,)), (joining.hstack, ())):
        grads = []
        for run_it in (found, by_python):
            x, y = wrap(ARRAYS["matrix"].copy()), wrap(ARRAYS["matrix"].copy())
            x.requires_grad = True
            out = run_it(op, [x, y], *args)
            grads.append(out.grad_fn.name())
            (out * out).sum().backward()
            grads.append(x.grad._d.tobytes())
        assert grads[:2] == grads[2:], op.name


def test_nothing_is_kept() -> None:
    """References go with what had them, where it is done and where it is left to Python."""
    x = wrap(ARRAYS["matrix"].copy())
    cat, roll, pad = (found_call(op) for op in (joining.cat, rearranging.roll, padding.pad))
    flip, contiguous = found_call(rearranging.flip), found_call(conversion.contiguous)

    def calls() -> None:
        for _ in range(50):
            assert cat([x, x], 0) is not None and cat([x, 1], 0) is None and cat([x, x], 7) is None
            assert (
                roll(x, 1, 0) is not None
                and roll(x, 1, 7) is None
                and roll(x, (1, 2), None) is None
            )
            assert (
                pad(x, (1, 1), "constant", 1.5) is not None
                and pad(x, (1,), "constant", None) is None
            )
            assert flip(x, (0,)) is not None and contiguous(x, None) is x

    calls()
    things = (x, x._d, x._d.dtype, None, Tensor)
    gc.collect()
    gc.disable()
    try:
        before = [sys.getrefcount(thing) for thing in things]
        calls()
        after = [sys.getrefcount(thing) for thing in things]
    finally:
        gc.enable()
    assert all(abs(a - b) < 20 for a, b in zip(after, before))


def test_sizes_beyond_ints() -> None:
    """Of stretched tensors, whose sizes have sums and products that an int of 64 bits does not hold."""

    def stretched(*shape: int) -> Tensor:
        return wrap(np.broadcast_to(np.array(True), shape))

    most, few = 1 << 62, wrap(np.ones(5, np.bool_))
    four = [stretched(most + 1)] * 4
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (joining.cat, ([stretched(most)] * 4 + [few], 0)),
        (joining.hstack, ([stretched(most)] * 4 + [few],)),
        (joining.stack, (four, 0)),
        (joining.vstack, (four,)),
        (rearranging.repeat, (four[0], (4,))),
        (rearranging.repeat, (four[0], (4, 1))),
        (rearranging.tile, (four[0], (4,))),
        (padding.pad, (stretched(1, most), (0, 1, 0, 3), "constant", None)),
        (rearranging.roll, (stretched(most), 1, 0)),
        (rearranging.tril, (stretched(1 << 31, 1 << 31), 0)),
    ]
    for op, given in calls:
        assert found_call(op)(*given) is None


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_joins_are_recorded_however_often(dtype: str) -> None:
    x = lookup("torch.ones")(2, 3, dtype=dtypes.BY_NAME[dtype], requires_grad=True)
    for name in ("cat", "stack"):
        for _ in range(shortcuts.FEW + 4):
            joined = lookup(f"torch.{name}")([x, x * 2])
            assert joined.requires_grad
        x.grad = None
        joined.sum().backward()
        assert x.grad.tolist() == [[3] * 3] * 2
