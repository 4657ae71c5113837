"""Damage to a journal that is in use ends the run, and what was written is kept or known to be lost."""

import os
import shutil
import sys

import pytest
from bulk._journal.damaged.damages import (
    DAMAGES,
    FILE_DAMAGES,
    add_hard_link,
    assert_refused,
    cut_wal_short,
    delete_file,
    delete_wal,
    empty_wal,
    move_file,
    move_wal,
    replace_wal,
    replace_with_older_copy,
)
from bulk.helpers import claims, states

from smtp2go_async import Journal, JournalError
from smtp2go_async.bulk._journal import files_at_start, files_in_use

cases = pytest.mark.parametrize

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from all such damage")


@cases("damage", DAMAGES)
def test_damage_to_an_open_journal_is_noticed_by_the_next_commit_and_all_later_commits(damage, open_journal, path):
    damage(path)
    for reference in ("c", "d"):
        with pytest.raises(JournalError, match=DAMAGES[damage]) as caught:
            open_journal.commit(claims(reference), [])
        assert "start again" in str(caught.value).lower()


@cases("damage", DAMAGES)
def test_damage_during_a_commit_is_noticed_before_it_returns(damage, open_journal, path):
    entry = open_journal.log_entry(claims("c"), [])
    damage(path)
    open_journal.write(entry)
    with pytest.raises(JournalError, match=DAMAGES[damage]):
        open_journal.seal()


@cases("damage", FILE_DAMAGES)
def test_a_file_that_was_lost_while_in_use_is_refused_afterwards(damage, open_journal, path, wal):
    damage(path)
    with pytest.raises(JournalError):
        open_journal.commit(claims("c"), [])
    open_journal.close()
    assert os.path.getsize(wal)
    with pytest.raises(JournalError):
        Journal(path).open()


@cases("damage", [move_file, replace_with_older_copy])
def test_a_file_that_is_put_back_has_every_row(damage, open_journal, path):
    os.link(path, f"{path}.kept")
    os.rename(f"{path}.kept", f"{path}.moved")
    os.unlink(path) if os.path.exists(path) else None
    shutil.copy(f"{path}.old", path) if damage is replace_with_older_copy else None
    with pytest.raises(JournalError):
        open_journal.commit(claims("c"), [])
    open_journal.close()
    os.replace(f"{path}.moved", path)
    with Journal(path) as journal:
        assert {row.reference: row.state for row in journal.rows()} == {"a": "sent", "b": "unknown"}


@cases("damage", [add_hard_link, delete_wal, move_wal, replace_wal])
def test_the_rows_of_a_lost_log_are_saved_when_the_journal_is_closed(damage, open_journal, path):
    damage(path)
    with pytest.raises(JournalError):
        open_journal.commit(claims("c"), [])
    open_journal.close()
    if damage is add_hard_link:
        os.unlink(f"{path}.second")
    assert states(path) == {"a": "sent", "b": "claimed"}
    with Journal(path) as journal:
        assert journal.counts()["unknown"] == 1


@cases("damage", [cut_wal_short, empty_wal])
def test_a_journal_whose_log_was_cut_short_in_use_is_refused_afterwards(damage, open_journal, path):
    damage(path)
    with pytest.raises(JournalError):
        open_journal.commit(claims("c"), [])
    open_journal.close()
    with pytest.raises(JournalError, match="is without its last|do not belong together"):
        Journal(path).open()


def test_an_open_journal_that_was_lost_can_still_be_read(open_journal, path, tmp_path):
    delete_file(path)
    with pytest.raises(JournalError):
        open_journal.commit(claims("c"), [])
    assert open_journal.counts()["sent"] == 1


@cases("damage", FILE_DAMAGES)
def test_damage_before_the_journal_is_closed_is_raised_by_closing_it(damage, open_journal, path, wal):
    damage(path)
    with pytest.raises(JournalError, match=FILE_DAMAGES[damage]):
        open_journal.close()
    assert not open_journal.is_open
    assert os.path.getsize(wal)


def test_a_lost_journal_does_not_hide_the_error_of_its_with_block(path):
    with pytest.raises(KeyError) as caught:
        with Journal(path) as journal:
            journal.commit(claims("a"), [])
            os.unlink(path)
            raise KeyError
    assert any("is not there any more" in note for note in caught.value.__notes__)


def test_a_lost_journal_that_is_never_closed_leaves_its_log(path, wal):
    journal = Journal(path).open()
    journal.commit(claims("a"), [])
    os.unlink(path)
    del journal
    assert os.path.getsize(wal)
    assert_refused(path, "is missing, and its log")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="nobody else may take rights from root")
def test_permissions_that_are_removed_do_not_matter_to_an_open_file(open_journal, path):
    os.chmod(path, 0)
    open_journal.commit(claims("c"), [])
    os.chmod(path, 0o600)


def test_a_file_that_can_not_be_examined_any_more_ends_the_run(open_journal, path, monkeypatch):
    def denied(name, *more, real=os.stat, **options):
        if name == path:
            raise PermissionError(13, "Permission denied")
        return real(name, *more, **options)

    monkeypatch.setattr(files_in_use.os, "stat", denied)
    with pytest.raises(JournalError, match=r"can't be looked at any more \(Permission denied\)"):
        open_journal.commit(claims("c"), [])


def test_a_full_disk_that_takes_no_seal_raises(open_journal, monkeypatch):
    def full(number, text, place=0):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files_at_start.os, "pwrite" if hasattr(os, "pwrite") else "write", full)
    with pytest.raises(JournalError, match="can't be written: No space left on device"):
        open_journal.commit(claims("c"), [])


def test_a_file_system_without_locks_can_hold_a_journal(path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def none(number, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    assert Journal(path).counts()["unknown"] == 1
