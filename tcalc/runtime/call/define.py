"""The families of ops, and what a user calls, made of a definition at its first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.op import Op
from tcalc.runtime.call.generate import apply, make_function, make_inplace, make_switched
from tcalc.runtime.call.preferred import prefer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.autograd.nodes import Node


class DefinedOp(Op):
    """An op that can be called.

    installed: whether an installation compiles its kernel for single floats into a function: of its
        operands, all of which are there, and of the numbers named here, with the defaults of others.
    memory_call: of a view, the function in machine code that does whole calls of it (see `callviews`); of a
        composite too, whose view is that of another op: `shows`.
    doubled: whether float32 goes through double where it is not compiled, as the last digits of
        NumPy's function depend on its version and the processor, and are off by up to three.
    """

    # Whether its kernel does not ask if its second operand is a number: as an array NumPy has it sooner.
    number_as_array = False

    def __init__(
        self,
        kernel: Callable[..., Any],
        family: str,
        installed: bool | tuple[str, ...] = False,
        memory_call: str | None = None,
        shows: Op | None = None,
        doubled: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(kernel, family, **settings)
        self.doubled, self.memory_call, self.shows = doubled, memory_call, shows
        if installed:
            self.installed = installed if isinstance(installed, tuple) else ()
            prefer(self)
        self.backward = self._first_backward

    @cached_property
    def function(self) -> Callable[..., Any]:
        """What a user calls; generated at first use."""
        made = make_function(self)
        # In a class of its own the op's call is that of the function, and takes no longer.
        self.__class__ = type(self.name, (DefinedOp,), {"__call__": staticmethod(made)})
        return made

    @cached_property
    def inplace_function(self) -> Callable[..., Any]:
        """The form that writes into its first argument."""
        return make_inplace(self)

    @cached_property
    def switched_function(self) -> Callable[..., Any]:
        """The form with a parameter `inplace`."""
        return make_switched(self)

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self.function(*args, **kwargs)

    def call_with(self, values: Sequence[Any]) -> Any:
        """Call the op with the values of its parameters in order."""
        return apply(self, self.function, values)

    def call_delayed(self, thunk: Callable[[], Any], *args: object, **kwargs: object) -> Any:
        """Call the op with its first argument not evaluated yet."""
        return self.function(Thunk(thunk), *args, **kwargs)

    def place_of(self, parameter: str) -> int:
        """The position of a parameter among the user's."""
        return [p.name for p in self.params].index(parameter)

    def array_backward(self) -> Callable[..., Any] | None:
        """Find `on_arrays`."""
        from tcalc.runtime.autograd.vjp import make_array_backward

        self.on_arrays = make_array_backward(self)
        return self.on_arrays

    def _first_backward(self, node: Node, g: Any, needs: list[bool] | None) -> Any:
        from tcalc.runtime.autograd.vjp import make_backward

        self.backward = make_backward(self)
        return self.backward(node, g, needs)


class Thunk:
    """An argument that the op itself evaluates.

    Its parameters are what was written in place of another argument: one that is positional for
    that argument itself, else keywords for the items of a list or tuple written out.
    """

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function: Any = function

    @property
    def takes_whole(self) -> bool:
        """Whether its parameter is for the other argument itself, and not for items of it."""
        return bool(self._function.__code__.co_argcount)

    def evaluate(self, value: Any = ()) -> Any:
        """The value, with `value` for the argument of which it is a function."""
        if self.takes_whole:
            return self._function(value)
        code = self._function.__code__
        names = code.co_varnames[: code.co_kwonlyargcount]
        return self._function(**dict(zip(names, value))) if names else self._function()


# -- families ---------------------------------------------------------------------------------


def _family(name: str) -> Callable[..., Callable[[Callable[..., Any]], DefinedOp]]:
    def family(**settings: Any) -> Callable[[Callable[..., Any]], DefinedOp]:
        return lambda kernel: DefinedOp(kernel, name, **settings)

    return family


elementwise = _family("elementwise")
elementwise.__doc__ = "An op on each element: operands are promoted and broadcast."
kernel = _family("kernel")
kernel.__doc__ = "An op whose kernel takes arrays and gives an array, or a tuple of arrays."
view_op = _family("view")
view_op.__doc__ = "An op whose result shows its input's memory."
composite = _family("composite")
composite.__doc__ = "An op written with tensors and other ops: its gradient is theirs."
