"""The responses of /email/send, and the message that would go out."""

import email.utils
import hashlib
import re

import pytest

from smtp2go_async.sandbox.account import SANDBOX_KEY, Account


def test_an_accepted_email_is_answered_with_counts_and_an_id(account, email):
    reply = account.call("/email/send", email(), request_id="r-1")
    [sent] = account.sent
    assert reply == {
        "request_id": "r-1",
        "data": {"succeeded": 1, "failed": 0, "failures": [], "email_id": sent.email_id},
    }


def test_an_email_id_has_the_shape_of_the_providers(account, email):
    account.call("/email/send", email())
    assert re.fullmatch(r"1[A-Za-z0-9]{5}-[A-Za-z0-9]{11}-[A-Za-z0-9]{4}", account.sent[0].email_id)


def test_every_reply_has_a_request_id_of_its_own(account, email):
    replies = [account.call("/email/send", email()) for _ in range(2)]
    assert replies[0]["request_id"] != replies[1]["request_id"]
    assert account.sent[0].request_id == replies[0]["request_id"]


def test_emails_are_kept_in_order_of_arrival(account, email, clock):
    for number in range(3):
        account.call("/email/send", email(subject=f"number {number}"))
    assert [sent.subject for sent in account.sent] == ["number 0", "number 1", "number 2"]
    assert {sent.received_at for sent in account.sent} == {clock.now}
    assert {sent.via for sent in account.sent} == {"send"}


def test_the_envelope_has_the_bare_addresses_of_to_cc_and_bcc(account, email):
    account.call(
        "/email/send",
        email(
            to=["Jane <jane@example.org>", "joe@example.org"], cc=['"Roe, R." <r@example.org>'], bcc=["<b@example.org>"]
        ),
    )
    sent = account.sent[0]
    assert sent.sender == "shop@example.com"
    assert sent.recipients == ("jane@example.org", "joe@example.org", "r@example.org", "b@example.org")


def test_the_message_shows_to_and_cc_and_never_bcc(account, email):
    account.call("/email/send", email(cc=['"Roe, R." <r@example.org>'], bcc=["hidden@example.org"]))
    sent = account.sent[0]
    assert sent.message["From"] == "Shop <shop@example.com>"
    assert sent.message["To"] == "Jane <jane@example.org>"
    assert sent.message["Cc"] == '"Roe, R." <r@example.org>'
    assert b"hidden" not in sent.raw
    assert b"bcc" not in sent.raw.lower()


def test_the_message_has_the_providers_message_id_and_a_date(account, email, clock):
    account.call("/email/send", email())
    sent = account.sent[0]
    assert sent.message["Message-Id"] == f"<E{sent.email_id}@message-id.smtpcorp.com>"
    assert email_date(sent) == clock.now


def email_date(sent):
    return email.utils.parsedate_to_datetime(sent.message["Date"])


def test_the_raw_message_has_crlf_line_ends_only(account, email):
    account.call("/email/send", email(text_body="one\ntwo\r\nthree\rfour"))
    raw = account.sent[0].raw
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


def test_text_and_html_become_alternatives(account, email):
    account.call("/email/send", email(text_body="Grüße", html_body="<p>Grüße</p>"))
    message = account.sent[0].message
    assert message.get_content_type() == "multipart/alternative"
    assert message.get_body(("plain",)).get_content() == "Grüße\r\n"
    assert message.get_body(("html",)).get_content() == "<p>Grüße</p>\r\n"


def test_html_alone_is_a_message_of_one_part(account, email):
    account.call("/email/send", email(text_body=None, html_body="<p>Hi</p>"))
    assert account.sent[0].message.get_content_type() == "text/html"


@pytest.mark.parametrize("subject", ["Grüße aus Köln", "ü" * 200, "", "plain " * 40])
def test_a_subject_arrives_as_it_was_given(account, email, subject):
    account.call("/email/send", email(subject=subject))
    assert account.sent[0].subject == subject
    assert account.sent[0].message["Subject"] == subject.strip()


def test_a_long_subject_that_ends_in_spaces_leaves_no_blank_line_in_the_headers(account, email):
    account.call("/email/send", email(subject="Grüße " * 20))
    headers = account.sent[0].raw.partition(b"\r\n\r\n")[0]
    assert all(line.strip() for line in headers.split(b"\r\n"))


@pytest.mark.parametrize(
    ("mailbox", "name", "address"),
    [
        ("Jörg Müller <j@example.com>", "Jörg Müller", "j@example.com"),
        ('"Müller, \\"Jo\\"" <j@example.com>', 'Müller, "Jo"', "j@example.com"),
        ("Sales (EU) v2.0 <sales@example.com>", "Sales (EU) v2.0", "sales@example.com"),
        ('"odd local"@example.com', "", '"odd local"@example.com'),
        ("a.b+c@sub.example.com", "", "a.b+c@sub.example.com"),
    ],
)
def test_a_sender_keeps_its_name_and_address(account, email, mailbox, name, address):
    account.call("/email/send", email(sender=mailbox))
    [shown] = account.sent[0].message["From"].addresses
    assert (shown.display_name, shown.addr_spec) == (name, address)
    assert account.sent[0].sender == address


def test_custom_headers_are_added_also_repeated_ones(account, email):
    headers = [("Reply-To", "a@example.com"), ("X-Tag", "one"), ("X-Tag", "zwölf"), ("Reply-To", "b@example.com")]
    account.call("/email/send", email(custom_headers=[{"header": name, "value": value} for name, value in headers]))
    message = account.sent[0].message
    assert message.get_all("Reply-To") == ["a@example.com", "b@example.com"]
    assert message.get_all("X-Tag") == ["one", "zwölf"]


def test_a_custom_header_about_the_content_stays_on_the_message(account, email):
    header = {"header": "Content-Language", "value": "de"}
    account.call("/email/send", email(html_body="<p>", custom_headers=[header]))
    assert account.sent[0].message["Content-Language"] == "de"


def test_a_long_custom_header_stays_on_one_line(account, email):
    value = "<https://example.com/unsubscribe/" + "x" * 300 + ">"
    account.call("/email/send", email(custom_headers=[{"header": "List-Unsubscribe", "value": value}]))
    assert f"\r\nList-Unsubscribe: {value}\r\n".encode() in account.sent[0].raw


def test_a_custom_header_over_the_line_limit_is_folded(account, email):
    value = "word " * 300
    account.call("/email/send", email(custom_headers=[{"header": "X-Words", "value": value}]))
    sent = account.sent[0]
    assert max(len(line) for line in sent.raw.split(b"\r\n")) <= 998
    assert sent.message["X-Words"].split() == value.split()


@pytest.mark.parametrize("name", ["Bcc", "bcc"])
def test_a_bcc_among_the_custom_headers_is_not_shown(account, email, name):
    account.call("/email/send", email(custom_headers=[{"header": name, "value": "hidden@example.org"}]))
    assert b"hidden" not in account.sent[0].raw


def test_attachments_are_decoded_and_kept_exactly(account, email, b64):
    content = bytes(range(256)) * 5
    account.call(
        "/email/send",
        email(
            attachments=[{"filename": "Übersicht 1.bin", "mimetype": "application/x-thing", "fileblob": b64(content)}]
        ),
    )
    [kept] = account.sent[0].attachments
    assert (kept.filename, kept.mimetype, kept.content, kept.cid, kept.url) == (
        "Übersicht 1.bin",
        "application/x-thing",
        content,
        None,
        None,
    )
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    [part] = account.sent[0].message.iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (
        "Übersicht 1.bin",
        "application/x-thing",
        content,
    )


@pytest.mark.parametrize(
    ("filename", "mimetype", "expected"),
    [
        ("report.pdf", None, "application/pdf"),
        ("unknown.zzz", None, "application/octet-stream"),
        ("a.txt", 'text/plain; charset="utf-8"', 'text/plain; charset="utf-8"'),
    ],
)
def test_a_type_that_was_not_given_is_guessed_from_the_name(account, email, filename, mimetype, expected):
    file = {"filename": filename, "fileblob": "aGk="} | ({"mimetype": mimetype} if mimetype else {})
    account.call("/email/send", email(attachments=[file]))
    assert account.sent[0].attachments[0].mimetype == expected
    [part] = account.sent[0].message.iter_attachments()
    assert part["Content-Type"] == expected


def test_base64_with_line_breaks_and_an_empty_file_are_accepted(account, email):
    files = [{"filename": "a.txt", "fileblob": "aGVs\r\nbG8=\n"}, {"filename": "empty.txt", "fileblob": ""}]
    account.call("/email/send", email(attachments=files))
    assert [kept.content for kept in account.sent[0].attachments] == [b"hello", b""]


def test_inlines_are_related_to_the_html_and_have_their_filename_as_content_id(account, email, b64):
    account.call(
        "/email/send",
        email(
            html_body='<img src="cid:logo.png"><img src="cid:line.png">',
            inlines=[
                {"filename": "logo.png", "fileblob": b64(b"\x89PNG"), "mimetype": "image/png"},
                {"filename": "line.png", "fileblob": b64(b"\x89LINE"), "mimetype": "image/png"},
            ],
            attachments=[
                {"filename": "a.pdf", "fileblob": b64(b"%PDF")},
                {"filename": "b.pdf", "fileblob": b64(b"%PDF2")},
            ],
        ),
    )
    sent = account.sent[0]
    assert [(kept.filename, kept.cid) for kept in sent.attachments] == [
        ("a.pdf", None),
        ("b.pdf", None),
        ("logo.png", "logo.png"),
        ("line.png", "line.png"),
    ]
    assert [part.get_content_type() for part in sent.message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "image/png",
        "application/pdf",
        "application/pdf",
    ]
    assert [part["Content-ID"] for part in sent.message.walk() if part["Content-ID"]] == ["<logo.png>", "<line.png>"]


def test_an_inline_with_a_long_name_can_be_found_by_it(account, email):
    name = "a long name " * 10 + ".png"
    fields = email(
        text_body=None, html_body=f'<img src="cid:{name}">', inlines=[{"filename": name, "fileblob": "aGk="}]
    )
    account.call("/email/send", fields)
    message = account.sent[0].message
    assert message.get_content_type() == "multipart/related"
    assert f"\r\nContent-ID: <{name}>\r\n".encode() in account.sent[0].raw


def test_a_file_given_by_url_is_not_fetched(account, email):
    url = "https://files.example.com/" + "report" * 30 + ".pdf"
    account.call("/email/send", email(attachments=[{"filename": "report.pdf", "url": url}]))
    sent = account.sent[0]
    assert (sent.attachments[0].url, sent.attachments[0].content) == (url, b"")
    [part] = sent.message.iter_attachments()
    assert (part["X-Sandbox-Source-Url"], part.get_content()) == (url, b"")


def test_an_attached_message_is_nested_without_base64(account, email, b64):
    eml = b"From: a@example.com\r\nSubject: inner\r\n\r\nHello\r\n"
    account.call(
        "/email/send",
        email(attachments=[{"filename": "m.eml", "mimetype": "message/rfc822", "fileblob": b64(eml)}]),
    )
    sent = account.sent[0]
    assert sent.attachments[0].content == eml
    assert eml in sent.raw


def test_other_composite_types_are_sent_as_plain_bytes(account, email, b64):
    account.call(
        "/email/send",
        email(attachments=[{"filename": "m", "mimetype": "multipart/mixed", "fileblob": b64(b"--x")}]),
    )
    [part] = account.sent[0].message.iter_attachments()
    assert (part.get_content_type(), part.get_content()) == ("application/octet-stream", b"--x")


def test_unknown_fields_are_ignored(account, email):
    account.call("/email/send", email(version=1))
    assert len(account.sent) == 1


def test_a_refused_sender_is_a_200_with_a_failure_and_an_empty_id(account, email):
    data = account.call("/email/send", email(sender="shop@unverified.example"))["data"]
    assert (data["succeeded"], data["failed"], data["email_id"]) == (0, 1, "")
    [failure] = data["failures"]
    assert "\n" in failure
    assert "sender domain not verified (unverified.example)" in failure
    assert account.sent == ()


def test_a_refused_recipient_is_named_in_the_failure(account, email):
    data = account.call("/email/send", email(bcc=["Refused.Roe@example.org"]))["data"]
    assert data["failed"] == 1
    assert "<Refused.Roe@example.org>\n" in data["failures"][0]
    assert account.sent == ()


def test_with_fastaccept_the_reply_has_an_id_and_nothing_else(account, email):
    data = account.call("/email/send", email(fastaccept=True))["data"]
    assert data == {"email_id": account.sent[0].email_id}


def test_with_fastaccept_a_refused_email_gets_an_id_and_is_dropped_silently(account, email):
    data = account.call("/email/send", email(fastaccept=True, to=["refused@example.org"]))["data"]
    assert list(data) == ["email_id"]
    assert data["email_id"]
    assert account.sent == ()


def test_more_addresses_and_senders_can_be_refused(account, email):
    account.emails.refuse_address("Jane@example.org")
    account.emails.refuse_sender("blocked.example")
    account.emails.refuse_sender("only@example.net")
    failed = [
        account.call("/email/send", fields)["data"]["failed"]
        for fields in (
            email(),
            email(to=["joe@example.org"], sender="x@Blocked.example"),
            email(to=["joe@example.org"], sender="only@example.net"),
            email(to=["joe@example.org"], sender="other@example.net"),
        )
    ]
    assert failed == [1, 1, 1, 0]


def test_only_an_address_can_be_refused_as_a_recipient(account):
    with pytest.raises(ValueError, match="^address: must be an e-mail address"):
        account.emails.refuse_address("example.org")


def test_clear_makes_the_account_as_new(account, email):
    account.emails.refuse_address("jane@example.org")
    account.call("/email/send", email(to=["joe@example.org"]))
    account.call("/sms/send", {"destination": ["+12025550123"], "content": "Hi"})
    account.receive_sms("+12025550123", "+12025550199", "Yo")
    account.clear()
    assert (account.sent, account.scheduled, account.sms, account.requests) == ((), (), (), ())
    assert account.call("/sms/view-received", {})["data"]["messages"] == []
    assert account.call("/email/send", email())["data"]["succeeded"] == 1


def test_an_account_needs_a_well_formed_key():
    with pytest.raises(ValueError, match="32 letters and digits"):
        Account(api_key="secret")
    assert Account().api_key == SANDBOX_KEY


def test_reprs_show_no_bodies(account, email, b64):
    files = [{"filename": "a.txt", "fileblob": b64(b"a secret file")}]
    account.call("/email/send", email(text_body="a secret text", attachments=files))
    assert "secret" not in repr(account.sent[0])
