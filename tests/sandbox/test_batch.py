"""/email/batch: up to 1,000 e-mails in one call."""

import pytest

from smtp2go_async.sandbox.rules import RequestError


def test_a_batch_is_answered_with_ids_in_the_order_of_the_request(account, email):
    emails = [email(subject="one"), email(subject="two", schedule="2026-11-22 12:00:00"), email(subject="three")]
    data = account.call("/email/batch", {"emails": emails})["data"]
    first, third = account.sent
    assert data == [
        {"email_id": first.email_id},
        {"schedule_id": account.scheduled[0].schedule_id},
        {"email_id": third.email_id},
    ]
    assert [sent.subject for sent in account.sent] == ["one", "three"]
    assert {sent.via for sent in account.sent} == {"batch"}


def test_a_refused_email_of_a_batch_gets_an_id_and_is_dropped_silently(account, email):
    data = account.call("/email/batch", {"emails": [email(to=["refused@example.org"]), email()]})["data"]
    assert all(item["email_id"] for item in data)
    assert [sent.email_id for sent in account.sent] == [data[1]["email_id"]]


def test_a_batch_with_an_invalid_email_is_refused_as_a_whole(account, email):
    with pytest.raises(RequestError) as caught:
        account.call("/email/batch", {"emails": [email(), email(to=[])]})
    assert caught.value.data["field_validation_errors"]["fieldname"] == "emails[1].to"
    assert account.sent == ()


def test_a_thousand_emails_are_taken_at_once(account, email):
    data = account.call("/email/batch", {"emails": [email()] * 1000})["data"]
    assert len({item["email_id"] for item in data}) == len(account.sent) == 1000
