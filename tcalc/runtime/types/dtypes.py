"""Element types, and which type an operation on several of them has.

The rules are PyTorch's: dtypes fall in the categories bool < integer < floating < complex; a 0-dim
tensor or a Python number raises the dtype of tensors with dimensions only across categories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DtypeError
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Iterable

# Categories, in the order in which they win.
BOOL, INTEGER, FLOATING, COMPLEX = range(4)


class dtype:
    """One element type, such as `float32`.

    >>> float32.itemsize, float32.is_floating_point
    (4, True)
    """

    __module__ = "torch"
    __slots__ = ("_numpy", "category", "itemsize", "name", "shorthand")
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

    def __init__(self, name: str, category: int, itemsize: int, shorthand: str) -> None:
        self.name = name
        self.category = category
        self.itemsize = itemsize
        self.shorthand = shorthand
        self._numpy: Any = None

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
    def is_signed(self) -> bool:
        """Whether values can be negative."""
        return self.name not in ("bool", "uint8")

    @property
    def is_half(self) -> bool:
        """Whether values take two bytes, so that kernels compute in float32."""
        return self.category == FLOATING and self.itemsize == 2

    def to_complex(self) -> dtype:
        """The complex type with parts of this type."""
        return {float32: complex64, float64: complex128}.get(self, self)

    def to_real(self) -> dtype:
        """The type of the parts of a complex type."""
        return {complex64: float32, complex128: float64}.get(self, self)

    @property
    def numpy(self) -> Any:
        """The same type as a `numpy.dtype`; bfloat16 is loaded from ml_dtypes when first asked."""
        if self._numpy is None:
            import numpy

            if self is bfloat16:
                import ml_dtypes

                self._numpy = numpy.dtype(ml_dtypes.bfloat16)
            else:
                self._numpy = numpy.dtype(self.name)
            _BY_NUMPY[self._numpy] = self
        return self._numpy


bool_ = dtype("bool", BOOL, 1, "Bool")
uint8 = dtype("uint8", INTEGER, 1, "Byte")
int8 = dtype("int8", INTEGER, 1, "Char")
int16 = dtype("int16", INTEGER, 2, "Short")
int32 = dtype("int32", INTEGER, 4, "Int")
int64 = dtype("int64", INTEGER, 8, "Long")
float16 = dtype("float16", FLOATING, 2, "Half")
bfloat16 = dtype("bfloat16", FLOATING, 2, "BFloat16")
float32 = dtype("float32", FLOATING, 4, "Float")
float64 = dtype("float64", FLOATING, 8, "Double")
complex64 = dtype("complex64", COMPLEX, 8, "ComplexFloat")
complex128 = dtype("complex128", COMPLEX, 16, "ComplexDouble")

ALL = (
    bool_, uint8, int8, int16, int32, int64,
    float16, bfloat16, float32, float64, complex64, complex128,
)  # fmt: skip
BY_NAME = {t.name: t for t in ALL}
# PyTorch's other names for the same types.
ALIASES = {
    "short": int16, "int": int32, "long": int64, "half": float16, "float": float32,
    "double": float64, "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip
_BY_NUMPY: dict[Any, dtype] = {}
export("torch.dtype", value=dtype)
for _name, _type in (*BY_NAME.items(), *ALIASES.items()):
    export(f"torch.{_name}", value=_type)


def of(array_dtype: Any) -> dtype:
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
        raise DtypeError(f"the default dtype must be a dtype, not {type(value).__name__}")
    if not value.is_floating_point:
        raise DtypeError("only floating-point types are supported as the default type")
    default.value = value


def of_scalar(value: object) -> dtype:
    """The dtype that a Python number becomes."""
    kind = type(value)
    if kind is bool:
        return bool_
    if kind is int:
        return int64
    if kind is complex:
        return default.value.to_complex()
    return default.value


_UNSIGNED_WITH = {int8: int16, int16: int16, int32: int32, int64: int64}


def _promote(a: dtype, b: dtype) -> dtype:
    if a.category != b.category:
        low, high = (a, b) if a.category < b.category else (b, a)
        if high.category == COMPLEX and low is float64:
            return complex128
        return high
    if uint8 in (a, b) and a.category == INTEGER:
        return _UNSIGNED_WITH[b if a is uint8 else a]
    if a.itemsize == b.itemsize:  # float16 with bfloat16
        return float32
    return a if a.itemsize > b.itemsize else b


_PROMOTED: dict[tuple[dtype, dtype], dtype] = {}


def promote(a: dtype, b: dtype) -> dtype:
    """The smallest dtype that holds both, by PyTorch's table.

    >>> promote(uint8, int8), promote(int64, float16), promote(float64, complex64)
    (torch.int16, torch.float16, torch.complex128)
    """
    if a is b:
        return a
    found = _PROMOTED.get((a, b))
    if found is None:
        found = _PROMOTED[a, b] = _promote(a, b)
    return found


def result_type(
    dimensioned: Iterable[dtype], zero_dim: Iterable[dtype], numbers: Iterable[dtype]
) -> dtype:
    """The common dtype of tensors with dimensions, 0-dim tensors and Python numbers.

    >>> result_type([float32], [float64], [])
    torch.float32
    >>> result_type([int32], [], [float32])
    torch.float32
    """
    best: dtype | None = None
    for group in (dimensioned, zero_dim, numbers):
        of_group: dtype | None = None
        for t in group:
            of_group = t if of_group is None else promote(of_group, t)
        if of_group is None:
            continue
        if best is None:
            best = of_group
        elif of_group.category > best.category:
            best = promote(best, of_group) if best.category == FLOATING else of_group
    assert best is not None
    return best


def is_floating(t: dtype) -> bool:
    """Whether gradients can flow through values of the type."""
    return t.category >= FLOATING


def can_cast(source: dtype, target: dtype) -> bool:
    """Whether PyTorch lets a result of type `source` be stored as `target`."""
    if source.category > target.category:
        return False
    return not (source is not bool_ and target is bool_)


_PYTHON = {float: float64, int: int64, bool: bool_, complex: complex128}


def take(value: Any) -> Any:
    """A dtype from a dtype or from Python's float, int, bool or complex; else `kinds.NO`."""
    if type(value) is dtype:
        return value
    return _PYTHON.get(value, kinds.NO) if type(value) is type else kinds.NO


kinds.define("DType", "torch.dtype", take)
