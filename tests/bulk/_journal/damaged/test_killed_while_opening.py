"""A process that is killed at any step of opening or closing a journal loses nothing."""

import os
import shutil
import sqlite3
import subprocess
import sys
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

for line in sys.stdin:
    steps, path = line.rstrip("\\n").split(" ", 1)
    steps_left = int(steps)
    child = os.fork()
    if child == 0:
        with journal_file.JournalFile(path):
            pass
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def ends_after():
    """Return a function that opens and closes a journal in a process that ends after so many steps.

    It returns whether the process got to its own end. The processes are forks of a single program, which takes a tenth
    of the time of a new program for each.
    """
    command = [sys.executable, "-c", OPEN_AND_END]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as program:

        def open_and_end(steps, path):
            program.stdin.write(f"{steps} {path}\n")
            status = int(program.stdout.readline())
            assert status in (0, 9)
            return status == 0

        yield open_and_end
        program.stdin.close()
        assert program.wait(20) == 0


def test_a_new_journal_can_be_opened_after_a_kill_at_any_step(tmp_path, ends_after):
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
def test_a_journal_loses_nothing_by_a_kill_at_any_step_of_opening_or_closing(is_clean, path, wal, tmp_path, ends_after):
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
