"""autocast: inside, products run in a dtype of few digits, and what needs more in float32.

Which op does what is said where it is defined (`Op.autocast`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.runtime.arrays import cuda
from tcalc.runtime.base.modes import casting, effect, mode
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.casting import cast
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.dtypes import bfloat16, float16

if TYPE_CHECKING:
    from collections.abc import Callable

# By kind of device, the dtype where none is given. Of the last two there are no tensors here.
_FAST = {"cpu": bfloat16, "cuda": float16, "mps": float16, "xpu": float16}


def _kind(name: object, what: str = "device_type") -> str:
    if type(name) is not str:
        raise ValueProblem(f"Expected `{what}` of type `str`, got: `{type(name)}`", argument=what)
    kind = name.partition(":")[0]
    if kind not in _FAST:
        raise StateError(
            f"Expected one of {', '.join(_FAST)} device type at start of device string: {name}",
            argument=what,
        )
    return kind


@export("torch.autocast", "torch.amp.autocast", "torch.amp.autocast_mode.autocast",
        home="torch.amp.autocast_mode")  # fmt: skip
class autocast:
    """Inside `with`, or in a function that it decorates, products and convolutions run in `dtype`.

    device_type: whose tensors. dtype: bfloat16 (by default on the CPU) or float16. Losses,
    factorizations and the like run in float32; every other op in the dtype of its operands.
    enabled=False turns it off again. Call `backward` outside.

    >>> with torch.autocast("cpu"):
    ...     y = ones(2, 2) @ ones(2, 2)
    >>> y.dtype
    torch.bfloat16
    """

    __slots__ = ("_before", "_enabled", "device", "fast_dtype")
    _public_ = frozenset({"device", "fast_dtype"})
    device: str
    fast_dtype: dtypes.dtype

    def __init__(
        self, device_type: str, dtype: dtypes.dtype | None = None, enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:  # fmt: skip
        kind = _kind(device_type)
        if dtype is not None and type(dtype) is not dtypes.dtype:
            raise ArgumentError(f"dtype must be torch.dtype, not {type(dtype).__name__}")
        fast = _FAST[kind] if dtype is None else dtype
        enabled = bool(enabled)
        if enabled and kind == "cuda" and not cuda.count():
            warn("CUDA is not available or torch_xla is imported. Disabling autocast.")
            enabled = False
        if enabled and fast not in (bfloat16, float16):
            warn(
                f"In {kind.upper()} autocast, but the target dtype is not supported. Disabling "
                f"autocast.\n{kind.upper()} Autocast only supports dtypes of torch.bfloat16, "
                "torch.float16 currently."
            )
            enabled = False
        self.device = kind
        self.fast_dtype = fast
        self._enabled = enabled
        self._before: list[Any] = []

    def __enter__(self) -> None:
        effect("autocast")
        before = mode.autocast
        kinds = dict(before or ())
        if self._enabled:
            kinds[self.device] = self.fast_dtype
        else:
            kinds.pop(self.device, None)
        self._before.append(before)
        mode.autocast = kinds or None
        casting.add(1)

    def __exit__(self, *error: object) -> None:
        mode.autocast = self._before.pop()
        casting.add(-1)

    def __call__(self, func: Callable[..., object]) -> Callable[..., object]:
        if not callable(func):
            raise ArgumentError(f"expected a function to decorate, not {type(func).__name__}")

        def decorated(*args: object, **kwargs: object) -> object:
            with self:
                return func(*args, **kwargs)

        name = getattr(func, "__name__", None)
        decorated.__name__ = decorated.__qualname__ = name if type(name) is str else "decorated"
        return decorated


class _OfDevice(autocast):
    """autocast for one kind of device, by PyTorch's older names."""

    __slots__ = ()
    _kind: str

    def __init__(
        self, enabled: bool = True, dtype: dtypes.dtype | None = None, cache_enabled: bool = True
    ) -> None:
        warn(
            f"`torch.{self._kind}.amp.autocast(args...)` is deprecated. Please use "
            f"`torch.amp.autocast('{self._kind}', args...)` instead.",
            FutureWarning,
        )
        super().__init__(self._kind, dtype, enabled, cache_enabled)


for _name in ("cpu", "cuda"):
    export(f"torch.{_name}.amp.autocast", f"torch.{_name}.amp.autocast_mode.autocast",
           value=type("autocast", (_OfDevice,), {"_kind": _name, "__doc__": _OfDevice.__doc__,
                                                 "__slots__": ()}),
           home=f"torch.{_name}.amp.autocast_mode")  # fmt: skip


# -- what is asked --------------------------------------------------------------------------------


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether this is inside `autocast` for a kind of device."""
    effect("is_autocast_enabled")
    return mode.autocast is not None and _kind(device_type) in mode.autocast


def get_autocast_dtype(device_type: str) -> dtypes.dtype:
    """The dtype that products run in inside `autocast` for a kind of device."""
    effect("get_autocast_dtype")
    kind = _kind(device_type)
    found: dtypes.dtype = (mode.autocast or {}).get(kind, _FAST[kind])
    return found


def get_autocast_cpu_dtype() -> dtypes.dtype:
    """The dtype that products run in inside `autocast` for the CPU."""
    return get_autocast_dtype("cpu")


def get_autocast_gpu_dtype() -> dtypes.dtype:
    """The same for a GPU."""
    return get_autocast_dtype("cuda")


def is_autocast_cpu_enabled() -> bool:
    """Whether this is inside `autocast` for the CPU."""
    return is_autocast_enabled("cpu")


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` knows a kind of device."""
    return bool(_kind(device_type))


def is_autocast_cache_enabled() -> bool:
    """Whether PyTorch would keep what it casts: accepted, each call casts for itself."""
    return True


for _function in (
    is_autocast_enabled, get_autocast_dtype, is_autocast_cpu_enabled, is_autocast_cache_enabled,
):  # fmt: skip
    export(f"torch.{_function.__name__}", value=_function)
export("torch.get_autocast_cpu_dtype", value=get_autocast_cpu_dtype)
export("torch.get_autocast_gpu_dtype", value=get_autocast_gpu_dtype)
export("torch.amp.is_autocast_available", value=is_autocast_available)


# -- functions with a gradient of their own -------------------------------------------------------


def custom_fwd(
    fwd: Callable[..., object] | None = None,
    *,
    device_type: str,
    cast_inputs: dtypes.dtype | None = None,
) -> Callable[..., object]:
    """Decorate the `forward` of an autograd Function that is called inside `autocast`.

    cast_inputs: a dtype that its floating tensors are cast to there, and then it runs outside.
    """
    kind = _kind(device_type)
    if fwd is None:
        return lambda fwd: custom_fwd(fwd, device_type=device_type, cast_inputs=cast_inputs)

    def forward(ctx: Any, *args: object, **kwargs: object) -> object:
        enabled = is_autocast_enabled(kind)
        ctx._dtype = get_autocast_dtype(kind)
        ctx._fwd_used_autocast = enabled and cast_inputs is None
        if cast_inputs is None or not enabled:
            return fwd(ctx, *args, **kwargs)
        kinds = {kind: cast_inputs}
        with autocast(kind, enabled=False):
            return fwd(
                ctx, *[cast(a, kinds, True) for a in args],
                **{name: cast(a, kinds, True) for name, a in kwargs.items()},
            )  # fmt: skip

    return forward


def custom_bwd(
    bwd: Callable[..., object] | None = None, *, device_type: str
) -> Callable[..., object]:
    """Decorate the `backward` of such a Function: it runs as `forward` did."""
    kind = _kind(device_type)
    if bwd is None:
        return lambda bwd: custom_bwd(bwd, device_type=device_type)

    def backward(ctx: Any, *args: object, **kwargs: object) -> object:
        with autocast(kind, ctx._dtype, ctx._fwd_used_autocast):
            return bwd(ctx, *args, **kwargs)

    return backward


export("torch.amp.custom_fwd", value=custom_fwd)
export("torch.amp.custom_bwd", value=custom_bwd)


def cuda_custom_fwd(
    fwd: Callable[..., object] | None = None, *, cast_inputs: dtypes.dtype | None = None
) -> Callable[..., object]:
    """The same for a GPU."""
    return custom_fwd(fwd, device_type="cuda", cast_inputs=cast_inputs)


def cuda_custom_bwd(bwd: Callable[..., object] | None = None) -> Callable[..., object]:
    """The same for a GPU."""
    return custom_bwd(bwd, device_type="cuda")


cuda_custom_fwd.__name__ = cuda_custom_fwd.__qualname__ = "custom_fwd"
cuda_custom_bwd.__name__ = cuda_custom_bwd.__qualname__ = "custom_bwd"
export("torch.cuda.amp.custom_fwd", value=cuda_custom_fwd)
export("torch.cuda.amp.custom_bwd", value=cuda_custom_bwd)
