"""The pool of connections below httpx, with real sockets; and what it does with a handshake that is given up."""

import anyio
import pytest
from faults.server import Fault

from smtp2go_async import NotSentError, OutcomeUnknownError
from smtp2go_async._http import connections
from smtp2go_async._http.http11 import Http11
from smtp2go_async._http.pool import Pool
from smtp2go_async._http.tls import ssl_context


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """Not `backend`, which is the fast transport too."""
    return request.param


@pytest.fixture(params=[[], ["before"]], ids=["cold", "warm"])
def before(request):
    """The calls that were made over the connection before."""
    return request.param


def the_pool(client) -> Pool:
    return client._calls.transport._connections._transport._pool


def test_httpx_s_transport_uses_it(loop, client_of, mail):
    async def main():
        async with client_of() as client:
            await client.email.send(**mail())
            assert isinstance(the_pool(client), Pool)
            assert (len(the_pool(client)._idle), len(the_pool(client)._in_use)) == (1, 0)

    anyio.run(main, backend=loop)


def test_a_response_that_is_abandoned_in_the_middle_closes_its_connection(before, loop, faults, client_of, mail):
    async def main():
        async with client_of() as client:
            for name in before:
                await client.email.send(**mail(name))
            faults.then(Fault.STALL_IN_ANSWER)
            with anyio.move_on_after(0.05):
                await client.email.send(**mail())
            faults.wait_for(lambda: faults.open == 0)
            assert not the_pool(client)._idle
            assert not the_pool(client)._in_use

    anyio.run(main, backend=loop)


@pytest.mark.parametrize(
    ("fault", "before"), [(Fault.STALL, []), (Fault.STALL, ["before"]), (Fault.STALL_BEFORE_READING, [])]
)
def test_a_call_that_is_cancelled_while_it_waits_closes_its_connection(fault, before, loop, faults, client_of, mail):
    async def main():
        async with client_of() as client:
            for name in before:
                await client.email.send(**mail(name))
            faults.then(fault)
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
    ssl_context()

    async def main():
        async with client_of(base_url=faults.tls_url) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.email.send(**mail()))
            while not faults.open:
                await anyio.sleep(0.002)
            await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
        # At once, and not when the loop ends or the collector comes by.
        faults.wait_for(lambda: faults.open == 0)

    anyio.run(main, backend=loop)


def test_a_call_that_is_under_way_when_the_pool_is_closed_fails_and_leaves_no_socket(
    before, loop, faults, client_of, mail
):
    async def main():
        client = client_of()
        for name in before:
            await client.email.send(**mail(name))
        faults.then(Fault.STALL)

        async def send():
            with pytest.raises(OutcomeUnknownError):
                await client.email.send(**mail())

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send)
                while len(faults.arrived) == len(before):
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

        with anyio.fail_after(20):
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
    monkeypatch.setattr(connections, "KEEPALIVE_SECONDS", 0.01)

    async def main():
        async with client_of() as client:
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(lambda: client.email.send(**mail()))
            await anyio.sleep(0.03)
            await client.email.send(**mail())
            assert len(the_pool(client)._idle) == 1

    anyio.run(main, backend=loop)


def test_a_small_call_is_one_write_to_its_socket(loop, client_of, mail):
    written = []

    async def main():
        async with client_of() as client:
            await client.email.send(**mail("first"))
            ((connection, _),) = the_pool(client)._idle
            assert isinstance(connection._connection, Http11)
            stream = connection._connection._stream
            write = stream.write

            async def note(buffer, timeout=None):
                written.append(buffer)
                await write(buffer, timeout=timeout)

            stream.write = note
            await client.email.send(**mail("second"))
            await client.email.send(**mail("third"))

    anyio.run(main, backend=loop)
    assert [(one[:4], b"second" in one, b"third" in one) for one in written] == [
        (b"POST", True, False),
        (b"POST", False, True),
    ]
