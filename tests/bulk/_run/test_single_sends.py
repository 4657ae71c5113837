"""A run of single calls: the verdict that each e-mail gets, and the report."""

import pytest
from bulk.helpers import LOST, client_of, counted, email, emails, states
from faults.scripted import answer, refusal

from smtp2go_async import (
    Attachment,
    Journal,
    RetryPolicy,
    SendRefusedError,
)
from smtp2go_async._wire.response import Response

REFUSED = answer(200, {"succeeded": 0, "failed": 1, "failures": ["not verified"], "email_id": ""})
BAD_FIELD = refusal(400, "NON_VALIDATING_IN_PAYLOAD", "wrong")


def test_every_email_goes_out_in_its_own_call_and_its_outcome_has_the_id(go, client, provider):
    told = []
    report = go(client.bulk.send, emails(50), on_outcome=told.append)
    assert (report.sent, report.total) == (50, 50)
    assert {path for path, _, _ in provider.calls} == {"/email/send"}
    assert set(provider.arrived.values()) == {1}
    assert {outcome.reference: outcome.email_id for outcome in told} == {f"r{n}": f"id-r{n}" for n in range(1, 51)}
    assert {outcome.request_id for outcome in told} == {"r-1"}


def test_emails_without_references_go_by_their_number_in_the_list(go, client):
    told = []
    go(client.bulk.send, [email("a"), email("b")], on_outcome=told.append)
    assert sorted((outcome.reference, outcome.email_id) for outcome in told) == [("1", "id-a"), ("2", "id-b")]


@pytest.mark.parametrize("turn", [REFUSED, BAD_FIELD])
def test_a_refused_email_is_a_problem_of_the_report_and_the_others_are_sent(turn, go, client, provider):
    provider.then(turn)
    report = go(client.bulk.send, emails(5))
    assert (report.sent, report.refused) == (4, 1)
    (problem,) = report.problems
    assert problem.status == "refused"
    assert problem.error.carried_out is False


@pytest.mark.parametrize("turn", [LOST, answer(502), answer(503), Response(200, b"<html>")])
def test_an_email_without_a_clear_response_is_unknown_and_not_sent_again(turn, go, client, provider, path):
    provider.then(turn)
    report = go(client.bulk.send, emails(5), journal=path)
    again = go(client.bulk.send, emails(5), journal=path)
    assert (report.sent, report.unknown, again.skipped) == (4, 1, 5)
    assert len(provider.calls) == 5
    assert sorted(states(path).values()) == ["sent"] * 4 + ["unknown"]


def test_unknown_emails_are_sent_again_with_resend_unknown(go, client, provider, path):
    provider.then(answer(502))
    go(client.bulk.send, emails(5), journal=path)
    report = go(client.bulk.send, emails(5), journal=path, resend_unknown=True)
    assert (report.sent, report.skipped) == (1, 4)
    assert counted(path) == {"sent": 5}


def test_refused_emails_are_tried_again_only_with_resend_refused(go, client, provider, path):
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


def test_the_report_keeps_a_hundred_problems_and_counts_all(go, client, provider):
    provider.otherwise = REFUSED
    report = go(client.bulk.send, emails(150))
    assert (report.refused, len(report.problems)) == (150, 100)
    assert isinstance(report.problems[0].error, SendRefusedError)


def test_invalid_text_in_a_response_can_be_written_to_the_journal(go, client, provider, path):
    provider.then(refusal(400, "NON_VALIDATING_IN_PAYLOAD", "half a letter: \ud83d"))
    provider.then(answer(data={"succeeded": 1, "failed": 0, "failures": [], "email_id": "id\ud83d"}))
    report = go(client.bulk.send, emails(5), concurrency=1, journal=path)
    assert (report.sent, report.refused) == (4, 1)
    with Journal(path) as journal:
        first, second, *_ = journal.rows()
    assert "half a letter: \\ud83d" in str(first.error)
    assert second.email_id == "id?"


def test_the_error_of_an_outcome_holds_neither_its_request_nor_earlier_errors(go, client, provider):
    """A thousand refusals of large e-mails were a gigabyte."""
    provider.otherwise = REFUSED
    told = []
    go(client.bulk.send, emails(50), on_outcome=told.append)
    assert {outcome.status for outcome in told} == {"refused"}
    for outcome in told:
        error = outcome.error
        while error is not None:
            assert error.__traceback__ is None
            error = error.__cause__ or error.__context__


def test_at_least_once_repeats_a_lost_call_as_often_as_the_client_would(go, provider, time):
    provider.otherwise = LOST
    client = client_of(provider, time, retry=RetryPolicy(2, at_least_once=True))
    report = go(client.bulk.send, emails(1))
    assert report.unknown == 1
    assert provider.arrived["r1"] == 2


def test_the_emails_of_the_caller_are_not_changed(go, client, path):
    mine = email(custom_headers=[("X-Tag", "one")])
    go(client.bulk.send, [mine], journal=path)
    assert mine.custom_headers == (("X-Tag", "one"),)


def test_a_run_does_not_change_the_retry_policy_of_the_client(go, provider):
    client = client_of(provider, retry=RetryPolicy.none())
    go(client.bulk.send, emails(3))
    assert client._calls.settings.retry == RetryPolicy.none()
