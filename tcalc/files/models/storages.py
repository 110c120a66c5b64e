"""Storages of a file become memory, and descriptions of tensors tensors on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import FileProblem, ShapeError, TcalcError
from tcalc.files.mapped import pages
from tcalc.files.models.described import Sparse
from tcalc.runtime.base import memory
from tcalc.runtime.types.dtypes import BY_NAME, is_floating

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from tcalc.files.models.archive import Member
    from tcalc.files.models.described import Laid, Stored
    from tcalc.runtime.tensor.tensor import Tensor

    Place = Callable[[Tensor, str], Tensor]

_PIECE = 1 << 24


class Source(NamedTuple):
    """Where the bytes of storages are: an open file, and for each key which part of it."""

    file: BinaryIO
    parts: Mapping[str, Member]
    name: str


def itemsize(dtype: str | None) -> int:
    """Bytes in an element of a storage."""
    return 1 if dtype is None else BY_NAME[dtype].itemsize


def check(laid: Laid, source: Source) -> None:
    """Hold what is said of a tensor against the file, before a byte of it is read."""
    if laid.requires_grad and not is_floating(BY_NAME[laid.dtype]):
        raise FileProblem(f"{source.name}: a tensor of {laid.dtype} has no gradients", argument="f")
    stored = laid.storage
    if stored is None:
        return
    part = source.parts.get(stored.key)
    nbytes = stored.length * itemsize(stored.dtype)
    if part is None or part.size != nbytes:
        held = "is not in it" if part is None else f"has {part.size}"
        raise FileProblem(
            f"{source.name}: storage {stored.key!r} of {nbytes} bytes {held}", argument="f"
        )
    if 0 in laid.size:
        return
    end = laid.offset + sum((n - 1) * s for n, s in zip(laid.size, laid.stride)) + 1
    if end * itemsize(laid.dtype) > nbytes:
        raise FileProblem(
            f"{source.name}: a tensor of sizes {list(laid.size)}, strides {list(laid.stride)} and "
            f"offset {laid.offset} lies outside its storage of {nbytes} bytes",
            argument="f",
        )


class Memory:
    """Makes tensors; those on one storage share memory. place: where a storage goes, by where it
    was. mapped: whether the file's pages are shown, each copied when it is written to."""

    def __init__(self, source: Source, place: Place, mapped: bool) -> None:
        self._source = source
        self._place = place
        self._map = pages(source.file, source.name) if mapped else None
        self._bases: dict[str, Tensor] = {}

    def tensor(self, laid: Laid | Sparse) -> Any:
        """The tensor of a description."""
        from tcalc.runtime.autograd.grad_mode import no_grad
        from tcalc.runtime.tensor.tensor import Parameter

        with no_grad():
            made = self._sparse(laid) if isinstance(laid, Sparse) else self._of_elements(laid)
        if laid.is_parameter:
            return Parameter(made, laid.requires_grad)
        if laid.requires_grad:
            made._require_grad(True)
        return made

    def _of_elements(self, laid: Laid) -> Tensor:
        made = self._shown(laid)
        if laid.conjugated:
            made = made.conj().clone()
        return -made if laid.negated else made

    def _sparse(self, described: Sparse) -> Tensor:
        """The sparse tensor of a description, whose indices are checked."""
        from tcalc.runtime.base.registry import lookup

        parts = [self._of_elements(part) for part in described.parts]
        extra = {"is_coalesced": described.coalesced} if len(parts) == 2 else {}
        try:
            make = lookup(described.layout + "_tensor")
            found: Tensor = make(*parts, described.size, **extra)
        except TcalcError as error:
            raise FileProblem(f"{self._source.name}: {error}", argument="f") from None
        return found

    def _shown(self, laid: Laid) -> Tensor:
        """The tensor on its storage, outside the graph."""
        from tcalc.runtime.arrays.strides import strided
        from tcalc.runtime.ops.create.constant import empty
        from tcalc.runtime.tensor.tensor import wrap

        check(laid, self._source)
        dtype = BY_NAME[laid.dtype]
        if laid.storage is None:
            without: Tensor = empty(laid.size, dtype=dtype, device="meta")
            return without
        base = self._base(laid.storage)
        array = base._a
        if dtype.numpy != array.dtype:
            array = array[: array.nbytes // dtype.itemsize * dtype.itemsize].view(dtype.numpy)
        steps = [s * dtype.itemsize for s in laid.stride]
        try:
            shown = strided(array[laid.offset :], laid.size, steps)
        except (ShapeError, ValueError) as error:  # more than NumPy can count
            raise FileProblem(f"{self._source.name}: {error}", argument="f") from None
        made = wrap(shown)
        made._s = base.shared()
        return made

    def _base(self, stored: Stored) -> Tensor:
        """A storage as a tensor of one dim, read when it is first needed."""
        found = self._bases.get(stored.key)
        if found is None:
            from tcalc.runtime.tensor.tensor import wrap

            part = self._source.parts[stored.key]
            array = self._read(part)
            if stored.dtype is not None:
                dtype = BY_NAME[stored.dtype]
                if dtype is BY_NAME["bool"] and (array > 1).any():
                    array[...] = array != 0  # else there would be bools that are both
                array = array.view(dtype.numpy)
                if not array.flags.aligned:  # in the file, whose pages it is on
                    array = array.copy()
            found = self._bases[stored.key] = self._place(wrap(array), stored.location)
        return found

    def _read(self, part: Member) -> Any:
        import numpy as np

        if self._map is not None and part.size:
            return np.frombuffer(self._map, np.uint8, part.size, part.start)
        memory.check(part.size, self._source.name)
        array = np.empty(part.size, np.uint8)
        file = self._source.file
        file.seek(part.start)
        left = memoryview(array) if part.size else memoryview(b"")  # type: ignore[arg-type]  # 3.11 has no Buffer
        while left:
            got = file.readinto(left[:_PIECE])  # type: ignore[attr-defined]  # BinaryIO lacks it
            if not got:
                raise FileProblem(f"{self._source.name} ends {len(left)} bytes early", argument="f")
            left = left[got:]
        return array
