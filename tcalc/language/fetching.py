"""What one session may fetch from the network: nothing, unless its user said --allow-net."""

from __future__ import annotations

from shlex import quote

from tcalc.errors import FileProblem, NetworkProblem
from tcalc.language.progress import tqdm
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.files.reach import Reach
    from tcalc.network.client import Client


# How the names of files end that are fetched beside those of data and of text: nothing that runs.
_ARCHIVES = frozenset({".bz2", ".gz", ".tar", ".tgz", ".xz", ".zip"})
_IMAGES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"})


class Fetching:
    """What one session may fetch, as `tcalc.library.host.Network` says.

    tell: gets remarks on what is fetched. client: what asks servers; one is made where it is first needed.
    """

    def __init__(
        self,
        is_allowed: bool,
        reach: Reach,
        tell: Callable[[str], object],
        client: Client | None = None,
    ) -> None:
        self.is_allowed = is_allowed
        self.client = client
        self._reach = reach
        self._tell = tell

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
        _need_data(name)
        path = self._reach.writable(name)
        self.put(
            url, path, name, begins=begins, algorithm=algorithm, most=most, progress=progress
        )  # fmt: skip

    def check(self, url: str, name: str) -> None:
        """NetworkProblem unless something may be fetched."""
        if not self.is_allowed:
            raise NetworkProblem(
                f"{name} has to be fetched from {url}, and programs reach the network only with "
                "--allow-net",
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
        self._tell(f'Downloading: "{url}" to {name}')
        with tqdm(unit="B", unit_scale=True, leave=False, disable=not progress) as bar:

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


def _need_data(name: str) -> None:
    """FileProblem unless a file's name ends as that of data."""
    from tcalc.files.formats import FORMATS, suffix_of
    from tcalc.files.texts import WRITABLE

    known = (_ARCHIVES | _IMAGES).union(FORMATS, WRITABLE)
    if suffix_of(name) not in known:
        raise FileProblem(
            f"{name}: no data file is called so; names end in {' '.join(sorted(known))}",
            argument="f",
        )
