"""In which form does the domain of an address go out, and which characters can't be in an address?"""

import re
import sys
import unicodedata
from email.headerregistry import Address
from importlib import metadata

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import Email
from smtp2go_async._values.address import format_address, format_addresses
from smtp2go_async._values.domains import check_domain

# Unicode's own property Default_Ignorable_Code_Point, written down apart from the library.
IGNORABLE = [
    *[0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010)],
    *[*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0],
    *[*range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B)],
    *[0xE0000, 0xE0001, 0xE0020, 0xE0041, 0xE007F, 0xE0080, 0xE0100, 0xE01EF, 0xE0FFF],
]
FORMATS = [number for number in range(0x80, sys.maxunicode + 1) if unicodedata.category(chr(number)) == "Cf"]
SPACES = [number for number in range(0x80, sys.maxunicode + 1) if unicodedata.category(chr(number)) == "Zs"]
INVISIBLE = sorted({*IGNORABLE, *FORMATS, *SPACES})

PLACES = {
    "in the domain": "jane@exa{}mple.com",
    "in the last part": "jane@example.c{}om",
    "at the end": "jane@example.com{}",
    "after the @": "jane@{}example.com",
    "before the @": "jane{}@example.com",
    "in the local part": "ja{}ne@example.com",
    "at the begin": "{}jane@example.com",
    "in quotes": '"ja{}ne doe"@example.com',
    "of an IDN domain": "jane@b{}ücher.example",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", INVISIBLE, ids="U+{:04X}".format)
def test_a_character_that_does_not_show_is_refused_by_its_name(number, place):
    text = PLACES[place].format(chr(number))
    name = unicodedata.name(chr(number), "")
    told = re.escape(
        f"must not hold U+{number:04X} {name}".rstrip() + f" at position {text.index(chr(number))}, which does not"
    )
    with pytest.raises(ValueError, match=rf"^to: {told}"):
        format_address(text, "to")


@pytest.mark.parametrize("number", INVISIBLE, ids="U+{:04X}".format)
def test_a_character_that_does_not_show_is_refused_in_each_form_of_an_address(number):
    one = chr(number)
    for value in (
        f"Jane <jane@exam{one}ple.com>",
        f'"Doe, Jane" <ja{one}ne@example.com>',
        ("Jane", f"jane@example.com{one}"),
        Address("Jane", "jane", f"exam{one}ple.com"),
        Address("Jane", f"ja{one}ne", "example.com"),
    ):
        with pytest.raises(ValueError, match=rf"^to: must not hold U\+{number:04X} .*position \d+"):
            format_address(value, "to")


@pytest.mark.parametrize("argument", ["sender", "to", "cc", "bcc", "reply_to"])
def test_every_argument_with_addresses_refuses_them(argument):
    usual = {"sender": "shop@example.com", "to": "jane@example.com", "subject": "Hello", "text_body": "Hi"}
    with pytest.raises(
        ValueError, match=rf"^{argument}: must not hold U\+200B ZERO WIDTH SPACE at position 8, which does not show"
    ):
        Email(**{**usual, argument: "jane@exa\u200bmple.com"})


def test_the_place_in_a_list_is_told():
    with pytest.raises(ValueError, match=r"^to\[1\]: must not hold U\+FEFF ZERO WIDTH NO-BREAK SPACE at position 0"):
        format_addresses(["a@example.com", "\ufeffb@example.com"], "to")


@pytest.mark.parametrize(
    "name",
    ["\U0001f468\u200d\U0001f469\u200d\U0001f467", "نامه\u200cای", "Jane\u00a0Doe", "❤\ufe0f", "\u200fשלום"],
    ids=ascii,
)
def test_names_may_hold_the_characters_that_emoji_and_scripts_need(name):
    assert format_address((name, "jane@example.com"), "to") == f"{name} <jane@example.com>"
    assert format_address(f"{name} <jane@example.com>", "to") == f"{name} <jane@example.com>"


# --- look-alikes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "name"),
    [
        ("\uff0e", "FULLWIDTH FULL STOP"),
        ("\u3002", "IDEOGRAPHIC FULL STOP"),
        ("\uff61", "HALFWIDTH IDEOGRAPHIC FULL STOP"),
        ("\u2024", "ONE DOT LEADER"),
        ("\ufe52", "SMALL FULL STOP"),
        ("\uff45", "FULLWIDTH LATIN SMALL LETTER E"),
        ("\u212a", "KELVIN SIGN"),
        ("\u017f", "LATIN SMALL LETTER LONG S"),
        ("\U0001d41e", "MATHEMATICAL BOLD SMALL E"),
        ("\u24d4", "CIRCLED LATIN SMALL LETTER E"),
        ("\ufb01", "LATIN SMALL LIGATURE FI"),
        ("\u2100", "ACCOUNT OF"),
        ("\uff0f", "FULLWIDTH SOLIDUS"),
    ],
)
@pytest.mark.parametrize("text", ["jane@exampl{}.com", "Jane <jane@exampl{}.com>", "jane@example{}bücher.de"])
def test_a_character_that_looks_like_another_is_refused_by_its_name(text, one, name):
    told = re.escape(f"must not hold U+{ord(one):04X} {name} at position {text.index('{')}, which looks like another")
    with pytest.raises(ValueError, match=rf"^to: {told}"):
        format_address(text.format(one), "to")


@pytest.mark.parametrize("one", ["\uff20", "\ufe6b"])
def test_a_character_that_looks_like_an_at_sign_is_refused_by_its_name(one):
    with pytest.raises(
        ValueError, match=rf"^to: must not hold U\+{ord(one):04X} .* COMMERCIAL AT at position 4, which looks"
    ):
        format_address(f"jane{one}example.com", "to")


@pytest.mark.parametrize(
    "text", ["jan\u00e9@example.com", "Jan\u00e9 <jan\u00e9@example.com>", '"jan\u00e9"@example.com']
)
def test_only_ascii_is_possible_before_the_at_sign(text):
    with pytest.raises(
        ValueError,
        match=r"^to: must be ASCII before the @, not hold U\+00E9 LATIN SMALL LETTER E WITH ACUTE at position 3",
    ):
        format_address(text, "to")


# --- domains in other scripts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "sent"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.Example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("ΒΌΛΟΣ.example", "xn--nxasmq6b.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"),
        ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
        ("mail.bücher.example", "mail.xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_goes_out_in_ascii(domain, sent):
    assert format_address(f"jane@{domain}", "to") == f"jane@{sent}"
    assert format_address(f"Jane <jane@{domain}>", "to") == f"Jane <jane@{sent}>"
    assert format_address(("Doe, Jane", f"jane@{domain}"), "to") == f'"Doe, Jane" <jane@{sent}>'
    assert format_address(f'"jane doe"@{domain} (work)', "to") == f'"jane doe"@{sent}'


def test_an_address_has_a_single_form_for_lists_and_journals():
    forms = ["jane@bücher.example", "jane@BÜCHER.example", "jane@bu\u0308cher.example", "jane@xn--bcher-kva.example"]
    assert len(set(format_addresses(forms, "to"))) == 1


@pytest.mark.parametrize("one", ["\u2615", "\u2764", "\u2800", "\u00b7", "\u00d7"])
def test_a_character_that_idna_forbids_in_a_domain_is_refused_by_its_name(one):
    with pytest.raises(
        ValueError, match=rf"^to: must not hold {re.escape(f'U+{ord(one):04X}')} .* at position 5, which IDNA 2008"
    ):
        format_address(f"jane@{one}x.example", "to")


@pytest.mark.parametrize(
    "domain", ["\u0301x.example", "ab--ü.example", "א1a.example", "ü" * 60 + ".example", "xn--zz.ü.de"]
)
def test_a_domain_that_idna_refuses_as_a_whole_is_not_quoted(domain):
    with pytest.raises(ValueError, match=r"^to: must have a domain that IDNA") as caught:
        format_address(f"jane@{domain}", "to")
    assert domain.split(".")[0] not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_idna_comes_with_httpx_and_with_anyio():
    for package in ("httpx", "anyio"):
        assert any(re.match(r"idna\b", one) for one in metadata.requires(package))


@given(st.text(st.characters(min_codepoint=0x80), min_size=1, max_size=12))
def test_any_domain_goes_out_as_idna_says_or_is_refused_without_being_shown(label):
    try:
        sent = check_domain(f"{label}.example", "to")
    except ValueError as error:
        shown = str(error)
    else:
        shown = ""
    assert not shown or len(label) < 3 or label not in shown
    if shown:
        return
    assert sent.isascii()
    assert idna.encode(sent).decode() == sent
    assert check_domain(sent, "to") == sent


# --- domains in ASCII --------------------------------------------------------------------------------------------

LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])


@pytest.mark.parametrize(
    "domain",
    ["a.b", "localhost", "1.example", "3com.example", "a-b.example", "a--b.example", "my_host.example", "_a.example"]
    + ["EXAMPLE.COM", "a" * 63 + ".example", LONGEST],
)
def test_a_domain_in_ascii_goes_out_as_it_is(domain):
    assert format_address(f"jane@{domain}", "to") == f"jane@{domain}"
    assert format_address(f"Jane <jane@{domain}>", "to") == f"Jane <jane@{domain}>"


@pytest.mark.parametrize(
    ("domain", "problem"),
    [
        ("a" * 64 + ".example", "has 64 characters, more than 63, between two full stops"),
        (LONGEST + "d", "has 254 characters, more than 253"),
        ("-a.example", "has a hyphen at the edge of a part"),
        ("a-.example", "has a hyphen at the edge of a part"),
        ("a.-", "has a hyphen at the edge of a part"),
    ],
)
@pytest.mark.parametrize("form", ["jane@{}", "Jane <jane@{}>", '"Doe, Jane" <jane@{}>'])
def test_an_impossible_domain_is_refused_with_the_reason(form, domain, problem):
    with pytest.raises(
        ValueError, match=f"^to: must be an e-mail address or a domain, not one whose domain {problem}$"
    ):
        format_address(form.format(domain), "to")


@pytest.mark.parametrize("one", "!#$%&'*+/=?^`{|}~")
def test_a_character_that_no_domain_has_is_refused_by_its_name(one):
    name = re.escape(f"U+{ord(one):04X} {unicodedata.name(one)}")
    with pytest.raises(
        ValueError, match=rf"^to: must have letters, digits and hyphens in its domain, not {name} at position 12"
    ):
        format_address(f"jane@example{one}.com", "to")
