"""The receiver as a WSGI app."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from .._receive.answer import AnswerBlocking
from .._receive.refusals import RefusalError

PART_BYTES: Final = 65_536


class WsgiApp:
    """Answers a request in the thread that the server calls it in."""

    def __init__(self, answer: AnswerBlocking) -> None:
        self._answer = answer

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer a request."""
        query = environ.get("QUERY_STRING", "")
        headers = environ_headers(environ)
        answer = self._answer(environ["REQUEST_METHOD"], headers, query, environ_body(environ))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", [*answer.headers.items()])
        return [answer.body]


def environ_headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a WSGI environment."""
    found = {
        name[5:].replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and name not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH")
    }
    # Servers write an empty text for a header that did not come.
    found |= {name.replace("_", "-"): environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    return found


def environ_body(environ: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the parts of the body.

    Raises:
        RefusalError: The body has no length, and the server does not say where it ends: it could be read as empty, or
            for ever.
    """
    stream = environ["wsgi.input"]
    if environ.get("CONTENT_LENGTH"):
        left = int(environ["CONTENT_LENGTH"])
        while left > 0 and (part := stream.read(min(PART_BYTES, left))):
            left -= len(part)
            yield part
    elif environ.get("wsgi.input_terminated"):
        while part := stream.read(PART_BYTES):
            yield part
    elif environ.get("HTTP_TRANSFER_ENCODING"):
        raise RefusalError(411, "a body needs a Content-Length here")
