"""Requests that are written while listening for a response: an early response, and how long it is waited for."""

import math

import anyio
import httpcore
import pytest
from faults.streams import NEVER, Pieces, Stream, a_request, connection_over

from smtp2go_async._http import byte_streams
from smtp2go_async._http import http11 as _http11

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
TOO_LARGE = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
PIECE = bytes(_http11.MAX_WRITE_FIRST_BYTES // 2)
LENGTH = ((b"Content-Length", b"%d" % (3 * len(PIECE))),)


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


async def exchange(connection, request) -> tuple[int, bytes]:
    with anyio.fail_after(20):
        response = await connection.handle_async_request(request)
        try:
            return response.status, b"".join([part async for part in response.stream])
        finally:
            await response.stream.aclose()


def test_a_refusal_is_heard_while_the_server_reads_nothing_more(loop):
    async def main():
        stream, body = Stream(TOO_LARGE, goes=[b"", NEVER], after=2), Pieces(PIECE, PIECE, PIECE)
        connection = connection_over(stream)
        assert await exchange(connection, a_request(body=body, headers=LENGTH)) == (413, b"")
        assert body.left == [PIECE]
        # Half a request went over it, so no other one can.
        assert stream.closed == 1
        assert not connection.is_available()

    anyio.run(main, backend=loop)


def test_a_refusal_is_heard_while_the_body_is_still_being_made(loop):
    async def main():
        stream, body = Stream(TOO_LARGE, after=1), Pieces(PIECE, NEVER)
        return await exchange(connection_over(stream), a_request(body=body, headers=LENGTH))

    assert anyio.run(main, backend=loop) == (413, b"")


def test_another_response_that_comes_early_waits_for_the_rest_of_the_request(loop):
    """Who agrees reads on."""

    async def main():
        stream = Stream(GOOD, GOOD, goes=[b"", 0.01, 0.01], after=1)
        connection = connection_over(stream)
        for _ in range(2):
            assert await exchange(connection, a_request(PIECE, PIECE, PIECE)) == (200, b"good")
        assert stream.closed == 0
        return len(stream.sent)

    assert anyio.run(main, backend=loop) == 6


@pytest.mark.parametrize(
    "then", [{"goes": [b"", anyio.BrokenResourceError()]}, {"goes": [b"", NEVER]}, {"body": OSError("of the file")}]
)
def test_an_early_response_counts_even_if_writing_the_rest_fails(then, loop):
    async def main():
        stream = Stream(GOOD, goes=[*then.get("goes", []), 0.01], after=1)
        body = Pieces(PIECE, then.get("body", PIECE), PIECE)
        connection = connection_over(stream)
        assert await exchange(connection, a_request(body=body, headers=LENGTH, write=0.05)) == (200, b"good")
        assert stream.closed == 1
        assert not connection.is_available()

    anyio.run(main, backend=loop)


@pytest.mark.parametrize(
    ("comes", "kind"),
    [
        ([], httpcore.RemoteProtocolError),
        ([b"220 mail.example.com ESMTP\r\n"], httpcore.RemoteProtocolError),
        ([anyio.BrokenResourceError()], httpcore.ReadError),
    ],
)
def test_early_bytes_that_are_no_response_end_the_request(comes, kind, loop):
    async def main():
        stream, body = Stream(*comes, goes=[b"", NEVER], after=2), Pieces(PIECE, PIECE, PIECE)
        with pytest.raises(kind):
            await exchange(connection_over(stream), a_request(body=body, headers=LENGTH))
        assert stream.closed
        return body.left

    assert anyio.run(main, backend=loop) == [PIECE]


def test_the_read_timeout_starts_when_the_request_is_written(loop, monkeypatch):
    noted = []

    async def main():
        stream = Stream(GOOD, after=3)

        def deadline(seconds: float | None) -> float:
            noted.append((seconds, len(stream.sent)))
            return math.inf

        for module in (_http11, byte_streams):
            monkeypatch.setattr(module, "deadline_in", deadline)
        return await exchange(connection_over(stream), a_request(PIECE, PIECE, PIECE, read=4.0, write=3.0))

    assert anyio.run(main, backend=loop) == (200, b"good")
    assert [sent for seconds, sent in noted if seconds == 4.0] == [3]
    assert [sent for seconds, sent in noted if seconds == 3.0] == [0, 1, 2]


def test_nothing_is_read_before_something_is_written(loop):
    """What comes then answers nothing."""

    async def main():
        stream, body = Stream(GOOD), Pieces(NEVER)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange, connection_over(stream), a_request(body=body, headers=LENGTH))
            await body.waiting.wait()
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        return stream.comes

    assert anyio.run(main, backend=loop) == [GOOD]


@pytest.mark.parametrize(
    ("headers", "heard"),
    [
        ((b"Content-Length", b"%d" % (2 * len(PIECE) + 1)), True),
        ((b"transfer-encoding", b"chunked"), True),
        ((b"Content-Length", b"%d" % (2 * len(PIECE))), False),
    ],
    ids=["larger", "of no known length", "quick"],
)
def test_only_a_request_that_may_be_large_is_written_while_listening(headers, heard, loop):
    async def main():
        stream = Stream(TOO_LARGE, goes=[b"", NEVER], after=2)
        request = a_request(PIECE, PIECE, b"", headers=(headers,), write=5.0 if heard else 0.02)
        if heard:
            assert await exchange(connection_over(stream), request) == (413, b"")
        else:
            with pytest.raises(httpcore.WriteTimeout):
                await exchange(connection_over(stream), request)

    anyio.run(main, backend=loop)


@pytest.mark.parametrize("over_tls", [False, True])
def test_large_pieces_go_over_tls_in_slices(over_tls, loop):
    """TLS makes two copies of what it is given."""
    piece = bytes(range(256)) * (5 * _http11.TLS_WRITE_BYTES // 2 // 256)

    async def main():
        stream = Stream(GOOD, after=2)
        connection = connection_over(stream, ssl_object=object() if over_tls else None)
        assert await exchange(connection, a_request(piece, b"more")) == (200, b"good")
        assert b"".join(stream.sent).partition(b"\r\n\r\n")[2] == piece + b"more"
        return [len(one) > _http11.TLS_WRITE_BYTES for one in stream.sent]

    assert anyio.run(main, backend=loop) == ([False] * 4 if over_tls else [True, False])
