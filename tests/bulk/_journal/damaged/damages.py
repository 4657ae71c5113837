"""What can happen to the files of a journal, and the error that each damage raises."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from smtp2go_async import Journal, JournalError

CLAIM_ROWS_AND_BE_KILLED = """
    import os, signal, sys
    from smtp2go_async import Journal
    from smtp2go_async.bulk._plan import Row
    from smtp2go_async.bulk._journal.row_states import Settled

    first, count = int(sys.argv[2]), int(sys.argv[3])
    journal = Journal(sys.argv[1]).open()
    journal.take_for("email")
    for number in range(first, first + count):
        journal.commit([Row(f"r{number}")], [Settled(f"r{number - 1}", "sent")] if number > 1 else [])
        if number % 7 == 0:
            journal.apply_log()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def claim_rows_and_be_killed(path, first=1, count=20, before=""):
    """Let another process claim rows in a journal, and be killed."""
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(before) + textwrap.dedent(CLAIM_ROWS_AND_BE_KILLED),
        path,
        str(first),
        str(count),
    ]
    assert subprocess.run(command, check=False, timeout=60).returncode == -9


def assert_refused(path, match):
    """Assert that a journal is refused, and that the files in its folder are left as they are."""
    folder = Path(path).parent
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(JournalError, match=match) as caught:
        Journal(path).open()
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    text = str(caught.value)
    assert "start again" in text
    assert repr(path) in text


def move_file(path):
    os.rename(path, f"{path}.moved")


def delete_file(path):
    os.unlink(path)


def empty_file(path):
    os.truncate(path, 0)


def cut_file_short(path):
    os.truncate(path, os.path.getsize(path) - 1)


def overwrite_with_older_copy(path):
    # Not with `shutil.copy`, which empties the file first: a journal that looks just then says so.
    content = Path(f"{path}.old").read_bytes()
    with open(path, "r+b") as file:
        file.write(content)
        file.truncate()


def replace_with_older_copy(path):
    shutil.copy(f"{path}.old", f"{path}.new")
    os.rename(f"{path}.new", path)


def replace_with_empty_file(path):
    os.unlink(path)
    Path(path).touch()


def add_hard_link(path):
    os.link(path, f"{path}.second")


def delete_wal(path):
    os.unlink(f"{path}-wal")


def move_wal(path):
    os.rename(f"{path}-wal", f"{path}-wal.moved")


def cut_wal_short(path):
    os.truncate(f"{path}-wal", os.path.getsize(f"{path}-wal") - 1)


def empty_wal(path):
    os.truncate(f"{path}-wal", 0)


def replace_wal(path):
    shutil.copy(f"{path}-wal", f"{path}-wal.new")
    os.rename(f"{path}-wal.new", f"{path}-wal")


def delete_both(path):
    os.unlink(path)
    os.unlink(f"{path}-wal")


def move_folder(path):
    folder = Path(path).parent
    os.rename(folder, folder.with_name("moved"))


def replace_folder(path):
    move_folder(path)
    Path(path).parent.mkdir()


FILE_DAMAGES = {
    move_file: "is not there any more: it was moved or deleted while it was in use",
    delete_file: "is not there any more",
    empty_file: "was emptied while it was in use",
    cut_file_short: "was cut short while it was in use",
    overwrite_with_older_copy: "was overwritten while it was in use",
    replace_with_older_copy: "is another file now: it was replaced while it was in use",
    replace_with_empty_file: "is another file now",
}


WAL_DAMAGES = {
    add_hard_link: r"has 2 names \(hard links\)",
    delete_wal: "is without its log 'run.journal-wal', which was moved or deleted while it was in use",
    move_wal: "is without its log",
    cut_wal_short: "is without the end of its log 'run.journal-wal', which was cut short",
    empty_wal: "is without the end of its log",
    replace_wal: "is without its log 'run.journal-wal', which was replaced",
}


FOLDER_DAMAGES = {
    delete_both: "is not there any more",
    move_folder: "is not there any more",
    replace_folder: "is not there any more",
}


DAMAGES = {**FILE_DAMAGES, **WAL_DAMAGES, **FOLDER_DAMAGES}
