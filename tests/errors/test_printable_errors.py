"""Can what an error says be written to any log and any terminal, whatever the API has put into its answer?"""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async._masking import one_line
from smtp2go_async._operation import Operation
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async._wire.settings import Settings
from smtp2go_async.bulk.outcome import Outcome
from smtp2go_async.endpoints.email import SEND
from smtp2go_async.endpoints.sms import SEND as SEND_SMS
from smtp2go_async.errors import ApiError, PagingError, ReplyError, SendRefusedError, Smtp2goError
from smtp2go_async.retry import CallEffect

SETTINGS = Settings(api_key="api-" + "A" * 32, base_url="https://api.smtp2go.com/v3")
READ = Operation("/domain/view", dict, effect=CallEffect.READ)
ODD = "half \ud83d, red \x1b[31m, bell \x07, C1 \x9b2J, turned \u202e round, nothing \x00"
TOLD = r"half \ud83d, red \x1b[31m, bell \x07, C1 \x9b2J, turned \u202e round, nothing \x00"


def refused(data, status=400, operation=READ, request_id="r-1"):
    content = json.dumps({"request_id": request_id, "data": data}).encode()
    with pytest.raises(Smtp2goError) as caught:
        parse_response(operation, Response(status, content), SETTINGS)
    return caught.value


def test_the_message_of_a_refusal_is_shown_with_escapes_and_kept_as_it_came():
    error = refused({"error": ODD, "error_code": "E_ApiResponseCodes.API_EXCEPTION"})
    assert str(error) == f"/domain/view 400 API_EXCEPTION: {TOLD} (request r-1)"
    assert repr(error) == f"<ApiError {error}>"
    assert error.message == ODD


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\n\n\t"])
def test_a_message_of_several_lines_is_one_line_in_a_log(end):
    error = refused({"error": f"no{end}2026-06-01 INFO all is well", "error_code": "X"})
    assert str(error) == "/domain/view 400 X: no 2026-06-01 INFO all is well (request r-1)"


@pytest.mark.parametrize("place", ["error", "error_code"])
@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_every_text_of_a_refusal_can_be_written(place, status):
    error = refused({"error": "no", "error_code": "X", place: ODD}, status)
    assert TOLD in str(error)
    str(error).encode()


def test_the_request_id_and_the_fields_can_be_written():
    error = refused(
        {"error": "no", "field_validation_errors": {"fieldname": f"a{ODD}", "message": f"b{ODD}"}}, request_id=ODD
    )
    assert str(error) == f"/domain/view 400: no [a{TOLD}: b{TOLD}] (request {TOLD})"
    assert error.field_errors == {f"a{ODD}": f"b{ODD}"}
    assert error.request_id == ODD


def test_a_code_is_masked_and_has_an_end():
    error = refused({"error": "no", "error_code": "jane@example.com" + "x" * 10_000})
    assert "jane" not in str(error)
    assert len(str(error)) < 2500
    assert len(str(ApiError("no", request_id="x" * 10_000))) < 2500


@pytest.mark.parametrize(
    ("operation", "data"),
    [
        (SEND, {"succeeded": 0, "failed": 1, "failures": [ODD + "\nsecond line"]}),
        (SEND_SMS, {"messages": [{"status": "failed"}], "statuses": {"failed": 1}}),
    ],
)
def test_the_reasons_of_a_refused_send_can_be_written(operation, data):
    error = refused(data, 200, operation, request_id=ODD)
    assert isinstance(error, SendRefusedError)
    assert str(error).isprintable()
    assert str(error).endswith(f"(request {TOLD})")
    assert repr(error.result).encode()
    assert error.failures[0].startswith(("half \ud83d", "1 failed"))


@given(st.text(st.characters(categories=None), max_size=50), st.integers(0, 3))
def test_no_text_of_the_api_makes_an_error_that_can_not_be_written(text, place):
    made = [
        ApiError(text, operation="/domain/view", status=400),
        ApiError("no", code=text, request_id=text, field_errors={text: text}),
        ReplyError(text),
        PagingError(text, last=text),
    ][place]
    outcome = Outcome(reference=text, status="failed", email_id=text, error=ValueError(text))
    for shown in (str(made), repr(made), repr(outcome), str(pickle.loads(pickle.dumps(made)))):
        shown.encode()
        assert len(shown.splitlines()) <= 1
        assert "\x1b" not in shown


@pytest.mark.parametrize("text", ["", "Straße", "日本語", "a\u00a0b", "👩\u200d💻", "\u00ad", "{}"])
def test_what_people_write_stays_as_it_is(text):
    assert one_line(text) == text


@pytest.mark.parametrize("message", [None, 5, b"no", ValueError("no")])
def test_an_error_made_of_another_object_than_text_shows_it(message):
    assert str(Smtp2goError(message)) == str(message)
