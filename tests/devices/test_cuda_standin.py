"""CUDA without a GPU: every op on arrays of a stand-in for CuPy that refuse to mix with NumPy's."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import standin

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.runtime.arrays import backend, cuda
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.devices import device
from tcalc.session import Session

for module in _index.MODULES:
    importlib.import_module(module)

CUDA = device("cuda", 0)
SAMPLED = [
    op
    for op in OPS
    if any(sample.arrays() for sample in samples_of(op)) and "devices" not in op.exempt
]
# What gives other values there: unfilled memory, the GPU's own random numbers, its number.
DIFFERENT = frozenset({"empty_like", "rand_like", "randn_like", "binomial", "get_device"})


@pytest.fixture(autouse=True)
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The stand-in, as if it were installed."""
    for name, found in standin.modules().items():
        monkeypatch.setitem(sys.modules, name, found)
    yield sys.modules["cupy"]
    cuda._made.clear()


def on_cuda(array: Any) -> Tensor:
    return wrap(backend.to_device(array, CUDA))


def leaves(result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]


def compare(want: Any, got: Any, what: Any) -> None:
    assert len(want) == len(got), what
    for a, b in zip(want, got):
        if isinstance(a, Tensor):
            assert b.device == CUDA, what
            host = b.array.get()
            assert (host.dtype, host.shape) == (a.array.dtype, a.array.shape), what
            np.testing.assert_allclose(host, a.array, rtol=1e-10, atol=1e-12, err_msg=repr(what))
        else:
            assert a == b, what


def gradients(sample: Sample, convert: Any) -> list[Any]:
    """The gradients of a sample call's inexact inputs: plain, recorded, and added up in `grad`."""
    tensors, inexact = {}, []
    for array in sample.arrays():
        leaf = tensors[id(array)] = convert(array)
        if array.dtype.kind in "fc":
            inexact.append(leaf.requires_grad_(True))
    total: Any = None
    for out in leaves(sample.call(lambda array: tensors[id(array)])):
        if isinstance(out, Tensor) and out.requires_grad:
            if out.dtype.is_complex:
                out = out.abs()
            part = (out * out).sum()
            total = part if total is None else total + part
    if total is None:
        return []
    grad = lookup("torch.autograd.grad")
    try:
        found = [
            *grad(total, inexact, retain_graph=True, allow_unused=True),
            *grad(total, inexact, create_graph=True, allow_unused=True),
        ]
    except RuntimeError as e:
        assert "is not implemented" in str(e)
        return []
    total.backward()
    found += [leaf.grad for leaf in inexact]
    return [g.detach() if g is not None else None for g in found]


@pytest.mark.parametrize("op", SAMPLED, ids=lambda op: f"{op.name}-{op.family}")
def test_ops(op: Op) -> None:
    for sample in samples_of(op):
        try:
            want = leaves(sample.call(wrap))
        except Exception:  # where the CPU does not do it either
            assert not op.is_public, sample
            continue
        got = leaves(sample.call(on_cuda))
        if op.name not in DIFFERENT:
            compare(want, got, sample)
        assert all(t.device == CUDA for t in got if isinstance(t, Tensor))


@pytest.mark.parametrize(
    "op", [op for op in SAMPLED if op.has_gradient], ids=lambda op: f"{op.name}-{op.family}"
)
def test_gradients(op: Op) -> None:
    for sample in samples_of(op):
        try:
            want = gradients(sample, wrap)
        except Exception:  # as above
            continue
        compare(want, gradients(sample, on_cuda), sample)


# -- programs ---------------------------------------------------------------------------------

PROGRAMS = [
    "tensor([[1., 2.], [3., 4.]], device=D) @ tensor([1., 1.], device=D)",
    "x = arange(6., device=D).reshape(2, 3); x.add_(1).mul_(2); x[0, 1] = 7; x[:, 2] += 1; x",
    "x = ones(2, 3, device=D); x[x > 0] = tensor(2., device=D); x[tensor([0, 1], device=D), 0]",
    "x = ones(3, device=D); 2 * x + 1, 1 / x, x ** 2, 2 ** x, -x, x // 2, x % 2, x == 1, ~(x > 0)",
    "zeros(3, device=D) + tensor(2.)",
    "ones(2, device=D).half() * 2, ones(2, device=D).bfloat16().exp()",
    "arange(3, device=D).float().mean(), arange(3, device=D) / 2",
    "x = ones(2, device=D); x += [1, 2]; x, [1, 2] * x, x.mv([1, 2]) if x.ndim > 1 else x.dot([1., 2.])",
    "eye(2, device=D), full((2,), 3, device=D), linspace(0, 1, 3, device=D), zeros(2, device=D)",
    "ones(2, 2).to(D).cumsum(0).flip(0).T.contiguous().view(4)",
    "x = ones(2, device=D); x.new_zeros(3), zeros_like(x), x.new_tensor([1, 2]), full_like(x, 2)",
    "cat([ones(1, device=D), zeros(1, device=D)]), stack([ones(1, device=D)] * 2)",
    "torch.add(ones(2, device=D), 1, out=empty(0, device=D))",
    "x = arange(12., device=D).reshape(3, 4); i = tensor([2, 0], device=D); x[i], x[i, i], x[:, i], x[i, 1:3]",
    "one = ones(2, device=D); one.clone().fill_(3), one.clone().zero_(), one.copy_(tensor([1., 2.]))",
    "w = ones(2, device=D, requires_grad=True); (w * w).sum().backward(); w.grad.add_(1); w.grad",
    """
model = nn.Linear(2, 1)
with no_grad():
    model.weight.fill_(0.5), model.bias.fill_(0.1)
model.to(D)
optimizer = optim.SGD(model.parameters(), lr=0.1)
for step in range(3):
    optimizer.zero_grad()
    loss = (model(ones(4, 2, device=D)) ** 2).mean()
    loss.backward()
    optimizer.step()
model.weight.detach()
""",
    """
found = []
for make in optim.Adam, optim.AdamW, optim.RMSprop, optim.NAdam, optim.RAdam, optim.Adadelta, optim.ASGD:
    with torch.device(D):
        w = nn.Parameter(tensor([1., -2., 3.]))
        optimizer = make([w], lr=0.1)
        for step in range(2):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
        for state in optimizer.state.values():
            for name in state:
                state[name] = state[name].to(D)
        optimizer.step()
    found.append(w.detach())
found
""",
    """
manual_seed(0)
found = []
with torch.device(D):
    data = torch.utils.data.TensorDataset(arange(6.))
    for (x,) in torch.utils.data.DataLoader(data, batch_size=4, shuffle=True):
        found.append(x)
    found += torch.utils.data.RandomSampler(data, replacement=True)
    found += torch.utils.data.SubsetRandomSampler([1, 2, 3])
    found += torch.utils.data.WeightedRandomSampler([0.1, 0.9], 3)
found
""",
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs_give_what_the_cpu_gives(text: str) -> None:
    found = {}
    for where in ("cpu", "cuda"):
        session = Session()
        session.variables["D"] = where
        found[where] = leaves(session.evaluate(text))
    compare(found["cpu"], found["cuda"], text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ones(3, device='cuda').sum().item()", 3.0),
        ("arange(3, device='cuda').tolist()", [0, 1, 2]),
        ("float(tensor(2.5, device='cuda'))", 2.5),
        ("[1, 2, 3][tensor(1, device='cuda')]", 2),
        ("bool(tensor([True], device='cuda').all())", True),
        ("str(ones(2).cuda().device)", "cuda:0"),
        ("repr(ones(2).cuda())", "tensor([1., 1.], device='cuda:0')"),
        ("str(ones(2).to('cuda:0').cpu().device)", "cpu"),
        ("str(ones(2, device='cuda').to('meta').device)", "meta"),
        ("set_default_device('cuda'); r = str(ones(2).device); set_default_device('cpu'); r", "cuda:0"),
        ("cuda.is_available(), cuda.device_count(), cuda.current_device()", (True, 1, 0)),
        ("cuda.get_device_name()", "Stand-in"),
        ("manual_seed(1); rand(2, device='cuda').shape[0], randint(3, (2,), device='cuda').shape[0]", (2, 2)),
        ("x = ones(2, device='cuda'); 1.0 in x, 2.0 in x", (True, False)),
        ("x = ones(2, 2, device='cuda'); len(x), [r.sum().item() for r in x]", (2, [2.0, 2.0])),
        ("x = ones(2).cuda(); x.cuda() is x, x.to('cuda') is x", (True, True)),
    ],
)  # fmt: skip
def test_values(text: str, value: Any) -> None:
    assert Session().evaluate(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "ones(3, device='cuda') + ones(3)",
        "ones(3, 2) @ ones(2, 3, device='cuda')",
        "nn.functional.linear(ones(2, device='cuda'), ones(3, 2))",
        "ones(2).add_(ones(2, device='cuda'))",
        "cat([ones(2, device='cuda'), ones(2)])",
    ],
)
def test_two_devices(text: str) -> None:
    with pytest.raises(RuntimeError, match="at least two devices, cpu and cuda:0") as caught:
        Session().evaluate(text)
    assert diagnose(caught.value).span is not None


def test_numpy_needs_the_cpu() -> None:
    with pytest.raises(TypeError, match=r"Use Tensor\.cpu\(\)"):
        Session().evaluate("ones(2, device='cuda').numpy()")


def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        Session().evaluate("ones(2, device='cuda:1')")


# -- what CuPy's ufuncs lack ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["maximum", "minimum", "logaddexp", "add", "multiply"])
def test_accumulate(name: str) -> None:
    data = np.random.default_rng(0).normal(size=(3, 7))
    xp = cuda.array_module()
    for axis in (0, 1):
        got = getattr(xp, name).accumulate(xp.asarray(data), axis=axis).get()
        np.testing.assert_allclose(got, getattr(np, name).accumulate(data, axis=axis))


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "float32", "float64", "complex64"])
@pytest.mark.parametrize("name", ["maximum", "add", "multiply"])
def test_at(name: str, dtype: str) -> None:
    if dtype == "complex64" and name == "maximum":
        pytest.skip("complex numbers have no order")
    xp = cuda.array_module()
    rng = np.random.default_rng(0)
    start, values = (rng.integers(-3, 4, n).astype(dtype) for n in (5, 9))
    places = rng.integers(0, 5, 9)
    want, got = start.copy(), xp.asarray(start)
    getattr(np, name).at(want, places, values)
    getattr(xp, name).at(got, xp.asarray(places), xp.asarray(values))
    np.testing.assert_array_equal(got.get(), want)


def test_a_profile_tells_the_times_of_the_gpu() -> None:
    session = Session()
    shown = session.evaluate(
        "from torch.profiler import ProfilerActivity, profile\n"
        "x = torch.ones(2, 3, device='cuda'); y = torch.ones(2, 3)\n"
        "with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as prof:\n"
        "    x + x; x.add_(1); y + y; torch.matmul(x, x.T)\n"
        "prof.key_averages().table(sort_by='cuda_time_total')"
    )
    by_name = {e.key: e for e in session.evaluate("prof.key_averages()")}
    assert {name: e.cuda_time_total for name, e in by_name.items()} == {
        "aten::add": 1000, "aten::add_": 1000, "aten::permute": 1000, "aten::matmul": 1000,
        "aten::mm": 1000,
    }  # fmt: skip
    assert by_name["aten::add"].count == 2
    assert by_name["aten::matmul"].self_device_time_total == 0
    assert re.split(r"\s{2,}", shown.splitlines()[1].strip())[6:] == [
        "Self CUDA", "Self CUDA %", "CUDA total", "CUDA time avg", "# of Calls",
    ]  # fmt: skip
    assert shown.endswith("Self CUDA time total: 4.000ms\n")


def test_ranges_for_nvidias_profilers(cupy: Any) -> None:
    session = Session()
    assert session.evaluate(
        "n = torch.cuda.nvtx\n"
        "with n.range('step'):\n"
        "    n.mark('here')\n"
        "n.range_push('a'), n.range_push('b'), n.range_pop(), n.range_pop(), n.range_pop()"
    ) == (0, 1, 1, 0, -1)
    assert cupy.cuda.nvtx.said[:3] == [("push", "step"), ("mark", "here"), ("pop",)]
