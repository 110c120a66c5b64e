"""What dtypes hold, and which one several have in common."""

from __future__ import annotations

import math

from tcalc.errors import ArgumentError
from tcalc.runtime.base.op import MATRIX, Data, DType, Object
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.compute import common_dtype
from tcalc.runtime.call.define import composite
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes, promotion


@composite(names=("torch.typename",), exempt={"samples": "takes anything"})
def typename(obj: Object) -> str:
    """The full name of a value's type, or of a type; of a tensor with its dtype.

    >>> torch.typename(ones(1)), torch.typename(float32), torch.typename(3)
    ('torch.FloatTensor', 'torch.dtype', 'int')
    """
    if isinstance(obj, Tensor):
        return str(obj.type())
    kind = obj if isinstance(obj, type) else type(obj)
    if "_exported_" in kind.__dict__ or is_users(kind):
        return f"{kind.__module__}.{kind.__qualname__}"
    return str(getattr(kind, "_known_as_", kind.__name__))


def _dtype(value: object, argument: str) -> dtypes.dtype:
    if not isinstance(value, dtypes.dtype):
        raise ArgumentError(
            f"argument '{argument}' must be torch.dtype, not {type(value).__name__}",
            argument=argument,
        )
    return value


@composite(
    names=("torch.promote_types",),
    differentiable=False,
    samples=lambda: [((dtypes.int8, dtypes.float16), {})],
    exempt={"plans": "gives no tensor"},
)
def promote_types(type1: DType, type2: DType) -> dtypes.dtype:
    """The smallest dtype that holds the values of both.

    >>> promote_types(int8, uint8), promote_types(int64, float16)
    (torch.int16, torch.float16)
    """
    return promotion.promote(_dtype(type1, "type1"), _dtype(type2, "type2"))


@composite(
    names=("torch.result_type",),
    differentiable=False,
    samples=lambda: [((MATRIX, 2), {})],
    exempt={"plans": "gives no tensor"},
)
def result_type(tensor1: Data, tensor2: Data) -> dtypes.dtype:
    """The dtype of an arithmetic result of two tensors or numbers.

    >>> result_type(tensor([1, 2]), 1.5)
    torch.float32
    """
    return common_dtype([tensor1, tensor2])


@composite(
    name="can_cast",
    names=("torch.can_cast",),
    differentiable=False,
    samples=lambda: [((dtypes.int8, dtypes.float16), {})],
)
def can_cast(from_: DType, to: DType) -> bool:
    """Whether results of one dtype may be stored as another.

    >>> can_cast(float32, int64), can_cast(int64, float32)
    (False, True)
    """
    return promotion.can_cast(_dtype(from_, "from_"), _dtype(to, "to"))


@export("torch.finfo")
class finfo:
    """The limits of a floating dtype: `bits eps max min tiny smallest_normal resolution dtype`.

    >>> finfo(float32).eps
    1.1920928955078125e-07
    """

    __slots__ = ("_type",)
    _public_ = frozenset(
        {"bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny"}
    )

    def __init__(self, type: object = None) -> None:
        t = dtypes.default.value if type is None else _dtype(type, "type")
        if t.category < dtypes.FLOATING:
            raise ArgumentError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle "
                f"'torch.{t.name}'",
                argument="type",
            )
        self._type = t.to_real()

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:.6g}, min={self.min:.6g}, max={self.max:.6g}, "
            f"eps={self.eps:.6g}, smallest_normal={self.tiny:.6g}, tiny={self.tiny:.6g}, "
            f"dtype={self.dtype})"
        )

    @property
    def bits(self) -> int:
        """Bits in a value."""
        return self._type.itemsize * 8

    @property
    def eps(self) -> float:
        """The distance from 1 to the next larger value."""
        return self._type.eps

    @property
    def max(self) -> float:
        """The largest value."""
        return self._type.largest

    @property
    def min(self) -> float:
        """The least value."""
        return self._type.least

    @property
    def tiny(self) -> float:
        """The smallest positive value held in full precision."""
        return self._type.tiny

    smallest_normal = tiny

    @property
    def resolution(self) -> float:
        """The decimal precision, as a power of ten."""
        return 10.0 ** -math.floor(-math.log10(self.eps))

    @property
    def dtype(self) -> str:
        """The dtype's name."""
        return self._type.name


@export("torch.iinfo")
class iinfo:
    """The limits of an integer dtype: `bits max min dtype`.

    >>> iinfo(int8).max
    127
    """

    __slots__ = ("_type",)
    _public_ = frozenset({"bits", "dtype", "max", "min"})

    def __init__(self, type: object) -> None:
        self._type = _dtype(type, "type")
        if self._type.category != dtypes.INTEGER:
            raise ArgumentError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle "
                f"'torch.{self._type.name}'",
                argument="type",
            )

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:.6g}, max={self.max:.6g}, dtype={self.dtype})"

    @property
    def bits(self) -> int:
        """Bits in a value."""
        return self._type.itemsize * 8

    @property
    def max(self) -> int:
        """The largest value."""
        return int(self._type.largest)

    @property
    def min(self) -> int:
        """The least value."""
        return int(self._type.least)

    @property
    def dtype(self) -> str:
        """The dtype's name."""
        return self._type.name
