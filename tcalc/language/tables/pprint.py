"""`pprint`: containers over several lines where they do not fit into one."""

from __future__ import annotations

from tcalc.language import attributes
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect
from tcalc.runtime.objects.containers import Counter, OrderedDict
from tcalc.runtime.objects.texts import repr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def _lines(value: Any, width: int, sort: bool, indent: int, after: int) -> str:
    """A value as text. indent: of what stands on further lines. after: what follows on the last."""
    text = repr_of(value)
    if len(text) + indent + after <= width:
        return text
    kind = type(value)
    front: Iterable[tuple[str, Any]]
    if isinstance(value, dict) and _is_plain(value) and value:
        items = list(dict.items(value))
        if sort:
            items.sort(key=lambda item: repr_of(item[0]))
        ends, front = "{}", [(f"{repr_of(key)}: ", item) for key, item in items]
    elif isinstance(value, OrderedDict) and value:
        name = kind.__name__
        pairs = _lines(list(value.items()), width, sort, indent + len(name) + 1, after + 1)
        return f"{name}({pairs})"
    elif isinstance(value, Counter) and value:
        name = kind.__name__
        counts = _lines(dict(value.most_common()), width, False, indent + len(name) + 1, after + 1)
        return f"{name}({counts})"
    elif kind in (set, frozenset) and value:
        name = "" if kind is set else "frozenset("
        items = sorted(value, key=repr_of)
        made = [_lines(v, width, sort, indent + 1 + len(name), 1) for v in items]
        inside = (",\n" + " " * (indent + 1 + len(name))).join(made)
        return f"{name}{{{inside}}}" + (")" if name else "")
    elif isinstance(value, list) and value:
        ends, front = "[]", [("", item) for item in list(value)]
    elif kind is tuple and value:
        ends, front = "()", [("", item) for item in value]
    else:
        return text
    made = []
    for name, item in front:
        inner = _lines(item, width, sort, indent + 1 + len(name), 1)
        made.append(name + inner)
    comma = "," if ends == "()" and len(made) == 1 else ""
    return ends[0] + (",\n" + " " * (indent + 1)).join(made) + comma + ends[1]


def _is_plain(value: Any) -> bool:
    """Whether a dict is written as Python writes dicts."""
    made: Any = type(value).__repr__
    return made is dict.__repr__


def pformat(object: Any, indent: int = 1, width: int = 80, *, sort_dicts: bool = True) -> str:
    """A value as text of a width"""
    return _lines(object, int(width), bool(sort_dicts), 0, 0)


def pprint(
    object: Any,
    stream: Any = None,
    indent: int = 1,
    width: int = 80,
    *,
    sort_dicts: bool = True,
) -> None:
    """Print a value in lines of a width"""
    effect("pprint")
    text = pformat(object, indent, width, sort_dicts=sort_dicts) + "\n"
    target = current().instead.get("stdout") if stream is None else stream
    if target is None:
        current().write(text)
    else:
        attributes.read(target, "write")(text)


def pp(object: Any, stream: Any = None, *, width: int = 80, sort_dicts: bool = False) -> None:
    """Print a value in lines of a width, dicts in their own order"""
    pprint(object, stream, width=width, sort_dicts=sort_dicts)


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"pformat": pformat, "pp": pp, "pprint": pprint}
