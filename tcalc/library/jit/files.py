"""`torch.jit.save` and `torch.jit.load`."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError
from tcalc.library.host import host
from tcalc.library.jit.function import ScriptFunction
from tcalc.library.jit.modules import ScriptModule
from tcalc.library.nn.module import Module
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export


def save(m: Any, f: Any, _extra_files: None = None) -> None:
    """Write a script function or module to a file: its weights, and the program that it runs.

    The file is a safetensors file, whatever its name ends in (.pt .pth .ckpt .bin .safetensors):
    any reader of those gets the weights by the names of `state_dict`. Its metadata hold the text of
    the classes and functions that the module needs, which `torch.jit.load` runs again. It is no
    TorchScript archive: PyTorch loads the weights of it and not the program.

        torch.jit.save(torch.jit.script(model), "model.pt")
    """
    if _extra_files is not None:
        raise ArgumentError("a file holds no further files", argument="_extra_files")
    if isinstance(m, Module) and not isinstance(m, ScriptModule):
        name = type(m).__name__
        raise ArgumentError(
            f"'{name}' object has no attribute 'save'",
            hint="torch.jit.script(model) makes a module that can be saved",
            argument="m",
        )
    if not isinstance(m, (ScriptModule, ScriptFunction)):
        raise ArgumentError(
            f"jit.save() takes a script function or module, not {type(m).__name__}", argument="m"
        )
    effect("save")
    host.save_script(m, f)


def load(
    f: Any, map_location: Any = None, _extra_files: None = None, _restore_shapes: bool = False
) -> Any:
    """The function or module that `torch.jit.save` wrote to a file.

    The program in the file is run as any program is: behind the same walls, with what it may name
    and touch. map_location: as of `torch.load`; the tensors are on the CPU unless it says so.

        model = torch.jit.load("model.pt")
        model(x)
    """
    if _extra_files is not None:
        raise ArgumentError("a file holds no further files", argument="_extra_files")
    effect("load")
    return host.load_script(f, map_location)


export("torch.jit.save", value=save)
export("torch.jit.load", value=load)
