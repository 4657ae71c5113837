"""Which forms of an address are taken, how do they go to the API, and what is refused?"""

import email.policy
import re
from email.headerregistry import Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async import Email
from smtp2go_async._values.address import format_address, format_addresses


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("jane@example.com", "jane@example.com"),
        ("Jane.Doe+shop@mail.example.com", "Jane.Doe+shop@mail.example.com"),
        ("o'brien!#$%&*/=?^_`{|}~-@example.com", "o'brien!#$%&*/=?^_`{|}~-@example.com"),
        ("jane@bücher.example", "jane@xn--bcher-kva.example"),
        ("jane@xn--bcher-kva.example", "jane@xn--bcher-kva.example"),
        ("jane@localhost", "jane@localhost"),
        ("jane@[192.0.2.1]", "jane@[192.0.2.1]"),
        ('"jane doe"@example.com', '"jane doe"@example.com'),
        ("<jane@example.com>", "jane@example.com"),
        ("jane@example.com (work)", "jane@example.com"),
        ("(work) jane@example.com", "jane@example.com"),
        (" jane@example.com ", "jane@example.com"),
        ("Jane <jane@example.com>", "Jane <jane@example.com>"),
        ("Jane<jane@example.com>", "Jane<jane@example.com>"),
        ("Jane Doe <jane@example.com>", "Jane Doe <jane@example.com>"),
        ("Jané Döe \U0001f600 <jane@example.com>", "Jané Döe \U0001f600 <jane@example.com>"),
        ("J. Doe <jane@example.com>", '"J. Doe" <jane@example.com>'),
        ('"Doe, Jane" <jane@example.com>', '"Doe, Jane" <jane@example.com>'),
        ('"Jane \\"JD\\" Doe" <jane@example.com>', '"Jane \\"JD\\" Doe" <jane@example.com>'),
        ("Jane (work) <jane@example.com>", "Jane <jane@example.com>"),
    ],
)
def test_a_text_is_taken_in_every_form_that_headers_have(given, sent):
    assert format_address(given, "to") == sent


@pytest.mark.parametrize(
    ("name", "address", "sent"),
    [
        ("Jane", "jane@example.com", "Jane <jane@example.com>"),
        ("", "jane@example.com", "jane@example.com"),
        ("Doe, Jane", "jane@example.com", '"Doe, Jane" <jane@example.com>'),
        ("J. Doe", "jane@example.com", '"J. Doe" <jane@example.com>'),
        ('Jane "JD" Doe', "jane@example.com", '"Jane \\"JD\\" Doe" <jane@example.com>'),
        ("back\\slash", "jane@example.com", '"back\\\\slash" <jane@example.com>'),
        ("Jane (work)", "jane@example.com", '"Jane (work)" <jane@example.com>'),
        ("jane@example.org", "jane@example.com", '"jane@example.org" <jane@example.com>'),
        ("a <b@example.org>", "jane@example.com", '"a <b@example.org>" <jane@example.com>'),
        ("Jané", "jane@bücher.example", "Jané <jane@xn--bcher-kva.example>"),
        ("Jane", '"jane doe"@example.com', 'Jane <"jane doe"@example.com>'),
        ("Jane", "<jane@example.com>", "Jane <jane@example.com>"),
    ],
)
def test_a_name_and_an_address_are_put_together_with_the_quotes_that_they_need(name, address, sent):
    assert format_address((name, address), "to") == sent


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (Address("Doe, Jane", "jane", "example.com"), '"Doe, Jane" <jane@example.com>'),
        (Address(addr_spec="jane@example.com"), "jane@example.com"),
        (Address("Jane", "jane doe", "example.com"), 'Jane <"jane doe"@example.com>'),
        (Address("Jane", "jane", "bücher.example"), "Jane <jane@xn--bcher-kva.example>"),
    ],
)
def test_the_standard_librarys_addresses_are_taken(given, sent):
    assert format_address(given, "to") == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "jane",
        "@",
        "@example.com",
        "jane@",
        "jane@exa mple.com",
        "jane@example.com>",
        "<jane@example.com",
        "Jane <jane@example.com",
        "Jane <>",
        "Jane <jane@example.com> x",
        "Jane jane@example.com",
        "Jane <jane>",
        "a <b <c@example.com>>",
        '"Jane <jane@example.com>',
        "Bob\\ <jane@example.com>",
        '""@example.com',
        "(only a comment)",
        "(" * 900,
        " .jane@example.com",
    ],
)
def test_garbage_is_no_address(text):
    with pytest.raises(
        ValueError, match=r"^to: must be an e-mail address with one @, not (an empty text|a text|one with nothing)"
    ):
        format_address(text, "to")


@pytest.mark.parametrize("domain", [".", "..", ".example.com", "example..com", "example.com.", "bücher.example."])
@pytest.mark.parametrize("form", ["jane@{}", "Jane <jane@{}>", '"Doe, Jane" <jane@{}>'])
def test_a_domain_with_an_empty_part_is_refused_with_the_reason(form, domain):
    with pytest.raises(
        ValueError,
        match=r"^to: must be an e-mail address or a domain, not one whose domain has two full stops in a row, or",
    ):
        format_address(form.format(domain), "to")


@pytest.mark.parametrize("local", ["jane..doe", ".jane", "jane.", ".", ".."])
@pytest.mark.parametrize("value", ["{}@example.com", "Jane <{}@example.com>", ("Jane", "{}@example.com")])
def test_full_stops_where_only_quotes_allow_them_are_refused_with_the_form_to_write(value, local):
    value = value.format(local) if isinstance(value, str) else (value[0], value[1].format(local))
    with pytest.raises(ValueError, match=r"^to: .* two full stops .* write the part before the @ in quotes") as caught:
        format_address(value, "to")
    assert str(caught.value).endswith("write the part before the @ in quotes")


@pytest.mark.parametrize("local", ["jane..doe", ".jane", "jane."])
def test_full_stops_in_quotes_stay_in_quotes(local):
    spec = f'"{local}"@example.com'
    assert format_address(spec, "to") == spec
    assert format_address(("Jane", spec), "to") == f"Jane <{spec}>"
    assert format_address(Address("Jane", local, "example.com"), "to") == f"Jane <{spec}>"


@pytest.mark.parametrize(
    "text",
    ["a@example.com, b@example.com", "a@example.com,b@example.com", "Doe, Jane <jane@example.com>, bob@example.com"],
)
def test_two_addresses_in_one_text_are_refused_with_advice(text):
    with pytest.raises(ValueError, match=r"^to: must be one address, not (2|3) in one text; give one each"):
        format_address(text, "to")


def test_an_unquoted_comma_in_a_name_is_refused():
    with pytest.raises(ValueError, match=r"^to: .*address"):
        format_address("Doe, Jane <jane@example.com>", "to")


@pytest.mark.parametrize("text", ["Team: a@example.com;", "Team:;", "undisclosed-recipients:;"])
def test_a_group_is_refused(text):
    with pytest.raises(ValueError, match=r"^to: must be an e-mail address, not a group$"):
        format_address(text, "to")


@pytest.mark.parametrize("pair", [("Jane", "Jane <jane@example.com>"), ("Jane", "Other <jane@example.com>")])
def test_a_pair_whose_address_has_a_name_too_is_refused(pair):
    with pytest.raises(ValueError, match="in the first half of the pair"):
        format_address(pair, "to")


@pytest.mark.parametrize("pair", [("Jane", ""), ("Jane", "jane"), ("Jane", "a@example.com, b@example.com"), ("", "")])
def test_a_pair_needs_one_address(pair):
    with pytest.raises(ValueError, match=r"^to: "):
        format_address(pair, "to")


@pytest.mark.parametrize(
    "value", [None, 17, b"jane@example.com", ["Jane", "jane@example.com"], ("a", "b", "c"), ("jane@example.com",), {}]
)
def test_anything_else_is_no_kind_of_address(value):
    with pytest.raises(TypeError, match=r"^to: must be a str, a \(name, address\) pair or an Address"):
        format_address(value, "to")


@pytest.mark.parametrize("pair", [(None, "jane@example.com"), ("Jane", None), (1, 2), (b"Jane", "jane@example.com")])
def test_both_parts_of_a_pair_are_text(pair):
    with pytest.raises(TypeError, match=r"^to: must be a str"):
        format_address(pair, "to")


def test_a_text_longer_than_a_header_line_is_refused_and_not_parsed():
    with pytest.raises(ValueError, match=r"^to: must have at most 998 characters, not [0-9,]+$"):
        format_address("x <" + "a@" * 500_000, "to")


# --- control characters ------------------------------------------------------------------------------------------

CONTROLS = ["\r", "\n", "\r\n", "\x00", "\t", "\x0b", "\x1f", "\x7f", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
@pytest.mark.parametrize(
    "make",
    [
        lambda control: f"Jane{control}Bcc: all@example.org <jane@example.com>",
        lambda control: f"jane@example.com{control}",
        lambda control: f"{control}jane@example.com",
        lambda control: f'"Ja{control}ne" <jane@example.com>',
        lambda control: (f"Jane{control}Bcc: all@example.org", "jane@example.com"),
        lambda control: ("Jane", f"jane@example.com{control}Bcc: all@example.org"),
        lambda control: ("Jane", f"ja{control}ne@example.com"),
    ],
    ids=["name", "end", "start", "quoted", "name of a pair", "end of a pair", "address of a pair"],
)
def test_a_control_character_anywhere_is_refused(control, make):
    with pytest.raises(
        ValueError, match=rf"^to: must not hold the control character U\+{ord(control[0]):04X}[A-Z ]* at position"
    ):
        format_address(make(control), "to")


@pytest.mark.parametrize("control", ["\x00", "\x7f", "\x85", "\u2028"], ids=ascii)
def test_a_control_character_in_an_address_object_is_refused(control):
    with pytest.raises(ValueError, match=r"^to: must not hold the control character"):
        format_address(Address(f"Jane{control}", "jane", "example.com"), "to")


@pytest.mark.parametrize("word", ["=00", "=0D=0ABcc=3A", "=0A", "=7F", "=C2=85", "=E2=80=A8"])
def test_a_control_character_does_not_come_in_as_an_encoded_word(word):
    with pytest.raises(ValueError, match=r"^to: "):
        format_address(f"J. =?utf-8?q?a{word}b?= <jane@example.com>", "to")


# --- lists -------------------------------------------------------------------------------------------------------


def test_a_single_address_needs_no_list():
    assert format_addresses("Jane <jane@example.com>", "to") == ("Jane <jane@example.com>",)
    assert format_addresses(Address("Jane", "jane", "example.com"), "to") == ("Jane <jane@example.com>",)


def test_a_list_may_mix_all_forms():
    mixed = ["a@example.com", ("B", "b@example.com"), Address("C", "c", "example.com")]
    assert format_addresses(mixed, "to") == ("a@example.com", "B <b@example.com>", "C <c@example.com>")


def test_two_addresses_in_a_tuple_are_no_pair():
    assert format_addresses(("a@example.com", "b@example.com"), "to") == ("a@example.com", "b@example.com")


def test_the_order_and_repeats_are_kept():
    assert format_addresses(("b@example.com", "a@example.com", "b@example.com"), "to") == (
        "b@example.com",
        "a@example.com",
        "b@example.com",
    )


@pytest.mark.parametrize("count", [1, 2, 100])
def test_1_to_100_addresses_are_possible(count):
    assert len(format_addresses(["jane@example.com"] * count, "to")) == count


@pytest.mark.parametrize("count", [0, 101, 1000])
def test_no_address_and_more_than_100_are_not(count):
    with pytest.raises(ValueError, match=rf"^to: must be 1 to 100 addresses, not {count:,}$"):
        format_addresses(["jane@example.com"] * count, "to")


def test_the_position_of_a_wrong_address_is_told_and_the_address_is_not():
    with pytest.raises(
        ValueError, match=r"^cc\[2\]: must be an e-mail address with one @, not a text without @$"
    ) as caught:
        format_addresses(["a@example.com", "b@example.com", "secret.person"], "cc")
    assert "secret" not in str(caught.value)


def test_a_pair_without_a_list_is_refused_with_advice():
    with pytest.raises(ValueError, match=re.escape("to: must have a (name, address) pair in a list: to=[(name")):
        format_addresses(("Jane", "jane@example.com"), "to")


@pytest.mark.parametrize(
    "value",
    [None, 17, b"jane@example.com", {"jane@example.com"}, {"jane@example.com": "Jane"}, iter(["jane@example.com"])],
)
def test_only_a_sequence_is_a_list(value):
    with pytest.raises(TypeError, match=r"^to: must be an address or a list of addresses"):
        format_addresses(value, "to")


# --- any name, any address ---------------------------------------------------------------------------------------

# Text that a header can show; "=?" would start an encoded word, which a mail program decodes.
names = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"], include_characters=" "), max_size=40
).filter(lambda name: "=?" not in name and name == " ".join(name.split()))


def parsed(text):
    header = email.policy.default.header_factory("To", text)
    assert not header.defects, text
    (address,) = header.addresses
    return address.display_name, address.addr_spec


@examples(60)
@given(name=names, address=st.emails())
@example(name='"', address="jane@example.com")
@example(name="\\", address="jane@example.com")
@example(name="Doe, Jane", address="jane@example.com")
def test_any_name_and_address_are_read_back_by_the_standard_library(name, address):
    assert parsed(format_address((name, address), "to")) == (name, address)


@examples(60)
@given(name=names, address=st.emails())
def test_a_formatted_address_stays_as_it_is(name, address):
    once = format_address((name, address), "to")
    assert format_address(once, "to") == once


pieces = st.sampled_from(
    [
        "a",
        "é",
        " ",
        "  ",
        '"',
        "\\",
        ",",
        ".",
        "@",
        "<",
        ">",
        "(",
        ")",
        ":",
        ";",
        "[",
        "]",
        "'",
        "=?utf-8?q?x?=",
        "jane@example.com",
    ]
)


parts = st.lists(pieces, max_size=5).map("".join)


@examples(120)
@given(st.builds("{}jane@example.com{}".format, parts, parts) | parts | st.text(max_size=20))
def test_any_text_is_either_an_address_or_refused(text):
    try:
        sent = format_address(text, "to")
    except ValueError:
        return
    header = email.policy.default.header_factory("To", sent)
    assert len(header.addresses) == 1
    assert header.addresses[0].username
    assert header.addresses[0].domain
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", sent)


@pytest.mark.parametrize("argument", ["cc", "bcc", "reply_to"])
@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_field_of_a_form_says_how_to_leave_the_argument_out(argument, empty):
    words = f"^{argument}: must not be empty; give None, or an empty list, where there is no address$"
    with pytest.raises(ValueError, match=words):
        Email(sender="a@example.com", to="b@example.com", subject="x", text_body="y", **{argument: empty})


@pytest.mark.parametrize(("empty", "place"), [("", "to"), ([""], r"to\[0\]"), (["a@example.com", " "], r"to\[1\]")])
def test_an_empty_address_is_told_as_empty(empty, place):
    with pytest.raises(ValueError, match=f"^{place}: must be an e-mail address with one @, not an empty text$"):
        Email(sender="a@example.com", to=empty, subject="x", text_body="y")


@pytest.mark.parametrize("text", ["a@example.com;b@example.com", "a@example.com; Jane <b@example.com>;"])
def test_several_addresses_with_semicolons_are_asked_for_as_a_list(text):
    with pytest.raises(
        ValueError,
        match="^to: must be an e-mail address with one @, not several with ';' between them; give them as a list",
    ):
        Email(sender="a@example.com", to=text, subject="x", text_body="y")
