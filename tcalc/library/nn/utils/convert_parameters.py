"""Parameters as one vector, and back."""

from __future__ import annotations

from tcalc.errors import ShapeError
from tcalc.library.nn.utils.clip_grad import listed_tensors
from tcalc.runtime.base.op import Object
from tcalc.runtime.base.registry import silent
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.tensor.tensor import Tensor

_HOME = "torch.nn.utils"
_EXEMPT = {"samples": "takes parameters"}


@composite(
    names=(f"{_HOME}.parameters_to_vector", f"{_HOME}.convert_parameters.parameters_to_vector"),
    exempt=_EXEMPT,
)
def parameters_to_vector(parameters: Object) -> Tensor:
    """All elements of several parameters, one behind the other.

    >>> nn.utils.parameters_to_vector([ones(2), zeros(1, 2)])
    tensor([1., 1., 0., 0.])
    """
    return cat([p.reshape(-1) for p in listed_tensors(parameters, "parameters")])


@silent
@composite(
    names=(f"{_HOME}.vector_to_parameters", f"{_HOME}.convert_parameters.vector_to_parameters"),
    differentiable=False,
    exempt=_EXEMPT,
)
def vector_to_parameters(vec: Tensor, parameters: Object) -> None:
    """Give parameters the parts of a vector, in order, whose memory they then show.

    >>> p = nn.Parameter(ones(2))
    >>> nn.utils.vector_to_parameters(tensor([5., 6.]), [p])
    >>> p.data
    tensor([5., 6.])
    """
    at = 0
    for p in listed_tensors(parameters, "parameters"):
        count = p.numel()
        part = vec[at : at + count]
        if part.numel() != count:
            raise ShapeError(
                f"a vector of {vec.numel()} elements has too few for the parameters", argument="vec"
            )
        p.data = part.view(p.shape).data
        at += count
