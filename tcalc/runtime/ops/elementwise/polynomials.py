"""Orthogonal polynomials, by their recurrences; as PyTorch's, they have no gradients.

`n` is cut to a whole number; below 0 the polynomial is 0. Degrees beyond 8,192 are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.runtime.base.op import FLOAT, Array
from tcalc.runtime.call.define import elementwise

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    # The polynomial of degree 1, and that of degree k + 1 from k, x and those of degrees k and k - 1.
    Form = tuple[Callable[[Array], Array], Callable[[int, Array, Array, Array], Array]]

# The recurrence takes a step a degree.
_HIGHEST = 1 << 13


def _chebyshev(k: int, x: Array, p: Array, before: Array) -> Array:
    return 2 * x * p - before


def _of_degree(xp: ModuleType, form: Form, x: Array, n: Array) -> Array:
    """The polynomials of several degrees at several places, in double."""
    first, following = form
    x, n = xp.broadcast_arrays(xp.asarray(x, "d"), xp.trunc(xp.asarray(n, "d")))
    before, p = xp.ones(x.shape), first(x)
    found = xp.where(n == 0, before, xp.where(n == 1, p, xp.zeros(x.shape)))
    found = xp.where(xp.isnan(n), n, found)
    highest = float(xp.where(xp.isfinite(n), n, 0.0).max(initial=0))
    if highest > _HIGHEST:
        raise ValueProblem(f"degrees go up to {_HIGHEST:,}, not {highest:g}", argument="n")
    for k in range(1, int(highest)):
        before, p = p, following(k, x, p, before)
        found = xp.where(n == k + 1, p, found)
    return found


def _define(name: str, doc: str, form: Form, shown: str, shifted: bool = False) -> None:
    def kernel(xp: ModuleType, input: Array, n: Array) -> Array:
        place = 2 * xp.asarray(input, "d") - 1 if shifted else input
        return _of_degree(xp, form, place, n).astype(input.dtype)

    kernel.__name__ = name
    kernel.__doc__ = f"""{doc} of degree n.

    Shapes broadcast; integers give the default dtype. It has no gradient.

    >>> special.{name}(tensor([0.5, 2.]), 3)
    {shown}
    """
    elementwise(
        dtype=FLOAT, names=(f"torch.special.{name}",), differentiable=False,
        samples=lambda: [(([0.5, 2.0], [3.0, 2.0]), {}), (([0.5, -1.0], 0), {})],
        exempt={"plans": "how often it goes on, values say"},
    )(kernel)  # fmt: skip


_KINDS: tuple[tuple[str, str, Callable[[Array], Array], str, str], ...] = (
    ("t", "first", lambda x: x, "tensor([-1., 26.])", "tensor([-0., 99.])"),
    ("u", "second", lambda x: 2 * x, "tensor([-1., 56.])", "tensor([ -0., 204.])"),
    ("v", "third", lambda x: 2 * x - 1, "tensor([-1., 41.])", "tensor([  1., 169.])"),
    ("w", "fourth", lambda x: 2 * x + 1, "tensor([-1., 71.])", "tensor([ -1., 239.])"),
)
for _letter, _kind, _first, _shown, _moved in _KINDS:
    _doc = f"Chebyshev's polynomial of the {_kind} kind"
    _define(f"chebyshev_polynomial_{_letter}", _doc, (_first, _chebyshev), _shown)
    _define(f"shifted_chebyshev_polynomial_{_letter}", f"{_doc} at 2 * input - 1,",
            (_first, _chebyshev), _moved, shifted=True)  # fmt: skip

_define("hermite_polynomial_h", "Hermite's polynomial, the physicists' one",
        (lambda x: 2 * x, lambda k, x, p, before: 2 * x * p - 2 * k * before),
        "tensor([-5., 40.])")  # fmt: skip
_define("hermite_polynomial_he", "Hermite's polynomial, the probabilists' one",
        (lambda x: x, lambda k, x, p, before: x * p - k * before),
        "tensor([-1.3750,  2.0000])")  # fmt: skip
_define("laguerre_polynomial_l", "Laguerre's polynomial",
        (lambda x: 1 - x, lambda k, x, p, before: ((2 * k + 1 - x) * p - k * before) / (k + 1)),
        "tensor([-0.1458, -0.3333])")  # fmt: skip
_define("legendre_polynomial_p", "Legendre's polynomial",
        (lambda x: x, lambda k, x, p, before: ((2 * k + 1) * x * p - k * before) / (k + 1)),
        "tensor([-0.4375, 17.0000])")  # fmt: skip
