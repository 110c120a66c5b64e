"""What a module is made of: parameters, buffers and submodules by name, and the ways through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from tcalc.errors import AccessError, ArgumentError, KeyProblem, ValueProblem
from tcalc.library.nn.parameter import is_buffer, is_persistent
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")


def _table(name: str) -> property:
    """The property by which a program reads a table, and puts another in its place."""

    def read(self: Members) -> dict[str, object]:
        found: dict[str, Any] | None = self.__dict__.get(name)
        if found is None:
            raise no_attribute(self, name)
        return found

    def write(self: Members, value: object) -> None:
        if not isinstance(value, dict):
            raise ArgumentError(f"{name} is a dict, not {type(value).__name__}")
        self.__dict__[name] = dict(value)

    return property(read, write)


def no_attribute(module: Members, name: str) -> AccessError:
    """The error for what a module does not have."""
    return AccessError(f"'{type(module).__name__}' object has no attribute '{name}'")


def type_name(value: object) -> str:
    """What PyTorch's messages call the type of a value: a tensor's with its dtype."""
    return str(value.type()) if isinstance(value, Tensor) else type(value).__name__


def dotted(prefix: str, name: str) -> str:
    """The name of a member below a prefix."""
    return f"{prefix}.{name}" if prefix else name


class Members:
    """The tables of a module; the base of everything that a Module does."""

    _public_ = frozenset(
        {
            "_buffers", "_modules", "_parameters", "add_module", "buffers", "children", "get_buffer",
            "get_parameter", "get_submodule", "modules", "named_buffers", "named_children",
            "named_modules", "named_parameters", "parameters", "register_buffer", "register_module",
            "register_parameter", "set_submodule",
        }
    )  # fmt: skip

    _hidden_ = frozenset({"_non_persistent"})
    _shows_own_ = True

    _parameters = _table("_parameters")
    _buffers = _table("_buffers")
    _modules = _table("_modules")

    def __init__(self) -> None:
        own = self.__dict__
        own["training"] = True
        own["_parameters"], own["_buffers"], own["_modules"] = {}, {}, {}

    # -- attributes ---------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if name[:2] == "__":  # a key of a program's, which must not become what Python looks for
            raise AccessError(f"'{name}' of '{type(self).__name__}' object cannot be assigned to")
        own = self.__dict__
        if isinstance(value, Parameter):
            _, buffers, modules = tables_of(self, "parameters")
            _leave(self, name, buffers, modules)
            self.register_parameter(name, value)
        elif isinstance(value, Members):
            parameters, buffers, modules = tables_of(self, "module")
            _leave(self, name, parameters, buffers)
            modules[name] = value
        elif is_buffer(value):
            parameters, _, modules = tables_of(self, "buffer")
            _leave(self, name, parameters, modules)
            self.register_buffer(name, value, is_persistent(value))
        elif "_modules" not in own:
            object.__setattr__(self, name, value)
        elif name in own["_parameters"]:
            if value is not None:
                raise ArgumentError(
                    f"cannot assign '{type_name(value)}' as parameter '{name}' "
                    "(torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, None)
        elif name in own["_modules"]:
            if value is not None:
                raise ArgumentError(
                    f"cannot assign '{type_name(value)}' as child module '{name}' "
                    "(torch.nn.Module or None expected)"
                )
            own["_modules"][name] = None
        elif name in own["_buffers"]:
            if value is not None and not isinstance(value, Tensor):
                raise ArgumentError(
                    f"cannot assign '{type_name(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            own["_buffers"][name] = value
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":  # NumPy and copy ask any instance for these
            raise no_attribute(self, name)
        own = self.__dict__
        for table in ("_parameters", "_buffers", "_modules"):
            members = own.get(table)
            if members is not None and name in members:
                return members[name]
        raise no_attribute(self, name)

    def __delattr__(self, name: str) -> None:
        own = self.__dict__
        for table in ("_parameters", "_buffers", "_modules"):
            if name in own.get(table, ()):
                _forget(self, name, own[table])
                return
        if name not in own or isinstance(getattr(type(self), name, None), property):
            raise no_attribute(self, name)
        object.__delattr__(self, name)

    def _listed_(self) -> list[str]:
        """What it shows beside its own attributes: its members."""
        own = self.__dict__
        return [
            name
            for table in ("_parameters", "_buffers", "_modules")
            for name in own.get(table, ())
            if type(name) is str and name.isidentifier()
        ]

    # -- registration -------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Keep a parameter (or None) by name."""
        table = tables_of(self, "parameter")[0]
        name = _checked_name(self, name, "parameter", table)
        if param is not None and not isinstance(param, Parameter):
            raise ArgumentError(
                f"cannot assign '{type_name(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param is not None and not param.is_leaf:
            raise ValueProblem(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                "created explicitly."
            )
        table[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that belongs to the module's state but is not trained.

        persistent: whether it stands in `state_dict`.
        """
        table = tables_of(self, "buffer")[1]
        name = _checked_name(self, name, "buffer", table)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise ArgumentError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        table[name] = tensor
        # A dict, since programs that copy modules and plans that follow them know those.
        if not persistent:
            self.__dict__.setdefault("_non_persistent", {})[name] = True
        elif "_non_persistent" in self.__dict__:
            self.__dict__["_non_persistent"].pop(name, None)

    def add_module(self, name: str, module: Members | None) -> None:
        """Keep a submodule (or None) by name."""
        table = tables_of(self, "module")[2]
        if module is not None and not isinstance(module, Members):
            raise ArgumentError(f"{type_name(module)} is not a Module subclass")
        table[_checked_name(self, name, "module", table)] = module

    def register_module(self, name: str, module: Members | None) -> None:
        """The same as add_module."""
        self.add_module(name, module)

    # -- one by its name ----------------------------------------------------------------------

    def get_submodule(self, target: str) -> Self:
        """The submodule of a dotted name; the module itself for ''."""
        module: Any = self
        for name in _parts(target):
            module = _member(module, name)
            if not isinstance(module, Members):
                raise AccessError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name."""
        path, _, name = _checked_target(target).rpartition(".")
        found = _member(self.get_submodule(path), name)
        if not isinstance(found, Parameter):
            raise AccessError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name."""
        path, _, name = _checked_target(target).rpartition(".")
        module = self.get_submodule(path)
        found = _member(module, name)
        if name not in module._buffers or not isinstance(found, Tensor):
            raise AccessError(f"`{name}` is not a buffer")
        return found

    def set_submodule(self, target: str, module: Members, strict: bool = False) -> None:
        """Put a module in the place of the submodule of a dotted name.

        strict: it has to be there already; otherwise only what lies above it has to.
        """
        if target == "":
            raise ValueProblem("Cannot set the submodule without a target name!")
        if not isinstance(module, Members):
            raise ValueProblem(
                f"`module` is not an nn.Module, found <class '{type(module).__name__}'>"
            )
        path, _, name = _checked_target(target).rpartition(".")
        if strict:
            self.get_submodule(target)
        setattr(self.get_submodule(path), name, module)

    # -- all of them --------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Members] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Self]]:
        """This module and all below it with their dotted names, each once unless told otherwise."""
        if memo is not None and not isinstance(memo, set):
            raise ArgumentError(f"memo is a set, not {type(memo).__name__}", argument="memo")
        seen = set(map(id, memo or ()))
        stack: list[tuple[str, Any]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if remove_duplicate:
                if id(module) in seen:
                    continue
                seen.add(id(module))
                if memo is not None:
                    memo.add(module)
            yield name, module
            below = [(dotted(name, n), m) for n, m in submodules(module)]
            stack.extend(reversed(below))

    def modules(self) -> Iterator[Self]:
        """This module and all below it, each once."""
        return (m for _, m in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Self]]:
        """The submodules just below with their names, each once."""
        seen: set[int] = set()
        for name, module in submodules(self):
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Self]:
        """The submodules just below, each once."""
        return (m for _, m in self.named_children())

    def _named_members(
        self,
        get_members_fn: Callable[[Members], Iterable[tuple[str, T]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, T]]:
        seen: set[int] = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for name, module in modules:
            for n, tensor in get_members_fn(module):
                if remove_duplicate:
                    if id(tensor) in seen:
                        continue
                    seen.add(id(tensor))
                yield dotted(name, n), tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their dotted names, each once unless told otherwise."""
        return self._named_members(parameters_of, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their dotted names, each once unless told otherwise."""
        return self._named_members(buffers_of, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))


# Functions rather than methods: a program's class may have attributes of any name.


def tables_of(
    module: Members, what: str
) -> tuple[dict[str, Parameter | None], dict[str, Tensor | None], dict[str, Members | None]]:
    """The parameters, buffers and submodules; what: that `__init__` has to come before."""
    own = module.__dict__
    if "_modules" not in own:
        raise AccessError(
            f"cannot assign {what} before Module.__init__() call",
            hint="call super().__init__() first",
        )
    return own["_parameters"], own["_buffers"], own["_modules"]


def _leave(module: Members, name: str, *tables: dict[str, Any]) -> None:
    """Make room for a member: what else has its name goes."""
    module.__dict__.pop(name, None)
    for table in tables:
        if name in table:
            _forget(module, name, table)


def _forget(module: Members, name: str, table: dict[str, Any]) -> None:
    del table[name]
    if "_non_persistent" in module.__dict__:
        module.__dict__["_non_persistent"].pop(name, None)


def _checked_name(module: Members, name: object, kind: str, table: Container[str]) -> str:
    """A name that a new member may have."""
    if type(name) is not str:
        raise ArgumentError(f"{kind} name should be a string. Got {type(name).__name__}")
    if "." in name:
        got = f", got: {name}" if kind == "module" else ""
        raise KeyProblem(f'{kind} name can\'t contain "."{got}')
    if not name:
        raise KeyProblem(f'{kind} name can\'t be empty string ""')
    if name[:2] == "__":
        raise ArgumentError(f"{kind} name can't begin with '__': {name}")
    own = module.__dict__
    if name not in table and (
        name in own
        or any(name in own[other] for other in ("_parameters", "_buffers", "_modules"))
        or any(name in base.__dict__ for base in type(module).__mro__)
    ):
        raise KeyProblem(f"attribute '{name}' already exists")
    return name


def tensor_of(module: Members, name: str) -> Tensor:
    """The tensor that a module itself keeps by a name."""
    found = _member(module, name)
    if not isinstance(found, Tensor):
        raise ArgumentError(
            f"'{name}' of {type(module).__name__} is a {type(found).__name__}, and not a Tensor"
        )
    return found


def _member(module: Members, name: str) -> object:
    """What a module itself keeps by a name."""
    own = module.__dict__
    for table in ("_parameters", "_buffers", "_modules"):
        if table in own and name in own[table]:
            return own[table][name]
    if name not in own:
        raise AccessError(f"{type(module).__name__} has no attribute `{name}`")
    return own[name]


def _checked_target(target: object) -> str:
    if type(target) is not str:
        raise ArgumentError(f"a target is a dotted name, not {type(target).__name__}")
    return target


def _parts(target: object) -> list[str]:
    path = _checked_target(target)
    return path.split(".") if path else []


# -- tables as they are, whatever a program has put into them --------------------------------------


def _of_kind(module: Members, table: str, kind: type) -> list[tuple[str, Any]]:
    """What a table holds, without None."""
    members: dict[Any, Any] | None = module.__dict__.get(table)
    if members is None:
        raise no_attribute(module, table)
    found = []
    for name, value in members.items():
        if value is None:
            continue
        if type(name) is not str or not isinstance(value, kind):
            raise ArgumentError(
                f"{table} holds {_KINDS[table]} by name, not {type(value).__name__} by "
                f"{type(name).__name__}"
            )
        found.append((name, value))
    return found


# What each holds, in words.
_KINDS = {"_parameters": "Tensors", "_buffers": "Tensors", "_modules": "Modules"}


def parameters_of(module: Members) -> list[tuple[str, Parameter]]:
    """A module's own parameters."""
    return _of_kind(module, "_parameters", Tensor)


def buffers_of(module: Members) -> list[tuple[str, Tensor]]:
    """A module's own buffers."""
    return _of_kind(module, "_buffers", Tensor)


def saved_buffers_of(module: Members) -> list[tuple[str, Tensor]]:
    """Those of its buffers that stand in its state."""
    passing = module.__dict__.get("_non_persistent", ())
    return [(name, buffer) for name, buffer in buffers_of(module) if name not in passing]


def submodules(module: Members) -> list[tuple[str, Any]]:
    """A module's own submodules."""
    return _of_kind(module, "_modules", Members)
