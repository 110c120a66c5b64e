"""What one session may fetch from the network: nothing, unless its user said --allow-net."""

from __future__ import annotations

from shlex import quote

from tcalc.errors import NetworkProblem
from tcalc.language.progress import tqdm
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tcalc.files.reach import Reach
    from tcalc.network.client import Client


class Fetching:
    """What one session may fetch, as `tcalc.library.network.Network` says.

    client: what asks servers; one is made where it is first needed.
    """

    def __init__(self, is_allowed: bool, reach: Reach, client: Client | None = None) -> None:
        self.is_allowed = is_allowed
        self.client = client
        self._reach = reach

    def fetch(
        self,
        url: str,
        name: str,
        *,
        begins: str = "",
        algorithm: str = "sha256",
        most: int | None = None,
        progress: bool = True,
    ) -> None:
        """Fetch a URL into a file that programs may write."""
        self.check(url, name)
        path = self._reach.writable(name)
        self.put(
            url, path, name, begins=begins, algorithm=algorithm, most=most, progress=progress
        )  # fmt: skip

    def check(self, url: str, name: str) -> None:
        """NetworkProblem unless something may be fetched."""
        if not self.is_allowed:
            raise NetworkProblem(
                f"{url}: programs reach the network only with --allow-net",
                hint=f"run it with tcalc --allow-net, or fetch the file at the shell: "
                f"curl --create-dirs -Lo {quote(name)} {quote(url)}",
                argument="url",
            )

    def put(
        self,
        url: str,
        path: str,
        name: str,
        *,
        begins: str,
        algorithm: str = "sha256",
        most: int | None = None,
        progress: bool = True,
    ) -> None:
        """Fetch a URL into the file of a path, which whoever asks may write."""
        from tcalc.network.client import Client
        from tcalc.network.download import MOST, Digest, download

        effect("fetch")
        self.check(url, name)
        if self.client is None:
            self.client = Client()
        with tqdm(unit="B", unit_scale=True, disable=not progress) as bar:

            def tell(done: int, total: int | None) -> None:
                bar.total = total
                bar.update(done - bar.n)

            download(
                self.client,
                url,
                path,
                name,
                digest=Digest(algorithm, begins) if begins else None,
                most=MOST if most is None else most,
                tell=tell,
            )
