"""Arrays that keep only some of their elements: the others are 0.

One stands in a tensor where its array would. What does not know of it, and asks it for memory or
elements, gets an error: nothing takes what it keeps for something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from tcalc.errors import LayoutError
from tcalc.runtime.arrays import backend
from tcalc.runtime.types.formats import layout, sparse_coo, sparse_csr
from tcalc.runtime.types.shaped import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from tcalc.runtime.base.op import Array


class NotThere(LayoutError, AttributeError):
    """What arrays have, and a sparse one has not."""


class Sparse(Standing):
    """An array of some layout other than strided.

    values: the elements that it keeps. layout, kind: what programs and messages call its layout.
    """

    __slots__ = ("shape", "values")
    layout: ClassVar[layout]
    kind: ClassVar[str]
    values: Array
    if TYPE_CHECKING:

        def indexed(self) -> dict[str, Array]: ...

    # How they are added up, set by what computes with them.
    sum_of: ClassVar[Callable[[Any, Any], Any]]

    @property
    def dtype(self) -> np.dtype:
        """The type of its elements."""
        return self.values.dtype

    @property
    def nbytes(self) -> int:
        """Bytes of what it keeps."""
        return int(self.values.nbytes + sum(a.nbytes for a in self.indexed().values()))

    @property
    def count(self) -> int:
        """How many elements, or slices of elements, it keeps."""
        return len(self.values)

    def refused(self, name: str = "") -> LayoutError:
        """The error that an op does not know of it."""
        return LayoutError.of(name, self.kind)

    def read(self) -> NoReturn:
        """An error: there is no such array."""
        raise self.refused()

    def __getattr__(self, name: str) -> NoReturn:
        raise NotThere.of(name, self.kind)

    def _closed(self, *args: object, **kwargs: object) -> NoReturn:
        raise self.refused()

    # NumPy leaves sums between one of its arrays and this to this.
    __array_ufunc__ = None
    __array__ = __array_function__ = _closed
    __len__ = __iter__ = __bool__ = __index__ = __int__ = __float__ = __getitem__ = _closed
    __setitem__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __neg__ = _closed
    __mod__ = __floordiv__ = __pow__ = __and__ = __or__ = __invert__ = __matmul__ = _closed
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _closed
    __hash__ = object.__hash__

    def __add__(self, other: Array) -> Array:
        """The sum with an array of its shape, sparse or not."""
        return type(self).sum_of(self, other)

    __radd__ = __add__


class Coo(Sparse):
    """The elements that it keeps with their indices; those of one place are added up.

    indices: (sparse dims, n) of int64, values: (n, *dense dims). coalesced: whether the indices are
    in order and each there once. rows: SciPy's form of a matrix, made when first asked for.
    """

    __slots__ = ("coalesced", "indices", "rows")
    layout = sparse_coo
    kind = "SparseCPU"
    indices: Array
    rows: Any

    def __init__(
        self, indices: Array, values: Array, shape: tuple[int, ...], coalesced: bool = False
    ) -> None:
        self.indices = indices
        self.values = values
        self.shape = shape
        self.coalesced = coalesced or len(values) < 2
        self.rows = None

    @property
    def sparse_dims(self) -> int:
        """How many dimensions, the first ones, have indices."""
        return len(self.indices)

    def indexed(self) -> dict[str, Array]:
        """Where its values are, by PyTorch's names."""
        return {"indices": self.indices}

    def like(self, values: Array) -> Coo:
        """Other values at the same places."""
        return Coo(self.indices, values, self.shape, self.coalesced)

    def copy(self) -> Coo:
        """The same in memory of its own; indices are never written to."""
        return self.like(self.values.copy())


class Csr(Sparse):
    """A matrix by its rows: row i keeps the values from starts[i] on up to starts[i + 1].

    starts: (rows + 1), columns: (n), both of int64 or int32, values: (n).
    """

    __slots__ = ("columns", "rows", "starts")
    layout = sparse_csr
    kind = "SparseCsrCPU"
    starts: Array
    columns: Array
    rows: Any

    def __init__(
        self, starts: Array, columns: Array, values: Array, shape: tuple[int, ...]
    ) -> None:
        self.starts = starts
        self.columns = columns
        self.values = values
        self.shape = shape
        self.rows = None

    def indexed(self) -> dict[str, Array]:
        """Where its values are, by PyTorch's names."""
        return {"crow_indices": self.starts, "col_indices": self.columns}

    def like(self, values: Array) -> Csr:
        """Other values at the same places."""
        return Csr(self.starts, self.columns, values, self.shape)

    def copy(self) -> Csr:
        """The same in memory of its own; indices are never written to."""
        return self.like(self.values.copy())


class _Standing(backend.Backend):
    """Where sparse arrays are: in the CPU's memory, but no array module works on them."""

    kind = "sparse"

    def module(self) -> NoReturn:
        """There is no array module that works on them."""
        raise LayoutError.of("", Coo.kind)


backend.register(_Standing(), Coo, Csr)
