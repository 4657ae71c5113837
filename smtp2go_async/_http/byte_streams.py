"""Bytes to and from a server over a stream that httpcore has opened, with less work for each read and write."""

import math
import select
import ssl
from collections.abc import Callable
from typing import Any, Protocol

import anyio
import httpcore
from anyio.abc import ByteStream


class ServerStream(Protocol):
    """Bytes to and from a server, with httpcore's errors."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes: ...  # noqa: ASYNC109 - httpcore's

    async def write(self, buffer: bytes, timeout: float | None = None) -> None: ...  # noqa: ASYNC109 - httpcore's

    async def aclose(self) -> None: ...


def direct(stream: Any) -> ServerStream:
    """Return a stream that does the same as a stream of httpcore's, without its timers where that is possible."""
    # A private attribute of httpcore's stream, since no public way leads to the stream of anyio below it. On another
    # backend, or in a later httpcore, it is missing, and the stream is used as it is.
    within = getattr(stream, "_stream", None)
    return _AnyioStream(within) if isinstance(within, ByteStream) else stream


class _AnyioStream:
    """A stream of anyio's, with httpcore's errors."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.aclose = stream.aclose

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        with _time_limit(timeout) as scope:
            try:
                return await self._stream.receive(max_bytes)
            except anyio.EndOfStream:
                return b""
            except _BROKEN as error:
                raise httpcore.ReadError(str(error)) from error
        assert scope.cancelled_caught
        raise httpcore.ReadTimeout

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        with _time_limit(timeout) as scope:
            try:
                await self._stream.send(buffer)
            except _BROKEN as error:
                raise httpcore.WriteError(str(error)) from error
        if scope.cancelled_caught:
            raise httpcore.WriteTimeout


# A TLS stream is busy when its reader has to write, say for a new key, while another task writes.
_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.BusyResourceError, ssl.SSLError)


def deadline_in(seconds: float | None) -> float:
    """Return the time of the event loop's clock after which something took too long."""
    return math.inf if seconds is None else anyio.current_time() + seconds


def _time_limit(seconds: float | None) -> anyio.CancelScope:
    # Not `fail_after`, which is a generator and takes half as long again.
    return anyio.CancelScope(deadline=deadline_in(seconds))


def unread_check(stream: Any) -> Callable[[], bool]:
    """Return a function that tells whether a stream has something unread, wherever the bytes wait.

    It is called before each request, so the places to look at are found only once.
    """
    # Private attributes of httpcore, anyio and asyncio: bytes can wait in each of these layers, and no public way
    # shows them. Where an attribute is missing, its place is taken as empty and the socket itself is still asked.
    inner = getattr(stream, "_stream", None)
    # What anyio has read from the socket and not handed on; below TLS too.
    queue = getattr(getattr(getattr(inner, "transport_stream", inner), "_protocol", None), "read_queue", ())
    over_tls = stream.get_extra_info("ssl_object")
    readable = _readable_check(stream)

    def unread() -> bool:
        return bool(queue) or readable() or (isinstance(over_tls, ssl.SSLObject) and _has_data_or_end(over_tls))

    return unread


def _has_data_or_end(over_tls: ssl.SSLObject) -> bool:
    """Whether TLS has data or an end for us. Reading also takes in TLS's own messages, such as session tickets."""
    try:
        over_tls.read(1)
    except ssl.SSLWantReadError:
        return False
    except (ssl.SSLError, OSError):
        return True
    return True


def _readable_check(stream: Any) -> Callable[[], bool]:
    sock = stream.get_extra_info("socket")
    number = sock.fileno() if sock is not None else -1
    if number < 0 or not hasattr(select, "poll"):
        # A test tool's stream without a socket, or Windows.
        return lambda: bool(stream.get_extra_info("is_readable"))
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return lambda: bool(poll.poll(0))
