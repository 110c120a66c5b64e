"""Files come over the network whole, with the hash they should have, or not at all."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

import pytest

from tcalc.errors import NetworkProblem, StateError
from tcalc.network.client import Client
from tcalc.network.download import Digest, download
from tests.network.server import send, serving, to

BODY = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(BODY).hexdigest()
URL = "https://weights.example/a.bin"


def gets(client: Client, path: Path, url: str = URL, **settings: object) -> bytes:
    download(client, url, str(path), **settings)  # type: ignore[arg-type]  # as a test needs
    return path.read_bytes()


def fails(client: Client, path: Path, url: str = URL, **settings: object) -> str:
    """The message; the file that was there is as it was, and no part is left beside it."""
    path.write_bytes(b"old")
    with pytest.raises((NetworkProblem, StateError)) as caught:
        gets(client, path, url, **settings)
    assert path.read_bytes() == b"old" and [*path.parent.iterdir()] == [path]
    return caught.value.message


def test_a_file_comes_with_its_hash_and_tells_of_its_progress(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    with serving({"/a.bin": BODY}) as server:
        found = gets(
            server.client(), tmp_path / "a.bin", digest=Digest("sha256", SHA256[:8]),
            most=len(BODY), tell=lambda done, total: told.append((done, total)),
        )  # fmt: skip
        assert server.asked == ["weights.example/a.bin"]
    assert found == BODY and told[-1] == (len(BODY), len(BODY))


def test_another_hash_leaves_nothing(tmp_path: Path) -> None:
    with serving({"/a.bin": BODY[:-1] + b"!"}) as server:
        message = fails(server.client(), tmp_path / "a", digest=Digest("sha256", SHA256[:8]))
    assert message.startswith(f'invalid hash value (expected "{SHA256[:8]}", got "')


@pytest.mark.parametrize("said", [True, False])
def test_a_file_that_is_too_large_leaves_nothing(tmp_path: Path, said: bool) -> None:
    def without_length(handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(BODY)
        handler.connection.unwrap()  # says that this is the end

    with serving({"/a.bin": BODY if said else without_length}) as server:
        message = fails(server.client(), tmp_path / "a", most=len(BODY) - 1)
    assert "larger than the 511999 bytes" in message


def test_an_interrupted_download_leaves_nothing(tmp_path: Path) -> None:
    def half(handler) -> None:
        send(handler, BODY[: len(BODY) // 2], length=len(BODY))

    def ended(handler) -> None:
        half(handler)
        handler.connection.unwrap()

    with serving({"/a.bin": half, "/ended": ended}) as server:
        assert "the connection ended early" in fails(server.client(), tmp_path / "a")
        url = "https://weights.example/ended"
        assert "256000 of 512000 bytes" in fails(server.client(), tmp_path / "a", url)


def test_an_interrupt_from_the_keyboard_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with serving({"/a.bin": BODY}) as server, pytest.raises(KeyboardInterrupt):
        gets(server.client(), tmp_path / "a", tell=interrupt)
    assert [*tmp_path.iterdir()] == []


def test_pieces_of_no_known_length_are_put_together(tmp_path: Path) -> None:
    def chunked(handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (BODY[:1000], BODY[1000:]):
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    def broken(handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"ffff\r\nno more")

    with serving({"/a.bin": chunked, "/b": broken}) as server:
        assert gets(server.client(), tmp_path / "a") == BODY
        assert "ended early" in fails(server.client(), tmp_path / "a", "https://weights.example/b")


def test_redirects_are_followed_to_public_hosts_by_https_alone(tmp_path: Path) -> None:
    replies = {
        "/a.bin": to("/b"), "/b": to("https://mirror.example/c", 307), "/c": BODY,
        "/plain": to("http://mirror.example/c"), "/round": to("/round"), "/home": to("https://127.0.0.1/c"),
        "/port": to("https://mirror.example:8443/c"), "/nowhere": to("https://[::1/"),
    }  # fmt: skip
    with serving(replies) as server:
        client = server.client()
        assert gets(client, tmp_path / "a") == BODY
        assert server.asked == ["weights.example/a.bin", "weights.example/b", "mirror.example/c"]
        for path, said in {
            "plain": "only https", "round": "more than 5 times", "home": "full name",
            "port": "only port 443", "nowhere": "no URL",
        }.items():  # fmt: skip
            assert said in fails(client, tmp_path / "a", f"https://weights.example/{path}"), path


def test_answers_that_are_no_file_are_refused(tmp_path: Path) -> None:
    zipped = lambda handler: send(handler, b"x", Content_Encoding="gzip")  # noqa: E731 (one line)
    nonsense = lambda handler: handler.wfile.write(b"hello\r\n\r\n")  # noqa: E731 (one line)
    with serving({"/zip": zipped, "/nonsense": nonsense}) as server:
        client = server.client()
        for path, said in {"none": "answers 404", "zip": "gzip", "nonsense": "HTTP"}.items():
            assert said in fails(client, tmp_path / "a", f"https://weights.example/{path}"), path


def test_whose_certificate_is_not_trusted_is_not_asked(tmp_path: Path) -> None:
    with serving({"/a.bin": BODY}) as server:
        stranger = server.client(context=ssl.create_default_context())
        assert "certificate is not valid" in fails(stranger, tmp_path / "a")
        other = fails(server.client(), tmp_path / "a", "https://other.example/a.bin")
        assert "certificate is not valid" in other and server.asked == []


def test_private_addresses_are_not_asked(tmp_path: Path) -> None:
    with serving({"/a.bin": BODY}) as server:
        places = [(2, ("151.101.1.1", 443)), (2, ("127.0.0.1", server.port))]
        for client in (
            Client(look_up=lambda host: places[1:]),
            Client(look_up=lambda host: places),  # one of several is enough
        ):
            assert "private address, 127.0.0.1" in fails(client, tmp_path / "a")
        assert server.asked == []


def test_a_silent_server_and_a_closed_port_are_told(tmp_path: Path) -> None:
    import threading

    done = threading.Event()
    with serving({"/a.bin": lambda handler: done.wait()}) as server:
        assert "in time" in fails(server.client(timeout=0.2), tmp_path / "a")
        done.set()
        port = server.port
    closed = server.client(look_up=lambda host: [(2, ("127.0.0.1", port))])
    assert "refused" in fails(closed, tmp_path / "a")


def test_a_host_that_is_not_there_is_told(tmp_path: Path) -> None:
    def nowhere(host: str) -> list[tuple[object, tuple[str, int]]]:
        raise OSError

    assert "no host weights.example" in fails(Client(look_up=nowhere), tmp_path / "a")  # type: ignore[arg-type]  # it raises
