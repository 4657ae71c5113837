"""How many calls a run makes at a time."""

from ..._calls import Calls
from .._plan import FIRST_CONCURRENT_CALLS


class CallLimit:
    """Starts low, and grows by one call with each accepted call, so that each round has twice as many."""

    def __init__(self, calls: Calls, concurrency: int) -> None:
        self._calls = calls
        self._concurrency = concurrency
        self._grown_to = min(concurrency, FIRST_CONCURRENT_CALLS)

    @property
    def value(self) -> int:
        """How many calls make sense at a time."""
        # After a block the pacer lets few calls go. More workers would only claim rows and then wait.
        allowed = self._calls.pacer.most_at_a_time
        return self._grown_to if allowed is None else min(self._grown_to, allowed)

    def grow(self) -> None:
        """Allow a further call, up to the number that the caller asked for."""
        self._grown_to = min(self._concurrency, self._grown_to + 1)
