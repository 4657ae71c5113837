"""A journal and several processes: a second program, a forked child, another user, a bulk run on a full disk."""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time

import pytest
from bulk.helpers import claims, counted, email, emails, states

from smtp2go_async import Attachment, Journal, JournalError
from smtp2go_async.bulk._journal.row_states import Settled

OPEN = """
import sys
from smtp2go_async import Journal, JournalError
try:
    with Journal(sys.argv[1]) as journal:
        print("opened", journal.counts()["claimed"])
except JournalError as error:
    print(error)
"""


def test_a_second_process_is_refused_with_the_reason(script, path):
    with Journal(path):
        assert "run.journal' can't be opened: it is in use by another run" in script(OPEN, path)
    assert script(OPEN, path) == "opened 0"


def test_a_second_process_does_not_change_what_the_first_has_claimed(script, path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        script(OPEN, path)
        assert journal.counts()["claimed"] == 1


def test_a_reader_in_another_process_is_refused_too(script, path):
    """Its counts would be wrong a moment later, and a journal has to be opened to be read."""
    with Journal(path):
        assert "in use" in script(
            OPEN.replace(
                "with Journal(sys.argv[1]) as journal", "journal = Journal(sys.argv[1]); journal.counts()\n    if 1"
            ),
            path,
        )


def test_a_process_that_was_killed_leaves_a_journal_that_opens(path):
    source = """
        import os, signal, sys
        from smtp2go_async import Journal
        from smtp2go_async.bulk._plan import Row
        from smtp2go_async.bulk._journal.row_states import Settled
        journal = Journal(sys.argv[1]).open()
        journal.commit([Row("a"), Row("b")], [])
        journal.commit([Row("c")], [Settled("a", "sent")])
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(source), path], check=False, timeout=20)
    assert done.returncode == -9
    with Journal(path) as journal:
        assert {row.reference: row.state for row in journal.rows()} == {"a": "sent", "b": "unknown", "c": "unknown"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_to_open_the_journal_itself(forked, path):
    with Journal(path) as journal:

        def work():
            try:
                journal.commit(claims("a"), [])
            except JournalError as error:
                return str(error)

        assert "was opened before a fork" in forked(work)()
        journal.commit(claims("a"), [])
        assert journal.counts()["claimed"] == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize(
    "end", ["os._exit(0)", "sys.exit(0)", "journal.close(); sys.exit(0)", "del journal; sys.exit(0)"]
)
def test_a_forked_child_that_ends_takes_nothing_from_its_parent(end, path):
    """If the child closed it, SQLite would delete the log that the parent writes to; a crash would lose everything."""
    source = f"""
import gc, os, signal, sys
from smtp2go_async import Journal
from smtp2go_async.bulk._plan import Row
journal = Journal(sys.argv[1]).open()
journal.commit([Row("before")], [])
child = os.fork()
if child == 0:
    {end}
os.waitpid(child, 0)
journal.commit([Row("after")], [])
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", source, path], check=False, timeout=20)
    assert done.returncode == -9
    assert states(path) == {"before": "claimed", "after": "claimed"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_can_open_a_journal_that_its_parent_has_closed(forked, path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        journal.commit([], [Settled("a", "sent")])

    def work():
        with journal:
            return journal.counts()["sent"]

    assert forked(work)() == 1


def as_nobody(*arguments):
    """Run a program as a user who may write nothing; root may write everything."""
    source = "import os\nif os.getuid() == 0:\n    os.setgid(65534); os.setuid(65534)\n" + OPEN
    # Loaded before the user changes: the program's own files need not be readable for everybody.
    command = [sys.executable, "-c", "import sqlite3, csv, anyio, smtp2go_async.bulk.journal, smtp2go_async\n" + source]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=20, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def shared(tmp_path):
    """A folder that every user can read."""
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    yield folder
    os.chmod(folder, 0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no users here")
def test_a_journal_that_may_not_be_written_is_refused_at_once(shared):
    path = os.path.join(shared, "run.journal")
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    os.chmod(path, 0o444)
    os.chmod(shared, 0o555)
    assert "run.journal' may not be written by this user" in as_nobody(path)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no users here")
def test_a_folder_that_may_not_be_written_is_refused_at_once(shared):
    os.chmod(shared, 0o555)
    assert "may not be written by this user" in as_nobody(os.path.join(shared, "new.journal"))


# --- a run -------------------------------------------------------------------------------------------------------


def test_a_run_on_a_full_disk_raises_and_sends_only_claimed_rows(go, client, provider, path):
    with Journal(path) as journal:
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(JournalError, match="disk is full"):
            go(client.bulk.send, [(f"{'x' * 200}{n}", email(f"r{n}")) for n in range(500)], journal=journal)
        journal._connection.execute("PRAGMA max_page_count = 100000")
        written = {row.reference[200:] for row in journal.rows()}
    assert provider.arrived
    assert {f"r{number}" for number in written} >= set(provider.arrived)


def test_a_run_goes_on_when_there_is_room_again_and_each_email_arrives_once(go, client, provider, path):
    pairs = [(f"{'x' * 200}{n}", email(f"r{n}")) for n in range(300)]
    with Journal(path) as journal:
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(JournalError):
            go(client.bulk.send, pairs, journal=journal)
    go(client.bulk.send, pairs, journal=path)
    assert set(provider.arrived.values()) == {1}
    found = counted(path)
    # Rows that were sent and could not be written are unknown.
    assert found["sent"] + found.get("unknown", 0) == 300
    assert len(provider.arrived) >= found["sent"]


def test_no_address_body_or_key_of_a_run_is_in_its_files(go, client, provider, path, tmp_path):
    # The error of a missing file holds its name.
    gone = tmp_path / "secret-jim@elsewhere.example"
    gone.write_text("x")
    bad = email("bad", to="Jane Doe <secret-jane@private.example>", attachments=[Attachment(gone)])
    gone.unlink()
    secret = email("x", to="secret-joe@private.example", html_body="Secret body", text_body="Secret body")
    kept = []

    def look(_fields):
        kept.append(b"".join(file.read_bytes() for file in tmp_path.iterdir()))

    provider.otherwise = look
    go(client.bulk.send, [("a", secret), ("b", bad), *emails(20)], journal=path)
    kept.append((tmp_path / "run.journal").read_bytes())
    assert len(kept) > 20
    for text in (b"secret-j", b"private.example", b"Secret", client._calls.settings.api_key.encode()):
        assert not any(text in content for content in kept)


@pytest.mark.skipif(sys.platform == "win32", reason="a lock can't be lost there")
def test_the_lock_stays_when_its_program_opens_and_closes_the_file_elsewhere(script, path, tmp_path):
    """As a backup does. The system releases SQLite's own lock then, and a second run sent everything again."""
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        shutil.copy(path, tmp_path / "backup")
        with pytest.raises(JournalError):
            Journal(path).open()
        assert "in use by another run" in script(OPEN, path)
        journal.commit(claims("b"), [])
    assert script(OPEN, path) == "opened 0"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_outlives_the_journal_of_its_parent_does_not_keep_it_locked(path, forked):
    with Journal(path):
        child = forked(lambda: time.sleep(0.3) or "done")
    with Journal(path) as journal:
        assert journal.is_open
    assert child() == "done"
