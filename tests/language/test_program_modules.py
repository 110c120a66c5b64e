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


# -- packages -------------------------------------------------------------------------------------


LAYERS = """
import torch
from .deep.more import depth
from .deep import more as m
width = 3
class Net(torch.nn.Module):
    def forward(self, x): return x * width + depth
if __name__ == '__main__': 1 / 0
"""
MORE = """
depth = 5
def back():
    from .. import layers
    return layers.width
def beyond():
    from ... import layers
"""


@pytest.fixture
def packaged(run: Any, tmp_path: Path) -> Any:
    """Programs that run beside packages."""
    files = {
        "pack/__init__.py": "from .layers import Net, width\nfrom . import layers as l\n"
        "__all__ = ['Net', 'width']\nname = __name__\n",
        "pack/layers.py": LAYERS,
        "pack/deep/more.py": MORE,
        "space/part.tcalc": "value = 9\nfrom part2 import *\n",
        "part2.py": "star = 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run.session.base_dir = str(tmp_path)
    return run


def test_packages(packaged: Any) -> None:
    packaged("import pack\nimport pack.deep.more\nimport pack.layers as layers")
    packaged("from pack.deep import more\nfrom pack import *\nfrom space.part import value, star")
    assert packaged.value("pack.Net()(2), pack.name, pack.deep.more is more") == (11, "pack", True)
    assert packaged.value("layers is pack.layers, pack.l is layers, width, value, star") == (
        True, True, 3, 9, 1,
    )  # fmt: skip
    assert packaged.value("more.back(), more.__name__, layers.m is more") == (
        3, "pack.deep.more", True,
    )  # fmt: skip
    assert "part2" not in packaged.session.variables


def test_stars_in_a_module_bind_there(packaged: Any) -> None:
    packaged("import space.part")
    assert packaged.value("space.part.star") == 1
    assert "star" not in packaged.session.variables


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from . import pack", "no known parent package"),
        ("from .pack import Net", "no known parent package"),
        ("import pack.nothing", "No module named 'pack.nothing'"),
        ("import part2.more", "not a package"),
        ("from pack import nothing", "cannot import name 'nothing'"),
        ("import pack.deep.more as more\nmore.beyond()", "beyond top-level"),
        ("from pack import __dict__", "cannot be bound"),
    ],
)
def test_errors_of_packages(packaged: Any, text: str, words: str) -> None:
    assert words in str(packaged.fails(text))


def test_folders_that_a_program_appends(packaged: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "own.py").write_text("x = 4\n")
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "far.py").write_text("x = 5\n")
    packaged("import sys\nsys.path.append('lib')\nsys.path.insert(0, 3)\nimport own")
    assert packaged.value("own.x") == 4
    error = packaged.fails(f"sys.path.append({str(outside)!r})\nimport far", ModuleError)
    assert f"--allow {outside}" in str(error.hint)
    packaged.session.folders = [str(outside)]
    assert packaged.value("import far\nfar.x") == 5


def test_a_module_can_be_read_again(packaged: Any, tmp_path: Path) -> None:
    packaged("import importlib, part2\nname = importlib.import_module('part2')")
    (tmp_path / "part2.py").write_text("star = 2\n")
    assert packaged.value("importlib.reload(part2).star, name is part2") == (2, True)
