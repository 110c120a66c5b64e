"""Module, the base of all layers.

What it does lies in its bases: `members` (parameters, buffers, submodules), `hooks` (calls),
`state` (state_dict), `conversion` (devices and dtypes).
"""

from __future__ import annotations

from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, Self

from tcalc.errors import ArgumentError, DtypeError, ValueProblem, without_addresses
from tcalc.library.nn.conversion import Converted
from tcalc.library.nn.hooks import Hooked
from tcalc.library.nn.members import submodules
from tcalc.library.nn.state import Stateful
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import export, lookup, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.nn.members import Members
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.nn.Module", "torch.nn.modules.Module", "torch.nn.modules.module.Module",
        home="torch.nn.modules.module")  # fmt: skip
class Module(Hooked, Stateful, Converted):
    """The base of layers: keeps parameters, buffers and submodules by name.

    A program's layer makes them in `__init__` after `super().__init__()` and computes in `forward`.

    >>> class Twice(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.layer = nn.Linear(2, 2)
    ...     def forward(self, x):
    ...         return self.layer(self.layer(x))
    >>> Twice()
    Twice(
      (layer): Linear(in_features=2, out_features=2, bias=True)
    )
    """

    _open_ = True
    _public_ = frozenset(
        {
            "_get_name", "apply", "compile", "eval", "extra_repr", "forward", "requires_grad_",
            "train", "training", "zero_grad",
        }
    )  # fmt: skip
    _writable_ = frozenset({"training"})

    training: bool

    def __init_subclass__(cls) -> None:
        if "reset_parameters" in cls.__dict__ and not is_users(cls):
            shown = cls.__dict__.get("_public_", frozenset())
            cls._public_ = shown | {"reset_parameters"}
        own = cls.__dict__.get("extra_repr")
        if own is not None and not is_users(cls):
            cls.extra_repr = _cleaned(own)  # type: ignore[method-assign,assignment]  # of the same form

    def forward(self, *args: Any) -> Any:
        """Compute the output; every layer has its own."""
        raise DtypeError(
            f'Module [{type(self).__name__}] is missing the required "forward" function',
            hint="a method of the class says what it computes: `def forward(self, x):`",
        )

    @silent
    def train(self, mode: bool = True) -> Self:
        """Say whether it is being trained (dropout and batch norm differ)."""
        if type(mode) is not bool:
            raise ValueProblem("training mode is expected to be boolean", argument="mode")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    @silent
    def eval(self) -> Self:
        """The same as train(False)."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set requires_grad of every parameter: False freezes them."""
        for p in self.parameters():
            p._require_grad(bool(requires_grad))
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of every parameter, or make them zeros."""
        for p in self.parameters():
            clear_grad(p, set_to_none)

    @silent
    def apply(self, fn: Callable[[Module], object]) -> Self:
        """Call `fn` on every module below, then on this one."""
        if not callable(fn):
            raise ArgumentError(f"apply() takes a function, not {type(fn).__name__}")
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def compile(self, *args: object, **kwargs: object) -> None:
        """Run `forward` as a plan from now on, as `jit` does; torch.compile's options are taken."""
        own = self.__dict__
        own["_compiled_forward"] = lookup("torch.compile")(type(self).forward, *args, **kwargs)
        own["_hooked"] = True

    # -- text ---------------------------------------------------------------------------------

    def _get_name(self) -> str:
        """What its text begins with."""
        return type(self).__name__

    def extra_repr(self) -> str:
        """What its text says in the parentheses, before the submodules."""
        return ""

    def __repr__(self) -> str:
        own = self.extra_repr()
        own_lines = own.split("\n") if own else []
        lines = [f"({name}): {indented(repr(child))}" for name, child in _children(self)]
        return written(self._get_name(), own_lines, lines)


def _cleaned(extra_repr: Callable[[Any], str]) -> Callable[[Any], str]:
    """A layer's `extra_repr`, which may write what a program gave, without addresses."""

    @wraps(extra_repr)
    def cleaned(self: Module) -> str:
        return without_addresses(extra_repr(self))

    return cleaned


# Its parts are nobody's affair: `print(model.parameters)` says what it is a method of.
for _part in Module.__mro__[1:-1]:
    for _member in vars(_part).values():
        if isinstance(_member, FunctionType):
            _member.__qualname__ = f"{Module.__name__}.{_member.__name__}"


def _children(module: Module) -> list[tuple[str, Members | None]]:
    """The submodules as a module's text names them, None among them."""
    there = dict(submodules(module))
    return [(name, there.get(name)) for name in module._modules]


def indented(text: str) -> str:
    """Text within that of another module: all lines but the first are moved in."""
    return text.replace("\n", "\n  ")


def written(name: str, own: list[str], lines: list[str]) -> str:
    """The text of a module: its name, its own settings and lines for what it holds."""
    if not lines and len(own) < 2:
        return f"{name}({''.join(own)})"
    return "\n  ".join([f"{name}(", *own, *lines]) + "\n)"


def clear_grad(p: Tensor, set_to_none: bool) -> None:
    """Forget a gradient, or fill it with zeros where it lies, outside the graph."""
    g = p.grad
    if g is None:
        return
    if set_to_none:
        p.grad = None
        return
    with no_grad():
        g.detach_()
        g.zero_()
