"""Which PyTorch's names and numbers programs find here."""

from __future__ import annotations

from tcalc.errors import ArgumentError
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.setting import Setting
from tcalc.runtime.objects.lists import List


@export("torch.torch_version.TorchVersion")
class TorchVersion(str):
    """The text of a version, which is compared part by part: "2.13.0" is above "2.2" and (2, 9).

    >>> torch.__version__ > "2.2", torch.__version__ >= (2, 0), torch.__version__ < "1.9"
    (True, True, False)
    """

    __slots__ = ()
    _public_ = frozenset(
        """count endswith find index isdigit lower lstrip partition removeprefix removesuffix
        replace rfind rindex rpartition rsplit rstrip split startswith strip upper""".split()
    )  # fmt: skip
    __hash__ = str.__hash__

    def __new__(cls, text: str) -> TorchVersion:
        """The version that a text spells."""
        if not isinstance(text, str):
            raise ArgumentError(f"a version is spelled by text, not by {type(text).__name__}")
        return str.__new__(cls, text)

    def split(self, sep: str | None = None, maxsplit: int = -1) -> List:  # type: ignore[override]  # lists are ours
        """The parts between separators."""
        return List(str.split(self, sep, maxsplit))

    def rsplit(self, sep: str | None = None, maxsplit: int = -1) -> List:  # type: ignore[override]  # lists are ours
        """The same from the right."""
        return List(str.rsplit(self, sep, maxsplit))

    def __eq__(self, other: object) -> bool:
        ours, theirs = _parts(self), _parts(other)
        return str.__eq__(self, other) if theirs is None or ours is None else ours == theirs

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: object) -> bool:
        return self._compared(other, "<") < 0

    def __le__(self, other: object) -> bool:
        return self._compared(other, "<=") <= 0

    def __gt__(self, other: object) -> bool:
        return self._compared(other, ">") > 0

    def __ge__(self, other: object) -> bool:
        return self._compared(other, ">=") >= 0

    def _compared(self, other: object, sign: str) -> int:
        """Below 0 where it is less than another version, 0 where it is the same."""
        ours, theirs = _parts(self), _parts(other)
        if ours is not None and theirs is not None:
            return (ours > theirs) - (ours < theirs)
        if not isinstance(other, str):
            raise TypeError(
                f"'{sign}' not supported between instances of 'TorchVersion' and "
                f"'{type(other).__name__}'"
            )
        text = str(self)
        return (text > other) - (text < other)


def _parts(version: object) -> tuple[int, ...] | None:
    """The numbers of a version without zeros at its end, or None where it is no such."""
    if isinstance(version, str):
        parts = str.split(str.partition(version, "+")[0], ".")
    elif isinstance(version, (tuple, list)):
        parts = [str(part) for part in version if type(part) in (int, str)]
    else:
        return None
    if not all(part.isascii() and part.isdigit() for part in parts):
        return None
    numbers = [int(part) for part in parts]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


VERSION = TorchVersion("2.13.0")

export("torch.__version__", "torch.version.__version__", value=VERSION)
export("torch.version.debug", value=Setting(lambda: False))
# What PyTorch may be built with beside the CPU.
for _name in ("cuda", "hip", "xpu"):
    export(f"torch.version.{_name}", value=Setting(lambda: None))
