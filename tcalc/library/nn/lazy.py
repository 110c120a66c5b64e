"""Modules that learn the shapes of their parameters from their first input.

A lazy layer derives from `LazyModuleMixin` and the layer that it becomes, makes its parameters
`UninitializedParameter`s, says `cls_to_become`, and gives them their shapes in
`initialize_parameters`, which is called with the first input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.library.nn.hooks import Hooked
from tcalc.library.nn.members import buffers_of, parameters_of
from tcalc.library.nn.module import Module
from tcalc.library.nn.parameter import is_lazy
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Callable


@export("torch.nn.modules.lazy.LazyModuleMixin", home="torch.nn.modules.lazy")
class LazyModuleMixin(Hooked):
    """What lazy layers have in common; it stands before the layer among the bases."""

    _open_ = True
    _public_ = frozenset({"cls_to_become", "has_uninitialized_params", "initialize_parameters"})

    # The class that it is of once its parameters have their shapes; None for its own.
    cls_to_become: type | None = None

    if TYPE_CHECKING:
        initialize_parameters: Callable[..., None]

    def has_uninitialized_params(self) -> bool:
        """Whether any of its own parameters or buffers has no shape yet.

        >>> nn.LazyLinear(3).has_uninitialized_params()
        True
        """
        own = (*parameters_of(self), *buffers_of(self))
        return any(is_lazy(tensor) for _, tensor in own)

    def __call__(self, *args: object, **kwargs: object) -> Any:
        become = self.cls_to_become
        if become is None and not self.has_uninitialized_params():
            return super().__call__(*args, **kwargs)
        self.initialize_parameters(*args, **kwargs)
        if self.has_uninitialized_params():
            raise StateError(
                f"module {type(self).__name__} has not been fully initialized",
                hint="initialize_parameters() has to give every parameter its shape",
            )
        if become is None:
            return super().__call__(*args, **kwargs)
        if not (isinstance(become, type) and issubclass(become, Module)):
            raise ArgumentError(f"cls_to_become must be a Module class, not {become!r}")
        object.__setattr__(self, "__class__", become)
        return self(*args, **kwargs)
