"""How a ready message is written: does it read back as what it says?"""

import re
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from _mime.odd_messages import DKIM, EIGHT_BITS, ODD, SIGNED_PARTS, UNWRITABLE, URL, modern, older, read, said
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async._mime.headers import UnwritableError
from smtp2go_async._mime.writing import message_bytes


def line_of(raw: bytes, name: str) -> bytes:
    """Return the one header of this name, with the line ends in it."""
    (found,) = re.findall(rb"(?:\A|\r\n)" + name.encode() + rb":[ \r\n]*((?:[^\r\n]|\r\n[ \t])*)", raw)
    return found


# In these the ends of lines can't be kept: what is signed or encrypted is not encoded once more. They are looked at below.
UNLIKE = ("signed_with_lf", "an_encrypted_message")


@pytest.mark.parametrize("name", [name for name in ODD if not name.startswith(UNLIKE)])
def test_an_odd_message_reads_back_with_the_same_meaning(name):
    assert read(message_bytes(ODD[name]())) == said(ODD[name]())


@pytest.mark.parametrize("name", ODD)
def test_each_line_ends_as_the_protocol_of_mail_says(name):
    raw = message_bytes(ODD[name]())
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


@pytest.mark.parametrize("name", [name for name in ODD if not name.startswith(("signed", "dkim"))])
def test_no_line_is_longer_than_mail_can_have(name):
    assert max(map(len, message_bytes(ODD[name]()).split(b"\r\n"))) <= 998


@pytest.mark.parametrize("name", ODD)
def test_a_message_is_not_changed_but_that_a_multipart_gets_a_boundary(name):
    message = ODD[name]()
    before = state_of(message)
    message_bytes(message)
    after = state_of(message)
    assert [(headers, rules) for headers, rules, _ in after] == [(headers, rules) for headers, rules, _ in before]
    assert all(new == old or old is None for (*_, new), (*_, old) in zip(after, before, strict=True))


def state_of(message: Message) -> list[object]:
    return [
        (
            [(name, str(one).partition("; boundary=")[0]) for name, one in part.raw_items()],
            part.policy,
            part.get_boundary(),
        )
        for part in message.walk()
    ]


@pytest.mark.parametrize("make", [older, modern, ODD["parts_of_all_kinds"], ODD["an_older_multipart_with_files"]])
def test_an_ordinary_message_is_written_as_it_writes_itself(make):
    message = make()
    raw = message_bytes(message)
    assert raw == message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


@pytest.mark.parametrize("name", [name for name in ODD if name.startswith("signed")])
def test_signed_parts_go_out_byte_by_byte(name):
    raw = message_bytes(ODD[name]())
    assert raw[raw.index(b"--b1") :] == SIGNED_PARTS


@pytest.mark.parametrize("name", [name for name in ODD if name.startswith("dkim")])
def test_a_message_with_a_signature_in_its_headers_goes_out_byte_by_byte(name):
    assert message_bytes(ODD[name]()) == DKIM


def test_parts_that_are_signed_here_go_out_as_their_own_bytes():
    part = MIMEText("From me\nGrüße\n", _charset="utf-8")
    message = MIMEMultipart("signed", protocol="application/pkcs7-signature")
    message["To"] = "jane@example.com"
    message.attach(part)
    message.attach(MIMEText("signature"))
    assert part.as_bytes(policy=policy.compat32.clone(linesep="\r\n")) in message_bytes(message)


@pytest.mark.parametrize("body", [b"U3ViamVjdDogeA0KDQpoaQ0K\r\n", b"U3Vi" * 400])
def test_a_message_in_base64_inside_goes_out_byte_by_byte(body):
    raw = b"To: b@example.com\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
    assert message_bytes(message_from_bytes(raw)) == raw


def test_an_encrypted_message_is_not_encoded_once_more():
    raw = message_bytes(ODD["an_encrypted_message"]())
    assert b"\r\n\r\nVersion: 1\r\n\r\n--" in raw
    assert b"\r\n\r\n-----BEGIN PGP\r\nabc\r\n\r\n--" in raw


@pytest.mark.parametrize("name", UNWRITABLE)
def test_an_unwritable_message_is_refused_with_a_reason_and_without_content(name):
    make, reason = UNWRITABLE[name]
    with pytest.raises(UnwritableError) as caught:
        message_bytes(make())
    assert str(caught.value) == reason
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_an_error_of_the_standard_library_is_not_shown():
    class Broken(EmailMessage):
        def raw_items(self):
            raise KeyError("secret")

    with pytest.raises(UnwritableError, match=r"^it can't be written by the standard library \(KeyError\)$") as caught:
        message_bytes(Broken())
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


# --- headers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [modern, older])
@pytest.mark.parametrize("name", ["List-Unsubscribe", "References", "X-Any"])
def test_a_long_value_without_spaces_is_never_an_encoded_word(make, name):
    message = make()
    message[name] = URL
    assert line_of(message_bytes(message), name) == URL.encode()


@pytest.mark.parametrize("length", [0, None, 78, 998])
def test_the_length_of_lines_is_that_of_the_policy_of_the_message(length):
    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=length))
    message["X-Words"] = "word " * 100
    lines = line_of(message_bytes(message), "X-Words").split(b"\r\n")
    assert (len(lines) == 1) == (length != 78)


def test_a_value_is_not_cut_where_it_has_no_space():
    message = older(X_List=",".join(["abcdefghij"] * 30))
    assert line_of(message_bytes(message), "X-List") == b",".join([b"abcdefghij"] * 30)


def test_the_value_of_a_header_starts_in_the_line_of_its_name():
    for rules in (policy.SMTP.clone(max_line_length=10), policy.SMTP):
        message = modern(rules=rules, Message_ID=f"<{'x' * 100}@example.com>")
        assert re.findall(rb"\r\n[^ \r\n:]+: *\r\n", message_bytes(message)) == []


def test_octets_of_an_unknown_encoding_go_out_as_they_came():
    raw = message_bytes(message_from_bytes(EIGHT_BITS))
    assert raw == EIGHT_BITS.replace(b"\n", b"\r\n")


def test_an_address_is_kept_where_7_bits_are_asked_for():
    message = message_from_bytes(EIGHT_BITS, policy=policy.compat32.clone(cte_type="7bit"))
    assert b"<jose@example.com>" in line_of(message_bytes(message), "From")


def test_only_the_name_of_an_address_is_encoded():
    raw = message_bytes(ODD["addresses_with_names_that_are_not_ascii"]())
    assert line_of(raw, "From").endswith(b" <joerg@example.com>")
    assert line_of(raw, "To").endswith(b"Ann <ann@example.com>")


def test_an_address_that_is_not_ascii_goes_out_in_utf_8():
    names = [name for name in ODD if re.search("address.*(not_ascii|utf_8)", name) and "names" not in name]
    assert len(names) == 4
    for name in names:
        assert "jörg@exämple.com".encode() in line_of(message_bytes(ODD[name]()), "To")


def test_a_line_that_starts_with_from_is_left_alone():
    raw = message_bytes(ODD["lines_that_begin_with_from"]())
    assert b"\r\nFrom me\r\nFrom you\r\n>From them\r\n" in raw


# --- classes with a way of their own -----------------------------------------------------------------------------


def test_a_message_that_writes_itself_is_asked_to():
    class Own(MIMEText):
        def as_bytes(self):
            return b"To: jane@example.com\n\nmine\n"

    assert message_bytes(Own("x")) == b"To: jane@example.com\r\n\r\nmine\r\n"


def test_a_message_that_writes_itself_as_something_else_is_refused():
    class Own(MIMEText):
        def as_bytes(self):
            return "text"

    with pytest.raises(UnwritableError, match=r"^its own as_bytes\(\) returns str, not bytes$"):
        message_bytes(Own("x"))


def test_one_message_can_be_written_in_several_threads_at_once():
    message = ODD["an_older_multipart_with_files"]()
    written = []
    threads = [threading.Thread(target=lambda: written.append(message_bytes(message))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written) == 8
    assert all(read(raw) == said(message) for raw in written)


# --- anything ----------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(' \t,;:<>@"()\\=?_-.é🎉'), max_size=200)
RULES = st.sampled_from(
    [
        policy.compat32,
        policy.compat32.clone(max_line_length=0),
        policy.default,
        policy.SMTP,
        policy.SMTPUTF8,
        policy.SMTP.clone(max_line_length=0),
        policy.SMTP.clone(max_line_length=30),
        policy.SMTP.clone(cte_type="7bit"),
    ]
)


@examples(100)
@given(RULES, st.sampled_from(["Subject", "X-Any", "List-Unsubscribe", "Comments"]), TEXT)
def test_any_text_in_a_header_reads_back(rules, name, text):
    message = Message(policy=rules) if type(rules) is type(policy.compat32) else EmailMessage(policy=rules)
    try:
        message[name] = text
    except ValueError:
        return  # the policy itself refuses it
    message.set_payload("x")
    (header,), body = read(message_bytes(message))
    (wanted,), _ = said(message)
    assert (header[0], " ".join(header[1].split()), body) == (wanted[0], " ".join(wanted[1].split()), b"x")


NAMES = st.text(st.characters(categories=("L", "N", "So")) | st.sampled_from(' ,;:<>@"()\\.'), max_size=60)


@examples(60)
@given(RULES, st.lists(NAMES.map(str.strip), min_size=1, max_size=5))
def test_any_names_of_addresses_read_back(rules, names):
    quoted = [name.replace("\\", r"\\").replace('"', r"\"") for name in names]
    addresses = [f'"{name}" <u{number}@example.com>' for number, name in enumerate(quoted)]
    message = Message(policy=rules) if type(rules) is type(policy.compat32) else EmailMessage(policy=rules)
    message["To"] = ", ".join(addresses)
    message.set_payload("x")
    raw = message_bytes(message)
    assert read(raw) == said(message)
    assert len(re.findall(rb"u\d@example\.com", raw)) == len(names)


PIECES = st.sampled_from([b"From x", b"\r", b"\n", b"\r\n", b"--b", b"--b--", b"a" * 1000, b"\xff", b"\x00", b"="])
TYPES = ["text/plain", "text/html; charset=utf-8", "application/json", "image/png", "multipart/mixed; boundary=b"]


@examples(100)
@given(
    RULES,
    st.binary(max_size=300) | st.lists(PIECES).map(b"".join),
    st.sampled_from(TYPES),
    st.sampled_from(["7bit", "8bit", "binary", "base64", "quoted-printable"]),
)
def test_any_body_reads_back(rules, body, kind, encoding):
    head = f"To: b@example.com\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    message = message_from_bytes(head.encode() + body, policy=rules)
    raw = message_bytes(message)
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    if not any(part.defects for part in message.walk()):
        assert read(raw) == said(message)
