"""`parametrize`: tensors of a module that are functions of its parameters.

A module with such tensors is of a class of its own, which derives from the one that it was of and
reads them through the functions. Those, and the parameters that they are given, are kept in
`module.parametrizations`, a `ParametrizationList` for each tensor.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tcalc.errors import AccessError, ArgumentError, KeyProblem, StateError, ValueProblem
from tcalc.library.nn.containers import ModuleDict, ModuleList
from tcalc.library.nn.module import Module
from tcalc.library.nn.utils.weight_norm import need_module
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.programs import MARK, is_users
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HOME = "torch.nn.utils.parametrize"


@export(f"{_HOME}.ParametrizationList", home=_HOME)
class ParametrizationList(ModuleList):
    """The functions of one tensor in order, and the parameters that the first is given.

    These are `original`, or `original0`, `original1`, … where `right_inverse` gave several.
    """

    _public_ = frozenset({"is_tensor", "ntensors", "right_inverse", "unsafe"})

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not len(modules):
            raise ValueProblem("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        with no_grad():
            value = _back_through(self, original, optional=True)
        self.is_tensor = isinstance(value, Tensor)
        if isinstance(value, Tensor):
            if value.dtype != original.dtype:
                raise ValueProblem(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {original.dtype}\nright_inverse(original).dtype: "
                    f"{value.dtype}"
                )
            self.ntensors = 1
            original.data = value.data  # so that optimizers that have it keep it
            _register(self, "original", original)
        else:
            self.ntensors = len(value)
            for i, part in enumerate(value):
                if not isinstance(part, Tensor):
                    raise ValueProblem(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, "
                        f"tuple...). Got element {i} of the sequence with type "
                        f"{type(part).__name__}."
                    )
                if isinstance(original, Parameter):
                    part = Parameter(part, original.requires_grad)
                _register(self, f"original{i}", part)
        if not unsafe:
            self._check(original)

    def _check(self, original: Tensor) -> None:
        made = self()
        if not isinstance(made, Tensor):
            raise ValueProblem(
                f"A parametrization must return a tensor. Got {type(made).__name__}."
            )
        for what in ("dtype", "shape"):
            before, after = getattr(original, what), getattr(made, what)
            if before != after:
                raise ValueProblem(
                    f"Registering a parametrization may not change the {what} of the tensor, unless "
                    f"`unsafe` flag is enabled.\nunparametrized {what}: {before}\n"
                    f"parametrized {what}: {after}"
                )

    def originals(self) -> list[Tensor]:
        """What the first function is given."""
        if self.is_tensor:
            return [getattr(self, "original")]  # noqa: B009 (found by the module's own look-up)
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the functions give this value."""
        with no_grad():
            found = _back_through(self, value, optional=False)
            parts = [found] if isinstance(found, Tensor) else list(found)
            originals = self.originals()
            if len(parts) != len(originals):
                raise ValueProblem(
                    "'right_inverse' must return a sequence of tensors of length "
                    f"{len(originals)}. Got a sequence of length {len(parts)}."
                )
            for original, part in zip(originals, parts):
                if not isinstance(part, Tensor):
                    raise ValueProblem(
                        f"`right_inverse` should return a tensor. Got {type(part).__name__}"
                    )
                if part.dtype != original.dtype:
                    raise ValueProblem(
                        "The tensor returned by `right_inverse` has dtype "
                        f"{part.dtype} while `original` has dtype {original.dtype}"
                    )
                original.data = part.detach().clone().data

    def forward(self) -> object:
        """The tensor: what the last function gives."""
        first, *others = self
        value = first(*self.originals())
        for function in others:
            value = function(value)
        return value


def _back_through(
    functions: ParametrizationList, value: object, optional: bool
) -> Tensor | list[object] | tuple[object, ...]:
    """What the functions' inverses make of a value; optional: those without one are passed by."""
    for function in reversed(list(functions)):
        inverse = getattr(function, "right_inverse", None)
        if inverse is None:
            if not optional:
                raise StateError(
                    f"parametrization {type(function).__name__} does not implement right_inverse."
                )
            continue
        try:
            value = inverse(*value) if isinstance(value, (list, tuple)) else inverse(value)
        except NotImplementedError:
            if not optional:
                raise
    if not isinstance(value, (Tensor, list, tuple)):
        raise ValueProblem(
            "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got "
            f"{type(value).__name__}"
        )
    return value


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


# -- the classes of modules with such tensors -----------------------------------------------------


class _Cache:
    """What the functions gave within `cached()`, by module and name; None outside of it."""

    def __init__(self) -> None:
        self.depth = 0
        self.values: dict[tuple[Module, str], Any] = {}


_cache = _Cache()


def _reader(name: str) -> property:
    """The property by which a module reads such a tensor, and sets it."""

    def read(self: Module) -> object:
        functions = self._modules["parametrizations"][name]
        if not _cache.depth:
            return functions()
        key = (self, name)
        if key not in _cache.values:
            _cache.values[key] = functions()
        return _cache.values[key]

    def write(self: Module, value: object) -> None:
        if not isinstance(value, Tensor):
            raise ArgumentError(f"'{name}' is set to a Tensor, not {type(value).__name__}")
        self._modules["parametrizations"][name].right_inverse(value)

    return property(read, write)


class _Parametrized:
    """Marks the classes of modules with such tensors."""

    _plain_: type[Module] = Module


def _with_readers(plain: type[Module], names: list[str]) -> type[Module]:
    """A class that reads tensors of these names by functions; the plain one without names."""
    if not names:
        return plain
    body: dict[str, Any] = {
        "__module__": _HOME,
        "__doc__": plain.__doc__,
        "_plain_": plain,
        **{name: _reader(name) for name in names},
    }
    if is_users(plain):
        body[MARK] = True
    else:
        body["_public_"] = body["_writable_"] = frozenset(names)
    return type(f"Parametrized{plain.__name__}", (_Parametrized, plain), body)


def _check_name(plain: type[Module], name: object) -> None:
    """Refuse a name under which a class has something else, or may get it from Python."""
    if type(name) is not str or not name.isidentifier() or name[:2] == "__":
        raise ValueProblem(f"{name!r} is no name of a tensor", argument="tensor_name")
    for base in (_Parametrized, *plain.__mro__):
        own = base.__dict__
        if not is_users(base) and (name in own or name in own.get("_hidden_", ())):
            raise ValueProblem(f"'{name}' is something else in {plain.__name__}")


def _set_names(module: Module, names: list[str]) -> None:
    """Let a module be of the class that reads tensors of these names by functions."""
    for name in names:
        _check_name(plain_type(module), name)
    object.__setattr__(module, "__class__", _with_readers(plain_type(module), names))


def plain_type(module: Module) -> type[Module]:
    """The class of a module without such tensors."""
    kind = type(module)
    return kind._plain_ if issubclass(kind, _Parametrized) else kind


# -- what programs call ---------------------------------------------------------------------------


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has tensors that are functions of parameters, or this one is.

    >>> nn.utils.parametrize.is_parametrized(nn.Linear(1, 1))
    False
    """
    found = need_module(module)._modules.get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


@silent
def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Make a tensor of a module what a function, itself a module, makes of it.

    Where the function has `right_inverse`, the parameter is set so that the tensor stays as it is,
    and the tensor can be assigned to. unsafe: shape and dtype may change.

    >>> class Symmetric(nn.Module):
    ...     def forward(self, X):
    ...         return X.triu() + X.triu(1).T
    >>> m = nn.Linear(3, 3)
    >>> nn.utils.parametrize.register_parametrization(m, "weight", Symmetric())
    >>> bool((m.weight == m.weight.T).all()), list(m.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])
    """
    need_module(module)
    if not isinstance(parametrization, Module):
        raise AccessError(
            f"a parametrization is a Module, and '{type(parametrization).__name__}' object has no "
            "attribute 'train'"
        )
    _check_name(plain_type(module), tensor_name)
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        functions = module._modules["parametrizations"][tensor_name]
        if not unsafe:
            _check_another(module, tensor_name, parametrization)
        functions.append(parametrization)
        functions.unsafe = functions.unsafe or unsafe
        return module
    for table in (module._parameters, module._buffers):
        original = table.get(tensor_name) if type(tensor_name) is str else None
        if isinstance(original, Tensor):
            break
    else:
        raise ValueProblem(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with "
            f"name '{tensor_name}'"
        )
    functions = ParametrizationList([parametrization], original, unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.add_module("parametrizations", ModuleDict())
    holder = module._modules["parametrizations"]
    holder._modules[tensor_name] = functions
    _set_names(module, list(holder))
    return module


def _check_another(module: Module, name: str, function: Module) -> None:
    """Refuse a further function that changes shape or dtype."""
    before = getattr(module, name)
    after = function(before)
    if not isinstance(after, Tensor):
        raise ValueProblem(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    for what in ("dtype", "shape"):
        if getattr(after, what) != getattr(before, what):
            raise ValueProblem(
                f"Registering a parametrization may not change the {what} of the tensor, unless the "
                f"`unsafe` flag is enabled.\nmodule.{name}.{what}: {getattr(before, what)}\n"
                f"parametrization(module.{name}).{what}: {getattr(after, what)}"
            )


@silent
def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make a tensor of a module a parameter, or a buffer, again.

    leave_parametrized: as it reads now; otherwise what its functions are given.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueProblem(f"Module {module} does not have a parametrization on {tensor_name}")
    holder = module._modules["parametrizations"]
    functions = holder[tensor_name]
    originals = functions.originals()
    original = originals[0]
    if leave_parametrized:
        with no_grad():
            value = functions().detach().clone()
        if functions.is_tensor and value.dtype == original.dtype:
            original.data = value.data
        else:
            wanted = any(isinstance(o, Parameter) and o.requires_grad for o in originals)
            original = Parameter(value, wanted) if isinstance(original, Parameter) else value
    elif not functions.is_tensor:
        raise ValueProblem(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized "
            "in terms of a sequence of tensors."
        )
    del holder[tensor_name]
    _set_names(module, list(holder))
    if not len(holder):
        del module._modules["parametrizations"]
    _register(module, tensor_name, original)
    return module


@contextmanager
def cached() -> Iterator[None]:
    """Inside, each such tensor is computed once, however often it is read.

    >>> m = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> with nn.utils.parametrize.cached():
    ...     print(m.weight is m.weight)
    True
    """
    effect("cached")
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.values.clear()


def type_before_parametrizations(module: Module) -> type[Module]:
    """The class of a module as it was before it had such tensors."""
    return plain_type(need_module(module))


@silent
def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give one module the functions of another's tensors, or of one of them, and their parameters."""
    need_module(to_module)
    if not is_parametrized(from_module):
        return to_module
    holder = from_module._modules["parametrizations"]
    for name in list(holder) if tensor_name is None else [tensor_name]:
        if name not in holder:
            raise KeyProblem(repr(name), argument="tensor_name")
        if not is_parametrized(to_module, name) and name not in to_module._parameters:
            to_module.register_parameter(name, Parameter(getattr(from_module, name).detach()))
        for function in holder[name]:
            register_parametrization(to_module, name, function)
        target = to_module._modules["parametrizations"][name]
        for key, original in holder[name].named_parameters(recurse=False):
            target.register_parameter(key, original)
    return to_module


for _function in (
    is_parametrized, register_parametrization, remove_parametrizations, cached,
    type_before_parametrizations, transfer_parametrizations_and_params,
):  # fmt: skip
    export(f"{_HOME}.{_function.__name__}", value=_function)
