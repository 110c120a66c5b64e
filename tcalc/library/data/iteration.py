"""Going through a loader once: batch by batch, and which worker makes which."""

from __future__ import annotations

from collections import deque
from itertools import cycle, repeat
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import StateError
from tcalc.library.data.collate import default_collate
from tcalc.library.data.dataset import IterableDataset
from tcalc.library.data.fetch import Rows, fetcher
from tcalc.library.data.sampler import drawn_seed
from tcalc.library.data.worker import Worker
from tcalc.runtime.base import memory, progress
from tcalc.runtime.base.modes import effect, interpreters, mode
from tcalc.runtime.base.threads import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.library.data.loader import DataLoader

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# What a worker's generator and its list of batches take, in bytes.
_WORKER = 1 << 15


def _indices(loader: DataLoader) -> Iterator[Any]:
    """What is asked of the data set for each batch: an index, or several."""
    if isinstance(loader.dataset, IterableDataset):  # any will do: they only say how many
        return repeat(None if loader.batch_size is None else range(loader.batch_size))
    return iter(loader.sampler if loader.batch_sampler is None else loader.batch_sampler)


class Batches:
    """The batches of a loader, each made when it is asked for."""

    # What PyTorch's profiles call it.
    _shown = "_SingleProcessDataLoaderIter"

    def __init__(self, loader: DataLoader) -> None:
        effect("DataLoader")
        self._loader = loader
        self._indices = _indices(loader)
        # PyTorch draws the seed of its workers also where there are none.
        self._base_seed = drawn_seed(loader.generator)
        self._task = _task(loader)
        self._begin()

    def _begin(self) -> None:
        if self._loader.timeout:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetch = fetcher(self._loader.dataset, *self._how())

    def _how(self) -> tuple[Any, ...]:
        loader = self._loader
        return loader.batch_sampler is not None, loader.collate_fn, loader.drop_last

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Any:
        effect("DataLoader")
        try:
            if interpreters.count and mode.interpreter is not None:
                with mode.interpreter.span(f"enumerate(DataLoader)#{self._shown}.__next__"):
                    batch = self._next()
            else:
                batch = self._next()
        except BaseException:  # the end, too
            self._task.end()
            raise
        self._task.advance()
        return batch

    def __del__(self) -> None:
        if hasattr(self, "_task"):
            self._task.end()

    def _next(self) -> Any:
        return self._fetch(next(self._indices))

    def __len__(self) -> int:
        return len(self._loader)


def _task(loader: DataLoader) -> progress.Task:
    """What shows how far a pass over a loader has come."""
    task = progress.begin("batches")
    if task is not progress.UNSHOWN:
        try:
            task.total = len(loader)
        except Exception:  # whatever a program's own says; the count is then not known
            task.total = None
    return task


class _Ahead(NamedTuple):
    """A batch that a thread gathers."""

    rows: Rows
    task: Task


class WorkersBatches(Batches):
    """The same made by workers in turn, who are told of indices some batches ahead."""

    _shown = "_MultiProcessingDataLoaderIter"

    def _begin(self) -> None:
        loader = self._loader
        count = loader.num_workers
        memory.check(count * _WORKER, f"{count} workers")
        self._workers = [
            Worker(number, count, self._base_seed, loader.dataset) for number in range(count)
        ]
        for worker in self._workers:
            worker.begin(loader.worker_init_fn, *self._how())
        self._plan()

    def restart(self) -> None:
        """Go through the loader again with the same workers."""
        effect("DataLoader")
        self._indices = _indices(self._loader)
        self._task = _task(self._loader)
        for worker in self._workers:
            worker.begin(None, *self._how())
        self._plan()

    def _plan(self) -> None:
        self._turns = cycle(self._workers)
        self._tasks: deque[tuple[Worker, Any, _Ahead | None]] = deque()
        for _ in range((self._loader.prefetch_factor or 0) * len(self._workers)):
            if not self._assign():
                break

    def _assign(self) -> bool:
        """Tell the next worker of the next indices; False where there are none."""
        try:
            indices = next(self._indices)
        except StopIteration:
            return False
        for _ in self._workers:
            worker = next(self._turns)
            if worker.active:
                self._tasks.append((worker, indices, self._ahead(worker, indices)))
                break
        return True

    def _ahead(self, worker: Worker, indices: Any) -> _Ahead | None:
        """Let a thread gather a batch by itself where that runs none of the program's code."""
        batched, collate, _ = self._how()
        rows = (
            Rows.of(worker.info.dataset, indices)
            if batched and collate is default_collate
            else None
        )
        return None if rows is None else _Ahead(rows, Task(rows.taken))

    def _next(self) -> Any:
        while self._tasks:
            worker, indices, ahead = self._tasks.popleft()
            if not worker.active:
                continue
            try:
                batch = self._made(worker, indices, ahead)
            except StopIteration:
                if not isinstance(self._loader.dataset, IterableDataset):
                    raise
                worker.active = False
                self._assign()
                continue
            except Exception:  # passed on, with the next batch told to its worker
                self._assign()
                raise
            self._assign()
            return batch
        raise StopIteration

    def _made(self, worker: Worker, indices: Any, ahead: _Ahead | None) -> Any:
        if ahead is not None and ahead.rows.are_current():
            return ahead.rows.batch(ahead.task.result())
        most = self._loader.timeout
        start = perf_counter() if most else 0.0
        with worker.working():
            batch = worker.fetch(indices)
        if most and perf_counter() - start > most:
            raise StateError(f"DataLoader timed out after {most} seconds")
        return batch


# Their text and what there is to say of them name them as PyTorch's.
Batches.__name__ = Batches.__qualname__ = "_SingleProcessDataLoaderIter"
WorkersBatches.__name__ = WorkersBatches.__qualname__ = "_MultiProcessingDataLoaderIter"
Batches.__module__ = WorkersBatches.__module__ = "torch.utils.data.dataloader"
