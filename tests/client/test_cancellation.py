"""A call that is cancelled leaves nothing behind: with one connection, the next hundred calls all find it."""

import gc

import anyio
import pytest
from faults.scripted import close_gate
from faults.server import Fault

from smtp2go_async import RetryPolicy

LONG = RetryPolicy(attempts=9, max_elapsed=1e9, first_wait=1e6, max_wait=1e6)
"""Waits so long between attempts that only cancelling ends it."""


async def hundred_calls(client, mail):
    for number in range(100):
        sent = await client.with_options(retry=RetryPolicy.none()).email.send(**mail(f"after-{number}"))
        assert sent.email_id == f"after-{number}"


async def cancelled_when(condition, call):
    """Start a call, cancel it once the condition holds, and return when it is gone."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        with anyio.fail_after(20):
            while not condition():
                await anyio.sleep(0.002)
            # The server sees it coming before the client waits for what it says.
            await anyio.sleep(0.02)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    "fault", [Fault.STALL, Fault.STALL_IN_ANSWER, Fault.STALL_BEFORE_READING, Fault.HOLD_BEFORE_BODY]
)
def test_cancelling_during_the_request_frees_the_connection(fault, backend, faults, client_of, mail):
    faults.then(fault)

    async def call():
        async with client_of(max_connections=1) as client:
            await cancelled_when(lambda: faults.open, lambda: client.email.send(**mail("cancelled")))
            await hundred_calls(client, mail)

    anyio.run(call, backend=backend)
    assert faults.count("after-") == 100


# httpcore leaves the socket of a handshake that is cancelled to the collector, with whom Python then warns.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <(function _SelectorTransport|socket)")
def test_cancelling_during_the_tls_handshake_frees_the_place_in_the_pool(backend, faults, client_of, mail):
    """It never ends with a server that does not speak TLS; each call finds a free place in the pool again."""

    async def call():
        async with client_of(max_connections=1, base_url=faults.tls_url) as client:
            for number in range(1, 4):
                await cancelled_when(
                    lambda number=number: faults.connections == number, lambda: client.email.send(**mail("cancelled"))
                )

    anyio.run(call, backend=backend)
    gc.collect()
    assert faults.connections == 3


def test_cancelling_while_waiting_for_a_connection_leaves_it_to_others(backend, faults, client_of, mail):
    faults.then(Fault.HOLD)

    async def call():
        async with client_of(max_connections=1) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.email.send(**mail("held")))
            while not faults.arrived:
                await anyio.sleep(0.002)
            for _ in range(3):
                with anyio.move_on_after(0.02) as scope:
                    await client.email.send(**mail("cancelled"))
                assert scope.cancelled_caught
            faults.release()
            await hundred_calls(client, mail)

    anyio.run(call, backend=backend)
    assert (faults.count("held"), faults.count("cancelled"), faults.count("after-")) == (1, 0, 100)
    assert faults.connections == 1


@pytest.mark.parametrize("fault", [Fault.NO_ANSWER, Fault.HTML_502, Fault.RESET_IN_BODY])
def test_cancelling_while_waiting_to_repeat_ends_the_call_there(fault, backend, faults, client_of, mail):
    faults.then(fault)

    async def call():
        async with client_of(max_connections=1, retry=LONG) as client:
            waiting = anyio.Event()

            async def sleep(_seconds):
                waiting.set()
                await anyio.sleep_forever()

            client._calls.sleep = sleep
            await cancelled_when(waiting.is_set, client.email.search_scheduled)
            await hundred_calls(client, mail)

    anyio.run(call, backend=backend)
    assert faults.begun == 101


def test_cancelling_while_waiting_for_the_cool_down_sends_nothing(backend, faults, client_of, mail):
    async def call():
        async with client_of(max_connections=1, retry=RetryPolicy.patient()) as client:
            close_gate(client, 600.0)
            with anyio.move_on_after(0.02) as scope:
                await client.email.send(**mail("cancelled"))
            assert scope.cancelled_caught
            assert faults.begun == 0
            client.pacer._gate.open_at = 0.0
            await hundred_calls(client, mail)

    anyio.run(call, backend=backend)
    assert faults.count("cancelled") == 0


def test_cancelling_many_calls_at_once_frees_all_their_connections(backend, faults, client_of, mail):
    faults.then(*[Fault.STALL] * 5)

    async def call():
        async with client_of(max_connections=5) as client:
            async with anyio.create_task_group() as tasks:
                for number in range(50):
                    tasks.start_soon(lambda one=number: client.email.send(**mail(f"cancelled-{one}")))
                while len(faults.arrived) < 5:
                    await anyio.sleep(0.002)
                tasks.cancel_scope.cancel()
            await hundred_calls(client, mail)

    anyio.run(call, backend=backend)
    assert (faults.count("cancelled-"), faults.count("after-")) == (5, 100)


def test_a_cancelled_call_is_not_made_again(backend, faults, client_of, mail):
    faults.otherwise = Fault.STALL

    async def call():
        async with client_of(retry=RetryPolicy(first_wait=0.0, at_least_once=True)) as client:
            with anyio.move_on_after(0.05):
                await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.begun == 1
