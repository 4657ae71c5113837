"""What happens with a value that JSON has no form for? The error names the field, and nothing is sent."""

import datetime as dt
import decimal

import pytest

from smtp2go_async._content.blobs import MemoryBlob
from smtp2go_async._wire.body import encode


def circle():
    one: list[object] = []
    one.append({"again": one})
    return one


def deep(levels=100_000):
    nest: object = 1
    for _ in range(levels):
        nest = [nest]
    return nest


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_has_no_form_for_is_refused_by_name(number):
    with pytest.raises(ValueError, match=r"^template_data: .*not JSON compliant"):
        encode({"sender": "a", "template_data": {"price": number}})


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udce9t\udce9"])
def test_a_lone_surrogate_is_refused_by_name(text):
    with pytest.raises(ValueError, match=r"^subject: must be valid text, not hold a lone surrogate"):
        encode({"sender": "a", "subject": text})


def test_a_lone_surrogate_in_a_nested_field_is_refused_by_the_name_of_the_outermost():
    with pytest.raises(ValueError, match=r"^attachments: must be valid text, not hold a lone surrogate"):
        encode({"attachments": [{"filename": "caf\udce9.txt", "fileblob": MemoryBlob(b"x")}]})


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "datetime.datetime"),
        (decimal.Decimal("1.5"), "decimal.Decimal"),
        (b"bytes", "bytes"),
        ({1, 2}, "set"),
        (object(), "object"),
        (print, "builtin_function_or_method"),
    ],
)
def test_a_value_of_an_unknown_type_is_refused_by_name_and_type(value, kind):
    with pytest.raises(TypeError, match=rf"^template_data: must hold only values that JSON has, not an? {kind}$"):
        encode({"sender": "a", "template_data": {"deep": [value]}})


def test_a_key_that_is_no_text_is_refused_by_name():
    with pytest.raises(TypeError, match=r"^template_data: keys must be"):
        encode({"sender": "a", "template_data": {("x", "y"): 1}})


def test_the_name_of_a_field_is_valid_text_too():
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode({"\ud800": 1})


def test_a_value_that_contains_itself_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^template_data: Circular reference"):
        encode({"sender": "a", "template_data": circle()})


def test_a_value_that_is_nested_too_deeply_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^template_data: must not be nested too deeply"):
        encode({"sender": "a", "template_data": deep()})


def test_a_number_with_more_digits_than_python_writes_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^template_data: "):
        encode({"sender": "a", "template_data": 10**5000})


def test_the_field_is_named_even_when_a_file_stands_before_it():
    with pytest.raises(TypeError, match=r"^template_data: must hold only values that JSON has, not a set"):
        encode({"fileblob": MemoryBlob(b"x"), "template_data": {1}})


@pytest.mark.parametrize("value", ["\ud800", {"jane@example.com"}, float("nan")])
def test_the_error_does_not_repeat_the_content_of_the_field(value):
    with pytest.raises((ValueError, TypeError)) as caught:
        encode({"to": ["jane@example.com"], "template_data": [value, "jane@example.com"]})
    assert "jane" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [0, -1, 1.5, 10**18, True, False, None, "", "é", "\U0001f600", "\u2028", "\x00", [], {}, [1, [2, {"a": [3]}]]],
)
def test_everything_that_json_has_a_form_for_is_accepted(value):
    import json

    body = encode({"field": value})
    assert body.content is not None
    assert json.loads(body.content) == {"field": value}
