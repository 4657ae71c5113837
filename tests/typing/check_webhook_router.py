"""Never run, only checked: which handlers `Router.on` takes for which class, and what an inbox gives."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal, assert_type

from smtp2go_async.webhooks.events import Bounced, Event, Opened
from smtp2go_async.webhooks.inbox import Inbox, InboxCounts, Lease, StoredEvent
from smtp2go_async.webhooks.router import Router
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox

router = Router()


@router.on(Bounced, bounce="hard")
async def of_bounces(event: Bounced) -> None:
    assert_type(event.bounce, Literal["hard", "soft"] | None)


@router.on(Bounced)
def of_all(event: Event) -> int:
    return len(event.name)


@router.on("bounce")
async def by_word(event: Bounced) -> None: ...


@router.on(Opened)  # type: ignore[arg-type]
def of_bounces_for_opened(event: Bounced) -> None: ...


@router.on(Event)  # type: ignore[arg-type]
async def of_bounces_for_all(event: Bounced) -> None: ...


@router.on(Event)  # type: ignore[arg-type]
def of_two(event: Event, other: int) -> None: ...


router.on(3)  # type: ignore[call-overload]


class Handlers:
    def handle(self, event: Opened) -> None: ...


router.on(Opened)(Handlers().handle)
router.on(Bounced)(Handlers().handle)  # type: ignore[arg-type]
router.on(Opened)(lambda event: print(event.read_seconds))


async def stores(inbox: SqliteInbox, event: Event, lease: Lease) -> None:
    assert_type(await of_bounces(Bounced(name="bounce")), None)
    assert_type(of_all(Bounced(name="bounce")), int)
    as_protocol: Inbox = inbox
    assert_type(await as_protocol.add(event), bool)
    assert_type(await inbox.take(3, lease_seconds=5), Sequence[Lease])
    assert_type(await inbox.counts(), InboxCounts)
    async for stored in inbox.events(state="dead"):
        assert_type(stored, StoredEvent)
    assert_type([found.attempts for found in inbox.sync.events()], list[int])
    assert_type(await inbox.prune(dt.timedelta(days=1)), int)
    await inbox.prune(3)  # type: ignore[arg-type]
    inbox.events(state="ded")  # type: ignore[arg-type]
    await inbox.fail(lease, "x")  # type: ignore[call-arg]
