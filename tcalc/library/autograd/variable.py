"""Variable: PyTorch's first word for a tensor that gradients flow to."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError
from tcalc.runtime.base.addresses import hash_of_identity
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.create.creation import of_sizes_or_data
from tcalc.runtime.tensor.tensor import Tensor, alias


class _Variable:
    """`Variable(x, requires_grad=True)` is a tensor on the memory of `x`; every tensor is one."""

    __slots__ = ()
    _known_as_ = "torch.autograd.variable.VariableMeta"
    _public_: frozenset[str] = frozenset()
    __hash__ = hash_of_identity

    def __repr__(self) -> str:
        return "<class 'torch.autograd.variable.Variable'>"

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Tensor)

    def __call__(
        self, data: Any = None, requires_grad: bool = False, volatile: bool | None = None
    ) -> Tensor:
        if data is not None and not isinstance(data, Tensor):
            raise ArgumentError(
                f"Variable data has to be a tensor, but got {type(data).__name__}",
                argument="data",
                hint="write torch.tensor(...)",
            )
        if volatile is not None:
            warn("volatile was removed and now has no effect. Use `with torch.no_grad():` instead.")
        made = of_sizes_or_data((), None, None) if data is None else alias(data)
        if requires_grad:
            made._require_grad(True)
        return made


export("torch.autograd.Variable", "torch.autograd.variable.Variable", value=_Variable())
