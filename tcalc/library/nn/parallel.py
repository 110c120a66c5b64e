"""`DataParallel` and its kin, on the one device that a program has here."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.library.nn.module import Module
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.cuda import device_count
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.runtime.base.op import Device

_HOME = "torch.nn.parallel"


class _Wrapping(Module):
    """Holds a module as `module` and calls it."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        if not isinstance(module, Module):
            raise ArgumentError(f"{type(module).__name__} is not a Module subclass")
        self.module = module

    def forward(self, *inputs: object, **kwargs: object) -> Any:
        """What the module gives."""
        return self.module(*inputs, **kwargs)


@export("torch.nn.DataParallel", f"{_HOME}.DataParallel",
        home=f"{_HOME}.data_parallel")  # fmt: skip
class DataParallel(_Wrapping):
    """Calls its module on the device that there is; the names in its state begin with `module.`.

    On one GPU the module and its inputs are moved there, as PyTorch does.

    >>> m = nn.DataParallel(nn.Linear(2, 2))
    >>> m(ones(1, 2)).shape, list(m.state_dict())
    (torch.Size([1, 2]), ['module.weight', 'module.bias'])
    """

    def __init__(
        self, module: Module, device_ids: Sequence[Device] | None = None,
        output_device: Device | None = None, dim: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(module)
        self.dim = dim
        count = device_count()
        given = range(count) if device_ids is None else device_ids
        # Where there are several GPUs the first does the work.
        self.device_ids = List([kinds.take("DataParallel", "device_ids", ("Device",), d)
                                for d in list(given)[:1]]) if count else List()  # fmt: skip
        self.output_device = output_device
        for where in self.device_ids:
            self.module.to(where)

    def forward(self, *inputs: object, **kwargs: object) -> Any:
        """What the module gives."""
        for where in self.device_ids:
            inputs, kwargs = _moved(inputs, where), _moved(kwargs, where)
        return self.module(*inputs, **kwargs)


def _moved(value: Any, where: Device) -> Any:
    """The same with its tensors on a device."""
    if isinstance(value, Tensor):
        return value.to(where)
    if type(value) in (tuple, list, List):
        return type(value)([_moved(v, where) for v in value])
    if type(value) is dict:
        return {key: _moved(v, where) for key, v in value.items()}
    return value


@export(
    "torch.nn.parallel.DistributedDataParallel",
    home="torch.nn.parallel.distributed",
)
class DistributedDataParallel(_Wrapping):
    """Calls its module, as the one process that there is; the names in its state begin with `module.`.

    >>> nn.parallel.DistributedDataParallel(nn.Linear(2, 2)).module
    Linear(in_features=2, out_features=2, bias=True)
    """

    _public_ = frozenset({"no_sync"})

    def __init__(
        self, module: Module, device_ids: Sequence[Device] | None = None,
        output_device: Device | None = None, dim: int = 0, broadcast_buffers: bool | None = None,
        init_sync: bool = True, process_group: None = None, bucket_cap_mb: float | None = None,
        find_unused_parameters: bool = False, check_reduction: bool = False,
        gradient_as_bucket_view: bool = False, static_graph: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(module)
        self.dim = dim
        if not any(p.requires_grad for p in module.parameters()):
            raise StateError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter "
                "that requires a gradient."
            )

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Inside, gradients stay with the process, as they do here anyway."""
        yield


def data_parallel(
    module: Module, inputs: object, device_ids: Sequence[Device] | None = None,
    output_device: Device | None = None, dim: int = 0,
    module_kwargs: dict[str, object] | None = None,
) -> Any:  # fmt: skip
    """Call a module as DataParallel does.

    >>> nn.parallel.data_parallel(nn.Linear(2, 2), ones(1, 2)).shape
    torch.Size([1, 2])
    """
    args = inputs if isinstance(inputs, tuple) else (inputs,)
    wrapped = DataParallel(module, device_ids, output_device, dim)
    return wrapped(*args, **(module_kwargs or {}))


export(f"{_HOME}.data_parallel", value=data_parallel)
