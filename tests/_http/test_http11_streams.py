"""The stream below a connection: when it breaks, how long it waits, and whether something came that nobody read."""

import contextlib
import select
import socket
import ssl
from collections import deque
from types import SimpleNamespace

import anyio
import h11
import httpcore
import pytest
from faults.streams import NEVER, OfHttpcore, Stream, a_request
from faults.tls import AUTHORITY, TRUSTED

from smtp2go_async._http.byte_streams import _AnyioStream, direct, unread_check
from smtp2go_async._http.http11 import Http11

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.BusyResourceError, ssl.SSLError)


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


# --- a stream of anyio's, as one of httpcore's ------------------------------------------------------------------------


def test_bytes_go_through_as_they_are_and_at_the_end_comes_none(loop):
    async def main():
        stream = Stream(b"one", b"two")
        plain = _AnyioStream(stream)
        await plain.write(b"there")
        await plain.write(b"and there", 1.0)
        read = [await plain.read(3), await plain.read(3, 1.0), await plain.read(3)]
        await plain.aclose()
        return stream.sent, read, stream.closed

    assert anyio.run(main, backend=loop) == ([b"there", b"and there"], [b"one", b"two", b""], 1)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_stream_that_breaks_raises_httpcore_s_errors(broken, loop):
    async def main():
        plain = _AnyioStream(Stream(broken("of the network"), goes=[broken("of the network")]))
        with pytest.raises(httpcore.ReadError) as reading:
            await plain.read(1)
        with pytest.raises(httpcore.WriteError) as writing:
            await plain.write(b"one")
        assert type(reading.value.__cause__) is type(writing.value.__cause__) is broken

    anyio.run(main, backend=loop)


@pytest.mark.parametrize("timeout", [0.01, 0.0])
def test_a_stream_that_takes_too_long_raises_httpcore_s_errors(timeout, loop):
    async def main():
        plain = _AnyioStream(Stream(NEVER, goes=[NEVER]))
        with anyio.fail_after(20):
            with pytest.raises(httpcore.ReadTimeout):
                await plain.read(1, timeout)
            with pytest.raises(httpcore.WriteTimeout):
                await plain.write(b"one", timeout)

    anyio.run(main, backend=loop)


@pytest.mark.parametrize("timeout", [None, 5.0])
def test_a_caller_who_gives_up_sees_no_timeout(timeout, loop):
    async def main():
        plain = _AnyioStream(Stream(NEVER, goes=[NEVER]))
        for what in (plain.read(1, timeout), plain.write(b"one", timeout)):
            with anyio.move_on_after(0.01) as scope:
                await what
            assert scope.cancelled_caught

    anyio.run(main, backend=loop)


def test_a_stream_that_is_not_anyio_s_is_used_as_httpcore_made_it(loop):
    """As on trio; the timeouts are its own then."""
    asked = []

    class Other:
        _stream = object()
        comes = [GOOD[:-2], GOOD[-2:]]

        def get_extra_info(self, info):
            return None

        async def read(self, max_bytes, timeout=None):
            asked.append(("read", timeout))
            return self.comes.pop(0)

        async def write(self, buffer, timeout=None):
            asked.append(("write", timeout))

    async def main():
        other = Other()
        assert direct(other) is other
        connection = Http11(h11.Connection(our_role=h11.CLIENT), other, None)
        response = await connection.handle_async_request(a_request(b"one", b"two", read=1.0, write=2.0))
        return b"".join([part async for part in response.stream])

    assert anyio.run(main, backend=loop) == b"good"
    assert asked == [("write", 2.0), ("write", 2.0), ("read", 1.0), ("read", 1.0)]


# --- whether something came that nobody has read ------------------------------------------------------------------------


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.mark.skipif(not hasattr(select, "poll"), reason="there is no poll here")
@pytest.mark.parametrize("end", [False, True])
def test_the_socket_is_asked_and_looked_up_once(end, pair):
    ours, theirs = pair
    asked = []

    class Counting(OfHttpcore):
        def get_extra_info(self, info):
            asked.append(info)
            return super().get_extra_info(info)

    unread = unread_check(Counting(Stream(), socket=ours))
    assert [unread(), unread()] == [False, False]
    if end:
        theirs.close()
    else:
        theirs.send(b"something")
    assert [unread(), unread()] == [True, True]
    assert sorted(asked) == ["socket", "ssl_object"]


@pytest.mark.parametrize("why", ["no poll", "no socket", "closed"])
def test_where_the_socket_can_t_be_asked_the_stream_is(why, pair, monkeypatch):
    ours, _ = pair
    if why == "no poll":
        monkeypatch.delattr(select, "poll", raising=False)
    if why == "closed":
        ours.close()
    stream = OfHttpcore(Stream(), socket=None if why == "no socket" else ours)
    unread = unread_check(stream)
    said = []
    for stream.info["is_readable"] in (None, False, True):
        said.append(unread())
    assert said == [False, False, True]


@pytest.mark.parametrize("over_tls", [False, True])
def test_bytes_read_from_the_socket_and_not_handed_on_are_unread(over_tls):
    """anyio keeps what came beyond the bytes that were asked for."""
    queue = deque()
    stream = SimpleNamespace(_protocol=SimpleNamespace(read_queue=queue))
    unread = unread_check(OfHttpcore(SimpleNamespace(transport_stream=stream) if over_tls else stream))
    assert unread() is False
    queue.append(b"something")
    assert unread() is True
    queue.clear()
    assert unread() is False


class Tls:
    """Two ends of a connection over TLS, without one."""

    def __init__(self) -> None:
        trusting = ssl.create_default_context(cafile=str(AUTHORITY))
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.load_cert_chain(TRUSTED)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = trusting.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.server = server.wrap_bio(self.outgoing, self.incoming, server_side=True)
        for end in (self.client, self.server, self.client, self.server):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()


@pytest.mark.parametrize("what", ["message", "end", "close", "garbage"])
def test_bytes_that_were_not_decrypted_are_unread(what):
    tls = Tls()
    stream = OfHttpcore(SimpleNamespace(_read_bio=tls.incoming), ssl_object=tls.client)
    # The tickets of the server are there, and they are nothing to be read.
    assert tls.incoming.pending
    assert unread_check(stream)() is False
    assert not tls.incoming.pending
    if what == "garbage":
        tls.incoming.write(b"220 mail.example.com ESMTP\r\n")
    elif what == "end":
        tls.incoming.write_eof()
    elif what == "close":
        with pytest.raises(ssl.SSLWantReadError):
            tls.server.unwrap()
    else:
        tls.server.write(b"something")
    assert unread_check(stream)() is True


def test_a_message_over_tls_that_was_read_in_part_is_unread():
    tls = Tls()
    tls.server.write(b"something")
    assert tls.client.read(4) == b"some"
    assert unread_check(OfHttpcore(SimpleNamespace(_read_bio=tls.incoming), ssl_object=tls.client))() is True
