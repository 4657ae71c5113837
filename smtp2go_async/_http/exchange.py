"""Send a request through a transport or a client of httpx, and return its response or say why there is none.

The status alone tells the outcome of a call. So once a status of 400 or more has come, nothing that fails afterwards
(the content, a hook, a tool around httpx) may make the outcome unknown.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime

import httpx

from .._content.blobs import FileChangedError
from .._pacing.turns import HeldBackError
from .._wire.request import Request
from .._wire.response import Response
from ..errors import NotSentError, OutcomeUnknownError, ReplyError, Smtp2goError, TransportError
from .caller_client import KeptContent, OutgoingBody
from .failures import CUT_OFF, FAILURES, NOT_DECODED, USED_UP, failed, not_whole, translate
from .seams import Depart

MAX_CONNECT_SECONDS = 10.0
"""Connecting is quick or does not happen, and a call that never left can be made again."""

MIN_REFUSAL_STATUS = 400


def timeouts(seconds: float | None) -> dict[str, float | None]:
    """Return the timeouts of a request, as httpx takes them in its extensions."""
    connect = MAX_CONNECT_SECONDS if seconds is None else min(seconds, MAX_CONNECT_SECONDS)
    return {"connect": connect, "read": seconds, "write": seconds, "pool": seconds}


def departure_trace(depart: Depart) -> Callable[[str, object], Awaitable[None]]:
    """Return a trace, as httpcore takes it with a request, that asks the pacer once more before anything is written."""

    async def trace(event: str, _info: object) -> None:
        # The gate may have closed while a connection was made, or waited for in a pool.
        if event.endswith("send_request_headers.started"):
            depart(writing=True)
        elif event.endswith("connect_tcp.started"):
            depart()

    return trace


def retry_after(value: str | None, date: str | None) -> float | None:
    """Return the seconds of a Retry-After in either of its forms.

    A date counts from the response's own Date, so that the clocks of the two machines need not agree.
    """
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        # Not a number, so it is a date.
        pass
    try:
        until = parsedate_to_datetime(value).timestamp()
        sent = time.time() if date is None else parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return until - sent


async def exchange(
    send: Callable[[httpx.Request], Awaitable[httpx.Response]],
    build: Callable[[Request, OutgoingBody], httpx.Request],
    request: Request,
    *,
    streams: bool,
) -> Response:
    """Send a request, and return its response or raise the error that says what became of it.

    Args:
        send: Sends httpx's form of the request.
        build: Makes httpx's form of the request.
        request: The request.
        streams: Whether the body can leave only through its stream. Then a body that was never asked for was not sent.
            This is better evidence than the class of the error: a proxy that opens no tunnel ends in a ReadTimeout.
    """
    operation = request.operation
    body = OutgoingBody(request.body)
    httpx_request: httpx.Request | None = None
    try:
        httpx_request = build(request, body)
        response = await send(httpx_request)
    except FAILURES as error:
        refusal = _response_in(error, httpx_request)
        if refusal is None and not isinstance(error, httpx.StreamError):
            # Only a refusal counts here. A success may be the very response whose reading failed. A StreamError is
            # left out: authentication raises it when it can't read a refusal that a hook has closed, and such a refusal
            # is only the first half of an exchange.
            refusal = _kept_response(body, min_status=MIN_REFUSAL_STATUS)
        if refusal is None:
            raise _failure(error, body, operation, streams=streams) from error
        response = refusal
    except FileChangedError as error:
        raise not_whole(error, operation) from error
    except (Exception, asyncio.CancelledError) as error:
        # Not an error of httpx: it comes from a hook, an authentication or a tool around the caller's client, or from
        # this package when that client was about to send the request a second time.
        if _is_cancelled_from_outside(error):
            raise
        response = _response_despite(error, body, operation)
    finally:
        await body.aclose()
    status = response.status_code
    # Made from the raw headers, since httpx decodes all headers for each look-up by name.
    headers = {name.lower(): value.decode("latin-1") for name, value in response.headers.raw}
    kept = body.kept if body.kept is not None and body.kept.response is response else None
    broken = None
    content = b""
    try:
        content = await _read(response, kept, encoded=b"content-encoding" in headers)
    except httpx.DecodingError:
        broken = NOT_DECODED
    except (httpx.StreamConsumed, httpx.StreamClosed):
        broken = USED_UP
    except FAILURES as error:
        if status < MIN_REFUSAL_STATUS:
            raise translate(error, operation) from error
        # The status has shown the outcome already: the call was refused. Only the reason was lost.
        broken = CUT_OFF
    except Exception as error:
        # Not an error of httpx: it comes from a stream that a tool has put in the place of httpx's.
        if status < MIN_REFUSAL_STATUS:
            raise failed(OutcomeUnknownError, type(error).__name__, operation) from error
        broken = CUT_OFF
    finally:
        await _close(response, kept)
    after = retry_after(headers.get(b"retry-after"), headers.get(b"date"))
    return Response(status, content, after, broken)


def _failure(error: Exception, body: OutgoingBody, operation: str, *, streams: bool) -> TransportError:
    """Return the error for a failed exchange, corrected by whether the body was asked for."""
    translated = translate(error, operation)
    if body.asked_for and isinstance(translated, NotSentError):
        # The body left, so it was not this request that could not connect, but a redirect or a hook of the caller's
        # client.
        return failed(OutcomeUnknownError, type(error).__name__, operation)
    if streams and not body.asked_for and translated.carried_out is not False:
        return failed(NotSentError, type(error).__name__, operation)
    return translated


def _is_cancelled_from_outside(error: BaseException) -> bool:
    """Whether this task itself was cancelled. Otherwise a CancelledError comes from what a caller's hook awaits."""
    task = asyncio.current_task() if isinstance(error, asyncio.CancelledError) else None
    return task is not None and task.cancelling() > 0


def _kept_response(body: OutgoingBody, *, min_status: int = 0) -> httpx.Response | None:
    """Return the response to this request that the caller's hooks were given, if it has at least this status."""
    kept = body.kept
    return kept.response if kept is not None and kept.response.status_code >= min_status else None


def _misleads(error: BaseException) -> bool:
    """Whether a caller would take an error for a statement of this package, mostly that a call was not sent.

    Bad input is a `ValueError` or a `TypeError` in this package. A call that ends as cancelled, though nothing has
    cancelled it, would end its task group in silence.
    """
    if isinstance(error, AttributeError):
        # A transport for httpx.Client lacks this method; `BorrowedTransport` reports that as "not sent".
        return error.name == "handle_async_request"
    return isinstance(error, (ValueError, TypeError, Smtp2goError, HeldBackError, asyncio.CancelledError))


def _response_despite(error: BaseException, body: OutgoingBody, operation: str) -> httpx.Response:
    """Return the refusal that had come when something around the caller's client raised a misleading error.

    Raises:
        BaseException: The error as it is, if nothing was sent or if it does not mislead.
        NotSentError: The request can't be written.
        OutcomeUnknownError: No response has come, as far as can be seen from here.
        ReplyError: A response that is no refusal has come. It is not a `TransportError`, after which a call that only
            reads would be repeated and would fail in the same way.
    """
    response = _kept_response(body)
    if response is None and not body.asked_for:
        if isinstance(error, UnicodeError):
            text = "the request was not sent: its address can't be written"
            raise NotSentError(text, operation=operation, final=True) from error
        raise error
    if not _misleads(error):
        raise error
    if response is not None and response.status_code >= MIN_REFUSAL_STATUS:
        # The status has shown the outcome already.
        return response
    if response is None or isinstance(error, UnicodeError):
        raise failed(OutcomeUnknownError, type(error).__name__, operation) from error
    raise ReplyError(
        f"the response came, and then a hook or a tool of the http_client raised {type(error).__name__}; what the "
        "response says of the outcome was not read",
        operation=operation,
        status=response.status_code,
    ) from error


def _response_in(error: Exception, httpx_request: httpx.Request | None) -> httpx.Response | None:
    """Return the response for which ``raise_for_status`` in a hook raised the error; its status says what happened.

    It must be the response to this request: hooks call other servers, whose errors say nothing about it.
    """
    response = getattr(error, "response", None)
    if isinstance(response, httpx.Response):
        with contextlib.suppress(RuntimeError):  # a response without a request
            return response if response.request is httpx_request else None
    return None


async def _read(response: httpx.Response, kept: KeptContent | None, *, encoded: bool) -> bytes:
    if kept is not None:
        # Another response over the kept content, since the caller may have read or closed the first.
        response = httpx.Response(response.status_code, headers=response.headers, stream=kept)
    elif response.is_stream_consumed or response.is_closed:
        # A transport or a tool has read it. `aread` returns what was read whole once more, and else raises at once; the
        # stream would wait for bytes that have come already.
        return await response.aread()
    if not isinstance(response.stream, httpx.AsyncByteStream):
        # Test tools make responses that can only be read without awaiting.
        return response.read()
    if encoded:
        return await response.aread()
    # Not aread, which does things beside joining the parts that cost more than reading them.
    return b"".join([part async for part in response.stream])


async def _close(response: httpx.Response, kept: KeptContent | None) -> None:
    if kept is not None:
        # The response stays open: a task that a hook has started may still want to read it.
        await kept.aclose()
    elif isinstance(response.stream, httpx.AsyncByteStream):
        await response.aclose()
    else:
        response.close()
