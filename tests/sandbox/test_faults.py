"""Failures on demand."""

import json
import time

import httpx
import pytest

from smtp2go_async.sandbox.faults import Faults


def test_a_planned_status_comes_instead_of_the_call(http, sandbox, email):
    sandbox.fail_next(2, status=503)
    statuses = [http.post("/email/send", json=email()).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert len(sandbox.sent) == 1
    assert [request.status for request in sandbox.requests] == [503, 503, 200]


@pytest.mark.parametrize(
    ("status", "error_code"),
    [(400, "API_EXCEPTION"), (401, "INVALID_IN_PAYLOAD"), (429, "REQ_LIMIT_EXCEEDED"), (502, "API_EXCEPTION")],
)
def test_a_planned_status_has_an_error_in_the_providers_form(http, sandbox, email, status, error_code):
    sandbox.fail_next(status=status)
    answer = http.post("/email/send", json=email())
    body = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert body["data"]["error_code"] == f"E_ApiResponseCodes.{error_code}"
    assert body["request_id"]


@pytest.mark.parametrize(
    ("body", "content", "content_type"),
    [
        ({"data": {"error": "x"}}, b'{"data": {"error": "x"}}', "application/json"),
        ([1], b"[1]", "application/json"),
        ("<html>Bad Gateway</html>", b"<html>Bad Gateway</html>", "text/html; charset=utf-8"),
        ("slow down", b"slow down", "text/plain; charset=utf-8"),
        (b"\xff\x00", b"\xff\x00", "text/plain; charset=utf-8"),
        ("", b"", "text/plain; charset=utf-8"),
    ],
)
def test_a_planned_body_is_sent_as_it_is(http, sandbox, email, body, content, content_type):
    sandbox.fail_next(status=502, body=body)
    answer = http.post("/email/send", json=email())
    assert (answer.content, answer.headers["content-type"]) == (content, content_type)


def test_planned_headers_are_sent(http, sandbox, email):
    sandbox.fail_next(status=429, body="{}", headers={"Retry-After": "7", "Content-Type": "application/json"})
    answer = http.post("/email/send", json=email())
    assert (answer.headers["retry-after"], answer.headers["content-type"]) == ("7", "application/json")


@pytest.mark.parametrize("status", [204, 304])
def test_a_planned_status_without_a_body_has_none(http, sandbox, email, status):
    sandbox.fail_next(status=status)
    answer = http.post("/email/send", json=email())
    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("path", ["/sms/send", "sms/send", "/v3/sms/send"])
def test_a_failure_can_be_for_one_path(http, sandbox, email, path):
    sandbox.fail_next(status=500, path=path)
    assert http.post("/email/send", json=email()).status_code == 200
    assert http.post("/sms/send", json={}).status_code == 500
    assert http.post("/sms/send", json={}).status_code == 400


def test_a_path_that_the_sandbox_does_not_serve_can_fail_as_planned_too(http, sandbox):
    sandbox.fail_next(status=200, body={"request_id": "r", "data": {"events": []}}, path="/stats/email_cycle")
    assert http.post("/stats/email_cycle", json={}).json()["data"] == {"events": []}


def test_failures_come_in_the_order_in_which_they_were_planned(http, sandbox, email):
    sandbox.fail_next(status=500)
    sandbox.fail_next(2, status=502)
    assert [http.post("/email/send", json=email()).status_code for _ in range(4)] == [500, 502, 502, 200]


def test_a_delay_alone_carries_out_the_call_and_answers_late(http, sandbox, email):
    sandbox.fail_next(delay=0.2)
    begin = time.monotonic()
    answer = http.post("/email/send", json=email())
    assert time.monotonic() - begin >= 0.2
    assert answer.json()["data"]["succeeded"] == 1


def test_a_client_that_gives_up_on_a_late_response_has_sent_its_email(http, sandbox, email):
    sandbox.fail_next(delay=30)
    with pytest.raises(httpx.ReadTimeout):
        http.post("/email/send", json=email(), timeout=httpx.Timeout(30.0, read=0.5))
    assert len(sandbox.sent) == 1


def test_a_planned_status_can_come_late(http, sandbox, email):
    sandbox.fail_next(status=503, delay=0.1)
    begin = time.monotonic()
    assert http.post("/email/send", json=email()).status_code == 503
    assert time.monotonic() - begin >= 0.1
    assert sandbox.sent == ()


def test_a_lost_reply_carries_out_the_call_and_closes_the_connection_without_a_byte(http, sandbox, email, caplog):
    sandbox.fail_next(lost_reply=True)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        http.post("/email/send", json=email())
    assert len(sandbox.sent) == 1
    assert sandbox.requests[0].status is None
    assert [record for record in caplog.records if record.name.startswith("uvicorn") and record.levelno > 20] == []


def test_a_call_can_be_carried_out_and_answered_with_an_error(http, sandbox, email):
    sandbox.fail_next(status=502, body="<html>Bad Gateway</html>", carry_out=True)
    answer = http.post("/email/send", json=email())
    assert (answer.status_code, answer.text) == (502, "<html>Bad Gateway</html>")
    assert len(sandbox.sent) == 1
    assert sandbox.requests[0].status == 502


def test_a_reply_lost_before_leaves_the_call_undone(http, sandbox, email):
    sandbox.fail_next(lost_reply="before")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        http.post("/email/send", json=email())
    assert sandbox.sent == ()
    assert http.post("/email/send", json=email()).status_code == 200


def test_a_connection_can_be_lost_late(http, sandbox, email):
    sandbox.fail_next(lost_reply=True, delay=0.1)
    begin = time.monotonic()
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/email/send", json=email())
    assert time.monotonic() - begin >= 0.1


def test_clear_forgets_planned_failures(http, sandbox, email):
    sandbox.fail_next(5, status=500)
    sandbox.clear()
    assert http.post("/email/send", json=email()).status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"count": 0, "status": 500},
        {"count": 1.5, "status": 500},
        {"count": True, "status": 500},
        {"status": 199},
        {"status": 600},
        {"status": "500"},
        {"status": True},
        {"delay": -1},
        {"delay": float("inf")},
        {"delay": float("nan")},
        {"delay": "1"},
        {"delay": True},
        {"lost_reply": "after"},
        {"lost_reply": True, "status": 500},
        {"body": "x"},
        {"delay": 1, "headers": {"A": "b"}},
        {"status": 204, "body": "x"},
        {"status": 500, "body": object()},
        {"status": 500, "headers": [("A", "b")]},
        {"status": 500, "headers": {"A b": "c"}},
        {"status": 500, "headers": {"A": "b\r\nc"}},
        {"status": 500, "headers": {"A": 5}},
        {"status": 500, "headers": {"A": "ü"}},
        {"status": 500, "headers": {"Content-Length": "5"}},
        {"status": 500, "path": 5},
        {"status": 500, "carry_out": 1},
        {"delay": 1, "carry_out": True},
        {"lost_reply": "before", "carry_out": True},
    ],
)
def test_an_invalid_failure_is_a_value_error(arguments):
    with pytest.raises(ValueError):
        Faults().plan(**arguments)


def test_a_failure_is_taken_as_often_as_it_was_planned():
    faults = Faults()
    faults.plan(2, status=500)
    taken = [faults.take("/v3/email/send") for _ in range(3)]
    assert [fault.status if fault else None for fault in taken] == [500, 500, None]


def test_the_default_error_of_a_429_is_the_published_one(http, sandbox):
    sandbox.fail_next(status=429)
    text = json.loads(http.post("/sms/summary", json={}).content)["data"]["error"]
    assert text == "This endpoint is rate limited to 1 request every 60 seconds"
