"""Element types: one table, in which a type is a row that says all that is known of it.

Whatever depends on a type is an attribute of its row, or computed from the rows (see `codes`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, DtypeError, UnsupportedDtype
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.symbols import kind_of

if TYPE_CHECKING:
    import numpy as np

# Categories, in the order in which they win.
BOOL, INTEGER, FLOATING, COMPLEX = range(4)
# What ops call them in `only=`; a type that few ops have is in a group of its own.
_GROUPS = "bifc"
# What an element is in Python.
_PYTHON = (bool, int, float, complex)


class _Table:
    """Whether rows are still added to the table below."""

    __slots__ = ("is_open",)

    def __init__(self) -> None:
        self.is_open = True


_table = _Table()


class dtype:
    """One element type, such as `float32`: a row of the table below.

    >>> float32.itemsize, float32.is_floating_point
    (4, True)
    """

    _constant_ = True

    __module__ = "torch"
    __slots__ = (
        "_complex", "alias", "c_name", "category", "codes", "digits", "group", "is_plain",
        "is_signed", "itemsize", "largest", "least", "method", "module", "name", "numpy", "part", "shorthand",
        "tiny", "unpromoted",
    )  # fmt: skip
    # The same type as NumPy knows it; the module that adds it is loaded when first asked.
    numpy: np.dtype
    # By address: every call of an op looks dtypes up, and there is nothing to protect in them.
    __hash__ = object.__hash__
    _public_ = frozenset(
        {
            "is_complex",
            "is_floating_point",
            "is_signed",
            "itemsize",
            "name",
            "to_complex",
            "to_real",
        }
    )

    def __new__(cls, *row: object, **more: object) -> dtype:
        """There are no others than those of the table."""
        if not _table.is_open:
            raise ArgumentError("cannot create 'torch.dtype' instances")
        return object.__new__(cls)

    def __init__(
        self,
        name: str,
        shorthand: str,  # in the names of tensor types, and in messages
        category: int,
        itemsize: int,
        codes: str,  # `numpy.dtype.char`, all that mean it
        *,
        signed: bool = True,
        digits: int = 0,  # bits of a floating type's fraction, the leading one counted
        largest: float = 0.0,
        tiny: float = 0.0,  # the least positive number with all digits
        part: dtype | None = None,  # of a complex type, its parts'
        group: str = "",  # its letter in `only=`, if few ops have it
        unpromoted: str = "",  # what messages call the types that are not promoted, if it is one
        alias: str = "",
        method: str = "",
        c_name: str = "",  # in messages, if not as the name has it
        module: str = "",  # that adds it to NumPy
    ) -> None:
        self.name = name
        self.shorthand = shorthand
        self.category = category
        self.itemsize = itemsize
        self.codes = codes
        self.is_signed = signed
        self.group = group or _GROUPS[category]
        self.unpromoted = unpromoted
        self.alias = alias
        self.method = method or alias
        self.c_name = c_name or f"{name}_t"
        self.module = module
        self.part = part
        self._complex: dtype | None = None
        if part is not None:
            part._complex = self
            digits, largest, tiny = part.digits, part.largest, part.tiny
        elif category <= INTEGER:
            digits = itemsize * 8 - signed if category == INTEGER else 1
            largest = (1 << digits) - 1
        self.digits: int = digits
        self.largest: float = largest
        self.least: float = -largest - (category == INTEGER) if signed else 0
        self.tiny: float = tiny
        # Whether kernels take it as it is.
        self.is_plain = not group and not self.is_half
        ALL.append(self)

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name

    @property
    def is_floating_point(self) -> bool:
        """Whether values have a fraction (complex types do not count)."""
        return self.category == FLOATING

    @property
    def is_complex(self) -> bool:
        """Whether values have an imaginary part."""
        return self.category == COMPLEX

    @property
    def eps(self) -> float:
        """The distance from 1 to the next larger value."""
        return 2.0 ** (1 - self.digits)

    @property
    def python(self) -> type:
        """What `item()` gives."""
        return _PYTHON[self.category]

    @property
    def is_half(self) -> bool:
        """Whether values have fewer bits than a float32, in which kernels then compute."""
        return self.category == FLOATING and self.itemsize < 4

    @property
    def cpp_name(self) -> str:
        """What C++ calls it."""
        if self.part is not None:
            return f"c10::complex<{self.part.c_name}>"
        return _CPP.get(self.name) or self.c_name

    def need(self, groups: str, name: str) -> None:
        """Refuse what the kernel of that name has no form for: `groups` as in `only=`."""
        if self.group not in groups:
            raise UnsupportedDtype(
                f"\"{name}\" not implemented for '{self.shorthand}'",
                hint="convert it with .float()"
                if self.category < FLOATING and "f" in groups
                else None,
            )

    def holds(self, other: dtype) -> bool:
        """Whether values of the other type lie in its range, with their digits."""
        return (
            self.least <= other.least
            and other.largest <= self.largest
            and other.digits <= self.digits
        )

    def to_complex(self) -> dtype:
        """The complex type with parts of this type."""
        return self._complex or self

    def to_real(self) -> dtype:
        """The type of the parts of a complex type."""
        return self.part or self

    def __getattr__(self, name: str) -> np.dtype:
        """`numpy`, the first time: from then on it is in its slot."""
        if name != "numpy":
            raise AttributeError(name)
        import numpy

        named = getattr(import_module(self.module), self.name) if self.module else self.name
        self.numpy = found = numpy.dtype(named)
        _BY_NUMPY[found] = self
        return found


# Where messages have C++'s name for a type, and it is not the one of C.
_CPP = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short int",
    "int64": "long int",
}  # fmt: skip
# The unsigned types that came late: PyTorch has few kernels for them, and none of their promotions.
_FEW: Any = {"signed": False, "group": "u", "unpromoted": "uint16, uint32, uint64 types"}

ALL: list[dtype] = []
# fmt: off
bool_ = dtype("bool", "Bool", BOOL, 1, "?", signed=False, method="bool")
uint8 = dtype("uint8", "Byte", INTEGER, 1, "B", signed=False, method="byte")
int8 = dtype("int8", "Char", INTEGER, 1, "b", method="char")
int16 = dtype("int16", "Short", INTEGER, 2, "h", alias="short")
int32 = dtype("int32", "Int", INTEGER, 4, "i", alias="int", c_name="int")
int64 = dtype("int64", "Long", INTEGER, 8, "lq", alias="long")
uint16 = dtype("uint16", "UInt16", INTEGER, 2, "H", **_FEW)
uint32 = dtype("uint32", "UInt32", INTEGER, 4, "I", **_FEW)
uint64 = dtype("uint64", "UInt64", INTEGER, 8, "LQ", **_FEW)
float16 = dtype("float16", "Half", FLOATING, 2, "e", digits=11, largest=65504.0, tiny=2.0**-14, alias="half", c_name="c10::Half")
bfloat16 = dtype("bfloat16", "BFloat16", FLOATING, 2, "E", digits=8, largest=3.3895313892515355e38, tiny=2.0**-126, method="bfloat16",
                 c_name="c10::BFloat16", module="ml_dtypes")
float32 = dtype("float32", "Float", FLOATING, 4, "f", digits=24, largest=3.4028234663852886e38, tiny=2.0**-126, alias="float", c_name="float")
float64 = dtype("float64", "Double", FLOATING, 8, "d", digits=53, largest=1.7976931348623157e308, tiny=2.0**-1022, alias="double", c_name="double")
complex64 = dtype("complex64", "ComplexFloat", COMPLEX, 8, "F", part=float32, alias="cfloat", c_name="c10::complex<float>")
complex128 = dtype("complex128", "ComplexDouble", COMPLEX, 16, "D", part=float64, alias="cdouble", c_name="c10::complex<double>")
# fmt: on

_table.is_open = False
BY_NAME = {t.name: t for t in ALL}
# PyTorch's other names for the same types.
ALIASES = {t.alias: t for t in ALL if t.alias}
_BY_NUMPY: dict[Any, dtype] = {}
export("torch.dtype", value=dtype)
for _name, _type in (*BY_NAME.items(), *ALIASES.items()):
    export(f"torch.{_name}", value=_type)


def of(array_dtype: np.dtype) -> dtype:
    """The dtype of a NumPy dtype.

    >>> import numpy
    >>> of(numpy.dtype("int8"))
    torch.int8
    """
    found = _BY_NUMPY.get(array_dtype)
    if found is None:
        name = getattr(array_dtype, "name", str(array_dtype))
        found = BY_NAME.get(name)
        if found is None:
            known = ", ".join(t.name for t in ALL)
            raise DtypeError(
                f"can't convert arrays of type {name}", hint=f"the supported types are: {known}"
            )
        _BY_NUMPY[array_dtype] = found
    return found


class _Default:
    """The dtype that floating-point results without one of their own get."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = float32


default = _Default()


def set_default(value: dtype) -> None:
    """Make `value`, a floating type, the default dtype."""
    if not isinstance(value, dtype):
        raise ArgumentError(f"the default dtype must be a dtype, not {type(value).__name__}")
    if not value.is_floating_point:
        raise ArgumentError("only floating-point types are supported as the default type")
    default.value = value


def of_scalar(value: object) -> dtype:
    """The dtype that a Python number becomes."""
    kind = kind_of(value)
    if kind is bool:
        return bool_
    if kind is int:
        return int64
    if kind is complex:
        return default.value.to_complex()
    return default.value


def is_floating(t: dtype) -> bool:
    """Whether gradients can flow through values of the type."""
    return t.category >= FLOATING


_OF_PYTHON = {float: float64, int: int64, bool: bool_, complex: complex128}


def take(value: object) -> object:
    """A dtype from a dtype or from Python's float, int, bool or complex; else `kinds.NO`."""
    if type(value) is dtype:
        return value
    return _OF_PYTHON.get(value, kinds.NO) if type(value) is type else kinds.NO


kinds.define("DType", "torch.dtype", take)
