"""What a command line runs, writes and returns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Cli

MATRIX = "1.0\t1.0\n1.0\t1.0\n"


def test_expressions_share_a_session(cli: Cli) -> None:
    assert cli("x = 3", "x * 2", "_ + 1", "x;") == (0, "6\n7\n", "")
    assert cli("-4+3") == (0, "-1\n", "")
    assert cli("--", "-2**2") == (0, "-4\n", "")


def test_all_are_parsed_before_any_runs(cli: Cli) -> None:
    status, out, err = cli("print(1)", "2 +", "(", "4")
    assert (status, out) == (3, "")
    assert "<argument 2>:1:4" in err and "<argument 3>:1:1" in err
    status, out, err = cli("-v", "x=1 +", "print(1)", "2 +")
    assert (status, out) == (3, "") and "<-v x>:1:4" in err and "<argument 2>" in err


def test_an_error_ends_the_run_and_keeps_what_was_printed(cli: Cli) -> None:
    status, out, err = cli("1", "print(2); 1/0; 3", "4")
    assert (status, out) == (1, "1\n2\n")
    assert err.startswith("ZeroDivisionError: division by zero\n --> <argument 2>:1:12\n")


def test_keep_going(cli: Cli) -> None:
    program = b"1\n)\n2 +\n3\n1/0\n4\n"
    status, out, err = cli("--keep-going", stdin=program)
    assert (status, out) == (3, "1\n3\n4\n")
    assert [err.index(f"<stdin>:{line}") for line in (2, 3, 5)] == sorted(
        err.index(f"<stdin>:{line}") for line in (2, 3, 5)
    )
    assert cli("--keep-going", "1/0", "2").status == 1


def test_a_file_is_parsed_whole(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "p.tcalc"
    path.write_text("print(1)\n2 +\nx = 3\n)\n")
    for argv in ([str(path)], ["run", str(path)], ["check", str(path)]):
        status, out, err = cli(*argv)
        assert (status, out) == (3, "")
        assert f"{path}:2:4" in err and f"{path}:4:1" in err
    path.write_bytes(b"\xef\xbb\xbf#!/usr/bin/env tcalc\r\nprint(args, __name__)\r\n")
    assert cli(str(path), "-q", "--json", "1") == (0, "['-q', '--json', '1'] __main__\n", "")
    assert cli("check", str(path)) == (0, "", "")
    path.write_bytes(b"x = 1\ny = '\xff'\n")
    status, out, err = cli(str(path))
    assert status == 3 and f"{path}:2:6" in err and "0xff" in err


def test_standard_input_is_a_program(cli: Cli) -> None:
    assert cli(stdin=b"x = 1\nfor i in range(2):\n    x += i\n\nx\n") == (0, "2\n", "")
    assert cli(stdin=b"") == (0, "", "")
    assert cli("--json", stdin=b"\n\n1").out == (
        '{"type":"int","value":1,"line":3,"source":"<stdin>"}\n'
    )


def test_wrong_usage_is_2(cli: Cli, tmp_path: Path) -> None:
    status, out, err = cli("--jsno", "1")
    assert (status, out) == (2, "")
    assert err == "tcalc: unknown option --jsno\n  = hint: did you mean --json?\n"
    for argv in (
        ["run", str(tmp_path / "missing.tcalc")],
        ["run", str(tmp_path)],
        ["missing.tcalc"],
        ["check", "missing"],
        ["inspect", "missing.npy"],
        ["-v", "x=missing.npy", "x"],
        ["-v", "x=@missing", "x"],
        ["-v", "x=y=1", "x"],
        ["-v", "x=-"],
        ["--device", "gpu", "1"],
        ["--dtype", "flaot32", "1"],
        ["help", "nothing_like_it"],
    ):
        status, out, err = cli(*argv)
        assert (status, out, err[:7]) == (2, "", "tcalc: "), argv


def test_bindings(cli: Cli, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("a,b\n1,2\n3,4.5\n")
    assert cli("-v", "x=2", "-v", "y = x * 3 ", "y", "_").out == "6\n6\n"
    assert cli("-v", f"x={data}", "x.shape").out == "torch.Size([2, 2])\n"
    (tmp_path / "plain").write_text("1 2\n3 4\n")
    assert cli("-v", f"x=@{tmp_path / 'plain'}", "x").out == "1\t2\n3\t4\n"
    assert cli("-v", "x=-", "x", "sum(x)", stdin=b"[1, 2.5]").out == "1.0\t2.5\n3.5\n"
    assert cli("-v", "x=6/4", "x").out == "1.5\n"
    status, out, err = cli("-v", "x=1/0", "x")
    assert (status, out) == (1, "") and "<-v x>:1:2" in err


@pytest.mark.parametrize(
    ("argv", "status"),
    [
        (["3 > 2"], 0),
        (["3 < 2"], 1),
        (["0.0"], 1),
        (["'a'"], 0),
        (["[]"], 1),
        (["zeros(0)"], 1),
        (["tensor([0.])"], 1),
        (["tensor(2)"], 0),
        (["False", "True"], 0),
        (["ones(2)"], 2),
        (["1/0"], 2),
        (["1 +"], 2),
        (["x = 1"], 2),
        (["--nope"], 2),
        (["missing.tcalc"], 2),
    ],
)
def test_the_status_can_come_from_the_last_value(cli: Cli, argv: list[str], status: int) -> None:
    result = cli("-x", "-q", *argv)
    assert result.status == status
    assert bool(result.err) == (status == 2)


def test_modes(cli: Cli) -> None:
    assert cli("ones(2, 2)", "'raw'", "(1, 'a')", "0.1 + 0.2").out == (
        MATRIX + "raw\n1\na\n0.30000000000000004\n"
    )
    assert cli("--csv", "ones(2, 2)").out == MATRIX.replace("\t", ",")
    assert cli("--plain", "ones(2)", "'raw'").out == "tensor([1., 1.])\n'raw'\n"
    assert cli("-p", "3", "pi").out == "3.142\n"
    assert cli("-q", "1", "print(2)").out == "2\n"
    status, out, err = cli("--csv", "1", "ones(2, 2, 2)")
    assert (status, out) == (1, "1\n") and "<argument 2>:1:1" in err


def test_json(cli: Cli) -> None:
    status, out, err = cli("--json", "1", "print('a', end='')\n\nx = 1\nx/0")
    assert status == 1 and err.startswith("ZeroDivisionError")
    assert [json.loads(line) for line in out.splitlines()] == [
        {"type": "int", "value": 1, "line": 1, "source": 1},
        {"type": "print", "text": "a", "line": 1, "source": 2},
        {
            "type": "error", "error": "ZeroDivisionError", "message": "division by zero",
            "span": [27, 28], "hint": None, "line": 4, "source": 2,
        },
    ]  # fmt: skip
    status, out, err = cli("--json", "1 +")
    record = json.loads(out)
    assert status == 3 and record["span"] == [3, 3] and record["source"] == 1
    # A number that JSON has no spelling for never breaks a reader.
    assert json.loads(cli("--json", "[inf, -inf, nan]").out)["items"][2]["value"] == "nan"


def test_terminal(cli: Cli) -> None:
    drawn = cli("ones(2, 2)", terminal=True, NO_COLOR="1").out
    assert "float32" in drawn and "\x1b" not in drawn
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in cli("1/0", terminal=True, **environ).err
    assert "\x1b[1;31m" in cli("1/0", terminal=True).err
    assert "\x1b[1;31m" in cli("1/0", CLICOLOR_FORCE="1").err
    assert "\x1b" not in cli("1/0", CLICOLOR_FORCE="0").err
    assert "\x1b" not in cli("1/0", "--color", "never", terminal=True).err
    assert "\x1b" in cli("1/0", "--color", "always").err
    # What a program prints cannot steer the terminal.
    for argv in (["print('\\x1b[2J')"], ["--terse", "'\\x1b[2J'"]):
        assert "\x1b[2J" not in cli(*argv, terminal=True).out
    assert cli("print('\\x1b[2J')").out == "\x1b[2J\n"


def test_joining_lists_of_numbers_is_remarked_on_a_terminal(cli: Cli) -> None:
    argv = ["[1, 2] + [3]", "x = [1, 2]", "x + x + [0]"]
    _, out, err = cli(*argv, terminal=True, NO_COLOR="1")
    assert out == "[1, 2, 3]\n[1, 2, 1, 2, 0]\n"
    assert "tensor([1, 2]) + [3] adds" in err and "tensor(x) + x + [0] adds" in err
    assert cli(*argv).err == ""
    assert cli("['a'] + ['b']", "[1, 2]", terminal=True).err == ""


def test_columns_bound_the_excerpt(cli: Cli) -> None:
    line = "1 + " * 60 + "1/0"
    widths = [len(text) for text in cli(line, COLUMNS="60").err.splitlines()]
    assert max(widths) <= 60


def test_exit_ends_the_program(cli: Cli) -> None:
    assert cli("print(1); exit(7); print(2)", "3") == (7, "1\n", "")


def test_sub_commands(cli: Cli, tmp_path: Path) -> None:
    data = tmp_path / "d.csv"
    data.write_text("1,2\n3,4\n")
    assert cli("inspect", str(data)).out == "int64\t[2, 2]\n"
    out = cli("inspect", str(data), "missing.npy", str(data)).out
    assert out.count("int64\t[2, 2]\n") == 2 and str(data) in out
    file, record = map(json.loads, cli("--json", "inspect", str(data)).out.splitlines())
    assert (file["type"], file["format"], file["header"]) == ("file", "csv", False)
    assert record["shape"] == [2, 2] and record["source"] == str(data)
    assert "norm(input" in cli("help", "norm").out
    assert "json" in cli("help").out
    assert "norm" in cli("ops").out
    assert [line.split()[0] for line in cli("ops", "svdv").out.splitlines()] == [
        "torch.linalg.svdvals"
    ]
    assert {line.split()[0][-4:] for line in cli("ops", "*norm").out.splitlines()} == {"norm"}
    assert cli("ops", "zzz") == (2, "", "tcalc: no function is like 'zzz'\n")
    assert cli("devices").out.startswith("cpu\t")
    assert cli("--version").out == "tcalc 0.1.0\n"


def test_help_shows_every_option(cli: Cli) -> None:
    from tcalc.options import COMMANDS, OPTIONS

    status, shown, _ = cli("--help")
    assert status == 0
    assert all(option.flag in shown for option in OPTIONS)
    assert all(command in shown for command in COMMANDS)
    assert cli("-h") == (0, shown, "")
    status, shown, _ = cli("check", "-h")
    assert status == 0 and "check" in shown


def test_the_line_of_an_error_is_the_statements_and_its_span_says_where(
    cli: Cli, tmp_path: Path
) -> None:
    path = tmp_path / "p.tcalc"
    path.write_text(
        "def f(x):\n    y = 1\n    return x / 0\n\nf(\n    1)\n1 + 1\n(\n  1 / 0\n)\n2 +\n"
    )
    status, out, err = cli("--json", "--keep-going", str(path))
    text = path.read_text()
    found = [json.loads(line) for line in out.splitlines()]
    assert {each["source"] for each in found} == {str(path)}
    assert [
        (each["line"], text[slice(*each["span"])] if "span" in each else each["value"])
        for each in found
    ] == [(5, "/"), (7, 2), (8, "/"), (11, "\n")]
    assert f"{path}:3:14" in err and "called from line 5" in err
    # Of a function that an earlier argument made, where it was called in the later one.
    status, out, err = cli("--json", "def f(x): return x / 0", "1\n\n  \n2 + f(3)")
    assert json.loads(out.splitlines()[-1])["line"] == 4
    assert json.loads(out.splitlines()[-1])["span"] == [10, 14]
    assert "<argument 1>:1:20" in err
    status, out, err = cli("--json", stdin=b"x = 1\ny = '\xff'\n")
    assert status == 3
    assert json.loads(out)["line"] == 2 and json.loads(out)["source"] == "<stdin>"


def test_metadata_of_a_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "p.py"
    path.write_text(
        "__author__ = 'me'\n__version__: str = '1'\n__all__ = ['f']\n__all__ += ['g']\n"
        "def f(): return __version__, __author__\n"
        "if __name__ == '__main__': print(f(), __all__, __name__, __file__)\n"
        "del __author__\n__author__\n"
    )
    status, out, err = cli(str(path))
    assert (status, out) == (1, f"('1', 'me') ['f', 'g'] __main__ {path}\n")
    assert err.startswith("NameError: name '__author__' is not defined\n")
    for text in (
        "def f(): __author__ = 1", "def f():\n  global __all__", "class A: __version__ = 1",
        "[1 for __all__ in ()]", "lambda __all__: 1", "__doc__ = 1", "__name__ = 1",
        "__file__ = 1", "__builtins__ = 1", "__x__ = 1", "import torch as __spec__",
    ):  # fmt: skip
        assert cli(text).status == 3, text
    assert cli("__file__").err.startswith("NameError")
    assert (
        cli("import math as __version__; __version__.pi; __version__ = 3; __version__").out == "3\n"
    )


def test_a_file_that_ends_in_py_is_a_program(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "p.py"
    path.write_text("#!/usr/bin/env tcalc\nprint(args)\n")
    assert cli(str(path), "-q") == (0, "['-q']\n", "")
    assert cli("missing.py") == (2, "", "tcalc: no such file: missing.py\n")
    # What is no name of a file is an expression.
    assert cli("-v", "a=slice(1, 2)", "1 + a.py").err.startswith("AccessError")


def test_an_argument_may_stand_away_from_the_margin(cli: Cli) -> None:
    for blanks in (" ", "\t", "\n  ", "  \n\t", "\f ", " \\\n"):
        assert cli(f"{blanks}1 + 1") == (0, "2\n", ""), repr(blanks)
    assert cli("\n    for i in range(2):\n        print(i)\n    5\n").out == "0\n1\n5\n"
    assert cli("  1\n2").status == cli("  if 1:\n    2\n 3").status == 3
    assert cli("1\n  2").status == cli(stdin=b" 1").status == 3
    _, out, err = cli("--json", "  1/0")
    assert json.loads(out)["span"] == [3, 4] and "<argument 1>:1:4" in err


SURROGATES = [
    "'{0}'", "print('{0}')", "raise ValueError('{0}')", "assert 0, '{0}'", "{{'{0}': '{0}'}}",
    "{{}}['{0}']", "getattr(1, '{0}')", "load('{0}.npy')", "save(ones(1), '{0}.npy')",
    "'{{{0}}}'.format(1)", "f'{{1:{0}}}'", "int('{0}')", "device('{0}')", "ones(1).to('{0}')",
    "einsum('{0}', ones(1))", "warnings = 1; '{0}' + warnings", "hash('{0}') and 1",
]  # fmt: skip


@pytest.mark.parametrize("text", SURROGATES)
def test_half_a_character_is_shown_escaped(
    text: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where what is saved goes
    for mode in ("--terse", "--plain", "--json"):
        for half in ("\\ud800", "\udc80"):
            result = cli(mode, text.format(half))
            assert "itself failed" not in result.err and "codec" not in result.err
            assert result.status in (0, 1, 3)
