"""The hub of one session: weights in PyTorch's cache, and programs in folders, under the rules."""

from __future__ import annotations

import os

from tcalc.errors import ClosedFile, MissingFile
from tcalc.files import access, hubcache
from tcalc.language import places
from tcalc.language.namespace import is_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tcalc.files.reach import Reach
    from tcalc.language.fetching import Fetching
    from tcalc.language.programs import Programs

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_ENTRIES = "hubconf"


class Hub:
    """A session's hub, as `tcalc.library.host.Hub` says.

    first: folders in which the session's imports look first.
    """

    def __init__(
        self,
        reach: Reach,
        network: Callable[[], Fetching],
        programs: Callable[[], Programs],
        first: list[str],
    ) -> None:
        self.folder = hubcache.folder()
        self._cache = hubcache.checkpoints()
        self._reach = reach
        self._network = network
        self._programs = programs
        self._first = first

    def name_of(self, value: object) -> str:
        """The text of a file's name."""
        return places.name_of(value)

    # -- weights ------------------------------------------------------------------------------

    def is_there(self, path: str) -> bool:
        """Whether there is a file that the program may read, or published weights."""
        if self._is_cached(path):
            return os.path.lexists(path)
        return self._reach.seen(path) is not None

    def load(self, path: str, map_location: object) -> Any:
        """What a file of weights holds."""
        from tcalc import files

        files.need_known(path)
        if self._is_cached(path):
            real = access.find_readable(os.path.basename(path), [self._cache], ())
        else:
            real = self._reach.readable(path)
        return files.load(real, place=map_location, name=path)

    def fetch(self, url: str, path: str, *, begins: str, most: int | None, progress: bool) -> None:
        """Fetch a URL into a file."""
        network = self._network()
        network.check(url, path)
        if not self._is_in_cache(path):
            folder = os.path.dirname(path)
            if folder:
                self._reach.make(folder, parents=True, exist_ok=True)
            network.fetch(url, path, begins=begins, most=most, progress=progress)
            return
        if not self._is_cached(path) or not _is_published_at(url, os.path.basename(path)):
            raise ClosedFile(
                f"{path}: PyTorch's cache takes published weights alone, from "
                f"{' or '.join(hubcache.PUBLISHERS)}",
                hint="torch.hub.set_dir('weights') keeps others beside the program",
                argument="url",
            )
        os.makedirs(self._cache, exist_ok=True)
        hashed = os.path.splitext(path)[0].rpartition("-")[2]
        network.put(url, path, path, begins=hashed, most=most, progress=progress)

    def _is_in_cache(self, path: str) -> bool:
        return os.path.dirname(os.path.abspath(path)) == os.path.abspath(self._cache)

    def _is_cached(self, path: str) -> bool:
        """Whether a path is that of published weights in PyTorch's cache."""
        return self._is_in_cache(path) and hubcache.is_published(os.path.basename(path))

    # -- programs -----------------------------------------------------------------------------

    def is_folder(self, name: str) -> bool:
        """Whether the program can see a folder of this name."""
        return places.is_folder(name)

    def entries(self, folder: str) -> dict[str, Any]:
        """What `hubconf` in a folder defines, by name."""
        found = self._programs().load(_ENTRIES, [self._reach.readable(folder)])
        if found is None:
            raise MissingFile(f"{folder}: there is no {_ENTRIES}.py or {_ENTRIES}.tcalc")
        return {name: found.variables[name] for name in found.variables if name.isidentifier()}

    def within(self, folder: str, call: Callable[[], Any]) -> Any:
        """What a call gives, in which imports look in this folder first."""
        real = self._reach.readable(folder)
        self._first.insert(0, real)
        try:
            return call()
        finally:
            self._first.remove(real)

    def is_module(self, name: str) -> bool:
        """Whether programs can import something by this name."""
        if is_module(name):
            return True
        return self._programs().load(name, self._first) is not None


def _is_published_at(url: str, file: str) -> bool:
    from tcalc.network import urls

    target = urls.target(url)
    return target.host in hubcache.PUBLISHERS and target.path.rpartition("/")[2] == file
