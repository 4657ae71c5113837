"""The extra ``[fast]``: requests over pyreqwest, an HTTP client written in Rust. The only file that imports it.

It is used directly and not through its transport for httpx: there a reply that was lost is a ConnectError like one that
was refused a connection (seen with 0.15), so that nobody could tell whether a request was sent.
"""

import asyncio  # pyreqwest knows no other loop
import logging
import math
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from datetime import timedelta
from typing import Any, cast

import anyio
from anyio.lowlevel import checkpoint_if_cancelled
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestTimeoutError
from pyreqwest.proxy import ProxyBuilder
from pyreqwest.response import BaseResponse

from .._content.blobs import CHUNK, FileChangedError
from .._wire.body import Body
from .._wire.request import Request
from .._wire.response import Response
from ..errors import NotSentError, OutcomeUnknownError, ReplyTimeoutError
from . import transport
from .connections import Connections
from .transport import (
    CUT_OFF,
    MAX_CONNECT_SECONDS,
    NOT_DECODED,
    Depart,
    HttpxConnections,
    failed,
    not_whole,
    proxy_of,
    retry_after,
)

_log = logging.getLogger("smtp2go_async")

_ON_ITS_WAY = 1.0
"""Seconds to wait for what pyreqwest's thread hands over to the event loop; it takes less than a thousandth of that."""

_MAX_TIMEOUT = 24 * 3600.0
"""Seconds; what pyreqwest takes for a timeout has an end."""

_READING = "error reading a body from connection"
"""How the chain of causes says that an answer was cut off."""


def connect(base_url: str) -> Connections:
    """Make connections over pyreqwest, or over httpx where it can't run: on trio, and in a forked child."""
    try:
        asyncio.get_running_loop()
        return FastConnections(base_url)
    except RuntimeError as error:
        _log.warning("transport='fast' is not possible here, and httpx is used: %s", error)
        return HttpxConnections(base_url)


class FastConnections:
    """Connections of a pyreqwest client, which needs asyncio and does not outlive a fork."""

    def __init__(self, base_url: str) -> None:
        builder = (
            ClientBuilder()
            .follow_redirects(False)
            .referer(False)
            # A shorter one is kept below, for all of connecting, sending and waiting.
            .connect_timeout(timedelta(seconds=MAX_CONNECT_SECONDS))
            .pool_idle_timeout(timedelta(seconds=transport.KEEPALIVE))
            .no_proxy()
        )
        proxy = proxy_of(base_url)
        if proxy is not None:
            builder = builder.proxy(ProxyBuilder.all(proxy))
        self._client: Client | None = builder.build()
        self._under_way: set[anyio.CancelScope] = set()
        self._closing = False

    async def exchange(self, request: Request, depart: Depart) -> Response:
        operation, seconds = request.operation, request.timeout
        status, after = 0, None
        scope = anyio.CancelScope()

        def next_step() -> None:
            scope.deadline = math.inf if seconds is None else anyio.current_time() + seconds

        content = request.body.content
        reading = _Pieces(request.body, next_step) if content is None else _Whole(content)
        if self._client is None:
            raise NotSentError("this client is closed", operation=operation, final=True)
        try:
            building = (
                self._client.request(request.method, request.url)
                .headers(request.headers)
                .header("Content-Length", str(request.body.length))
                .body_stream(reading)
                # The status is wanted even where nothing of the content can be read.
                .streamed_read_buffer_limit(0)
            )
            if seconds is not None:
                building = building.timeout(timedelta(seconds=min(seconds * _steps(request.body), _MAX_TIMEOUT)))
            made = building.build_streamed()
        except ValueError as error:
            raise NotSentError(
                "the request was not sent: its address can't be written", operation=operation, final=True
            ) from error
        # If the task is already cancelled, send nothing: pyreqwest starts before it checks.
        await checkpoint_if_cancelled()
        depart(writing=True)
        self._under_way.add(scope)
        try:
            with scope:
                next_step()
                try:
                    async with made as response:
                        status = response.status
                        after = retry_after(_header(response, "retry-after"), _header(response, "date"))
                        next_step()
                        return Response(status, bytes(await response.bytes()), after)
                except asyncio.CancelledError:
                    # pyreqwest raises one of its own, in which anyio does not see that the scope was the reason.
                    await checkpoint_if_cancelled()
                    raise
        except FileChangedError as error:
            raise not_whole(error, operation) from error
        except PyreqwestError as error:
            if status and (broken := _broken(error, status)):
                return Response(status, b"", after, broken)
            # Before the look at whether it was asked for: afterwards nobody gets it any more.
            await reading.give_up()
            kind = ReplyTimeoutError if isinstance(error, RequestTimeoutError) else OutcomeUnknownError
            raise failed(kind if reading.begun else NotSentError, type(error).__name__, operation) from error
        finally:
            self._under_way.discard(scope)
            await reading.give_up()
        if status >= 400:
            return Response(status, b"", after, CUT_OFF)
        if self._closing:
            raise failed(OutcomeUnknownError if reading.begun else NotSentError, "the client was closed", operation)
        raise failed(ReplyTimeoutError if reading.begun else NotSentError, f"after {seconds:g} s", operation)

    async def aclose(self) -> None:
        self._closing = True
        # pyreqwest closes without ending those that read an answer.
        for scope in list(self._under_way):
            scope.cancel()
        # Let go of, since idle connections are closed only with the last reference.
        client, self._client = self._client, None
        if client is not None:
            await client.close()


def _steps(body: Body) -> int:
    """Count what each may take the whole timeout: every piece of the body, the answer's head and its content.

    pyreqwest goes on with a request that was sent and is then given up, and keeps its connection for as long as the
    server lets it. Nothing but a timeout of its own ends that, so it has one that is longer than all of ours together.
    """
    return 2 if body.content is not None else 2 + len(body.pieces) + body.length // CHUNK


def _header(response: BaseResponse, name: str) -> str | None:
    """Read a header; one that is not ASCII is none, and must not hide the answer."""
    try:
        return response.get_header(name)
    except ValueError:
        return None


def _broken(error: PyreqwestError, status: int) -> str | None:
    """Say why the content of an answer could not be read, where the rest of it has told the outcome."""
    if status >= 400:
        return CUT_OFF
    details = getattr(error, "details", None) or {}
    causes = [cause["message"] for cause in details.get("causes") or ()]
    return NOT_DECODED if causes and _READING not in causes else None


class _Whole:
    """A body in one piece that knows whether it was asked for: if not, nothing was sent.

    That does not depend on what an error is called. The body is asked for in a thread of pyreqwest's, perhaps just when
    the call is given up; as each side says what it does before it looks at the other, the two can't both go on.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.begun = False
        self._given_up = False

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        if not self._given_up:
            yield self._content

    async def give_up(self) -> None:
        self._given_up = True


class _Reading:
    """A body in pieces, read in a task of pyreqwest's that may still be under way when the call has ended."""

    def __init__(self, body: Body, next_step: Callable[[], None]) -> None:
        self._chunks = cast("AsyncGenerator[bytes, None]", body.chunks())
        self._next_step = next_step
        self.begun = False
        self._under_way = False
        self._given_up = False
        self._asked_for: Callable[[], _Step | None] = lambda: None

    async def step(self) -> bytes:
        """Read the next piece."""
        if self._given_up:
            raise StopAsyncIteration
        self._under_way = True
        try:
            chunk = await anext(self._chunks)
        finally:
            self._under_way = False
            if self._given_up:
                await self._chunks.aclose()
        if self._given_up:
            raise StopAsyncIteration
        self.begun = True
        # The timeout is for each step, and not for a large file as a whole.
        self._next_step()
        return chunk

    async def give_up(self) -> None:
        """Close the file that is being read, at once or as soon as its reader is back."""
        self._given_up = True
        # Now it has no `__anext__`, so that Python refuses whatever pyreqwest asks from here on, at once and in its own
        # thread. Told by the event loop, it would wait for that with its connection open: for ever, if the loop ended.
        object.__setattr__(self, "__class__", _Reading)
        # What was asked for before is on its way to the loop, unless pyreqwest has dropped it.
        with anyio.CancelScope(deadline=anyio.current_time() + _ON_ITS_WAY, shield=True):
            while (step := self._asked_for()) is not None and not step.begun:
                del step
                await anyio.sleep(0.001)
        if not self._under_way:
            await self._chunks.aclose()


class _Pieces(_Reading):
    """What pyreqwest iterates over."""

    def __aiter__(self) -> "_Pieces":
        return self

    def __anext__(self) -> "_Step":
        """Ask for the next piece, in pyreqwest's thread; its coroutine is run later, by the event loop."""
        step = _Step(self.step)
        self._asked_for = weakref.ref(step)
        return step


class _Step(Coroutine[Any, Any, bytes]):
    """A coroutine that is made when it is first run.

    pyreqwest drops some that it asked for, and Python warns of those that were made and never awaited.
    """

    def __init__(self, make: Callable[[], Coroutine[Any, Any, bytes]]) -> None:
        self._make = make
        self._made: Coroutine[Any, Any, bytes] | None = None

    @property
    def begun(self) -> bool:
        """Whether it was run."""
        return self._made is not None

    def _begun(self) -> Coroutine[Any, Any, bytes]:
        self._made = self._made or self._make()
        return self._made

    def send(self, value: Any) -> Any:
        return self._begun().send(value)

    def throw(self, *error: Any) -> Any:
        return self._begun().throw(*error)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    def __await__(self) -> Generator[Any, None, bytes]:
        return self._begun().__await__()
