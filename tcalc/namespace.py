"""The names that a program sees: Python's, the modules, and the registry's, bare and qualified.

`Names` is one session's: a dict that stands for the built-ins of its compiled code, filled with
what a program uses before it runs. `Namespace` is a module as programs see it.
"""

from __future__ import annotations

import math

from tcalc.compiler.support import SUPPORT
from tcalc.errors import AccessError, ModuleError
from tcalc.language import attributes, classes
from tcalc.language.builtins import BUILTINS, TENSOR_FORMS, load_for_c, tensor_form
from tcalc.language.classes import is_special

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

# Modules that need no import, and what they are.
ALIASES = {
    "torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "optim": "torch.optim",
    "linalg": "torch.linalg", "fft": "torch.fft", "special": "torch.special",
    "autograd": "torch.autograd", "func": "torch.func", "distributions": "torch.distributions",
    "cuda": "torch.cuda", "np": "numpy", "numpy": "numpy", "math": "math",
}  # fmt: skip
# Where a bare name is looked for, after Python's own.
BARE = ("torch.", "tcalc.")
CONSTANTS = {
    "pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf, "nan": math.nan
}  # fmt: skip
# Modules with tables of our own, in modules.py and arrays.py.
TABLES = frozenset(
    "math time timeit random copy itertools functools collections typing warnings "
    "__future__".split()
)
_MISSING: Any = object()
# Sessions that are running, the innermost last: `load` and `save` are theirs.
ACTIVE: list[Any] = []


def load(
    f: str, *, columns: Any = None, dtype: Any = None, table: Any = False, **options: Any
) -> Any:
    """What a data file holds.

    That is a tensor (.npy .csv .tsv .txt), a dict of them (.npz), or JSON's values.

    columns: of a table, the names or numbers (from 0) of those to read; one alone gives a vector.
    dtype: of the tensors. table: a dict of a table's columns by name (by number where there is no
    header), those of numbers as tensors, those of text as lists. `help files` tells more.

        load("people.csv", columns=["height", "n"])
        load("people.csv", table=True)["name"]
    """
    return ACTIVE[-1].files["load"](f, columns=columns, dtype=dtype, table=table, **options)


def save(obj: Any, f: str) -> None:
    """Write a value to a data file, whole or not at all.

    A tensor goes into an .npy file, tensors by name or in a list into .npz, a tensor of two dims at
    most or a dict of columns into a table (.csv .tsv .txt), any of them into .json. A tensor that
    was loaded from a table keeps its header.

        save(x, "x.npy")
        save({"name": ["Ann", "Bob"], "height": tensor([1.7, 1.8])}, "people.csv")
    """
    ACTIVE[-1].files["save"](obj, f)


def _print_options(name: str) -> Any:
    from tcalc.display import options

    return getattr(options, name)


# What is neither the runtime's nor in a table: bare names, and members of torch and numpy.
EXTRAS: dict[str, Callable[[], Any]] = {
    "load": lambda: load,
    "save": lambda: save,
    "set_printoptions": lambda: _print_options("set_printoptions"),
    "get_printoptions": lambda: _print_options("get_printoptions"),
}
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "e": lambda: math.e, "inf": lambda: math.inf, "nan": lambda: math.nan, "pi": lambda: math.pi,
    "newaxis": lambda: None,
}  # fmt: skip
_EXTRA_MODULES = {
    "torch": EXTRAS | _CONSTANTS,
    "numpy": {"load": EXTRAS["load"], "save": EXTRAS["save"]},
}


class Namespace:
    """A module as a program sees it; its members are found when they are first asked for."""

    __slots__ = ("__dict__", "qualified")
    _known_as_ = "module"
    qualified: str

    def __init__(self, qualified: str) -> None:
        self.qualified = qualified

    def __getattr__(self, name: str) -> Any:
        value = _find(self.qualified, name)
        if value is _MISSING:
            raise AccessError(f"module '{self.qualified}' has no attribute '{name}'")
        self.__dict__[name] = value
        return value

    def __repr__(self) -> str:
        return f"<module '{self.qualified}'>"


_namespaces: dict[str, Namespace] = {}


def module(qualified: str) -> Namespace:
    """The one Namespace of that name."""
    found = _namespaces.get(qualified)
    if found is None:
        found = _namespaces[qualified] = Namespace(qualified)
    return found


def _table(qualified: str) -> dict[str, Any] | None:
    """The members of a module of which we have a table of our own."""
    if qualified in TABLES:
        from tcalc.language.modules import table

        return table(qualified)
    if qualified == "numpy" or qualified.startswith("numpy."):
        from tcalc.language.arrays import table as array_table

        return array_table(qualified)
    return None


def _find(qualified: str, name: str) -> Any:
    """A member of a module, or _MISSING (None is one: `np.newaxis`)."""
    extra = _EXTRA_MODULES.get(qualified)
    if extra is not None and name in extra:
        return extra[name]()
    table = _table(qualified)
    if table is not None:
        return table.get(name, _MISSING)
    if name.startswith("_") and not is_special(name):
        return _MISSING
    from tcalc.runtime.base import registry

    found = registry.lookup(f"{qualified}.{name}")
    if found is None and registry.is_module(f"{qualified}.{name}"):
        found = module(f"{qualified}.{name}")
    return _MISSING if found is None else found


def members(value: Namespace) -> Iterable[str]:
    """The names in a module; imports nothing of the runtime's."""
    extra = _EXTRA_MODULES.get(value.qualified, {})
    table = _table(value.qualified)
    if table is not None:
        return [name for name in (*table, *extra) if not name.startswith("_")]
    from tcalc.runtime.base import registry

    return [*registry.names(value.qualified), *extra]


def _read_member(value: Namespace, name: str) -> Any:
    if is_special(name):
        if name in ("__name__", "__doc__"):
            return value.qualified if name == "__name__" else None
        found = _MISSING if name in classes.SPECIAL else _find(value.qualified, name)
    else:
        found = value.__dict__.get(name, _MISSING)
        if found is _MISSING:
            found = _find(value.qualified, name)
            if found is not _MISSING:
                value.__dict__[name] = found
                attributes.native_readers(name).add(Namespace)
    if found is _MISSING:
        raise AccessError(f"module '{value.qualified}' has no attribute '{name}'")
    return found


attributes.READERS[Namespace] = _read_member
attributes.LISTERS[Namespace] = members


class Names:
    """What one session's programs can name. `hidden` is the dict of built-ins they run with."""

    def __init__(self, own: dict[str, Any]) -> None:
        """own: what is this session's alone: its print, its helpers, its arguments."""
        self.hidden: dict[str, Any] = {
            **BUILTINS,
            **CONSTANTS,
            **SUPPORT,
            "__name__": "__main__",
            "__build_class__": classes.build_class,
            "__import__": load_for_c,
            "tensor form ": tensor_form,
            "import ": import_module,
            "import from ": import_from,
            **own,
        }
        self.hidden["member "] = _keeping_reader(self.hidden)
        # Once slice objects are values, any subscript may be a slice.
        self.checks_slices = False
        # Names that modules are likely to have, by what was imported.
        self.modules = set(ALIASES)
        self._misses: set[str] = set()

    def load(self, used: Iterable[str], bound: Iterable[str]) -> None:
        """Find names before they are used; those in `bound` are variables and left alone."""
        hidden, misses = self.hidden, self._misses
        for name in used:
            if name not in hidden and name not in misses and name not in bound:
                found = _bare(name)
                if found is None:
                    misses.add(name)
                else:
                    hidden[name] = found

    def unbind(self, names: Iterable[str], variables: dict[str, Any]) -> None:
        """Leave nothing behind names: neither a variable nor what is built in."""
        for name in names:
            variables.pop(name, None)
            if not is_special(name):
                self.hidden.pop(name, None)
                self._misses.add(name)

    def visible(self, name: str) -> Any:
        """What a bare name means where no variable has it, or None."""
        if " " in name or is_special(name) or name in self._misses:
            return None
        found = self.hidden.get(name)
        return _bare(name) if found is None else found

    def names(self) -> Iterable[str]:
        """All bare names; imports nothing of the runtime's."""
        found = {n for n in self.spellings() if n.isidentifier() and n[0] != "_"}
        return sorted(found - self._misses)

    def spellings(self) -> Iterable[str]:
        """The same unsorted, some twice, and with names that no program can spell."""
        from tcalc.runtime.base import registry

        yield from self.hidden
        yield from ALIASES
        yield from EXTRAS
        for prefix in BARE:
            yield from (n for n in registry.names(prefix[:-1]) if prefix + n in registry.NAMES)

    def delayed(self, path: tuple[str, ...]) -> tuple[int, str] | None:
        """Whether a dotted name means an op whose first argument is not evaluated yet.

        Then the position and the name of the argument that holds what the first is a function of.
        """
        value = self.visible(path[0])
        for name in path[1:]:
            if type(value) is not Namespace:
                return None
            value = _find(value.qualified, name)
        op = getattr(value, "__op__", None) if callable(value) else None
        if op is None or not op.delayed:
            return None
        (by,) = op.delayed.values()
        return op.place_of(by), by

    def is_module(self, qualified: str) -> bool:
        """Whether a dotted name is a module's."""
        return _is_module(qualified)

    def has_tensor_form(self, name: str) -> bool:
        """Whether a class of Python's, called with a tensor, is PyTorch's function."""
        return name in TENSOR_FORMS


def _keeping_reader(hidden: dict[str, Any]) -> Callable[[Any, str, Any, str], Any]:
    """A reader of attributes that keeps what modules have, where compiled code looks first."""

    def read(value: Any, name: str, root: Any, key: str) -> Any:
        found = attributes.read(value, name)
        if type(value) is Namespace and type(root) is Namespace:
            hidden[key + " "], hidden[key + " in"] = found, root
        return found

    return read


def _bare(name: str) -> Any:
    qualified = ALIASES.get(name)
    if qualified is not None:
        return module(qualified)
    if name.startswith("_"):
        return None
    if name in EXTRAS:
        return EXTRAS[name]()
    from tcalc.runtime.base import registry

    for prefix in BARE:
        found = registry.lookup(prefix + name)
        if found is not None:
            return found
    return None


# -- imports --------------------------------------------------------------------------------------


def import_module(name: str, top: bool) -> Any:
    """What `import name` binds: the module, or with `top` the first part of its dotted name."""
    found = _module(name)
    return module(name.split(".", 1)[0]) if top and type(found) is Namespace else found


def import_from(name: str, member: str) -> Any:
    """What `from name import member` binds; ImportError if it is not there."""
    if name.startswith("."):
        raise ModuleError("a program has no package around it, so there is nothing to import from")
    source = _module(name)
    if type(source) is not Namespace:
        found = source.find(member, _MISSING)
    else:
        found = _MISSING if is_special(member) else _find(name, member)
    if found is _MISSING:
        if _is_module(f"{name}.{member}"):
            return module(f"{name}.{member}")
        from tcalc.suggest import closest

        near = closest(member, attributes.visible(source))
        raise ModuleError(
            f"cannot import name '{member}' from '{name}'",
            hint=f"did you mean {near}?" if near else None,
        )
    return found


def star(name: str) -> dict[str, Any]:
    """What `from name import *` binds. PyTorch's names are there without it."""
    source = _module(name)
    if type(source) is not Namespace:
        return {member: attributes.read(source, member) for member in source.public()}
    if name == "torch":
        return {}
    return {member: _find(name, member) for member in members(source)}


# What does the job here of modules that programs elsewhere import.
_INSTEAD = {
    "pandas": "load('file.csv') reads a table, tcalc help files tells more",
    "polars": "load('file.csv') reads a table, tcalc help files tells more",
    "csv": "load('file.csv') reads a table",
    "scipy": "torch.linalg, torch.special and torch.fft have such functions",
    "sklearn": "models are built of torch.nn, losses of torch.nn.functional",
    "jax": "grad, vmap, jit and jacobian are here by these names",
    "tensorflow": "torch has such layers and functions",
    "keras": "models are built of torch.nn",
    "autograd": "grad, jacobian and hessian are here by these names",
    "sympy": "grad(f, x) gives derivatives as numbers",
    "cmath": "sqrt, exp, angle and the like take complex numbers and tensors",
    "statistics": "mean, median, std and var are here by these names",
    "numba": "jit(f) makes a plan of a function",
    "subprocess": "a program here starts no others",
    "socket": "a program here reaches no network",
    "requests": "a program here reaches no network",
    "pickle": "save(value, 'file.npz') and load('file.npz') keep tensors",
    "h5py": "load and save read and write .npy, .npz, .csv, .tsv and .json",
}


def _module(name: str) -> Any:
    if _is_module(name):
        return module(name)
    found = ACTIVE[-1].program_module(name) if ACTIVE else None
    if found is None:
        from tcalc.suggest import closest

        available = ["torch", "numpy", *sorted(TABLES)]
        instead = _INSTEAD.get(name.partition(".")[0])
        near = None if instead else closest(name, available)
        raise ModuleError(
            f"No module named '{name}' (there are {', '.join(available)})",
            hint=instead or (f"did you mean {near}?" if near else None),
        )
    return found


def _is_module(name: str) -> bool:
    if name in ("torch", "numpy") or name in TABLES:
        return True
    if name.startswith("numpy."):
        return _table(name) is not None
    if not name.startswith("torch."):
        return False
    from tcalc.runtime.base import registry

    return registry.is_module(name)
