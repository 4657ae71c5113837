"""Connections that are kept and used again, chosen in the same time however many there are.

httpx's own pool looks through all its connections and all waiting requests at each step of each request: at 100
requests in flight that is most of the work (measured: 3.5 ms a request against 0.7 ms here). `Pool` stands in its
place and lets it make the connections, so that proxies, certificates and timeouts stay httpx's business.
"""

import time
from collections import deque
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

import anyio


class Pool:
    """The idle connections to an address, with the last used on top: the others grow old and are closed.

    It does not limit how many there are. `OwnTransport` does, so a request that comes here never waits.
    """

    def __init__(self, maker: Any, keepalive: float) -> None:
        """Take over from a pool of httpcore's, which goes on making the connections."""
        from . import takeover  # here, since it loads httpcore, which a client needs with its first call

        # A private attribute of httpcore, since httpx has no option for a network backend. Without it a socket may be
        # left to the garbage collector.
        backend = getattr(maker, "_network_backend", None)
        if backend is not None:
            maker._network_backend = _NotingBackend(backend)
        self._maker = maker
        self._takeover = takeover
        self._keepalive = keepalive
        self._idle: deque[tuple[Any, float]] = deque()
        self._in_use: set[Any] = set()
        self._closed = False

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request of httpcore's over a connection that no other request uses, and return its response."""
        connection = await self._idle_connection()
        opened: list[Any] = []
        noting = None
        if connection is None:
            connection = self._takeover.prepare(self._maker.create_connection(request.url.origin))
            noting = _opened.set(opened)
        self._in_use.add(connection)
        try:
            response = await connection.handle_async_request(request)
        except BaseException as error:
            await self._discard(connection)
            # A connection that failed in its handshake has not told httpcore's connection about its socket.
            for stream in opened:
                await _close(stream)
            known = self._takeover.known_error(error)
            if known is error:
                raise
            raise known from error
        finally:
            if noting is not None:
                _opened.reset(noting)
        response.stream = _LendingStream(response.stream, connection, self)
        return response

    async def _idle_connection(self) -> Any | None:
        while self._idle:
            connection, _ = self._idle.pop()
            # This asks the socket: a connection that the server has closed would lose the request.
            if connection.is_available() and not connection.has_expired():
                return connection
            await _close(connection)
        return None

    async def take_back(self, connection: Any) -> None:
        """Keep a connection whose response was read to its end; close it if its response was not."""
        if self._closed or not connection.is_available():
            await self._discard(connection)
            return
        self._in_use.discard(connection)
        now = time.monotonic()
        self._idle.append((self._takeover.take_over(connection), now))
        # The oldest are on the left, so this stops at the first that is young enough.
        while self._idle and self._idle[0][1] < now - self._keepalive:
            await _close(self._idle.popleft()[0])

    async def _discard(self, connection: Any) -> None:
        self._in_use.discard(connection)
        await _close(connection)

    async def aclose(self) -> None:
        """Close all connections, those in use too: their requests fail."""
        self._closed = True
        connections = [*self._in_use, *(connection for connection, _ in self._idle)]
        self._in_use.clear()
        self._idle.clear()
        for connection in connections:
            await _close(connection)
        await self._maker.aclose()


async def _close(connection: Any) -> None:
    # Shielded, since a call that is given up must not leave a socket behind.
    with anyio.CancelScope(shield=True):
        await connection.aclose()


class _LendingStream:
    """The stream of a response, which gives the connection back to the pool when it is closed."""

    def __init__(self, stream: Any, connection: Any, pool: Pool) -> None:
        self._stream, self._connection, self._pool = stream, connection, pool

    def __aiter__(self) -> AsyncIterator[bytes]:
        reading: AsyncIterator[bytes] = self._stream.__aiter__()
        return reading

    async def aclose(self) -> None:
        # httpx may close a stream twice, and by then the connection can belong to another request.
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await self._stream.aclose()
        finally:
            await self._pool.take_back(connection)


_opened: ContextVar[list[Any] | None] = ContextVar("smtp2go_async_opened", default=None)
"""The streams opened for the connection that this task is making."""


class _NotingBackend:
    """httpcore's way to the network, which notes the streams that it opens.

    httpcore leaves a stream to the garbage collector when the handshake, with TLS or a SOCKS proxy, fails or is
    cancelled.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    async def connect_tcp(self, *args: Any, **options: Any) -> "_HandshakeStream":
        stream = await self._backend.connect_tcp(*args, **options)
        opened = _opened.get()
        if opened is not None:
            opened.append(stream)
        return _HandshakeStream(stream, options.get("timeout"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class _HandshakeStream:
    """A stream of httpcore's with the connect timeout for each read and write of a SOCKS handshake.

    httpcore gives those no timeout at all.
    """

    def __init__(self, stream: Any, seconds: float | None) -> None:
        # The name `_stream` is taken: `byte_streams` looks for it in order to find a stream of anyio's.
        self._plain = stream
        self._seconds = seconds

    async def read(self, max_bytes: int, **options: Any) -> bytes:
        # A timeout that was given wins, as in all requests after the handshake.
        received: bytes = await self._plain.read(max_bytes, **{"timeout": self._seconds, **options})
        return received

    async def write(self, buffer: bytes, **options: Any) -> None:
        await self._plain.write(buffer, **{"timeout": self._seconds, **options})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)
