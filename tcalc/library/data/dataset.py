"""Data sets: of tensors, of others, and what programs derive their own from."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from tcalc.errors import NotDefined
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torch.utils.data.dataset"


def _exported(name: str) -> Any:
    """Makes a class known by its name here and where PyTorch defines it."""
    return export(f"torch.utils.data.{name}", f"{_HOME}.{name}", home=_HOME)


@export("torch.utils.data.Dataset", f"{_HOME}.Dataset", "torch.utils.data.dataloader.Dataset",
        home=_HOME)  # fmt: skip
class Dataset:
    """The base of data sets that give a sample for an index.

    A program's own has `__getitem__(index)` and, for most samplers, `__len__()`. With
    `__getitems__(indices)`, which gives a list of samples, a loader asks for a batch at once.

    >>> from torch.utils.data import DataLoader, Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self): return 3
    ...     def __getitem__(self, i): return i * i
    >>> [x for x in DataLoader(Squares(), batch_size=3)]
    [tensor([0, 1, 4])]
    """

    _open_ = True
    _public_: frozenset[str] = frozenset()

    def __class_getitem__(cls, item: object) -> type:
        return cls  # what the samples are is for annotations alone

    def __getitem__(self, index: Any) -> Any:
        raise NotDefined("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])


@export("torch.utils.data.IterableDataset", f"{_HOME}.IterableDataset",
        "torch.utils.data.dataloader.IterableDataset", home=_HOME)  # fmt: skip
class IterableDataset(Dataset):
    """The base of data sets that are gone through from the beginning.

    A program's own has `__iter__()`. Each worker of a loader goes through a copy of its own:
    `get_worker_info()` tells them apart.

    >>> from torch.utils.data import DataLoader, IterableDataset
    >>> class Up(IterableDataset):
    ...     def __iter__(self): return iter(range(3))
    >>> list(DataLoader(Up(), batch_size=2))
    [tensor([0, 1]), tensor([2])]
    """

    def __add__(self, other: Any) -> ChainDataset:  # type: ignore[override]  # as PyTorch's
        return ChainDataset([self, other])

    def __iter__(self) -> Iterator[Any]:
        raise NotDefined("Subclasses of IterableDataset should implement __iter__.")


@_exported("TensorDataset")
class TensorDataset(Dataset):
    """The rows of tensors, taken together: sample i is the tuple of their rows i.

    tensors: all of the same size in their first dimension. AssertionError where they are not.

    >>> from torch.utils.data import TensorDataset
    >>> TensorDataset(arange(4), ones(4, 2))[1]
    (tensor(1), tensor([1., 1.]))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> Any:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return self.tensors[0].size(0)


@_exported("StackDataset")
class StackDataset(Dataset):
    """Data sets of one length side by side: a sample is a tuple, or for keywords a dict, of theirs.

    ValueError where the lengths differ, none is given, or both ways are used.

    >>> from torch.utils.data import StackDataset
    >>> StackDataset(x=[1, 2], y=[3, 4])[0]
    {'x': 1, 'y': 3}
    """

    _public_ = frozenset({"__getitems__"})

    datasets: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or"
                "``dict``- (via ``kwargs``) like input/output, but both types are given."
            )
        given = args or tuple(kwargs.values())
        if not given:
            raise ValueError("At least one dataset should be passed")
        if any(len(given[0]) != len(dataset) for dataset in given):
            raise ValueError("Size mismatch between datasets")
        self.datasets = args or kwargs

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple([dataset[index] for dataset in self.datasets])

    def __getitems__(self, indices: Any) -> Any:
        named = isinstance(self.datasets, dict)
        columns = [
            _column(dataset, indices)
            for dataset in (self.datasets.values() if named else self.datasets)
        ]
        rows = zip(*columns)
        return List([dict(zip(self.datasets, row)) for row in rows] if named else rows)

    def __len__(self) -> int:
        return len(next(iter(self.datasets.values())) if isinstance(self.datasets, dict)
                   else self.datasets[0])  # fmt: skip


def _column(dataset: Any, indices: Any) -> Any:
    """The samples of one data set at some indices."""
    items = samples(dataset, indices)
    if len(items) != len(indices):
        raise ValueError(
            f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(items)}"
        )
    return items


def samples(dataset: Any, indices: Any) -> Any:
    """The samples at some indices, in one call where the data set has one for that."""
    several = getattr(dataset, "__getitems__", None)
    if callable(several):
        return several(indices)
    return List([dataset[index] for index in indices])


@_exported("ConcatDataset")
class ConcatDataset(Dataset):
    """Data sets one after the other, as one. AssertionError where there is none.

    >>> from torch.utils.data import ConcatDataset
    >>> ConcatDataset([[1, 2], [3]])[2]
    3
    """

    _public_ = frozenset({"cumsum"})

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = List(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        for dataset in self.datasets:
            if isinstance(dataset, IterableDataset):
                raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence: Any) -> Any:
        """The lengths added up."""
        found, total = List(), 0
        for one in sequence:
            total += len(one)
            found.append(total)
        return found

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: Any) -> Any:
        if idx < 0:
            if -idx > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            idx = len(self) + idx
        at = bisect_right(self.cumulative_sizes, idx)
        return self.datasets[at][idx - self.cumulative_sizes[at - 1] if at else idx]


@_exported("ChainDataset")
class ChainDataset(IterableDataset):
    """Iterable data sets one after the other, each begun when the one before has ended."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.datasets:
            _need_iterable(dataset)
            yield from dataset

    def __len__(self) -> int:
        total = 0
        for dataset in self.datasets:
            _need_iterable(dataset)
            total += len(dataset)
        return total


def _need_iterable(dataset: Any) -> None:
    if not isinstance(dataset, IterableDataset):
        raise AssertionError("ChainDataset only supports IterableDataset")


@_exported("Subset")
class Subset(Dataset):
    """The samples of a data set at some indices, in their order.

    >>> from torch.utils.data import Subset
    >>> list(Subset([10, 20, 30], [2, 0]))
    [30, 10]
    """

    _public_ = frozenset({"__getitems__"})

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices: Any = indices
        kind = type(self)
        if kind.__getitem__ is not Subset.__getitem__ and kind.__getitems__ is Subset.__getitems__:
            raise NotDefined(
                f"{kind.__name__} overrides __getitem__ but not __getitems__. When subclassing "
                "Subset and overriding __getitem__, you must also override __getitems__ to ensure "
                "DataLoader works correctly with your custom logic. A simple implementation:\n\n"
                "def __getitems__(self, indices):\n"
                "    return [self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, list):
            return self.dataset[List([self.indices[i] for i in idx])]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices: Any) -> Any:
        return samples(self.dataset, List([self.indices[index] for index in indices]))

    def __len__(self) -> int:
        return len(self.indices)
