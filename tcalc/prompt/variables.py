"""`:vars`: what the variables hold, told without computing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.prompt.command import nothing_follows
from tcalc.runtime.objects.texts import repr_of

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl

TITLES = ("name", "type", "dtype", "shape", "device", "bytes", "grad", "value")


def show(repl: Repl, rest: str) -> None:
    """`:vars`: a table of the variables."""
    nothing_follows("vars", rest)
    variables = repl.session.variables
    rows = [row_of(name, variables[name]) for name in sorted(variables) if name[0] != "_"]
    if not rows:
        repl.answer("no variables yet")
        return
    kept = [at for at in range(len(TITLES)) if any(row[at] for row in rows)]
    table = [tuple(row[at] for at in kept) for row in [TITLES, *rows]]
    wide = [max(map(len, column)) for column in zip(*table)]
    lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, wide)).rstrip() for row in table]
    lines = [line if len(line) <= repl.width else line[: repl.width - 1] + "…" for line in lines]
    if repl.colour:
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    repl.answer("\n".join(lines))


def row_of(name: str, value: object) -> tuple[str, ...]:
    """The cells for a variable; nothing of it is computed."""
    kind = _type_name(value)
    if isinstance(value, tensor_type()):
        from tcalc.runtime.tensor.tensor import Tensor

        assert isinstance(value, Tensor)
        grad = "yes" if value.requires_grad else ""
        if grad and value.is_leaf:
            grad = "leaf" if value.grad is None else "leaf, has .grad"
        return (
            name, kind, value.dtype.name, str(list(value.shape)), str(value.device),
            _bytes(value.nbytes), grad, "",
        )  # fmt: skip
    if type(value) in (int, float, complex, bool, str, type(None)):
        text = repr_of(value) if type(value) is not int or abs(value) < 10**40 else "..."
        # A repr has its control characters escaped already.
        return name, kind, "", "", "", "", "", _clipped(text)
    if isinstance(value, list | tuple | dict | set | frozenset):
        return name, kind, "", f"len {len(value)}", "", "", "", ""
    if callable(value):
        from tcalc.help.signatures import signature

        return name, kind, "", "", "", "", "", _clipped(signature(name, value) or "")
    return name, kind, "", "", "", "", "", ""


def _type_name(value: object) -> str:
    return str(type.__getattribute__(type(value), "__name__"))


def _clipped(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _bytes(count: int) -> str:
    from tcalc.runtime.base.memory import human

    return human(count)


def tensor_type() -> type | tuple[()]:
    """The type of tensors, or a type that nothing has while no tensor can exist."""
    import sys

    module = sys.modules.get("tcalc.runtime.tensor.tensor")
    return () if module is None else module.Tensor
