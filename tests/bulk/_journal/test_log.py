"""A commit is written to the log, and the log is applied to the rows."""

import sqlite3
from contextlib import closing

import pytest
from bulk.helpers import claims, settled_rows

from smtp2go_async import Journal
from smtp2go_async.bulk._journal import log as journal_log
from smtp2go_async.bulk._journal.row_states import STATES, Settled
from smtp2go_async.bulk._plan import Row


def first_value(path, name="state"):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {name} FROM rows").fetchone()[0]


def test_a_commit_stays_in_the_log_until_it_is_applied_or_read_or_the_journal_is_closed(path):
    def found():
        ask = journal._connection.execute
        return [ask(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("log", "rows")]

    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        journal.commit(claims("b"), settled_rows("sent", "a"))
        assert found() == [2, 0]
        journal.apply_log()
        assert found() == [0, 2]
        journal.commit(claims("c"), [])
        assert journal.counts()["claimed"] == 2
        assert found() == [0, 3]
        journal.commit(claims("d"), [])
    assert first_value(path, "count(*)") == 4


def test_the_oldest_commits_are_applied_first_and_a_few_at_a_time(path):
    with Journal(path) as journal:
        for number in range(100):
            journal.commit(claims(f"r{number}"), settled_rows("sent", f"r{number - 1}") if number else [])
        assert journal.apply_log(500)
        found = [name for (name,) in journal._connection.execute("SELECT reference FROM rows ORDER BY number")]
        assert found == [f"r{number}" for number in range(len(found))]
        assert 1 < len(found) < 50
        while journal.apply_log(500):
            pass
        assert journal.counts() == {**dict.fromkeys(STATES, 0), "sent": 99, "claimed": 1}


def test_a_single_commit_is_applied_whatever_its_size(path):
    with Journal(path) as journal:
        journal.commit(claims(*"abc"), [])
        assert not journal.apply_log(1)
        assert not journal.apply_log(1)
        assert journal.counts()["claimed"] == 3


def test_the_log_of_a_killed_program_is_applied_by_the_next(path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b"), [])
        journal.commit([], settled_rows("sent", "a"))
        # As if it ended here.
        journal.apply_log = lambda max_characters: False
    assert first_value(path, "count(*)") == 0
    with Journal(path) as journal:
        assert {row.reference: row.state for row in journal.rows()} == {"a": "sent", "b": "unknown"}


def test_the_head_of_the_list_is_read_from_the_log_of_a_killed_program(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [], list_head=["mark", "more"])
        journal.apply_log = lambda max_characters: False
    assert Journal(path).open().list_head == ["mark", "more"]


def test_missing_ids_are_none(path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b"), [])
        journal.commit([], [Settled("a", "sent", "id"), Settled("b", "sent", None, "request")])
        assert [(row.email_id, row.request_id) for row in journal.rows()] == [("id", None), (None, "request")]


def test_a_long_log_is_applied_in_several_statements_and_to_its_end(path, monkeypatch):
    monkeypatch.setattr(journal_log, "MAX_STATEMENT_CHARACTERS", 300)
    statements = []
    with Journal(path) as journal:
        for number in range(20):
            journal.commit(claims(f"r{number}"), [])
        journal._connection.set_trace_callback(statements.append)
        assert not journal.apply_log()
        assert 1 < len({first_value for first_value in statements if first_value.startswith("DELETE FROM log")}) < 20
        assert journal.counts()["claimed"] == 20


def test_half_of_a_surrogate_pair_is_written_as_a_question_mark(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        journal.commit([], [Settled("a", "refused", None, "request", None, "ü \ud800 \U0001f600")])
        (row,) = journal.rows()
    assert row.error == "ü ? \U0001f600"


def test_a_commit_is_on_the_disk_when_it_returns(path):
    """A test can't pull the plug; with FULL, SQLite survives that."""
    with Journal(path) as journal:
        ask = journal._connection.execute
        found = [ask(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "locking_mode")]
    assert found == ["wal", 2, "exclusive"]


def test_a_commit_is_all_or_nothing(path):
    with Journal(path) as journal:
        with pytest.raises(TypeError):
            journal.commit([*claims("a"), Row(object())], [])
        journal.commit(claims("b"), [])
        assert [row.reference for row in journal.rows()] == ["b"]
