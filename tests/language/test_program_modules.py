"""`import name` of a program beside the one that runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tcalc.errors import FileProblem, ModuleError, ParseError

UTIL = """
'''A module.'''
import helper
__version__ = '2'
_private = 1
count = 0
def double(x): return x * 2 + helper.offset
def fail(x):
    return x / 0
class Net(nn.Module):
    def forward(self, x): return x + 1
def bump():
    global count
    count += 1
    return count
print('once', __name__, __file__)
5
"""


@pytest.fixture
def beside(run: Any, tmp_path: Path) -> Any:
    """Programs that run in a folder with modules."""
    (tmp_path / "util.py").write_text(UTIL)
    (tmp_path / "helper.tcalc").write_text("offset = 1\nimport util\n")
    (tmp_path / "wrong.py").write_text("x = 1\ny = \n")
    (tmp_path / "failing.py").write_text("x = 1\nx / 0\n")
    (tmp_path / "listed.py").write_text("__all__ = ['a', '__builtins__']\na = b = 1\n")
    (tmp_path / "math.py").write_text("pi = 3\n")
    run.session.base_dir = str(tmp_path)
    return run


def test_it_runs_once_and_shows_nothing(beside: Any, tmp_path: Path) -> None:
    program = "import util\nimport util as u\nfrom util import double\nutil is u, double(3)"
    assert beside(program) == [(True, 7)]
    assert "".join(beside.printed) == f"once util {tmp_path / 'util.py'}\n"
    assert beside("__name__") == ["__main__"]


def test_its_variables_are_its_own(beside: Any) -> None:
    beside("import util\nfrom util import count, bump\ncount = 9")
    assert beside.value("(util.bump(), bump(), util.count, count)") == (1, 2, 2, 9)
    assert beside.value("util.Net()(1)") == 2
    assert beside.value("(util.__version__, util._private, util.__name__)") == ("2", 1, "util")
    assert repr(beside.value("util")) == "<module 'util'>"


def test_star_takes_what_is_public(beside: Any) -> None:
    beside("from util import *\nfrom listed import *")
    assert {"double", "bump", "Net", "a"} <= set(beside.session.variables)
    assert not {"_private", "__version__", "b", "__name__"} & set(beside.session.variables)


def test_our_tables_come_first(beside: Any) -> None:
    assert beside.value("import math\nmath.pi") > 3.1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("import wrong", ParseError),
        ("import failing", ZeroDivisionError),
        ("import nothing", ModuleError),
        ("import util.x", ModuleError),
        ("from util import nope", ModuleError),
        ("from util import __builtins__", ParseError),
        ("import util\nutil.nope", AttributeError),
        ("import util\nutil.__builtins__", AttributeError),
        ("import util\nutil.__dict__", AttributeError),
        ("import util\nutil.__class__", AttributeError),
        ("import util\nutil.count = 3", AttributeError),
        ("import util\ndel util.count", AttributeError),
        ("import util\nsetattr(util, 'count', 3)", AttributeError),
    ],
)
def test_errors(beside: Any, text: str, kind: type[Exception]) -> None:
    beside.fails(text, kind)
    beside.fails(text.splitlines()[-1], Exception)  # nothing half done is kept


def test_only_plain_files_of_the_folder(beside: Any, tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    outside = tmp_path.parent / "outside.py"
    outside.write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to(outside)
    for name in ("folder", "pipe", "link"):
        beside.fails(f"import {name}", FileProblem)
    beside.fails("import outside", ModuleError)


def test_plans_do_not_take_its_variables_for_constants(beside: Any) -> None:
    beside("import util\nf = jit(lambda x: x * util.count)\nf(ones(1))\nutil.bump()")
    assert beside.value("f(ones(1)).item()") == 1.0


def test_what_does_the_job_of_a_known_module_is_named(run: Any) -> None:
    for name, words in {"pandas": "load(", "sklearn.svm": "torch.nn", "toch": "torch"}.items():
        error = run.fails(f"import {name}", ModuleNotFoundError)
        assert words in error.hint
