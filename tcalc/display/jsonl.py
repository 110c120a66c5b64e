"""One JSON object a line for every value, print and error: what `--json` writes.

Floats have the digits that give the same float back; what JSON has no number for is the string
"nan", "inf" or "-inf"; complex numbers are [re, im].
"""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING

from tcalc.display import plain, sparse
from tcalc.display.jsonnumbers import nested, number, spelled
from tcalc.display.values import as_ndarray, as_tensor, has_data, host, named_fields, node_name
from tcalc.runtime.types.codes import KNOWN
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.dtypes import dtype, of
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


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
        return f'{{"type":"bool","value":{number(value)}}}'
    array = as_ndarray(value)
    if array is not None and array.dtype.char in KNOWN:
        if type(value) is not type(array):
            return f'{{"type":"{of(array.dtype).python.__name__}","value":{spelled(array)[0]}}}'
        return (
            f'{{"type":"ndarray","dtype":"{array.dtype.name}"'
            f',"shape":[{",".join(map(str, array.shape))}],"data":{nested(array)}}}'
        )
    for kind in (int, float, complex):
        if isinstance(value, kind):
            return f'{{"type":"{kind.__name__}","value":{number(value)}}}'
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
    return f'{{"type":"object","repr":{dumps(plain.exact(value))}}}'


def _tensor(tensor: Tensor) -> str:
    made_by = node_name(tensor)
    head = (
        f'{{"type":"tensor","dtype":"{tensor.dtype.name}"'
        f',"shape":[{",".join(map(str, tensor.shape))}]'
        f',"device":"{tensor.device}"'
        f',"requires_grad":{number(tensor.requires_grad)}'
        f',"grad_fn":{dumps(made_by) if made_by is not None else "null"}'
    )
    kept = sparse.parts(tensor)
    if kept:
        arrays = "".join(f',"{name}":{nested(array)}' for name, array in kept.items())
        return f'{head},"layout":"{sparse.layout_name(tensor)}"{arrays}}}'
    data = nested(host(tensor.array)) if has_data(tensor) else "null"
    return f'{head},"data":{data}}}'
