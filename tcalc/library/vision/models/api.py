"""Networks by their names: functions that build them, with the weights that are published for them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.vision.models.weights import WeightsEnum, published
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import NAMES, export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tcalc.library.nn.module import Module

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_MODELS = "torchvision.models"
_ROOM = "tcalc.library.vision.models."
_SINCE = "since 0.13 and may be removed in the future"
# The weights that `pretrained=True` stands for.
_PRETRAINED = "IMAGENET1K_V1"
# By name, what builds a network, and its class of weights.
_BUILDERS: dict[str, tuple[Callable[..., Module], type[WeightsEnum]]] = {}


def builder(
    name: str,
    weights_class: str,
    file: str,
    what: str,
    make: Callable[..., Module],
    *,
    fixed: Mapping[str, Any] | None = None,
    trained: Callable[[dict[str, Any]], None] = lambda settings: None,
    renamed: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    loaded: Callable[[Any, Mapping[str, Any]], None] = lambda module, given: None,
) -> None:
    """Define and export the function that builds a network.

    file: in which torchvision defines it. what: what its documentation says that it is. make: builds
    it without weights. fixed: settings that make the network what it is.
    trained: sets what published weights need.
    renamed: what the file holds by the network's names. loaded: is given the network with its
    weights, and the settings of the call.
    """
    weights_enum = published(weights_class, file)

    def build(*args: Any, **kwargs: Any) -> Module:
        weights, progress, settings = _taken(name, weights_enum, args, kwargs)
        given = dict(settings)
        for key, value in (fixed or {}).items():
            fix(settings, key, value)
        if weights is None:
            return make(**settings)
        if weights.classes is not None:
            fix(settings, "num_classes", weights.classes)
        trained(settings)
        made = make(**settings)
        state = weights.get_state_dict(progress=progress, check_hash=True)
        made.load_state_dict(renamed(state))
        loaded(made, given)
        return made

    build.__name__ = build.__qualname__ = name
    build.__doc__ = f"""{what}

    weights: a member of {weights_class} or its name; None for weights that are drawn. Those that
    are published come from the hub's cache (torch.hub.get_dir()), or with --allow-net from the
    network. progress: whether a terminal shows how far that has come. What else is given goes to
    the network's class, such as num_classes.
    """
    home = f"{_MODELS}.{file}"
    export(f"{_MODELS}.{name}", f"{home}.{name}", value=build)
    _BUILDERS[name] = build, weights_enum


def fix(settings: dict[str, Any], name: str, value: Any) -> None:
    """Give a setting the one value that it can have."""
    if settings.setdefault(name, value) != value:
        raise ValueProblem(
            f"The parameter '{name}' expected value {value} but got {settings[name]} instead.",
            argument=name,
        )


def _taken(
    name: str, weights_enum: type[WeightsEnum], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[WeightsEnum | None, bool, dict[str, Any]]:
    """The weights, whether progress is shown, and the other settings of a call.

    What torchvision before 0.13 was given is taken with its warnings.
    """
    settings = dict(kwargs)
    places = ("weights", "progress")
    if len(args) > len(places):
        raise ArgumentError(
            f"{name}() takes {len(places)} positional arguments but {len(args)} were given"
        )
    if args:
        given = places[: len(args)]
        quoted = [f"'{place}'" for place in given]
        warn(
            f"Using {' and '.join(quoted)} as positional parameter(s) is deprecated {_SINCE}. "
            "Please use keyword parameter(s) instead."
        )
        for place, value in zip(given, args):
            if place in settings:
                raise ArgumentError(f"{name}() got multiple values for argument '{place}'")
            settings[place] = value
    weights = _without_legacy(weights_enum, settings)
    progress = settings.pop("progress", True)
    return weights_enum.verify(weights), progress is not False, settings


def _without_legacy(weights_enum: type[WeightsEnum], settings: dict[str, Any]) -> Any:
    """Take the weights out of the settings, or those that `pretrained` asks for."""
    weights = settings.pop("weights", None)
    is_flag = not (weights is None or type(weights) is str or isinstance(weights, WeightsEnum))
    if not is_flag and (weights is not None or "pretrained" not in settings):
        return weights
    asked = settings.pop("pretrained", False)
    if is_flag:
        asked = weights
    else:
        warn(f"The parameter 'pretrained' is deprecated {_SINCE}, please use 'weights' instead.")
    meant = weights_enum[_PRETRAINED] if asked else None
    said = (
        f"Arguments other than a weight enum or `None` for 'weights' are deprecated {_SINCE}. "
        f"The current behavior is equivalent to passing `weights={meant}`."
    )
    if meant is not None:
        said += (
            f" You can also use `weights={weights_enum.__name__}.DEFAULT` to get the most "
            "up-to-date weights."
        )
    warn(said)
    return meant


def _all() -> dict[str, tuple[Callable[..., Module], type[WeightsEnum]]]:
    """Every builder by name: those of the modules that are not loaded yet, too."""
    for home in {home for home in NAMES.values() if home.startswith(_ROOM)}:
        import_module(home)
    return dict(sorted(_BUILDERS.items()))


def _known(name: object) -> tuple[Callable[..., Module], type[WeightsEnum]]:
    if type(name) is not str:
        raise ArgumentError(f"a model's name is a str, not {type(name).__name__}", argument="name")
    found = _all().get(name.lower())
    if found is None:
        raise ValueProblem(f"Unknown model {name}", argument="name")
    return found


def list_models(module: Any = None, include: Any = None, exclude: Any = None) -> List:
    """The names of the networks, sorted.

    module: those of it alone; all here are of torchvision.models. include, exclude: patterns, or a list
    of them, of names that are told or not.

    >>> torchvision.models.list_models(include="resnet*", exclude=["*50", "*152"])
    ['resnet101', 'resnet18', 'resnet34']
    """
    found = _all()
    names: Iterable[str] = found
    if include is not None:
        patterns = _patterns("include", include)
        names = [n for n in names if any(fnmatchcase(n, p) for p in patterns)]
    if exclude is not None:
        patterns = _patterns("exclude", exclude)
        names = [n for n in names if not any(fnmatchcase(n, p) for p in patterns)]
    if module is not None:
        home = None if is_users(type(module)) else getattr(module, "qualified", None)
        names = [n for n in names if home == _MODELS]
    return List(names)


def _patterns(name: str, given: Any) -> list[str]:
    patterns: list[Any] = [given] if type(given) not in _LISTS else list(given)
    if any(type(pattern) is not str for pattern in patterns):
        raise ArgumentError(f"{name} is a pattern or a list of patterns", argument=name)
    return patterns


_LISTS = frozenset({list, tuple, set, frozenset, List})


def get_model(name: str, **config: Any) -> Module:
    """Build a network by its name.

    config: what its function takes.

    >>> torchvision.models.get_model("resnet18", num_classes=2).fc
    Linear(in_features=512, out_features=2, bias=True)
    """
    return _known(name)[0](**config)


def get_model_builder(name: str) -> Callable[..., Module]:
    """The function that builds a network, by its name."""
    return _known(name)[0]


def get_model_weights(name: Any) -> type[WeightsEnum]:
    """The class of weights of a network, by its name or by the function that builds it.

    >>> torchvision.models.get_model_weights("resnet50")
    <enum 'ResNet50_Weights'>
    """
    for build, weights_enum in _BUILDERS.values():
        if build is name:
            return weights_enum
    return _known(name)[1]


def get_weight(name: str) -> WeightsEnum:
    """Weights by their full name.

    >>> torchvision.models.get_weight("ResNet50_Weights.IMAGENET1K_V2")
    ResNet50_Weights.IMAGENET1K_V2
    """
    class_name, dot, member = name.partition(".") if type(name) is str else ("", "", "")
    if not dot or "." in member:
        raise ValueProblem(f"Invalid weight name provided: '{name}'.", argument="name")
    classes = {weights_enum.__name__: weights_enum for _, weights_enum in _all().values()}
    if class_name in classes:
        return classes[class_name][member]
    raise ValueProblem(
        f"The weight enum '{class_name}' for the specific method couldn't be retrieved.",
        argument="name",
    )


for _function in (get_model, get_model_builder, get_model_weights, get_weight, list_models):
    export(f"{_MODELS}.{_function.__name__}", value=_function)
