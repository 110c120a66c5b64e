"""Sums of products over named dimensions."""

from __future__ import annotations

from functools import lru_cache, reduce
from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.runtime.arrays.blas import spread_products
from tcalc.runtime.arrays.products import sums_stacks
from tcalc.runtime.autograd.nodes import end_of
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Object
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.linalg import equation as equations
from tcalc.runtime.ops.linalg.contraction import contract, stack_sum
from tcalc.runtime.ops.linalg.matmul import bmm
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import PLAIN_INEXACT
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.call.define import DefinedOp

    # Which operands to multiply first: an operand's number, or a pair of trees.
    _Tree = int | tuple["_Tree", "_Tree"]

# With more operands than this, the order of the products is found by taking what is best next.
_ALL_ORDERS = 6
# Products of so many multiplications in all are dealt out to threads, in so many parts.
_SHARED, _PARTS = 1 << 22, 4
_SQUARE = [[1.0, 2.0], [-0.5, 0.3]]
_MATRIX = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]
_STACK = [[[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]], [[0.1, 0.2, -0.5], [1.0, 3.0, 0.7]]]


@composite(names=("torch.einsum",), samples=lambda: [
    (("ij,bjk->bik", _SQUARE, _STACK), {}), (("ii,ij->j", _SQUARE, _MATRIX), {}),
    (("...i,ji", _MATRIX, _MATRIX), {}),
])  # fmt: skip
def einsum(equation: Object, *operands: Object) -> Tensor:
    """The sum of products that an equation names: a letter a dimension, a term an operand.

    Letters that are not in the output are summed over; a letter twice in one term takes the
    diagonal; `...` covers any further dimensions, which broadcast, as size 1 does. Without `->`
    the output has the letters that come once, in order (capitals first). Also: operands each
    followed by a list of numbers in place of letters, then a list for the output.

    Several operands are multiplied two at a time, in the order with the least work.

    >>> einsum("ij,jk->ik", tensor([[1, 2], [3, 4]]), tensor([[1, 1], [0, 1]]))
    tensor([[1, 3],
            [3, 7]])
    >>> einsum("ii", tensor([[1, 2], [3, 4]]))
    tensor(5)
    """
    if isinstance(equation, str):
        given = list(operands)
        terms, output = equations.read(equation)
        if (
            len(given) == 1
            and isinstance(given[0], (list, tuple))
            and (len(terms) > 1 or any(isinstance(t, Tensor) for t in given[0]))
        ):
            given = list(given[0])
        if not given:
            raise _nothing_given()
    else:
        given, terms, output = _by_numbers((equation, *operands))
    tensors = [_operand(value, i) for i, value in enumerate(given)]
    resolved = equations.resolve(terms, output, tuple([t._d.shape for t in tensors]))
    return _evaluate(tensors, resolved)


def _nothing_given() -> ValueProblem:
    return ValueProblem(
        "einsum(): must specify the equation string and at least one operand, or at least one "
        "operand and its subscripts list"
    )


def _operand(value: object, number: int) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (list, tuple, int, float, complex)) or hasattr(value, "dtype"):
        from tcalc.runtime.tensor.nested import tensor_of

        return tensor_of(value)
    raise ArgumentError(
        f"expected Tensor as element {number} in argument 1, but got {type(value).__name__}",
        argument="operands",
    )


def _by_numbers(args: Sequence[object]) -> tuple[list[object], tuple[str, ...], str | None]:
    if len(args) < 2:
        raise _nothing_given()
    pairs = len(args) // 2
    terms = tuple([equations.from_numbers(args[2 * i + 1]) for i in range(pairs)])
    output = equations.from_numbers(args[-1]) if len(args) % 2 else None
    return [args[2 * i] for i in range(pairs)], terms, output


def _evaluate(tensors: list[Tensor], equation: equations.Equation) -> Tensor:
    if equation.plain:
        pieces: list[tuple[Tensor, str]] = list(zip(tensors, equation.terms))
    else:
        pieces = [
            _simplified(
                tensor,
                term,
                equation.output + "".join(equation.terms[:i] + equation.terms[i + 1 :]),
                equation.sizes,
            )
            for i, (tensor, term) in enumerate(zip(tensors, equation.terms))
        ]
    values = [tensor for tensor, _ in pieces]
    terms = tuple([term for _, term in pieces])
    steps = _steps(terms, equation.output, tuple(equation.sizes.items()))
    letter = _dealt(terms, steps, equation.sizes) if len(steps) > 1 else None
    if letter is not None and all(_is_bare(t, values[0]) for t in values):
        return wrap(_in_parts([t._a for t in values], terms, steps, letter, equation.output))
    for step in steps:
        values.append(step.result(values[step.left], values[step.right]))
    result = values[-1]
    if len(values) == 1 and terms[0] != equation.output:
        return result.permute([terms[0].index(c) for c in equation.output])
    return result


def _dealt(terms: tuple[str, ...], steps: Sequence[_Step], sizes: dict[str, int]) -> str | None:
    """A letter of all operands by which to deal products out to threads; None if too little, or if threads
    share each product as it is."""
    if all(step.whole is not None and step.is_shared(sizes) for step in steps):
        return None
    if not all(step.contracts and not any(step.alone) for step in steps):
        return None
    if sum(numel([sizes[c] for c in step.letters]) for step in steps) < _SHARED:
        return None
    common = [c for c in terms[0] if sizes[c] >= _PARTS and all(c in t for t in terms)]
    return common[0] if common else None


def _is_bare(tensor: Tensor, first: Tensor) -> bool:
    """Whether it is of NumPy's floats, of one dtype with the first, and no gradient flows to it."""
    a = tensor._a
    alike = type(a) is np.ndarray and a.dtype.char in PLAIN_INEXACT and a.dtype == first._a.dtype
    return alike and (not mode.enabled or end_of(tensor) is None)


def _in_parts(
    arrays: list[Array], terms: tuple[str, ...], steps: Sequence[_Step], letter: str, output: str
) -> Array:
    """The result put together from those for parts of one letter's range, made by threads."""
    axes = [term.index(letter) for term in terms]
    n = arrays[0].shape[axes[0]]
    found: list[Array] = [None] * _PARTS

    def work(i: int) -> None:
        part = slice(n * i // _PARTS, n * (i + 1) // _PARTS)
        values = [a[(slice(None),) * axis + (part,)] for a, axis in zip(arrays, axes)]
        for step in steps:
            values.append(contract.kernel(np, values[step.left], values[step.right], *step.terms))
        found[i] = values[-1]

    spread_products(work, _PARTS)
    if letter in output:
        return np.concatenate(found, output.index(letter))
    return reduce(np.add, found)


def _simplified(
    tensor: Tensor, term: str, others: str, sizes: dict[str, int]
) -> tuple[Tensor, str]:
    """An operand with each letter once, without those that nothing else needs or that stretch."""
    for c in term:
        while term.count(c) > 1:
            first = term.index(c)
            second = term.index(c, first + 1)
            tensor = tensor.diagonal(0, first, second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + c
    shape = tensor._d.shape
    stretched = [i for i, c in enumerate(term) if shape[i] == 1 != sizes[c]]
    if stretched:
        tensor = tensor.squeeze(stretched)
        term = "".join(c for i, c in enumerate(term) if i not in stretched)
    return _summed(tensor, term, others)


def _summed(tensor: Tensor, term: str, needed: str) -> tuple[Tensor, str]:
    alone = tuple([i for i, c in enumerate(term) if c not in needed])
    if alone:
        tensor = tensor.sum(alone)
        term = "".join(c for c in term if c in needed)
    return tensor, term


class _Step:
    """The product of two operands.

    left, right: their numbers; results count on from the operands that were given.
    terms: their letters, and those of the result. letters: all of these.
    alone: the dims of each that are summed first.
    contracts: whether the product is summed over a letter that both have.
    whole: the op of two stacks of matrices that it is, or None.
    """

    __slots__ = ("alone", "contracts", "left", "letters", "right", "terms", "whole")

    def __init__(self, left: int, right: int, a: str, b: str, needed: str, made: str) -> None:
        self.left, self.right = left, right
        # What only stretched in the other operand is in one of the two alone.
        self.alone = [
            tuple([i for i, c in enumerate(own) if c not in needed and c not in other])
            for own, other in ((a, b), (b, a))
        ]
        a, b = ("".join([c for c in own if c in needed or c in other])
                for own, other in ((a, b), (b, a)))  # fmt: skip
        self.terms = (a, b, made)
        self.letters = set(a + b)
        self.contracts = any(c not in made for c in a if c in b)
        self.whole: DefinedOp | None = None
        if len(a) == len(b) == 3 and a[0] == b[0] and a[2] == b[1] and not any(self.alone):
            kept = a[1] + b[2]
            self.whole = bmm if made == a[0] + kept else stack_sum if made == kept else None

    def is_shared(self, sizes: dict[str, int]) -> bool:
        """Whether threads share the matrices of its stacks."""
        a, b, _ = self.terms
        return sums_stacks(tuple([sizes[c] for c in a]), sizes[b[2]])

    def result(self, a: Tensor, b: Tensor) -> Tensor:
        """The product of two tensors."""
        alone_a, alone_b = self.alone
        if alone_a:
            a = a.sum(alone_a)
        if alone_b:
            b = b.sum(alone_b)
        left, right, made = self.terms
        whole = self.whole
        if whole is stack_sum and not sums_stacks(a._d.shape, b._d.shape[2]):
            whole = None
        if whole is not None and _is_bare(a, a) and _is_bare(b, a):
            return whole(a, b)
        if self.contracts:
            return contract(a, b, left, right, made)
        return _spread(a, left, made) * _spread(b, right, made)


@lru_cache(maxsize=256)
def _steps(
    terms: tuple[str, ...], output: str, sizes: tuple[tuple[str, int], ...]
) -> tuple[_Step, ...]:
    """The products that make the result, in order."""
    if len(terms) == 1:
        return ()
    tree = (0, 1) if len(terms) == 2 else _order(terms, output, sizes)
    steps: list[_Step] = []

    def add(tree: _Tree, needed: str, partner: str | None) -> tuple[int, str]:
        if isinstance(tree, int):
            return tree, terms[tree]
        left, right = tree
        letters = _letters(right, terms)
        i, a = add(left, needed + letters, letters)
        j, b = add(right, needed + a, a)
        made = output if partner is None else _wanted(a, b, needed, partner)
        if partner is not None and _are_stacks(a, b, partner, dict(sizes)):
            made = a[:2] + b[2]
        steps.append(_Step(i, j, a, b, needed, made))
        return len(terms) + len(steps) - 1, made

    add(tree, output, None)
    return tuple(steps)


def _wanted(a: str, b: str, needed: str, partner: str) -> str:
    """The letters of a product, those first that it will share with what it is multiplied by."""
    letters = dict.fromkeys(c for c in a + b if c in needed)
    return "".join([c for c in partner if c in letters] + [c for c in letters if c not in partner])


def _are_stacks(a: str, b: str, partner: str, sizes: dict[str, int]) -> bool:
    """Whether a product is one of two stacks' matrices, and its with another stack's is summed over them."""
    if not len(a) == len(b) == len(partner) == 3 or not a[0] == b[0] == partner[0] or a[2] != b[1]:
        return False
    left = (sizes[a[0]], sizes[a[1]], sizes[b[2]])
    return b[2] == partner[1] and sums_stacks(left, sizes[partner[2]])


def _letters(tree: _Tree, terms: tuple[str, ...]) -> str:
    if isinstance(tree, int):
        return terms[tree]
    return "".join(dict.fromkeys(_letters(tree[0], terms) + _letters(tree[1], terms)))


def _spread(tensor: Tensor, names: str, made: str) -> Tensor:
    """The tensor with its dimensions in the order of `made`, size 1 where it lacks one."""
    turned = [names.index(c) for c in made if c in names]
    if turned != sorted(turned):
        tensor = tensor.permute(turned)
    for i, c in enumerate(made):
        if c not in names:
            tensor = tensor.unsqueeze(i)
    return tensor


# -- the order of the products ----------------------------------------------------------------


def _order(terms: tuple[str, ...], output: str, sizes: tuple[tuple[str, int], ...]) -> _Tree:
    """Which operands to multiply first: a tree of pairs, with the operands' numbers as leaves."""
    search = _Search(terms, output, dict(sizes))
    return search.best() if len(terms) <= _ALL_ORDERS else search.next_best()


class _Search:
    """The costs of multiplying subsets of the operands, each a number with a bit an operand."""

    def __init__(self, terms: Sequence[str], output: str, sizes: dict[str, int]) -> None:
        self.terms = [frozenset(t) for t in terms]
        self.output = frozenset(output)
        self.sizes = sizes
        self._letters: dict[int, frozenset[str]] = {}

    def letters(self, subset: int) -> frozenset[str]:
        """The letters left when a subset has been multiplied out."""
        found = self._letters.get(subset)
        if found is None:
            inside: frozenset[str] = frozenset()
            outside = self.output
            for i, t in enumerate(self.terms):
                if subset >> i & 1:
                    inside |= t
                else:
                    outside |= t
            found = self._letters[subset] = inside & outside
        return found

    def size(self, letters: frozenset[str]) -> int:
        """The number of elements that the letters span."""
        return reduce(lambda total, c: total * self.sizes[c], letters, 1)

    def work(self, a: int, b: int) -> int:
        """The multiplications it takes to multiply two subsets' results."""
        return self.size(self.letters(a) | self.letters(b))

    def best(self) -> _Tree:
        """The tree with the least work, from the best trees of all smaller subsets."""
        count = len(self.terms)
        found: dict[int, tuple[int, _Tree]] = {1 << i: (0, i) for i in range(count)}
        for subset in range(3, 1 << count):
            if subset in found:
                continue
            lowest = subset & -subset
            part = (subset - 1) & subset
            trees = []
            while part:
                if part & lowest:
                    rest = subset ^ part
                    cost = found[part][0] + found[rest][0] + self.work(part, rest)
                    trees.append((cost, -part))  # of equal ones that from left to right
                part = (part - 1) & subset
            cost, part = min(trees)
            left, right = -part, subset ^ -part
            found[subset] = (cost, (found[left][1], found[right][1]))
        return found[(1 << count) - 1][1]

    def next_best(self) -> _Tree:
        """The tree made by always taking the pair that saves the most memory."""
        trees: dict[int, _Tree] = {1 << i: i for i in range(len(self.terms))}
        while len(trees) > 1:
            subsets = list(trees)
            pairs = [(a, b) for i, a in enumerate(subsets) for b in subsets[i + 1 :]]
            a, b = min(pairs, key=lambda pair: (self._growth(*pair), self.work(*pair)))
            trees[a | b] = (trees.pop(a), trees.pop(b))
        return trees.popitem()[1]

    def _growth(self, a: int, b: int) -> int:
        return (
            self.size(self.letters(a | b)) - self.size(self.letters(a)) - self.size(self.letters(b))
        )
