"""Which URLs may be asked for: https on its own port, of hosts that have names."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from tcalc.errors import NetworkProblem

_LONGEST = 4096
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
# The last part of a name begins with a letter; numbers there are an address, however it is written.
_HOST = re.compile(rf"({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?")
# What stands for itself in a path or a query; everything else goes as its bytes in hexadecimal.
_SAFE = "/%:@!$&'()*+,;=~-._?"


class Target(NamedTuple):
    """What a URL says: the host, and what it is asked for."""

    url: str
    host: str
    path: str


def target(url: str) -> Target:
    """The parts of a URL that may be asked for; NetworkProblem where it may not.

    >>> target("https://download.pytorch.org/models/x.pth?a=1#there")
    Target(url='https://download.pytorch.org/models/x.pth?a=1', host='download.pytorch.org', path='/models/x.pth?a=1')
    """
    if len(url) > _LONGEST or any(c.isspace() or not c.isprintable() for c in url):
        raise NetworkProblem(f"{url[:200]!r} is no URL", argument="url")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        raise NetworkProblem(f"{url!r} is no URL", argument="url") from None
    if parts.scheme != "https":
        raise NetworkProblem(f"{url}: only https is fetched", argument="url")
    if port not in (None, 443):
        raise NetworkProblem(f"{url}: only port 443 is asked", argument="url")
    if parts.username is not None or parts.password is not None:
        raise NetworkProblem(f"{url}: no names and passwords are sent", argument="url")
    if _HOST.fullmatch(host) is None or len(host) > 253:
        raise NetworkProblem(
            f"{url}: a host is asked by its full name, not as {host!r}", argument="url"
        )
    path = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        path += "?" + quote(parts.query, safe=_SAFE)
    return Target(f"https://{host}{path}", host, path)


def redirected(base: Target, location: str) -> Target:
    """Where an answer sends on to."""
    try:
        return target(urljoin(base.url, location))
    except ValueError:
        raise NetworkProblem(f"{base.url}: sends on to {location!r}, which is no URL") from None
