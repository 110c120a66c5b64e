"""From constraints to transforms that give what meets them: `biject_to` and `transform_to`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, NotDefined
from tcalc.library.distributions import constraints, vector_constraints
from tcalc.library.distributions.constraints import Constraint
from tcalc.library.distributions.joined_transforms import CatTransform, StackTransform
from tcalc.library.distributions.transform import (
    ComposeTransform,
    IndependentTransform,
    Transform,
    identity_transform,
)
from tcalc.library.distributions.transforms import (
    AffineTransform,
    ExpTransform,
    SigmoidTransform,
)
from tcalc.library.distributions.utils import is_number
from tcalc.library.distributions.vector_transforms import (
    CorrCholeskyTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    SoftmaxTransform,
    StickBreakingTransform,
)
from tcalc.runtime.base.registry import export, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    Factory = Callable[[Any], Transform]

_HOME = "torch.distributions.constraint_registry"


@export(f"{_HOME}.ConstraintRegistry", home=_HOME)
class ConstraintRegistry:
    """Gives transforms from real numbers to what a constraint allows.

    >>> distributions.transform_to(distributions.constraints.positive)(tensor(0.))
    tensor(1.)
    >>> distributions.biject_to(distributions.constraints.simplex)
    StickBreakingTransform()
    """

    _public_ = frozenset({"register"})

    def __init__(self) -> None:
        self._registry: dict[type[Constraint], Factory] = {}

    @silent
    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Say by which transform a class of constraints (or that of a constraint) is met.

        factory: from a constraint to a transform; without it, a decorator of one.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = type(constraint) if isinstance(constraint, Constraint) else constraint
        if not isinstance(kind, type) or not issubclass(kind, Constraint):
            raise ArgumentError(
                "Expected constraint to be either a Constraint subclass or instance, but got "
                f"{constraint}"
            )
        if not callable(factory):
            raise ArgumentError(f"a factory is a function, not {type(factory).__name__}")
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Transform:
        """The transform for a constraint."""
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotDefined(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


# Transforms with an inverse, and those that may give the same for different numbers.
biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()
for _name, _registry in (("biject_to", biject_to), ("transform_to", transform_to)):
    export(f"torch.distributions.{_name}", f"{_HOME}.{_name}", value=_registry)


def _above(constraint: Any) -> Transform:
    return ComposeTransform([ExpTransform(), AffineTransform(constraint.lower_bound, 1)])


def _below(constraint: Any) -> Transform:
    return ComposeTransform([ExpTransform(), AffineTransform(constraint.upper_bound, -1)])


def _between(constraint: Any) -> Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if is_number(low) and is_number(high) and (low, high) == (0, 1):
        return SigmoidTransform()
    return ComposeTransform([SigmoidTransform(), AffineTransform(low, high - low)])


def _independent(registry: ConstraintRegistry) -> Factory:
    return lambda c: IndependentTransform(registry(c.base_constraint), c.reinterpreted_batch_ndims)


def _cat(registry: ConstraintRegistry) -> Factory:
    return lambda c: CatTransform([registry(part) for part in c.cseq], c.dim, c.lengths)


def _stack(registry: ConstraintRegistry) -> Factory:
    return lambda c: StackTransform([registry(part) for part in c.cseq], c.dim)


_BOTH: tuple[tuple[Any, Factory], ...] = (
    (constraints.real, lambda c: identity_transform),
    (constraints.greater_than, _above),
    (constraints.greater_than_eq, _above),
    (constraints.less_than, _below),
    (constraints.interval, _between),
    (constraints.half_open_interval, _between),
    (vector_constraints.corr_cholesky, lambda c: CorrCholeskyTransform()),
)
for _registry in (biject_to, transform_to):
    for _constraint, _factory in _BOTH:
        _registry.register(_constraint, _factory)
    _registry.register(constraints.independent, _independent(_registry))
    _registry.register(constraints.cat, _cat(_registry))
    _registry.register(constraints.stack, _stack(_registry))
biject_to.register(vector_constraints.simplex, lambda c: StickBreakingTransform())
transform_to.register(vector_constraints.simplex, lambda c: SoftmaxTransform())
transform_to.register(vector_constraints.lower_cholesky, lambda c: LowerCholeskyTransform())
for _constraint in (vector_constraints.positive_definite, vector_constraints.positive_semidefinite):
    transform_to.register(_constraint, lambda c: PositiveDefiniteTransform())
