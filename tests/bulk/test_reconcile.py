"""Unknown rows are looked up in the account."""

import datetime as dt
import os

import anyio
import pytest
from bulk.helpers import LOST, counted, emails, numbers, states

from smtp2go_async import AsyncClient, Journal, JournalError, Pacer, RateLimitError, SyncClient
from smtp2go_async.bulk._plan import Row
from smtp2go_async.bulk.reconcile import MAX_ACTIVITY_LAG_SECONDS
from smtp2go_async.endpoints.activity import Activity
from smtp2go_async.sandbox import Sandbox


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture
def slept():
    return []


@pytest.fixture
def run(sandbox, backend, slept):
    """Return a function that runs work with a client of the sandbox whose sleep takes no time."""

    def run(work):
        async def sleep(seconds):
            slept.append(seconds)
            await anyio.sleep(0)

        async def main():
            async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
                client._calls.sleep = sleep
                with anyio.fail_after(20):
                    return await work(client)

        return anyio.run(main, backend=backend)

    return run


@pytest.mark.parametrize("via", ["send", "batch"])
def test_unknown_emails_that_were_sent_are_found_and_settled_with_their_ids(via, sandbox, run, path):
    sandbox.fail_next(lost_reply=True)

    async def work(client):
        first = await client.bulk.send(emails(30), via=via, batch_size=10, journal=path)
        return first, await client.bulk.reconcile(path, wait=False)

    first, second = run(work)
    assert first.unknown == second.settled > 0
    assert (second.unknown, second.references) == (0, ())
    assert counted(path) == {"sent": 30}
    ids = {mail.subject: mail.email_id for mail in sandbox.sent}
    with Journal(path) as journal:
        assert {row.reference: row.email_id for row in journal.rows()} == ids


def test_unknown_emails_that_were_not_sent_stay_unknown_and_are_named(sandbox, run, path):
    sandbox.fail_next(lost_reply="before")

    async def work(client):
        await client.bulk.send(emails(30), journal=path)
        return await client.bulk.reconcile(path, wait=False)

    report = run(work)
    assert (report.settled, report.unknown) == (0, 1)
    (reference,) = report.references
    assert states(path)[reference] == "unknown"
    assert reference not in sandbox.counts("subject")


def test_each_email_arrives_once_when_the_rest_is_sent_after_reconciling(sandbox, run, path):
    async def work(client):
        sandbox.fail_next(lost_reply=True)
        sandbox.fail_next(lost_reply="before")
        await client.bulk.send(emails(30), journal=path)
        await client.bulk.reconcile(path, wait=False)
        return await client.bulk.send(emails(30), journal=path, resend_unknown=True)

    report = run(work)
    assert (report.sent, report.skipped) == (1, 29)
    assert sandbox.counts("subject") == {f"r{n}": 1 for n in range(1, 31)}


def test_texts_are_found_by_number_and_content(sandbox, run, path):
    async def work(client):
        await client.sms.send(numbers(1, first=500), "Hello")
        sandbox.fail_next(lost_reply=True)
        await client.bulk.send_sms(numbers(250), "Hello", concurrency=1, journal=path)
        return await client.bulk.reconcile(path, wait=False)

    report = run(work)
    assert (report.settled, report.unknown) == (100, 0)
    assert counted(path) == {"sent": 250}


@pytest.mark.parametrize("written", ["4520550123", "+4520550123", "+45 20 55 01 23"])
def test_a_text_is_found_however_the_api_writes_its_number(written, sandbox, run, path):
    """In a list, a number without a + could be a North American number whose country code is missing."""
    message = {"id": "m-1", "destination_address": written, "content": "Hello", "status": "Message sent"}

    async def work(client):
        sandbox.fail_next(lost_reply=True)
        await client.bulk.send_sms(["+45 20 55 01 23"], "Hello", journal=path)
        sandbox.fail_next(status=200, body={"data": {"messages": [message]}}, path="/sms/view-sent")
        return await client.bulk.reconcile(path, wait=False)

    assert run(work).settled == 1
    assert states(path) == {"+4520550123": "sent"}


def test_another_text_to_the_same_number_is_not_matched(sandbox, run, path):
    async def work(client):
        sandbox.fail_next(lost_reply="before")
        await client.bulk.send_sms(numbers(1), "Hello", journal=path)
        await client.sms.send(numbers(1), "Something else")
        return await client.bulk.reconcile(path, wait=False)

    assert run(work).unknown == 1


def test_an_email_of_another_journal_is_not_matched(sandbox, run, path, tmp_path):
    async def work(client):
        await client.bulk.send(emails(1), journal=tmp_path / "other.journal")
        sandbox.fail_next(lost_reply="before")
        await client.bulk.send(emails(1), journal=path)
        return await client.bulk.reconcile(path, wait=False)

    assert run(work).unknown == 1


def test_no_search_is_made_without_unknown_rows(sandbox, run, path):
    async def work(client):
        await client.bulk.send(emails(3), journal=path)
        return await client.bulk.reconcile(path)

    assert run(work).settled == 0
    assert "/v3/activity/search" not in sandbox.counts("path")


def test_reconciling_waits_until_the_newest_row_can_be_found(sandbox, run, path, slept):
    async def work(client):
        sandbox.fail_next(lost_reply=True)
        await client.bulk.send(emails(1), journal=path)
        slept.clear()
        await client.bulk.reconcile(path)

    run(work)
    assert len(slept) == 1
    assert MAX_ACTIVITY_LAG_SECONDS - 10 < slept[0] <= MAX_ACTIVITY_LAG_SECONDS


def test_reconciling_does_not_wait_for_old_rows(sandbox, run, path, slept):
    async def work(client):
        with Journal(path) as journal:
            journal.take_for("email")
            journal._clock = lambda: 1_000_000.0
            journal.commit([Row("a")], [])
            journal._clock = lambda: 1_000_000.0 + MAX_ACTIVITY_LAG_SECONDS + 1
            return await client.bulk.reconcile(journal)

    assert run(work).unknown == 1
    assert slept == []


@pytest.mark.parametrize("wrong", [0.0, 86_400.0, 4_000_000_000.0, 1e12])
def test_rows_claimed_by_a_wrong_clock_raise_instead_of_staying_unknown(wrong, sandbox, run, path):
    """They are searched for by their time, and would not be found though they were sent."""

    async def work(client):
        with Journal(path) as journal:
            clock = journal._clock
            journal._clock = lambda: wrong
            sandbox.fail_next(lost_reply=True)
            await client.bulk.send(emails(1), journal=journal)
            journal._clock = clock
            sandbox.fail_next(lost_reply=True)
            await client.bulk.send(emails(2), journal=journal)
            with pytest.raises(
                JournalError, match=r"has unknown rows \(1\) that were claimed in 1970 or in the future"
            ):
                await client.bulk.reconcile(journal, wait=False)
            return {row.reference: row.state for row in journal.rows()}

    assert run(work) == {"r1": "unknown", "r2": "sent"}


def test_rows_with_distant_claims_are_searched_for_separately(sandbox, run, path):
    """Nobody wants all the events of the days between."""

    async def work(client):
        with Journal(path) as journal:
            journal.take_for("email")
            for day in (1, 2, 9):
                journal._clock = dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC).timestamp
                journal.commit([Row(f"{day}-{n}") for n in range(3)], [])
            await client.bulk.reconcile(journal, wait=False)

    run(work)
    searches = [request.body for request in sandbox.requests if request.path.endswith("/activity/search")]
    assert len(searches) == 3
    for search in searches:
        start, end = (dt.datetime.fromisoformat(search[name]) for name in ("start_date", "end_date"))
        assert end - start < dt.timedelta(hours=1)


def test_all_pages_of_a_search_are_read(sandbox, run, path):
    async def work(client):
        sandbox.fail_next(3, lost_reply=True, path="/email/batch")
        with pytest.raises(Exception, match="ended early"):
            await client.bulk.send(emails(3000), via="batch", batch_size=1000, concurrency=1, journal=path)
        return await client.bulk.reconcile(path, wait=False)

    assert run(work).settled == 3000
    # Two events of each: it was processed, and delivered.
    assert sandbox.counts("path")["/v3/activity/search"] == 6


def test_a_late_opening_does_not_hide_the_early_events(sandbox, run, path):
    """The latest event of an e-mail can be an opening of next week, which is not in the time that is searched."""

    async def work(client):
        sandbox.fail_next(lost_reply=True)
        await client.bulk.send(emails(1), journal=path)
        await client.bulk.reconcile(path, wait=False)

    run(work)
    (search,) = (request.body for request in sandbox.requests if request.path.endswith("/activity/search"))
    assert not search.get("only_latest")
    assert not search.get("only_latest_by_sent")
    assert "processed" in search["event_types"]
    assert "opened" not in search["event_types"]


def test_reconciling_waits_for_a_cool_down(sandbox, backend, path):
    now = [1000.0]

    async def sleep(seconds):
        now[0] += seconds
        await anyio.sleep(0)

    async def main():
        pacer = Pacer(clock=lambda: now[0], draw=lambda: 0.0)
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url, pacer=pacer) as client:
            client._calls.clock, client._calls.sleep = (lambda: now[0]), sleep
            sandbox.fail_next(lost_reply=True)
            await client.bulk.send(emails(1), journal=path)
            sandbox.fail_next(status=429)
            with pytest.raises(RateLimitError):
                await client.activity.search()
            return await client.bulk.reconcile(path, wait=False)

    assert anyio.run(main, backend=backend).settled == 1


def test_found_rows_are_kept_when_a_later_search_fails(sandbox, run, path, monkeypatch):
    search, made = Activity.search_all, []

    def failing(self, **filters):
        made.append(filters)
        if len(made) == 2:
            raise OSError("gone")
        return search(self, **filters)

    monkeypatch.setattr(Activity, "search_all", failing)

    async def work(client):
        sandbox.fail_next(lost_reply=True)
        with Journal(path) as journal:
            await client.bulk.send(emails(1), journal=journal)
            clock = journal._clock
            journal._clock = lambda: clock() + 1_000_000
            journal.commit([Row("later")], [])
            with pytest.raises(OSError, match="gone"):
                await client.bulk.reconcile(journal, wait=False)
            return dict(journal.counts())

    assert run(work)["sent"] == 1


def test_a_journal_that_was_never_used_raises(run, path):
    async def work(client):
        with pytest.raises(JournalError, match="does not exist"):
            await client.bulk.reconcile(path)
        assert not os.path.exists(path)
        with Journal(path) as journal, pytest.raises(JournalError, match="no run was started with it"):
            await client.bulk.reconcile(journal)

    run(work)


def test_a_journal_is_required(run):
    async def work(client):
        with pytest.raises(TypeError, match="journal"):
            await client.bulk.reconcile(None)

    run(work)


def test_the_synchronous_client_reconciles_as_well(sandbox, path):
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        sandbox.fail_next(lost_reply=True)
        client.bulk.send(emails(5), journal=path)
        assert client.bulk.reconcile(path, wait=False).settled == 1


def test_the_journal_keeps_the_error_of_an_unknown_email_until_it_is_found(go, client, provider, path):
    provider.then(LOST)
    go(client.bulk.send, emails(1), journal=path)
    with Journal(path) as journal:
        (row,) = journal.rows()
    assert row.error.startswith("OutcomeUnknownError: ")
