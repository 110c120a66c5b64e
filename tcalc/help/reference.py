"""Help, made from the registry: what is documented is what runs.

Nothing here evaluates, and a definition's text is read only when somebody asks for it.
"""

from __future__ import annotations

import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING

from tcalc.display.escape import escape
from tcalc.help import lookups, topics
from tcalc.help.signatures import signature
from tcalc.language import attributes
from tcalc.language.builtins import BUILTINS
from tcalc.language.namespace import EXTRAS, Namespace, members, module
from tcalc.language.tables import PACKAGES, TABLES
from tcalc.runtime.base import registry
from tcalc.runtime.base.kinds import KINDS
from tcalc.runtime.base.setting import Setting
from tcalc.runtime.objects.texts import repr_of
from tcalc.session import Session
from tcalc.suggest import closest
from tcalc.theme import paint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcalc.runtime.base.op import Op, Parameter

# A module with more names than this is listed in columns, without what each of them does.
_DESCRIBED = 40

# What an elementwise op's dtype rule means for its result.
_RESULTS = {
    "same": "the operands' common dtype",
    "float": "the operands' common dtype; integers and bools give the default float dtype",
    "boolean": "bool",
}


def help_text(name: str, width: int = 80, colour: bool = False) -> str | None:
    """What is known of a name, a module or a topic, or None if there is nothing by that name.

    >>> print(help_text("json").splitlines()[0])
    What --json prints
    """
    pen = Pen(width, colour)
    name = name.strip().removesuffix("()")
    if name in topics.TOPICS:  # `grad` is a function too: then both
        heading, _, body = topics.text(name, pen.width).partition("\n")
        pen.heading(heading)
        pen.prose(body)
    found = find(name)
    if found is not None:
        qualified, value = found
        if value is None:
            _module(pen, qualified)
        else:
            describe(pen, qualified, value)
    return pen.text() or None


def explanation(value: object, width: int = 80) -> str:
    """What is known of a value, or of the name, the topic or the module that a text names."""
    if isinstance(value, (str, Namespace)):
        name = value if isinstance(value, str) else value.qualified
        if not name:
            return overview(width)
        return help_text(name, width) or f"there is no help on {name!r}\n"
    kind = value if callable(value) else type(value)
    pen = Pen(width, False)
    describe(pen, str(getattr(kind, "__name__", type(value).__name__)), kind)
    return pen.text()


def find(name: str) -> tuple[str, object] | None:
    """The qualified name and the value that a name means, value None for a module.

    A bare name is tried first as a program reads it, then as a tensor's method, then wherever
    it ends a qualified name.
    """
    return (
        _registered(_bare(name))
        or _of_language(name)
        or _attribute(name)
        or _registered(_elsewhere(name))
    )


def _registered(candidates: Iterable[str]) -> tuple[str, object] | None:
    """The first of some qualified names that the registry has."""
    for qualified in candidates:
        value = registry.lookup(qualified)
        if value is not None:
            return qualified, value.read() if type(value) is Setting else value
        if registry.is_module(qualified):
            return qualified, None
    return None


def _attribute(name: str) -> tuple[str, object] | None:
    """The attribute of tensors that a name means: `T`, `x.shape`, `Tensor.grad`."""
    from tcalc.runtime.tensor.tensor import Tensor

    head, _, last = name.removeprefix("torch.").rpartition(".")
    if head not in ("", "Tensor", *_TENSORS) or last not in attributes.visible(Tensor):
        return None
    found = getattr(Tensor, last, None)
    return (f"Tensor.{last}", found) if type(found) is property else None


def _of_language(name: str) -> tuple[str, object] | None:
    """What the language has of its own: Python's names, `load` and `print`, tables as `math`."""
    head, _, tail = name.partition(".")
    head = _ALIASES.get(head, head)
    if head not in TABLES and head != "numpy":
        value = Session().namespace.visible(name)
        return None if value is None else (name, value)
    if not tail:
        return head, None
    member = lookups.step(module(head), tail)
    return None if member is lookups.UNKNOWN else (f"{head}.{tail}", member)


def suggestion(name: str) -> str | None:
    """The name nearest to one that does not exist.

    >>> suggestion("sintax")
    'syntax'
    """
    last = name.strip().rpartition(".")[2]
    known = {part for qualified in registry.NAMES for part in qualified.split(".")}
    return closest(last, known.union(topics.TOPICS, Session().namespace.names()))


def overview(width: int = 80, colour: bool = False) -> str:
    """Where to begin: the topics and the modules."""
    pen = Pen(width, colour)
    pen.heading("Topics")
    pen.table((topic, topics.title(topic)) for topic in topics.TOPICS)
    pen.heading("Modules")
    pen.columns(_short(name) for name in _modules())
    pen.prose(
        "`help NAME` tells about any of these and about every function, method and class: "
        "`help norm`, `help nn`, `help Tensor.mean`. At the prompt also `norm?`, and `norm??` "
        "for all there is. `tcalc ops PATTERN` lists functions and methods; docs/ops.md has them all."
    )
    return pen.text()


def listing(pattern: str = "") -> list[tuple[str, str, str, str]]:
    """Every function, class and value of torch, and the methods of tensors that are no functions too:
    its name, the first line of its documentation, and of an op the dtypes and derivatives.

    pattern: what names hold, or with `*`, `?` or `[` what they are like.
    """
    from fnmatch import fnmatchcase

    extras = {f"torch.{name}": find for name, find in EXTRAS.items()}
    wanted = pattern if any(sign in pattern for sign in "*?[") else f"*{pattern}*"

    def is_like(name: str) -> bool:
        spellings = (name, _short(name), name.rpartition(".")[2], spelled(name))
        return any(fnmatchcase(spelling, wanted) for spelling in spellings)

    def is_listed(name: str) -> bool:
        home, _, last = name.partition(".")
        methods = home == "Tensor" and f"torch.{last}" not in registry.NAMES
        return "._" not in name and (home == "torch" or methods)

    names = sorted(name for name in {*_known(), *extras} if is_listed(name) and is_like(name))
    values = (extras[name]() if name in extras else registry.lookup(name) for name in names)
    return [
        (name, summary(value), *tried(getattr(value, "__op__", None)))
        for name, value in zip(names, values)
    ]


def summary(value: object) -> str:
    """The first line of what is documented of a value."""
    return next((line.strip() for line in documentation(value).splitlines() if line.strip()), "")


# -- one name -----------------------------------------------------------------------------------


def describe(pen: Pen, qualified: str, value: object) -> None:
    """Write a function's, class's or constant's help."""
    op: Op | None = getattr(value, "__op__", None)
    last = qualified.rpartition(".")[2]
    is_attribute = type(value) is property
    head = f"x.{last}" if is_attribute else signature(last, value)
    if head is None and not callable(value):
        pen.heading(f"{_short(qualified)} = {repr_of(value)}")
    else:
        pen.heading(head or f"{last}(...)")
    pen.prose(documentation(value))
    if op is not None and last.endswith("_") and qualified[:-1] in op.qualified:
        pen.prose("In this form what comes out is written into the first operand.")
    if op is not None:
        pen.table(facts(op, qualified))
    elif "." in qualified and not is_attribute:
        pen.table(_names_row((qualified,)))


def facts(op: Op, qualified: str) -> Iterator[tuple[str, str]]:
    """What is known of an op besides its documentation, as `what, text`."""
    yield from _names_row(op.qualified or (qualified,))
    written = [f"{name}_" for name in op.qualified if f"{name}_" in registry.NAMES]
    if written:
        yield "in place", ", ".join(_as_called(name) for name in written)
    if any(p.kinds for p in op.params):
        yield "takes", ", ".join(f"{p.name}: {kinds_text(p)}" for p in op.params)
    if op.returns:
        yield "result", f"a named tuple ({', '.join(op.returns)})"
    if op.family == "elementwise" and op.dtype in _RESULTS:
        yield "result", _RESULTS[op.dtype]
    if op.family == "view":
        yield "memory", "shared with the input: a view, not a copy"
    dtypes, derivatives = tried(op)
    if dtypes:
        yield "dtypes", dtypes
    yield "gradient", derivatives


def tried(op: Op | None) -> tuple[str, str]:
    """The dtypes that an op takes, "" where it takes no tensors, and its derivatives: found by trying
    (scripts/op_facts.py)."""
    if op is None or not op.qualified:
        return "", ""
    dtypes, _, derivatives = _tried().get(op.qualified[0], "; none").partition("; ")
    orders = [order for order in ("first", "second") if order in derivatives]
    parts = [f"{' and '.join(orders)} order"] if orders else []
    parts += ["forward mode"] if "forward" in derivatives else []
    return dtypes.replace(" ", ", "), ", ".join(parts) or "none"


@cache
def _tried() -> dict[str, str]:
    from tcalc.help._facts import FACTS

    return {name: told for told, names in FACTS.items() for name in names.split()}


def kinds_text(parameter: Parameter) -> str:
    """What a parameter takes, in the words of the messages that refuse something else."""
    if parameter.is_array:
        labels = ["tuple of Tensors" if parameter.is_sequence else "Tensor"]
    else:
        labels = [KINDS[kind].label for kind in parameter.kinds if kind in KINDS]
    if parameter.optional:
        labels.append("None")
    return " or ".join(labels)


def _names_row(qualified: Iterable[str]) -> Iterator[tuple[str, str]]:
    functions = [name for name in qualified if not name.startswith("Tensor.")]
    methods = [spelled(name) for name in qualified if name not in functions]
    if names := [*functions, *methods]:
        yield "names", ", ".join(names)


def spelled(name: str) -> str:
    """A qualified name as programs write it: of a method `x.name`."""
    return name.replace("Tensor.", "x.", 1)


def _as_called(name: str) -> str:
    """A qualified name as a program calls it."""
    return f"{spelled(name)}(...)"


def documentation(value: object) -> str:
    """What is documented of a value, its examples too."""
    op: Op | None = getattr(value, "__op__", None)
    text = op.doc if op is not None else getattr(value, "__doc__", None)
    known = op is not None or callable(value) or type(value) is property
    if not isinstance(text, str) or not known:
        return ""
    if any(value is own for own in BUILTINS.values()):
        # Python's own: the first paragraph, without the signature that some begin with.
        text = re.sub(r"\A\w+\(.*?\)( -+> )?\s*", "", text).partition("\n\n")[0]
    first, _, rest = text.partition("\n")
    return f"{first.strip()}\n{textwrap.dedent(rest)}".strip()


def _bare(name: str) -> Iterator[str]:
    """Qualified names that a name may mean as a program reads it, the likeliest first."""
    if not name:
        return
    head, dot, tail = name.partition(".")
    for full in dict.fromkeys((_ALIASES.get(head, head), head)):
        for prefix in ("", "torch.", "tcalc."):
            yield f"{prefix}{full}{dot}{tail}"


def _elsewhere(name: str) -> Iterator[str]:
    """Where else a name may be: a tensor's method, a member of some module."""
    if not name:
        return
    yield f"Tensor.{name}"
    head, _, tail = name.partition(".")
    if head == "torch":  # `torch.Tensor.mean`
        yield tail
    if head in _TENSORS:
        yield f"Tensor.{tail}"
    ending = f".{name}"
    yield from sorted((q for q in registry.NAMES if q.endswith(ending)), key=lambda q: (len(q), q))


# What stands for any tensor where a method is asked for: `x.mean`.
_TENSORS = ("x", "tensor")
# The short names that programs import modules by.
_ALIASES = {"F": "torch.nn.functional", "np": "numpy", "init": "torch.nn.init"}


# -- modules ------------------------------------------------------------------------------------


def _module(pen: Pen, qualified: str) -> None:
    names = sorted(members(module(qualified)))
    below = [name for name in names if registry.is_module(f"{qualified}.{name}")]
    pen.heading(_short(qualified))
    if below:
        pen.columns(f"{_short(qualified)}.{name}" for name in below)
    names = [name for name in names if name not in below]
    if len(names) <= _DESCRIBED:
        own = module(qualified)
        pen.table((name, summary(getattr(own, name))) for name in names)
    else:
        pen.columns(names)


def _modules() -> Iterable[str]:
    """The modules that programs may name, those inside others with their path."""
    known = {name.rpartition(".")[0] for name in _known()}
    known = {name for name in known if name.partition(".")[0] in PACKAGES}
    return sorted(known | {"numpy", *TABLES})


def _known() -> Iterable[str]:
    return registry.NAMES


def _short(qualified: str) -> str:
    """The name as it is found bare: without `torch.`."""
    return qualified.removeprefix("torch.")


# -- layout -------------------------------------------------------------------------------------


class Pen:
    """Writes help at a width: headings, wrapped prose with its examples, tables, columns.

    What it is given may be a program's text and is made safe for a terminal.
    """

    # A span may have been wrapped.
    _CODE = re.compile(r"`([^`]+)`")

    def __init__(self, width: int, colour: bool) -> None:
        self.width = max(20, width)
        self.colour = colour
        self._parts: list[str] = []

    def text(self) -> str:
        """All that was written, parts apart by empty lines."""
        return "\n\n".join(part for part in self._parts if part)

    def heading(self, text: str) -> None:
        """A line that stands out."""
        wrapped = textwrap.fill(escape(text), self.width, subsequent_indent="    ")
        self._parts.append(self._style(wrapped, "strong"))

    def prose(self, text: str) -> None:
        """Paragraphs, wrapped; indented and `>>>` paragraphs as they are."""
        for paragraph in re.split(r"\n\s*\n", escape(text).strip("\n")):
            if paragraph.startswith((" ", ">>>")):
                indent = "" if paragraph.startswith(" ") else "    "
                lines = (self._example(indent + line) for line in paragraph.splitlines())
                self._parts.append("\n".join(lines))
            else:
                filled = textwrap.fill(
                    " ".join(paragraph.split()), self.width, break_on_hyphens=False
                )
                self._parts.append(self._marked(filled))

    def verbatim(self, text: str) -> None:
        """Text as it is, such as source."""
        self._parts.append(textwrap.indent(escape(text).strip("\n"), "    "))

    def name(self, text: str) -> str:
        """A name as it stands out in a list."""
        return self._style(text, "code")

    def table(self, rows: Iterable[tuple[str, str]]) -> None:
        """A name and what it means on each line."""
        kept = [(escape(name), escape(meaning)) for name, meaning in rows]
        if not kept:
            return
        left = min(max(len(name) for name, _ in kept), 24) + 2
        lines = []
        for name, meaning in kept:
            filled = textwrap.fill(meaning, max(20, self.width - left - 2), break_on_hyphens=False)
            body = self._marked(filled).split("\n")
            gap = " " * (left - len(name)) if len(name) < left else "  "
            lines.append(f"  {self.name(name)}{gap}{body[0]}".rstrip())
            lines += [" " * (left + 2) + line for line in body[1:]]
        self._parts.append("\n".join(lines))

    def columns(self, names: Iterable[str]) -> None:
        """Names side by side, read downwards."""
        kept = list(names)
        if not kept:
            return
        cell = max(len(name) for name in kept) + 2
        across = max(1, (self.width - 2) // cell)
        down = -(-len(kept) // across)
        self._parts.append(
            "\n".join(
                "  " + "".join(name.ljust(cell) for name in kept[row::down]).rstrip()
                for row in range(down)
            )
        )

    def _example(self, line: str) -> str:
        bare = line.lstrip()
        if bare.startswith((">>>", "...")):
            return self._style(line, "code")
        return line

    def _marked(self, text: str) -> str:
        """Code between backticks: coloured, or left as it is."""
        return self._CODE.sub(self._code, text) if self.colour else text

    def _code(self, span: re.Match[str]) -> str:
        return "\n".join(self._style(line, "code") for line in span[1].split("\n"))

    def _style(self, text: str, part: str) -> str:
        return paint(text, part) if self.colour else text
