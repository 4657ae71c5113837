"""Rows that are sent again because that was asked for, and then are not sent after all."""

import pytest
from bulk.helpers import BAD_KEY, LOST, counted, emails
from faults.scripted import refusal

from smtp2go_async import BulkStoppedError, Journal


@pytest.mark.parametrize("via", ["send", "batch"])
def test_an_unknown_email_that_could_not_be_sent_again_is_unknown_still(via, go, client, provider, path):
    """It may have arrived the first time, so it is sent again only with resend_unknown."""
    provider.then(LOST)
    go(client.bulk.send, emails(1), via=via, journal=path)
    provider.then(BAD_KEY)
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, emails(1), via=via, journal=path, resend_unknown=True)
    assert counted(path) == {"unknown": 1}
    assert go(client.bulk.send, emails(1), via=via, journal=path).skipped == 1
    assert set(provider.arrived.values()) == {1}


def test_a_refused_email_that_could_not_be_tried_again_is_refused_still(go, client, provider, path):
    provider.then(refusal(400, "NON_VALIDATING_IN_PAYLOAD", "wrong"))
    go(client.bulk.send, emails(1), journal=path)
    provider.then(BAD_KEY)
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, emails(1), journal=path, resend_refused=True)
    assert counted(path) == {"refused": 1}


@pytest.mark.parametrize(
    "first", [LOST, refusal(400, "NON_VALIDATING_IN_PAYLOAD", "wrong")], ids=["unknown", "refused"]
)
def test_a_row_that_goes_back_has_the_error_and_the_request_that_it_had(first, go, client, provider, path):
    provider.then(first)
    go(client.bulk.send, emails(1), journal=path)
    (before,) = Journal(path).rows()
    provider.then(BAD_KEY)
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, emails(1), journal=path, resend_refused=True, resend_unknown=True)
    (after,) = Journal(path).rows()
    assert (after.state, after.error, after.request_id) == (before.state, before.error, before.request_id)
    assert before.error is not None


def test_a_run_that_sends_unknown_emails_again_leaves_sent_emails_alone(go, client, provider, path):
    provider.then(None, LOST)
    go(client.bulk.send, emails(5), concurrency=1, journal=path)
    report = go(client.bulk.send, emails(5), journal=path, resend_unknown=True)
    assert (report.sent, report.skipped) == (1, 4)
    assert dict(provider.arrived) == {"r1": 1, "r2": 2, "r3": 1, "r4": 1, "r5": 1}
