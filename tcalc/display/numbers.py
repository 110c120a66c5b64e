"""Numbers as text: PyTorch's aligned columns, and the shortest digits that give a number back."""

from __future__ import annotations

from math import ceil, floor, inf, isfinite, log10, prod

from tcalc.display.options import OPTIONS
from tcalc.errors import ValueProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np

_LARGEST_EXACT_POWER = 22  # 10**22 is the last power of ten that a double holds exactly
_BLOCK = 1 << 16


class Notation:
    """How floats that stand together are spelled: with a point alone, so many digits, or powers.

    values: those that decide, finite and not 0: all of them, or the extremes on both sides of 0.
    integral: whether all are whole numbers. width: what the widest of them takes.
    """

    __slots__ = ("point", "spec", "width")

    def __init__(self, values: Sequence[float], integral: bool) -> None:
        smallest, largest = min(map(abs, values)), max(map(abs, values))
        scientific = OPTIONS.sci_mode
        if scientific is None:
            scientific = largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4
        if scientific:
            self.spec, self.point = f".{OPTIONS.precision}e", ""
        elif integral:
            self.spec, self.point = ".0f", "."
        else:
            self.spec, self.point = f".{OPTIONS.precision}f", ""
        # Zeros and what is not finite do not widen the column.
        self.width = max(len(format(value, self.spec)) for value in values) + len(self.point)

    def words(self, values: Sequence[float]) -> list[str]:
        """The values, each padded to the width."""
        spec, point, width = self.spec, self.point, self.width
        return [
            (format(value, spec) + (point if isfinite(value) else "")).rjust(width)
            for value in values
        ]


def column(values: Sequence[float], floating: bool) -> tuple[list[str], int]:
    """PyTorch's spelling of the values, padded to one width, and that width.

    One notation serves all: integers with a point, a fixed number of digits, or powers of ten
    where the largest is above 1e8 or 1000 times the smallest, or the smallest below 1e-4.

    >>> column([1.0, -2.5], True)
    ([' 1.0000', '-2.5000'], 7)
    """
    if not floating:
        words = [str(value) for value in values]
        width = max(map(len, words), default=1)
        return [word.rjust(width) for word in words], width
    counted = [value for value in values if value and -inf < value < inf]
    if not counted:
        # As PyTorch has it: nothing is aligned where there is no number but zero.
        return [f"{value:.0f}." if isfinite(value) else f"{value}" for value in values], 1
    notation = Notation(counted, all(value.is_integer() for value in counted))
    return notation.words(values), notation.width


def complex_column(values: Sequence[complex]) -> tuple[list[str], int]:
    """PyTorch's spelling of complex values: a column of real and one of imaginary parts.

    >>> complex_column([1.5 + 2j, -2.25 - 1j])
    ([' 1.5000+2.j', '-2.2500-1.j'], 11)
    """
    reals, real_width = column([value.real for value in values], True)
    imags, imag_width = column([value.imag for value in values], True)
    return joined(reals, imags), real_width + imag_width + 1


def joined(reals: Sequence[str], imags: Sequence[str]) -> list[str]:
    """Complex numbers of the words for their parts.

    >>> joined([" 1.", "-2."], [" 2.", "-1."])
    [' 1.+2.j', '-2.-1.j']
    """
    words = []
    for real, imag in zip(reals, imags):
        imag = imag.lstrip()
        words.append(f"{real}{imag}j" if imag[0] in "+-" else f"{real}+{imag}j")
    return words


def integer(value: int) -> str:
    """All the digits of an integer; ValueProblem where there are more than Python may write."""
    try:
        return str(value)
    except ValueError:
        digits = int(value.bit_length() * 0.30103) + 1
        raise ValueProblem(
            f"an integer of about {digits:,} digits is too long to print",
            hint="print part of it, for example x % 10**50, or its size with log10(x)",
        ) from None


def fixed(value: float, precision: int) -> str:
    """A number with so many digits after the point, or of a power of ten where they would be
    nothing but zeros or, above 1e16, not known.

    >>> fixed(3.14159, 2), fixed(0.00012345, 2), fixed(float("nan"), 2)
    ('3.14', '1.23e-04', 'nan')
    """
    if value and isfinite(value) and not 10.0**-precision <= abs(value) < 1e16:
        return f"{value:.{precision}e}"
    return f"{value:.{precision}f}"


def scalar(value: complex, precision: int | None = None) -> str:
    """A plain number as Python writes it, or with `precision` digits after the point.

    >>> scalar(0.1), scalar(True), scalar(1 / 3, 3), scalar(1 - 2j)
    ('0.1', 'True', '0.333', '(1-2j)')
    """
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return integer(value)
    if precision is None:
        return repr(value)
    if isinstance(value, complex):
        real, imag = fixed(value.real, precision), fixed(value.imag, precision)
        return f"({real}{'' if imag[0] in '+-' else '+'}{imag}j)"
    return fixed(value, precision)


def words(array: np.ndarray, precision: int | None = None) -> list[str]:
    """Every element as `scalar` writes it, in row-major order; floats with the fewest digits that
    give the same value back in the array's own dtype.
    """
    from tcalc.runtime.types.codes import COMPLEXES, EXACT  # which plain numbers do without

    char = array.dtype.char
    flat = array.reshape(-1)
    if char in EXACT:
        return list(map(str, flat.tolist()))
    if precision is not None:
        plain = flat if char in COMPLEXES else flat.astype("float64")
        return [scalar(value, precision) for value in plain.tolist()]
    if char not in COMPLEXES:
        return list(map(repr, shortest(flat).tolist()))
    if flat.dtype.itemsize == 8:
        parts = shortest(flat.view("float32") if flat.flags.c_contiguous else _parts(flat))
        flat = parts.view("complex128")
    return list(map(repr, flat.tolist()))


def _parts(flat: np.ndarray) -> np.ndarray:
    return flat.copy().view("float32")


def shortest(array: np.ndarray) -> np.ndarray:
    """Doubles whose shortest decimal spelling is the shortest that gives the same float back.

    array: (n,), any floating dtype → (n,) float64. float32's 0.1 is the double 0.10000000149011612;
    the result is 0.1, which rounds to the same float32 and which Python spells with one digit.
    """
    import numpy as np

    result = array.astype(np.float64)
    if array.dtype == np.float64:
        return result
    powers = np.array([float(f"1e{power}") for power in range(60)])
    # How many decimal digits survive the way through the type, how many always tell its values
    # apart, and the power of ten at which numbers begin to have fewer bits.
    from tcalc.runtime.types.dtypes import of

    t = of(array.dtype)
    fewest, most, tiny = floor(-log10(t.eps)), ceil(1 + t.digits * log10(2)), floor(log10(t.tiny))
    open_ = np.flatnonzero(np.isfinite(result) & (result != 0))
    with np.errstate(all="ignore"):
        exponents = np.floor(np.log10(np.abs(result[open_]))).astype(np.int64)
        # Fewer digits than survive need no try of their own: their zeros are not spelled.
        if open_.size and exponents.min() <= tiny:
            fewest = 1
        for digits in range(fewest, most + 1):
            shift = digits - 1 - exponents
            power, values = powers[np.abs(shift)], result[open_]
            scaled = np.rint(np.where(shift >= 0, values * power, values / power))
            tried = np.where(shift >= 0, scaled / power, scaled * power)
            good = tried.astype(array.dtype) == array[open_]
            # An exact power makes the double next to the decimal; past those, Python's reader does.
            far = good & (np.abs(shift) > _LARGEST_EXACT_POWER)
            pairs = zip(scaled[far].tolist(), shift[far].tolist())
            tried[far] = [float(f"{number:.0f}e{-places}") for number, places in pairs]
            result[open_[good]] = tried[good]
            open_, exponents = open_[~good], exponents[~good]
        # Left over where the logarithm was rounded up to the next power of ten.
        result[open_] = [float(f"{value:.{most - 1}e}") for value in result[open_].tolist()]
    return result


def rows(
    array: np.ndarray, separator: str, spell: Callable[[np.ndarray], list[str]]
) -> Iterator[str]:
    """The rows of an array, (*, n) with at least one dimension, each joined by the separator.

    Spelled a block at a time: a list of all the words would take many times the array's memory.
    """
    width = array.shape[-1]
    if not array.size:
        yield from ("" for _ in range(prod(array.shape[:-1]) if width == 0 else 0))
        return
    matrix = array.reshape(-1, width)
    if width > _BLOCK:
        for row in matrix:
            blocks = (row[start : start + _BLOCK] for start in range(0, width, _BLOCK))
            yield separator.join(separator.join(spell(block)) for block in blocks)
        return
    step = _BLOCK // width
    for start in range(0, len(matrix), step):
        block = spell(matrix[start : start + step])
        for at in range(0, len(block), width):
            yield separator.join(block[at : at + width])
