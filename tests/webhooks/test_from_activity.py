"""Events that never came are found in the activity, and told once."""

import datetime as dt
import json

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtp2go_async import AsyncClient, InboxError, Pacer, PagingError, SyncClient
from smtp2go_async.bulk.journal import BULK_HEADER
from smtp2go_async.endpoints.activity import ActivityEvent
from smtp2go_async.errors import ApiError, ArgumentTypeError, InvalidArgumentError
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.webhooks import events as ev
from smtp2go_async.webhooks.fold import fold
from smtp2go_async.webhooks.from_activity import backfill, backfill_sync, event_of
from smtp2go_async.webhooks.parse import parse
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox

MINUTE = dt.timedelta(minutes=1)
DATE = dt.datetime(2026, 3, 24, 8, 23, 19, tzinfo=dt.UTC)


def ago(minutes=60):
    return dt.datetime.now(dt.UTC) - minutes * MINUTE


@pytest.fixture
def sandbox():
    with Sandbox(activity_per_minute=None) as running:
        yield running


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.db"


@pytest.fixture(params=["asyncio", "trio", "blocking"])
def fill(request, sandbox, path):
    """Return a function that backfills the inbox of the test, with each client."""

    async def main(arguments):
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client, SqliteInbox(path) as inbox:
            return await backfill(client, inbox, **arguments)

    def fill(**arguments):
        arguments = {"since": ago(), **arguments}
        if request.param != "blocking":
            return anyio.run(main, arguments, backend=request.param)
        with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client, SqliteInbox(path).sync as inbox:
            return backfill_sync(client, inbox, **arguments)

    return fill


@pytest.fixture
def send(sandbox):
    """Return a function that sends an e-mail from the account, and returns its id."""

    def send(to=("jane@example.com",), **more):
        body = {"sender": "shop@example.com", "to": list(to), "subject": "Hello", "text_body": "Hi", **more}
        return sandbox._account.call("/email/send", body)["data"]["email_id"]

    return send


def stored(path):
    with SqliteInbox(path).sync as inbox:
        return [entry.event for entry in inbox.events()]


def told(email_id, name="delivered", *, to="jane@example.com", at=None, **fields):
    """Return the event that a webhook tells."""
    when = (at or dt.datetime.now(dt.UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"event": name, "email_id": email_id, "rcpt": to, "time": when, "id": f"{name} of {email_id}", **fields}
    return parse(json.dumps(body).encode(), "application/json")


# --- into the inbox --------------------------------------------------------------------------------------------------


def test_events_that_never_came_are_added_and_marked(fill, send, path):
    email_id = send()
    report = fill()
    assert (report.found, report.added, report.known) == (2, 2, 0)
    events = {event.name: event for event in stored(path)}
    assert {name: type(event) for name, event in events.items()} == {
        "processed": ev.Processed,
        "delivered": ev.Delivered,
    }
    for event in events.values():
        assert (event.source, event.email_id, event.recipients) == ("activity", email_id, ("jane@example.com",))
        assert (event.sender, event.subject, event.id) == ("shop@example.com", "Hello", None)
        assert event.time.tzinfo is not None
        assert event.message_id == event.headers["Message-Id"]
    assert events["delivered"].message == "250 Message received"
    assert {key: state.status for key, state in fold(events.values()).items()} == {
        (email_id, "jane@example.com"): "delivered"
    }


def test_nothing_is_added_twice_when_it_is_run_again(fill, send, path):
    send()
    fill()
    send()
    report = fill()
    assert (report.found, report.added, report.known) == (4, 2, 2)
    assert len(stored(path)) == 4


def test_an_event_that_a_webhook_told_is_known(fill, send, path):
    email_id = send()
    with SqliteInbox(path).sync as inbox:
        inbox.add(told(email_id))
    report = fill()
    assert (report.added, report.known) == (1, 1)
    assert [(event.name, event.source) for event in stored(path)] == [
        ("delivered", "webhook"),
        ("processed", "activity"),
    ]


def test_a_webhook_that_comes_after_all_is_not_told_again(fill, send, path):
    email_id = send()
    fill()
    with SqliteInbox(path).sync as inbox:
        assert inbox.add(told(email_id)) is False
        assert inbox.add(told(email_id, to="joe@example.com")) is True


def test_processed_is_a_single_event_for_all_recipients(fill, send, path):
    """Activity has it for each recipient, a webhook for the e-mail."""
    send(["jane@example.com", "joe@example.com"])
    report = fill()
    assert (report.found, report.added) == (3, 3)
    (processed,) = (event for event in stored(path) if event.name == "processed")
    assert processed.recipients == ("jane@example.com", "joe@example.com")


def test_only_the_time_that_was_asked_for_is_searched(fill, send, sandbox):
    send()
    assert fill(since=ago(60), until=ago(30)).found == 0
    assert fill(since=dt.datetime.now(dt.UTC).date()).found == 2
    search = sandbox.requests[0].body
    assert {"start_date", "end_date"} <= set(search)


def test_only_the_events_and_users_that_were_asked_for_are_searched(fill, send, sandbox, path):
    send()
    assert fill(events=["delivered", "bounce"], usernames=[sandbox._account.username]).found == 1
    assert fill(usernames={"somebody else"}).found == 0
    search = sandbox.requests[0].body
    assert search["event_types"] == ["delivered", "soft-bounced", "hard-bounced"]


def test_headers_are_asked_for_and_come_with_the_events(fill, send, path, sandbox):
    send(custom_headers=[{"header": BULK_HEADER, "value": "token"}])
    fill(headers=[BULK_HEADER, "message-id"])
    assert {event.headers[BULK_HEADER] for event in stored(path)} == {"token"}
    assert sandbox.requests[0].body["custom_headers"] == ["message-id", BULK_HEADER]


def test_an_empty_activity_is_no_error(fill):
    report = fill()
    assert (report.found, report.added, report.known) == (0, 0, 0)


def test_a_cool_down_is_waited_for(sandbox, send, path, backend):
    now = [1000.0]

    async def sleep(seconds):
        now[0] += seconds
        await anyio.sleep(0)

    async def main():
        pacer = Pacer(clock=lambda: now[0], draw=lambda: 0.0)
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url, pacer=pacer) as client:
            client._calls.clock, client._calls.sleep = (lambda: now[0]), sleep
            sandbox.fail_next(3, status=429, path="/activity/search")
            async with SqliteInbox(path) as inbox:
                return await backfill(client, inbox, since=ago())

    send()
    assert anyio.run(main, backend=backend).added == 2


# --- interrupted -----------------------------------------------------------------------------------------------------


def test_all_pages_are_read_and_a_search_that_broke_off_is_made_good_by_the_next(fill, send, path, sandbox):
    for _ in range(12):
        send([f"r{number}@example.com" for number in range(50)])
    # 12 e-mails were delivered to 50 recipients each.
    expected = 12 * 51
    fetched = []
    search = sandbox._account.activity.search

    def failing(call):
        fetched.append(call)
        return search(call) if len(fetched) != 2 else call.fields.fail("continue_token", "has expired")

    sandbox._account.activity.search = failing
    with pytest.raises(PagingError, match="the token of the next page"):
        fill()
    before = len(stored(path))
    assert 0 < before < expected
    report = fill()
    assert (report.found, report.known, report.added) == (expected, before, expected - before)
    assert len(stored(path)) == expected
    assert len(fetched) == 4


class FullInbox:
    """Stores some events, and then none."""

    def __init__(self, room, inner):
        self.room, self.inner = room, inner

    async def add(self, event):
        self.room -= 1
        if self.room < 0:
            raise InboxError("the disk is full")
        return await self.inner.add(event)


def test_an_event_that_can_not_be_stored_ends_it_with_that_error(sandbox, send, path, backend):
    send([f"r{number}@example.com" for number in range(20)])

    async def main():
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client, SqliteInbox(path) as inbox:
            with pytest.raises(InboxError, match="the disk is full"):
                await backfill(client, FullInbox(5, inbox), since=ago())
            return await backfill(client, inbox, since=ago())

    report = anyio.run(main, backend=backend)
    assert (report.known, report.added) == (5, 16)


def test_a_search_that_is_refused_is_raised(fill, sandbox):
    sandbox.fail_next(status=400, path="/activity/search")
    with pytest.raises(ApiError):
        fill()


# --- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"since": dt.datetime(2026, 1, 1)}, InvalidArgumentError, "since: must be a time with a zone"),  # noqa: DTZ001
        ({"since": dt.datetime(9999, 1, 1, tzinfo=dt.UTC)}, InvalidArgumentError, "since: must not be in the future"),
        ({"since": dt.date(9999, 1, 1)}, InvalidArgumentError, "since: must not be in the future"),
        ({"since": "2026-01-01"}, ArgumentTypeError, "since: must be a datetime or a date"),
        ({"since": None}, ArgumentTypeError, "since: must be a datetime or a date"),
        ({"until": ago(60 * 24)}, InvalidArgumentError, "until: must be after since"),
        ({"until": dt.datetime(2026, 1, 1)}, InvalidArgumentError, "until: must be a time with a zone"),  # noqa: DTZ001
        ({"events": ["opened"]}, InvalidArgumentError, r"events\[0\]: must be one of .*did you mean 'open'\?"),
        ({"headers": [""]}, InvalidArgumentError, r"headers\[0\]: must not be empty"),
        ({"usernames": [1]}, ArgumentTypeError, r"usernames\[0\]: must be a str"),
    ],
)
def test_a_wrong_argument_is_an_error_before_any_call(fill, sandbox, arguments, error, text):
    with pytest.raises(error, match=text):
        fill(**arguments)
    assert sandbox.requests == ()


def test_an_inbox_is_required(sandbox, backend):
    async def main():
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
            await backfill(client, "events.db", since=ago())

    with pytest.raises(ArgumentTypeError, match="inbox: must be an inbox"):
        anyio.run(main, backend=backend)


# --- the words -------------------------------------------------------------------------------------------------------


def activity(event, **fields):
    found = {"email_id": "e-1", "date": DATE, "event": event, "recipient": "jane@example.com", **fields}
    return ActivityEvent(**found)


@pytest.mark.parametrize(
    ("word", "kind", "name"),
    [
        ("processed", ev.Processed, "processed"),
        ("delivered", ev.Delivered, "delivered"),
        ("opened", ev.Opened, "open"),
        ("clicked", ev.Clicked, "click"),
        ("soft-bounced", ev.Bounced, "bounce"),
        ("hard-bounced", ev.Bounced, "bounce"),
        ("spam", ev.Complained, "spam"),
        ("unsubscribed", ev.Unsubscribed, "unsubscribe"),
        ("resubscribed", ev.Resubscribed, "resubscribe"),
        ("rejected", ev.Rejected, "reject"),
        ("deferred", ev.UnknownEvent, "deferred"),
        ("", ev.UnknownEvent, "unknown"),
    ],
)
def test_each_event_of_activity_is_the_event_of_a_webhook(word, kind, name):
    event = event_of(activity(word))
    assert (type(event), event.name, event.source) == (kind, name, "activity")
    assert (event.email_id, event.recipient, event.time) == ("e-1", "jane@example.com", DATE)
    assert getattr(event, "bounce", None) == {"soft-bounced": "soft", "hard-bounced": "hard"}.get(word)
    assert parse(event.body, event.content_type).key == event.key


def test_the_details_of_a_bounce_and_of_a_rejection_are_kept():
    bounce = event_of(activity("hard-bounced", smtp_response="550 user\nunknown", host="192.0.2.25", username="shop"))
    assert (bounce.message, bounce.host, bounce.username) == ("550 user\nunknown", "192.0.2.25", "shop")
    assert event_of(activity("rejected", reason="unsubscribed before")).message == "unsubscribed before"
    assert event_of(activity("rejected", error="i/o timeout")).message == "i/o timeout"


def test_the_sender_of_the_envelope_and_that_of_the_from_header_stay_apart():
    event = event_of(activity("delivered", from_="bounces@example.com", sender="shop@example.com"))
    assert (event.sender, event.from_address) == ("bounces@example.com", "shop@example.com")


def test_what_is_known_of_an_opening_and_of_a_click_is_kept():
    client = {"Name": "Thunderbird 2.0", "device": "Other", "OS": "Linux"}
    place = {"geoip": {"continent": "OC", "geoip-country": "NZ", "city": "Auckland"}, "ip": "192.0.2.10"}
    opened = event_of(
        activity("opened", email_client=client, metadata={**place, "user_agent": "Mail", "read_secs": 60})
    )
    assert opened.client == ev.MailClient(name="Thunderbird 2.0", device="Other", os="Linux", user_agent="Mail")
    assert opened.place == ev.Place(continent="OC", country="NZ", city="Auckland")
    assert (opened.opened_at, opened.read_seconds, opened.source_host) == (DATE, 60.0, "192.0.2.10")
    clicked = event_of(activity("clicked", metadata={"URL": "https://example.com/sale", "other": [1]}))
    assert (clicked.url, clicked.clicked_at) == ("https://example.com/sale", DATE)


def test_two_links_that_were_followed_in_the_same_second_are_two_events():
    first, second = (event_of(activity("clicked", metadata={"url": f"https://example.com/{n}"})) for n in "ab")
    assert first.key != second.key


def test_a_header_of_the_email_does_not_take_the_place_of_a_field():
    headers = {"event": "spam", "email_id": "other", "rcpt": "other@example.com", "X-Order": "7"}
    event = event_of(activity("delivered", custom_headers=headers))
    assert (event.name, event.email_id, event.recipient) == ("delivered", "e-1", "jane@example.com")
    assert event.headers["X-Order"] == "7"


texts = st.text(max_size=10)
anything = st.one_of(st.none(), st.booleans(), st.integers(), texts, st.dictionaries(texts, texts, max_size=2))


@settings(max_examples=50)
@given(
    st.one_of(st.sampled_from(["opened", "clicked", "processed", "spam"]), texts),
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("recipient", "subject", "smtp_response", "host", "username", "from_"), texts),
            "recipients": st.lists(texts, max_size=3).map(tuple),
            "date": st.none(),
            **dict.fromkeys(("metadata", "email_client"), st.dictionaries(texts, anything, max_size=4)),
            "custom_headers": st.dictionaries(texts, texts, max_size=3),
        },
    ),
)
def test_whatever_activity_holds_becomes_an_event(word, fields):
    event = event_of(activity(word, **fields))
    assert event.source == "activity"
    assert parse(event.body, event.content_type).key == event.key
