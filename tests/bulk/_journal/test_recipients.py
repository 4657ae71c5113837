"""What a journal keeps of recipients."""

import os
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from bulk.helpers import claims, settled_rows

from smtp2go_async import Journal
from smtp2go_async.bulk._journal.row_states import Settled
from smtp2go_async.bulk._plan import Row


def first_value(path, name="state"):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {name} FROM rows").fetchone()[0]


def test_by_default_no_address_is_in_the_file(path, tmp_path):
    with Journal(path) as journal:
        journal.commit([Row("a", recipients=("secret.jane@example.com",))], [])
        data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"secret.jane" not in data
    with Journal(path) as journal:
        (row,) = journal.rows()
    assert re.fullmatch("[0-9a-f]{16}", row.recipient)


def test_addresses_are_kept_when_that_is_asked_for(path):
    with Journal(path, recipients="address") as journal:
        journal.commit([Row("a", recipients=("jane@example.com", "joe@example.com"))], [])
    assert first_value(path, "recipient") == "jane@example.com, joe@example.com"


def test_no_recipients_are_kept_when_that_is_asked_for(path):
    with Journal(path, recipients="none") as journal:
        journal.commit([Row("a", recipients=("jane@example.com",))], [])
        (row,) = journal.rows()
    assert row.recipient is None
    # Twelve bits notice that a row has other recipients, and fit one address in 4,096.
    assert re.fullmatch("[0-9a-f]{3}", row.fingerprint)
    assert first_value(path, "recipient") is None


def test_without_recipients_the_marks_are_too_short_to_tell_addresses(path):
    with Journal(path, recipients="none") as journal:
        journal.commit(claims("a"), [], list_head=[journal.mark("a", ["a@example.com"])])
        assert [len(first_value) for first_value in journal.list_head] == [2]


def test_other_words_for_what_to_keep_are_refused(path):
    with pytest.raises(ValueError, match="must be one of 'hash', 'address', 'none', not 'all'"):
        Journal(path, recipients="all")


def test_a_bad_row_gets_its_recipient_when_it_is_corrected(path):
    with Journal(path, recipients="address") as journal:
        journal.take_for("email")
        journal.commit([], [], [Settled("a", "failed")])
        journal.commit([Row("a", recipients=("jane@example.com",))], [])
        journal.commit([], settled_rows("sent", "a"))
        (row,) = journal.rows()
        assert (row.state, row.recipient) == ("sent", "jane@example.com")
        assert row.fingerprint == journal.fingerprint(["jane@example.com"])


def test_two_journals_have_different_hashes_for_the_same_recipient(path, tmp_path):
    found = set()
    for name in ("a", "b"):
        with Journal(tmp_path / name) as journal:
            found.add(journal.fingerprint(["jane@example.com"]))
    assert len(found) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_the_files_of_a_journal_are_readable_by_their_owner_alone(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        for file in Path(path).parent.glob("run.journal*"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
