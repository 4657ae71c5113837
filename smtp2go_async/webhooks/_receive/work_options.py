"""The options of a worker, apart from the worker, so that a receiver can be made where no event loop is installed."""

from ..._values.options import Options


class WorkOptions(Options, total=False):
    """Options of `Receiver.work`; each can be left out."""

    concurrency: int | None
    """How many events are worked on at a time; 10 when left out, 1,000 at the most."""
    tries: int | None
    """How often an event is tried before it is dead; 12 when left out. Their waits of 5, 10, 20 ... seconds then add up
    to some 4 hours."""
    first_retry_seconds: float | None
    """The wait after the first failed try; 5 seconds when left out. Each later wait is twice as long, give or take
    10 %."""
    max_retry_seconds: float | None
    """The longest wait; 3,600 seconds when left out."""
    handler_seconds: float | None
    """How long a handler may take; 60 seconds when left out. Then an async handler is cancelled. A plain one can't be,
    and goes on in its thread. Both are failed tries."""
    until_empty: bool | None
    """True to return when no event is due and no handler of this worker runs, for a job that is started now and then.
    Events whose next try is later are left for the next worker, as are events that other workers have."""
