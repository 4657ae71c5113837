"""A body of 36 MB that is given up in the middle, and many bodies at once: nothing is left over, and all arrive."""

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from faults.server import Fault

from smtp2go_async import OutcomeUnknownError, RetryPolicy, SyncClient
from smtp2go_async._content import blobs as _blobs

LARGE = 36_000_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that takes no place on the disk."""
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(LARGE)
    return path


@pytest.fixture
def opened(monkeypatch) -> list[Any]:
    """List the files that bodies open."""
    files: list[Any] = []

    def recording(*args: Any, **options: Any) -> Any:
        files.append(open(*args, **options))  # noqa: SIM115 - closing it is what is tested
        return files[-1]

    monkeypatch.setattr(_blobs, "open", recording, raising=False)
    return files


@pytest.mark.parametrize(
    ("loop", "scope", "connections"),
    [
        ("asyncio", "anyio", "httpx"),
        ("asyncio", "asyncio", "httpx"),
        ("trio", "anyio", "httpx"),
        ("asyncio", "anyio", "fast"),
        ("asyncio", "asyncio", "fast"),
        ("asyncio", "anyio", "own"),
        ("asyncio", "asyncio", "own"),
        ("trio", "anyio", "own"),
    ],
)
@pytest.mark.parametrize("before", [[], ["before"]], ids=["cold", "warm"])
def test_a_call_that_is_cancelled_in_the_middle_of_a_large_body_leaves_nothing(
    before, loop, scope, connections, large, opened, faults, client_of, mail
):
    if connections == "fast":
        pytest.importorskip("pyreqwest")

    async def send(client: Any) -> None:
        for name in before:
            await client.email.send(**mail(name))
        faults.then(Fault.HOLD_BEFORE_BODY)
        await client.email.send(**mail("cancelled", attachments=[large]))

    async def begun() -> None:
        while not (faults.begun > len(before) and opened):
            await anyio.sleep(0.001)
        # What the sockets hold is sent soon; then the call waits for the server to read.
        await anyio.sleep(0.02)

    async def call() -> None:
        async with contextlib.AsyncExitStack() as stack:
            if connections == "own":
                own = await stack.enter_async_context(httpx.AsyncClient(verify=False, trust_env=False))
                client = client_of(http_client=own)
            else:
                client = await stack.enter_async_context(client_of(transport=connections, max_connections=1))
            if scope == "asyncio":
                task = asyncio.create_task(send(client))
                await begun()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(send, client)
                    await begun()
                    tasks.cancel_scope.cancel()
            with anyio.fail_after(20):
                # A thread that reads at that moment closes it when it is back.
                while not opened[0].closed:
                    await anyio.sleep(0.001)
            faults.release()
            with anyio.fail_after(20):
                while faults.open:
                    await anyio.sleep(0.001)
            assert client.pacer.state.in_flight == 0
            assert (await client.email.send(**mail("next"))).email_id == "next"

    anyio.run(call, backend=loop)
    assert [request.json["subject"] for request in faults.arrived] == [*before, "next"]
    assert faults.connections == 2


@pytest.mark.parametrize("transport", ["httpx", "fast"])
def test_a_blocking_client_closed_in_the_middle_of_a_large_body_leaves_nothing_open(
    transport, large, opened, faults, key, mail
):
    pytest.importorskip("pyreqwest")
    faults.then(Fault.HOLD_BEFORE_BODY)
    client = SyncClient(key, base_url=faults.url, transport=transport, retry=RetryPolicy.none())

    def close() -> None:
        faults.wait_for(lambda: faults.begun and opened)
        client.close()

    closer = threading.Thread(target=close)
    closer.start()
    with pytest.raises(OutcomeUnknownError):
        client.email.send(**mail(attachments=[large]))
    closer.join()
    faults.release()
    faults.wait_for(lambda: faults.open == 0 and opened[0].closed)
    assert not faults.arrived


# --- many at once ------------------------------------------------------------------------------------------------

MANY = 200
SOME = 210_000
"""Bytes: more than a chunk."""


def check_that_all_arrived(faults) -> None:
    assert {request.json["subject"] for request in faults.arrived} == {str(number) for number in range(MANY)}
    assert len(faults.arrived) == MANY
    assert all(b"A" * (SOME // 3 * 4) in request.body for request in faults.arrived)
    assert faults.connections <= 100


def test_many_sends_at_once_all_arrive(backend, faults, client_of, mail, tmp_path):
    path = tmp_path / "some.bin"
    path.write_bytes(bytes(SOME))

    async def call() -> None:
        async with client_of(timeout=20.0) as client, anyio.create_task_group() as tasks:
            for number in range(MANY):
                tasks.start_soon(lambda one=str(number): client.email.send(**mail(one, attachments=[path])))

    anyio.run(call, backend=backend)
    check_that_all_arrived(faults)


def test_many_waiting_sends_at_once_all_arrive(faults, key, mail, tmp_path):
    path = tmp_path / "some.bin"
    path.write_bytes(bytes(SOME))
    with SyncClient(key, base_url=faults.url, timeout=20.0, retry=RetryPolicy.none()) as client:
        with ThreadPoolExecutor(MANY) as pool:
            list(pool.map(lambda one: client.email.send(**mail(str(one), attachments=[path])), range(MANY)))
    check_that_all_arrived(faults)
