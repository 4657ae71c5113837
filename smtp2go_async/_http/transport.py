"""Take a request to the provider and bring back an answer. Only this file, `_kept` and `_causes` import httpx.

`ERRORS` translates each of httpx's errors into the one that tells whether the request may have been carried out.
"""

import asyncio
import contextlib
import encodings.idna  # noqa: F401 - TLS and trio import it when they first see the name of a host
import functools
import os
import ssl
import time
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx
from anyio.lowlevel import current_token

from .._content.blobs import FileChangedError
from .._pacing.turns import HeldBackError
from .._runtime.loading import loading
from .._wire.request import Request
from .._wire.response import Response
from ..errors import NotSentError, OutcomeUnknownError, ReplyError, ReplyTimeoutError, Smtp2goError, TransportError
from .caller_client import Kept, Outgoing, mark, put_around
from .causes import why
from .pool import Pool

HttpxClient = httpx.AsyncClient

KEEPALIVE = 5.0
"""Seconds; an idle connection older than this is not used again, since the provider may just be closing it: the request
would be lost in a way that can't be told from one that was carried out."""

MAX_CONNECT_SECONDS = 10.0
"""Seconds; connecting is quick or does not happen, and a call that never left can be made again."""


class Depart(Protocol):
    """Asks the pacer, at the moment of leaving, whether a call may still leave; if not, it raises."""

    def __call__(self, *, writing: bool = False) -> None:
        """Ask; ``writing`` says that the first byte is written next."""
        ...


class Transport(Protocol):
    """What the client needs from a transport."""

    async def send(self, request: Request, depart: Depart) -> Response:
        """Send one request, once.

        Args:
            request: The request.
            depart: Called at the moment of leaving, perhaps twice; what it raises comes out, and nothing was sent.

        Raises:
            TransportError: No usable answer came; the type says whether the request may have been carried out.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


ERRORS: Final[Mapping[type[Exception], type[TransportError]]] = {
    # Nothing was written: no connection, no place in the pool, or a request that can't be written at all.
    httpx.ConnectError: NotSentError,
    httpx.ConnectTimeout: NotSentError,
    httpx.PoolTimeout: NotSentError,
    httpx.ProxyError: NotSentError,
    httpx.UnsupportedProtocol: NotSentError,
    httpx.InvalidURL: NotSentError,
    httpx.LocalProtocolError: NotSentError,
    # Something was written, and how much of it was read and carried out nobody here can know.
    httpx.ReadTimeout: ReplyTimeoutError,
    httpx.WriteTimeout: ReplyTimeoutError,
    httpx.ReadError: OutcomeUnknownError,
    httpx.WriteError: OutcomeUnknownError,
    httpx.CloseError: OutcomeUnknownError,
    httpx.RemoteProtocolError: OutcomeUnknownError,
    # These mean a mistake of ours, or of a transport that a caller brought; the cautious reading is the true one.
    httpx.DecodingError: OutcomeUnknownError,
    httpx.TooManyRedirects: OutcomeUnknownError,
    httpx.HTTPStatusError: OutcomeUnknownError,
    httpx.CookieConflict: OutcomeUnknownError,
    httpx.StreamConsumed: OutcomeUnknownError,
    httpx.StreamClosed: OutcomeUnknownError,
    httpx.ResponseNotRead: OutcomeUnknownError,
    httpx.RequestNotRead: OutcomeUnknownError,
    # The families, for kinds that a later httpx adds.
    httpx.TimeoutException: ReplyTimeoutError,
    httpx.NetworkError: OutcomeUnknownError,
    httpx.ProtocolError: OutcomeUnknownError,
    httpx.StreamError: OutcomeUnknownError,
    httpx.TransportError: OutcomeUnknownError,
    httpx.RequestError: OutcomeUnknownError,
    httpx.HTTPError: OutcomeUnknownError,
}

FAILURES: Final[tuple[type[Exception], ...]] = (*ERRORS, ssl.SSLError)
"""What an exchange can end in: httpcore lets through, on asyncio, what TLS says of bytes that are none of its own."""

_PERHAPS: Final = "the request may have been carried out"

_WORDS: Final[Mapping[type[TransportError], str]] = {
    NotSentError: "the request was not sent",
    ReplyTimeoutError: f"no answer came in time; {_PERHAPS}",
    OutcomeUnknownError: f"the connection failed before the answer was complete; {_PERHAPS}",
}


def translate(error: Exception, operation: str) -> TransportError:
    """Make our error of one of `FAILURES`. Its own text is kept only as the cause: it can hold what the caller sent."""
    kind = next((ERRORS[one] for one in type(error).__mro__ if one in ERRORS), OutcomeUnknownError)
    reason = why(error)
    if isinstance(error, httpx.ConnectError) and _is_about_trust(error):
        reason = f"{type(error).__name__}: the server's certificate is not trusted{_missing_certificates()}"
    if isinstance(error, (httpx.ResponseNotRead, httpx.RequestNotRead)):
        # No connection failed here.
        return kind(f"a hook of httpx failed; {_PERHAPS} ({reason})", operation=operation)
    translated = failed(kind, reason, operation)
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)) and isinstance(translated, NotSentError):
        # The address is wrong, and stays so.
        translated.final = True
    return translated


def failed(kind: type[TransportError], reason: str, operation: str) -> TransportError:
    """Make the error of an exchange that failed, in the same words whatever made it."""
    return kind(f"{_WORDS[kind]} ({reason})", operation=operation)


UNCONNECTED: Final = (httpx.InvalidURL, ValueError, OSError, ImportError)
"""What making connections raises, before there is any."""


def unconnected(error: Exception, operation: str) -> TransportError:
    """Make the error for connections that can't be made."""
    if isinstance(error, httpx.InvalidURL):
        return translate(error, operation)
    # The proxy or the certificates that the environment names.
    return NotSentError(
        f"the request was not sent: no connections can be made as this machine is set up, with its proxies and "
        f"certificates ({type(error).__name__}){_missing_certificates() or _suspected(error)}",
        operation=operation,
        final=True,
    )


def _is_about_trust(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _missing_certificates() -> str:
    """Say which variable of the environment names certificates that are not there: no error of Python's does."""
    for name, kind in (("SSL_CERT_FILE", "file"), ("SSL_CERT_DIR", "directory")):
        path = os.environ.get(name)
        if path and not os.path.exists(path):
            return f"; {name} names {path!r}, where there is no {kind}"
    return ""


def _suspected(error: Exception) -> str:
    """Say which variables of the environment may be the reason; not their values, since a proxy's can be a secret."""
    if isinstance(error, ImportError) or type(error) is ValueError:
        names = [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")]
    else:
        names = ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"]
    given = [name for name in names if os.environ.get(name)]
    return f"; look at what {' and '.join(given)} names" if given else ""


def not_whole(error: FileChangedError, operation: str) -> NotSentError:
    """Make the error of a request that was given up in the middle because a file changed."""
    return NotSentError(f"not sent whole: {error}", operation=operation, final=True)


NOT_DECODED = "its compressed content can't be decoded"
CUT_OFF = "it was cut off"
USED_UP = "the http_client or a tool around it has read the content, and has not kept it"


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    """Make the one TLS context of the process; making one costs some 20 ms."""
    return httpx.create_ssl_context()


def _timeouts(seconds: float | None) -> dict[str, float | None]:
    connect = MAX_CONNECT_SECONDS if seconds is None else min(seconds, MAX_CONNECT_SECONDS)
    return {"connect": connect, "read": seconds, "write": seconds, "pool": seconds}


def retry_after(value: str | None, date: str | None) -> float | None:
    """Read Retry-After in either form; a date counts from the answer's own Date, so clocks need not agree."""
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value).timestamp()
        sent = time.time() if date is None else parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return until - sent


def _asks(depart: Depart) -> Callable[[str, object], Awaitable[None]]:
    """Make a trace, as httpcore takes one with a request, that asks once more before anything is written."""

    async def trace(event: str, _info: object) -> None:
        if event.endswith("send_request_headers.started"):
            depart(writing=True)
        elif event.endswith("connect_tcp.started"):
            depart()

    return trace


async def exchange(
    send: Callable[[httpx.Request], Awaitable[httpx.Response]],
    build: Callable[[Request, Outgoing], httpx.Request],
    request: Request,
    *,
    streams: bool,
) -> Response:
    """Send a request by something of httpx's and read the answer, or raise what became of it.

    Args:
        send: Sends it.
        build: Makes httpx's form of it.
        request: What to send.
        streams: Whether the stream is the only way to its body, so that what was not read from it was not sent. This
            tells more than an error's class: a proxy that makes no tunnel ends in a ReadTimeout.
    """
    operation = request.operation
    stream = Outgoing(request.body)
    made: httpx.Request | None = None
    try:
        made = build(request, stream)
        response = await send(made)
    except FAILURES as error:
        refused = _answer_in(error, made)
        if refused is None and not isinstance(error, httpx.StreamError):
            # One that is no refusal may be what has failed; and to authentication, which can't read what a hook has
            # closed, a refusal is only the first half of an exchange.
            refused = _answer_kept(stream, least=400)
        if refused is None:
            raise _failure(error, stream, operation, streams=streams) from error
        response = refused
    except FileChangedError as error:
        raise not_whole(error, operation) from error
    except (Exception, asyncio.CancelledError) as error:
        # Not httpx's: a hook's, an authentication's or a tool's own, or ours when the caller's client was to send it a
        # second time.
        if _is_from_outside(error):
            raise
        response = _answered(error, stream, operation)
    finally:
        await stream.aclose()
    status = response.status_code
    # Not asked for by name, which decodes all of them each time.
    said = {name.lower(): value.decode("latin-1") for name, value in response.headers.raw}
    kept = stream.kept if stream.kept is not None and stream.kept.response is response else None
    broken = None
    content = b""
    try:
        content = await _read(response, kept, decoded=b"content-encoding" in said)
    except httpx.DecodingError:
        broken = NOT_DECODED
    except (httpx.StreamConsumed, httpx.StreamClosed):
        broken = USED_UP
    except FAILURES as error:
        if status < 400:
            raise translate(error, operation) from error
        # The status has told the outcome already: it was turned away. Only the reason was lost.
        broken = CUT_OFF
    except Exception as error:
        # A stream that a tool has put in the place of httpx's.
        if status < 400:
            raise failed(OutcomeUnknownError, type(error).__name__, operation) from error
        broken = CUT_OFF
    finally:
        await _close(response, kept)
    after = retry_after(said.get(b"retry-after"), said.get(b"date"))
    return Response(status, content, after, broken)


def _failure(error: Exception, stream: Outgoing, operation: str, *, streams: bool) -> TransportError:
    translated = translate(error, operation)
    if stream.begun and isinstance(translated, NotSentError):
        # Whatever could not connect then, a redirect or a hook of the caller's client, it was not this request.
        return failed(OutcomeUnknownError, type(error).__name__, operation)
    if streams and not stream.begun and translated.carried_out is not False:
        return failed(NotSentError, type(error).__name__, operation)
    return translated


def _is_from_outside(error: BaseException) -> bool:
    """Whether an error is a cancellation by others, and not that of something which a hook of the caller's awaits."""
    task = asyncio.current_task() if isinstance(error, asyncio.CancelledError) else None
    return task is not None and task.cancelling() > 0


def _answer_kept(stream: Outgoing, *, least: int = 0) -> httpx.Response | None:
    """Return the answer to this request that hooks of the caller's were given, if it has at least this status."""
    kept = stream.kept
    return kept.response if kept is not None and kept.response.status_code >= least else None


def _misleads(error: BaseException) -> bool:
    """Whether an error would be taken for what this package says itself, mostly of a call that was not sent.

    Bad input is a `ValueError` or a `TypeError` here; and a call that ends as cancelled, though nothing has cancelled
    it, would end its task group in silence.
    """
    if isinstance(error, AttributeError):
        return error.name == "handle_async_request"
    return isinstance(error, (ValueError, TypeError, Smtp2goError, HeldBackError, asyncio.CancelledError))


def _answered(error: BaseException, stream: Outgoing, operation: str) -> httpx.Response:
    """Return a refusal that came before something around the caller's client raised an error that misleads.

    Raises:
        BaseException: The error as it is: nothing was sent, or it does not mislead.
        NotSentError: The request can't be written.
        OutcomeUnknownError: No answer has come, as far as can be seen from here.
        ReplyError: One that is no refusal has come. Not a transport's error: a call that only reads would be made
            again, and fail in the same way.
    """
    answer = _answer_kept(stream)
    if answer is None and not stream.begun:
        if isinstance(error, UnicodeError):
            text = "the request was not sent: its address can't be written"
            raise NotSentError(text, operation=operation, final=True) from error
        raise error
    if not _misleads(error):
        raise error
    if answer is not None and answer.status_code >= 400:
        # The status has told the outcome already.
        return answer
    if answer is None or isinstance(error, UnicodeError):
        raise failed(OutcomeUnknownError, type(error).__name__, operation) from error
    raise ReplyError(
        f"the answer came, and then a hook or a tool of the http_client raised {type(error).__name__}; what the answer "
        "says of the outcome was not read",
        operation=operation,
        status=answer.status_code,
    ) from error


def _answer_in(error: Exception, made: httpx.Request | None) -> httpx.Response | None:
    """Return the answer that ``raise_for_status`` in a hook has made an error of; the status says what happened.

    The answer must be of this request: hooks call other servers, whose errors say nothing about it.
    """
    response = getattr(error, "response", None)
    if isinstance(response, httpx.Response):
        with contextlib.suppress(RuntimeError):  # it belongs to no request
            return response if response.request is made else None
    return None


async def _read(response: httpx.Response, kept: Kept | None, *, decoded: bool) -> bytes:
    if kept is not None:
        response = httpx.Response(response.status_code, headers=response.headers, stream=kept)
    elif response.is_stream_consumed or response.is_closed:
        # By a transport or a tool. httpx gives again what it has read whole, and else raises at once; its stream would
        # wait for an answer that was given.
        return await response.aread()
    if not isinstance(response.stream, httpx.AsyncByteStream):
        return response.read()
    if decoded:
        return await response.aread()
    # What httpx does beside joining the parts costs more than reading them.
    return b"".join([part async for part in response.stream])


async def _close(response: httpx.Response, kept: Kept | None) -> None:
    if kept is not None:
        # The response stays as it is: a task that a hook has started may still want to read it.
        await kept.aclose()
    elif isinstance(response.stream, httpx.AsyncByteStream):
        await response.aclose()
    else:
        response.close()


class HttpxConnections:
    """The default: httpx's transport over a pool of ours, without the client of httpx around it.

    What that client does for each request (cookies, redirects, authentication, defaults to merge) is not wanted here,
    and costs as much as all of this package. Its transport is the seam at which test tools and tracing take hold.
    """

    def __init__(self, base_url: str) -> None:
        httpx.URL(base_url)  # refuses an address that httpx can't write
        self._transport = httpx.AsyncHTTPTransport(
            verify=_ssl_context(),
            proxy=proxy_of(base_url),
            # Read by the pool below; how many there are is limited before a request comes here.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEEPALIVE),
        )
        pool = getattr(self._transport, "_pool", None)
        if hasattr(pool, "create_connection"):
            # No public way leads there. A later httpx without it would be slow, and right.
            self._transport._pool = Pool(pool, KEEPALIVE)  # type: ignore[assignment]
        self._prepared: dict[tuple[object, ...], tuple[httpx.URL, list[tuple[bytes, bytes]]]] = {}

    async def exchange(self, request: Request, depart: Depart) -> Response:
        build = functools.partial(self._build, depart)
        return await exchange(self._transport.handle_async_request, build, request, streams=True)

    def _build(self, depart: Depart, request: Request, stream: Outgoing) -> httpx.Request:
        key = (request.url, request.headers)
        prepared = self._prepared.get(key)
        if prepared is None:
            if len(self._prepared) > _MOST_PREPARED:
                self._prepared.clear()
            url = httpx.URL(request.url)
            prepared = (url, httpx.Headers([("Host", url.netloc.decode("ascii")), *request.headers]).raw)
            self._prepared[key] = prepared
        url, common = prepared
        headers = [*common, (b"Content-Length", b"%d" % request.body.length)]
        extensions = {"timeout": _timeouts(request.timeout), "trace": _asks(depart)}
        return httpx.Request(request.method, url, headers=headers, stream=stream, extensions=extensions)

    async def aclose(self) -> None:
        await self._transport.aclose()


_MOST_PREPARED = 256
"""Addresses with their headers; a program that changes the key for each call must not fill its memory with them."""


def proxy_of(base_url: str) -> str | None:
    """Find the proxy that the environment names for an address, as the standard library does.

    Raises:
        ValueError: It names one that makes no sense; going there without it could be what nobody wants.
    """
    scheme, _, rest = base_url.partition("://")
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(rest.partition("/")[0]):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    parts = urlsplit(proxy)
    # Reading the port checks it.
    if parts.scheme not in ("http", "https", "socks5", "socks5h") or not parts.hostname or parts.port == 0:
        raise ValueError("the environment names a proxy that is none")
    return proxy


def loop_here(*, first: bool) -> object:
    """Return the event loop. The first question to anyio imports what it knows about this kind of loop."""
    if not first:
        return current_token().native_token
    with loading:
        return current_token().native_token


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
        loop = loop_here(first=self._loop is None)
        if self._loop not in (None, loop):
            # httpx would deliver the request over a connection of the old loop and then fail to read the answer.
            raise NotSentError(
                "the http_client that was given belongs to another event loop; leave it out, or make one for each loop",
                operation=request.operation,
                final=True,
            )
        self._loop = loop
        put_around(self._client)
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

    async def _send(self, made: httpx.Request) -> httpx.Response:
        return await self._client.send(made, stream=True, follow_redirects=False)

    def _build(self, depart: Depart, request: Request, stream: Outgoing) -> httpx.Request:
        body = request.body
        extensions: dict[str, object] = {"trace": _asks(depart)}
        if request.timeout_given:
            extensions["timeout"] = _timeouts(request.timeout)
        made = self._client.build_request(
            request.method,
            request.url,
            headers=[*request.headers, ("Content-Length", str(body.length))],
            content=stream if body.content is None else body.content,
            extensions=extensions,
        )
        made.stream = stream
        mark(made, stream)
        return made

    async def aclose(self) -> None:
        self._closed = True
