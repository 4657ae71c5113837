"""Counts of accepted e-mails and texts."""

import pytest

from smtp2go_async.sandbox.counting import count


def referred(reference, name="X-Ref"):
    return [{"header": name, "value": reference}]


def test_emails_are_counted_by_the_value_of_a_header_in_any_case(account, email):
    account.call("/email/send", email(custom_headers=referred("r-1")))
    account.call("/email/batch", {"emails": [email(custom_headers=referred(ref, "x-ref")) for ref in ("r-1", "ü")]})
    account.call("/email/send", email())
    assert count(account, header="X-REF") == {"r-1": 2, "ü": 1}
    assert count(account, header="X-Other") == {}


def test_a_header_of_a_ready_made_message_counts(account, b64):
    content = b"From: a@example.com\r\nTo: b@example.com\r\nX-Ref: =?utf-8?q?r=C3=BC?=\r\n\r\nX-Ref: body"
    account.call("/email/mime", {"mime_email": b64(content)})
    assert count(account, header="x-ref") == {"rü": 1}


def test_emails_are_counted_by_subject_and_by_recipient(account, email):
    account.call("/email/send", email(subject="one", to=["a@example.org", "b@example.org"]))
    account.call("/email/send", email(subject="one", to=["b@example.org"], bcc=["c@example.org"]))
    assert count(account, "subject") == {"one": 2}
    assert count(account, "recipient") == {"a@example.org": 1, "b@example.org": 2, "c@example.org": 1}


def test_a_scheduled_email_counts_once_before_and_after_its_time_and_not_when_it_was_removed(account, email, clock):
    account.call("/email/send", email(subject="later", schedule="2026-11-21 13:00:00"))
    account.call("/email/send", email(subject="never", schedule="2026-11-21 13:00:00"))
    assert count(account, "subject") == {"later": 1, "never": 1}
    account.call("/email/scheduled/remove", {"schedule_id": account.scheduled[1].schedule_id})
    clock.move(hours=2)
    assert count(account, "subject") == {"later": 1}


def test_refused_emails_do_not_count(account, email):
    account.call("/email/send", email(to=["refused@example.org"]))
    account.call("/email/batch", {"emails": [email(to=["refused@example.org"])]})
    assert count(account, "subject") == {}


def test_texts_are_counted_by_number(account):
    for numbers in (["+12025550123", "+12025550124"], ["+12025550123"]):
        account.call("/sms/send", {"destination": numbers, "content": "Hi"})
    assert count(account, "destination") == {"+12025550123": 2, "+12025550124": 1}


def test_no_message_is_made_to_count_headers(account, email, monkeypatch):
    account.call("/email/send", email(custom_headers=referred("r-1")))
    count(account, header="X-Ref")
    assert "raw" not in vars(account.sent[0])


@pytest.mark.parametrize("arguments", [{}, {"by": "color"}, {"by": "subject", "header": "X-Ref"}])
def test_an_invalid_count_is_a_value_error(account, arguments):
    with pytest.raises(ValueError, match="^by"):
        count(account, **arguments)
