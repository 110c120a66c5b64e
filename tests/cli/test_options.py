"""The command line is matched on whole arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcalc.options import COMMANDS, OPTIONS, UsageError, parse


@pytest.mark.parametrize("word", ["-4+3", "-y**2", "-pi", "-vx=1", "-qx", "-p3", "-", "-hx", "-.5"])
def test_one_dash_is_an_expression_unless_it_is_exactly_an_option(word: str) -> None:
    options = parse([word])
    assert (options.command, options.words) == ("eval", [word])


def test_options_stand_before_and_after_expressions() -> None:
    options = parse(["-p", "3", "x", "--json", "-x", "-v", "x=-4", "-q", "--seed", "-7", "y"])
    assert options.words == ["x", "y"]
    assert options.bindings == [("x", "-4")]
    assert (options.digits, options.output, options.seed) == (3, "json", -7)
    assert options.quiet and options.status_from_value


def test_two_dashes_end_the_options() -> None:
    options = parse(["--terse", "--", "-q", "--json", "--"])
    assert options.words == ["-q", "--json", "--"]
    assert options.output == "terse" and not options.quiet


def test_the_last_of_two_modes_wins() -> None:
    assert parse(["--json", "--csv", "1"]).output == "csv"


def test_a_binding_keeps_what_follows_the_first_equals_sign() -> None:
    bindings = parse(["-v", "a = b == c", "-v", "é=@x=y.csv", "1"]).bindings
    assert bindings == [("a", " b == c"), ("é", "@x=y.csv")]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--jsno", "1"], "--jsno"),
        (["--color=always", "1"], "--color=always"),
        (["1", "--x"], "--x"),
        (["--4"], "--4"),
        (["-p"], "-p needs a value"),
        (["-p", "many", "1"], "whole number"),
        (["-p", "-1", "1"], "from 0 up"),
        (["--color", "sometimes", "1"], "auto or always or never"),
        (["--timeout", "0", "1"], "seconds above 0"),
        (["--timeout", "nan", "1"], "seconds above 0"),
        (["--threads", "0", "1"], "from 1 up"),
        (["--max-memory", "much", "1"], "500M or 4G"),
        (["--max-memory", "-4G", "1"], "500M or 4G"),
        (["-v", "x", "1"], "NAME=VALUE"),
        (["-v", "2x=1", "1"], "NAME=VALUE"),
        (["-v", "x=", "1"], "NAME=VALUE"),
        (["-v", "__x__=1", "1"], "reserved"),
        (["-v", "a=-", "-v", "b=-", "1"], "a and as b"),
        (["check"], "needs a file"),
        (["inspect"], "needs a file"),
        (["run"], "needs a file"),
        (["ops", "x", "y"], "too many"),
        (["nothing.py"], "no such file: nothing.py"),
        (["help", "a", "b"], "too many"),
        (["nothing.tcalc"], "no such file: nothing.tcalc"),
        (["nothing.csv"], "no such file: nothing.csv"),
        (["data/nothing.npz"], "no such file: data/nothing.npz"),
        (["./nothing"], "no such file: ./nothing"),
        (["/"], "is a folder"),
    ],
)
def test_wrong_usage_says_what_is_wrong(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(argv)
    assert message in caught.value.message


def test_hints() -> None:
    for argv, hint in [
        (["--jsno", "1"], "did you mean --json?"),
        (["--color=always"], "two arguments: --color always"),
        (["--zzz"], "after --"),
        (["check"], "usage: tcalc check FILE ..."),
    ]:
        with pytest.raises(UsageError) as caught:
            parse(argv)
        assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "size"),
    [("4G", 4 << 30), ("500M", 500 << 20), ("1.5k", 1536), ("2GiB", 2 << 30), ("77", 77)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse(["--max-memory", text, "1"]).max_memory == size


def test_a_first_argument_that_names_a_file_is_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.tcalc").write_text("1")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "program").write_text("1")
    # What follows the file belongs to the program, whatever it looks like.
    for argv in (
        ["--json", "p.tcalc", "-q", "--json", "--", "x"],
        ["--json", "run", "p.tcalc", "-q", "--json", "--", "x"],
        ["run", "--json", "p.tcalc", "-q", "--json", "--", "x"],
    ):
        options = parse(argv)
        assert options.command == "run" and options.output == "json" and not options.quiet
        assert options.words == ["p.tcalc", "-q", "--json", "--", "x"]
    assert parse(["d/program"]).command == "run"
    # A quotient is a quotient unless a file is called that, and only the first argument counts.
    for argv in (["a/b"], ["d/nothing"], ["1", "p.tcalc"], ["1/2"], [".5/2"]):
        assert parse(argv).command == "eval"


def test_commands_and_help() -> None:
    assert parse([]).command == ""
    assert parse(["--json"]).command == ""
    for name, command in COMMANDS.items():
        assert parse([name] + ["x"] * command.least).command == name
        assert parse([name, "--help"]).help
    assert parse(["1", "help"]).words == ["1", "help"]
    assert parse(["check", "a", "--json", "b"]).words == ["a", "b"]
    assert parse(["--version"]).version


def test_every_option_stores_into_a_field_that_exists() -> None:
    fields = vars(parse([]))
    assert all(option.field in fields for option in OPTIONS)
    assert len({option.flag for option in OPTIONS}) == len(OPTIONS)
