"""What a program gives to be shown, as arrays and exact numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError
from tcalc.runtime.arrays import backend
from tcalc.runtime.base import kinds
from tcalc.runtime.tensor.nested import tensor_of
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import KNOWN
from tcalc.runtime.types.devices import CPU

if TYPE_CHECKING:
    from numpy.typing import NDArray

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_NUMBERS = (int, float, bool, complex)


def array_of(value: object) -> NDArray[Any]:
    """The numbers of a tensor, an array, a list or a number; bfloat16 becomes float16."""
    if type(value) is np.ndarray and value.dtype.char in KNOWN:
        return value
    if type(value) in _NUMBERS or isinstance(value, np.generic):
        return np.array([value])
    if isinstance(value, (list, tuple)):
        value = tensor_of(value)
    if not isinstance(value, Tensor):
        raise DtypeError(
            f"Got {type(value)}, but numpy array or torch tensor are expected.",
            hint="torch.tensor(values) makes a tensor of a list",
        )
    array: NDArray[Any] = backend.to_device(value.detach()._a, CPU)
    return array.astype(np.float16) if value.dtype.module else array


def take(function: str, name: str, value: object, *accepted: str) -> Any:
    """An argument of a method of SummaryWriter as one of the kinds that it takes."""
    return kinds.take(function, name, accepted, value)
