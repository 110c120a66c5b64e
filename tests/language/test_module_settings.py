"""Members of modules that programs may assign to: read anew each time, checked, and seen by plans."""

from __future__ import annotations

from typing import Any

import pytest

from tcalc.help import reference
from tcalc.library.backends import SWITCHES
from tcalc.runtime.base.registry import lookup

SETUP = "import torch.backends.cudnn as cudnn\ncudnn.benchmark = False\n"


@pytest.fixture(autouse=True)
def _as_at_the_start() -> Any:
    yield
    for name, (value, _) in SWITCHES.items():
        lookup(f"torch.backends.{name}").write(value)


def test_each_read_is_of_now(run: Any) -> None:
    program = SETUP + (
        "def f(): return cudnn.benchmark, torch.backends.cudnn.benchmark\n"
        "a = f(); cudnn.benchmark = True; b = f(); torch.backends.cudnn.benchmark = False\n"
        "[a, b, f()]"
    )
    assert run.value(program) == [(False, False), (True, True), (False, False)]


def test_a_module_of_that_name_elsewhere_does_not_matter(run: Any) -> None:
    """`torch.utils.benchmark` is kept as a module keeps its members; the switch is not."""
    program = SETUP + (
        "torch.utils.benchmark.Timer\nfound = []\n"
        "for value in (True, False, True):\n"
        "    torch.backends.cudnn.benchmark = value\n"
        "    found.append(torch.backends.cudnn.benchmark)\nfound"
    )
    assert run.value(program) == [True, False, True]


def test_getattr_and_setattr(run: Any) -> None:
    program = SETUP + (
        "setattr(cudnn, 'deterministic', True)\n"
        "[getattr(cudnn, 'deterministic'), hasattr(cudnn, 'deterministic'), hasattr(cudnn, 'foo')]"
    )
    assert run.value(program) == [True, True, False]


def test_what_is_imported_is_its_value(run: Any) -> None:
    assert run.value("from torch.backends.cudnn import enabled\nenabled") is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cudnn.benchmark = 1", "set_benchmark_cudnn expects a bool, but got int"),
        ("cudnn.nothing = True", "module 'torch.backends.cudnn' has no attribute 'nothing'"),
        ("cudnn.version = 3", "cannot set 'version' of module 'torch.backends.cudnn'"),
        ("torch.version.cuda = '12'", "cannot set 'cuda' of module 'torch.version'"),
        ("torch.pi = 3", "cannot set 'pi' of module 'torch'"),
        ("cudnn.__name__ = 'x'", "module 'torch.backends.cudnn' has no attribute '__name__'"),
    ],
)
def test_refused(run: Any, text: str, message: str) -> None:
    assert str(run.fails(SETUP + text)) == message


def test_a_plan_does_not_keep_one(run: Any) -> None:
    program = SETUP + (
        "f = jit(lambda a: a + 1 if cudnn.benchmark else a - 1)\n"
        "a = f(ones(1)); cudnn.benchmark = True; [a, f(ones(1))]"
    )
    assert [t.tolist() for t in run.value(program)] == [[0.0], [2.0]]


def test_help_shows_its_value() -> None:
    assert reference.find("torch.backends.cudnn.benchmark") == (
        "torch.backends.cudnn.benchmark", False,
    )  # fmt: skip
