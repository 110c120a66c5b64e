"""Every way of starting loads what it uses and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# The process ends by os._exit, so that is where what was loaded is looked at.
REPORT = """
import os, sys
before = set(sys.modules)
def leave(status, leave=os._exit):
    print("status", status, *sorted(set(sys.modules) - before), file=sys.stderr, flush=True)
    leave(0)
os._exit = leave
sys.argv[1:] = {argv!r}
from tcalc.__main__ import main
main()
"""
HEAVY = {
    "argparse", "ast", "click", "concurrent", "ctypes", "dataclasses", "difflib", "email",
    "inspect", "json", "logging", "multiprocessing", "numpy", "pathlib", "prompt_toolkit",
    "pygments", "rich", "scipy", "shutil", "socket", "subprocess", "tempfile", "textwrap",
    "threading", "typer", "unicodedata", "urllib",
}  # fmt: skip


def loaded(*argv: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(argv=list(argv))],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )
    word, status, *modules = done.stderr.splitlines()[-1].split()
    assert (word, status) == ("status", "0"), done.stderr
    return set(modules)


def loaded_on_a_terminal(*argv: str) -> set[str]:
    """The same where standard output is a terminal."""
    ours, theirs = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", REPORT.format(argv=["--no-config", *argv])],
            stdout=theirs, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=30,
            check=False,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
    word, status, *modules = done.stderr.splitlines()[-1].split()
    assert (word, status) == ("status", "0"), done.stderr
    return set(modules)


def roots(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def test_the_version_needs_almost_nothing() -> None:
    modules = loaded("--version")
    assert {m for m in modules if m.startswith("tcalc")} == {
        "tcalc", "tcalc.__main__", "tcalc.command", "tcalc.options",
        "tcalc.command.world",
    }  # fmt: skip
    assert not roots(modules) & (HEAVY | {"re", "typing", "enum", "collections"})


@pytest.mark.parametrize(
    "argv",
    [
        ["1 + 1"],
        ["sqrt(2) * pi", "x = [1, 2, 3]", "sum(x)", "'a' * 3"],
        ["-v", "x=3", "x ** 2"],
        ["-p", "3", "-x", "--color", "never", "2.0"],
        ["def f(n): return 1 if n < 2 else n * f(n - 1)\nf(20)"],
    ],
)
def test_plain_numbers_load_no_numpy(argv: list[str]) -> None:
    modules = loaded(*argv)
    assert not roots(modules) & HEAVY
    unused = {"diagnostics", "excerpt", "operands", "cli", "queries", "repl", "reference"}
    assert not {m for m in modules if m.startswith("tcalc.")} & {f"tcalc.{m}" for m in unused}


def test_a_sum_loads_no_dtypes() -> None:
    modules = loaded("1 + 1")
    assert not {m for m in modules if m.startswith("tcalc.runtime.types")}
    assert "typing" not in modules and "enum" not in modules


def test_tensors_load_numpy_and_nothing_for_people() -> None:
    modules = loaded("norm([3, 4])", "ones(2, 2) @ ones(2)")
    assert "numpy" in modules
    compiled = {m for m in modules if m.startswith("tcalc.runtime.lazy.compiled.")}
    assert compiled <= {"tcalc.runtime.lazy.compiled.switch"}
    assert not roots(modules) & {"typer", "rich", "prompt_toolkit", "pygments", "scipy", "click"}


def test_a_terminal_needs_no_more_than_a_pipe() -> None:
    assert not roots(loaded_on_a_terminal("1 + 1", "[1, 2]", "'text'")) & HEAVY
    modules = loaded_on_a_terminal("{'a': [1] * 99, 'b': [{}]}")  # a table, with … in it
    assert not roots(modules) & (HEAVY - {"unicodedata"})
    modules = loaded_on_a_terminal("ones(99, 99)", "{'a': ones(30, 30)}")
    assert "tcalc.display.table" in modules
    assert not roots(modules) & {"typer", "rich", "prompt_toolkit", "pygments", "scipy", "click"}


def test_json_loads_json_and_no_numpy() -> None:
    modules = loaded("--json", "1 + 1")
    assert "json" in modules
    assert not roots(modules) & (HEAVY - {"json"})


@pytest.mark.parametrize("name", ["adam.pt", "adam_legacy.pt"])
def test_listing_a_model_loads_neither_numpy_nor_what_is_for_people(name: str) -> None:
    path = Path(__file__).parent.parent / "files" / "data" / name
    modules = loaded("inspect", str(path))
    assert not roots(modules) & (HEAVY - {"ctypes"})
    assert not {m for m in modules if m.startswith(("tcalc.parser", "tcalc.language"))}


@pytest.mark.parametrize("name", ["a.npy", "p.csv"])
def test_a_summary_loads_numpy_and_no_language(name: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("a,b\n1,2\n")
    loaded("arange(6)", "-q", "-o", str(tmp_path / "a.npy"))
    modules = loaded(str(tmp_path / name))
    assert not roots(modules) & {"typer", "rich", "prompt_toolkit", "pygments", "scipy", "click"}
    unused = ("tcalc.parser", "tcalc.language", "tcalc.compiler", "tcalc.session", "tcalc.help")
    assert not {m for m in modules if m.startswith(unused)}
    assert not {m for m in modules if m.startswith("tcalc.runtime.ops")}


def test_tables_of_modules_load_when_they_are_imported() -> None:
    def tables(*argv: str) -> set[str]:
        start = "tcalc.language.tables."
        return {m.removeprefix(start) for m in loaded(*argv) if m.startswith(start)}

    assert not tables("1 + 1", "x = 'a'; x.upper()")
    assert tables("import os", "os.path.join('a', 'b')") == {"os", "os_path"}
    assert not roots(loaded("import os, sys, string, heapq")) & HEAVY


@pytest.mark.parametrize(
    "argv",
    [
        ["x = ones(2)", "cat([x, x])"],
        ["cat([[1.], [2.]])"],
        ["x = ones(2)", "stack((x, x), 1)"],
        ["x = ones(2)", "where(x > 0, x, 0.)"],
        ["x = ones(2)", "x.clamp_(0, 1)"],
        ["clamp([1., 2.], 0, 1)"],
        ["x = ones(2)", "lerp(x, x, 0.5)"],
        ["x = ones(2)", "x.addcmul_(x, x)"],
        ["max(ones(2, 2), 1)"],
        ["x = ones(2)", "x == x"],
    ],
)
def test_the_first_call_of_an_op_finds_all_it_needs(argv: list[str]) -> None:
    """Its function may be written before the runtime is loaded."""
    assert "tcalc.runtime.call.dispatch" in loaded(*argv)
