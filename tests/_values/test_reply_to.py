"""Reply-To goes out as a header: do the readers of e-mails find the same names and addresses in it?

Two readers of the standard library are asked. `email.policy.default` shows a space between encoded words that stand side
by side (python/cpython#128110), so of names too long for one word it is asked only where ASCII stands between.
"""

import email
import email.policy
import re
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async import Email
from smtp2go_async._values.encoded_words import encode_name

WORD = re.compile(r"=\?utf-8\?[bq]\?[!->@-~]*\?=")


def header_of(reply_to=None, name="Reply-To", **parts):
    made = Email(
        sender="shop@example.com", to="jane@example.com", subject="Hello", text_body="Hi", reply_to=reply_to, **parts
    )
    (header,) = [one for one in made.to_fields()["custom_headers"] if one["header"] == name]
    return header["value"]


def read_by_compat32(value):
    message = email.message_from_bytes(f"Reply-To: {value}\r\n\r\n".encode("ascii"))
    return [(str(make_header(decode_header(name))), spec) for name, spec in getaddresses([message["Reply-To"]])]


def read_by_default(value):
    message = email.message_from_bytes(f"Reply-To: {value}\r\n\r\n".encode("ascii"), policy=email.policy.default)
    return [(one.display_name, one.addr_spec) for one in message["Reply-To"].addresses]


@pytest.mark.parametrize(
    "name",
    [
        "Müller, Jörg",
        "Jörg",
        "Jörg Müller",
        'Jörg "JM" Müller',
        "J. Müller (Köln)",
        "Müller <jm@example.org>",
        "back\\slash é",
        "日本 太郎",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467, family",
        "é",
        ",é",
        "é;",
        "=?utf-8?q?x?=",
        "é =?utf-8?q?x?= é",
        "a =?b",
        "Doe, Jane",
        "Jane",
        'Jane "JD" Doe',
        "_é_ =é?",
        "Gesellschaft für Völkerrecht, Abteilung Süd und noch vieles mehr von Jörg Müller am Rhein",
    ],
)
def test_a_name_comes_out_as_it_was_given(name):
    pairs = [(name, "jane@example.com"), ("Other, Öne", "other@example.com"), ("", "bare@example.com")]
    value = header_of([one if one[0] else one[1] for one in pairs])
    assert value.isascii()
    assert read_by_compat32(value) == pairs
    assert read_by_default(value) == pairs


def test_a_name_with_a_comma_stays_one_address():
    assert header_of([("Müller, Jörg", "jm@example.com")]) == "=?utf-8?b?TcO8bGxlciwgSsO2cmc=?= <jm@example.com>"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("help@example.com", "help@example.com"),
        ("Help <help@example.com>", "Help <help@example.com>"),
        ([("Doe, Jane", "jane@example.com")], '"Doe, Jane" <jane@example.com>'),
        ("help@bücher.example", "help@xn--bcher-kva.example"),
        ("=?utf-8?q?J=C3=B6rg=2C?= <jm@example.com>", "=?utf-8?q?J=C3=B6rg=2C?= <jm@example.com>"),
        ('Jörg <"jane doe"@example.com>', '=?utf-8?b?SsO2cmc=?= <"jane doe"@example.com>'),
        ('"jane <doe"@example.com', '"jane <doe"@example.com'),
    ],
)
def test_an_ascii_name_stays_as_it_is(given, sent):
    assert header_of(given) == sent


def test_a_copy_of_an_email_keeps_its_names():
    import attrs

    made = Email(
        sender="shop@example.com",
        to="jane@example.com",
        subject="Hello",
        text_body="Hi",
        reply_to=[("=?utf-8?q?x?=", "a@example.com"), ("Müller, Jörg", "b@example.com"), ("  x  y", "c@example.com")],
    )
    assert attrs.evolve(made, subject="Bye").reply_to == made.reply_to


# Without lone surrogates and control characters, which are refused.
names = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=200)


@examples(150)
@given(st.lists(st.tuples(names, st.emails()), min_size=1, max_size=4))
@example([(" ", "a@example.com")])
@example([("a  é", "a@example.com")])
@example([("x" * 200 + "é", "a@example.com")])
@example([("é" * 200, "a@example.com"), ("=?" * 90, "b@example.com")])
def test_any_names_come_out_as_they_were_given(pairs):
    assert read_by_compat32(header_of(pairs)) == pairs


short = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=11).filter(
    lambda name: name == name.strip(" ") and "  " not in name
)


@examples(150)
@given(st.lists(st.tuples(short, st.emails()), min_size=1, max_size=4))
def test_names_of_one_word_come_out_of_the_newer_reader_too(pairs):
    assert read_by_default(header_of(pairs)) == pairs


@examples(100)
@given(names)
def test_encoded_words_are_short_and_whole(name):
    encoded = encode_name(name)
    for one in encoded.split(" "):
        if "=?" in one or not re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", one):
            assert WORD.fullmatch(one)
        assert len(one) <= 75
        # Each word decodes by itself, so no character is divided.
        str(make_header(decode_header(one)))
    assert str(make_header(decode_header(encoded))) == name


# --- headers of the caller's own ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Reply-To", "reply-to", "Sender", "Disposition-Notification-To", "Resent-From"])
def test_addresses_in_custom_headers_are_written_in_ascii_too(name):
    value = header_of(None, name, custom_headers={name: '"Müller, Jörg" <jm@bücher.example>, Jané <j@example.com>'})
    assert value.isascii()
    assert read_by_compat32(value) == [("Müller, Jörg", "jm@xn--bcher-kva.example"), ("Jané", "j@example.com")]
    assert read_by_default(value) == read_by_compat32(value)


@pytest.mark.parametrize("value", ["jane@example.com", '"Doe, Jane" <jane@example.com>', "Team: a@example.com;", "x"])
def test_a_custom_header_in_ascii_goes_out_as_it_is(value):
    assert header_of(None, "Reply-To", custom_headers={"Reply-To": value}) == value


@pytest.mark.parametrize(
    "value", ["Müller", "Müller, Jörg <jm@example.com>", "Jörg <jm@exa\u200bmple.com>", "Tëam: a@b.de;"]
)
def test_a_custom_header_that_should_hold_addresses_and_does_not_is_refused(value):
    with pytest.raises(ValueError, match=r"^custom_headers\[0\] value: ") as caught:
        header_of(None, "Reply-To", custom_headers={"Reply-To": value})
    assert "ller" not in str(caught.value)


def test_a_custom_header_of_another_kind_is_text():
    assert header_of(None, "X-Name", custom_headers={"X-Name": "Müller, Jörg"}) == "Müller, Jörg"
