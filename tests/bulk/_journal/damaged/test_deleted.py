"""A journal without its file or without its log is refused before anything is sent."""

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from bulk._journal.damaged.damages import (
    assert_refused,
    claim_rows_and_be_killed,
)
from bulk.helpers import claims

from smtp2go_async import Journal, JournalError

cases = pytest.mark.parametrize

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from all such damage")


def test_a_journal_of_a_killed_process_has_every_row(killed_journal):
    with Journal(killed_journal) as journal:
        assert {row.reference: row.state for row in journal.rows()} == {
            **{f"r{number}": "sent" for number in range(1, 20)},
            "r20": "unknown",
        }


def test_a_journal_survives_several_kills(path):
    for first in (1, 301, 601):
        claim_rows_and_be_killed(path, first, 300)
    with Journal(path) as journal:
        assert journal.counts()["sent"] == 899


def test_a_log_without_its_file_is_refused(killed_journal):
    os.unlink(killed_journal)
    assert_refused(killed_journal, r"is missing, and its log 'run\.journal-wal' is there")


def test_a_log_without_its_file_is_refused_for_reading_too(killed_journal):
    os.unlink(killed_journal)
    with pytest.raises(JournalError, match="is missing, and its log"):
        Journal(killed_journal).counts()


def test_a_file_whose_log_was_deleted_is_refused(killed_journal, wal):
    os.unlink(wal)
    with pytest.raises(
        JournalError, match=r"is without its last commits \(\d+\): its log 'run\.journal-wal' was deleted"
    ):
        Journal(killed_journal).open()


def test_a_missing_log_is_noticed_after_checkpoints_too(path, wal):
    claim_rows_and_be_killed(path, count=3000)
    os.unlink(wal)
    with pytest.raises(JournalError, match="is without its last"):
        Journal(path).open()


def test_a_copy_made_while_the_file_was_in_use_is_refused_without_its_log(path, tmp_path):
    copy = tmp_path / "copy"
    with Journal(path) as journal:
        for number in range(10):
            journal.commit(claims(f"r{number}"), [])
        shutil.copy(path, copy)
    with pytest.raises(JournalError, match=r"is without its last commits \(10\)"):
        Journal(copy).open()


def test_a_log_that_another_program_has_checkpointed_is_not_missed(killed_journal, wal):
    """Reading a journal with SQLite's own program after a kill removes the log like this."""
    with closing(sqlite3.connect(killed_journal)) as connection:
        connection.execute("SELECT count(*) FROM rows").fetchone()
    assert not os.path.exists(wal)
    assert Journal(killed_journal).counts()["sent"] == 19


def test_a_left_over_shm_file_does_not_matter(killed_journal):
    Path(f"{killed_journal}-shm").write_bytes(b"x" * 40_000)
    assert Journal(killed_journal).counts()["sent"] == 19
