"""The steps of `DataParallel` one by one: inputs to devices, modules on them, and outputs back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.nn.module import Module
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Device

_HOME = "torch.nn.parallel"


def _devices(function: str, name: str, given: object) -> list[Device]:
    listed = list(given) if isinstance(given, (list, tuple, range)) else [given]
    if not listed:
        raise ValueProblem(f"{function}(): expected at least one device", argument=name)
    return [kinds.take(function, name, ("Device",), where) for where in listed]


def scatter(inputs: object, target_gpus: object, dim: int = 0) -> Any:
    """Parts of tensors, along a dim, one for each device; other values go to every device.

    inputs: a tensor, or tuples, lists and dicts of them. Gives one such structure for each device.

    >>> nn.parallel.scatter(arange(4), ["cpu", "cpu"])
    (tensor([0, 1]), tensor([2, 3]))
    """
    devices = _devices("scatter", "target_gpus", target_gpus)

    def parts(value: object) -> Any:
        if isinstance(value, Tensor):
            chunks = value.chunk(len(devices), dim)
            return tuple([part.to(where) for part, where in zip(chunks, devices)])
        if type(value) is tuple and value:
            return List(zip(*map(parts, value)))
        if isinstance(value, list) and value:
            return List([List(items) for items in zip(*map(parts, value))])
        if type(value) is dict and value:
            columns = zip(*map(parts, value.values()))
            return List([dict(zip(value, items)) for items in columns])
        return List([value for _ in devices])

    return parts(inputs)


def gather(outputs: object, target_device: object, dim: int = 0) -> Any:
    """Tensors of several devices as one, along a dim, on a device.

    outputs: a list of tensors, or of like tuples or dicts of them.

    >>> nn.parallel.gather([zeros(1), ones(1)], "cpu")
    tensor([0., 1.])
    """
    (where,) = _devices("gather", "target_device", target_device)

    def joined(values: list[Any]) -> Any:
        first = values[0]
        if isinstance(first, Tensor):
            # Numbers of each device make a vector.
            moved = [_tensor(v).to(where) for v in values]
            return cat([t.reshape(1) if t.ndim == 0 else t for t in moved], dim)
        if first is None:
            return None
        if any(type(v) is not type(first) or len(v) != len(first) for v in values):
            raise ValueProblem("All outputs must be of one form")
        if isinstance(first, dict):
            return {key: joined([_part(v, key) for v in values]) for key in first}
        return type(first)([joined(list(items)) for items in zip(*values)])

    given = list(outputs) if isinstance(outputs, (list, tuple)) else None
    if not given or not all(isinstance(v, (Tensor, dict, list, tuple, type(None))) for v in given):
        raise ArgumentError("gather(): outputs are a list of tensors, or of structures of them")
    return joined(given)


def _tensor(value: object) -> Tensor:
    if not isinstance(value, Tensor):
        raise ArgumentError(f"gather() joins Tensors, not {type(value).__name__}")
    return value


def _part(value: dict[object, object], key: object) -> object:
    if key not in value:
        raise ValueProblem("All dicts must have the same keys")
    return value[key]


def replicate(network: Module, devices: object, detach: bool = False) -> list[Module]:
    """A module once for each device; gradients of the copies flow to the module itself.

    detach: they do not.
    """
    if not isinstance(network, Module):
        raise ArgumentError(f"network is a Module, not {type(network).__name__}")
    return List([_replica(network, w, detach) for w in _devices("replicate", "devices", devices)])


def _replica(network: Module, where: Device, detach: bool) -> Module:
    made: dict[int, Any] = {}
    for module in network.modules():
        copy = made[id(module)] = object.__new__(type(module))
        copy.__dict__.update(module.__dict__)
    for module in network.modules():
        own = made[id(module)].__dict__
        for table in ("_parameters", "_buffers"):
            own[table] = {
                name: None if t is None else (t.detach() if detach else t).to(where)
                for name, t in module.__dict__[table].items()
            }
        own["_modules"] = {
            name: None if m is None else made[id(m)] for name, m in module._modules.items()
        }
    return made[id(network)]


def parallel_apply(
    modules: Sequence[Callable[..., object]],
    inputs: Sequence[object],
    kwargs_tup: Sequence[dict[str, object]] | None = None,
    devices: object = None,
) -> list[object]:
    """What several modules give for several inputs, each for its own.

    >>> nn.parallel.parallel_apply([nn.Identity(), nn.ReLU()], [ones(1), -ones(1)])
    [tensor([1.]), tensor([0.])]
    """
    called, given = list(modules), list(inputs)
    keywords = [{} for _ in called] if kwargs_tup is None else list(kwargs_tup)
    if not len(called) == len(given) == len(keywords):
        raise ValueProblem(
            f"The number of modules {len(called)} is not equal to the number of inputs {len(given)}"
        )
    return List(
        [
            module(*(args if isinstance(args, (tuple, list)) else (args,)), **more)
            for module, args, more in zip(called, given, keywords)
        ]
    )


for _function in (scatter, gather, replicate, parallel_apply):
    export(f"{_HOME}.{_function.__name__}", value=_function)
