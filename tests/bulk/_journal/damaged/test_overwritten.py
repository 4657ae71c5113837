"""A journal of which a part is an older copy, or is overwritten, is refused before anything is sent."""

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
from smtp2go_async.bulk._journal.seal import DatabaseHeader

cases = pytest.mark.parametrize

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from all such damage")


def test_an_older_copy_of_the_file_beside_its_log_is_refused(path, tmp_path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    shutil.copy(path, tmp_path / "old")
    claim_rows_and_be_killed(path)
    shutil.copy(tmp_path / "old", path)
    assert_refused(path, r"and the log 'run\.journal-wal' beside it do not belong together")


def test_an_older_log_beside_the_file_is_refused(killed_journal, wal, tmp_path):
    shutil.copy(wal, tmp_path / "old")
    for reference in "bc":
        with Journal(killed_journal) as journal:
            journal.commit(claims(reference), [])
    shutil.copy(tmp_path / "old", wal)
    assert_refused(killed_journal, "do not belong together")


def test_an_older_log_that_was_checkpointed_is_not_taken_for_newer_than_the_file(killed_journal, wal, tmp_path):
    shutil.copy(wal, tmp_path / "old")
    with Journal(killed_journal) as journal:
        journal.commit(claims("b"), [])
    shutil.copy(tmp_path / "old", wal)
    with Journal(killed_journal) as journal:
        assert journal.counts()["unknown"] == 2


def test_an_older_copy_of_the_same_log_is_refused(path, wal, tmp_path):
    claim_rows_and_be_killed(path)
    shutil.copy(wal, tmp_path / "old")
    claim_rows_and_be_killed(path, 21)
    shutil.copy(tmp_path / "old", wal)
    with pytest.raises(JournalError, match=r"is without its last commits \(20\)"):
        Journal(path).open()


def test_the_log_of_another_journal_is_refused(killed_journal, wal, tmp_path):
    other = str(tmp_path / "other")
    claim_rows_and_be_killed(other, 100)
    shutil.copy(f"{other}-wal", wal)
    assert_refused(killed_journal, "do not belong together")


def test_a_file_whose_seal_was_overwritten_is_refused(path):
    Journal(path).open().close()
    with open(path, "r+b") as file:
        header = DatabaseHeader.read(file.read(64))
        file.seek(header.seal_offset)
        file.write(bytes(10))
    with pytest.raises(JournalError, match="is damaged, or was changed by another program"):
        Journal(path).open()


def test_a_vacuumed_journal_is_accepted(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
    assert Journal(path).counts()["unknown"] == 1


def test_an_export_does_not_overwrite_the_log(killed_journal, wal):
    before = Path(wal).read_bytes()
    with pytest.raises(ValueError, match="must not be the journal itself"):
        Journal(killed_journal).export_csv(wal)
    assert Path(wal).read_bytes() == before
