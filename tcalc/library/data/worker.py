"""Workers of a loader: each with its own copy of the data set and its own random numbers.

PyTorch's are processes. Here a worker's steps are done by whoever asks for its batch, in the order
of the batches: a program's code runs in the main thread alone, whose stack and whose interruptions
the interpreter counts on. Threads gather the rows of data sets of tensors ahead, which runs none of
it. What a worker draws comes from a generator that is seeded as PyTorch
seeds the worker's, so that the batches are the same.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tcalc.library.data.dataset import Dataset
from tcalc.library.data.fetch import fetcher
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.texts import repr_of
from tcalc.runtime.ops.random.generator import Generator, default_generator
from tcalc.runtime.ops.random.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class WorkerInfo:
    """What a worker knows of itself: its number, how many there are, its seed and its data set."""

    __slots__ = ("dataset", "id", "num_workers", "seed")
    _public_ = frozenset(__slots__)
    _known_as_ = "torch.utils.data._utils.worker.WorkerInfo"

    def __init__(self, id: int, num_workers: int, seed: int, dataset: Any) -> None:
        self.id = id
        self.num_workers = num_workers
        self.seed = seed
        self.dataset = dataset

    def __repr__(self) -> str:
        return (
            f"WorkerInfo(id={self.id}, num_workers={self.num_workers}, seed={self.seed}, "
            f"dataset={repr_of(self.dataset)})"
        )


# The worker whose steps are being done, the innermost last.
_working: list[WorkerInfo] = []


def get_worker_info() -> WorkerInfo | None:
    """What a loader's worker knows of itself (id, num_workers, seed, dataset); elsewhere None.

    >>> from torch.utils.data import get_worker_info
    >>> get_worker_info() is None
    True
    """
    return _working[-1] if _working else None


class Worker:
    """One worker: `with working():` steps are its own."""

    def __init__(self, number: int, count: int, base_seed: int, dataset: Any) -> None:
        seed = base_seed + number
        self.info = WorkerInfo(number, count, seed, _copied(dataset))
        self._generator = Generator().manual_seed(seed)
        self._base_seed = base_seed
        # Of each of the other sources, where this worker has come to in it.
        self._states: list[Any] = []
        self.fetch: Callable[[Any], Any]
        self.active = True

    def begin(self, prepare: Callable[[int], object] | None, *how: Any) -> None:
        """Begin to go through the data set. prepare: called with the number, or None. how: what
        `fetcher` takes beside the data set."""
        with self.working():
            if prepare is not None:
                prepare(self.info.id)
            self.fetch = fetcher(self.info.dataset, *how)
        self.active = True

    @contextmanager
    def working(self) -> Iterator[None]:
        """Inside, random numbers are this worker's, and `get_worker_info` tells of it."""
        shared = default_generator()
        shared.exchange(self._generator)
        before = [source.state() for source in SOURCES]
        for source, state in zip(SOURCES, self._states):
            source.restore(state)
        for source in SOURCES[len(self._states) :]:
            source.seed(self._base_seed, self.info.id)
        _working.append(self.info)
        try:
            yield
        finally:
            _working.pop()
            self._states = [source.state() for source in SOURCES[: len(before)]]
            for source, state in zip(SOURCES, before):
                source.restore(state)
            shared.exchange(self._generator)


def _copied(dataset: Any) -> Any:
    """Another object of a program's with the same attributes: what a worker assigns is its own."""
    kind: Any = type(dataset)
    if not (isinstance(dataset, Dataset) or is_users(kind)) or not hasattr(dataset, "__dict__"):
        return dataset
    made = kind.__new__(kind)
    made.__dict__.update(dataset.__dict__)
    return made


export(
    "torch.utils.data.get_worker_info",
    "torch.utils.data.dataloader.get_worker_info",
    value=get_worker_info,
)
