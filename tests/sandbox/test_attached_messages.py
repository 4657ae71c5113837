"""Files that are messages, and files that can't be read: none of them hides the rest of a message."""

import pytest

from smtp2go_async.sandbox import ready


def send_mime(account, b64, content):
    account.call("/email/mime", {"mime_email": b64(content)})


@pytest.mark.parametrize(
    "eml",
    [
        b"",
        b"From: Jos\xe9\r\nSubject: Gr\xfc\xdfe\r\n\r\n\xff\x00\r\n",
        b"Subject: x\nContent-Type: text/plain; charset=unknown\n\n\xff\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n!!=\r\n--b--\r\n",
        b"Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nSubject: =?x?q?=FF?=\n\n",
        b"no header\rat all",
        "Subject: Grüße\r\n\r\nüber\r\n".encode(),
    ],
)
@pytest.mark.parametrize("kind", ["attachments", "inlines"])
def test_an_attached_message_is_kept_byte_for_byte_with_any_content(account, email, b64, eml, kind):
    file = {"filename": "Ü.eml", "mimetype": "message/rfc822", "fileblob": b64(eml)}
    account.call("/email/send", email(**{kind: [file]}))
    [sent] = account.sent
    assert [(kept.filename, kept.content) for kept in sent.attachments] == [("Ü.eml", eml)]
    assert eml in sent.raw
    [part] = [part for part in sent.message.walk() if part.get_filename() == "Ü.eml"]
    assert part.get_content_type() == "message/rfc822"
    assert part["Content-Transfer-Encoding"] == ("7bit" if eml.isascii() else "8bit")
    account.call("/activity/search", {"include_headers": True})


def test_files_that_can_not_be_written_hide_nothing_else(account, email, monkeypatch):
    def fail(file):
        raise IndexError("secret")

    monkeypatch.setattr("smtp2go_async.sandbox.mime._part", fail)
    account.call("/email/send", email(attachments=[{"filename": "a.txt", "fileblob": "aGk="}]))
    [sent] = account.sent
    assert sent.message["X-Sandbox-Left-Out"] == "1 files, for IndexError"
    assert (sent.message["Subject"], sent.message.get_content()) == ("Hello", "Hi Jane\r\n")
    assert sent.attachments[0].content == b"hi"


def with_part(head, body):
    head = b"From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + head
    return head + b"Content-Disposition: attachment; filename=m.eml\n\n" + body + b"\n--x--\n"


@pytest.mark.parametrize(
    "eml",
    [
        b"From: Jos\xe9\nSubject: Gr\xfc\xdfe\n\n\xff\n",
        b"Content-Type: text/plain; charset=unknown\n\n\xff\n",
        b"Content-Type: multipart/mixed; boundary=y\n\n--y\nContent-Transfer-Encoding: base64\n\n!!=\n--y--\n",
        b"Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nSubject: =?x?q?=FF?=\n",
        b"Subject : no header\nat all",
    ],
)
@pytest.mark.parametrize("kind", [b"message/rfc822", b"message/partial", b"message/global"])
def test_a_message_in_a_ready_message_is_kept_byte_for_byte_with_any_content(account, b64, eml, kind):
    send_mime(account, b64, with_part(b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: 8bit\n", eml))
    [kept] = account.sent[0].attachments
    assert (kept.filename, kept.mimetype, kept.content) == ("m.eml", kind.decode(), eml)


@pytest.mark.parametrize(
    ("body", "content"), [(b"U3ViamVjdDogeA0KDQpoaQ0K", b"Subject: x\r\n\r\nhi\r\n"), (b"U3!!=%", b"S")]
)
def test_an_attached_message_in_base64_is_decoded_as_far_as_that_is_possible(account, b64, body, content):
    send_mime(account, b64, with_part(b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n", body))
    assert [kept.content for kept in account.sent[0].attachments] == [content]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: text/plain; charset=unknown\n",
        b"Content-Type: image/png; name*0*=unknown''%ff; name*1=x\n",
        b"Content-Type: image/png\nContent-Transfer-Encoding: x-uuencode\n",
        b"Content-Type: image/png\nContent-Transfer-Encoding: x-unknown\n",
        b"Content-ID: \xff\nContent-Type: =?x?q?=FF?=\n",
        b"Content-Description: " + b"(" * 5000 + b"\n",
    ],
)
def test_a_file_that_can_not_be_decoded_is_kept_as_it_came(account, b64, head):
    send_mime(account, b64, with_part(head, b"!!! \xff"))
    assert [(kept.filename, kept.content) for kept in account.sent[0].attachments] == [("m.eml", b"!!! \xff")]


@pytest.mark.parametrize("stumbling", ["get_payload", "get_filename"])
def test_a_file_that_the_standard_library_can_not_read_hides_nothing_else(account, b64, monkeypatch, stumbling):
    raw = with_part(b"Content-Type: image/png\n", b"PNG")

    def fail(*_args, **_options):
        raise LookupError("secret")

    with monkeypatch.context() as patched:
        # As it is when it looks at the files: the parts have been found by then.
        patched.setattr(ready, "_is_file", lambda part: patched.setattr(ready._Unopened, stumbling, fail) or True)
        send_mime(account, b64, raw)
    [sent] = account.sent
    assert [(kept.filename, kept.content) for kept in sent.attachments] == [
        ("m.eml", b"") if stumbling == "get_payload" else ("", b"PNG")
    ]
    assert sent.raw == raw


def test_a_subject_that_the_standard_library_can_not_read_is_shown_as_it_came(account, b64, monkeypatch):
    def fail(*_args):
        raise IndexError("secret")

    monkeypatch.setattr(ready, "_plain_header", fail)
    send_mime(account, b64, b"From: a@example.com\nTo: b@example.com\nSubject: =?x\n\nhi\n")
    assert account.sent[0].subject == "=?x"
