"""The journal of a run: states, what is kept, and what is noticed."""

import csv
import os
import re
import sqlite3
import stat
import weakref
from contextlib import closing
from pathlib import Path

import pytest
from bulk.helpers import claims
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from smtp2go_async import Journal, JournalError
from smtp2go_async.bulk._journal import log as journal_log
from smtp2go_async.bulk._journal.file import MAX_CALL_SECONDS
from smtp2go_async.bulk._journal.row_states import STATES, Settled
from smtp2go_async.bulk._plan import Row


def settled(state, *references):
    return [Settled(reference, state) for reference in references]


def one(path, name="state"):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {name} FROM rows").fetchone()[0]


# --- states ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["sent", "refused", "failed", "unknown", "pending"])
def test_a_row_has_the_state_that_it_was_settled_with(state, path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b"), [])
        journal.commit([], settled(state, "a"))
        assert journal.counts() == {**dict.fromkeys(STATES, 0), "claimed": 1, state: 1}


def test_what_is_found_claimed_was_under_way_when_the_run_was_cut_off_and_is_unknown(path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b"), [])
        journal.commit([], settled("sent", "b"))
    with Journal(path) as journal:
        assert [(row.reference, row.state, row.error) for row in journal.rows()] == [
            ("a", "unknown", "the run was cut off"),
            ("b", "sent", None),
        ]


def test_a_row_that_is_claimed_again_has_nothing_left_of_before(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        journal.commit([], [Settled("a", "unknown", None, "request", "detail", "error")])
        journal.commit(claims("a"), [])
        (row,) = journal.rows()
    assert (row.state, row.request_id, row.detail, row.error, row.settled) == ("claimed", None, None, None, None)


def test_what_is_known_of_a_row_is_kept(path):
    with Journal(path) as journal:
        journal._clock = lambda: 1000.5
        journal.commit(claims("a"), [])
        journal._clock = lambda: 1002.0
        journal.commit([], [Settled("a", "sent", "email", "request", "queued", None)])
        (row,) = journal.rows()
    assert (row.email_id, row.request_id, row.detail, row.claimed, row.settled) == (
        "email",
        "request",
        "queued",
        1000.5,
        1002.0,
    )


def test_rows_come_in_the_order_of_their_first_claim_however_many(path):
    names = [f"r{number}" for number in range(2500)]
    with Journal(path) as journal:
        journal.commit(claims(*names), settled("sent", "r0"))
        journal.commit(claims("r5"), [])
        assert [row.reference for row in journal.rows()] == names


def test_rows_can_be_asked_for_by_state(path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b", "c"), [])
        journal.commit([], [*settled("sent", "a"), *settled("unknown", "c")])
        assert [row.reference for row in journal.rows("unknown", "claimed")] == ["b", "c"]


def test_a_state_that_does_not_exist_is_refused(path):
    with Journal(path) as journal, pytest.raises(ValueError, match="must be among pending, claimed, .*, not 'lost'"):
        list(journal.rows("lost"))


def test_a_commit_is_all_or_nothing(path):
    with Journal(path) as journal:
        with pytest.raises(TypeError):
            journal.commit([*claims("a"), Row(object())], [])
        journal.commit(claims("b"), [])
        assert [row.reference for row in journal.rows()] == ["b"]


def test_a_commit_is_in_the_log_until_it_is_applied_or_read_or_the_journal_closed(path):
    def found():
        ask = journal._connection.execute
        return [ask(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("log", "rows")]

    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        journal.commit(claims("b"), settled("sent", "a"))
        assert found() == [2, 0]
        journal.apply_log()
        assert found() == [0, 2]
        journal.commit(claims("c"), [])
        assert journal.counts()["claimed"] == 2
        assert found() == [0, 3]
        journal.commit(claims("d"), [])
    assert one(path, "count(*)") == 4


def test_what_was_written_first_is_applied_first_and_a_little_at_a_time(path):
    with Journal(path) as journal:
        for number in range(100):
            journal.commit(claims(f"r{number}"), settled("sent", f"r{number - 1}") if number else [])
        assert journal.apply_log(500)
        found = [name for (name,) in journal._connection.execute("SELECT reference FROM rows ORDER BY number")]
        assert found == [f"r{number}" for number in range(len(found))]
        assert 1 < len(found) < 50
        while journal.apply_log(500):
            pass
        assert journal.counts() == {**dict.fromkeys(STATES, 0), "sent": 99, "claimed": 1}


def test_a_single_commit_is_applied_however_large(path):
    with Journal(path) as journal:
        journal.commit(claims(*"abc"), [])
        assert not journal.apply_log(1)
        assert not journal.apply_log(1)
        assert journal.counts()["claimed"] == 3


def test_what_a_program_that_was_killed_has_left_in_the_log_is_found(path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b"), [])
        journal.commit([], settled("sent", "a"))
        # As if it ended here.
        journal.apply_log = lambda max_characters: False
    assert one(path, "count(*)") == 0
    with Journal(path) as journal:
        assert {row.reference: row.state for row in journal.rows()} == {"a": "sent", "b": "unknown"}


def test_the_begin_of_the_list_is_known_also_from_the_log_of_a_program_that_was_killed(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [], list_head=["mark", "more"])
        journal.apply_log = lambda max_characters: False
    assert Journal(path).open().list_head == ["mark", "more"]


def test_a_request_id_that_was_not_given_is_nothing(path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b"), [])
        journal.commit([], [Settled("a", "sent", "id"), Settled("b", "sent", None, "request")])
        assert [(row.email_id, row.request_id) for row in journal.rows()] == [("id", None), (None, "request")]


def test_a_long_log_is_applied_in_several_steps_and_to_its_end(path, monkeypatch):
    monkeypatch.setattr(journal_log, "MAX_STATEMENT_CHARACTERS", 300)
    statements = []
    with Journal(path) as journal:
        for number in range(20):
            journal.commit(claims(f"r{number}"), [])
        journal._connection.set_trace_callback(statements.append)
        assert not journal.apply_log()
        assert 1 < len({one for one in statements if one.startswith("DELETE FROM log")}) < 20
        assert journal.counts()["claimed"] == 20


def test_with_none_of_the_recipients_the_marks_are_too_short_to_tell_them(path):
    with Journal(path, recipients="none") as journal:
        journal.commit(claims("a"), [], list_head=[journal.mark("a", ["a@example.com"])])
        assert [len(one) for one in journal.list_head] == [2]


def test_a_commit_is_on_the_disk_when_it_returns(path):
    """What a test can't do is to pull the plug; FULL is what SQLite needs for that."""
    with Journal(path) as journal:
        ask = journal._connection.execute
        found = [ask(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "locking_mode")]
    assert found == ["wal", 2, "exclusive"]


def test_what_a_journal_knows_is_found_for_many_references_at_once(path):
    names = [f"r{number}" for number in range(1200)]
    with Journal(path) as journal:
        journal.commit(claims(*names[:1100]), [])
        assert len(journal.known(names)) == 1100


def test_a_closed_journal_can_be_read_and_is_closed_after(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    assert journal.counts()["unknown"] == 1
    assert not journal.is_open
    with Journal(path):
        pass


def test_a_closed_journal_is_not_written(path):
    with pytest.raises(JournalError, match="is not open"):
        Journal(path).commit(claims("a"), [])


class States(RuleBasedStateMachine):
    """Claims, settlements, closings and crashes in any order, beside a model that is a dict."""

    def __init__(self):
        super().__init__()
        self.journal = _InMemory()
        self.model = {}

    @rule(references=st.sets(st.sampled_from("abcdef"), min_size=1))
    def claim(self, references):
        self.journal.commit(claims(*references), [])
        self.model.update(dict.fromkeys(references, "claimed"))

    @precondition(lambda self: "claimed" in self.model.values())
    @rule(data=st.data(), state=st.sampled_from(["sent", "refused", "failed", "unknown", "pending"]))
    def settle(self, data, state):
        reference = data.draw(st.sampled_from(sorted(name for name in self.model if self.model[name] == "claimed")))
        self.journal.commit([], settled(state, reference))
        self.model[reference] = state

    @rule(reference=st.sampled_from("abcdef"), state=st.sampled_from(["sent", "unknown"]))
    def claim_and_settle_in_one(self, reference, state):
        """What is settled with a commit was claimed before it; what it claims stays claimed."""
        before = {name for name, now in self.model.items() if now == "claimed"}
        self.journal.commit(claims(reference), settled(state, *before))
        self.model.update(dict.fromkeys(before, state))
        self.model[reference] = "claimed"

    @rule()
    def cut_off_and_opened_again(self):
        self.journal.begin_again()
        self.model = {name: "unknown" if state == "claimed" else state for name, state in self.model.items()}

    @invariant()
    def journal_and_model_agree(self):
        assert {row.reference: row.state for row in self.journal.rows()} == self.model
        assert {state: count for state, count in self.journal.counts().items() if count} == {
            state: list(self.model.values()).count(state) for state in set(self.model.values())
        }


class _InMemory(Journal):
    """A journal without a file, which is a hundred times as fast."""

    def __init__(self):
        super().__init__("nowhere")
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._connection.close)
        self.begin_again()

    def begin_again(self):
        self._start(self._connection, _NoFiles())


class _NoFiles:
    needs_checkpoint, is_sealed = False, True

    def nothing(self, *_, **__):
        return True

    check_commits = start_watching = check_intact = seal_commits = nothing
    note_write = measure_wal = is_safe_to_write = nothing


States.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestStates = States.TestCase


# --- what is kept ------------------------------------------------------------------------------------------------


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
    assert one(path, "recipient") == "jane@example.com, joe@example.com"


def test_nothing_of_the_recipients_is_kept_when_that_is_asked_for(path):
    with Journal(path, recipients="none") as journal:
        journal.commit([Row("a", recipients=("jane@example.com",))], [])
        (row,) = journal.rows()
    assert row.recipient is None
    # Twelve bits notice that a row has other recipients, and fit one address in 4,096.
    assert re.fullmatch("[0-9a-f]{3}", row.fingerprint)
    assert one(path, "recipient") is None


def test_another_word_for_what_to_keep_is_refused(path):
    with pytest.raises(ValueError, match="must be 'hash', 'address' or 'none', not 'all'"):
        Journal(path, recipients="all")


def test_a_bad_row_that_was_corrected_has_its_recipient(path):
    with Journal(path, recipients="address") as journal:
        journal.take_for("email")
        journal.commit([], [], [Settled("a", "failed")])
        journal.commit([Row("a", recipients=("jane@example.com",))], [])
        journal.commit([], settled("sent", "a"))
        (row,) = journal.rows()
        assert (row.state, row.recipient) == ("sent", "jane@example.com")
        assert row.fingerprint == journal.fingerprint(["jane@example.com"])


def test_two_journals_have_different_hashes_for_one_recipient(path, tmp_path):
    found = set()
    for name in ("a", "b"):
        with Journal(tmp_path / name) as journal:
            found.add(journal.fingerprint(["jane@example.com"]))
    assert len(found) == 2


def test_reading_a_journal_that_is_not_there_says_so_and_makes_no_file(path, tmp_path):
    for read in (
        Journal.counts,
        lambda journal: list(journal.rows()),
        lambda journal: journal.export_csv(tmp_path / "x"),
    ):
        with pytest.raises(JournalError, match="does not exist"):
            read(Journal(path))
    assert list(tmp_path.iterdir()) == []


def test_a_closed_journal_is_opened_once_for_its_export_however_many_rows_it_has(path, tmp_path, monkeypatch):
    with Journal(path) as journal:
        journal.commit(claims(*(f"r{number}" for number in range(2500))), [])
    opened = []
    connect = Journal._connect
    monkeypatch.setattr(Journal, "_connect", lambda self, files: opened.append(self) or connect(self, files))
    assert journal.export_csv(tmp_path / "rows.csv") == 2500
    assert opened == [journal]
    assert not journal.is_open


def test_a_journal_is_not_overwritten_by_its_own_export(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    with pytest.raises(ValueError, match="target: must not be the journal itself"):
        Journal(path).export_csv(os.path.relpath(path))
    assert Journal(path).counts()["unknown"] == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_a_journal_is_its_owner_s_alone(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        for file in Path(path).parent.glob("run.journal*"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_the_csv_has_every_row_and_is_read_back(path, tmp_path):
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


def test_half_a_letter_that_the_api_has_said_is_written_as_a_question_mark(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        journal.commit([], [Settled("a", "refused", None, "request", None, "ü \ud800 \U0001f600")])
        (row,) = journal.rows()
    assert row.error == "ü ? \U0001f600"


def test_what_was_cut_off_can_have_left_until_it_was_found_so(path):
    for opened, settled_at in ((3000.0, 3000.0), (90_000.0, 1000.0 + MAX_CALL_SECONDS)):
        with Journal(path, check_list=False) as journal:
            journal._clock = lambda: 1000.0
            journal.commit(claims("a"), [Settled("a", "pending")])
        journal = Journal(path)
        journal._clock = lambda: opened
        with journal:
            assert [(row.state, row.settled) for row in journal.rows()] == [("unknown", settled_at)]
            journal.commit([], settled("pending", "a"))


def test_one_that_is_sent_again_as_unknown_keeps_the_time_of_its_first_claim(path):
    """That may be when it was sent; it is looked for from then on."""
    with Journal(path) as journal:
        for time, state in ((1000.0, "unknown"), (2000.0, "unknown"), (3000.0, "refused"), (4000.0, "sent")):
            journal._clock = lambda: time
            journal.commit(claims("a"), [])
            journal.commit([], settled(state, "a"))
            (row,) = journal.rows()
            assert row.claimed == (4000.0 if state == "sent" else 1000.0)
