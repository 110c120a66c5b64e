"""What a pickle of weights may name: the functions that tensors are rebuilt by, and a few types.

Each is a description here: PyTorch's `_rebuild_tensor_v2` makes a `Laid` of its arguments, which
are looked at one by one. A name that is not on the list is refused, whatever it stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.files.models.described import (
    Counted,
    Laid,
    Layout,
    Named,
    NumberType,
    OldParameter,
    Ordered,
    Raw,
    Sizes,
    Sparse,
    Stored,
)
from tcalc.runtime.types.dtypes import ALL

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_DIMS = 64
_KEYS = frozenset({str, int, float, bool, complex, type(None)})
_MOST_IN_KEY = 100
_LARGEST = (1 << 63) - 1
STATE_HINT = "save its state_dict() instead: torch.save(model.state_dict(), 'model.pt')"


class Unfit(Exception):
    """What is no pickle of weights; its text goes into a message."""

    def __init__(self, text: str, hint: str | None = None) -> None:
        super().__init__(text)
        self.hint = hint


class Global:
    """A function that a pickle may call."""

    __slots__ = ("_make", "name")

    def __init__(self, name: str, make: Callable[..., Any]) -> None:
        self.name = name
        self._make = make

    def made(self, arguments: tuple[Any, ...]) -> Any:
        """What it makes of its arguments."""
        try:
            return self._make(*arguments)
        except TypeError:
            raise Unfit(f"{self.name} gets arguments that it does not take") from None


# -- arguments ----------------------------------------------------------------------------------------


def _whole(value: object, what: str) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise Unfit(f"{what} is no number from 0 on")
    return value


def _wholes(values: Any, what: str) -> tuple[int, ...]:
    if type(values) is Sizes:
        values = values.sizes
    if type(values) not in (tuple, list) or len(values) > _MOST_DIMS:
        raise Unfit(f"{what} are no list of numbers")
    return tuple([_whole(n, f"one of {what}") for n in values])


def _text(value: Any, what: str) -> str:
    if type(value) is not str:
        raise Unfit(f"{what} is no text")
    return value


def key(value: Any) -> Any:
    """What can be a key, or in a set: hashing it takes no longer than it is long."""
    if type(value) is tuple and len(value) <= _MOST_IN_KEY:
        if all(type(part) in _KEYS for part in value):
            return value
    elif type(value) in _KEYS:
        return value
    raise Unfit(f"a {type(value).__name__} is no key")


# -- tensors ----------------------------------------------------------------------------------------


def storage(described: Any) -> Stored:
    """The storage that a persistent id describes, as PyTorch writes it."""
    if type(described) is not tuple or len(described) not in (5, 6):
        raise Unfit("it refers to something that is no storage")
    word, kind, key, location, count, *view = described
    if word != "storage" or type(kind) is not StorageType:
        raise Unfit("it refers to something that is no storage")
    if any(part is not None for part in view):
        raise Unfit("a storage is a part of another, as PyTorch has not written for years")
    return Stored(
        _text(key, "a storage's key"),
        kind.dtype,
        _text(location, "a storage's location"),
        _whole(count, "a storage's length"),
    )


class StorageType:
    """The type of storages of one dtype, None for bytes."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: str | None) -> None:
        self.dtype = dtype


def _tensor(
    storage: Any,
    storage_offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    backward_hooks: Any = None,
    metadata: Any = None,
    *,
    dtype: str | None = None,
) -> Laid:
    if type(storage) is not Stored:
        raise Unfit("a tensor has no storage")
    sizes, strides = _wholes(size, "a tensor's sizes"), _wholes(stride, "a tensor's strides")
    if len(sizes) != len(strides):
        raise Unfit("a tensor has not as many strides as sizes")
    said = metadata if type(metadata) is dict else {}
    return Laid(
        storage,
        dtype or storage.dtype or "uint8",
        _whole(storage_offset, "a tensor's offset"),
        sizes,
        strides,
        requires_grad is True,
        False,
        said.get("conj") is True,
        said.get("neg") is True,
    )


def _tensor_of_dtype(
    storage: Any,
    storage_offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    backward_hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> Laid:
    return _tensor(
        storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata,
        dtype=_dtype(dtype),
    )  # fmt: skip


def _dtype(value: Any) -> str:
    if type(value) is not Named or not value.is_dtype:
        raise Unfit("a tensor's dtype is none")
    return value.name


def _parameter(
    data: Any, requires_grad: Any, backward_hooks: Any, state: Any = None
) -> Laid | Sparse:
    if type(data) is Laid or type(data) is Sparse:
        return data._replace(is_parameter=True, requires_grad=requires_grad is True)
    raise Unfit("a parameter is made of what is no tensor")


def _old_parameter(data: Any, requires_grad: Any = True) -> OldParameter:
    if type(data) is not Laid:
        raise Unfit("a parameter is made of what is no tensor")
    return OldParameter(data._replace(is_parameter=True, requires_grad=requires_grad is True))


def _layout(name: Any) -> Layout:
    return Layout(_text(name, "a layout"))


def _sparse(layout: Any, data: Any) -> Sparse:
    form = _LAYOUTS.get(layout.name) if type(layout) is Layout else None
    if form is None:
        raise Unfit("it holds a tensor of a layout that is not here")
    if type(data) is not tuple or not form <= len(data) <= form + 1:
        raise Unfit("a sparse tensor is made of indices, values and a size")
    *parts, size = data[:form]
    if any(type(part) is not Laid or part.storage is None for part in parts):
        raise Unfit("a sparse tensor is made of what are no tensors")
    if any(part.dtype not in ("int64", "int32") for part in parts[:-1]):
        raise Unfit("the indices of a sparse tensor are no integers")
    return Sparse(
        layout.name, tuple(parts), _wholes(size, "a tensor's sizes"), data[form:] == (True,)
    )


def _without_contents(dtype: Any, size: Any, stride: Any, requires_grad: Any) -> Laid:
    sizes, strides = _wholes(size, "a tensor's sizes"), _wholes(stride, "a tensor's strides")
    return Laid(None, _dtype(dtype), 0, sizes, strides, requires_grad is True)


# -- other values -----------------------------------------------------------------------------------


def _device(kind: Any, index: Any = None) -> Named:
    name = _text(kind, "a device")
    return Named(False, name if index is None else f"{name}:{_whole(index, 'a device')}")


def _sizes(values: Any = ()) -> Sizes:
    return Sizes(_wholes(values, "the sizes"))


def _set(values: Any = ()) -> Any:
    return {key(v) for v in _listed(values)}


def _frozenset(values: Any = ()) -> Any:
    return frozenset(_set(values))


def _listed(values: Any) -> Any:
    if type(values) not in (list, tuple):
        raise Unfit("a set is made of what is no list")
    return values


def _ordered(items: Any = ()) -> Ordered:
    made = Ordered()
    for item in _listed(items):  # as Python 2 wrote them
        name, value = _listed(item)
        made[key(name)] = value
    return made


def _counter(counts: Any = None) -> Counted:
    made = Counted()
    if counts is not None:
        if type(counts) is not dict:
            raise Unfit("a Counter is made of what is no dict")
        made.update(counts)
    return made


def _complex(real: Any, imag: Any) -> complex:
    if type(real) is not float or type(imag) is not float:
        raise Unfit("a complex number is made of what are no floats")
    return complex(real, imag)


def _encoded(text: Any, encoding: Any) -> Raw:
    """Bytes, as protocol 2 spells them."""
    if encoding != "latin1":
        raise Unfit("it holds bytes in an unknown spelling")
    try:
        return Raw(_text(text, "what stands for bytes").encode("latin-1"))
    except UnicodeEncodeError:
        raise Unfit("it holds bytes above 255") from None


def _bytearray(data: Any = None) -> Raw:
    if type(data) is not Raw:
        raise Unfit("it holds bytes in an unknown spelling")
    return data


def _number_type(code: Any, align: Any = False, copy: Any = False) -> NumberType:
    return NumberType(_text(code, "a number's dtype"))


def _number(dtype: Any, data: Any) -> Any:
    """One of NumPy's numbers, as Python's."""
    from struct import error, unpack

    if type(dtype) is not NumberType or type(data) is not Raw or dtype.order not in ("<", "|"):
        raise Unfit("it holds a number of NumPy's in an unknown form")
    form = _NUMBERS.get(dtype.code)
    try:
        return unpack("<" + (form or ""), data.data)[0]
    except (error, IndexError):
        raise Unfit(f"it holds a number of NumPy's of dtype {dtype.code!r}") from None


# NumPy's names of the types of numbers, and what `struct` calls them.
_NUMBERS = {
    "b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I",
    "u8": "Q", "f2": "e", "f4": "f", "f8": "d",
}  # fmt: skip

# The layouts of sparse tensors, and how many things make one: indices, values, a size.
_LAYOUTS = {"torch.sparse_coo": 3, "torch.sparse_csr": 4}

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_dtype,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._utils._rebuild_meta_tensor_no_storage": _without_contents,
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch.serialization._get_layout": _layout,
    "torch.nn.parameter.Parameter": _old_parameter,
    "torch.device": _device,
    "torch.Size": _sizes,
    "collections.OrderedDict": _ordered,
    "collections.Counter": _counter,
    "builtins.set": _set,
    "builtins.frozenset": _frozenset,
    "builtins.complex": _complex,
    "builtins.bytearray": _bytearray,
    "_codecs.encode": _encoded,
    "numpy.dtype": _number_type,
    "numpy.core.multiarray.scalar": _number,
    "numpy._core.multiarray.scalar": _number,
}
# Where PyTorch has what tensors are made with, and no classes of models.
_PARTS = frozenset({"torch", "torch._utils", "torch.storage", "torch.serialization"})
# What Python 2 called modules.
_MODULES = {"__builtin__": "builtins"}

GLOBALS: dict[str, Any] = {
    **{name: Global(name, make) for name, make in _FUNCTIONS.items()},
    **{f"torch.{t.name}": Named(True, t.name) for t in ALL},
    **{f"torch.{t.shorthand}Storage": StorageType(t.name) for t in ALL if t.group in "bifc"},
    "torch.storage.UntypedStorage": StorageType(None),
    "torch.storage._UntypedStorage": StorageType(None),
}


def find(module: str, name: str) -> Any:
    """What a name on the list stands for."""
    full = f"{_MODULES.get(module, module)}.{name}"
    found = GLOBALS.get(full)
    if found is not None:
        return found
    shown = full if full.isprintable() and len(full) <= 100 else repr(full[:100])
    if module in _PARTS:
        raise Unfit(f"it needs {shown}, which is not here; nothing is unpickled but weights")
    raise Unfit(
        f"it holds a {shown}, pickled whole, which is a program when read; nothing is unpickled "
        "but weights",
        hint=f"if that is a model, where it was made, {STATE_HINT}",
    )
