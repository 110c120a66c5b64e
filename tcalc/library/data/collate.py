"""Samples become a batch: numbers and tensors are stacked, containers of them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, StateError
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import repr_of
from tcalc.runtime.ops.create.creation import as_tensor, tensor
from tcalc.runtime.ops.shape.joining import stack
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import KNOWN
from tcalc.runtime.types.dtypes import float64

if TYPE_CHECKING:
    from collections.abc import Callable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_SEQUENCES = (list, tuple, range)


def default_collate(batch: Any) -> Any:
    """One batch of a list of samples, in tensors with a dimension for the batch in front.

    Tensors and arrays are stacked, ints become int64 and floats float64; of dicts, lists and tuples
    each member is taken together (a tuple becomes a list), text stays a list.

    >>> from torch.utils.data import default_collate
    >>> default_collate([(1, 0.5), (2, 1.5)])
    [tensor([1, 2]), tensor([0.5000, 1.5000], dtype=torch.float64)]
    >>> default_collate([{"a": tensor([1, 2])}, {"a": tensor([3, 4])}])
    {'a': tensor([[1, 2],
            [3, 4]])}
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch, 0)
    if isinstance(first, np.ndarray):
        if first.dtype.char not in KNOWN:
            raise _nothing_to_stack(str(first.dtype))
        return stack([as_tensor(array) for array in batch], 0)
    if isinstance(first, np.generic):
        return as_tensor(batch)
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, str):
        return batch
    if isinstance(first, dict):
        return _filled(first, lambda key: default_collate(List([sample[key] for sample in batch])))
    if not isinstance(first, _SEQUENCES):
        raise _nothing_to_stack(repr_of(type(first)))
    kind: Any = type(first)
    if hasattr(kind, "_fields"):
        return kind(*[default_collate(members) for members in zip(*batch)])
    size = len(first)
    if any(len(sample) != size for sample in batch):
        raise StateError("each element in list of batch should be of equal size")
    return List([default_collate(members) for members in zip(*batch)])


def default_convert(data: Any) -> Any:
    """A sample with its NumPy arrays and numbers as tensors, and everything else as it is.

    >>> from torch.utils.data import default_convert
    >>> default_convert({"a": np.array([1, 2]), "b": 3})
    {'a': tensor([1, 2]), 'b': 3}
    """
    if isinstance(data, (np.ndarray, np.generic)):
        return as_tensor(data) if data.dtype.char in KNOWN else data
    if isinstance(data, dict):
        return _filled(data, lambda key: default_convert(data[key]))
    if isinstance(data, _SEQUENCES):
        kind: Any = type(data)
        made = [default_convert(member) for member in data]
        return kind(*made) if hasattr(kind, "_fields") else List(made)
    return data


def _filled(like: dict[Any, Any], member: Callable[[Any], Any]) -> Any:
    """A dict of the same kind and keys with other values."""
    made = like.copy()
    made.update({key: member(key) for key in like})
    return made


def _nothing_to_stack(kind: str) -> ArgumentError:
    return ArgumentError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found "
        f"{kind}",
        hint="collate_fn= says how such samples become a batch",
    )


export(
    "torch.utils.data.default_collate",
    "torch.utils.data.dataloader.default_collate",
    value=default_collate,
)
export(
    "torch.utils.data.default_convert",
    "torch.utils.data.dataloader.default_convert",
    value=default_convert,
)
