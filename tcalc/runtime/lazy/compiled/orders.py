"""The kernels of orders that whole calls go to (see `callreduce`): sorts of short rows, the k greatest,
the k-th and the middle one, and histograms. Of equal elements they find the one that the op's Python does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.callkernel import Kernel, kernels
from tcalc.runtime.lazy.compiled.reducers import SIZES
from tcalc.runtime.lazy.compiled.scalars import Function, N
from tcalc.runtime.lazy.expression import LARGE

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.scalars import Variable

# Rows up to here are sorted by insertion; so many elements are picked one after the other; and rows up to
# here have room beside.
_SHORT, _PICKED, _ROOM = 64, 16, 4096
_BINS = 4096
# So many neighbours are compared at once.
_AT_ONCE = 16
_INF = float("inf")


def _key(k: Function, x: N) -> N:
    """An integer that lies among others as a number does among its own: all nan are the greatest, and all
    zeros one."""
    if x.kind == "i64":
        return x
    bits = (x + 0.0).as_("bitcast", "i32")
    bits = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return k.choose(k.is_nan(x), 0x7FFFFFFF, bits)


def _keys(kind: str) -> str:
    return "i64" if kind == "i64" else "i32"


class _Row:
    """A row of the array as it lies there, and of results."""

    def __init__(self, k: Kernel | _Rows, kind: str, o: N, j: N, length: N) -> None:
        self.k = k
        self.kind = kind
        self._start = o * k.n * k.inner + j
        self._made = o * length * k.inner + j

    def load(self, i: N) -> N:
        """An element."""
        return self.k.load(self.kind, self.k.array, self._start + i * self.k.inner)

    def put(self, i: N | int, place: N) -> None:
        """A result: the element from a place, and that."""
        k = self.k
        at = self._made + k.number(i, "i64") * k.inner
        k.store(self.load(place), k.out, at)
        k.store(place, k.second, at)


def _insert(k: Function, keys: N, places: N, key: N, place: N, count: N) -> None:
    """Put a key among sorted ones, after those that equal it."""
    j = k.variable("i64", count)
    with k.forever():
        with k.when(j.get() <= 0):
            k.leave()
        before = k.load(key.kind, keys, j.get() - 1)
        with k.when(before <= key):
            k.leave()
        k.store(before, keys, j.get())
        k.store(k.load("i64", places, j.get() - 1), places, j.get())
        j.set(j.get() - 1)
    k.store(key, keys, j.get())
    k.store(place, places, j.get())


def _sort(kind: str, has_values: bool) -> Callable[[Kernel], None]:
    """The number tells whether the greatest come first."""

    def write(k: Kernel) -> None:
        k.refuse_where(k.n > _SHORT)
        keys, places = k.room(_keys(kind), _SHORT), k.room("i64", _SHORT)
        turn = (
            (k.number(0, "i64") - k.given).as_("trunc", _keys(kind))
            if kind == "float"
            else (k.number(0, "i64") - k.given)
        )
        with k.loop(k.outer) as o, k.loop(k.inner) as j:
            row = _Row(k, kind, o, j, k.n)
            with k.loop(k.n) as i:
                _insert(k, keys, places, _key(k, row.load(i)) ^ turn, i, i)
            with k.loop(k.n) as i:
                place = k.load("i64", places, i)
                if has_values:
                    row.put(i, place)
                else:
                    k.store(place, k.out, (o * k.n + i) * k.inner + j)

    return write


def _topk(kind: str) -> Callable[[Kernel], None]:
    """The numbers are how many, and whether the greatest are wanted."""

    def write(k: Kernel) -> None:
        k.refuse_where((k.given < 1) | (k.given > _PICKED) | (k.outer * k.inner * k.given >= LARGE))
        row = k.n * k.inner * SIZES[kind]
        numbers = [(number, 0) for number in (k.inner, k.given, k.also)]
        made = [
            (out, k.given * k.inner * SIZES[own]) for out, own in ((k.out, kind), (k.second, "i64"))
        ]
        k.over_threads(f"rows.topk.{kind}", k.outer, k.n, [(k.array, row), *made, *numbers], k.size)

    return write


class _Rows(Function):
    """A function of rows, or of columns that lie beside each other: of an array, for each the k greatest or least
    and their places."""

    def __init__(self, name: str) -> None:
        super().__init__(name, [("args", "ptr")])
        for i, word in enumerate(("rows", "n")):
            self._parameters[word] = self.load("i64", self.args, i)
        for i, word in enumerate(("array", "out", "second", "inner", "given", "also")):
            kind = "ptr" if i < 3 else "i64"
            self._parameters[word] = self.load(kind, self.args, 2 + 2 * i)


def _topk_rows(kind: str) -> Function:
    k = _Rows(f"rows.topk.{kind}")
    keys, places = k.room(_keys(kind), _PICKED + 1), k.room("i64", _PICKED + 1)
    turn = k.number(0, "i64") - k.also
    turn = turn.as_("trunc", "i32") if kind == "float" else turn
    last = k.given - 1
    worst, beyond = k.variable(_keys(kind), 0), k.variable(kind, 0)
    with k.loop(k.rows) as o, k.loop(k.inner) as j:
        row = _Row(k, kind, o, j, k.given)

        def insert(i: N, key: N, count: N) -> None:
            _insert(k, keys, places, key, i, count)
            worst.set(k.load(_keys(kind), keys, last))
            beyond.set(row.load(k.load("i64", places, last)))

        with k.loop(last) as i:
            _insert(k, keys, places, _key(k, row.load(i)) ^ turn, i, i)
        with k.when(last >= 0):
            insert(last, _key(k, row.load(last)) ^ turn, last)
        with k.loop(k.n, k.given, _AT_ONCE) as first:
            end = k.choose(first + _AT_ONCE < k.n, first + _AT_ONCE, k.n)
            may = k.variable("i1", 1)
            if kind == "float":
                with k.when(k.inner.same(1) & (end - first).same(_AT_ONCE)):
                    some = k.at(k.array, "float", o * k.n + first)
                    for how, wanted in (("ugt", 1), ("ult", 0)):
                        with k.when(k.also.same(wanted)):
                            may.set(k.any_of(f"fcmp {how}", some, _AT_ONCE, beyond.get()))
            with k.when(may.get()), k.loop(end, first) as i:
                key = _key(k, row.load(i)) ^ turn
                with k.when(key < worst.get()):
                    insert(i, key, last)
        with k.loop(k.given) as i:
            row.put(i, k.load("i64", places, i))
    k.give()
    return k


# -- selection --------------------------------------------------------------------------------
# A key and its place are one word, the key in the upper half.


def _word(k: Kernel, x: N, place: N) -> N:
    return k.op("shl", _key(k, x).as_("sext", "i64"), 32) | place


def _place_in(word: N) -> N:
    return word & 0xFFFFFFFF


_After = Callable[[N, N], N]


def _is_after(a: N, b: N) -> N:
    """By the keys alone."""
    return (a >> 32) > (b >> 32)


def _is_behind(a: N, b: N) -> N:
    """By the places, too, as a stable sort has them."""
    return a > b


def _swap(k: Kernel, words: N, i: N, j: N) -> None:
    a, b = k.load("i64", words, i), k.load("i64", words, j)
    k.store(b, words, i)
    k.store(a, words, j)


def _order(k: Kernel, words: N, i: N, j: N, after: _After) -> None:
    """Let two change places if the first is greater."""
    with k.when(after(k.load("i64", words, i), k.load("i64", words, j))):
        _swap(k, words, i, j)


def _scan(k: Kernel, words: N, at: Variable, step: int, pivot: N, after: _After) -> None:
    """Go on to what is not before the pivot (from the left), or not after it."""
    with k.forever():
        at.set(at.get() + step)
        word = k.load("i64", words, at.get())
        with k.when((after(pivot, word) if step > 0 else after(word, pivot)).same(0)):
            k.leave()


def _select(k: Kernel, words: N, sought: N, after: _After) -> None:
    """Sedgewick's quickselect (see `ops.index.quickselect`): the word of a place comes to lie there."""
    first, last = k.variable("i64", 0), k.variable("i64", k.n - 1)
    with k.forever():
        low, high = first.get(), last.get()
        with k.when(high <= low + 1):
            with k.when(high.same(low + 1)):
                _order(k, words, low, high, after)
            k.leave()
        _swap(k, words, low + ((high - low) >> 1), low + 1)
        for i, j in ((low + 1, high), (low, high), (low + 1, low)):
            _order(k, words, i, j, after)
        up, down = k.variable("i64", low + 1), k.variable("i64", high)
        pivot = k.load("i64", words, low)
        with k.forever():
            _scan(k, words, up, 1, pivot, after)
            _scan(k, words, down, -1, pivot, after)
            with k.when(down.get() < up.get()):
                k.leave()
            _swap(k, words, up.get(), down.get())
        _swap(k, words, low, down.get())
        with k.when(down.get() <= sought):
            first.set(up.get())
        with k.when(down.get() >= sought):
            last.set(down.get() - 1)


def _kthvalue(k: Kernel) -> None:
    """The number says which, from 1 on."""
    k.refuse_where((k.n > _ROOM) | (k.given < 1) | (k.given > k.n))
    words, sought = k.room("i64", _ROOM), k.given - 1
    with k.loop(k.outer) as o, k.loop(k.inner) as j:
        row = _Row(k, "float", o, j, k.number(1, "i64"))
        with k.loop(k.n) as i:
            k.store(_word(k, row.load(i), i), words, i)
        _select(k, words, sought, _is_after)
        row.put(0, _place_in(k.load("i64", words, sought)))


def _median(has_place: bool) -> Callable[[Kernel], None]:
    """The lower of the two in the middle; of a row with nan the first of these."""

    def write(k: Kernel) -> None:
        k.refuse_where(k.n > _ROOM)
        words, middle = k.room("i64", _ROOM), (k.n - 1) >> 1
        with k.loop(k.outer) as o, k.loop(k.inner) as j:
            row = _Row(k, "float", o, j, k.number(1, "i64"))
            found = k.variable("i64", k.n)
            with k.loop(k.n) as i:
                x = row.load(i)
                k.store(_word(k, x, i), words, i)
                found.set(k.choose(k.is_nan(x) & (i < found.get()), i, found.get()))
            with k.when(found.get().same(k.n)):
                _select(k, words, middle, _is_behind)
                found.set(_place_in(k.load("i64", words, middle)))
            if has_place:
                row.put(0, found.get())
            else:
                k.store(row.load(found.get()), k.out)

    return write


# -- what has as many elements as are found ---------------------------------------------------


def _range(k: Kernel, kind: str) -> list[N]:
    """The least and the greatest of all elements."""
    found = k.room(kind, 2)
    for i, what in enumerate(("min", "max")):
        k.over(f"fold.{what}.{kind}", 1, k.n, (k.array, 0), (k.at(found, kind, i), 0))
    return [k.load(kind, found, i) for i in range(2)]


def _unique(kind: str) -> Callable[[Kernel], None]:
    """Of few elements. The numbers are those of the op's options, which are to be off."""

    def write(k: Kernel) -> None:
        k.refuse_where((k.n > _SHORT) | (k.axis >= 0))
        k.refuse_where((k.given | k.also | k.third).other(0))
        keys, places = k.room(_keys(kind), _SHORT), k.room("i64", _SHORT)
        with k.loop(k.n) as i:
            _insert(k, keys, places, _key(k, k.load(kind, k.array, i)), i, i)
        count = k.variable("i64", 0)
        before = k.variable(kind, 0)
        with k.loop(k.n) as i:
            x = k.load(kind, k.array, k.load("i64", places, i))
            with k.when(i.same(0) | x.other(before.get())):
                k.store(x, k.out, count.get())
                count.set(count.get() + 1)
            before.set(x)
        k.give(count.get())

    return write


def _bincount(k: Kernel) -> None:
    """How often each number comes, where there are no more than elements."""
    k.refuse_where(k.dims.other(1))
    low, most = _range(k, "i64")
    k.refuse_where((low < 0) | (most >= k.n))
    k.fill(k.out, most + 1, 0, "i64")
    with k.loop(k.n) as i:
        x = k.load("i64", k.array, i)
        with k.when((x >= 0) & (x <= most)):  # as long as no other thread writes there
            k.store(k.load("i64", k.out, x) + 1, k.out, x)
    k.give(most + 1)


# -- histograms -------------------------------------------------------------------------------


def _histogram(k: Kernel) -> None:
    """Of the array's whole range; the number says how many parts it has."""
    k.refuse_where(k.given > _BINS)
    low, high = [k.variable("float", x) for x in _range(k, "float")]
    # nan is neither.
    k.refuse_where(((low.get() > -_INF) & (high.get() < _INF)).same(0))
    with k.when(low.get().same(high.get())):
        low.set((low.get().as_("fpext", "double") - 1).as_("fptrunc", "float"))
        high.set((high.get().as_("fpext", "double") + 1).as_("fptrunc", "float"))
    k.fill(k.out, k.given, 0, "float")
    width, bins = high.get() - low.get(), k.given.as_("sitofp", "float")
    k.refuse_where(((width > 0) & (width < _INF)).same(0))
    with k.loop(k.n) as i:
        share = (k.load("float", k.array, i) - low.get()) / width * bins
        place = share.as_("fptosi", "i64")
        place = k.choose(place < k.given, place, k.given - 1)
        place = k.choose(place < 0, 0, place)  # where another thread writes there meanwhile
        k.store(k.load("float", k.out, place) + 1, k.out, place)


_WRITE: dict[str, Callable[[Kernel], None]] = {
    "kthvalue.float": _kthvalue, "median.float": _median(False), "median_at.float": _median(True),
    "histc.float": _histogram, "bincount.i64": _bincount,
}  # fmt: skip
for _kind in ("float", "i64"):
    _WRITE[f"sort.{_kind}"] = _sort(_kind, True)
    _WRITE[f"argsort.{_kind}"] = _sort(_kind, False)
    _WRITE[f"unique.{_kind}"] = _unique(_kind)
    _WRITE[f"topk.{_kind}"] = _topk(_kind)


def functions() -> list[Function]:
    """What kernels have done by threads."""
    return [_topk_rows(kind) for kind in ("float", "i64")]


def every() -> dict[str, Kernel]:
    """All of these."""
    return kernels(_WRITE)
