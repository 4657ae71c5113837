"""Read the body of a request up to a limit, and answer one that is over it."""

import json
import uuid

import anyio
from starlette.datastructures import Headers
from starlette.types import Receive, Send

from .rules import RequestError

MAX_THROWN_AWAY = 100_000_000  # bytes of a refused body, more than any client of the API sends
MAX_THROWING_AWAY = 10.0  # seconds


class TooLargeError(Exception):
    """A body is over the limit; what is left of it has not been read."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """Read a body.

    Raises:
        TooLargeError: It has more bytes than the limit, or says so.
        ClientGoneError: It has no end.
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
    """Make the error for a body that is too large; what the provider says is not published."""
    return RequestError(413, "API_EXCEPTION", "The request body is too large")


def refusal(error: RequestError, request_id: str | None = None) -> bytes:
    """Write an error as the API does."""
    return json.dumps({"request_id": request_id or str(uuid.uuid4()), "data": error.data}).encode()


async def answer_early(status: int, content: bytes, headers: Headers, receive: Receive, send: Send) -> None:
    """Answer a request whose body was not read to its end, and close the connection."""
    # Closing a connection on which data still arrives resets it, and the reset can overtake the answer. So the answer
    # goes out at once, and the rest of the body is read and thrown away before the connection closes; not for ever.
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
    # A client that asked first ("Expect: 100-continue") sends no body once it sees this answer.
    more = headers.get("expect", "").lower() != "100-continue"
    left = MAX_THROWN_AWAY
    with anyio.move_on_after(MAX_THROWING_AWAY):
        while more and left > 0:
            message = await receive()
            left -= len(message.get("body", b""))
            more = message.get("more_body", False)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
