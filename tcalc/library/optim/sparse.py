"""Steps by sparse gradients: they touch the rows that have one, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.arrays.sparse import kernels
from tcalc.runtime.base.modes import effect
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.lazy.hazards import before_write

if TYPE_CHECKING:
    from tcalc.library.optim.groups import Group
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


def numbers_of(group: Group, *names: str) -> dict[str, Any]:
    """Settings of a group as plain numbers."""
    effect("step")  # a plan would not look at them again
    return {
        name: value.item() if hasattr(value, "_d") else value
        for name in names
        for value in [group[name]]
    }


class Rows:
    """The rows, or elements, that a sparse gradient has: where they are, and their values."""

    __slots__ = ("at", "values")

    def __init__(self, g: Tensor, flip: bool = False) -> None:
        a = kernels.coalesced(g._d)
        self.at = tuple(a.indices)
        self.values = -a.values if flip else a.values

    def of(self, tensor: Tensor) -> Array:
        """The same rows of a parameter, or of what is kept for it."""
        array: Array = tensor._a[self.at]
        return array

    def write(self, tensor: Tensor, values: Array) -> None:
        """Write these rows, and count the write."""
        array = tensor._a
        before_write(array)
        array[self.at] = values
        tensor.shared().version += 1


def add_to(target: Tensor, g: Tensor, factor: float) -> None:
    """target += factor * g, in place, where both are dense or sparse as they like."""
    if is_sparse(g) and not is_sparse(target):
        rows = Rows(g)
        rows.write(target, rows.of(target) + rows.values * factor)
    else:
        target.add_(g, alpha=factor)
