"""Work that goes on to its end when the request around it is cancelled, because its sender went away."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


async def run_shielded(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run work to its end, and only then let a cancellation of this task take effect.

    The caller is not left before the work has ended, so that no request ends with work that nobody waits for.
    """
    on_asyncio = anyio.get_cancelled_exc_class() is asyncio.CancelledError
    with anyio.CancelScope(shield=True):
        return await (_in_own_task(work) if on_asyncio else work())
    # To a type checker a scope can end early; nothing cancels this one.
    raise AssertionError("unreachable")


async def _in_own_task(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Hold off a cancellation of the task itself, which servers for asyncio use, and a scope of anyio lets through."""
    task = asyncio.get_running_loop().create_task(work())
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        # Looked at, since asyncio complains of an error that nothing has seen.
        task.exception()
    raise cancelled
