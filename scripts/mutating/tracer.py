"""A plugin for pytest that notes the lines of the core which each test runs.

Lines are kept as one number a file, with a bit for each line. What is run while the tests are
collected (as modules are loaded) is noted under "".
"""

from __future__ import annotations

import _thread
import os
import pickle
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

ROOT = Path(os.environ["MUTANTS_ROOT"])
FOLDERS = tuple(str(ROOT / folder) for folder in os.environ["MUTANTS_BASE"].split(os.pathsep))

# By test: seconds, whether it passed, and by file its lines.
tests: dict[str, tuple[float, bool, dict[str, int]]] = {}
seen: dict[CodeType, set[int]] = {}
lines: dict[CodeType, int] = {}  # how many a function has; 0 where it is none of the core's
_failed: set[str] = set()


def trace(frame: FrameType, event: str, argument: Any) -> Any:
    """Follow the functions of the core until all of their lines are seen."""
    code = frame.f_code
    count = lines.get(code)
    if count is None:
        inside = code.co_filename.startswith(FOLDERS)
        count = lines[code] = len({n for *_, n in code.co_lines() if n}) if inside else 0
    if not count:
        return None
    found = seen.setdefault(code, set())
    if len(found) >= count:
        return None
    add = found.add

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        add(frame.f_lineno)
        return line

    add(frame.f_lineno)
    return line


def taken() -> dict[str, int]:
    """The lines seen since the last call."""
    global seen
    seen, before = {}, seen  # other threads may go on
    found: dict[str, int] = {}
    for code, numbers in tuple(before.items()):
        name = os.path.relpath(code.co_filename, ROOT)
        found[name] = found.get(name, 0) | sum(1 << n for n in tuple(numbers))
    return found


def follow(trace: Any) -> None:
    """Begin or end, in this thread and in those that are started."""
    threading.settrace(trace)
    sys.settrace(trace)


def start(function: Any, args: tuple[Any, ...], kwargs: Any = None) -> int:
    """Start a thread of the lowest kind, which is followed as well."""

    def followed() -> None:
        sys.settrace(trace)
        function(*args, **(kwargs or {}))

    return start_new_thread(followed, ())


start_new_thread = _thread.start_new_thread
_thread.start_new_thread = start  # before anything of the core takes it


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> Generator[None, None, None]:
    """Note what is run as modules are loaded."""
    follow(trace)
    yield
    follow(None)
    tests[""] = 0.0, True, taken()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, None, None]:
    """Note what a test runs."""
    begin = time.perf_counter()
    follow(trace)
    yield
    follow(None)
    passed = item.nodeid not in _failed
    tests[item.nodeid] = time.perf_counter() - begin, passed, taken()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what failed: it tells nothing about mutants."""
    if report.outcome != "passed":
        _failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Write it all down."""
    Path(os.environ["MUTANTS_NOTES"]).write_bytes(pickle.dumps(tests))
