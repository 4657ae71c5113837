import datetime as dt

import pytest

CYCLE = {
    "cycle_start": "2026-03-01 00:00:00+00:00",
    "cycle_end": "2026-03-31 00:00:00+00:00",
    "cycle_used": 150,
    "cycle_remaining": 9850,
    "cycle_max": 10000,
}


@pytest.mark.parametrize(
    ("method", "data", "percent"),
    [
        ("email_bounces", {"emails": 159, "hardbounces": 1, "softbounces": 2, "bounce_percent": "1.89"}, 1.89),
        ("email_spam", {"emails": 159, "spams": 1, "spam_percent": "0.63"}, 0.63),
        ("email_unsubs", {"emails": 159, "unsubscribes": 3, "unsubscribe_percent": "2.0"}, 2.0),
    ],
)
async def test_a_percentage_that_comes_as_text_is_a_number(method, data, percent, client, answers):
    bodies = answers(f"/stats/{method}", {**data, "rejects": 4}, {**data, "rejects": 4})
    found = await getattr(client.stats, method)()
    assert [value for name, value in vars(found).items() if name.endswith("_percent")] == [percent]
    assert (found.emails, found.rejects) == (159, 4)
    await getattr(client.stats, method)(username="api-0123456789AB")
    assert bodies == [{}, {"username": "api-0123456789AB"}]


async def test_the_summary_has_the_cycle_and_all_the_counts(client, answers):
    counts = {"email_count": 150, "hardbounces": 5, "softbounces": 6, "opens": 40, "clicks": 7, "rejects": 12}
    more = {"spam_emails": 2, "unsubscribes": 3, "bounce_rejects": 11, "spam_rejects": 1}
    percents = {"bounce_percent": "7.33", "spam_percent": "1.33", "unsubscribe_percent": "21.33"}
    bodies = answers("/stats/email_summary", {**CYCLE, **counts, **more, **percents})
    found = await client.stats.email_summary(username="shop")
    assert bodies == [{"username": "shop"}]
    assert {name: getattr(found, name) for name in (*counts, *more)} == {**counts, **more}
    assert {name: getattr(found, name) for name in percents} == {name: float(text) for name, text in percents.items()}
    assert found.cycle_end == dt.datetime(2026, 3, 31, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01 00:00:00+00:00", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
        ("2016-08-04 01:49:15.863998", dt.datetime(2016, 8, 4, 1, 49, 15, 863998, tzinfo=dt.UTC)),
    ],
)
async def test_the_cycle_is_read_in_the_time_formats_of_now_and_of_2017(text, time, client, answers):
    bodies = answers("/stats/email_cycle", {**CYCLE, "cycle_start": text})
    found = await client.stats.email_cycle()
    assert bodies == [{}]
    assert found.cycle_start == time
    assert (found.cycle_used, found.cycle_remaining, found.cycle_max) == (150, 9850, 10000)


async def test_a_history_sends_its_fields(client, answers):
    bodies = answers("/stats/email_history", {"count": 0, "history": []}, {"count": 0, "history": None})
    await client.stats.email_history()
    found = await client.stats.email_history(
        group_by="domain",
        start_date=dt.date(2026, 3, 1),
        end_date=dt.datetime(2026, 3, 2, 12, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        subaccounts=["k3s9ab", "m4t8cd"],
    )
    assert found.history == ()
    assert bodies == [
        {},
        {
            "group_by": "domain",
            "start_date": "2026-03-01",
            "end_date": "2026-03-02T10:00:00Z",
            "subaccounts": ["k3s9ab", "m4t8cd"],
        },
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"email_address": "shop@example.com", "avgsize": 1022},
            {"email_address": "shop@example.com", "avgsize": 1022},
        ),
        ({"username": "shop", "description": None}, {"username": "shop", "description": ""}),
        ({"domain": "example.com", "domain_verified": True}, {"domain": "example.com", "domain_verified": True}),
        ({"subaccount": "North", "avgsize": 919.95}, {"subaccount": "North", "avgsize": 919.95}),
        ({"open_percent": 24.8, "spam_percent": "0.5"}, {"open_percent": 24.8, "spam_percent": 0.5}),
        ({"bounce_percent": 0}, {"bounce_percent": 0.0, "open_percent": None, "domain_verified": None}),
    ],
)
async def test_each_kind_of_group_fills_its_fields_and_leaves_the_others_empty(data, expected, client, answers):
    answers("/stats/email_history", {"count": 1, "bounce_percent_total": 1.24, "history": [{"used": 161, **data}]})
    history = await client.stats.email_history()
    (entry,) = history.history
    assert {name: getattr(entry, name) for name in expected} == expected
    assert entry.used == 161
    assert (history.count, history.bounce_percent_total, history.open_percent_total) == (1, 1.24, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"start_date": dt.datetime(2026, 3, 1)}, "start_date: must be a time with a zone"),
        ({"start_date": dt.date(2026, 3, 2), "end_date": dt.date(2026, 3, 2)}, "end_date: must be after start_date"),
        ({"subaccounts": []}, "subaccounts: must not be empty"),
    ],
)
async def test_a_wrong_history_is_refused(arguments, words, client, nothing_sent):
    with pytest.raises(ValueError, match=words):
        await client.stats.email_history(**arguments)


async def test_addresses_are_masked_in_reprs(client, answers):
    answers("/stats/email_history", {"count": 1, "history": [{"email_address": "shop@example.com"}]})
    assert "shop@" not in repr(await client.stats.email_history())


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/stats/email_history", {"count": 1, "history": [{"domain": "example.com"}]})
    assert waiting.stats.email_history(group_by="domain").history[0].domain == "example.com"
    assert bodies == [{"group_by": "domain"}]
