"""The pool of connections below httpx, with real sockets; and how requests are written to them."""

import anyio
import pytest
from faults.server import Fault

from smtp2go_async import NotSentError, OutcomeUnknownError, _transport
from smtp2go_async._pool import Pool, _JoinedWrites, _Network


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


def the_pool(client) -> Pool:
    return client._transport._connections._transport._pool


def test_httpx_s_transport_uses_it(loop, client_of, mail):
    async def main():
        async with client_of() as client:
            await client.email.send(**mail())
            assert isinstance(the_pool(client), Pool)
            assert (len(the_pool(client)._idle), len(the_pool(client)._in_use)) == (1, 0)

    anyio.run(main, backend=loop)


def test_an_answer_that_is_abandoned_in_the_middle_closes_its_connection(loop, faults, client_of, mail):
    faults.then(Fault.STALL_IN_ANSWER)

    async def main():
        async with client_of() as client:
            with anyio.move_on_after(0.05):
                await client.email.send(**mail())
            faults.wait_for(lambda: faults.open == 0)
            assert not the_pool(client)._idle
            assert not the_pool(client)._in_use

    anyio.run(main, backend=loop)


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.STALL_BEFORE_READING])
def test_a_call_that_is_cancelled_while_it_waits_closes_its_connection(fault, loop, faults, client_of, mail):
    faults.then(fault)

    async def main():
        async with client_of() as client:
            with anyio.move_on_after(0.05):
                await client.email.send(**mail())
            if fault is Fault.STALL:
                faults.wait_for(lambda: faults.open == 0)
            assert not the_pool(client)._in_use

    anyio.run(main, backend=loop)


CANCELLED_IN_THE_HANDSHAKE = """
    import gc, ssl, sys
    import anyio
    from smtp2go_async import AsyncClient

    client = AsyncClient("api-" + "A" * 32, base_url=sys.argv[1])
    begun = []
    original = ssl.SSLContext.wrap_bio

    def wrap_bio(*args, **options):
        begun.append(True)
        return original(*args, **options)

    ssl.SSLContext.wrap_bio = wrap_bio

    async def main():
        async with anyio.create_task_group() as tasks:
            mail = dict(sender="shop@example.com", to="jane@example.com", subject="s", text_body="t")
            tasks.start_soon(lambda: client.email.send(**mail))
            while not begun:
                await anyio.sleep(0.002)
            await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
        gc.collect()

    anyio.run(main, backend=sys.argv[2])
"""


def test_a_call_that_is_cancelled_in_the_handshake_leaves_no_socket_to_the_collector(loop, faults, script):
    """Python warns of a socket that the collector finds, and that is an error here."""
    script(CANCELLED_IN_THE_HANDSHAKE, faults.tls_url, loop)

    assert faults.connections == 1


def test_a_call_that_is_cancelled_in_the_handshake_closes_its_connection(loop, faults, client_of, mail):
    _transport._ssl_context()

    async def main():
        async with client_of(base_url=faults.tls_url) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.email.send(**mail()))
            while not faults.open:
                await anyio.sleep(0.002)
            await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
        # At once, and not when the loop ends or the collector comes by.
        faults.wait_for(lambda: faults.open == 0, 1.0)

    anyio.run(main, backend=loop)


def test_a_call_that_is_under_way_when_the_pool_is_closed_fails_and_leaves_no_socket(loop, faults, client_of, mail):
    faults.then(Fault.STALL)

    async def main():
        client = client_of()

        async def send():
            with pytest.raises(OutcomeUnknownError):
                await client.email.send(**mail())

        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send)
                while not faults.arrived:
                    await anyio.sleep(0.002)
                await client.aclose()
        faults.wait_for(lambda: faults.open == 0)

    anyio.run(main, backend=loop)


def test_calls_that_wait_when_the_client_is_closed_are_not_sent(loop, faults, client_of, mail):
    faults.then(Fault.STALL)
    outcomes: list[object] = []

    async def main():
        client = client_of(max_connections=1)

        async def send(name):
            try:
                outcomes.append(await client.email.send(**mail(name)))
            except (OutcomeUnknownError, NotSentError) as error:
                outcomes.append(type(error))

        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send, "first")
                while not faults.arrived:
                    await anyio.sleep(0.002)
                tasks.start_soon(send, "waiting")
                await anyio.wait_all_tasks_blocked()
                await client.aclose()

    anyio.run(main, backend=loop)
    assert outcomes == [OutcomeUnknownError, NotSentError]
    assert faults.count("waiting") == 0


def test_keepalive_is_the_age_at_which_idle_connections_are_closed(loop, client_of, mail, monkeypatch):
    monkeypatch.setattr(_transport, "KEEPALIVE", 0.01)

    async def main():
        async with client_of() as client:
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(lambda: client.email.send(**mail()))
            await anyio.sleep(0.03)
            await client.email.send(**mail())
            assert len(the_pool(client)._idle) == 1

    anyio.run(main, backend=loop)


# --- one write for the head and the first piece of the body ----------------------------------------------------------


class FakeStream:
    """A stream of httpcore's that notes what it is asked to do."""

    def __init__(self):
        self.written: list[bytes] = []
        self.timeouts: list[float | None] = []
        self.tls = None

    async def write(self, buffer, timeout=None):
        self.written.append(buffer)
        self.timeouts.append(timeout)

    async def read(self, max_bytes, timeout=None):
        return b"x" * max_bytes

    async def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self.tls = FakeStream()
        return self.tls

    def get_extra_info(self, info):
        return f"info on {info}"


class FakeNetwork:
    def __init__(self):
        self.stream = FakeStream()

    async def connect_tcp(self, host, port, timeout=None):
        return self.stream

    async def sleep(self, seconds):
        return seconds


HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n\r\n"


async def written(*buffers, reads=True):
    stream = FakeStream()
    joined = _JoinedWrites(stream)
    for buffer in buffers:
        await joined.write(buffer, 3.0)
    if reads:
        assert await joined.read(2, 4.0) == b"xx"
    return stream.written


def test_a_head_and_the_first_piece_of_its_body_are_one_write(loop):
    assert anyio.run(written, HEAD, b"one", b"two", backend=loop) == [HEAD + b"one", b"two"]


def test_a_head_without_a_body_is_written_when_the_answer_is_read(loop):
    assert anyio.run(written, HEAD, backend=loop) == [HEAD]


def test_a_head_is_joined_to_its_own_body_each_time(loop):
    assert anyio.run(written, HEAD, b"one", HEAD, b"two", backend=loop) == [HEAD + b"one", HEAD + b"two"]


def test_a_body_that_looks_like_a_head_arrives_whole_and_in_order(loop):
    pieces = [HEAD, b"one\r\n\r\n", b"two\r\n\r\n", b"three\r\n\r\n"]
    assert b"".join(anyio.run(written, *pieces, backend=loop)) == b"".join(pieces)


def test_a_connect_to_a_proxy_is_written_at_once(loop):
    connect = b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"

    async def main():
        return await written(connect, reads=False)

    assert anyio.run(main, backend=loop) == [connect]


def test_a_joined_write_has_the_timeout_of_its_last_part(loop):
    async def main():
        stream = FakeStream()
        joined = _JoinedWrites(stream)
        await joined.write(HEAD, 1.0)
        await joined.write(b"one", 2.0)
        return stream.timeouts

    assert anyio.run(main, backend=loop) == [2.0]


def test_streams_join_writes_over_tls_too(loop):
    async def main():
        network = FakeNetwork()
        stream = await (await _Network(network).connect_tcp("a", 443, timeout=1.0)).start_tls(None, "a")
        await stream.write(HEAD)
        await stream.write(b"one")
        return network.stream.tls.written

    assert anyio.run(main, backend=loop) == [HEAD + b"one"]


def test_everything_else_of_a_stream_and_of_a_network_is_as_it_was(loop):
    async def main():
        network = _Network(FakeNetwork())
        stream = await network.connect_tcp("a", 80)
        return await network.sleep(7), stream.get_extra_info("socket")

    assert anyio.run(main, backend=loop) == (7, "info on socket")


def test_a_call_is_one_write_to_its_socket(loop, client_of, mail, monkeypatch):
    writes = []
    original = _JoinedWrites.__init__

    def counting(self, stream):
        original(self, stream)
        write = stream.write

        async def note(buffer, timeout=None):
            if buffer:
                writes.append(buffer)
            await write(buffer, timeout)

        stream.write = note

    monkeypatch.setattr(_JoinedWrites, "__init__", counting)

    async def main():
        async with client_of() as client:
            await client.email.send(**mail("first"))
            await client.email.send(**mail("second"))

    anyio.run(main, backend=loop)
    assert [(one[:4], b"first" in one, b"second" in one) for one in writes] == [
        (b"POST", True, False),
        (b"POST", False, True),
    ]
