"""Requests over a connection: h11 for the protocol, and little around it.

httpcore connects, through whatever proxies and TLS there are. What it does for each request beside the protocol (locks,
traces, timers, generators) takes more time than that (measured: 300 microseconds a request against 140 here), it hears
an answer only when the whole request is written, and it takes what a server says unasked for the next answer.
"""

import contextlib
import math
import select
import ssl
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol, cast

import anyio
import h11  # comes with httpcore, which has it below its own connections
import httpcore
from anyio.abc import ByteStream

READ = 64 * 1024
"""Bytes read at a time."""

QUICK = 64 * 1024
"""Bytes; a request of this size is written at once, and a larger one while it is listened for an answer."""

SLICE = 64 * 1024
"""Bytes given to TLS at a time, which makes two copies of them."""

MAX_HEAD_BYTES = 100 * 1024
"""Bytes of an answer's head, as httpcore has it."""


class _Stream(Protocol):
    """Bytes to and from a server, with httpcore's errors."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes: ...  # noqa: ASYNC109 - httpcore's

    async def write(self, buffer: bytes, timeout: float | None = None) -> None: ...  # noqa: ASYNC109 - httpcore's

    async def aclose(self) -> None: ...


# --- in the place of httpcore's own ------------------------------------------------------------------------------


def prepared(connection: Any) -> Any:
    """Return a new connection of httpcore's that makes its requests in our way, where it has a place for that."""
    for name in ("_request_lock", "_connect_lock"):
        # Nobody shares it, and taking each lock is a round of the event loop.
        if hasattr(connection, name):
            setattr(connection, name, _OPEN)
    if type(connection) is httpcore.AsyncHTTPConnection and hasattr(connection, "_connect"):
        # No public way leads there.
        cast("Any", connection)._connection = _Unconnected(connection)
    return connection


def taken_over(connection: Any) -> Any:
    """Return a connection that has made a request by itself, as through a proxy; further ones it makes in our way."""
    made = getattr(connection, "_connection", None)
    if isinstance(made, httpcore.AsyncHTTP11Connection):
        # No public way leads to these either.
        protocol, stream = getattr(made, "_h11_state", None), getattr(made, "_network_stream", None)
        if isinstance(protocol, h11.Connection) and stream is not None:
            connection._connection = Http11(protocol, stream, getattr(made, "_keepalive_expiry", None))
    return connection


def known(error: BaseException) -> BaseException:
    """Return an error that httpx knows for one of connecting that it does not."""
    if isinstance(error, httpcore.ConnectionNotAvailable):
        return httpcore.ConnectError("closed before anything was sent")
    if type(error).__module__.partition(".")[0] == "socksio":
        return httpcore.ProxyError("it does not speak SOCKS")
    return error


class _Open:
    """A lock that is always open."""

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_error: object) -> None:
        pass


_OPEN = _Open()


class _Unconnected:
    """Stands in a connection of httpcore's until its first request, when that one connects."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._closed = False

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        stream = await self._connection._connect(request)
        protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        made = Http11(protocol, stream, getattr(self._connection, "_keepalive_expiry", None))
        self._connection._connection = made
        if self._closed:
            await made.aclose()
            raise httpcore.ConnectError("closed while it was connected")
        return await made.handle_async_request(request)

    def is_available(self) -> bool:
        return False

    def info(self) -> str:
        return "CONNECTING"

    async def aclose(self) -> None:
        self._closed = True


# --- requests and answers ----------------------------------------------------------------------------------------


class Http11:
    """A connection over which one request goes after the other; `Pool` sees to it that nobody shares it."""

    def __init__(self, protocol: h11.Connection, stream: Any, keepalive: float | None) -> None:
        self._protocol = protocol
        self._stream: _Stream = _direct(stream)
        self._slice = SLICE if stream.get_extra_info("ssl_object") is not None else math.inf
        self._unread = _unread(stream)
        self._keepalive = math.inf if keepalive is None else keepalive
        self._idle_since = time.monotonic()
        self._idle = True

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, and return the response as soon as its head is there."""
        self._idle = False
        timeouts = request.extensions.get("timeout", {})
        talk = self._one_after_the_other if _length(request) <= QUICK else self._listening
        try:
            head = await talk(request, timeouts.get("write"), timeouts.get("read"))
        except BaseException:
            await self.aclose()
            raise
        return httpcore.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            content=_Content(self, timeouts.get("read")),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
        )

    async def _one_after_the_other(
        self, request: httpcore.Request, writing: float | None, reading: float | None
    ) -> "_Head":
        # Who closes before it has read the whole request may have answered: its answer says why.
        with contextlib.suppress(httpcore.WriteError):
            await self._send(request, writing)
        return await self._head(reading)

    async def _listening(self, request: httpcore.Request, writing: float | None, reading: float | None) -> "_Head":
        """Send while listening: a server may answer before it has read all, and then read nothing more, or close."""
        head: _Head | None = None
        problem: Exception | None = None
        listening = anyio.CancelScope()
        begun = anyio.Event()

        async def send() -> None:
            nonlocal problem
            try:
                with contextlib.suppress(httpcore.WriteError):
                    await self._send(request, writing, begun)
            except Exception as error:
                # Raised in here, it would come out in a group.
                problem = error
                listening.cancel()
            else:
                listening.deadline = _deadline(reading)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            with listening:
                await begun.wait()
                try:
                    head = await self._head(None)
                except Exception as error:
                    problem = error
            if head is None or head.status_code >= 400:
                tasks.cancel_scope.cancel()
        if head is None:
            raise problem or httpcore.ReadTimeout
        return head

    async def _send(self, request: httpcore.Request, seconds: float | None, begun: anyio.Event | None = None) -> None:
        """Write the head together with the first piece of the body: one packet, and one call of the system.

        Args:
            request: What to write.
            seconds: For each write.
            begun: Set when the first is about to be written; before that, there is nothing to be answered.
        """
        waiting = b""
        trace = request.extensions.get("trace")
        if trace is not None:
            # As httpcore does: what it raises comes before the first byte.
            await trace("http11.send_request_headers.started", {"request": request})
        try:
            waiting = self._encoded(
                h11.Request(method=request.method, target=request.url.target, headers=request.headers)
            )
            async for piece in request.stream:  # type: ignore[union-attr]
                waiting += self._encoded(h11.Data(data=piece))
                if begun is not None:
                    begun.set()
                await self._write(waiting, seconds)
                waiting = b""
            waiting += self._encoded(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise httpcore.LocalProtocolError(str(error)) from error
        if begun is not None:
            begun.set()
        if waiting:
            await self._write(waiting, seconds)

    def _encoded(self, event: h11.Event) -> bytes:
        return self._protocol.send(event) or b""

    async def _write(self, buffer: bytes, seconds: float | None) -> None:
        if len(buffer) <= self._slice:
            await self._stream.write(buffer, timeout=seconds)
            return
        for start in range(0, len(buffer), SLICE):
            await self._stream.write(buffer[start : start + SLICE], timeout=seconds)

    async def _head(self, seconds: float | None) -> "_Head":
        while True:
            event = await self.receive(seconds)
            if isinstance(event, h11.Response):
                return event
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                # What comes now is another protocol.
                return event

    async def receive(self, seconds: float | None) -> object:
        """Return the next thing that the server says."""
        while True:
            try:
                event = self._protocol.next_event()
            except h11.RemoteProtocolError as error:
                raise httpcore.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            received = await self._stream.read(READ, timeout=seconds)
            if not received and self._protocol.their_state is h11.SEND_RESPONSE:
                raise httpcore.RemoteProtocolError("the server closed the connection without an answer")
            self._protocol.receive_data(received)

    async def finish(self) -> None:
        """Be ready for the next request; close when this one and its answer are not through."""
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
            self._idle_since = time.monotonic()
            self._idle = True
        else:
            await self.aclose()

    def can_handle_request(self, _origin: object) -> bool:
        """Whether it goes to the right address; whose place it is in has seen to that."""
        return True

    def is_available(self) -> bool:
        """Whether another request can go over it."""
        return self._idle

    def info(self) -> str:
        """Say for httpcore's repr what it is."""
        return f"HTTP/1.1, {'IDLE' if self._idle else 'ACTIVE'}"

    def has_expired(self) -> bool:
        """Whether it was idle for too long, or the server has closed it, or said something since.

        What it says unasked, or has said beyond its answer, would be taken for the next one.
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
    for name, value in reversed(request.headers):
        if name.lower() == b"content-length" and value.isdigit():
            return int(value)
    return math.inf


class _Content:
    """The content of an answer, as it comes."""

    def __init__(self, connection: Http11, seconds: float | None) -> None:
        self._connection = connection
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._connection.receive(self._seconds), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        await self._connection.finish()


# --- bytes -------------------------------------------------------------------------------------------------------


def _direct(stream: Any) -> _Stream:
    """Return a stream that does the same as one of httpcore's, without its timers where that is possible."""
    within = getattr(stream, "_stream", None)
    return _Direct(within) if isinstance(within, ByteStream) else stream


class _Direct:
    """A stream of anyio's, with httpcore's errors."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.aclose = stream.aclose

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        with _within(timeout) as scope:
            try:
                return await self._stream.receive(max_bytes)
            except anyio.EndOfStream:
                return b""
            except _BROKEN as error:
                raise httpcore.ReadError(str(error)) from error
        assert scope.cancelled_caught
        raise httpcore.ReadTimeout

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        with _within(timeout) as scope:
            try:
                await self._stream.send(buffer)
            except _BROKEN as error:
                raise httpcore.WriteError(str(error)) from error
        if scope.cancelled_caught:
            raise httpcore.WriteTimeout


# Busy is a TLS stream whose reader has to write, say for a new key, while somebody writes.
_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.BusyResourceError, ssl.SSLError)


def _deadline(seconds: float | None) -> float:
    return math.inf if seconds is None else anyio.current_time() + seconds


def _within(seconds: float | None) -> anyio.CancelScope:
    # Not `fail_after`, which is a generator and takes half as long again.
    return anyio.CancelScope(deadline=_deadline(seconds))


def _unread(stream: Any) -> Callable[[], bool]:
    """Make what tells whether there is something that nobody has read, wherever it waits.

    Asked before each request, so it looks for all these places only once.
    """
    inner = getattr(stream, "_stream", None)
    # What anyio has read from the socket and not handed on; below TLS too.
    queue = getattr(getattr(getattr(inner, "transport_stream", inner), "_protocol", None), "read_queue", ())
    over_tls = stream.get_extra_info("ssl_object")
    readable = _readable(stream)

    def unread() -> bool:
        return bool(queue) or readable() or (isinstance(over_tls, ssl.SSLObject) and _says(over_tls))

    return unread


def _says(over_tls: ssl.SSLObject) -> bool:
    """Whether TLS has something, or an end; messages of its own, as tickets, it takes in."""
    try:
        over_tls.read(1)
    except ssl.SSLWantReadError:
        return False
    except (ssl.SSLError, OSError):
        return True
    return True


def _readable(stream: Any) -> Callable[[], bool]:
    sock = stream.get_extra_info("socket")
    number = sock.fileno() if sock is not None else -1
    if number < 0 or not hasattr(select, "poll"):
        return lambda: bool(stream.get_extra_info("is_readable"))
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return lambda: bool(poll.poll(0))
