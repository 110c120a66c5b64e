"""The Tensor: an array, its storage, and its place in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import AccessError, ArgumentError, StateError, ValueProblem
from tcalc.runtime.arrays.backend import device_of, module_of
from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.base import kinds
from tcalc.runtime.base.addresses import hash_of_identity
from tcalc.runtime.base.formatting import formatter
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import export, lookup
from tcalc.runtime.lazy.pending import Pending, compute
from tcalc.runtime.objects.lists import ARRAYS, FILLED
from tcalc.runtime.tensor.storage import Storage, View
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import EXACT
from tcalc.runtime.types.devices import CPU, device
from tcalc.runtime.types.shaped import Shaped, Standing
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.runtime.base.op import Array

# Edge values (log of 0, division by 0) are values here, as in PyTorch.
np.seterr(all="ignore")
# NumPy imports its printing at the first use, and among a program's names it cannot.
str(np.zeros(0)), repr(np.zeros(0))

ndarray = np.ndarray
ARRAYS.add(ndarray)
FILLED.add(ndarray)
_new = object.__new__


class Above:
    """An attribute of Tensor that is defined higher up: found by its name when it is first used."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def _complete(self) -> None:
        setattr(Tensor, self.name, lookup("Tensor." + self.name))

    def __get__(self, tensor: Tensor | None, owner: type | None = None) -> Any:
        self._complete()
        return getattr(Tensor if tensor is None else tensor, self.name)

    def __set__(self, tensor: Tensor, value: object) -> None:
        self._complete()
        setattr(tensor, self.name, value)


@export("torch.Tensor")
class Tensor:
    """A multi-dimensional array with a dtype and a device that can take part in gradients."""

    # _d: the array (strided, on its device), the Pending that stands for it until someone looks
    # through _a, or what stands for one: a Mirror, a sparse array. _s: its storage, made when first needed. _g: its end of the graph, or None. _v: how
    # it shows another tensor's memory, or None.

    __module__ = "torch"
    __slots__ = ("__weakref__", "_d", "_g", "_s", "_v")
    __hash__ = hash_of_identity
    # NumPy leaves operators between an array and a tensor to the tensor.
    __array_ufunc__ = None
    _public_ = frozenset(
        {
            "H", "T", "data", "device", "dtype", "grad", "grad_fn", "imag", "is_cpu", "is_cuda",
            "is_leaf", "is_meta", "itemsize", "mH", "mT", "name", "nbytes", "ndim", "output_nr",
            "real", "requires_grad", "retains_grad", "shape", "_base", "_indices", "_nnz", "_values",
            "_version",
        }
    )  # fmt: skip
    _writable_ = frozenset({"data", "grad", "imag", "real", "requires_grad"})
    # Parameters of lazy layers have none yet.
    _has_shape = True

    _d: Any
    _s: Storage | None
    _g: Any
    _v: View | None

    def __new__(cls, *data: object, device: object = None) -> Tensor:
        """`Tensor(2, 3)` has that size and default dtype; `Tensor([1, 2])` has that data."""
        made: Tensor = lookup("torch._legacy_tensor")(*data, device=device)
        return made

    def __init_subclass__(cls) -> None:
        if is_users(cls):
            raise ArgumentError("type 'torch.Tensor' is not an acceptable base type")

    # -- what it is ---------------------------------------------------------------------------

    @property
    def _a(self) -> Array:
        """The array, computed if it was not yet."""
        d = self._d
        if type(d) is ndarray:
            return d
        if type(d) is Pending:
            d = self._d = compute(d)
        return d.read() if isinstance(d, Standing) else d

    @property
    def _shown(self) -> Array:
        """What views are made of: the array, or what stands for one."""
        d = self._d
        return d if isinstance(d, Standing) else self._a

    @property
    def array(self) -> Array:
        """The device's own array, which shares this tensor's memory."""
        return self._a

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self._d.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._d.ndim

    @property
    def dtype(self) -> dtypes.dtype:
        """The element type."""
        return dtypes.of(self._d.dtype)

    @property
    def device(self) -> device:
        """Where the memory is."""
        if type(self._d) in (ndarray, Pending, Mirror):
            return CPU
        return device_of(self._d)

    @property
    def itemsize(self) -> int:
        """Bytes in an element."""
        return self._d.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes in all elements."""
        return self._d.nbytes

    @property
    def is_cpu(self) -> bool:
        """Whether it is on the CPU."""
        return self.device.type == "cpu"

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a GPU."""
        return self.device.type == "cuda"

    @property
    def is_meta(self) -> bool:
        """Whether it has a shape and a dtype but no memory."""
        return self.device.type == "meta"

    @property
    def name(self) -> None:
        """Tensors have no name of their own."""
        return None

    def shared(self) -> Storage:
        """The memory it shares with its views."""
        if self._s is None:
            self._s = Storage(self._d)
        return self._s

    @property
    def _version(self) -> int:
        if mode.interpreter is not None:
            mode.interpreter.effect("counts the writes to a tensor")
        return 0 if self._s is None else self._s.version

    @property
    def _base(self) -> Tensor | None:
        return None if self._v is None else self._v.base

    # -- views that are attributes ------------------------------------------------------------

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order."""
        n = self._d.ndim
        return self.permute(1, 0) if n == 2 else self.permute(*range(n - 1, -1, -1))

    @property
    def mT(self) -> Tensor:
        """The last two dimensions swapped."""
        _needs_matrix(self, "mT")
        return self.transpose(-2, -1)

    @property
    def H(self) -> Tensor:
        """The conjugate transpose of a matrix."""
        if self._a.ndim not in (0, 2):
            raise StateError(
                f"tensor.H is only supported on matrices (2-D tensors). Got {self._a.ndim}-D tensor."
            )
        return self.mH if self._a.ndim else self

    @property
    def mH(self) -> Tensor:
        """The last two dimensions swapped, conjugated."""
        _needs_matrix(self, "mH")
        return self.transpose(-2, -1).conj()

    @property
    def real(self) -> Tensor:
        """The real parts."""
        part: Tensor = lookup("torch.real")(self)
        return part

    @real.setter
    def real(self, value: object) -> None:
        _write_part(self.real, value)

    @property
    def imag(self) -> Tensor:
        """The imaginary parts."""
        part: Tensor = lookup("torch.imag")(self)
        return part

    @imag.setter
    def imag(self, value: object) -> None:
        _write_part(self.imag, value)

    # -- defined higher up --------------------------------------------------------------------

    # In autograd.properties.
    data: Any = Above("data")
    grad: Any = Above("grad")
    grad_fn: Any = Above("grad_fn")
    is_leaf: Any = Above("is_leaf")
    output_nr: Any = Above("output_nr")
    requires_grad: Any = Above("requires_grad")
    retains_grad: Any = Above("retains_grad")
    _require_grad: Any = Above("_require_grad")
    # In ops.index: indexing and assigning.
    __getitem__: Any = Above("__getitem__")
    __setitem__: Any = Above("__setitem__")

    if TYPE_CHECKING:  # Python's operators, of which `call.operators` tells

        def __add__(self, other: object) -> Tensor: ...
        def __sub__(self, other: object) -> Tensor: ...
        def __mul__(self, other: object) -> Tensor: ...
        def __truediv__(self, other: object) -> Tensor: ...
        def __floordiv__(self, other: object) -> Tensor: ...
        def __mod__(self, other: object) -> Tensor: ...
        def __pow__(self, other: object) -> Tensor: ...
        def __matmul__(self, other: object) -> Tensor: ...
        def __and__(self, other: object) -> Tensor: ...
        def __or__(self, other: object) -> Tensor: ...
        def __xor__(self, other: object) -> Tensor: ...
        def __radd__(self, other: object) -> Tensor: ...
        def __rsub__(self, other: object) -> Tensor: ...
        def __rmul__(self, other: object) -> Tensor: ...
        def __rtruediv__(self, other: object) -> Tensor: ...
        def __rfloordiv__(self, other: object) -> Tensor: ...
        def __rmod__(self, other: object) -> Tensor: ...
        def __rpow__(self, other: object) -> Tensor: ...
        def __rmatmul__(self, other: object) -> Tensor: ...
        def __lt__(self, other: object) -> Tensor: ...
        def __le__(self, other: object) -> Tensor: ...
        def __gt__(self, other: object) -> Tensor: ...
        def __ge__(self, other: object) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __pos__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...

    # -- Python's protocols -------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        found = None if name.startswith("__") else lookup("Tensor." + name)
        if found is None:
            raise AccessError(f"'Tensor' object has no attribute '{name}'")
        setattr(Tensor, name, found)
        return getattr(self, name)

    def __repr__(self) -> str:
        return formatter.standing.get(type(self._d), formatter.text)(self)

    def __format__(self, spec: str) -> str:
        if self._d.ndim == 0 and type(self) is Tensor and not self.is_meta:
            return format(self.item(), spec)
        if spec:
            raise ArgumentError("unsupported format string passed to Tensor.__format__")
        return str(self)

    def __len__(self) -> int:
        if self._d.ndim == 0:
            raise ArgumentError("len() of a 0-d tensor")
        return self._d.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if self._d.ndim == 0:
            raise ArgumentError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __bool__(self) -> bool:
        a = self._a
        if a.size != 1:
            if a.size == 0:
                raise StateError("Boolean value of Tensor with no values is ambiguous")
            raise StateError(
                "Boolean value of Tensor with more than one value is ambiguous",
                hint="reduce it with `.any()` or `.all()`",
            )
        if type(a) is ndarray:
            return bool(a.item())
        return bool(a if isinstance(a, Shaped) else self.item())

    def __int__(self) -> int:
        return int(self._number("int"))

    def __float__(self) -> float:
        return float(self._number("float"))

    def __complex__(self) -> complex:
        return complex(self._number("complex"))

    def __index__(self) -> int:
        if self._a.dtype.char not in EXACT or self._a.size != 1:
            raise ArgumentError(
                "only integer tensors of a single element can be converted to an index"
            )
        return int(self.item())

    def _number(self, kind: str) -> Any:
        if self._a.size != 1:
            raise ValueProblem("only one element tensors can be converted to Python scalars")
        value = self.item()
        if isinstance(value, complex) and kind != "complex":
            if value.imag:
                raise StateError(
                    f"value cannot be converted to type {kind} without overflow (it is complex)"
                )
            return value.real
        return value

    def item(self) -> Any:
        """The one element as a Python number.

        >>> tensor([2.5]).item()
        2.5
        """
        a = self._a
        if a.size != 1:
            raise StateError(f"a Tensor with {a.size} elements cannot be converted to Scalar",
                             hint="`.tolist()` gives all of them")  # fmt: skip
        if type(a) is not ndarray and self.is_meta:
            raise StateError("Tensor.item() cannot be called on meta tensors")
        value = a.item()
        return value if isinstance(value, (float, int, bool, complex)) else float(value)

    def _zeros(self) -> Tensor:
        """Zeros of its shape, dtype and device, outside the graph."""
        return wrap(module_of(self._a).zeros_like(self._a))

    def _ones(self) -> Tensor:
        """Ones of its shape, dtype and device, outside the graph."""
        a = self._d
        if a.size == 1 and (type(a) is ndarray or type(a) is Pending):
            return wrap(np.array(1, a.dtype, ndmin=a.ndim))
        return wrap(module_of(self._a).ones_like(self._a))

    def __contains__(self, value: object) -> bool:
        same = self == value
        if not isinstance(same, Tensor):
            raise StateError(
                "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
                f"{type(value)}."
            )
        return bool(same.any())

    def __reversed__(self) -> Tensor:
        return self.flip(0) if self._a.ndim else self


# Python's operators, which `call.operators` makes of ops.
_BINARY = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
_OTHERS = "eq ne lt le gt ge neg invert abs pos".split()
_FORMS = [form + name for name in _BINARY for form in ("", "r", "i") if form + name != "imatmul"]
for _name in (*_FORMS, *_OTHERS):
    setattr(Tensor, f"__{_name}__", Above(f"__{_name}__"))


@export("torch.nn.Parameter", "torch.nn.parameter.Parameter", home="torch.nn.parameter")
class Parameter(Tensor):
    """A tensor that a module counts among its parameters; requires grad unless told otherwise."""

    __module__ = "torch.nn.parameter"
    __slots__ = ()

    def __new__(cls, data: object = None, requires_grad: bool = True) -> Parameter:
        """A parameter on the memory of `data`."""
        if data is not None and not isinstance(data, Tensor):
            raise ArgumentError(
                f"Parameter data must be a Tensor, not {type(data).__name__}", argument="data"
            )
        if requires_grad and data is not None and data._d.dtype.char in EXACT:
            raise StateError(
                "Only Tensors of floating point and complex dtype can require gradients",
                hint="give a tensor of floats, or requires_grad=False",
                argument="data",
            )
        made: Parameter = _new(cls)
        made._d = np.empty(0, np.float32) if data is None else data._shown
        made._s = None if data is None else data.shared()
        made._g = made._v = None
        if requires_grad:
            made._require_grad(True)
        return made


def _needs_matrix(tensor: Tensor, name: str) -> None:
    if tensor._d.ndim < 2:
        raise StateError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got "
            f"{tensor._d.ndim}-D tensor."
        )


def _write_part(part: Tensor, value: object) -> None:
    """Write the real or the imaginary parts."""
    if isinstance(value, Tensor):
        part.copy_(value)
    else:
        part.fill_(value)


def wrap(array: Array) -> Tensor:
    """A tensor on an array, whose memory it shares; NumPy scalars become 0-dim."""
    made: Tensor = _new(Tensor)
    if type(array) is not ndarray and isinstance(array, np.generic):
        array = np.asarray(array)
    if interpreters.count and mode.interpreter is not None:
        array = mode.interpreter.adopt(array)
    made._d = array
    made._s = made._g = made._v = None
    return made


def alias(tensor: Tensor) -> Tensor:
    """Another tensor on the same storage, outside the graph."""
    made: Tensor = _new(Tensor)
    made._d = tensor._shown
    made._s = tensor.shared()
    made._g = made._v = None
    return made


def _element(value: Tensor | np.ndarray | np.generic) -> object:
    """The number of a tensor or a NumPy scalar that holds one, outside the graph."""
    if isinstance(value, Tensor):
        return kinds.NO if value._d.size != 1 or value.requires_grad else value.item()
    number = value.item() if value.size == 1 else None
    return number if type(number) in (int, float, bool, complex) else kinds.NO


_HOLD_NUMBERS = (Tensor, ndarray, np.generic)
_DATA = (*_HOLD_NUMBERS, list, tuple, range, int, float, complex)
_TREES = (*_HOLD_NUMBERS, list, tuple, dict)


def _data(value: object) -> object:
    """Tensors and numbers as they are, a tensor of everything else that can become one."""
    if isinstance(value, (Tensor, int, float, complex)):
        return value
    if not isinstance(value, _DATA):
        return kinds.NO
    return lookup("torch._tensor_of")(value)


def _tree(value: object) -> object:
    return value if isinstance(value, _TREES) else kinds.NO


kinds.element.types, kinds.element.read = _HOLD_NUMBERS, _element
kinds.define("Data", "Tensor", _data, "isinstance({0}, (Tensor, float, int))")
kinds.define("Tree", "Tensor or tuple of Tensors", _tree, "isinstance({0}, Tensor)")


export("Tensor.item", value=Tensor.item)
