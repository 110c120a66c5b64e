"""What shells complete, in bash, zsh and fish themselves where they are there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tcalc.command.completing import script
from tcalc.files import FORMATS
from tcalc.options import COMMANDS, OPTIONS

from .conftest import Cli

SHELLS = ("bash", "zsh", "fish")
BASH = r"""
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_tcalc 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
"""
# A command line, some of what completes it, and what does not.
LINES: list[tuple[list[str], set[str], set[str]]] = [
    (["tcalc", ""], {*COMMANDS, "data.CSV", "w.npz", "p.tcalc", "sub"}, {"notes.md", "norm"}),
    (["tcalc", "ins"], {"inspect"}, {"diff"}),
    (["tcalc", "nor"], {"norm", "normal"}, {"linalg.norm", "run"}),
    (["tcalc", "--js"], {"--json", "--json-data"}, {"--csv"}),
    (["tcalc", "--"], {"--threads", "--completions"}, {"--stats", "--rtol"}),
    (["tcalc", "--color", ""], {"auto", "always", "never"}, {"inspect"}),
    (["tcalc", "--device", "c"], {"cpu", "cuda"}, {"meta"}),
    (["tcalc", "--dtype", "float"], {"float16", "float32"}, {"int64"}),
    (["tcalc", "--allow", ""], {"sub"}, {"w.npz"}),
    (["tcalc", "-o", ""], {"data.CSV", "a b.csv", "w.npz"}, {"p.tcalc"}),
    (["tcalc", "-p", "3", "insp"], {"inspect"}, set()),
    (["tcalc", "inspect", ""], {"data.CSV", "a b.csv", "w.npz", "sub"}, {"p.tcalc", "notes.md"}),
    (["tcalc", "inspect", "--st"], {"--stats"}, set()),
    (["tcalc", "diff", "--"], {"--rtol", "--atol", "--json"}, {"--stats"}),
    (["tcalc", "diff", "w.npz", "d"], {"data.CSV"}, {"w.npz"}),
    (["tcalc", "w.npz", "d"], {"data.CSV"}, {"p.tcalc", "diff"}),
    (["tcalc", "check", ""], {"p.tcalc", "sub"}, {"w.npz"}),
    (["tcalc", "help", "linalg.nor"], {"linalg.norm"}, {"norm"}),
    (["tcalc", "help", "fil"], {"files"}, {"norm"}),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("data.CSV", "a b.csv", "w.npz", "p.tcalc", "notes.md"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    for shell in SHELLS:
        (tmp_path / f".{shell}").write_text(script(shell))
    return tmp_path


def run(shell: str, *argv: str) -> str:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([path, *argv], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def in_bash(words: list[str]) -> set[str]:
    return set(run("bash", "-c", BASH, "bash", ".bash", *words).splitlines())


def in_fish(words: list[str]) -> set[str]:
    line = " ".join(words)
    out = run("fish", "--no-config", "-c", f"source .fish; complete -C '{line}'")
    return {row.partition("\t")[0].rstrip("/") for row in out.splitlines()}


@pytest.mark.parametrize("complete", [in_bash, in_fish], ids=["bash", "fish"])
@pytest.mark.parametrize(("words", "some", "others"), LINES, ids=[" ".join(w) for w, *_ in LINES])
def test_lines(
    here: Path,
    words: list[str],
    some: set[str],
    others: set[str],
    complete: Callable[[list[str]], set[str]],
) -> None:
    found = complete(words)
    assert some <= found and not others & found


def test_bash_completes_a_file_after_the_sign(here: Path) -> None:
    assert in_bash(["tcalc", "-v", "x", "=", "d"]) == {"data.CSV"}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one_of_its_shell(here: Path, shell: str) -> None:
    assert run(shell, "-n", f".{shell}") == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_every_word_is_in_it(cli: Cli, shell: str) -> None:
    status, out, err = cli("--completions", shell)
    assert (status, err) == (0, "") and out == script(shell)
    for option in OPTIONS:
        assert (option.flag.lstrip("-") if shell == "fish" else option.flag) in out
    assert all(command in out for command in COMMANDS)
    assert all(f"|{s[1:]}" in out or f"({s[1:]}" in out for s in FORMATS)


def test_another_shell_is_refused(cli: Cli) -> None:
    status, out, err = cli("--completions", "csh")
    assert (status, out) == (2, "") and "--completions takes bash or zsh or fish" in err
