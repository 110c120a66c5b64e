"""What distributions with `probs` or `logits` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.distributions.distribution import Distribution
from tcalc.library.distributions.utils import (
    broadcast_all,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
)

if TYPE_CHECKING:
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.types.shapes import Size


class Odds(Distribution):
    """A distribution that is given `probs` or `logits`; the other follows."""

    # Whether each is that of one event, or those along the last dim are of many.
    _binary_ = True

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits, self._binary_)

    @lazy_property
    def logits(self) -> Tensor:
        """The logits: of one event log(p / (1 - p)), of many log(p)."""
        return probs_to_logits(self.probs, self._binary_)

    @property
    def param_shape(self) -> Size:
        """The shape of `probs` and `logits`."""
        return given(self).shape


def given(dist: Odds) -> Tensor:
    """Whichever of `probs` and `logits` is there; the one that was given if only that is."""
    own = dist.__dict__
    found: Tensor = own["probs"] if "probs" in own else own["logits"]
    return found


def either(probs: Value | None, logits: Value | None) -> tuple[str, Value]:
    """The one that is given, with its name."""
    if (probs is None) == (logits is None):
        raise ValueProblem("Either `probs` or `logits` must be specified, but not both.")
    return ("logits", logits) if probs is None else ("probs", probs)  # type: ignore[return-value]  # one is not None


def keep(dist: Odds, probs: Value | None, logits: Value | None) -> Tensor:
    """Keep the one that is given, as a tensor."""
    name, value = either(probs, logits)
    (found,) = broadcast_all(value)
    dist.__dict__[name] = found
    return found


def keep_counted(
    dist: Odds, total_count: Value, probs: Value | None, logits: Value | None
) -> Tensor:
    """Keep the one that is given and `total_count`, as tensors of one shape and dtype."""
    name, value = either(probs, logits)
    count, found = broadcast_all(total_count, value)
    dist.__dict__.update({"total_count": count.type_as(found), name: found})
    return found
