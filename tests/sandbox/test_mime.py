"""/email/mime: a ready-made message."""

from email import policy
from email.message import EmailMessage

import pytest

from smtp2go_async.sandbox.rules import RequestError

PLAIN = (
    b"From: Shop <shop@example.com>\r\n"
    b"to: Jane <jane@example.org>, joe@example.org\r\n"
    b"CC: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>\r\n"
    b"Bcc: first@example.org,\r\n"
    b"\tsecond@example.org\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"\r\n"
    b"Bcc: this is the body\r\n"
)


def send(account, b64, content, **more):
    return account.call("/email/mime", {"mime_email": b64(content), **more})["data"]


def test_the_envelope_comes_from_the_headers(account, b64):
    data = send(account, b64, PLAIN)
    [sent] = account.sent
    assert data == {"succeeded": 1, "failed": 0, "failures": [], "email_id": sent.email_id}
    assert (sent.via, sent.sender, sent.subject) == ("mime", "shop@example.com", "Grüße")
    assert sent.recipients == (
        "jane@example.org",
        "joe@example.org",
        "joerg@example.org",
        "first@example.org",
        "second@example.org",
    )


def test_only_the_bcc_header_is_taken_out(account, b64):
    send(account, b64, PLAIN)
    assert account.sent[0].raw == PLAIN.replace(b"Bcc: first@example.org,\r\n\tsecond@example.org\r\n", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@example.com\nTo: b@example.com\n\nUnix line ends\n",
        b"From: a@example.com\r\nTo: b@example.com\r\n\r\n\xff\x00 any bytes, no last line end",
        b"From: a@example.com\r\nTo: b@example.com\r\nX-Odd:  spaces  \r\n\tand folds\r\n\r\n",
        b"From: a@example.com\nTo: b@example.com",
    ],
)
def test_a_message_without_bcc_is_kept_byte_for_byte(account, b64, content):
    send(account, b64, content)
    assert account.sent[0].raw == content


def test_a_message_with_bcc_only_is_sent(account, b64):
    send(account, b64, b"From: a@example.com\nTo: undisclosed-recipients:;\nBCC: b@example.com\nSubject: x\n\nHi\n")
    assert account.sent[0].recipients == ("b@example.com",)
    assert account.sent[0].raw == b"From: a@example.com\nTo: undisclosed-recipients:;\nSubject: x\n\nHi\n"


def test_headers_in_raw_utf8_are_read(account, b64):
    send(account, b64, "From: a@example.com\nTo: b@example.com\nSubject: Grüße\n\nHi\n".encode())
    assert account.sent[0].subject == "Grüße"


def test_files_of_the_message_are_listed(account, b64):
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"] = "a@example.com", "b@example.com"
    message.set_content("text")
    message.add_alternative("<img src='cid:logo'>", subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo>")
    message.add_attachment(b"%PDF", "application", "pdf", filename="Übersicht.pdf")
    inner = EmailMessage(policy=policy.SMTP)
    inner["Subject"] = "inner"
    inner.set_content("nested")
    inner.add_attachment(b"not listed", "application", "pdf", filename="inner.pdf")
    message.add_attachment(inner, filename="inner.eml")
    send(account, b64, message.as_bytes())
    logo, pdf, eml = account.sent[0].attachments
    assert (logo.filename, logo.mimetype, logo.content, logo.cid) == ("", "image/png", b"\x89PNG", "logo")
    assert (pdf.filename, pdf.mimetype, pdf.content, pdf.cid) == ("Übersicht.pdf", "application/pdf", b"%PDF", None)
    assert (eml.filename, eml.mimetype) == ("inner.eml", "message/rfc822")
    assert eml.content == inner.as_bytes()


def test_an_envelope_that_is_nested_too_deeply_is_refused(account, b64):
    with pytest.raises(RequestError) as caught:
        send(account, b64, b"From: a@example.com\nTo: " + b"(" * 5000 + b"b@example.com\n\nx\n")
    assert caught.value.data["field_validation_errors"]["fieldname"] == "mime_email"


def test_a_message_may_be_an_attachment_alone(account, b64):
    send(
        account,
        b64,
        b"From: a@example.com\nTo: b@example.com\nContent-Type: application/pdf\n"
        b"Content-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nJVBERg==\n",
    )
    assert [kept.content for kept in account.sent[0].attachments] == [b"%PDF"]


def test_a_file_whose_name_cannot_be_read_is_kept_without_it(account, b64):
    send(
        account,
        b64,
        b"From: a@example.com\nTo: b@example.com\nContent-Type: application/pdf\n"
        b"Content-Disposition: attachment; filename*=x; filename*0*=utf-8''y\n\n%PDF",
    )
    assert [(kept.filename, kept.content) for kept in account.sent[0].attachments] == [("", b"%PDF")]


def test_a_broken_multipart_is_kept_without_files(account, b64):
    send(account, b64, b"From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed\n\nno boundary\n")
    assert account.sent[0].attachments == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a message",
        b"To: b@example.com\n\nno sender\n",
        b"From: nobody\nTo: b@example.com\n\nx\n",
        b"From: a@example.com\nSubject: no recipients\n\nx\n",
        b"From: a@example.com\nTo: jane\n\nx\n",
        b"From: a@example.com\nTo: @example.com\n\nx\n",
        b"From: a@example.com\nTo: " + b", ".join(b"r%d@example.com" % number for number in range(101)) + b"\n\nx\n",
    ],
)
def test_a_message_without_a_proper_envelope_is_refused(account, b64, content):
    with pytest.raises(RequestError) as caught:
        send(account, b64, content)
    assert caught.value.status == 400
    assert caught.value.data["field_validation_errors"]["fieldname"] == "mime_email"
    assert account.sent == ()


@pytest.mark.parametrize("body", [{}, {"mime_email": "%%%"}, {"mime_email": 5}])
def test_the_message_must_be_base64(account, body):
    with pytest.raises(RequestError) as caught:
        account.call("/email/mime", body)
    assert caught.value.data["field_validation_errors"]["fieldname"] == "mime_email"


def test_a_refused_recipient_is_a_200_that_says_so(account, b64):
    data = send(account, b64, b"From: a@example.com\nTo: refused@example.com\n\nx\n")
    assert (data["failed"], data["email_id"]) == (1, "")


def test_fastaccept_works_as_for_send(account, b64):
    assert list(send(account, b64, PLAIN, fastaccept=True)) == ["email_id"]


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_a_scheduled_message_gets_the_header_with_its_schedule_id(account, b64, line_end):
    content = b"From: a@example.com\nTo: b@example.com\n\nx\n".replace(b"\n", line_end)
    data = send(account, b64, content, schedule="2026-11-22 12:00:00")
    [waiting] = account.scheduled
    assert data == {"schedule_id": waiting.schedule_id}
    header = b"X-Smtp2go-Schedule-Id: " + waiting.schedule_id.encode() + line_end
    assert waiting.email.raw == header + content
