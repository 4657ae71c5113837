"""Work that goes on when its request is cancelled: how it waits, and what becomes of its errors."""

import asyncio
import gc

import anyio
import pytest

from smtp2go_async.webhooks._receive.shield import run_shielded


async def work():
    await anyio.sleep(0)
    return "done"


async def fail():
    await anyio.sleep(0)
    raise ValueError("the work failed")


def test_a_result_and_an_error_come_back(backend):
    assert anyio.run(run_shielded, work, backend=backend) == "done"
    with pytest.raises(ValueError, match="the work failed"):
        anyio.run(run_shielded, fail, backend=backend)


def test_a_scope_that_is_cancelled_does_not_keep_the_loop_busy(monkeypatch):
    waits = []
    wait = asyncio.wait

    async def counted(tasks):
        waits.append(tasks)
        return await wait(tasks)

    monkeypatch.setattr(asyncio, "wait", counted)

    async def main():
        goes_on = anyio.Event()
        turns = []

        async def until_told():
            await goes_on.wait()

        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(run_shielded, until_told)
                await anyio.sleep(0)
                scope.cancel()
                with anyio.CancelScope(shield=True):
                    for turn in range(200):
                        turns.append(turn)
                        await anyio.sleep(0)
                    goes_on.set()
        assert len(turns) == 200

    asyncio.run(main())
    assert 2 <= len(waits) <= 3


def test_an_error_after_a_cancellation_is_not_complained_of():
    complaints = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        task = asyncio.ensure_future(run_shielded(fail))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task
        gc.collect()

    asyncio.run(main())
    assert complaints == []


def test_work_that_is_cancelled_by_the_end_of_its_loop_ends():
    async def main():
        asyncio.ensure_future(run_shielded(anyio.sleep_forever))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
