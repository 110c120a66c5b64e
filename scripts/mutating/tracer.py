"""A plugin for pytest that notes the lines of the core which each test runs.

Lines are kept as one number a file, with a bit for each line. What is run while the tests are
collected (as modules are loaded) is noted under "".
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Generator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

ROOT = Path(os.environ["MUTANTS_ROOT"])
FOLDERS = tuple(str(ROOT / folder) for folder in os.environ["MUTANTS_BASE"].split(os.pathsep))

# By test: seconds, whether it passed, and by file its lines.
tests: dict[str, tuple[float, bool, dict[str, int]]] = {}
seen: dict[CodeType, set[int]] = {}
_failed: set[str] = set()


def line(code: CodeType, number: int) -> Any:
    """Note a line of the core, once until the next `taken`; of others hear no more."""
    if code.co_filename.startswith(FOLDERS):
        seen.setdefault(code, set()).add(number)
    return sys.monitoring.DISABLE


def taken() -> dict[str, int]:
    """The lines seen since the last call."""
    global seen
    seen, before = {}, seen  # other threads may go on
    sys.monitoring.restart_events()
    found: dict[str, int] = {}
    for code, numbers in tuple(before.items()):
        name = os.path.relpath(code.co_filename, ROOT)
        found[name] = found.get(name, 0) | sum(1 << n for n in tuple(numbers))
    return found


def pytest_configure() -> None:
    """Hear of lines, in every thread."""
    monitoring = sys.monitoring
    monitoring.use_tool_id(monitoring.COVERAGE_ID, "mutants")
    monitoring.register_callback(monitoring.COVERAGE_ID, monitoring.events.LINE, line)
    monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)


def pytest_unconfigure() -> None:
    """Hear no more."""
    sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, 0)
    sys.monitoring.free_tool_id(sys.monitoring.COVERAGE_ID)


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> Generator[None, None, None]:
    """Note what is run as modules are loaded."""
    yield
    tests[""] = 0.0, True, taken()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, None, None]:
    """Note what a test runs."""
    begin = time.perf_counter()
    taken()
    yield
    passed = item.nodeid not in _failed
    tests[item.nodeid] = time.perf_counter() - begin, passed, taken()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what failed: it tells nothing about mutants."""
    if report.outcome != "passed":
        _failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Write it all down."""
    Path(os.environ["MUTANTS_NOTES"]).write_bytes(pickle.dumps(tests))
