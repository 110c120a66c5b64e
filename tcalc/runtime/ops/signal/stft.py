"""Short-time Fourier transforms: the spectra of the stretches of a signal."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.arrays.strides import strided
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import SINGLE, Array
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.ops.shape.padding import pad
from tcalc.runtime.ops.signal.fft import TRANSFORMS
from tcalc.runtime.types.codes import COMPLEXES

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

_SIGNAL = [[1.0, 2.0, 0.5, -1.0, 0.2, 0.7, -0.3], [0.3, 2.0, -0.7, 1.1, 0.9, -2.0, 0.6]]


@kernel(name="stretches", names=(),
        samples=lambda: [((_SIGNAL, 3, 2), {}), ((_SIGNAL, 2, 3), {})])  # fmt: skip
def _stretches(xp: ModuleType, input: Array, size: int, hop: int) -> Array:
    """The stretches of `size` elements, `hop` apart, in the last dim: (*, n) → (*, t, size)."""
    *lead, n = input.shape
    *steps, width = input.strides
    shape = (*lead, (n - size) // hop + 1, size)
    return strided(input, shape, (*steps, width * hop, width)).copy()


@kernel(name="overlapped", names=(), samples=lambda: [
    (([[1.0, 2.0, 0.5], [3.0, -1.0, 2.0]], 2, 6), {}), (([[1.0, 2.0], [3.0, -1.0]], 3, 5), {}),
])  # fmt: skip
def _overlapped(xp: ModuleType, input: Array, hop: int, length: int) -> Array:
    """Stretches added up where they came from: (*, t, size) → (*, length)."""
    *stack, count, size = input.shape
    rows = count + (size - 1) // hop
    memory.check(prod(stack) * (rows * hop + length) * input.itemsize, "the signal")
    result = xp.zeros((*stack, rows, hop), input.dtype)
    for start in range(0, size, hop):
        part = input[..., start : start + hop]
        first = start // hop
        result[..., first : first + count, : part.shape[-1]] += part
    flat = result.reshape(*stack, rows * hop)
    whole = xp.zeros((*stack, length), input.dtype)
    kept = min(length, rows * hop)
    whole[..., :kept] = flat[..., :kept]
    return whole


_stretches.vjp(input=lambda g, input_shape, hop: _overlapped(g, hop, input_shape[-1]))
_overlapped.vjp(
    input=lambda g, input_shape, hop: _stretches(g, input_shape[-1], hop)[..., : input_shape[-2], :]
)


def _padded(signal: Tensor, count: int, mode: str) -> Tensor:
    """The signal with `count` more elements at both ends."""
    shape = signal._a.shape
    lifted = signal.reshape((1,) * (3 - len(shape)) + shape)
    return pad(lifted, (count, count), mode).reshape(*shape[:-1], -1)


def _sizes(
    name: str, n_fft: int, hop_length: int | None, win_length: int | None
) -> tuple[int, int]:
    hop = n_fft // 4 if hop_length is None else int(hop_length)
    width = n_fft if win_length is None else int(win_length)
    if hop <= 0:
        raise StateError(f"{name}: expected hop_length > 0, but got hop_length={hop}",
                         argument="hop_length")  # fmt: skip
    if not 0 < width <= n_fft:
        raise StateError(
            f"{name}: expected 0 < win_length <= n_fft, but got win_length={width}",
            argument="win_length",
        )
    return hop, width


def _centred(name: str, window: Tensor | None, width: int, n_fft: int, like: Tensor) -> Tensor:
    """The window, or ones, with zeros at both ends to n_fft points."""
    if window is None:
        window = like.new_ones(width, dtype=like.real.dtype)
    elif window._a.shape != (width,):
        raise StateError(
            f"{name}: expected a 1D window tensor of size equal to win_length={width}, but got "
            f"window with size {list(window._a.shape)}",
            argument="window",
        )
    if width == n_fft:
        return window
    left = (n_fft - width) // 2
    return cat([window.new_zeros(left), window, window.new_zeros(n_fft - width - left)])


@composite(samples=lambda: [((_SIGNAL, 4), {"return_complex": True})])
def stft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor = None, center: bool = True, pad_mode: str = "reflect",  # type: ignore[assignment]  # Tensor is its kind
    normalized: bool = False, onesided: bool | None = None, return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:  # fmt: skip
    """The spectra of stretches of n_fft points, hop_length apart.

    input: (*, n) with at most one dimension in front → (*, n_fft / 2 + 1, t), or n_fft rows
    without onesided. window: of win_length points (ones unless given). center: the first stretch
    has the first element in its middle. normalized: divided by the root of n_fft.
    return_complex=False shows pairs of real numbers.

    >>> stft(ones(8), 4, return_complex=True).shape
    torch.Size([3, 9])
    """
    real = input._a.dtype.char not in COMPLEXES and (
        window is None or window._a.dtype.char not in COMPLEXES
    )
    if return_complex is None:
        if real:
            raise StateError(
                "stft requires the return_complex parameter be given for real inputs, and will "
                "further require that return_complex=True in a future PyTorch release.",
                argument="return_complex", hint="say return_complex=True",
            )  # fmt: skip
        return_complex = True
    if input._a.ndim not in (1, 2):
        raise ShapeError(
            f"stft: expected a 1D or 2D tensor, but got {input._a.ndim}D", argument="input"
        )
    hop, width = _sizes("stft", n_fft, hop_length, win_length)
    faded = _centred("stft", window, width, n_fft, input)
    signal = _padded(input, n_fft // 2, pad_mode) if center else input
    count = signal._a.shape[-1]
    if not 0 < n_fft <= count:
        raise StateError(
            f"stft: expected 0 < n_fft <= {count}, but got n_fft={n_fft}", argument="n_fft"
        )
    pieces = _stretches(signal, n_fft, hop) * faded
    half = real if onesided is None else onesided
    if half and not real:
        raise StateError(
            "Cannot have onesided output if window or input is complex", argument="onesided"
        )
    transform = TRANSFORMS["rfft" if half else "fft"]
    found = transform(pieces, norm="ortho" if normalized else None).transpose(-2, -1)
    if return_complex:
        return found
    from tcalc.runtime.ops.elementwise.complex_numbers import view_as_real

    return view_as_real(found)


@composite(samples=lambda: [(([
    [1.0 + 0j, 0.5 + 0j, -1.0 + 0j], [2.0 + 1j, 0.3 - 1j, 1.0 + 2j], [0.4 + 0j, 1.0 + 0j, 2.0 + 0j],
], 4), {})])  # fmt: skip
def istft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor = None, center: bool = True, normalized: bool = False,  # type: ignore[assignment]  # Tensor is its kind
    onesided: bool | None = None, length: int | None = None, return_complex: bool = False,
) -> Tensor:  # fmt: skip
    """The signal whose `stft` this is, as near as can be.

    input: complex, (*, rows, t) → (*, n). length: how many points to give. The other parameters
    are those of `stft`.

    >>> istft(stft(ones(8), 4, return_complex=True), 4)
    tensor([1., 1., 1., 1., 1., 1., 1., 1.])
    """
    if input._a.dtype.char not in COMPLEXES:
        raise StateError(
            "istft requires a complex-valued input tensor matching the output from stft with "
            "return_complex=True.",
            argument="input",
        )
    if input._a.ndim not in (2, 3):
        raise ShapeError(
            f"istft: expected a tensor with 2 or 3 dimensions, but got {input._a.ndim}",
            argument="input",
        )
    rows, count = input._a.shape[-2:]
    half = rows != n_fft if onesided is None else onesided
    if rows != (n_fft // 2 + 1 if half else n_fft):
        raise StateError(
            "istft: expected the frequency dimension (3rd to the last) of the input tensor to "
            f"match {'n_fft / 2 + 1' if half else 'n_fft'} when onesided={half}, but got {rows}",
            argument="input",
        )
    hop, width = _sizes("istft", n_fft, hop_length, win_length)
    faded = _centred("istft", window, width, n_fft, input)
    if not half and not return_complex:  # of a real signal one half tells the other
        input, half = input[..., : n_fft // 2 + 1, :], True
    transform = TRANSFORMS["irfft" if half else "ifft"]
    norm = "ortho" if normalized else None
    pieces = transform(input.transpose(-2, -1), n_fft, norm=norm)
    whole = n_fft + hop * (count - 1)
    signal = _overlapped(pieces * faded, hop, whole)
    weights = _overlapped((faded * faded).expand(count, n_fft), hop, whole)
    start = n_fft // 2 if center else 0
    end = whole - start if length is None else min(whole, start + int(length))
    signal, weights = signal[..., start:end], weights[..., start:end]
    least = 1.0 if not has_contents(weights._d) else weights.abs().min().item()
    if least <= 1e-11:
        raise StateError(f"istft window overlap add min: {least} is too small", argument="window")
    result = signal / weights
    missing = 0 if length is None else int(length) - (end - start)
    if missing > 0:
        zeros = result.new_zeros((*result._a.shape[:-1], missing))
        result = cat([result, zeros], -1)
    return result


# -- batches ----------------------------------------------------------------------------------

_stretches.batch = _overlapped.batch = leading

stft.autocast = SINGLE
