"""In batches with a journal, the next rows are read while the last are written."""

import threading

import pytest
from bulk.helpers import counted, email, emails

from smtp2go_async import Journal, JournalError, Outcome
from smtp2go_async.bulk import run


def test_the_next_rows_are_read_while_the_last_are_written(go, client, provider, path):
    read, enough = [], threading.Event()

    def source():
        for pair in emails(100):
            read.append(pair[0])
            if len(read) == 11:
                enough.set()
            yield pair

    with Journal(path) as journal:
        write = journal.write

        def slow(lines):
            assert enough.wait(5), "nothing was read while this is written"
            write(lines)

        journal.write = slow
        report = go(client.bulk.send, source(), via="batch", batch_size=10, concurrency=1, journal=journal)
    assert report.sent == 100
    assert set(provider.arrived.values()) == {1}


def test_what_is_claimed_does_not_wait_for_a_slow_list(go, client, provider, path, monkeypatch):
    """Cut off there, rows would be unknown that nobody had sent."""
    monkeypatch.setattr(run, "QUICK", -1.0)
    waiting = []
    with Journal(path) as journal:

        def source():
            for pair in emails(60):
                claimed = {row.reference for row in journal.rows("claimed")}
                waiting.append(claimed - set(provider.arrived))
                yield pair

        go(client.bulk.send, source(), via="batch", batch_size=10, concurrency=1, journal=journal)
    assert len(waiting) == 60
    assert not any(waiting)


def test_an_error_of_what_is_read_ahead_ends_the_run_and_nothing_stays_claimed(go, client, provider, path):
    go(client.bulk.send, emails(150), journal=path)
    # Further down than is looked up at once.
    other = [*emails(100), *emails(400, first=1001), ("r120", email("somebody-else"))]
    with pytest.raises(JournalError, match="'r120' for other recipients"):
        go(client.bulk.send, other, via="batch", batch_size=10, concurrency=1, journal=path)
    assert set(provider.arrived.values()) == {1}
    found = counted(path)
    assert found.keys() <= {"sent", "pending"}
    assert found["sent"] == len(provider.arrived) > 150


@pytest.mark.parametrize("place", [5, 15, 25])
def test_outcomes_of_the_list_are_told_in_their_place_also_when_read_ahead(place, go, client, path):
    told = []
    listed = [*emails(30)]
    listed[place] = Outcome(reference="bad", status="failed", error=ValueError("no"))
    go(client.bulk.send, listed, via="batch", batch_size=10, concurrency=1, journal=path, on_outcome=told.append)
    assert len(told) == 30
    assert counted(path) == {"sent": 29, "failed": 1}
