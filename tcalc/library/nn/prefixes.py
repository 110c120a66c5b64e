"""The names in a state that was taken of a module within another."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.containers import OrderedDict


def consume_prefix_in_state_dict_if_present(state_dict: Any, prefix: Any) -> None:
    """Take what names begin with off the names of a state, in place: `module.` of DataParallel.

    >>> state = nn.DataParallel(nn.Linear(1, 1)).state_dict()
    >>> torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
    >>> list(state)
    ['weight', 'bias']
    """
    if not isinstance(state_dict, dict) or type(prefix) is not str:
        raise ArgumentError("it takes a state_dict and the text that its names begin with")
    _take_off(state_dict, prefix, prefix)
    # What stands beside a state names modules: the outermost is there without the dot.
    metadata = vars(state_dict).get("_metadata") if type(state_dict) is OrderedDict else None
    if isinstance(metadata, dict):
        _take_off(metadata, prefix, prefix.replace(".", ""))


def _take_off(names: dict[Any, Any], prefix: str, outermost: str) -> None:
    for name in list(names):
        if type(name) is str and name and (name == outermost or name.startswith(prefix)):
            names[name[len(prefix) :]] = names.pop(name)


export(
    "torch.nn.modules.utils.consume_prefix_in_state_dict_if_present",
    value=consume_prefix_in_state_dict_if_present,
)
