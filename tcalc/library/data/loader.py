"""DataLoader: a data set in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.data.collate import default_collate, default_convert
from tcalc.library.data.dataset import IterableDataset
from tcalc.library.data.iteration import Batches, WorkersBatches
from tcalc.library.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.texts import repr_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcalc.runtime.ops.random.generator import Generator

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torch.utils.data.dataloader"
# What a loader is made of, which cannot be changed afterwards.
_FIXED = frozenset(
    {"batch_sampler", "batch_size", "dataset", "drop_last", "persistent_workers", "sampler"}
)
_START_METHODS = ("fork", "spawn", "forkserver")


class _Unending(Sampler):
    """Of a data set that is only gone through, no index is asked."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


@export("torch.utils.data.DataLoader", f"{_HOME}.DataLoader", home=_HOME)
class DataLoader:
    """Goes through a data set in batches, each made of samples by `collate_fn`.

    dataset: anything with `__getitem__` and `__len__`, or an IterableDataset. batch_size: None for
    single samples. shuffle: in random order, another each time. sampler, batch_sampler: what gives
    the indices, or lists of them. drop_last: leaves out a shorter batch at the end. num_workers:
    how many workers' random numbers the batches are made with, in turn; a program's own code runs
    when a batch is asked for, and threads gather rows of tensors ahead. generator: what the order and the workers' seeds are drawn from.
    ValueError where options contradict each other.

    >>> from torch.utils.data import DataLoader, TensorDataset
    >>> data = TensorDataset(arange(5), arange(5) ** 2)
    >>> for x, y in DataLoader(data, batch_size=3): print(x, y)
    tensor([0, 1, 2]) tensor([0, 1, 4])
    tensor([3, 4]) tensor([ 9, 16])
    """

    _open_ = True
    _public_ = frozenset({"check_worker_number_rationality"})
    __initialized = False

    batch_size: int | None
    sampler: Iterable[Any]
    batch_sampler: Iterable[Any] | None

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], object] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        num_workers = kinds.take("DataLoader", "num_workers", ("int",), num_workers)
        seconds = kinds.take("DataLoader", "timeout", ("float",), timeout)
        self.prefetch_factor = _ahead(num_workers, seconds, prefetch_factor, persistent_workers)
        _check_context(multiprocessing_context, num_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        if isinstance(dataset, IterableDataset):
            _need_none(shuffle, sampler, batch_sampler)
        shuffle = bool(shuffle)
        if sampler is not None and shuffle:
            raise ValueProblem("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueProblem(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            raise ValueProblem(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if sampler is None:
            if isinstance(dataset, IterableDataset):
                sampler = _Unending()
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        self.__initialized = True
        self._iterator: WorkersBatches | None = None

    def __class_getitem__(cls, item: object) -> type:
        return cls

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__initialized and name in _FIXED:
            raise ValueProblem(
                f"{name} attribute should not be set after {type(self).__name__} is initialized"
            )
        object.__setattr__(self, name, value)

    def __iter__(self) -> Iterator[Any]:
        if not self.num_workers:
            return Batches(self)
        if not self.persistent_workers:
            return WorkersBatches(self)
        if not isinstance(self._iterator, WorkersBatches):
            self._iterator = WorkersBatches(self)
        else:
            self._iterator.restart()
        return self._iterator

    def __len__(self) -> int:
        if not isinstance(self.dataset, IterableDataset):
            batches = self.sampler if self.batch_sampler is None else self.batch_sampler
            return len(batches)  # type: ignore[arg-type]  # a sampler may have no length
        count = len(self.dataset)  # type: ignore[arg-type]  # nor need such a data set
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Nothing to check: workers are no processes here."""


def _ahead(workers: int, timeout: float, factor: Any, persistent: object) -> int | None:
    """How many batches each worker is told of in advance, None without workers."""
    if workers < 0:
        raise ValueProblem(
            "num_workers option should be non-negative; use num_workers=0 to disable "
            "multiprocessing.",
            argument="num_workers",
        )
    if timeout < 0:
        raise ValueProblem("timeout option should be non-negative", argument="timeout")
    if not workers and factor is not None:
        raise ValueProblem(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 "
            "to enable multiprocessing, otherwise set prefetch_factor to None.",
            argument="prefetch_factor",
        )
    if persistent and not workers:
        raise ValueProblem(
            "persistent_workers option needs num_workers > 0", argument="persistent_workers"
        )
    if not workers:
        return None
    ahead: int = (
        2 if factor is None else kinds.take("DataLoader", "prefetch_factor", ("int",), factor)
    )
    if ahead < 0:
        raise ValueProblem(
            "prefetch_factor option should be non-negative", argument="prefetch_factor"
        )
    return ahead


def _check_context(context: Any, workers: int) -> None:
    """Which way processes would be started is a name here, and of no consequence."""
    if context is None:
        return
    if not workers:
        raise ValueProblem(
            "multiprocessing_context can only be used with multi-process loading (num_workers > "
            f"0), but got num_workers={workers}",
            argument="multiprocessing_context",
        )
    if type(context) is not str:
        raise ArgumentError(
            "multiprocessing_context option should be a valid context object or a string "
            f"specifying the start method, but got multiprocessing_context={repr_of(context)}",
            argument="multiprocessing_context",
        )
    if context not in _START_METHODS:
        raise ValueProblem(
            f"multiprocessing_context option should specify a valid start method in "
            f"{list(_START_METHODS)!r}, but got multiprocessing_context={context!r}",
            argument="multiprocessing_context",
        )


def _need_none(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    """A data set that is only gone through has no order to choose."""
    wrong = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in wrong.items():
        if value is not None:
            raise ValueProblem(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got "
                f"{name}={repr_of(value)}",
                argument=name,
            )
