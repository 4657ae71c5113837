"""What a caller's `httpx.AsyncClient` does around a request, kept from hiding what happened to it.

The hooks and the authentication of such a client may read the request before it is sent, and may read or close the
answer before we do. httpx lets a stream be read once, so two hooks of ours go around the caller's: the last one of the
request notes that from now on whoever reads the body sends it, and the first one of the response keeps what is read.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import anyio
import httpx

from .._wire.body import Body

_MARK = "smtp2go_async"
"""The extension by which a request of ours is known from others that the caller's client makes."""


class Outgoing(httpx.AsyncByteStream):
    """A body as httpx sends it; each attempt reads it from the start.

    httpx drops what it reads from when it stops in the middle. It is closed here, so that a file does not stay open
    until the collector finds it, and trio has nothing to warn of.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._reading: AsyncGenerator[bytes, None] | None = None
        self._instead: httpx.ByteStream | None = None
        self._leaves = False
        self.begun = False
        """Whether anybody has asked for the body; if not, nobody can have got a whole request."""
        self.kept: Kept | None = None
        """The newest answer's content, where hooks of the caller's may have read it."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        self.begun = True
        if self._instead is not None:
            return aiter(self._instead)
        self._reading = cast("AsyncGenerator[bytes, None]", self._body.chunks())
        return self._reading

    async def aclose(self) -> None:
        if self._reading is not None:
            await self._reading.aclose()

    def leaves(self, made: httpx.Request) -> None:
        """Note that the caller's hooks are through: what has read the body until now did not send it."""
        # An answer to what was sent before, by authentication or a client that repeats, says nothing of this.
        self.kept = None
        if type(made.stream) is httpx.ByteStream:
            # httpx has put it there when somebody read the body, and nobody would see it being sent.
            self._instead, made.stream = made.stream, self
        if not self._leaves:
            # Only once: authentication may send a request a second time.
            self._leaves, self.begun = True, False


class Kept(httpx.AsyncByteStream):
    """The content of an answer, which can be read any number of times, by several tasks, and after it was closed."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._stream = cast("httpx.AsyncByteStream", response.stream)
        self._source: AsyncIterator[bytes] | None = None
        self._parts: list[bytes] = []
        self._ended = False
        self._error: Exception | None = None
        self._lock = anyio.Lock()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Reader(self)

    async def part(self, number: int) -> bytes | None:
        """Return a part of the content, or ``None`` after the last one."""
        while number >= len(self._parts) and not self._ended:
            async with self._lock:
                if number >= len(self._parts) and not self._ended:
                    await self._more()
        if number < len(self._parts):
            return self._parts[number]
        if self._error is not None:
            raise self._error
        return None

    async def _more(self) -> None:
        if self._source is None:
            self._source = aiter(self._stream)
        try:
            self._parts.append(await anext(self._source))
        except StopAsyncIteration:
            self._ended = True
        except Exception as error:
            self._ended, self._error = True, error
        except BaseException:
            # A hook that gave up waiting, for example. What can still come is not the whole.
            self._ended, self._error = True, httpx.ReadError("a hook was cancelled while it read the answer")
            raise

    async def aclose(self) -> None:
        """Read what is left, since closing throws it away, and close."""
        try:
            while not self._ended:
                async with self._lock:
                    if not self._ended:
                        await self._more()
        finally:
            await self._stream.aclose()


class _Reader:
    """Not a generator, which would have to be closed by those that stop in the middle."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._next = 0

    def __aiter__(self) -> "_Reader":
        return self

    async def __anext__(self) -> bytes:
        part = await self._kept.part(self._next)
        if part is None:
            raise StopAsyncIteration
        self._next += 1
        return part


def mark(made: httpx.Request, stream: Outgoing) -> None:
    """Make a request known to the two hooks."""
    made.extensions[_MARK] = stream


def put_around(client: httpx.AsyncClient) -> None:
    """Put the two hooks around those of a client; one that has none, and no authentication, is left as it is."""
    hooks: dict[str, list[Any]] = client.event_hooks
    before, after = hooks.get("request") or [], hooks.get("response") or []
    # A new list each time: another request may just be going through the old one.
    if (before or after or client.auth is not None) and before[-1:] != [_leaves]:
        hooks["request"] = [*(hook for hook in before if hook is not _leaves), _leaves]
    if after and after[0] is not _keep:
        hooks["response"] = [_keep, *(hook for hook in after if hook is not _keep)]


async def _leaves(made: httpx.Request) -> None:
    stream = made.extensions.get(_MARK)
    if stream is not None:
        stream.leaves(made)


async def _keep(response: httpx.Response) -> None:
    stream = response.request.extensions.get(_MARK)
    # What a transport has read whole can be read again as it is.
    if stream is not None and not response.is_stream_consumed:
        stream.kept = response.stream = Kept(response)
