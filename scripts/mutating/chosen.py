"""A plugin for pytest that runs the tests named in a file, in that order, each within its time."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

# By name of a test, the seconds that it may take.
_given: dict[str, float] = json.loads(Path(os.environ["MUTANTS_TESTS"]).read_text())
_order = {name: i for i, name in enumerate(_given)}
# A mutant that takes memory without end is the first to go.
if sys.platform == "linux":
    Path("/proc/self/oom_score_adj").write_text("1000")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what is named."""
    items[:] = sorted(
        (item for item in items if item.nodeid in _order), key=lambda item: _order[item.nodeid]
    )


def pytest_runtest_logreport(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Tell which test fails, or which file cannot be read."""
    if report.failed:
        Path(os.environ["MUTANTS_TESTS"]).with_suffix(".failed").write_text(report.nodeid)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, None, None]:
    """End the process where a test hangs."""
    faulthandler.dump_traceback_later(_given[item.nodeid], exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


pytest_collectreport = pytest_runtest_logreport
