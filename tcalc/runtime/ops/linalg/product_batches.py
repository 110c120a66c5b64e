"""Products of matrices and vectors of which each example of a batch has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.call.batching import Batch

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


def products(batch: Batch) -> Tensor:
    """By `matmul`: a matrix that is the same for all examples is multiplied once by all their rows."""
    (a, b), (many_a, many_b) = batch.values, batch.mapped
    left, right = batch.rank(0), batch.rank(1)
    if left == right == 1:
        if many_a and many_b:
            return _multiply(a.unsqueeze(-2), b.unsqueeze(-1)).reshape(batch.size)
        return _multiply(a, b) if many_a else _multiply(b, a)
    if left == 1:
        return _multiply(a.unsqueeze(-2), b).squeeze(-2) if many_b else _multiply(a, b)
    if right == 1:
        if many_b and not many_a and left == 2:
            return _multiply(b, a.transpose(0, 1))
        return _multiply(a, b.unsqueeze(-1)).squeeze(-1)
    rank = max(left, right)
    return _multiply(batch.aligned(0, rank), batch.aligned(1, rank))


def stack_products(batch: Batch) -> Tensor:
    a, b = batch.values
    left, right = batch.rank(0), batch.rank(1)
    if min(left, right) > 1:
        return products(batch)
    # A vector is a row on the left and a column on the right.
    a, b = (a.unsqueeze(-2), b) if left == 1 else (a, b.unsqueeze(-1))
    found = products(Batch(batch.op, batch.size, (a, b), batch.mapped))
    return found.squeeze(-2 if left == 1 else -1)


def _multiply(a: Tensor, b: Tensor) -> Tensor:
    return a.matmul(b)
