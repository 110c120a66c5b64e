"""Builtin functions of Python's while they are written: what they look at, make and give (see `calls`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import calls
from tcalc.runtime.lazy.compiled.scalars import Function

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.lazy.compiled.scalars import N


def word(f: Function, name: str, kind: str = "ptr") -> N:
    """A word of the context."""
    return f.load(kind, f.context, calls.CONTEXT.index(name))


def field(f: Function, thing: N, at: int | N, kind: str = "ptr") -> N:
    """What an object has so many bytes from where it begins."""
    return f.load(kind, f.at(thing, "i8", at))


def new_array(f: Builtin, dtype: N, dims: N, shape: N) -> N:
    """An array of a dtype and a shape; null where there is no room."""
    f.call(word(f, "take"), dtype)
    null, flags = f.number(0, "ptr"), f.number(0, "i32")
    return f.call(
        word(f, "new_array"), word(f, "array"), dtype, dims.as_("trunc", "i32"), shape, null, null, flags,
        null, result="ptr",
    )  # fmt: skip


def tracked() -> Function:
    """Whether a tensor may be in the graph: it has an end of it, or is a view of what has one, or one that has
    to be told of a write (see `nodes.meta_of`)."""
    f = Function("tracked", [("context", "ptr"), ("object", "ptr")], "i64")
    none = word(f, "none")

    def of(thing: N, name: str) -> N:
        return field(f, thing, word(f, name, "i64"))

    with f.when(of(f.object, "at_end").other(none)):
        f.give(1)
    view, storage = of(f.object, "at_view"), of(f.object, "at_storage")
    with f.when(view.same(none)):
        f.give(0)
    with f.when(of(of(view, "at_base"), "at_end").other(none)):
        f.give(1)
    with f.when(storage.same(none)):
        f.give(0)
    f.give(of(view, "at_since").other(of(storage, "at_version")).as_("zext", "i64"))
    return f


class Builtin(Function):
    """The text of one: `no` ends it with None.

    words: the names of what its self holds, the first of which is the context.
    """

    def __init__(self, name: str, words: Sequence[str]) -> None:
        given = [("self", "ptr"), ("given", "ptr"), ("asked", "i64")]
        super().__init__(f"loop_{name}", given, "ptr", internal=False)
        self._words = words
        self.site = self.at(self.self, "i8", calls.CONTENTS)
        self.context = self.load("ptr", self.site)
        self.none = word(self, "none")

    def of_site(self, name: str, kind: str = "i64") -> N:
        """A word of its own."""
        return self.load(kind, self.site, self._words.index(name))

    def no(self) -> None:
        """Give None."""
        self.call(word(self, "take"), self.none)
        self.give(self.none)

    def unless(self, condition: N) -> None:
        """End it where a condition does not hold."""
        with self.when(condition.same(0)):
            self.no()
