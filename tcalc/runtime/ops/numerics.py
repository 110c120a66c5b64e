"""What a program may ask of the numbers: how exact products are, and that they are the same each time.

Both are so already: what is set is kept and told again.
"""

from __future__ import annotations

from tcalc.errors import StateError
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.op import Object
from tcalc.runtime.base.warning import warn, warnings
from tcalc.runtime.call.define import composite

# Why the registry's checks have no samples of what is here.
SETS = {"samples": "reads or changes the session's settings"}


class _Precision:
    """How exact PyTorch's GPUs are to be in products of float32; here they always are."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = "highest"


products = _Precision()
_PRECISIONS = ("highest", "high", "medium")


@composite(names=("torch.set_float32_matmul_precision",), exempt=SETS)
def set_float32_matmul_precision(precision: Object) -> None:
    """Accepted as PyTorch does; products of float32 are always as exact as "highest"."""
    effect("set_float32_matmul_precision")
    if type(precision) is not str:
        raise StateError(
            f"set_float32_matmul_precision expects a str, but got {type(precision).__name__}"
        )
    if precision in _PRECISIONS:
        products.value = precision
    else:
        warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; "
            "set_float32_matmul_precision has no effect"
        )


@composite(names=("torch.get_float32_matmul_precision",), exempt=SETS)
def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was given.

    >>> get_float32_matmul_precision()
    'highest'
    """
    effect("get_float32_matmul_precision")
    return products.value


class _Determinism:
    """What PyTorch does about an op whose result may vary: nothing (0), warn (1) or refuse (2)."""

    __slots__ = ("level",)

    def __init__(self) -> None:
        self.level = 0


_determinism = _Determinism()
_LEVELS = {"default": 0, "warn": 1, "error": 2}


@composite(names=("torch.use_deterministic_algorithms",), exempt=SETS)
def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted as PyTorch does; every op gives the same numbers each time anyway."""
    effect("use_deterministic_algorithms")
    _determinism.level = 0 if not mode else 1 if warn_only else 2


@composite(names=("torch.are_deterministic_algorithms_enabled",), exempt=SETS)
def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was called with True.

    >>> are_deterministic_algorithms_enabled()
    False
    """
    effect("are_deterministic_algorithms_enabled")
    return _determinism.level > 0


@composite(names=("torch.is_deterministic_algorithms_warn_only_enabled",), exempt=SETS)
def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether that was with `warn_only=True`.

    >>> is_deterministic_algorithms_warn_only_enabled()
    False
    """
    effect("is_deterministic_algorithms_warn_only_enabled")
    return _determinism.level == 1


@composite(names=("torch.set_deterministic_debug_mode",), exempt=SETS)
def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """The same by a number or a word: 0 "default", 1 "warn", 2 "error"."""
    effect("set_deterministic_debug_mode")
    if isinstance(debug_mode, str):
        if debug_mode not in _LEVELS:
            raise StateError(
                "invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got "
                f"{debug_mode}"
            )
        debug_mode = _LEVELS[debug_mode]
    if debug_mode not in _LEVELS.values():
        raise StateError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    _determinism.level = debug_mode


@composite(names=("torch.get_deterministic_debug_mode",), exempt=SETS)
def get_deterministic_debug_mode() -> int:
    """The number of `set_deterministic_debug_mode`.

    >>> get_deterministic_debug_mode()
    0
    """
    effect("get_deterministic_debug_mode")
    return _determinism.level


@composite(names=("torch.set_flush_denormal",), exempt=SETS)
def set_flush_denormal(mode: bool) -> bool:
    """Whether numbers too small for their full precision are made 0: never, so this gives False.

    >>> torch.set_flush_denormal(True)
    False
    """
    return False


@composite(names=("torch.set_warn_always",), exempt=SETS)
def set_warn_always(b: bool) -> None:
    """Whether a warning is made each time it is due, or once."""
    effect("set_warn_always")
    warnings.always = b


@composite(names=("torch.is_warn_always_enabled",), exempt=SETS)
def is_warn_always_enabled() -> bool:
    """Whether a warning is made each time it is due.

    >>> torch.is_warn_always_enabled()
    False
    """
    effect("is_warn_always_enabled")
    return warnings.always
