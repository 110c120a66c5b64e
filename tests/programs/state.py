"""What a program has come to, as data: the same of PyTorch's tensors and of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

# How many digits of floats are kept, by dtype; more than the tolerance asks for.
DIGITS = {"float16": 5, "bfloat16": 4, "float32": 8, "complex64": 8, "float64": 12, "complex128": 12}
# What a refusal is about, by the words of its message.
CONDITIONS = [
    (name, re.compile(words))
    for name, words in (
        ("leaf", "a leaf Variable that requires grad"),
        ("view of leaf", "a view of a leaf Variable"),
        ("one of many views", "is a view and (is being|its base)"),
        ("view made in no_grad", "created in (no_grad|inference) mode"),
        ("version", "modified by an inplace operation"),
        ("freed", "backward through the graph a second time"),
        ("no graph", "does not require grad|doesn't require gradient|doesn't require grad"),
        ("no scalar", "grad can be implicitly created only"),
        ("unused", "appears to not have been used"),
        ("seed", "Mismatch in shape: grad_output"),
        ("cast", "can't be cast to|result type"),
        ("overlap", "refer to a single memory location"),
        ("flags", "change requires_grad flags of leaf"),
        ("only floats", "only Tensors of floating point|only require gradients|require gradients"),
        ("detach view", "Can't detach views in-place|detach\\(\\) instead of detach_"),
        ("out", "arguments don't support automatic differentiation"),
        ("broadcast", "must match the (size|existing size)|broadcast|shape mismatch"),
        ("view", "is invalid for input of size|view size is not compatible"),
        ("index", "out of (range|bounds)|too many indices|invalid index"),
        ("mask", "The shape of the mask"),
        ("number", "one element|ambiguous|cannot be converted to Scalar"),
        ("dtype", "not implemented for|not supported|dtypes? match|same scalar type|with dtype|used as indices|boolean tensor"),
        ("sizes", "Sizes of tensors|number of dimensions|equal size|exceeds dimension|number of sizes|duplicate dims"),
        ("gradient", "assign a gradient|changed the size"),
        ("layout", "unresolved conjugated|with stride 1"),
        ("products", "shapes cannot be multiplied|inconsistent tensor size|size mismatch"),
    )
]  # fmt: skip


def value(x: Any, dtype: str) -> Any:
    """A number as JSON data."""
    if type(x) in (bool, int):
        return x
    if isinstance(x, complex):
        return [value(x.real, dtype), value(x.imag, dtype)]
    return float(f"{x:.{DIGITS[dtype]}g}") if x - x == 0 else str(float(x))


def flags(t: Any) -> str:
    """What holds of a tensor, a letter each."""
    return "".join(
        letter
        for letter, holds in (
            ("g", t.requires_grad), ("l", t.is_leaf), ("r", t.retains_grad), ("v", t._base is not None),
            ("c", t.is_conj()), ("n", t.is_neg()),
        )
        if holds
    )  # fmt: skip


def tensor(t: Any, names: dict[int, str], memory: dict[int, str], name: str) -> list[Any]:
    """A tensor: how it lies, what it is in the graph, whose memory it shares, and its values."""
    dtype = str(t.dtype).removeprefix("torch.")
    shown = t.detach().resolve_conj().resolve_neg().reshape(-1).tolist()
    base = "" if t._base is None else names.get(id(t._base), "?")
    where = t.untyped_storage().data_ptr()
    try:
        graph = [flags(t), "" if t.grad_fn is None else t.grad_fn.name()]
    except RuntimeError as error:  # of a view that was written to where it may not be
        graph = ["refused", refusal(error)]
    return [
        dtype, list(t.shape), list(t.stride()), t.storage_offset(), *graph, t._version, base,
        memory.setdefault(where, name) if t.numel() else "",
        [value(x, dtype) for x in shown],
    ]  # fmt: skip


def _keeps_gradient(t: Any) -> bool:
    """Whether a tensor may have a gradient to show."""
    try:
        return t.is_leaf or t.retains_grad
    except RuntimeError:
        return False


def state(variables: Iterable[tuple[str, Any]], kind: type) -> dict[str, Any]:
    """All that a program's variables say, and their gradients."""
    found: dict[str, Any] = {}
    memory: dict[int, str] = {}
    kept = [(n, v) for n, v in variables if re.fullmatch(r"v\d+", n)]
    kept.sort(key=lambda item: int(item[0][1:]))
    names: dict[int, str] = {}
    for name, v in kept:
        names.setdefault(id(v), name)
    for name, v in kept:
        if isinstance(v, kind):
            same = names[id(v)]
            found[name] = tensor(v, names, memory, name) if same == name else same
        elif isinstance(v, (list, tuple)):
            found[name] = [tensor(t, names, memory, f"{name}.{i}") for i, t in enumerate(v)]
        else:
            found[name] = repr(v)
    for name, v in kept:
        if isinstance(v, kind) and _keeps_gradient(v) and v.grad is not None:
            g = v.grad
            same = names.get(id(g), "")
            found[name + ".grad"] = same or tensor(g, names, memory, name + ".grad")
    return found


def refusal(error: BaseException) -> str:
    """A refusal's class, PyTorch's, and what it is about where that is told apart."""
    message = str(error)
    about = next((name for name, words in CONDITIONS if words.search(message)), "")
    classes = ("IndexError", "ZeroDivisionError", "NotImplementedError", "TypeError", "ValueError", "AttributeError")
    above = [c.__name__ for c in type(error).__mro__]
    return f"{next((c for c in classes if c in above), 'RuntimeError')} {about}".strip()
