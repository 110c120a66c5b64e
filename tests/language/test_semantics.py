"""Programs mean what they mean in Python."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import pytest

# Each binds `result`, which is compared with CPython's.
PROGRAMS = Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8").split("\n---\n")


def plain(value: object) -> object:
    """A value in a form that two interpreters give alike."""
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [plain(v) for v in value]
        name = "list" if isinstance(value, list) else type(value).__name__
        return name, (sorted(items, key=repr) if isinstance(value, (set, frozenset)) else items)
    if isinstance(value, dict):
        return type(value).__name__, [(plain(k), plain(v)) for k, v in value.items()]
    if isinstance(value, (int, float, str, complex, slice, type(None), type(...))):
        return type(value).__name__, repr(value)
    return type(value).__name__, (plain(list(value)) if hasattr(value, "maxlen") else None)


@pytest.mark.filterwarnings("ignore:'return' in a 'finally':SyntaxWarning")  # 3.14 on
@pytest.mark.parametrize("program", PROGRAMS)
def test_same_as_python(run, program: str) -> None:
    expected: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of some
        code = compile(program, "<corpus>", "exec")
    exec(code, expected)
    run(program)
    assert plain(run.session.variables["result"]) == plain(expected["result"])


def test_corpus_is_python() -> None:
    assert len(PROGRAMS) > 80
    for program in PROGRAMS:
        ast.parse(program)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("True ^ False, True ^ True", (True, False)),
        ("{1, 2} ^ {2, 3}", {1, 3}),
        ("frozenset({1}) ^ {1: 2}.keys()", frozenset()),
        ("x = True\nx ^= True\nx", False),
        ("d = {'a': True}\nd['a'] ^= True\nd", {"a": False}),
        ("(tensor([True, False]) ^ True).tolist()", [False, True]),
        ("([True, False] ^ [True, True]).tolist()", [False, True]),
        ("x = tensor([True])\ny = x\nx ^= x\ny.tolist()", [False]),
        ("(np.array([True]) ^ np.array([False])).tolist()", [True]),
        ("class A:\n    def __xor__(self, o): return o + 1\nA() ^ 3", 4),
        ("True ^ True & False", True),
        ("False | True ^ True", False),
    ],
)
def test_exclusive_or(run, text: str, value: object) -> None:
    assert run.value(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "x = 2\nx ^ 3", "x = 2\nx ^= 3", "True ^ 1", "ones(2) ^ 2", "[1] ^ [2]", "[] ^ []",
        "tensor([1]) ^ tensor([2])", "tensor([1]) ^ True", "None ^ None", "'a' ^ 'b'", "2. ** True ^ 2",
        "np.array([1]) ^ 1", "x = [2]\nx[0] ^= 3", "sum(range(3)) ^ 2", "norm ^ 2",
    ],
)  # fmt: skip
def test_exclusive_or_of_anything_else_is_refused(run, text: str) -> None:
    error = run.fails(text, TypeError)
    assert "could mean a power or exclusive or" in str(error)
    assert "`**`" in error.hint and "bitwise_xor" in error.hint


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x = 3.\ngrad(x ** 2, x)", "tensor(6.)"),
        ("x = 3\ngrad(x ** 2, inputs=x)", "tensor(6.)"),
        ("x = 3.\ny = 2\ngrad(x * y, [x, y])", "(tensor(2.), tensor(3.))"),
        ("x = y = 3.\ngrad(x * y * y, (x, y))", "(tensor(9.), tensor(18.))"),
        ("x = 3.\nw = tensor([1., 2.])\ngrad((w * x).sum(), [w, x])", "(tensor([3., 3.]), tensor(3.))"),
        ("def f(t): return t ** 3\nx = 3.\ngrad(f(x), x)", "tensor(27.)"),
        ("x = 3.\ngrad(lambda t: t * t, x)", "tensor(6.)"),
        ("def g(x): return grad(x ** 2, x)\ng(4.)", "tensor(8.)"),
        ("x = 3.\ngrad(sum([x * t for t in range(3)]), x)", "tensor(3.)"),
        ("x = 3.\ngrad(grad(x ** 3, x, create_graph=True), x)", "tensor(18.)"),
        ("x = 3.\np = [x]\ngrad(p[0] * p[0], p)", "(tensor(6.),)"),
        ("x = 3.\nclass M: w = tensor(2.)\ngrad(M.w * x, [M.w, x])", "(tensor(3.), tensor(2.))"),
        ("x = ones(2)\ngrad((x * x).sum(), x)", "tensor([2., 2.])"),
        ("x = 3.\ngrad(x ** 2, x)\nx", "3.0"),
        ("x = [1., 2.]\ngrad(sum(x ** 2), x)", "(tensor(2.), tensor(4.))"),
        ("x = [1, 2]\ngrad(sum(x * x), x)", "(tensor(2.), tensor(4.))"),
        ("x = [1., 2.]\ngrad(x[0] * x[1], x)\nx", "[1.0, 2.0]"),
        ("x = [[1, 2], [3, 4]]\ngrad(sum(x @ x), x)", "(tensor([ 7., 11.]), tensor([ 9., 13.]))"),
        ("a = [1., 2.]\nb = 3.\ngrad(sum(a * b), [a, b])", "(tensor([3., 3.]), tensor(3.))"),
    ],
)  # fmt: skip
def test_gradients_by_plain_numbers(run, text: str, value: str) -> None:
    assert repr(run.value(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        "x = 3.\ny = x ** 2\ngrad(y, x)", "x = 3.\ngrad(math.sin(x), x)", "grad(2. ** 2, 3.)",
        "x = 3.\nf = lambda: x * x\ngrad(f(), x)",
    ],
)  # fmt: skip
def test_what_does_not_depend_on_a_number_says_so(run, text: str) -> None:
    assert "does not depend" in str(run.fails(text, RuntimeError))


def test_grad_names_what_it_cannot_be_taken_by(run) -> None:
    assert "'inputs' must be Tensor or" in str(run.fails("grad(1 + 1, 'a')", TypeError))
    for text in ("x = True\ngrad(x * 1., x)", "grad(1 + 1, [True])"):
        assert "grad is taken by tensors, not by" in str(run.fails(text, TypeError))
