"""The list of a run: where it may come from, what may be in it, and how it is closed."""

import asyncio

import anyio
import pytest
from bulk.helpers import BAD_KEY, counted, email, emails

from smtp2go_async import (
    BulkStoppedError,
    Journal,
)


def test_a_reference_that_came_before_fails_and_nothing_is_sent_twice(go, client, provider):
    told = []
    go(client.bulk.send, [("a", email("first")), ("b", email("b")), ("a", email("second"))], on_outcome=told.append)
    assert sorted((outcome.reference, outcome.status) for outcome in told) == [
        ("a", "failed"),
        ("a", "sent"),
        ("b", "sent"),
    ]
    assert sorted(provider.arrived) == ["b", "first"]


def test_a_number_given_as_a_reference_does_not_hide_the_email_that_goes_by_that_number(go, client, path):
    """They would share one row of the journal, and after a crash one of them would be taken for the other."""
    told = []
    go(client.bulk.send, [("2", email("a")), email("b")], on_outcome=told.append, journal=path)
    assert sorted(outcome.status for outcome in told) == ["failed", "sent"]


def test_an_async_list_is_sent_like_any_other(go, client, provider):
    async def source():
        for pair in emails(30):
            await anyio.lowlevel.checkpoint()
            yield pair

    assert go(client.bulk.send, source()).sent == 30
    assert len(provider.arrived) == 30


@pytest.mark.parametrize("via", ["send", "batch"])
def test_a_cancelled_await_within_the_list_does_not_end_the_run_in_silence(via, client, provider, path):
    """Raised on, it would be taken for the end of a cancelled task, and the report for that of a whole list."""

    async def source():
        for pair in emails(5):
            yield pair
        query = asyncio.create_task(asyncio.sleep(60))
        query.cancel()
        await query

    with pytest.raises(RuntimeError, match="the list .* raised CancelledError") as raised:
        asyncio.run(client.bulk.send(source(), via=via, journal=path))
    assert "5 sent" in raised.value.__notes__[0]
    assert counted(path) == {"sent": 5}


def test_an_empty_list_sends_nothing_and_says_so(go, client, provider, path):
    report = go(client.bulk.send, [], journal=path)
    assert (report.total, str(report).partition(" in ")[0]) == (0, "nothing sent")
    assert provider.calls == []


@pytest.mark.parametrize("via", ["send", "batch"])
def test_rows_of_a_slow_list_are_sent_before_a_call_is_full(via, go, client, provider, monkeypatch):
    """A list that is a queue gives the next row when it has one."""
    monkeypatch.setattr("smtp2go_async.bulk._run.row_source.MAX_READING_SECONDS", 0.0)
    monkeypatch.setattr("smtp2go_async.bulk._run.row_gatherer.MAX_GATHERING_SECONDS", 0.0)
    arrived = []

    async def slow():
        for item in emails(4):
            arrived.append(sum(provider.arrived.values()))
            yield item
            await anyio.sleep(0.01)

    assert go(client.bulk.send, slow(), via=via).sent == 4
    assert arrived[-1] >= 1


def test_a_run_goes_on_with_the_rows_that_an_earlier_run_did_not_reach(go, client, provider, path):
    def broken():
        yield from emails(30)
        raise OSError("the database went away")

    with pytest.raises(OSError, match="went away") as caught:
        go(client.bulk.send, broken(), journal=path)
    assert "30 sent" in caught.value.__notes__[0]
    assert counted(path) == {"sent": 30}
    report = go(client.bulk.send, emails(50), journal=path)
    assert (report.sent, report.skipped) == (20, 30)
    assert set(provider.arrived.values()) == {1}


def test_a_list_that_breaks_off_before_its_start_is_compared_sends_nothing(go, client, provider, path):
    go(client.bulk.send, emails(60), journal=path)

    def broken():
        yield from emails(10, first=500)
        raise OSError("the database went away")

    with pytest.raises(OSError, match="went away"):
        go(client.bulk.send, broken(), journal=path)
    assert len(provider.calls) == 60


@pytest.mark.parametrize("item", [3, None, "jane@example.com", ("a", "b"), ("a", email(), 1), (1, email())])
def test_an_item_that_is_not_an_email_ends_the_run_and_the_rows_before_it_are_settled(item, go, client, path):
    with pytest.raises(TypeError, match="emails, row 4: "):
        go(client.bulk.send, [*emails(3), item], journal=path)
    assert counted(path) == {"sent": 3}


@pytest.mark.parametrize("reference", ["", "x" * 10_000, "two\nlines", "\ud800"])
def test_a_reference_that_a_journal_can_not_keep_is_refused_with_its_row(reference, go, client, path):
    with pytest.raises(ValueError, match="emails, row 4: the reference must"):
        go(client.bulk.send, [*emails(3), (reference, email())], journal=path)
    assert counted(path) == {"sent": 3}


@pytest.mark.parametrize("items", ["jane@example.com", b"x", 3, None])
def test_an_argument_that_is_not_a_list_is_refused_before_the_journal_is_made(items, go, client, tmp_path):
    with pytest.raises(TypeError, match="emails: must be a list"):
        go(client.bulk.send, items, journal=tmp_path / "x.journal")
    assert list(tmp_path.iterdir()) == []


def test_the_list_is_closed_even_if_the_run_ends_early(go, client, provider):
    closed = []

    def source():
        try:
            while True:
                yield email()
        finally:
            closed.append(True)

    provider.otherwise = BAD_KEY
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, source())
    assert closed == [True]


def test_a_list_that_can_not_be_closed_leaves_the_journal_closed(go, client, path):
    def source():
        try:
            yield email()
            yield email()
        finally:
            raise OSError("can't close")

    def failing(_outcome):
        raise RuntimeError("stop")

    with pytest.raises((OSError, RuntimeError)):
        go(client.bulk.send, source(), journal=path, on_outcome=failing)
    with Journal(path) as journal:
        assert journal.counts()["unknown"] == 0
