"""`packaging.version`: versions as Python's packages number them (PEP 440), in their order."""

from __future__ import annotations

import re

from tcalc.language.lent import Lent, lend, need_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_SHAPE = re.compile(
    r"\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|beta|preview|pre|a|b|c|rc)[-_.]?(?P<pre_n>\d+)?)?"
    r"(?P<post>-(?P<post_bare>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_n>\d+)?)?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_n>\d+)?)?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*",
    re.IGNORECASE,
)
_SPELLED = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_LONGEST = 1000
# What stands before and behind every number.
_FIRST, _LAST = (-1,), (1,)


class InvalidVersion(ValueError):
    """A text that is no version"""


InvalidVersion.__module__ = "packaging.version"


class Version(Lent):
    """A version that can be compared with others: Version("2.13.0") > Version("2.4")"""

    __slots__ = ("_key", "dev", "epoch", "local", "post", "pre", "release")
    _public_ = frozenset(
        "base_version dev epoch is_devrelease is_postrelease is_prerelease local major micro minor "
        "post pre public release".split()
    )

    def __init__(self, version: str) -> None:
        if not isinstance(version, str):  # torch.__version__ is of a class of PyTorch's own
            need_text("version", version)
        text = str.__str__(version)
        found = _SHAPE.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            raise InvalidVersion(f"Invalid version: {text[:_LONGEST]!r}")
        self.epoch = int(found["epoch"] or 0)
        self.release = tuple(map(int, found["release"].split(".")))
        kind = (found["pre"] or "").lower()
        self.pre = (_SPELLED.get(kind, kind), int(found["pre_n"] or 0)) if kind else None
        post = found["post_bare"] or found["post_n"] or 0
        self.post = int(post) if found["post"] else None
        self.dev = int(found["dev_n"] or 0) if found["dev"] else None
        local = found["local"]
        self.local = None if local is None else re.sub("[-_]", ".", local.lower())
        self._key = self._ordered()

    def _ordered(self) -> tuple[Any, ...]:
        """What compares as versions do."""
        release = self.release
        while len(release) > 1 and release[-1] == 0:
            release = release[:-1]
        before: Any = _LAST if self.pre is None else (0, *self.pre)
        if self.pre is None and self.post is None and self.dev is not None:
            before = _FIRST
        after = _FIRST if self.post is None else (0, self.post)
        dev = _LAST if self.dev is None else (0, self.dev)
        local: Any = _FIRST
        if self.local is not None:
            parts = [(0, int(p), "") if p.isdigit() else (-1, 0, p) for p in self.local.split(".")]
            local = (0, *parts)
        return self.epoch, release, before, after, dev, local

    major = property(lambda self: self._part(0))
    minor = property(lambda self: self._part(1))
    micro = property(lambda self: self._part(2))
    is_prerelease = property(lambda self: self.dev is not None or self.pre is not None)
    is_postrelease = property(lambda self: self.post is not None)
    is_devrelease = property(lambda self: self.dev is not None)

    def _part(self, at: int) -> int:
        return self.release[at] if at < len(self.release) else 0

    @property
    def base_version(self) -> str:
        """Its release alone"""
        front = f"{self.epoch}!" if self.epoch else ""
        return front + ".".join(map(str, self.release))

    @property
    def public(self) -> str:
        """It without what stands behind a +"""
        return str(self).partition("+")[0]

    def __str__(self) -> str:
        parts = [self.base_version]
        if self.pre is not None:
            parts.append(f"{self.pre[0]}{self.pre[1]}")
        parts += [] if self.post is None else [f".post{self.post}"]
        parts += [] if self.dev is None else [f".dev{self.dev}"]
        parts += [] if self.local is None else [f"+{self.local}"]
        return "".join(parts)

    def __repr__(self) -> str:
        return f"<Version('{self}')>"

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> Any:
        return self._key == other._key if type(other) is Version else NotImplemented

    def __lt__(self, other: object) -> Any:
        return self._key < other._key if type(other) is Version else NotImplemented

    def __le__(self, other: object) -> Any:
        return self._key <= other._key if type(other) is Version else NotImplemented


def parse(version: str) -> Version:
    """The version that a text says"""
    return Version(version)


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {**lend("packaging.version", Version), "InvalidVersion": InvalidVersion, "parse": parse}
