"""A connection without a socket: what comes over it a test writes down, and what goes is noted."""

from collections.abc import Iterable
from typing import Any

import anyio
import anyio.lowlevel
import h11
import httpcore
from anyio.abc import ByteStream

from smtp2go_async._http.http11 import Http11

NEVER = object()
"""Nothing comes, until whoever waits gives up."""

Turn = bytes | float | Exception | object
"""Bytes, or seconds that it takes, or an error."""


class Stream(ByteStream):
    """A stream of anyio's.

    Args:
        comes: What is received, one after the other; then the end.
        goes: What becomes of what is sent, in the same way; then it goes through.
        after: How many times something has to be sent, or tried to, before anything comes.
    """

    def __init__(self, *comes: Turn, goes: Iterable[Turn] = (), after: int = 0) -> None:
        self.comes, self.goes = list(comes), list(goes)
        self._after = after
        self.sent: list[bytes] = []
        self.waiting = anyio.Event()
        self.closed = 0

    async def receive(self, max_bytes: int = 65536) -> bytes:
        await anyio.lowlevel.checkpoint()
        while self._after > 0:
            await anyio.sleep(0.001)
        turn = await self._turn(self.comes)
        while isinstance(turn, float):
            turn = await self._turn(self.comes)
        if not turn:
            raise anyio.EndOfStream
        assert len(turn) <= max_bytes
        return turn

    async def send(self, item: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        self._after -= 1
        await self._turn(self.goes)
        self.sent.append(item)

    async def _turn(self, turns: list[Turn]) -> Any:
        turn = turns.pop(0) if turns else b""
        if isinstance(turn, Exception):
            raise turn
        if turn is NEVER:
            self.waiting.set()
            await anyio.sleep_forever()
        if isinstance(turn, float):
            await anyio.sleep(turn)
        return turn

    async def send_eof(self) -> None:
        raise NotImplementedError

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.closed += 1


class OfHttpcore:
    """A stream of httpcore's over one of anyio's."""

    def __init__(self, stream: Stream, **info: object) -> None:
        self._stream, self.info = stream, info

    def get_extra_info(self, info: str) -> Any:
        return self.info.get(info)


def connection_over(stream: Stream, keepalive: float | None = None, **info: object) -> Http11:
    """Make a connection that has answered before."""
    return Http11(h11.Connection(our_role=h11.CLIENT), OfHttpcore(stream, **info), keepalive)


class Pieces:
    """A body; an exception in it is raised, and after `NEVER` nothing more comes."""

    def __init__(self, *pieces: Turn) -> None:
        self.left = list(pieces)
        self.waiting = anyio.Event()

    def __aiter__(self) -> "Pieces":
        return self

    async def __anext__(self) -> bytes:
        await anyio.lowlevel.checkpoint()
        if not self.left:
            raise StopAsyncIteration
        piece = self.left.pop(0)
        if isinstance(piece, Exception):
            raise piece
        if piece is NEVER:
            self.waiting.set()
            await anyio.sleep_forever()
        assert isinstance(piece, bytes)
        return piece


def a_request(
    *pieces: Turn,
    body: Pieces | None = None,
    headers: tuple[tuple[bytes, bytes], ...] | None = None,
    scheme: bytes = b"https",
    target: bytes = b"/v3/email/send",
    **timeouts: float,
) -> httpcore.Request:
    """Make a request of httpcore's; its length is that of its pieces, unless headers are given."""
    if headers is None:
        headers = ((b"Content-Length", b"%d" % sum(len(one) for one in pieces if isinstance(one, bytes))),)
    return httpcore.Request(
        b"POST",
        httpcore.URL(scheme=scheme, host=b"api.example.com", port=None, target=target),
        headers=[(b"Host", b"api.example.com"), *headers],
        content=body or Pieces(*pieces),
        extensions={"timeout": timeouts} if timeouts else None,
    )
