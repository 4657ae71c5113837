"""Connections of a client's own: made when needed, for one event loop and one process, and only so many at a time."""

import math
import os
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

import anyio
from anyio.lowlevel import current_token

from .._runtime.loading import loading
from .._wire.request import Request
from .._wire.response import Response
from ..errors import NotSentError
from .transport import UNCONNECTED, Depart, loop_here, unconnected


class Connections(Protocol):
    """What exchanges requests for answers in one event loop of one process."""

    async def exchange(self, request: Request, depart: Depart) -> Response:
        """Send a request and read its answer.

        Args:
            request: The request.
            depart: Called just before the first byte is written; what it raises comes out.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class OwnTransport:
    """Connections of our own, replaced when the event loop or the process changes.

    They belong to the loop that opened them, and after a fork two processes would read from one socket.
    """

    def __init__(self, connect: Callable[[], Connections], max_connections: int) -> None:
        self._connect = connect
        self._max_connections = max_connections
        self._closed = False
        self._forget()

    def _forget(self) -> None:
        self._connections: Connections | None = None
        self._closer: AsyncGenerator[None, None] | None = None
        self._loop: object = None
        self._pid = os.getpid()
        self._in_flight = 0

    async def send(self, request: Request, depart: Depart) -> Response:
        if self._closed:
            raise NotSentError("this client is closed", operation=request.operation, final=True)
        connections = await self._connections_here(request.operation)
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
                # While this call waited the gate may have closed.
                depart()
                return await connections.exchange(request, depart)
            finally:
                places.release()
        finally:
            self._in_flight -= 1

    async def _wait_for(self, places: anyio.Semaphore, request: Request) -> None:
        # Not `fail_after`, which is a generator and took most of the time in here.
        seconds = math.inf if request.timeout is None else request.timeout
        with anyio.CancelScope(deadline=anyio.current_time() + seconds) as scope:
            await places.acquire()
        if scope.cancelled_caught:
            raise NotSentError(
                f"the request was not sent: all {self._max_connections} connections (max_connections) were in use "
                f"for {seconds:g} s",
                operation=request.operation,
            )

    async def _connections_here(self, operation: str) -> Connections:
        loop = loop_here(first=self._connections is None)
        if self._connections is not None and self._loop is loop and self._pid == os.getpid():
            return self._connections
        if self._pid != os.getpid():
            # The parent still uses these sockets, so they are neither closed nor freed here.
            _INHERITED.append((self._connections, self._closer, self._loop))
            self._forget()
        elif self._in_flight:
            raise NotSentError(
                "this client has calls under way in another event loop; give each loop a client of its own",
                operation=operation,
                final=True,
            )
        try:
            with loading:
                connections = self._connect()
        except UNCONNECTED as error:
            raise unconnected(error, operation) from error
        self._loop, self._connections = loop, connections
        self._places = anyio.Semaphore(self._max_connections, fast_acquire=True)
        self._closer = _close_with_the_loop(connections)
        await anext(self._closer)
        return connections

    async def aclose(self) -> None:
        self._closed = True
        if self._connections is not None and self._pid == os.getpid() and self._loop is current_token().native_token:
            await self._connections.aclose()
            if self._closer is not None:
                await self._closer.aclose()
        self._connections = None


_INHERITED: list[object] = []


async def _close_with_the_loop(connections: Connections) -> AsyncGenerator[None, None]:
    """Close the connections when the event loop ends, if nobody has before.

    Both asyncio and trio finish the asynchronous generators that are still open before they close a loop; that is the
    only moment at which connections that outlived their `AsyncClient` block can be closed in order.
    """
    try:
        yield
    finally:
        await connections.aclose()
