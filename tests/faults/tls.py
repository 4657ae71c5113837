"""A server on loopback that speaks TLS, until a test tells it to say something else.

`authority.pem` signed the certificate for localhost in `trusted.pem`. Nobody has the authority's key, so that both
protect nothing and can't harm anybody.
"""

import contextlib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

AUTHORITY = Path(__file__).with_name("authority.pem")
TRUSTED = AUTHORITY.with_name("trusted.pem")
ANSWER = b'{"data": {"succeeded": 1, "failed": 0, "email_id": "over TLS"}}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)
GARBAGE = b"220 mail.example.com ESMTP, and no TLS\r\n" * 10


class TlsServer:
    """Answers every request as the API would, over TLS."""

    def __init__(self) -> None:
        self.arrived = 0
        self.connections = 0
        self.breaks: deque[bytes | None] = deque()
        """What becomes of the next requests: `None` answers, and after these bytes what comes is not TLS."""
        self.unasked = b""
        """What it says after each response, in the same packet where the system can do that."""

    def __enter__(self) -> "TlsServer":
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(TRUSTED)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self.port = self._listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}/v3"
        self._ended = False
        self._threads = [threading.Thread(target=self._accept, name="tls", daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended = True
        for thread in self._threads:
            thread.join(60)
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended:
            with contextlib.suppress(TimeoutError):
                sock, _ = self._listener.accept()
                self.connections += 1
                self._threads.append(threading.Thread(target=self._connection, args=(sock,), daemon=True))
                self._threads[-1].start()

    def _head(self, reading: IO[bytes]) -> str:
        lines = []
        while (line := reading.readline()) not in (b"\r\n", b""):
            lines.append(line.decode().lower())
        return "".join(lines)

    def _connection(self, sock: socket.socket) -> None:
        sock.settimeout(5)
        # A client that does not trust it breaks the handshake off, which is no news here.
        with sock.dup() as below, contextlib.suppress(OSError):
            with sock, self._context.wrap_socket(sock, server_side=True) as wrapped:
                reading = wrapped.makefile("rb")
                while head := self._head(reading):
                    reading.read(int(head.split("content-length:")[1].split("\r\n")[0]))
                    self.arrived += 1
                    before = self.breaks.popleft() if self.breaks else None
                    with _one_packet(wrapped):
                        wrapped.sendall(GOOD if before is None else before)
                        if self.unasked:
                            wrapped.sendall(self.unasked)
                    if before is not None:
                        below.sendall(GARBAGE)


@contextlib.contextmanager
def _one_packet(sock: socket.socket) -> Iterator[None]:
    cork = getattr(socket, "TCP_CORK", None)
    if cork is not None:
        sock.setsockopt(socket.IPPROTO_TCP, cork, 1)
    yield
    if cork is not None:
        sock.setsockopt(socket.IPPROTO_TCP, cork, 0)
