"""A journal that was emptied, cut short or damaged within is refused before anything is sent."""

import os
import shutil
import sys

import pytest
from bulk._journal.damaged.damages import (
    assert_refused,
)
from bulk.helpers import claims

from smtp2go_async import Journal, JournalError

cases = pytest.mark.parametrize

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from all such damage")


def test_a_log_beside_an_empty_file_is_refused(killed_journal):
    os.truncate(killed_journal, 0)
    assert_refused(killed_journal, r"is empty, and its log 'run\.journal-wal' is not")


@cases("share", [0.0, 0.001, 0.3, 0.7, "all but the last byte"])
def test_a_file_whose_log_was_cut_short_is_refused_until_the_log_is_put_back(share, killed_journal, wal, tmp_path):
    shutil.copy(wal, tmp_path / "whole")
    size = os.path.getsize(wal)
    os.truncate(wal, size - 1 if isinstance(share, str) else int(size * share))
    for _ in range(2):
        with pytest.raises(JournalError, match=r"is without its last commits \(\d+\)"):
            Journal(killed_journal).open()
    shutil.move(tmp_path / "whole", wal)
    assert Journal(killed_journal).counts()["sent"] == 19


def test_a_log_that_was_damaged_in_the_middle_is_refused(killed_journal, wal):
    with open(wal, "r+b") as file:
        file.seek(os.path.getsize(wal) // 2)
        file.write(b"\xff" * 100)
    with pytest.raises(JournalError, match="is without its last"):
        Journal(killed_journal).open()


@cases("size", [0, 1])
def test_a_file_that_was_emptied_is_refused(size, path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    os.truncate(path, size)
    assert_refused(path, "is an empty file. If no run has sent anything with it, delete it and start again")


@cases("size", [99, 5000, 12_288, -1])
def test_a_file_that_was_cut_short_is_refused(size, path):
    with Journal(path) as journal:
        journal.commit(claims(*(f"r{number}" for number in range(500))), [])
    os.truncate(path, size if size > 0 else os.path.getsize(path) + size)
    with pytest.raises(JournalError, match="was cut short: it needs|another kind of file"):
        Journal(path).open()


def test_a_full_disk_that_takes_a_part_of_a_commit_is_not_taken_for_a_log_that_was_cut_short(open_journal, path):
    pages = open_journal._connection.execute("PRAGMA page_count").fetchone()[0]
    open_journal._connection.execute("PRAGMA cache_size = 2")
    open_journal._connection.execute(f"PRAGMA max_page_count = {pages + 300}")
    with pytest.raises(JournalError, match="disk is full"):
        for number in range(1000):
            open_journal.commit(claims(*(f"{number}-{place:04}" * 20 for place in range(300))), [])
            open_journal.apply_log()
    open_journal._connection.execute("PRAGMA max_page_count = 1000000")
    open_journal.commit(claims("c"), [])
    open_journal.close()
    assert Journal(path).counts()["unknown"] > 300
