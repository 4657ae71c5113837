"""The WAL is checkpointed and started again, so that it does not grow with the run."""

import os
import sys

import pytest
from bulk.helpers import claims

from smtp2go_async import Journal
from smtp2go_async.bulk._journal import files_in_use

cases = pytest.mark.parametrize

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from all such damage")


def test_the_wal_does_not_grow_with_the_run(path, wal):
    with Journal(path) as journal:
        for number in range(3000):
            journal.commit(claims(f"r{number}"), [])
        size = os.path.getsize(wal)
    assert size < 1.2 * files_in_use.MAX_WAL_FRAMES * 4096
    assert Journal(path).counts()["unknown"] == 3000


def test_the_wal_does_not_grow_while_a_long_log_is_applied(path, wal, monkeypatch):
    monkeypatch.setattr("smtp2go_async.bulk._journal.log.MAX_STATEMENT_CHARACTERS", 10_000)
    with Journal(path) as journal:
        for number in range(40):
            journal.commit(claims(*(f"{number}-{place:04}" * 20 for place in range(300))), [])
        journal.apply_log = lambda max_characters: False
        monkeypatch.setattr(type(journal), "apply_log", lambda self, max_characters: False)
    with Journal(path):
        assert os.path.getsize(wal) < 2 * files_in_use.MAX_WAL_FRAMES * 4096
