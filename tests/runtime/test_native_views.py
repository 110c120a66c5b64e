"""Views in machine code are those of Python: the same memory, and the same word of how they were made."""

from __future__ import annotations

import gc
import sys
from typing import Any

import numpy as np
import pytest

from tcalc.errors import TcalcError
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.indexcalls import made as index_call
from tcalc.runtime.call.nativeviews import view_call
from tcalc.runtime.lazy.compiled import library, viewlines
from tcalc.runtime.ops import gradients
from tcalc.runtime.ops.create import filling
from tcalc.runtime.ops.create.conversion import clone
from tcalc.runtime.ops.index.indexing import PART, VIEWS, getitem
from tcalc.runtime.ops.shape import parts, reshaping, splitting
from tcalc.runtime.ops.shape.dimensions import t
from tcalc.runtime.tensor.storage import Part, Storage, View
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.shapes import Size

pytestmark = pytest.mark.skipif(not library.is_there(), reason="no functions are installed")

BLOCK = np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5)
LOCKED = np.arange(6.0).reshape(2, 3)
LOCKED.flags.writeable = False
ARRAYS = {
    "matrix": BLOCK[0, 0].copy(),
    "turned": BLOCK[0, 0].T,
    "block": BLOCK,
    "part": BLOCK[:, ::2, 1:, 3],
    "ones": np.ones((1, 3, 1), np.int64),
    "backwards": np.arange(6)[::-1].reshape(2, 3),
    "number": np.array(2.5),
    "vector": np.arange(5, dtype=np.float16),
    "empty": np.zeros((2, 0, 3)),
    "locked": LOCKED,
    "stretched": np.broadcast_to(np.arange(3.0), (2, 3)),
    "deep": np.zeros((1,) * 9),
}
INTS = (0, 1, -1, 2, -3, 5, 7)
SIZES = ((-1,), (4, 5), (5, -1), (2, 3, -1), (120,), (), (0,), (-1, -1), (2, 0, -1), (3, 2), (1, 6),
         ((3, 2),), (Size((3, 2)),), (1 << 62, 4), (-2,), (1.0,), (True, 6))  # fmt: skip
CALLS: dict[str, tuple[Any, list[tuple[Any, ...]]]] = {
    "permute": (reshaping.permute, [(1, 0), (0, 1), (-1, 0), (0, 0), (2, 0, 1), ((0, 2, 1),), (3, -2, 0, 1), (),
                                    (0,), (0, 2), (True, 0), (1.0, 0)]),
    "transpose": (reshaping.transpose, [(a, b) for a in INTS for b in (0, -1, 2)]),
    "t": (t, [()]),
    "view": (reshaping.view, list(SIZES)),
    "reshape": (reshaping.reshape, list(SIZES)),
    "flatten": (reshaping.flatten, [(), (1,), (0, 1), (0, -1)]),
    "expand": (reshaping.expand, [(2, 3), (-1, -1), (2, 4, 5), (2, 2, 3, 4, 5), (7, 3, 6), (-1, 2, 3), (0, 4, 5),
                                  (2, -1, 4, 5), (Size((2, 4, 5)),), (3,), ()]),
    "unsqueeze": (reshaping.unsqueeze, [(n,) for n in INTS]),
    "squeeze": (reshaping.squeeze, [(), *[(n,) for n in INTS], ((0, 2),)]),
    "diagonal": (parts.diagonal, [(), *[(n,) for n in INTS], (-9,), (1, -1, -2), (0, 0, 2), (0, 1, 1)]),
}  # fmt: skip
INDICES = [
    0, -1, 3, None, ..., slice(None), slice(1, None), slice(-2, None), slice(None, None, 2), slice(5, 2),
    slice(0, 99), slice(-99, 1), slice(None, None, -1), (), (0,), (0, 1), (slice(None), 1), (..., 0),
    (0, ..., -1), (None, 0, None), (slice(None), slice(1, 3)), (slice(None), slice(None)), (..., ...),
    (slice(1, None, 2), None, ..., slice(0, 2)), (slice(0, 2), slice(0, 99)), (0, 0, 0, 0), (0, 0, 0, 0, 0), True,
    (True, 0), np.int64(1), slice(np.int64(1), None), 1 << 70, 1.0, "x",
]  # fmt: skip


def run(call: Any, *args: Any) -> Any:
    try:
        return call(*args)
    except (TcalcError, TypeError, ValueError, IndexError) as error:
        return type(error), str(error)


def by_python(call: Any, *args: Any) -> Any:
    """The same without any of these calls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(getitem.__globals__, "PART", None)
        for op in (*[op for op, _ in CALLS.values()], splitting.unbind, splitting.split):
            patch.setitem(op.function.__globals__, "CALL", None)
        return run(call, *args)


def check(found: Any, told: Any) -> None:
    if not isinstance(told, Tensor):
        assert found == told
        return
    assert type(found) is type(told)
    a, b = found._d, told._d
    assert (a.shape, a.strides, a.dtype) == (b.shape, b.strides, b.dtype)
    assert a.flags.num | 4 == b.flags.num | 4  # the array itself is a view that leaves nothing out
    if told._s is None:  # a copy
        assert np.array_equal(a, b) and found._s is found._v is None
        return
    assert a.size == 0 or a.__array_interface__["data"] == b.__array_interface__["data"]
    assert found._s is told._s and found._g is told._g is None
    if told._v is not None:
        for name in ("base", "parent", "op", "tracked"):
            assert getattr(found._v, name) is getattr(told._v, name), name
        (first, *others), (its_first, *its_others) = found._v.values, told._v.values
        assert first is its_first and others == its_others and found._v.version == told._v.version


def tensors(array: Any) -> list[Tensor]:
    """One, and a view of one that shows all of it."""
    base = wrap(array)
    return [base, getitem(wrap(array), (..., None))[..., 0]]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("array", ARRAYS)
def test_calls(name: str, array: str) -> None:
    call, given = CALLS[name]
    for x in tensors(ARRAYS[array]):
        for args in given:
            found, told = run(call, x, *args), by_python(call, x, *args)
            if isinstance(told, Tensor) and told._v is not None and found._v is not None:
                # What was said in a tuple may be said without.
                told._v.values = found._v.values
            check(found, told)
            if isinstance(found, Tensor) and found._v is not None:
                again = found._v.replay(found._v.base)
                assert np.array_equal(again._d, found._d)


@pytest.mark.parametrize("array", ARRAYS)
def test_indices(array: str) -> None:
    for x in tensors(ARRAYS[array]):
        for index in INDICES:
            check(run(getitem, x, index), by_python(getitem, x, index))


@pytest.mark.usefixtures("nothing_waits")
def test_calls_are_done_there() -> None:
    """Not left to Python where all is as usual."""
    x = wrap(BLOCK.copy())
    op = reshaping.view
    done = {
        viewlines.ORDER: [(x, (3, 2, 1, 0)), (x, 0, 1), (x[0, 0],)],
        viewlines.SIZED: [(x, (-1,)), (x, (Size((6, 20)),)), (x, 0, -1)],
        viewlines.EXPANDED: [(x, (2, 2, 3, 4, 5)), (x, (-1, 3, -1, 5))],
        viewlines.UNSQUEEZED: [(x, 2), (x, -1)],
        viewlines.SQUEEZED: [(x, None), (x, 1)],
        viewlines.DIAGONAL: [(x, 1, 0, 1)],
        viewlines.DETACHED: [(x,)],
    }
    for kind, calls in done.items():
        call = view_call(kind, op)
        for args in calls:
            assert type(call(*args)) is Tensor
        for args in ((), (x, x, x, x, x), (1, (1,)), (x._d, (1,)), (None, 0)):
            assert call(*args) is None
    for index in (0, None, ..., slice(1, None), (..., 0, slice(None, None, 2)), ()):
        assert type(PART(x, index)) is Tensor


def test_how_they_are_made_and_marked() -> None:
    x = wrap(np.ones((2, 3), np.float32))
    call = view_call(viewlines.ORDER, reshaping.permute)
    y = call(x, (1, 0))
    assert type(x._s) is Storage and x._s.version == 0 and x._s.array is x._d and y._s is x._s
    x.add_(1)
    assert call(y, (1, 0))._v.version == 1
    enabled, mode.enabled = mode.enabled, False
    try:
        assert call(x, (1, 0))._v.tracked is False
    finally:
        mode.enabled = enabled
    x._require_grad(True)
    assert call(x, (1, 0))._g is True
    assert PART(x, 0)._g is True
    parameter = lookup("torch.nn.Parameter")(wrap(np.ones(3, np.float32)))
    assert type(call(parameter, (0,))) is Tensor
    assert view_call(viewlines.DETACHED, reshaping.view)(x)._g is None


def test_none_is_done_while_paths_are_closed() -> None:
    shortcuts.close()
    try:
        assert reshaping.permute.function.__globals__["CALL"] is None
        assert getitem.__globals__["PART"] is None
    finally:
        shortcuts.reopen()


@pytest.mark.usefixtures("nothing_waits")
def test_references_are_counted() -> None:
    x = wrap(BLOCK.copy())
    part, index = PART, (..., 0)
    calls = [
        (view_call(viewlines.ORDER, reshaping.permute), (3, 2, 1, 0)),
        (view_call(viewlines.SIZED, reshaping.view), (-1,)),
        (view_call(viewlines.SIZED, reshaping.view), (7,)),
        (view_call(viewlines.EXPANDED, reshaping.expand), (2, 2, 3, 4, 5)),
        (view_call(viewlines.UNSQUEEZED, reshaping.unsqueeze), 0),
        (view_call(viewlines.SQUEEZED, reshaping.squeeze), None),
        (view_call(viewlines.DIVIDED, splitting.unbind), 0),
        (part, index),
        (part, 0),
        (part, (0, 9)),
        (part, "x"),
    ]
    x.shared()
    held = [x, x._d, x._s, x._d.dtype, index, None, True, ..., 0, Tensor, View, Storage, mode, *VIEWS.values(),
            reshaping.view, *[given for _, given in calls]]  # fmt: skip
    for call, given in calls:
        call(x, given)
    gc.collect()
    before = [sys.getrefcount(thing) for thing in held]
    for _ in range(1000):
        for call, given in calls:
            call(x, given)
        view_call(viewlines.DETACHED, reshaping.view) if not _ else None
    gc.collect()
    after = [sys.getrefcount(thing) for thing in held]
    assert all(abs(a - b) < 100 for a, b in zip(after, before)), list(zip(held, before, after))


@pytest.mark.parametrize("array", ARRAYS)
def test_parts(array: str) -> None:
    given = [(splitting.unbind, ()), *[(splitting.unbind, (n,)) for n in INTS]]
    given += [(splitting.split, (n, dim)) for n in (1, 2, 3, 99) for dim in INTS]
    given += [
        (splitting.split, (0,)),
        (splitting.split, ([1, 1],)),
        (splitting.chunk, (2,)),
        (splitting.chunk, (2, -1)),
    ]
    for x in tensors(ARRAYS[array]):
        for op, args in given:
            found, told = run(op, x, *args), by_python(op, x, *args)
            assert type(found) is tuple and type(told) is tuple and len(found) == len(told)
            for i, (a, b) in enumerate(zip(found, told)):
                check(a, b)
                if isinstance(a, Tensor):
                    assert type(a._v) is Part and a._v.index == i
                    assert a._v.values is not b._v.values
                    assert np.array_equal(a._v.replay(a._v.base)._d, a._d)


# -- copies and fills -------------------------------------------------------------------------------


NUMBERS = [
    0,
    1,
    -3,
    0.1,
    -0.0,
    2.9e38,
    3.3e38,
    1e39,
    float("nan"),
    float("inf"),
    True,
    1 << 70,
    (1 << 53) + 1,
    1j,
]
OTHERS = ["float32", "float64", "int64", "int32", "float16", "bool"]


@pytest.mark.usefixtures("nothing_waits")
@pytest.mark.parametrize("dtype", OTHERS)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 5), (17,), (8, 9, 7), (300, 300)])
def test_copies_and_fills(dtype: str, shape: tuple[int, ...]) -> None:
    values = (np.arange(np.prod(shape, dtype=int)).reshape(shape) % 50).astype(dtype)
    other = values[..., ::-1].copy() if shape else values + values
    forms: list[tuple[Any, tuple[Any, ...]]] = [(clone, ()), (filling.zero_, ())]
    forms += [(filling.fill_, (n,)) for n in NUMBERS]
    forms += [(filling.copy_, (wrap(other.astype(d)),)) for d in OTHERS]
    forms += [(filling.copy_, (wrap(np.ones(2, dtype)),)), (filling.copy_, (1,))]
    for form, args in forms:
        for array in (values.copy(), np.asfortranarray(values)):
            a, b = wrap(array.copy("K")), wrap(array.copy("K"))
            mine, its = run(form, a, *args), without(form, b, *args)
            assert a._version == b._version and a._d.tobytes("A") == b._d.tobytes("A")
            if not isinstance(its, Tensor):
                assert mine == its
                continue
            assert (mine is a) is (its is b) and mine._g is mine._v is None
            assert mine._d.strides == its._d.strides and mine._d.tobytes("A") == its._d.tobytes("A")


def without(call: Any, *args: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(call.function.__globals__, "CALL", None)
        return run(call, *args)


@pytest.mark.usefixtures("nothing_waits")
def test_what_writes_leave_to_python() -> None:
    zero, copy = (
        view_call(viewlines.ZEROED, filling.zero_),
        view_call(viewlines.COPIED, filling.copy_),
    )
    whole = wrap(np.ones(8, np.float32))
    locked = np.ones(8, np.float32)
    locked.flags.writeable = False
    leaf = wrap(np.ones(8, np.float32))
    leaf._require_grad(True)
    for target in (whole[2:], wrap(locked), leaf, wrap(np.ones((8, 2), np.float32)[:, 0]), 1, None):
        assert zero(target) is None
    assert copy(whole, leaf, False) is copy(whole, leaf[1:], False) is None
    assert copy(whole, wrap(np.zeros(8, np.float32)), True) is None
    shifted = np.arange(9, dtype=np.float32)
    assert copy(wrap(shifted[1:]), wrap(shifted[:-1]), False) is None
    assert copy(whole, whole, False) is whole and whole._version == 1
    assert view_call(viewlines.CLONED, clone)(leaf, None) is None
    assert whole._d.tolist() == [1] * 8


@pytest.mark.usefixtures("nothing_waits")
def test_nothing_is_written_while_something_waits() -> None:
    waiting = lookup("torch.rand")(1 << 19) * 2
    x = wrap(np.ones(3, np.float32))
    assert view_call(viewlines.ZEROED, filling.zero_)(x) is None
    del waiting
    assert view_call(viewlines.ZEROED, filling.zero_)(x) is x


def test_no_garbage_is_collected_within() -> None:
    """Collecting runs code of the program, which may free what a call looks at."""
    x, y = wrap(np.ones((4, 3), np.float32)), wrap(np.ones((4, 3), np.float32))
    fresh = [wrap(np.ones(3, np.float32)) for _ in range(8)]
    calls = [
        (view_call(viewlines.ORDER, t), (x,)),
        (PART, (x, 1)),
        (PART, (x, (slice(None), 1))),
        (view_call(viewlines.DIVIDED, splitting.unbind), (x, 0)),
        (view_call(viewlines.DETACHED, gradients.detach), (x,)),
        (view_call(viewlines.CLONED, clone), (x, None)),
        (view_call(viewlines.COPIED, filling.copy_), (x, y, False)),
        *[(view_call(viewlines.ZEROED, filling.zero_), (target,)) for target in fresh],
        *[(index_call("setitem", True), (wrap(np.ones(3)), wrap(np.array([1])), 2.0))] * 8,
    ]
    seen: list[str] = []

    def note(phase: str, info: Any) -> None:
        seen.append(phase)

    thresholds, counts = gc.get_threshold(), [0] * len(calls)
    gc.callbacks.append(note)
    gc.set_threshold(1)
    try:
        for i, (call, given) in enumerate(calls):
            before = len(seen)
            for _ in range(3):
                call(*given)
            counts[i] = len(seen) - before
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(note)
    assert gc.isenabled() and not any(counts)
