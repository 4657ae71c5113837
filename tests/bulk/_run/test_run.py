"""A run of e-mails, one call for each: what is told, what is written, and when it ends."""

import asyncio

import anyio
import pytest
from bulk.helpers import BAD_KEY, LOST, TURNED_AWAY, client_of, counted, email, emails, states
from faults.scripted import answer, refusal

from smtp2go_async import (
    Attachment,
    AuthenticationError,
    BulkStoppedError,
    Journal,
    JournalError,
    NotSentError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RetryPolicy,
    SendRefusedError,
)
from smtp2go_async._wire.wire import Response
from smtp2go_async.bulk._plan import FIRST_CALLS, UNANSWERED

REFUSED = answer(200, {"succeeded": 0, "failed": 1, "failures": ["not verified"], "email_id": ""})
BAD_FIELD = refusal(400, "NON_VALIDATING_IN_PAYLOAD", "wrong")


# --- verdicts ----------------------------------------------------------------------------------------------------


def test_every_email_goes_out_in_a_call_of_its_own_and_is_told_with_its_id(go, client, provider):
    told = []
    report = go(client.bulk.send, emails(50), on_outcome=told.append)
    assert (report.sent, report.total) == (50, 50)
    assert {path for path, _, _ in provider.calls} == {"/email/send"}
    assert set(provider.arrived.values()) == {1}
    assert {one.reference: one.email_id for one in told} == {f"r{n}": f"id-r{n}" for n in range(1, 51)}
    assert {one.request_id for one in told} == {"r-1"}


def test_emails_without_references_go_by_their_number_in_the_list(go, client):
    told = []
    go(client.bulk.send, [email("a"), email("b")], on_outcome=told.append)
    assert sorted((one.reference, one.email_id) for one in told) == [("1", "id-a"), ("2", "id-b")]


@pytest.mark.parametrize("turn", [REFUSED, BAD_FIELD])
def test_an_email_that_the_api_refuses_is_told_and_the_others_are_sent(turn, go, client, provider):
    provider.then(turn)
    report = go(client.bulk.send, emails(5))
    assert (report.sent, report.refused) == (4, 1)
    (problem,) = report.problems
    assert problem.status == "refused"
    assert problem.error.carried_out is False


@pytest.mark.parametrize("turn", [LOST, answer(502), answer(503), Response(200, b"<html>")])
def test_an_email_of_which_nobody_knows_is_unknown_and_is_not_sent_again(turn, go, client, provider, path):
    provider.then(turn)
    report = go(client.bulk.send, emails(5), journal=path)
    again = go(client.bulk.send, emails(5), journal=path)
    assert (report.sent, report.unknown, again.skipped) == (4, 1, 5)
    assert len(provider.calls) == 5
    assert sorted(states(path).values()) == ["sent"] * 4 + ["unknown"]


def test_unknown_emails_are_sent_again_when_that_is_asked_for(go, client, provider, path):
    provider.then(answer(502))
    go(client.bulk.send, emails(5), journal=path)
    report = go(client.bulk.send, emails(5), journal=path, resend_unknown=True)
    assert (report.sent, report.skipped) == (1, 4)
    assert counted(path) == {"sent": 5}


def test_refused_emails_are_tried_again_only_when_that_is_asked_for(go, client, provider, path):
    provider.then(REFUSED)
    go(client.bulk.send, emails(5), journal=path)
    assert go(client.bulk.send, emails(5), journal=path).skipped == 5
    assert go(client.bulk.send, emails(5), journal=path, resend_refused=True).sent == 1
    assert len(provider.calls) == 6


def test_an_email_whose_file_is_missing_fails_and_the_others_are_sent(go, client, provider, tmp_path):
    missing = email("bad", attachments=[Attachment(b"here", "a.txt")])
    object.__setattr__(missing, "attachments", (_missing(tmp_path),))
    report = go(client.bulk.send, [*emails(2), ("bad", missing), *emails(2, first=3)])
    assert (report.sent, report.failed) == (4, 1)
    assert isinstance(report.problems[0].error, ValueError)


def _missing(tmp_path):
    file = tmp_path / "gone.txt"
    file.write_text("x")
    found = Attachment(file)
    file.unlink()
    return found


def test_a_reference_that_came_before_fails_and_nothing_is_sent_twice(go, client, provider):
    told = []
    go(client.bulk.send, [("a", email("first")), ("b", email("b")), ("a", email("second"))], on_outcome=told.append)
    assert sorted((one.reference, one.status) for one in told) == [("a", "failed"), ("a", "sent"), ("b", "sent")]
    assert sorted(provider.arrived) == ["b", "first"]


def test_a_number_given_as_a_reference_does_not_hide_the_email_that_goes_by_that_number(go, client, path):
    """They would share one row of the journal, and after a crash one of them would be taken for the other."""
    told = []
    go(client.bulk.send, [("2", email("a")), email("b")], on_outcome=told.append, journal=path)
    assert sorted(one.status for one in told) == ["failed", "sent"]


def test_an_async_list_is_sent_like_any_other(go, client, provider):
    async def source():
        for pair in emails(30):
            await anyio.lowlevel.checkpoint()
            yield pair

    assert go(client.bulk.send, source()).sent == 30
    assert len(provider.arrived) == 30


@pytest.mark.parametrize("via", ["send", "batch"])
def test_a_list_that_waited_for_something_cancelled_does_not_end_the_run_in_silence(via, client, provider, path):
    """Raised on, it would be taken for the end of a cancelled task, and the report for that of a whole list."""

    async def source():
        for pair in emails(5):
            yield pair
        query = asyncio.create_task(asyncio.sleep(60))
        query.cancel()
        await query

    with pytest.raises(RuntimeError, match="the list .* raised CancelledError") as raised:
        asyncio.run(client.bulk.send(source(), via=via, journal=path))
    assert "5 sent" in raised.value.__notes__[0]
    assert counted(path) == {"sent": 5}


def test_an_empty_list_sends_nothing_and_says_so(go, client, provider, path):
    report = go(client.bulk.send, [], journal=path)
    assert (report.total, str(report).partition(" in ")[0]) == (0, "nothing sent")
    assert provider.calls == []


# --- what is written, and when -----------------------------------------------------------------------------------


def test_a_row_is_claimed_in_the_journal_before_its_email_leaves(go, client, provider, path):
    seen = []
    with Journal(path) as journal:

        def look(fields):
            seen.append(journal.known([fields["subject"]])[fields["subject"]][1].state)

        provider.otherwise = look
        go(client.bulk.send, emails(40), journal=journal)
    assert seen == ["claimed"] * 40


def test_a_claim_that_can_not_be_written_keeps_its_email_here(go, client, provider, path):
    with Journal(path) as journal:

        def full(*_args):
            raise JournalError("the disk is full")

        journal.write = full
        with pytest.raises(JournalError, match="full"):
            go(client.bulk.send, emails(40), journal=journal)
    assert provider.calls == []


def test_without_a_journal_nothing_is_written(go, client, tmp_path):
    go(client.bulk.send, emails(3))
    assert list(tmp_path.iterdir()) == []


def test_with_a_journal_each_email_carries_a_token_that_does_not_tell_its_reference(go, client, provider, path):
    go(client.bulk.send, emails(2), journal=path)
    (first,), (second,) = (fields["custom_headers"] for _, fields, _ in provider.calls)
    assert first["header"] == second["header"] == "X-Smtp2go-Bulk"
    assert len({first["value"], second["value"]}) == 2
    assert "r1" not in first["value"]


def test_the_caller_s_emails_are_not_changed(go, client, path):
    mine = email(custom_headers=[("X-Tag", "one")])
    go(client.bulk.send, [mine], journal=path)
    assert mine.custom_headers == (("X-Tag", "one"),)


# --- going on ----------------------------------------------------------------------------------------------------


def test_a_run_goes_on_with_what_a_run_before_did_not_get_to(go, client, provider, path):
    def broken():
        yield from emails(30)
        raise OSError("the database went away")

    with pytest.raises(OSError, match="went away") as caught:
        go(client.bulk.send, broken(), journal=path)
    assert "30 sent" in caught.value.__notes__[0]
    assert counted(path) == {"sent": 30}
    report = go(client.bulk.send, emails(50), journal=path)
    assert (report.sent, report.skipped) == (20, 30)
    assert set(provider.arrived.values()) == {1}


def test_a_list_that_breaks_off_before_its_begin_is_known_sends_nothing(go, client, provider, path):
    go(client.bulk.send, emails(60), journal=path)

    def broken():
        yield from emails(10, first=500)
        raise OSError("the database went away")

    with pytest.raises(OSError, match="went away"):
        go(client.bulk.send, broken(), journal=path)
    assert len(provider.calls) == 60


@pytest.mark.parametrize("item", [3, None, "jane@example.com", ("a", "b"), ("a", email(), 1), (1, email())])
def test_what_is_no_email_ends_the_run_with_its_row_and_what_came_before_is_settled(item, go, client, path):
    with pytest.raises(TypeError, match="emails, row 4: "):
        go(client.bulk.send, [*emails(3), item], journal=path)
    assert counted(path) == {"sent": 3}


@pytest.mark.parametrize("reference", ["", "x" * 10_000, "two\nlines", "\ud800"])
def test_a_reference_that_no_journal_can_keep_is_refused_with_its_row(reference, go, client, path):
    with pytest.raises(ValueError, match="emails, row 4: a reference"):
        go(client.bulk.send, [*emails(3), (reference, email())], journal=path)
    assert counted(path) == {"sent": 3}


@pytest.mark.parametrize("items", ["jane@example.com", b"x", 3, None])
def test_what_is_no_list_is_refused_before_the_journal_is_made(items, go, client, tmp_path):
    with pytest.raises(TypeError, match="emails: must be a list"):
        go(client.bulk.send, items, journal=tmp_path / "x.journal")
    assert list(tmp_path.iterdir()) == []


def test_the_list_is_closed_at_the_end_also_when_the_run_ends_early(go, client, provider):
    closed = []

    def source():
        try:
            while True:
                yield email()
        finally:
            closed.append(True)

    provider.otherwise = BAD_KEY
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, source())
    assert closed == [True]


def test_a_list_that_can_not_be_closed_leaves_the_journal_closed(go, client, path):
    def source():
        try:
            yield email()
            yield email()
        finally:
            raise OSError("can't close")

    def failing(_outcome):
        raise RuntimeError("stop")

    with pytest.raises((OSError, RuntimeError)):
        go(client.bulk.send, source(), journal=path, on_outcome=failing)
    with Journal(path) as journal:
        assert journal.counts()["unknown"] == 0


# --- errors that end it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        (BAD_KEY, AuthenticationError),
        (refusal(403, "ENDPOINT_PERMISSION_DENIED", "no"), PermissionDeniedError),
        (refusal(402, "X", "Payment required"), Exception),
    ],
)
def test_an_error_of_the_account_ends_the_run_at_once_and_nothing_is_lost(turn, kind, go, client, provider, path):
    provider.then(None, None)
    provider.otherwise = turn
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(1000), journal=path)
    assert isinstance(caught.value.__cause__, kind)
    assert caught.value.report.sent == 2
    assert len(provider.calls) <= 2 + FIRST_CALLS + 2
    assert set(states(path).values()) <= {"sent", "pending"}
    provider.otherwise = None
    report = go(client.bulk.send, emails(1000), journal=path)
    assert (report.sent, report.skipped) == (998, 2)
    assert set(provider.arrived.values()) == {1}


def test_after_many_calls_without_an_answer_the_run_stops(go, client, provider, path):
    """An outage must not make a whole list unknown."""
    provider.otherwise = LOST
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(1000), journal=path)
    assert isinstance(caught.value.__cause__, OutcomeUnknownError)
    assert UNANSWERED["send"] <= caught.value.report.unknown <= 3 * UNANSWERED["send"]
    assert counted(path)["unknown"] == caught.value.report.unknown == len(provider.calls)
    assert set(states(path).values()) <= {"unknown", "pending"}


def test_a_network_that_comes_back_is_waited_for(go, client, provider, path):
    """Also when all calls under way need more repeats together than the client's budget has for its calls."""
    provider.takes = 0.001
    provider.otherwise = lambda _fields: NotSentError("refused") if 100 < len(provider.calls) <= 300 else None
    assert go(client.bulk.send, emails(200), journal=path).sent == 200
    assert set(provider.arrived.values()) == {1}


def test_a_network_that_stays_away_ends_the_run_and_the_rows_go_back(go, client, provider, path):
    provider.otherwise = NotSentError("refused")
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(50), journal=path)
    assert isinstance(caught.value.__cause__, NotSentError)
    assert set(states(path).values()) == {"pending"}


def test_an_error_of_on_outcome_reaches_the_caller_and_what_was_not_sent_goes_back(go, client, provider, path):
    def failing(outcome):
        raise RuntimeError(f"no room for {outcome.reference}")

    with pytest.raises(RuntimeError, match="no room for"):
        go(client.bulk.send, emails(100), journal=path, on_outcome=failing)
    found = states(path)
    assert {reference for reference, state in found.items() if state == "sent"} == set(provider.arrived)
    assert set(found.values()) <= {"sent", "pending"}


def test_the_report_keeps_a_hundred_problems_and_counts_all(go, client, provider):
    provider.otherwise = REFUSED
    report = go(client.bulk.send, emails(150))
    assert (report.refused, len(report.problems)) == (150, 100)
    assert isinstance(report.problems[0].error, SendRefusedError)


def test_the_client_s_own_policy_is_not_changed_by_a_run(go, provider):
    client = client_of(provider, retry=RetryPolicy.none())
    go(client.bulk.send, emails(3))
    assert client._settings.retry == RetryPolicy.none()


def test_a_run_that_meets_a_429_goes_on_after_the_cool_down(go, client, provider, time):
    provider.then(None, None, TURNED_AWAY)
    report = go(client.bulk.send, emails(60))
    assert report.sent == 60
    assert max(time.slept) >= 60.0


def test_what_the_api_says_can_be_written_even_if_it_is_no_valid_text(go, client, provider, path):
    provider.then(refusal(400, "NON_VALIDATING_IN_PAYLOAD", "half a letter: \ud83d"))
    provider.then(answer(data={"succeeded": 1, "failed": 0, "failures": [], "email_id": "id\ud83d"}))
    report = go(client.bulk.send, emails(5), concurrency=1, journal=path)
    assert (report.sent, report.refused) == (4, 1)
    with Journal(path) as journal:
        first, second, *_ = journal.rows()
    assert "half a letter: \\ud83d" in str(first.error)
    assert second.email_id == "id?"


def test_a_function_that_nobody_would_await_is_refused(go, client, provider):
    async def on_outcome(outcome):
        raise AssertionError(outcome)

    for wrong in (on_outcome, "told"):
        with pytest.raises(TypeError, match="on_outcome: must be a function that is not async"):
            go(client.bulk.send, emails(2), on_outcome=wrong)
        with pytest.raises(TypeError, match="on_outcome"):
            go(client.bulk.send_sms, ["+12025550101"], "Hello", on_outcome=wrong)
    assert provider.calls == []


def test_an_error_that_is_told_holds_neither_its_request_nor_the_errors_before_it(go, client, provider):
    """A thousand refusals of large e-mails were a gigabyte."""
    provider.otherwise = REFUSED
    told = []
    go(client.bulk.send, emails(50), on_outcome=told.append)
    assert {one.status for one in told} == {"refused"}
    for one in told:
        error = one.error
        while error is not None:
            assert error.__traceback__ is None
            error = error.__cause__ or error.__context__


def test_at_least_once_repeats_a_lost_call_as_often_as_the_client_would(go, provider, time):
    provider.otherwise = LOST
    client = client_of(provider, time, retry=RetryPolicy(2, at_least_once=True))
    report = go(client.bulk.send, emails(1))
    assert report.unknown == 1
    assert provider.arrived["r1"] == 2


@pytest.mark.parametrize("via", ["send", "batch"])
def test_rows_of_a_slow_list_are_sent_before_it_gives_as_many_as_fit(via, go, client, provider, monkeypatch):
    """A list that is a queue gives the next row when it has one."""
    monkeypatch.setattr("smtp2go_async.bulk._run.row_source.MAX_READING_SECONDS", 0.0)
    monkeypatch.setattr("smtp2go_async.bulk._run.row_gatherer.MAX_GATHERING_SECONDS", 0.0)
    arrived = []

    async def slow():
        for item in emails(4):
            arrived.append(sum(provider.arrived.values()))
            yield item
            await anyio.sleep(0.01)

    assert go(client.bulk.send, slow(), via=via).sent == 4
    assert arrived[-1] >= 1
