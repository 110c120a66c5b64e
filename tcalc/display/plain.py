"""Values as Python and PyTorch write them, to the letter.

`tensor` is PyTorch's `repr` of a tensor. Given to the runtime's `set_formatter`, it serves `repr`,
`str` and `print`, so that tensors inside lists, dicts and user objects print alike.
"""

from __future__ import annotations

import sys
from math import inf

from tcalc.display import numbers
from tcalc.display.options import OPTIONS, printoptions
from tcalc.display.values import has_data, host, node_name
from tcalc.runtime.objects.texts import repr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from tcalc.runtime.tensor.tensor import Tensor


def text(value: object, precision: int | None = None) -> str:
    """What Python's prompt would show, or with `precision` digits after the point.

    >>> text(0.1), text("a"), text([1, None]), text(1 / 3, 2)
    ('0.1', "'a'", '[1, None]', '0.33')
    """
    if isinstance(value, (bool, int, float, complex)):
        return numbers.scalar(value, precision) if _is_plain(value) else repr_of(value)
    if precision is None:
        return repr_of(value)
    with printoptions(precision=precision, sci_mode=OPTIONS.sci_mode):
        return repr_of(value)


def exact(value: object) -> str:
    """What Python's prompt would show, with nothing left out, wrapped or rounded.

    >>> exact({"a": [0.1, None]})
    "{'a': [0.1, None]}"
    """
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return _exact(value)
    with numpy.printoptions(threshold=sys.maxsize, linewidth=sys.maxsize, floatmode="unique"):
        return _exact(value)


def _exact(value: object) -> str:
    with printoptions(threshold=inf, linewidth=inf, sci_mode=OPTIONS.sci_mode):
        before, OPTIONS.exact = OPTIONS.exact, True
        try:
            return repr_of(value)
        finally:
            OPTIONS.exact = before


def _is_plain(value: object) -> bool:
    # NumPy's float64 is a float too, but writes itself another way.
    return type(value) in (bool, int, float, complex)


def tensor(value: Tensor) -> str:
    """PyTorch's repr of a tensor, or of a Parameter."""
    body = _tensor(value)
    return f"Parameter containing:\n{body}" if _is_parameter(value) else body


def _is_parameter(value: Tensor) -> bool:
    from tcalc.runtime.tensor.tensor import Parameter

    return isinstance(value, Parameter)


def _tensor(value: Tensor) -> str:
    from tcalc.display import sparse
    from tcalc.runtime.types import dtypes

    prefix = "tensor("
    shape, dtype = tuple(value.shape), value.dtype
    default = dtypes.default.value
    usual: tuple[object, ...] = (default, default.to_complex(), dtypes.int64, dtypes.bool_)
    suffixes = []
    kept = sparse.parts(value)
    if kept:
        contents = sparse.contents(kept, len(prefix), elements)
        suffixes += sparse.suffixes(value, kept)
    if str(value.device) != "cpu":
        suffixes.append(f"device='{value.device}'")
    if kept:
        pass
    elif not has_data(value):
        contents, usual = "...", (default,)
        suffixes.append(f"size={shape}")
    elif 0 in shape:
        # There are no elements to tell an integer type by.
        contents, usual = "[]", (default,)
        if len(shape) != 1:
            suffixes.append(f"size={shape}")
    else:
        contents = elements(value.array, len(prefix))
        if not OPTIONS.edgeitems:
            suffixes.append(f"size={shape}")
    if dtype not in usual:
        suffixes.append(f"dtype={dtype!r}")
    if kept:
        suffixes.append(f"layout={value.layout!r}")
    made_by = node_name(value)
    if made_by is not None:
        suffixes.append(f"grad_fn=<{made_by}>")
    elif value.requires_grad:
        suffixes.append("requires_grad=True")
    apart = "indices" in kept
    return _with_suffixes(prefix + contents, suffixes, len(prefix), apart)


def _with_suffixes(text: str, suffixes: Sequence[str], indent: int, apart: bool) -> str:
    """The text with what stands behind it; apart: on a line of its own."""
    pieces = [text]
    used = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if (apart and len(pieces) == 1) or used + len(suffix) + 2 > OPTIONS.linewidth:
            pieces.append(",\n" + " " * indent + suffix)
            used = indent + len(suffix)
        else:
            pieces.append(", " + suffix)
            used += len(suffix) + 2
    return "".join(pieces) + ")"


def elements(array: np.ndarray, indent: int) -> str:
    """The elements of an array, (*,) with at least one, in nested brackets and aligned; what lies
    `indent` columns to the left of the first is left out of the width.
    """
    summarised = array.size > OPTIONS.threshold and array.ndim > 0
    if summarised and not OPTIONS.edgeitems:
        return "[...]"
    edges = [OPTIONS.edgeitems if summarised else size for size in array.shape]
    cut = [size > 2 * edge for size, edge in zip(array.shape, edges)]
    shown = host(corners(array, edges))
    words, width = cells(shown)
    if not shown.ndim:
        return words[0]
    return _nested(words, shown.shape, cut, indent, width + len(", "))


def corners(array: np.ndarray, edges: Sequence[int]) -> np.ndarray:
    """The first and last few items of each dimension, `edges` of them: all that a summary shows.

    array: (d₁, …, dₙ) → (min(d₁, 2·e₁), …); the array itself where nothing is left out.
    """
    # The longest dimension first, so that next to nothing is copied.
    for axis in sorted(range(array.ndim), key=array.shape.__getitem__, reverse=True):
        size, edge = array.shape[axis], edges[axis]
        if size > 2 * edge:
            chosen = [*range(edge), *range(size - edge, size)]
            array = array[(slice(None),) * axis + (chosen,)]
    return array


def cells(array: np.ndarray) -> tuple[list[str], int]:
    """Every element in row-major order, spelled as PyTorch does, and the columns one takes."""
    words, width = _rounded(array)
    if not OPTIONS.exact or _read_back(words, array):
        return words, width
    words = [word.strip("()") for word in numbers.words(array)]
    return words, max(map(len, words))


def _read_back(words: list[str], array: np.ndarray) -> bool:
    """Whether words of floats give the same numbers back in their dtype."""
    from tcalc.runtime.types.codes import COMPLEXES, EXACT  # which plain numbers do without

    if array.dtype.char in EXACT:
        return True
    wide = "complex128" if array.dtype.char in COMPLEXES else "float64"
    read = [complex(word) for word in words] if wide == "complex128" else list(map(float, words))
    flat = array.reshape(-1)
    again = flat.astype(wide)
    again[:] = read
    kept = again.astype(flat.dtype) == flat
    return bool((kept | (flat != flat)).all())


def _rounded(array: np.ndarray) -> tuple[list[str], int]:
    from tcalc.runtime.types.codes import COMPLEXES, EXACT

    if array.dtype.char in COMPLEXES:
        return numbers.complex_column(array.reshape(-1).tolist())
    floating = array.dtype.char not in EXACT
    if floating:
        array = array.astype("float64")
    return numbers.column(array.reshape(-1).tolist(), floating)


def _nested(
    words: list[str], shape: Sequence[int], cut: Sequence[bool], indent: int, columns: int
) -> str:
    """PyTorch's brackets, with words that take so many columns and blank lines between blocks."""
    size = shape[0]
    if len(shape) == 1:
        if cut[0]:
            words = [*words[: size // 2], " ...", *words[size // 2 :]]
        per_line = max(1, int((min(OPTIONS.linewidth, 1 << 31) - indent) // columns))
        lines = [", ".join(words[at : at + per_line]) for at in range(0, len(words), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    stride = len(words) // size
    parts = [
        _nested(words[at : at + stride], shape[1:], cut[1:], indent + 1, columns)
        for at in range(0, len(words), stride)
    ]
    if cut[0]:
        parts.insert(size // 2, "...")
    return "[" + ("," + "\n" * (len(shape) - 1) + " " * (indent + 1)).join(parts) + "]"
