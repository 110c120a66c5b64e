"""Sums of products of two tensors, each dimension named by a letter: the step of einsum."""

from __future__ import annotations

from typing import Any

from tcalc.runtime import memory
from tcalc.runtime.op import Array, kernel
from tcalc.runtime.ops.matmul import common, conjugate, multiply
from tcalc.runtime.shapes import numel


def _matrices(array: Any, names: str, stack: str, rows: str, columns: str) -> Any:
    """The array as a stack of matrices, without a copy where its layout allows it.

    stack, rows, columns: the letters of the dimensions that become each of the three.
    """
    size = dict(zip(names, array.shape))
    count, height, width = (numel(size[c] for c in group) for group in (stack, rows, columns))
    turned = array.transpose([names.index(c) for c in stack + columns + rows])
    if turned.flags.c_contiguous:
        found = turned.reshape(count, width, height).swapaxes(1, 2)
    else:
        plain = array.transpose([names.index(c) for c in stack + rows + columns])
        found = plain.reshape(count, height, width)
    return found if stack else found[0]


@kernel(
    name="contract",
    method=False,
    function=False,
    node_name="ViewBackward0",
    samples=lambda: [
        (([[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]], [[0.4, 1.0, -1.0]], "ab", "cb", "ca"), {}),
        (([[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]], [[0.4, 1.0], [-1.0, 3.0]], "ab", "ac", "cab"), {}),
    ],
)
def contract(xp: Any, input: Array, other: Array, left: str, right: str, kept: str) -> Array:
    """The sum of products over the letters that are not in `kept`.

    left, right, kept: a letter for each dimension, none twice in one. A letter of only one operand
    must be in `kept`. Sizes of a letter must be the same in both.
    """
    a, b = common(xp, input, other)
    summed = "".join(c for c in left if c in right and c not in kept)
    # In the order of the result, so that it need not be turned afterwards where that can be.
    stack = "".join(c for c in kept if c in left and c in right)
    rows = "".join(c for c in kept if c in left and c not in right)
    columns = "".join(c for c in kept if c in right and c not in left)
    sizes = {**dict(zip(left, a.shape)), **dict(zip(right, b.shape))}
    memory.check(numel(sizes[c] for c in kept) * a.itemsize, "a product of sums")
    if not summed:
        return xp.multiply(_spread(a, left, kept), _spread(b, right, kept))
    if b.size > a.size:  # its copy would cost more
        summed = "".join(c for c in right if c in summed)
    product = multiply(
        xp,
        _matrices(a, left, stack, rows, summed),
        _matrices(b, right, stack, summed, columns),
        "bmm",
    )
    made = stack + rows + columns
    result = product.reshape([sizes[c] for c in made])
    return result if made == kept else result.transpose([made.index(c) for c in kept])


def _spread(array: Any, names: str, kept: str) -> Any:
    """The array with its dimensions in the order of `kept`, size 1 where it lacks one."""
    turned = array.transpose([names.index(c) for c in kept if c in names])
    return turned[tuple([slice(None) if c in names else None for c in kept])]


contract.vjp(
    input=lambda g, other, left, right, kept: contract(g, conjugate(other), kept, right, left),
    other=lambda g, input, left, right, kept: contract(g, conjugate(input), kept, left, right),
)
