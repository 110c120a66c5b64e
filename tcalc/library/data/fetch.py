"""From indices to a batch of a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.library.data.collate import default_collate
from tcalc.library.data.dataset import IterableDataset, Subset, TensorDataset, samples
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def fetcher(
    dataset: Any, batched: bool, collate: Callable[[Any], Any], drop_last: bool
) -> Callable[[Any], Any]:
    """What gives the samples at an index, or with `batched` a batch of those at several."""
    if isinstance(dataset, IterableDataset):
        return _from_stream(iter(dataset), batched, collate, drop_last)
    if not batched:
        return lambda index: collate(dataset[index])
    if collate is not default_collate:
        return lambda indices: collate(samples(dataset, indices))

    def fetch(indices: Any) -> Any:
        found = Rows.of(dataset, indices)
        if found is not None:
            return found.batch(found.taken())
        made = _at_once(dataset, indices)
        return default_collate(samples(dataset, indices)) if made is None else made

    return fetch


def _at_once(dataset: Any, indices: Any) -> Any:
    """The batch that a data set of ours makes of its samples in one go; None where it does not."""
    kind = type(dataset)
    if kind is Subset and type(dataset.indices) is List:
        own = dataset.indices
        return _at_once(dataset.dataset, List([own[i] for i in indices]))
    make = getattr(kind, "_batch_", None)
    if make is None or is_users(kind) or not _are_whole(indices):
        return None
    return make(dataset, indices)


def _from_stream(
    stream: Iterator[Any], batched: bool, collate: Callable[[Any], Any], drop_last: bool
) -> Callable[[Any], Any]:
    """The same from what gives samples one after the other: the indices say how many."""
    if not batched:
        return lambda _: collate(next(stream))
    ended = False

    def fetch(indices: Any) -> Any:
        nonlocal ended
        batch: Any = List()
        while len(batch) < len(indices) and not ended:
            try:
                batch.append(next(stream))
            except StopIteration:
                ended = True
        if not batch or (drop_last and len(batch) < len(indices)):
            raise StopIteration
        return collate(batch)

    return fetch


class Rows:
    """The rows of a data set of tensors that make a batch, taken from each tensor at once."""

    __slots__ = ("_arrays", "_at", "_tensors", "_versions")

    def __init__(self, tensors: tuple[Tensor, ...], arrays: list[Any], at: Any) -> None:
        self._tensors = tensors
        self._arrays = arrays
        self._at = at
        self._versions = self._current()

    @classmethod
    def of(cls, dataset: Any, indices: Any) -> Rows | None:
        """Those at some indices; None where samples have to be made one by one: the data set is of
        another kind, gradients flow to it, or an index is out of range.
        """
        kind = type(dataset)
        if kind is Subset and type(dataset.indices) is List:
            own = dataset.indices
            return cls.of(dataset.dataset, List([own[i] for i in indices]))
        interpreter = mode.interpreter
        if kind is not TensorDataset or not (interpreter is None or interpreter.watches):
            return None
        tensors = dataset.tensors
        if type(tensors) is not tuple or not _are_whole(indices):
            return None
        least, most = min(indices), max(indices)
        arrays = []
        for t in tensors:
            if not isinstance(t, Tensor) or not t.is_cpu or t.requires_grad:
                return None
            array = t._a
            if not array.ndim or least < 0 or most >= len(array):
                return None
            memory.check(len(indices) * (array.nbytes // len(array)), "the batch")
            arrays.append(array)
        return cls(tensors, arrays, np.array(indices))

    def taken(self) -> list[Any]:
        """The arrays of the batch; any thread may take them."""
        return [array.take(self._at, 0) for array in self._arrays]

    def batch(self, taken: list[Any]) -> Any:
        """The batch, as default_collate makes it."""
        return List(map(wrap, taken))

    def are_current(self) -> bool:
        """Whether nobody has written to the tensors meanwhile."""
        return self._versions == self._current()

    def _current(self) -> list[int]:
        return [t.shared().version for t in self._tensors]


def _are_whole(indices: Any) -> bool:
    return type(indices) is List and set(map(type, indices)) == {int}
