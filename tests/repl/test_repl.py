"""Entries, commands and questions, in a session that stays."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcalc.options import parse
from tcalc.prompt.commands import COMMANDS
from tcalc.prompt.repl import Entry, converse, entries, listen

from .conftest import Talk


def test_values_are_shown_and_kept(talk: Talk) -> None:
    assert talk("x = 3") == ""
    assert talk("x * 2") == "6\n"
    assert talk("_ + 1") == "7\n"
    assert talk("_1 + _2") == "13\n"
    assert talk("x;") == ""
    assert talk("x\nx + 1") == "3\n4\n"
    assert talk("") == talk("  \n") == talk("# nothing") == ""


def test_an_error_keeps_the_session_and_what_ran_before_it(talk: Talk) -> None:
    said = talk("a = 1\na\nb = 1 / 0\nc = 2")
    assert said.startswith("1\nZeroDivisionError: division by zero\n")
    assert "<prompt 1>:3:" in said
    assert talk("a") == "1\n"
    assert "NameError" in talk("c")
    assert "SyntaxError" in talk("d = 5 5")
    assert "NameError" in talk("d")


def test_an_indented_paste_is_moved_to_the_margin(talk: Talk) -> None:
    assert talk("    if True:\n        x = 2\n    x") == "2\n"


def test_control_characters_are_harmless(talk: Talk) -> None:
    talk.output.on_terminal = True
    talk("s = chr(27) + '[31m'")
    for line in ("print(s)", "s", "1 / len(s) * s", "raise ValueError(s)", ":vars", "s?"):
        assert "\x1b" not in talk(line)


# -- commands --------------------------------------------------


def test_an_unknown_command_is_told_from_what_was_meant(talk: Talk) -> None:
    assert talk(":vrs") == "there is no command :vrs\n  hint: did you mean :vars?\n"
    assert ":help lists" in talk(":zzzzzz")
    assert ":help lists" in talk(":")


def test_a_pasted_command_does_not_run(talk: Talk) -> None:
    assert "not run" in talk(":quit", typed=False)
    assert "not run" in talk("  :quit", typed=False)
    assert "not run" in talk(":time 1\n:quit")
    assert "SyntaxError" in talk("x = 1\n:quit", typed=False)
    assert not talk.repl.leaving
    assert "NameError" in talk("x")


@pytest.mark.parametrize("line", [":quit", ":q", ":exit", ":  quit ", "exit", "quit"])
def test_ways_to_leave(talk: Talk, line: str) -> None:
    talk(line)
    assert talk.repl.leaving


def test_a_program_may_end_the_conversation_with_a_status(talk: Talk) -> None:
    talk("exit(3)")
    assert talk.repl.leaving
    assert talk.repl.requested == 3


def test_a_variable_called_exit_is_a_variable(talk: Talk) -> None:
    talk("exit = 4")
    assert talk("exit") == "4\n"


def test_vars_tells_what_there_is_and_computes_nothing(talk: Talk) -> None:
    assert talk(":vars") == "no variables yet\n"
    talk("x = zeros(2, 3, dtype=float64)\nw = ones(3, requires_grad=True)\nn = 12\nl = [1, 2]")
    talk("def f(a, b=1): return a")
    talk("class Loud:\n    def __repr__(self): raise ValueError('looked')")
    talk("loud = Loud()\nx")
    lines = talk(":vars").splitlines()
    assert " ".join(lines[0].split()) == "name type dtype shape device bytes grad value"
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in lines[1:]}
    assert rows["x"] == "Tensor float64 [2, 3] cpu 48 bytes"
    assert rows["w"] == "Tensor float32 [3] cpu 12 bytes leaf"
    assert rows["n"] == "int 12"
    assert rows["l"] == "list len 2"
    assert rows["f"] == "function f(a, b=1)"
    assert rows["loud"] == "Loud"
    assert "_" not in rows and "_1" not in rows


def test_time_chooses_how_often() -> None:
    now = [0.0]

    def clock() -> float:
        return now[0]

    talk = Talk(parse(["repl", "--plain"]), clock)

    def spend(seconds: float) -> int:
        now[0] += seconds
        return 1

    talk.session.variables["spend"] = spend
    assert talk(":time spend(0.002)") == "2 ms ± 0 %, best 2 ms (median of 7 × 50 loops)\n"
    # What takes long is not done seven times.
    assert talk(":time spend(0.5)") == "500 ms ± 0 %, best 500 ms (median of 5 × 1 loop)\n"
    assert talk(":time spend(2)") == "2 s (1 loop)\n"


def test_time_tells_how_far_the_runs_differ() -> None:
    now = array("d", [0.0])  # which is not taken back
    talk = Talk(parse(["repl", "--plain"]), lambda: now[0])
    spans = iter([9.0, *(0.05, 0.06, 0.07, 0.08, 0.09, 0.10, 0.11)])

    def spend() -> None:
        now[0] += next(spans)

    talk.session.variables["spend"] = spend
    # The first is for warming up; it takes so long that only one more would be done.
    assert talk(":time spend()") == "50 ms (1 loop)\n"
    spans = iter([0.2, *(0.05, 0.06, 0.07, 0.08, 0.09, 0.10, 0.11)])
    assert talk(":time spend()") == "80 ms ± 25 %, best 50 ms (median of 7 × 1 loop)\n"


def test_time_forgets_what_it_assigns_and_shows_nothing(talk: Talk) -> None:
    talk("k = 1")
    assert talk(":time k = k + 1; k").count("\n") == 1
    assert talk("k") == "1\n"
    assert talk(":time print('once')").startswith("once\nonce\n")


def test_profile_shows_the_ops_of_a_statement(talk: Talk) -> None:
    talk("x = ones(3, 3)")
    before = dict(talk.session.variables)
    shown = talk(":profile y = x @ x + 1")
    rows = [line.split()[0] for line in shown.splitlines()[3:-2]]
    assert sorted(rows) == ["aten::add", "aten::matmul", "aten::mm"]
    assert shown.splitlines()[-1].startswith("Self CPU time total: ")
    assert talk.session.variables == before
    assert talk(":profile 1 + 1") == "no op was called\n"
    assert "needs an expression" in talk(":profile")
    assert "ZeroDivisionError" in talk(":profile 1 / 0")


def test_time_reports_errors_and_keeps_the_variables(talk: Talk) -> None:
    assert "needs an expression" in talk(":time")
    assert "ZeroDivisionError" in talk(":time 1 / 0")
    assert "SyntaxError" in talk(":time 1 +")
    talk("x = ones(3)")
    before = dict(talk.session.variables)
    assert "median" in talk(":time x + 1")
    assert talk.session.variables == before


def test_reset_forgets_everything(talk: Talk) -> None:
    talk("x = 3\nx")
    talk(":reset")
    assert talk(":vars") == "no variables yet\n"
    assert "NameError" in talk("_")
    assert talk("4") == "4\n"
    assert talk("_1") == "4\n"


def test_commands_that_take_nothing_say_so(talk: Talk) -> None:
    talk("x = 1")
    for name in ("undo", "redo", "reset", "quit"):
        assert "takes nothing more" in talk(f":{name} x")
    assert talk("x") == "1\n"
    assert not talk.repl.leaving


# -- :save and :load --------------------------------------------------


def test_what_is_saved_is_what_ran(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "session.tcalc"
    assert "nothing has run" in talk(f":save {path}")
    talk("x = 2  # two")
    talk("y = x +")
    talk("1 / 0")
    talk("z = 4\ndef f(a):\n    return a * z\n\nf(x);\nboom\nq = 1")
    talk(":vars")
    talk("f(x)")
    assert talk(f":save {path}") == f"{path}: 5 entries\n"
    assert path.read_text() == ("x = 2  # two\nz = 4\ndef f(a):\n    return a * z\nf(x);\nf(x)\n")
    other = Talk(parse(["repl", "--plain"]))
    assert other(f":load {path}") == "8\n"
    assert other("z") == "4\n"


def test_decorators_are_saved_with_what_they_decorate(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "s.tcalc"
    text = "def twice(f):\n    return lambda x: f(f(x))\n@twice\ndef g(x):\n    return x + 1"
    talk(text + "\nboom")
    talk(f":save {path}")
    assert path.read_text() == text + "\n"


def test_a_file_is_replaced_only_where_that_is_meant(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "s.tcalc"
    path.write_text("precious")
    talk("x = 1")
    assert f":save ! {path} replaces it" in talk(f":save {path}")
    assert path.read_text() == "precious"
    talk(f":save ! {path}")
    assert path.read_text() == "x = 1\n"
    talk("y = 2")
    talk(f":save {path}")  # this session's own
    assert path.read_text() == "x = 1\ny = 2\n"
    assert [each.name for each in tmp_path.iterdir()] == ["s.tcalc"]


def test_save_refuses_what_is_no_program_or_no_place(talk: Talk, tmp_path: Path) -> None:
    talk("x = 1")
    assert "should end in .tcalc" in talk(f":save {tmp_path}/x.npy")
    assert "there is no such folder" in talk(f":save {tmp_path}/missing/x.tcalc")
    assert "needs a file" in talk(":save")
    assert list(tmp_path.iterdir()) == []


def test_load_binds_data_to_a_name_made_from_the_file(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "my data.csv"
    path.write_text("1,2\n3,4\n")
    assert talk(f":load {path}") == "my_data  Tensor  int64  [2, 2]  cpu  32 bytes\n"
    assert talk(f":load '{path}'").startswith("my_data ")
    assert talk(f":load m={path}").startswith("m  Tensor")
    assert talk("m.sum()") == "tensor(10)\n"
    talk(f":save {tmp_path}/s.tcalc")
    assert f"m = load({str(path)!r})" in (tmp_path / "s.tcalc").read_text()


def test_a_loaded_program_finds_the_data_beside_it(talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1\n2\n")
    (tmp_path / "p.tcalc").write_text("load('data.csv').sum()\n")
    assert talk(f":load {tmp_path}/p.tcalc") == "tensor(3)\n"


def test_load_reports_what_cannot_be_read(talk: Talk, tmp_path: Path) -> None:
    assert "needs a file" in talk(":load")
    assert "no such file" in talk(f":load {tmp_path}/x.npy")
    bad = tmp_path / "bad.tcalc"
    bad.write_text("x = 1\ny = = 2\n")
    assert f"{bad}:2:" in talk(f":load {bad}")
    assert "NameError" in talk("x")
    bad.write_bytes(b"x = '\xff'\n")
    assert "UTF-8" in talk(f":load {bad}")


# -- help and questions --------------------------------------------------


def test_help_lists_commands_topics_and_modules(talk: Talk) -> None:
    said = talk(":help")
    for command in COMMANDS.values():
        assert f":{command.usage}" in said
    assert "syntax" in said and "linalg" in said
    assert talk("?") == said


def test_help_on_a_name_a_method_a_topic_and_a_command(talk: Talk) -> None:
    assert talk(":help norm").startswith("norm(input")
    assert talk("norm?") == talk("norm??") == talk("?norm") == talk(":help norm")
    assert talk("torch.nn.functional.relu?").startswith("relu(")
    assert "What --json prints" in talk(":help json")
    assert talk(":help :time").startswith(":time EXPR")
    assert "did you mean norm?" in talk(":help nrom")
    assert "nothing is called" in talk("zzzzzzz?")


def test_a_question_about_a_variable(talk: Talk) -> None:
    talk("x = zeros(2, 3)")
    said = talk("x?")
    assert "float32" in said and "[2, 3]" in said
    assert talk("x.mean?").startswith("mean(input")
    talk("def half(v):\n    'Divide by two.'\n    return v / 2")
    assert talk("half?") == "half(v)\n\nDivide by two.\n"
    assert "return v / 2" in talk("half??")
    assert "evaluating" in talk("half.nothing?")


def test_a_question_runs_nothing(talk: Talk) -> None:
    talk("class C:\n    @property\n    def p(self): raise ValueError('ran')")
    talk("c = C()")
    assert "ran" not in talk("c.p?")


def test_question_marks_elsewhere_are_the_languages(talk: Talk) -> None:
    assert talk("'a?'") == "'a?'\n"
    assert "SyntaxError" in talk("f(x)?")


# -- interruption and time --------------------------------------------------


def test_control_c_stops_the_computation_and_not_the_session(talk: Talk) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    talk.session.variables["interrupt"] = interrupt
    said = talk("x = 1\nwhile True:\n    try:\n        interrupt()\n    except:\n        pass")
    assert said.startswith("Interrupted")
    assert talk("x") == "1\n"


@pytest.mark.parametrize(
    ("program", "place"),
    [
        ("x = 1; y = interrupt()", "1:12"),
        ("x = 1; y = interrupt() + 1; z = 2", "1:12"),
        ("x = 1\ny = [interrupt() for _ in range(3)]", "2:6"),
        ("x = 1; y = 'a'.join(interrupt() for _ in range(3))", "1:21"),
        ("def f():\n    x = 1\n    return interrupt()\nf()", "3:12"),
    ],
)
def test_an_interrupted_call_is_marked_and_not_what_follows(
    talk: Talk, program: str, place: str
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    talk.session.variables["interrupt"] = interrupt
    assert f"<prompt 1>:{place}\n" in talk(program)


def test_a_statement_that_takes_too_long_is_stopped() -> None:
    talk = Talk(parse(["repl", "--plain", "--timeout", "0.2"]))
    said = talk("x = 1\nwhile True:\n    try:\n        x\n    except:\n        pass")
    assert "timed out after 0.2 s" in said
    assert talk("x") == "1\n"
    assert talk.repl.failed == 124


# -- loops --------------------------------------------------


def test_a_conversation_goes_on_after_control_c_and_ends_at_control_d(talk: Talk) -> None:
    script: Iterator[Entry | BaseException] = iter(
        [Typed("x = 2"), KeyboardInterrupt(), Typed("x"), EOFError()]
    )

    def read() -> Entry:
        item = next(script)
        if isinstance(item, BaseException):
            raise item
        return item

    converse(talk.repl, read)
    assert talk.out.getvalue() == "2\n"
    assert "Ctrl-D" in talk.err.getvalue()


class Typed:
    def __init__(self, text: str, typed: bool = True) -> None:
        self.text = text
        self.typed = typed


def test_files_typed_at_the_prompt_may_be_read_and_pasted_ones_not(
    talk: Talk, tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    path.write_text("1\n2\n")
    script = iter([Typed(f"load('{path}').sum()", False), Typed(f"load('{path}').sum()")])
    converse(talk.repl, lambda: next(script, None) or _end(), greet=False)
    assert talk.out.getvalue() == "tensor(3)\n"
    assert "ClosedFile" in talk.err.getvalue()


def _end() -> Entry:
    raise EOFError


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x = 1\ny = 2\n", ["x = 1\n", "y = 2\n"]),
        ("f(1,\n2)\nx", ["f(1,\n2)\n", "x"]),
        ("if x:\n  y\n\nz\n", ["if x:\n  y\n\n", "z\n"]),
        ("if x:\n  y\nelse:\n  z\n\n", ["if x:\n  y\nelse:\n  z\n\n"]),
        ("if x:\n  y\nz = 1\n", ["if x:\n  y\nz = 1\n"]),
        ("\n\nx\n\n", ["x\n"]),
        (":vars\nx\n", [":vars\n", "x\n"]),
        ("'''a\n\nb'''\n", ["'''a\n\nb'''\n"]),
        ("def f():\n  return 1", ["def f():\n  return 1"]),
        ("x = = 1\ny\n", ["x = = 1\n", "y\n"]),
    ],
)
def test_a_stream_is_cut_into_entries_by_the_rule_of_the_prompt(
    text: str, parts: list[str]
) -> None:
    assert list(entries(io.StringIO(text))) == parts


@pytest.mark.parametrize(
    ("text", "out", "status"),
    [
        ("x = 1\nx\n:quit\nx\n", "1\n", 0),
        ("x = 1\n1/0\nx\n", "1\n", 1),
        ("x = = 1\n2\n", "2\n", 3),
        ("1/0\nx = = 1\n", "", 1),
        (":nothing\n", "", 1),
        ("print('a')\nfor i in range(2):\n    print(i)\n", "a\n0\n1\n", 0),
    ],
)
def test_a_stream_is_answered_statement_by_statement(
    talk: Talk, text: str, out: str, status: int
) -> None:
    listen(talk.repl, io.StringIO(text))
    assert talk.out.getvalue() == out
    assert talk.repl.failed == status
    assert bool(talk.err.getvalue()) == bool(status)


def test_answers_are_coloured_and_a_programs_text_in_them_is_not_trusted() -> None:
    talk = Talk(parse(["repl", "--plain", "--color", "always"]))
    talk.output.on_terminal = True
    talk("def f(a='\\x1b[31m'):\n    '\\x1b[5mblink'\n    return '\x1b[5m'")
    for line in ("f?", "f??", ":vars", ":help norm", ":help"):
        said = talk(line)
        assert "\x1b[1m" in said
        assert "\x1b[31m" not in said and "\x1b[5m" not in said


def test_under_json_every_line_of_an_answer_is_an_object() -> None:
    import json

    talk = Talk(parse(["repl", "--json"]))
    for line in ("x = 3", "x", ":vars", "norm?", "1 / 0"):
        talk(line)
        for row in talk.out.getvalue().splitlines():
            assert json.loads(row)["type"] in ("int", "print", "error")
