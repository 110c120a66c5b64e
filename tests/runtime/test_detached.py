"""Calls that Ctrl-C leaves: told to stop between two calls, left to themselves within one."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tcalc.runtime.base import detached
from tcalc.runtime.base.registry import lookup

PATIENCE = 30.0


def test_results_and_errors_come_back() -> None:
    assert detached.call("two numbers", divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        detached.call("two numbers", divmod, 7, 0)


def test_a_detached_call_has_a_thread_of_its_own_and_its_edge_values_are_values() -> None:
    ran = detached.call("nothing", _thread.get_ident)
    assert ran != _thread.get_ident()
    with np.errstate(all="raise"):
        assert detached.call("one number", np.log, np.float64(0.0)) == -np.inf


def test_elsewhere_than_in_the_main_thread_it_is_just_called() -> None:
    found: list[bool] = []

    def other() -> None:
        found.append(detached.call("nothing", _thread.get_ident) == _thread.get_ident())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found == [True]


def interrupted(work: Callable[[], object]) -> BaseException:
    """What comes of Ctrl-C that is pressed as soon as `work` runs."""
    begun = threading.Event()

    def run() -> object:
        begun.set()
        return work()

    def press() -> None:
        begun.wait(PATIENCE)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt) as caught:
        detached.call("[4000, 4000]", run)
    return caught.value


def test_work_of_several_calls_stops_between_two() -> None:
    """No more than the call under way is finished, and nothing goes on afterwards."""
    pieces: list[int] = []
    told = threading.Event()

    def work() -> None:
        try:
            while True:
                pieces.append(1)
                threading.Event().wait(0.001)
        finally:
            told.set()

    error = interrupted(work)
    assert not isinstance(error, detached.Left) and not str(error)
    assert told.wait(PATIENCE)
    done = len(pieces)
    threading.Event().wait(0.01)
    assert len(pieces) == done


def test_one_call_is_left_to_itself_which_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detached, "GRACE", 0.001)
    release, ended = threading.Event(), threading.Event()

    def work() -> None:
        try:
            release.wait(PATIENCE)
        finally:
            ended.set()

    error = interrupted(work)
    assert isinstance(error, detached.Left)
    assert "[4000, 4000] cannot be cut" in str(error) and "in the background" in str(error)
    assert not ended.is_set()
    release.set()
    assert ended.wait(PATIENCE)


def test_what_lapack_does_is_detached_from_a_size_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each factorization, alone and in a plan: its kernel runs elsewhere."""
    import tcalc.runtime.ops.linalg.eigenvalues
    import tcalc.runtime.ops.linalg.factorizations
    import tcalc.runtime.ops.linalg.inverses
    import tcalc.runtime.ops.linalg.lu
    import tcalc.runtime.ops.linalg.singular_values
    import tcalc.runtime.ops.linalg.solvers  # noqa: F401 (loaded before it is timed out)

    calls: list[str] = []
    call = detached.call

    def noted(what: str, function: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(what)
        return call(what, function, *args, **kwargs)

    monkeypatch.setattr(detached, "call", noted)
    n = 384
    x = lookup("torch.rand")(n, n) + n * lookup("torch.eye")(n)
    small = x[:4, :4].clone()
    for name in ("svd", "qr", "inv", "eig", "eigh", "cholesky", "lu_factor", "det"):
        function = lookup(f"torch.linalg.{name}")
        function(small)
        assert not calls, name
        function(x)
        assert calls, name
        calls.clear()
        planned = lookup("torch.compile")(lambda v, function=function: function(v))
        planned(x)
        calls.clear()
        planned(x)
        assert calls, name
        calls.clear()
