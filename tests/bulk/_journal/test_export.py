"""The rows of a journal as a CSV file."""

import csv
import os

import pytest
from bulk.helpers import claims

from smtp2go_async import Journal
from smtp2go_async.bulk._journal.row_states import Settled
from smtp2go_async.bulk._plan import Row


def test_an_export_has_every_row_and_can_be_read_back(path, tmp_path):
    with Journal(path, recipients="address") as journal:
        journal._clock = lambda: 86400.0
        journal.commit([Row('a,"b"', recipients=("=1+1@example.com",)), *claims("ü")], [])
        journal.commit([], [Settled("ü", "refused", None, "request", None, "Error: no\nat all")])
        assert journal.export_csv(tmp_path / "rows.csv") == 2
    with open(tmp_path / "rows.csv", encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["reference"], first["state"], first["settled"]) == ('a,"b"', "claimed", "")
    # A spreadsheet would compute it.
    assert first["recipient"] == "'=1+1@example.com"
    assert (second["reference"], second["error"], second["claimed"]) == (
        "ü",
        "Error: no\nat all",
        "1970-01-02T00:00:00Z",
    )


def test_a_closed_journal_is_opened_once_for_its_export(path, tmp_path, monkeypatch):
    with Journal(path) as journal:
        journal.commit(claims(*(f"r{number}" for number in range(2500))), [])
    opened = []
    connect = Journal._connect
    monkeypatch.setattr(Journal, "_connect", lambda self, files: opened.append(self) or connect(self, files))
    assert journal.export_csv(tmp_path / "rows.csv") == 2500
    assert opened == [journal]
    assert not journal.is_open


def test_an_export_does_not_overwrite_its_journal(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    with pytest.raises(ValueError, match="target: must not be the journal itself"):
        Journal(path).export_csv(os.path.relpath(path))
    assert Journal(path).counts()["unknown"] == 1
