"""Sequences of several lengths as recurrent layers take them: padded, or packed without padding."""

from __future__ import annotations

import itertools
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NoReturn

from tcalc.errors import ArgumentError, ShapeError, StateError, ValueProblem
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.creation import as_tensor
from tcalc.runtime.ops.create.creation import tensor as made
from tcalc.runtime.ops.create.ranges import arange
from tcalc.runtime.ops.nn.recurrent.packing import pack, pad, unpack
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@export("torch.nn.utils.rnn.PackedSequence", home="torch.nn.utils.rnn")
class PackedSequence(tuple[Any, ...]):
    """The elements of sequences of several lengths without padding, those of one time together.

    data: (elements, *), those of the first time, of the second and so on, longer sequences first.
    batch_sizes: how many sequences there are at each time. sorted_indices, unsorted_indices: where
    the sequences come from, and where they belong, if they were not in order.

    >>> nn.utils.rnn.pack_sequence([tensor([1, 2]), tensor([3])])
    PackedSequence(data=tensor([1, 3, 2]), batch_sizes=tensor([2, 1]), sorted_indices=None, unsorted_indices=None)
    """

    __slots__ = ()
    _fields = ("data", "batch_sizes", "sorted_indices", "unsorted_indices")
    _public_ = frozenset(
        {
            *_fields, "_asdict", "_fields", "_replace", "bfloat16", "byte", "char", "count", "cpu",
            "cuda", "double", "float", "half", "index", "int", "is_cuda", "is_pinned", "long",
            "pin_memory", "short", "to",
        }
    )  # fmt: skip

    data: Tensor = property(itemgetter(0))  # type: ignore[assignment]  # read as an attribute
    batch_sizes: Tensor = property(itemgetter(1))  # type: ignore[assignment]  # as above
    sorted_indices: Tensor | None = property(itemgetter(2))  # type: ignore[assignment]  # as above
    unsorted_indices: Tensor | None = property(itemgetter(3))  # type: ignore[assignment]  # as above

    def __new__(
        cls, data: Any, batch_sizes: Tensor | None = None, sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:  # fmt: skip
        """From the four parts; without `batch_sizes` from a pair of data and sizes."""
        if batch_sizes is None:
            if type(data) not in (list, tuple) or len(data) != 2:
                raise ArgumentError("Expected data to be a list or tuple of length 2",
                                    argument="data")  # fmt: skip
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        for name, t in zip(cls._fields, (data, batch_sizes, sorted_indices, unsorted_indices)):
            if not isinstance(t, Tensor) and (t is not None or name in cls._fields[:2]):
                raise ArgumentError(f"PackedSequence: {name} must be Tensor, not "
                                    f"{type(t).__name__}", argument=name)  # fmt: skip
        return tuple.__new__(cls, (data, batch_sizes, sorted_indices, unsorted_indices))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={v!r}" for name, v in zip(self._fields, self))
        return f"PackedSequence({shown})"

    def _asdict(self) -> dict[str, Tensor | None]:
        """The parts by name."""
        return dict(zip(self._fields, self))

    def _replace(self, **parts: Tensor | None) -> PackedSequence:
        """The same with other parts."""
        unknown = [name for name in parts if name not in self._fields]
        if unknown:
            raise ValueProblem(f"Got unexpected field names: {unknown}")
        return PackedSequence(**{**self._asdict(), **parts})

    def _with(self, data: Tensor) -> PackedSequence:
        """The same sequences with other elements."""
        if data is self.data:
            return self
        places = [None if t is None else t.to(data.device) for t in self[2:]]
        return PackedSequence(data, self.batch_sizes, *places)

    def to(self, *args: object, **kwargs: object) -> PackedSequence:
        """The elements in another dtype or on another device; itself where nothing changes."""
        return self._with(self.data.to(*args, **kwargs))

    def cpu(self, *args: object, **kwargs: object) -> PackedSequence:
        """On the CPU."""
        return self.to("cpu")

    def cuda(self, *args: object, **kwargs: object) -> PackedSequence:
        """On a GPU."""
        return self._with(self.data.cuda(*args, **kwargs))

    def pin_memory(self) -> PackedSequence:
        """The same: memory is not pinned here."""
        return self

    def is_pinned(self) -> bool:
        """False: memory is not pinned here."""
        return False

    @property
    def is_cuda(self) -> bool:
        """Whether the elements are on a GPU."""
        return self.data.device.type == "cuda"

    @property
    def sizes(self) -> tuple[int, ...]:
        """`batch_sizes` as ints, checked."""
        found = tuple(self.batch_sizes.tolist()) if self.batch_sizes._d.ndim == 1 else ()
        ordered = all(n >= m > 0 for n, m in zip(found, (*found[1:], 1)))
        if not found or not ordered or sum(found) != len(self.data):
            raise ShapeError(
                "batch_sizes of a PackedSequence must not grow, and sum up to the number of "
                f"elements, {len(self.data)}: got {list(found)}"
            )
        return found


def _cast(name: str, dtype: dtypes.dtype) -> Callable[[PackedSequence], PackedSequence]:
    def convert(self: PackedSequence) -> PackedSequence:
        return self.to(dtype)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"The elements as {dtype.name}."
    return convert


for _name, _dtype in {
    "double": dtypes.float64, "float": dtypes.float32, "half": dtypes.float16,
    "bfloat16": dtypes.bfloat16, "long": dtypes.int64, "int": dtypes.int32, "short": dtypes.int16,
    "char": dtypes.int8, "byte": dtypes.uint8,
}.items():  # fmt: skip
    setattr(PackedSequence, _name, _cast(_name, _dtype))


# -- packing ----------------------------------------------------------------------------------


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | list[int], batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:  # fmt: skip
    """Padded sequences without their padding.

    input: (times, n, *), or (n, times, *) if batch_first. lengths: of the n sequences, from long
    to short, or in any order if enforce_sorted is False.

    >>> x = tensor([[1, 2], [3, 0]])
    >>> nn.utils.rnn.pack_padded_sequence(x, [2, 1], batch_first=True).data
    tensor([1, 3, 2])
    """
    _must_be_tensor("_pack_padded_sequence", "input", input)
    of = as_tensor(lengths, dtype=dtypes.int64)
    if of._d.ndim != 1 or of.device.type != "cpu":
        raise StateError(
            "'lengths' argument should be a 1D CPU int64 tensor, but got "
            f"{of._d.ndim}D {of.device.type} Long tensor",
            argument="lengths",
        )
    if input._d.ndim < 2:
        raise ShapeError(f"expected a tensor of two or more dimensions, got {input._d.ndim}",
                         argument="input")  # fmt: skip
    order = None
    if not enforce_sorted:
        of, order = of.sort(descending=True)
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    if batch_first:
        input = input.transpose(0, 1)
    times, batch = input._d.shape[:2]
    counts = of.tolist()
    if len(counts) != batch:
        raise ShapeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(counts)} "
            f"(batch_size={batch})",
            argument="lengths",
        )
    if any(n < m for n, m in itertools.pairwise(counts)):
        raise StateError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You "
            "can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability.",
            argument="lengths",
        )
    if not counts or counts[-1] <= 0:
        raise StateError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0",
            argument="lengths",
        )
    if counts[0] > times:
        raise ShapeError(f"a length of {counts[0]} is beyond the {times} elements of the sequences",
                         argument="lengths")  # fmt: skip
    sizes = _conjugate(counts)
    return PackedSequence(pack(input, sizes), made(sizes), order, None)


def _must_be_tensor(op: str, name: str, value: object) -> None:
    if not isinstance(value, Tensor):
        raise ArgumentError(f"{op}(): argument '{name}' must be Tensor, not {type(value).__name__}",
                            argument=name)  # fmt: skip


def _conjugate(counts: Sequence[int]) -> list[int]:
    """For 0, 1, … how many of the counts are greater; they do not grow.

    From the lengths of sequences it makes how many there are at each time, and the other way.

    >>> _conjugate([3, 1])
    [2, 1, 1]
    """
    found: list[int] = []
    for smaller, n in enumerate(reversed(counts)):
        found += [len(counts) - smaller] * (n - len(found))
    return found


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Packed sequences padded to one length, and their lengths.

    Gives (times, n, *), or (n, times, *) if batch_first. total_length: the times, by default as
    many as the longest sequence has.

    >>> p = nn.utils.rnn.pack_sequence([tensor([1, 2]), tensor([3])])
    >>> nn.utils.rnn.pad_packed_sequence(p, batch_first=True)
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
    """
    if not isinstance(sequence, PackedSequence):
        raise ArgumentError(f"pad_packed_sequence(): argument 'sequence' must be PackedSequence, "
                            f"not {type(sequence).__name__}", argument="sequence")  # fmt: skip
    sizes = sequence.sizes
    times = len(sizes)
    if total_length is not None:
        wanted = kinds.take("pad_packed_sequence", "total_length", ("int",), total_length)
        if wanted < times:
            raise ValueProblem(
                "Expected total_length to be at least the length of the longest sequence in "
                f"input, but got total_length={wanted} and max sequence length being {times}",
                argument="total_length",
            )
        times = wanted
    fill = kinds.take("pad_packed_sequence", "padding_value", ("Scalar",), padding_value)
    padded = unpack(sequence.data, sizes, times, fill)
    lengths = made(_conjugate(sizes))
    if batch_first:
        padded = padded.transpose(0, 1)
    back = sequence.unsorted_indices
    if back is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, back), lengths[back.cpu()]


# -- lists of sequences -----------------------------------------------------------------------


def pad_sequence(
    sequences: Tensor | Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:  # fmt: skip
    """Sequences (length, *) padded to the length of the longest.

    Gives (longest, n, *), or (n, longest, *) if batch_first. padding_side: "right" or "left".

    >>> nn.utils.rnn.pad_sequence([tensor([1, 2]), tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    tensors = _each("pad_sequence", sequences)
    if padding_side not in ("left", "right"):
        raise StateError(
            f"Expected padding_side to be one of left or right, but got {padding_side}.",
            argument="padding_side",
        )
    if not tensors:
        raise StateError("received an empty list of sequences", argument="sequences")
    if any(not t._d.ndim for t in tensors):
        raise ShapeError("pad_sequence: expected sequences of one or more dimensions",
                         argument="sequences")  # fmt: skip
    fill = kinds.take("pad_sequence", "padding_value", ("Scalar",), padding_value)
    alike = [t.to(tensors[0].dtype) for t in tensors]
    return pad(alike, bool(batch_first), fill, padding_side == "left")


def _each(op: str, sequences: Iterable[Tensor]) -> list[Tensor]:
    """The tensors of whatever gives them."""
    try:
        found = list(sequences)
    except TypeError:
        raise StateError(
            f"{op}: Expected iterable for input sequences, but got arg of type: {type(sequences)}",
            argument="sequences",
        ) from None
    for i, t in enumerate(found):
        if not isinstance(t, Tensor):
            _not_a_tensor(i, t)
    return found


def _not_a_tensor(place: int, value: object) -> NoReturn:
    raise ArgumentError(
        f"expected Tensor as element {place} in argument 0, but got {type(value).__name__}",
        argument="sequences",
    )


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (length, *) packed: from long to short, or any way if enforce_sorted is False.

    >>> nn.utils.rnn.pack_sequence([tensor([1, 2]), tensor([3])]).batch_sizes
    tensor([2, 1])
    """
    tensors = _each("pack_sequence", sequences)
    return pack_padded_sequence(
        pad_sequence(tensors), [len(t) for t in tensors], enforce_sorted=enforce_sorted
    )


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The sequences of (times, n, *), or (n, times, *) if batch_first, each of its length.

    >>> nn.utils.rnn.unpad_sequence(tensor([[1, 3], [2, 0]]), tensor([2, 1]))
    [tensor([1, 2]), tensor([3])]
    """
    _must_be_tensor("unpad_sequence", "padded_sequences", padded_sequences)
    _must_be_tensor("unpad_sequence", "lengths", lengths)
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:n] for row, n in zip(rows.unbind(0), lengths.tolist())]


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a PackedSequence, in the order in which they were given.

    >>> p = nn.utils.rnn.pack_sequence([tensor([1, 2]), tensor([3])])
    >>> nn.utils.rnn.unpack_sequence(p)
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The order that undoes another.

    >>> nn.utils.rnn.invert_permutation(tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    _must_be_tensor("invert_permutation", "permutation", permutation)
    places = arange(permutation.numel(), device=permutation.device)
    return permutation._zeros().scatter(0, permutation, places)


for _function in (
    pack_padded_sequence, pad_packed_sequence, pad_sequence, pack_sequence, unpad_sequence,
    unpack_sequence, invert_permutation,
):  # fmt: skip
    export(f"torch.nn.utils.rnn.{_function.__name__}", value=_function)
