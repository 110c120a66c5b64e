"""What a value is like, in one line: of a tensor its dtype, shape, range, mean, spread and alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.display import plain
from tcalc.display.escape import escape
from tcalc.display.statistics import statistics
from tcalc.display.values import as_tensor, has_data, host, node_name
from tcalc.errors import LooksInside
from tcalc.runtime.objects.texts import repr_of

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor

# Up to so many elements stand there themselves, from so many on their distribution is drawn, and
# text has up to so many characters.
_FEW, _MANY, _LONGEST = 6, 32, 100


def oneline(value: object) -> str:
    """A value in one line; of a tensor, what it waits for is computed.

    >>> from tcalc.runtime.base.registry import lookup
    >>> oneline(lookup("torch.arange")(12.0).reshape(3, 4))
    'float32 [3, 4]  min 0  max 11  mean 5.5  std 3.606'
    """
    tensor = as_tensor(value)
    return _clipped(repr_of(value)) if tensor is None else "  ".join(_parts(tensor))


def _clipped(text: str) -> str:
    text = escape(" ".join(text.split()))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _parts(tensor: Tensor) -> list[str]:
    where = "" if tensor.is_cpu else f" {tensor.device}"
    parts = [f"{tensor.dtype.name} {list(tensor.shape)}{where}"]
    try:
        parts += _contents(tensor)
    except LooksInside:  # inside vmap
        parts.append("one of a batch")
    made_by = node_name(tensor)
    if made_by is not None:
        parts.append(f"grad {made_by}")
    elif tensor.requires_grad:
        parts.append("leaf, requires grad")
    return parts


def _contents(tensor: Tensor) -> list[str]:
    if not has_data(tensor):
        return ["no data" if tensor.is_meta else "sparse"]
    if not tensor._d.size:
        return ["no elements"]
    array = host(tensor.array)
    if not array.ndim:
        return [repr_of(tensor.item())]
    found = statistics(array)
    if array.size < _MANY:
        found.sketch = ""
    few = [" ".join(plain.elements(array, 0).split())] if array.size <= _FEW else []
    alarms = [f"{name} {count:,}" for name, count in found.alarms()]
    return [*few, *[f"{name} {number}" for name, number in found.numbers()], *alarms]
