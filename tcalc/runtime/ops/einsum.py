"""Sums of products over named dimensions."""

from __future__ import annotations

from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.runtime.op import composite
from tcalc.runtime.ops import equation as equations
from tcalc.runtime.ops.contraction import contract
from tcalc.runtime.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

# With more operands than this, the order of the products is found by taking what is best next.
_ALL_ORDERS = 6
_SQUARE = [[1.0, 2.0], [-0.5, 0.3]]
_MATRIX = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]
_STACK = [[[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]], [[0.1, 0.2, -0.5], [1.0, 3.0, 0.7]]]


@composite(method=False, samples=lambda: [
    (("ij,bjk->bik", _SQUARE, _STACK), {}), (("ii,ij->j", _SQUARE, _MATRIX), {}),
    (("...i,ji", _MATRIX, _MATRIX), {}),
])  # fmt: skip
def einsum(equation: Any, *operands: Any) -> Any:
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
    resolved = equations.resolve(terms, output, tuple([t._a.shape for t in tensors]))
    return _evaluate(tensors, resolved)


def _nothing_given() -> ValueProblem:
    return ValueProblem(
        "einsum(): must specify the equation string and at least one operand, or at least one "
        "operand and its subscripts list"
    )


def _operand(value: Any, number: int) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (list, tuple, int, float, complex)) or hasattr(value, "dtype"):
        from tcalc.runtime.ops.creation import tensor_of

        return tensor_of(value)
    raise ArgumentError(
        f"expected Tensor as element {number} in argument 1, but got {type(value).__name__}",
        argument="operands",
    )


def _by_numbers(args: Sequence[Any]) -> tuple[list[Any], tuple[str, ...], str | None]:
    if len(args) < 2:
        raise _nothing_given()
    pairs = len(args) // 2
    terms = tuple([equations.from_numbers(args[2 * i + 1]) for i in range(pairs)])
    output = equations.from_numbers(args[-1]) if len(args) % 2 else None
    return [args[2 * i] for i in range(pairs)], terms, output


def _evaluate(tensors: list[Tensor], equation: equations.Equation) -> Any:
    if equation.plain:
        pieces: list[tuple[Any, str]] = list(zip(tensors, equation.terms))
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
    tree: Any = 0 if len(pieces) == 1 else (0, 1)
    if len(pieces) > 2:
        terms = tuple([term for _, term in pieces])
        tree = _order(terms, equation.output, tuple(equation.sizes.items()))
    result, letters = _run(tree, pieces, equation.output, True)
    if letters == equation.output:
        return result
    return result.permute([letters.index(c) for c in equation.output])


def _simplified(tensor: Any, term: str, others: str, sizes: dict[str, int]) -> tuple[Any, str]:
    """An operand with each letter once, without those that nothing else needs or that stretch."""
    for c in term:
        while term.count(c) > 1:
            first = term.index(c)
            second = term.index(c, first + 1)
            tensor = tensor.diagonal(0, first, second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + c
    shape = tensor._a.shape
    stretched = [i for i, c in enumerate(term) if shape[i] == 1 != sizes[c]]
    if stretched:
        tensor = tensor.squeeze(stretched)
        term = "".join(c for i, c in enumerate(term) if i not in stretched)
    return _summed(tensor, term, others)


def _summed(tensor: Any, term: str, needed: str) -> tuple[Any, str]:
    alone = [i for i, c in enumerate(term) if c not in needed]
    if alone:
        tensor = tensor.sum(alone)
        term = "".join(c for c in term if c in needed)
    return tensor, term


def _run(tree: Any, pieces: Sequence[tuple[Any, str]], needed: str, last: bool) -> tuple[Any, str]:
    """The product of the operands in a tree, and its letters.

    needed: the letters of the output and of the operands outside the tree.
    """
    if isinstance(tree, int):
        return pieces[tree]
    left, right = tree
    a, names_a = _run(left, pieces, needed + _letters(right, pieces), False)
    b, names_b = _run(right, pieces, needed + names_a, False)
    # What only stretched in the other operand is in one of the two alone.
    a, names_a = _summed(a, names_a, needed + names_b)
    b, names_b = _summed(b, names_b, needed + names_a)
    kept = [c for c in names_a if c in needed and c in names_b]
    kept += [c for c in names_a if c in needed and c not in names_b]
    kept += [c for c in names_b if c in needed and c not in names_a]
    made = needed if last else "".join(kept)
    if all(c in made for c in names_a if c in names_b):
        return _spread(a, names_a, made) * _spread(b, names_b, made), made
    return contract(a, b, names_a, names_b, made), made


def _letters(tree: Any, pieces: Sequence[tuple[Any, str]]) -> str:
    if isinstance(tree, int):
        return pieces[tree][1]
    return _letters(tree[0], pieces) + _letters(tree[1], pieces)


def _spread(tensor: Any, names: str, made: str) -> Any:
    """The tensor with its dimensions in the order of `made`, size 1 where it lacks one."""
    turned = [names.index(c) for c in made if c in names]
    if turned != sorted(turned):
        tensor = tensor.permute(turned)
    for i, c in enumerate(made):
        if c not in names:
            tensor = tensor.unsqueeze(i)
    return tensor


# -- the order of the products ----------------------------------------------------------------


@lru_cache(maxsize=256)
def _order(terms: tuple[str, ...], output: str, sizes: tuple[tuple[str, int], ...]) -> Any:
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

    def best(self) -> Any:
        """The tree with the least work, from the best trees of all smaller subsets."""
        count = len(self.terms)
        found: dict[int, tuple[int, Any]] = {1 << i: (0, i) for i in range(count)}
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
                    trees.append((cost, part))
                part = (part - 1) & subset
            cost, part = min(trees)
            found[subset] = (cost, (found[part][1], found[subset ^ part][1]))
        return found[(1 << count) - 1][1]

    def next_best(self) -> Any:
        """The tree made by always taking the pair that saves the most memory."""
        trees: dict[int, Any] = {1 << i: i for i in range(len(self.terms))}
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
