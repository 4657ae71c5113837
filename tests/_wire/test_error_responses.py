"""An answer that is an error: which error is it, and was the call carried out?"""

import json

import pytest

from smtp2go_async import errors
from smtp2go_async._operation import Operation
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async._wire.settings import Settings
from smtp2go_async.endpoints.email import REMOVE_SCHEDULED, SEARCH_SCHEDULED, SEND, SEND_BATCH
from smtp2go_async.endpoints.sms import SUMMARY
from smtp2go_async.reply import EmptyReply, ListReply
from smtp2go_async.retry import CallEffect

SETTINGS = Settings(api_key="api-" + "A1b2" * 8, base_url="https://api.example.com/v3")
PREFIX = "E_ApiResponseCodes."
ALL = [SEND, SEND_BATCH, SEARCH_SCHEDULED, REMOVE_SCHEDULED, SUMMARY]


def error_of(payload, status=400, operation=SEND, **response):
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with pytest.raises(errors.Smtp2goError) as caught:
        parse_response(operation, Response(status, content, **response), SETTINGS)
    return caught.value


def refusal(code, text, **more):
    return {"error_code": PREFIX + code, "error": text, **more}


BAD_FORM = "This API Key is malformed"
NO_SUCH_KEY = "An API User matching the passed 'api_key' was not found"
NO_PERMISSION = "You may not call this API endpoint"
TOO_MANY = "This endpoint is rate limited to 3 requests every 60 seconds"
NOT_VALID = "the JSON is not what this call takes"
MISSING = "The sender shop@example.com doesn't exist"
BUSINESS = "Your plan does not allow more sender domains"


@pytest.mark.parametrize(
    ("status", "code", "text", "expected", "carried_out"),
    [
        # The same mistake, a wrong key, in every status that has been seen for it.
        (400, "INVALID_IN_PAYLOAD", BAD_FORM, errors.AuthenticationError, False),
        (403, "INVALID_IN_PAYLOAD", BAD_FORM, errors.AuthenticationError, False),
        (403, "INVALID_IN_PAYLOAD", "api_key: api-[A-Za-z0-9]{32} is needed", errors.AuthenticationError, False),
        (401, "INVALID_IN_PAYLOAD", BAD_FORM, errors.AuthenticationError, False),
        (403, "INVALID_IN_PAYLOAD", "the api-key is wrong", errors.AuthenticationError, False),
        (400, "API_EXCEPTION", NO_SUCH_KEY, errors.AuthenticationError, False),
        (500, "API_EXCEPTION", NO_SUCH_KEY, errors.AuthenticationError, False),
        (401, "SOMETHING_NEW", "no", errors.AuthenticationError, False),
        (400, "ENDPOINT_PERMISSION_DENIED", NO_PERMISSION, errors.PermissionDeniedError, False),
        (403, "ENDPOINT_PERMISSION_DENIED", NO_PERMISSION, errors.PermissionDeniedError, False),
        (403, "SOMETHING_NEW", "no", errors.PermissionDeniedError, False),
        (400, "NON_VALIDATING_IN_PAYLOAD", NOT_VALID, errors.BadRequestError, False),
        (400, "INVALID_IN_PAYLOAD", "the sender is malformed", errors.BadRequestError, False),
        (400, "API_EXCEPTION", BUSINESS, errors.ApiError, False),
        (400, "API_EXCEPTION", MISSING, errors.NotFoundError, False),
        (400, "API_EXCEPTION", "the template was not found", errors.NotFoundError, False),
        (404, "SOMETHING_NEW", "no", errors.NotFoundError, False),
        (404, "API_EXCEPTION", BUSINESS, errors.NotFoundError, False),
        (429, "REQ_LIMIT_EXCEEDED", TOO_MANY, errors.RateLimitError, False),
        (429, "API_EXCEPTION", "API key ratelimit exceeded", errors.RateLimitError, False),
        (400, "API_EXCEPTION", "API key ratelimit exceeded", errors.RateLimitError, False),
        (400, "REQ_LIMIT_EXCEEDED", "slow down", errors.RateLimitError, False),
        (400, "API_EXCEPTION", TOO_MANY, errors.RateLimitError, False),
        (429, "SOMETHING_NEW", "no", errors.RateLimitError, False),
        (429, "API_EXCEPTION", NO_SUCH_KEY, errors.RateLimitError, False),
        (402, "API_EXCEPTION", BUSINESS, errors.ApiError, False),
        (413, "SOMETHING_NEW", "too large", errors.ApiError, False),
        (400, "SOMETHING_NEW", "no", errors.ApiError, False),
        (500, "API_EXCEPTION", "Something went wrong", errors.ServerError, None),
        (500, "API_EXCEPTION", "the database was not found", errors.ServerError, None),
        (503, "SOMETHING_NEW", "no", errors.ServerError, None),
        # A 200 that is an error is told by its code alone.
        (200, "ENDPOINT_PERMISSION_DENIED", NO_PERMISSION, errors.PermissionDeniedError, False),
        (200, "NON_VALIDATING_IN_PAYLOAD", NOT_VALID, errors.BadRequestError, False),
        (200, "API_EXCEPTION", BUSINESS, errors.ApiError, False),
    ],
)
def test_the_class_of_an_error_follows_its_code_then_its_words_then_its_status(
    status, code, text, expected, carried_out
):
    error = error_of({"request_id": "r-1", "data": refusal(code, text)}, status)
    assert type(error) is expected
    assert error.carried_out is carried_out


@pytest.mark.parametrize(
    ("status", "expected", "carried_out"),
    [
        (400, errors.ApiError, False),
        (401, errors.AuthenticationError, False),
        (402, errors.ApiError, False),
        (403, errors.PermissionDeniedError, False),
        (404, errors.NotFoundError, False),
        (405, errors.ApiError, False),
        (413, errors.ApiError, False),
        (429, errors.RateLimitError, False),
        (499, errors.ApiError, False),
        (500, errors.ServerError, None),
        (502, errors.ServerError, None),
        (503, errors.ServerError, None),
        (504, errors.ServerError, None),
        (599, errors.ServerError, None),
    ],
)
@pytest.mark.parametrize("content", [b"", b"<html><h1>Bad Gateway</h1></html>", b"null", b"[]", b'"no"', b"{}", b"{"])
def test_the_status_alone_decides_when_the_content_says_nothing(status, expected, carried_out, content):
    error = error_of(content, status)
    assert type(error) is expected
    assert error.carried_out is carried_out
    assert (error.status, error.code, error.field_errors) == (status, None, {})


@pytest.mark.parametrize("status", [400, 502])
def test_an_error_without_json_keeps_its_bytes(status):
    assert error_of(b"<html>x</html>", status).raw == b"<html>x</html>"


def test_an_error_whose_content_was_cut_off_is_known_by_its_status():
    assert type(error_of(b"", 429, broken="it was cut off")) is errors.RateLimitError


# --- both published shapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ALL, ids=lambda one: one.path)
@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("status", [200, 400])
def test_both_published_shapes_are_read_for_every_kind_of_result(operation, nested, status):
    body = refusal("API_EXCEPTION", BUSINESS)
    payload = {"request_id": "r-1", "data": body} if nested else {"request_id": "r-1", **body}
    error = error_of(payload, status, operation)
    assert type(error) is errors.ApiError
    assert (error.operation, error.status, error.code) == (operation.path, status, "API_EXCEPTION")
    assert (error.message, error.request_id, error.raw) == (BUSINESS, "r-1", payload)


def test_the_nested_shape_is_read_before_the_flat_one():
    payload = {**refusal("API_EXCEPTION", "outer"), "data": refusal("NON_VALIDATING_IN_PAYLOAD", "inner")}
    assert error_of(payload).message == "inner"


@pytest.mark.parametrize("data", [None, [], "word", {}, {"error": ""}, {"error": None, "error_code": ""}])
def test_the_flat_shape_is_found_beside_data_that_is_no_error(data):
    assert error_of({"data": data, **refusal("API_EXCEPTION", "flat")}).message == "flat"


@pytest.mark.parametrize("body", [{"error": "no"}, {"error_code": PREFIX + "API_EXCEPTION"}])
def test_a_text_or_a_code_alone_makes_a_200_an_error(body):
    assert type(error_of({"data": body}, 200)) is errors.ApiError


def test_an_empty_error_does_not_make_a_200_an_error():
    answer = Response(200, json.dumps({"data": {"error": "", "error_code": None, "email_id": "1uAbC-1"}}).encode())
    assert parse_response(SEND, answer, SETTINGS).email_id == "1uAbC-1"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("E_ApiResponseCodes.API_EXCEPTION", "API_EXCEPTION"),
        ("API_EXCEPTION", "API_EXCEPTION"),
        ("a.b.C", "C"),
        ("", None),
        (None, None),
        (17, "17"),
    ],
)
def test_the_code_stands_without_its_prefix(sent, read):
    assert error_of({"data": {"error": "no", "error_code": sent}}).code == read


@pytest.mark.parametrize("text", [["a list"], {"an": "object"}, 17])
def test_an_error_text_of_another_type_is_still_shown(text):
    assert error_of({"data": {"error": text, "error_code": "X"}}).message == str(text)


def test_a_missing_text_is_replaced_by_the_status():
    assert error_of({"data": {"error_code": "X"}}, 402).message == "no reason was given with status 402"


# --- the request id ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"request_id": "root", "data": {"error": "no"}}, "root"),
        ({"data": {"error": "no", "request_id": "nested"}}, "nested"),
        ({"request_id": "root", "data": {"error": "no", "request_id": "nested"}}, "root"),
        ({"request_id": "", "data": {"error": "no", "request_id": "nested"}}, "nested"),
        ({"data": {"error": "no"}}, None),
        ({"request_id": 17, "data": {"error": "no"}}, None),
        ({"request_id": ["x"], "data": {"error": "no"}}, None),
    ],
)
def test_the_request_id_is_found_at_the_root_or_inside_data(payload, expected):
    assert error_of(payload).request_id == expected


# --- field errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"fieldname": "sender", "message": "is bad"}, {"sender": "is bad"}),
        ([{"fieldname": "a", "message": "x"}, {"fieldname": "b", "message": "y"}], {"a": "x", "b": "y"}),
        ({"a": "x", "b": "y"}, {"a": "x", "b": "y"}),
        ([{"a": "x"}, {"b": "y"}], {"a": "x", "b": "y"}),
        ({"fieldname": "sender"}, {"sender": ""}),
        ({"message": "is bad"}, {"": "is bad"}),
        ({"fieldname": None, "message": 17}, {"": "17"}),
        ({"a": ["x", "y"]}, {"a": "['x', 'y']"}),
        ([], {}),
        ({}, {}),
        (None, {}),
        ("sender is bad", {}),
        ([None, 17, {"fieldname": "a", "message": "x"}], {"a": "x"}),
    ],
)
@pytest.mark.parametrize("nested", [True, False])
def test_field_errors_are_read_from_an_object_a_list_or_a_map(sent, read, nested):
    body = refusal("NON_VALIDATING_IN_PAYLOAD", NOT_VALID, field_validation_errors=sent)
    error = error_of({"data": body} if nested else body)
    assert type(error) is errors.BadRequestError
    assert error.field_errors == read


def test_the_text_of_an_error_names_the_wrong_field():
    body = refusal("NON_VALIDATING_IN_PAYLOAD", "no", field_validation_errors={"fieldname": "to", "message": "is bad"})
    expected = "/email/send 400 NON_VALIDATING_IN_PAYLOAD: no [to: is bad] (request r-1)"
    assert str(error_of({"request_id": "r-1", "data": body})) == expected


# --- the cool-down -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [None, 12.5, 0.0, -3.0])
def test_a_rate_limit_error_has_the_seconds_of_retry_after(seconds):
    assert error_of({}, 429, retry_after=seconds).retry_after == seconds


# --- redirects ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "operation"),
    [(status, SEND) for status in (300, 301, 303, 307, 308, 399, 100, 199)] + [(302, one) for one in ALL],
)
def test_a_redirect_is_never_a_response_that_can_be_understood(status, operation):
    error = error_of({"data": {"email_id": "1uAbC-1"}}, status, operation)
    assert type(error) is errors.ReplyError
    assert error.carried_out is None
    assert (error.status, error.raw) == (status, {"data": {"email_id": "1uAbC-1"}})


def test_an_error_is_found_before_the_type_of_the_result_is_looked_at():
    keys = Operation("/api_keys/permissions", ListReply[str], effect=CallEffect.READ)
    assert type(error_of({"data": refusal("API_EXCEPTION", NO_SUCH_KEY)}, 200, keys)) is errors.AuthenticationError
    word = Operation("/template/delete", EmptyReply, effect=CallEffect.CONVERGES)
    assert type(error_of({"data": refusal("API_EXCEPTION", MISSING)}, 200, word)) is errors.NotFoundError


# --- an address without /v3 ---------------------------------------------------------------------------------------

HINT = "; the base URL does not end in /v3, which is where the API is"


def text_of(base_url, content, status=404):
    settings = Settings(api_key="api-" + "A1b2" * 8, base_url=base_url)
    with pytest.raises(errors.ApiError) as caught:
        parse_response(SEND, Response(status, content), settings)
    assert caught.value.carried_out is False
    return str(caught.value)


@pytest.mark.parametrize("content", [b"", b"Not Found", b'{"detail": "Not Found"}', b"<html>"])
@pytest.mark.parametrize("base_url", ["https://example.com", "http://localhost:8025", "https://example.com/v3/deep"])
def test_a_404_without_a_reason_says_that_the_address_has_no_v3(base_url, content):
    assert text_of(base_url, content).endswith("no reason was given with status 404" + HINT)


def test_it_does_not_where_that_is_not_the_reason():
    said = json.dumps({"data": refusal("API_EXCEPTION", MISSING)}).encode()
    assert HINT not in text_of("https://example.com", said)
    assert HINT not in text_of("https://example.com/v3", b"")
    assert HINT not in text_of("https://example.com", b"", status=405)
