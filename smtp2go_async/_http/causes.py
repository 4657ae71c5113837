"""Why an exchange failed, in words that hold nothing of what was sent: the texts of httpx's own errors can."""

import os
import socket
import ssl
from typing import Final

import httpx

_HOOK_MISTAKES: Final = {
    httpx.ResponseNotRead: (
        "the response's content was used before it was read; let a hook await response.aread() first"
    ),
    httpx.RequestNotRead: "the request's content was used before it was read; let a hook await request.aread() first",
}


def why(error: BaseException) -> str:
    """Return the name of an httpx error, with what the system or a hook did where that is known."""
    name = type(error).__name__
    reason = _HOOK_MISTAKES.get(type(error)) if isinstance(error, httpx.StreamError) else None
    if isinstance(error, httpx.ConnectError):
        reason = _system_reason(error)
    return f"{name}: {reason}" if reason else name


def _system_reason(error: BaseException) -> str | None:
    """Return the operating system's reason below an error."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, socket.gaierror):
            return "the host name could not be looked up"
        # The text comes from the number, since the error's own text can name addresses. The numbers of TLS errors
        # are OpenSSL's and not the system's.
        if isinstance(found, OSError) and not isinstance(found, ssl.SSLError) and found.errno:
            return os.strerror(found.errno)
        # A host with several addresses fails with a group of errors; the first address stands for all.
        group = found.exceptions if isinstance(found, BaseExceptionGroup) else ()
        found = group[0] if group else found.__cause__ or found.__context__
    return None
