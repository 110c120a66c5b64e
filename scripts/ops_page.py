"""docs/ops.md: every op of the registry with what `tcalc help` tells of it; make_index.py writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from op_facts import public

from tcalc.help import reference
from tcalc.help.signatures import signature
from tcalc.runtime.base.op import Op
from tcalc.runtime.base.registry import NAMES, lookup

# By the beginning of the module that defines an op, the family that it is told with.
FAMILIES = {
    "runtime.ops.elementwise": "Element by element",
    "runtime.ops.reduce": "Reductions",
    "runtime.ops.linalg": "Linear algebra",
    "runtime.ops.shape": "Shapes and views",
    "runtime.ops.index": "Indexing, choosing, sorting",
    "runtime.ops.create": "Making and converting tensors",
    "runtime.ops.random": "Random numbers",
    "runtime.ops.nn": "Neural networks",
    "library.nn": "Neural networks",
    "runtime.ops.signal": "Fourier transforms and windows",
    "runtime.ops.sparse": "Sparse tensors",
    "runtime.transform": "Functions of functions",
    "library.jit": "Functions of functions",
    "runtime.ops.gradients": "Gradients",
    "runtime.autograd": "Gradients",
    "": "Settings and devices",
}
HEAD = """\
# Every op

What programs call, by family, as it is defined: this page, `tcalc help NAME` and `tcalc ops` are made
from the same definitions (`scripts/make_index.py`), and tests run every example. Dtypes and derivatives
were found by trying.

- **names**: those of functions, and of methods as `x.name`. A function that gives new tensors takes
  `out=` too, one tensor or a tuple of them, in which the result is written; **in place** are the forms
  that write into their first operand.
- **takes**: what each parameter that is no tensor may be.
- **dtypes**: of which it takes tensors; *integers* are `uint8 int8 int16 int32 int64`, *floats* `float16
  bfloat16 float32 float64`, *complex* `complex64 complex128`.
- **gradient**: whether there are derivatives of the first and second order, and products with the
  Jacobian (`func.jvp`).
"""


def page() -> str:
    """The page's source."""
    families: dict[str, list[Op]] = {title: [] for title in FAMILIES.values()}
    for op in public():
        home = NAMES[op.qualified[0]].removeprefix("tcalc.")
        families[next(t for prefix, t in FAMILIES.items() if home.startswith(prefix))].append(op)
    parts = [HEAD]
    for title, ops in families.items():
        ops.sort(key=lambda op: short(op).lower())
        links = " · ".join(f"[{short(op)}](#{anchor(short(op))})" for op in ops)
        parts.append(f"**[{title}](#{anchor(title)})**: {links}\n")
    for title, ops in families.items():
        parts.append(f"## {title}\n")
        parts += [entry(op) for op in ops]
    return "\n".join(parts)


def short(op: Op) -> str:
    """How an op is headed: by the name that a program is likeliest to use."""
    first = op.qualified[0]
    return first.replace("Tensor.", "x.") if first.startswith("Tensor.") else first[6:]


def anchor(title: str) -> str:
    """Where a heading is found."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def entry(op: Op) -> str:
    """All that is told of an op."""
    name = op.qualified[0]
    lines = [f"### {short(op)}", "", f"`{signature(name.rpartition('.')[2], lookup(name))}`", ""]
    lines += paragraphs(op)
    if op.examples:
        lines.append("```python")
        for source, shown in op.examples:
            lines += [f">>> {source}".replace("\n", "\n... "), *([shown] if shown else [])]
        lines += ["```", ""]
    lines += [f"- {what}: {told}" for what, told in reference.facts(op, name)]
    return "\n".join([*lines, ""])


def paragraphs(op: Op) -> Iterator[str]:
    """What is documented of an op, but for the examples."""
    for text in re.split(r"\n\s*\n", reference.documentation(lookup(op.qualified[0]))):
        if not text.lstrip().startswith(">>>"):
            yield " ".join(text.split()) if not text.startswith(" ") else text
            yield ""
