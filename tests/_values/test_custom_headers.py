"""Which custom headers may an e-mail have?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async._values.address import check_headers

CONTROLS = ["\r", "\n", "\r\n", "\x00", "\t", "\x0b", "\x1f", "\x7f", "\x85", "\u2028", "\u2029"]


def test_a_mapping_and_pairs_are_taken_in_their_order():
    expected = (("X-B", "1"), ("X-A", "2"))
    assert check_headers({"X-B": "1", "X-A": "2"}, "custom_headers") == expected
    assert check_headers([("X-B", "1"), ["X-A", "2"]], "custom_headers") == expected


def test_a_header_may_be_there_more_than_once():
    pairs = [("X-Tag", "a"), ("X-Tag", "b"), ("x-tag", "a")]
    assert check_headers(pairs, "custom_headers") == tuple(pairs)


@pytest.mark.parametrize("value", ["", " ", "é", "\U0001f600", "a: b", "x" * 2000, "=?utf-8?q?x?="])
def test_a_value_may_be_any_text_on_one_line(value):
    assert check_headers({"X-A": value}, "custom_headers") == (("X-A", value),)


@pytest.mark.parametrize("name", ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"])
@pytest.mark.parametrize("case", [str, str.lower, str.upper, str.swapcase, str.title])
def test_the_headers_that_the_provider_writes_are_refused_in_any_case(name, case):
    with pytest.raises(
        ValueError, match=r"^custom_headers\[1\]: must not be the header .*, which the provider writes itself"
    ):
        check_headers([("X-A", "1"), (case(name), "x")], "custom_headers")


@pytest.mark.parametrize("name", ["Content-ID", "X-Content-Type", "Content-Type-2", "Mime-Versions"])
def test_headers_with_similar_names_are_not_refused(name):
    assert check_headers({name: "x"}, "custom_headers") == ((name, "x"),)


@pytest.mark.parametrize("name", ["", " ", "X A", "X-A ", " X-A", "X-A:", "X:A", "Ä", "Content-Type ", "X\u00a0A"])
def test_a_name_is_printable_ascii_without_spaces_and_colons(name):
    with pytest.raises(ValueError, match=r"^custom_headers\[0\]: must have a name in printable ASCII"):
        check_headers({name: "x"}, "custom_headers")


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_a_control_character_in_a_name_is_refused(control):
    with pytest.raises(
        ValueError, match=rf"^custom_headers\[0\] name: must not hold .* U\+{ord(control[0]):04X}[A-Z ]* at position 3"
    ):
        check_headers({f"X-A{control}Bcc": "x"}, "custom_headers")


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_a_control_character_in_a_value_is_refused_and_the_value_is_not_told(control):
    with pytest.raises(ValueError, match=r"^custom_headers\[0\] value: must not hold the control character") as caught:
        check_headers({"X-A": f"secret{control}Bcc: all@example.org"}, "custom_headers")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", [None, 17, "X-A: 1", b"X-A: 1", {("X-A", "1")}, iter([("X-A", "1")])])
def test_anything_else_than_a_mapping_or_pairs_is_refused(value):
    with pytest.raises(TypeError, match=r"^custom_headers: must be a mapping or a list of pairs"):
        check_headers(value, "custom_headers")


@pytest.mark.parametrize("pair", ["ab", None, ("X-A",), ("X-A", "1", "2"), {"header": "X-A", "value": "1"}, 17])
def test_an_item_that_is_no_pair_is_refused_by_its_position(pair):
    with pytest.raises(TypeError, match=r"^custom_headers\[1\]: must be a pair of name and value"):
        check_headers([("X-A", "1"), pair], "custom_headers")


@pytest.mark.parametrize(
    ("pair", "part"), [((1, "x"), "name"), ((None, "x"), "name"), (("X", 1), "value"), (("X", None), "value")]
)
def test_names_and_values_are_text(pair, part):
    with pytest.raises(TypeError, match=rf"^custom_headers\[0\] {part}: must be a str"):
        check_headers([pair], "custom_headers")


@given(st.text(), st.text())
def test_no_header_that_passes_can_start_another(name, value):
    try:
        pairs = check_headers([(name, value)], "custom_headers")
    except ValueError:
        return
    assert pairs == ((name, value),)
    assert len(f"{name}: {value}".splitlines()) == 1
