"""Fields go in: what request comes out?"""

import json

import pytest

from smtp2go_async._operation import Operation
from smtp2go_async._wire.request import build_request
from smtp2go_async._wire.settings import MAX_EMAIL_BYTES, MAX_OTHER_BYTES, Settings
from smtp2go_async.reply import EmptyReply
from smtp2go_async.retry import CallEffect

KEY = "api-" + "A1b2" * 8
URL = "https://api.example.com/v3"

EMAIL = Operation("/email/send", EmptyReply, effect=CallEffect.ONCE)
LOOK = Operation("/sms/summary", EmptyReply, effect=CallEffect.READ, takes_subaccount=True)
PLAIN = Operation("/sms/send", EmptyReply, effect=CallEffect.ONCE)
LEGACY = Operation("/ip_allow_list/view", EmptyReply, effect=CallEffect.READ, key_in_body=True)
PATCH = Operation("/api_keys/edit", EmptyReply, effect=CallEffect.CONVERGES, method="PATCH")


def settings(**changes):
    return Settings(**{"api_key": KEY, "base_url": URL, **changes})


def body_of(request):
    assert request.body.content is not None
    assert request.body.length == len(request.body.content)
    return json.loads(request.body.content)


def test_a_request_goes_to_the_path_of_its_operation_below_the_base_url():
    assert build_request(EMAIL, {}, settings()).url == "https://api.example.com/v3/email/send"


@pytest.mark.parametrize(("operation", "method"), [(EMAIL, "POST"), (LOOK, "POST"), (PATCH, "PATCH")])
def test_the_method_is_that_of_the_operation_even_for_reading(operation, method):
    assert build_request(operation, {}, settings()).method == method


def test_a_request_knows_its_timeout_and_the_operation_that_it_is_for():
    request = build_request(EMAIL, {}, settings(timeout=2.5))
    assert (request.timeout, request.operation) == (2.5, "/email/send")


def test_a_call_without_fields_has_an_empty_object_as_its_body():
    assert build_request(LOOK, {}, settings()).body.content == b"{}"


def test_fields_that_are_none_are_not_sent():
    assert body_of(build_request(EMAIL, {"a": None, "b": 1, "c": None}, settings())) == {"b": 1}


@pytest.mark.parametrize("value", [False, 0, "", [], {}])
def test_fields_that_are_empty_or_false_are_sent(value):
    assert body_of(build_request(EMAIL, {"a": value}, settings())) == {"a": value}


# --- the subaccount ----------------------------------------------------------------------------------------------


def test_the_clients_subaccount_is_filled_in_where_the_operation_takes_one():
    assert body_of(build_request(LOOK, {}, settings(subaccount_id="sub1"))) == {"subaccount_id": "sub1"}


@pytest.mark.parametrize("operation", [EMAIL, PLAIN, LEGACY, PATCH])
def test_the_clients_subaccount_is_left_out_where_the_api_does_not_know_it(operation):
    assert "subaccount_id" not in body_of(build_request(operation, {}, settings(subaccount_id="sub1")))


def test_the_subaccount_of_a_call_wins_over_the_clients():
    fields = {"subaccount_id": "mine"}
    assert body_of(build_request(LOOK, fields, settings(subaccount_id="sub1"))) == fields


def test_a_subaccount_argument_that_was_left_out_does_not_hide_the_clients():
    request = build_request(LOOK, {"subaccount_id": None}, settings(subaccount_id="sub1"))
    assert body_of(request) == {"subaccount_id": "sub1"}


def test_without_a_subaccount_nothing_is_filled_in():
    assert body_of(build_request(LOOK, {}, settings())) == {}


# --- the key -----------------------------------------------------------------------------------------------------


def test_the_key_goes_in_a_header_by_default_and_nowhere_else():
    request = build_request(EMAIL, {"a": 1}, settings())
    assert dict(request.headers)["X-Smtp2go-Api-Key"] == KEY
    assert [name for name, value in request.headers if KEY in value] == ["X-Smtp2go-Api-Key"]
    assert body_of(request) == {"a": 1}


def test_the_key_goes_as_a_bearer_token_when_asked_and_nowhere_else():
    request = build_request(EMAIL, {"a": 1}, settings(auth="bearer"))
    assert dict(request.headers)["Authorization"] == f"Bearer {KEY}"
    assert [name for name, value in request.headers if KEY in value] == ["Authorization"]
    assert body_of(request) == {"a": 1}


def test_the_key_goes_in_the_body_when_asked_and_nowhere_else():
    request = build_request(EMAIL, {"a": 1}, settings(auth="body"))
    assert body_of(request) == {"a": 1, "api_key": KEY}
    assert not any(KEY in value for _, value in request.headers)


@pytest.mark.parametrize("auth", ["header", "bearer", "body"])
def test_an_operation_that_wants_the_key_in_its_body_gets_it_there(auth):
    assert body_of(build_request(LEGACY, {}, settings(auth=auth)))["api_key"] == KEY


def test_every_request_names_its_type_and_this_client():
    headers = dict(build_request(EMAIL, {}, settings()).headers)
    assert headers["Content-Type"] == headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("smtp2go-async/")


def test_the_headers_and_the_body_are_not_in_the_repr_of_a_request():
    request = build_request(EMAIL, {"to": ["jane@example.com"]}, settings(auth="body"))
    assert KEY not in repr(request)
    assert "jane" not in repr(request)


# --- extra fields ------------------------------------------------------------------------------------------------


def test_extra_fields_are_added_to_the_body():
    request = build_request(EMAIL, {"a": 1}, settings(extra_body={"new_field": [1]}))
    assert body_of(request) == {"a": 1, "new_field": [1]}


def test_an_extra_field_replaces_one_of_the_call():
    assert body_of(build_request(EMAIL, {"a": 1}, settings(extra_body={"a": 2}))) == {"a": 2}


def test_an_extra_field_that_is_none_is_sent_as_null_because_somebody_wrote_it():
    assert body_of(build_request(EMAIL, {}, settings(extra_body={"a": None}))) == {"a": None}


def test_extra_fields_can_not_replace_the_key():
    request = build_request(EMAIL, {}, settings(auth="body", extra_body={"api_key": "other"}))
    assert body_of(request)["api_key"] == KEY


def test_neither_the_fields_nor_the_extra_fields_are_changed():
    fields, extra = {"a": None, "b": 1}, {"c": 2}
    build_request(LOOK, fields, settings(auth="body", subaccount_id="sub1", extra_body=extra))
    assert (fields, extra) == ({"a": None, "b": 1}, {"c": 2})


# --- sizes -------------------------------------------------------------------------------------------------------


def text_for(length, field="a"):
    """Make text with which ``{"a":"..."}`` has exactly this many bytes."""
    return "x" * (length - len(f'{{"{field}":""}}'))


def test_an_email_body_of_exactly_the_limit_is_accepted():
    request = build_request(EMAIL, {"a": text_for(1000)}, settings(max_email_bytes=1000))
    assert request.body.length == 1000


def test_an_email_body_one_byte_over_the_limit_is_refused_with_both_numbers():
    with pytest.raises(
        ValueError, match=r"^a: is too large: the whole body of /email/send has 1,001 bytes.*max_email_bytes is 1,000$"
    ):
        build_request(EMAIL, {"a": text_for(1001)}, settings(max_email_bytes=1000))


def test_the_error_for_a_body_that_is_too_large_names_its_largest_field():
    fields = {"subject": "x" * 300, "html_body": "x" * 500, "to": ["jane@example.com"]}
    with pytest.raises(ValueError, match=r"^html_body: is too large: "):
        build_request(EMAIL, fields, settings(max_email_bytes=800))


def test_the_limit_counts_attachments_as_base64():
    from smtp2go_async._content.blobs import MemoryBlob

    over = {"fileblob": MemoryBlob(b"x" * 600)}  # 800 in base64
    assert build_request(EMAIL, over, settings(max_email_bytes=815)).body.length == 815
    with pytest.raises(ValueError, match="815 bytes"):
        build_request(EMAIL, over, settings(max_email_bytes=814))


def test_the_limit_counts_bytes_and_not_characters():
    with pytest.raises(ValueError, match="18 bytes"):
        build_request(EMAIL, {"a": "é" * 5}, settings(max_email_bytes=17))


def test_the_limit_counts_a_file_that_has_not_been_read(tmp_path):
    from smtp2go_async._content.blobs import PathBlob

    large = tmp_path / "large.bin"
    with open(large, "wb") as file:
        file.truncate(MAX_EMAIL_BYTES)
    with pytest.raises(ValueError, match="66,6"):
        build_request(EMAIL, {"fileblob": PathBlob(str(large))}, settings())


def test_email_calls_may_have_50_megabytes():
    assert settings().max_email_bytes == MAX_EMAIL_BYTES == 50_000_000


def test_any_other_call_of_exactly_one_megabyte_is_accepted():
    assert build_request(PLAIN, {"a": text_for(1_000_000)}, settings()).body.length == MAX_OTHER_BYTES == 1_000_000


def test_the_email_limit_does_not_raise_the_limit_of_other_calls():
    with pytest.raises(
        ValueError, match=r"^a: is too large: the whole body of /sms/send has 1,000,001 bytes, the limit is 1,000,000$"
    ):
        build_request(PLAIN, {"a": text_for(1_000_001)}, settings(max_email_bytes=90_000_000))
