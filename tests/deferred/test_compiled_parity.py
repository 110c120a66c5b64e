"""What waits, what is done at once and what a plan does give the same where code is compiled."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tcalc.errors import DtypeError
from tcalc.library.jit.planned import Planned
from tcalc.runtime.arrays.backend import of_module
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample
from tcalc.runtime.lazy import large
from tcalc.runtime.lazy.compiled import building, kernels
from tcalc.runtime.lazy.compiled.steps import lowered
from tcalc.runtime.lazy.exposure import mark_exposed
from tcalc.runtime.lazy.hazards import Listener
from tcalc.runtime.lazy.sizes import MIDDLE, quick
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.session import Session

from .test_parity import CASES, LONG, stretched

for _module in _index.MODULES:
    importlib.import_module(_module)
INTO = sorted((o for o in OPS if o.into and o.family == "elementwise"), key=lambda op: op.name)

pytestmark = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")


class Call:
    """A sample call as a function of its tensors alone."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample

    def _followed_(self) -> tuple[()]:
        return ()

    def __call__(self, *tensors: Tensor) -> Any:
        given = iter(tensors)
        return self.sample.call(lambda _: next(given))


def inputs(sample: Sample, exposed: bool = False, length: int = LONG) -> list[Tensor]:
    shape = np.broadcast_shapes(*[a.shape for a in sample.arrays()])
    arrays = [stretched(a, shape, length, np.float32).copy() for a in sample.arrays()]
    for a in arrays if exposed else []:
        mark_exposed(a)
    return [wrap(a) for a in arrays]


@pytest.mark.parametrize("sample", CASES)
def test_every_way(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcalc.library.jit.planned.remark", lambda _: None)
    call = Call(sample)
    late = call(*inputs(sample)).array
    planned = Planned(call)
    found = [call(*inputs(sample, True)).array]
    found += [planned(*inputs(sample)).array for _ in range(3)]
    for other in found:
        assert other.dtype == late.dtype and other.tobytes() == late.tobytes()


@pytest.mark.parametrize("sample", CASES)
def test_every_way_of_middle_size(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcalc.library.jit.planned.remark", lambda _: None)
    monkeypatch.setattr(kernels, "LONG", 1)
    call = Call(sample)
    planned = Planned(call)
    first = call(*inputs(sample, length=MIDDLE + 5)).array
    for again in (call, call, planned, planned, planned):
        building.wait()
        other = again(*inputs(sample, length=MIDDLE + 5)).array
        assert other.dtype == first.dtype and other.tobytes() == first.tobytes()


@pytest.mark.parametrize("sample", [c for c in CASES if len(c.values[0].arrays()) > 1])
def test_numbers_beside_arrays_tell_nothing_of_arrays_of_middle_size(sample: Sample) -> None:
    """What a kernel makes of one number is done ahead, of many it is a step."""
    call = Call(sample)
    given = inputs(sample, length=MIDDLE)
    first = call(*given).array
    for number in range(len(given)):
        quick.discard(sample.op)
        call(*[x[3] if i == number and x.ndim else x for i, x in enumerate(given)])
        building.wait()
        assert call(*given).array.tobytes() == first.tobytes()


@pytest.mark.parametrize("text", ["{}.exp()", "gelu({})", "{}.sigmoid()", "elu({})"])
def test_forms_of_middle_size(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LONG", 1)
    session = Session()
    session.evaluate("from torch.nn.functional import gelu, elu")
    x = np.random.default_rng(6).normal(size=(150, 151)).astype("f4")
    session.variables.update(
        x=wrap(x), v=wrap(np.asfortranarray(x)), w=wrap(x.repeat(2, 1)[:, ::2])
    )
    wanted = session.evaluate(text.format("x")).array
    for name in "xvw":
        for _ in range(2):
            assert session.evaluate(text.format(name)).array.tobytes() == wanted.tobytes()
            building.wait()


def test_in_place_and_into_others_of_middle_size() -> None:
    session = Session()
    x = np.random.default_rng(6).normal(size=(150, 151)).astype("f4")
    for text in ("x.clone().exp_()", "exp(x, out=zeros(150, 151))", "vmap(exp)(x)"):
        session.variables["x"] = wrap(x)
        wanted = session.evaluate("x.exp()").array
        assert session.evaluate(text).array.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("size", [MIDDLE + 5, LONG])
@pytest.mark.parametrize("op", INTO, ids=[op.name for op in INTO])
def test_writes(op: Op, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether compiled code is as quick as NumPy is asked once: the write is there then, too."""
    monkeypatch.setattr(kernels, "LONG", 1)
    draws = np.random.default_rng(6)
    arrays = [draws.uniform(1, 2, size).astype("f4") for p in op.params if p.is_array]

    def results() -> list[Any]:
        found = []
        for function in (op.inplace_function, op.inplace_function, op.function):
            quick.discard(op)
            found.append(function(*[wrap(a.copy()) for a in arrays]).array)
            building.wait()
        return found

    try:
        *written, given = results()
    except DtypeError:
        arrays = [draws.integers(1, 9, size) for _ in arrays]
        *written, given = results()
    for one in written:
        assert np.array_equal(one, given.astype(one.dtype))


@pytest.mark.parametrize("text", [
    "x.mul_(2.5)", "x.add_(y, alpha=0.3)", "x.sub_(y[1:].clone())", "x.pow_(2)", "x.clamp_(0.2, 0.7)",
    "x.add_(w[1:])", "w[1:].add_(w[:-1])", "w[1:].mul_(x)", "x.div_(x)", "w.add_(1e30).mul_(1e30)",
    "x.mul_(1e39)", "x.add_(2**70)", "x.add_(True)", "x.lerp_(y[:-1], 0.5)", "x.addcmul_(x, x, value=2)",
])  # fmt: skip
def test_large_arrays_in_place(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are what is written where it may not be seen, counted, and read before by what waits."""
    monkeypatch.setattr(kernels, "LONG", 1)
    draws = np.random.default_rng(6).normal(size=(2, LONG + 1)).astype("f4")

    def session() -> Session:
        made = Session()
        made.variables.update(w=wrap(draws[0].copy()), y=wrap(draws[1].copy()))
        made.evaluate("x = w[:-1].clone()")
        return made

    def run(made: Session) -> tuple[bytes, ...] | str:
        try:
            made.evaluate(text)
        except Exception as error:
            return str(error)
        return tuple([made.variables[n].array.tobytes() for n in "xwy"])

    with monkeypatch.context() as context:
        context.setattr("tcalc.runtime.call.inplace.write_large", lambda *_: False)
        wanted = run(session())
    for _ in range(2):
        plain = session()
        assert run(plain) == wanted
        building.wait()
    assert isinstance(wanted, str) or plain.evaluate("x._version + w._version") >= 1
    waiting = session()
    before = waiting.evaluate("x.sum().item(), (x * 2)[:5].tolist(), w.sum().item()")
    waiting.evaluate("s = x.sum(); t = x * 2; u = w.sum()")
    assert run(waiting) == wanted
    assert waiting.evaluate("s.item(), t[:5].tolist(), u.item()") == before


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2"])
def test_functions_into_memory_of_any_kind(dtype: str) -> None:
    x = np.random.default_rng(6).normal(size=MIDDLE + 7).astype("f4")
    form = large.of(np.exp)
    wanted = form(x)
    memory = np.full(x.size + 200, 7, dtype)
    assert form(x, out=memory[100:-100]) is not None
    assert (memory[:100] == 7).all() and (memory[-100:] == 7).all()
    assert (memory[100:-100] == wanted.astype(dtype)).all()
    shared = np.concatenate([x, x[:5]])
    form(shared[:-5], out=shared[5:])
    assert (shared[5:] == wanted).all()
    square = np.asfortranarray(x[: 1 << 14].reshape(128, 128))
    assert form(square, out=np.zeros((128, 128), "f4")).tobytes() == wanted[: 1 << 14].tobytes()


def test_chains() -> None:
    x = np.random.default_rng(0).normal(size=(2, LONG)).astype("f4")
    one, all_ = wrap(x), wrap(x.copy())
    chain = lookup("torch.log")(lookup("torch.sigmoid")(lookup("torch.tanh")(one)))
    step = lookup("torch.tanh")(all_)
    step.array  # noqa: B018  # computed
    step = lookup("torch.sigmoid")(step)
    step.array  # noqa: B018  # computed, too
    assert lookup("torch.log")(step).array.tobytes() == chain.array.tobytes()


PROGRAMS = [
    "(x * y + 1).relu() - r",
    "(x > y).logical_and(x < 2) & (r > 0)",
    "where(x > y, x, -y) / c",
    "(x.floor() + y.sqrt().abs()).clamp(-1, 2)",
    "x.T * y.T + 0.5",
    "(x + r)[:, ::2].sign() * 2",
    "(x.double() * y).float() - x.half().float()",
    "((i * 3) & (i >> 2) | ~i).float() + x",
    "(x - c).amax(0)",
    "(x * x).mean() + (x - y).abs().max()",
    "x.clone().mul_(2).sub_(y).add_(r)",
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_what_is_exact_is_numpys(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    session = Session()
    session.variables.update(
        x=wrap(rng.normal(size=(700, 900)).astype("f4")),
        y=wrap(rng.normal(size=(700, 900)).astype("f4")),
        r=wrap(rng.normal(size=900).astype("f4")),
        c=wrap(rng.normal(size=(700, 1)).astype("f4")),
        i=wrap(rng.integers(-1000, 1000, (700, 900))),
    )
    found = []
    for on in (False, True, True):
        monkeypatch.setattr(kernels.settings, "on", on)
        monkeypatch.setattr(kernels, "LONG", 1)
        found.append(session.evaluate(text).array)
        building.wait()
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()


def test_gradients_of_a_step_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
w = x.clone().requires_grad_()
for _ in range(3):
    loss = ((w.tanh() * y).exp().log1p() - r).pow(2).mean()
    w.grad = None
    loss.backward()
    with no_grad(): w -= 0.1 * w.grad
(w.detach(), loss.detach(), w.grad)
"""
    rng = np.random.default_rng(4)
    session = Session()
    for name, shape in (("x", (700, 900)), ("y", (700, 900)), ("r", (900,))):
        session.variables[name] = wrap(rng.normal(size=shape).astype("f4"))
    found = [[t.array for t in session.evaluate(text)] for _ in range(2)]
    for a, b in zip(*found):
        assert a.tobytes() == b.tobytes()


def test_kernels_that_cannot_wait_find_the_same_functions() -> None:
    from scipy import special

    x = np.random.default_rng(5).normal(size=LONG).astype("f4")
    here = large.module()
    assert here.exp(x).tobytes() == lookup("torch.exp")(wrap(x)).array.tobytes()
    assert here.exp(x[::-1]).tobytes() == here.exp(x)[::-1].tobytes()
    out = np.empty_like(x)
    assert here.exp(x, out) is out and out.tobytes() == here.exp(x).tobytes()
    assert here.exp(x[:10]).tobytes() == np.exp(x[:10]).tobytes()
    assert here.exp(1.0) == np.exp(1.0) and here.linalg is np.linalg
    erf = of_module(here).special().erf
    assert erf(x).tobytes() == lookup("torch.erf")(wrap(x)).array.tobytes()
    assert of_module(here).special().gamma is special.gamma


@pytest.mark.parametrize(("into", "of"), [("f4", "f8"), ("f8", "f4"), ("f2", "f4"), ("f4", "f2")])
def test_what_is_written_into_another_dtype(into: str, of: str, monkeypatch: Any) -> None:
    """A kernel of the wrong width would write beyond the memory."""
    monkeypatch.setattr(kernels, "LONG", 1)
    monkeypatch.setattr(
        building, "beside", lambda text, name, arrived: arrived(building.built(text, name))
    )
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=LONG).astype(t) for t in (into, of))
    found = []
    for on in (True, False):
        monkeypatch.setattr(kernels.settings, "on", on)
        t, u = wrap(x.copy()), wrap(y.copy())
        t.sub_(u.floor() * 2 + 1)
        total = (t * 2).sum().item()
        found.append((t.array.tobytes(), t.array.dtype, total))
    assert found[0] == found[1]


def test_signed_and_unsigned_are_compared_as_numpy_does(monkeypatch: Any) -> None:
    monkeypatch.setattr(kernels, "LONG", 1)
    signed, unsigned = np.dtype("i8"), np.dtype("u8")
    assert lowered(np.less, (signed, unsigned), np.dtype(bool)) is None
    assert lowered(np.less, (signed, signed), np.dtype(bool)) is not None


def test_a_large_write_is_heard_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LONG", 1)
    x = wrap(np.ones(LONG, "f4"))
    for _ in range(2):  # by the shared way, then by one function
        heard: list[Any] = []
        listener = Listener(heard.append)
        listener.open()
        lookup("Tensor.mul_")(x, 3.5)
        listener.close()
        building.wait()
        assert len(heard) == 1 and heard[0] is x.array
