"""Why an exchange failed, in words that hold nothing of what was sent: the texts of httpx's own errors can."""

import os
import socket
import ssl
from typing import Final

import httpx

_HOOKS: Final = {
    httpx.ResponseNotRead: "the answer's content was used before it was read; let a hook await response.aread() first",
    httpx.RequestNotRead: "the request's content was used before it was read; let a hook await request.aread() first",
}


def why(error: BaseException) -> str:
    """Name an error of httpx, and tell what the system or the hook did where that is known."""
    name = type(error).__name__
    reason = _HOOKS.get(type(error)) if isinstance(error, httpx.StreamError) else None
    if isinstance(error, httpx.ConnectError):
        reason = _of_the_system(error)
    return f"{name}: {reason}" if reason else name


def _of_the_system(error: BaseException) -> str | None:
    """Find the reason of the system below an error; a host can have several addresses, and the first one's is told."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, socket.gaierror):
            return "the host name could not be looked up"
        # By its number, since the text can name addresses. The numbers of TLS errors are not the system's.
        if isinstance(found, OSError) and not isinstance(found, ssl.SSLError) and found.errno:
            return os.strerror(found.errno)
        group = found.exceptions if isinstance(found, BaseExceptionGroup) else ()
        found = group[0] if group else found.__cause__ or found.__context__
    return None
