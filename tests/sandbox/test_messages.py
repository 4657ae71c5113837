"""The text of a message, which is made when it is read."""

from email import message_from_bytes, policy

import pytest

TEXTS = [
    "Hi Jane",
    "one\ntwo\r\nthree\rfour\n",
    "trailing space \ntab\t\n",
    "From here on\n.\n--\nequals = and =3D",
    "Grüße\n\nzwölf Zeichen \n",
    "x" * 997,
    "x" * 998,
    "ü" * 2000,
    "long " * 500,
    "line\x0bfeed\x0cand\x85next\u2028line",
]


def lines(text):
    """Return the lines of a text as a message can carry them: ended by CR, LF or both."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")


def read(part):
    return part.get_content().replace("\r\n", "\n").removesuffix("\n").split("\n")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("field", ["text_body", "html_body"])
def test_a_text_alone_arrives_as_it_was(account, email, field, text):
    account.call("/email/send", email(**{"text_body": None, field: text}))
    [sent] = account.sent
    assert sent.message.get_content_type() == ("text/plain" if field == "text_body" else "text/html")
    assert read(sent.message) == lines(text)
    assert proper(sent.raw)


@pytest.mark.parametrize("html", TEXTS)
@pytest.mark.parametrize("text", ["Hi", "Grüße\n"])
def test_text_and_html_arrive_as_they_were(account, email, text, html):
    account.call("/email/send", email(text_body=text, html_body=html))
    [sent] = account.sent
    plain, rich = sent.message.iter_parts()
    assert (read(plain), read(rich)) == (lines(text), lines(html))
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    assert proper(sent.raw)


def proper(raw):
    """Return whether a message can go out in seven bits, with lines of proper length, and reads without a defect."""
    message = message_from_bytes(raw, policy=policy.default)
    assert [part.defects for part in message.walk() if part.defects] == []
    assert message["MIME-Version"] == "1.0"
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    return raw.isascii() and raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


@pytest.mark.parametrize(
    "mailbox",
    [
        "jane@example.org",
        "Jane O'Neil-Smith <jane@example.org>",
        '"Roe, R." <r@example.org>',
        '"a (b) [c]" <r@example.org>',
        "Jörg <j@example.org>",
        '"odd local"@example.com',
    ],
)
def test_a_mailbox_is_shown_as_the_standard_library_would_show_it(account, email, mailbox):
    account.call("/email/send", email(to=[mailbox]))
    [shown] = account.sent[0].message["To"].addresses
    assert str(shown) == mailbox


def test_a_message_with_a_file_has_the_same_headers_as_one_without(account, email):
    headers = [{"header": "X-Ref", "value": "zwölf"}, {"header": "Content-Language", "value": "de"}]
    for files in ([], [{"filename": "a.txt", "fileblob": "aGk="}]):
        account.call("/email/send", email(custom_headers=headers, attachments=files))
    plain, other = (sent.message for sent in account.sent)
    for name in ("From", "To", "Subject", "Date", "X-Ref", "Content-Language"):
        assert plain[name] == other[name]
    assert [header.partition(":")[0] for header in other.as_string().split("\n\n")[0].split("\n")].count("X-Ref") == 1


def test_a_message_is_made_once_and_only_when_it_is_read(account, email):
    account.call("/email/send", email())
    [sent] = account.sent
    assert "raw" not in vars(sent)
    assert sent.raw is sent.raw


def test_hidden_recipients_and_custom_headers_are_kept_apart(account, email, b64):
    header = {"header": "X-Ref", "value": "r-1"}
    account.call("/email/send", email(bcc=["Hidden <h@example.org>"], custom_headers=[header]))
    account.call("/email/mime", {"mime_email": b64(b"From: a@example.com\nBcc: b@example.org\nX-Ref: r-1\n\n")})
    fields, ready = account.sent
    assert (fields.bcc, fields.custom_headers) == (("h@example.org",), (("X-Ref", "r-1"),))
    assert (ready.bcc, ready.custom_headers) == (("b@example.org",), ())
