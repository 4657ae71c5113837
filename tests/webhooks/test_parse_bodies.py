"""Content types, encodings, and bodies that are no event."""

import contextlib
import json
import time
import tracemalloc
from typing import Any
from urllib.parse import unquote

import pytest
from webhooks.payloads import EMAIL, FORM, JSON, parsed

from smtp2go_async import ArgumentTypeError
from smtp2go_async.errors import WebhookError
from smtp2go_async.webhooks.events import Bounced, Delivered, Opened, Processed
from smtp2go_async.webhooks.parse import parse

WORDS = {"event": "bounce", "message": "Boîte pleine", "subject": "日本語"}
IN_JSON = json.dumps(WORDS, ensure_ascii=False)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF8",
        'application/json; charset="utf-8"',
        "application/json; charset=nonsense",
        "application/json; charset=utf-16",
        "application/json; charset=zip",
        "text/json",
        "application/vnd.api+json",
        "application/problem+json; charset=utf-8",
        " application/json ",
        "",
        None,
        "application/x-www-form-urlencoded",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_json_is_read_in_every_encoding_under_every_type(content_type: str | None, encoding: str) -> None:
    event = parse(IN_JSON.encode(encoding), content_type)
    assert (type(event), event.message, event.subject) == (Bounced, "Boîte pleine", "日本語")


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"event=bounce&message=Bo%EEte", FORM, "Boîte"),
        (b"event=bounce&message=Bo\xeete", FORM, "Boîte"),
        (b"event=bounce&message=Bo%C3%AEte", FORM, "Boîte"),
        (b"event=bounce&message=Bo%EEte", f"{FORM}; charset=iso-8859-1", "Boîte"),
        (b"event=bounce&message=Bo%C3%AEte", f"{FORM}; charset=utf-8", "Boîte"),
        (b"event=bounce&message=%CA%EE%F4", f"{FORM}; charset=windows-1251", "Коф"),
        (b"event=bounce&message=%93%FA%96%7B", f"{FORM}; charset=shift_jis", "日本"),
        (b"event=bounce&message=Bo%EEte", f"{FORM}; charset=us-ascii", "Boîte"),
        (b"event=bounce&message=Bo%EEte", f"{FORM}; charset=punycode", "Boîte"),
        (b"event=bounce&message=%C3%AE+%EE", FORM, "î î"),
        (b'{"event": "bounce", "message": "Bo\xeete"}', JSON, "Boîte"),
        (b'{"event": "bounce", "message": "\xc3\xae \xee"}', JSON, "î î"),
        (b'{"event": "bounce", "message": "Bo\xeete"}', f"{JSON}; charset=latin-1", "Boîte"),
        (b'{"event": "bounce", "message": "Bo\xc3\xaete"}', f"{JSON}; charset=ascii", "Boîte"),
    ],
)
def test_no_byte_of_another_encoding_loses_the_event(body: bytes, content_type: str, message: str) -> None:
    event = parse(body, content_type)
    assert (event.message, event.body) == (message, body)


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8", "", None, JSON, f"{JSON}; charset=utf-8"])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"id=7&"])
def test_a_form_is_read_under_every_type(content_type: str | None, before: bytes) -> None:
    event = parse(before + b"event=open&rcpt=kim%2Bnews%40mail.example&subject=a+%26+b%3D&&x&=y&client=", content_type)
    assert (type(event), event.recipient, event.subject) == (Opened, "kim+news@mail.example", "a & b=")
    assert event.raw["x"] == ""


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"", JSON, "the body is empty"),
        (b" \r\n", FORM, "the body is empty"),
        (b"", None, "the body is empty"),
        (b"[]", JSON, "must be a JSON object, and is a list"),
        (b'[{"event": "open"}]', JSON, "must be a JSON object, and is a list"),
        (b"[[[]], [[]]]", FORM, "must be a JSON object, and is a list"),
        (b"7", JSON, "must be a JSON object, and is a single value"),
        (b'"event=open"', JSON, "must be a JSON object, and is a single value"),
        (b"null", None, "must be a JSON object, and is a single value"),
        (b'{"event": "open"', JSON, "the body is not JSON: .* at character 16"),
        (b'{"event": "open"} {}', JSON, "the body is not JSON: Extra data at character 1[78]"),
        (b"<html></html>", JSON, "the body is not JSON"),
        (b"\x00\x01\xff\xfe", JSON, "the body is not JSON"),
        (b"[" * 1_000_000, JSON, "more than 32 levels"),
        (b'{"a":' * 200_000, JSON, "more than 32 levels|not JSON"),
        (b'{"event": "open", "a": ' + b"[" * 40 + b"]" * 40 + b"}", JSON, "more than 32 levels"),
        (b'{"event": "open", "a": ' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}", JSON, "more than 32 levels"),
        (b"event=open" + b"&a=1" * 100_000, FORM, "more than 1000 fields"),
        (b"{}", JSON, "must have a field event"),
        (b'{"event": null}', JSON, "must have a field event"),
        (b'{"event": {"name": "open"}}', JSON, "must have a field event"),
        (b'{"event": " "}', JSON, "must have a field event"),
        (b"a=b", FORM, "must have a field event"),
        (b"a=b&event=", FORM, "must have a field event"),
        (b"event=open", "text/plain", "must be application/json or .*, and is text/plain"),
        (b"event=open", "multipart/form-data; boundary=x", "and is multipart/form-data"),
        (b"{}", "json", "no type that can be read"),
        (b"{}", "jo@mail.example/json", "no type that can be read"),
        (b"{}", "x" * 100_000, "no type that can be read"),
        (b"{}", "a/b+json\x00", "no type that can be read"),
    ],
)
def test_what_is_no_event_is_an_error_that_says_why(body: bytes, content_type: str | None, problem: str) -> None:
    with pytest.raises(WebhookError, match=problem) as caught:
        parse(body, content_type)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"rcpt": "kim@mail.example"',
        b'{"rcpt": "kim@mail.example"}',
        b'["kim@mail.example"]',
        b"rcpt=kim@mail.example",
    ],
)
@pytest.mark.parametrize("content_type", [JSON, FORM, None, "text/plain; name=kim@mail.example"])
def test_an_error_holds_nothing_of_the_body(body: bytes, content_type: str | None) -> None:
    with pytest.raises(WebhookError) as caught:
        parse(body, content_type)
    error: Any = caught.value
    # Not in an error that came before it either: tools that report errors look at these.
    assert error.__context__ is None
    assert error.__cause__ is None
    assert "kim" not in f"{error} {error!r} {error.args} {vars(error)}"


@pytest.mark.parametrize("body", ["{}", None, bytearray(b"{}"), memoryview(b"{}"), {}, 7])
def test_another_body_than_bytes_is_refused(body: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="^body: must be bytes, not") as caught:
        parse(body, JSON)
    assert caught.value.argument == "body"


@pytest.mark.parametrize("content_type", [b"application/json", 7, ["application/json"]])
def test_another_content_type_than_text_is_refused(content_type: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="^content_type: must be text or None, not") as caught:
        parse(b"{}", content_type)
    assert caught.value.argument == "content_type"


def test_a_field_32_levels_deep_is_read() -> None:
    inner = "[" * 31 + "]" * 31
    event = parse(f'{{"event": "open", "a": {inner}}}'.encode(), JSON)
    assert str(event.raw["a"]) == inner


def test_many_brackets_in_a_text_are_not_deep() -> None:
    assert parsed({**EMAIL, "message": "[" * 1000}).message == "[" * 1000


def test_the_last_of_two_equal_keys_counts() -> None:
    assert parse(b'{"event": "open", "event": "delivered", "rcpt": "a", "rcpt": "b"}', JSON).recipient == "b"


def test_numbers_that_python_has_no_form_for_are_texts() -> None:
    body = b'{"event": "open", "id": NaN, "email_id": ' + b"7" * 10_000 + b', "read-secs": 1e999, "time": -Infinity}'
    event = parse(body, JSON)
    assert (event.id, event.email_id, event.time) == ("NaN", "7" * 10_000, None)
    assert event == parse(body, JSON)


def test_control_characters_in_json_lose_no_event() -> None:
    assert parse(b'{"event": "open", "message": "a\nb\x00"}', JSON).message == "a\nb\x00"


def test_a_form_with_as_many_fields_as_are_possible_is_read() -> None:
    body = b"event=processed" + b"".join(b"&recipients=a%d@b.example" % i for i in range(999))
    event = parse(body, FORM)
    assert (type(event), len(event.recipients)) == (Processed, 999)


def _seconds(body: bytes, content_type: str) -> float:
    started = time.perf_counter()
    with contextlib.suppress(WebhookError):
        parse(body, content_type)
    return time.perf_counter() - started


@pytest.mark.parametrize(
    ("start", "repeated", "end", "content_type"),
    [
        (b'{"event": "open", "rcpt": "', b'\\"\\\\', b'"}', JSON),
        (b'{"event": "open", "rcpt": "', b"a@b,", b'"}', JSON),
        (b'{"event": "open", "rcpt": "[', b"'", b'"}', JSON),
        (b'{"event": "open", "time": "', b"1", b'"}', JSON),
        (b'{"event": "open", "url": "', b"a@", b'"}', JSON),
        (b'{"event": "open", "message": "', b"\xff", b'"}', JSON),
        (b'{"event": "open", "bounce": "', b"\\ud800", b'"}', JSON),
        (b'{"event": "', b"-", b'"}', JSON),
        (b'{"event": "open", "a": [', b"[],", b"1]}", JSON),
        (b"event=open&rcpt=", b"%EE", b"", FORM),
        (b"event=open&rcpt=", b'"', b"", FORM),
        (b"", b"event=&", b"", JSON),
        (b"", b" ", b"{", FORM),
    ],
)
def test_a_megabyte_is_read_in_a_moment(start: bytes, repeated: bytes, end: bytes, content_type: str) -> None:
    body = start + repeated * (1_000_000 // len(repeated)) + end
    # Far more than it takes; what is quadratic takes minutes.
    assert _seconds(body, content_type) < 5


def test_a_delivered_event_is_the_same_from_json_and_from_a_form() -> None:
    first = parse(b'{"event": "delivered", "rcpt": "kim@mail.example", "email_id": "1w"}', JSON)
    second = parse(b"event=delivered&rcpt=kim%40mail.example&email_id=1w", FORM)
    assert type(first) is Delivered
    assert first == second


@pytest.mark.parametrize("unit", ["%41", "%4", "%", "a%41", "%C3%A9", "%%41"])
def test_a_long_field_of_a_form_is_unescaped_like_a_short_one_and_in_little_memory(unit):
    # Of several lengths, so that the slices are cut at each place of an escape.
    for count in (4_000, 4_001, 4_002, 10_001):
        event = parse(f"event=open&message={unit * count}x".encode(), FORM)
        assert event.raw["message"] == unquote(unit * count) + "x"
    body = f"event=open&message={unit * (100_000 // len(unit))}".encode()
    tracemalloc.start()
    try:
        parse(body, FORM)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
