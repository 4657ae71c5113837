"""Requests over a connection: how they are written, and how they end, for small ones and for large ones."""

import math
import ssl

import anyio
import httpcore
import pytest
from faults.streams import NEVER, Pieces, Stream, a_request, connection_over

from smtp2go_async._http import http11 as _http11

HEAD = b"POST /v3/email/send HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: %d\r\n\r\n"
CHUNKED = ((b"Transfer-Encoding", b"chunked"),)
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
TOO_LARGE = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.BusyResourceError, ssl.SSLError)

broken_in_every_way = pytest.mark.parametrize("broken", BROKEN)


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


@pytest.fixture(params=["small", "large"], autouse=True)
def _size(request, monkeypatch):
    """A large request is written while listening for a response. Here all requests are, or none is."""
    monkeypatch.setattr(_http11, "MAX_WRITE_FIRST_BYTES", {"small": math.inf, "large": -1}[request.param])


async def exchange(connection, request) -> tuple[int, bytes]:
    with anyio.fail_after(20):
        response = await connection.handle_async_request(request)
        try:
            return response.status, b"".join([part async for part in response.stream])
        finally:
            await response.stream.aclose()


# --- what is written --------------------------------------------------------------------------------------------------


def test_a_head_and_the_first_piece_of_its_body_are_one_write(loop):
    async def main():
        stream = Stream(GOOD)
        assert await exchange(connection_over(stream), a_request(b"one")) == (200, b"good")
        return stream.sent

    assert anyio.run(main, backend=loop) == [HEAD % 3 + b"one"]


def test_the_pieces_of_a_body_go_one_after_the_other(loop):
    async def main():
        stream = Stream(GOOD)
        await exchange(connection_over(stream), a_request(b"one", b"two", b"three"))
        return stream.sent

    assert anyio.run(main, backend=loop) == [HEAD % 11 + b"one", b"two", b"three"]


def test_a_body_that_looks_like_a_head_arrives_as_it_is(loop):
    pieces = [HEAD % 0, b"one\r\n\r\n", b"\r\n\r\n"]

    async def main():
        stream = Stream(GOOD)
        await exchange(connection_over(stream), a_request(*pieces))
        return b"".join(stream.sent)

    assert anyio.run(main, backend=loop) == HEAD % sum(map(len, pieces)) + b"".join(pieces)


def test_a_request_without_a_body_is_one_write(loop):
    async def main():
        stream = Stream(GOOD)
        await exchange(connection_over(stream), a_request())
        return stream.sent

    assert anyio.run(main, backend=loop) == [HEAD % 0]


def test_the_end_of_a_chunked_body_is_written(loop):
    async def main():
        stream = Stream(GOOD)
        await exchange(connection_over(stream), a_request(b"one", headers=CHUNKED))
        return b"".join(stream.sent)

    assert anyio.run(main, backend=loop).endswith(b"\r\n\r\n3\r\none\r\n0\r\n\r\n")


def test_requests_go_one_after_the_other(loop):
    async def main():
        stream = Stream(GOOD, GOOD.replace(b"good", b"next"))
        connection = connection_over(stream)
        assert await exchange(connection, a_request(b"one")) == (200, b"good")
        assert await exchange(connection, a_request(b"two")) == (200, b"next")
        assert stream.closed == 0
        return stream.sent

    assert anyio.run(main, backend=loop) == [HEAD % 3 + b"one", HEAD % 3 + b"two"]


def test_a_connection_is_not_available_before_its_response_is_over(loop):
    async def main():
        connection = connection_over(Stream(GOOD))
        states = [connection.is_available()]
        response = await connection.handle_async_request(a_request(b"one"))
        states.append(connection.is_available())
        assert [part async for part in response.stream] == [b"good"]
        states.append(connection.is_available())
        await response.stream.aclose()
        return [*states, connection.is_available()]

    assert anyio.run(main, backend=loop) == [True, False, False, True]


# --- what is not written ----------------------------------------------------------------------------------------------


async def fails(stream, request, kind) -> None:
    """See that a request fails, and that its connection is closed then, and knows it."""
    connection = connection_over(stream)
    with pytest.raises(kind) as caught:
        await exchange(connection, request)
    assert type(caught.value) is kind
    assert stream.closed >= 1
    assert not connection.is_available()


@pytest.mark.parametrize(("before", "written"), [([], []), ([b"one"], [HEAD % 9 + b"one"])])
def test_a_body_that_fails_is_not_written_further(before, written, loop):
    """Of one that fails at once, not even the head: nobody waits for the rest then."""

    async def main():
        stream = Stream(NEVER)
        request = a_request(*before, OSError("of the file"), b"never", headers=((b"Content-Length", b"9"),))
        await fails(stream, request, OSError)
        return stream.sent

    assert anyio.run(main, backend=loop) == written


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": ((b"X-Name", b"two\r\nlines"),)},
        {"headers": ((b"X Name", b"value"),)},
        {"headers": ((b"Content-Length", b"many"),)},
        {"target": b"/v3 /email/send"},
    ],
)
def test_a_head_that_can_t_be_written_is_an_error_and_nothing_is_written(wrong, loop):
    async def main():
        stream = Stream(NEVER)
        await fails(stream, a_request(b"one", **wrong), httpcore.LocalProtocolError)
        return stream.sent

    assert anyio.run(main, backend=loop) == []


@pytest.mark.parametrize("length", [b"2", b"4"])
def test_a_body_that_is_not_as_long_as_it_says_is_never_written_whole(length, loop):
    async def main():
        stream = Stream(NEVER)
        request = a_request(b"one", headers=((b"Content-Length", length),))
        await fails(stream, request, httpcore.LocalProtocolError)
        return b"".join(stream.sent)

    written = anyio.run(main, backend=loop)
    assert len(written.partition(b"\r\n\r\n")[2]) < int(length)


# --- a stream that breaks ---------------------------------------------------------------------------------------------


@broken_in_every_way
def test_a_response_counts_even_if_the_request_could_not_be_written_whole(broken, loop):
    """A server may answer and close before it has read everything."""

    async def main():
        stream = Stream(TOO_LARGE, goes=[b"", broken("of the network")], after=2)
        connection, body = connection_over(stream), Pieces(b"one", b"two", b"three")
        request = a_request(body=body, headers=((b"Content-Length", b"11"),))
        assert await exchange(connection, request) == (413, b"")
        assert stream.sent == [HEAD % 11 + b"one"]
        assert body.left == [b"three"]
        # Half a request went over it, so no other one can.
        assert stream.closed == 1
        assert not connection.is_available()

    anyio.run(main, backend=loop)


@pytest.mark.parametrize(
    ("comes", "kind"),
    [
        ([], httpcore.RemoteProtocolError),
        ([anyio.BrokenResourceError()], httpcore.ReadError),
        ([NEVER], httpcore.ReadTimeout),
    ],
)
def test_a_request_that_could_not_be_written_and_is_not_answered_fails_as_its_response_does(comes, kind, loop):
    async def main():
        stream = Stream(*comes, goes=[anyio.BrokenResourceError()], after=1)
        await fails(stream, a_request(b"one", read=0.01 if kind is httpcore.ReadTimeout else 5), kind)

    anyio.run(main, backend=loop)


@broken_in_every_way
def test_a_stream_that_breaks_before_the_response_is_an_error_of_reading(broken, loop):
    async def main():
        await fails(Stream(broken("of the network")), a_request(b"one"), httpcore.ReadError)

    anyio.run(main, backend=loop)


@broken_in_every_way
def test_a_stream_that_breaks_in_the_response_is_an_error_of_reading(broken, loop):
    async def main():
        await fails(Stream(GOOD[:-2], broken("of the network")), a_request(b"one"), httpcore.ReadError)

    anyio.run(main, backend=loop)


# --- time, and callers who give up ------------------------------------------------------------------------------------

WAITS = {
    "to write the head": ([NEVER], [NEVER], httpcore.WriteTimeout),
    "to write the rest": ([NEVER], [b"", NEVER], httpcore.WriteTimeout),
    "for the head": ([NEVER], [], httpcore.ReadTimeout),
    "for the rest of the head": ([GOOD[:20], NEVER], [], httpcore.ReadTimeout),
    "for the content": ([GOOD[:-2], NEVER], [], httpcore.ReadTimeout),
}


@pytest.fixture(params=WAITS)
def waits(request):
    """Return a stream that waits, and the error for one that does so for too long."""
    comes, goes, kind = WAITS[request.param]
    return Stream(*comes, goes=goes), kind


def test_a_step_that_takes_too_long_is_an_error_and_closes_the_connection(waits, loop):
    stream, kind = waits

    async def main():
        timeouts = {"read": 0.01} if kind is httpcore.ReadTimeout else {"write": 0.01}
        await fails(stream, a_request(b"one", b"two", **timeouts), kind)

    anyio.run(main, backend=loop)


def test_without_a_timeout_a_request_waits_for_as_long_as_its_caller_does(waits, loop):
    stream, _ = waits

    async def main():
        with anyio.move_on_after(0.02) as scope:
            await exchange(connection_over(stream), a_request(b"one", b"two"))
        return scope.cancelled_caught

    assert anyio.run(main, backend=loop)
    assert stream.closed


def test_a_caller_who_gives_up_closes_the_connection(waits, loop):
    stream, _ = waits

    async def main():
        connection = connection_over(stream)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange, connection, a_request(b"one", b"two", write=5, read=5))
            await stream.waiting.wait()
            tasks.cancel_scope.cancel()
        assert not connection.is_available()

    anyio.run(main, backend=loop)
    assert stream.closed


def test_a_caller_who_gives_up_before_the_body_is_there_closes_the_connection_and_nothing_is_written(loop):
    async def main():
        stream, body = Stream(), Pieces(NEVER)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange, connection_over(stream), a_request(body=body))
            await body.waiting.wait()
            tasks.cancel_scope.cancel()
        assert stream.closed
        return stream.sent

    assert anyio.run(main, backend=loop) == []
