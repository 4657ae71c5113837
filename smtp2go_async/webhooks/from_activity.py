"""Events that never came, taken from the account's activity after an outage."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import attrs

from .._model_class import model
from .._values.checks import check_words
from .._values.dates import DateLike, format_date
from .._values.problems import invalid, not_one_of, wrong_type
from ..endpoints.activity import ActivityEvent
from ..retry import RetryPolicy
from ._clients import check_client
from .events import Event
from .inbox import Inbox, check_inbox
from .parse import parse

if TYPE_CHECKING:
    from ..client import AsyncClient
    from ..sync import SyncClient

CONTENT_TYPE: Final = "application/json"

MAX_ADDED_TOGETHER: Final = 100
"""Events that are added at the same time, so that they share commits of the inbox."""
_THREADS: Final = 32

_WEBHOOK_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "processed": {"event": "processed"},
    "delivered": {"event": "delivered"},
    "opened": {"event": "open"},
    "clicked": {"event": "click"},
    "soft-bounced": {"event": "bounce", "bounce": "soft"},
    "hard-bounced": {"event": "bounce", "bounce": "hard"},
    "spam": {"event": "spam"},
    "unsubscribed": {"event": "unsubscribe"},
    "resubscribed": {"event": "resubscribe"},
    "rejected": {"event": "reject"},
}
"""What a webhook says for each word of activity."""

_EVENT_NAMES: Final = tuple(dict.fromkeys(words["event"] for words in _WEBHOOK_WORDS.values()))

_MESSAGE_ID: Final = "Message-Id"
"""A header that every webhook reports, as the subject, which activity has anyway."""

_CLIENT_KEYS: Final = {"name": "client", "client": "client", "device": "client-device", "os": "client-os"}
_DETAIL_KEYS: Final = {
    "client": "client",
    "clientdevice": "client-device",
    "clientos": "client-os",
    "useragent": "user-agent",
    "continent": "geoip-continent",
    "geoipcontinent": "geoip-continent",
    "country": "geoip-country",
    "geoipcountry": "geoip-country",
    "city": "geoip-city",
    "geoipcity": "geoip-city",
    "url": "url",
    "link": "url",
    "clickurl": "url",
    "readsecs": "read-secs",
    "ip": "srchost",
    "ipaddress": "srchost",
    "srchost": "srchost",
}
"""What a webhook calls details of an opening or a click; by their names in small letters, without hyphens. The names in
activity are not published, so each that is likely is here."""


class BlockingInbox(Protocol):
    """What `backfill_sync` needs of an inbox: `SqliteInbox.sync` has it."""

    def add(self, event: Event) -> bool:
        """Store an event, and return whether it is new."""
        ...


@model
class BackfillReport:
    """What `backfill` found."""

    found: int = 0
    """Events in the activity. ``processed`` of an e-mail is one event, as in a webhook, for all its recipients."""
    added: int = 0
    """Events that the inbox did not have, and has now."""

    @property
    def known(self) -> int:
        """Events that the inbox had."""
        return self.found - self.added


async def backfill(
    client: "AsyncClient",
    inbox: Inbox,
    *,
    since: DateLike,
    until: DateLike | None = None,
    events: Iterable[str] = (),
    headers: Iterable[str] = (),
    usernames: Iterable[str] = (),
) -> BackfillReport:
    """Add the events to an inbox that happened in some time and never came.

    ``POST /activity/search``, at most 60 calls a minute, of 1,000 events each. The provider tries for 48 hours to
    report an event; after a longer outage, the events before are only there. It keeps them for 5 days on a free plan,
    for 30 days or more on a paid plan, and shows an event about two minutes after it happened. It has no texts.

    An event that the inbox has, or gets later after all, is not given to the handlers twice: the inbox compares the
    e-mail, the recipient, the kind of event and the time. So this can be called again at any time, also after it was
    interrupted. An event that was pruned is known for 3 days after it arrived: if events since ``since`` were pruned,
    the handlers get the older of them again. The handlers get the events from the inbox, as any others, with
    ``event.source == "activity"``. They have no `Event.id`, and fewer details than a webhook's event.

    Args:
        client: The client. A cool-down after too many searches is waited for.
        inbox: The inbox of the `Receiver`.
        since: The start of the time, included: a time with a zone, or a date, which means its midnight in UTC.
        until: Its end, not included; now when left out.
        events: The events that the webhook reports, as in `ensure_webhook`; all if empty.
        headers: The headers of e-mails that it reports, such as `BULK_HEADER`. The Message-ID is always asked for.
        usernames: The users whose e-mails it reports; all if empty.

    Raises:
        InvalidArgumentError: A time has no zone, ``since`` is in the future, ``until`` is not after it, or a name is
            wrong.
        InboxError: An event could not be stored. What was added before stays.
        PagingError: The search broke off. Call it again; with ``since`` as it was, nothing is added twice.
        Smtp2goError: A search failed.

    Example:
        report = await backfill(client, inbox, since=datetime.now(UTC) - timedelta(days=4))
        print(report.added, "events had not come")
    """
    # Late, so that webhooks can be read without it.
    import anyio

    search = _search(since, until, events, headers, usernames)
    check_client(client, is_async=True, twin="backfill_sync")
    check_inbox(inbox, "add")
    patient = client.with_options(retry=RetryPolicy.patient())
    new_events = _NewEvents()
    found = added = 0
    waiting: list[ActivityEvent] = []

    async def add_all() -> None:
        # Together, since each add waits for the disk, and those that wait at the same time wait once.
        nonlocal found
        made, errors = new_events(waiting), list[Exception]()
        waiting.clear()

        async def add(event: Event) -> None:
            nonlocal added
            try:
                if await inbox.add(event):
                    added += 1
            except Exception as error:
                errors.append(error)

        async with anyio.create_task_group() as group:
            for event in made:
                group.start_soon(add, event)
        if errors:
            raise errors[0]
        found += len(made)

    async for activity in patient.activity.search_all(**search):
        waiting.append(activity)
        if len(waiting) == MAX_ADDED_TOGETHER:
            await add_all()
    await add_all()
    return BackfillReport(found=found, added=added)


def backfill_sync(
    client: "SyncClient",
    inbox: BlockingInbox,
    *,
    since: DateLike,
    until: DateLike | None = None,
    events: Iterable[str] = (),
    headers: Iterable[str] = (),
    usernames: Iterable[str] = (),
) -> BackfillReport:
    """Add the events to an inbox that never came, with a `SyncClient` and ``inbox.sync``; see `backfill`."""
    from concurrent.futures import ThreadPoolExecutor

    search = _search(since, until, events, headers, usernames)
    check_client(client, is_async=False, twin="backfill")
    if not callable(getattr(inbox, "add", None)) or isinstance(inbox, type) or iscoroutinefunction(inbox.add):
        raise wrong_type("inbox", "an inbox with blocking methods, such as SqliteInbox(path).sync", inbox)
    new_events = _NewEvents()
    found = added = 0
    waiting: list[ActivityEvent] = []
    with ThreadPoolExecutor(_THREADS) as pool:

        def add_all() -> None:
            nonlocal found, added
            made = new_events(waiting)
            waiting.clear()
            added += sum(pool.map(inbox.add, made))
            found += len(made)

        for activity in client.with_options(retry=RetryPolicy.patient()).activity.search_all(**search):
            waiting.append(activity)
            if len(waiting) == MAX_ADDED_TOGETHER:
                add_all()
        add_all()
    return BackfillReport(found=found, added=added)


# --- arguments -------------------------------------------------------------------------------------------------------


def _search(
    since: DateLike, until: DateLike | None, events: Iterable[str], headers: Iterable[str], usernames: Iterable[str]
) -> dict[str, Any]:
    """Check the arguments, and return the arguments of the search."""
    start = _moment(since, "since")
    if start > dt.datetime.now(dt.UTC):
        raise invalid("since", "must not be in the future")
    if until is not None and _moment(until, "until") <= start:
        raise invalid("until", "must be after since")
    names = check_words(_listed(events), "events")
    for number, name in enumerate(names):
        if name not in _EVENT_NAMES:
            raise not_one_of(f"events[{number}]", _EVENT_NAMES, name)
    asked = check_words(_listed(headers), "headers")
    users = check_words(_listed(usernames), "usernames")
    found: dict[str, Any] = {"start_date": since, "end_date": until}
    if names:
        found["event_types"] = [word for word, said in _WEBHOOK_WORDS.items() if said["event"] in names]
    if users:
        found["search_usernames"] = users
    found["custom_headers"] = list({name.lower(): name for name in (_MESSAGE_ID, *asked)}.values())
    return found


def _listed(words: Iterable[str]) -> Any:
    # A set has no order, and is not a sequence.
    return sorted(words) if isinstance(words, (set, frozenset)) else words


def _moment(value: DateLike, argument: str) -> dt.datetime:
    format_date(value, argument)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    return dt.datetime.combine(value, dt.time(), dt.UTC)


# --- an event of activity as a webhook tells it ----------------------------------------------------------------------


class _NewEvents:
    """Makes the events that webhooks tell. Activity has ``processed`` for each recipient, a webhook for an e-mail."""

    def __init__(self) -> None:
        self._shared: set[str] = set()
        """The keys of the events with several recipients."""

    def __call__(self, found: Sequence[ActivityEvent]) -> list[Event]:
        """Return the events that did not come before."""
        made: list[Event] = []
        for event in map(event_of, found):
            if len(event.recipients) > 1:
                if event.key in self._shared:
                    continue
                self._shared.add(event.key)
            made.append(event)
        return made


def event_of(activity: ActivityEvent) -> Event:
    """Return an event of activity as the event that a webhook would have told, with a body in a webhook's words."""
    body = json.dumps(dict(_fields(activity)), sort_keys=True).encode("ascii")
    # Such a body is always JSON and names an event, so nothing is raised here.
    event: Event = attrs.evolve(cast(Any, parse(body, CONTENT_TYPE)), source="activity")
    return event


def _fields(activity: ActivityEvent) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a webhook that have a value. Of fields with the same name, the last counts."""
    # A header of the e-mail can have any name, so all other fields come after the headers.
    yield from (activity.custom_headers or {}).items()
    yield from ((name, value) for name, value in _facts(activity) if value)
    yield from _WEBHOOK_WORDS.get(activity.event, {"event": activity.event or "unknown"}).items()


def _facts(activity: ActivityEvent) -> Iterator[tuple[str, Any]]:
    is_opening = activity.event in ("opened", "clicked")
    if is_opening:
        yield from _details(activity.email_client, _CLIENT_KEYS)
        yield from _details(activity.metadata, _DETAIL_KEYS)
    time = None if activity.date is None else activity.date.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    yield "email_id", activity.email_id
    yield "time", time
    if activity.event == "processed":
        yield "recipients", sorted(activity.recipients) or [activity.recipient]
        yield "srchost", activity.originating_host
    else:
        yield "rcpt", activity.recipient
        yield "host", activity.host
    if is_opening:
        yield f"{activity.event}-at", time
    yield "sender", activity.from_ or activity.sender
    yield "from", activity.sender_full or activity.sender
    yield "from_address", activity.sender
    yield "subject", activity.subject
    yield "auth", activity.username
    yield "message", activity.smtp_response or activity.reason or activity.error


def _details(given: Mapping[str, Any] | None, names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for key, value in (given or {}).items():
        if isinstance(value, Mapping):
            yield from _details(value, names)
            continue
        name = names.get("".join(filter(str.isalnum, str(key).lower())))
        if name is not None and isinstance(value, (str, int, float)):
            yield name, value
