"""Methods of pruning: which elements, or parts, of a tensor go."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, AssertionProblem, DimError, NotDefined, ValueProblem
from tcalc.library.nn.utils.pruning import HOME, BasePruningMethod, need_tensors
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import zeros_like
from tcalc.runtime.ops.index.sorting import kthvalue, topk
from tcalc.runtime.ops.random.drawing import rand, rand_like
from tcalc.runtime.ops.reduce.norms import norm
from tcalc.runtime.tensor.tensor import Tensor


def _checked_amount(amount: float) -> int | float:
    if type(amount) not in (int, float):
        raise ArgumentError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (type(amount) is float and not amount <= 1.0):
        raise ValueProblem(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
            "integer",
            argument="amount",
        )
    return amount


def _count(amount: int | float, size: int) -> int:
    """How many of so many go."""
    count = amount if type(amount) is int else round(amount * size)
    if count > size:
        raise ValueProblem(
            f"amount={count} should be smaller than the number of parameters to prune={size}"
        )
    return int(count)


@export(f"{HOME}.Identity", home=HOME)
class Identity(BasePruningMethod):
    """Takes nothing away."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask as it is."""
        return default_mask


class _Amount(BasePruningMethod):
    """Methods that take a number, or a share, of what there is."""

    _public_ = frozenset({"amount"})

    def __init__(self, amount: float) -> None:
        self.amount = _checked_amount(amount)


class _Unstructured(_Amount):
    """Takes single elements: those with the lowest scores."""

    PRUNING_TYPE = "unstructured"

    def _scores(self, t: Tensor) -> Tensor:
        raise NotDefined(f"{type(self).__name__} has no scores of its own")

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without those that go."""
        need_tensors(t, default_mask)
        count = _count(self.amount, t.numel())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[self._scores(t).reshape(-1).topk(count, largest=False).indices] = 0
        return mask


@export(f"{HOME}.RandomUnstructured", home=HOME)
class RandomUnstructured(_Unstructured):
    """Takes elements at random."""

    def _scores(self, t: Tensor) -> Tensor:
        return -rand_like(t)


@export(f"{HOME}.L1Unstructured", home=HOME)
class L1Unstructured(_Unstructured):
    """Takes the elements with the smallest absolute values."""

    def _scores(self, t: Tensor) -> Tensor:
        return t.abs()


class _Structured(_Amount):
    """Takes whole parts along a dim."""

    PRUNING_TYPE = "structured"
    _public_ = frozenset({"dim"})

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        if type(dim) is not int:
            raise ArgumentError(f"dim is an int, not {type(dim).__name__}", argument="dim")
        self.dim = dim

    def _kept(self, t: Tensor, count: int) -> Tensor:
        """Which parts stay, where so many go: an index of them."""
        raise NotDefined(f"{type(self).__name__} does not say what stays")

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without the parts that go."""
        need_tensors(t, default_mask)
        if t.ndim <= 1:
            raise ValueProblem(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor "
                f"of shape {t.shape} with {t.ndim} dims"
            )
        if not -t.ndim <= self.dim < t.ndim:
            raise DimError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        count = _count(self.amount, t.shape[self.dim])
        if not count:
            return default_mask
        mask = zeros_like(t)
        part: list[Any] = [slice(None)] * t.ndim
        part[self.dim] = self._kept(t, count)
        mask[tuple(part)] = 1
        return mask.mul_(default_mask.to(mask.dtype))


@export(f"{HOME}.RandomStructured", home=HOME)
class RandomStructured(_Structured):
    """Takes parts along a dim at random."""

    def _kept(self, t: Tensor, count: int) -> Tensor:
        drawn = rand(t.shape[self.dim])
        return drawn > kthvalue(drawn, count).values


@export(f"{HOME}.LnStructured", home=HOME)
class LnStructured(_Structured):
    """Takes the parts along a dim with the smallest norms of order n."""

    _public_ = frozenset({"n"})

    def __init__(self, amount: float, n: float | str, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t: Tensor, count: int) -> Tensor:
        others = [d for d in range(t.ndim) if d != self.dim % t.ndim]
        return topk(norm(t, self.n, others), t.shape[self.dim] - count).indices


@export(f"{HOME}.CustomFromMask", home=HOME)
class CustomFromMask(BasePruningMethod):
    """Takes what a mask says."""

    PRUNING_TYPE = "global"
    _public_ = frozenset({"mask"})

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without what the other leaves out."""
        need_tensors(t, default_mask)
        mask = self.mask
        if not isinstance(mask, Tensor) or mask.shape != default_mask.shape:
            raise AssertionProblem(f"mask has to be a Tensor of shape {default_mask.shape}")
        return default_mask * mask.to(default_mask.dtype)
