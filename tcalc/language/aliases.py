"""Modules of PyTorch's that show the names of another: the file where something is defined, mostly."""

from __future__ import annotations

# By the name of a module, whose names those of its that PyTorch has in it are.
_SHOWN = {
    "torch.nn.modules": "torch.nn",
    "torch.functional": "torch",
    "torch.serialization": "torch",
    "torch.amp.autocast_mode": "torch.amp",
    "torch.cuda.memory": "torch.cuda",
    "torch.cuda.random": "torch.cuda",
    "torch.accelerator.memory": "torch.accelerator",
    "torch.cuda.amp.autocast_mode": "torch.cuda.amp",
    "torch.cuda.amp.grad_scaler": "torch.cuda.amp",
    "torch.cpu.amp.autocast_mode": "torch.cpu.amp",
    "torch.amp.grad_scaler": "torch.amp",
    "torch.autograd.grad_mode": "torch.autograd",
    "torch.nn.utils.clip_grad": "torch.nn.utils",
    "torch.nn.utils.convert_parameters": "torch.nn.utils",
    "torch.nn.utils.fusion": "torch.nn.utils",
    "torch.nn.utils.init": "torch.nn.utils",
    "torch.nn.parallel.comm": "torch.nn.parallel",
    "torch.nn.parallel.distributed": "torch.nn.parallel",
    "torch.nn.parallel.scatter_gather": "torch.nn.parallel",
}


def shown(qualified: str, name: str) -> str | None:
    """The module whose name it is that a module shows; None where it is its own, or not there.

    >>> shown("torch.functional", "einsum"), shown("torch.functional", "pi")
    ('torch', None)
    """
    home = _SHOWN.get(qualified)
    if home is None:
        return None
    from tcalc.language import absent

    return home if absent.lists(qualified, name) else None


def is_showing(qualified: str) -> bool:
    """Whether a module shows the names of another."""
    return qualified in _SHOWN
