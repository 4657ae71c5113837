"""The client of a run: it outlasts cool-downs, and stops to wait when the run is to end."""

from typing import TYPE_CHECKING

import anyio

from ...errors import NotSentError
from ...retry import RetryBudget, RetryPolicy

if TYPE_CHECKING:
    from ...client import AsyncClient

OUTLAST = 3600.0
"""Seconds for which a call waits for cool-downs, or for the network, before it ends the run."""


class _NoBudget(RetryBudget):
    """Each call of a run has its own end of patience; together they would be through with a budget in seconds."""

    REPEAT_COST = 0
    REPEAT_COST_AFTER_TIMEOUT = 0


def patient(client: "AsyncClient", stopping: anyio.Event) -> "AsyncClient":
    """Return a copy of a client that outlasts cool-downs, and stops to wait when the run is to end."""
    own = client._settings.retry
    # Who wants a call repeated that may have been carried out wants it as often as that, and no more.
    attempts = own.attempts if own.at_least_once else 30
    patience = RetryPolicy(attempts, OUTLAST, 1.0, 60.0, at_least_once=own.at_least_once)
    copy = client.with_options(retry=patience, raise_on_refused=True)
    original = client._sleep

    async def sleep(seconds: float) -> None:
        """Wait, unless the run is to end: a call that waits has not left, so its rows can go back."""
        async with anyio.create_task_group() as tasks:

            async def stop() -> None:
                await stopping.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(stop)
            await original(seconds)
            tasks.cancel_scope.cancel()
        if stopping.is_set():
            raise NotSentError("the run ended while this call waited", final=True)

    copy._sleep = sleep
    copy._budget = _NoBudget()
    return copy
