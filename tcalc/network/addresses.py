"""Which addresses are public: what is on the user's own machine or network is nobody's business."""

from __future__ import annotations

import ipaddress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where a gateway reaches the IPv4 address in the last four bytes.
_GATEWAY = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address is one of the public network, whatever it holds inside.

    >>> is_public("151.101.1.1"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # one with a zone, which is a link's own
        return False
    return all(_is_global(one) for one in _inside(found))


def _is_global(address: Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _inside(address: Address) -> Iterator[Address]:
    """The address, or those of IPv4 that it stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    if address in _GATEWAY:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    elif address.sixtofour is not None:
        yield address
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    else:
        yield address
