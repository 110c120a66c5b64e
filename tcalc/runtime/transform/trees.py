"""Trees: tensors in tuples, lists and dicts."""

from __future__ import annotations

from typing import Any, TypeGuard

from tcalc.runtime.base.named_results import NamedResult


def is_tree(value: object) -> TypeGuard[tuple[Any, ...] | list[Any] | dict[Any, Any]]:
    """Whether it holds others."""
    return isinstance(value, (tuple, list, dict))


def leaves_of(tree: object) -> list[Any]:
    """What a tree holds, in order.

    >>> leaves_of({"a": 1, "b": [2, (3,)]})
    [1, 2, 3]
    """
    if not is_tree(tree):
        return [tree]
    items = tree.values() if isinstance(tree, dict) else tree
    return [leaf for item in items for leaf in leaves_of(item)]


def rebuilt(tree: object, leaves: list[Any]) -> Any:
    """A tree of the same form with other leaves, which are taken from the front of a list."""
    if not is_tree(tree):
        return leaves.pop(0)
    if isinstance(tree, dict):
        return {k: rebuilt(v, leaves) for k, v in tree.items()}
    items = [rebuilt(v, leaves) for v in tree]
    if isinstance(tree, list):
        return type(tree)(items)
    if isinstance(tree, NamedResult):
        return type(tree)(items)
    return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
