"""Distributions whose mean is also their mode: where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.library.distributions.distribution import Distribution

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


class Located(Distribution):
    """One that lies around `loc`, as much on either side."""

    loc: Tensor

    @property
    def mean(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc
