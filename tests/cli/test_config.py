"""The user's configuration: what it sets, what is wrong in it, and where it counts."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcalc.__main__ import main
from tcalc.command.world import World
from tcalc.config import load, read, settings
from tcalc.source import Source
from tcalc.theme import THEMES, look, paint, sgr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    yield
    settings.reset()


def write(folder: Path, text: str) -> dict[str, str]:
    (folder / "tcalc").mkdir()
    (folder / "tcalc" / "config.toml").write_text(text, encoding="utf-8")
    return {"XDG_CONFIG_HOME": str(folder), "COLUMNS": "80"}


def run(environ: dict[str, str], *argv: str, stream: io.StringIO | None = None) -> tuple[str, str]:
    out, err = stream or Terminal(), io.StringIO()
    assert main(list(argv), World(io.StringIO(), out, err, environ)) == 0
    return out.getvalue(), err.getvalue()


def test_what_a_file_sets_holds(tmp_path: Path) -> None:
    text = 'theme = "dark"\nkeys = "vi"\nprecision = 3\npager = "less -R"\nbroadcast = "error"\n'
    assert load(write(tmp_path, text)) == []
    assert (settings.theme, settings.keys, settings.precision) == ("dark", "vi", 3)
    assert (settings.pager, settings.broadcast) == ("less -R", "error")


def test_without_a_file_all_is_as_ever(tmp_path: Path) -> None:
    assert load({"XDG_CONFIG_HOME": str(tmp_path)}) == []
    assert (settings.theme, settings.keys, settings.precision) == ("auto", "emacs", None)


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ('x = 1\nkeys = "vi"', 1, "there is no setting 'x'", "there are theme, keys"),
        ('\nthme = "dark"', 2, "there is no setting 'thme'", "did you mean theme?"),
        ('theme = "blue"', 1, "theme is one of auto, dark, light, 16, none, not 'blue'", ""),
        ("theme = 16", 1, "theme is one of", ""),
        ("[theme]\na = 1", 1, "theme is one of", ""),
        ('precision = "4"', 1, "precision is a whole number from 0 to 100, not '4'", ""),
        ("precision = true", 1, "precision is a whole number", ""),
        ("precision = 1000", 1, "precision is a whole number", ""),
        ("pager = 3", 1, "pager is a text, not 3", ""),
        ('keys = "vi"\ntheme = \n', 2, "this is no TOML: Invalid value", ""),
        ('keys = "vi', 1, "this is no TOML: ", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    text: str, line: int, message: str, hint: str
) -> None:
    (problem,) = read(Source(text, "config.toml"))
    assert problem.message.startswith(message)
    assert problem.source is not None and problem.span is not None
    assert problem.source.line_of(problem.span.start) == line
    assert (problem.hint or "").startswith(hint)


def test_what_is_right_beside_it_counts() -> None:
    assert len(read(Source('theme = 1\nkeys = "vi"\n', "config.toml"))) == 1
    assert (settings.theme, settings.keys) == ("auto", "vi")


def test_a_terminal_shows_as_it_says_and_the_command_line_counts_for_more(tmp_path: Path) -> None:
    environ = write(tmp_path, 'precision = 2\ntheme = "none"\n')
    assert run(environ, "ones(1) / 3")[0].split()[-1] == "0.33"
    assert "0.3333333" in run(environ, "-p", "7", "ones(1) / 3")[0]
    settings.reset()
    assert run(environ, "--no-config", "ones(1) / 3")[0].split()[-1] == "0.3333"
    assert run(environ, "ones(1) / 3", stream=io.StringIO())[0] == "0.33333334\n"


def test_an_error_in_it_ends_nothing(tmp_path: Path) -> None:
    out, err = run(write(tmp_path, "precision = 'x'\n"), "1 + 1")
    assert "2" in out
    assert "precision is a whole number" in err and "config.toml:1:1" in err


def test_every_theme_has_a_look_for_every_part() -> None:
    parts = set(THEMES["16"])
    for name in ("dark", "light"):
        assert set(THEMES[name]) == parts
        assert all(sgr(words) or not words for words in THEMES[name].values())
    settings.theme = "none"
    assert look("error") == "" and paint("x", "error") == "x"
    settings.theme = "dark"
    assert paint("x", "error") == "\x1b[1;38;5;203mx\x1b[0m"


def test_a_prompt_begins_with_init(tmp_path: Path) -> None:
    environ = write(tmp_path, "")
    (tmp_path / "tcalc" / "init.tcalc").write_text("seven = 7\n1 / 0\n", encoding="utf-8")
    for given, expected in (((), "7"), (("--no-config",), "NameError")):
        out, err = Terminal(), io.StringIO()
        from tcalc.command.output import Output
        from tcalc.options import parse
        from tcalc.prompt.repl import Repl
        from tcalc.prompt.start import begin_as_ever
        from tcalc.session import Session

        options = parse(["repl", "--plain", "--color", "never", *given])
        output = Output(options, out, err, environ)
        repl = Repl(Session(write=output.write), output)
        if options.config:
            begin_as_ever(repl, environ)
            assert "ZeroDivisionError" in err.getvalue() and "init.tcalc:2:" in err.getvalue()
        repl.enter("seven")
        assert expected in out.getvalue() + err.getvalue()


def test_looking_for_it_costs_next_to_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from tcalc import config, theme; "
        "config.load({'XDG_CONFIG_HOME': sys.argv[2]}); print(*sorted({'re', 'tomllib'} & {*sys.modules}))"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, root, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\n"
