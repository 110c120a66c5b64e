"""The sampler of one of several processes that share a data set."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.library.data.sampler import Sampler, place_of
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.random.drawing import randperm
from tcalc.runtime.ops.random.generator import Generator

if TYPE_CHECKING:
    from collections.abc import Iterator

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torch.utils.data.distributed"


@export("torch.utils.data.DistributedSampler", f"{_HOME}.DistributedSampler", home=_HOME)
class DistributedSampler(Sampler):
    """Every `num_replicas`-th index of a data set, from `rank` on, so that all get as many.

    shuffle: whether the order is random, by `seed` and the epoch that `set_epoch` was told. Where
    the length does not divide evenly, the first indices come twice, or with `drop_last` the last
    ones are left out.

    >>> from torch.utils.data import DistributedSampler
    >>> list(DistributedSampler(range(6), num_replicas=2, rank=1, shuffle=False))
    [1, 3, 5]
    """

    _public_ = frozenset({"set_epoch"})

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueProblem(
                "Default process group has not been initialized, please make sure to call "
                "init_process_group.",
                hint="there is one process here: give num_replicas and rank",
            )
        if rank >= num_replicas or rank < 0:
            raise ValueProblem(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]",
                argument="rank",
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        count = len(dataset)
        if drop_last and count % num_replicas:
            count -= num_replicas
        self.num_samples = math.ceil(count / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        if self.shuffle:
            generator = Generator().manual_seed(self.seed + self.epoch)
            indices = randperm(n, generator=generator, device=place_of(generator)).tolist()
        else:
            indices = List(range(n))
        missing = self.total_size - n
        if not self.drop_last and missing > 0:
            indices += (list(indices) * math.ceil(missing / n))[:missing]
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch begins, so that its random order is another."""
        self.epoch = epoch
