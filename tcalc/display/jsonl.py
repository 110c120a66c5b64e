"""One JSON object a line for every value, print and error: what `--json` writes.

Floats have the digits that give the same float back; what JSON has no number for is the string
"nan", "inf" or "-inf"; complex numbers are [re, im].
"""

from __future__ import annotations

from json import dumps
from math import isfinite, prod
from typing import TYPE_CHECKING

from tcalc.display import numbers
from tcalc.display.values import as_ndarray, as_tensor, has_data, host, named_fields
from tcalc.runtime.devices import device
from tcalc.runtime.dtypes import dtype
from tcalc.runtime.shapes import Size

if TYPE_CHECKING:
    import numpy as np

    from tcalc.runtime.tensor import Tensor

_NO_NUMBERS = {"nan": '"nan"', "inf": '"inf"', "-inf": '"-inf"'}
# NumPy's numbers, by the kind of their dtype.
_SCALARS = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}


def dump(value: object, *, line: int, source: str | int) -> str:
    """The line for an echoed value.

    line: the 1-based line of its statement; source: the file, or the argument's number.

    >>> dump(0.5, line=1, source=2)
    '{"type":"float","value":0.5,"line":1,"source":2}'
    """
    return _placed(_value(value, ()), line, source)


def dump_print(text: str, *, line: int, source: str | int) -> str:
    """The line for what a call of `print` wrote.

    >>> dump_print("hi", line=1, source="a.tcalc")
    '{"type":"print","text":"hi","line":1,"source":"a.tcalc"}'
    """
    return _placed(f'{{"type":"print","text":{dumps(text)}}}', line, source)


def dump_error(
    error: str,
    message: str,
    *,
    line: int | None,
    source: str | int,
    span: tuple[int, int] | None = None,
    hint: str | None = None,
) -> str:
    """The line for an error: its class, its message, and the code points it is about.

    >>> dump_error("E", "bad", line=3, source=1, span=(4, 9))
    '{"line":3,"type":"error","error":"E","message":"bad","span":[4,9],"hint":null,"source":1}'
    """
    record = {
        "line": line,
        "type": "error",
        "error": error,
        "message": message,
        "span": None if span is None else list(span),
        "hint": hint,
        "source": source,
    }
    return dumps(record, separators=(",", ":"))


def _placed(record: str, line: int, source: str | int) -> str:
    return f'{record[:-1]},"line":{line},"source":{dumps(source)}}}'


def _value(value: object, outer: tuple[int, ...]) -> str:
    """The object for a value; `outer` are the ids of the containers around it."""
    if value is None:
        return '{"type":"none"}'
    tensor = as_tensor(value)
    if tensor is not None:
        return _tensor(tensor)
    if id(value) in outer:
        return '{"type":"object","repr":"..."}'
    if isinstance(value, bool):
        return f'{{"type":"bool","value":{_number(value)}}}'
    array = as_ndarray(value)
    if array is not None and not array.ndim and array.dtype.kind in _SCALARS:
        return f'{{"type":"{_SCALARS[array.dtype.kind]}","value":{_spelled(array)[0]}}}'
    for kind in (int, float, complex):
        if isinstance(value, kind):
            return f'{{"type":"{kind.__name__}","value":{_number(value)}}}'
    if isinstance(value, str):
        return f'{{"type":"str","value":{dumps(str(value))}}}'
    if isinstance(value, Size):
        return f'{{"type":"size","value":[{",".join(map(str, value))}]}}'
    if isinstance(value, dtype):
        return f'{{"type":"dtype","value":"{value.name}"}}'
    if isinstance(value, device):
        return f'{{"type":"device","value":"{value}"}}'
    outer = (*outer, id(value))
    if isinstance(value, (tuple, list)):
        kind_name = "tuple" if isinstance(value, tuple) else "list"
        items = ",".join(_value(item, outer) for item in value)
        fields = named_fields(value)
        extra = f',"fields":{dumps(fields, separators=(",", ":"))}' if fields else ""
        return f'{{"type":"{kind_name}"{extra},"items":[{items}]}}'
    if isinstance(value, dict):
        pairs = (f"[{_value(key, outer)},{_value(item, outer)}]" for key, item in value.items())
        return f'{{"type":"dict","items":[{",".join(pairs)}]}}'
    return f'{{"type":"object","repr":{dumps(repr(value))}}}'


def _number(value: complex) -> str:
    """A Python number as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return numbers.integer(int(value))
    if isinstance(value, float):
        return float.__repr__(value) if isfinite(value) else f'"{float(value)}"'
    return f"[{_number(value.real)},{_number(value.imag)}]"


def _tensor(tensor: Tensor) -> str:
    node = tensor.grad_fn
    head = (
        f'{{"type":"tensor","dtype":"{tensor.dtype.name}"'
        f',"shape":[{",".join(map(str, tensor.shape))}]'
        f',"device":"{tensor.device}"'
        f',"requires_grad":{_number(tensor.requires_grad)}'
        f',"grad_fn":{dumps(node.name()) if node is not None else "null"}'
    )
    data = _nested(host(tensor.array)) if has_data(tensor) else "null"
    return f'{head},"data":{data}}}'


def _nested(array: np.ndarray) -> str:
    """The elements in nested JSON arrays."""
    if not array.ndim:
        return _spelled(array)[0]
    cells = [f"[{row}]" for row in numbers.rows(array, ",", _spelled)]
    for axis in range(array.ndim - 2, -1, -1):
        size, count = array.shape[axis], prod(array.shape[:axis])
        groups = (cells[at * size : (at + 1) * size] for at in range(count))
        cells = [f"[{','.join(group)}]" for group in groups]
    return cells[0]


def _spelled(array: np.ndarray) -> list[str]:
    """Every element as JSON, in row-major order."""
    kind = array.dtype.kind
    if kind == "b":
        return ["true" if value else "false" for value in array.reshape(-1).tolist()]
    if kind == "c":
        return [f"[{r},{i}]" for r, i in zip(_spelled(array.real), _spelled(array.imag))]
    words = numbers.words(array)
    if kind in "iu" or isfinite(float(array.astype("float64").sum())):
        return words
    return [_NO_NUMBERS.get(word, word) for word in words]
