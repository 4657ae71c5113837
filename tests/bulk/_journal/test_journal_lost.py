"""A journal whose files were lost, emptied, cut short, replaced or mixed up: nothing that was sent is sent again."""

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing, suppress
from pathlib import Path

import pytest
from bulk.helpers import claims, email, emails, states

from smtp2go_async import Journal, JournalError, SyncClient
from smtp2go_async.bulk._journal import files_at_start, files_in_use
from smtp2go_async.bulk._journal.row_states import Settled
from smtp2go_async.bulk._journal.seal import DatabaseHeader, Seal
from smtp2go_async.sandbox import Sandbox

on = pytest.mark.parametrize

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps files that are open from all of this")

KILLED = """
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


def killed(path, first=1, count=20, before=""):
    """Let another process claim rows in a journal, and be killed."""
    command = [sys.executable, "-c", textwrap.dedent(before) + textwrap.dedent(KILLED), path, str(first), str(count)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -9


@pytest.fixture
def log(path):
    return f"{path}-wal"


@pytest.fixture
def left(path, log):
    """A journal as a process leaves it that was killed, with all it has in its log."""
    killed(path)
    assert os.path.getsize(log)
    return path


def refused(path, match):
    """The journal is refused, and what is in its folder is left as it is."""
    folder = Path(path).parent
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    with pytest.raises(JournalError, match=match) as caught:
        Journal(path).open()
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before
    text = str(caught.value)
    assert "start again" in text
    assert repr(path) in text


# --- between two runs --------------------------------------------------------------------------------------------


def test_what_a_killed_process_leaves_is_opened_and_has_it_all(left):
    with Journal(left) as journal:
        assert {row.reference: row.state for row in journal.rows()} == {
            **{f"r{number}": "sent" for number in range(1, 20)},
            "r20": "unknown",
        }


def test_a_log_without_its_file_is_refused(left):
    os.unlink(left)
    refused(left, r"is missing, and its log 'run\.journal-wal' is there")


def test_a_log_without_its_file_is_refused_by_those_who_only_read(left):
    os.unlink(left)
    with pytest.raises(JournalError, match="is missing, and its log"):
        Journal(left).counts()


def test_a_log_beside_an_empty_file_is_refused(left):
    os.truncate(left, 0)
    refused(left, r"is empty, and its log 'run\.journal-wal' is not")


def test_a_file_whose_log_was_deleted_is_refused(left, log):
    os.unlink(log)
    with pytest.raises(
        JournalError, match=r"is without its last commits \(\d+\): its log 'run\.journal-wal' was deleted"
    ):
        Journal(left).open()


@on("share", [0.0, 0.001, 0.3, 0.7, "all but the last byte"])
def test_a_file_whose_log_was_cut_short_is_refused_until_the_log_is_put_back(share, left, log, tmp_path):
    shutil.copy(log, tmp_path / "whole")
    size = os.path.getsize(log)
    os.truncate(log, size - 1 if isinstance(share, str) else int(size * share))
    for _ in range(2):
        with pytest.raises(JournalError, match=r"is without its last commits \(\d+\)"):
            Journal(left).open()
    shutil.move(tmp_path / "whole", log)
    assert Journal(left).counts()["sent"] == 19


def test_a_log_that_was_damaged_in_the_middle_is_refused(left, log):
    with open(log, "r+b") as file:
        file.seek(os.path.getsize(log) // 2)
        file.write(b"\xff" * 100)
    with pytest.raises(JournalError, match="is without its last"):
        Journal(left).open()


def test_a_log_that_was_lost_is_refused_however_often_it_was_worked_in(path, log):
    killed(path, count=3000)
    os.unlink(log)
    with pytest.raises(JournalError, match="is without its last"):
        Journal(path).open()


def test_a_longer_run_that_was_killed_is_opened_and_killed_again_and_opened(path):
    for first in (1, 2001, 4001):
        killed(path, first, 2000)
    with Journal(path) as journal:
        assert journal.counts()["sent"] == 5999


def test_what_another_program_has_worked_into_the_file_needs_no_log(left, log):
    """Whoever looks into a journal with SQLite's own program after a kill takes the log away in this manner."""
    with closing(sqlite3.connect(left)) as connection:
        connection.execute("SELECT count(*) FROM rows").fetchone()
    assert not os.path.exists(log)
    assert Journal(left).counts()["sent"] == 19


def test_a_journal_that_sqlite_has_vacuumed_is_the_same_journal(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
    assert Journal(path).counts()["unknown"] == 1


def test_an_older_copy_of_the_file_beside_its_log_is_refused(path, tmp_path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    shutil.copy(path, tmp_path / "old")
    killed(path)
    shutil.copy(tmp_path / "old", path)
    refused(path, r"and the log 'run\.journal-wal' beside it do not belong together")


def test_an_older_log_beside_the_file_is_refused(left, log, tmp_path):
    shutil.copy(log, tmp_path / "old")
    for reference in "bc":
        with Journal(left) as journal:
            journal.commit(claims(reference), [])
    shutil.copy(tmp_path / "old", log)
    refused(left, "do not belong together")


def test_an_older_log_that_was_worked_in_is_not_taken_for_newer_than_the_file(left, log, tmp_path):
    shutil.copy(log, tmp_path / "old")
    with Journal(left) as journal:
        journal.commit(claims("b"), [])
    shutil.copy(tmp_path / "old", log)
    with Journal(left) as journal:
        assert journal.counts()["unknown"] == 2


def test_an_older_log_of_the_same_beginning_is_refused(path, log, tmp_path):
    killed(path)
    shutil.copy(log, tmp_path / "old")
    killed(path, 21)
    shutil.copy(tmp_path / "old", log)
    with pytest.raises(JournalError, match=r"is without its last commits \(20\)"):
        Journal(path).open()


def test_the_log_of_another_journal_is_refused(left, log, tmp_path):
    other = str(tmp_path / "other")
    killed(other, 100)
    shutil.copy(f"{other}-wal", log)
    refused(left, "do not belong together")


def test_a_copy_of_the_file_made_while_it_was_in_use_is_refused_without_its_log(path, tmp_path):
    copy = tmp_path / "copy"
    with Journal(path) as journal:
        for number in range(10):
            journal.commit(claims(f"r{number}"), [])
        shutil.copy(path, copy)
    with pytest.raises(JournalError, match=r"is without its last commits \(10\)"):
        Journal(copy).open()


@on("size", [0, 1])
def test_a_file_that_was_emptied_is_refused(size, path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    os.truncate(path, size)
    refused(path, "is an empty file. If no run has sent anything with it, delete it and start again")


@on("size", [99, 5000, 12_288, -1])
def test_a_file_that_was_cut_short_is_refused(size, path):
    with Journal(path) as journal:
        journal.commit(claims(*(f"r{number}" for number in range(500))), [])
    os.truncate(path, size if size > 0 else os.path.getsize(path) + size)
    with pytest.raises(JournalError, match="was cut short: it needs|another kind of file"):
        Journal(path).open()


def test_a_file_whose_seal_was_overwritten_is_refused(path):
    Journal(path).open().close()
    with open(path, "r+b") as file:
        header = DatabaseHeader.read(file.read(64))
        file.seek(header.seal_offset)
        file.write(bytes(10))
    with pytest.raises(JournalError, match="is damaged, or was changed by another program"):
        Journal(path).open()


def test_a_file_with_a_second_name_is_refused(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    linked(path)
    for name in (path, f"{path}.second"):
        refused(name, r"has 2 names \(hard links\)")
    os.unlink(f"{path}.second")
    assert Journal(path).counts()["unknown"] == 1


def test_a_journal_and_its_log_can_be_moved_together(left, log, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(left, folder)
    shutil.copy(log, folder)
    assert Journal(folder / "run.journal").counts()["sent"] == 19


def test_a_symbolic_link_leads_to_the_file_and_to_its_log(left, log, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(left)
    with Journal(link) as journal:
        journal.commit(claims("b"), [])
        assert os.path.exists(log)
    killed(str(link), 30)
    os.unlink(log)
    with pytest.raises(JournalError, match=r"its log 'run\.journal-wal' was deleted"):
        Journal(link).open()


def test_a_symbolic_link_that_leads_nowhere_is_a_new_journal_unless_there_is_a_log(tmp_path, log, path):
    link = tmp_path / "link"
    link.symlink_to(path)
    with Journal(link) as journal:
        journal.commit(claims("a"), [])
    assert os.path.exists(path)
    killed(str(link), 30)
    os.unlink(path)
    with pytest.raises(JournalError, match="is missing, and its log"):
        Journal(link).open()


def test_what_sqlite_leaves_beside_it_for_sharing_does_not_matter(left):
    Path(f"{left}-shm").write_bytes(b"x" * 40_000)
    assert Journal(left).counts()["sent"] == 19


def test_an_export_does_not_overwrite_the_log(left, log):
    before = Path(log).read_bytes()
    with pytest.raises(ValueError, match="must not be the journal itself"):
        Journal(left).export_csv(log)
    assert Path(log).read_bytes() == before


# --- killed while it is opened -----------------------------------------------------------------------------------

ENDING = """
    import os, sqlite3, sys
    from smtp2go_async.bulk._journal import file as journal_file
    from smtp2go_async.bulk._journal import files_in_use

    left = int({left})

    def one_step():
        global left
        left -= 1
        if left < 0:
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


def ended_after(steps, path):
    """Open and close a journal in a process that ends after so many steps; whether it came to its end before."""
    command = [sys.executable, "-c", textwrap.dedent(ENDING.format(left=steps)), path]
    status = subprocess.run(command, check=False, timeout=20).returncode
    assert status in (0, 9)
    return status == 0


def test_ended_at_any_step_of_its_beginning_a_journal_is_begun_anew(tmp_path):
    for steps in range(100):
        path = tmp_path / str(steps)
        if ended_after(steps, path):
            break
        if not path.stat().st_size:
            # Before SQLite has written anything. One that was emptied looks the same.
            assert steps < 4
            refused(str(path), "is an empty file")
            continue
        with Journal(path) as journal:
            journal.commit(claims("a"), [])
        assert Journal(path).counts()["unknown"] == 1
    assert steps > 25


@on("is_clean", [True, False])
def test_ended_at_any_step_of_being_opened_or_closed_a_journal_loses_nothing(is_clean, path, log, tmp_path):
    killed(path)
    if is_clean:
        Journal(path).open().close()
    for steps in range(100):
        ended = ended_after(steps, path)
        copy = str(tmp_path / "copy")
        for end in ("", "-wal"):
            if os.path.exists(path + end):
                shutil.copy(path + end, copy + end)
        assert Journal(copy).counts() == {**dict.fromkeys(Journal(copy).counts(), 0), "sent": 19, "unknown": 1}
        if ended:
            break
    assert steps > 15


def test_a_journal_that_can_not_be_begun_leaves_nothing_behind(path, monkeypatch):
    def broken(self, connection):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Journal, "_create_tables", broken)
    with pytest.raises(JournalError, match="disk I/O error"):
        Journal(path).open()
    assert list(Path(path).parent.iterdir()) == []


# --- while a run uses it -----------------------------------------------------------------------------------------


def moved(path):
    os.rename(path, f"{path}.moved")


def deleted(path):
    os.unlink(path)


def emptied(path):
    os.truncate(path, 0)


def cut_short(path):
    os.truncate(path, os.path.getsize(path) - 1)


def overwritten_by_an_older_copy(path):
    shutil.copy(f"{path}.old", path)


def replaced_by_an_older_copy(path):
    shutil.copy(f"{path}.old", f"{path}.new")
    os.rename(f"{path}.new", path)


def replaced_by_an_empty_file(path):
    os.unlink(path)
    Path(path).touch()


def linked(path):
    os.link(path, f"{path}.second")


def without_its_log(path):
    os.unlink(f"{path}-wal")


def log_moved(path):
    os.rename(f"{path}-wal", f"{path}-wal.moved")


def log_cut_short(path):
    os.truncate(f"{path}-wal", os.path.getsize(f"{path}-wal") - 1)


def log_emptied(path):
    os.truncate(f"{path}-wal", 0)


def log_replaced(path):
    shutil.copy(f"{path}-wal", f"{path}-wal.new")
    os.rename(f"{path}-wal.new", f"{path}-wal")


def both_deleted(path):
    os.unlink(path)
    os.unlink(f"{path}-wal")


def folder_moved(path):
    folder = Path(path).parent
    os.rename(folder, folder.with_name("moved"))


def folder_replaced(path):
    folder_moved(path)
    Path(path).parent.mkdir()


OF_THE_FILE = {
    moved: "is not there any more: it was moved or deleted while it was in use",
    deleted: "is not there any more",
    emptied: "was emptied while it was in use",
    cut_short: "was cut short while it was in use",
    overwritten_by_an_older_copy: "was overwritten while it was in use",
    replaced_by_an_older_copy: "is another file now: it was replaced while it was in use",
    replaced_by_an_empty_file: "is another file now",
}
OF_THE_LOG = {
    linked: r"has 2 names \(hard links\)",
    without_its_log: "is without its log 'run.journal-wal', which was moved or deleted while it was in use",
    log_moved: "is without its log",
    log_cut_short: "is without the end of its log 'run.journal-wal', which was cut short",
    log_emptied: "is without the end of its log",
    log_replaced: "is without its log 'run.journal-wal', which was replaced",
}
OF_THE_FOLDER = {
    both_deleted: "is not there any more",
    folder_moved: "is not there any more",
    folder_replaced: "is not there any more",
}
ALL = {**OF_THE_FILE, **OF_THE_LOG, **OF_THE_FOLDER}


@pytest.fixture
def path(tmp_path):
    """In a folder of its own, which can be moved."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return str(folder / "run.journal")


@pytest.fixture
def used(path):
    """An open journal with a row, of which there is an older copy."""
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        journal.commit([], [Settled("a", "sent")])
    shutil.copy(path, f"{path}.old")
    journal = Journal(path).open()
    journal.commit(claims("b"), [])
    yield journal
    with suppress(JournalError):
        journal.close()


@on("harm", ALL)
def test_what_happens_to_the_files_of_an_open_journal_is_noticed_by_its_next_commit_and_all_later_ones(
    harm, used, path
):
    harm(path)
    for reference in ("c", "d"):
        with pytest.raises(JournalError, match=ALL[harm]) as caught:
            used.commit(claims(reference), [])
        assert "start again" in str(caught.value).lower()


@on("harm", ALL)
def test_what_happens_while_a_commit_is_written_is_noticed_before_it_returns(harm, used, path):
    entry = used.log_entry(claims("c"), [])
    harm(path)
    used.write(entry)
    with pytest.raises(JournalError, match=ALL[harm]):
        used.seal()


@on("harm", OF_THE_FILE)
def test_a_file_that_was_lost_while_it_was_in_use_is_refused_then(harm, used, path, log):
    harm(path)
    with pytest.raises(JournalError):
        used.commit(claims("c"), [])
    used.close()
    assert os.path.getsize(log)
    with pytest.raises(JournalError):
        Journal(path).open()


@on("harm", [moved, replaced_by_an_older_copy])
def test_a_file_that_is_put_back_has_it_all(harm, used, path):
    os.link(path, f"{path}.kept")
    os.rename(f"{path}.kept", f"{path}.moved")
    os.unlink(path) if os.path.exists(path) else None
    shutil.copy(f"{path}.old", path) if harm is replaced_by_an_older_copy else None
    with pytest.raises(JournalError):
        used.commit(claims("c"), [])
    used.close()
    os.replace(f"{path}.moved", path)
    with Journal(path) as journal:
        assert {row.reference: row.state for row in journal.rows()} == {"a": "sent", "b": "unknown"}


@on("harm", [linked, without_its_log, log_moved, log_replaced])
def test_what_a_lost_log_had_is_saved_when_the_journal_is_closed(harm, used, path):
    harm(path)
    with pytest.raises(JournalError):
        used.commit(claims("c"), [])
    used.close()
    if harm is linked:
        os.unlink(f"{path}.second")
    assert states(path) == {"a": "sent", "b": "claimed"}
    with Journal(path) as journal:
        assert journal.counts()["unknown"] == 1


@on("harm", [log_cut_short, log_emptied])
def test_a_log_that_was_cut_short_can_not_be_saved_and_the_journal_is_refused(harm, used, path):
    harm(path)
    with pytest.raises(JournalError):
        used.commit(claims("c"), [])
    used.close()
    with pytest.raises(JournalError, match="is without its last|do not belong together"):
        Journal(path).open()


def test_an_open_journal_that_was_lost_can_still_be_read(used, path, tmp_path):
    deleted(path)
    with pytest.raises(JournalError):
        used.commit(claims("c"), [])
    assert used.counts()["sent"] == 1


@on("harm", OF_THE_FILE)
def test_what_happens_before_a_journal_is_closed_is_told_then(harm, used, path, log):
    harm(path)
    with pytest.raises(JournalError, match=OF_THE_FILE[harm]):
        used.close()
    assert not used.is_open
    assert os.path.getsize(log)


def test_a_journal_lost_within_a_with_that_raises_does_not_hide_what_was_raised(path):
    with pytest.raises(KeyError) as caught:
        with Journal(path) as journal:
            journal.commit(claims("a"), [])
            os.unlink(path)
            raise KeyError
    assert any("is not there any more" in note for note in caught.value.__notes__)


def test_a_lost_journal_that_nobody_closes_leaves_its_log(path, log):
    journal = Journal(path).open()
    journal.commit(claims("a"), [])
    os.unlink(path)
    del journal
    assert os.path.getsize(log)
    refused(path, "is missing, and its log")


def test_a_second_process_is_refused_at_the_path_of_a_file_that_was_moved(script, used, path):
    moved(path)
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


def test_a_link_that_leads_to_another_file_meanwhile_is_noticed(path, tmp_path):
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


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="nobody else may take rights from root")
def test_rights_that_are_taken_meanwhile_do_not_matter_to_a_file_that_is_open(used, path):
    os.chmod(path, 0)
    used.commit(claims("c"), [])
    os.chmod(path, 0o600)


def test_a_file_that_can_not_be_looked_at_any_more_ends_the_run(used, path, monkeypatch):
    def denied(name, *more, real=os.stat, **options):
        if name == path:
            raise PermissionError(13, "Permission denied")
        return real(name, *more, **options)

    monkeypatch.setattr(files_in_use.os, "stat", denied)
    with pytest.raises(JournalError, match=r"can't be looked at any more \(Permission denied\)"):
        used.commit(claims("c"), [])


def test_a_full_disk_that_lets_no_seal_be_written_is_told(used, monkeypatch):
    def full(number, text, place=0):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files_at_start.os, "pwrite" if hasattr(os, "pwrite") else "write", full)
    with pytest.raises(JournalError, match="can't be written: No space left on device"):
        used.commit(claims("c"), [])


def test_a_full_disk_that_takes_a_part_of_a_commit_is_not_taken_for_a_log_that_was_cut_short(used, path):
    pages = used._connection.execute("PRAGMA page_count").fetchone()[0]
    used._connection.execute("PRAGMA cache_size = 2")
    used._connection.execute(f"PRAGMA max_page_count = {pages + 300}")
    with pytest.raises(JournalError, match="disk is full"):
        for number in range(1000):
            used.commit(claims(*(f"{number}-{one:04}" * 20 for one in range(300))), [])
            used.apply_log()
    used._connection.execute("PRAGMA max_page_count = 1000000")
    used.commit(claims("c"), [])
    used.close()
    assert Journal(path).counts()["unknown"] > 300


def test_a_file_system_without_locks_can_hold_a_journal(path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def none(number, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    assert Journal(path).counts()["unknown"] == 1


def test_the_log_is_worked_in_and_begun_anew_however_long_a_run_is(path, log):
    with Journal(path) as journal:
        for number in range(3000):
            journal.commit(claims(f"r{number}"), [])
        size = os.path.getsize(log)
    assert size < 1.2 * files_in_use.MAX_WAL_FRAMES * 4096
    assert Journal(path).counts()["unknown"] == 3000


def test_a_log_that_is_applied_after_a_kill_does_not_grow_without_end(path, log, monkeypatch):
    monkeypatch.setattr("smtp2go_async.bulk._journal.log.MAX_STATEMENT_CHARACTERS", 10_000)
    with Journal(path) as journal:
        for number in range(40):
            journal.commit(claims(*(f"{number}-{one:04}" * 20 for one in range(300))), [])
        journal.apply_log = lambda max_characters: False
        monkeypatch.setattr(type(journal), "apply_log", lambda self, max_characters: False)
    with Journal(path):
        assert os.path.getsize(log) < 2 * files_in_use.MAX_WAL_FRAMES * 4096


# --- runs --------------------------------------------------------------------------------------------------------


@on("harm", ALL)
@on("via", ["send", "batch"])
def test_a_run_ends_and_the_next_one_sends_nothing_twice(harm, via, go, client, provider, path):
    with Journal(path):
        pass
    shutil.copy(path, f"{path}.old")
    count, told = 0, []

    def after_a_while(_fields):
        nonlocal count
        count += 1
        if count == 10:
            harm(path)

    provider.otherwise = after_a_while
    options = {"via": via, "batch_size": 10, "concurrency": 4}
    with pytest.raises(JournalError, match=ALL[harm]) as caught:
        go(client.bulk.send, emails(600), journal=path, on_outcome=told.append, **options)
    assert any("until then: " in note for note in caught.value.__notes__)
    sent = set(provider.arrived)
    assert 0 < len(sent) < 600
    assert {one.reference for one in told if one.status == "sent"} == sent, "one that was under way was not told"
    if harm in OF_THE_FOLDER:
        # Nothing is left there of which a next run could know.
        return
    provider.otherwise = None
    try:
        go(client.bulk.send, emails(600), journal=path, **options)
    except JournalError:
        assert harm not in (without_its_log, log_moved, log_replaced)
    assert set(provider.arrived.values()) == {1}


def test_a_run_whose_file_is_moved_and_put_back_goes_on_and_each_email_arrives_once(path):
    with Sandbox() as sandbox, SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:

        def move(_outcome):
            if sandbox.counts("path").get("/v3/email/send") == 30 and os.path.exists(path):
                moved(path)

        with pytest.raises(JournalError, match="is not there any more"):
            client.bulk.send(emails(100), journal=path, concurrency=1, on_outcome=move)
        with pytest.raises(JournalError, match="is missing, and its log"):
            client.bulk.send(emails(100), journal=path)
        os.rename(f"{path}.moved", path)
        client.bulk.send(emails(100), journal=path)
        client.bulk.reconcile(path, wait=False)
        found = states(path)
        assert {name for name, state in found.items() if state == "sent"} == set(sandbox.counts("subject"))
        client.bulk.send(emails(100), journal=path, resend_unknown=True)
        assert sandbox.counts("subject") == {f"r{number}": 1 for number in range(1, 101)}


def test_a_run_whose_journal_is_lost_at_its_very_end_says_what_it_has_sent(go, client, path, monkeypatch):
    close = Journal.close

    def late(self):
        if self.is_open and os.path.exists(path):
            os.unlink(path)
        close(self)

    monkeypatch.setattr(Journal, "close", late)
    with pytest.raises(JournalError, match="is not there any more") as caught:
        go(client.bulk.send, emails(3), journal=path)
    assert any("until then: 3 sent" in note for note in caught.value.__notes__)


# --- clocks ------------------------------------------------------------------------------------------------------


@on("now", [0.0, -5.0, 0.25, -1e12, 1e12, float("inf")])
def test_a_clock_that_is_wrong_sends_nothing_twice(now, go, client, provider, path):
    for _ in range(2):
        with Journal(path) as journal:
            journal._clock = lambda: now
            go(client.bulk.send, emails(20), journal=journal)
    assert set(provider.arrived.values()) == {1}
    with Journal(path) as journal:
        journal._clock = lambda: now
        assert all(row.claimed >= 1.0 for row in journal.rows())
        assert journal.export_csv(f"{path}.csv") == 20


@on("later", [0.0, 500.0, 1e12])
def test_a_clock_that_jumps_in_a_run_sends_nothing_twice(later, go, client, provider, path):
    with Journal(path) as journal:
        provider.otherwise = lambda _fields: setattr(journal, "_clock", lambda: later)
        journal._clock = lambda: 1_700_000_000.0
        go(client.bulk.send, emails(20), journal=journal)
    go(client.bulk.send, emails(20), journal=path)
    assert set(provider.arrived.values()) == {1}


def test_a_row_found_cut_off_by_a_clock_that_is_behind_was_not_settled_before_it_was_claimed(path):
    killed(path, count=1)
    journal = Journal(path)
    journal._clock = lambda: 1000.0
    with journal:
        (row,) = (one for one in journal.rows() if one.state == "unknown")
    assert row.settled == row.claimed


# --- lists in another order --------------------------------------------------------------------------------------


def swapped(count, first, second):
    found = [email(f"r{number}") for number in range(count)]
    found[first], found[second] = found[second], found[first]
    return found


@on("kept", ["hash", "address", "none"])
def test_without_references_a_list_in_another_order_is_refused_whatever_is_kept(kept, go, client, provider, path):
    listed = [email(f"r{number}") for number in range(300)]
    with Journal(path, recipients=kept) as journal:
        go(client.bulk.send, listed[:250], journal=journal)
        other = listed[:110] + listed[110:][::-1]
        with pytest.raises(JournalError, match="for other recipients"):
            go(client.bulk.send, other, journal=journal)
        assert set(provider.arrived.values()) == {1}
        with pytest.raises(JournalError, match="for other recipients"):
            go(client.bulk.send, swapped(300, 150, 200), journal=journal)
        assert go(client.bulk.send, listed, journal=journal).sent == 50
    assert set(provider.arrived.values()) == {1}


def test_what_none_keeps_fits_many_addresses(path):
    with Journal(path, recipients="none") as journal:
        kept = {journal.fingerprint([f"{number}@example.com"])[:3] for number in range(50_000)}
    assert len(kept) > 4000


# --- the seal ----------------------------------------------------------------------------------------------------


def salts(first, second=7):
    return first.to_bytes(4, "big") + second.to_bytes(4, "big")


@on(
    ("seal", "log", "is_good"),
    [
        (Seal(5, 4096, salts(9)), salts(9), True),
        (Seal(5, 4096, salts(9)), salts(10), False),
        (Seal(5, 4096, salts(9)), salts(9, 8), False),
        (Seal(5, 4096, salts(9), True), salts(9), True),
        (Seal(5, 4096, salts(9), True), salts(10, 1), True),
        (Seal(5, 4096, salts(9), True), salts(11, 1), False),
        (Seal(5, 4096, salts(9), True), salts(8, 1), False),
        (Seal(5, 4096, salts(2**32 - 1), True), salts(0, 1), True),
        (Seal(5), salts(9), True),
    ],
)
def test_a_seal_knows_its_log(seal, log, is_good):
    assert seal.belongs_to(log) is is_good
    assert Seal.read(bytes(seal)) == seal


@on("text", [b"", bytes(41), bytes(Seal())[:-1], b"x" + bytes(Seal())[1:]])
def test_what_is_no_seal_is_none(text):
    assert Seal.read(text) is None


@on("text", [b"", bytes(64), b"SQLite format 3\0" + bytes(48), b"reference,to\n" * 10])
def test_what_is_no_head_of_a_journal_is_none(text):
    assert DatabaseHeader.read(text[:64]) is None


def test_the_largest_page_is_understood():
    text = b"SQLite format 3\0" + b"\0\1" + bytes(10) + (3).to_bytes(4, "big") + bytes(28) + (2).to_bytes(4, "big")
    assert DatabaseHeader.read(text) == DatabaseHeader(65536, 3, 2 * 65536 - 41)
