"""The interpreter that watches a program run again, and keeps what each call was given and gave.

Nothing is copied but what is about to be written to; views are no calls here, since an element is
known by its address: the last call that wrote there made it.
"""

from __future__ import annotations

import sys
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.arrays.strides import root_of
from tcalc.runtime.autograd.nodes import AccumulateGrad
from tcalc.runtime.base.modes import Interpreter, interpreters, mode
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.arguments import prepared
from tcalc.runtime.call.dispatch import general
from tcalc.runtime.call.updates import at_once
from tcalc.runtime.graph.values import each, mapped
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import EXACT
from tcalc.why.kept import Kept, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.ops.random.generator import Generator
    from tcalc.why.kept import Index, Place

# Calls of the program around a place that are kept, and frames that are looked through for it.
_CALLERS, _FRAMES = 6, 200
_PLAIN = frozenset({int, float, bool, str, type(None)})
# A record without its arrays takes about so many bytes.
_RECORD = 1 << 10


class Made(NamedTuple):
    """The call that made an element, which of its results that is in, and where."""

    record: Record
    out: int
    at: Index


class Enough(BaseException):
    """The call has come up to which the program was to run."""


class Tracer(Interpreter):
    """Keeps calls between `begin()` and `end()`, the latest of them within so many bytes.

    until: the number of the last call; Enough is raised after it.
    """

    watches = looks_within = True

    def __init__(self, most: int, until: int | None = None) -> None:
        self._most = most
        self._until = until
        self.count = 0
        self.records: deque[Record] = deque()
        self._size = 0
        # By the memory that they wrote, calls in order; and what was last let go of it.
        self._writers: dict[int, deque[Record]] = {}
        self._lost: dict[int, int] = {}
        # What nobody was seen to write, and where it came about.
        self._made: dict[int, tuple[Array, Place | None]] = {}
        self._made_size = 0
        # Whose contents are not copied yet, by their memory.
        self._holders: dict[int, dict[int, Kept]] = {}
        self._turns: dict[tuple[Place, str], int] = {}
        # The frame of Python's that runs the program.
        self._base: Any = None
        self._inside: Op | None = None
        self._node: Any = None
        # What arrived at the ends of nodes, and what the next new tensor is the sum of.
        self._delivered: dict[Any, list[Array]] = {}
        self._summed: list[Array] = []
        # The first call that made nan of what was none.
        self.first: Record | None = None
        self.effects: list[tuple[str, Place | None]] = []

    def begin(self) -> None:
        """Watch from now on."""
        self._base = sys._getframe(1)
        shortcuts.close()
        interpreters.add(1)
        mode.interpreter = self

    def end(self) -> None:
        """Watch no longer."""
        mode.interpreter = self._base = None
        interpreters.add(-1)
        shortcuts.reopen()

    # -- asked afterwards -------------------------------------------------------------------------

    def writer(self, root: Array, address: int, before: int) -> Made | None:
        """The call that made an element of some memory; None where no kept one did."""
        for record in reversed(self._writers.get(id(root), ())):
            if record.number < before:
                for at, out in enumerate(record.outs):
                    if out.root is root and (found := out.index_of(address)) is not None:
                        return Made(record, at, found)
        return None

    def lost_at(self, root: Array) -> int | None:
        """The number of the last call that wrote to some memory and was let go of."""
        return self._lost.get(id(root))

    def made_at(self, kept: Kept) -> Place | None:
        """Where what no call made came into the program."""
        found = self._made.get(id(kept.root))
        return None if found is None else found[1]

    # -- calls ------------------------------------------------------------------------------------

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Inside, work is done as if nobody watched."""
        mode.interpreter = None
        try:
            yield
        finally:
            mode.interpreter = self

    def run(self, op: Op, values: tuple[Any, ...]) -> Any:
        """The result of a call, which is kept."""
        ready = prepared(op, values)
        record = self._begun(op.name, op, self._keep(op, ready))
        mode.interpreter = None
        try:
            result = general(op, tuple(ready))
            outs = _arrays(result)
        finally:
            mode.interpreter = self
        if not any(np.may_share_memory(out, k.array) for out in outs for k in record.operands):
            record.again = lambda arrays: _again(record, arrays)
            self._ended(record, outs)
        return result

    def compose(self, op: Op, args: tuple[object, ...], kwargs: dict[str, object]) -> Any:
        """The result of an op that is made of others, which are kept."""
        outer = self._inside
        self._inside = outer or op
        try:
            return op.kernel(*args, **kwargs)
        finally:
            self._inside = outer

    def write(
        self, op: Op, values: tuple[Any, ...], name: str, eagerly: Callable[[], Tensor]
    ) -> Tensor:
        """A call that writes into its first operand, which is kept."""
        record = self._begun(name, op, self._keep(op, values))
        with self._aside():
            target = values[0]._a
            self._copy_holders(target)
            written = eagerly()
        record.again = lambda arrays: _again(record, arrays)
        self._ended(record, _arrays(values[0]))
        return written

    def change(
        self, function: Callable[..., None], read: Sequence[Tensor], written: Sequence[Tensor]
    ) -> None:
        """An update of several tensors at once, as an optimizer's step."""
        record = self._begun(function.__name__.strip("_"), None, ())
        record.operands = [*map(self._held, _arrays([*read, *written]))]
        with self._aside():
            for t in written:
                self._copy_holders(t._a)
            at_once(function, read, written)
        outs = _arrays(written)

        def again(arrays: Sequence[Array]) -> Sequence[Array]:
            own = [a.copy() for a in arrays]
            function(*own)
            return own[len(own) - len(outs) :]

        record.again = again
        self._ended(record, outs)

    def draw_into(
        self, array: Array, generator: Generator, fill: Callable[[Array, Generator], object]
    ) -> None:
        """A draw of random numbers."""
        self._copy_holders(array)
        generator.fill(array, fill)
        self._ended(self._begun("random numbers", None, ()), [array])

    def redraw(self, target: Tensor, fill: Callable[[Tensor], object]) -> Tensor:
        """Random numbers over what there was."""
        record = self._begun("random numbers", None, ())
        with self._aside():
            self._copy_holders(target._a)
            fill(target)
        self._ended(record, [target._a])
        return target

    def backward(
        self, node: Any, g: Any, run: Callable[[], Any], deliver: Callable[[Any], Any]
    ) -> Any:
        """A node's turn in a pass back: its work is calls; what arrived was summed by none."""
        arrived = self._delivered.pop(node, [])
        whole = _arrays(g)
        outer, self._node = self._node, node
        try:
            self._summed = arrived if len(arrived) > 1 else []
            grads = deliver(run())
            if isinstance(node, AccumulateGrad):
                kept = node.extras().grad
                if kept is not None and whole and not self._is_written(kept._a):
                    self._copied("AccumulateGrad", whole, kept._a)
            else:
                for end, grad in zip(node.edges, grads):
                    if end is not None and grad is not None:
                        self._delivered.setdefault(getattr(end, "node", end), []).extend(
                            _arrays(grad)
                        )
            return grads
        finally:
            self._node = outer

    def _copied(self, name: str, operands: Sequence[Array], out: Array) -> None:
        """Keep a sum of arrays of one shape, or a copy, that no op made."""
        record = self._begun(name, None, ())
        record.operands = [*map(self._held, operands)]
        record.again = lambda arrays: [sum(arrays[1:], arrays[0])]
        self._ended(record, [out])

    def adopt(self, array: Array) -> Array:
        """A new tensor of what was made outside of calls; first in a node's turn, of what arrived."""
        if type(array) is np.ndarray and self._summed and self._summed[0].shape == array.shape:
            summed, self._summed = self._summed, []
            self._copied("sum of gradients", summed, array)
        if type(array) is np.ndarray and id(root_of(array)) not in self._made:
            self._made[id(root_of(array))] = array, self._places()[0]
            self._made_size += array.nbytes + _RECORD
            while self._made_size > self._most and len(self._made) > 1:
                first = next(iter(self._made))
                self._made_size -= self._made.pop(first)[0].nbytes + _RECORD
        return array

    def effect(self, what: str) -> None:
        """Something that running again may not do in the same way."""
        self.effects.append((what, self._places()[0]))

    # -- records ----------------------------------------------------------------------------------

    def _keep(self, op: Op, values: Sequence[Any]) -> Any:
        """The values of a call with a Kept for each tensor."""

        def kept(value: Any, name: str) -> Any:
            if isinstance(value, Tensor):
                return self._held(value, name)
            if type(value) in _PLAIN:
                return value
            return mapped(value, lambda v: self._held(v, name) if isinstance(v, Tensor) else v)

        with self._aside():
            return tuple([kept(v, p.name) for p, v in zip(op.params, values)])

    def _held(self, value: Tensor | Array, name: str = "") -> Any:
        array = value._a if isinstance(value, Tensor) else value
        if type(array) is not np.ndarray:
            return value
        kept = Kept(array, name)
        self._holders.setdefault(id(kept.root), {})[id(kept)] = kept
        return kept

    def _copy_holders(self, target: Array) -> None:
        """Memory is about to be written to: what is kept of it is copied."""
        root = id(root_of(target))
        copies: dict[tuple[Any, ...], Array] = {}
        left = {}
        for kept in self._holders.pop(root, {}).values():
            if not np.may_share_memory(kept.array, target):
                left[id(kept)] = kept
                continue
            key = kept.start, kept.shape, kept.strides
            if key not in copies:
                copies[key] = kept.array.copy()
                self._size += copies[key].nbytes
            kept.array = copies[key]
        if left:
            self._holders[root] = left

    def _begun(self, name: str, op: Op | None, values: Any) -> Record:
        record = Record(self.count, name, op, values)
        self.count += 1
        each(values, lambda v: record.operands.append(v) if type(v) is Kept else None)
        record.inside, record.node = self._inside, self._node
        places = self._places()
        record.place, record.callers = places[0], places[1:]
        place = record.place if self._node is None else self._node.place
        if place is not None:
            key = place, name
            record.turn = self._turns[key] = self._turns.get(key, 0) + 1
        return record

    def _ended(self, record: Record, outs: Sequence[Array]) -> None:
        """A call is done: it wrote these."""
        record.outs = [self._held(out) for out in outs]
        if self.first is None and any(map(_has_nan, record.outs)):
            self.first = None if any(map(_has_nan, record.operands)) else record
        record.size = _RECORD + sum([out.nbytes for out in outs])
        for root in {id(out.root): None for out in record.outs}:
            self._writers.setdefault(root, deque()).append(record)
        self.records.append(record)
        self._size += record.size
        while self._size > self._most and len(self.records) > 1:
            self._let_go(self.records.popleft())
        if self._until is not None and record.number >= self._until:
            raise Enough

    def _let_go(self, record: Record) -> None:
        self._size -= record.size
        for kept in record.outs:
            root = id(kept.root)
            self._lost[root] = record.number
            writers = self._writers.get(root)
            if writers and writers[0] is record:
                writers.popleft()
        for kept in (*record.outs, *record.operands):
            self._holders.get(id(kept.root), {}).pop(id(kept), None)

    def _places(self) -> list[Place | None]:
        """Where the program is, and the calls that led there, innermost first."""
        found: list[Place | None] = []
        frame: Any = sys._getframe(1)
        for _ in range(_FRAMES):
            if frame is None or frame is self._base or len(found) > _CALLERS:
                break
            if type(frame.f_code.co_filename) is not str:  # programs' code has one of its own type
                found.append((frame.f_code, frame.f_lasti))
            frame = frame.f_back
        return found or [None]

    def _is_written(self, array: Array) -> bool:
        """Whether the last call of all wrote an array."""
        last = self.records[-1] if self.records else None
        return last is not None and any(out.root is root_of(array) for out in last.outs)


def _again(record: Record, arrays: Sequence[Array]) -> Sequence[Array]:
    """Do a call of an op once more, on other contents of its operands, outside the graph."""
    given = iter(arrays)
    values = mapped(record.values, lambda v: wrap(next(given)) if type(v) is Kept else v)
    before, mode.enabled = mode.enabled, False
    try:
        assert record.op is not None
        return _arrays(general(record.op, values))
    finally:
        mode.enabled = before


def _arrays(value: Any) -> list[Array]:
    """The arrays of the tensors in a value, computed."""
    found: list[Array] = []

    def look(item: Any) -> None:
        if isinstance(item, Tensor):
            item = item._a
        elif type(item) is Pending:
            item = wrap(item)._a
        elif isinstance(item, np.generic):
            item = np.asarray(item)
        if type(item) is np.ndarray:
            found.append(item)

    each(value, look)
    return found


def _has_nan(kept: Kept) -> bool:
    return kept.array.dtype.char not in EXACT and bool(np.isnan(kept.array).any())
