import datetime as dt

import pytest

BOUNCE = {
    "from": "bounces@example.com",
    "recipient": "jane@example.com",
    "subaccount_name": "Master account",
    "email_id": "1wAbCd-000000001Ab-0XyZ",
    "date": "2026-03-01T08:00:05Z",
    "event": "hard-bounced",
    "subject": "Your order 4711",
    "username": "api-0123456789AB",
    "sender": "shop@example.com",
    "sender_full": "Shop <shop@example.com>",
    "to": "Jane <jane@example.com>",
    "smtp_response": "550-5.1.1 No such user\n550 5.1.1 jane@example.com",
    "host": "192.0.2.25",
    "outbound_ip": "198.51.100.7",
    "byte_size": 2048,
}
TEXTS = {
    "search": "order -paid",
    "search_email_id": "1wAbCd-000000001Ab-0XyZ",
    "search_subject": "order",
    "search_subject_op": "contains",
    "search_sender": "shop",
    "search_sender_op": "equals",
    "search_recipient": "jane",
    "search_recipient_op": "starts-with",
    "region": "eu",
}
SWITCHES = {"only_latest": True, "only_latest_by_sent": False, "include_headers": True}
LISTS = {
    "search_usernames": ["shop", "api-0123456789AB"],
    "subaccounts": ["k3s9ab"],
    "event_types": ["opened", "a new event"],
    "custom_headers": ["X-Order"],
}


async def test_a_search_sends_exactly_its_fields(client, answers):
    bodies = answers("/activity/search", {"events": [], "total_events": 0}, {"events": []})
    await client.activity.search()
    await client.activity.search(
        start_date=dt.date(2026, 3, 1),
        end_date=dt.datetime(2026, 3, 2, 1, tzinfo=dt.timezone(dt.timedelta(hours=13))),
        limit=1000,
        continue_token="two",
        **TEXTS,
        **SWITCHES,
        **LISTS,
    )
    dates = {"start_date": "2026-03-01", "end_date": "2026-03-01T12:00:00Z"}
    assert bodies == [{}, {**TEXTS, **SWITCHES, **LISTS, **dates, "limit": 1000, "continue_token": "two"}]


async def test_a_single_event_type_needs_no_list(client, answers):
    bodies = answers("/activity/search", {"events": []})
    await client.activity.search(**{name: "one" for name in LISTS})
    assert bodies == [{name: ["one"] for name in LISTS}]


async def test_fields_that_are_none_are_not_sent(client, answers):
    bodies = answers("/activity/search", {"events": []})
    await client.activity.search(limit=None, continue_token=None, **dict.fromkeys([*TEXTS, *SWITCHES, *LISTS]))
    assert bodies == [{}]


async def test_an_event_is_empty_where_the_answer_lacks_fields_that_the_reference_requires(client, answers):
    answers("/activity/search", {"events": [BOUNCE], "total_events": 3, "continue_token": "two"})
    found = await client.activity.search()
    (event,) = found.events
    assert (found.total_events, found.continue_token, found.request_id) == (3, "two", "request 1")
    assert (event.event, event.email_id, event.byte_size) == ("hard-bounced", "1wAbCd-000000001Ab-0XyZ", 2048)
    assert event.date == dt.datetime(2026, 3, 1, 8, 0, 5, tzinfo=dt.UTC)
    assert (event.from_, event.sender) == ("bounces@example.com", "shop@example.com")
    assert event.smtp_response.splitlines() == ["550-5.1.1 No such user", "550 5.1.1 jane@example.com"]
    for absent in ("cc", "bcc", "reply_to", "reason", "error", "headers", "originating_host"):
        assert getattr(event, absent) == ""
    assert (event.recipients, event.delivery_attempts) == ((), ())
    assert (event.email_client, event.metadata, event.custom_headers) == (None, None, None)


async def test_an_open_event_has_its_details(client, answers):
    more = {
        "event": "opened",
        "recipients": ["jane@example.com", "joe@example.com"],
        "email_client": {"name": "Example Mail"},
        "metadata": {"read_seconds": 12},
        "custom_headers": {"X-Order": "4711"},
        "delivery_attempts": [{"smtptime": "2026-03-01T08:00:04Z", "host": "192.0.2.25", "smtpresponse": "451 Later"}],
    }
    answers("/activity/search", {"events": [{**BOUNCE, **more}]})
    (event,) = (await client.activity.search()).events
    assert event.recipients == ("jane@example.com", "joe@example.com")
    assert (event.email_client, event.metadata) == ({"name": "Example Mail"}, {"read_seconds": 12})
    assert event.custom_headers == {"X-Order": "4711"}
    (attempt,) = event.delivery_attempts
    assert (attempt.smtptime, attempt.smtpresponse) == (dt.datetime(2026, 3, 1, 8, 0, 4, tzinfo=dt.UTC), "451 Later")


async def test_unknown_events_and_unreadable_fields_do_no_harm(client, answers):
    odd = {"event": "teleported", "date": "soon", "byte_size": "2048", "recipients": None, "surprise": [1]}
    answers("/activity/search", {"events": [{**BOUNCE, **odd}, BOUNCE]})
    found = await client.activity.search()
    event = found.events[0]
    assert (event.event, event.date, event.byte_size, event.recipients) == ("teleported", None, 2048, ())
    assert found.events[1].event == "hard-bounced"
    assert found.raw["data"]["events"][0]["surprise"] == [1]


@pytest.mark.parametrize("end", [{"continue_token": None}, {"continue_token": ""}, {}])
async def test_the_last_page_has_no_token(end, client, answers):
    answers("/activity/search", {"events": [], "total_events": 0, **end})
    assert not (await client.activity.search()).continue_token


async def test_all_pages_are_fetched_at_the_largest_size_since_60_calls_a_minute_are_allowed(client, answers):
    bodies = answers(
        "/activity/search",
        {"events": [BOUNCE], "continue_token": "two"},
        {"events": [BOUNCE], "continue_token": "three"},
        {"events": [], "continue_token": None},
    )
    events = [one async for one in client.activity.search_all(start_date=dt.date(2026, 3, 1), region="us")]
    assert len(events) == 2
    same = {"limit": 1000, "start_date": "2026-03-01", "region": "us"}
    assert bodies == [same, {**same, "continue_token": "two"}, {**same, "continue_token": "three"}]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"limit": 0}, ValueError, "limit: must be 1 to 1,000, not 0"),
        ({"limit": 1001}, ValueError, "limit: must be 1 to 1,000, not 1,001"),
        ({"limit": True}, TypeError, "limit: must be an int"),
        ({"start_date": dt.datetime(2026, 3, 1)}, ValueError, "start_date: must be a time with a zone"),
        ({"start_date": dt.date(2026, 3, 2), "end_date": dt.date(2026, 3, 1)}, ValueError, "end_date: must be after"),
        ({"end_date": 1772352000}, TypeError, "end_date: must be a datetime or a date"),
        ({"event_types": []}, ValueError, "event_types: must not be empty"),
        ({"search_usernames": [""]}, ValueError, r"search_usernames\[0\]: must not be empty"),
        ({"subaccounts": 7}, TypeError, "subaccounts: must be a list"),
        ({"subject": "order"}, TypeError, "unexpected keyword argument 'subject'"),
    ],
)
async def test_a_wrong_search_is_refused(arguments, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await client.activity.search(**arguments)
    with pytest.raises(error, match=words):
        [one async for one in client.activity.search_all(**arguments)]


async def test_the_subaccount_of_the_client_is_not_sent_since_this_call_takes_a_list_of_them(client, answers):
    bodies = answers("/activity/search", {"events": []})
    await client.with_options(subaccount_id="k3s9ab").activity.search()
    assert bodies == [{}]


async def test_reprs_show_no_addresses_and_no_contents(client, answers):
    more = {"headers": "To: jane@example.com", "custom_headers": {"X-Order": "4711"}, "metadata": {"by": "jane"}}
    answers("/activity/search", {"events": [{**BOUNCE, **more, "recipients": ["jane@example.com"]}]})
    shown = repr(await client.activity.search())
    for private in ("jane", "shop@", "bounces@", "4711", "No such user"):
        assert private not in shown
    assert "hard-bounced" in shown


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/activity/search", {"events": [BOUNCE], "total_events": 1})
    assert waiting.activity.search(event_types=["hard-bounced"]).events[0].event == "hard-bounced"
    assert bodies == [{"event_types": ["hard-bounced"]}]
