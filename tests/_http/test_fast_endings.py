"""The transport "fast": calls that are cancelled, and calls and clients that are there when all ends."""

import asyncio
import contextlib

import anyio
import pytest
from faults.server import Fault

from smtp2go_async import Attachment, NotSentError, OutcomeUnknownError, ReplyTimeoutError, TransportError
from smtp2go_async._content import blobs as _blobs

pytest.importorskip("pyreqwest")
pytest.importorskip("orjson")


@pytest.fixture
def fast(client_of):
    """Return a function that makes clients of the fault server that use the fast transport."""
    return lambda **options: client_of(transport="fast", **options)


# --- cancelled ----------------------------------------------------------------------------------------------------------

STALLS = pytest.mark.parametrize("fault", [Fault.STALL_BEFORE_READING, Fault.STALL, Fault.STALL_IN_ANSWER])


@STALLS
def test_an_anyio_scope_that_ends_a_call_catches_its_cancellation(fault, fast, faults, mail):
    faults.then(fault)

    async def main():
        async with fast() as client:
            with anyio.fail_after(20), anyio.move_on_after(0.05) as scope:
                await client.email.send(**mail())
            assert scope.cancelled_caught
            # Nothing of it is left in the task.
            await anyio.sleep(0)
            assert asyncio.current_task().cancelling() == 0

    anyio.run(main)


@STALLS
def test_an_asyncio_timeout_that_ends_a_call_raises_its_timeout_error(fault, fast, faults, mail):
    faults.then(fault)

    async def main():
        async with fast() as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.email.send(**mail())
            assert asyncio.current_task().cancelling() == 0

    asyncio.run(main())


@STALLS
def test_a_task_that_is_cancelled_ends_as_cancelled(fault, fast, faults, mail):
    faults.then(fault)

    async def main():
        async with fast() as client:
            task = asyncio.create_task(client.email.send(**mail()))
            while not faults.connections:
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.wait([task], timeout=20)
            assert task.cancelled()

    asyncio.run(main())


def test_a_group_whose_other_task_fails_ends_a_call(fast, faults, mail):
    faults.then(Fault.STALL)

    async def fail():
        while not faults.arrived:
            await asyncio.sleep(0.002)
        raise LookupError

    async def main():
        async with fast() as client:
            with pytest.raises(ExceptionGroup) as caught:
                async with asyncio.timeout(3), asyncio.TaskGroup() as tasks:
                    tasks.create_task(client.email.send(**mail()))
                    tasks.create_task(fail())
            assert [type(one) for one in caught.value.exceptions] == [LookupError]

    asyncio.run(main())


def test_a_call_whose_caller_is_cancelled_already_is_not_sent(backend, faults, client_of, mail):
    async def main():
        async with client_of() as client:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await client.email.send(**mail("cancelled"))
            assert scope.cancelled_caught
            await client.email.send(**mail("next"))

    anyio.run(main, backend=backend)
    assert (faults.count("cancelled"), faults.count("next")) == (0, 1)


def test_a_task_that_is_cancelled_in_the_middle_of_a_file_leaves_it_closed(fast, faults, mail, tmp_path, monkeypatch):
    opened = []

    def recording(*args, **options):
        opened.append(open(*args, **options))  # noqa: SIM115 - closing it is what is tested
        return opened[-1]

    monkeypatch.setattr(_blobs, "open", recording, raising=False)
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(12_000_000))
    faults.then(Fault.STALL_BEFORE_READING)

    async def main():
        async with fast() as client:
            task = asyncio.create_task(client.email.send(**mail(attachments=[path])))
            while not opened:
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.wait([task], timeout=20)
            # A read that is under way in a thread is waited for.
            for _ in range(100):
                if opened[0].closed:
                    break
                await asyncio.sleep(0.002)
            assert opened[0].closed

    asyncio.run(main())


# --- the end ------------------------------------------------------------------------------------------------------------


async def close_when(condition, client, call):
    """Make a call, close the client once the condition holds, and return what became of the call."""
    told = []

    async def one():
        try:
            told.append(await call())
        except TransportError as error:
            told.append(type(error))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one)
            while not condition():
                await anyio.sleep(0.002)
            await anyio.sleep(0.01)
            await client.aclose()
    return told[0]


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.STALL_IN_ANSWER])
def test_closing_while_a_response_is_awaited_leaves_the_outcome_unknown(fault, backend, faults, client_of, mail):
    faults.then(fault)

    async def main():
        client = client_of()
        return await close_when(lambda: faults.arrived, client, lambda: client.email.send(**mail()))

    assert anyio.run(main, backend=backend) is OutcomeUnknownError


def test_closing_in_the_middle_of_a_large_body_leaves_the_outcome_unknown(backend, faults, client_of, mail):
    faults.then(Fault.HOLD_BEFORE_BODY)
    large = Attachment(bytes(12_000_000), "x.bin")

    async def main():
        client = client_of()
        return await close_when(lambda: faults.begun, client, lambda: client.email.send(**mail(attachments=[large])))

    assert anyio.run(main, backend=backend) is OutcomeUnknownError


@pytest.mark.parametrize("large", [False, True], ids=["in memory", "from a file"])
@pytest.mark.parametrize("fault", [Fault.STALL, Fault.STALL_IN_ANSWER])
@pytest.mark.parametrize("end", ["timeout", "cancelled", "closed"])
def test_a_connection_whose_call_is_over_is_closed_soon_also_when_the_server_keeps_it(
    end, fault, large, backend, faults, client_of, mail, tmp_path
):
    """pyreqwest goes on with a request that it has sent, so it has a timeout of its own."""
    path = tmp_path / "some.bin"
    path.write_bytes(bytes(300_000))
    # The connection is there already, since a call that does not connect in time is not sent.
    faults.then(Fault.NONE, fault)

    async def main():
        client = client_of()
        await client.email.send(**mail())
        before = len(faults.arrived)
        # On a busy machine 0.1 seconds can pass before the request has arrived, which the other ends wait for.
        hurried = client.with_options(timeout=0.1 if end == "timeout" else 0.7)
        mails = mail(attachments=[path] if large else [])
        match end:
            case "timeout":
                with pytest.raises(ReplyTimeoutError):
                    await hurried.email.send(**mails)
            case "cancelled":
                async with anyio.create_task_group() as tasks:

                    async def send():
                        with contextlib.suppress(ReplyTimeoutError):  # on a slow machine, before it is cancelled
                            await hurried.email.send(**mails)

                    tasks.start_soon(send)
                    while len(faults.arrived) == before:
                        await anyio.sleep(0.002)
                    tasks.cancel_scope.cancel()
            case "closed":
                await close_when(lambda: len(faults.arrived) > before, client, lambda: hurried.email.send(**mails))
        faults.wait_for(lambda: faults.open == 0)
        await client.aclose()

    anyio.run(main, backend=backend)


def test_a_timeout_as_long_as_there_is_can_be_given(backend, faults, client_of, mail):
    async def main():
        async with client_of(timeout=1e300) as client:
            await client.email.send(**mail())

    anyio.run(main, backend=backend)


def test_closing_while_a_connection_is_made_means_not_sent(backend, faults, client_of, mail):
    """The handshake with a server that speaks no TLS never ends."""

    async def main():
        client = client_of(base_url=faults.tls_url, timeout=1)
        return await close_when(lambda: faults.connections, client, lambda: client.email.send(**mail()))

    assert anyio.run(main, backend=backend) is NotSentError


def test_each_of_two_loops_in_turn_has_its_own_connections(fast, faults, mail):
    client = fast()

    async def main(name):
        return (await client.email.send(**mail(name))).email_id

    assert [asyncio.run(main(name)) for name in "abc"] == ["a", "b", "c"]
    assert len({one.connection for one in faults.arrived}) == 3
    faults.wait_for(lambda: faults.open == 0)


MANY = """
    import asyncio, sys
    from smtp2go_async import AsyncClient, SyncClient

    url = sys.argv[1]
    mail = dict(sender="shop@example.com", to="jane@example.com", subject="many", text_body="Hi")
    left = []

    def client(kind):
        return kind("api-" + "A" * 32, base_url=url, transport="fast")

    async def send(one):
        await one.email.send(**mail)

    async def closed(one):
        async with one:
            await send(one)

    async def main():
        for _ in range(12):
            await closed(client(AsyncClient))
        opened = [client(AsyncClient) for _ in range(12)]
        await asyncio.gather(*map(send, opened))
        left.extend(opened[:6])

    for _ in range(12):
        asyncio.run(closed(client(AsyncClient)))
        left.append(client(AsyncClient))
        asyncio.run(send(left[-1]))
        with client(SyncClient) as one:
            one.email.send(**mail)
        left.append(client(SyncClient))
        left[-1].email.send(**mail)
    left.append(client(AsyncClient))  # never used
    asyncio.run(main())
"""


def test_many_clients_that_are_closed_or_left_open_just_before_the_end_of_a_program_leave_nothing_to_say(
    faults, script
):
    """In development mode, where every warning is an error; `script` fails if anything is printed."""
    script(MANY, faults.url)

    assert faults.count("many") == 6 * 12
    faults.wait_for(lambda: faults.open == 0)


def test_a_program_that_ends_with_a_call_under_way_ends_in_silence(faults, script):
    faults.otherwise = Fault.STALL
    script(
        """
        import asyncio, sys
        from smtp2go_async import AsyncClient

        async def main():
            client = AsyncClient("api-" + "A" * 32, base_url=sys.argv[1], transport="fast")
            mail = dict(sender="shop@example.com", to="jane@example.com", subject="many", text_body="Hi")
            calls = [asyncio.create_task(client.email.send(**mail)) for _ in range(5)]
            await asyncio.sleep(0.1)

        asyncio.run(main())
        """,
        faults.url,
    )
