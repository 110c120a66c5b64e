"""The interpreter of a dry run: every call of an op is made on tensors without contents, and noted.

Of small tensors of whole numbers and bools the contents are followed where all operands are such:
they are often sizes, places and choices that the program made itself. Nothing else has any. A tensor
that was there before loses them for the run: it is made in a process of its own, or gives them back.
"""

from __future__ import annotations

import gc
import sys
import weakref
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, DeviceError, DimError, DtypeError, ShapeError, TcalcError
from tcalc.runtime.arrays import backend, meta, metaarray
from tcalc.runtime.arrays.metaarray import MetaArray
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import Interpreter, interpreters, mode
from tcalc.runtime.base.programs import is_program
from tcalc.runtime.base.symbols import Symbol, number_of
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.dispatch import general
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.transform.dry.notes import Note, macs, note, tensors_in
from tcalc.runtime.transform.dry.unknown import Looks, NotKnown, Unknown
from tcalc.runtime.types.codes import EXACT
from tcalc.runtime.types.shaped import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.ops.random.generator import Generator

# Tensors of whole numbers up to this size keep their contents.
_SMALL = 1 << 12
# What an op says of shapes and dtypes alone, whatever the values are.
_PROVEN = (ShapeError, DtypeError, DimError, ArgumentError)
# Frames of the program that are looked at for each call.
_MOST_FRAMES = 32


class Dry(Interpreter):
    """Inside `with`, the thread's calls are made dry, and `notes` has them in order.

    made: bytes of new memory. peak: the most of it that was held at once. restores: whether tensors
    are given back what they held; it takes the place of a process that ends with the run.
    """

    def __init__(self, restores: bool = False) -> None:
        self._restores = restores
        self.notes: list[Note] = []
        self.made = self.peak = 0
        self._held = 0
        self._known: dict[int, Any] = {}
        self._within: list[str] = []
        self._drawing = False
        # Whether the next new array holds what is not known.
        self.mixed = False
        self._around = ExitStack()

    def __enter__(self) -> Dry:
        for found in gc.get_objects():
            if issubclass(type(found), Tensor):
                if self._restores:
                    self._around.callback(_restore, found, _state(found))
                self._hide(found)
        self._around.enter_context(meta.in_place_of_host())
        self._around.enter_context(memory.elsewhere())
        self._around.callback(metaarray.stand_for_others, metaarray.stand_for_others(Looks()))
        shortcuts.close()
        self._around.callback(shortcuts.reopen)
        interpreters.add(1)
        self._around.callback(interpreters.add, -1)
        mode.interpreter = self
        return self

    def __exit__(self, *_: object) -> None:
        mode.interpreter = None
        self._around.close()

    # -- calls ------------------------------------------------------------------------------------

    def run(self, op: Op, values: tuple[Any, ...]) -> Any:
        """The result of a call."""
        tensors = list(tensors_in(values))
        if not tensors and op.family == "elementwise":  # numbers alone
            return self._aside(lambda: general(op, values))
        plain = tuple([number_of(v) for v in values])
        if (
            tensors
            and not any(isinstance(v, Symbol) for v in values)
            and all(map(_has_contents, tensors))
        ):
            found = self._followed(op, values)
            if found is not NotImplemented:
                return found
        values = self._hidden(plain)
        result = self._try(op, lambda: general(op, values))
        self._note(op, op.name, values, result, False)
        return result

    def write(
        self, op: Op, values: tuple[Any, ...], name: str, eagerly: Callable[[], Tensor]
    ) -> Tensor:
        """A call that writes into its first operand."""
        tensors = list(tensors_in(values))
        if not all(map(_has_contents, tensors)):
            for t in tensors:
                self._lose(t)
        result: Tensor = self._try(op, eagerly)
        self._note(op, name, values, result, True)
        return result

    def change(
        self, function: Callable[..., None], read: Sequence[Tensor], written: Sequence[Tensor]
    ) -> None:
        """An update of several tensors: what they held is not known any more."""
        for t in (*read, *written):
            self._lose(t)

    def compose(self, op: Op, args: tuple[object, ...], kwargs: dict[str, object]) -> Any:
        """An op that is made of others, which are noted as part of it."""
        self._within.append(op.name)
        begun = len(self.notes)
        try:
            result = op.kernel(*args, **kwargs)
        finally:
            self._within.pop()
        if op.flops is not None and not self._within and len(self.notes) > begun:
            inner = [n._replace(flops=0, macs=0) for n in self.notes[begun:]]
            whole = int(op.flops(result, *args, *kwargs.values()))
            last = inner[-1]._replace(flops=whole, macs=macs(op, whole))
            self.notes[begun:] = [*inner[:-1], last]
        return result

    def _try(self, op: Op, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except _PROVEN:
            raise
        except DeviceError as error:
            raise NotKnown(f"{op.name} depends on values") from error
        except TcalcError as error:
            raise NotKnown(f"{op.name} may fail, depending on values") from error

    def _followed(self, op: Op, values: tuple[Any, ...]) -> Any:
        """The result with its contents, where it is small; else NotImplemented."""
        copies = _map(values, self._copy)
        try:
            made = self._aside(lambda: general(op, copies))
        except Exception:  # the call itself has it
            return NotImplemented
        if any(t._d.size > _SMALL for t in tensors_in(made)):
            return NotImplemented
        result = self._aside(lambda: general(op, values))
        if any(type(t._d) is not np.ndarray or t._d.dtype.char not in EXACT
               for t in tensors_in(result)):  # fmt: skip
            return NotImplemented
        self._note(op, op.name, values, result, False)
        return result

    def _aside(self, work: Callable[[], Any]) -> Any:
        """What work gives that nothing hears of."""
        mode.interpreter = None
        try:
            return work()
        finally:
            mode.interpreter = self

    def _note(self, op: Op, name: str, values: Sequence[Any], result: object, writes: bool) -> None:
        for t in tensors_in(result):
            self._track(t._d)
        within = self._within[0] if self._within else ""
        self.notes.append(note(op, name, within, values, result, program_places(), writes))

    # -- what is no call of an op -----------------------------------------------------------------

    def adopt(self, array: Array) -> Array:
        """A new tensor's array, without contents unless they are followed."""
        if type(array) is np.ndarray and (self._drawing or self.mixed or not _is_followed(array)):
            array = metaarray.like(array)
        self.mixed = False
        self._track(array)
        return array

    def draw(
        self, shape: tuple[int, ...], make: Callable[[tuple[int, ...]], Tensor]
    ) -> Tensor | None:
        """Random numbers: none are drawn."""
        if self._drawing:
            return None
        self._drawing = True
        try:
            return make(shape)
        finally:
            self._drawing = False

    def redraw(self, target: Tensor, fill: Callable[[Tensor], object]) -> Tensor:
        """Random numbers into a tensor: likewise."""
        self._lose(target)
        return target

    def drawn(self) -> None:
        """A generator is asked for, by a kernel that then draws nothing."""

    def draw_into(
        self, array: Array, generator: Generator, fill: Callable[[Array, Generator], object]
    ) -> None:
        """Nothing is drawn."""

    def anywhere(self, condition: Tensor) -> bool:
        """Whether a tensor is true at any place; what is not known is taken to be as it should."""
        return _has_contents(condition) and bool(condition._a.any())

    def look(self, array: Array) -> Array:
        """The program asks for the values or the memory of a tensor."""
        if not backend.has_contents(array):
            raise NotKnown("the values of a tensor are asked for")
        return array

    def place(self) -> None:
        """Nothing goes by where a tensor lies."""

    def gradient(self) -> None:
        """Gradients are as dry as what they are of."""

    def from_outside(self, value: Any) -> Any:
        """The clock and Python's random numbers say something else when the program runs."""
        if value is None or type(value) is str:
            return value
        if type(value) in (int, float, bool):
            return Unknown(type(value)(1))
        raise NotKnown("what comes from outside is not known")

    def effect(self, what: str) -> None:
        """What has effects has them in a process that ends with the run."""

    # -- contents ---------------------------------------------------------------------------------

    def _hide(self, tensor: Tensor) -> None:
        """Let a tensor that was there before the run have no contents, unless they are followed."""
        d = tensor._d
        if self._restores and type(d) is np.ndarray and _is_followed(d):
            tensor._d = d.copy()
        elif type(d) is Pending or (type(d) is np.ndarray and not _is_followed(d)):
            tensor._d = self._old(d)

    def _lose(self, tensor: Tensor) -> None:
        """What a tensor holds is not known any more."""
        if isinstance(tensor._d, Standing):
            raise NotKnown("sparse and conjugated tensors are not followed")
        if type(tensor._d) is np.ndarray:
            tensor._d = self._old(tensor._d)

    def _copy(self, tensor: Tensor) -> Tensor:
        """A tensor of the same shape and dtype, without contents."""
        return self._aside(lambda: wrap(metaarray.like(tensor._d)))

    def _hidden(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values of a call, with tensors without contents in the place of those that have some."""

        def one(tensor: Tensor) -> Tensor:
            if _has_contents(tensor) and tensor._g is None and tensor._v is None:
                return self._copy(tensor)
            self._lose(tensor)  # its place in the graph stays its own
            return tensor

        made: tuple[Any, ...] = _map(values, one)
        return made

    def _old(self, array: Array) -> Array:
        """An array without contents for one whose memory is not new."""
        if type(array) is Pending:
            made = metaarray.empty(array.shape, array.dtype)
        else:
            made = metaarray.like(array)
        self._known[id(_root(made))] = made
        return made

    # -- memory -----------------------------------------------------------------------------------

    def _track(self, array: Array) -> None:
        """Count new memory from now until nothing holds it any more."""
        if type(array) is not MetaArray:
            return
        array = _root(array)
        key = id(array)
        if key in self._known:
            return
        size = int(array.nbytes)

        def gone(_: object) -> None:
            self._known.pop(key, None)
            self._held -= size

        self._known[key] = weakref.ref(array, gone)
        self.made += size
        self._held += size
        self.peak = max(self.peak, self._held)


def program_places() -> tuple[Any, ...]:
    """Where the program is: the code, line and instruction of each of its frames, innermost first."""
    frame: Any = sys._getframe(1)
    found: list[tuple[Any, int, int]] = []
    while frame is not None and len(found) < _MOST_FRAMES:
        if is_program(frame.f_code):
            found.append((frame.f_code, frame.f_lineno, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)


def _state(tensor: Tensor) -> tuple[Any, ...]:
    """What a run may change of a tensor."""
    storage = tensor._s
    return tensor._d, storage, storage and storage.version, tensor._g, tensor._v


def _restore(tensor: Tensor, state: tuple[Any, ...]) -> None:
    tensor._d, tensor._s, version, tensor._g, tensor._v = state
    if tensor._s is not None:
        tensor._s.version = version


def _root(array: Array) -> Array:
    """The array whose memory one shows."""
    while isinstance(array.base, MetaArray):
        array = array.base
    return array


def _is_followed(array: Array) -> bool:
    return array.dtype.char in EXACT and array.size <= _SMALL


def _has_contents(tensor: Tensor) -> bool:
    return type(tensor._d) is np.ndarray


def _map(values: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Nested tuples and lists with other tensors in them."""
    if isinstance(values, Tensor):
        return change(values)
    if type(values) in (tuple, list):
        return type(values)([_map(v, change) for v in values])
    return values
