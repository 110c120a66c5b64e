"""Blocks of a job over threads: each once, errors and interrupts raised, nothing left behind."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import numpy
import pytest

from tcalc.runtime.base import detached, threads

# Long enough for threads that should take part to come; only a failing test waits it out.
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """Jobs take three threads, whatever the machine and the environment have."""
    before = threads.settings.limit
    threads.settings.limit = 3
    yield
    threads.settings.limit = before


def test_machine_code_is_found_by_several_threads_at_once() -> None:
    """What it knows by its address stays, though each may make its own."""
    program = """
import sys, threading
from tcalc.runtime.base.registry import lookup
sys.setswitchinterval(1e-5)
x = lookup("torch.arange")(100.0)
def work():
    for _ in range(30):
        (x + 1).double().sum().item(), x.exp().sum().item(), x.max(0)
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()
"""
    for _ in range(3):
        assert not subprocess.run([sys.executable, "-c", program], timeout=120).returncode


def test_cores_are_counted_on_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert threads.cores() == (os.cpu_count() or 1)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert threads.cores() == 1


def test_an_interrupt_that_comes_while_waiting_is_kept() -> None:
    job = threads._Job(lambda i: None, 1)

    class Done:
        def get(self) -> None:
            if job.error is None:
                raise KeyboardInterrupt
            job._inside = 0

    job._inside, job._done = 1, Done()
    job.wait()
    assert type(job.error) is KeyboardInterrupt
    first = ValueError()
    job.error, job._inside = first, 1
    job.wait()
    assert job.error is first


def meet(count: int) -> tuple[set[int], Any]:
    """Work whose parts wait for each other in `count` threads, and the threads that did it."""
    barrier = threading.Barrier(count)
    seen: set[int] = set()

    def work(i: int) -> None:
        seen.add(threading.get_ident())
        barrier.wait(PATIENCE)

    return seen, work


@pytest.mark.parametrize("parts", [0, 1, 2, 3, 7, 1000])
def test_every_part_is_done_once(parts: int) -> None:
    done: list[int] = []
    threads.spread(done.append, parts)
    assert Counter(done) == Counter(range(parts))


def test_the_parts_run_beside_each_other() -> None:
    seen, work = meet(3)
    threads.spread(work, 3)
    assert len(seen) == 3 and threading.get_ident() in seen


def test_one_thread_does_the_parts_in_order() -> None:
    threads.settings.limit = 1
    done: list[tuple[int, int]] = []
    threads.spread(lambda i: done.append((i, threading.get_ident())), 5)
    assert done == [(i, threading.get_ident()) for i in range(5)]


def test_workers_are_kept_from_job_to_job(monkeypatch: pytest.MonkeyPatch) -> None:
    # None but those of these jobs: others that there are might take part as well.
    monkeypatch.setattr(threads, "_workers", 0)
    monkeypatch.setattr(threads, "_jobs", SimpleQueue())
    first, work = meet(3)
    threads.spread(work, 3)
    for _ in range(50):
        threads.spread(lambda i: None, 8)
    again, work = meet(3)
    threads.spread(work, 3)
    assert again == first


def test_a_job_in_a_job_runs_where_it_is() -> None:
    inner: list[tuple[int, int]] = []
    seen, rendezvous = meet(3)

    def work(i: int) -> None:
        rendezvous(i)
        threads.spread(lambda j: inner.append((threading.get_ident(), 10 * i + j)), 4)

    threads.spread(work, 3)
    assert Counter(part for _, part in inner) == Counter(
        10 * i + j for i in range(3) for j in range(4)
    )
    by_job = {part // 10: {t for t, p in inner if p // 10 == part // 10} for _, part in inner}
    assert all(len(places) == 1 for places in by_job.values())
    assert {t for t, _ in inner} == seen


class Broken(Exception):
    """What only these tests raise."""


@pytest.mark.parametrize("bad", range(3))
def test_the_error_of_a_part_is_raised(bad: int) -> None:
    _, rendezvous = meet(3)  # so that the caller and both workers fail in turn

    def work(i: int) -> None:
        if i < 3:
            rendezvous(i)
        if i == bad:
            raise Broken(i)

    with pytest.raises(Broken, match=str(bad)):
        threads.spread(work, 3)
    done: list[int] = []
    threads.spread(done.append, 9)
    assert sorted(done) == list(range(9))


def test_an_error_ends_the_job() -> None:
    failed = threading.Event()
    done: list[int] = []

    def work(i: int) -> None:
        if i == 2:
            failed.set()
            raise Broken
        failed.wait(PATIENCE)
        done.append(i)

    with pytest.raises(Broken):
        threads.spread(work, 100_000)
    assert {0, 1} <= set(done)
    assert len(done) < 100_000


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_the_caller_ends_the_job(interrupt: type[BaseException]) -> None:
    caller = threading.get_ident()
    finished: list[int] = []
    inside, interrupted = threading.Barrier(3), threading.Event()

    def work(i: int) -> None:
        if i < 3:
            inside.wait(PATIENCE)
        if threading.get_ident() == caller:
            interrupted.set()
            raise interrupt
        interrupted.wait(PATIENCE)
        finished.append(i)

    with pytest.raises(interrupt):
        threads.spread(work, 100_000)
    # What the workers had begun is finished, and nothing goes on behind the caller's back.
    count = len(finished)
    assert 2 <= count < 100_000
    threads.spread(lambda i: None, 3)
    assert len(finished) == count


def test_an_interrupt_while_waiting_for_the_others() -> None:
    """Ctrl-C comes when the caller has no part left and a worker is still at its own."""
    program = """
import signal, threading
from tcalc.runtime.base import threads
threads.settings.limit = 2
both, told, done = threading.Barrier(2), threading.Event(), []
def handler(*_):
    told.set()
    raise KeyboardInterrupt
signal.signal(signal.SIGUSR1, handler)
main = threading.main_thread().ident
def work(i):
    both.wait(20)
    if threading.get_ident() != main:
        signal.pthread_kill(main, signal.SIGUSR1)
        told.wait(20)
        done.append(i)
for turn in range(200):
    told.clear()
    try:
        threads.spread(work, 2)
    except KeyboardInterrupt:
        pass
    else:
        raise SystemExit("no interrupt")
assert len(done) == 200, done
threads.spread(done.append, 3)
assert len(done) == 203
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_edge_values_say_nothing_in_any_thread() -> None:
    program = """
import warnings, threading
import numpy
from tcalc.runtime.base import threads
numpy.seterr(all="ignore")
warnings.simplefilter("error")
threads.settings.limit = 3
barrier = threading.Barrier(3)
zero = numpy.zeros(3, "f4")
def work(i):
    barrier.wait(20)
    zero / zero, numpy.log(zero), numpy.float32(3e38) * zero.dtype.type(10)
threads.spread(work, 3)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)


def test_a_child_of_a_fork_has_threads_of_its_own() -> None:
    program = """
import os, threading, warnings
warnings.simplefilter("ignore")
from tcalc.runtime.base import threads
threads.settings.limit = 3
def together():
    barrier = threading.Barrier(3)
    threads.spread(lambda i: barrier.wait(20), 3)
together()
def fork_in_a_job(i):
    if i == 0 and (child := os.fork()) == 0:
        together()
        os._exit(7)
    elif i == 0:
        raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
child = os.fork()
if child == 0:
    together()
    os._exit(5)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
try:
    threads.spread(fork_in_a_job, 3)
except SystemExit as end:
    assert end.code == 7, end.code
else:
    raise AssertionError
together()
"""
    if not hasattr(os, "fork"):
        pytest.skip("no fork on this system")
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_blocks_of_an_array() -> None:
    x = numpy.arange(100_000, dtype="f4")
    out = numpy.empty_like(x)
    size = 1000

    def work(i: int) -> None:
        part = slice(i * size, (i + 1) * size)
        numpy.multiply(x[part], 2, out=out[part])

    threads.spread(work, len(x) // size)
    assert (out == x * 2).all()


# -- how many -----------------------------------------------------------------------------------


def test_the_number_stays_between_one_and_the_cores() -> None:
    cores = threads.cores()
    assert 1 <= cores <= (os.cpu_count() or 1)
    assert threads.set_number(10 * cores) == threads.number() == cores
    assert threads.set_number(1) == threads.number() == 1
    assert threads.set_number(-5) == 1
    threads.settings.limit = None
    assert threads.number() == cores


@pytest.mark.parametrize(
    ("asked", "limit"),
    [(None, None), ("", None), ("1", 1), ("0", None), ("-3", None), ("2,1", None)],
)
def test_the_environment_may_ask(asked: str | None, limit: int | None) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    if asked is not None:
        environment["OMP_NUM_THREADS"] = asked
    program = f"from tcalc.runtime.base import threads; assert threads.settings.limit == {limit}"
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)


def test_no_garbage_is_collected_while_another_thread_works() -> None:
    """It would run a program's code, and free what is nested deep, on that thread's small stack."""
    seen: list[bool] = []
    threads.spread(lambda i: seen.append(gc.isenabled()), 4)
    seen.append(detached.call("nothing", lambda: seen.append(gc.isenabled()) or gc.isenabled()))
    with pytest.raises(ValueError):
        detached.call("nothing", lambda: int("a"))
    assert gc.isenabled() and not any(seen)


def test_a_job_that_is_over_holds_nothing() -> None:
    """Also where a worker has not woken yet to see that it is over."""

    class Memory:
        pass

    held = Memory()
    seen = weakref.ref(held)
    job = threads._Job(lambda i, held=held: None, 2)
    job.take_part()
    job.wait()
    del held
    assert seen() is None


def test_a_task_is_done_by_another_thread() -> None:
    tasks = [threads.Task(threading.get_ident) for _ in range(3)]
    done = {task.result() for task in tasks} | {tasks[0].result()}
    assert threading.get_ident() not in done
    assert gc.isenabled()


def test_the_error_of_a_task_is_its_callers() -> None:
    def fail() -> None:
        raise MemoryError("none")

    task = threads.Task(fail)
    with pytest.raises(MemoryError, match="none"):
        task.result()
    assert gc.isenabled()
