"""Calls in machine code: they give what the Python of the short path gives, or leave the call to it."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tcalc.runtime.autograd import nodes
from tcalc.runtime.call import native, shortcuts
from tcalc.runtime.call.installing import every
from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.tensor.tensor import Parameter, Tensor, wrap
from tcalc.session import Session

if TYPE_CHECKING:
    from tcalc.runtime.call.define import DefinedOp

pytestmark = pytest.mark.skipif(not library.is_there(), reason="the installation has no functions")

OPS = {op.name: op for op in every()}
VALUES = np.float32([0.0, -0.0, 1.5, -2.5, 1e-42, 3e38, np.inf, -np.inf, np.nan, 0.3, 40.0, -88.0])
SHAPES = [(), (1,), (12,), (3, 4), (2, 1, 3, 2)]


def operands(op: DefinedOp, shape: tuple[int, ...]) -> list[Tensor]:
    """Tensors of a shape for an op."""
    count = int(np.prod(shape))
    made = []
    for i, kind in enumerate(native._kinds(op)[: sum(p.is_array for p in op.params)]):
        values = np.roll(VALUES, 5 * i)[:count].reshape(shape)
        made.append(wrap(values > 0 if kind == "i1" else values.copy()))
    return made


def numbers(op: DefinedOp) -> list[float]:
    """Numbers for those that its function is given."""
    return [0.25, 1.75][: len(op.installed or ())]


def same(a: Any, b: Any) -> bool:
    """Whether arrays are the same to the bit, but for which nan it is."""
    nan = np.isnan(a) & np.isnan(b) if a.dtype.kind == "f" else np.zeros(a.shape, bool)
    return (
        a.dtype == b.dtype
        and a.shape == b.shape
        and a.strides == b.strides
        and bool(np.all((a == b) & (np.signbit(a) == np.signbit(b)) | nan))
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", OPS)
def test_a_call_gives_what_the_function_gives(name: str, shape: tuple[int, ...]) -> None:
    op = OPS[name]
    given = operands(op, shape)
    out = native.call(op)(*given, *numbers(op))
    assert type(out) is Tensor and out._g is out._s is out._v is None
    expected = np.asarray(
        library.function(op.name)(*[t._d for t in given], *map(np.float32, numbers(op)))
    )
    assert same(out._d, expected), (out._d, expected)


def lain(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> Any:
    """An array that goes together with ones of a shape: parts of it, larger steps, elements again and again."""
    own = [n if rng.random() < 0.7 else 1 for n in shape][
        rng.integers(len(shape)) * (rng.random() < 0.3) :
    ]
    spread = [n * rng.integers(1, 3) for n in own]
    values = rng.choice(VALUES, spread)[
        tuple([slice(None, None, s // n) for s, n in zip(spread, own)])
    ]
    if rng.random() < 0.2:
        values = np.broadcast_to(values, shape)
    return values > 0 if kind == "i1" else values


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.usefixtures("nothing_waits")
@pytest.mark.parametrize("name", ["add", "div", "gt", "where", "addcmul", "lerp", "exp"])
def test_operands_that_lie_in_other_ways(name: str, seed: int) -> None:
    op, rng = OPS[name], np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, rng.integers(1, 5)))
    kinds = native._kinds(op)[: sum(p.is_array for p in op.params)]
    given = [lain(rng, shape, kind) for kind in kinds]
    numbers_too = [*given, *map(np.float32, numbers(op))]
    out = native.call(op)(*map(wrap, given), *numbers(op))
    assert same(out._d, np.asarray(library.function(name)(*numbers_too)))
    if kinds[0] == "float" and native._kinds(op)[-1] == "float":
        target = wrap(rng.choice(VALUES, shape).astype(np.float32))
        expected = np.asarray(library.function(name)(target._d, *numbers_too[1:]))
        target.shared()
        written = native.call_into(op)(target, *map(wrap, given[1:]), *numbers(op))
        assert written is (target if expected.shape == shape else None)
        assert written is None or same(target._d, expected)


def test_what_is_written_to_is_not_read_elsewhere() -> None:
    x = wrap(np.arange(12, dtype=np.float32).reshape(3, 4))
    x.shared()
    add = native.call_into(OPS["add"])
    assert add(x, wrap(x._d[0])) is None
    assert add(x, wrap(x._d[:, :1])) is None
    assert add(wrap(x._d[0]), x) is None
    assert add(x, wrap(np.ones((1, 3, 4), np.float32))) is None
    assert add(x, wrap(np.float32([[1], [2], [3]]))) is x
    assert x._d.tolist() == [[1, 2, 3, 4], [6, 7, 8, 9], [11, 12, 13, 14]]
    assert x.shared().version == 1


def test_large_memory_is_written_to() -> None:
    x = wrap(np.ones(LARGE + 5, np.float32))
    x.shared()
    assert native.call_into(OPS["mul"])(x, 3) is x
    assert (x._d == 3).all()


@pytest.mark.parametrize("number", [2, -3, 0, 0.1, -0.0, 1 << 53, 2.9e38])
@pytest.mark.parametrize("name", ["add", "rsub", "div", "gt", "maximum", "remainder"])
def test_numbers_on_either_side(name: str, number: float) -> None:
    op, x = OPS[name], wrap(VALUES.copy())
    right, left = native.call(op)(x, number), native.call(op)(number, x)
    assert same(right._d, library.function(op.name)(x._d, np.float32(number)))
    assert same(left._d, library.function(op.name)(np.float32(number), x._d))


def left_alone() -> dict[str, tuple[Any, ...]]:
    """Operands of an addition that are none of the call's."""
    x = wrap(np.ones((3, 4), np.float32))
    return {
        "another dtype": (x, wrap(np.ones((3, 4)))),
        "shapes that do not go together": (x, wrap(np.ones(3, np.float32))),
        "many together": (wrap(np.ones((LARGE, 1), np.float32)), x),
        "out of order": (wrap(np.ones((4, 3), np.float32).T), x),
        "empty": (wrap(np.ones((0, 4), np.float32)), 1),
        "large": (wrap(np.ones(LARGE, np.float32)), 1),
        "other bytes first": (wrap(np.ones(3, ">f4")), 1),
        "a bool": (x, True),
        "a complex number": (x, 1j),
        "nan": (x, float("nan")),
        "infinite": (x, float("inf")),
        "beyond float32": (x, 1e39),
        "a long number": (x, 1 << 70),
        "an int that a double does not hold": (x, (1 << 53) + 1),
        "text": (x, "1"),
        "None": (x, None),
        "numbers only": (1.0, 2.0),
        "too few": (x,),
        "too many": (x, x, x),
        "none": (),
        "an array": (x, x._d),
    }


@pytest.mark.parametrize("what", left_alone())
def test_what_is_left_to_python(what: str) -> None:
    assert native.call(OPS["add"])(*left_alone()[what]) is None


def test_numbers_beside_bools_are_left_alone() -> None:
    assert native.call(OPS["where"])(wrap(np.ones(3, bool)), 1, 0) is None


def test_parameters_give_tensors() -> None:
    w = wrap(np.ones(3, np.float32))
    parameter = object.__new__(Parameter)
    parameter._d, parameter._s, parameter._v, parameter._g = w._d, None, None, None
    assert type(native.call(OPS["neg"])(parameter)) is Tensor


def test_a_result_of_the_graph_is_marked() -> None:
    w = wrap(np.ones(3, np.float32))
    w._require_grad(True)
    assert native.call(OPS["exp"])(w)._g is True
    assert native.call(OPS["exp"])(w[1:])._g is True
    assert native.call_into(OPS["add"])(w, 1) is None


def test_none_where_compiled_code_is_off() -> None:
    x = wrap(np.ones(3, np.float32))
    settings.on = False
    try:
        assert native.call(OPS["neg"])(x) is None
    finally:
        settings.on = True
    assert native.call(OPS["neg"])(x) is not None


def test_closed_paths_have_no_calls() -> None:
    scope = {"CALL": native.call(OPS["exp"]), "CALL_INTO": native.call_into(OPS["exp"])}
    calls = dict(scope)
    shortcuts.known(scope)
    shortcuts.close()
    try:
        assert scope == dict.fromkeys(calls)
    finally:
        shortcuts.reopen()
    assert scope == calls


# -- writing ----------------------------------------------------------------------------------------


def writable(values: Any) -> Tensor:
    """A tensor that has been written to before."""
    made = wrap(values)
    made.shared()
    return made


@pytest.mark.usefixtures("nothing_waits")
def test_a_write_counts_and_gives_the_tensor() -> None:
    x, y = writable(np.float32([1, 2])), wrap(np.float32([3, 4]))
    into = native.call_into(OPS["mul"])
    before = x._d
    assert into(x, y) is x and into(x, x) is x and into(x, 2) is x
    assert x._d is before and before.tolist() == [18, 128] and x._version == 3


@pytest.mark.usefixtures("nothing_waits")
def test_what_a_write_leaves_to_python() -> None:
    into, one = native.call_into(OPS["add"]), np.ones(8, np.float32)
    locked = one.copy()
    locked.flags.writeable = False
    whole = writable(one.copy())
    for target, other in (
        (wrap(one), 1),  # it has no storage yet
        (writable(locked), 1),
        (writable(one[1:]), wrap(one[:-1])),  # they overlap
        (whole[2:], 1),  # a view
        (writable(one.astype(np.float64)), 1),
        (1, whole),
    ):
        assert into(target, other) is None
    assert native.call_into(OPS["gt"]) is None  # bools are no floats
    assert one.tolist() == [1] * 8 and whole._version == 0


@pytest.mark.usefixtures("nothing_waits")
def test_nothing_is_written_while_something_waits() -> None:
    session = Session()
    session.evaluate(f"a = rand({LARGE})")
    session.evaluate("b = a * 2")
    x = writable(np.ones(3, np.float32))
    assert native.call_into(OPS["add"])(x, 1) is None
    session.evaluate("b.sum().item(); del b")


# -- memory -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_waits")
def test_references_are_counted() -> None:
    x, y = writable(np.ones((3, 4), np.float32)), wrap(np.ones((3, 4), np.float32))
    call, into = native.call(OPS["add"]), native.call_into(OPS["add"])
    held = [x, y, x._d, y._d, x._d.dtype, call, into, Tensor]
    call(x, y), into(x, y), call(x, "no")
    gc.collect()
    before = [sys.getrefcount(thing) for thing in held]
    for _ in range(1000):
        call(x, y), into(x, y), call(x, 0.5), call(x, "no"), call(x)
    gc.collect()
    assert [sys.getrefcount(thing) for thing in held] == before


def test_nodes_are_as_pythons(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    session.evaluate("w = ones(3, 4, requires_grad=True)")
    native_record = native.recorder()
    assert native_record is not nodes.record
    op, array = OPS["add"], np.ones((2, 3), np.float32)
    edges, saved = (session.variables["w"]._g, None), (1,)
    for values in ((op, edges, saved, None, array), (op, edges, saved, (0,), array[0, 0:0])):
        a, b = native_record(*values), nodes.record(*values)
        for name in "op edges saved versions shape dtype extra place".split():
            assert getattr(a, name) == getattr(b, name), name
        assert b.number == a.number + 1
    session.evaluate("c = (w * 1j).conj()")  # what it gives stands for an array
    assert session.evaluate("c.grad_fn").shape == (3, 4)
    session.evaluate("y = w + 1")
    code, _ = session.variables["y"]._g.place
    assert type(code.co_filename) is not str
    held = [op, edges, saved, array, array.dtype, nodes.Node]
    gc.collect()
    before = [sys.getrefcount(thing) for thing in held]
    for _ in range(1000):
        native_record(op, edges, saved, None, array)
    gc.collect()
    assert [sys.getrefcount(thing) for thing in held] == before
