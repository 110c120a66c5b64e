"""Tensors too large are refused before anything is allocated; views share memory, copies do not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tcalc.errors import LimitError, StateError
from tcalc.runtime.base import memory
from tcalc.session import Session


@pytest.fixture
def small_limit() -> Iterator[None]:
    before = memory.limit
    memory.limit = memory.in_use() + (1 << 28)
    yield
    memory.limit = before


TOO_LARGE = """
ones(10**12)
zeros(10**6, 10**6)
empty(2**40, 2**40)
full((10**12,), 3)
zeros_like(x.expand(10**9, 1000))
x.new_zeros(10**12)
eye(10**7)
arange(10**13)
arange(2**62)
arange(0, 1, 1e-15)
linspace(0, 1, 10**12)
logspace(0, 1, 10**12)
tril_indices(10**6, 10**6)
vander(x, 10**9)
combinations(x, 5)
cartesian_prod(x, x, x, x)
meshgrid(x, x, x, x)[0].clone()
diag(ones(10**6))
ones(10**6).diagflat()
tile(x, (10**9,))
x.repeat(10**5, 10**5)
x.repeat_interleave(10**9)
x.expand(10**9, 1000).clone()
x.expand(10**9, 1000).contiguous()
x.expand(10**9, 1000).reshape(-1)
x.expand(10**9, 1000).double()
x.expand(10**9, 1000).tolist()
x.expand(10**8, 1000).nonzero()
x.expand(10**7, 1000).flip(0)
x.expand(10**7, 1000).roll(1)
x.expand(10**7, 1000).tril()
x.expand(10**7, 1000).masked_fill(x > 0, 1)
x.expand(10**7, 1000)[:, [0] * 30000]
x.as_strided((10**6, 10**6), (0, 0)).clone()
cat([x.expand(10**6, 1000)] * 2)
stack([x.expand(10**6, 1000)] * 2)
x[zeros(1, dtype=int64).expand(10**10)]
x.index_select(0, zeros(1, dtype=int64).expand(10**10))
x.gather(0, zeros(1, dtype=int64).expand(10**10))
x.take(zeros(1, dtype=int64).expand(10**10))
x.resize_(10**12)
empty_strided((10**6, 10**6), (10**6, 1))
"""


@pytest.mark.usefixtures("small_limit")
@pytest.mark.parametrize("source", TOO_LARGE.strip().splitlines())
def test_too_large(source: str) -> None:
    session = Session()
    session.evaluate("x = ones(1000);")
    with pytest.raises(LimitError):
        session.evaluate(source)


def test_what_was_freed_is_given_back_before_a_tensor_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = [60 << 30]
    monkeypatch.setattr(memory, "current_limit", lambda: 64 << 30)
    monkeypatch.setattr(memory, "resident", lambda: held[0])
    monkeypatch.setattr(memory, "give_back", lambda: held.__setitem__(0, 1 << 30))
    memory.check(3 << 30, "a tensor")
    assert held == [60 << 30]
    memory.check(32 << 30, "a tensor")
    assert held == [1 << 30]
    with pytest.raises(LimitError):
        memory.check(64 << 30, "a tensor")


@pytest.mark.parametrize(
    "write",
    [
        "x.add_(x.T)", "x.T.add_(x)", "x[1:].add_(x[:-1])", "x[:-1].mul_(x[1:])", "x.copy_(x)", "x.add_(x)",
        "torch.add(x, x.T, out=x)", "torch.cat([x], out=x)", "torch.stack([x[0]], out=x[:1])",
        "torch.add(x[1:], 1, out=x[:-1])", "torch.mul(x, 2, out=x)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["enable_grad", "no_grad"])
def test_writes_over_a_part_of_what_is_read_are_refused(write: str, mode: str) -> None:
    program = f"x = ones(3, 3)\nwith {mode}():\n    {write}"
    if write in ("x.copy_(x)", "x.add_(x)", "torch.mul(x, 2, out=x)"):
        Session().evaluate(program)  # all of it, in one order
        return
    with pytest.raises(StateError, match="unsupported operation"):
        Session().evaluate(program)


SHARED = [
    "x.view(6)", "x.reshape(6)", "x.T", "x[0]", "x[:, 1]", "x[None]", "x[..., 0]", "x.t()",
    "x.permute(1, 0)", "x.diagonal()", "x.unfold(1, 2, 1)", "x.expand(2, 2, 3)", "x.unbind()[0]",
    "x.split(1)[0]", "x.tensor_split(2)[0]", "x.narrow(0, 0, 1)", "x.detach()", "x.data", "x.float()",
    "x.contiguous()", "x.to('cpu')", "x.flatten()", "x.as_strided((2,), (1,))", "from_numpy(x.numpy())",
    "x.real", "x.squeeze()", "x.movedim(0, 1)", "x.view(int32)", "x.unflatten(1, (3, 1))",
]  # fmt: skip
COPIED = [
    "x.clone()", "x.double()", "x[[0, 1]]", "x[x > 0]", "x.T.contiguous()", "x.T.reshape(6)",
    "x.flip(0)", "x.repeat(1, 1)", "x.tril()", "tensor(x)", "x.to(float32, copy=True)", "cat([x])",
    "x.index_select(0, tensor([0]))", "x.gather(0, tensor([[0]]))", "x.masked_fill(x > 9, 0)",
]  # fmt: skip


@pytest.mark.parametrize("source", SHARED)
def test_shares_memory(source: str) -> None:
    session = Session()
    session.evaluate("x = arange(6.).reshape(2, 3).clone();")
    shown, x = session.evaluate(source), session.variables["x"]
    assert np.shares_memory(shown.array, x.array)
    session.evaluate("x.fill_(7);")
    assert session.evaluate(f"({source}).view(float32).eq(7).all().item()"
                            if "int32" in source else f"({source}).eq(7).all().item()") is True  # fmt: skip


def test_a_parameter_lies_on_the_memory_of_its_data() -> None:
    empty = Session().evaluate("nn.Parameter()")
    assert (tuple(empty.shape), empty.requires_grad, empty.dtype.name) == ((0,), True, "float32")
    session = Session()
    session.evaluate("x = ones(3)\np = nn.Parameter(x)\nq = nn.Parameter(x, requires_grad=False)")
    assert session.evaluate("(p.requires_grad, q.requires_grad)") == (True, False)
    assert session.evaluate("x.mul_(2)\n[p.tolist(), q.tolist()]") == [[2.0] * 3] * 2
    assert session.evaluate("(x._version, p._version, q._version)") == (1, 1, 1)


@pytest.mark.parametrize("source", COPIED)
@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
def test_copies_memory(source: str) -> None:
    session = Session()
    session.evaluate("x = arange(6.).reshape(2, 3).clone();")
    made, x = session.evaluate(source), session.variables["x"]
    assert not np.shares_memory(made.array, x.array)


def test_arrays_and_tensors_on_one_memory() -> None:
    session = Session()
    session.evaluate("a = np.arange(3.)\nt = from_numpy(a)\nt.add_(1);")
    assert session.evaluate("a.tolist()") == [1.0, 2.0, 3.0]
    session.evaluate("t.numpy()[0] = 9")
    assert session.evaluate("t[0].item()") == 9.0


def test_an_index_written_to_before_backward_keeps_its_gradient() -> None:
    session = Session()
    session.evaluate("w = ones(3, requires_grad=True)\ni = tensor([0, 2])\ny = w[i].sum()")
    session.evaluate("i.fill_(1)\ny.backward()")
    assert session.evaluate("w.grad.tolist()") == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "bool", "uint8", "complex64"])
def test_views_of_every_dtype_write_through(dtype: str) -> None:
    session = Session()
    session.evaluate(f"x = zeros(2, 2, dtype={dtype})\nx.T[0].fill_(1)\nx.view(4)[3] = 1")
    assert session.evaluate("x.to(int64).tolist()") == [[1, 0], [1, 1]]
