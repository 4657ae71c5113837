"""An inbox: where events are stored before the provider is told that they arrived."""

import datetime as dt
from collections.abc import AsyncIterator, Collection, Sequence
from inspect import iscoroutinefunction
from typing import Final, Literal, Protocol, cast, runtime_checkable

import attrs

from .._values.problems import wrong_type
from .events import Event

State = Literal["waiting", "leased", "done", "dead"]
"""How far a stored event came.

``waiting``: to be given to the handlers, now or after a failed try. ``leased``: a worker has it. ``done``: the handlers
returned. ``dead``: given up after the last try; `Inbox.retry` makes it wait again.
"""

STATES: Final[tuple[State, ...]] = ("waiting", "leased", "done", "dead")


@attrs.frozen(kw_only=True)
class InboxCounts:
    """How many events an inbox has in each state."""

    waiting: int = 0
    leased: int = 0
    done: int = 0
    dead: int = 0

    @property
    def total(self) -> int:
        """All events that the inbox has."""
        return self.waiting + self.leased + self.done + self.dead


@attrs.frozen(kw_only=True)
class Lease:
    """An event that a worker has taken, until the lease ends."""

    event: Event
    """The event, with this try counted in its `Event.attempt`: 1 for the first. By that number a worker sees which try
    is the last."""
    token: str
    """Tells this lease from an earlier or a later lease of the same event: a worker whose lease has ended can no longer
    say what became of the event."""


@attrs.frozen(kw_only=True)
class StoredEvent:
    """An event in an inbox, with how far it came."""

    event: Event
    state: State
    attempts: int
    """How many times it was given to the handlers."""
    error: str | None = None
    """The class of what the last failed try raised, with its text; without addresses and keys."""
    due_at: dt.datetime | None = None
    """When a waiting event is tried next, or when a lease ends; ``None`` in the other states."""


@runtime_checkable
class Inbox(Protocol):
    """What a `Receiver` needs of a store. `SqliteInbox` is the one that comes along.

    A class of your own needs all of these methods, and need not derive from this one. Store `Event.body` and
    `Event.content_type`, and make the event from them again with `parse`; `Event.key` tells it from all others. A
    failure of the store has to be an `InboxError`, which a worker waits out; any other error ends the worker.
    """

    async def add(self, event: Event) -> bool:
        """Store an event, and return whether it is new; an event that is stored already is left as it is.

        An event that `backfill` found in the account's activity is the same as an event of a webhook with the same
        name, e-mail and recipient within two seconds, and the other way round: activity has other ids.

        When this returns, the event is on the disk: it survives a crash of the process and of the machine.

        Raises:
            InboxError: It could not be stored, and nothing of it was.
        """
        ...

    async def take(self, count: int, *, lease_seconds: float) -> Sequence[Lease]:
        """Take up to ``count`` events that are due, oldest first. No other worker gets them until the lease ends.

        Each event comes with its number of tries, this one included:
        ``attrs.evolve(event, attempt=tries, received_at=stored_at)``. Without that, no try is ever the last, and an
        event whose handler always fails is never ``dead``.

        A lease that ends makes its event due again, and has counted as a try. An event that can't be read any more is
        ``dead`` and not among them.
        """
        ...

    async def finish(self, lease: Lease) -> bool:
        """Note that the handlers returned; ``False`` if the lease is not valid any more, and nothing changed."""
        ...

    async def fail(self, lease: Lease, error: str, *, retry_seconds: float | None) -> bool:
        """Note that a try failed: wait for so many seconds, or give the event up (``dead``) with ``None``.

        Returns ``False`` if the lease is not valid any more, and nothing changed.
        """
        ...

    async def give_back(self, lease: Lease) -> bool:
        """Let an event wait again as if it had not been taken, since its handlers were not started."""
        ...

    async def seconds_until_due(self) -> float | None:
        """Return the seconds until the next event is due or the next lease ends (0 if that is now).

        ``None``: no event waits and none is leased.
        """
        ...

    async def wait(self, seconds: float) -> None:
        """Return when an event may be due: at once if one is, or when one comes, and after so many seconds at the most.

        It may return too early, and it need not notice an event that another process stores. A worker waits for a
        second at a time and then calls `take` again.
        """
        ...

    async def counts(self) -> InboxCounts:
        """Count the events by state."""
        ...

    def events(self, *, state: State | None = None) -> AsyncIterator[StoredEvent]:
        """Iterate over the stored events, oldest first: all, or the events in one state."""
        ...

    async def retry(self, keys: Collection[str] | None = None) -> int:
        """Let dead events wait again, all or the events with these keys, and return how many; tries count anew."""
        ...

    async def prune(self, older_than: dt.timedelta, *, dead: bool = False) -> int:
        """Delete events that are done and were received before that long ago; return how many.

        For 3 days after its arrival an event stays known although it is deleted, since the provider repeats what it
        believes undelivered for 48 hours: a late repeat is not told twice. `backfill` finds older events as well: keep
        what it may still be asked for, 30 days or so on a paid plan, or give it a ``since`` of less than 3 days ago.

        Args:
            older_than: How long ago, at least.
            dead: Delete events that are dead, and not those that are done.
        """
        ...


def is_blocking(inbox: Inbox) -> bool:
    """Whether an inbox is the blocking form of another, whose methods have the same names and can't be awaited."""
    # By what it says that it returns: a plain function may return something to await.
    says_bool = getattr(inbox.add, "__annotations__", {}).get("return") in (bool, "bool")
    return says_bool and not iscoroutinefunction(inbox.add)


def check_inbox(inbox: object, *names: str) -> None:
    """Refuse what is no inbox, and the blocking form of an inbox.

    Args:
        inbox: The inbox.
        *names: The methods that it needs; all of `Inbox` if none is given.

    Raises:
        ArgumentTypeError: It is one of these.
    """
    needed = names or tuple(name for name in vars(Inbox) if not name.startswith("_"))
    missing = [name for name in needed if not callable(getattr(inbox, name, None))]
    if isinstance(inbox, type) or missing:
        some = f"; it has no {', '.join(missing)}" if 0 < len(missing) < len(needed) else ""
        expected = "an inbox, such as SqliteInbox(path) or an object with every method of Inbox"
        raise wrong_type("inbox", expected, inbox, some)
    # The checks above have seen the method that is looked at.
    if is_blocking(cast(Inbox, inbox)):
        raise wrong_type("inbox", "an inbox with async methods, such as SqliteInbox(path) without .sync", inbox)
