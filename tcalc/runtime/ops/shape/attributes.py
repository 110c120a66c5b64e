"""What PyTorch's tensors may be beside strided ones, and none is here."""

from __future__ import annotations

from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.tensor.tensor import Tensor


def _never(tensor: Tensor) -> bool:
    """What no tensor is here."""
    return False


for _name in "nested quantized mkldnn mps xpu".split():
    export(f"Tensor.is_{_name}", value=property(_never))


@composite(names=("Tensor.is_nonzero", "torch.is_nonzero"), differentiable=False,
           exempt={"samples": "looks at values"})  # fmt: skip
def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not 0.

    >>> torch.is_nonzero(tensor([0.]))
    False
    """
    return bool(input)


@composite(names=("Tensor.pin_memory",), differentiable=False)
def pin_memory(input: Tensor) -> Tensor:
    """The tensor itself: memory is copied to a GPU as fast from where it is.

    >>> ones(1).pin_memory()
    tensor([1.])
    """
    return input


@composite(names=("Tensor.is_pinned", "Tensor.is_shared", "Tensor.is_distributed", "torch.is_distributed"),
           differentiable=False)  # fmt: skip
def is_pinned(input: Tensor) -> bool:
    """Whether its memory is kept for a GPU, or for other processes: never.

    >>> ones(1).is_pinned()
    False
    """
    return False


@composite(names=("Tensor.share_memory_",), differentiable=False)
def share_memory_(input: Tensor) -> Tensor:
    """The tensor itself: threads share all memory, and there are no other processes.

    >>> ones(1).share_memory_()
    tensor([1.])
    """
    return input
