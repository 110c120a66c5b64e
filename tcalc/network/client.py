"""Asking a server for a file: a connection to an address that was looked at, and what comes back."""

from __future__ import annotations

import http.client
import socket
import ssl
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from tcalc.errors import NetworkProblem
from tcalc.network import addresses, urls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Place = tuple[socket.AddressFamily, tuple[Any, ...]]  # as sockets take them

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_HEADERS = {"User-Agent": "tcalc", "Accept": "*/*", "Accept-Encoding": "identity"}


def look_up(host: str) -> list[Place]:
    """Where a host is, as the system says: families and addresses to connect to."""
    found = socket.getaddrinfo(host, http.client.HTTPS_PORT, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found]


class Answer:
    """What a server sends: its bytes, and how many it said there are (None where it did not)."""

    def __init__(self, url: str, response: http.client.HTTPResponse) -> None:
        self.url = url
        self.length = response.length
        self._response = response

    def read(self, most: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        try:
            return self._response.read(most)
        except (OSError, http.client.HTTPException) as error:
            raise _told(self.url, error) from None


class Client:
    """Asks servers of public hosts, and no others.

    look_up: where a host is. is_public: whether an address may be asked. context: whose
    certificates are trusted, by default those of the system. timeout: the most seconds that a
    server may be silent. They are the world's, and a test's own.
    """

    def __init__(
        self,
        *,
        look_up: Callable[[str], list[Place]] = look_up,
        is_public: Callable[[str], bool] = addresses.is_public,
        context: ssl.SSLContext | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._look_up = look_up
        self._is_public = is_public
        self._context = context
        self._timeout = timeout

    @contextmanager
    def open(self, url: str) -> Iterator[Answer]:
        """The answer to a URL, where servers send on to others, of the last of them."""
        target = urls.target(url)
        for _ in range(_MOST_REDIRECTS + 1):
            # An answer that ends with its connection keeps that open.
            with (
                closing(self._connected(target)) as connection,
                closing(_asked(connection, target)) as response,
            ):
                if response.status not in _REDIRECTS:
                    _check(response, target.url)
                    yield Answer(target.url, response)
                    return
                target = urls.redirected(target, response.headers.get("Location", ""))
        raise NetworkProblem(f"{url}: sends on more than {_MOST_REDIRECTS} times")

    def _connected(self, target: urls.Target) -> http.client.HTTPSConnection:
        """A connection to the very address that was found to be public."""
        try:
            places = self._look_up(target.host)
        except (OSError, UnicodeError):
            raise NetworkProblem(
                f"{target.url}: there is no host {target.host}, or no network"
            ) from None
        for _, place in places:
            if not self._is_public(place[0]):
                raise NetworkProblem(f"{target.host} is at a private address, {place[0]}")
        if self._context is None:
            self._context = ssl.create_default_context()
        failed: OSError = OSError(f"{target.host} has no address")
        for family, place in places:
            plain = socket.socket(family, socket.SOCK_STREAM)
            try:
                plain.settimeout(self._timeout)
                plain.connect(place)
                secure = self._context.wrap_socket(
                    plain, server_hostname=target.host, suppress_ragged_eofs=False
                )
            except OSError as error:
                plain.close()
                failed = error
                continue
            connection = http.client.HTTPSConnection(target.host, context=self._context)
            connection.sock = secure
            return connection
        raise _told(target.url, failed)


def _asked(
    connection: http.client.HTTPSConnection, target: urls.Target
) -> http.client.HTTPResponse:
    try:
        connection.request("GET", target.path, headers=_HEADERS)
        return connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise _told(target.url, error) from None


def _check(response: http.client.HTTPResponse, url: str) -> None:
    if response.status != http.client.OK:
        raise NetworkProblem(f"{url}: the server answers {response.status} {response.reason}")
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise NetworkProblem(f"{url}: comes in an encoding that was not asked for, {encoding}")


def _told(url: str, error: Exception) -> NetworkProblem:
    """What went wrong, in a sentence that begins with the URL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"the server's certificate is not valid: {error.verify_message}"
    elif isinstance(error, (ssl.SSLEOFError, http.client.IncompleteRead, ConnectionResetError)):
        reason = "the connection ended early"
    elif isinstance(error, TimeoutError):
        reason = "the server does not answer in time"
    elif isinstance(error, http.client.HTTPException):
        reason = f"the answer is not what HTTP says: {error or type(error).__name__}"
    else:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
    return NetworkProblem(f"{url}: {reason}")
