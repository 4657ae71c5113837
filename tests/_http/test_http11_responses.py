"""Answers over a connection that has answered before: what is read, and whether the connection can be used again."""

import anyio
import httpcore
import pytest
from faults.streams import NEVER, Stream, a_request, connection_over

from smtp2go_async._http import http11 as _http11

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ngo\r\n2\r\nod\r\n0\r\n\r\n"
UPGRADE = ((b"Connection", b"upgrade"), (b"Upgrade", b"other"), (b"Content-Length", b"0"))
SWITCHES = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n"


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


@pytest.fixture
def answered(loop):
    """Return a function that makes a request and tells its status, its content, and whether another can follow."""

    def ask(*comes, **request) -> tuple[int, bytes, bool]:
        async def main():
            stream = Stream(*comes)
            connection = connection_over(stream)
            response = await connection.handle_async_request(a_request(**request))
            content = b"".join([part async for part in response.stream])
            await response.stream.aclose()
            assert connection.is_available() is (stream.closed == 0)
            return response.status, content, connection.is_available() and not connection.has_expired()

        return anyio.run(main, backend=loop)

    return ask


async def status_then(kind, *comes) -> int:
    """Return the status of a response, whose content is an error."""
    stream = Stream(*comes)
    connection = connection_over(stream)
    response = await connection.handle_async_request(a_request(b"one"))
    with pytest.raises(kind):
        async for _ in response.stream:
            pass
    await response.stream.aclose()
    assert stream.closed == 1
    assert not connection.is_available()
    return response.status


# --- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [GOOD, CHUNKED])
def test_a_response_is_the_same_in_one_piece_and_in_many(answer, answered):
    pieces = [answer[at : at + 1] for at in range(len(answer))]

    assert answered(answer) == answered(*pieces) == (200, b"good", True)


def test_a_response_that_is_larger_than_what_is_read_at_a_time_arrives_whole(answered):
    content = b"0123456789" * 20_000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content)
    pieces = [answer[at : at + _http11.READ_BYTES] for at in range(0, len(answer), _http11.READ_BYTES)]

    assert answered(*pieces) == (200, content, True)


def test_a_response_without_content_is_accepted(answered):
    assert answered(b"HTTP/1.1 204 No Content\r\n\r\n") == (204, b"", True)


def test_interim_responses_are_passed_over(answered):
    interim = b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"

    assert answered(*interim, GOOD) == answered(b"".join(interim) + GOOD) == (200, b"good", True)


def test_a_response_after_which_another_protocol_is_spoken_has_no_content_and_ends_the_connection(answered):
    assert answered(SWITCHES + b"what comes is not HTTP", headers=UPGRADE) == (101, b"", False)


def test_a_response_looks_as_it_does_from_httpcore(loop):
    async def main():
        connection = connection_over(Stream(b"HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\ncontent-length: 0\r\n\r\n"))
        return await connection.handle_async_request(a_request(b"one"))

    response = anyio.run(main, backend=loop)
    assert isinstance(response, httpcore.Response)
    assert (response.status, response.headers) == (429, [(b"Retry-After", b"7"), (b"content-length", b"0")])
    assert response.extensions == {"http_version": b"HTTP/1.1", "reason_phrase": b"Slow Down"}


# --- what can't be read -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "comes",
    [
        [],
        [GOOD[:10]],
        [GOOD[:-8]],
        [b"HTTP/1.1 100 Continue\r\n\r\n"],
        [b"220 mail.example.com ESMTP\r\n"],
        [b"\0" * 100],
        [SWITCHES],
        [b"HTTP/1.1 200 OK\r\nContent-Length: some\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 60_000, b"a" * 60_000],
    ],
    ids=["nothing", "half", "cut", "interim", "SMTP", "zeros", "switch", "length", "lengths", "endless"],
)
def test_bytes_that_are_no_response_are_an_error_and_close_the_connection(comes, loop):
    async def main():
        stream = Stream(*comes)
        connection = connection_over(stream)
        with pytest.raises(httpcore.RemoteProtocolError):
            await connection.handle_async_request(a_request(b"one"))
        assert stream.closed
        assert not connection.is_available()

    anyio.run(main, backend=loop)


@pytest.mark.parametrize("comes", [[], [b"HTTP/1.1 100 Continue\r\n\r\n"]])
def test_the_error_for_a_connection_that_ends_without_a_response_says_so(comes, loop):
    async def main():
        with pytest.raises(httpcore.RemoteProtocolError, match="closed the connection without a response"):
            await connection_over(Stream(*comes)).handle_async_request(a_request(b"one"))

    anyio.run(main, backend=loop)


@pytest.mark.parametrize("cut", [GOOD[:-1], CHUNKED[:-1], CHUNKED[:-10], CHUNKED.replace(b"2\r\nod", b"zz\r\nod")])
@pytest.mark.parametrize("status", [200, 429])
def test_content_that_can_t_be_read_is_an_error_after_the_status(cut, status, loop):
    async def main():
        return await status_then(httpcore.RemoteProtocolError, cut.replace(b"200", b"%d" % status))

    assert anyio.run(main, backend=loop) == status


# --- whether another request can follow -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        GOOD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: Close\r\n\r\n", 1),
        GOOD.replace(b"HTTP/1.1", b"HTTP/1.0"),
        b"HTTP/1.0 200 OK\r\n\r\ngood",
        b"HTTP/1.1 200 OK\r\n\r\ngood",
    ],
    ids=["close", "chunked", "old", "old to the end", "to the end"],
)
def test_a_connection_that_the_server_means_to_close_is_not_used_again(answer, answered):
    assert answered(answer) == (200, b"good", False)


def test_a_request_that_asks_to_close_the_connection_is_its_last(answered):
    assert answered(GOOD, headers=((b"Connection", b"close"), (b"Content-Length", b"0"))) == (200, b"good", False)


@pytest.mark.parametrize("read", [False, True])
def test_a_connection_whose_response_was_not_read_to_its_end_is_closed(read, loop):
    async def main():
        stream = Stream(GOOD[:-2], b"od", NEVER)
        connection = connection_over(stream)
        response = await connection.handle_async_request(a_request(b"one"))
        reading = response.stream.__aiter__()
        if read:
            assert await anext(reading) == b"go"
        await response.stream.aclose()
        await reading.aclose()
        assert not connection.is_available()
        return stream.closed

    assert anyio.run(main, backend=loop) == 1


def test_a_response_that_is_dropped_by_a_caller_who_gives_up_closes_the_connection(loop):
    async def main():
        stream = Stream(GOOD)
        response = await connection_over(stream).handle_async_request(a_request(b"one"))
        with anyio.CancelScope() as scope:
            scope.cancel()
            await response.stream.aclose()
        return stream.closed

    assert anyio.run(main, backend=loop) == 1


@pytest.mark.parametrize("answer", [GOOD, CHUNKED])
def test_a_connection_over_which_more_came_than_the_response_is_not_used_again(answer, answered):
    """It would be taken for the next answer, and a mail that was turned away for one that was sent."""
    assert answered(answer + GOOD) == (200, b"good", False)


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(_http11, "time", clock)
    return clock


def test_a_connection_is_not_used_again_when_it_was_idle_for_too_long(loop, clock):
    async def main():
        connection = connection_over(Stream(GOOD), 5.0)
        said = []

        def wait() -> None:
            for seconds in (5.0, 1.0):
                clock.now += seconds
                said.append(connection.has_expired())

        wait()
        response = await connection.handle_async_request(a_request(b"one"))
        assert [part async for part in response.stream]
        await response.stream.aclose()
        wait()
        return said

    assert anyio.run(main, backend=loop) == [False, True, False, True]


def test_without_a_limit_a_connection_may_be_idle_for_ever(loop, clock):
    async def main():
        connection = connection_over(Stream(), None)
        clock.now += 1e9
        return connection.has_expired()

    assert anyio.run(main, backend=loop) is False


@pytest.mark.parametrize("readable", [False, True])
def test_a_connection_over_which_something_comes_while_it_is_idle_is_not_used_again(readable, loop):
    """Mostly its end."""

    async def main():
        return connection_over(Stream(), 5.0, is_readable=readable).has_expired()

    assert anyio.run(main, backend=loop) is readable
