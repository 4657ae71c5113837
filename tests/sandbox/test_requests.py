"""Over HTTP: keys, methods, paths, bodies, the envelope, and the record of the requests."""

import time
import uuid

import httpx
import pytest

from smtp2go_async.sandbox import Sandbox

UNKNOWN_KEY = "api-" + "0" * 32


@pytest.fixture
def anonymous(sandbox):
    with httpx.Client(base_url=sandbox.base_url, trust_env=False, verify=False) as client:
        yield client


def error_code(answer):
    body = answer.json()
    assert uuid.UUID(body["request_id"])
    return body["data"]["error_code"].removeprefix("E_ApiResponseCodes.")


def test_an_email_arrives_over_http(http, sandbox, email):
    answer = http.post("/email/send", json=email(to=["Jörg <joerg@example.org>"]))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert uuid.UUID(body["request_id"])
    assert body["data"]["email_id"] == sandbox.sent[0].email_id
    assert sandbox.sent[0].message["To"].addresses[0].display_name == "Jörg"


@pytest.mark.parametrize("way", ["header", "bearer", "body"])
def test_the_key_is_taken_from_each_of_its_three_places(anonymous, sandbox, email, way):
    headers = {
        "header": {"X-Smtp2go-Api-Key": sandbox.api_key},
        "bearer": {"Authorization": f"Bearer {sandbox.api_key}"},
        "body": {},
    }[way]
    fields = email(api_key=sandbox.api_key) if way == "body" else email()
    assert anonymous.post("/email/send", json=fields, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({}, {}),
        ({"X-Smtp2go-Api-Key": "secret"}, {}),
        ({"X-Smtp2go-Api-Key": ""}, {}),
        ({"Authorization": f"Basic {UNKNOWN_KEY}"}, {}),
        ({"Authorization": "Bearer"}, {}),
        ({}, {"api_key": 5}),
        ({}, {"api_key": "api-short"}),
    ],
)
def test_an_absent_or_malformed_key_is_answered_with_403(anonymous, sandbox, email, headers, fields):
    answer = anonymous.post("/email/send", json=email(**fields), headers=headers)
    assert (answer.status_code, error_code(answer)) == (403, "INVALID_IN_PAYLOAD")
    assert sandbox.sent == ()


def test_an_unknown_key_is_answered_with_500_as_the_provider_does(anonymous, sandbox, email):
    answer = anonymous.post("/email/send", json=email(), headers={"X-Smtp2go-Api-Key": UNKNOWN_KEY})
    assert (answer.status_code, error_code(answer)) == (500, "API_EXCEPTION")
    assert answer.json()["data"]["error"] == "An API User matching the passed 'api_key' was not found"
    assert sandbox.sent == ()


def test_a_body_that_is_not_json_and_has_no_key_is_answered_with_403(anonymous):
    assert anonymous.post("/email/send", content=b"hello").status_code == 403


def test_a_sandbox_can_have_a_key_of_its_own(email):
    key = "api-" + "a1B2" * 8
    with Sandbox(api_key=key) as sandbox:
        assert sandbox.api_key == key
        answer = httpx.post(
            f"{sandbox.base_url}/email/send",
            json=email(),
            headers={"X-Smtp2go-Api-Key": key},
            trust_env=False,
            verify=False,
        )
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_than_post_are_answered_with_405(http, method):
    answer = http.request(method, "/email/send")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert error_code(answer) == "API_EXCEPTION"


@pytest.mark.parametrize("path", ["/email", "/email/send/", "//email/send", "/stats/nothing", "/email/send/x"])
def test_an_unknown_path_is_answered_with_404(http, sandbox, email, path):
    answer = http.post(sandbox.base_url + path, json=email())
    assert (answer.status_code, error_code(answer)) == (404, "API_EXCEPTION")


def test_nothing_is_redirected(http, sandbox):
    home = sandbox.base_url.removesuffix("/v3")
    for address in (sandbox.base_url, f"{home}/sandbox", f"{home}/sandbox/emails/"):
        assert http.get(address, follow_redirects=False).status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"[]",
        b'"text"',
        b"null",
        b'{"sender": NaN}',
        b'{"sender": "\xff"}',
        b'{"open": ',
        b"[" * 100_000,
        '{"sender": "a@example.com"}'.encode("utf-16"),
    ],
)
def test_a_body_that_is_not_a_json_object_is_answered_with_400(http, content):
    answer = http.post("/email/send", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, error_code(answer)) == (400, "NON_VALIDATING_IN_PAYLOAD")
    assert "field_validation_errors" not in answer.json()["data"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_json_that_is_not_declared_as_json_is_answered_with_400(http, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    answer = http.post("/sms/summary", content=b"{}", headers=headers)
    assert (answer.status_code, error_code(answer)) == (400, "NON_VALIDATING_IN_PAYLOAD")


def test_a_charset_in_the_content_type_is_accepted(http):
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert http.post("/sms/summary", content=b"{}", headers=headers).status_code == 200


def test_a_broken_rule_names_its_field_in_the_reply(http, email):
    answer = http.post("/email/send", json=email(to=[]))
    assert (answer.status_code, error_code(answer)) == (400, "NON_VALIDATING_IN_PAYLOAD")
    assert answer.json()["data"]["field_validation_errors"]["fieldname"] == "to"


def test_the_two_sms_views_answer_without_a_request_id_beside_data(http):
    answer = http.post("/sms/view-sent", json={})
    assert list(answer.json()) == ["data"]
    assert uuid.UUID(answer.json()["data"]["request_id"])


def test_the_client_address_is_kept_with_a_scheduled_email(http, sandbox, email):
    schedule = int(time.time()) + 3600
    http.post("/email/send", json=email(schedule=schedule))
    [found] = http.post("/email/scheduled/search", json={}).json()["data"]
    assert found["client_ip"] == "127.0.0.1"


def test_each_request_is_recorded_with_its_status(http, sandbox, email):
    http.post("/email/send", json=email())
    http.post("/email/send", json=email(to=[]))
    http.get("/nowhere")
    recorded = [(request.method, request.path, request.status) for request in sandbox.requests]
    assert recorded == [("POST", "/v3/email/send", 200), ("POST", "/v3/email/send", 400), ("GET", "/v3/nowhere", 404)]
    assert sandbox.requests[0].body == email()
    assert sandbox.requests[0].size == int(sandbox.requests[0].headers["content-length"])
    assert sandbox.requests[2].body is None


def test_recorded_headers_have_lower_case_names_and_repeats_joined(http, sandbox):
    http.post("/sms/summary", content=b"{}", headers=[("X-Thing", "one"), ("x-thing", "two")])
    assert sandbox.requests[0].headers["x-thing"] == "one, two"


def test_the_key_is_masked_wherever_it_was_recorded(anonymous, sandbox, email):
    anonymous.post("/email/send", json=email(api_key=sandbox.api_key))
    anonymous.post("/email/send", json=email(), headers={"X-Smtp2go-Api-Key": sandbox.api_key})
    anonymous.post("/email/send", json=email(), headers={"Authorization": f"Bearer {sandbox.api_key}"})
    anonymous.post("/email/send", json=email(), headers={"Authorization": sandbox.api_key})
    anonymous.post("/email/send", json=email(api_key="my secret"))
    in_body, in_header, in_bearer, bare, malformed = sandbox.requests
    masked = "api-SANDBOX0SAND" + "*" * 20
    assert in_body.body["api_key"] == masked
    assert in_header.headers["x-smtp2go-api-key"] == masked
    assert in_bearer.headers["authorization"] == f"Bearer {masked}"
    assert bare.headers["authorization"] == masked
    assert malformed.body["api_key"] == "*" * 36


def test_the_newest_requests_are_kept_and_all_emails(email):
    with Sandbox(keep_requests=2) as sandbox:
        headers = {"X-Smtp2go-Api-Key": sandbox.api_key}
        with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, verify=False) as http:
            for number in range(3):
                http.post("/email/send", json=email(subject=str(number)))
        assert [request.body["subject"] for request in sandbox.requests] == ["1", "2"]
        assert [sent.subject for sent in sandbox.sent] == ["0", "1", "2"]
        assert sandbox.counts("path") == {"/v3/email/send": 3}


def test_a_response_is_not_held_back_by_the_network_stack(http):
    begin = time.monotonic()
    for _ in range(20):
        http.post("/sms/summary", json={})
    # 40 ms each where small packets wait for the acknowledgement of those before.
    assert time.monotonic() - begin < 20 * 0.03


def test_connections_are_kept_alive_between_calls(http, email):
    streams = {
        id(http.post("/email/send", json=email()).extensions["network_stream"].get_extra_info("socket"))
        for _ in range(3)
    }
    assert len(streams) == 1
