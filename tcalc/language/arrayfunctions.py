"""`np` as programs see it: a table of NumPy's functions, never the module."""

from __future__ import annotations

import numpy as np

from tcalc.errors import AccessError, ArgumentError
from tcalc.language import arraydraws, arrayextras, arraytexts
from tcalc.language.arrays import TYPES, NumberType, argument, dtype_of, given, keywords, taken
from tcalc.language.attributes import READERS
from tcalc.language.classes import TypeView, call_members
from tcalc.runtime.base import memory
from tcalc.runtime.ops.random.generator import chosen_seed
from tcalc.runtime.ops.random.sources import SOURCES, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_FUNCTIONS = """
    abs absolute acos acosh add all allclose amax amin angle any append arccos arccosh arcsin
    arcsinh arctan arctan2 arctanh argmax argmin argpartition argsort argwhere around array
    array2string array_equal array_equiv array_repr array_split array_str asanyarray asarray
    ascontiguousarray asfortranarray asin asinh atan atan2 atanh atleast_1d atleast_2d atleast_3d
    average base_repr binary_repr bincount bitwise_and bitwise_count bitwise_invert
    bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor block broadcast_arrays
    broadcast_shapes broadcast_to can_cast cbrt ceil choose clip column_stack common_type compress
    concat concatenate conj conjugate convolve copy copysign copyto corrcoef correlate cos cosh
    count_nonzero cov cross cumprod cumsum cumulative_prod cumulative_sum deg2rad degrees delete
    diag diag_indices_from diagflat diagonal diff digitize divide divmod dot dsplit dstack ediff1d
    einsum equal exp exp2 expand_dims expm1 extract fabs fill_diagonal fix flatnonzero flip fliplr
    flipud float_power floor floor_divide fmax fmin fmod frexp gcd gradient greater greater_equal
    heaviside histogram histogram2d histogram_bin_edges histogramdd hsplit hstack hypot i0 imag
    inner insert interp intersect1d invert isclose iscomplex iscomplexobj isfinite isfortran isin
    isinf isnan isneginf isposinf isreal isrealobj isscalar iterable ix_ kron lcm ldexp
    left_shift less less_equal lexsort log log10 log1p log2 logaddexp logaddexp2 logical_and
    logical_not logical_or logical_xor matmul matrix_transpose matvec max maximum mean median
    meshgrid min min_scalar_type minimum mod modf moveaxis multiply nan_to_num nanargmax nanargmin
    nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd
    nansum nanvar ndim negative nextafter nonzero not_equal outer pad partition percentile
    permute_dims place poly polyadd polyder polydiv polyfit polyint polymul polysub polyval positive
    pow power prod promote_types ptp put put_along_axis putmask quantile rad2deg radians ravel
    ravel_multi_index real real_if_close reciprocal remainder repeat reshape resize result_type
    right_shift rint roll rollaxis roots rot90 round searchsorted select setdiff1d setxor1d shape
    sign signbit sin sinc sinh size sort sort_complex spacing split sqrt square squeeze stack std
    subtract sum swapaxes take take_along_axis tan tanh tensordot tile trace transpose trapezoid
    tril tril_indices_from trim_zeros triu triu_indices_from true_divide trunc union1d unique
    unique_values unravel_index unstack unwrap vander var vdot vecdot vecmat vsplit vstack where
"""
_LIKE = "full_like ones_like zeros_like"
# What leaves memory as it was found, which tells of addresses, and what stands for it.
_FOUND = {"empty": "zeros", "empty_like": "zeros_like"}
_LINALG = """
    cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm
    matrix_power matrix_rank matrix_transpose multi_dot norm outer pinv qr slogdet solve svd svdvals
    tensordot tensorinv tensorsolve trace vecdot vector_norm
"""
_FFT = """
    fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft
    rfft2 rfftfreq rfftn
"""
_CONSTANTS = ("e", "euler_gamma", "inf", "nan", "newaxis", "pi")
_ABSTRACT = "complexfloating floating generic inexact integer ndarray number signedinteger"


def _wrapped(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        outs = len(args) > getattr(function, "nin", len(args))
        ready = keywords(function, name, kwargs, outs)
        operands = [taken(a) for a in args]
        try:
            found = function(*operands, **ready)
        except AttributeError as error:  # NumPy takes some values for arrays that are none
            raise ArgumentError(f"{name}(): {error}") from None
        return given(found)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"NumPy's {name}."
    return call


def _sized(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function that makes an array of a size given in numbers, which is checked first."""
    elements = _CREATION[name]

    def call(*args: Any, **kwargs: Any) -> Any:
        ready = {key: argument(key, value) for key, value in kwargs.items()}
        values = [taken(a) for a in args]
        memory.check(8 * elements(values, ready), "the array")
        return given(function(*values, **ready))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"NumPy's {name}."
    return call


# How many elements a call asks for, as far as its numbers tell.


def _points(args: list[Any], kwargs: dict[str, Any]) -> int:
    count = args[2] if len(args) > 2 else kwargs.get("num", 50)
    return count if type(count) is int else 0


def _steps(args: list[Any], kwargs: dict[str, Any]) -> int:
    bounds = [v for v in args[:3] if type(v) in (int, float)]
    start, stop = (0, bounds[0]) if len(bounds) == 1 else (*bounds, 0, 0)[:2]
    step = bounds[2] if len(bounds) > 2 else kwargs.get("step", 1)
    span = abs((stop - start) / step) if type(step) in (int, float) and step else 0
    return int(span) if span < 1e30 else 1 << 100


def _square(args: list[Any], kwargs: dict[str, Any]) -> int:
    sizes = [v for v in args[:2] if type(v) is int]
    return sizes[0] * sizes[-1] if sizes else 0


def _window(args: list[Any], kwargs: dict[str, Any]) -> int:
    count = args[0] if args else kwargs.get("M", 0)
    return count if type(count) is int else 0


def _places(args: list[Any], kwargs: dict[str, Any]) -> int:
    return 2 * _square(args, kwargs)


def _grids(args: list[Any], kwargs: dict[str, Any]) -> int:
    sizes = args[0] if args else kwargs.get("dimensions", ())
    return _shaped([sizes], {}) * len(sizes) if isinstance(sizes, (tuple, list)) else 0


def _shaped(args: list[Any], kwargs: dict[str, Any]) -> int:
    shape = args[0] if args else kwargs.get("shape", 0)
    count = 1
    for size in shape if isinstance(shape, (tuple, list)) else (shape,):
        count *= size if type(size) is int and size > 0 else 1
    return count


_CREATION: dict[str, Callable[[list[Any], dict[str, Any]], int]] = {
    "arange": _steps,
    "bartlett": _window,
    "blackman": _window,
    "diag_indices": _places,
    "eye": _square,
    "full": _shaped,
    "geomspace": _points,
    "hamming": _window,
    "hanning": _window,
    "identity": _square,
    "indices": _grids,
    "kaiser": _window,
    "linspace": _points,
    "logspace": _points,
    "ones": _shaped,
    "tri": _square,
    "tril_indices": _places,
    "triu_indices": _places,
    "zeros": _shaped,
}


# -- tables ---------------------------------------------------------------------------------------

_tables: dict[str, dict[str, Any]] = {}
_PARTS = {"numpy.linalg": _LINALG, "numpy.fft": _FFT}


def table(qualified: str) -> dict[str, Any] | None:
    """The members of `numpy`, `numpy.linalg`, `numpy.fft` or `numpy.random`, else None."""
    found = _tables.get(qualified)
    if found is None:
        if qualified == "numpy":
            found = _numpy()
        elif qualified in _PARTS:
            found = _functions(_PARTS[qualified], getattr(np, qualified[6:]), qualified[6:] + ".")
        elif qualified == "numpy.random":
            found = arraydraws.members()
            first = chosen_seed() & 0xFFFFFFFF
            np.random.seed(first)
            SOURCES.append(
                Source(
                    _seed_for_worker,
                    np.random.get_state,
                    np.random.set_state,
                    np.random.seed,
                    "numpy.random.seed",
                    first,
                )
            )
        else:
            return None
        _tables[qualified] = call_members(qualified, found)
    return found


def _seed_for_worker(seed: int, number: int) -> None:
    """Start NumPy's numbers as PyTorch starts them for a loader's worker."""
    parts = [number, seed & 0xFFFFFFFF, seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(parts).generate_state(4))


def _functions(names: str, module: Any, prefix: str = "") -> dict[str, Any]:
    return {
        name: _wrapped(getattr(module, name), prefix + name)
        for name in names.split()
        if hasattr(module, name)
    }


def _numpy() -> dict[str, Any]:
    made = _functions(_FUNCTIONS + _LIKE, np)
    made.update({name: _sized(getattr(np, name), name) for name in _CREATION})
    made.update({name: made[filled] for name, filled in _FOUND.items()})
    made.update({name: getattr(np, name) for name in _CONSTANTS})
    made.update({name: NumberType(getattr(np, name)) for name in TYPES.split()})
    made.update({name: TypeView(getattr(np, name)) for name in _ABSTRACT.split()})
    made["dtype"] = dtype_of
    made.update({**arrayextras.members(), **arraytexts.members()})
    made["__version__"] = np.__version__
    return made


def _read_number_type(value: NumberType, name: str) -> Any:
    if name == "__name__":
        return value.kind.__name__
    raise AccessError(f"type object '{value.kind.__name__}' has no attribute '{name}'")


READERS[NumberType] = _read_number_type
