"""Requests that the API refuses, and the field that it names."""

import pytest

from smtp2go_async.sandbox.rules import RequestError

HEADER = {"header": "X-Tag", "value": "one"}
FILE = {"filename": "a.txt", "fileblob": "aGk="}
TOO_MANY = [f"r{number}@example.org" for number in range(101)]


def refused(account, path, body):
    with pytest.raises(RequestError) as caught:
        account.call(path, body)
    error = caught.value
    assert error.status == 400
    assert error.data["error_code"] == "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"
    assert error.data["error"]
    details = error.data["field_validation_errors"]
    assert details["fieldname"] in details["message"]
    return details["fieldname"]


@pytest.mark.parametrize(
    ("changes", "fieldname"),
    [
        ({"sender": None}, "sender"),
        ({"sender": ""}, "sender"),
        ({"sender": 5}, "sender"),
        ({"sender": "robs_example.com"}, "sender"),
        ({"sender": "a@example.com, b@example.com"}, "sender"),
        ({"sender": "Doe, Jane <jane@example.com>"}, "sender"),
        ({"sender": "Jane <jane@example.com> x"}, "sender"),
        ({"sender": "Jane\nBcc: x@example.com <jane@example.com>"}, "sender"),
        ({"sender": "\ud800 <jane@example.com>"}, "sender"),
        ({"sender": "ü@example.com"}, "sender"),
        ({"sender": "a..b@example.com"}, "sender"),
        ({"sender": "a@-example.com"}, "sender"),
        ({"sender": "a" * 65 + "@example.com"}, "sender"),
        ({"to": None}, "to"),
        ({"to": []}, "to"),
        ({"to": "jane@example.org"}, "to"),
        ({"to": {"email": "jane@example.org"}}, "to"),
        ({"to": ["jane@example.org", "nobody"]}, "to[1]"),
        ({"to": [None]}, "to[0]"),
        ({"to": TOO_MANY}, "to"),
        ({"cc": TOO_MANY}, "cc"),
        ({"bcc": TOO_MANY}, "bcc"),
        ({"cc": ["nobody"]}, "cc[0]"),
        ({"subject": None}, "subject"),
        ({"subject": 1.5}, "subject"),
        ({"subject": "Hello\r\nBcc: x@example.com"}, "subject"),
        ({"subject": "\x00"}, "subject"),
        ({"subject": "\ud800"}, "subject"),
        ({"text_body": None}, "text_body"),
        ({"text_body": ""}, "text_body"),
        ({"text_body": ["Hi"]}, "text_body"),
        ({"html_body": True}, "html_body"),
        ({"custom_headers": {"X-Tag": "one"}}, "custom_headers"),
        ({"custom_headers": ["X-Tag: one"]}, "custom_headers[0]"),
        ({"custom_headers": [HEADER, {"value": "one"}]}, "custom_headers[1].header"),
        ({"custom_headers": [{"header": "X-Tag"}]}, "custom_headers[0].value"),
        ({"custom_headers": [{**HEADER, "value": 1}]}, "custom_headers[0].value"),
        ({"custom_headers": [{**HEADER, "value": "one\r\nBcc: x@example.com"}]}, "custom_headers[0].value"),
        ({"custom_headers": [{**HEADER, "header": "X Tag"}]}, "custom_headers[0].header"),
        ({"custom_headers": [{**HEADER, "header": "X-Tag:"}]}, "custom_headers[0].header"),
        ({"custom_headers": [{**HEADER, "header": "X-Täg"}]}, "custom_headers[0].header"),
        ({"custom_headers": [{**HEADER, "header": "Content-Type"}]}, "custom_headers[0].header"),
        ({"custom_headers": [{**HEADER, "header": "content-transfer-encoding"}]}, "custom_headers[0].header"),
        ({"custom_headers": [{**HEADER, "header": "Mime-Version"}]}, "custom_headers[0].header"),
        ({"attachments": [FILE, {"fileblob": "aGk="}]}, "attachments[1].filename"),
        ({"attachments": [{**FILE, "filename": ""}]}, "attachments[0].filename"),
        ({"attachments": [{**FILE, "filename": "a\nb"}]}, "attachments[0].filename"),
        ({"attachments": [{**FILE, "mimetype": "pdf"}]}, "attachments[0].mimetype"),
        ({"attachments": [{"filename": "a.txt"}]}, "attachments[0].fileblob"),
        ({"attachments": [{**FILE, "url": "https://example.com/a.txt"}]}, "attachments[0].fileblob"),
        ({"attachments": [{**FILE, "fileblob": None}]}, "attachments[0].fileblob"),
        ({"attachments": [{**FILE, "fileblob": "aGk"}]}, "attachments[0].fileblob"),
        ({"attachments": [{**FILE, "fileblob": "_-8="}]}, "attachments[0].fileblob"),
        ({"attachments": [{**FILE, "fileblob": "aG k="}]}, "attachments[0].fileblob"),
        ({"attachments": [{**FILE, "fileblob": "ü"}]}, "attachments[0].fileblob"),
        ({"inlines": [{"filename": "a.png"}]}, "inlines[0].fileblob"),
        ({"template_id": 5}, "template_id"),
        ({"template_id": "welcome", "template_data": ["x"]}, "template_data"),
        ({"template_id": "welcome", "template_data": "{x"}, "template_data"),
        ({"template_id": "welcome", "template_data": "[" * 100_000}, "template_data"),
        ({"fastaccept": "true"}, "fastaccept"),
        ({"fastaccept": 1}, "fastaccept"),
    ],
)
def test_an_email_that_breaks_a_rule_is_refused(account, email, changes, fieldname):
    assert refused(account, "/email/send", email(**changes)) == fieldname
    assert account.sent == ()


@pytest.mark.parametrize("name", ["subject", "cc", "custom_headers", "template_data", "fastaccept", "schedule"])
def test_null_is_a_wrong_type(account, email, name):
    assert refused(account, "/email/send", {**email(), name: None}) == name


def test_an_error_says_which_type_was_found(account, email):
    with pytest.raises(RequestError) as caught:
        account.call("/email/send", email(sender=5))
    assert "found a number" in caught.value.data["field_validation_errors"]["message"]


def test_a_hundred_addresses_in_each_field_are_accepted(account, email):
    account.call("/email/send", email(to=TOO_MANY[:100], cc=TOO_MANY[:100], bcc=TOO_MANY[:100]))
    assert len(account.sent[0].recipients) == 300


def test_cc_and_bcc_may_be_empty(account, email):
    account.call("/email/send", email(cc=[], bcc=[]))
    assert account.sent[0].message["Cc"] is None


@pytest.mark.parametrize(
    ("body", "fieldname"),
    [
        ({}, "emails"),
        ({"emails": []}, "emails"),
        ({"emails": {}}, "emails"),
        ({"emails": [{}] * 1001}, "emails"),
        ({"emails": ["x"]}, "emails[0]"),
    ],
)
def test_a_batch_has_1_to_1000_emails(account, body, fieldname):
    assert refused(account, "/email/batch", body) == fieldname


@pytest.mark.parametrize(
    ("body", "fieldname"),
    [
        ({"content": "Hi"}, "destination"),
        ({"destination": [], "content": "Hi"}, "destination"),
        ({"destination": "+12025550123", "content": "Hi"}, "destination"),
        ({"destination": ["+12025550123"] * 101, "content": "Hi"}, "destination"),
        ({"destination": [12025550123], "content": "Hi"}, "destination[0]"),
        ({"destination": ["+12025550123", "+1 202 555"], "content": "Hi"}, "destination[1]"),
        ({"destination": ["0049301234567"], "content": "Hi"}, "destination[0]"),
        ({"destination": ["+12025550123"]}, "content"),
        ({"destination": ["+12025550123"], "content": ""}, "content"),
        ({"destination": ["+12025550123"], "content": 5}, "content"),
        ({"destination": ["+12025550123"], "content": "Hi", "sender": "Shop"}, "sender"),
        ({"destination": ["+12025550123"], "content": "Hi", "sender": None}, "sender"),
    ],
)
def test_a_text_that_breaks_a_rule_is_refused(account, body, fieldname):
    assert refused(account, "/sms/send", body) == fieldname
    assert account.sms == ()


@pytest.mark.parametrize(
    ("path", "body", "fieldname"),
    [
        ("/sms/summary", {"start_date": "yesterday"}, "start_date"),
        ("/sms/view-sent", {"end_date": 20261121}, "end_date"),
        ("/sms/view-received", {"unix_start": "1"}, "unix_start"),
        ("/sms/view-received", {"unix_end": 10**30}, "unix_end"),
        ("/sms/view-sent", {"username": 5}, "username"),
        ("/email/scheduled/search", {"limit": 0}, "limit"),
        ("/email/scheduled/search", {"limit": True}, "limit"),
        ("/email/scheduled/search", {"page": 0}, "page"),
        ("/email/scheduled/search", {"search_subject": 5}, "search_subject"),
        ("/email/scheduled/remove", {}, "schedule_id"),
        ("/email/scheduled/remove", {"schedule_id": 5}, "schedule_id"),
    ],
)
def test_a_search_that_breaks_a_rule_is_refused(account, path, body, fieldname):
    assert refused(account, path, body) == fieldname
