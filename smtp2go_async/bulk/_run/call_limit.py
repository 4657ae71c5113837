"""How many calls a run makes at a time."""

from typing import TYPE_CHECKING

from .._plan import FIRST_CALLS

if TYPE_CHECKING:
    from ...client import AsyncClient


class CallLimit:
    """Starts low, and grows by one call with each accepted call, so that it doubles in each round."""

    def __init__(self, client: "AsyncClient", concurrency: int) -> None:
        self._client = client
        self._concurrency = concurrency
        self._grown_to = min(concurrency, FIRST_CALLS)

    @property
    def value(self) -> int:
        """How many calls make sense at a time."""
        # After a block the pacer lets few calls go. More workers would only claim rows and then wait.
        allowed = self._client.pacer.most_at_a_time
        return self._grown_to if allowed is None else min(self._grown_to, allowed)

    def grow(self) -> None:
        """Allow one more call, up to the number that the caller asked for."""
        self._grown_to = min(self._concurrency, self._grown_to + 1)
