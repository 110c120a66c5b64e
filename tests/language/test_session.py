"""Sessions: what is shown, remembered and located; errors and going on after them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tcalc.compiler import compile_statements, locate
from tcalc.errors import ParseError
from tcalc.language import results
from tcalc.language.builtins import Exit
from tcalc.language.results import HISTORY_BYTES
from tcalc.parser import parse
from tcalc.runtime.base.registry import silent
from tcalc.session import Session
from tcalc.source import Source


def places(error: BaseException) -> list[str]:
    """The text of each place that an error went through, the innermost last."""
    return [s.text[n.start : n.end] for s, n, _ in locate(error.__traceback__)]


def test_shows_values_with_lines() -> None:
    shown: list[tuple[object, int]] = []
    Session().run(
        Source("1\nx = 2\nNone\nx; 3\n\n(4 +\n 5)\nif x: 6\ndef f(): return 7\nf()\n'a'"),
        lambda value, line: shown.append((value, line)),
    )
    assert shown == [(1, 1), (3, 4), (9, 6), (7, 10), ("a", 11)]


def test_what_tells_of_a_program_is_not_shown(run) -> None:
    assert run('"""What it does."""\n1 + 1') == [2]
    assert run('"""What it does."""') == ["What it does."]
    assert run('"text"\n1 + 1') == ["text", 2]
    assert run('1 + 1\n"""text"""') == [2, "text"]


def test_semicolon_is_silent(run) -> None:
    assert run("1;\n2; 3;\n4; 5\n6 ;# c\nif 1: 7; 8\nx = 1; x; x + 8") == [5, 9]
    assert run("_") == [9]


def test_results_are_kept(run) -> None:
    run("10\n20\n'x'")
    assert run.value("(_, _1, _2, _3)") == ("x", 10, 20, "x")
    assert run.session.count == 4
    run("_ = 5")
    assert run.value("_") == 5


def test_large_results_are_let_go(run) -> None:
    half = HISTORY_BYTES // 2 // 8
    run(f"np.zeros({half})\nnp.zeros({half})\n1\nnp.zeros({half})\n2")
    variables = run.session.variables
    assert "_1" not in variables and "_3" in variables and "_4" in variables


@pytest.mark.parametrize(
    "value",
    [
        "np.zeros({})", "'a' * {0} * 8", "1 << 8 * 8 * {}", "[0.5] * {}", "(0,) * {}",
        "{{'a': 'b' * {0} * 8}}", "A('c' * {0} * 8)", "[['d' * {0} * 8]]",
    ],
)  # fmt: skip
def test_results_of_every_kind_count(run, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "HISTORY_BYTES", 1 << 16)
    run("class A:\n    def __init__(self, x): self.x = x\n")
    run(f"{value.format(1 << 12)}\n" * 5 + "1")
    kept = [name for name in run.session.variables if name[1:].isdigit()]
    assert kept == ["_4", "_5", "_6"] or kept == ["_5", "_6"]


def test_views_count_for_the_memory_that_they_hold_and_once(run) -> None:
    size = HISTORY_BYTES // 8
    run(f"x = zeros({size})\n" + "x[:1]\n" * 50)
    assert run.value("_1.numel()") == 1
    run(f"zeros({size})[:1]\n" * 3)
    assert "_1" not in run.session.variables


def test_what_holds_itself_is_remembered(run) -> None:
    assert repr(run.value("x = []\nx.append(x)\nx")) == "[[...]]"
    assert repr(run.value("d = {}\nd['d'] = (d,)\n_1, d")) == "([[...]], {'d': ({...},)})"


def test_remembering_costs_the_same_each_time(run) -> None:
    kept = results.Results({})
    for _ in range(3000):
        kept.keep([1, "a"])
    assert kept.count == 3000 and len(kept._held) == 3000


def test_silent_functions(run) -> None:
    def quiet() -> int:
        return 1

    silent(quiet)
    run.session.variables["quiet"] = quiet
    assert run("quiet()\nq = quiet()\nq") == [1]


def test_variables_hold_the_programs_names_only(run) -> None:
    run("x = 1\ndef f(): return x\nclass A: y = 2\na, *b = 1, 2\n'a'.upper()\n*A.z, w = 1, 2")
    names = set(run.session.variables)
    assert names == {"x", "f", "A", "a", "b", "w", "_", "_1"}


def test_functions_see_later_globals(run) -> None:
    run("def f(): return later + abs(-1)")
    run("later = 5")
    assert run.value("f()") == 6
    run("abs = lambda v: 100")
    assert run.value("f()") == 105
    run("del abs")
    assert run.value("f()") == 6


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1 + (2 / 0)", "2 / 0"),
        ("x = [1, 2]\nx[5]", "x[5]"),
        ("nope", "nope"),
        ("1 + nope * 2", "nope"),
        ("(1).foo", "(1).foo"),
        ("x = 1\nx.foo", "x.foo"),
        ("x = 1\nx.foo = 2", "x.foo"),
        ("del nope", "nope"),
        ("nope += 1", "nope += 1"),
        ("int('x')", "int('x')"),
        ("import ctypes", "ctypes"),
        ("from math import nope", "nope"),
        ("a, b = 1", "a, b"),
        ("for i in 5: pass", "5"),
        ("[i for i in 5]", "[i for i in 5]"),
        ("with 5: pass", "5"),
        ("assert 1 == 2", "1 == 2"),
        ("raise ValueError('x')", "raise ValueError('x')"),
        ("1 if nope else 2", "nope"),
        ("while nope: pass", "nope"),
        ("x = 'a'\n1 < 2 < x", "1 < 2 < x"),
        ("-'a'", "-'a'"),
        ("10 ** 10 ** 10", "10 ** 10 ** 10"),
        ("f'{nope}'", "nope"),
        ("x = 1\nx += 'a'", "x += 'a'"),
        ("print(1, file=2)", "print(1, file=2)"),
        ("(lambda: 1 / 0)()", "1 / 0"),
        ("class A(int): pass", "class A(int): pass"),
        ("@nope\ndef f(): pass", "nope"),
        ("def f(a=nope): pass", "nope"),
        ("{[]: 1}", "{[]: 1}"),
        ("é = 1; é.ünknown", "é.ünknown"),
        ("[1, 2][1:2:0]", "[1, 2][1:2:0]"),
        ("*a, b = 5", "*a, b"),
        ("x = 1\nfor i in x: pass", "x"),
        ("x = 1\nwith x: pass", "x"),
        ("x = 2\nx **= 10 ** 9", "x **= 10 ** 9"),
    ],
)
def test_errors_are_located(run, text: str, place: str) -> None:
    assert places(run.fails(text))[-1] == place


def test_places_of_calls(run) -> None:
    run("def f(x):\n    return g(x) + 1\ndef g(x):\n    return 1 / x")
    assert places(run.fails("f(0)")) == ["f(0)", "g(x)", "1 / x"]
    assert places(run.fails("[f(v) for v in [1, 0]]"))[-3:] == ["f(v)", "g(x)", "1 / x"]


def test_places_survive_their_session() -> None:
    session = Session()
    with pytest.raises(ZeroDivisionError) as caught:
        session.run(Source("1 / 0"))
    del session
    assert places(caught.value) == ["1 / 0"]


def test_nothing_runs_before_all_is_parsed(run) -> None:
    with pytest.raises(ParseError):
        run("x = 1\ny = = 2")
    assert "x" not in run.session.variables
    with pytest.raises(ParseError):
        run("x = 1\n__y__ = 2")
    assert "x" not in run.session.variables


def test_going_on_after_errors(run) -> None:
    errors: list[Exception] = []
    shown = run(
        "1\n1 / 0\n2\nx = = 3\n3\n@nope\ndef f(): pass\n4\nnope; 5\n6",
        keep_going=True,
        on_error=errors.append,
    )
    assert shown == [1, 2, 3, 4, 5, 6]
    kinds = [type(e).__name__ for e in errors]
    assert kinds == ["ZeroDivisionError", "ParseError", "NameError", "NameError"]


def test_statements_are_announced(run) -> None:
    seen: list[str] = []
    text = "x = 1\nif x:\n    2\nx + 1"
    run(text, on_statement=lambda node: seen.append(text[node.start : node.end].split("\n")[0]))
    assert seen == ["x = 1", "if x:", "x + 1"]


def test_exit(run) -> None:
    for text, status in (("exit()", 0), ("exit(3)", 3), ("quit()", 0), ("exit('no')", 1)):
        error = run.fails(text, Exit)
        assert error.status == status
    run.fails("try: exit(4)\nexcept: pass", Exit)


def test_evaluate_and_reset() -> None:
    session = Session(args=["a", "b"])
    assert session.evaluate("args") == ["a", "b"]
    assert session.evaluate("x = 1") is None
    assert session.evaluate("x; x + 1") == 2
    session.reset()
    with pytest.raises(NameError):
        session.evaluate("x")
    call = session.compiled(Source("y = 5\ny"))
    assert call() is None and session.variables["y"] == 5 and session.count == 0


def test_source_of(run) -> None:
    run(
        "def f(x):\n    return x\ng = lambda v: v + 1\nclass A:\n    def m(self): return 2\na = A()"
    )
    of = run.session.source_of
    variables = run.session.variables
    assert of(variables["f"]) == "def f(x):\n    return x"
    assert of(variables["g"]) == "lambda v: v + 1"
    assert of(variables["A"]).startswith("class A:")
    assert of(variables["a"].m) == "def m(self): return 2"
    assert of(1) is None and of(len) is None


def test_long_chains_and_deep_nesting(run) -> None:
    # As far as Python compiles them, which 3.12 does least.
    length = 1000 if sys.version_info[:2] == (3, 12) else 3000
    assert run.value("+".join(["1"] * length)) == length
    assert run.value(" and ".join(["1"] * 5000)) == 1
    for text in ("+".join(["x"] * 200_000), "(" * 499 + "1" + ")" * 499, "-" * 499 + "1"):
        try:
            run(text)
        except (ParseError, NameError):
            continue


def test_many_statements(run) -> None:
    run("x0 = 0\n" + "\n".join(f"x{i} = x{i - 1} + 1" for i in range(1, 3000)))
    assert run.session.variables["x2999"] == 2999
    text = "x = 0\n" * 1700 + "1 / 0"
    assert places(run.fails(text)) == ["1 / 0"]


def test_modules_and_aliases(run) -> None:
    run(
        "import torch.nn as nn2, math\nfrom torch import nn as nn3\nimport torch.nn.functional as G"
    )
    assert run.value("nn2 is nn3 and nn2 is nn and G is F and math.pi == pi") is True
    assert str(run.value("torch")) == "<module 'torch'>"
    assert run.value("torch.__name__, nn.__name__") == ("torch", "torch.nn")
    run("from math import *")
    assert run.value("hypot(3, 4)") == 5


def test_shared_names_are_pytorchs_for_tensors(run) -> None:
    assert run.value("sum([1, 2]), max(1, 2), abs(-1), any([0]), round(2.5)") == (3, 2, 1, False, 2)
    assert run.value("sum(tensor([[1, 2], [3, 4]]))").tolist() == 10
    assert run.value("max(tensor([[1, 2], [3, 4]]))").tolist() == 4
    assert run.value("max([tensor(1), tensor(3)])").tolist() == 3


def test_a_formula_loads_no_numpy() -> None:
    code = (
        "import sys; from tcalc.session import Session; s = Session()\n"
        "assert s.evaluate('x = 2; f = lambda t: t ** 2; [f(i) for i in range(3)]') == [0, 1, 4]\n"
        "assert s.evaluate('pi * max(1, 2) + sum([1])') > 7\n"
        "heavy = {'numpy', 'typing', 'inspect', 'ast', 'dataclasses', 'rich', 'typer'}\n"
        "found = heavy & set(sys.modules); assert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_labels_come_with_the_code(run) -> None:
    source = Source("a = 1\nb = a.real")
    compiled = compile_statements(parse(source).body, source, run.session.namespace)
    assert compiled.parts[0].co_filename.source is source


def test_types_of_attribute_tables_do_not_grow_without_end(run) -> None:
    from tcalc.language.attributes import native_readers

    run("for i in range(3000):\n    class A:\n        v = 1\n    A().v")
    assert len(native_readers("v")) <= 1024


@pytest.mark.parametrize(
    ("failing", "name"),
    [
        ("device = broken()", "device"),
        ("x = 1\nx = 1 / 0", "x"),
        ("x = 1\nx += broken", "x"),
        ("x = 1\nx: int = broken", "x"),
        ("x = y = 1\nx = y = broken", "y"),
        ("x = 1\nx, *y = 1 / 0", "x"),
        ("pi = 1 +", "pi"),
        ("pi, e = 1 +", "e"),
        ("import nothing as pi", "pi"),
        ("from math import nothing as norm", "norm"),
        ("def norm(a=1 / 0): pass", "norm"),
        ("def norm(1): pass", "norm"),
        ("def norm():\n    break", "norm"),
        ("def norm():\n    global a; a = 1; nonlocal b", "norm"),
        ("class print(int): pass", "print"),
        ("class nn(=): pass", "nn"),
    ],
)
def test_what_a_failed_line_would_have_bound_is_unbound(run, failing: str, name: str) -> None:
    errors: list[Exception] = []
    shown = run(f"{failing}\n{name}\n{name} = 7\n{name}", keep_going=True, on_error=errors.append)
    assert [type(error).__name__ for error in errors][1:] == ["NameError"], errors
    assert shown == [7]


def test_at_the_prompt_a_failed_line_changes_nothing(run) -> None:
    run("x = 1")
    run.fails("x = 1 / 0")
    run.fails("device = broken")
    assert run("x\ndevice('cpu') == device('cpu')") == [1, True]


def test_names_bound_inside_what_failed_are_left_alone(run) -> None:
    program = "x = 1\nif x:\n    x = broken\nfor pi in 1 / 0: pass\nx\npi"
    assert run(program, keep_going=True)[0] == 1
    assert run.value("pi") > 3
