"""Parameters read off without calling anything."""

from __future__ import annotations

import pytest

from tcalc.help.signatures import parameters, signature


def plain(x, /, y, *rest, dim=None, keepdim=False, **more):
    return x


def only_keywords(*, a, b=(1, 2)):
    return a


class Layer:
    def __init__(self, size: int, bias: bool = True) -> None:
        self.size = size

    def forward(self, x: object) -> object:
        return x


class Derived(Layer):
    pass


class Expensive:
    def __repr__(self) -> str:
        raise AssertionError("a default was looked at")

    def __getattr__(self, name: str) -> object:
        if name == "__op__":
            raise AssertionError("an attribute was asked for")
        raise AttributeError(name)


def with_expensive_default(x=Expensive()):  # noqa: B008
    return x


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (plain, "f(x, y, *rest, dim=None, keepdim=False, **more)"),
        (only_keywords, "f(*, a, b=(1, 2))"),
        (Layer, "f(size, bias=True)"),
        (Derived, "f(size, bias=True)"),
        (Layer(1).forward, "f(x)"),
        (Layer.forward, "f(self, x)"),
        (with_expensive_default, "f(x=...)"),
        (lambda: 0, "f()"),
        (3, None),
        (Expensive(), None),
        (len, None),
    ],
)
def test_a_signature_as_it_is_written(value: object, written: str | None) -> None:
    assert signature("f", value) == written


def test_classes_without_an_init_of_their_own_have_unknown_parameters() -> None:
    assert parameters(int) is None
