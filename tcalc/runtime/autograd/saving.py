"""What nodes save for their gradients, kept as functions of the program say (`saved_tensors_hooks`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.runtime.base.modes import Interpreters, mode
from tcalc.runtime.tensor.storage import Storage
from tcalc.runtime.tensor.tensor import Tensor, alias, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcalc.runtime.autograd.nodes import End
    from tcalc.runtime.base.op import Array

# How many threads' hooks there are: where none is, no node asks for its thread's.
hooked = Interpreters()


class Hooks:
    """What packs a saved tensor when a node saves it, and unpacks it when its gradient is due.

    outer: what stood in their place before.
    """

    __slots__ = ("outer", "pack", "unpack")

    def __init__(self, pack: Callable[[Tensor], object], unpack: Callable[[Any], object]) -> None:
        self.pack = pack
        self.unpack = unpack
        self.outer: Hooks | Refusal | None = None

    def enter(self) -> None:
        """Let this thread's nodes save through them."""
        if type(mode.saving) is Refusal:
            raise StateError(mode.saving.message)
        self.outer, mode.saving = mode.saving, self
        hooked.add(1)

    def leave(self) -> None:
        """Let them save as before."""
        mode.saving = self.outer
        hooked.add(-1)

    def packed(self, tensor: Tensor) -> object:
        """What the program keeps of a tensor, outside the graph."""
        before = tensor.shared().version
        enabled, mode.enabled = mode.enabled, False
        try:
            kept = self.pack(alias(tensor))
        finally:
            mode.enabled = enabled
        if tensor.shared().version != before:
            raise StateError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input "
                "to pack hook can not be modified by in-place operations as this can lead to "
                "unexpected side-effects."
            )
        return kept

    def unpacked(self, kept: object) -> Tensor:
        """The tensor that the program gives back."""
        found = self.unpack(kept)
        if not isinstance(found, Tensor):
            raise ArgumentError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(found).__name__}"
            )
        return found


class Refusal:
    """What stands in the place of hooks where none may be: to set some is an error with this text."""

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message


class SavedOutput:
    """A node's own output, kept without a cycle: the memory instead of the tensor."""

    __slots__ = ("array", "index", "storage", "version")

    def __init__(self, array: Array, storage: Storage, index: int = -1) -> None:
        self.array = array
        self.storage = storage
        self.version = storage.version
        self.index = index


def keep_output(out: Tensor, array: Array) -> SavedOutput:
    """What a node keeps of its output, whose memory that is; the tensor has a storage of it from now on."""
    out._s = storage = Storage(array)
    return SavedOutput(array, storage)


class _Input:
    """What the program keeps of a saved operand, and the operand's end of the graph."""

    __slots__ = ("end", "kept")

    def __init__(self, kept: object, end: End | None) -> None:
        self.kept = kept
        self.end = end


class _Output:
    """The same of an output of the node's own."""

    __slots__ = ("index", "kept")

    def __init__(self, kept: object, index: int) -> None:
        self.kept = kept
        self.index = index


class Packed:
    """Saved values that went through hooks; to go through them is to unpack them."""

    __slots__ = ("_hooks", "_values")

    def __init__(self, values: tuple[object, ...], hooks: Hooks) -> None:
        self._hooks = hooks
        self._values = [self._pack(v) for v in values]

    def __iter__(self) -> Iterator[object]:
        return iter([self._unpack(v) for v in self._values])

    def _pack(self, value: Any) -> object:
        if isinstance(value, Tensor):
            return _Input(self._hooks.packed(value), value._g)
        if type(value) is SavedOutput:
            output = wrap(value.array)
            output._s = value.storage
            return _Output(self._hooks.packed(output), value.index)
        if type(value) in (tuple, list):
            return type(value)(map(self._pack, value))
        return value

    def _unpack(self, value: Any) -> object:
        if type(value) is _Input:
            tensor = alias(self._hooks.unpacked(value.kept))
            tensor._g = value.end
            return tensor
        if type(value) is _Output:
            tensor = self._hooks.unpacked(value.kept)
            return SavedOutput(tensor._d, tensor.shared(), value.index)
        if type(value) in (tuple, list):
            return type(value)(map(self._unpack, value))
        return value


def kept(saved: tuple[object, ...]) -> Packed | tuple[object, ...]:
    """Saved values as this thread keeps them."""
    hooks = mode.saving
    return Packed(saved, hooks) if type(hooks) is Hooks else saved
