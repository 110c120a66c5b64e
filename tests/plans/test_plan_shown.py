"""Plans as people see them: graph(f), f.graph, f.code, reprs, and the page on graphs."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tcalc.errors import StateError
from tcalc.session import Session

PAGE = Path(__file__).resolve().parents[2] / "docs" / "graphs.md"
BLOCKS = re.findall(r"```(python)?\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def shown(session: Session, text: str, printed: list[str]) -> str:
    printed.clear()
    session.evaluate(text)
    return "".join(printed)


def test_the_page_on_graphs_shows_what_is_drawn() -> None:
    printed: list[str] = []
    session = Session(write=printed.append)
    compared = 0
    for (language, text), (following, drawing) in pairwise(BLOCKS):
        if language == "python":
            result = shown(session, text, printed)
            if not following and "graph(" in text:
                assert result == drawing
                compared += 1
    assert compared == 2


def test_a_remark_says_where_and_why_once(capsys: pytest.CaptureFixture[str]) -> None:
    printed: list[str] = []
    session = Session(write=printed.append)
    session.evaluate("@jit\ndef f(x):\n    y = x * 2\n    return y if y > 0 else x\n")
    session.evaluate("f(tensor(1.)); f(tensor(-1.))")
    remark = "f runs eagerly: line 4 looks at a value: y > 0\n"
    assert capsys.readouterr().err == remark
    assert shown(session, "graph(f)", printed) == remark


def test_the_graph_as_data() -> None:
    session = Session()
    session.evaluate(
        "x = ones(3, requires_grad=True)\nf = jit(lambda x: (exp(x) * exp(x) * 1).sum())"
    )
    with pytest.raises(StateError, match="call it first"):
        session.evaluate("f.graph")
    session.evaluate("f(x)")
    graph = session.evaluate("g = f.graph\ng")
    assert [o.name for o in graph.before if o.part == "forward"] == [
        "exp", "exp", "mul", "mul", "sum",
    ]  # fmt: skip
    assert [o.name for o in graph.after if o.part == "forward"] == ["exp", "mul", "sum"]
    assert [o.op for o in graph.after if o.part == "forward"] == ["exp", "mul", "sum"]
    assert [o.name for o in graph.steps if o.part == "forward"] == ["exp", "multiply", "add.reduce"]
    assert graph.after[0].inputs == ("x",)
    assert graph.after[0].shape == (3,)
    assert str(graph.after[0].dtype) == "torch.float32"
    assert graph.passes["common subexpressions"] >= 1
    assert graph.passes["work that changes nothing"] >= 1
    assert 0 < graph.nbytes <= graph.unshared


def test_equal_constants_are_one() -> None:
    session = Session()
    session.evaluate(
        "f = jit(lambda x: (x + tensor([1., 2.])) * (x + tensor([1., 2.])))\nf(ones(2))"
    )
    assert session.evaluate("f.graph").passes["common subexpressions"] == 1


def test_the_code_is_straight_line_calls() -> None:
    session = Session()
    session.evaluate("f = jit(lambda x: (x + 1) * 2)\nf(ones(2))")
    code = session.evaluate("f.code")
    assert code.startswith("def call(args, kwargs):")
    assert "for " not in code


@pytest.mark.parametrize("call", ["nn.functional.linear(x, w, b)", "x.T @ x", "x.mT + 1"])
def test_what_a_kernel_calls_is_in_the_plan(call: str) -> None:
    """Kernels are followed to the calls that they make: none is called as a whole."""
    session = Session()
    session.evaluate(f"w, b = rand(3, 2), rand(3)\nf = jit(lambda x: {call})\nf(rand(4, 2))")
    assert not re.search(r"= \w+\(p\d+, ", session.evaluate("f.code"))


def test_indices_are_shown_as_they_are_written() -> None:
    session = Session()
    session.evaluate("f = jit(lambda x: (x[1::2] + 0, x[:, :1] + 1, x[..., None] + 2, x[-1] + 3))")
    session.evaluate("f(ones(4, 4))")
    shown = session.evaluate("str(f.graph)")
    for index in ("(1::2, ...)", "(:, :1, ...)", "(..., None)", "(-1, ...)"):
        assert f"index(x, {index})" in shown, shown


def test_buffers_are_used_again() -> None:
    session = Session()
    session.evaluate(
        "def f(x):\n    for i in range(10):\n        x = sin(x) + i\n    return x.sum()\nf = jit(f)"
    )
    session.evaluate("f(ones(100))")
    graph = session.evaluate("f.graph")
    assert graph.unshared >= 20 * 400
    assert graph.nbytes <= 3 * 400


def test_reprs() -> None:
    session = Session()
    assert repr(session.evaluate("def f(x): return x\njit(f)")) == "<compiled function f>"
    module = session.evaluate("torch.compile(nn.Linear(2, 3))")
    assert repr(module) == (
        "OptimizedModule(\n  (_orig_mod): Linear(in_features=2, out_features=3, bias=True)\n)"
    )


def test_the_ways_to_make_one() -> None:
    session = Session()
    session.evaluate("def f(x): return x * 2")
    for text in (
        "jit(f)(ones(1))",
        "torch.compile(f, mode='max-autotune')(ones(1))",
        "torch.compile()(f)(ones(1))",
        "torch.jit.trace(f, ones(1))(ones(1))",
        "torch.jit.trace(f, (ones(1),))(ones(1))",
        "torch.jit.script(f)(ones(1))",
        "jit(jit(f))(ones(1))",
    ):
        assert session.evaluate(text).tolist() == [2.0]
    assert session.evaluate("torch.compile(f, disable=True) is f")
    with pytest.raises(TypeError):
        session.evaluate("jit(3)")


def test_methods() -> None:
    program = """
class A:
    def __init__(self, k): self.k = k
    @jit
    def f(self, x): return x * self.k
a, b = A(2), A(3)
[a.f(ones(1)), b.f(ones(1)), a.f(ones(1))]
"""
    assert [t.tolist() for t in Session().evaluate(program)] == [[2.0], [3.0], [2.0]]
