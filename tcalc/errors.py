"""The errors tcalc raises itself, each also of the class that PyTorch or Python raises there.

    TcalcError
    ├── ParseError         (SyntaxError)          text that is not a program
    ├── ShapeError         (RuntimeError)         sizes that do not fit each other
    ├── DimError           (IndexError)           a dimension or an index out of range
    ├── DtypeError         (NotImplementedError)  an operation that a dtype does not have
    │   └── UnsupportedDtype (NotImplementedError)  the same, where PyTorch has no kernel for it
    ├── LayoutError      (NotImplementedError)  an operation that sparse tensors do not have
    ├── NotDefined         (NotImplementedError)  what a class leaves to those derived from it
    ├── DeviceError        (RuntimeError)         two devices in one op, or one not present
    │   └── NoCudaError    (AssertionError)       CUDA asked for where there is none
    ├── AutogradError      (RuntimeError)         gradients that cannot be had
    ├── StateError         (RuntimeError)         anything else PyTorch refuses with RuntimeError
    │   ├── LooksInside                         values asked of a tensor that stands for many
    │   └── SingularError                       a matrix with no inverse or no such factors
    ├── ArgumentError      (TypeError)            wrong kind or number of arguments
    ├── ValueProblem       (ValueError)           a value outside what is allowed
    ├── AssertionProblem   (AssertionError)       the same, where PyTorch asserts that it is within
    ├── KeyProblem         (KeyError)             a name that is not there, or not allowed
    ├── AccessError        (AttributeError)       an attribute a type does not show
    ├── ModuleError        (ModuleNotFoundError)  an import of what tcalc does not have
    ├── FileProblem        (OSError)              a file that cannot be read, written or reached
    │   ├── MissingFile    (FileNotFoundError)    one that is not there
    │   ├── ExistingFile   (FileExistsError)      one that is there already
    │   ├── ClosedFile     (PermissionError)      one that programs may not touch
    │   └── NetworkProblem (OSError)              what cannot be fetched, or may not be
    └── LimitError         (MemoryError)          more memory than is allowed

Errors carry data; `diagnostics` turns them into text. `operands` names the values that take part
by parameter, so that shapes, dtypes and devices can be shown under the expressions they came from.
"""

from __future__ import annotations

from errno import EACCES, EEXIST, ENOENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType
    from typing import Any

    from tcalc.source import Source, Span

Operands = tuple[tuple[str, object], ...]


# An address has at least as many digits wherever memory is.
_DIGITS = 6


def without_addresses(text: str) -> str:
    """The text without the addresses that Python's own reprs end in.

    >>> without_addresses("<function f at 0x7f5ac31b04a0> looks at 0x10")
    '<function f> looks at 0x10'
    """
    first, *rest = text.split(" at 0x")
    made = [first]
    for part in rest:
        after = part.lstrip("0123456789abcdefABCDEF")
        made.append(after if len(part) - len(after) >= _DIGITS else " at 0x" + part)
    return "".join(made)


class TcalcError(Exception):
    """The base of every error that tcalc raises itself.

    message: what was found and what was expected, in PyTorch's words where programs match on them.
    hint: a next step that was checked, or None.
    operands: (parameter, value) pairs, or () for all the operands of the failing call.
    argument: the parameter that is at fault, or None.
    instead: the name of an op that takes the same arguments and may do what was meant.
    clash: of shapes that take part, in the order of the operands, the axis whose size is at fault.
    """

    # What programs may read of an error that they caught.
    _public_ = frozenset({"hint", "message"})

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        operands: Operands = (),
        argument: str | None = None,
        clash: tuple[tuple[Sequence[int], int], ...] = (),
        instead: str | None = None,
    ) -> None:
        # A program that caught an error may make others of its class, of anything at all.
        message = without_addresses(message if type(message) is str else str(message))
        super().__init__(message)
        self.message = message
        self.hint = None if hint is None else without_addresses(str(hint))
        self.operands = operands if type(operands) is tuple else ()
        self.argument = argument if type(argument) is str else None
        self.instead = instead if type(instead) is str else None
        self.clash = clash if type(clash) is tuple else ()
        # Set where the place is known to the raiser (the parser, backward), else by diagnostics.
        self.source: Source | None = None
        self.span: Span | None = None

    def __str__(self) -> str:
        return self.message


class ParseError(TcalcError, SyntaxError):
    """Text that is not a program; `incomplete` when more text could make it one.

    binds: the names that the top-level statement it is in would have bound.
    """

    binds: Sequence[str] = ()

    def __init__(
        self,
        message: str,
        source: Source,
        span: Span,
        *,
        hint: str | None = None,
        incomplete: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.source = source
        self.span = span
        self.incomplete = incomplete


class ShapeError(TcalcError, RuntimeError):
    """Sizes that do not fit each other."""


class DimError(TcalcError, IndexError):
    """A dimension or an index out of range."""


class DtypeError(TcalcError, NotImplementedError):
    """An operation that a dtype does not have."""


class UnsupportedDtype(DtypeError, NotImplementedError):
    """An operation for whose dtype PyTorch has no kernel."""


class LayoutError(TcalcError, NotImplementedError):
    """An operation that a layout of tensors does not have; kind: what PyTorch calls the layout's
    backend, where the message names it."""

    kind = ""

    @classmethod
    def of(cls, name: str, kind: str) -> LayoutError:
        """The error that an op takes no tensors of a kind."""
        what = f"'aten::{name}'" if name else "this"
        error = cls(
            f"Could not run {what} with arguments from the '{kind}' backend: it takes no "
            "sparse tensors",
            hint="x.to_dense() has all the elements of x",
        )
        error.kind = kind
        return error


class DeviceError(TcalcError, RuntimeError):
    """Two devices in one op, or a device that is not present."""


class NoCudaError(DeviceError, AssertionError):
    """CUDA asked for where there is none."""


class NotDefined(TcalcError, NotImplementedError):
    """What a class leaves to those derived from it."""


class AutogradError(TcalcError, RuntimeError):
    """Gradients that cannot be had.

    place: the code and instruction that ran the op at fault. memory, saved_as: of a saved value that
    was written to since, its storage, and the op's parameter that it was given as (`out`: its own
    result). freed: whether the graph was let go of by an earlier pass. cut: whether there is none.
    anomaly: of a gradient that is nan, which element and what it came of.
    """

    anomaly: Any = None
    cut = False
    freed = False
    place: tuple[CodeType, int] | None = None
    memory: object = None
    saved_as = ""


class StateError(TcalcError, RuntimeError):
    """Anything else that PyTorch refuses with a RuntimeError."""


class LooksInside(StateError):
    """The values of a tensor that stands for many at once, which no single number tells."""


class SingularError(StateError):
    """A matrix without what was asked for: an inverse, a factorization."""


class ArgumentError(TcalcError, TypeError):
    """The wrong kind or number of arguments."""


class ValueProblem(TcalcError, ValueError):
    """A value outside what is allowed."""


class AssertionProblem(TcalcError, AssertionError):
    """A value outside what PyTorch asserts that it is within."""


class OverflowProblem(TcalcError, OverflowError):
    """A number beyond what any of PyTorch's holds."""


class KeyProblem(TcalcError, KeyError):
    """A name that is not there, or that is not allowed."""


class AccessError(TcalcError, AttributeError):
    """An attribute that a type does not show."""


class ModuleError(TcalcError, ModuleNotFoundError):
    """An import of a module that tcalc does not have."""


class FileProblem(TcalcError, OSError):
    """A file that cannot be read, written or reached."""


class MissingFile(FileProblem, FileNotFoundError):
    """A file or folder that is not there."""

    errno = ENOENT


class ExistingFile(FileProblem, FileExistsError):
    """A file or folder that is there already."""

    errno = EEXIST


class ClosedFile(FileProblem, PermissionError):
    """A file or folder that programs may not touch."""

    errno = EACCES


class NetworkProblem(FileProblem):
    """Something that cannot be fetched from the network, or may not be."""


class LimitError(TcalcError, MemoryError):
    """More memory than is allowed."""


for _kind in [kind for kind in globals().values() if isinstance(kind, type)]:
    if issubclass(_kind, TcalcError):
        _kind.__module__ = "builtins"  # that is where programs know them from

# What the dynamic loader says where the system gives it no memory or no file.
_NOT_LOADED = ("failed to map segment", "annot allocate memory", "Too many open files")


def shortage(error: BaseException) -> str | None:
    """What the system gave too little of, where that is what an error of Python's came from.

    >>> shortage(OSError(24, "Too many open files")), shortage(OSError(2, "No such file"))
    ('Too many open files', None)
    """
    from errno import EAGAIN, EMFILE, ENFILE, ENOMEM

    reason: str | None = None
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in (EAGAIN, EMFILE, ENFILE, ENOMEM):
            reason = seen.strerror
        elif isinstance(seen, ImportError) and any(words in str(seen) for words in _NOT_LOADED):
            reason = str(seen)
        elif type(seen) is MemoryError:
            reason = "Cannot allocate memory"
        seen = seen.__cause__ or seen.__context__  # the first of them says it most plainly
    return reason
