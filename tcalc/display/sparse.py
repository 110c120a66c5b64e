"""Sparse tensors as PyTorch writes them: what they keep, and as data for JSON."""

from __future__ import annotations

from tcalc.display.values import as_tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import numpy as np

    from tcalc.runtime.tensor.tensor import Tensor


def parts(value: object) -> dict[str, np.ndarray]:
    """The arrays that a sparse tensor keeps, by PyTorch's names for them; {} for any other value.

    >>> parts(0.5)
    {}
    """
    tensor = as_tensor(value)
    if tensor is None:
        return {}
    from tcalc.runtime.call.layouts import is_sparse  # which plain numbers do without

    if not is_sparse(tensor):
        return {}
    held: Any = tensor._d
    return {**held.indexed(), "values": held.values}


def contents(
    kept: dict[str, np.ndarray], indent: int, elements: Callable[[np.ndarray, int], str]
) -> str:
    """The arrays as text, one below the other. elements: writes one that has any."""
    pieces = []
    for name, array in kept.items():
        prefix = f"{name}=tensor("
        if array.size:
            text = elements(array, indent + len(prefix))
        else:
            text = f"[], size={tuple(array.shape)}"
        pieces.append(f"{prefix}{text})")
    return (",\n" + " " * indent).join(pieces)


def suffixes(tensor: Tensor, kept: dict[str, np.ndarray]) -> list[str]:
    """What stands behind the arrays."""
    return [f"size={tuple(tensor.shape)}", f"nnz={len(kept['values'])}"]


def layout_name(tensor: Tensor) -> str:
    """What JSON and terminals call how a tensor is kept."""
    return repr(tensor.layout).removeprefix("torch.")
