"""An event as a row of the inbox's table, and back."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any, Final, cast

import attrs

from ..._masking import mask_text, one_line
from ..._values.problems import invalid, wrong_type
from ..events import Bounced, Clicked, Event, Source, UnknownEvent
from ..inbox import State, StoredEvent

MAX_TEXT: Final = 200
"""Characters of a key, an id or a name that are stored as they are. Of a longer text, a hash is stored."""

MAX_ERROR: Final = 500
"""Characters that are stored of the text of an error."""

Parse = Callable[[bytes, str | None], Event]


@attrs.frozen
class EventRow:
    """The columns of a new event, made in the caller's thread, so that an event that can't be stored harms no other."""

    key: str
    id: str | None
    fingerprint: str
    name: str
    email_id: str | None
    time: float | None
    recipients: str
    detail: str | None
    """The kind of a bounce, or the hash of a link that was followed."""
    source: Source
    content_type: str
    body: bytes

    @classmethod
    def of(cls, event: object) -> "EventRow":
        """Return the row of an event.

        Raises:
            ArgumentTypeError: It is not an event.
            InvalidArgumentError: It has no body, from which it could be made again.
        """
        if not isinstance(event, Event):
            raise wrong_type("event", "an event", event)
        if not isinstance(event.body, bytes) or not event.body:
            raise invalid(
                "event", "must have the body that it was parsed from, since an inbox makes the event from it again"
            )
        return cls(
            key=stored_text(event.key),
            id=None if event.id is None else stored_text(event.id),
            fingerprint=event.fingerprint,
            name=stored_text(event.name),
            email_id=None if event.email_id is None else stored_text(event.email_id),
            time=None if event.time is None else event.time.timestamp(),
            recipients=json.dumps([_hashed(address) for address in event.recipients]),
            detail=_detail(event),
            source=event.source,
            content_type=event.content_type.encode("utf-8", "replace").decode(),
            body=event.body,
        )


def stored_text(text: str) -> str:
    """Return how a text that came from outside is stored: as it is if it is short and UTF-8 has a form for it."""
    if len(text) <= MAX_TEXT and "\0" not in text:
        try:
            text.encode()
            return text
        except UnicodeEncodeError:
            pass
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _hashed(address: str) -> str:
    return hashlib.sha256(address.lower().encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _detail(event: Event) -> str | None:
    if isinstance(event, Clicked):
        return None if event.url is None else _hashed(event.url)
    return event.bounce if isinstance(event, Bounced) else None


def stored_error(text: str) -> str:
    """Return the text of an error as it is stored: on a line, cut, without addresses and keys."""
    # Masked before it is cut, since half an address would not be recognised; and not all of a text of megabytes.
    return one_line(mask_text(text[: 20 * MAX_ERROR]))[:MAX_ERROR].encode("utf-8", "replace").decode()


def read_event(parse: Parse, body: bytes, content_type: str, *, attempts: int, source: str, received: float) -> Event:
    """Make the event of a row anew: a later version of the library may read more of it.

    Raises:
        Exception: What `parse` raises for a body that it refuses.
    """
    event = parse(body, content_type)
    made: Event = attrs.evolve(
        cast(Any, event),
        attempt=max(attempts, 1),
        source=source,
        received_at=_time(received),
        body=body,
        content_type=content_type,
    )
    return made


def read_stored(parse: Parse, row: tuple[Any, ...]) -> StoredEvent:
    """Make what `Inbox.events` gives of a row with the columns of `statements.PAGE_COLUMNS`."""
    _number, state, due, attempts, received, source, error, id_, name, email_id, content_type, body = row
    try:
        event = read_event(parse, body, content_type, attempts=attempts, source=source, received=received)
    except Exception:
        # It must be seen here, all the more if it can't be read any longer.
        event = UnknownEvent(
            name=name,
            id=id_,
            email_id=email_id,
            attempt=max(attempts, 1),
            source=source,
            received_at=_time(received),
            body=body,
            content_type=content_type,
        )
    waits = state in ("waiting", "leased")
    return StoredEvent(
        event=event,
        state=cast(State, state),
        attempts=attempts,
        error=error,
        due_at=_time(due) if waits else None,
    )


def _time(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
