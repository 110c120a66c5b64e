"""JSON: nested lists of numbers are arrays, the rest Python's values.

Numbers that JSON lacks are the strings "nan", "inf" and "-inf". Nothing is lost without a word: a
key twice in one object and a number that float64 cannot hold are errors.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from tcalc.errors import FileProblem, ValueProblem
from tcalc.files import access, contents, exact
from tcalc.files.formats import Entry
from tcalc.files.text import undecodable, utf8
from tcalc.runtime.base import memory
from tcalc.runtime.objects.pieces import PIECE, in_pieces
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import EXACT, FLOATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcalc.files.columns import Wanted
    from tcalc.files.held import Held

# A number of two characters with its comma becomes a float and a place in a list.
_TEXT_COST = 24
# Exponents of three digits, and numbers as long as such.
_EXTREME = re.compile(r"[0-9][eE][+-]?[0-9]{3}|[0-9]{300}")
_STRINGS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> Any:
    """What a file says."""
    return read(access.checked(file, size, name), name, wanted.floats)


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts a value into a file."""
    text = write(contents.plain(value), name)
    return lambda file: access.put(file, text)


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """The arrays and other values in a file, each by the keys that lead to it; columns of rows."""
    value = read(access.checked(file, size, name), name)
    return [entry for one in held_of(value) for entry in one.entries]


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The same with their elements."""
    return held_of(read(access.checked(file, size, name), name, wanted.floats), wanted.floats)


def held_of(value: Any, floats: Any = None) -> list[Held]:
    """The arrays in a value; a list of objects of single values is a table."""
    from tcalc.files.held import of_column, of_value
    from tcalc.files.records import columns

    table = columns(value, floats) if isinstance(value, list) else None
    if table is None:
        return list(of_value(value))
    return [of_column(key, column) for key, column in table.items()]


def read_lines(data: bytes, name: str, floats: Any = None) -> list[Any]:
    """The values of a text that has one on each line; a blank line is none."""
    return _Reader(data, name, floats).lines()


def read(data: bytes, name: str, floats: Any = None) -> Any:
    """The value of a JSON text; several values, one a line, give a list of them.

    floats: NumPy dtype of arrays of floats; the default dtype where it is None.
    """
    return _Reader(data, name, floats).value()


class _Reader:
    """Reads a JSON text."""

    def __init__(self, data: bytes, name: str, floats: Any) -> None:
        memory.check(_TEXT_COST * len(data), name)
        data = utf8(data, name)
        try:
            self.text = data.decode()
        except UnicodeDecodeError:
            raise undecodable(data, name) from None
        self.name = name
        self.floats = dtypes.default.value.numpy if floats is None else floats
        # Numbers are looked at one by one only where some may be beyond all floats.
        extreme = _EXTREME.search(self.text)
        careful = partial(_float, name=name, text=self.text) if extreme else None
        self.loads = partial(
            json.loads, object_pairs_hook=partial(_object, name=name), parse_float=careful
        )

    def value(self) -> Any:
        """The value, or a list of those on the lines."""
        with self._told():
            try:
                return _arrays(self.loads(self.text), self.floats)
            except json.JSONDecodeError as error:
                if error.msg != "Extra data" or "\n" not in self.text.strip():
                    raise _wrong(error, self.name, error.lineno) from None
        return self.lines()

    def lines(self) -> list[Any]:
        """The values on the lines."""
        with self._told():
            return [_arrays(v, self.floats) for v in _lines(self.text, self.name, self.loads)]

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (ValueProblem, FileProblem):
            raise
        except RecursionError:
            raise FileProblem(f"{self.name} is nested too deeply") from None
        except ValueError as error:  # a number with more digits than Python reads
            raise FileProblem(f"{self.name}: {error}") from None


def write(value: Any, name: str) -> bytes:
    """Arrays as nested lists; dicts and lists hold further values."""
    try:
        text = _text(_plain(value, name))
    except RecursionError:
        raise ValueProblem(f"{name}: the value is nested too deeply, or holds itself") from None
    return (text + "\n").encode("utf-8", "backslashreplace")


def _object(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise ValueProblem(f"{name}: an object holds the key {double!r} twice")
    return found


def _float(word: str, name: str, text: str) -> float:
    value = float(word)
    if math.isinf(value) or (not value and word.lower().partition("e")[0].strip("-0.")):
        short = word if len(word) <= 40 else word[:37] + "..."
        line = text.count("\n", 0, text.find(word)) + 1
        raise ValueProblem(f"{name}, line {line}: float64 cannot hold {short}")
    return value


def _text(value: Any) -> str:
    """The text of a plain value, made in pieces where it is long."""
    if isinstance(value, dict) and value:
        return "{" + ", ".join([f"{_encoded(k)}: {_text(v)}" for k, v in value.items()]) + "}"
    if not isinstance(value, list) or not value:
        return _encoded(value)
    inner = _size(value[0])
    if inner > PIECE or any(isinstance(v, dict) for v in value):
        return "[" + ", ".join([_text(v) for v in value]) + "]"
    step = max(1, PIECE // max(inner, 1))
    parts = [_encoded(value[i : i + step])[1:-1] for i in range(0, len(value), step)]
    return "[" + ", ".join(parts) + "]"


def _size(value: Any) -> int:
    """How many values are in one, where all lists of a depth are as long as the first."""
    size = 1
    while isinstance(value, list) and value:
        size, value = size * len(value), value[0]
    return size


def _encoded(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _lines(text: str, name: str, loads: Callable[[str], Any]) -> list[Any]:
    values = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                values.append(loads(line))
            except json.JSONDecodeError as error:
                raise _wrong(error, name, number) from None
    return values


def _wrong(error: json.JSONDecodeError, name: str, line: int) -> FileProblem:
    return FileProblem(f"{name}, line {line}, column {error.colno}: no JSON: {error.msg.lower()}")


def _arrays(value: Any, floats: Any) -> Any:
    """The same with every list of numbers, of whatever depth, as an array."""
    if isinstance(value, list):
        array = _array(value, floats)
        return [_arrays(v, floats) for v in value] if array is None else array
    if isinstance(value, dict):
        return {key: _arrays(v, floats) for key, v in value.items()}
    return value


def _array(value: list[Any], floats: Any) -> Any:
    shape: list[int] = []
    level: Any = value
    while isinstance(level, list):
        shape.append(len(level))
        if not level:
            break
        level = level[0]
    flat: list[Any] = value
    for below in shape[1:]:
        if not all(isinstance(v, list) and len(v) == below for v in flat):
            return None
        flat = [x for v in flat for x in v]
    kinds = set(in_pieces(map(type, flat)))
    if str in kinds:
        if not all(v in _STRINGS for v in flat if type(v) is str):
            return None
        flat = [_STRINGS[v] if type(v) is str else v for v in flat]
        kinds = kinds - {str} | {float}
    return _numbers(flat, kinds, shape, floats)


def _numbers(flat: list[Any], kinds: set[type], shape: list[int], floats: Any) -> Any:
    import numpy as np

    if kinds == {bool}:
        return np.array(flat, np.bool_).reshape(shape)
    if kinds == {int}:
        fits = all(-(1 << 63) <= v < 1 << 63 for v in flat)
        return np.array(flat, np.int64).reshape(shape) if fits else None
    if kinds <= {int, float}:
        whole = [v for v in flat if type(v) is int]
        if not all(map(exact.is_held, whole)):
            return None
        array = np.array(flat, np.float64)
        if not exact.overflows(array, floats) and not exact.rounds(np.array(whole, "f8"), floats):
            array = array.astype(floats)
        return array.reshape(shape)
    return None


def _plain(value: Any, name: str) -> Any:
    """What the library writes: arrays as lists, odd numbers as strings."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str:
                raise ValueProblem(f"{name}: JSON's keys are strings, not {type(key).__name__}")
        return {key: _plain(v, name) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v, name) for v in value]
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind == "c" or not hasattr(value, "tolist"):
        what = "complex numbers" if kind == "c" or isinstance(value, complex) else None
        raise ValueProblem(f"{name}: JSON has no {what or type(value).__name__}")
    exact = _exact(value)
    return exact.tolist() if _is_finite(exact) else _plain(exact.tolist(), name)


def _is_finite(array: Any) -> bool:
    import numpy as np

    return bool(np.isfinite(array).all())


def _exact(array: Any) -> Any:
    """Floats whose `tolist` has the few digits that numbers of a narrow type need."""
    import numpy as np

    if array.dtype.char in EXACT or array.dtype == np.float64:
        return array
    narrow = array if array.dtype.char in FLOATS else array.astype(np.float32)
    digits = [float(str(v)) for v in narrow.reshape(-1)]
    return np.array(digits, np.float64).reshape(array.shape)
