"""Modules as programs see them: torch's and numpy's, our own tables, and what is in none."""

from __future__ import annotations

import math
import sys

from tcalc.errors import AccessError
from tcalc.language import attributes, classes
from tcalc.language.active import ACTIVE
from tcalc.language.classes import is_special
from tcalc.language.tables import PACKAGES, TABLES
from tcalc.runtime.base.modes import effect, mode
from tcalc.runtime.base.setting import Setting

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
    "torchvision": "torchvision",
}  # fmt: skip
MISSING: Any = object()


def _named(f: Any) -> Any:
    """The name that a path of `pathlib` is; anything else as it is."""
    if type(f) is str or "tcalc.language.tables.pathlib" not in sys.modules:
        return f
    from tcalc.language.lent import Named

    return f.text if isinstance(f, Named) else f


def load(
    f: str,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: Any = True,
    mmap: Any = None,
    columns: Any = None,
    dtype: Any = None,
    table: Any = False,
    **options: Any,
) -> Any:
    """What a data file holds, told by how its name ends.

        .csv .tsv .txt         a table: its numbers as one tensor, or columns (table=)
        .parquet               a dict of columns (pip install 'tcalc[arrow]')
        .npy                   a tensor
        .npz .safetensors      a dict of tensors
        .pt .pth .ckpt .bin    what torch.save wrote: state dicts, other containers of
                               tensors, numbers and text; nothing else is unpickled
        .mat                   MATLAB's variables: numbers, text, structures, cells
        .h5 .hdf5              datasets by name (pip install 'tcalc[hdf5]')
        .json .jsonl           what JSON says, lists of numbers as tensors
        .png .jpg .jpeg .gif   an image, [channels, height, width] of bytes
        .webp .bmp .ppm .pgm   (pip install 'tcalc[images]')

    map_location: where the tensors of a model go: a device, a dict of them, or a function. mmap:
    whether numbers are left in the file until they are looked at (.npy and models).
    columns: of a table, the names or numbers (from 0) of those to read; one alone gives a vector.
    dtype: of the tensors. table: a dict of a table's columns by name (by number where there is no
    header), those of numbers as tensors, those of text as lists. `help files` tells more.

        net.load_state_dict(load("net.pt", map_location="cpu"))
        load("people.csv", columns=["height", "n"])
        load("people.csv", table=True)["name"]
        imshow(load("cat.png"))
    """
    effect("load")
    return ACTIVE[-1].files["load"](
        _named(f), map_location=map_location, weights_only=weights_only, mmap=mmap, columns=columns,
        dtype=dtype, table=table, **options,
    )  # fmt: skip


def save(obj: Any, f: str, pickle_module: Any = None, pickle_protocol: Any = 2,
         **options: Any) -> None:  # fmt: skip
    """Write a value to a data file, whole or not at all; how the name ends tells the format.

        .npy                   a tensor
        .npz .safetensors      tensors by name; .npz also several in a list
        .csv .tsv .txt         a tensor of two dims at most, or a dict of columns
        .parquet               a dict of columns (pip install 'tcalc[arrow]')
        .pt .pth .ckpt .bin    state dicts, containers of tensors, numbers and text
        .mat                   tensors, text, dicts and lists by name
        .h5 .hdf5              tensors by name (pip install 'tcalc[hdf5]')
        .json .jsonl           any of these; .jsonl has an item on each line
        .png .jpg .jpeg .gif   an image, [height, width] or [channels, height, width]:
        .webp .bmp .ppm .pgm   bytes, or numbers from 0 to 1 (all but .png: pip
                               install 'tcalc[images]')

    Columns are vectors or lists of texts. A tensor that was loaded from a table keeps its header.

        save(x, "x.npy")
        save({"epoch": 3, "model": net.state_dict()}, "checkpoint.pt")
        save({"name": ["Ann", "Bob"], "height": tensor([1.7, 1.8])}, "people.csv")
    """
    effect("save")
    ACTIVE[-1].files["save"](_named(obj), _named(f), **options)


def name_of(value: Any) -> str:
    """The name of a file that a program gives: a text, or that of a path."""
    if type(value) is str:
        return value
    from tcalc.language import places

    return places.name_of(value)


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
    "torch.jit": {"Final": lambda: _table("typing")["Final"]},  # type: ignore[index]  # it is there
    "numpy": {
        "load": EXTRAS["load"],
        "save": EXTRAS["save"],
        "fft": lambda: module("numpy.fft"),
        "linalg": lambda: module("numpy.linalg"),
        "random": lambda: module("numpy.random"),
    },
}


# Names of PyTorch's that begin as what is nobody's business does, and which programs use.
_PYTORCHS = frozenset(
    {
        "torch._chunk_cat", "torch._log_softmax_backward_data", "torch._native_batch_norm_legit",
        "torch._safe_softmax", "torch._segment_reduce", "torch._softmax_backward_data",
        "torch._unsafe_masked_index", "torch._unsafe_masked_index_put_accumulate",
        "torch.ops.aten._safe_softmax",
        "torch.nn.init._calculate_fan_in_and_fan_out", "torch.nn.modules.batchnorm._BatchNorm",
        "torch.nn.modules.conv._ConvNd", "torch.nn.modules.dropout._DropoutNd",
        "torch.nn.modules.instancenorm._InstanceNorm", "torch.nn.modules.loss._Loss",
        "torch.nn.modules.loss._WeightedLoss", "torch.nn.modules.utils._pair",
        "torch.nn.modules.utils._quadruple", "torch.nn.modules.utils._single",
        "torch.nn.modules.utils._triple", "torch.optim.lr_scheduler._LRScheduler",
        "torchvision.models.densenet._DenseBlock", "torchvision.models.densenet._DenseLayer",
        "torchvision.models.densenet._Transition",
    }
)  # fmt: skip


class Namespace:
    """A module as a program sees it; its members are found when they are first asked for."""

    _constant_ = True

    __slots__ = ("__dict__", "qualified")
    _known_as_ = "module"
    qualified: str

    def __init__(self, qualified: str) -> None:
        self.qualified = qualified

    def __getattr__(self, name: str) -> Any:
        return _member(self, name)

    def _followed_(self) -> tuple[()]:
        """What a plan has to look at again in each call: a module stays what it is."""
        return ()

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
        from tcalc.language.arrayfunctions import table as array_table

        return array_table(qualified)
    return None


def find(qualified: str, name: str) -> Any:
    """A member of a module, or MISSING (None is one: `np.newaxis`)."""
    found = _kept(qualified, name)
    return _value_of(found, f"{qualified}.{name}") if type(found) is Setting else found


def _value_of(setting: Setting, qualified: str) -> Any:
    """What a setting is now, of which a plan would not hear that it has changed."""
    if mode.interpreter is not None:
        mode.interpreter.effect(f"reads {qualified}")
    return setting.read()


def _kept(qualified: str, name: str) -> Any:
    """The same, but for a setting what holds it."""
    extra = _EXTRA_MODULES.get(qualified)
    if extra is not None and name in extra:
        return extra[name]()
    table = _table(qualified)
    if table is not None:
        value = table.get(name, MISSING)
        if value is MISSING and f"{qualified}.{name}" in TABLES:
            return module(f"{qualified}.{name}")
        return value
    if name.startswith("_") and not is_special(name) and f"{qualified}.{name}" not in _PYTORCHS:
        return MISSING
    from tcalc.runtime.base import registry

    found = registry.lookup(f"{qualified}.{name}")
    if found is None and is_module(f"{qualified}.{name}"):
        found = module(f"{qualified}.{name}")
    if found is None:
        from tcalc.language import aliases

        home = aliases.shown(qualified, name)
        return MISSING if home is None else _kept(home, name)
    return found


def is_module(name: str) -> bool:
    """Whether a dotted name is a module's."""
    if name in PACKAGES or name == "numpy" or name in TABLES:
        return True
    if name.startswith("numpy."):
        return _table(name) is not None
    if name.partition(".")[0] not in PACKAGES:
        return False
    from tcalc.language import aliases
    from tcalc.runtime.base import registry

    return registry.is_module(name) or aliases.is_showing(name)


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
        found = MISSING if name in classes.SPECIAL else find(value.qualified, name)
        if found is MISSING:
            raise _no_member(value, name)
        return found
    found = value.__dict__.get(name, MISSING)
    if found is MISSING:
        found = _member(value, name)
        if name in value.__dict__:
            attributes.native_readers(name).add(Namespace)
    return found


def _member(value: Namespace, name: str) -> Any:
    """A member that is asked for the first time, which the module then keeps unless it may change."""
    found = _kept(value.qualified, name)
    if found is MISSING:
        raise _no_member(value, name)
    if type(found) is Setting:
        return _value_of(found, f"{value.qualified}.{name}")
    value.__dict__[name] = found
    return found


def _no_member(value: Namespace, name: str) -> AccessError:
    if value.qualified.partition(".")[0] in (*PACKAGES, "numpy"):
        from tcalc.language import absent

        if absent.is_known(value.qualified, name):
            message, hint = absent.told(f"{value.qualified}.{name}")
            return AccessError(message, hint=hint)
    from tcalc.language.elsewhere import instead_of_member

    instead = instead_of_member(f"{value.qualified}.{name}")
    return AccessError(f"module '{value.qualified}' has no attribute '{name}'", hint=instead)


def _write_member(value: Namespace, name: str, new: Any) -> None:
    found = MISSING if is_special(name) else _kept(value.qualified, name)
    if found is MISSING:
        raise _no_member(value, name)
    if type(found) is not Setting or found.write is None:
        raise AccessError(f"cannot set '{name}' of module '{value.qualified}'")
    if mode.interpreter is not None:
        mode.interpreter.effect(f"sets {value.qualified}.{name}")
    found.write(new)


attributes.READERS[Namespace] = _read_member
attributes.WRITERS[Namespace] = _write_member
attributes.LISTERS[Namespace] = members
