"""Random requests of any kind: the sandbox itself never fails."""

import base64
import json
from urllib.parse import quote

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.account import Account
from smtp2go_async.sandbox.app import create_app
from smtp2go_async.sandbox.faults import Faults

OPERATIONS = [
    "/email/send",
    "/email/mime",
    "/email/batch",
    "/email/scheduled/search",
    "/email/scheduled/remove",
    "/activity/search",
    "/sms/send",
    "/sms/summary",
    "/sms/view-sent",
    "/sms/view-received",
]
LISTS = ["/sandbox/emails", "/sandbox/scheduled", "/sandbox/sms", "/sandbox/requests", "/sandbox/counts?by=subject"]
WORDS = """
    sender to cc bcc subject text_body html_body custom_headers attachments inlines template_id template_data schedule
    fastaccept mime_email emails schedule_id search_subject limit page start_date end_date search event_types region
    only_latest continue_token include_headers search_usernames destination content unix_start username header value
    filename fileblob mimetype url api_key count status body headers delay path share seed kinds
"""
FIELDS = WORDS.split()

TEXT = st.text(max_size=30) | st.sampled_from(
    [
        "a@example.com",
        "Jörg <a@example.com>",
        "message/rfc822",
        "text/plain; charset=none; name*=utf-8''x",
        "=?utf-8?q?=C3?=",
        "2026-11-21 12:30:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "\ud800",
        "a\u2028b\x00",
        "(" * 3000 + "ü <a@example.com>",
        "delivered",
        "/email/send",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
JSON = st.recursive(
    SCALARS | st.sampled_from([10**400, -(10**400), 1e308]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8)

FILES = st.sampled_from(
    [
        b"Subject: \xff\n\nx",
        b"Content-Type: text/plain; charset=none\n\n\xff",
        b"Content-Transfer-Encoding: base64\nContent-Type: multipart/mixed; boundary=x\n\n!!!!=",
        b"From: \xe9\r\nTo: =?x?q?=FF?=\r\nContent-Type: message/rfc822\n\nx",
        b"",
    ]
) | st.binary(max_size=60)


def encoded(content):
    return base64.b64encode(content).decode()


ATTACHMENTS = st.lists(
    st.fixed_dictionaries({"filename": TEXT, "fileblob": FILES.map(encoded)}, optional={"mimetype": TEXT}), max_size=3
)
EMAILS = st.fixed_dictionaries(
    {
        "sender": st.sampled_from(["a@example.com", "Jörg \u00a1 <a@example.com>", '"x\\"y" <b@example.com>']),
        "to": st.lists(st.sampled_from(["a@example.com", "\u2028 ü <a@example.com>"]), min_size=1, max_size=3),
        "subject": TEXT,
        "text_body": TEXT,
    },
    optional={
        "html_body": TEXT,
        "attachments": ATTACHMENTS,
        "inlines": ATTACHMENTS,
        "template_id": TEXT,
        "template_data": st.dictionaries(TEXT, JSON, max_size=2),
        "custom_headers": st.lists(
            st.fixed_dictionaries(
                {"header": st.sampled_from(["Date", "To", "Reply-To", "X-A", "Content-ID"]), "value": TEXT}
            )
        ),
    },
)

LINES = st.sampled_from(
    [
        b"From: a@example.com",
        b"To: b@example.com",
        b"Cc: \xff <c@example.com>",
        b"To: " + b"(" * 3000,
        b"Subject: =?utf-8?q?=FF?= \xff",
        b"Subject: =?none?b?!!?=",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/mixed; boundary*=none'x'b",
        b"Content-Type: message/rfc822",
        b"Content-Type: message/delivery-status",
        b"Content-Type: text/plain; charset=none; name*0*=utf-8''%ff; name*1=x",
        b"Content-Disposition: attachment; filename*=none''x",
        b"Content-Disposition: attachment; filename=\xff",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-ID: \xff",
        b" continued",
        b"no header",
        b"",
        b"--b",
        b"--b--",
        b"!!!=",
    ]
) | st.binary(max_size=20)
MIME = st.builds(
    lambda ready, lines, end: end.join([b"From: a@example.com", b"To: b@example.com"] * ready + lines),
    st.booleans(),
    st.lists(LINES, max_size=20),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
)

MANY = examples(60, suppress_health_check=[HealthCheck.too_slow])


def run(*calls):
    """Make calls to a new sandbox, then look at all that it shows; an error of its own is raised."""
    account = Account()

    async def all_of_them():
        transport = httpx.ASGITransport(create_app(account, Faults()), client=("127.0.0.1", 1))
        headers = {"X-Smtp2go-Api-Key": account.api_key, "Content-Type": "application/json"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http:
            answers = [await http.request(method, path, content=body) for method, path, body in calls]
            shown = [await http.get(path) for path in LISTS]
            shown += [await http.get(f"/sandbox/emails/{email.email_id}") for email in account.sent]
            search = json.dumps({"include_headers": True, "custom_headers": ["Subject"]})
            shown.append(await http.post("/v3/activity/search", content=search))
        for answer in answers:
            assert answer.status_code < 500, answer.text
        for answer in shown:
            assert answer.status_code == 200, answer.text
            assert "can't be shown" not in answer.text
        return answers

    return anyio.run(all_of_them)


def as_json(body):
    return json.dumps(body).encode()


@MANY
@given(st.sampled_from([f"/v3{path}" for path in OPERATIONS]), OBJECTS | JSON)
def test_any_json_to_any_operation(path, body):
    run(("POST", path, as_json(body)))


@MANY
@given(EMAILS, st.booleans())
def test_any_email(email, batch):
    run(
        ("POST", "/v3/email/batch", as_json({"emails": [email]}))
        if batch
        else ("POST", "/v3/email/send", as_json(email))
    )


@MANY
@given(MIME, st.booleans())
def test_any_ready_message(raw, fastaccept):
    run(("POST", "/v3/email/mime", as_json({"mime_email": encoded(raw), "fastaccept": fastaccept})))


@MANY
@given(st.sampled_from(["/sandbox/fail", "/sandbox/chaos", "/sandbox/clear"]), OBJECTS | JSON)
def test_any_json_to_the_addresses_beside_the_api(path, body):
    account = Account()

    async def call():
        transport = httpx.ASGITransport(create_app(account, Faults()), client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.post(path, content=as_json(body))

    assert anyio.run(call).status_code in {204, 400}


@MANY
@given(st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]), st.text(max_size=20), st.binary(max_size=50))
def test_any_bytes_to_any_path(method, path, body):
    run((method, f"/v3/{quote(path)}", body), (method, f"/sandbox/{quote(path)}", body))


PLANS = st.fixed_dictionaries(
    {"status": st.integers(200, 599) | st.sampled_from([204, 205, 304])},
    optional={
        "body": JSON,
        "headers": st.dictionaries(st.sampled_from(["X-A", "Content-Type", "content-length", "Date", "a b"]), TEXT),
        "count": st.just(1),
    },
)


def open_client(sandbox):
    return httpx.Client(base_url=sandbox.base_url.removesuffix("/v3"), trust_env=False, verify=False)


def test_any_planned_failure_is_the_response():
    with Sandbox() as sandbox, open_client(sandbox) as http:

        @MANY
        @given(PLANS)
        def plan_and_call(plan):
            planned = http.post("/sandbox/fail", content=as_json(plan))
            assert planned.status_code in {204, 400}
            if planned.status_code == 204:
                assert http.post("/v3/email/send").status_code == plan["status"]

        plan_and_call()


@pytest.mark.parametrize("depth", [50, 101, 500, 900, 5_000, 200_000])
@pytest.mark.parametrize("path", ["/v3/email/send", "/v3/activity/search", "/sandbox/fail", "/sandbox/chaos"])
def test_json_that_is_nested_deeply(email, path, depth):
    body = as_json(email(template_data={"x": "HERE"})).replace(b'"HERE"', b"[" * depth + b"]" * depth)
    (answer,) = run(("POST", path, body))
    assert answer.status_code == (200 if depth == 50 and path.startswith("/v3") else 400)


def test_template_data_may_be_nested_up_to_the_limit(email):
    data = as_json(email(template_data={"x": "HERE"}, template_id="shown")).replace(b'"HERE"', b"[" * 90 + b"]" * 90)
    template = {"id": "shown", "template_name": "t", "subject": "s", "html_body": "", "text_body": "{{x}}"}
    _, answer = run(("POST", "/v3/template/add", as_json(template)), ("POST", "/v3/email/send", data))
    assert answer.json()["data"]["succeeded"] == 1


@pytest.mark.parametrize("depth", [50, 500, 5_000])
@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=%d", "message/rfc822"])
def test_parts_that_are_nested_deeply(depth, kind):
    raw = b"From: a@example.com\nTo: b@example.com\nSubject: deep\n"
    for level in range(depth):
        raw += b"Content-Type: " + (kind % level if "%" in kind else kind).encode() + b"\n\n"
        raw += b"--%d\n" % level if "%" in kind else b""
    (answer,) = run(("POST", "/v3/email/mime", as_json({"mime_email": encoded(raw + b"\nend\n")})))
    assert answer.json()["data"]["succeeded"] == 1
