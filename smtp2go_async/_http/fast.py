"""The extra ``[fast]``: requests over pyreqwest, an HTTP client written in Rust. The only file that imports it.

pyreqwest is used directly and not through its transport for httpx. With that transport a response that was lost is a
ConnectError, exactly like a connection that was refused (seen with 0.15), so that no error would tell whether a request
was sent.
"""

import asyncio  # pyreqwest supports no other event loop
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
from . import connections
from .connections import HttpxConnections
from .environment import proxy_of
from .exchange import MAX_CONNECT_SECONDS, retry_after
from .failures import CUT_OFF, NOT_DECODED, failed, not_whole
from .seams import Depart, LoopConnections

_log = logging.getLogger("smtp2go_async")

_MAX_HANDOVER_SECONDS = 1.0
"""How long to wait for a step that pyreqwest's thread hands over to the event loop; it takes less than a thousandth of
that."""

_MAX_TIMEOUT_SECONDS = 24 * 3600.0
"""The longest timeout that pyreqwest is given, since it takes no endless timeout."""

_CUT_OFF_CAUSE = "error reading a body from connection"
"""The message in pyreqwest's chain of causes for a response that was cut off."""


def connect(base_url: str) -> LoopConnections:
    """Make connections over pyreqwest, or over httpx where it can't run: on trio, and in a forked child."""
    try:
        # Raises a RuntimeError on trio.
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
            # A timeout of the call that is shorter is kept by `exchange`, for connecting, sending and waiting alike.
            .connect_timeout(timedelta(seconds=MAX_CONNECT_SECONDS))
            .pool_idle_timeout(timedelta(seconds=connections.KEEPALIVE_SECONDS))
            # Otherwise it would look for proxies itself, by rules that differ from the standard library's.
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

        def start_next_step() -> None:
            scope.deadline = math.inf if seconds is None else anyio.current_time() + seconds

        content = request.body.content
        body = _PiecewiseBody(request.body, start_next_step) if content is None else _WholeBody(content)
        if self._client is None:
            raise NotSentError("this client is closed", operation=operation, final=True)
        try:
            building = (
                self._client.request(request.method, request.url)
                .headers(request.headers)
                .header("Content-Length", str(request.body.length))
                .body_stream(body)
                # Without buffering, so that the status is known even where nothing of the content can be read.
                .streamed_read_buffer_limit(0)
            )
            if seconds is not None:
                longest = min(seconds * _count_steps(request.body), _MAX_TIMEOUT_SECONDS)
                building = building.timeout(timedelta(seconds=longest))
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
                start_next_step()
                try:
                    async with made as response:
                        status = response.status
                        after = retry_after(_header(response, "retry-after"), _header(response, "date"))
                        start_next_step()
                        return Response(status, bytes(await response.bytes()), after)
                except asyncio.CancelledError:
                    # pyreqwest raises a new CancelledError, in which anyio can't see that its scope was the reason.
                    await checkpoint_if_cancelled()
                    raise
        except FileChangedError as error:
            raise not_whole(error, operation) from error
        except PyreqwestError as error:
            if status and (broken := _broken_content(error, status)):
                return Response(status, b"", after, broken)
            # Give the body up before looking whether it was asked for: afterwards pyreqwest can't get it any more.
            await body.give_up()
            kind = ReplyTimeoutError if isinstance(error, RequestTimeoutError) else OutcomeUnknownError
            raise failed(kind if body.asked_for else NotSentError, type(error).__name__, operation) from error
        finally:
            self._under_way.discard(scope)
            await body.give_up()
        # The scope has ended the exchange: its deadline has passed, or the client was closed.
        if status >= 400:
            return Response(status, b"", after, CUT_OFF)
        if self._closing:
            raise failed(OutcomeUnknownError if body.asked_for else NotSentError, "the client was closed", operation)
        raise failed(ReplyTimeoutError if body.asked_for else NotSentError, f"after {seconds:g} s", operation)

    async def aclose(self) -> None:
        self._closing = True
        # pyreqwest closes without ending the calls that are reading a response.
        for scope in list(self._under_way):
            scope.cancel()
        # The reference is dropped, since idle connections are closed only with the last reference.
        client, self._client = self._client, None
        if client is not None:
            await client.close()


def _count_steps(body: Body) -> int:
    """Count the steps that may each take the whole timeout: each piece of the body, the response's head, its content.

    pyreqwest goes on with a request that was sent and is then given up, and keeps its connection for as long as the
    server lets it. Only a timeout of its own ends that, so it is given a timeout longer than all steps together.
    """
    return 2 if body.content is not None else 2 + len(body.pieces) + body.length // CHUNK


def _header(response: BaseResponse, name: str) -> str | None:
    """Return a header, or ``None`` for a header that is not ASCII, since it must not hide the response."""
    try:
        return response.get_header(name)
    except ValueError:
        return None


def _broken_content(error: PyreqwestError, status: int) -> str | None:
    """Return why the content of a response could not be read, although its status has shown the outcome."""
    if status >= 400:
        return CUT_OFF
    details = getattr(error, "details", None) or {}
    causes = [cause["message"] for cause in details.get("causes") or ()]
    # pyreqwest has no class for content that can't be decompressed; its causes are then all of another kind.
    return NOT_DECODED if causes and _CUT_OFF_CAUSE not in causes else None


class _WholeBody:
    """A body in one piece that notes whether it was asked for: if not, nothing was sent.

    This does not depend on the class of an error. A thread of pyreqwest's asks for the body, perhaps just when the call
    is given up. Each side announces its own step before it looks at the other's, so that the two can't both go on.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.asked_for = False
        self._given_up = False

    def __iter__(self) -> Iterator[bytes]:
        self.asked_for = True
        if not self._given_up:
            yield self._content

    async def give_up(self) -> None:
        self._given_up = True


class _EndableBody:
    """A body in pieces, read in a task of pyreqwest's that may still be under way when the call has ended."""

    def __init__(self, body: Body, start_next_step: Callable[[], None]) -> None:
        self._chunks = cast("AsyncGenerator[bytes, None]", body.chunks())
        self._start_next_step = start_next_step
        self.asked_for = False
        self._under_way = False
        self._given_up = False
        self._last_step: Callable[[], _LazyStep | None] = lambda: None

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
                # `give_up` could not close the file while it was being read.
                await self._chunks.aclose()
        if self._given_up:
            raise StopAsyncIteration
        self.asked_for = True
        # The timeout is for each step, and not for a large file as a whole.
        self._start_next_step()
        return chunk

    async def give_up(self) -> None:
        """Close the file that is being read, at once or as soon as its reader is back."""
        self._given_up = True
        # Take `__anext__` away from this object, so that Python refuses each further step of pyreqwest's at once, in
        # pyreqwest's own thread. A refusal from the event loop would keep the connection open while pyreqwest waits for
        # it, and that is for ever if the loop has ended.
        object.__setattr__(self, "__class__", _EndableBody)
        # A step that was asked for earlier is on its way to the loop, unless pyreqwest has dropped it.
        with anyio.CancelScope(deadline=anyio.current_time() + _MAX_HANDOVER_SECONDS, shield=True):
            while (step := self._last_step()) is not None and not step.started:
                # Dropped before the sleep: with this reference the step would never be seen as gone.
                del step
                await anyio.sleep(0.001)
        if not self._under_way:
            await self._chunks.aclose()


class _PiecewiseBody(_EndableBody):
    """The asynchronous iterator over a body that pyreqwest is given."""

    def __aiter__(self) -> "_PiecewiseBody":
        return self

    def __anext__(self) -> "_LazyStep":
        """Ask for the next piece, in pyreqwest's thread; the event loop runs the coroutine later."""
        step = _LazyStep(self.step)
        # Weak, so that a step that pyreqwest drops is not waited for.
        self._last_step = weakref.ref(step)
        return step


class _LazyStep(Coroutine[Any, Any, bytes]):
    """A coroutine that is made when it is first run.

    pyreqwest drops some of the steps that it asked for, and Python warns of coroutines that are made and never awaited.
    """

    def __init__(self, make: Callable[[], Coroutine[Any, Any, bytes]]) -> None:
        self._make = make
        self._made: Coroutine[Any, Any, bytes] | None = None

    @property
    def started(self) -> bool:
        """Whether it was run."""
        return self._made is not None

    def _start(self) -> Coroutine[Any, Any, bytes]:
        self._made = self._made or self._make()
        return self._made

    def send(self, value: Any) -> Any:
        return self._start().send(value)

    def throw(self, *error: Any) -> Any:
        return self._start().throw(*error)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    def __await__(self) -> Generator[Any, None, bytes]:
        return self._start().__await__()
