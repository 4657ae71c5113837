"""A journal that is moved, linked or reached by other paths keeps its log, or is refused."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from bulk._journal.damaged.damages import (
    add_hard_link,
    assert_refused,
    claim_rows_and_be_killed,
    move_file,
)
from bulk.helpers import claims

from smtp2go_async import Journal, JournalError

cases = pytest.mark.parametrize

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from all such damage")


def test_a_file_with_a_second_name_is_refused(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    add_hard_link(path)
    for name in (path, f"{path}.second"):
        assert_refused(name, r"has 2 names \(hard links\)")
    os.unlink(f"{path}.second")
    assert Journal(path).counts()["unknown"] == 1


def test_a_journal_and_its_log_can_be_moved_together(killed_journal, wal, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(killed_journal, folder)
    shutil.copy(wal, folder)
    assert Journal(folder / "run.journal").counts()["sent"] == 19


def test_a_symbolic_link_leads_to_the_file_and_to_its_log(killed_journal, wal, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(killed_journal)
    with Journal(link) as journal:
        journal.commit(claims("b"), [])
        assert os.path.exists(wal)
    claim_rows_and_be_killed(str(link), 30)
    os.unlink(wal)
    with pytest.raises(JournalError, match=r"its log 'run\.journal-wal' was deleted"):
        Journal(link).open()


def test_a_dangling_symbolic_link_is_a_new_journal_unless_there_is_a_log(tmp_path, wal, path):
    link = tmp_path / "link"
    link.symlink_to(path)
    with Journal(link) as journal:
        journal.commit(claims("a"), [])
    assert os.path.exists(path)
    claim_rows_and_be_killed(str(link), 30)
    os.unlink(path)
    with pytest.raises(JournalError, match="is missing, and its log"):
        Journal(link).open()


def test_a_symbolic_link_that_is_pointed_elsewhere_during_use_is_noticed(path, tmp_path):
    link, other = tmp_path / "link", tmp_path / "other"
    link.symlink_to(path)
    with Journal(other):
        pass
    with pytest.raises(JournalError, match="is another file now"), Journal(link) as journal:
        journal.commit(claims("a"), [])
        link.unlink()
        link.symlink_to(other)
        journal.commit(claims("b"), [])


def test_a_program_may_change_its_directory_while_a_journal_is_open(path, tmp_path, monkeypatch):
    monkeypatch.chdir(Path(path).parent)
    with Journal("run.journal") as journal:
        journal.commit(claims("a"), [])
        monkeypatch.chdir(tmp_path)
        journal.commit(claims("b"), [])
    monkeypatch.chdir(Path(path).parent)
    assert Journal("run.journal").counts()["unknown"] == 2


def test_a_second_process_is_refused_at_the_path_of_a_file_that_was_moved(script, open_journal, path):
    move_file(path)
    source = """
        import sys
        from smtp2go_async import Journal, JournalError
        try:
            Journal(sys.argv[1]).open()
        except JournalError as error:
            print(error)
    """
    assert "is missing, and its log" in script(source, path)
    assert "in use by another run" in script(source, f"{path}.moved")
