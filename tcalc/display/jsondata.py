"""The plain data of a value as one line of JSON, which says nothing of types: --json-data.

Tensors, arrays, tuples, lists and sets are arrays; dicts, named results and sparse tensors objects,
and pairs where a key is no string; what JSON has nothing for is the string that shows it.
"""

from __future__ import annotations

from json import dumps

from tcalc.display import plain, sparse
from tcalc.display.jsonnumbers import nested, number
from tcalc.display.values import as_ndarray, as_tensor, has_data, host, named_fields
from tcalc.runtime.types.codes import KNOWN
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.dtypes import dtype

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def dump(value: object) -> str:
    """The value's data.

    >>> dump({"a": [1, 0.5], "b": (True, None)}), dump({1: 2j}), dump(float("nan"))
    ('{"a":[1,0.5],"b":[true,null]}', '[[1,[0.0,2.0]]]', '"nan"')
    """
    return _data(value, ())


def _data(value: object, outer: tuple[int, ...]) -> str:
    """The data; `outer` are the ids of the containers around it."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return dumps(str(value))
    tensor = as_tensor(value)
    if tensor is not None:
        kept = sparse.parts(tensor)
        if kept:
            arrays = ",".join(f'"{name}":{nested(array)}' for name, array in kept.items())
            return f'{{"size":[{",".join(map(str, tensor.shape))}],{arrays}}}'
        return nested(host(tensor.array)) if has_data(tensor) else "null"
    if isinstance(value, (bool, int, float, complex)):
        return number(value)
    array = as_ndarray(value)
    if array is not None and array.dtype.char in KNOWN:
        return nested(array)
    if isinstance(value, dtype):
        return dumps(value.name)
    if isinstance(value, device):
        return dumps(str(value))
    if id(value) in outer:
        return '"..."'
    outer = (*outer, id(value))
    if isinstance(value, dict):
        return _object(value, outer)
    fields = named_fields(value)
    if fields and isinstance(value, tuple):
        return _object(dict(zip(fields, value)), outer)
    if isinstance(value, (tuple, list, set, frozenset)):
        return f"[{','.join([_data(item, outer) for item in value])}]"
    return dumps(plain.exact(value))


def _object(value: Mapping[object, object], outer: tuple[int, ...]) -> str:
    pairs = [(_data(key, outer), _data(item, outer)) for key, item in value.items()]
    if all(isinstance(key, str) for key in value):
        return "{" + ",".join(f"{key}:{item}" for key, item in pairs) + "}"
    return "[" + ",".join(f"[{key},{item}]" for key, item in pairs) + "]"
