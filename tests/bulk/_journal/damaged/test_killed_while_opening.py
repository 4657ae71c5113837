"""A process that is killed at any step of opening or closing a journal loses nothing."""

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
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


OPEN_AND_END = """
    import os, sqlite3, sys
    from smtp2go_async.bulk._journal import file as journal_file
    from smtp2go_async.bulk._journal import files_in_use

    steps_left = int({steps})

    def one_step():
        global steps_left
        steps_left -= 1
        if steps_left < 0:
            os._exit(9)

    class Connection(sqlite3.Connection):
        def execute(self, *arguments):
            one_step()
            return super().execute(*arguments)

    connect = sqlite3.connect
    journal_file.sqlite3.connect = lambda *given, **more: connect(*given, factory=Connection, **more)
    for name in ("_write_seal", "_sync"):
        def wrapped(self, real=getattr(files_in_use.FilesInUse, name)):
            one_step()
            real(self)
        setattr(files_in_use.FilesInUse, name, wrapped)
    with journal_file.JournalFile(sys.argv[1]) as journal:
        pass
    os._exit(0)
"""


def ends_after(steps, path):
    """Open and close a journal in a process that ends after so many steps; return whether it got to its own end."""
    command = [sys.executable, "-c", textwrap.dedent(OPEN_AND_END.format(steps=steps)), path]
    status = subprocess.run(command, check=False, timeout=20).returncode
    assert status in (0, 9)
    return status == 0


def test_a_new_journal_can_be_opened_after_a_kill_at_any_step(tmp_path):
    for steps in range(100):
        path = tmp_path / str(steps)
        if ends_after(steps, path):
            break
        if not path.stat().st_size:
            # SQLite has not written anything yet. A journal that was emptied looks the same.
            assert steps < 4
            assert_refused(str(path), "is an empty file")
            continue
        with Journal(path) as journal:
            journal.commit(claims("a"), [])
        assert Journal(path).counts()["unknown"] == 1
    assert steps > 25


@cases("is_clean", [True, False])
def test_a_journal_loses_nothing_by_a_kill_at_any_step_of_opening_or_closing(is_clean, path, wal, tmp_path):
    claim_rows_and_be_killed(path)
    if is_clean:
        Journal(path).open().close()
    for steps in range(100):
        ended = ends_after(steps, path)
        copy = str(tmp_path / "copy")
        for end in ("", "-wal"):
            if os.path.exists(path + end):
                shutil.copy(path + end, copy + end)
        assert Journal(copy).counts() == {**dict.fromkeys(Journal(copy).counts(), 0), "sent": 19, "unknown": 1}
        if ended:
            break
    assert steps > 15


def test_a_new_journal_that_can_not_be_written_leaves_no_file_behind(path, monkeypatch):
    def broken(self, connection):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Journal, "_create_tables", broken)
    with pytest.raises(JournalError, match="disk I/O error"):
        Journal(path).open()
    assert list(Path(path).parent.iterdir()) == []
