"""The pages under /sandbox, for a sandbox in a process of its own."""

import hashlib
import time

import httpx
import pytest

from smtp2go_async.sandbox.account import Account
from smtp2go_async.sandbox.app import create_app
from smtp2go_async.sandbox.faults import Faults


@pytest.fixture
def home(sandbox):
    with httpx.Client(base_url=sandbox.base_url.removesuffix("/v3"), trust_env=False, verify=False) as client:
        yield client


def test_the_front_page_says_what_this_is_and_lists_the_addresses(home):
    page = home.get("/").json()
    assert "SMTP2GO" in page["what"]
    assert "POST /sandbox/fail" in page["addresses"]


def test_emails_are_listed(home, http, sandbox, email, b64):
    files = [{"filename": "a.txt", "fileblob": b64(b"hello"), "mimetype": "text/plain"}]
    inlines = [{"filename": "logo.png", "url": "https://example.com/logo.png"}]
    http.post("/email/send", json=email(html_body="<p>", attachments=files, inlines=inlines))
    [listed] = home.get("/sandbox/emails").json()
    [sent] = sandbox.sent
    assert listed == {
        "email_id": sent.email_id,
        "via": "send",
        "sender": "shop@example.com",
        "recipients": ["jane@example.org"],
        "subject": "Hello",
        "size": len(sent.raw),
        "attachments": [
            {
                "filename": "a.txt",
                "mimetype": "text/plain",
                "size": 5,
                "sha256": hashlib.sha256(b"hello").hexdigest(),
                "cid": None,
                "url": None,
            },
            {
                "filename": "logo.png",
                "mimetype": "image/png",
                "size": 0,
                "sha256": hashlib.sha256(b"").hexdigest(),
                "cid": "logo.png",
                "url": "https://example.com/logo.png",
            },
        ],
        "request_id": sent.request_id,
        "received_at": sent.received_at.isoformat(),
        "template_id": None,
        "template_data": None,
        "schedule_id": None,
    }


def test_an_email_is_shown_as_it_would_have_gone_out(home, http, sandbox, email):
    email_id = [http.post("/email/send", json=email()).json()["data"]["email_id"] for _ in range(2)][1]
    answer = home.get(f"/sandbox/emails/{email_id}")
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.content == sandbox.sent[1].raw


def test_an_email_that_never_arrived_is_a_404(home):
    assert home.get("/sandbox/emails/1u0SwL-B9zBpi9ffUq-JAB2").status_code == 404


def test_scheduled_emails_are_listed(home, http, sandbox, email):
    schedule = int(time.time()) + 3600
    http.post("/email/send", json=email(schedule=schedule))
    [listed] = home.get("/sandbox/scheduled").json()
    [waiting] = sandbox.scheduled
    assert listed["schedule_id"] == waiting.schedule_id == listed["email"]["schedule_id"]
    assert (listed["schedule"], listed["client_ip"]) == (waiting.schedule.isoformat(), "127.0.0.1")


def test_texts_are_listed(home, http, sandbox):
    http.post("/sms/send", json={"destination": ["+12025550123"], "content": "Hi"})
    [listed] = home.get("/sandbox/sms").json()
    [text] = sandbox.sms
    assert listed == {
        "message_id": text.message_id,
        "destination": "+12025550123",
        "sender": "",
        "content": "Hi",
        "units": 1,
        "status": "queued",
        "request_id": text.request_id,
        "received_at": text.received_at.isoformat(),
    }


def test_requests_are_listed_with_the_key_masked(home, http, sandbox, email):
    http.post("/email/send", json=email())
    answer = home.get("/sandbox/requests")
    [listed] = answer.json()
    assert (listed["method"], listed["path"], listed["status"]) == ("POST", "/v3/email/send", 200)
    assert listed["body"] == email()
    assert listed["size"] > 0
    assert sandbox.api_key not in answer.text


def test_a_body_that_is_not_valid_unicode_can_be_listed(home, http):
    http.post("/sms/summary", content=b'{"x": "\\ud800"}', headers={"Content-Type": "application/json"})
    assert home.get("/sandbox/requests").json()[0]["body"] == {"x": "\ud800"}


def test_an_email_that_can_not_be_shown_does_not_hide_the_others(home, http, sandbox, email):
    for subject in ("one", "two", "three"):
        http.post("/email/send", json=email(subject=subject))

    def fail():
        raise RuntimeError("secret")

    object.__setattr__(sandbox.sent[1], "_build", fail)
    first, second, third = home.get("/sandbox/emails").json()
    assert (first["subject"], third["subject"]) == ("one", "three")
    assert second == {
        "error": "can't be shown (RuntimeError)",
        "email_id": sandbox.sent[1].email_id,
        "request_id": sandbox.sent[1].request_id,
        "sender": "shop@example.com",
        "recipients": ["jane@example.org"],
        "subject": "two",
    }


def test_looking_is_not_recorded_as_a_request(home, sandbox):
    home.get("/sandbox/requests")
    assert sandbox.requests == ()


def test_failures_can_be_planned_over_http(home, http, email):
    assert home.post("/sandbox/fail", json={"status": 503, "count": 2, "path": "/email/send"}).status_code == 204
    assert [http.post("/email/send", json=email()).status_code for _ in range(3)] == [503, 503, 200]


@pytest.mark.parametrize("content", [b"{}", b'{"status": 1}', b'{"color": "red"}', b"[1]", b"hello"])
def test_an_invalid_failure_is_answered_with_400(home, content):
    answer = home.post("/sandbox/fail", content=content)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_accepted_emails_and_texts_are_counted(home, http, email):
    for subject, reference in (("one", "r-1"), ("one", "r-2"), ("two", "r-2")):
        header = {"header": "X-Ref", "value": reference}
        http.post("/email/send", json=email(subject=subject, custom_headers=[header]))
    http.post("/sms/send", json={"destination": ["+12025550123"], "content": "Hi"})

    def counts(**query):
        return home.get("/sandbox/counts", params=query).json()

    assert counts(by="subject") == {"one": 2, "two": 1}
    assert counts(header="x-ref") == {"r-1": 1, "r-2": 2}
    assert counts(by="destination") == {"+12025550123": 1}
    assert counts(by="path") == {"/v3/email/send": 3, "/v3/sms/send": 1}


@pytest.mark.parametrize("query", [{}, {"by": "color"}, {"by": "subject", "header": "X-Ref"}])
def test_an_invalid_count_is_answered_with_400(home, query):
    answer = home.get("/sandbox/counts", params=query)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("by")


def test_chaos_can_be_asked_for_over_http(home, http, email):
    assert home.post("/sandbox/chaos", json={"share": 1, "seed": 1, "kinds": ["refused"]}).status_code == 204
    assert http.post("/email/send", json=email()).status_code == 400
    assert home.get("/").status_code == 200
    assert home.post("/sandbox/chaos", json={"share": 0}).status_code == 204
    assert http.post("/email/send", json=email()).status_code == 200


@pytest.mark.parametrize(
    "content", [b"{}", b'{"share": 2}', b'{"share": 1, "kinds": 5}', b'{"share": 1, "kinds": ["flood"]}', b"hello"]
)
def test_invalid_chaos_is_answered_with_400(home, content):
    answer = home.post("/sandbox/chaos", content=content)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_everything_can_be_cleared_over_http(home, http, sandbox, email):
    http.post("/email/send", json=email())
    sandbox.fail_next(status=500)
    assert home.post("/sandbox/clear").status_code == 204
    assert (sandbox.sent, sandbox.requests) == ((), ())
    assert http.post("/email/send", json=email()).status_code == 200


async def test_other_machines_may_use_the_api(email):
    account = Account()
    transport = httpx.ASGITransport(create_app(account, Faults()), client=("203.0.113.9", 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.example") as http:
        headers = {"X-Smtp2go-Api-Key": account.api_key}
        assert (await http.post("/v3/email/send", json=email(), headers=headers)).status_code == 200
    assert len(account.sent) == 1
