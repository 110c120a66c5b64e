"""GradScaler: losses scaled up, so that small gradients of few digits are not lost, and back."""

from __future__ import annotations

from typing import Any

from tcalc.errors import AccessError, ArgumentError, StateError, TcalcError, ValueProblem
from tcalc.library.optim.optimizer import Optimizer
from tcalc.runtime.arrays import cuda
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.dtypes import float16

# What was done with an optimizer since the last update.
_READY, _UNSCALED, _STEPPED = range(3)


class ScalerError(TcalcError, AssertionError):
    """A step or an update of a scaler before there are gradients."""


@export(
    "torch.amp.GradScaler",
    "torch.GradScaler",
    "torch.amp.grad_scaler.GradScaler",
    home="torch.amp.grad_scaler",
)
class GradScaler:
    """Scales losses, unscales gradients before a step, and skips steps whose gradients are not finite.

    The scale shrinks by backoff_factor after such a step, and grows by growth_factor after
    growth_interval steps without one.

        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    device: the kind whose gradients it is for; "cuda" without a GPU disables it, and then it does
    nothing.

    >>> scaler = torch.amp.GradScaler("cpu", init_scale=8.)
    >>> scaler.scale(tensor(2.))
    tensor(16.)
    """

    _public_ = frozenset(
        {"get_backoff_factor", "get_growth_factor", "get_growth_interval", "get_scale",
         "is_enabled", "load_state_dict", "scale", "set_backoff_factor", "set_growth_factor",
         "set_growth_interval", "state_dict", "step", "unscale_", "update"}
    )  # fmt: skip

    def __init__(
        self, device: str = "cuda", init_scale: float = 2.0**16, growth_factor: float = 2.0,
        backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        self._enabled = bool(enabled)
        if self._enabled and device == "cuda" and not cuda.count():
            warn("torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.")
            self._enabled = False
        self._scale = _number("init_scale", init_scale)
        self._growth_factor = _number("growth_factor", growth_factor)
        self._backoff_factor = _number("backoff_factor", backoff_factor)
        self._growth_interval = int(_number("growth_interval", growth_interval))
        if self._enabled and self._growth_factor <= 1.0:
            raise ScalerError("The growth factor must be > 1.0.")
        if self._enabled and self._backoff_factor >= 1.0:
            raise ScalerError("The backoff factor must be < 1.0.")
        self._tracker = 0
        self._used = False
        # By optimizer, what was done with it, and whether its gradients were finite (None: it had none).
        self._stages: dict[int, tuple[Any, int, bool | None]] = {}

    def scale(self, outputs: object) -> Any:
        """A tensor, or the tensors of a list or tuple, times the scale."""
        if not self._enabled:
            return outputs
        effect("scale")
        self._used = True
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if isinstance(outputs, (list, tuple)):
            return type(outputs)([self.scale(o) for o in outputs])
        raise ValueProblem("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer: object) -> None:
        """Divide the gradients of an optimizer's parameters by the scale; `step` does it if need be."""
        if not self._enabled:
            return
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(
                f"unscale_() takes an optimizer, not {type(optimizer).__name__}",
                argument="optimizer",
            )
        effect("unscale_")
        stage = self._stage(optimizer)
        self._check_used("unscale_")
        if stage == _UNSCALED:
            raise StateError(
                "unscale_() has already been called on this optimizer since the last update()."
            )
        if stage == _STEPPED:
            raise StateError("unscale_() is being called after step().")
        found = self._unscaled(optimizer)
        self._stages[id(optimizer)] = (optimizer, _UNSCALED, found)

    def _check_used(self, what: str) -> None:
        if not self._used:
            raise ScalerError(
                f"Attempted {what} but _scale is None.  This may indicate your script did not use "
                "scaler.scale(loss or outputs) earlier in the iteration."
            )

    def _unscaled(self, optimizer: Optimizer) -> bool | None:
        """Divide the gradients; whether all were finite."""
        finite: bool | None = None
        with no_grad():
            for group in optimizer._groups():
                for p in group["params"]:
                    g = p.grad
                    if g is None:
                        continue
                    if g.dtype is float16:
                        raise ValueProblem("Attempting to unscale FP16 gradients.")
                    finite = finite is not False and bool(g.isfinite().all())
                    g.mul_(1.0 / self._scale)
        return finite

    def _stage(self, optimizer: object) -> int:
        found = self._stages.get(id(optimizer))
        return _READY if found is None else found[1]

    def step(self, optimizer: Any, *args: object, **kwargs: object) -> object:
        """Unscale the gradients unless that was done, and let the optimizer step if all are finite."""
        if not callable(getattr(optimizer, "step", None)):
            raise AccessError(f"'{type(optimizer).__name__}' object has no attribute 'step'")
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        effect("step")
        if "closure" in kwargs:
            raise StateError("Closure use is not currently supported if GradScaler is enabled.")
        if self._stage(optimizer) == _STEPPED:
            raise StateError("step() has already been called since the last update().")
        if self._stage(optimizer) == _READY:
            self.unscale_(optimizer)
        _, _, finite = self._stages[id(optimizer)]
        if finite is None:
            raise ScalerError("No inf checks were recorded for this optimizer.")
        result = optimizer.step(*args, **kwargs) if finite else None
        self._stages[id(optimizer)] = (optimizer, _STEPPED, finite)
        return result

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Grow or shrink the scale after steps, or set it."""
        if not self._enabled:
            return
        effect("update")
        self._check_used("update")
        if new_scale is not None:
            given = new_scale.item() if isinstance(new_scale, Tensor) else new_scale
            self._scale = _number("new_scale", given)
        else:
            self._adapt([finite for _, _, finite in self._stages.values() if finite is not None])
        self._stages.clear()

    def _adapt(self, finite: list[bool]) -> None:
        """Grow or shrink the scale by whether the gradients of each optimizer were finite."""
        if not finite:
            raise ScalerError("No inf checks were recorded prior to update.")
        if not all(finite):
            self._scale *= self._backoff_factor
            self._tracker = 0
            return
        self._tracker += 1
        if self._tracker == self._growth_interval:
            self._scale *= self._growth_factor
            self._tracker = 0

    # -- settings -----------------------------------------------------------------------------

    def get_scale(self) -> float:
        """The scale, 1.0 where it is disabled."""
        effect("get_scale")
        return self._scale if self._enabled else 1.0

    def is_enabled(self) -> bool:
        """Whether it does anything."""
        return self._enabled

    def get_growth_factor(self) -> float:
        """By what the scale grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set by what the scale grows."""
        self._growth_factor = _number("new_factor", new_factor)

    def get_backoff_factor(self) -> float:
        """By what the scale shrinks."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set by what the scale shrinks."""
        self._backoff_factor = _number("new_factor", new_factor)

    def get_growth_interval(self) -> int:
        """After how many good steps the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set after how many good steps the scale grows."""
        self._growth_interval = int(_number("new_interval", new_interval))

    def state_dict(self) -> dict[str, float]:
        """The scale and its settings by name; nothing where it is disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(), "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor, "growth_interval": self._growth_interval,
            "_growth_tracker": self._tracker,
        }  # fmt: skip

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Take what `state_dict` gave."""
        if not self._enabled:
            return
        if not state_dict:
            raise StateError(
                "The source state dict is empty, possibly because it was saved from a disabled "
                "instance of GradScaler."
            )
        own = self.state_dict()
        given = {name: _number(name, state_dict[name]) for name in own}
        self._scale = given["scale"]
        self._growth_factor = given["growth_factor"]
        self._backoff_factor = given["backoff_factor"]
        self._growth_interval = int(given["growth_interval"])
        self._tracker = int(given["_growth_tracker"])


def _number(name: str, value: Any) -> float:
    if type(value) not in (int, float):
        raise ArgumentError(f"{name} must be a number, not {type(value).__name__}", argument=name)
    return float(value)


class _OfDevice(GradScaler):
    """A scaler for one kind of device, by PyTorch's older names."""

    _kind: str

    def __init__(
        self, init_scale: float = 2.0**16, growth_factor: float = 2.0, backoff_factor: float = 0.5,
        growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        warn(
            f"`torch.{self._kind}.amp.GradScaler(args...)` is deprecated. Please use "
            f"`torch.amp.GradScaler('{self._kind}', args...)` instead.",
            FutureWarning,
        )
        super().__init__(
            self._kind, init_scale, growth_factor, backoff_factor, growth_interval, enabled
        )


for _kind in ("cpu", "cuda"):
    export(f"torch.{_kind}.amp.GradScaler", f"torch.{_kind}.amp.grad_scaler.GradScaler",
           value=type("GradScaler", (_OfDevice,), {"_kind": _kind, "__doc__": _OfDevice.__doc__}),
           home=f"torch.{_kind}.amp.grad_scaler")  # fmt: skip
