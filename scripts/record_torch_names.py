#!/usr/bin/env python3
"""Write tcalc/language/torch_names.txt: what PyTorch's modules and its Tensor call theirs.

Run it with a Python that has PyTorch; nothing else of tcalc needs that. A line is a module or a class
and its public names. The file is read where a program names something that tcalc does not have.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "tcalc" / "language" / "torch_names.txt"
# Modules whose names are told by their prefix alone (tcalc/language/absent.py), and what is internal.
WHOLE = (
    "torch.ao torch.classes torch.distributed torch.export torch.futures torch.fx torch.masked "
    "torch.monitor torch.multiprocessing torch.nested torch.onnx torch.ops torch.package "
    "torch.profiler torch.quantization torch.testing torch.utils.data.datapipes torch.contrib "
    "torch.utils.cpp_extension torch.utils.hipify torch.utils.tensorboard torch.utils.bundled_inputs "
    "torch.autograd.profiler torch.jit.mobile torch.nn.intrinsic torch.nn.qat torch.nn.quantizable "
    "torch.nn.quantized torch.mtia torch.xpu torch.library torch.headeronly"
).split()  # fmt: skip


def public_modules(torch: Any) -> dict[str, ModuleType]:
    """The modules that can be reached from torch by public names."""
    found: dict[str, ModuleType] = {}
    waiting = [("torch", torch)]
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


def is_torchs(value: Any, module: ModuleType, name: str) -> bool:
    """Whether a member is PyTorch's own, and not what its module imports."""
    if name in getattr(module, "__all__", ()):
        return True
    if isinstance(value, ModuleType):
        return getattr(value, "__name__", "").startswith("torch")
    home = getattr(value, "__module__", None)
    if home is None:
        return type(value).__module__.startswith("torch") or type(value).__name__.startswith(
            "builtin"
        )
    return str(home).startswith(("torch", "builtins"))


def main() -> int:
    """Write the file."""
    warnings.simplefilter("ignore")
    import torch
    import torch.utils.checkpoint
    import torch.utils.data

    lines = []
    for name, module in sorted(public_modules(torch).items()):
        names = []
        for member in dir(module):
            if member.startswith("_"):
                continue
            try:
                value = getattr(module, member)
            except Exception:  # what cannot be had where there is no GPU is a name all the same
                names.append(member)
                continue
            if is_torchs(value, module, member):
                names.append(member)
        if names:
            lines.append(f"{name}: {' '.join(names)}")
    for kind in (torch.Tensor, torch.nn.Module, torch.optim.Optimizer):
        names = [member for member in dir(kind) if not member.startswith("_")]
        lines.append(f"{kind.__module__}.{kind.__qualname__}: {' '.join(names)}")
    TARGET.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} modules and classes, {TARGET.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
