"""Sparse tensors beyond PyTorch's recorded answers: what is written and read, limits, safety."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tcalc.display import jsondata, jsonl, plain, terse
from tcalc.errors import FileProblem, LayoutError, LimitError, StateError, TcalcError
from tcalc.runtime.base.registry import lookup
from tcalc.session import Session

MAKE = "A = torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3., 4., 5.], (2, 3))\n"
grad = lookup("torch.autograd.grad")


@pytest.fixture
def run() -> Any:
    session = Session()
    session.evaluate(MAKE)
    return session.evaluate


# -- as text ------------------------------------------------------------------------------------------


def test_json_names_the_layout_and_what_is_kept(run: Any) -> None:
    found = json.loads(jsonl.dump(run("A"), line=1, source=1))
    assert found["layout"] == "sparse_coo" and found["shape"] == [2, 3]
    assert found["indices"] == [[0, 1, 1], [2, 0, 2]] and found["values"] == [3.0, 4.0, 5.0]
    assert "data" not in found
    rows = json.loads(jsonl.dump(run("A.to_sparse_csr()"), line=1, source=1))
    assert rows["layout"] == "sparse_csr"
    assert (rows["crow_indices"], rows["col_indices"]) == ([0, 1, 3], [2, 0, 2])
    assert json.loads(jsondata.dump(run("[A]"))) == [
        {"size": [2, 3], "indices": [[0, 1, 1], [2, 0, 2]], "values": [3.0, 4.0, 5.0]}
    ]


def test_a_pipe_gets_what_pytorch_prints(run: Any) -> None:
    assert terse.text(run("A")) == plain.text(run("A"))


# -- gradients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        "torch.sparse.mm(a, x)", "a @ x", "a.t() @ x.t()", "(a * x.t()).to_dense()", "a.abs().to_dense()",
        "a.sin().to_dense()", "a.sqrt().to_dense()", "(a * 3 + a).to_dense()", "x.t() - a * a.to_dense()",
        "torch.sparse.sum(a, 0).to_dense()", "torch.sparse.sum(a, 1).to_dense()", "a.sum(1).to_dense()",
        "(a[1].to_dense() * x[:, 0])", "a.coalesce().values() ** 2", "a.unsqueeze(1).to_dense()",
        "torch.sparse.addmm(x.t() @ x, a, x, beta=2, alpha=3)", "a.tanh().to_dense() @ x", "a.double().to_dense()",
    ],
)  # fmt: skip
def test_gradients_are_those_of_the_dense_tensor_at_its_places(run: Any, function: str) -> None:
    """Of first and of second order, by the values and by the other operand."""
    run("i, x = A._indices(), (arange(6.).reshape(3, 2) + 1).double().requires_grad_()")
    run("v = A._values().double().requires_grad_()")
    run(f"f = lambda a: ({function})")
    run("a = torch.sparse_coo_tensor(i, v, (2, 3))")
    total = run("y = f(a)\n(y * (arange(y.numel()).reshape(y.shape) + 1.)).sum()")
    assert run("gradcheck(lambda v: f(torch.sparse_coo_tensor(i, v, (2, 3))), (v,))")
    found = grad(total, [run("v")], create_graph=True)
    assert found[0].shape == (3,)
    second = "torch.autograd.gradgradcheck"
    assert run(f"{second}(lambda v: f(torch.sparse_coo_tensor(i, v, (2, 3))), (v,))")


# -- memory -------------------------------------------------------------------------------------------


def test_a_program_cannot_write_to_indices(run: Any) -> None:
    run("i = tensor([[0, 1]])\nS = torch.sparse_coo_tensor(i, [1., 2.], (2,))")
    run("i.fill_(10**6)\nS._indices().fill_(10**6)")
    assert run("S.to_dense()").array.tolist() == [1.0, 2.0]
    run("r = tensor([0, 1, 2])\nC = torch.sparse_csr_tensor(r, r[:2], [1., 2.], (2, 2))")
    run("r.fill_(10**6)\nC.col_indices().fill_(10**6)\nC.crow_indices().fill_(10**6)")
    assert run("C @ ones(2)").array.tolist() == [1.0, 2.0]


def test_values_that_are_written_to_count_in_products(run: Any) -> None:
    run("K = A.coalesce()\nbefore = K @ ones(3)\nK.values().mul_(2)")
    assert run("K @ ones(3)").array.tolist() == (2 * run("before")).array.tolist()


@pytest.mark.parametrize(
    "expression",
    [
        "S.to_dense()", "S.to_sparse_csr()", "S.t() @ S",
        "S.unbind(0)", "S * ones(1)[0].expand(1 << 40, 1 << 20)", "torch.sparse.mm(S, S.t())",
    ],
)  # fmt: skip
def test_no_more_memory_is_taken_than_there_is(run: Any, expression: str) -> None:
    """A size is no more than numbers: what it would take is asked before."""
    run("S = torch.sparse_coo_tensor([[1], [2]], [1.], (1 << 40, 1 << 20))")
    try:
        value = run(expression)
    except LimitError:
        return
    assert value._nnz() <= 1


# -- files --------------------------------------------------------------------------------------------


def test_what_is_saved_is_loaded(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    run("B = {'a': A, 'k': A.coalesce(), 'c': A.to_sparse_csr(), 'p': nn.Parameter(A)}")
    run("B['twice'] = B['a']\ntorch.save(B, 'b.pt')\nL = torch.load('b.pt')")
    assert run("str(L) == str(B)") and run("L['twice'] is L['a']")
    assert run("L['k'].is_coalesced(), L['a'].is_coalesced()") == (True, False)
    assert run("L['p'].requires_grad and isinstance(L['p'], nn.Parameter)")
    for path in ("s.safetensors", "s.npy", "s.csv"):
        with pytest.raises(TcalcError):
            run(f"save({{'a': A}} if {path!r}[2] == 's' else A, {path!r})")


def test_indices_from_files_are_checked(run: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    run("torch.save(A, 'a.pt')")
    data = Path("a.pt").read_bytes()
    two = (2).to_bytes(8, "little")
    zeros = (0).to_bytes(8, "little")
    place = data.index(zeros + (1).to_bytes(8, "little") * 2 + two)
    Path("b.pt").write_bytes(data[:place] + (1 << 40).to_bytes(8, "little") + data[place + 8 :])
    with pytest.raises(FileProblem):
        run("torch.load('b.pt')")


# -- elsewhere ----------------------------------------------------------------------------------------


def test_plans_and_batches_run_eagerly(run: Any) -> None:
    run("f = torch.compile(lambda x: (A @ x).sum())\ng = torch.compile(lambda x: x.to_sparse())")
    assert run("[f(eye(3)).item(), f(2 * eye(3)).item()]") == [12.0, 24.0]
    assert run("[g(eye(2)).sum().item(), g(2 * eye(2)).sum().item()]") == [2.0, 4.0]
    assert run("torch.equal(vmap(lambda x: A @ x)(eye(3)), A.to_dense().t())")


def test_an_error_names_the_op_and_says_what_to_do(run: Any) -> None:
    for source, name in (("A.cos()", "cos"), ("F.layer_norm(A, (3,))", "layer_norm"), ("A[A > 0]", "gt"),
                         ("linalg.svd(A)", "svd"), ("A[0:1]", "index")):  # fmt: skip
        with pytest.raises(LayoutError, match=f"'aten::.*{name}") as caught:
            run(source)
        assert "to_dense()" in str(caught.value.hint)


def test_a_write_is_seen_by_backward(run: Any) -> None:
    run("R = A.clone().requires_grad_()\nB = R * 2\ny = B * B\nB.mul_(3)")
    with pytest.raises((StateError, TcalcError), match="modified by an inplace operation"):
        run("y.to_dense().sum().backward()")


def test_sparse_types_know_their_tensors(run: Any) -> None:
    assert run("isinstance(A, torch.sparse.FloatTensor) and not isinstance(A, torch.FloatTensor)")
    assert run("not isinstance(ones(2), torch.sparse.FloatTensor)")
    assert run("A.type()") == "torch.sparse.FloatTensor"
