"""The states of the rows of a journal, and how they are read."""

import pytest
from bulk.helpers import claims, settled_rows

from smtp2go_async import Journal, JournalError
from smtp2go_async.bulk._journal.file import MAX_CALL_SECONDS
from smtp2go_async.bulk._journal.row_states import STATES, Settled


@pytest.mark.parametrize("state", ["sent", "refused", "failed", "unknown", "pending"])
def test_a_row_has_the_state_that_it_was_settled_with(state, path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b"), [])
        journal.commit([], settled_rows(state, "a"))
        assert journal.counts() == {**dict.fromkeys(STATES, 0), "claimed": 1, state: 1}


def test_a_row_that_is_found_claimed_was_cut_off_and_is_unknown(path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b"), [])
        journal.commit([], settled_rows("sent", "b"))
    with Journal(path) as journal:
        assert [(row.reference, row.state, row.error) for row in journal.rows()] == [
            ("a", "unknown", "the run was cut off"),
            ("b", "sent", None),
        ]


def test_a_row_that_is_claimed_again_keeps_nothing_of_its_last_outcome(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
        journal.commit([], [Settled("a", "unknown", None, "request", "detail", "error")])
        journal.commit(claims("a"), [])
        (row,) = journal.rows()
    assert (row.state, row.request_id, row.detail, row.error, row.settled) == ("claimed", None, None, None, None)


def test_the_ids_and_times_of_a_row_are_kept(path):
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


def test_rows_come_in_the_order_of_their_first_claims(path):
    names = [f"r{number}" for number in range(2500)]
    with Journal(path) as journal:
        journal.commit(claims(*names), settled_rows("sent", "r0"))
        journal.commit(claims("r5"), [])
        assert [row.reference for row in journal.rows()] == names


def test_rows_can_be_read_by_state(path):
    with Journal(path) as journal:
        journal.commit(claims("a", "b", "c"), [])
        journal.commit([], [*settled_rows("sent", "a"), *settled_rows("unknown", "c")])
        assert [row.reference for row in journal.rows("unknown", "claimed")] == ["b", "c"]


def test_a_state_that_does_not_exist_is_refused(path):
    with (
        Journal(path) as journal,
        pytest.raises(ValueError, match="must be one of 'pending', 'claimed', .*, not 'lost'"),
    ):
        list(journal.rows("lost"))


def test_many_references_are_looked_up_at_a_time(path):
    names = [f"r{number}" for number in range(1200)]
    with Journal(path) as journal:
        journal.commit(claims(*names[:1100]), [])
        assert len(journal.known(names)) == 1100


def test_a_closed_journal_is_opened_for_reading_and_closed_again(path):
    with Journal(path) as journal:
        journal.commit(claims("a"), [])
    assert journal.counts()["unknown"] == 1
    assert not journal.is_open
    with Journal(path):
        pass


def test_a_closed_journal_can_not_be_written(path):
    with pytest.raises(JournalError, match="is not open"):
        Journal(path).commit(claims("a"), [])


def test_reading_a_missing_journal_raises_and_makes_no_file(path, tmp_path):
    for read in (
        Journal.counts,
        lambda journal: list(journal.rows()),
        lambda journal: journal.export_csv(tmp_path / "x"),
    ):
        with pytest.raises(JournalError, match="does not exist"):
            read(Journal(path))
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_was_cut_off_is_settled_at_the_latest_time_it_can_have_left(path):
    for opened, settled_at in ((3000.0, 3000.0), (90_000.0, 1000.0 + MAX_CALL_SECONDS)):
        with Journal(path, check_list=False) as journal:
            journal._clock = lambda: 1000.0
            journal.commit(claims("a"), [Settled("a", "pending")])
        journal = Journal(path)
        journal._clock = lambda: opened
        with journal:
            assert [(row.state, row.settled) for row in journal.rows()] == [("unknown", settled_at)]
            journal.commit([], settled_rows("pending", "a"))


def test_an_unknown_row_that_is_sent_again_keeps_the_time_of_its_first_claim(path):
    """It may have been sent at that time, so it is searched for from then on."""
    with Journal(path) as journal:
        for time, state in ((1000.0, "unknown"), (2000.0, "unknown"), (3000.0, "refused"), (4000.0, "sent")):
            journal._clock = lambda: time
            journal.commit(claims("a"), [])
            journal.commit([], settled_rows(state, "a"))
            (row,) = journal.rows()
            assert row.claimed == (4000.0 if state == "sent" else 1000.0)
