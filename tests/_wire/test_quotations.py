"""What an error quotes of the caller's input never changes its kind, however it is quoted and wherever it came from."""

import html
import json
import time
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import CallEffect, Email, errors
from smtp2go_async._content.blobs import MemoryBlob, PathBlob
from smtp2go_async._operation import Operation
from smtp2go_async._wire.provider_words import Words, words_of
from smtp2go_async._wire.refusals import kind_of
from smtp2go_async.reply import AnyReply

LIMIT = "API key ratelimit exceeded"
UNKNOWN_KEY = "An API User matching the passed 'api_key' was not found"
INPUTS = [LIMIT, UNKNOWN_KEY, "My api_key was not found anywhere", "say it doesn't exist, please", "API-KEY not found?"]

PLACES = {
    "subject": lambda text: {"subject": text},
    "a header": lambda text: {"custom_headers": ({"header": "X", "value": text},)},
    "data": lambda text: {"template_data": {"a": [{"b": text}]}},
    "a name in data": lambda text: {"template_data": {text: 1}},
    "a filename": lambda text: {"attachments": [{"filename": text, "fileblob": MemoryBlob(b"x")}]},
    "a batch": lambda text: {"emails": [*({"subject": str(one)} for one in range(999)), {"subject": text}]},
    "a field of another name": lambda text: {text: "x"},
    "a long body": lambda text: {"html_body": "x " * 20_000 + text + " y" * 20_000},
    "an e-mail": lambda text: Email(
        sender="a@example.com", to="b@example.com", subject=text, text_body="x"
    ).to_fields(),
    "a ready message": lambda text: {"mime_email": MemoryBlob(f"Subject: {text}\r\n\r\nx".encode())},
    "encoded words": lambda text: {
        "mime_email": MemoryBlob(
            f"Subject: =?utf-8?q?{urllib.parse.quote(text[:9]).replace('%', '=')}?=\r\n"
            f" =?utf-8?q?{urllib.parse.quote(text[9:]).replace('%', '=')}?=\r\n\r\nx".encode()
        )
    },
}
QUOTING = [
    "{}",
    "{}.",
    "{}. Please change it",
    "{}, please choose another",
    "The subject {} is not allowed",
    "{} is not allowed",
    "The value '{}' is not allowed",
    'The value \\"{}\\" is not allowed',
    "The value [{}] is not allowed",
    "The value \u201e{}\u201c is not allowed",
]
ESCAPES = [
    str,
    str.upper,
    html.escape,
    lambda text: json.dumps(text)[1:-1],
    urllib.parse.quote,
    urllib.parse.quote_plus,
    lambda text: html.escape(html.escape(text)),
    lambda text: text[:-1] + "...",
    lambda text: text[1:],
    lambda text: "'" + text,
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("quoting", QUOTING)
def test_the_kind_is_the_same_wherever_the_input_stood_and_however_it_is_quoted(place, quoting):
    for text in INPUTS:
        for escape in ESCAPES:
            message = quoting.format(escape(text))
            found = words_of(message, PLACES[place](text))
            assert found is Words.NOTHING, message


@pytest.mark.parametrize("before", ["", "please read: ", "Re: "])
@pytest.mark.parametrize("after", ["", ", please hurry", " - and more"])
def test_a_sentence_that_is_a_part_of_the_input_closes_no_gate_and_says_nothing_of_a_500(before, after):
    for text in (LIMIT, UNKNOWN_KEY):
        fields = {"subject": before + text + after}
        assert kind_of(400, "API_EXCEPTION", text, fields) is errors.ApiError
        assert kind_of(500, "API_EXCEPTION", text, fields) is errors.ServerError


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("\uff4e\uff4f\uff54 \uff46\uff4f\uff55\uff4e\uff44", "not found"),
        ("not\u200b found", "not found"),
        ("NOT FOUND", "not found"),
        ("not_found", "not found"),
        ("not%20found", "not found"),
        ("not&nbsp;found", "not found"),
        ("<b>not</b> found", "not found"),
        ("my AP\u0130 \u212aEY", "my api key"),
    ],
)
def test_input_in_other_letters_than_its_quotation_does_not_count(said, quoted):
    message = f"subject {quoted} is not allowed"
    assert kind_of(400, "API_EXCEPTION", message, {"subject": said}) is errors.ApiError
    assert kind_of(400, "INVALID_IN_PAYLOAD", message, {"subject": said}) is errors.BadRequestError


@pytest.mark.parametrize("value", ["api", "key", "not", "found", "exist", "does", "a"])
def test_a_single_word_of_the_caller_s_takes_nothing_from_the_words_of_the_provider(value):
    fields = {"template_data": {"status": value, "x": [value]}}
    assert kind_of(400, "API_EXCEPTION", "The template was not found", fields) is errors.NotFoundError
    assert kind_of(400, "API_EXCEPTION", "It does not exist", fields) is errors.NotFoundError
    assert kind_of(400, "API_EXCEPTION", "API key not found", fields) is errors.AuthenticationError


def test_the_captured_sentence_about_a_malformed_key_is_known_although_an_e_mail_speaks_of_keys():
    text = "The API Key passed was not in the correct format, Please check the key is correct and try again"
    fields = {"html_body": "<p>Your new API key</p>", "api_key": "api-" + "A1b2" * 8}
    assert kind_of(400, "INVALID_IN_PAYLOAD", text, fields) is errors.AuthenticationError
    assert kind_of(400, "INVALID_IN_PAYLOAD", text, {"subject": text}) is errors.BadRequestError


def test_the_field_of_the_key_and_the_paths_of_the_api_are_no_input():
    fields = {"api_key": "api-" + "A1b2" * 8, "endpoints": ["/api_keys/add"]}
    assert kind_of(400, "API_EXCEPTION", "API key not found", fields) is errors.AuthenticationError


def test_the_path_of_a_call_is_input():
    call = Operation("/api-key/rotate", AnyReply, effect=CallEffect.ONCE)
    message = "The endpoint /v3/api-key/rotate is unknown"
    assert kind_of(400, "INVALID_IN_PAYLOAD", message, {}, call.path) is errors.BadRequestError


def test_words_about_a_ready_message_in_a_file_decide_only_as_whole_sentences(tmp_path):
    path = tmp_path / "mail.eml"
    path.write_bytes(b"Subject: x\r\n\r\nx")
    fields = {"mime_email": PathBlob(str(path))}
    assert words_of("The subject api key not found is not allowed", fields) is Words.NOTHING
    assert words_of(UNKNOWN_KEY, fields) is Words.KEY_UNKNOWN
    assert words_of(LIMIT, fields) is Words.LIMIT


@pytest.mark.parametrize("start", ["'", '"', "\u201c", "\u2018", "&quot;", "&#39;", "\u201e", "\u2039"])
def test_a_quotation_that_was_cut_off_needs_no_look_at_the_fields(start):
    assert words_of(f"The name {start}my api_key was not found in th...") is Words.NOTHING


@pytest.mark.parametrize(
    "piece", [" 'a", "' ", " 'a \"b `c \u2018d \u201ee", "api_key ", "&quot; ", "not ", " not found'"]
)
def test_a_text_of_a_million_characters_is_read_quickly(piece):
    begun = time.perf_counter()
    words_of(piece * (1_000_000 // len(piece)) + " not found", {"subject": piece})
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    "piece", ["hello ", "<p>found &amp; 100% of a key</p> ", "\u043f\u0440\u0438\u0432\u0435\u0442 "]
)
def test_the_fields_of_a_large_batch_are_looked_through_quickly(piece):
    body = piece * (50_000 // len(piece))
    fields = {"emails": [{"html_body": f"{body}{one}"} for one in range(1000)]}
    begun = time.perf_counter()
    words_of("The template was not found", fields)
    words_of(LIMIT, fields)
    assert time.perf_counter() - begun < 15


WORDS = st.sampled_from(["api", "key", "api_key", "not", "found", "doesn't", "exist", "'", '"', "`", "rate", "limited"])
TEXTS = st.lists(WORDS | st.text(max_size=4), min_size=1, max_size=12).map(" ".join)


@given(
    TEXTS,
    st.sampled_from([one for one in QUOTING if one.startswith("The ")]),
    st.sampled_from([str, str.upper, html.escape, str.swapcase]),
    st.data(),
)
def test_any_piece_of_any_input_in_a_sentence_of_the_provider_s_decides_nothing(text, quoting, escape, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert words_of(quoting.format(escape(text[start:end])), {"a": [{"b": text}]}) is Words.NOTHING
