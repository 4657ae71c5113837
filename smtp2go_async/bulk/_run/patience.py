"""How the calls of a run are made: they outlast cool-downs, and stop waiting when the run is to end."""

import anyio

from ..._calls import Calls
from ...errors import NotSentError
from ...retry import RetryBudget, RetryPolicy

OUTLAST = 3600.0
"""Seconds for which a call waits for cool-downs, or for the network, before it ends the run."""


class _NoBudget(RetryBudget):
    """Lets all repeats go: each call of a run ends its own waiting, and together they would use up a budget at once."""

    REPEAT_COST = 0
    REPEAT_COST_AFTER_TIMEOUT = 0


def patient(calls: Calls, stopping: anyio.Event) -> Calls:
    """Return a copy that outlasts cool-downs, and stops waiting when the run is to end."""
    own = calls.settings.retry
    # With at_least_once, keep the caller's own number of attempts.
    attempts = own.attempts if own.at_least_once else 30

    async def sleep(seconds: float) -> None:
        """Wait, unless the run is to end: a call that waits has not left, so its rows can go back."""
        async with anyio.create_task_group() as tasks:

            async def stop() -> None:
                await stopping.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(stop)
            await calls.sleep(seconds)
            tasks.cancel_scope.cancel()
        if stopping.is_set():
            raise NotSentError("the run ended while this call waited", final=True)

    return calls.evolve(
        retry=RetryPolicy(attempts, OUTLAST, 1.0, 60.0, at_least_once=own.at_least_once),
        raise_on_refused=True,
        sleep=sleep,
        budget=_NoBudget(),
    )
