"""A file from the network: whole, of the size and with the hash that are expected, or not at all."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from tcalc.errors import NetworkProblem, StateError
from tcalc.files import access

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.network.client import Client

_PIECE = 1 << 17
# The most bytes of a file of which nobody says how large it is.
MOST = 4 << 30


class Digest(NamedTuple):
    """What a file's hash begins with, in hexadecimal, and which hash that is."""

    algorithm: str
    begins: str


def download(
    client: Client,
    url: str,
    path: str,
    name: str | None = None,
    *,
    digest: Digest | None = None,
    most: int = MOST,
    tell: Callable[[int, int | None], object] = lambda done, total: None,
) -> None:
    """Fetch a URL into a file.

    name: what messages call the file. most: the most bytes that are taken. tell(done, total): is
    told how far it has come. Raises NetworkProblem, FileProblem, and StateError where the hash is
    another; the file is then as it was.
    """
    # It says whether what came is what was meant, not whether somebody meant harm with it.
    hashed = hashlib.new(digest.algorithm, usedforsecurity=False) if digest else None
    with client.open(url) as answer:
        if answer.length is not None and answer.length > most:
            raise _too_large(answer.url, most)
        with access.writing(path, name) as file:
            done = 0
            while piece := answer.read(_PIECE):
                done += len(piece)
                if done > most:
                    raise _too_large(answer.url, most)
                file.write(piece)
                if hashed is not None:
                    hashed.update(piece)
                tell(done, answer.length)
            if answer.length is not None and done < answer.length:
                raise NetworkProblem(
                    f"{answer.url}: the connection ended after {done} of {answer.length} bytes"
                )
            if digest is not None and hashed is not None:
                _compare(digest, hashed.hexdigest())


def _too_large(url: str, most: int) -> NetworkProblem:
    return NetworkProblem(f"{url}: is larger than the {most} bytes that are expected")


def _compare(digest: Digest, found: str) -> None:
    begins = digest.begins.lower()
    if found[: len(begins)] != begins:
        raise StateError(f'invalid hash value (expected "{begins}", got "{found}")')
