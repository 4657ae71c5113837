"""A caller's own `httpx.AsyncClient`, watched so that its hooks can't hide what happened to a request.

The hooks and the authentication of such a client may read the request before it is sent, and may read or close the
response before this package does. httpx lets a stream be read once, so two hooks of this package go around the
caller's. The last hook of the request notes that from now on reading the body means sending it, and the first hook of
the response keeps what is read.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import anyio
import httpx

from .._wire.body import Body

_EXTENSION = "smtp2go_async"
"""The extension that tells requests of this package from others that the caller's client makes."""


class OutgoingBody(httpx.AsyncByteStream):
    """A request body in the form that httpx sends; each attempt reads it from the start.

    httpx abandons the iterator when it stops in the middle. `aclose` closes it, so that a file does not stay open until
    it is garbage collected, and trio does not warn.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._reading: AsyncGenerator[bytes, None] | None = None
        self._content_read_by_hook: httpx.ByteStream | None = None
        self._departed = False
        self.asked_for = False
        """Whether the body was asked for; if not, a whole request can't have left."""
        self.kept: KeptContent | None = None
        """The content of the newest response, where hooks of the caller's may have read it."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        self.asked_for = True
        if self._content_read_by_hook is not None:
            return aiter(self._content_read_by_hook)
        self._reading = cast("AsyncGenerator[bytes, None]", self._body.chunks())
        return self._reading

    async def aclose(self) -> None:
        if self._reading is not None:
            await self._reading.aclose()

    def note_departure(self, request: httpx.Request) -> None:
        """Note that the caller's request hooks are done: they may have read the body, but did not send it."""
        # A response to an earlier sending, by authentication or a client that repeats, says nothing about this sending.
        self.kept = None
        if type(request.stream) is httpx.ByteStream:
            # httpx has replaced the stream because a hook read the body; then nothing would show that it is sent.
            self._content_read_by_hook, request.stream = request.stream, self
        if not self._departed:
            # Only the first time: authentication may send a request twice, and then the first was asked for.
            self._departed, self.asked_for = True, False


class KeptContent(httpx.AsyncByteStream):
    """The content of a response, which can be read any number of times, by several tasks, and after it was closed."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._stream = cast("httpx.AsyncByteStream", response.stream)
        self._source: AsyncIterator[bytes] | None = None
        self._parts: list[bytes] = []
        self._ended = False
        self._error: Exception | None = None
        self._lock = anyio.Lock()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _KeptContentReader(self)

    async def part(self, number: int) -> bytes | None:
        """Return a part of the content, or ``None`` after the last."""
        while number >= len(self._parts) and not self._ended:
            async with self._lock:
                # Looked at again, since another task may have read this part while the lock was waited for.
                if number >= len(self._parts) and not self._ended:
                    await self._read_next()
        if number < len(self._parts):
            return self._parts[number]
        if self._error is not None:
            raise self._error
        return None

    async def _read_next(self) -> None:
        if self._source is None:
            self._source = aiter(self._stream)
        try:
            self._parts.append(await anext(self._source))
        except StopAsyncIteration:
            self._ended = True
        except Exception as error:
            self._ended, self._error = True, error
        except BaseException:
            # A hook that gave up waiting, for example. What can still be read is not the whole content.
            self._ended, self._error = True, httpx.ReadError("a hook was cancelled while it read the response")
            raise

    async def aclose(self) -> None:
        """Read what is left, since closing throws it away, and close."""
        try:
            while not self._ended:
                async with self._lock:
                    if not self._ended:
                        await self._read_next()
        finally:
            await self._stream.aclose()


class _KeptContentReader:
    """Iterates over kept content. Not a generator, which a reader that stops in the middle would have to close."""

    def __init__(self, content: KeptContent) -> None:
        self._content = content
        self._next = 0

    def __aiter__(self) -> "_KeptContentReader":
        return self

    async def __anext__(self) -> bytes:
        part = await self._content.part(self._next)
        if part is None:
            raise StopAsyncIteration
        self._next += 1
        return part


def attach_body(request: httpx.Request, body: OutgoingBody) -> None:
    """Make the body known to the two hooks, which see nothing but the request."""
    request.extensions[_EXTENSION] = body


def surround_hooks(client: httpx.AsyncClient) -> None:
    """Put the two hooks around those of a client. A client without hooks and authentication is left as it is."""
    hooks: dict[str, list[Any]] = client.event_hooks
    before, after = hooks.get("request") or [], hooks.get("response") or []
    # New lists, since another request may be going through the old ones at this moment.
    if (before or after or client.auth is not None) and before[-1:] != [_note_departure]:
        hooks["request"] = [*(hook for hook in before if hook is not _note_departure), _note_departure]
    if after and after[0] is not _keep_content:
        hooks["response"] = [_keep_content, *(hook for hook in after if hook is not _keep_content)]


async def _note_departure(request: httpx.Request) -> None:
    body = request.extensions.get(_EXTENSION)
    if body is not None:
        body.note_departure(request)


async def _keep_content(response: httpx.Response) -> None:
    body = response.request.extensions.get(_EXTENSION)
    # Content that a transport has read whole can be read again without this.
    if body is not None and not response.is_stream_consumed:
        body.kept = response.stream = KeptContent(response)
