import datetime as dt

import pytest

ENTRY = {
    "email_address": "jane@example.com",
    "reason": "manual",
    "block_description": "Asked by telephone",
    "complaint": "",
    "subject": None,
    "timestamp": "2026-03-01 07:54:45",
}


async def test_adding_sends_exactly_its_fields(client, answers):
    done = {"added": True, "block_description": "", "email_address": "jane@example.com"}
    bodies = answers("/suppression/add", done, done)
    found = await client.suppressions.add("jane@example.com")
    await client.suppressions.add("example.com", block_description="Closed", subaccount_id="k3s9ab")
    assert (found.added, found.email_address) == (True, "jane@example.com")
    assert bodies == [
        {"email_address": "jane@example.com"},
        {"email_address": "example.com", "block_description": "Closed", "subaccount_id": "k3s9ab"},
    ]


async def test_removing_returns_for_each_reason_whether_it_was_removed(client, answers):
    removed = {"email_address": "jane@example.com", "reason": "manual", "removed": True}
    absent = {"email_address": "jane@example.com", "reason": "spam", "removed": False}
    bodies = answers("/suppression/remove", {"suppressions": [removed, absent]})
    found = await client.suppressions.remove("jane@example.com", ["manual", "spam"])
    assert bodies == [{"email_address": "jane@example.com", "reasons": ["manual", "spam"]}]
    assert [(one.reason, one.removed) for one in found.suppressions] == [("manual", True), ("spam", False)]


async def test_a_single_reason_needs_no_list(client, answers):
    bodies = answers("/suppression/remove", {"suppressions": []})
    await client.suppressions.remove("example.com", "a new reason", subaccount_id="k3s9ab")
    assert bodies == [{"email_address": "example.com", "reasons": ["a new reason"], "subaccount_id": "k3s9ab"}]


async def test_viewing_sends_exactly_its_fields(client, answers):
    bodies = answers("/suppression/view", {"results": [], "total_results": 0}, {"results": None})
    await client.suppressions.view()
    several = {"reasons": ["spam"], "recipients": ["jane", "joe"], "suppression_types": ["spam", "bounce"]}
    others = {
        "fuzzy": True,
        "sort": "desc",
        "wildcard": "jane",
        "email_address": "a@example.com",
        "subaccount_id": "k3",
    }
    found = await client.suppressions.view(
        start_date=dt.date(2026, 2, 1), end_date=dt.date(2026, 3, 1), continue_token="two", **several, **others
    )
    assert found.results == ()
    dates = {"start_date": "2026-02-01", "end_date": "2026-03-01"}
    assert bodies == [{}, {**several, **others, **dates, "continue_token": "two"}]


async def test_the_singular_words_are_sent_as_they_are(client, answers):
    bodies = answers("/suppression/view", {"results": []})
    one = {"reason": "spam", "recipient": "jane", "suppression_type": "a new type"}
    await client.suppressions.view(**one)
    assert bodies == [one]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01 07:54:45", dt.datetime(2026, 3, 1, 7, 54, 45, tzinfo=dt.UTC)),
        ("2018-08-21 11:10:55.457489+00:00", dt.datetime(2018, 8, 21, 11, 10, 55, 457489, tzinfo=dt.UTC)),
        ("2016-07-07 01:06:40.956040", dt.datetime(2016, 7, 7, 1, 6, 40, 956040, tzinfo=dt.UTC)),
    ],
)
async def test_the_time_is_read_in_each_format_that_was_seen(text, time, client, answers):
    answers("/suppression/view", {"results": [{**ENTRY, "timestamp": text}], "total_results": 1})
    found = await client.suppressions.view()
    assert found.results[0].timestamp == time
    assert found.results[0].subject is None
    assert found.total_results == 1


async def test_all_pages_are_fetched_with_the_same_fields(client, answers):
    bodies = answers(
        "/suppression/view",
        {"results": [{**ENTRY, "email_address": "a@example.com"}], "continue_token": "two"},
        {"results": [{**ENTRY, "email_address": "b@example.com"}], "continue_token": None},
    )
    found = [one.email_address async for one in client.suppressions.view_all(sort="asc", reasons="spam")]
    assert found == ["a@example.com", "b@example.com"]
    same = {"sort": "asc", "reasons": ["spam"]}
    assert bodies == [same, {**same, "continue_token": "two"}]


@pytest.mark.parametrize("one", ["reason", "recipient", "suppression_type"])
async def test_a_field_and_its_plural_at_once_are_refused(one, client, nothing_sent):
    with pytest.raises(ValueError, match=f"{one}s: must not be given together with {one}"):
        await client.suppressions.view(**{one: "spam", f"{one}s": ["spam"]})


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"reasons": []}, ValueError, "reasons: must not be empty"),
        ({"recipients": [""]}, ValueError, r"recipients\[0\]: must not be empty"),
        ({"suppression_types": 7}, TypeError, "suppression_types: must be a list"),
        ({"email_address": " "}, ValueError, "email_address: must not be empty"),
        ({"start_date": dt.datetime(2026, 3, 1)}, ValueError, "start_date: must be a time with a zone"),
        ({"start_date": dt.date(2026, 3, 2), "end_date": dt.date(2026, 3, 1)}, ValueError, "end_date: must be after"),
        ({"limit": 5}, TypeError, "unexpected keyword argument 'limit'"),
    ],
)
async def test_a_wrong_view_is_refused(arguments, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await client.suppressions.view(**arguments)
    with pytest.raises(error, match=words):
        [one async for one in client.suppressions.view_all(**arguments)]


async def test_an_address_and_reasons_are_needed(client, nothing_sent):
    with pytest.raises(ValueError, match="email_address: must not be empty"):
        await client.suppressions.add("")
    with pytest.raises(ValueError, match="email_address: must not be empty"):
        await client.suppressions.remove("", ["spam"])
    with pytest.raises(ValueError, match="reasons: must not be empty"):
        await client.suppressions.remove("jane@example.com", [])


async def test_reprs_show_no_addresses_and_no_comments(client, answers):
    answers("/suppression/view", {"results": [{**ENTRY, "subject": "Your order", "complaint": "abuse"}]})
    shown = repr(await client.suppressions.view())
    for private in ("jane", "telephone", "order", "abuse"):
        assert private not in shown
    assert "manual" in shown


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/suppression/view", {"results": [ENTRY], "continue_token": "two"}, {"results": [ENTRY]})
    assert [one.reason for one in waiting.suppressions.view_all(fuzzy=True)] == ["manual", "manual"]
    assert bodies == [{"fuzzy": True}, {"fuzzy": True, "continue_token": "two"}]
