"""What every event can do: be shown, copied, pickled, compared, and told from all others."""

import copy
import datetime as dt
import pickle
import subprocess
import sys
from typing import Any

import attrs
import pytest
from webhooks.payloads import EMAIL, REQUEST, TEXT, parsed

from smtp2go_async.webhooks.events import Bounced, Clicked, Event, Processed

EVENTS: list[dict[str, Any]] = [
    EMAIL,
    {**EMAIL, **REQUEST, "event": "open", "X-Order": "7"},
    {**EMAIL, **REQUEST, "event": "click", "url": "https://me:secret@shop.example/token"},
    TEXT,
    {**EMAIL, "event": "a_later_event"},
    {"event": "spam"},
]


@pytest.mark.parametrize("payload", EVENTS)
def test_an_event_is_equal_to_each_copy_of_it(payload: dict[str, Any]) -> None:
    event = parsed(payload)
    _ = event.key
    for copied in (
        pickle.loads(pickle.dumps(event)),
        copy.copy(event),
        copy.deepcopy(event),
        attrs.evolve(event),
        type(event)(**{field.name: getattr(event, field.name) for field in attrs.fields(type(event))}),
    ):
        assert copied == event
        assert hash(copied) == hash(event)
        assert (copied.key, copied.body, copied.headers) == (event.key, event.body, event.headers)


def test_events_that_share_nothing_have_parts_of_their_own() -> None:
    first, second = parsed({"event": "open"}), parsed({"event": "open"})
    assert first.headers is not second.headers
    assert first.client is not second.client


def test_an_event_with_another_attempt_is_made_by_evolve() -> None:
    event = parsed(EMAIL)
    again = attrs.evolve(event, attempt=2, source="activity")
    assert (again.attempt, again.source, again.key) == (2, "activity", event.key)
    assert again != event


SECRETS = ["kim", "orders@", "secret", "token", "64210000001", "64210000002", "parcel", "Your order", "250 2.0.0"]


@pytest.mark.parametrize("payload", EVENTS)
def test_a_repr_shows_no_address_and_nothing_personal(payload: dict[str, Any]) -> None:
    shown = f"{parsed({**payload, 'auth': 'kim@mail.example', 'X-Secret': 'secret'})!r} {parsed(payload)}"
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize(
    "key", sorted({**EMAIL, **TEXT, **REQUEST}.keys() - {"id", "email_id", "message_id", "message-id", "Message-Id"})
)
def test_an_address_in_any_field_but_an_id_is_not_shown(key: str) -> None:
    for payload in (EMAIL, TEXT):
        event = parsed({**payload, key: "jo.doe@mail.example"})
        assert "jo.doe" not in repr(event)


def test_a_key_has_the_id_with_the_name_before_it() -> None:
    assert parsed(EMAIL).key == "delivered:0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("odd", ["x" * 300, "\x00", "\ud800", "é", "a\nb"])
def test_a_key_fits_into_any_database(odd: str) -> None:
    for event in (parsed({**EMAIL, "id": odd}), parsed({"event": odd, "id": "7"})):
        assert event.key.isascii()
        assert event.key.isprintable()
        assert len(event.key) <= 255
    assert parsed({**EMAIL, "id": odd}).key != parsed({**EMAIL, "id": odd + "!"}).key


NO_ID = {key: value for key, value in EMAIL.items() if key != "id"}
NO_TEXT_ID = {key: value for key, value in TEXT.items() if key != "id"}


@pytest.mark.parametrize(
    "time",
    ["2026-03-14 09:26:53", "2026-03-14T22:26:53+13:00", "2026-03-14T09:26:53.9Z", 1773480413, "1773480413000"],
)
def test_the_same_moment_in_another_spelling_gives_the_same_fingerprint(time: object) -> None:
    assert parsed({**NO_ID, "time": time}).fingerprint == parsed(NO_ID).fingerprint


@pytest.mark.parametrize("key", ["sendtime", "message", "subject", "sender", "auth", "X-Order", "host", "id"])
def test_a_field_that_does_not_say_what_happened_does_not_count(key: str) -> None:
    assert parsed({**NO_ID, key: "other"}).fingerprint == parsed(NO_ID).fingerprint


@pytest.mark.parametrize(
    ("payload", "change"),
    [
        (NO_ID, {"event": "spam"}),
        (NO_ID, {"email_id": "other"}),
        (NO_ID, {"rcpt": "lee@mail.example"}),
        (NO_ID, {"time": "2026-03-14T09:26:54Z"}),
        ({**NO_ID, "event": "click", "url": "https://a.example"}, {"url": "https://b.example"}),
        ({**NO_ID, "event": "bounce", "time": None}, {"message": "other"}),
        ({**NO_ID, "event": "bounce", "time": "yesterday"}, {"time": "today"}),
        ({"event": "open"}, {"X-Order": "8"}),
        (NO_TEXT_ID, {"message_id": "text-8"}),
        (NO_TEXT_ID, {"destination_number": "+64210000009"}),
        ({**NO_TEXT_ID, "message_id": None}, {"message_content": "other"}),
    ],
)
def test_two_events_have_two_fingerprints(payload: dict[str, Any], change: dict[str, Any]) -> None:
    assert parsed(payload).fingerprint != parsed({**payload, **change}).fingerprint


def test_recipients_in_another_order_are_the_same() -> None:
    events = [Processed(name="processed", email_id="1w", recipients=order) for order in (("a", "b"), ("b", "a"))]
    assert events[0].fingerprint == events[1].fingerprint


@pytest.mark.parametrize("zone", [None, *(dt.timezone(dt.timedelta(hours=hours)) for hours in (-14, 0, 14))])
@pytest.mark.parametrize("time", [dt.datetime.min, dt.datetime.max, dt.datetime(1969, 12, 31)])
def test_no_time_is_too_extreme_for_a_fingerprint(time: dt.datetime, zone: dt.timezone | None) -> None:
    assert len(Event(name="open", email_id="1w", time=time.replace(tzinfo=zone)).fingerprint) == 64


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    click = Clicked(name="click", email_id="1w", recipients=("b", "a"), url="https://a.example/\ud800")
    program = "import pickle, sys; print(pickle.load(sys.stdin.buffer).fingerprint)"
    made = attrs.evolve(click, time=dt.datetime(2026, 3, 14, tzinfo=dt.UTC))
    run = subprocess.run([sys.executable, "-c", program], input=pickle.dumps(made), capture_output=True, check=True)
    assert run.stdout.decode().strip() == made.fingerprint


def test_fingerprint_and_key_are_computed_once() -> None:
    event = Bounced(name="bounce")
    assert event.fingerprint is event.fingerprint
    assert event.key is event.key
