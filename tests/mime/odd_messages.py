"""Messages of the standard library that are unusual, and what each of them says.

Each maker returns a new message. `said` reads one as its owner means it, `read` reads the bytes that went out; what they
return must be equal.
"""

import re
from collections.abc import Callable
from email import encoders, message_from_bytes, policy
from email.header import Header, decode_header, make_header
from email.headerregistry import Address, Group
from email.message import EmailMessage, Message, MIMEPart
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import getaddresses
from typing import Any

URL = f"<https://example.com/unsubscribe/{'0123456789abcdef' * 12}>"
BINARY = b"\x00\r\n\r\n\n\rPNG\xff\n"

SIGNED_PARTS = (
    b"--b1\r\n"
    b"Content-Type: multipart/mixed; \r\n"
    b'\tboundary="b2"\r\n'
    b"X-Long: " + b"word " * 40 + b"\r\n"
    b"   more\r\n"
    b"\r\n"
    b"--b2\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n"
    b"\r\n"
    b"From J\xc3\xa9 " + b"y" * 1200 + b"  \r\n"
    b"\r\n"
    b"--b2\r\n"
    b"Content-Type: application/x-data\r\n"
    b'Content-Disposition: attachment; filename="' + b"name " * 30 + b'.bin"\r\n'
    b"\r\n"
    b"a\r\nb\r\n"
    b"--b2--\r\n"
    b"\r\n"
    b"--b1\r\n"
    b"Content-Type: application/pkcs7-signature\r\n"
    b"Content-Transfer-Encoding: base64\r\n"
    b"\r\n"
    b"AAAA\r\n"
    b"--b1--\r\n"
)
SIGNED = (
    b"From: shop@example.com\r\n"
    b"To: jane@example.com\r\n"
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
    b' micalg=sha-256; boundary="b1"\r\n'
    b"\r\n" + SIGNED_PARTS
)
DKIM = (
    b"DKIM-Signature: v=1; a=rsa-sha256; bh=" + b"x" * 44 + b";\r\n b=" + b"y" * 300 + b"\r\n"
    b"From: shop@example.com\r\n"
    b"To: jane@example.com\r\n"
    b"Subject: " + b"long " * 40 + b"end\r\n"
    b"List-Unsubscribe: <mailto:a@example.com>,<https://example.com/" + b"z" * 90 + b">\r\n"
    b"\r\n"
    b"From the start\r\n" + b"z" * 1200 + b"\r\n"
)
EIGHT_BITS = (
    b"From: Jos\xe9 <jose@example.com>\n"
    b"To: jane@example.com\n"
    b"Subject: Gr\xfc\xdfe\n\taus K\xc3\xb6ln\n"
    b"X-Long: " + b"\xfc word " * 40 + b"end\n"
    b"\n"
    b"H\xe9 \xff\n"
)

ODD: dict[str, Callable[[], Message]] = {}
"""Those that can be written."""

UNWRITABLE: dict[str, tuple[Callable[[], Message], str]] = {}
"""Those that can't, and what the error says. Each has the word "secret" in it, which no error may show."""


def odd(make: Callable[[], Message]) -> Callable[[], Message]:
    ODD[make.__name__] = make
    return make


def unwritable(reason: str) -> Callable[[Callable[[], Message]], Callable[[], Message]]:
    def note(make: Callable[[], Message]) -> Callable[[], Message]:
        UNWRITABLE[make.__name__] = make, reason
        return make

    return note


def addressed(message: Message, **headers: Any) -> Any:
    message["From"], message["To"] = "Shop <shop@example.com>", "jane@example.com"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


def modern(body: str = "Hi\n", rules: Any = policy.default, **headers: Any) -> EmailMessage:
    message = addressed(EmailMessage(policy=rules), **headers)
    message.set_content(body)
    return message


def older(body: str = "Hi\n", **headers: Any) -> MIMEText:
    return addressed(MIMEText(body), **headers)


# --- headers of the older kind -----------------------------------------------------------------------------------


@odd
def a_header_object_as_subject():
    return older("Hallo Jané\n", Subject=Header("Grüße aus Köln", "utf-8"))


@odd
def a_header_object_in_another_charset():
    return older(Subject=Header("Grüße aus Köln " * 8, "iso-8859-1"))


@odd
def a_subject_that_is_not_ascii():
    return older(Subject="Grüße aus Köln " * 10)


@odd
def addresses_with_names_that_are_not_ascii():
    message = MIMEText("Hi\n")
    message["From"] = "Jörg Müller <joerg@example.com>"
    message["To"] = '"Müller, Jörg" <j@example.com>, Ann <ann@example.com>'
    return message


@odd
def header_objects_with_addresses():
    message = MIMEText("Hi\n")
    name = Header("Jörg Müller", "utf-8")
    name.append("<joerg@example.com>", "us-ascii")
    message["From"], message["To"] = name, Header("Jörg <j@example.com>", "utf-8")
    return message


@odd
def an_address_that_is_not_ascii():
    message = MIMEText("Hi\n")
    message["From"], message["To"] = "shop@example.com", "jörg@exämple.com"
    return message


@odd
def long_headers_of_the_older_kind():
    return older(List_Unsubscribe=f"{URL},<mailto:u@example.com?subject=a;b>", X_List=",".join(["abcdefghij"] * 30))


@odd
def encoded_words_in_two_lines():
    return older(Subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?q?_K=C3=B6ln?=")


@odd
def characters_that_unicode_calls_line_ends():
    return older(Subject="a\u2028b\x85c\x0bd")


@odd
def a_filename_in_a_header_that_is_not_ascii():
    part = MIMEApplication(BINARY)
    part["Content-Disposition"] = 'attachment; filename="Übersicht.pdf"'
    message = addressed(MIMEMultipart())
    message.attach(part)
    return message


@odd
def the_same_header_twice():
    message = older(X_Ref="1")
    message["X-Ref"] = "1"
    message["Received"] = "one"
    message["Received"] = "two"
    return message


# --- policies ----------------------------------------------------------------------------------------------------

POLICIES = {
    "default": policy.default,
    "smtp": policy.SMTP,
    "smtputf8": policy.SMTPUTF8,
    "strict": policy.strict,
    "line_998": policy.SMTP.clone(max_line_length=998),
    "line_40": policy.SMTP.clone(max_line_length=40),
    "line_10": policy.SMTP.clone(max_line_length=10),
    "refold_all": policy.SMTP.clone(refold_source="all"),
    "seven_bits": policy.SMTP.clone(cte_type="7bit"),
    "raise_on_defect": policy.SMTP.clone(raise_on_defect=True),
}


def _by_policy(rules: Any) -> Message:
    message = modern(
        "Jané\nFrom me\n",
        rules,
        Subject="Grüße " * 20,
        List_Unsubscribe=f"{URL}, <mailto:u@example.com?subject=a;b,c>",
        References=" ".join(f"<{letter}{'x' * 90}@example.com>" for letter in "abc"),
        Cc='"Müller, Jörg" <j@example.com>, "Doe, Jane" <jane@example.com>, Ann Lee <ann@example.com>',
        X_List=",".join(["abcdefghij"] * 30),
    )
    name = "Übersicht mit einem sehr langen Namen, der nicht in eine Zeile paßt.pdf"
    message.add_attachment(BINARY * 9, maintype="application", subtype="pdf", filename=name)
    name = "a very long name that does not fit into one line " * 3
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return message


for _name, _rules in POLICIES.items():
    ODD[f"policy_{_name}"] = lambda rules=_rules: _by_policy(rules)


def _lines_of_any_length(length: int | None) -> Message:
    rules = policy.SMTP.clone(max_line_length=length)
    message = addressed(EmailMessage(policy=rules), Subject="Grüße " * 20, List_Unsubscribe=URL, X_Words="word " * 300)
    message.set_payload("Hi\n")
    return message


ODD["policy_line_0"] = lambda: _lines_of_any_length(0)
ODD["policy_line_none"] = lambda: _lines_of_any_length(None)


@odd
def an_older_message_without_a_line_length():
    message = Message(policy=policy.compat32.clone(max_line_length=0))
    message.set_payload("Hi\n")
    return addressed(message, Subject="Grüße " * 30, X_Words="word " * 300)


@odd
def an_older_message_that_was_given_a_newer_policy():
    message = older(Subject=Header("Grüße", "utf-8"))
    message.policy = policy.SMTP
    return message


# --- newer headers -----------------------------------------------------------------------------------------------


@odd
def addresses_in_utf_8():
    message = modern(rules=policy.SMTPUTF8)
    message.replace_header("To", "jörg@exämple.com")
    return message


@odd
def addresses_that_need_utf_8_and_have_none():
    message = modern()
    message.replace_header("To", [Address("Jörg", "jörg", "exämple.com"), Address("Jane", "jane", "example.com")])
    return message


@odd
def one_address_that_needs_utf_8_and_has_none():
    message = modern()
    message.replace_header("To", "jörg@exämple.com")
    return message


@odd
def groups_of_addresses():
    birds = Group("Frühe Vögel", (Address("Jörg, M", "j", "example.com"), Address("", "k", "example.com")))
    message = modern()
    message.replace_header("To", [birds, Address("x y z", "x", "example.com")])
    return message


@odd
def undisclosed_recipients():
    message = modern(Bcc="ann@example.com")
    message.replace_header("To", "undisclosed-recipients:;")
    return message


@odd
def many_long_names():
    return modern(Cc=", ".join(f'"{"Very Long, Name " * 8}{number}" <u{number}@example.com>' for number in range(20)))


@odd
def a_name_with_all_that_needs_quotes():
    return modern(Reply_To='"🎉 Party (all) \\"x\\", @; 🎉" <p@example.com>', Subject=f"{'🎉' * 60} {'word ' * 20}")


@odd
def long_ids():
    return modern(Message_ID=f"<{'x' * 100}@example.com>", In_Reply_To=f"<{'y' * 300}@example.com>")


@odd
def spaces_and_tabs_in_a_subject():
    return modern(Subject="a\tb  c   d" + "  x" * 60)


# --- what was read -----------------------------------------------------------------------------------------------


@odd
def octets_in_headers():
    return message_from_bytes(EIGHT_BITS)


@odd
def octets_in_headers_of_a_newer_message():
    return message_from_bytes(EIGHT_BITS, policy=policy.default)


@odd
def broken_headers():
    return message_from_bytes(b"From: a@example.com\nTo: b@example.com\nSubject : x\nthis is no header\n\nbody\n")


@odd
def a_header_that_begins_as_a_continuation():
    return message_from_bytes(b" first\nFrom: a@example.com\nTo: b@example.com\nX-Empty:\n\nbody\n")


@odd
def folds_of_another_program():
    raw = b"From: a@example.com\r\nTo: b@example.com,\r\n\tc@example.com\r\nSubject: a\r\n  b  \r\n\tc\r\n\r\nbody\r\n"
    return message_from_bytes(raw, policy=policy.default)


@odd
def a_multipart_without_a_boundary():
    return message_from_bytes(b"From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed\n\nx\n--x\n")


@odd
def a_multipart_without_an_end():
    return message_from_bytes(
        b"From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhi\n"
    )


@odd
def text_before_and_after_the_parts():
    return message_from_bytes(
        b"From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"From before \xe9\n--x\n\nhi\n--x--\nafter\nthat"
    )


@odd
def a_report_about_a_delivery():
    return message_from_bytes(
        b"From: a@example.com\nTo: b@example.com\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n\nhi\n"
        b"--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
        b"Final-Recipient: rfc822; c@example.com\nAction: failed\n\n"
        b"--x\nContent-Type: message/rfc822\n\nSubject: first\n\nbody\n--x--\n"
    )


@odd
def a_message_in_base64_inside():
    return message_from_bytes(
        b"From: a@example.com\nTo: b@example.com\nContent-Type: message/rfc822\n"
        b"Content-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQpoaQ0K\n"
    )


@odd
def the_line_of_a_mailbox_before_the_headers():
    message = older()
    message.set_unixfrom("From nobody Mon Jan  1 00:00:00 2026")
    return message


for _name, _rules in {
    "compat32": policy.compat32,
    "default": policy.default,
    "smtp": policy.SMTP,
    "refold_all": policy.default.clone(refold_source="all"),
    "seven_bits": policy.default.clone(cte_type="7bit"),
    "older_seven_bits": policy.compat32.clone(cte_type="7bit"),
}.items():
    ODD[f"signed_{_name}"] = lambda rules=_rules: message_from_bytes(SIGNED, policy=rules)
    ODD[f"signed_with_lf_{_name}"] = lambda rules=_rules: message_from_bytes(
        SIGNED.replace(b"\r\n", b"\n"), policy=rules
    )
    ODD[f"dkim_{_name}"] = lambda rules=_rules: message_from_bytes(DKIM, policy=rules)


# --- bodies ------------------------------------------------------------------------------------------------------


@odd
def text_in_8_bits():
    message = addressed(Message(), Content_Type="text/plain; charset=utf-8", Content_Transfer_Encoding="8bit")
    message.set_payload("Jané\n".encode().decode("ascii", "surrogateescape"))
    return message


@odd
def text_in_8_bits_where_7_are_asked_for():
    message = modern()
    message.set_content("Jané\n", cte="8bit")
    message.policy = policy.SMTP.clone(cte_type="7bit")
    return message


@odd
def binary_data_as_it_is():
    part = MIMEApplication(BINARY, _encoder=encoders.encode_noop)
    part["Content-Transfer-Encoding"] = "binary"
    message = addressed(MIMEMultipart())
    message.attach(part)
    return message


@odd
def binary_data_that_says_it_has_8_bits():
    message = addressed(MIMEMultipart())
    message.attach(MIMEApplication(BINARY, _encoder=encoders.encode_7or8bit))
    return message


@odd
def binary_data_in_quoted_printable():
    message = addressed(MIMEMultipart())
    message.attach(MIMEApplication(b"a\nb\x00\xff\r\nc", _encoder=encoders.encode_quopri))
    return message


@odd
def lines_that_begin_with_from():
    message = addressed(MIMEMultipart())
    message.preamble = "From here\n"
    message.attach(MIMEText("From me\nFrom you\n>From them\n"))
    return message


@odd
def a_bare_carriage_return():
    return older("a\rb\rc\n")


@odd
def ends_of_lines_of_both_kinds():
    return older("a\r\nb\nc\r\n")


@odd
def lines_of_3000_characters():
    return older("x" * 3000 + "\nFrom y\n")


@odd
def lines_of_3000_octets_in_8_bits():
    message = addressed(Message(), Content_Type="text/plain; charset=utf-8", Content_Transfer_Encoding="8bit")
    message.set_payload(("é" * 1500 + "\n").encode().decode("ascii", "surrogateescape"))
    return message


@odd
def nothing_in_it():
    return addressed(Message())


@odd
def an_empty_text():
    return older("")


@odd
def text_where_parts_should_be():
    message = addressed(Message(), Content_Type="multipart/mixed; boundary=x")
    message.set_payload("no parts\nhere\n")
    return message


# --- parts -------------------------------------------------------------------------------------------------------


@odd
def parts_of_all_kinds():
    message = modern("text é\n")
    message.add_alternative("<img src='cid:logo'>", subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG\r\n", "image", "png", cid="<logo>")
    message.add_attachment(BINARY, maintype="application", subtype="pdf", filename="Ü.pdf")
    return message


@odd
def an_older_multipart_with_files():
    message = addressed(MIMEMultipart(), Subject="x")
    message.attach(MIMEText("Grüße", "plain"))
    message.attach(MIMEText("<p>x", "html"))
    part = MIMEApplication(BINARY * 1000)
    part.add_header("Content-Disposition", "attachment", filename="Ü.pdf")
    message.attach(part)
    return message


@odd
def an_email_in_an_email():
    message = modern(Subject="outer")
    message.add_attachment(modern("inner é\n", Subject="Grüße", Cc="Jörg <j@example.com>"))
    return message


@odd
def an_older_message_in_an_email():
    message = modern(Subject="outer")
    message.make_mixed()
    message.attach(MIMEMessage(older("inner é\n", Subject=Header("Grüße", "utf-8"))))
    return message


@odd
def an_email_in_an_older_message():
    message = addressed(MIMEMultipart())
    message.attach(MIMEMessage(modern("inner é\n", Subject="Grüße", Cc='"Müller, Jörg" <j@example.com>')))
    return message


@odd
def a_digest():
    message = addressed(MIMEMultipart("digest"))
    message.attach(MIMEMessage(older()))
    message.attach(MIMEMessage(older(Subject="two")))
    return message


@odd
def a_part_as_a_message():
    message = MIMEPart(policy=policy.default)
    message["To"] = "ann@example.com"
    message.set_content("é\n")
    return message


@odd
def the_same_boundary_inside_and_outside():
    message = addressed(MIMEMultipart("mixed", boundary="XX"))
    inner = MIMEMultipart("alternative", boundary="XX")
    inner.attach(MIMEText("a"))
    inner.attach(MIMEText("<b>", "html"))
    message.attach(inner)
    message.attach(MIMEText("c"))
    return message


@odd
def the_boundary_in_a_text():
    message = addressed(MIMEMultipart("mixed", boundary="XX"))
    message.attach(MIMEText("a\n--XX\n--XX--\nb\n"))
    message.attach(MIMEText("c"))
    return message


@odd
def a_boundary_that_is_none():
    message = addressed(MIMEMultipart("mixed", boundary="ü\n"))
    message.attach(MIMEText("a"))
    return message


@odd
def an_encrypted_message():
    message = addressed(MIMEMultipart("encrypted", protocol="application/pgp-encrypted"))
    message.attach(MIMEApplication(b"Version: 1\n", "pgp-encrypted", _encoder=encoders.encode_7or8bit))
    message.attach(MIMEApplication(b"-----BEGIN PGP\nabc\n", "octet-stream", _encoder=encoders.encode_7or8bit))
    return message


# --- what can't be written ---------------------------------------------------------------------------------------


@unwritable("the header Subject has a line break in it, after which another header would begin")
def a_header_inside_a_header():
    return older(Subject="secret\r\nBcc: secret@example.com")


@unwritable("the header Subject has a line break in it, after which another header would begin")
def a_body_inside_a_header():
    return older(Subject="secret\n\nsecret")


@unwritable("the header Subject has a line break in it, after which another header would begin")
def a_bare_carriage_return_in_a_header():
    return older(Subject="secret\rBcc: secret@example.com")


@unwritable("the header Subject has a line break in it, after which another header would begin")
def a_header_inside_a_header_of_a_signed_part():
    part = MIMEText("secret")
    part["Subject"] = "secret\r\nBcc: secret@example.com"
    message = addressed(MIMEMultipart("signed"))
    message.attach(part)
    return message


@unwritable("the header Subject has a value of the type int, and text is needed")
def a_number_in_a_header():
    return older(Subject=5, X_Note="secret")


@unwritable("the header Subject has a value of the type NoneType, and text is needed")
def nothing_in_a_header():
    return older(Subject=None, X_Note="secret")


@unwritable("the header Subject holds a lone surrogate, which is not valid text")
def half_a_surrogate_pair_in_a_header():
    return older(Subject="secret \ud800")


@unwritable("a header has a name that no header can have")
def a_name_with_a_space():
    message = older()
    message["secret word"] = "x"
    return message


@unwritable("a header has a name that no header can have")
def a_name_with_a_line_break():
    message = older()
    message["Subject\r\nsecret"] = "x"
    return message


@unwritable("the content of the message is int, where text is needed")
def a_number_as_content():
    message = addressed(Message(), Subject="secret")
    message.set_payload(5)
    return message


@unwritable("the content of part 2 is not ASCII and was set without a charset; use set_payload(text, 'utf-8')")
def content_without_a_charset():
    part = Message()
    part.set_payload("secret é")
    message = addressed(MIMEMultipart())
    message.attach(MIMEText("secret"))
    message.attach(part)
    return message


@unwritable("the message has parts, and its Content-Type is text/plain, not multipart")
def parts_in_a_text():
    message = addressed(MIMEMultipart())
    message.attach(MIMEText("secret"))
    message.replace_header("Content-Type", "text/plain")
    return message


@unwritable("part 1.1 is a str, where a part of a message is needed")
def text_among_the_parts():
    inner, message = MIMEMultipart(), addressed(MIMEMultipart())
    inner.set_payload(["secret"])
    message.attach(inner)
    return message


@unwritable("the message holds 2 messages, and can hold one")
def two_messages_in_one():
    message = addressed(Message(), Content_Type="message/rfc822")
    message.set_payload([older("secret"), older("secret")])
    return message


@unwritable("its parts are nested too deeply")
def a_message_in_itself():
    message = addressed(MIMEMultipart(), Subject="secret")
    message.attach(message)
    return message


# --- reading -----------------------------------------------------------------------------------------------------


def said(message: Message) -> Any:
    """Return the headers, decoded, and the bodies, decoded, of a message and of its parts.

    Not whether a body is encoded, and not the boundaries.
    """
    headers = [
        (name.lower(), _meaning(name, value))
        for name, value in message.raw_items()
        if name.lower() != "content-transfer-encoding"
    ]
    content: Any = message.get_payload()
    if isinstance(content, list):
        return headers, [said(part) for part in content]
    if message.get_content_maintype() in ("multipart", "message"):
        return headers, (content or "").replace("\r\n", "\n")
    body = message.get_payload(decode=True) or b""
    if message.get_content_maintype() == "text":
        return headers, body.replace(b"\r\n", b"\n")
    return headers, body


def read(raw: bytes) -> Any:
    return said(message_from_bytes(raw))


def _meaning(name: str, value: Any) -> Any:
    text = re.sub(r"[\r\n]+", "", str(value)).strip()
    if re.search("[\udc80-\udcff]", text):
        octets = text.encode("utf-8", "surrogateescape")
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            return octets
    header = policy.SMTP.header_factory(name, text)
    if hasattr(header, "groups"):
        # Not header.addresses: it has a space between two encoded words of a name, where there is none.
        return [(str(make_header(decode_header(name))), address) for name, address in getaddresses([text])]
    if hasattr(header, "params"):
        return text.partition(";")[0], {key: one for key, one in header.params.items() if key != "boundary"}
    return str(header)
