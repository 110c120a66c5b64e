"""Values as PyTorch pickles them: what its own loader takes with weights_only=True.

A value is gone through twice: first for what it holds, so that nothing is written of what cannot
be, and for which tensors share memory; then it is written down.
"""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.files.models.keeping import Kept, Storages
from tcalc.files.models.reading import MOST_DEEP
from tcalc.files.models.rebuilding import STATE_HINT
from tcalc.runtime.objects.containers import Counter, OrderedDict
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Parameter, Tensor
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.dtypes import dtype
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN = frozenset({str, int, float, bool, complex, type(None), dtype, device, Size})
_TENSORS = frozenset({Tensor, Parameter})
_DICTS = frozenset({dict, OrderedDict, Counter})
_SEQUENCES = frozenset({list, List, tuple})
# What can be saved in place of values of other classes.
_INSTEAD: tuple[tuple[Any, str], ...] = (
    ((np.ndarray, np.generic), "as_tensor(x)"),
    (dict, "dict(x)"),
    (tuple, "tuple(x)"),
    (list, "list(x)"),
    (frozenset, "set(x)"),
)
# As many items are given to a list or a dict at a time.
_AT_ONCE = 1000
_LONGEST_INT = 255
_INT8, _INT16, _INT32 = 1 << 8, 1 << 16, 1 << 31


def pickled(value: Any, name: str) -> tuple[bytes, list[tuple[str, memoryview]]]:
    """The pickle of a value, and the storages of its tensors by their keys.

    ArgumentError for what weights are not made of.
    """
    storages = Storages(name)
    _Survey(storages, name).visit(value, "", 0)
    writer = _Writer(storages)
    writer.put(value)
    return writer.finished(), storages.contents()


class _Survey:
    """Goes through a value for tensors, and for what cannot be written."""

    def __init__(self, storages: Storages, name: str) -> None:
        self._storages = storages
        self._name = name
        self._open: set[int] = set()
        self._done: set[int] = set()

    def visit(self, value: Any, path: str, depth: int) -> None:
        kind = type(value)
        if kind in _TENSORS:
            self._storages.add(value)
        elif kind in _DICTS or kind in _SEQUENCES or kind is set:
            self._enter(value, path, depth)
        elif kind not in _PLAIN:
            raise self._refused(value, path)
        elif kind is int and value.bit_length() > 8 * _LONGEST_INT - 1:
            raise ValueProblem(f"{self._name}: an int of {value.bit_length()} bits is too long")

    def _enter(self, value: Any, path: str, depth: int) -> None:
        key = id(value)
        if key in self._done:
            return
        if key in self._open:
            raise ValueProblem(f"{self._name}: {_place(path)} holds itself", argument="obj")
        if depth > MOST_DEEP:
            raise ValueProblem(
                f"{self._name}: containers lie deeper than {MOST_DEEP} in each other",
                argument="obj",
            )
        self._open.add(key)
        if isinstance(value, dict):
            for name, member in dict.items(value):
                self.visit(name, f"a key of {_place(path)}", depth + 1)
                self.visit(member, f"{path}[{name!r}]", depth + 1)
            if type(value) is OrderedDict:
                self.visit(metadata_of(value), path, depth + 1)
        else:
            for at, member in enumerate(value):
                self.visit(member, f"{path}[{at}]", depth + 1)
        self._open.discard(key)
        self._done.add(key)

    def _refused(self, value: Any, path: str) -> ArgumentError:
        what = f"{self._name}: {_place(path)} is a '{type(value).__name__}'"
        if hasattr(value, "state_dict"):
            return ArgumentError(
                f"{what}, which could only be saved whole, as a pickle of its class: nothing is "
                "pickled here but weights",
                hint=STATE_HINT,
                argument="obj",
            )
        ways = (word for kinds, word in _INSTEAD if isinstance(value, kinds))
        hint = next((f"{word} can be saved" for word in ways), None)
        return ArgumentError(
            f"{what}, and files of models hold tensors, numbers, text and containers of them",
            hint=hint,
            argument="obj",
        )


def metadata_of(value: OrderedDict) -> Any:
    """What PyTorch keeps beside a state dict's entries, or None."""
    return value.__dict__.get("_metadata")


def _place(path: str) -> str:
    return f"obj{path}" if path[:1] in ("", "[") else path


class _Writer:
    """Writes the pickle, in protocol 2; what a value holds twice is written once."""

    def __init__(self, storages: Storages) -> None:
        self._storages = storages
        self._out = bytearray(b"\x80\x02")
        self._kept: dict[int, int] = {}
        self._texts: dict[str, int] = {}
        self._count = 0

    def finished(self) -> bytes:
        """The whole pickle."""
        return bytes(self._out) + b"."

    def put(self, value: Any) -> None:
        """Write what makes a value."""
        kind = type(value)
        simple = _SIMPLE.get(kind)
        if simple is not None:
            simple(self, value)
            return
        place = self._kept.get(id(value))
        if place is not None:
            self._recall(place)
        elif kind in _TENSORS:
            self._tensor(value)
        elif kind in _DICTS:
            self._dict(value)
        elif kind is set:
            self._reduce("__builtin__\nset", [*value])
        elif kind is tuple:
            self._tuple(value)
        else:
            self._list(value)

    # -- pieces -----------------------------------------------------------------------------------

    def _keep(self, value: Any) -> None:
        self._kept[id(value)] = self._note()

    def _note(self) -> int:
        place = self._count
        self._count += 1
        self._out += b"q" + bytes((place,)) if place < _INT8 else b"r" + pack("<I", place)
        return place

    def _recall(self, place: int) -> None:
        self._out += b"h" + bytes((place,)) if place < _INT8 else b"j" + pack("<I", place)

    def put_text(self, value: str) -> None:
        place = self._texts.get(value)
        if place is not None:
            self._recall(place)
            return
        data = value.encode("utf-8", "surrogatepass")
        self._out += b"X" + pack("<I", len(data)) + data
        self._texts[value] = self._note()

    def put_int(self, value: int) -> None:
        if 0 <= value < _INT8:
            self._out += b"K" + bytes((value,))
        elif 0 <= value < _INT16:
            self._out += b"M" + pack("<H", value)
        elif -_INT32 <= value < _INT32:
            self._out += b"J" + pack("<i", value)
        else:
            data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            self._out += b"\x8a" + bytes((len(data),)) + data

    def put_float(self, value: float) -> None:
        self._out += b"G" + pack(">d", value)

    def put_bool(self, value: bool) -> None:
        self._out += b"\x88" if value else b"\x89"

    def put_none(self, value: None) -> None:
        self._out += b"N"

    def put_complex(self, value: complex) -> None:
        self._reduce("__builtin__\ncomplex", value.real, value.imag)

    def put_named(self, name: str) -> None:
        """Something by its name: its module, and its own, on two lines."""
        place = self._texts.get("\n" + name)
        if place is not None:
            self._recall(place)
            return
        self._out += b"c" + name.encode() + b"\n"
        self._texts["\n" + name] = self._note()

    def put_dtype(self, value: dtype) -> None:
        self.put_named(f"torch\n{value.name}")

    def put_device(self, value: device) -> None:
        index = () if value.index is None else (value.index,)
        self._reduce("torch\ndevice", value.type, *index)

    def put_size(self, value: Size) -> None:
        self._reduce("torch\nSize", tuple(value))

    def _reduce(self, function: str, *arguments: Any) -> None:
        self.put_named(function)
        self._items(arguments)
        self._out += b"R"

    def _items(self, values: tuple[Any, ...]) -> None:
        """A tuple that is nobody's."""
        self._out += b"("
        for value in values:
            self.put(value)
        self._out += b"t"

    # -- containers -------------------------------------------------------------------------------

    def _tuple(self, value: tuple[Any, ...]) -> None:
        if not value:
            self._out += b")"
            return
        self._items(value)
        self._keep(value)

    def _list(self, value: list[Any]) -> None:
        self._out += b"]"
        self._keep(value)
        for start in range(0, len(value), _AT_ONCE):
            self._out += b"("
            for member in value[start : start + _AT_ONCE]:
                self.put(member)
            self._out += b"e"

    def _dict(self, value: dict[Any, Any]) -> None:
        metadata = None
        if type(value) is dict:
            self._out += b"}"
        elif type(value) is OrderedDict:
            self._reduce("collections\nOrderedDict")
            metadata = metadata_of(value)
        else:
            self._reduce("collections\nCounter", {})
        self._keep(value)
        items = list(dict.items(value))
        for start in range(0, len(items), _AT_ONCE):
            self._out += b"("
            for key, member in items[start : start + _AT_ONCE]:
                self.put(key)
                self.put(member)
            self._out += b"u"
        if metadata is not None:
            self.put({"_metadata": metadata})
            self._out += b"b"

    # -- tensors ----------------------------------------------------------------------------------

    def _tensor(self, value: Tensor) -> None:
        if type(value) is Parameter:
            self.put_named("torch._utils\n_rebuild_parameter")
            self._out += b"("
            self._data(value, False)
            self.put_bool(value.requires_grad)
            self._reduce("collections\nOrderedDict")
            self._out += b"tR"
        else:
            self._data(value, value.requires_grad)
        self._keep(value)

    def _sparse(self, value: Tensor, parts: tuple[Tensor, ...]) -> None:
        self.put_named("torch._utils\n_rebuild_sparse_tensor")
        self._out += b"("
        self._reduce("torch.serialization\n_get_layout", repr(value.layout))
        self._out += b"("
        for part in parts:
            self._data(part, False)
        self.put_size(value.shape)
        if value.is_sparse:
            self.put_bool(value._d.coalesced)
        self._out += b"ttR"

    def _data(self, value: Tensor, requires_grad: bool) -> None:
        parts = self._storages.parts(value)
        if parts:
            self._sparse(value, parts)
            return
        kept = self._storages.kept(value)
        if kept is None:
            self._without_contents(value, requires_grad)
            return
        t = value.dtype
        typed = t.group in _TYPED
        self.put_named(f"torch._utils\n_rebuild_tensor_{'v2' if typed else 'v3'}")
        self._out += b"("
        self._storage(kept, t)
        self.put_int(kept.offset)
        self._items(tuple(value.shape))
        self._items(kept.stride)
        self.put_bool(requires_grad)
        self._reduce("collections\nOrderedDict")
        if not typed:
            self.put_dtype(t)
        self._out += b"tR"

    def _storage(self, kept: Kept, t: dtype) -> None:
        self._out += b"("
        self.put_text("storage")
        if t.group in _TYPED:
            self.put_named(f"torch\n{t.shorthand}Storage")
        else:
            self.put_named("torch.storage\nUntypedStorage")
        self.put_text(kept.key)
        self.put_text(kept.location)
        self.put_int(kept.length if t.group in _TYPED else kept.length * t.itemsize)
        self._out += b"tQ"

    def _without_contents(self, value: Tensor, requires_grad: bool) -> None:
        self.put_named("torch._utils\n_rebuild_meta_tensor_no_storage")
        self._out += b"("
        self.put_dtype(value.dtype)
        self._items(tuple(value.shape))
        self._items(tuple(value.stride()))
        self.put_bool(requires_grad)
        self._out += b"tR"


# The dtypes that have storages of their own type; others are kept as bytes.
_TYPED = "bifc"
_SIMPLE: dict[type, Callable[[_Writer, Any], None]] = {
    str: _Writer.put_text,
    int: _Writer.put_int,
    float: _Writer.put_float,
    bool: _Writer.put_bool,
    complex: _Writer.put_complex,
    type(None): _Writer.put_none,
    dtype: _Writer.put_dtype,
    device: _Writer.put_device,
    Size: _Writer.put_size,
}
