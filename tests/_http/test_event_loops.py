"""One client in several event loops, and what is left when a loop ends."""

import asyncio
import gc
import threading

import anyio
import pytest
from faults.server import Fault

from smtp2go_async import NotSentError, OutcomeUnknownError

PROGRAM = """
    import gc, sys
    import anyio
    from smtp2go_async import AsyncClient, NotSentError, OutcomeUnknownError

    url, backends, *rest = sys.argv[1:]
    mail = dict(sender="shop@example.com", to="jane@example.com", text_body="Hi")
    client = AsyncClient("api-" + "A" * 32, base_url=url, timeout=5)
"""


@pytest.mark.parametrize("backends", ["asyncio asyncio asyncio", "trio trio trio", "asyncio trio asyncio"])
def test_a_client_works_in_one_loop_after_the_other(backends, faults, client_of, mail):
    client = client_of()

    async def call(number: int) -> str:
        return (await client.email.send(**mail(f"mail-{number}"))).email_id

    said = [anyio.run(call, number, backend=backend) for number, backend in enumerate(backends.split())]
    assert said == ["mail-0", "mail-1", "mail-2"]
    assert [faults.count(one) for one in said] == [1, 1, 1]


@pytest.mark.parametrize("backends", ["asyncio asyncio asyncio", "trio trio trio", "asyncio trio asyncio"])
def test_a_client_that_is_never_closed_leaves_no_warning(backends, faults, script):
    said = script(
        PROGRAM
        + """
    async def main():
        async with anyio.create_task_group() as tasks:
            for number in range(3):
                tasks.start_soon(lambda: client.email.send(subject="mail", **mail))

    for backend in backends.split():
        anyio.run(main, backend=backend)
    del client
    gc.collect()
    print("done")
    """,
        faults.url,
        backends,
    )
    assert said == "done"
    assert faults.count("mail") == 9
    faults.wait_for(lambda: faults.open == 0)


def test_a_client_made_inside_a_loop_and_never_closed_leaves_no_warning(backend, faults, script):
    script(
        PROGRAM
        + """
    async def main():
        client = AsyncClient("api-" + "A" * 32, base_url=url)
        await client.email.send(subject="mail", **mail)

    anyio.run(main, backend=backends)
    """,
        faults.url,
        backend,
    )
    assert faults.count("mail") == 1


@pytest.mark.parametrize("how", ["while it closes", "in a call"])
def test_a_client_block_that_is_cancelled_leaves_no_warning(how, backend, faults, script):
    faults.then(Fault.NONE, Fault.STALL)
    script(
        PROGRAM
        + """
    async def main():
        with anyio.CancelScope() as scope:
            async with client:
                await client.email.send(subject="mail", **mail)
                if rest == ["while it closes"]:
                    scope.cancel()
                else:
                    scope.deadline = anyio.current_time() + 0.05
                    await client.email.send(subject="mail", **mail)
        assert scope.cancel_called

    anyio.run(main, backend=backends)
    """,
        faults.url,
        backend,
        how,
    )


def test_a_loop_that_ends_with_a_call_under_way_leaves_no_warning(backend, faults, script):
    faults.then(Fault.NONE, Fault.STALL)
    script(
        PROGRAM
        + """
    async def main():
        await client.email.send(subject="mail", **mail)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.email.send(subject="mail", **mail))
            await anyio.sleep(0.05)
            tasks.cancel_scope.cancel()

    anyio.run(main, backend=backends)
    """,
        faults.url,
        backend,
    )
    assert faults.count("mail") == 2


@pytest.mark.parametrize("other", ["asyncio", "trio"])
def test_a_call_in_a_second_loop_is_refused_while_calls_are_under_way_in_the_first(
    backend, other, faults, client_of, mail
):
    client = client_of()
    faults.then(Fault.HOLD)
    first: list[str] = []

    async def call(reference: str) -> str:
        return (await client.email.send(**mail(reference))).email_id

    thread = threading.Thread(target=lambda: first.append(anyio.run(call, "first", backend=backend)))
    thread.start()
    faults.wait_for(lambda: faults.arrived)

    with pytest.raises(NotSentError, match="another event loop") as caught:
        anyio.run(call, "second", backend=other)
    assert caught.value.final

    faults.release()
    thread.join(60)
    assert first == ["first"]
    assert faults.count("second") == 0
    # The first loop has nothing under way any more.
    assert anyio.run(call, "third", backend=other) == "third"


def test_two_loops_that_take_turns_can_share_a_client(faults, client_of, mail):
    client = client_of()
    loops = [asyncio.new_event_loop(), asyncio.new_event_loop()]

    async def call(reference: str) -> str:
        return (await client.email.send(**mail(reference))).email_id

    try:
        for number in range(4):
            assert loops[number % 2].run_until_complete(call(str(number))) == str(number)
    finally:
        for loop in loops:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
    gc.collect()
    assert len(faults.arrived) == 4


def test_a_closed_client_sends_nothing(backend, faults, client_of, mail):
    async def call() -> None:
        async with client_of() as client:
            await client.email.send(**mail("before"))
        with pytest.raises(NotSentError, match="closed"):
            await client.email.send(**mail("after"))

    anyio.run(call, backend=backend)
    assert (faults.count("before"), faults.count("after")) == (1, 0)


def test_a_client_that_was_never_used_can_be_closed_twice(backend, client_of):
    async def call() -> None:
        client = client_of()
        await client.aclose()
        await client.aclose()

    anyio.run(call, backend=backend)


def test_a_client_can_be_closed_in_another_loop_than_it_was_used_in(backend, faults, client_of, mail):
    client = client_of()

    async def call() -> None:
        await client.email.send(**mail())

    anyio.run(call, backend=backend)
    anyio.run(client.aclose, backend=backend)

    with pytest.raises(NotSentError):
        anyio.run(call, backend=backend)


def test_closing_in_another_thread_leaves_the_connections_to_the_loop_that_has_them(faults, client_of, mail):
    """In debug mode asyncio refuses to have its sockets closed from outside its thread."""
    client = client_of()
    told, sent = threading.Event(), threading.Event()

    async def call() -> None:
        await client.email.send(**mail())
        sent.set()
        await anyio.to_thread.run_sync(told.wait, 5)

    thread = threading.Thread(target=lambda: anyio.run(call, backend_options={"debug": True}))
    thread.start()
    sent.wait(60)
    anyio.run(client.aclose)
    assert faults.open == 1

    told.set()
    thread.join(60)
    faults.wait_for(lambda: faults.open == 0)


def test_closing_ends_the_connections(backend, faults, client_of, mail):
    async def call() -> None:
        async with client_of() as client:
            await client.email.send(**mail())
            assert faults.open == 1
        faults.wait_for(lambda: faults.open == 0)

    anyio.run(call, backend=backend)


def test_a_call_that_is_under_way_when_the_client_is_closed_may_have_been_carried_out(backend, faults, client_of, mail):
    faults.then(Fault.HOLD)

    async def call() -> None:
        client = client_of()

        async def send() -> None:
            with pytest.raises(OutcomeUnknownError):
                await client.email.send(**mail())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            while not faults.arrived:
                await anyio.sleep(0.002)
            await client.aclose()

    anyio.run(call, backend=backend)
    assert faults.count("reference") == 1
