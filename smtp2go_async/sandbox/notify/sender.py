"""One POST over HTTP/1.1, on asyncio: bounded in time and in bytes, and without redirects.

The sandbox has no HTTP client of its own otherwise, and must not use that of the client that is tested with it.
"""

import asyncio
import base64
import ipaddress
import re
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from ..webhooks import StoredWebhook
from .queue import Try

TIMEOUT_SECONDS: Final = 10.0
"""How long the provider waits for the head of a response."""
MAX_HEAD_BYTES: Final = 65_536
MAX_KEPT_BYTES: Final = 2_000
"""How much of the body of a response is kept to be looked at; no more is read."""

_BODY_SECONDS: Final = 1.0
_SCHEMES: Final[Mapping[str, int]] = {"http": 80, "https": 443}
_CHUNKED: Final = re.compile(rb"^transfer-encoding:[^\r\n]*chunked", re.IGNORECASE | re.MULTILINE)
_CHUNK_SIZE: Final = re.compile(rb"([0-9a-f]{1,8})(?:;[^\r\n]*)?\r\n", re.IGNORECASE)
NOT_ALLOWED: Final = (
    "not sent: the sandbox calls addresses of this machine only, such as localhost; "
    "Sandbox(allow_webhooks_to=[...]) names other hosts"
)


class CannotSendError(Exception):
    """A webhook has an address that is never called."""


class WebhookSender:
    """Sends the requests of webhooks.

    Args:
        allowed: The hosts that may be called beside those of this machine.
        timeout: Seconds until the head of the response must be there.
    """

    def __init__(self, allowed: Iterable[str] = (), *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._allowed = frozenset([host.lower().removeprefix("[").removesuffix("]") for host in allowed])
        self._timeout = timeout

    async def post(self, webhook: StoredWebhook, content_type: str, body: bytes, moment: datetime) -> Try:
        """Send a request, and return what came of it.

        Raises:
            CannotSendError: The address cannot be called, or the sandbox may not call it.
        """
        url, host, port = self._checked(webhook.url)
        request = _request(url, content_type, body, webhook)
        writer = None
        try:
            async with asyncio.timeout(self._timeout):
                context = _tls() if url.scheme.lower() == "https" else None
                reader, writer = await asyncio.open_connection(
                    host, port, ssl=context, limit=MAX_HEAD_BYTES, happy_eyeballs_delay=0.25
                )
                writer.write(request)
                # The response may come before a long request was read, so its end is not waited for.
                head, status = b"", 100
                while status < 200:
                    head = await reader.readuntil(b"\r\n\r\n")
                    status = _status(head)
            body = await _start_of_body(reader)
            return Try(moment=moment, status=status, answer=_joined(body) if _CHUNKED.search(head) else body)
        except TimeoutError:
            error = f"no response within {self._timeout:g} seconds"
        except asyncio.IncompleteReadError:
            error = "the connection was closed without a response"
        except asyncio.LimitOverrunError:
            error = f"the head of the response is over {MAX_HEAD_BYTES} bytes"
        except (OSError, ValueError) as problem:
            # Texts of the operating system can name the address, which can hold a secret.
            error = f"could not be sent ({type(problem).__name__})"
        finally:
            if writer is not None:
                writer.transport.abort()
        return Try(moment=moment, status=None, error=error)

    def _checked(self, address: str) -> tuple[SplitResult, str, int]:
        try:
            url = urlsplit(address)
            host, port = url.hostname or "", url.port
        except ValueError:
            raise CannotSendError("not sent: the URL of the webhook cannot be read") from None
        if not host or url.scheme.lower() not in _SCHEMES:
            raise CannotSendError("not sent: the URL of the webhook must start with http:// or https:// and a host")
        if not _is_here(host) and host not in self._allowed:
            raise CannotSendError(NOT_ALLOWED)
        return url, host, port if port is not None else _SCHEMES[url.scheme.lower()]


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _request(url: SplitResult, content_type: str, body: bytes, webhook: StoredWebhook) -> bytes:
    host, port = url.hostname or "", url.port
    shown = f"[{host}]" if ":" in host else host
    target = quote(url.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if url.query:
        target += "?" + quote(url.query, safe="/%:@!$&'()*+,;=~-._?")
    headers = {
        "Host": shown if port is None else f"{shown}:{port}",
        "User-Agent": "smtp2go-sandbox",
        "Accept": "*/*",
        "Content-Type": content_type,
    }
    if authorization := _authorization(url, webhook):
        headers["Authorization"] = authorization
    own = {name.lower() for name, _ in webhook.custom_headers}
    lines = [f"{name}: {value}" for name, value in headers.items() if name.lower() not in own]
    lines += [
        f"{name}: {value}"
        for name, value in webhook.custom_headers
        if name.lower() not in ("content-length", "transfer-encoding", "connection")
    ]
    lines += [f"Content-Length: {len(body)}", "Connection: close"]
    head = f"POST {target} HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n"
    return head.encode() + body


def _authorization(url: SplitResult, webhook: StoredWebhook) -> str:
    # Both values are as they were passed to /webhook/add: that of basic is in Base64 already.
    if webhook.auth_header_type and webhook.auth_header_value:
        return f"{webhook.auth_header_type.capitalize()} {webhook.auth_header_value}"
    if url.username is None:
        return ""
    name, password = unquote(url.username), unquote(url.password or "")
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


def _status(head: bytes) -> int:
    parts = head.split(b"\r\n", 1)[0].split(b" ")
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit() or len(parts[1]) != 3:
        raise ValueError("no HTTP response")
    return int(parts[1])


async def _start_of_body(reader: asyncio.StreamReader) -> bytes:
    found = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while len(found) < MAX_KEPT_BYTES and (piece := await reader.read(MAX_KEPT_BYTES - len(found))):
                found += piece
    except (TimeoutError, OSError):
        # The event has been taken or refused already, so what is missing of the text about it does not count.
        pass
    return found


def _joined(body: bytes) -> bytes:
    """Return the content of a body that comes in chunks, as far as it is there."""
    found, rest = b"", body
    while size := _CHUNK_SIZE.match(rest):
        length = int(size[1], 16)
        found += rest[size.end() : size.end() + length]
        rest = rest[size.end() + length :].removeprefix(b"\r\n")
    return found


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
