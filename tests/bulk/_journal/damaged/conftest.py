"""Journals to be damaged."""

import os
import shutil
from contextlib import suppress

import pytest
from bulk._journal.damaged.damages import (
    claim_rows_and_be_killed,
)
from bulk.helpers import claims

from smtp2go_async import Journal, JournalError
from smtp2go_async.bulk._journal.row_states import Settled


@pytest.fixture
def path(tmp_path):
    """Where a journal goes: in a folder of its own, which can be moved."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return str(folder / "run.journal")


@pytest.fixture
def wal(path):
    return f"{path}-wal"


@pytest.fixture
def killed_journal(path, wal):
    """The path of a journal as a killed process leaves it, with all its rows in its log."""
    claim_rows_and_be_killed(path)
    assert os.path.getsize(wal)
    return path


@pytest.fixture
def open_journal(path):
    """An open journal with two rows, and an older copy of it beside it."""
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        journal.commit([], [Settled("a", "sent")])
    shutil.copy(path, f"{path}.old")
    journal = Journal(path).open()
    journal.commit(claims("b"), [])
    yield journal
    with suppress(JournalError):
        journal.close()
