"""Shape and dtype of a line, told without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcalc.prompt import dry
from tcalc.prompt.preview import preview
from tcalc.session import Session

SETUP = """
a = ones(3, 4)
b = arange(4)
w = randn(4, 5, requires_grad=True)
d = {'w': w, 3: b}
numbers = [1, 2, 3]
big = ones(1024, 1024) + 1
half = ones(4, dtype=torch.bfloat16)
network = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
called = []
def f(x):
    called.append(x)
    return x
class Box:
    @property
    def costly(self):
        called.append(self)
    def __getitem__(self, index):
        called.append(index)
box = Box()
"""


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session()
    made.evaluate(SETUP)
    return made


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a", "[3, 4] float32"),
        ("a @ w", "[3, 5] float32"),
        ("y = a.sum(1)", "[3] float32"),
        ("a.sum(0, keepdim=True)", "[1, 4] float32"),
        ("sum(a)", "[] float32"),
        ("max(a, dim=1)", "values [3] float32, indices [3] int64"),
        ("a[0, None, 1:3]", "[1, 2] float32"),
        ("a[[0, 1]]", "[2, 4] float32"),
        ("a.T @ a", "[4, 4] float32"),
        ("d['w'] * 2", "[4, 5] float32"),
        ("d[3] > 1", "[4] bool"),
        ("half * 2.5", "[4] bfloat16"),
        ("a * half", "[3, 4] float32"),
        ("a / b", "[3, 4] float32"),
        ("-b", "[4] int64"),
        ("big * 2 + big.sum(0)", "[1024, 1024] float32"),
        ("big.sum()", "[] float32"),
        ("x = a @ w; x.T", "[5, 3] float32"),
        ("p, q = a.split(2, 1); q", "[3, 2] float32"),
        ("a += 1", "[3, 4] float32"),
        ("a.view(*a.shape, 1)", "[3, 4, 1] float32"),
        ("a.reshape(a.shape[0], -1)", "[3, 4] float32"),
        ("tensor([[1, 2], [3, 4.]])", "[2, 2] float32"),
        ("tensor(numbers)", "[3] int64"),
        ("zeros(2, dtype=torch.float64)", "[2] float64"),
        ("rand(3, 3)", "[3, 3] float32"),
        ("nn.functional.dropout(a)", "[3, 4] float32"),
        ("conv2d(ones(1, 3, 8, 8), ones(4, 3, 3, 3))", "[1, 4, 6, 6] float32"),
        ("einsum('ij,jk->ik', a, w)", "[3, 5] float32"),
        ("linalg.svd(a)", "U [3, 3] float32, S [3] float32, Vh [4, 4] float32"),
        ("a.unbind(1)", "[3] float32, [3] float32, [3] float32, [3] float32"),
        ("fft.fft(a)", "[3, 4] complex64"),
        ("ones(10**6, 10**6) @ ones(10**6, 1)", "[1000000, 1] float32"),
        ("zeros(10**9, device='cpu')", "[1000000000] float32"),
        # Errors of shapes are told; others may go away as more is typed.
        ("a @ a", "ShapeError: mat1 and mat2 shapes cannot be multiplied (3x4 and 3x4)"),
    ],
)
def test_tells_the_shape_and_the_dtype(text: str, told: str, session: Session) -> None:
    assert preview(session, text) == told


@pytest.mark.parametrize(
    "text",
    [
        "", "1 + 1", "a.shape", "a @", "zzz @ a", "a[a > 0]", "a.item()", "'text'",
        "f(a)", "box.costly", "box[0]", "box[0] + a", "print(a)", "load('x.npy')", "open('x')",
        "save(a, 'x.npy')", "manual_seed(3)", "torch.set_default_dtype(torch.float64)",
        "a.backward()", "a.numpy()", "for v in a: v", "del a", "import os", "[v for v in a]",
        "lambda: a", "a.grad", "network(a)",
        # Nothing large is made.
        "10 ** 10 ** 10 * a", "[1] * 10 ** 9", "2 ** 100", "'a' * 10 ** 9",
        "linalg.svd(ones(1000, 1000))", "ones(100).repeat_interleave(10 ** 9)",
        "torch.combinations(arange(1000), 3)", "ones(10 ** 6).unbind()",
        "torch.cartesian_prod(arange(1000), arange(1000), arange(1000))",
    ],
)  # fmt: skip
def test_tells_nothing_of_what_only_running_could_tell(text: str, session: Session) -> None:
    assert preview(session, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "a.add_(1)", "a += 1", "a = 5", "d['w'].zero_()", "f(a)", "box.costly", "box[1]",
        "rand(3)", "randn_like(a)", "nn.functional.dropout(a)", "torch.bernoulli(a)",
        "manual_seed(1)", "torch.set_default_dtype(torch.float64)", "torch.set_num_threads(1)",
        "torch.set_default_device('meta')", "w.sum().backward()", "w.requires_grad_(False)",
        "save(a, 'made.npy')", "torch.save(a, 'made.pt')",
    ],
)  # fmt: skip
def test_changes_nothing(
    text: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    look = (
        "(a.sum().item(), a._version, w.sum().item(), w.grad, w.requires_grad, len(called),"
        " torch.get_rng_state().tolist(), torch.get_default_dtype(), torch.get_num_threads(),"
        " str(ones(1).device))"
    )
    before = session.evaluate(look)
    names = {name for name in session.variables if name[0] != "_"}
    preview(session, text)
    assert session.evaluate(look) == before
    assert {name for name in session.variables if name[0] != "_"} == names
    assert list(tmp_path.iterdir()) == []


def test_what_waits_goes_on_waiting(session: Session) -> None:
    session.evaluate("waits = ones(1024, 1024) * 2")
    held = session.variables["waits"]._d
    assert held.node is not None
    assert preview(session, "(waits + waits).mean(0)") == "[1024] float32"
    assert session.variables["waits"]._d is held
    assert held.node is not None


def test_a_run_ends_at_its_limit(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    assert preview(session, "a + a + a") == "[3, 4] float32"
    monkeypatch.setattr(dry, "STEPS", 5)
    assert preview(session, "a + a + a") is None
    with pytest.raises(dry.GivenUp), dry.limited():
        [len(str(number)) for number in range(100)]
