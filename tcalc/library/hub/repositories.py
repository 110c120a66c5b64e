"""Models that programs in a folder make: what its `hubconf` defines."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, FileProblem, StateError, ValueProblem
from tcalc.library.host import host
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export, lookup, names
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Callable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# Repositories whose models are here already, and where.
_HERE = {"pytorch/vision": "torchvision.models"}


def load(
    repo_or_dir: Any, model: str, *args: Any, source: str = "github", trust_repo: Any = "check",
    force_reload: bool = False, verbose: bool = True, skip_validation: bool = False, **kwargs: Any,
) -> Any:  # fmt: skip
    """What an entry of a repository makes: it calls `model` of the folder's `hubconf.py` (.tcalc).

    repo_or_dir: a folder with source="local", which is run behind the same walls as the program.
    With source="github" nothing is fetched: of 'pytorch/vision' the models of torchvision.models
    are given, of any other an error says what to do.

    >>> net = torch.hub.load("pytorch/vision", "resnet18", num_classes=10)
    >>> net.fc
    Linear(in_features=512, out_features=10, bias=True)
    """
    effect("load")
    if source not in ("github", "local"):
        raise ValueProblem(
            f'Unknown source: "{source}". Allowed values: "github" | "local".', argument="source"
        )
    return _entered(
        repo_or_dir, source == "local", lambda found: _entry(found, model)(*args, **kwargs)
    )


def list_(
    github: Any, force_reload: bool = False, skip_validation: bool = False,
    trust_repo: Any = "check", verbose: bool = True,
) -> Any:  # fmt: skip
    """The names of what a repository makes: those of its `hubconf` that can be called.

    github: a folder, or 'pytorch/vision'.

    >>> "resnet18" in torch.hub.list("pytorch/vision")
    True
    """
    effect("list")
    found = _entered(github, None, lambda found: found)
    return List(sorted(name for name in found if name[0] != "_" and callable(found[name])))


def help_(
    github: Any, model: str, force_reload: bool = False, skip_validation: bool = False,
    trust_repo: Any = "check",
) -> Any:  # fmt: skip
    """What an entry of a repository says of itself."""
    effect("help")
    text = _entered(github, None, lambda found: _entry(found, model)).__doc__
    return text if type(text) is str else None


def _entered(repository: Any, is_local: bool | None, use: Callable[[dict[str, Any]], Any]) -> Any:
    """What is made of the entries of a repository, by name, where its imports are found.

    is_local: whether it is a folder; None where that is to be seen.
    """
    hub = host.hub()
    name = hub.name_of(repository)
    if is_local or (is_local is None and hub.is_folder(name)):
        return hub.within(name, lambda: use(hub.entries(name)))
    owner = name.partition(":")[0]
    home = _HERE.get(owner)
    if home is None:
        folder = owner.rpartition("/")[2]
        raise FileProblem(
            f"{name!r}: no repositories are fetched from GitHub",
            hint=f"git clone https://github.com/{owner} at the shell, then "
            f"torch.hub.load({folder!r}, …, source='local')",
            argument="repo_or_dir",
        )
    made = ((entry, lookup(f"{home}.{entry}")) for entry in names(home))
    return use({entry: value for entry, value in made if type(value) is FunctionType})


def _entry(found: dict[str, Any], model: object) -> Any:
    if type(model) is not str:
        raise ValueProblem(
            "Invalid input: model should be a string of function name", argument="model"
        )
    _check_dependencies(found.get("dependencies"))
    entry = found.get(model)
    if not callable(entry):
        raise StateError(f"Cannot find callable {model} in hubconf", argument="model")
    return entry


def _check_dependencies(dependencies: object) -> None:
    if dependencies is None:
        return
    if not isinstance(dependencies, (list, tuple)) or any(type(d) is not str for d in dependencies):
        raise ArgumentError("dependencies of a hubconf is a list of names of modules")
    missing = [name for name in dependencies if not host.hub().is_module(name)]
    if missing:
        raise StateError(f"Missing dependencies: {', '.join(missing)}")


for _function in (help_, list_, load):
    _function.__name__ = _function.__qualname__ = _function.__name__.rstrip("_")
    export(f"torch.hub.{_function.__name__}", value=_function)
