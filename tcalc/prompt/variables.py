"""`:vars`: what the variables hold, told without computing anything."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tcalc.language.results import blocks
from tcalc.prompt.command import CommandError
from tcalc.runtime.base.memory import human
from tcalc.runtime.objects.texts import repr_of
from tcalc.theme import paint

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl

TITLES = ("name", "type", "dtype", "shape", "device", "bytes", "grad", "value")


def show(repl: Repl, rest: str) -> None:
    """A table of the variables; rest: `-s` for the largest first, and what names are to match."""
    words = rest.split()
    by_size = "-s" in words
    patterns = [word for word in words if word != "-s"]
    if len(patterns) > 1:
        raise CommandError(":vars takes one pattern", "for instance :vars w* or :vars -s")
    variables = repl.session.variables
    names = sorted(n for n in variables if n[0] != "_" and _matches(n, patterns))
    sizes = {name: size_of(variables[name]) for name in names}
    if by_size:
        names.sort(key=lambda name: -sizes[name])
    if not names:
        repl.answer("no variables yet" if not patterns else f"no variable matches {patterns[0]!r}")
        return
    rows = [row_of(name, variables[name]) for name in names]
    kept = [at for at in range(len(TITLES)) if any(row[at] for row in rows)]
    table = [tuple(row[at] for at in kept) for row in [TITLES, *rows]]
    wide = [max(map(len, column)) for column in zip(*table)]
    right = [TITLES[at] == "bytes" for at in kept]
    lines = [
        "  ".join(
            cell.rjust(size) if at_right else cell.ljust(size)
            for cell, size, at_right in zip(row, wide, right)
        ).rstrip()
        for row in table
    ]
    lines = [line if len(line) <= repl.width else line[: repl.width - 1] + "…" for line in lines]
    if repl.colour:
        lines[0] = paint(lines[0], "strong")
    if len(names) > 1 and (total := _together([variables[name] for name in names])):
        lines.append(f"{len(names)} variables, {human(total)} in tensors")
    repl.answer("\n".join(lines))


def _matches(name: str, patterns: list[str]) -> bool:
    return all(fnmatchcase(name, p if any(c in p for c in "*?[") else f"*{p}*") for p in patterns)


def size_of(value: object) -> int:
    """The bytes of a tensor; 0 for what is none."""
    return int(getattr(value, "nbytes", 0)) if isinstance(value, tensor_type()) else 0


def _together(values: list[object]) -> int:
    """The bytes of the tensors among some values; memory that several show counts once."""
    found: dict[int, int] = {}
    for value in values:
        if isinstance(value, tensor_type()):
            found |= blocks(value)
    return sum(found.values())


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
            human(value.nbytes), grad, "",
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


def tensor_type() -> type | tuple[()]:
    """The type of tensors, or a type that nothing has while no tensor can exist."""
    import sys

    module = sys.modules.get("tcalc.runtime.tensor.tensor")
    return () if module is None else module.Tensor
