"""Requests over a connection: h11 for the protocol, and little around it.

httpcore connects, through any proxy and TLS. For each request it does more than the protocol (locks,
traces, timers, generators), which takes more time than the protocol itself: measured 300 microseconds a request against
140 here. It also hears a response only when the whole request is written, and takes bytes that the server sends unasked
for the next response.
"""

import contextlib
import math
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import h11  # comes with httpcore, which has it below its own connections
import httpcore

from .byte_streams import ServerStream, deadline_in, direct, unread_check

READ_BYTES = 64 * 1024
"""Read at a time."""

MAX_WRITE_FIRST_BYTES = 64 * 1024
"""A request up to this size is written before its response is read. A larger request is written while listening."""

TLS_WRITE_BYTES = 64 * 1024
"""Given to TLS at a time, since TLS makes two copies of them."""

MAX_HEAD_BYTES = 100 * 1024
"""The largest head of a response, as httpcore has it."""


class Http11:
    """A connection for requests in sequence; `Pool` sees to it that two requests never share it."""

    def __init__(self, protocol: h11.Connection, stream: Any, keepalive: float | None) -> None:
        self._protocol = protocol
        self._stream: ServerStream = direct(stream)
        # Only TLS copies what it is given, so without TLS a write of any size is a single call.
        self._max_write_bytes = TLS_WRITE_BYTES if stream.get_extra_info("ssl_object") is not None else math.inf
        self._unread = unread_check(stream)
        self._keepalive = math.inf if keepalive is None else keepalive
        self._idle_since = time.monotonic()
        self._idle = True

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, and return the response as soon as its head is there."""
        self._idle = False
        timeouts = request.extensions.get("timeout", {})
        talk = self._write_then_read if _length(request) <= MAX_WRITE_FIRST_BYTES else self._write_while_reading
        try:
            head = await talk(request, timeouts.get("write"), timeouts.get("read"))
        except BaseException:
            # The connection is in the middle of a request, so another request can't go over it.
            await self.aclose()
            raise
        return httpcore.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            content=_ResponseContent(self, timeouts.get("read")),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
        )

    async def _write_then_read(
        self, request: httpcore.Request, write_seconds: float | None, read_seconds: float | None
    ) -> "_Head":
        # A server that closes before it has read the whole request may have sent a response, which says why.
        with contextlib.suppress(httpcore.WriteError):
            await self._send(request, write_seconds)
        return await self._receive_head(read_seconds)

    async def _write_while_reading(
        self, request: httpcore.Request, write_seconds: float | None, read_seconds: float | None
    ) -> "_Head":
        """Send while listening: a server may respond before it has read all, and then read nothing more, or close."""
        head: _Head | None = None
        problem: Exception | None = None
        listening = anyio.CancelScope()
        writing = anyio.Event()

        async def send() -> None:
            nonlocal problem
            try:
                with contextlib.suppress(httpcore.WriteError):
                    await self._send(request, write_seconds, writing)
            except Exception as error:
                # Kept, since raised in here it would come out in an exception group.
                problem = error
                listening.cancel()
            else:
                # The time for the response starts when the whole request is written.
                listening.deadline = deadline_in(read_seconds)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            with listening:
                await writing.wait()
                try:
                    head = await self._receive_head(None)
                except Exception as error:
                    problem = error
            if head is None or head.status_code >= 400:
                # After a refusal the rest of the request is of no use.
                tasks.cancel_scope.cancel()
        if head is None:
            raise problem or httpcore.ReadTimeout
        return head

    async def _send(self, request: httpcore.Request, seconds: float | None, writing: anyio.Event | None = None) -> None:
        """Write the head together with the first piece of the body: one packet, and one system call.

        Args:
            request: The request.
            seconds: The time for each write.
            writing: Set when the first write is about to start; before that, a response can't come.
        """
        unsent = b""
        trace = request.extensions.get("trace")
        if trace is not None:
            # As httpcore does it. An error of the trace comes before the first byte, so nothing was sent.
            await trace("http11.send_request_headers.started", {"request": request})
        try:
            unsent = self._encode(
                h11.Request(method=request.method, target=request.url.target, headers=request.headers)
            )
            async for piece in request.stream:  # type: ignore[union-attr]
                unsent += self._encode(h11.Data(data=piece))
                if writing is not None:
                    writing.set()
                await self._write(unsent, seconds)
                unsent = b""
            unsent += self._encode(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise httpcore.LocalProtocolError(str(error)) from error
        # A request without a body sets it only here.
        if writing is not None:
            writing.set()
        if unsent:
            await self._write(unsent, seconds)

    def _encode(self, event: h11.Event) -> bytes:
        return self._protocol.send(event) or b""

    async def _write(self, buffer: bytes, seconds: float | None) -> None:
        if len(buffer) <= self._max_write_bytes:
            await self._stream.write(buffer, timeout=seconds)
            return
        for start in range(0, len(buffer), TLS_WRITE_BYTES):
            await self._stream.write(buffer[start : start + TLS_WRITE_BYTES], timeout=seconds)

    async def _receive_head(self, seconds: float | None) -> "_Head":
        while True:
            event = await self.receive(seconds)
            if isinstance(event, h11.Response):
                return event
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                # The last head of HTTP: the server switches to another protocol after it.
                return event

    async def receive(self, seconds: float | None) -> object:
        """Return the next event of the response."""
        while True:
            try:
                event = self._protocol.next_event()
            except h11.RemoteProtocolError as error:
                raise httpcore.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            received = await self._stream.read(READ_BYTES, timeout=seconds)
            if not received and self._protocol.their_state is h11.SEND_RESPONSE:
                # Said here, since h11's own text for this end does not say that nothing came.
                raise httpcore.RemoteProtocolError("the server closed the connection without a response")
            self._protocol.receive_data(received)

    async def finish(self) -> None:
        """Be ready for the next request; close if this request and its response are not complete."""
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
            self._idle_since = time.monotonic()
            self._idle = True
        else:
            await self.aclose()

    def can_handle_request(self, _origin: object) -> bool:
        """Whether the connection leads to the right address; the connection of httpcore's around it has checked."""
        return True

    def is_available(self) -> bool:
        """Whether another request can go over it."""
        return self._idle

    def info(self) -> str:
        """Return the state for httpcore's repr."""
        return f"HTTP/1.1, {'IDLE' if self._idle else 'ACTIVE'}"

    def has_expired(self) -> bool:
        """Whether it was idle for too long, or the server has closed it or sent something since.

        Bytes that the server sends unasked, or sent beyond its response, would be taken for the next response.
        """
        if time.monotonic() > self._idle_since + self._keepalive:
            return True
        return any(self._protocol.trailing_data) or self._unread()

    async def aclose(self) -> None:
        """Close it, also when the caller gives up: that must not leave a socket behind."""
        self._idle = False
        with anyio.CancelScope(shield=True):
            await self._stream.aclose()


_Head = h11.Response | h11.InformationalResponse


def _length(request: httpcore.Request) -> float:
    # From the end, since this package adds the length last.
    for name, value in reversed(request.headers):
        if name.lower() == b"content-length" and value.isdigit():
            return int(value)
    return math.inf


class _ResponseContent:
    """The content of a response, as it comes."""

    def __init__(self, connection: Http11, seconds: float | None) -> None:
        self._connection = connection
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._connection.receive(self._seconds), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        await self._connection.finish()
