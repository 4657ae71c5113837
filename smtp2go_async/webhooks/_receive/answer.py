"""What a receiver answers, and how the app of a framework asks it."""

from collections.abc import AsyncIterable, Callable, Coroutine, Iterable, Mapping
from typing import Any

import attrs

from .head import Headers, Query


@attrs.frozen
class WebhookAnswer:
    """What to answer a request with."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    """A short text; empty for a ``HEAD`` request."""


AnswerRequest = Callable[[str, Headers, Query, bytes | AsyncIterable[bytes]], Coroutine[Any, Any, WebhookAnswer]]
"""`Receiver.receive`: method, headers, query and body -> answer."""

AnswerBlocking = Callable[[str, Headers, Query, bytes | Iterable[bytes]], WebhookAnswer]
"""The same for code that does not await."""
