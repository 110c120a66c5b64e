"""Sums of products of two tensors, each dimension named by a letter: the step of einsum."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays import products
from tcalc.runtime.arrays.products import sums_stacks
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import LOWER, Array
from tcalc.runtime.call.batching import Batch
from tcalc.runtime.call.define import kernel
from tcalc.runtime.ops.linalg.matmul import common, conjugate, multiply
from tcalc.runtime.types.codes import INEXACT
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


class Plan:
    """How two operands with letters for dims become stacks of matrices, their product the result.

    swapped: whether the operands change places (the result's columns are the first one's).
    left, right: the order of dims of each operand as a stack of matrices.
    groups: the numbers of dims in the stack, of the rows, summed over, of the columns.
    back: the order of dims of the product's that gives the result's, or None.
    sums: whether the result is the sum of the products of two stacks' matrices, as they are.
    spread: how the operands are multiplied element by element where nothing is summed, or None.
    """

    __slots__ = ("back", "groups", "left", "right", "spread", "sums", "swapped")

    def __init__(self, left: str, right: str, kept: str) -> None:
        both = set(left) & set(right)
        # In the order of the result, so that it need not be turned afterwards where that can be.
        stack = [c for c in kept if c in both]
        rows = [c for c in kept if c not in right]
        columns = [c for c in kept if c not in left]
        summed = [c for c in left if c in both and c not in kept]
        # Without sums, the operands are multiplied with their dims in the result's order.
        self.spread = None if summed else (_spread(left, kept), _spread(right, kept))
        self.swapped = bool(rows and columns) and kept.index(columns[0]) < kept.index(rows[0])
        if self.swapped:
            left, right, rows, columns = right, left, columns, rows
        self.groups = (len(stack), len(rows), len(summed), len(columns))
        self.left = [left.index(c) for c in stack + rows + summed]
        self.right = [right.index(c) for c in stack + summed + columns]
        self.sums = False
        if not stack and (len(rows), len(summed), len(columns)) == (1, 2, 1):
            (i,), (n, k), (j,) = rows, summed, columns
            self.sums = [*left] == [n, i, k] and [*right] == [n, k, j] and [*kept] == [i, j]
        made = stack + rows + columns
        order = [made.index(c) for c in kept]
        self.back = None if order == sorted(order) else order


def _spread(names: str, kept: str) -> tuple[list[int], tuple[slice | None, ...]]:
    return (
        [names.index(c) for c in kept if c in names],
        tuple(slice(None) if c in names else None for c in kept),
    )


_plan = lru_cache(maxsize=512)(Plan)


def _matrices(array: Array, order: list[int], stack: int, rows: int, columns: int) -> Array:
    """The array as a stack of matrices, without a copy where its layout allows it.

    order: of its dims. stack, rows, columns: how many of the dims, in that order, are the stack's
    and become the two of its matrices.
    """
    plain = array.transpose(order)
    if rows == columns == 1:
        return plain
    shape = plain.shape
    lead = shape[:stack]
    height, width = numel(shape[stack : stack + rows]), numel(shape[stack + rows :])
    return plain.reshape(*lead, height, width)


@kernel(
    name="contract",
    names=(),
    node_name="ViewBackward0",
    samples=lambda: [
        (([[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]], [[0.4, 1.0, -1.0]], "ab", "cb", "ca"), {}),
        (([[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]], [[0.4, 1.0], [-1.0, 3.0]], "ab", "ac", "cab"), {}),
    ],
)
def contract(xp: ModuleType, input: Array, other: Array, left: str, right: str, kept: str) -> Array:
    """The sum of products over the letters that are not in `kept`.

    left, right, kept: a letter for each dimension, none twice in one. A letter of only one operand
    must be in `kept`. Sizes of a letter must be the same in both.
    """
    a, b = common(input, other)
    plan = _plan(left, right, kept)
    if plan.spread is not None:
        (first, stretch_a), (second, stretch_b) = plan.spread
        return xp.multiply(a.transpose(first)[stretch_a], b.transpose(second)[stretch_b])
    if plan.swapped:
        a, b = b, a
    stack, rows, summed, columns = plan.groups
    first, second = plan.left, plan.right
    shape = (
        *[a.shape[i] for i in first[: stack + rows]],
        *[b.shape[i] for i in second[stack + summed :]],
    )
    memory.check(numel(shape) * a.itemsize, "the result")
    if plan.sums and xp is np and a.dtype.char in INEXACT and sums_stacks(a.shape, b.shape[2]):
        return products.stack_sum(a, b)
    product = multiply(
        xp,
        _matrices(a, first, stack, rows, summed),
        _matrices(b, second, stack, summed, columns),
        "bmm",
    ).reshape(shape)
    return product if plan.back is None else product.transpose(plan.back)


contract.vjp(
    input=lambda g, other, left, right, kept: contract(g, conjugate(other), kept, right, left),
    other=lambda g, input, left, right, kept: contract(g, conjugate(input), kept, left, right),
)


@kernel(
    names=(),
    differentiable=False,
    exempt={"samples": "einsum calls it, for more than a sample has"},
)
def stack_sum(xp: ModuleType, input: Array, other: Array) -> Array:
    """The sum of the products of the matrices of two stacks that `sums_stacks`."""
    return products.stack_sum(input, other)


stack_sum.product_call = "stack_sum"


# -- batches ----------------------------------------------------------------------------------


def _contract_examples(batch: Batch) -> Tensor:
    """The batch is one more letter."""
    left, right, kept = batch.get("left"), batch.get("right"), batch.get("kept")
    new = next(c for c in map(chr, range(0x61, 0x10000)) if c not in left + right + kept)
    a, b = batch.mapped[:2]
    return batch.call(left=new * a + left, right=new * b + right, kept=new + kept)


contract.batch = _contract_examples

contract.autocast = stack_sum.autocast = LOWER
contract.schema = stack_sum.schema = "bmm"
