"""The file of a journal: which files are refused, which program has it, and what is left on the disk."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from bulk.helpers import claims, emails, states

from smtp2go_async import Journal, JournalError


def test_two_programs_that_open_it_at_the_same_moment_do_not_both_get_it(path):
    def work(journal):
        together.wait()
        try:
            return journal.open()
        except JournalError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        for _ in range(20):
            together = threading.Barrier(2)
            journals = [Journal(path), Journal(path)]
            first, second = pool.map(work, journals)
            assert {type(first), type(second)} == {Journal, JournalError}, (first, second)
            for journal in journals:
                journal.close()


def test_a_missing_folder_is_named_in_the_error(tmp_path):
    with pytest.raises(JournalError, match=r"the folder of '.*/no/x' does not exist"):
        Journal(tmp_path / "no" / "x").open()


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(JournalError, match="is a directory"):
        Journal(tmp_path).open()


def test_another_kind_of_file_is_refused_and_left_as_it_is(path):
    with open(path, "wb") as file:
        file.write(b"reference,to\n" * 1000)
    with pytest.raises(JournalError, match="it is another kind of file"):
        Journal(path).open()
    with open(path, "rb") as file:
        assert file.read() == b"reference,to\n" * 1000


def test_another_database_is_refused_and_left_as_it_is(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
        connection.commit()
    with open(path, "rb") as file:
        before = file.read()
    with pytest.raises(JournalError, match="another kind of database, and is left alone"):
        Journal(path).open()
    with open(path, "rb") as file:
        assert file.read() == before


@pytest.mark.parametrize("more", ["", "CREATE TABLE later (x)"])
def test_a_journal_of_a_later_version_is_refused_and_left_alone(more, path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE meta SET value = '9' WHERE name = 'schema'")
        connection.execute(more)
        connection.commit()
    with pytest.raises(JournalError, match="has the form '9'; this version knows 4"):
        Journal(path).open()
    assert states(path) == {"a": "claimed"}


def test_a_full_disk_raises_and_earlier_commits_stay(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(JournalError, match="can't be written: database or disk is full"):
            journal.commit(claims(*[f"r{number}" * 20 for number in range(2000)]), [])
        assert [row.reference for row in journal.rows()] == ["a"]
    assert list(states(path)) == ["a"]


def test_a_journal_opened_twice_in_a_program_is_in_use(path):
    with Journal(path), pytest.raises(JournalError, match="in use by another run"):
        Journal(path).open()


def test_opening_an_open_journal_does_nothing(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        assert journal.open() is journal
        assert journal.counts()["claimed"] == 1
    journal.close()


def test_a_closed_journal_can_be_opened_again(path):
    journal = Journal(path)
    for _ in range(3):
        with journal:
            journal.commit(claims("a"), [])
    assert journal.counts()["unknown"] == 1


@pytest.mark.parametrize("again", [("sms", ""), ("email", "other")])
def test_a_journal_is_bound_to_its_kind_of_run_and_its_text(again, path):
    with Journal(path) as journal:
        journal.take_for("email", "text")
        with pytest.raises(JournalError, match="was started for another"):
            journal.take_for(*again)


def test_only_the_file_is_left_when_it_is_closed(path, tmp_path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    assert [file.name for file in tmp_path.iterdir()] == ["run.journal"]


def test_a_journal_that_was_not_closed_is_closed_with_its_object(path):
    Journal(path).open().commit(claims("a"), [])
    with Journal(path) as journal:
        assert journal.counts()["unknown"] == 1


@pytest.mark.parametrize("nothing", ["", ":memory:", "a\0b"])
def test_a_path_that_names_no_file_is_refused(nothing):
    """SQLite would keep nothing, and the next run would send everything again."""
    with pytest.raises(ValueError, match="journal: "):
        Journal(nothing)


def test_a_journal_that_is_no_path_is_refused_and_nothing_is_sent(go, client, provider):
    with pytest.raises(TypeError, match="journal: must be the path of a file, not an int"):
        go(client.bulk.send, emails(1), journal=5)
    assert provider.calls == []
