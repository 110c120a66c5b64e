"""What `describing` wrote, made again. A file may say anything: all of it is checked as it is read.

Attributes are put into objects as programs put them there: no name of ours can be reached, and no
value is of a kind that a program could not make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import FileProblem
from tcalc.language import attributes
from tcalc.language.classes import is_open, is_special, is_users
from tcalc.language.namespace import MISSING
from tcalc.language.scripted.describing import MOST_DEEP
from tcalc.language.scripted.known import valued
from tcalc.library.jit.function import ScriptFunction
from tcalc.library.jit.modules import RecursiveScriptModule
from tcalc.library.nn.members import Members
from tcalc.library.nn.module import Module
from tcalc.runtime.objects.containers import OrderedDict
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Parameter, Tensor
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.dtypes import dtype as DType
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from collections.abc import Callable

# The least of a size that is no size.
_TOO_LARGE = 1 << 63


class Restoring:
    """What is made of one file. name: the file's. tensors, rows: what it holds.

    variables: those of its program, for the classes and functions that it defines.
    """

    def __init__(
        self, name: str, tensors: dict[str, Tensor], rows: Any, variables: dict[str, Any]
    ) -> None:
        self._name = name
        self._tensors = tensors
        self._rows: list[Any] = _of_type(rows, list, self.fault)
        self._variables = variables
        self._made: dict[int, Any] = {}
        self._known: dict[tuple[str, str], Tensor] = {}

    def fault(self, what: str) -> FileProblem:
        """The error for what is not as it should be."""
        return FileProblem(f"{self._name}: {what}", argument="f")

    def of(self, described: Any, depth: int = 0) -> Any:
        """The value that was described."""
        if depth > MOST_DEEP:
            raise self.fault(f"a value is nested more than {MOST_DEEP} deep")
        kind = type(described)
        if kind in (bool, str, type(None), int, float):
            return described
        if kind is list:
            return List(self._all(described, depth))
        if kind is not dict or not described:
            raise self.fault("a value is not described as one")
        tag, given = next(iter(described.items()))
        make = _MAKE.get(tag)
        if make is None or (len(described) > 1 and tag not in ("tensor", "parameter")):
            raise self.fault(f"a value is described as {tag!r:.40}, which is unknown")
        return make(self, given, described, depth)

    def _all(self, described: Any, depth: int) -> list[Any]:
        return [self.of(d, depth + 1) for d in _of_type(described, list, self.fault)]

    # -- values ---------------------------------------------------------------------------------

    def tuple(self, given: Any, _: Any, depth: int) -> tuple[Any, ...]:
        return tuple(self._all(given, depth))

    def size(self, given: Any, _: Any, depth: int) -> Size:
        numbers = self._all(given, depth)
        if not all(type(n) is int and -_TOO_LARGE <= n < _TOO_LARGE for n in numbers):
            raise self.fault("a size is not of integers")
        return Size(numbers)

    def set(self, given: Any, _: Any, depth: int) -> Any:
        return self._hashed(lambda: set(self._all(given, depth)))

    def frozenset(self, given: Any, _: Any, depth: int) -> Any:
        return self._hashed(lambda: frozenset(self._all(given, depth)))

    def _hashed(self, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except TypeError as error:
            raise self.fault(f"{error}") from None

    def pairs(self, given: Any, described: Any, depth: int) -> dict[Any, Any]:
        made: dict[Any, Any] = OrderedDict() if "ordered" in described else {}
        for pair in _of_type(given, list, self.fault):
            if type(pair) is not list or len(pair) != 2:
                raise self.fault("a dict is not described by pairs")
            key = self.of(pair[0], depth + 1)
            value = self.of(pair[1], depth + 1)
            self._hashed(lambda: dict.__setitem__(made, key, value))  # noqa: B023 (called at once)
        return made

    def float(self, given: Any, *_: Any) -> float:
        if given not in ("inf", "-inf", "nan"):
            raise self.fault("a float is described as none")
        return float(given)

    def complex(self, given: Any, _: Any, depth: int) -> complex:
        parts = self._all(given, depth)
        if len(parts) != 2 or not all(type(part) in (int, float) for part in parts):
            raise self.fault("a complex number is not of two floats")
        try:
            return complex(*parts)
        except OverflowError:
            raise self.fault("a complex number is too large") from None

    def dtype(self, given: Any, *_: Any) -> DType:
        found = valued(f"torch.{_text(given, self.fault)}")
        if type(found) is not DType:
            raise self.fault(f"there is no dtype {given!r:.40}")
        return found

    def device(self, given: Any, *_: Any) -> device:
        return device(_text(given, self.fault))

    def tensor(self, given: Any, described: Any, depth: int) -> Tensor:
        tag = "parameter" if "parameter" in described else "tensor"
        wants = described.get("requires_grad", False)
        if len(described) > 2 or type(wants) is not bool:
            raise self.fault("a tensor is not described as one")
        known = self._known.get((tag, _text(given, self.fault)))
        if known is not None:
            return known
        found = self._tensors.get(given)
        if found is None:
            raise self.fault(f"there is no tensor {given!r:.80}")
        made = Parameter(found, wants) if tag == "parameter" else found.requires_grad_(wants)
        self._known[tag, given] = made
        return made

    # -- what has a name ------------------------------------------------------------------------

    def own(self, given: Any, *_: Any) -> Any:
        """A class or a function of the program."""
        name = _text(given, self.fault)
        if not name.isidentifier() or name not in self._variables:
            raise self.fault(f"its program defines no {name!r:.80}")
        return self._variables[name]

    def script(self, given: Any, *_: Any) -> ScriptFunction:
        found = self.own(given)
        if not callable(found):
            raise self.fault(f"{given!r:.80} is no function")
        return found if isinstance(found, ScriptFunction) else ScriptFunction(found)

    def named(self, given: Any, *_: Any) -> Any:
        """What a program finds by a dotted name."""
        name = _text(given, self.fault)
        parts = name.split(".")
        private = any(is_special(part) or not part.isidentifier() for part in parts)
        found = MISSING if private else valued(name)
        if found is MISSING:
            raise self.fault(f"there is no {name!r:.80} in tcalc")
        return found

    # -- objects --------------------------------------------------------------------------------

    def object(self, given: Any, _: Any, depth: int) -> Any:
        if type(given) is not int or not 0 <= given < len(self._rows):
            raise self.fault(f"there is no object {given!r:.40}")
        if given in self._made:
            return self._made[given]
        row = _of_type(self._rows[given], dict, self.fault)
        if "original" in row:
            return self._script_module(given, row, depth)
        kind = self.of(row.get("class"), depth + 1)
        if not isinstance(kind, type) or not _may_be_made(kind):
            raise self.fault("an object is of what is no class for that")
        new: Any = kind.__new__
        made = self._made[given] = new(kind)
        if isinstance(made, Module):
            Module.__init__(made)
            self._fill(made, row, depth)
        for name, value in self._rows_of(row, "attributes", 2):
            attributes.store(made, name, self.of(value, depth + 1))
        restored = getattr(kind, "_restored_", None)
        if restored is not None and not is_users(kind):
            restored(made)
        return made

    def _script_module(self, number: int, row: dict[str, Any], depth: int) -> Any:
        kind = self.named(row.get("class"))
        original = self.of(row["original"], depth + 1)
        preserved = self.of(row.get("preserved"), depth + 1)
        if not (isinstance(kind, type) and issubclass(kind, RecursiveScriptModule)):
            raise self.fault("a script module is of another class")
        names = () if preserved is None else preserved
        if not isinstance(names, (tuple, list)) or not all(type(name) is str for name in names):
            raise self.fault("what a frozen module shows is not names")
        if not isinstance(original, Module):
            raise self.fault("a script module is made of no module")
        made = kind(original, None if preserved is None else tuple(names))
        self._made[number] = made
        return made

    def _fill(self, made: Module, row: dict[str, Any], depth: int) -> None:
        """Put parameters, buffers and submodules where they belong."""
        own = frozenset(made.__dict__)  # what every module keeps itself
        made.__dict__["training"] = _of_type(row.get("training"), bool, self.fault)
        for table, kind in (("parameters", Parameter), ("modules", Module)):
            for name, described in self._rows_of(row, table, 2):
                value = self.of(described, depth + 1)
                if value is None and table == "parameters":
                    Members.register_parameter(made, name, None)
                elif value is None:
                    Members.add_module(made, name, None)
                elif isinstance(value, kind) and "." not in name and name and name not in own:
                    Members.__setattr__(made, name, value)
                else:
                    raise self.fault(f"{name!r:.80} is none of a module's {table}")
        for name, described, persistent in self._rows_of(row, "buffers", 3):
            value = self.of(described, depth + 1)
            Members.register_buffer(made, name, value, _of_type(persistent, bool, self.fault))

    def _rows_of(self, row: dict[str, Any], name: str, count: int) -> list[Any]:
        """Rows of a table, each a name and what belongs to it."""
        rows: list[Any] = _of_type(row.get(name), list, self.fault)
        for found in rows:
            if type(found) is not list or len(found) != count or type(found[0]) is not str:
                raise self.fault(f"its {name} are not described by name")
        return rows


def _may_be_made(kind: type) -> bool:
    """Whether objects of a class are made without its `__init__`, as copies are."""
    if issubclass(kind, Module):
        return is_open(kind) and not issubclass(kind, RecursiveScriptModule)
    return all(is_users(base) or base is object for base in kind.__mro__)


def _of_type(value: Any, kind: type, fault: Callable[[str], FileProblem]) -> Any:
    if type(value) is not kind:
        raise fault(f"what describes it has a {type(value).__name__} for a {kind.__name__}")
    return value


def _text(value: Any, fault: Callable[[str], FileProblem]) -> str:
    text: str = _of_type(value, str, fault)
    return text


_MAKE: dict[str, Callable[..., Any]] = {
    "tuple": Restoring.tuple,
    "size": Restoring.size,
    "set": Restoring.set,
    "frozenset": Restoring.frozenset,
    "dict": Restoring.pairs,
    "ordered": Restoring.pairs,
    "float": Restoring.float,
    "complex": Restoring.complex,
    "dtype": Restoring.dtype,
    "device": Restoring.device,
    "tensor": Restoring.tensor,
    "parameter": Restoring.tensor,
    "own": Restoring.own,
    "script": Restoring.script,
    "name": Restoring.named,
    "object": Restoring.object,
}
