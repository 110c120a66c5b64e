"""Which torchvision's names and numbers programs find here."""

from __future__ import annotations

from tcalc.runtime.base.registry import export

export("torchvision.__version__", "torchvision.version.__version__", value="0.29.1")
