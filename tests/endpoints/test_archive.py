import datetime as dt

import pytest

MAIL = {
    "email_id": "1wAbCd-000000002Ab-0XyZ",
    "sent": "2026-03-01T08:00:05Z",
    "sender": "shop@example.com",
    "envelope_from": "bounces@example.com",
    "recipient": "jane@example.com",
    "to": "Jane <jane@example.com>",
    "subject": "Your order 4711",
    "headers": "From: shop@example.com",
    "byte_count": 1428,
    "attachment_count": 0,
    "attachments": [],
    "url": "https://api.example.com/archive-attachment/made-up",
    "username": "api-0123456789AB",
}
ALL_FILTERS = {
    "username": "shop",
    "recipient": "jane@example.com",
    "sender": "shop@example.com",
    "envelope_from": "bounces@example.com",
    "subject": "order",
    "headers": "X-Order",
    "subaccount_id": "k3s9ab",
}


async def test_an_archived_email_has_all_its_details(client, answers):
    bodies = answers("/archive/email", MAIL, MAIL)
    found = await client.archive.email("1wAbCd-000000002Ab-0XyZ")
    await client.archive.email("1wAbCd-000000002Ab-0XyZ", subaccount_id="k3s9ab")
    assert bodies == [
        {"email_id": "1wAbCd-000000002Ab-0XyZ"},
        {"email_id": "1wAbCd-000000002Ab-0XyZ", "subaccount_id": "k3s9ab"},
    ]
    assert found.sent == dt.datetime(2026, 3, 1, 8, 0, 5, tzinfo=dt.UTC)
    assert (found.byte_count, found.attachment_count, found.attachments) == (1428, 0, ())
    assert found.url == MAIL["url"]
    assert found.request_id == "request 1"


async def test_a_search_sends_exactly_its_fields(client, answers):
    bodies = answers("/archive/search", {"email_count": 1, "emails": [MAIL]}, {"email_count": 0, "emails": []})
    found = await client.archive.search()
    assert [one.email_id for one in found.emails] == [MAIL["email_id"]]
    assert found.email_count == 1
    await client.archive.search(
        start_date=dt.date(2026, 3, 1),
        end_date=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
        limit=5000,
        continue_token="two",
        **ALL_FILTERS,
    )
    assert bodies == [
        {},
        {
            **ALL_FILTERS,
            "start_date": "2026-03-01",
            "end_date": "2026-03-02T00:00:00Z",
            "limit": 5000,
            "continue_token": "two",
        },
    ]


async def test_an_answer_without_a_token_is_the_last_page_since_the_reference_does_not_even_list_it(client, answers):
    bodies = answers("/archive/search", {"email_count": 1, "emails": [MAIL]})
    assert [one.email_id async for one in client.archive.search_all()] == [MAIL["email_id"]]
    assert bodies == [{}]


async def test_all_pages_are_fetched_with_the_same_fields(client, answers):
    pages = [
        {"emails": [{**MAIL, "email_id": "one"}, {**MAIL, "email_id": "two"}], "continue_token": "a"},
        {"emails": [{**MAIL, "email_id": "three"}], "continue_token": "b"},
        {"emails": [], "continue_token": None},
    ]
    bodies = answers("/archive/search", *pages)
    found = [
        one.email_id async for one in client.archive.search_all(limit=2, start_date=dt.date(2026, 3, 1), sender="s")
    ]
    assert found == ["one", "two", "three"]
    same = {"limit": 2, "start_date": "2026-03-01", "sender": "s"}
    assert bodies == [same, {**same, "continue_token": "a"}, {**same, "continue_token": "b"}]


async def test_no_more_pages_are_fetched_than_are_needed(client, answers):
    bodies = answers("/archive/search", {"emails": [MAIL, MAIL], "continue_token": "a"})
    assert len([one async for one in client.archive.search_all(max_items=2)]) == 2
    assert len(bodies) == 1


async def test_attachments_are_returned_as_they_came_since_their_fields_are_not_documented(client, answers):
    odd = [{**MAIL, "attachments": ["order.pdf", {"filename": "a.txt"}]}, {**MAIL, "attachments": None}]
    answers("/archive/search", {"emails": odd})
    first, second = (await client.archive.search()).emails
    assert first.attachments == ("order.pdf", {"filename": "a.txt"})
    assert second.attachments == ()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"limit": 0}, ValueError, "limit: must be 1 to 5,000, not 0"),
        ({"limit": 5001}, ValueError, "limit: must be 1 to 5,000, not 5,001"),
        ({"limit": "10"}, TypeError, "limit: must be an int"),
        ({"end_date": dt.datetime(2026, 3, 1)}, ValueError, "end_date: must be a time with a zone"),
        ({"start_date": dt.date(2026, 3, 2), "end_date": dt.date(2026, 3, 1)}, ValueError, "end_date: must be after"),
        ({"start_date": "2026-03-01"}, TypeError, "start_date: must be a datetime or a date"),
        ({"recipent": "jane@example.com"}, TypeError, "unexpected keyword argument 'recipent'"),
    ],
)
async def test_a_wrong_search_is_refused(arguments, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await client.archive.search(**arguments)
    with pytest.raises(error, match=words):
        [one async for one in client.archive.search_all(**arguments)]


@pytest.mark.parametrize(("email_id", "error"), [("", ValueError), (None, TypeError)])
async def test_an_email_needs_an_id(email_id, error, client, nothing_sent):
    with pytest.raises(error, match="email_id: "):
        await client.archive.email(email_id)


async def test_reprs_show_no_addresses_no_contents_and_no_download_address(client, answers):
    answers("/archive/search", {"emails": [MAIL]})
    shown = repr(await client.archive.search())
    for secret in ("jane", "shop@", "bounces@", "4711", "made-up", "From:"):
        assert secret not in shown
    assert MAIL["email_id"] in shown


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/archive/search", {"emails": [MAIL], "continue_token": "a"}, {"emails": [MAIL]})
    assert len(list(waiting.archive.search_all(subject="order"))) == 2
    assert bodies == [{"subject": "order"}, {"subject": "order", "continue_token": "a"}]
