"""How connections of httpcore's come to make their requests in our way, and which don't."""

import ssl
from types import SimpleNamespace

import anyio
import anyio.lowlevel
import h11
import httpcore
import pytest
from faults.streams import OfHttpcore, Stream, a_request

from smtp2go_async._http import http11 as _http11
from smtp2go_async._http import pool as _pool
from smtp2go_async._http.http11 import Http11
from smtp2go_async._http.pool import Pool
from smtp2go_async._http.takeover import known_error, prepare, take_over

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
PROTOCOL = h11.Connection(our_role=h11.CLIENT)
ORIGIN = httpcore.Origin(b"http", b"api.example.com", 80)


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


class Network(httpcore.AsyncNetworkBackend):
    """A way to a network that consists of one stream."""

    def __init__(self, *comes) -> None:
        self.stream = Stream(*comes)
        self.connecting, self.may_connect = anyio.Event(), anyio.Event()
        self.may_connect.set()

    async def connect_tcp(self, *args, **options):
        self.connecting.set()
        # Not given up, as where something has been connected in the moment in which that is done.
        with anyio.CancelScope(shield=True):
            await self.may_connect.wait()
        return Made(self.stream)


class Made(OfHttpcore):
    """A stream over which httpcore can send requests, too."""

    async def write(self, buffer, timeout=None):
        await self._stream.send(buffer)

    async def read(self, max_bytes, timeout=None):
        return await self._stream.receive(max_bytes)

    async def aclose(self):
        await self._stream.aclose()


async def ask(asked, number: int) -> bytes:
    response = await asked.handle_async_request(a_request(b"%d" % number, scheme=b"http"))
    content = b"".join([part async for part in response.stream])
    await response.stream.aclose()
    return content


# --- a new one ----------------------------------------------------------------------------------------------------------


def test_a_pool_sends_every_request_in_our_way(loop):
    async def main():
        network = Network(GOOD, GOOD.replace(b"good", b"next"))
        pool = Pool(httpcore.AsyncConnectionPool(network_backend=network), 5.0)
        said, used = [], []
        for number in range(2):
            said.append(await ask(pool, number))
            ((connection, _),) = pool._idle
            used.append(connection._connection)
        # What was opened is remembered no longer than it takes.
        assert _pool._opened.get() is None
        await pool.aclose()
        assert network.stream.closed
        assert isinstance(used[0], Http11)
        assert used[1] is used[0]
        # One write for each.
        return said, [one[-1:] for one in network.stream.sent]

    assert anyio.run(main, backend=loop) == ([b"good", b"next"], [b"0", b"1"])


def test_a_connection_is_not_available_before_it_is_one():
    assert not prepare(httpcore.AsyncHTTPConnection(ORIGIN)).is_available()


def test_a_new_connection_takes_no_locks(loop):
    async def main():
        network = Network(GOOD)
        connection = prepare(httpcore.AsyncHTTPConnection(ORIGIN, network_backend=network))
        async with connection._request_lock, connection._request_lock:
            return await ask(connection, 0)

    assert anyio.run(main, backend=loop) == b"good"


def test_a_pool_that_is_closed_while_it_connects_sends_nothing_and_leaves_nothing(loop):
    async def main():
        network = Network(GOOD)
        network.may_connect = anyio.Event()
        pool = Pool(httpcore.AsyncConnectionPool(network_backend=network), 5.0)

        async def send():
            with pytest.raises(httpcore.ConnectError):
                await ask(pool, 0)

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send)
                await network.connecting.wait()
                await pool.aclose()
                network.may_connect.set()
        return network.stream

    stream = anyio.run(main, backend=loop)
    assert stream.sent == []
    assert stream.closed


def test_a_connection_that_is_closed_while_it_is_made_leaves_nothing(loop):
    async def main():
        network = Network(GOOD)
        network.may_connect = anyio.Event()
        connection = prepare(httpcore.AsyncHTTPConnection(ORIGIN, network_backend=network))

        async def send():
            with pytest.raises(httpcore.ConnectError):
                await ask(connection, 0)

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send)
                await network.connecting.wait()
                await connection.aclose()
                network.may_connect.set()
        assert network.stream.sent == []
        return network.stream.closed

    assert anyio.run(main, backend=loop)


@pytest.mark.parametrize(("size", "fits"), [(90_000, True), (150_000, False)])
def test_a_first_response_s_head_may_be_as_long_as_httpcore_has_it(size, fits, loop):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX: " + b"a" * size + b"\r\n\r\n"
    comes = [*(head[at : at + 30_000] for at in range(0, len(head), 30_000)), b"good"]

    async def main():
        asked = prepare(httpcore.AsyncHTTPConnection(ORIGIN, network_backend=Network(*comes)))
        if fits:
            assert await ask(asked, 0) == b"good"
        else:
            with pytest.raises(httpcore.RemoteProtocolError):
                await ask(asked, 0)

    anyio.run(main, backend=loop)


class OfOthers(httpcore.AsyncHTTPConnection):
    """What it does beside can't be known here."""


@pytest.mark.parametrize("why", ["rewrites", "is of others", "is of a later httpcore"])
def test_a_connection_that_is_made_in_another_way_is_left_alone(why, monkeypatch):
    if why == "rewrites":
        connection = httpcore.AsyncHTTPProxy("http://127.0.0.1:1").create_connection(ORIGIN)
    elif why == "is of others":
        connection = OfOthers(ORIGIN)
    else:
        monkeypatch.delattr(httpcore.AsyncHTTPConnection, "_connect")
        connection = httpcore.AsyncHTTPConnection(ORIGIN)
    before = connection._connection

    assert prepare(connection) is connection
    assert connection._connection is before


# --- one that has answered ----------------------------------------------------------------------------------------------


async def answered_before(stream, keepalive=None) -> SimpleNamespace:
    made = httpcore.AsyncHTTP11Connection(ORIGIN, Made(stream), keepalive)
    response = await made.handle_async_request(a_request(b"first", scheme=b"http"))
    assert await response.aread() == b"good"
    await response.aclose()
    return SimpleNamespace(_connection=made)


def test_a_connection_that_made_its_first_request_is_taken_over(loop):
    async def main():
        stream = Stream(GOOD, GOOD.replace(b"good", b"next"))
        whole = await answered_before(stream)
        assert take_over(whole) is whole
        connection = whole._connection
        assert isinstance(connection, Http11)
        assert connection.is_available()
        assert connection.can_handle_request(ORIGIN)
        assert not connection.has_expired()
        assert await ask(connection, 2) == b"next"
        assert connection.is_available()
        # It is taken over once.
        assert take_over(whole)._connection is connection
        await connection.aclose()
        assert not connection.is_available()
        return stream

    stream = anyio.run(main, backend=loop)
    assert stream.sent[-1].endswith(b"Content-Length: 1\r\n\r\n2")
    assert stream.closed == 1


def test_a_connection_over_which_more_came_than_the_first_response_is_not_used_again(loop):
    async def main():
        return take_over(await answered_before(Stream(GOOD + GOOD)))._connection.has_expired()

    assert anyio.run(main, backend=loop)


def test_taking_over_keeps_the_idle_limit_of_a_connection(loop, monkeypatch):
    async def main():
        connection = take_over(await answered_before(Stream(GOOD), 5.0))._connection
        now = _http11.time.monotonic()
        said = []
        for clock in (now + 4.0, now + 6.0):
            monkeypatch.setattr(_http11, "time", SimpleNamespace(monotonic=lambda: clock))
            said.append(connection.has_expired())
        return said

    assert anyio.run(main, backend=loop) == [False, True]


class OfAnotherKind(httpcore.AsyncHTTP11Connection):
    """As a later httpcore could make it."""

    def __init__(self, without: str) -> None:
        super().__init__(ORIGIN, OfHttpcore(Stream()))
        delattr(self, without)


@pytest.mark.parametrize(
    "connection",
    [
        SimpleNamespace(),
        SimpleNamespace(_connection=None),
        # As for plain requests through a proxy, which rewrites each of them.
        SimpleNamespace(_connection=httpcore.AsyncHTTPConnection(ORIGIN)),
        # As for a protocol that is not this one, whatever its parts are called.
        SimpleNamespace(_connection=SimpleNamespace(_h11_state=PROTOCOL, _network_stream=OfHttpcore(Stream()))),
        SimpleNamespace(_connection=OfAnotherKind("_h11_state")),
        SimpleNamespace(_connection=OfAnotherKind("_network_stream")),
    ],
    ids=["without", "none", "rewriting", "other", "no protocol", "no stream"],
)
def test_a_connection_of_another_kind_stays_as_it_is(connection):
    before = vars(connection).copy()

    assert take_over(connection) is connection
    assert vars(connection) == before


# --- errors of connecting -----------------------------------------------------------------------------------------------

OfSocks = type("ProtocolError", (Exception,), {"__module__": "socksio.exceptions"})


@pytest.mark.parametrize(
    ("error", "kind"),
    [(httpcore.ConnectionNotAvailable(), httpcore.ConnectError), (OfSocks("of the proxy"), httpcore.ProxyError)],
)
def test_an_error_of_connecting_that_httpx_does_not_know_becomes_one_that_it_knows(error, kind):
    assert type(known_error(error)) is kind


@pytest.mark.parametrize("error", [httpcore.ReadError(), ssl.SSLError(), OSError(), KeyboardInterrupt()])
def test_every_other_error_stays_itself(error):
    assert known_error(error) is error


def test_a_connection_can_be_shown_before_it_is_connected_while_it_is_and_after(loop):
    async def main():
        network = Network(GOOD)
        connection = prepare(httpcore.AsyncHTTPConnection(ORIGIN, network_backend=network))
        shown = [repr(connection)]
        response = await connection.handle_async_request(a_request(b"one", scheme=b"http"))
        shown.append(repr(connection))
        await response.aread()
        await response.aclose()
        return [*shown, repr(connection)]

    assert anyio.run(main, backend=loop) == [
        f"<AsyncHTTPConnection [{state}]>" for state in ("CONNECTING", "HTTP/1.1, ACTIVE", "HTTP/1.1, IDLE")
    ]
