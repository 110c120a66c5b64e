"""Which URLs may be asked for, which addresses are public, and that nothing is without leave."""

from __future__ import annotations

import pytest

from tcalc.errors import NetworkProblem
from tcalc.network.addresses import is_public
from tcalc.network.urls import target
from tcalc.session import Session

_REFUSED = """
    http://weights.example/a ftp://weights.example/a file:///etc/passwd weights.example/a
    https:/// https://localhost/a https://127.0.0.1/a https://2130706433/a https://0x7f000001/a
    https://127.1/a https://[::1]/a https://[::ffff:127.0.0.1]/a https://me:pw@weights.example/a
    https://weights.example:80/a https://weights.example:x/a https://printer/a https://a..b/a
    https://weights.example%00.evil/a https://[::1/a https://1.2.3.4.5/a https://exam_ple.1/
"""
_TOO = ("https://a.example/a b", "https://a.example/a\r\nX: y", "https://" + "a" * 5000, "")


@pytest.mark.parametrize("url", [*_REFUSED.split(), *_TOO, "https://a.example\u2044.evil/a"])
def test_refused(url: str) -> None:
    with pytest.raises(NetworkProblem):
        target(url)


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://Weights.Example./a", "weights.example", "/a"),
        ("https://weights.example", "weights.example", "/"),
        ("https://weights.example:443/a?b=c&d#e", "weights.example", "/a?b=c&d"),
        ('https://weights.example/\u00e9%20"<', "weights.example", "/%C3%A9%20%22%3C"),
    ],
)
def test_taken(url: str, host: str, path: str) -> None:
    found = target(url)
    assert (found.host, found.path) == (host, path)


def test_addresses() -> None:
    public = "151.101.1.1 8.8.8.8 2606:4700::1 64:ff9b::808:808 ::ffff:8.8.8.8"
    private = """
        127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1
        240.0.0.1 255.255.255.255 192.0.0.1 198.18.0.1 ::1 :: fe80::1 fc00::1 ff02::1 ::127.0.0.1
        ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::808:808
        2002:7f00:1::1 2001:db8::1 2001::1 fe80::1%eth0 nonsense
    """
    assert [a for a in public.split() if not is_public(a)] == []
    assert [a for a in private.split() if is_public(a)] == []


def test_without_leave_nothing_is_asked() -> None:
    with pytest.raises(NetworkProblem) as caught:
        Session().network.fetch("https://weights.example/a b", "a.bin")
    assert "--allow-net" in caught.value.message
    assert "curl --create-dirs -Lo a.bin 'https://weights.example/a b'" in str(caught.value.hint)
