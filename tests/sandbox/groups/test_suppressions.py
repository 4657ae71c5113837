"""Suppressions: what adds to them, what they refuse, and the calls about them."""

import pytest

from smtp2go_async.sandbox.rules import RequestError


@pytest.fixture
def view(account):
    return lambda **fields: account.call("/suppression/view", fields)["data"]


@pytest.fixture
def listed(view):
    """Return a function that returns the addresses and the reasons that are listed."""
    return lambda **fields: [(item["email_address"], item["reason"]) for item in view(**fields)["results"]]


@pytest.fixture
def send(account, email):
    """Return a function that sends to an address, and returns the last event of it."""

    def send(to, **fields):
        account.call("/email/send", email(to=[to], **fields))
        return account.call("/activity/search", {"search_recipient": to})["data"]["events"][-1]

    return send


def test_an_address_is_added_and_listed_with_the_documented_fields(account, view):
    added = account.call("/suppression/add", {"email_address": "Jane@example.org", "block_description": "by hand"})
    assert added["data"] == {"added": True, "block_description": "by hand", "email_address": "jane@example.org"}
    assert view() == {
        "continue_token": None,
        "results": [
            {
                "email_address": "jane@example.org",
                "reason": "manual",
                "block_description": "by hand",
                "complaint": "",
                "subject": None,
                "timestamp": "2026-11-21 12:00:00",
            }
        ],
        "total_results": 1,
    }


@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("bounce", "bounce", "previously bounced"),
        ("complaint", "spam", "previously complained"),
        ("unsubscribe", "unsubscribe", "previously unsubscribed"),
    ],
)
def test_what_happens_to_emails_suppresses_and_the_next_email_is_rejected(send, listed, name, reason, words):
    address = f"{name}@example.org"
    assert send(address)["event"] != "rejected"
    assert listed() == [(address, reason)]
    event = send(address.upper())
    assert event["event"] == "rejected"
    assert words in event["reason"]


@pytest.mark.parametrize("name", ["softbounce", "resubscribe", "open", "reject", "jane"])
def test_nothing_else_suppresses(send, listed, name):
    send(f"{name}@example.org")
    assert listed() == []


def test_a_send_to_a_suppressed_address_is_answered_like_any_other(account, email):
    account.call("/suppression/add", {"email_address": "jane@example.org"})
    data = account.call("/email/send", email(to=["jane@example.org"]))["data"]
    assert (data["succeeded"], data["failed"]) == (1, 0)
    assert account.sent == ()


def test_a_suppressed_recipient_does_not_keep_an_email_from_others(account, email):
    account.call("/suppression/add", {"email_address": "jane@example.org"})
    account.call("/email/send", email(to=["jane@example.org", "joe@example.org"]))
    events = account.call("/activity/search", {})["data"]["events"]
    assert [(event["recipient"], event["event"]) for event in events] == [
        ("joe@example.org", "processed"),
        ("jane@example.org", "rejected"),
        ("joe@example.org", "delivered"),
    ]


def test_a_domain_suppresses_its_addresses_and_not_those_of_subdomains(account, send):
    account.call("/suppression/add", {"email_address": "example.org"})
    assert send("jane@example.org")["event"] == "rejected"
    assert send("jane@sub.example.org")["event"] == "delivered"


def test_a_suppression_is_removed_for_the_reasons_that_are_named(account, send, listed):
    send("bounce@example.org")
    account.call("/suppression/add", {"email_address": "bounce@example.org"})
    removed = account.call(
        "/suppression/remove", {"email_address": "Bounce@example.org", "reasons": ["manual", "spam"]}
    )
    assert removed["data"] == {
        "suppressions": [
            {"email_address": "bounce@example.org", "reason": "manual", "removed": True},
            {"email_address": "bounce@example.org", "reason": "spam", "removed": False},
        ]
    }
    assert listed() == [("bounce@example.org", "bounce")]
    account.call("/suppression/remove", {"email_address": "bounce@example.org", "reasons": ["bounce"]})
    assert send("bounce@example.org")["event"] == "hard-bounced"


@pytest.fixture
def several(account, send, clock):
    """Suppress four addresses, each an hour after the other."""
    send("bounce@example.org", subject="Sale")
    clock.move(hours=1)
    send("complaint@example.com")
    clock.move(hours=1)
    account.call("/suppression/add", {"email_address": "jane@example.com", "block_description": "Left the company"})
    clock.move(hours=1)
    account.call("/suppression/add", {"email_address": "example.net"})


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "bcje"),
        ({"sort": "desc"}, "ejcb"),
        ({"email_address": "JANE@example.com"}, "j"),
        ({"email_address": "joe@example.com"}, ""),
        ({"suppression_type": "spam"}, "c"),
        ({"suppression_types": ["spam", "bounce"]}, "bc"),
        ({"reason": "manual"}, "je"),
        ({"reasons": ["spam", "bounce"]}, "bc"),
        ({"reason": "company"}, ""),
        ({"reason": "company", "fuzzy": True}, "j"),
        ({"recipient": "example.com"}, ""),
        ({"recipients": ["Example.com", "net"], "fuzzy": True}, "cje"),
        ({"recipient": "jane@example.com"}, "j"),
        ({"wildcard": "*@example.com"}, "cj"),
        ({"wildcard": "bounce"}, "b"),
        ({"start_date": "2026-11-21T13:00:00Z"}, "cje"),
        ({"end_date": "2026-11-21T13:00:00Z"}, "b"),
        ({"start_date": "2026-11-21T13:00:00Z", "end_date": "2026-11-21T15:00:00Z"}, "cj"),
    ],
)
def test_filters(listed, fields, expected):
    assert "".join(address[0] for address, _ in listed(**fields)) == expected


@pytest.mark.parametrize(
    ("path", "fields", "name"),
    [
        ("add", {}, "email_address"),
        ("add", {"email_address": "no address"}, "email_address"),
        ("add", {"email_address": 5}, "email_address"),
        ("remove", {"email_address": "a@example.org"}, "reasons"),
        ("remove", {"email_address": "a@example.org", "reasons": ["x"]}, "reasons[0]"),
        ("view", {"suppression_type": "x"}, "suppression_types"),
        ("view", {"sort": "up"}, "sort"),
        ("view", {"fuzzy": "yes"}, "fuzzy"),
        ("view", {"start_date": "yesterday"}, "start_date"),
    ],
)
def test_wrong_fields_are_refused(refusal, path, fields, name):
    assert refusal(f"/suppression/{path}", **fields) == (400, name)


def test_an_unknown_token_is_refused(account):
    with pytest.raises(RequestError):
        account.call("/suppression/view", {"continue_token": "x"})


def test_a_client_adds_pages_through_and_removes_suppressions(run, sandbox):
    async def work(client):
        added = await client.suppressions.add("jane@example.org", block_description="by hand")
        assert (added.added, added.block_description) == (True, "by hand")
        for number in range(2_500):
            sandbox._account.call("/suppression/add", {"email_address": f"{number}@example.com"})
        found = [item.email_address async for item in client.suppressions.view_all(recipient="example.com", fuzzy=True)]
        assert found == [f"{number}@example.com" for number in range(2_500)]
        page = await client.suppressions.view()
        assert (len(page.results), page.total_results) == (1_000, 2_501)
        removed = await client.suppressions.remove("jane@example.org", ["manual"])
        assert [item.removed for item in removed.suppressions] == [True]
        assert (await client.suppressions.view(email_address="jane@example.org")).results == ()

    run(work)
