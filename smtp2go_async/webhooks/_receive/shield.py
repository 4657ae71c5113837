"""Work that goes on to its end when the request around it is cancelled, because its sender went away."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


async def run_shielded(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run work to its end, and only then let a cancellation of this task take effect.

    The caller is not left before the work has ended, so that no request ends with work that nobody waits for.
    """
    if anyio.get_cancelled_exc_class() is asyncio.CancelledError:
        return await _in_own_task(work)
    with anyio.CancelScope(shield=True):
        return await work()
    # To a type checker a scope can end early; nothing cancels this one.
    raise AssertionError("unreachable")


async def _in_own_task(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Do the work in another task: servers for asyncio cancel the task itself, which a scope does not hold off."""
    task = asyncio.get_running_loop().create_task(work())
    try:
        await asyncio.wait((task,))
    except asyncio.CancelledError:
        # A scope of anyio cancels again and again, so it has to be held off, too.
        with anyio.CancelScope(shield=True):
            while not task.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait((task,))
        if not task.cancelled():
            # Looked at, since asyncio complains of an error that nothing has seen.
            task.exception()
        raise
    return task.result()
