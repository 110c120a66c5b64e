"""What display asks of a value, without loading the modules that it did not come from."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy as np

    from tcalc.runtime.tensor.tensor import Tensor


def as_tensor(value: object) -> Tensor | None:
    """The value if it is a tensor, with a shape at least, else None."""
    # No tensor exists before its module is loaded, and plain numbers must not load it.
    module = sys.modules.get("tcalc.runtime.tensor.tensor")
    if module is not None and isinstance(value, module.Tensor) and value._has_shape:
        tensor: Tensor = value
        return tensor
    return None


def as_ndarray(value: object) -> np.ndarray | None:
    """The value if it is a NumPy array or one of NumPy's numbers, else None."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        array: np.ndarray = numpy.asarray(value)
        return array
    return None


def host(array: Any) -> np.ndarray:
    """The array in the computer's own memory: what came from a GPU is copied."""
    copied: np.ndarray = array.get() if hasattr(array, "get") else array
    return copied


def has_data(tensor: Tensor) -> bool:
    """Whether there is an array of numbers to show: meta tensors have a shape alone, and sparse ones
    keep but some."""
    from tcalc.runtime.call.layouts import is_sparse  # which plain numbers do without

    return not (tensor.is_meta or is_sparse(tensor))


def node_name(tensor: Tensor) -> str | None:
    """What made a tensor, or None; `Invalid` for a view that was written to where it may not be."""
    from tcalc.errors import AutogradError

    try:
        node = tensor.grad_fn
    except AutogradError:
        return "Invalid"
    return None if node is None else str(node.name())


def named_fields(value: object) -> tuple[str, ...]:
    """The field names of a named result such as `max(x, 0)`, or () for any other value."""
    fields = getattr(type(value), "_fields", ()) if isinstance(value, tuple) else ()
    return tuple(fields)
