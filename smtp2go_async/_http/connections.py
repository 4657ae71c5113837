"""The default connections of an event loop: httpx's transport over a pool of this package."""

import functools

import httpx

from .._wire.request import Request
from .._wire.response import Response
from .caller_client import OutgoingBody
from .environment import proxy_of
from .exchange import departure_trace, exchange, timeouts
from .pool import Pool
from .seams import Depart
from .tls import ssl_context

KEEPALIVE_SECONDS = 5.0
"""An idle connection older than this is not used again, since the provider may be closing it at that moment: the
request would be lost in a way that can't be told from a request that was carried out."""

_MAX_PREPARED = 256
"""Addresses with their headers; a program that changes the key for each call must not fill its memory with them."""


class HttpxConnections:
    """The default: httpx's transport over a pool of this package, without the client of httpx around it.

    What that client does for each request (cookies, redirects, authentication, defaults to merge) is not wanted here,
    and costs as much as all of this package. Its transport is the seam at which test tools and tracing take hold.
    """

    def __init__(self, base_url: str) -> None:
        # Raises for an address that httpx can't write, before anything is made.
        httpx.URL(base_url)
        self._transport = httpx.AsyncHTTPTransport(
            verify=ssl_context(),
            proxy=proxy_of(base_url),
            # `OwnTransport` limits how many there are, before a request comes here.
            limits=httpx.Limits(
                max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEEPALIVE_SECONDS
            ),
        )
        pool = getattr(self._transport, "_pool", None)
        if hasattr(pool, "create_connection"):
            # A private attribute of httpx, since no public option takes a pool. A later httpx without the attribute
            # keeps its own pool, which is slow and correct.
            self._transport._pool = Pool(pool, KEEPALIVE_SECONDS)  # type: ignore[assignment]
        self._prepared: dict[tuple[object, ...], tuple[httpx.URL, list[tuple[bytes, bytes]]]] = {}

    async def exchange(self, request: Request, depart: Depart) -> Response:
        build = functools.partial(self._build, depart)
        return await exchange(self._transport.handle_async_request, build, request, streams=True)

    def _build(self, depart: Depart, request: Request, body: OutgoingBody) -> httpx.Request:
        # The calls of a client share a few addresses and headers, so that these are parsed once and not for each call.
        key = (request.url, request.headers)
        prepared = self._prepared.get(key)
        if prepared is None:
            if len(self._prepared) > _MAX_PREPARED:
                self._prepared.clear()
            url = httpx.URL(request.url)
            prepared = (url, httpx.Headers([("Host", url.netloc.decode("ascii")), *request.headers]).raw)
            self._prepared[key] = prepared
        url, common = prepared
        headers = [*common, (b"Content-Length", b"%d" % request.body.length)]
        extensions = {"timeout": timeouts(request.timeout), "trace": departure_trace(depart)}
        return httpx.Request(request.method, url, headers=headers, stream=body, extensions=extensions)

    async def aclose(self) -> None:
        await self._transport.aclose()
