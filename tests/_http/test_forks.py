"""A process that is forked while connections are open."""

import asyncio
import gc
import os
import threading
import warnings

import anyio
import pytest
from faults.server import Fault

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    # From Python 3.12 on: the server of these tests has a thread.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def in_a_new_loop(call, *args, backend):
    """Run in a thread: the child's own one is still inside the loop that was forked."""
    said = []
    thread = threading.Thread(target=lambda: said.append(anyio.run(call, *args, backend=backend)))
    thread.start()
    thread.join(60)
    return said[0]


def test_parent_and_child_each_get_their_own_responses(backend, faults, client_of, mail, forked):
    client = client_of()

    async def call(reference: str) -> list[str]:
        return [(await client.email.send(**mail(f"{reference}-{number}"))).email_id for number in range(5)]

    async def main() -> tuple[list[str], list[str], list[str]]:
        warm = await call("before")
        result = forked(lambda: in_a_new_loop(call, "child", backend=backend))
        beside = await call("parent")
        return warm, beside, result()

    assert anyio.run(main, backend=backend) == tuple(
        [f"{who}-{number}" for number in range(5)] for who in ("before", "parent", "child")
    )
    assert [faults.count(who) for who in ("before", "parent", "child")] == [5, 5, 5]


def test_the_parent_keeps_its_connection(backend, faults, client_of, mail, forked):
    client = client_of()

    async def call() -> None:
        await client.email.send(**mail())

    async def main() -> None:
        await call()
        forked(lambda: in_a_new_loop(call, backend=backend))()
        await call()

    anyio.run(main, backend=backend)
    used = [request.connection for request in faults.arrived]
    assert used == [1, 2, 1]


def test_several_children_each_get_their_own_responses(backend, faults, client_of, mail, forked):
    client = client_of()

    async def call(reference: str) -> str:
        return (await client.email.send(**mail(reference))).email_id

    async def main() -> list[str]:
        await call("before")
        results = [
            forked(lambda name=f"child-{number}": in_a_new_loop(call, name, backend=backend)) for number in range(4)
        ]
        await call("after")
        return [result() for result in results]

    assert anyio.run(main, backend=backend) == [f"child-{number}" for number in range(4)]
    assert len({request.connection for request in faults.arrived}) == 5


def test_a_fork_between_two_loops_needs_nothing_special(backend, faults, client_of, mail, forked):
    client = client_of()

    async def call(reference: str) -> str:
        return (await client.email.send(**mail(reference))).email_id

    assert anyio.run(call, "before", backend=backend) == "before"
    result = forked(lambda: [anyio.run(call, name, backend=backend) for name in ("child", "child again")])
    assert anyio.run(call, "after", backend=backend) == "after"
    assert result() == ["child", "child again"]


def test_a_child_that_goes_on_with_the_same_loop_opens_a_connection_of_its_own(faults, client_of, mail, forked):
    """As old programs do that keep one loop and run it for each call."""
    client = client_of()
    loop = asyncio.new_event_loop()

    def call(reference: str) -> str:
        return loop.run_until_complete(client.email.send(**mail(reference))).email_id

    try:
        assert call("before") == "before"
        assert forked(lambda: call("child"))() == "child"
        assert call("after") == "after"
    finally:
        loop.run_until_complete(client.aclose())
        loop.close()
    assert [request.connection for request in faults.arrived] == [1, 2, 1]


def test_a_fork_while_a_call_is_under_way_disturbs_neither_side(backend, faults, client_of, mail, forked):
    client = client_of()
    faults.then(Fault.HOLD)
    said: list[str] = []

    async def call(reference: str) -> str:
        return (await client.email.send(**mail(reference))).email_id

    async def main() -> None:
        async def held() -> None:
            said.append(await call("held"))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(held)
            while not faults.arrived:
                await anyio.sleep(0.002)
            said.append(forked(lambda: in_a_new_loop(call, "child", backend=backend))())
            faults.release()

    anyio.run(main, backend=backend)
    assert said == ["child", "held"]


def test_a_child_that_closes_the_client_leaves_the_parent_s_connections_alone(backend, faults, client_of, mail, forked):
    client = client_of()

    async def main() -> str:
        await client.email.send(**mail("before"))
        assert forked(lambda: in_a_new_loop(client.aclose, backend=backend))() is None
        return (await client.email.send(**mail("after"))).email_id

    assert anyio.run(main, backend=backend) == "after"
    assert faults.connections == 1


def test_a_child_does_not_free_the_parent_s_connections(backend, faults, client_of, mail, forked):
    """Python would warn of them, and an event loop that the child does not run would be asked to close them."""
    client = client_of()

    async def call() -> None:
        await client.email.send(**mail())

    def child() -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            in_a_new_loop(call, backend=backend)
            gc.collect()
        return [str(warning.message) for warning in caught]

    async def main() -> list[str]:
        await call()
        return forked(child)()

    assert anyio.run(main, backend=backend) == []


def test_a_child_of_a_child_gets_its_own_responses(backend, faults, client_of, mail, forked):
    client = client_of()

    async def call(reference: str) -> str:
        return (await client.email.send(**mail(reference))).email_id

    def child() -> list[str]:
        own = anyio.run(call, "child", backend=backend)
        return [own, forked(lambda: anyio.run(call, "grandchild", backend=backend))()]

    assert anyio.run(call, "parent", backend=backend) == "parent"
    assert forked(child)() == ["child", "grandchild"]
