"""A server of https on loopback, and a client that takes it for whatever host is asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tcalc.network.client import Client

DATA = Path(__file__).parent / "data"
# What a path is answered with: bytes, or what writes the answer itself.
Reply = bytes | Callable[[BaseHTTPRequestHandler], None]


class Served:
    """A running server. asked: the hosts and paths that were asked for."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self.replies = dict(replies)
        self.asked: list[str] = []
        self.port = 0

    def client(self, **settings: object) -> Client:
        """A client for which every host is this server, and whose certificate it trusts."""
        given: dict[str, object] = {
            "look_up": lambda host: [(socket.AF_INET, ("127.0.0.1", self.port))],
            "is_public": lambda address: True,
            "context": ssl.create_default_context(cafile=str(DATA / "trusted.pem")),
            "timeout": 20.0,
        }
        return Client(**{**given, **settings})  # type: ignore[arg-type]  # as a test needs


@contextmanager
def serving(replies: Mapping[str, Reply]) -> Iterator[Served]:
    """Answers by path, until the end of the block."""
    served = Served(replies)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served.asked.append(f"{self.headers['Host']}{self.path}")
            self.close_connection = True
            reply = served.replies.get(self.path)
            if reply is None:
                self.send_error(404)
            elif isinstance(reply, bytes):
                send(self, reply)
            else:
                reply(self)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is what some tests are about."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(DATA / "server.pem"))
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        served.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def send(
    handler: BaseHTTPRequestHandler,
    body: bytes,
    *,
    status: int = 200,
    length: int | None = None,
    **headers: str,
) -> None:
    """Answer with some bytes, said to be as many as they are unless `length` says otherwise."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def to(location: str, status: int = 302) -> Reply:
    """An answer that sends on to another URL."""
    return lambda handler: send(handler, b"", status=status, Location=location)
