"""Tables of vectors as modules: Embedding and EmbeddingBag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import AssertionProblem
from tcalc.library.nn.arguments import layer, take, tensor
from tcalc.library.nn.module import Module
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.nn.embedding import embedding
from tcalc.runtime.ops.nn.embedding_bag import embedding_bag
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Device, DType


class _Table(Module):
    """What both have: a row for each number, drawn from normals of standard deviation 1."""

    _public_ = frozenset({"from_pretrained", "reset_parameters"})

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    max_norm: float | None

    def reset_parameters(self) -> None:
        """Draw the rows anew, 0 for that of padding_idx."""
        with no_grad():
            self.weight.normal_()
            if self.padding_idx is not None:
                self.weight[self.padding_idx].fill_(0)


def _hold(
    table: _Table, num_embeddings: int, embedding_dim: int, max_norm: float | None,
    norm_type: float, scale_grad_by_freq: bool, sparse: bool,
) -> None:  # fmt: skip
    """Keep the settings."""
    table.num_embeddings = take(table, "num_embeddings", num_embeddings, "int")
    table.embedding_dim = take(table, "embedding_dim", embedding_dim, "int")
    table.max_norm = None if max_norm is None else take(table, "max_norm", max_norm, "Scalar")
    table.norm_type = take(table, "norm_type", norm_type, "Scalar")
    table.scale_grad_by_freq = scale_grad_by_freq
    table.sparse = sparse


def _pad(table: _Table, padding_idx: int | None, message: str) -> None:
    """Keep the row that gets no gradient, from the front."""
    table.padding_idx = None
    if padding_idx is None:
        return
    row = take(table, "padding_idx", padding_idx, "int")
    if not -table.num_embeddings <= row < table.num_embeddings:
        raise AssertionProblem(message, argument="padding_idx")
    table.padding_idx = row % table.num_embeddings


def _fill(
    table: _Table, weight: Tensor | None, freeze: bool, device: Device | None, dtype: DType | None
) -> None:
    """Make the table, or keep the one that is given."""
    shape = (table.num_embeddings, table.embedding_dim)
    if weight is None:
        made = empty(shape, device=device, dtype=dtype)
        table.weight = Parameter(made, requires_grad=not freeze)
        table.reset_parameters()
        return
    if tuple(tensor(table, "_weight", weight).shape) != shape:
        raise AssertionProblem(
            "Shape of weight does not match num_embeddings and embedding_dim",
            argument="_weight",
        )
    table.weight = Parameter(weight, requires_grad=not freeze)


def _settings(table: _Table) -> list[str]:
    """The sizes, and the settings that are not the usual ones."""
    said = [f"{table.num_embeddings}, {table.embedding_dim}"]
    if table.max_norm is not None:
        said.append(f"max_norm={table.max_norm}")
    if table.norm_type != 2:
        said.append(f"norm_type={table.norm_type}")
    if table.scale_grad_by_freq is not False:
        said.append(f"scale_grad_by_freq={table.scale_grad_by_freq}")
    return said


def _sizes(embeddings: object) -> tuple[int, int]:
    if not isinstance(embeddings, Tensor) or embeddings.ndim != 2:
        raise AssertionProblem("Embeddings parameter is expected to be 2-dimensional",
                               argument="embeddings")  # fmt: skip
    rows, columns = embeddings.shape
    return rows, columns


@layer("sparse")
class Embedding(_Table):
    """A table of rows that are looked up by number, and learned.

    input: (*) of int64 or int32 → (*, embedding_dim). weight: (num_embeddings, embedding_dim), drawn
    from normals. padding_idx: a row of 0 that gets no gradient. max_norm: rows whose
    `norm_type`-norm is greater are scaled down to it when they are looked up. scale_grad_by_freq: a
    row's gradient is divided by how often it was looked up. sparse: a gradient is dense here all
    the same.

    >>> nn.Embedding(10, 3)(tensor([[1, 2], [4, 9]])).shape
    torch.Size([2, 2, 3])
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False, _weight: Tensor | None = None, _freeze: bool = False,
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        _hold(self, num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, sparse)
        _pad(self, padding_idx, "Padding_idx must be within num_embeddings")
        _fill(self, _weight, _freeze, device, dtype)

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:  # fmt: skip
        """One whose table is given: (rows, columns), and not learned if `freeze`."""
        rows, columns = _sizes(embeddings)
        return cls(
            num_embeddings=rows, embedding_dim=columns, _weight=embeddings, _freeze=freeze,
            padding_idx=padding_idx, max_norm=max_norm, norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq, sparse=sparse,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """The rows."""
        return embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.sparse,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the usual ones."""
        sizes, *said = _settings(self)
        padding = [] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]
        sparse = ["sparse=True"] if self.sparse is not False else []
        return ", ".join([sizes, *padding, *said, *sparse])


@layer("sparse")
class EmbeddingBag(_Table):
    """The mean, sum or greatest elements of bags of rows of a table that is learned.

    input: (bags, n), or (n) with offsets (bags): where each bag begins → (bags, embedding_dim).
    mode: "mean", "sum" or "max". include_last_offset: the last offset is where the last bag ends.
    padding_idx: a row that is passed over. Others as in Embedding.

    >>> nn.EmbeddingBag.from_pretrained(tensor([[1., 2.], [3., 4.]]))(tensor([[0, 1]]))
    tensor([[2., 3.]])
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
        sparse: bool = False, _weight: Tensor | None = None, include_last_offset: bool = False,
        padding_idx: int | None = None, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        _hold(self, num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, sparse)
        self.mode = mode
        self.include_last_offset = include_last_offset
        _pad(self, padding_idx, "padding_idx must be within num_embeddings")
        _fill(self, _weight, False, device, dtype)

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
        sparse: bool = False, include_last_offset: bool = False, padding_idx: int | None = None,
    ) -> EmbeddingBag:  # fmt: skip
        """One whose table is given: (rows, columns), and not learned if `freeze`."""
        rows, columns = _sizes(embeddings)
        made = cls(
            num_embeddings=rows, embedding_dim=columns, _weight=embeddings, max_norm=max_norm,
            norm_type=norm_type, scale_grad_by_freq=scale_grad_by_freq, mode=mode, sparse=sparse,
            include_last_offset=include_last_offset, padding_idx=padding_idx,
        )  # fmt: skip
        made.weight.requires_grad = not freeze
        return made

    def forward(
        self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None
    ) -> Tensor:
        """What becomes of each bag."""
        return embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the usual ones."""
        padding = [] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]
        return ", ".join([*_settings(self), f"mode={self.mode!r}", *padding])
