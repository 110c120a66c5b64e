"""Cross entropy of the rows of many examples at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.call.batching import Batch

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


def losses_of_examples(batch: Batch) -> tuple[Tensor, ...]:
    """The rows of all examples at once; what becomes of their losses, by example."""
    if batch.has("weight"):
        return NotImplemented
    size, reduction, weight = batch.size, batch.get("reduction"), batch.get("weight")
    scores, target = batch.whole(0), batch.whole(1)
    rows = (-1, *scores._d.shape[3:])
    losses, powers, sums, one = batch.call(
        input=scores.flatten(0, 1), target=target.reshape(rows), reduction="none"
    )
    powers = powers.reshape(scores._d.shape) if batch.get("keep") else one.expand(size, 0)
    sums = sums.reshape(size, -1, *sums._d.shape[1:])
    losses = losses.reshape(target._d.shape)
    if reduction == "none":
        return losses, powers, sums, one.expand(size)
    total = losses.reshape(size, -1).sum(1)
    if reduction == "sum":
        return total, powers, sums, one.expand(size)
    valid = target != batch.get("ignore_index")
    factors = valid.to(total.dtype)
    if weight is not None:
        factors = factors * weight[target.masked_fill(~valid, 0).long()]
    divisor = factors.reshape(size, -1).sum(1)
    return total / divisor, powers, sums, divisor


def slopes_of_examples(batch: Batch) -> Tensor:
    if batch.has("weight"):
        return NotImplemented
    g, powers, sums, divisor, target = map(batch.whole, range(5))
    if batch.get("reduction") != "none":
        g = (g / divisor).reshape(batch.size, *(1,) * batch.rank(4)).expand(target._d.shape)
    rows = (-1, *powers._d.shape[3:])
    found = batch.call(
        g=g.reshape(rows), powers=powers.flatten(0, 1), sums=sums.flatten(0, 1),
        divisor=divisor[0]._ones(), target=target.reshape(rows), reduction="none",
    )  # fmt: skip
    return found.reshape(powers._d.shape)
