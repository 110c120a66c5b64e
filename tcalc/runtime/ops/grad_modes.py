"""Whether ops record what they do, and whether a pass back looks for nan: set and asked."""

from __future__ import annotations

from tcalc.runtime.autograd import grad_mode
from tcalc.runtime.base.modes import effect, mode
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite

for _name in ("no_grad", "enable_grad", "set_grad_enabled", "inference_mode"):
    export(f"torch.{_name}", f"torch.autograd.grad_mode.{_name}", f"torch.autograd.{_name}",
           value=getattr(grad_mode, _name), home="torch.autograd.grad_mode")  # fmt: skip
for _name in ("detect_anomaly", "set_detect_anomaly"):
    export(f"torch.autograd.{_name}", f"torch.autograd.anomaly_mode.{_name}",
           value=getattr(grad_mode, _name), home="torch.autograd.anomaly_mode")  # fmt: skip

SETS = {"samples": "reads or changes the session's settings"}


@composite(names=("torch.is_grad_enabled",), exempt=SETS)
def is_grad_enabled() -> bool:
    """Whether ops record what they do.

    >>> is_grad_enabled()
    True
    """
    return mode.enabled


@composite(names=("torch.is_inference_mode_enabled",), exempt=SETS)
def is_inference_mode_enabled() -> bool:
    """Whether this is inside `inference_mode`.

    >>> torch.is_inference_mode_enabled()
    False
    """
    return mode.inference


@composite(names=("torch.is_anomaly_enabled",), exempt=SETS)
def is_anomaly_enabled() -> bool:
    """Whether a pass back looks for anomalies.

    >>> torch.is_anomaly_enabled()
    False
    """
    effect("is_anomaly_enabled")
    return mode.anomaly


@composite(names=("torch.is_anomaly_check_nan_enabled",), exempt=SETS)
def is_anomaly_check_nan_enabled() -> bool:
    """Whether nan is one where it does.

    >>> torch.is_anomaly_check_nan_enabled()
    True
    """
    effect("is_anomaly_check_nan_enabled")
    return mode.checks_nan


@composite(names=("torch.set_anomaly_enabled",), exempt=SETS)
def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Turn that on or off."""
    effect("set_anomaly_enabled")
    grad_mode.set_anomaly(mode, check_nan)
