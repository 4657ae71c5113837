"""Status by code by words: which error is it, and was the call carried out? Every cell of the table in `_refusals`."""

import itertools
import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import CallEffect, errors
from smtp2go_async._operation import Operation
from smtp2go_async._wire.codec import STANDARD, with_orjson
from smtp2go_async._wire.provider_words import Words, words_of
from smtp2go_async._wire.refusals import kind_of
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async._wire.settings import Settings
from smtp2go_async.endpoints.email import SEND, SEND_BATCH
from smtp2go_async.endpoints.sms import SEND as SEND_SMS
from smtp2go_async.reply import AnyReply
from smtp2go_async.retry import Decision, decide, failure_of

SETTINGS = Settings(api_key="api-" + "A1b2" * 8, base_url="https://api.example.com/v3")

UNKNOWN_KEY = "An API User matching the passed 'api_key' was not found"
ENDPOINT_LIMIT = "This endpoint is rate limited to 1 request every 60 seconds"
KEY_LIMIT = "API key ratelimit exceeded"

TEXTS = {
    Words.KEY_UNKNOWN: [UNKNOWN_KEY, UNKNOWN_KEY + ".", UNKNOWN_KEY + ", please check it", UNKNOWN_KEY.upper()],
    Words.LIMIT: [ENDPOINT_LIMIT, KEY_LIMIT, KEY_LIMIT + ". Please wait", "You are rate limited to 5 calls a minute"],
    Words.KEY_MISSING: ["API Key not found", "This api_key does not exist"],
    Words.ABOUT_THE_KEY: ["This API Key is malformed", "The field 'api_key' is not in the right format"],
    Words.MISSING: ["The template was not found", "The sender doesn't exist", "It does not exist, please look again"],
    Words.NOTHING: ["", "Your plan does not allow more sender domains", "Something went wrong"],
}
CODES = [
    "ENDPOINT_PERMISSION_DENIED",
    "NON_VALIDATING_IN_PAYLOAD",
    "INVALID_IN_PAYLOAD",
    "REQ_LIMIT_EXCEEDED",
    "API_EXCEPTION",
    "SOMETHING_NEW",
    None,
]
STATUSES = [200, 201, 400, 401, 402, 403, 404, 405, 413, 422, 429, 499, 500, 501, 502, 503, 504, 599, 600, 999]


def expected_of(status, code, words):
    """The table, written a second time."""
    if status == 429:
        return errors.RateLimitError
    if status >= 500:
        wrong_key = (status, code, words) == (500, "API_EXCEPTION", Words.KEY_UNKNOWN)
        return errors.AuthenticationError if wrong_key else errors.ServerError
    match code:
        case "REQ_LIMIT_EXCEEDED":
            return errors.RateLimitError
        case "ENDPOINT_PERMISSION_DENIED":
            return errors.PermissionDeniedError
        case "NON_VALIDATING_IN_PAYLOAD":
            return errors.BadRequestError
        case "INVALID_IN_PAYLOAD":
            about_key = words in (Words.KEY_UNKNOWN, Words.KEY_MISSING, Words.ABOUT_THE_KEY)
            return errors.AuthenticationError if about_key or status in (401, 403) else errors.BadRequestError
        case "API_EXCEPTION" | None if words in (Words.KEY_UNKNOWN, Words.KEY_MISSING):
            return errors.AuthenticationError
        case "API_EXCEPTION" | None if words is Words.LIMIT:
            return errors.RateLimitError
    by_status = {401: errors.AuthenticationError, 403: errors.PermissionDeniedError, 404: errors.NotFoundError}
    if status in by_status:
        return by_status[status]
    missing = words is Words.MISSING and code == "API_EXCEPTION" and status in (200, 201, 400)
    return errors.NotFoundError if missing else errors.ApiError


def error_of(payload, status, operation=SEND, said=None):
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with pytest.raises(errors.Smtp2goError) as caught:
        parse_response(operation, Response(status, content), SETTINGS, said)
    return caught.value


def body_of(code, text):
    body = {"error": text}
    if code is not None:
        body["error_code"] = f"E_ApiResponseCodes.{code}"
    return {"request_id": "r-1", "data": body}


@pytest.mark.parametrize("words", Words)
def test_each_kind_of_words_is_recognised(words):
    assert [words_of(text) for text in TEXTS[words]] == [words] * len(TEXTS[words])


@pytest.mark.parametrize(("status", "code", "words"), list(itertools.product(STATUSES, CODES, Words)))
def test_every_cell_of_the_table(status, code, words):
    for text in TEXTS[words]:
        kind = kind_of(status, code, text)
        assert kind is expected_of(status, code, words)
        assert kind.carried_out is (None if kind is errors.ServerError else False)


# --- a 5xx -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (500, None, "stored; the webhook was rate limited"),
        (500, "REQ_LIMIT_EXCEEDED", ENDPOINT_LIMIT),
        (504, "NON_VALIDATING_IN_PAYLOAD", "the gateway gave up"),
        (500, "API_EXCEPTION", "timeout; api key cache not found"),
        (500, "API_EXCEPTION", f"stored; {UNKNOWN_KEY}"),
        (500, "API_EXCEPTION", f"{UNKNOWN_KEY} for the webhook"),
        (500, "API_EXCEPTION", f"the subject '{UNKNOWN_KEY}' was stored"),
        (502, "API_EXCEPTION", UNKNOWN_KEY),
        (500, "INVALID_IN_PAYLOAD", "This API Key is malformed"),
        (500, "ENDPOINT_PERMISSION_DENIED", "no"),
        (500, None, UNKNOWN_KEY),
        (599, "API_EXCEPTION", KEY_LIMIT),
    ],
)
def test_no_words_and_no_code_say_of_a_5xx_that_it_was_not_carried_out(status, code, text):
    error = error_of(body_of(code, text), status)
    assert type(error) is errors.ServerError
    assert error.carried_out is None
    assert decide(failure_of(error), CallEffect.ONCE) is Decision.RAISE


def test_the_wrong_key_that_was_seen_as_a_500_is_not_carried_out_and_not_repeated():
    error = error_of(body_of("API_EXCEPTION", UNKNOWN_KEY), 500)
    assert type(error) is errors.AuthenticationError
    assert error.carried_out is False
    for effect in CallEffect:
        assert decide(failure_of(error), effect, at_least_once=True) is Decision.RAISE


TOKENS = st.sampled_from(
    [
        "api key",
        "'api_key'",
        "not found",
        "was not found",
        "rate limited",
        "ratelimit exceeded",
        "doesn't exist",
        ";",
        "stored",
    ]
)
SENTENCES = st.lists(TOKENS | st.text(max_size=10), max_size=6).map(" ".join)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda text, code, flat, more: json.dumps(
            {**more, **body_of(code, text)["data"]} if flat else {**more, **body_of(code, text)}
        ).encode(),
        SENTENCES | st.sampled_from([text for texts in TEXTS.values() for text in texts]),
        st.sampled_from(CODES),
        st.booleans(),
        st.dictionaries(
            st.sampled_from(["email_id", "succeeded", "failed", "data"]), st.none() | st.text() | st.integers()
        ),
    ),
)


@given(st.integers(500, 999), BODIES)
def test_no_words_of_a_5xx_make_a_send_repeated_or_not_sent(status, content):
    for operation in (SEND, SEND_BATCH, SEND_SMS):
        error = error_of(content, status, operation)
        assert decide(failure_of(error), CallEffect.ONCE) is Decision.RAISE
        if type(error) is errors.AuthenticationError:
            # The one sentence that was seen.
            assert status == 500
            assert words_of(error.message) is Words.KEY_UNKNOWN
            assert error.code == "API_EXCEPTION"
        else:
            assert type(error) is errors.ServerError
            assert error.carried_out is None


# --- quotations --------------------------------------------------------------------------------------------------

INPUTS = [
    "You are rate limited",
    ENDPOINT_LIMIT,
    KEY_LIMIT,
    UNKNOWN_KEY,
    "api_key not found",
    "'api_key'",
    "My 'api key' was 'not found'",
    "it doesn't exist",
    "say \"it does not exist\" to 'them'",
    "not found",
]
QUOTING = [
    "subject '{}' is not allowed",
    'the value "{}" is not valid',
    "subject {} is not allowed",
    "{} is not allowed as a subject",
    "not allowed as a subject: {}",
    "the field `subject` holds {}, which is not allowed",
    "\u201c{}\u201d can't be sent",
    "{}",
]


@pytest.mark.parametrize("said", INPUTS)
@pytest.mark.parametrize("quoting", QUOTING)
@pytest.mark.parametrize("code", ["API_EXCEPTION", "SOMETHING_NEW", None])
def test_a_text_that_quotes_the_caller_s_input_does_not_change_the_kind(said, quoting, code):
    fields = {"subject": said, "to": ["jane@example.com"]}
    error = error_of(body_of(code, quoting.format(said)), 400, SEND, fields)
    assert type(error) is errors.ApiError


@pytest.mark.parametrize("said", INPUTS)
@pytest.mark.parametrize(
    "quoting", ["subject '{}' is not allowed", 'the value "{}" is not valid', "\u2018{}\u2019 is too long"]
)
def test_a_quotation_in_marks_needs_no_look_at_the_fields(said, quoting):
    assert type(error_of(body_of("API_EXCEPTION", quoting.format(said)), 400)) is errors.ApiError


@pytest.mark.parametrize("said", INPUTS)
def test_the_input_of_a_batch_is_known_however_deep_it_lies(said):
    fields = {"emails": [{"subject": "x"}, {"custom_headers": [{"header": "X", "value": said.upper()}]}]}
    text = f"header  {said}\n is not allowed"
    assert type(error_of(body_of("API_EXCEPTION", text), 400, SEND_BATCH, fields)) is errors.ApiError


def test_invalid_input_that_quotes_words_about_the_key_is_no_wrong_key():
    error = error_of(body_of("INVALID_IN_PAYLOAD", "subject 'your api key' is malformed"), 400)
    assert type(error) is errors.BadRequestError
    error = error_of(
        body_of("INVALID_IN_PAYLOAD", "subject my api_key is malformed"), 400, SEND, {"subject": "my api_key"}
    )
    assert type(error) is errors.BadRequestError


def test_an_ordinary_value_in_an_error_hides_no_words_of_the_provider():
    fields = {"id": "6040276", "user": "a", "x": ["e"]}
    assert type(error_of(body_of("API_EXCEPTION", "Template '6040276' was not found"), 400, SEND, fields)) is (
        errors.NotFoundError
    )


def test_a_text_of_many_marks_is_read_quickly():
    words_of("' " * 50_000 + '" ` ' * 20_000, {"a": ["b" * 9_000] * 100})


# --- answers that contradict themselves --------------------------------------------------------------------------

ADD = Operation("/thing/add", AnyReply, effect=CallEffect.CONVERGES)
READ = Operation("/thing/view", AnyReply, effect=CallEffect.READ)
CALL_ONCE = Operation("/email/new", AnyReply, effect=CallEffect.ONCE)


@pytest.mark.parametrize(
    ("operation", "content"),
    [
        (SEND, '{"data": {"succeeded": 1, "failed": 0, "email_id": "1a", "error": "note"}}'),
        (SEND, '{"succeeded": 1, "failed": 0, "email_id": "1a", "error": "note"}'),
        (SEND, '{"error": "note", "data": {"succeeded": 1, "email_id": "1a"}}'),
        (SEND, '{"error_code": "X", "data": {"schedule_id": "s"}}'),
        (SEND, '{"data": {"error": "note", "succeeded": "1"}}'),
        (SEND, '{"data": {"error": "note", "email_id": 17}}'),
        (SEND, '{"data": {"error": "note"}, "email_id": "1a"}'),
        (SEND, '{"data": {"error": "note"}, "data": {"email_id": "1a", "succeeded": 1}}'),
        (SEND, '{"data": {"email_id": "1a", "succeeded": 1}, "data": {"error": "note"}}'),
        (SEND, '{"data": {"failed": 1, "failed": 0, "succeeded": 1}}'),
        (SEND, '{"data": {"failed": 0, "failed": 1}}'),
        (SEND, '{"data": {"email_id": "1a", "error": "x", "error": ""}}'),
        (SEND, '{"data": {"email_id": "", "email_id": "1a"}}'),
        (SEND, '{"data": {"email_id": "a:b", "\\u0065mail_id": ""}}'),
        (SEND_BATCH, '{"error": "note", "data": [{"email_id": "1a"}]}'),
        (SEND_BATCH, '{"data": [{"email_id": "1a", "email_id": ""}]}'),
        (SEND_BATCH, '{"data": {"error": "note"}, "data": [{"email_id": "1a"}]}'),
        (SEND_SMS, '{"data": {"error": "note", "total_sent": 1, "statuses": {"queued": 1}}}'),
        (SEND_SMS, '{"data": {"error": "note", "messages": [{"message_id": "m"}]}}'),
        (CALL_ONCE, '{"data": {"error": "note", "email_id": "1a"}}'),
        (SEND, '{"data": {"error": "note", "email_id": ["1a"]}}'),
        (SEND, '{"data": {"error": "note", "email_id": {"id": "1a"}}}'),
        (SEND, '{"data": {"error": "note", "succeeded": true}}'),
        (SEND, '{"data": {"error": "note", "succeeded": ["a@example.com"]}}'),
        (SEND_BATCH, '{"error": "note", "data": [{"id": "1a"}]}'),
        (SEND, '{"data": {"failed": 1, "failures": ["no"], "email_id": ["1a"]}}'),
        (SEND, '{"data": {"failed": 1, "failures": ["no"], "succeeded": true}}'),
        (SEND, '{"data": {"failed": 1, "failures": ["no"]}, "email_id": "1a"}'),
        (SEND, '{"data": {"failed": ["a@example.com"], "email_id": "1a"}}'),
        (SEND, '{"data": {"failed": true, "email_id": "1a"}}'),
        (SEND, '{"data": {"email_id": "1a"}, "failed": 1}'),
        (SEND, '{"data": {"succeeded": -1, "failed": -1}}'),
        (ADD, '{"error": "note", "data": {"name": "x"}}'),
        (ADD, '{"error": "note", "data": ["x"]}'),
        (ADD, '{"error": "note", "data": "done"}'),
        (ADD, '{"data": {"a": 1}, "data": {"error": "note"}, "error": "x"}'),
    ],
)
def test_a_success_beside_an_error_is_neither(operation, content):
    error = error_of(content.encode(), 200, operation)
    assert error.carried_out is None
    assert type(error) is errors.ReplyError
    assert failure_of(error).value == "refused", "it is never repeated"


@pytest.mark.parametrize(
    ("operation", "content"),
    [
        (SEND, '{"data": {"error": "no", "succeeded": 0, "failed": 1, "failures": ["a: b"], "email_id": ""}}'),
        (SEND, '{"data": {"error": "no", "email_id": null}}'),
        (SEND, '{"data": {"error": "no", "succeeded": false, "email_id": false}}'),
        (SEND, '{"data": {"error": "no", "succeeded": [], "email_id": [""], "schedule_id": {}}}'),
        (SEND_BATCH, '{"error": "no", "data": [{"failures": ["x"], "email_id": ""}]}'),
        (SEND, '{"error": "no", "data": {}}'),
        (SEND, '{"error": "no", "data": {"request_id": "r", "error": ""}}'),
        (ADD, '{"error": "no", "data": {"error": "no", "name": "x"}}'),
        (ADD, '{"data": {"error": "no", "name": "x"}}'),
        (ADD, '{"error": "no", "data": null}'),
        (READ, '{"error": "no", "data": [1]}'),
    ],
)
def test_an_error_without_a_success_is_a_refusal(operation, content):
    error = error_of(content.encode(), 200, operation)
    assert type(error) is errors.ApiError
    assert error.carried_out is False


def test_a_4xx_is_a_refusal_whatever_else_it_shows():
    error = error_of({"data": {"error": "no", "email_id": "1a"}}, 400)
    assert (type(error), error.carried_out) == (errors.ApiError, False)


@pytest.mark.parametrize(
    "content",
    [
        b'{"request_id": "r:1", "data": {"email_id": "1a", "failures": ["a:b", "c: d"]}}',
        b'{"data": {"email_id": "1a", "new": {"a": 1, "b": [{"a": 1}, {"a": 2}]}}, "a": 1}',
        '{"data": {"email_id": "1a"}}'.encode("utf-16"),
    ],
)
def test_a_key_that_occurs_in_several_objects_is_not_doubled(content):
    assert parse_response(SEND, Response(200, content), SETTINGS).email_id == "1a"


@pytest.mark.parametrize("json", ["standard", "orjson"])
def test_numbers_of_any_length_hide_no_success(json):
    codec = STANDARD if json == "standard" else with_orjson()
    settings = attrs.evolve(SETTINGS, json=codec)
    long = b"9" * 5000
    with pytest.raises(errors.ReplyError) as caught:
        parse_response(SEND, Response(200, b'{"data": {"error": "x", "succeeded": %s}}' % long), settings)
    assert caught.value.carried_out is None


def test_the_halves_of_an_error_may_stand_in_two_places():
    for body in (
        {"error_code": "E_ApiResponseCodes.API_EXCEPTION", "data": {"error": "it went wrong"}},
        {"error": "it went wrong", "data": {"error_code": "E_ApiResponseCodes.API_EXCEPTION"}},
    ):
        error = error_of(body, 500, READ)
        assert (error.code, error.message) == ("API_EXCEPTION", "it went wrong")
        assert decide(failure_of(error), CallEffect.READ) is Decision.RAISE


def test_a_read_may_say_a_thing_twice():
    assert parse_response(READ, Response(200, b'{"data": [1], "data": [2]}'), SETTINGS).data == [2]
