"""Put `Http11` in the place of httpcore's own HTTP/1.1, in connections that httpcore makes.

httpcore goes on connecting, through any proxy and TLS. No public way leads into its connections, so
this file reads and writes private attributes of theirs, and leaves a connection as it is where they are missing.
"""

from typing import Any, cast

import h11  # comes with httpcore, which has it below its own connections
import httpcore

from .http11 import MAX_HEAD_BYTES, Http11


def prepare(connection: Any) -> Any:
    """Make a new connection of httpcore's use `Http11`, where it has a place for that, and return it."""
    for name in ("_request_lock", "_connect_lock"):
        # `Pool` never shares a connection, and taking each lock is a round of the event loop.
        if hasattr(connection, name):
            setattr(connection, name, _OPEN_LOCK)
    if type(connection) is httpcore.AsyncHTTPConnection and hasattr(connection, "_connect"):
        # httpcore keeps in `_connection` what makes the requests, and connects by itself only while that is None.
        cast("Any", connection)._connection = _Unconnected(connection)
    return connection


def take_over(connection: Any) -> Any:
    """Make a connection that has made its first request by itself use `Http11` from now on, and return it.

    A connection through a proxy makes its first request by itself.
    """
    made = getattr(connection, "_connection", None)
    if isinstance(made, httpcore.AsyncHTTP11Connection):
        # The protocol's state and the socket are private to httpcore, and both must be carried on.
        protocol, stream = getattr(made, "_h11_state", None), getattr(made, "_network_stream", None)
        if isinstance(protocol, h11.Connection) and stream is not None:
            connection._connection = Http11(protocol, stream, getattr(made, "_keepalive_expiry", None))
    return connection


def known_error(error: BaseException) -> BaseException:
    """Return an error that httpx knows in place of a connect error that it does not know."""
    if isinstance(error, httpcore.ConnectionNotAvailable):
        return httpcore.ConnectError("closed before anything was sent")
    # By the name of its module, since the package is loaded only where a SOCKS proxy is used.
    if type(error).__module__.partition(".")[0] == "socksio":
        return httpcore.ProxyError("it does not speak SOCKS")
    return error


class _OpenLock:
    """A lock that is always open."""

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_error: object) -> None:
        pass


_OPEN_LOCK = _OpenLock()


class _Unconnected:
    """Stands inside a connection of httpcore's until the first request, and connects then."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._closed = False

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        # httpcore's own way to connect, with its retries, proxies and TLS; it has no public name.
        stream = await self._connection._connect(request)
        protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        made = Http11(protocol, stream, getattr(self._connection, "_keepalive_expiry", None))
        # From here on httpcore's connection hands its requests to `made`; `_connection` has no public name either.
        self._connection._connection = made
        if self._closed:
            # The pool was closed meanwhile, and saw nothing that it could have closed.
            await made.aclose()
            raise httpcore.ConnectError("closed while it was connected")
        return await made.handle_async_request(request)

    def is_available(self) -> bool:
        return False

    def info(self) -> str:
        return "CONNECTING"

    async def aclose(self) -> None:
        self._closed = True
