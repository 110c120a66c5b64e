"""Hugging Face's safetensors: a header in JSON that says which bytes each tensor takes.

The header is held against the file whole: the tensors' bytes follow each other from the first to
the last, without gaps and without overlaps.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, BinaryIO

from tcalc.errors import ArgumentError, FileProblem, ValueProblem
from tcalc.files import access
from tcalc.files.formats import Entry
from tcalc.files.models import blocks
from tcalc.files.models.archive import Member
from tcalc.files.models.described import Laid, Stored
from tcalc.files.models.marks import LONGEST_HEADER
from tcalc.files.models.storages import Memory, Source, itemsize
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.files.columns import Wanted
    from tcalc.files.held import Held

# What files call the dtypes.
_DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "U16": "uint16", "I32": "int32",
    "U32": "uint32", "I64": "int64", "U64": "uint64", "F16": "float16", "BF16": "bfloat16",
    "F32": "float32", "F64": "float64", "C64": "complex64",
}  # fmt: skip
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_METADATA = "__metadata__"
_LENGTH = 8
# What a header takes in memory for each of its bytes.
_BYTES = 20
_ALIGNED = 8
_MOST_DIMS = 64


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> dict[str, Any]:
    """The tensors in a file, by name; its metadata stay with the dict."""
    from tcalc.files.models.places import placing
    from tcalc.runtime.objects.containers import OrderedDict

    header, metadata, parts = _header(file, size, name)
    found = Memory(Source(file, parts, name), placing(wanted.place), wanted.mapped)
    made: dict[str, Any] = OrderedDict()
    for key, laid in header.items():
        made[key] = found.tensor(laid)
    if metadata:
        made.__dict__["metadata"] = metadata
    return made


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """What the tensors are, from the header alone."""
    return [Entry(key, laid.dtype, laid.size) for key, laid in _header(file, size, name)[0].items()]


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The tensors with their elements, read as they are asked for."""
    header, _, parts = _header(file, size, name)
    return blocks.of_tensors(header.items(), Source(file, parts, name))


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts tensors by name into a file."""
    import numpy as np

    from tcalc.runtime.arrays import backend
    from tcalc.runtime.call.layouts import is_sparse
    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.types.devices import CPU

    if not isinstance(value, dict):
        raise ArgumentError(
            f"{name}: holds tensors by name, not a {type(value).__name__}",
            hint="save({'x': x}, 'x.safetensors')",
            argument="obj",
        )
    said: dict[str, Any] = {}
    arrays: list[Any] = []
    end = 0
    for key, tensor in dict.items(value):
        if type(key) is not str or key == _METADATA or not isinstance(tensor, Tensor):
            raise ArgumentError(
                f"{name}: holds tensors by name, not a {type(tensor).__name__} at {key!r}",
                hint="a .pt file holds other values too",
                argument="obj",
            )
        t = tensor.dtype
        if is_sparse(tensor):
            raise ValueProblem(
                f"{name}: the format has no sparse tensors", argument="obj",
                hint="x.to_dense() can be written, and a .pt file holds sparse ones",
            )  # fmt: skip
        if t.name not in _NAMES or not backend.has_contents(tensor._a):
            raise ValueProblem(f"{name}: the format has no {t} on {tensor.device}", argument="obj")
        array = np.ascontiguousarray(backend.to_device(tensor._a, CPU))
        said[key] = (_NAMES[t.name], list(tensor.shape), array)
    header: dict[str, Any] = {}
    metadata = getattr(value, "metadata", None)
    if metadata:
        header[_METADATA] = metadata
    # Wide elements first, so that each tensor is aligned.
    for key in sorted(said, key=lambda key: (-said[key][2].itemsize, key)):
        dtype, shape, array = said[key]
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
        arrays.append(array)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNED)

    def put(file: BinaryIO) -> None:
        file.write(len(text).to_bytes(_LENGTH, "little") + text)
        for array in arrays:
            if array.size:
                access.put(file, array.reshape(-1).view(np.uint8).data)

    return put


# -- headers ----------------------------------------------------------------------------------------


def _header(
    file: BinaryIO, size: int, name: str
) -> tuple[dict[str, Laid], dict[str, str], dict[str, Member]]:
    """The tensors by name, the metadata, and where the bytes of each are."""
    length = int.from_bytes(file.read(_LENGTH), "little")
    if size < _LENGTH + 2 or length > min(size - _LENGTH, LONGEST_HEADER):
        raise FileProblem(f"{name} is no .safetensors file: its header does not fit", argument="f")
    memory.check(length * _BYTES, f"the header of {name}")
    said = _parsed(file.read(length), name)
    metadata = said.pop(_METADATA, {})
    if type(metadata) is not dict or not all(type(v) is str for v in metadata.values()):
        raise FileProblem(f"{name}: its metadata are not text by name", argument="f")
    found: dict[str, Laid] = {}
    parts: dict[str, Member] = {}
    start = _LENGTH + length
    for key, fields in said.items():
        found[key], begin = _tensor(key, fields, name)
        parts[key] = Member(start + begin, _nbytes(found[key]))
    at = start
    for key in sorted(parts, key=lambda key: parts[key]):
        if parts[key].start != at:
            raise FileProblem(
                f"{name}: the bytes of {key!r} do not follow those before them", argument="f"
            )
        at += parts[key].size
    if at != size:
        raise FileProblem(
            f"{name}: its tensors take {at - start} bytes, but {size - start} follow the header",
            argument="f",
        )
    return found, metadata, parts


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise ValueError("a name comes twice")
        return made

    try:
        said = json.loads(data.decode(), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise FileProblem(f"{name}: its header is no JSON ({error})", argument="f") from None
    if type(said) is not dict:
        raise FileProblem(f"{name}: its header is no JSON object", argument="f")
    return said


def _tensor(key: str, fields: Any, name: str) -> tuple[Laid, int]:
    """The tensor that a header describes, and where its bytes begin."""
    if type(fields) is not dict or fields.keys() != {"dtype", "shape", "data_offsets"}:
        raise FileProblem(f"{name}: {key!r} is not described as a tensor", argument="f")
    dtype, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    known = _DTYPES.get(dtype) if type(dtype) is str else None
    if known is None:
        raise FileProblem(f"{name}: {key!r} has the dtype {dtype!r:.80}", argument="f")
    if not _are_numbers(shape) or len(shape) > _MOST_DIMS:
        raise FileProblem(f"{name}: {key!r} has no shape", argument="f")
    stride = [math.prod(shape[at + 1 :]) for at in range(len(shape))]
    laid = Laid(Stored(key, known, "cpu", math.prod(shape)), known, 0, tuple(shape), tuple(stride))
    if not _are_numbers(offsets) or len(offsets) != 2 or offsets[1] - offsets[0] != _nbytes(laid):
        raise FileProblem(
            f"{name}: {key!r} of shape {shape} and {known} takes {_nbytes(laid)} bytes, not those "
            f"that its header names",
            argument="f",
        )
    return laid, offsets[0]


def _nbytes(laid: Laid) -> int:
    return math.prod(laid.size) * itemsize(laid.dtype)


def _are_numbers(values: Any) -> bool:
    return type(values) is list and all(type(n) is int and 0 <= n < 1 << 63 for n in values)
