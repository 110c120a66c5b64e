#!/usr/bin/env python3
"""Write tcalc/language/torch_names.txt: what PyTorch's modules and its Tensor call theirs.

With `torchvision` or `PIL` as its argument it writes torchvision_names.txt or PIL_names.txt. Run it with a Python that has the
package; nothing else of tcalc needs that. A line is a module or a class and its public names. The file
is read where a program names something that tcalc does not have.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

LANGUAGE = Path(__file__).resolve().parent.parent / "tcalc" / "language"
# Modules whose names are told by their prefix alone (tcalc/language/absent.py), and what is internal.
WHOLE = (
    "torch.ao torch.classes torch.distributed torch.export torch.futures torch.fx torch.masked "
    "torch.monitor torch.multiprocessing torch.nested torch.onnx torch.ops torch.package "
    "torch.profiler torch.quantization torch.testing torch.utils.data.datapipes torch.contrib "
    "torch.utils.cpp_extension torch.utils.hipify torch.utils.tensorboard torch.utils.bundled_inputs "
    "torch.autograd.profiler torch.jit.mobile torch.nn.intrinsic torch.nn.qat torch.nn.quantizable "
    "torch.nn.quantized torch.mtia torch.xpu torch.library torch.headeronly "
    "torchvision.models.detection torchvision.models.optical_flow torchvision.models.quantization "
    "torchvision.models.segmentation torchvision.models.video"
).split()  # fmt: skip


# Modules that a package does not import by itself.
FURTHER = {
    "torch": ("torch.utils.checkpoint", "torch.utils.data"),
    "PIL": tuple(
        f"PIL.Image{name}" for name in ("", "Color", "Draw", "Enhance", "Filter", "Font", "Ops")
    ),
}


def public_modules(package: str) -> dict[str, ModuleType]:
    """The modules that can be reached from a package by public names."""
    found: dict[str, ModuleType] = {}
    waiting = [(package, import_module(package))]
    while waiting:
        name, module = waiting.pop()
        if name in found or name in WHOLE or name.count(".") > 2:
            continue
        found[name] = module
        for member in dir(module):
            below = getattr(module, member, None)
            full = f"{name}.{member}"
            own = isinstance(below, ModuleType) and getattr(below, "__name__", "") == full
            if own and not member.startswith("_"):
                waiting.append((full, below))
    return found


def is_own(package: str, value: Any, module: ModuleType, name: str) -> bool:
    """Whether a member is the package's own, and not what its module imports."""
    if name in getattr(module, "__all__", ()):
        return True
    if isinstance(value, ModuleType):
        return getattr(value, "__name__", "").startswith(package)
    home = getattr(value, "__module__", None)
    if home is None:
        return type(value).__module__.startswith(package) or type(value).__name__.startswith(
            "builtin"
        )
    return str(home).startswith((package, "builtins"))


def classes(package: str) -> list[type]:
    """The classes whose members are told, too."""
    if package == "PIL":
        return [import_module("PIL.Image").Image]
    if package != "torch":
        return []
    import torch

    return [torch.Tensor, torch.nn.Module, torch.optim.Optimizer]


def main() -> int:
    """Write the file."""
    warnings.simplefilter("ignore")
    package = sys.argv[1] if len(sys.argv) > 1 else "torch"
    for further in FURTHER.get(package, ()):
        import_module(further)
    lines = []
    for name, module in sorted(public_modules(package).items()):
        names = []
        for member in dir(module):
            if member.startswith("_"):
                continue
            try:
                value = getattr(module, member)
            except Exception:  # what cannot be had where there is no GPU is a name all the same
                names.append(member)
                continue
            if is_own(package, value, module, member):
                names.append(member)
        if names:
            lines.append(f"{name}: {' '.join(names)}")
    for kind in classes(package):
        names = [member for member in dir(kind) if not member.startswith("_")]
        lines.append(f"{kind.__module__}.{kind.__qualname__}: {' '.join(names)}")
    target = LANGUAGE / f"{package}_names.txt"
    target.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} modules and classes, {target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
