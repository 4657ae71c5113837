"""Every reader finds the same names and addresses in the headers of a message."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest

ENCODED = re.compile(r"=\?utf-8\?[bq]\?[^? ]*\?=")


def read(raw, header):
    """Return the addresses that both readers of the standard library find, which have to be the same."""
    old, new = message_from_bytes(raw), message_from_bytes(raw, policy=policy.default)
    pairs = [(str(make_header(decode_header(name))), spec) for name, spec in getaddresses(old.get_all(header))]
    if hasattr(new[header], "addresses"):  # it knows this header
        assert [(address.display_name, address.addr_spec) for address in new[header].addresses] == pairs
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert max(map(len, ENCODED.findall(raw.decode()))) <= 75 if b"=?" in raw else True
    return pairs


NAMES = [
    "Müller, Jörg",
    "Jané",
    "Doe, Jane",
    'Jane "JD" Doe',
    "J. Doe",
    "back\\slash",
    "=?utf-8?q?x?=",
    "日本, 太郎",
    "",
]
PAIRS = [(name, f"r{number}@example.com") for number, name in enumerate(NAMES)]


def written(pairs):
    """Write addresses as a client sends them."""

    def quoted(name):
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '" '

    return [f"{quoted(name)}<{spec}>" if name else spec for name, spec in pairs]


@pytest.mark.parametrize("count", [1, 9, 90], ids="{} addresses".format)
@pytest.mark.parametrize("field", ["to", "cc"])
def test_recipients_arrive_with_their_names(account, email, field, count):
    pairs = [PAIRS[number % len(PAIRS)] for number in range(count)]
    account.call("/email/send", email(**{field: written(pairs)}))
    assert read(account.sent[0].raw, field) == pairs


@pytest.mark.parametrize("pair", PAIRS, ids=ascii)
def test_a_sender_arrives_with_its_name(account, email, pair):
    account.call("/email/send", email(sender=written([pair])[0]))
    assert read(account.sent[0].raw, "from") == [pair]


@pytest.mark.parametrize("count", [1, 9, 90], ids="{} addresses".format)
@pytest.mark.parametrize("name", ["Reply-To", "reply-to", "Sender", "Disposition-Notification-To"])
def test_a_custom_header_with_addresses_arrives_with_their_names(account, email, name, count):
    pairs = [PAIRS[number % len(PAIRS)] for number in range(count)]
    header = {"header": name, "value": ", ".join(written(pairs))}
    account.call("/email/send", email(custom_headers=[header]))
    assert read(account.sent[0].raw, name) == pairs


def test_encoded_words_in_such_a_header_are_not_encoded_again(account, email):
    mailbox = "=?utf-8?q?M=C3=BCller=2C_J=C3=B6rg?= <jm@example.com>"
    for count in (1, 60):
        account.call(
            "/email/send", email(custom_headers=[{"header": "Reply-To", "value": ", ".join([mailbox] * count)}])
        )
        assert read(account.sent[-1].raw, "Reply-To") == [("Müller, Jörg", "jm@example.com")] * count


def test_a_long_name_is_folded(account, email):
    pairs = [("Müller, Jörg, " * 100 + "x", "jm@example.com"), ("Doe, Jane, " * 100 + "x", "jd@example.com")]
    account.call("/email/send", email(to=written(pairs)))
    message = message_from_bytes(account.sent[0].raw)
    found = [(str(make_header(decode_header(name))), spec) for name, spec in getaddresses([message["To"]])]
    assert found == pairs
    assert max(len(line) for line in account.sent[0].raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize("value", ["Grüße", "Müller, Jörg", "Jörg <not an address>"])
def test_such_a_header_without_addresses_arrives_as_text(account, email, value):
    account.call("/email/send", email(custom_headers=[{"header": "Reply-To", "value": value}]))
    message = message_from_bytes(account.sent[0].raw)
    assert str(make_header(decode_header(message["Reply-To"]))) == value
