"""A clock that is wrong, jumps or is behind sends nothing twice."""

import sys

import pytest
from bulk._journal.damaged.damages import (
    claim_rows_and_be_killed,
)
from bulk.helpers import emails

from smtp2go_async import Journal

cases = pytest.mark.parametrize

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from all such damage")


@cases("now", [0.0, -5.0, 0.25, -1e12, 1e12, float("inf")])
def test_a_wrong_clock_sends_nothing_twice(now, go, client, provider, path):
    for _ in range(2):
        with Journal(path) as journal:
            journal._clock = lambda: now
            go(client.bulk.send, emails(20), journal=journal)
    assert set(provider.arrived.values()) == {1}
    with Journal(path) as journal:
        journal._clock = lambda: now
        assert all(row.claimed >= 1.0 for row in journal.rows())
        assert journal.export_csv(f"{path}.csv") == 20


@cases("later", [0.0, 500.0, 1e12])
def test_a_clock_that_jumps_during_a_run_sends_nothing_twice(later, go, client, provider, path):
    with Journal(path) as journal:
        provider.otherwise = lambda _fields: setattr(journal, "_clock", lambda: later)
        journal._clock = lambda: 1_700_000_000.0
        go(client.bulk.send, emails(20), journal=journal)
    go(client.bulk.send, emails(20), journal=path)
    assert set(provider.arrived.values()) == {1}


def test_a_clock_that_is_behind_settles_no_row_before_its_claim(path):
    claim_rows_and_be_killed(path, count=1)
    journal = Journal(path)
    journal._clock = lambda: 1000.0
    with journal:
        (row,) = journal.rows("unknown")
    assert row.settled == row.claimed
