"""Random numbers in NumPy arrays, each drawn as PyTorch's CPU kernels draw it.

The functions with a `_` fill an array in place, in the order in which its memory lies (which is
PyTorch's order too) and whatever its strides; the others return a new array.
"""

from tcalc.runtime.ops.random.sampling.choice import multinomial, randperm
from tcalc.runtime.ops.random.sampling.continuous import (
    cauchy_,
    exponential_,
    log_normal_,
    uniform_,
)
from tcalc.runtime.ops.random.sampling.normals import normal, normal_
from tcalc.runtime.ops.random.sampling.rejection import binomial, dirichlet, poisson, standard_gamma
from tcalc.runtime.ops.random.sampling.whole import bernoulli_, geometric_, random_

__all__ = [
    "bernoulli_", "binomial", "cauchy_", "dirichlet", "exponential_", "geometric_", "log_normal_",
    "multinomial", "normal", "normal_", "poisson", "random_", "randperm", "standard_gamma",
    "uniform_",
]  # fmt: skip
