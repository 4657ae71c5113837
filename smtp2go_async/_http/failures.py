"""What each error of httpx means: whether the request was not sent, or may have been carried out.

`ERRORS` is the table. Every text is made here, from words of this package and the names of classes: the text of an
httpx error can hold what the caller sent, so it is kept as the cause only.
"""

import ssl
from collections.abc import Mapping
from typing import Final

import httpx

from .._content.blobs import FileChangedError
from ..errors import NotSentError, OutcomeUnknownError, ReplyTimeoutError, TransportError
from .causes import why
from .environment import missing_certificates, variables_to_check
from .tls import is_about_trust

ERRORS: Final[Mapping[type[Exception], type[TransportError]]] = {
    # Nothing was written: no connection, no place in the pool, or a request that can't be written at all.
    httpx.ConnectError: NotSentError,
    httpx.ConnectTimeout: NotSentError,
    httpx.PoolTimeout: NotSentError,
    httpx.ProxyError: NotSentError,
    httpx.UnsupportedProtocol: NotSentError,
    httpx.InvalidURL: NotSentError,
    httpx.LocalProtocolError: NotSentError,
    # Something was written. How much of it the server read and carried out can't be known from here.
    httpx.ReadTimeout: ReplyTimeoutError,
    httpx.WriteTimeout: ReplyTimeoutError,
    httpx.ReadError: OutcomeUnknownError,
    httpx.WriteError: OutcomeUnknownError,
    httpx.CloseError: OutcomeUnknownError,
    httpx.RemoteProtocolError: OutcomeUnknownError,
    # A mistake of this package, or of a transport that the caller brought. "Unknown" is the cautious reading.
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
"""The errors in which an exchange can end. On asyncio httpcore lets ssl's own error through, for bytes that are not
TLS."""

CONNECT_FAILURES: Final = (httpx.InvalidURL, ValueError, OSError, ImportError)
"""The errors of making connections, before any connection exists."""

NOT_DECODED: Final = "its compressed content can't be decoded"
CUT_OFF: Final = "it was cut off"
USED_UP: Final = "the http_client or a tool around it has read the content, and has not kept it"

_PERHAPS: Final = "the request may have been carried out"

_TEXTS: Final[Mapping[type[TransportError], str]] = {
    NotSentError: "the request was not sent",
    ReplyTimeoutError: f"no response came in time; {_PERHAPS}",
    OutcomeUnknownError: f"the connection failed before the response was complete; {_PERHAPS}",
}


def translate(error: Exception, operation: str) -> TransportError:
    """Return the error of this package for an error of `FAILURES`."""
    # The most special class of the table decides; ssl.SSLError is not in it, and says nothing about the outcome.
    kind = next((ERRORS[parent] for parent in type(error).__mro__ if parent in ERRORS), OutcomeUnknownError)
    reason = why(error)
    if isinstance(error, httpx.ConnectError) and is_about_trust(error):
        reason = f"{type(error).__name__}: the server's certificate is not trusted{missing_certificates()}"
    if isinstance(error, (httpx.ResponseNotRead, httpx.RequestNotRead)):
        # The usual text would be wrong: no connection failed here.
        return kind(f"a hook of httpx failed; {_PERHAPS} ({reason})", operation=operation)
    translated = failed(kind, reason, operation)
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)) and isinstance(translated, NotSentError):
        # The address is wrong, and stays wrong however often the call is repeated.
        translated.final = True
    return translated


def failed(kind: type[TransportError], reason: str, operation: str) -> TransportError:
    """Return the error of an exchange that failed, in the same words for every transport."""
    return kind(f"{_TEXTS[kind]} ({reason})", operation=operation)


def cannot_connect(error: Exception, operation: str) -> TransportError:
    """Return the error for connections that can't be made, from an error of `CONNECT_FAILURES`."""
    if isinstance(error, httpx.InvalidURL):
        return translate(error, operation)
    # Everything else comes from the proxy or the certificates that the environment names.
    return NotSentError(
        f"the request was not sent: no connections can be made as this machine is set up, with its proxies and "
        f"certificates ({type(error).__name__}){missing_certificates() or variables_to_check(error)}",
        operation=operation,
        final=True,
    )


def not_whole(error: FileChangedError, operation: str) -> NotSentError:
    """Return the error of a request that was given up in the middle because a file changed."""
    return NotSentError(f"not sent whole: {error}", operation=operation, final=True)
