"""What a program has come to, as data: the same of PyTorch's tensors and of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

# How many digits of floats are kept, by dtype; more than the tolerance asks for.
DIGITS = {
    "float16": 5,
    "bfloat16": 4,
    "float32": 8,
    "complex64": 8,
    "float64": 12,
    "complex128": 12,
}
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
        ("no scalar", "can be implicitly created only"),
        ("unused", "appears to not have been used"),
        ("seed", "Mismatch in shape: grad_output"),
        ("cast", "can't be cast to|result type"),
        ("overlap", "refers? to a single memory location"),
        ("flags", "change requires_grad flags of leaf"),
        ("only floats", "only Tensors of floating point|only require gradients|require gradients"),
        ("detach view", "Can't detach views in-place|detach\\(\\) instead of detach_"),
        ("out", "arguments don't support automatic differentiation"),
        ("broadcast", "must match the (size|existing size)|broadcast|shape mismatch"),
        ("view", "is invalid for input of size|view size is not compatible"),
        ("index", "out of (range|bounds)|too many indices|invalid index"),
        ("mask", "The shape of the mask"),
        ("number", "more than one value is ambiguous|cannot be converted to Scalar"),
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


class Program:
    """A program's variables while it runs.

    run: runs a line. variables: by name. kind: the class of tensors.
    """

    def __init__(self, run: Callable[[str], object], variables: dict[str, Any], kind: type) -> None:
        self.run, self.variables, self.kind = run, variables, kind
        # The versions at which tensors came into variables: what was written to them on the way
        # there is an implementation's own affair.
        self._born: dict[str, tuple[int, int]] = {}

    def answer(self, lines: list[str]) -> list[Any]:
        """The statement that is refused, the error's classes and what it is about; the state then."""
        for at, line in enumerate(lines):
            try:
                self.run(line)
            except Exception as error:  # PyTorch's answer, whatever it is, and ours to compare
                classes = [c.__name__ for c in type(error).__mro__[:-3]]
                return [at, [classes, about(error)], self.state()]
            for name, v in self.variables.items():
                if isinstance(v, self.kind) and self._born.get(name, (0, 0))[0] != id(v):
                    self._born[name] = id(v), v._version
        return [None, None, self.state()]

    def state(self) -> dict[str, Any]:
        """All that the variables say, and their gradients."""
        found: dict[str, Any] = {}
        memory: dict[int, str] = {}
        kept = [(n, v) for n, v in self.variables.items() if re.fullmatch(r"v\d+", n)]
        kept.sort(key=lambda item: int(item[0][1:]))
        names: dict[int, str] = {}
        for name, v in kept:
            names.setdefault(id(v), name)
        for name, v in kept:
            if isinstance(v, self.kind):
                same = names[id(v)]
                found[name] = tensor(v, names, memory, name) if same == name else same
                if same == name:
                    found[name].append(
                        v._version - self._born[name][1] if name in self._born else 0
                    )
            elif isinstance(v, (list, tuple)):
                found[name] = [gradient(t, names, memory, f"{name}.{i}") for i, t in enumerate(v)]
            else:
                found[name] = repr(v)
        for name, v in kept:
            if isinstance(v, self.kind) and _keeps_gradient(v) and v.grad is not None:
                same, name = names.get(id(v.grad), ""), name + ".grad"
                found[name] = same or gradient(v.grad, names, memory, name)
        return found


def tensor(t: Any, names: dict[int, str], memory: dict[int, str], name: str) -> list[Any]:
    """A tensor: how it lies, what it is in the graph, whose memory it shares, and its values."""
    dtype = str(t.dtype).removeprefix("torch.")
    shown = t.detach().resolve_conj().resolve_neg().reshape(-1).tolist()
    base = "" if t._base is None else names.get(id(t._base), "?")
    where = t.untyped_storage().data_ptr()
    try:
        graph = [
            flags(t),
            "" if t.grad_fn is None else t.grad_fn.name().removeprefix("torch::autograd::"),
        ]
    except RuntimeError as error:  # of a view whose memory was written to where it may not be
        graph = ["refused", about(error)]
    # Where nothing is, it does not lie anywhere; one element has no neighbour to be a step away.
    steps = [step if n > 1 else 0 for n, step in zip(t.shape, t.stride())]
    layout = [steps, t.storage_offset()] if t.numel() else [[], 0]
    return [
        dtype, list(t.shape), *layout, *graph, base,
        memory.setdefault(where, name) if t.numel() else "",
        [value(x, dtype) for x in shown],
    ]  # fmt: skip


def gradient(t: Any, names: dict[int, str], memory: dict[int, str], name: str) -> list[Any]:
    """A gradient: whether it is kept as it is or shown conjugated is nobody's promise."""
    found = tensor(t, names, memory, name)
    found[4] = found[4].strip("cn")
    return found


def _keeps_gradient(t: Any) -> bool:
    """Whether a tensor may have a gradient to show."""
    try:
        return t.is_leaf or t.retains_grad
    except RuntimeError:
        return False


def about(error: BaseException) -> str:
    """What a refusal is about, where that is told apart."""
    message = str(error)
    return next((name for name, words in CONDITIONS if words.search(message)), "")
