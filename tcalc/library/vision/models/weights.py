"""Which weights are published for the networks: a class for each network, a member for each file.

`weights.json` has them as torchvision publishes them (scripts/record_vision_weights.py).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, KeyProblem, ValueProblem
from tcalc.library.hub.weights import kept
from tcalc.runtime.base.registry import export, lookup
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import repr_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODELS = "torchvision.models"
_PRESET = "torchvision.transforms._presets.ImageClassification"
_MEBIBYTE = 1 << 20


@export(f"{_MODELS}.Weights", f"{_MODELS}._api.Weights", home=f"{_MODELS}._api")
class Weights:
    """A file of weights: where it is, how images are prepared for it, what is known of it."""

    __slots__ = ("meta", "transforms", "url")
    _public_ = frozenset(__slots__)

    def __init__(self, url: str, transforms: Any, meta: dict[str, Any]) -> None:
        self.url = url
        self.transforms = transforms
        self.meta = meta


class _WeightsType(type):
    """The class of the classes of weights, which hold their members by name."""

    _members: dict[str, WeightsEnum]

    def __getitem__(cls, name: object) -> WeightsEnum:
        found = cls._members.get(name) if type(name) is str else None
        if found is None:
            raise KeyProblem(repr(name) if type(name) is str else "a name of weights is a str")
        return found

    def __iter__(cls) -> Iterator[WeightsEnum]:
        return iter(dict.fromkeys(cls._members.values()))

    def __len__(cls) -> int:
        return len(set(cls._members.values()))

    def __contains__(cls, value: object) -> bool:
        return isinstance(value, cls)

    def __bool__(cls) -> bool:
        return True

    def __repr__(cls) -> str:
        return f"<enum '{cls.__name__}'>"


@export(f"{_MODELS}.WeightsEnum", f"{_MODELS}._api.WeightsEnum", home=f"{_MODELS}._api")
class WeightsEnum(metaclass=_WeightsType):
    """The weights of a network, one of the members of its class.

    >>> weights = torchvision.models.ResNet18_Weights.DEFAULT
    >>> weights, weights.meta["categories"][207]
    (ResNet18_Weights.IMAGENET1K_V1, 'golden retriever')
    """

    __slots__ = ("classes", "most", "name", "value")
    _members: dict[str, WeightsEnum] = {}
    _public_ = frozenset({"get_state_dict", "meta", "name", "transforms", "url", "value", "verify"})
    name: str
    value: Weights
    # How many classes are told apart, and the most bytes that the file may have.
    classes: int | None
    most: int

    def __init__(self, value: object) -> None:
        raise ValueProblem(f"{repr_of(value)} is not a valid {type(self).__name__}")

    url = property(lambda self: self.value.url)
    meta = property(lambda self: self.value.meta)
    transforms = property(lambda self: self.value.transforms)

    @classmethod
    def verify(cls, obj: Any) -> Any:
        """A member, which may be given by its name; TypeError for those of another network."""
        if obj is None or isinstance(obj, cls):
            return obj
        if type(obj) is str:
            full = f"{cls.__name__}."
            return cls[obj.replace(full, "")]
        raise ArgumentError(
            f"Invalid Weight class provided; expected {cls.__name__} but received "
            f"{type(obj).__name__}.",
            argument="weights",
        )

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """What the file holds: that of the hub's cache, else fetched where --allow-net lets programs.

        It takes what torch.hub.load_state_dict_from_url does after the URL.
        """
        return kept(self.url, *args, most=self.most, **kwargs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("weights.json").read_bytes())
    return found


def published(name: str, file: str) -> type[WeightsEnum]:
    """The class of weights of a network, which torchvision defines in a file of that name."""
    row = _table()["weights"][name]
    members: dict[str, WeightsEnum] = {}
    public = frozenset({*row["members"], "DEFAULT"})
    made: type[WeightsEnum] = _WeightsType(
        name, (WeightsEnum,), {"__slots__": (), "_members": members, "_public_": public}
    )  # type: ignore[assignment]  # the class of such classes
    made.__doc__ = f"The weights that are published for a network: {', '.join(row['members'])}."
    for key, given in row["members"].items():
        member: WeightsEnum = object.__new__(made)
        member.name, member.value = key, _weights(given)
        categories = member.meta["categories"]
        member.classes = None if categories is None else len(categories)
        # The size is told to a thousandth.
        member.most = int((member.meta["_file_size"] + 0.001) * _MEBIBYTE)
        members[key] = member
    members["DEFAULT"] = members[row["default"]]
    for key, member in members.items():
        setattr(made, key, member)
    home = f"{_MODELS}.{file}"
    export(f"{_MODELS}.{name}", f"{home}.{name}", value=made, home=home)
    return made


def _weights(given: dict[str, Any]) -> Weights:
    settings = given["transforms"]

    def transforms(**changed: Any) -> Any:
        """How images are prepared for these weights."""
        return lookup(_PRESET)(**{**settings, **changed})

    meta = {key: _plain(value) for key, value in given["meta"].items()}
    categories = meta["categories"]
    if categories is not None:
        meta["categories"] = List(_table()["categories"][categories])
    return Weights(given["url"], transforms, meta)


def _plain(value: Any) -> Any:
    """A value of JSON's as torchvision has it: sizes are tuples."""
    return tuple(value) if isinstance(value, list) else value
