"""Telephone numbers: one form for each, and nothing that could mean another one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async._values.number_plans import COUNTRY_CODE, DIGITS, DROPS_ZERO
from smtp2go_async._values.numbers import _MORE, MAX_DIGITS, MIN_DIGITS, normal_number

GOOD = "+12025550123"
BETWEEN = ["", " ", "-", ".", " - ", "\u00a0", "\u202f", "\u2011"]
INVISIBLE = ["\u200b", "\u200e", "\u202a", "\u202c", "\u202d", "\u2060", "\u2066", "\u2069", "\ufeff", "\u00ad"]


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("+12025550123", GOOD),
        ("12025550123", GOOD),
        ("0012025550123", GOOD),
        ("00 1 202 555 0123", GOOD),
        ("+1 (202) 555-0123", GOOD),
        ("1 (202) 555-0123", GOOD),
        ("+1(202)5550123", GOOD),
        ("(+1) (202) 555-0123", GOOD),
        ("+1.202.555\u00a00123", GOOD),
        ("+1 - 202 - 555 - 0123", GOOD),
        ("\u202d+1 202 555 0123\u202c", GOOD),
        ("+49 30\u20112345", "+49302345"),
        (" +64211234567\n", "+64211234567"),
        ("+(44) 20 7946 0958", "+442079460958"),
        ("+54 9 (11) 1234-5678", "+5491112345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("+1.202.555.0000", "+12025550000"),
        ("+39 06 1234567", "+39061234567"),
        ("+225 01 23 45 67 89", "+2250123456789"),
        ("+683 4000", "+6834000"),
        ("4915112345678", "+4915112345678"),
        ("+4512345678", "+4512345678"),
    ],
)
def test_a_number_has_a_single_form_however_it_is_written(written, normal):
    assert normal_number(written) == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+44(0)20 7946 0958", "+442079460958"),
        ("(+44) (0)20 7946 0958", "+442079460958"),
        ("0044 (0) 20 7946 0958", "+442079460958"),
        ("44 (0)20 7946 0958", "+442079460958"),
        ("+49 (0)151 12345678", "+4915112345678"),
        ("+81 (0)90-1234-5678", "+819012345678"),
        ("+353 (0)87 123 4567", "+353871234567"),
    ],
)
def test_a_zero_in_parentheses_is_left_out_where_it_is_not_dialled_from_abroad(written, normal):
    assert normal_number(written) == normal


@pytest.mark.parametrize(
    "written",
    [
        "+39 (0)6 1234567",
        "+378 (0)549 882345",
        "+225 (0)1 23 45 67 89",
        "+1 (0)202 555 0123",
        "+34 (0)612 345 678",
        "+45 (0)12 34 56 78",
        "+7 (0)912 345 67 89",
        "+36 (06) 20 123 4567",
        "+7 (095) 123 45 67",
        "+44 (020) 7946 0958",
        "+39 (06) 1234567",
        "+44 20 (0)7946 0958",
        "+4 (0)4 2079 460958",
    ],
)
def test_any_other_zero_in_parentheses_is_refused(written):
    with pytest.raises(ValueError, match="whether the 0 in parentheses belongs to it is not certain"):
        normal_number(written)


@pytest.mark.parametrize("written", ["+44 07700 900123", "+4407700900123", "00440 7700 900123", "+44 (0)07700 900123"])
def test_a_zero_that_is_dialled_within_the_country_only_is_refused_behind_its_code(written):
    with pytest.raises(ValueError, match="write it without that 0"):
        normal_number(written)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("+49 171/1234567", "+491711234567"),
        ("+49 (0) 171 / 1234567", "+491711234567"),
        ("+32 (0)470/12.34.56", "+32470123456"),
        ("+1 202/555-0123", GOOD),
        ("+38 (044) 123-45-67", "+380441234567"),
        ("+38 044 123 45 67", "+380441234567"),
        ("+52 1 55 1234 5678", "+5215512345678"),
        ("00 44 7911 123456", "+447911123456"),
        ("44 7911 123456", "+447911123456"),
        ("447911 123456", "+447911123456"),
        ("7 (495) 123-45-67", "+74951234567"),
    ],
)
def test_usual_writings_of_single_countries_are_understood(written, normal):
    assert normal_number(written) == normal


@pytest.mark.parametrize(
    "written",
    [
        "+44 20 7946 0958 12", "+44 20 7946 0958-123", "+44 20 7946 0958 - 12", "+33 1 23 45 67 89 - 10",
        "+33123456789.10", "+33 1 23 45 67 8990", "+45 12 34 56 78 90", "+852 1234 5678 9012", "+65 9123 4567 89",
        "+61 412 345 678 99", "+7 (8)495 123 45 67", "+36 06 20 123 4567", "+54 (11) 15-1234-5678", "+3312345678990",
        "33.1.23.45.67.890", "+91 98765 43210 11",
    ],
)  # fmt: skip
def test_more_digits_than_the_numbers_of_its_country_have_are_refused(written):
    with pytest.raises(ValueError, match="second number may follow"):
        normal_number(written)


@pytest.mark.parametrize(
    "written",
    ["8 (495) 123-45-67", "8 495 123-45-67", "+8 (495) 123-45-67", "4.47911123456",
     "8-612-34567", "+4 4 7911123456"],
)  # fmt: skip
def test_a_group_of_digits_that_ends_within_the_country_code_is_refused(written):
    with pytest.raises(ValueError, match="its first group of digits is a part of the country code"):
        normal_number(written)


@pytest.mark.parametrize(
    "written",
    ["612345678", "612 345 678", "7911123456", "791 112 3456", "11 91234-5678", "11912345678", "150 1234 5678",
     "301234567", "3331234567", "8 (812) 123-45-67", "532 123 45 67"],
)  # fmt: skip
def test_a_national_number_is_not_taken_for_a_number_of_another_country(written):
    with pytest.raises(ValueError, match=r"without a \+"):
        normal_number(written)


@pytest.mark.parametrize(
    "written", ["+89121234567", "8 (912) 123-45-67", "8 (843) 123-45-67", "89121234567", "+999 123 4567", "+210 123456"]
)
def test_a_country_code_that_no_country_has_is_refused(written):
    with pytest.raises(ValueError, match="no country has the code"):
        normal_number(written)


@pytest.mark.parametrize(
    "written",
    [
        "12025550123.0",
        "+12025550123.0",
        "12025550123.00",
        "447700900123.00",
        "12025550123,0",
        "+44 20 7946.0",
        "+683 40 00.00",
        "+45 12 34 56.00",
        "+6834000.000",
        "+6834000.00",
    ],
)
def test_a_trailing_point_zero_is_refused_with_that_reason(written):
    with pytest.raises(ValueError, match=r"it ends in \.0"):
        normal_number(written)


@pytest.mark.parametrize("written", ["1.2025550123E+10", "1,20256E+10", "1.2e10", "12E9", "+1.2E+10"])
def test_scientific_notation_is_refused_with_that_reason(written):
    with pytest.raises(ValueError, match="scientific notation"):
        normal_number(written)


@pytest.mark.parametrize("number", [GOOD, "+1 202 555 0123", "1-202-555-0123", "+44 7700 900123", "+4915112345678"])
@pytest.mark.parametrize(
    "more",
    ["x5", " x 5", "X5", " ext 5", " ext. 5", " Ext.5", " extension 5", "#5", " #5", ",5", ",,5", ";5", ";ext=5", "/5",
     " / 5", "/12", "*5", "&5", "|5", " (2)", "(2)", " (22)", "-5", " 5", ".5", "p5", "w5", " Durchwahl 5", " or 5",
     "\n5", "\t5", " \u0665", "\u00b2", "\u2075", ":5", "=5", "~5", "+5", " +5", "_5", "\\5", "?5", ";", ",", "/", "x",
     "-", ".", "(", ")", "()", "--12", "..12", "  12", " 2025550123"],
)  # fmt: skip
def test_nothing_that_follows_a_number_becomes_a_part_of_it(number, more):
    with pytest.raises(ValueError, match="must be a telephone number with its country code; "):
        normal_number(number + more)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("", "it is empty"),
        (" \u00a0\u200b", "it is empty"),
        ("+", "7 to 15 digits are possible"),
        ("1234", "7 to 15 digits are possible, not 4"),
        ("+123456", "7 to 15 digits are possible, not 6"),
        ("+4567890123456789", "7 to 15 digits are possible, not 16"),
        ("+1" * 500, "it has more than 60 characters"),
        ("+1202555012", "with the country code 1 a number has 11 digits, not 10"),
        ("+120255501230", "with the country code 1 a number has 11 digits, not 12"),
        ("jane", "it has letters"),
        ("nan", "it has letters"),
        ("+1-800-FLOWERS", "it has letters"),
        ("+1 202 555 O123", "it has letters"),
        ("tel:+12025550123", "it has letters"),
        ("tel:+1-202-555-0123;ext=2", "an extension"),
        ("+1202555\u0660123", "it has digits other than 0 to 9"),
        ("\u0661\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661\u0662\u0663", "it has digits other than 0 to 9"),
        ("\uff11\uff12\uff10\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13", "it has digits other than 0 to 9"),
        ("\uff0b12025550123", "it has characters other than"),
        ("'+12025550123", "it has characters other than"),
        ('="+12025550123"', "it has characters other than"),
        ("\u202e+12025550123\u202c", "the direction of writing"),
        ("\u200f+972501234567", "the direction of writing"),
        ("+12025550123 +12025550124", r"more than one \+"),
        ("++12025550123", r"more than one \+"),
        ("12025550123+", r"its \+ is not at its head"),
        ("+1202555\n0123", "more than one line or column"),
        ("+12025550123\t12025550124", "more than one line or column"),
        ("12025550123 12025550124", "second number"),
        ("5550123 5550124", "second number"),
        ("447700900123.50", "second number"),
        ("0612345678", "its country code is missing"),
        ("07700 900123", "its country code is missing"),
        ("(202) 555-0123", "its country code is missing"),
        ("(0)20 7946 0958", "its country code is missing"),
        ("0112025550123", "its country code is missing"),
        ("011 44 20 7946 0958", "its country code is missing"),
        ("2025550123", "its country code may be missing"),
        ("202-555-0123", "its country code may be missing"),
        ("555-0123", "its country code may be missing"),
        ("+02025550123", "no country code begins with 0"),
        ("+0044 20 7946 0958", "no country code begins with 0"),
        ("00044 20 7946 0958", "no country code begins with 0"),
        ("(+442) 079 460958", "are no country code"),
        ("(+120) 255 50123", "are no country code"),
        ("+1 (202 555-0123", "its parentheses do not match"),
        ("+1 202) 555-0123", "its parentheses do not match"),
        ("+1 ((202)) 555-0123", "its parentheses do not match"),
        ("+1 (202) (555) 0123", "its parentheses do not match"),
        ("+44 2079 (460) 958", "parentheses can be around its area code only"),
        ("+1 ()202 555 0123", "can stand alone"),
        ("-12025550123", "can stand alone"),
        (".12025550123", "can stand alone"),
        ("+1--202-555-0123", "can stand alone"),
        ("+1  202 555 0123", "can stand alone"),
        ("+1 .202 555 0123", "can stand alone"),
        ("+-12025550123", "can stand alone"),
    ],
)  # fmt: skip
def test_an_ambiguous_or_impossible_number_is_refused_with_the_reason(wrong, why):
    with pytest.raises(
        ValueError, match=f"^number: must be a telephone number with its country code; .*{why}"
    ) as caught:
        normal_number(wrong)
    assert len(wrong) < 5 or wrong not in str(caught.value)


@pytest.mark.parametrize("wrong", [12025550123, 12025550123.0, None, b"+12025550123", True, ["+12025550123"]])
def test_a_number_is_text(wrong):
    with pytest.raises(TypeError, match=r"^number: must be a str, not (an? \w+|None)$"):
        normal_number(wrong)


def test_a_number_of_a_kind_of_its_own_becomes_plain_text():
    class Number(str):
        __slots__ = ()

    assert type(normal_number(Number(GOOD))) is str


@st.composite
def international(draw):
    """Draw a number in its one form, by the groups in which it may be written."""
    code = draw(st.sampled_from(sorted(DIGITS)))
    fewest, most = DIGITS[code]
    digits = draw(
        st.text("0123456789", min_size=max(fewest, MIN_DIGITS - len(code)), max_size=min(most, MAX_DIGITS - len(code)))
    )
    if code in DROPS_ZERO and digits.startswith("0"):
        digits = f"1{digits[1:]}"
    return code, digits


@given(
    international(), st.sampled_from(["+", "00", "+ "]), st.lists(st.sampled_from(BETWEEN), min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(INVISIBLE)), max_size=3),
)  # fmt: skip
def test_every_writing_of_a_number_has_the_same_form(number, lead, between, invisible):
    code, digits = number
    cut = max(1, min(4, len(digits) - 2))
    written = f"{lead}{code}{between[0]}{digits[:cut]}{between[1]}{digits[cut:]}"
    for place, character in invisible:
        written = written[:place] + character + written[place:]
    normal = f"+{code}{digits}"
    # Longer groups than anybody writes are read as a number with something behind it, and a last .00 as decimals.
    if not _MORE.search("".join(one for one in written if one not in INVISIBLE)):
        assert normal_number(written) == normal
    assert normal_number(normal) == normal


@given(st.text(st.sampled_from("0123456789+-. ()/x#,;e'\u00a0\u200b\u0661"), max_size=24))
def test_a_text_is_refused_or_has_just_its_own_digits_in_their_order(text):
    try:
        found = normal_number(text)
    except ValueError:
        return
    digits = re.sub("[^0-9]", "", re.sub(r"\(0\)", "", text))
    assert found[1:] in (digits, digits.removeprefix("00"))
    assert normal_number(found) == found
    assert not re.search(r"[x#,;e'\u0661]", text)


def test_every_country_code_that_drops_the_zero_is_one():
    assert all(COUNTRY_CODE.fullmatch(code) for code in DIGITS)
    assert set(DIGITS) > DROPS_ZERO
    assert DROPS_ZERO.isdisjoint(
        {"1", "7", "30", "34", "36", "39", "45", "47", "48", "225", "241", "242", "352", "378"}
    )
