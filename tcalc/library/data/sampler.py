"""Samplers: in which order a data set is gone through, and in which batches."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, NotDefined, ValueProblem
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.create.creation import as_tensor
from tcalc.runtime.ops.random.drawing import multinomial, randint, randperm
from tcalc.runtime.ops.random.generator import Generator
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.dtypes import float64, int64

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torch.utils.data.sampler"
# As many indices are drawn at a time with replacement, which decides what a generator gives.
_AT_ONCE = 32


def _exported(name: str) -> Any:
    """Makes a class known by its name in every module of PyTorch's that has it."""
    modules = ("torch.utils.data", _HOME, "torch.utils.data.dataloader")
    return export(*[f"{module}.{name}" for module in modules], home=_HOME)


def drawn_seed(generator: Generator | None) -> int:
    """A seed drawn from a generator, by default the one of all draws on the CPU."""
    seed: int = (
        empty((), dtype=int64, device=place_of(generator)).random_(generator=generator).item()
    )
    return seed


def place_of(generator: Generator | None) -> Any:
    """Where indices are drawn: on the CPU, whatever the default device, or where a generator is."""
    return generator.device if isinstance(generator, Generator) else "cpu"


def _need_count(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueProblem(
            f"{name} should be a positive integer value, but got {name}={value}", argument=name
        )


def _need_bool(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ValueProblem(
            f"{name} should be a boolean value, but got {name}={value}", argument=name
        )


@_exported("Sampler")
class Sampler:
    """The base of samplers: a program's own has `__iter__()`, which gives indices or lists of them.

    >>> from torch.utils.data import DataLoader, Sampler
    >>> class Backwards(Sampler):
    ...     def __init__(self, n): self.n = n
    ...     def __len__(self): return self.n
    ...     def __iter__(self): return iter(range(self.n - 1, -1, -1))
    >>> [x for x in DataLoader(arange(4), batch_size=2, sampler=Backwards(4))]
    [tensor([3, 2]), tensor([1, 0])]
    """

    _open_ = True
    _public_: frozenset[str] = frozenset()

    def __init__(self, data_source: Any = None) -> None:
        pass

    def __class_getitem__(cls, item: object) -> type:
        return cls  # what it gives is for annotations alone

    def __iter__(self) -> Iterator[Any]:
        raise NotDefined(f"{type(self).__name__} has no __iter__() of its own")


@_exported("SequentialSampler")
class SequentialSampler(Sampler):
    """The indices of a data set from the first to the last."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


@_exported("RandomSampler")
class RandomSampler(Sampler):
    """The indices of a data set in random order, or, with replacement, drawn anew each time.

    num_samples: how many, by default as many as there are. generator: what they are drawn from, by
    default one that is seeded from the generator of all draws whenever it is gone through.

    >>> from torch.utils.data import RandomSampler
    >>> manual_seed(0)
    >>> list(RandomSampler(range(5)))
    [1, 3, 4, 2, 0]
    """

    _public_ = frozenset({"num_samples"})

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise ArgumentError(
                f"replacement should be a boolean value, but got replacement={replacement}",
                argument="replacement",
            )
        count = self.num_samples
        if not isinstance(count, int) or count <= 0:
            raise ValueProblem(
                f"num_samples should be a positive integer value, but got num_samples={count}",
                argument="num_samples",
            )

    @property
    def num_samples(self) -> int:
        """How many indices it gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        generator = self.generator
        if generator is None:
            generator = Generator().manual_seed(drawn_seed(None))
        place = place_of(generator)
        whole, rest = divmod(self.num_samples, _AT_ONCE if self.replacement else n)
        if self.replacement:
            for count in (*[_AT_ONCE] * whole, rest):
                yield from randint(
                    high=n, size=(count,), generator=generator, device=place
                ).tolist()
            return
        for _ in range(whole):
            yield from randperm(n, generator=generator, device=place).tolist()
        # PyTorch draws an order also where none of it is wanted.
        yield from randperm(n, generator=generator, device=place).tolist()[:rest]

    def __len__(self) -> int:
        return self.num_samples


@_exported("SubsetRandomSampler")
class SubsetRandomSampler(Sampler):
    """Given indices in random order."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        place = place_of(self.generator)
        for i in randperm(len(self.indices), generator=self.generator, device=place).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


@_exported("WeightedRandomSampler")
class WeightedRandomSampler(Sampler):
    """Indices drawn in proportion to weights, which need not add up to 1.

    >>> from torch.utils.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.0, 2.0], 3))
    [1, 1, 1]
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        _need_count("num_samples", num_samples)
        _need_bool("replacement", replacement)
        place = None if isinstance(weights, Tensor) else "cpu"
        self.weights = as_tensor(weights, dtype=float64, device=place)
        if self.weights.ndim != 1:
            raise ValueProblem(
                "weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}",
                argument="weights",
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


@_exported("BatchSampler")
class BatchSampler(Sampler):
    """The indices that another sampler gives, in lists of `batch_size`.

    drop_last: whether a shorter list at the end is left out.

    >>> from torch.utils.data import BatchSampler
    >>> list(BatchSampler(range(5), 2, False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        _need_count("batch_size", batch_size)
        _need_bool("drop_last", drop_last)
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[Any]:
        indices = iter(self.sampler)
        while True:
            batch = List(islice(indices, self.batch_size))
            if not batch or (self.drop_last and len(batch) < self.batch_size):
                return
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]  # a sampler may have no length
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
