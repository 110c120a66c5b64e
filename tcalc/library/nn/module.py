"""Module, the base of all layers, and Sequential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import AccessError, ArgumentError, StateError
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.objects.containers import OrderedDict
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _checked(name: object) -> str:
    if type(name) is not str or not name or "." in name or name.startswith("__"):
        raise ArgumentError(f"a member's name is a plain string without dots, not {name!r}")
    return name


def _required(value: Any, kind: type, what: str) -> Any:
    """A member of a kind, or None."""
    if value is not None and not isinstance(value, kind):
        raise ArgumentError(f"cannot assign '{type(value).__name__}' object to {what}")
    return value


class IncompatibleKeys(NamedTuple):
    """What load_state_dict says of names that are on one side only."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


IncompatibleKeys.__name__ = IncompatibleKeys.__qualname__ = "_IncompatibleKeys"
IncompatibleKeys.__module__ = "torch.nn.modules.module"
# A NamedTuple takes no attribute that begins with _ in its body.
IncompatibleKeys._whole_ = True  # type: ignore[attr-defined]  # a class takes any
IncompatibleKeys._public_ = frozenset(  # type: ignore[attr-defined]  # as above
    {"missing_keys", "unexpected_keys", "count", "index"}
)


@export("torch.nn.Module", "torch.nn.modules.Module", home="torch.nn.modules.module")
class Module:
    """The base of layers: keeps parameters, buffers and submodules by name.

    A user's layer makes them in `__init__` after `super().__init__()` and computes in `forward`.
    """

    _open_ = True
    _public_ = frozenset(
        {
            "add_module", "apply", "buffers", "children", "cpu", "cuda", "double", "eval",
            "extra_repr", "float", "forward", "half", "load_state_dict", "modules",
            "named_buffers", "named_children", "named_modules", "named_parameters", "parameters", "register_buffer",
            "register_module", "register_parameter", "requires_grad_", "state_dict", "to", "train",
            "training", "zero_grad",
        }
    )  # fmt: skip
    _writable_ = frozenset({"training"})
    _hidden_ = frozenset({"_parameters", "_buffers", "_modules"})

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    training: bool

    def __init__(self) -> None:
        own = self.__dict__
        own["training"] = True
        own["_parameters"], own["_buffers"], own["_modules"] = {}, {}, {}

    def _tables(self) -> tuple[dict[str, Any], ...]:
        own = self.__dict__
        if "_modules" not in own:
            raise AccessError(
                "cannot assign module before Module.__init__() call",
                hint="call super().__init__() first",
            )
        return own["_parameters"], own["_buffers"], own["_modules"]

    def __setattr__(self, name: str, value: Any) -> None:
        parameters, buffers, modules = (
            self._tables()
            if isinstance(value, (Parameter, Module)) or "_modules" in self.__dict__
            else ({}, {}, {})
        )
        if isinstance(value, (Parameter, Module)):
            self.__dict__.pop(name, None)
            for table in (parameters, buffers, modules):
                table.pop(name, None)
            (parameters if isinstance(value, Parameter) else modules)[name] = value
        elif name in parameters or name in modules:
            if value is not None:
                kind = "parameter" if name in parameters else "child module"
                raise ArgumentError(
                    f"cannot assign '{type(value).__name__}' as {kind} '{name}' (a "
                    f"{'torch.nn.Parameter' if name in parameters else 'torch.nn.Module'} or None "
                    "expected)"
                )
            (parameters if name in parameters else modules)[name] = None
        elif name in buffers:
            what = f"buffer '{name}' (torch.Tensor or None expected)"
            buffers[name] = _required(value, Tensor, what)
        else:
            self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        for table in ("_parameters", "_buffers", "_modules"):
            members = self.__dict__.get(table)
            if members is not None and name in members:
                return members[name]
        raise AccessError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for table in self._tables():
            if name in table:
                del table[name]
                return
        object.__delattr__(self, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any) -> Any:
        """Compute the output; every layer has its own."""
        raise StateError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # -- members ------------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Keep a parameter (or None) by name."""
        what = f"parameter '{name}' (torch.nn.Parameter or None required)"
        self._tables()[0][_checked(name)] = _required(param, Parameter, what)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that is saved with the module but not trained."""
        what = f"buffer '{name}' (torch Tensor or None required)"
        self._tables()[1][_checked(name)] = _required(tensor, Tensor, what)

    def add_module(self, name: str, module: Module | None) -> None:
        """Keep a submodule by name."""
        if module is not None and not isinstance(module, Module):
            raise ArgumentError(f"{type(module).__name__} is not a Module subclass")
        self._tables()[2][_checked(name)] = module

    register_module = add_module

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with their dotted names."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield name, module
            below = [
                (f"{name}.{n}" if name else n, m)
                for n, m in module._modules.items()
                if m is not None
            ]
            stack.extend(reversed(below))

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (m for _, m in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The submodules just below."""
        return ((n, m) for n, m in self._modules.items() if m is not None)

    def children(self) -> Iterator[Module]:
        """The submodules just below."""
        return (m for _, m in self.named_children())

    def _named(self, table: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for name, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for n, t in getattr(module, table).items():
                if t is not None and id(t) not in seen:
                    seen.add(id(t))
                    yield (f"{name}.{n}" if name else n), t

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their dotted names, each once."""
        return self._named("_parameters", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their dotted names."""
        return self._named("_buffers", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    # -- state --------------------------------------------------------------------------------

    def state_dict(self) -> OrderedDict:
        """Parameters and buffers by dotted name, sharing memory, outside the graph."""
        found: OrderedDict = OrderedDict()
        for name, module in self.named_modules():
            for table in (module._parameters, module._buffers):
                for n, t in table.items():
                    if t is not None:
                        found[f"{name}.{n}" if name else n] = t.data
        return found

    def load_state_dict(
        self, state_dict: dict[str, Tensor], strict: bool = True
    ) -> IncompatibleKeys:
        """Copy values into parameters and buffers of the same names and shapes.

        Gives the names that were missing and those that have no place, none of them if strict.
        """
        own = self.state_dict()
        if not isinstance(state_dict, dict):
            raise ArgumentError(
                f"Expected state_dict to be dict-like, got {type(state_dict).__name__}.",
                argument="state_dict",
            )
        missing = [n for n in own if n not in state_dict]
        extra = [n for n in state_dict if n not in own]
        if strict and (missing or extra):
            parts = []
            if missing:
                parts.append("Missing key(s) in state_dict: " + ", ".join(map(repr, missing)))
            if extra:
                parts.append("Unexpected key(s) in state_dict: " + ", ".join(map(repr, extra)))
            raise StateError(
                f"Error(s) in loading state_dict for {type(self).__name__}: " + "; ".join(parts)
            )
        for name, target in own.items():
            if name in state_dict:
                if not isinstance(state_dict[name], Tensor):
                    raise ArgumentError(
                        f"While copying the parameter named '{name}', expected torch.Tensor from "
                        f"checkpoint but received {type(state_dict[name]).__name__}",
                        argument="state_dict",
                    )
                if state_dict[name]._a.shape != target._a.shape:
                    raise StateError(
                        f"size mismatch for {name}: copying a param with shape "
                        f"{state_dict[name].shape} from checkpoint, the shape in current model is "
                        f"{target.shape}."
                    )
                with no_grad():
                    target.copy_(state_dict[name])
        return IncompatibleKeys(missing, extra)

    @silent
    def train(self, mode: bool = True) -> Module:
        """Say whether it is being trained (dropout and batch norm differ)."""
        for m in self.modules():
            m.__dict__["training"] = bool(mode)
        return self

    @silent
    def eval(self) -> Module:
        """The same as train(False)."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Set requires_grad of every parameter."""
        for p in self.parameters():
            p._require_grad(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of every parameter."""
        for p in self.parameters():
            clear_grad(p, set_to_none)

    @silent
    def apply(self, fn: Callable[[Module], object]) -> Module:
        """Call `fn` on every module below, then on this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Module:
        """Move or convert parameters and buffers in place, as Tensor.to does."""
        for m in self.modules():
            for p in m._parameters.values():
                if p is not None:
                    p.data = p.data.to(*args, **kwargs)
            for n, b in m._buffers.items():
                if b is not None:
                    m._buffers[n] = b.to(*args, **kwargs)
        return self

    def cpu(self) -> Module:
        """Move parameters and buffers to the CPU."""
        return self.to("cpu")

    def cuda(self, device: Any = None) -> Module:
        """Move parameters and buffers to a GPU, the one in use unless another is named."""
        return self.to("cuda" if device is None else device)

    def float(self) -> Module:
        """Convert to float32."""
        from tcalc.runtime.types.dtypes import float32

        return self.to(float32)

    def double(self) -> Module:
        """Convert to float64."""
        from tcalc.runtime.types.dtypes import float64

        return self.to(float64)

    def half(self) -> Module:
        """Convert to float16."""
        from tcalc.runtime.types.dtypes import float16

        return self.to(float16)

    # -- text ---------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What the module's line says in its parentheses."""
        return ""

    def __repr__(self) -> str:
        own = self.extra_repr()
        lines = [
            f"  ({name}): " + repr(child).replace("\n", "\n  ")
            for name, child in self.named_children()
        ]
        if not lines:
            return f"{type(self).__name__}({own})"
        return "\n".join([f"{type(self).__name__}({own}", *lines, ")"])


def clear_grad(p: Tensor, set_to_none: bool) -> None:
    """Forget a gradient, or fill it with zeros."""
    if p.grad is not None:
        p.grad = None if set_to_none else p.grad._zeros()


@export("torch.nn.Sequential", home="torch.nn.modules.container")
class Sequential(Module):
    """Modules one after the other, each given what the one before gives.

    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        given = (
            modules[0].items()
            if len(modules) == 1 and isinstance(modules[0], dict)
            else ((str(i), m) for i, m in enumerate(modules))
        )
        for name, m in given:
            if not isinstance(m, Module):
                raise ArgumentError(f"{type(m).__name__} is not a Module subclass")
            self.add_module(name, m)

    def forward(self, input: Any) -> Any:
        """What the last module gives."""
        for m in self.children():
            input = m(input)
        return input

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: int) -> Any:
        found = list(self.children())[index]
        return Sequential(*found) if isinstance(found, list) else found
