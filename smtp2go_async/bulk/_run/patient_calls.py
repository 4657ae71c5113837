"""How the calls of a run are made: they outlast cool-downs, and stop waiting when the run is to end."""

import anyio

from ..._calls import Calls
from ...errors import NotSentError
from ...retry import RetryBudget, RetryPolicy

MAX_WAIT_SECONDS = 3600.0
"""For how long a call waits for cool-downs, or for the network, before it ends the run."""


class _NoBudget(RetryBudget):
    """No limit on the repeats of all calls together: the many calls of a run would use up a budget within seconds."""

    REPEAT_COST = 0
    REPEAT_COST_AFTER_TIMEOUT = 0


def patient(calls: Calls, stopping: anyio.Event) -> Calls:
    """Return a copy that outlasts cool-downs, and stops waiting when the run is to end."""
    own = calls.settings.retry
    # With at_least_once, keep the caller's own number of attempts: each may carry the call out once more.
    attempts = own.attempts if own.at_least_once else 30

    # Without this, the end of a run would wait for a cool-down of up to an hour.
    async def sleep(seconds: float) -> None:
        """Wait, unless the run is to end: a call that waits has not left yet, so its rows can go back."""
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
        retry=RetryPolicy(attempts, MAX_WAIT_SECONDS, 1.0, 60.0, at_least_once=own.at_least_once),
        raise_on_refused=True,
        sleep=sleep,
        budget=_NoBudget(),
    )
