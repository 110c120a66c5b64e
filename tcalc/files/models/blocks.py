"""The elements of a model's tensors, a block at a time: on the file's own pages where it has some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.files.formats import Entry
from tcalc.files.held import Held, One, pieces
from tcalc.files.mapped import has_pages
from tcalc.files.models.described import Laid, Sparse
from tcalc.files.models.storages import Memory, check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcalc.files.models.storages import Source


def of_tensors(named: Iterable[tuple[str, Laid | Sparse]], source: Source) -> list[Held]:
    """Tensors that are described, by name; of sparse ones the elements that they have."""
    return [_one(name, described, source) for name, described in named]


def _one(name: str, described: Laid | Sparse, source: Source) -> Held:
    laid = described.parts[-1] if isinstance(described, Sparse) else described
    check(laid, source)

    def blocks() -> Iterator[Any]:
        if laid.storage is None:  # it has no elements
            return iter(())
        bare = laid._replace(requires_grad=False, is_parameter=False)
        # What was read of one tensor is let go before the next.
        memory = Memory(source, lambda tensor, _: tensor, has_pages(source.file))
        return pieces(memory.tensor(bare).array)

    return One(Entry(name, described.dtype, described.size), blocks)
