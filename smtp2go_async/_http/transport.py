"""The two transports: connections of this package's own, and the caller's `httpx.AsyncClient`.

A forked child makes connections of its own. It neither closes nor frees its parent's, which the parent still uses.
"""

import encodings.idna  # noqa: F401 - TLS and trio import it when they first see the name of a host
import functools
import math
import os
from collections.abc import AsyncGenerator, Callable

import anyio
import httpx
from anyio.lowlevel import current_token

from .._runtime.loading import loading
from .._wire.request import Request
from .._wire.response import Response
from ..errors import NotSentError
from .caller_client import OutgoingBody, attach_body, surround_hooks
from .exchange import departure_trace, exchange, timeouts
from .failures import CONNECT_FAILURES, cannot_connect
from .seams import Depart, LoopConnections

HttpxClient = httpx.AsyncClient


class OwnTransport:
    """Connections of this package, made when needed, replaced for another event loop or process, and limited in number.

    Connections belong to the loop that opened them, and after a fork two processes would read from one socket.
    """

    def __init__(self, connect: Callable[[], LoopConnections], max_connections: int) -> None:
        self._connect = connect
        self._max_connections = max_connections
        self._closed = False
        self._forget()

    def _forget(self) -> None:
        self._connections: LoopConnections | None = None
        self._closer: AsyncGenerator[None, None] | None = None
        self._loop: object = None
        self._pid = os.getpid()
        self._in_flight = 0

    async def send(self, request: Request, depart: Depart) -> Response:
        if self._closed:
            raise NotSentError("this client is closed", operation=request.operation, final=True)
        connections = await self._connections_here(request.operation)
        # Kept in a local name: a fork or another loop replaces the semaphore, and this call must release its own.
        places = self._places
        self._in_flight += 1
        try:
            try:
                places.acquire_nowait()
            except anyio.WouldBlock:
                await self._wait_for(places, request)
            try:
                if self._closed:
                    raise NotSentError(
                        "this client was closed while the call waited", operation=request.operation, final=True
                    )
                # The gate may have closed while this call waited for a connection.
                depart()
                return await connections.exchange(request, depart)
            finally:
                places.release()
        finally:
            self._in_flight -= 1

    async def _wait_for(self, places: anyio.Semaphore, request: Request) -> None:
        # Not `fail_after`, a generator that took most of the time in here.
        seconds = math.inf if request.timeout is None else request.timeout
        with anyio.CancelScope(deadline=anyio.current_time() + seconds) as scope:
            await places.acquire()
        if scope.cancelled_caught:
            raise NotSentError(
                f"the request was not sent: all {self._max_connections} connections (max_connections) were in use "
                f"for {seconds:g} s",
                operation=request.operation,
            )

    async def _connections_here(self, operation: str) -> LoopConnections:
        loop = _current_loop(first=self._connections is None)
        if self._connections is not None and self._loop is loop and self._pid == os.getpid():
            return self._connections
        if self._pid != os.getpid():
            # The parent still uses these sockets, so they are neither closed nor freed in this process.
            _INHERITED.append((self._connections, self._closer, self._loop))
            self._forget()
        elif self._in_flight:
            raise NotSentError(
                "this client has calls under way in another event loop; give each loop a client of its own",
                operation=operation,
                final=True,
            )
        try:
            # Making connections imports late, and a fork must not come in the middle of an import.
            with loading:
                connections = self._connect()
        except CONNECT_FAILURES as error:
            raise cannot_connect(error, operation) from error
        self._loop, self._connections = loop, connections
        self._places = anyio.Semaphore(self._max_connections, fast_acquire=True)
        self._closer = self._close_with_the_loop(connections)
        await anext(self._closer)
        return connections

    async def aclose(self) -> None:
        self._closed = True
        # Connections of another loop, or of the parent process, can't be closed from here.
        if self._connections is not None and self._pid == os.getpid() and self._loop is current_token().native_token:
            await self._connections.aclose()
            if self._closer is not None:
                await self._closer.aclose()
        self._connections = None

    async def _close_with_the_loop(self, connections: LoopConnections) -> AsyncGenerator[None, None]:
        """Close the connections when the event loop ends, unless they were closed before.

        Both asyncio and trio finish the asynchronous generators that are still open before they close a loop; that is
        the only moment at which connections that outlived their `AsyncClient` block can be closed in order. As a
        method, the generator keeps this transport, and with it itself, until the garbage collector comes by: trio warns
        of a generator that ends before its loop does, as it would when a function drops its client at its end.
        """
        try:
            yield
        finally:
            await connections.aclose()


_INHERITED: list[object] = []
"""Connections of the parent process, kept for as long as this process lives."""


class BorrowedTransport:
    """A caller's own `httpx.AsyncClient`, used as it is: its headers, proxies, hooks and limits apply.

    Its timeouts apply until others are given. It is never closed here.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._closed = False
        self._loop: object = None

    async def send(self, request: Request, depart: Depart) -> Response:
        if self._closed or self._client.is_closed:
            raise NotSentError("this client is closed", operation=request.operation, final=True)
        loop = _current_loop(first=self._loop is None)
        if self._loop not in (None, loop):
            # httpx would deliver the request over a connection of the old loop and then fail to read the response.
            raise NotSentError(
                "the http_client that was given belongs to another event loop; leave it out, or make one for each loop",
                operation=request.operation,
                final=True,
            )
        self._loop = loop
        # Before each request, since the caller may have changed the hooks.
        surround_hooks(self._client)
        depart()
        try:
            return await exchange(self._send, functools.partial(self._build, depart), request, streams=False)
        except AttributeError as error:
            if error.name != "handle_async_request":
                raise
            raise NotSentError(
                "the request was not sent: the transport of the http_client is one for httpx.Client",
                operation=request.operation,
                final=True,
            ) from error

    async def _send(self, request: httpx.Request) -> httpx.Response:
        return await self._client.send(request, stream=True, follow_redirects=False)

    def _build(self, depart: Depart, request: Request, body: OutgoingBody) -> httpx.Request:
        extensions: dict[str, object] = {"trace": departure_trace(depart)}
        if request.timeout_given:
            extensions["timeout"] = timeouts(request.timeout)
        content = request.body.content
        made = self._client.build_request(
            request.method,
            request.url,
            headers=[*request.headers, ("Content-Length", str(request.body.length))],
            # Where the body is one piece, httpx keeps it, and a hook can read `request.content` without awaiting.
            content=body if content is None else content,
            extensions=extensions,
        )
        # The stream shows when the body is asked for.
        made.stream = body
        attach_body(made, body)
        return made

    async def aclose(self) -> None:
        self._closed = True


def _current_loop(*, first: bool) -> object:
    """Return the running event loop."""
    if not first:
        return current_token().native_token
    # At the first question anyio imports its part for this kind of loop, and a fork must wait for that.
    with loading:
        return current_token().native_token
