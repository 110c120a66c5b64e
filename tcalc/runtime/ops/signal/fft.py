"""Fourier transforms.

Three ops do the work: between complex numbers, from real ones to the half of the spectrum that
says all, and back. The adjoint of each is another of them, so their gradients are too.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tcalc.errors import DimError, DtypeError, StateError
from tcalc.runtime.arrays import fourier
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import SINGLE, SOME, Array, Ints
from tcalc.runtime.base.targets import COMPLEX, FLOATS, OWN, UNTOUCHED
from tcalc.runtime.call.batching import over, sized
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.matmul import conjugate
from tcalc.runtime.ops.linalg.matrices import inexact
from tcalc.runtime.types.codes import COMPLEXES
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor

    # The sizes and the dims of a transform.
    _Where = tuple[tuple[int, ...], tuple[int, ...]]

# What a transform's sums are divided by: nothing, the root of their number of terms, that number;
# and the names for that, which turn with the direction.
NOTHING, ROOT, COUNT = range(3)
_FORWARD = {None: NOTHING, "backward": NOTHING, "ortho": ROOT, "forward": COUNT}
_INVERSE = {None: COUNT, "backward": COUNT, "ortho": ROOT, "forward": NOTHING}
_SIGNAL = [[1.0, 2.0, 0.5, -1.0], [0.3, 2.0, -0.7, 1.1]]


def _scale(norm: str | None, forward: bool) -> int:
    """What a user's norm divides by."""
    found = (_FORWARD if forward else _INVERSE).get(norm)
    if found is None:
        raise StateError(f'Invalid normalization mode: "{norm}"', argument="norm")
    return found


@kernel(name="fft_resized", names=(), samples=lambda: [
    ((_SIGNAL, (3, 2)), {}), ((_SIGNAL, (1, 5)), {}),
])  # fmt: skip
def _resized(xp: ModuleType, input: Array, shape: tuple[int, ...]) -> Array:
    """The array cut off or filled up with zeros at the end of each dim."""
    kept = tuple([slice(min(n, m)) for n, m in zip(input.shape, shape)])
    result = xp.zeros(shape, input.dtype)
    result[kept] = input[kept]
    return result


_resized.vjp(input=lambda g, input_shape: _resized(g, input_shape))


def _fitted(g: Tensor, shape: tuple[int, ...]) -> Tensor:
    return g if g._a.shape == shape else _resized(g, shape)


def _between_complex(node_name: str) -> DefinedOp:
    @kernel(only="bifcu", 
        long=SOME,
        name="fft_c2c", names=(), node_name=node_name,
        samples=lambda: [((_SIGNAL, (3, 5), (0, 1), True, ROOT), {}),
                         ((_SIGNAL, (2,), (1,), False, COUNT), {})],
    )  # fmt: skip
    def transform(
        xp: ModuleType,
        input: Array,
        sizes: tuple[int, ...],
        dims: tuple[int, ...],
        forward: bool,
        scale: int,
    ) -> Array:
        return fourier.between_complex(xp, inexact(input), sizes, dims, forward, scale)

    made: DefinedOp = transform
    made.vjp(
        input=lambda g, input_shape, sizes, dims, forward, scale: _fitted(
            _c2c(g, sizes, dims, not forward, scale), input_shape
        )
    )
    return made


_c2c = _between_complex("FftC2CBackward0")
_c2c_of_real = _between_complex("FftR2CBackward0")


@kernel(only="bifcu", long=SOME, name="fft_r2c", names=(), node_name="FftR2CBackward0",
        samples=lambda: [((_SIGNAL, (3, 5), (0, 1), NOTHING), {}),
                         ((_SIGNAL, (4,), (1,), COUNT), {})])  # fmt: skip
def _r2c(
    xp: ModuleType, input: Array, sizes: tuple[int, ...], dims: tuple[int, ...], scale: int
) -> Array:
    """The transform of real numbers, without the half in the last dim that mirrors the other."""
    return fourier.from_real(xp, inexact(input), sizes, dims, scale)


_r2c.holds = ("input",)


def _r2c_back(
    g: Tensor,
    input_shape: tuple[int, ...],
    sizes: tuple[int, ...],
    dims: tuple[int, ...],
    scale: int,
) -> Tensor:
    whole = list(g._a.shape)
    whole[dims[-1]] = sizes[-1]
    turned = _c2c(_fitted(g, tuple(whole)), sizes, dims, False, scale)
    return _fitted(turned.real, input_shape)


_r2c.vjp(input=_r2c_back)


@kernel(only="bifcu", long=SOME, name="fft_c2r", names=(), node_name="FftC2RBackward0",
        samples=lambda: [((_SIGNAL, (3, 5), (0, 1), NOTHING), {}),
                         ((_SIGNAL, (6,), (1,), COUNT), {})])  # fmt: skip
def _c2r(
    xp: ModuleType, input: Array, sizes: tuple[int, ...], dims: tuple[int, ...], scale: int
) -> Array:
    """The inverse transform of the half of a spectrum, to real numbers."""
    return fourier.to_real(xp, inexact(input), sizes, dims, scale)


def _c2r_back(
    g: Tensor,
    input_shape: tuple[int, ...],
    sizes: tuple[int, ...],
    dims: tuple[int, ...],
    scale: int,
) -> Tensor:
    half = _r2c(g, sizes, dims, scale)
    # What stands for its mirror image as well counts twice.
    count, last = half._a.shape[dims[-1]], sizes[-1]
    shape = [1] * half._a.ndim
    shape[dims[-1]] = count
    weights = [2.0 if 0 < i < last - i else 1.0 for i in range(count)]
    return _fitted(half * g.new_tensor(weights).reshape(shape), input_shape)


_c2r.vjp(input=_c2r_back)


# -- what is asked for ------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _one(shape: tuple[int, ...], n: int | None, dim: int, half: bool) -> _Where:
    """The size and the dim of a transform over one dim. half: the input is half a spectrum."""
    if not shape:
        raise DimError(f"Dimension specified as {dim} but tensor has no dimensions", argument="dim")
    at = wrap_dim(dim, len(shape))
    size = n if n is not None else 2 * (shape[at] - 1) if half else shape[at]
    return _positive((size,)), (at,)


def _positive(sizes: Sequence[int]) -> tuple[int, ...]:
    for n in sizes:
        if n < 1:
            raise StateError(f"Invalid number of data points ({n}) specified", argument="n")
    return tuple(sizes)


@lru_cache(maxsize=256)
def _several(
    shape: tuple[int, ...], s: tuple[int, ...] | None, dim: tuple[int, ...] | None, half: bool
) -> _Where:
    """The sizes and dims of a transform over several dims."""
    ndim = len(shape)
    if dim is not None:
        dims = tuple(wrap_dim(d, ndim) for d in dim)
        if len(set(dims)) != len(dims):
            raise StateError("FFT dims must be unique", argument="dim")
        if s is not None and len(s) != len(dims):
            raise StateError("When given, dim and shape arguments must have the same length")
    elif s is not None:
        if len(s) > ndim:
            raise StateError(
                f"Got shape with {len(s)} values but input tensor only has {ndim} dimensions.",
                argument="s",
            )
        dims = tuple(range(ndim - len(s), ndim))
    else:
        dims = tuple(range(ndim))
    sizes = [shape[d] for d in dims]
    if half and dims and (s is None or s[-1] == -1):
        sizes[-1] = 2 * (sizes[-1] - 1)
    if s is not None:
        sizes = [have if n == -1 else n for n, have in zip(s, sizes)]
    return _positive(sizes), dims


def _as_tuple(value: Any) -> tuple[int, ...] | None:
    return None if value is None else tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _complex_transform(
    name: str, input: Tensor, where: _Where, norm: str | None, forward: bool
) -> Tensor:
    sizes, dims = where
    if not dims:
        return input if input._d.dtype.char in COMPLEXES else input + 0j
    op = _c2c if input._d.dtype.char in COMPLEXES or len(dims) > 1 else _c2c_of_real
    return op(input, sizes, dims, forward, _scale(norm, forward))


def _to_half(name: str, input: Tensor, where: _Where, norm: str | None, forward: bool) -> Tensor:
    sizes, dims = where
    if not dims:
        raise StateError(f"{name} must transform at least one axis", argument="dim")
    found = _r2c(input, sizes, dims, _scale(norm, forward))
    return found if forward else found.conj_physical()


def _must_be_real(name: str, input: Tensor) -> None:
    if input._d.dtype.char in COMPLEXES:
        raise DtypeError(
            f"{name} expects a real input tensor, but got {input.dtype.shorthand}",
            argument="input", hint="take its .real part",
        )  # fmt: skip


def _from_half(name: str, input: Tensor, where: _Where, norm: str | None, forward: bool) -> Tensor:
    sizes, dims = where
    if not dims:
        raise StateError(f"{name} must transform at least one axis", argument="dim")
    source = conjugate(input) if forward else input
    return _c2r(source, sizes, dims, _scale(norm, forward))


_KINDS: dict[str, tuple[Any, bool, str, str]] = {
    # prefix: how it runs, whether forward, what it is, what its output is
    "": (_complex_transform, True, "Fourier transform", "complex numbers"),
    "i": (_complex_transform, False, "inverse Fourier transform", "complex numbers"),
    "r": (_to_half, True, "Fourier transform of real numbers",
          "the first half of a spectrum whose second half mirrors it"),
    "ir": (_from_half, False, "inverse Fourier transform of half a spectrum",
           "real numbers, 2 (m - 1) of them in the last dimension unless told otherwise"),
    "h": (_from_half, True, "Fourier transform of the first half of a Hermitian signal",
          "real numbers, 2 (m - 1) of them in the last dimension unless told otherwise"),
    "ih": (_to_half, False, "inverse Fourier transform of a real spectrum",
           "the first half of a Hermitian signal"),
}  # fmt: skip
_EXAMPLES = {
    "fft": ("fft.fft(tensor([1., 1.]))", "tensor([2.+0.j, 0.+0.j])"),
    "ifft": ("fft.ifft(tensor([2., 0.]))", "tensor([1.+0.j, 1.+0.j])"),
    "rfft": ("fft.rfft(tensor([1., 1., 1., 1.]))", "tensor([4.+0.j, 0.+0.j, 0.+0.j])"),
    "irfft": ("fft.irfft(tensor([4., 0., 0.]))", "tensor([1., 1., 1., 1.])"),
    "hfft": ("fft.hfft(tensor([1., 0., 0.]))", "tensor([1., 1., 1., 1.])"),
    "ihfft": ("fft.ihfft(ones(4)).shape", "torch.Size([3])"),
}
_HOW = (
    "norm: what the sums are divided by: \"backward\" (the inverse transforms by their number of\n"
    "    terms), \"forward\" (the others), \"ortho\" (all by its root). float32 gives complex64;\n"
    "    integers count as the default dtype."
)  # fmt: skip


TRANSFORMS: dict[str, DefinedOp] = {}


def _outs(run: Any, forward: bool, single: bool) -> int | Callable[..., int]:
    """Which dtypes `out` may have. PyTorch conjugates the inverse of real numbers where it was written,
    which fits no other dtype; and that over several dims, where there is but one, in the wrong place."""

    def of_one(input: Tensor) -> int:
        return COMPLEX if input.dtype.is_complex else OWN

    def of_several(input: Tensor, s: Any, dim: Any) -> int:
        dims = _several(input._d.shape, _as_tuple(s), _as_tuple(dim), False)[1]
        return UNTOUCHED if len(dims) == 1 else COMPLEX

    if run is _from_half:
        return FLOATS
    if forward:
        return COMPLEX
    return of_one if single else of_several if run is _to_half else COMPLEX


def _define(prefix: str) -> None:
    """The three ops of a kind: over one dim, two dims and several."""
    run, forward, what, output = _KINDS[prefix]
    half = run is _from_half
    base = prefix + "fft"
    real = run is _to_half

    def one(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
        if real:
            _must_be_real(base, input)
        where = _one(input._d.shape, n, dim, half)
        memory.check(where[0][0] * 32, "the transform")
        return run(base, input, where, norm, forward)

    def many(
        input: Tensor,
        s: int | tuple[int, ...] | None,
        dim: int | tuple[int, ...] | None,
        norm: str | None,
        name: str,
    ) -> Tensor:
        if real:
            _must_be_real(name, input)
        where = _several(input._d.shape, _as_tuple(s), _as_tuple(dim), half)
        memory.check(math.prod(where[0]) * 32, "the transform")
        return run(name, input, where, norm, forward)

    def two(
        input: Tensor, s: Ints | None = None, dim: Ints = (-2, -1), norm: str | None = None
    ) -> Tensor:
        return many(input, s, dim, norm, base + "2")

    def every(
        input: Tensor, s: Ints | None = None, dim: Ints | None = None, norm: str | None = None
    ) -> Tensor:
        return many(input, s, dim, norm, base + "n")

    source, shown = _EXAMPLES[base]
    docs = {
        base: f"""The {what} over one dimension.

    n: its size; the input is cut off or filled up with zeros. The result is {output}.
    {_HOW}

    >>> {source}
    {shown}
    """,
        base + "2": f"""The {what} over two dimensions, the last unless told otherwise.

    s: their sizes; the input is cut off or filled up with zeros. The result is {output}.
    {_HOW}

    >>> fft.{base}2(ones(3, 3)).shape
    torch.Size([3, {4 if half else 2 if real else 3}])
    """,
        base + "n": f"""The {what} over several dimensions: those in `dim`, the last of `s`, or all.

    s: their sizes; the input is cut off or filled up with zeros. The result is {output}.
    {_HOW}

    >>> fft.{base}n(ones(3, 3, 3)).shape
    torch.Size([3, 3, {4 if half else 2 if real else 3}])
    """,
    }
    for name, function in zip(docs, (one, two, every)):
        function.__name__ = name
        function.__doc__ = docs[name]
        TRANSFORMS[name] = composite(
            name=f"fft_{name}", names=(f"torch.fft.{name}",),
            samples=lambda: [((_SIGNAL,), {}), ((_SIGNAL,), {"norm": "ortho"})],
        )(function)  # fmt: skip
        TRANSFORMS[name].autocast = SINGLE
        TRANSFORMS[name].outs = _outs(run, forward, name == base)


for _prefix in _KINDS:
    _define(_prefix)


# -- batches ----------------------------------------------------------------------------------

_resized.batch = sized("shape")
for _op in (_c2c, _c2c_of_real, _r2c, _c2r):
    _op.batch = over("dims")
