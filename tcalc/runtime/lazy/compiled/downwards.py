"""The text of a function that goes down the columns of rows, some neighbours at a time, which stay in
registers on the way.

It is given what a function of rows is (see `rowwise`): rows, and one row of what was made of those before,
into which these are taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.code import Code, V, module
from tcalc.runtime.lazy.compiled.lower import NAME, argument
from tcalc.runtime.lazy.compiled.rowwise import ROW_LANES, Place

if TYPE_CHECKING:
    from collections.abc import Callable

# The arrays: what is made, the rows from a whole vector of neighbours, and those from what is left.
_MADE, _ROWS, _REST = range(3)


class Columns:
    """The text while it is written.

    kind: the type of the rows' elements. made: of what is made of them.
    """

    def __init__(self, kind: str, made: str) -> None:
        self.kinds = [made, kind, kind]
        self.code = Code(ROW_LANES)

    def text(self, combine: Callable[[V, V], V]) -> str:
        """All of it, as a module. combine: what was made, and elements of the next row."""
        return module(self.function(f"void @{NAME}", combine))

    def function(self, head: str, combine: Callable[[V, V], V]) -> tuple[str, Code]:
        """All of it, as a function that is declared so."""
        code, do = self.code, self.code.do
        code.label("entry")
        do(f"%variable = alloca {code.vector(self.kinds[_MADE])}, align 64")
        for i, name in enumerate(("rows", "columns")):
            argument(code, i, name, "i64")
        for k, name in ((_ROWS, "base"), (_MADE, "at0")):
            place = 2 if k == _ROWS else 4
            argument(code, place, name, "ptr")
        argument(code, 3, "step", "i64")
        do(f"%whole = and i64 %columns, {-ROW_LANES}", f"%left = and i64 %columns, {ROW_LANES - 1}")
        do("%is.short = icmp eq i64 %whole, 0", "%is.even = icmp eq i64 %left, 0")
        left = code.splat("%left", "i64")
        do(f"%mask = icmp ult {code.vector('i64')} {code.numbered('i64').name}, {left.name}")
        do("br i1 %is.short, label %tail, label %column")
        code.label("column")
        do("%c = phi i64 [ 0, %entry ], [ %c.next, %down1.done ]", "br label %down1.begin")
        self._down(_ROWS, Place(self, "%c", False), combine)
        do(f"%c.next = add i64 %c, {ROW_LANES}", "%more = icmp ult i64 %c.next, %whole")
        do("br i1 %more, label %column, label %tail")
        code.label("tail")
        do("br i1 %is.even, label %exit, label %down2.begin")
        self._down(_REST, Place(self, "%whole", True), combine)
        do("br label %exit")
        code.label("exit")
        do("ret void")
        return f"{head}(ptr %args)", code

    def _down(self, k: int, place: Place, combine: Callable[[V, V], V]) -> None:
        """Go down some columns."""
        code, do = self.code, self.code.do
        p = f"down{k}"
        code.label(f"{p}.begin")
        code.keep("%variable", place.load(_MADE))
        do(f"br label %{p}.row")
        code.label(f"{p}.row")
        do(f"%{p}.r = phi i64 [ 0, %{p}.begin ], [ %{p}.r.next, %{p}.row ]")
        do(f"%at{k} = phi ptr [ %base, %{p}.begin ], [ %at{k}.next, %{p}.row ]")
        code.keep("%variable", combine(code.kept("%variable", self.kinds[_MADE]), place.load(k)))
        do(f"%at{k}.next = getelementptr i8, ptr %at{k}, i64 %step")
        do(f"%{p}.r.next = add i64 %{p}.r, 1", f"%{p}.more = icmp ult i64 %{p}.r.next, %rows")
        do(f"br i1 %{p}.more, label %{p}.row, label %{p}.done")
        code.label(f"{p}.done")
        place.store(_MADE, code.kept("%variable", self.kinds[_MADE]))
