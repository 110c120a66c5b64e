"""Which PyTorch's names and numbers programs find here."""

from __future__ import annotations

from tcalc.runtime.base.registry import export
from tcalc.runtime.base.setting import Setting

VERSION = "2.13.0"

export("torch.__version__", "torch.version.__version__", value=VERSION)
export("torch.version.debug", value=Setting(lambda: False))
# What PyTorch may be built with beside the CPU.
for _name in ("cuda", "hip", "xpu"):
    export(f"torch.version.{_name}", value=Setting(lambda: None))
