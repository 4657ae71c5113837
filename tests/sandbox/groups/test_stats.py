"""Statistics: counted from what really happened."""

import pytest

ADDRESSES = ["jane", "joe", "bounce", "softbounce", "complaint", "unsubscribe", "open", "click", "reject", "ann"]


@pytest.fixture
def stats(account):
    return lambda name, **fields: account.call(f"/stats/email_{name}", fields)["data"]


@pytest.fixture
def several(account, email):
    """Send an e-mail to each address of the table, and two more."""
    for name in ADDRESSES:
        account.call("/email/send", email(to=[f"{name}@example.org"]))


@pytest.mark.usefixtures("several")
def test_bounces_spam_and_unsubscribes(stats):
    assert stats("bounces") == {
        "emails": 9,
        "rejects": 1,
        "softbounces": 1,
        "hardbounces": 1,
        "bounce_percent": "22.22",
    }
    assert stats("spam") == {"emails": 9, "rejects": 1, "spams": 1, "spam_percent": "11.11"}
    assert stats("unsubs") == {"emails": 9, "rejects": 1, "unsubscribes": 1, "unsubscribe_percent": "11.11"}


@pytest.mark.usefixtures("several")
def test_the_summary_has_all_of_them(stats):
    assert stats("summary") == {
        "cycle_start": "2026-11-01 00:00:00+00:00",
        "cycle_end": "2026-11-30 00:00:00+00:00",
        "cycle_used": 10,
        "cycle_remaining": 9_990,
        "cycle_max": 10_000,
        "email_count": 9,
        "hardbounces": 1,
        "softbounces": 1,
        "bounce_percent": "22.22",
        "spam_emails": 1,
        "spam_percent": "11.11",
        "unsubscribes": 1,
        "unsubscribe_percent": "11.11",
        "opens": 2,
        "clicks": 1,
        "rejects": 1,
        "bounce_rejects": 1,
        "spam_rejects": 0,
    }


def test_nothing_sent_is_no_division_by_zero(stats):
    assert stats("bounces")["bounce_percent"] == "0.00"
    assert stats("history") == {
        "count": 0,
        "history": [],
        "bounce_percent_total": 0.0,
        "open_percent_total": 0.0,
        "reject_percent_total": 0.0,
        "spam_percent_total": 0.0,
        "unsubscribe_percent_total": 0.0,
    }


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(("days", "emails"), [(29, 9), (30, 9), (31, 0)])
def test_thirty_days_are_counted(stats, clock, days, emails):
    clock.move(days=days)
    assert stats("bounces")["emails"] == emails


@pytest.mark.usefixtures("several")
def test_a_cycle_is_a_month(stats, clock):
    assert stats("cycle")["cycle_used"] == 10
    clock.move(days=10)
    cycle = stats("cycle")
    assert (cycle["cycle_start"], cycle["cycle_used"], cycle["cycle_remaining"]) == (
        "2026-12-01 00:00:00+00:00",
        0,
        10_000,
    )


@pytest.mark.usefixtures("several")
def test_each_recipient_counts(account, email, stats):
    account.call("/email/send", email(to=["a@example.org"], cc=["b@example.org"]))
    assert stats("cycle")["cycle_used"] == 12


@pytest.mark.usefixtures("several")
def test_a_user_can_be_asked_for(stats):
    assert stats("bounces", username="api-SANDBOX0SAND")["emails"] == 9
    assert stats("bounces", username="other")["emails"] == 0


@pytest.mark.usefixtures("several")
def test_events_that_happen_later_count_from_then(account, email, stats, clock):
    account.call("/email/send", email(to=["delay@example.org"]))
    clock.move(minutes=5)
    account.deliveries.happen(account.sent[0], "opened", None, clock())
    assert stats("summary")["opens"] == 3


@pytest.mark.usefixtures("several")
def test_the_history_of_a_sender(account, stats):
    history = stats("history")
    size = sum(sent.size for sent in account.sent)
    [row] = history["history"]
    assert row.pop("bytecount") >= size
    assert row.pop("avgsize") > 0
    assert row == {
        "email_address": "shop@example.com",
        "lastip": "127.0.0.1",
        "used": 10,
        "bounces": 2,
        "clicks": 1,
        "opens": 2,
        "rejects": 1,
        "spam": 1,
        "unsubscribes": 1,
        "bounce_percent": 20.0,
        "open_percent": 20.0,
        "reject_percent": 10.0,
        "spam_percent": 10.0,
        "unsubscribe_percent": 10.0,
    }
    assert (history["count"], history["bounce_percent_total"], history["open_percent_total"]) == (1, 20.0, 20.0)


@pytest.mark.parametrize(
    ("group_by", "names"),
    [
        ("email_address", ["a@example.com", "b@example.com", "c@example.net"]),
        ("domain", ["example.com", "example.net"]),
        ("username", ["api-SANDBOX0SAND"]),
        ("subaccount", ["Master account"]),
    ],
)
def test_the_history_is_grouped_as_asked(account, email, stats, group_by, names):
    for sender in ("a@example.com", "b@example.com", "c@example.net"):
        account.call("/email/send", email(sender=sender))
    history = stats("history", group_by=group_by)
    assert [row[group_by] for row in history["history"]] == names
    assert sum(row["used"] for row in history["history"]) == 3
    assert ("domain_verified" in history["history"][0]) == (group_by == "domain")


def test_the_history_of_a_time(account, email, stats, clock):
    for _ in range(3):
        account.call("/email/send", email())
        clock.move(hours=1)
    times = {"start_date": "2026-11-21T13:00:00Z", "end_date": "2026-11-21T14:00:00Z"}
    assert stats("history", **times)["history"][0]["used"] == 1
    assert stats("history", start_date="2026-11-21T14:00:00Z")["history"][0]["used"] == 1


@pytest.mark.parametrize(
    ("name", "fields", "field"),
    [
        ("bounces", {"username": 5}, "username"),
        ("history", {"group_by": "colour"}, "group_by"),
        ("history", {"start_date": "yesterday"}, "start_date"),
        ("history", {"subaccounts": "one"}, "subaccounts"),
    ],
)
def test_wrong_fields_are_refused(refusal, name, fields, field):
    assert refusal(f"/stats/email_{name}", **fields) == (400, field)


def test_a_client_reads_the_statistics(run):
    async def work(client):
        for name in ADDRESSES:
            await client.email.send("shop@example.com", f"{name}@example.org", subject="Hello", text_body="Hi")
        bounces = await client.stats.email_bounces()
        assert (bounces.emails, bounces.hardbounces, bounces.softbounces, bounces.rejects) == (9, 1, 1, 1)
        assert (await client.stats.email_cycle()).cycle_used == 10
        assert (await client.stats.email_spam()).spams == 1
        assert (await client.stats.email_unsubs()).unsubscribes == 1
        summary = await client.stats.email_summary()
        assert (summary.opens, summary.clicks, summary.rejects) == (2, 1, 1)
        history = await client.stats.email_history(group_by="domain")
        assert [(row.domain, row.used) for row in history.history] == [("example.com", 10)]

    run(work)
