"""What a session has that no variable holds: generators of random numbers, settings of the runtime.

Modules are loaded when they are first used, so that a line may bring a generator about. Where that
line is taken back, the generator is where it begins.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tcalc.prompt.undo.parts import alike
from tcalc.runtime.base.auditing import auditing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

_OPS = "tcalc.runtime.ops.random."


class Standing:
    """What there is of it as a line begins."""

    def __init__(self) -> None:
        self._states = [source.state() for source in _sources()]
        self._generators = list(_generators().values())
        # What stands for generators that there were not yet, by kind of device.
        self._others: dict[str, Any] = {}
        self._dtype = _module("tcalc.runtime.types.dtypes")
        self._level = auditing.level

    def roots(self) -> Iterable[Any]:
        """What can be looked into as variables can."""
        modes = _module("tcalc.runtime.base.modes")
        if modes is not None:
            yield vars(modes.mode)
        if self._dtype is not None:
            yield self._dtype.default
        yield from self._generators

    def begun(self) -> list[str]:
        """The statements that start as they were started what has come about since."""
        lines = []
        for source in _sources()[len(self._states) :]:
            module = source.spelled.rpartition(".")[0]
            lines += [f"import {module}", f"{source.spelled}({source.first})"]
        generator = _generators().get("cpu")
        if generator is not None and all(generator is not each for each in self._generators):
            random: Any = _module(_OPS + "generator")
            lines.append(f"manual_seed({random.first_seed()})")
        return lines

    def changed(self) -> bool:
        """Whether any of the other sources has come further."""
        states = [source.state() for source in _sources()]
        if auditing.level != self._level:
            return True
        return len(_generators()) != len(self._generators) or not alike(states, self._states)

    def swap(self) -> None:
        """Go back to where all was, and keep where it has come to."""
        others = _sources()
        now = [source.state() for source in others]
        for source, state in zip(others, self._states):
            source.restore(state)
        for source in others[len(self._states) :]:
            source.start(source.first)
        self._states = now
        known = {id(generator) for generator in self._generators}
        for where, generator in _generators().items():
            if id(generator) not in known:
                random: Any = _module(_OPS + "generator")
                other = self._others.setdefault(where, random.begun(where))
                generator.exchange(other)
        audit: Any = _module("tcalc.runtime.call.audit")
        if audit is not None:
            level, self._level = self._level, auditing.level
            audit.set_level(level)
        dtypes = _module("tcalc.runtime.types.dtypes")
        if dtypes is not None and self._dtype is None:
            dtypes.default.value = type(dtypes.default)().value


def _sources() -> list[Any]:
    """Those of random numbers beside PyTorch's."""
    module = _module(_OPS + "sources")
    return [] if module is None else list(module.SOURCES)


def _generators() -> dict[str, Any]:
    """PyTorch's, by kind of device."""
    module = _module(_OPS + "generator")
    return {} if module is None else module.default_generators()


def _module(name: str) -> ModuleType | None:
    return sys.modules.get(name)
