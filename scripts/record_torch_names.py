#!/usr/bin/env python3
"""Write tcalc/language/torch_names.txt: what PyTorch's modules and its classes call theirs.

With `torchvision`, `PIL` or `numpy` as its argument it writes that one's. Run it with a Python that has the
package; nothing else of tcalc needs that. A line is a module or a class and its public names: those
that it lists in `__all__`, or, where it lists none, those that it defines. The file is read where a
program names something that tcalc does not have, and for docs/coverage.md.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType

LANGUAGE = Path(__file__).resolve().parent.parent / "tcalc" / "language"
# Modules whose names are told by their prefix alone (tcalc/language/absent.py), and what is internal.
WHOLE = (
    "torch.ao torch.classes torch.distributed torch.export torch.fx torch.masked "
    "torch.monitor torch.multiprocessing torch.nested torch.onnx torch.ops torch.package "
    "torch.quantization torch.utils.data.datapipes torch.contrib "
    "torch.utils.cpp_extension torch.utils.hipify torch.utils.bundled_inputs "
    "torch.jit.mobile torch.nn.intrinsic torch.nn.qat torch.nn.quantizable torch.nn.quantized "
    "torch.nn.backends torch.utils.model_dump torch.utils.viz torch.utils.benchmark.utils "
    "torch.utils.benchmark.op_fuzzers torch.testing.asserts torch.autograd.profiler_legacy "
    "torch.autograd.profiler_util torch.jit.annotations torch.jit.frontend torch.jit.quantized "
    "torch.jit.supported_ops torch.jit.unsupported_tensor_ops torch.utils.serialization "
    "torch.mtia torch.xpu torch.library torch.headeronly torch.contrib torch.utils.jit "
    "numpy.core numpy.compat numpy.distutils numpy.f2py numpy.testing numpy.typing numpy.lib "
    "numpy.ma numpy.polynomial numpy.rec numpy.char numpy.strings numpy.ctypeslib numpy.dtypes "
    "numpy.exceptions numpy.emath numpy.random.bit_generator numpy.random.mtrand torch.utils.tensorboard "
    "torchvision.models.detection torchvision.models.optical_flow torchvision.models.quantization "
    "torchvision.models.segmentation torchvision.models.video"
).split()  # fmt: skip


# Modules that show what others define and do not list all of it, and where what they only use is from.
SHOWING = "torch torch.nn torch.nn.functional torch.linalg torch.jit torch.distributions".split()
HELPERS = ("torch.overrides", "torch.types", "torch._utils", "torch._jit_internal")
# Modules that a package does not import by itself.
FURTHER = {
    "torch": (
        "torch.utils.checkpoint", "torch.utils.data", "torch.utils.benchmark", "torch.profiler",
        "torch.nn.attention.bias", "torch.nn.utils.prune", "torch.nn.utils.parametrize",
        "torch.nn.utils.parametrizations", "torch.nn.utils.rnn", "torch.futures", "torch.testing",
        "torch.autograd.profiler", "torch.utils.data.distributed",
    ),
    "PIL": tuple(
        f"PIL.Image{name}" for name in ("", "Color", "Draw", "Enhance", "Filter", "Font", "Ops")
    ),
}  # fmt: skip


def public_modules(package: str) -> dict[str, ModuleType]:
    """The modules that can be reached from a package by public names."""
    found: dict[str, ModuleType] = {}
    waiting = [(package, import_module(package))]
    while waiting:
        name, module = waiting.pop()
        if name in found or name in WHOLE or name.count(".") > 3:
            continue
        found[name] = module
        for member in dir(module):
            below = getattr(module, member, None)
            full = f"{name}.{member}"
            own = isinstance(below, ModuleType) and getattr(below, "__name__", "") == full
            if own and not member.startswith("_"):
                waiting.append((full, below))
    return found


def names_of(module: ModuleType, modules: dict[str, ModuleType]) -> list[str]:
    """The public names of a module: those that it lists or defines, and modules in it."""
    home = module.__name__
    below = {n.rpartition(".")[2] for n in modules if n.rpartition(".")[0] == home}
    listed = {*getattr(module, "__all__", ())}
    if home in SHOWING or not listed:
        listed |= {name for name in dir(module) if _belongs(module, name)}
    return sorted({name for name in {*listed, *below} if not name.startswith("_")})


def _belongs(module: ModuleType, name: str) -> bool:
    """Whether a module has a name that is its own; one that shows others' has theirs too."""
    try:
        value = getattr(module, name)
    except Exception:  # what cannot be had where there is no GPU is a name all the same
        return True
    full = f"{module.__name__}.{name}"
    if isinstance(value, ModuleType):
        return full == value.__name__ and full in WHOLE
    home = str(getattr(value, "__module__", None) or "builtins")
    if module.__name__ not in SHOWING:
        return home == module.__name__
    shown = home.startswith(("torch", "builtins")) and not home.startswith(HELPERS)
    return (shown and name not in ("Tensor", "DType")) or module.__name__ == home == "torch"


# Classes whose members are told too, each as tcalc knows it. Of a module's, what Module has is left out.
CLASSES = {
    "numpy": "numpy.ndarray numpy.random.Generator numpy.random.RandomState",
    "torch": "torch.Tensor torch.Size torch.device torch.dtype torch.finfo torch.iinfo "
    "torch.Generator torch.nn.modules.module.Module torch.nn.modules.container.Sequential "
    "torch.nn.modules.container.ModuleList torch.nn.modules.container.ModuleDict "
    "torch.nn.modules.container.ParameterList torch.nn.modules.container.ParameterDict "
    "torch.optim.optimizer.Optimizer torch.optim.lr_scheduler.LRScheduler torch.distributions.distribution.Distribution "
    "torch.utils.data.dataloader.DataLoader torch.jit.ScriptModule torch.jit.ScriptFunction "
    "torch.cuda.Event torch.cuda.Stream torch.futures.Future",
}


def members_of(package: str, qualified: str) -> list[str]:
    """The public members of a class."""
    home, _, name = qualified.rpartition(".")
    kind = getattr(import_module(home), name)
    names = {member for member in dir(kind) if not member.startswith("_")}
    if package == "torch":
        from torch.nn import Module

        if issubclass(kind, Module) and kind is not Module:
            names -= {*dir(Module)}
    return sorted(names)


def main() -> int:
    """Write the file."""
    warnings.simplefilter("ignore")
    package = sys.argv[1] if len(sys.argv) > 1 else "torch"
    for further in FURTHER.get(package, ()):
        import_module(further)
    modules = public_modules(package)
    lines = []
    for name, module in sorted(modules.items()):
        names = names_of(module, modules)
        if names:
            lines.append(f"{name}: {' '.join(names)}")
    for qualified in CLASSES.get(package, "").split():
        lines.append(f"{qualified}: {' '.join(members_of(package, qualified))}")
    target = LANGUAGE / f"{package}_names.txt"
    target.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} modules and classes, {target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
