"""Read the body of a request up to a limit, and refuse a body over the limit."""

import json
import uuid

import anyio
from starlette.datastructures import Headers
from starlette.types import Receive, Send

from .rules import RequestError

MAX_DISCARDED_BYTES = 100_000_000  # of a refused body, more than any client of the API sends
MAX_DISCARD_SECONDS = 10.0


class TooLargeError(Exception):
    """A body is over the limit; the rest of it has not been read."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """Read a body.

    Raises:
        TooLargeError: The body has more bytes than the limit, or announces more.
        ClientGoneError: The connection was closed before the end of the body.
    """
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise TooLargeError(int(announced))
    content = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        content += message.get("body", b"")
        if len(content) > limit:
            raise TooLargeError(len(content))
        if not message.get("more_body", False):
            return bytes(content)


def too_large() -> RequestError:
    """Return the error for a body that is too large; the provider's own text is not published."""
    return RequestError(413, "API_EXCEPTION", "The request body is too large")


def refusal(error: RequestError, request_id: str | None = None) -> bytes:
    """Return the body of an error response, as the API writes it."""
    return json.dumps({"request_id": request_id or str(uuid.uuid4()), "data": error.data}).encode()


async def respond_early(status: int, content: bytes, headers: Headers, receive: Receive, send: Send) -> None:
    """Respond to a request before the end of its body, and close the connection."""
    # Closing a connection on which data still arrives resets it, and the reset can overtake the response. So the
    # response goes out at once, and the rest of the body is read and thrown away before the connection closes, up to a
    # limit.
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": content, "more_body": True})
    # A client that asked first ("Expect: 100-continue") sends no body after it has seen this response.
    more = headers.get("expect", "").lower() != "100-continue"
    left = MAX_DISCARDED_BYTES
    with anyio.move_on_after(MAX_DISCARD_SECONDS):
        while more and left > 0:
            message = await receive()
            left -= len(message.get("body", b""))
            more = message.get("more_body", False)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
