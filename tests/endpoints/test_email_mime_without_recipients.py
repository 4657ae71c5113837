"""``email.send_mime``: is a ready message that names no recipient sent with a warning?"""

import email
import io
import linecache
import warnings
from email.policy import default

import pytest

from smtp2go_async import Smtp2goWarning

ACCEPTED = {"succeeded": 1, "failed": 0, "failures": [], "email_id": "1uAbC-1"}
WITHOUT_RECIPIENTS = (
    b"From: shop@example.com\r\nSubject: Hello\r\nX-To: jane@example.com\r\n\r\nTo: jane@example.com\r\n"
)
WARNING = (
    "mime_email: the message has no To, Cc or Bcc header, and POST /email/mime has no other place for recipients, so "
    "it may reach nobody"
)


def forms_of(raw):
    """Return a message in all forms that are in memory."""
    return [
        email.message_from_bytes(raw),
        email.message_from_bytes(raw, policy=default),
        raw,
        bytearray(raw),
        raw.decode("latin-1"),
    ]


async def test_a_message_of_any_form_without_recipients_is_sent_with_a_warning(sent):
    for form in forms_of(WITHOUT_RECIPIENTS):
        with pytest.warns(Smtp2goWarning, match="has no To") as caught:
            assert await sent(form) == WITHOUT_RECIPIENTS
        assert [str(warning.message) for warning in caught] == [WARNING]


@pytest.mark.parametrize(
    "headers",
    [b"To:\r\n", b"To: \r\nCc:\r\n \r\n", b"To: undisclosed-recipients:;\r\n", b"To:\r\nX-To: jane@example.com\r\n"],
)
async def test_recipient_headers_without_an_address_are_warned_of(sent, headers):
    raw = headers + b"Subject: x\r\n\r\nTo: jane@example.com\r\n"
    with pytest.warns(UserWarning, match="the message has nobody in its To, Cc and Bcc headers") as caught:
        assert await sent(raw) == raw
    assert len(caught) == 1


@pytest.mark.parametrize(
    "headers",
    [
        b"To:\r\nBcc: jane@example.com\r\n",
        b"To:\r\n jane@example.com\r\n",
        b"To:\n\tJane\n <jane@example.com>\n",
        b"To: friends: jane@example.com;\r\n",
        b"To: undisclosed-recipients:;, jane@example.com\r\n",
        b"To: postmaster\r\n",
    ],
)
async def test_an_address_in_any_line_of_a_recipient_header_needs_no_warning(sent, headers):
    raw = headers + b"Subject: x\r\n\r\nHi\r\n"
    assert await sent(raw) == raw


@pytest.mark.parametrize("header", [b"To", b"cc", b"BCC", b"To "])
async def test_a_single_header_with_recipients_needs_no_warning(sent, header):
    raw = b"Subject: x\r\n" + header + b": jane@example.com\r\n\r\nHi\r\n"
    forms = forms_of(raw)
    for form in forms[2:] if header.endswith(b" ") else forms:
        assert await sent(form) == raw


async def test_a_file_is_not_searched_for_recipients(sent, tmp_path):
    (tmp_path / "mail.eml").write_bytes(WITHOUT_RECIPIENTS)
    assert await sent(tmp_path / "mail.eml") == WITHOUT_RECIPIENTS
    assert await sent(io.BytesIO(WITHOUT_RECIPIENTS)) == WITHOUT_RECIPIENTS


async def test_a_message_of_headers_alone_is_warned_of(sent):
    with pytest.warns(UserWarning, match="has no To"):
        await sent(b"Subject: x")


@pytest.mark.parametrize("form", [WITHOUT_RECIPIENTS, WITHOUT_RECIPIENTS.decode()], ids=["bytes", "text"])
async def test_the_warning_names_the_line_that_called(client, answers, form):
    answers("/email/mime", ACCEPTED)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await client.email.send_mime(form)  # this line
    assert [(warning.filename, line_at(warning)) for warning in caught] == [
        (__file__, "await client.email.send_mime(form)")
    ]


async def test_the_warning_names_the_line_that_called_send_message(client, answers):
    answers("/email/mime", ACCEPTED)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await client.email.send_message(email.message_from_bytes(WITHOUT_RECIPIENTS))  # this line
    assert [line_at(warning) for warning in caught] == [
        "await client.email.send_message(email.message_from_bytes(WITHOUT_RECIPIENTS))"
    ]


@pytest.mark.parametrize("form", [WITHOUT_RECIPIENTS, WITHOUT_RECIPIENTS.decode()], ids=["bytes", "text"])
def test_the_warning_of_the_synchronous_client_names_the_line_that_called(waiting, answers, form):
    answers("/email/mime", ACCEPTED)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        waiting.email.send_mime(form)  # this line
    assert [(warning.filename, line_at(warning)) for warning in caught] == [(__file__, "waiting.email.send_mime(form)")]


def test_python_shows_the_warning_once_for_each_line(waiting, answers):
    answers("/email/mime", *[ACCEPTED] * 4)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(2):
            waiting.email.send_mime(WITHOUT_RECIPIENTS)  # one line
            waiting.email.send_mime(WITHOUT_RECIPIENTS)  # another
    assert len(caught) == 2


async def test_a_warning_that_is_made_an_error_is_raised_before_anything_is_sent(client, nothing_sent):
    with pytest.raises(UserWarning, match="has no To"):
        await client.email.send_mime(WITHOUT_RECIPIENTS)


def line_at(warning):
    return linecache.getline(warning.filename, warning.lineno).partition("#")[0].strip()
