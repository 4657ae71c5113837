"""Every operation of the API in the sandbox: a valid request, a wrong key, a missing field and a wrong type.

Where the provider's specification is at hand, the answers are held against its schemas, too.
"""

import base64
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.rules import RequestError

TESTS = Path(__file__).parents[1]
FACTS = json.loads((TESTS / "contract" / "operations.json").read_text(encoding="utf-8"))
START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MAIL = {"sender": "shop@example.com", "to": ["jane@example.org"], "subject": "Hello", "text_body": "Hi"}
MIME = b"From: shop@example.com\r\nTo: jane@example.org\r\nSubject: Hello\r\n\r\nHi\r\n"
TEMPLATE = {"template_name": "Order", "subject": "Hello", "html_body": "<p>Hi</p>", "text_body": "Hi"}

VALID = {
    "activity.search": {},
    "allowed_recipients.add": {"allowed_recipients": ["example.org"]},
    "allowed_recipients.remove": {"allowed_recipients": ["example.org"]},
    "allowed_recipients.update": {"allowed_recipients": ["example.org"], "enabled": True},
    "allowed_recipients.view": {},
    "allowed_senders.add": {"allowed_senders": ["example.com"]},
    "allowed_senders.remove": {"allowed_senders": ["example.com"]},
    "allowed_senders.update": {"allowed_senders": ["example.com"], "mode": "whitelist"},
    "allowed_senders.view": {},
    "api_keys.add": {"custom_ratelimit": True, "custom_ratelimit_value": 5, "custom_ratelimit_period": "1 hour"},
    "api_keys.edit": {"id": "KEY"},
    "api_keys.patch": {"id": "KEY"},
    "api_keys.permissions": {},
    "api_keys.remove": {"id": "KEY"},
    "api_keys.view": {},
    "archive.email": {"email_id": "EMAIL"},
    "archive.search": {},
    "dedicated_ips.view": {},
    "domains.add": {"domain": "example.net"},
    "domains.remove": {"domain": "example.com"},
    "domains.returnpath": {"domain": "example.com", "old_subdomain": "back", "new_subdomain": "return"},
    "domains.subaccount_access": {"domain": "example.com", "subaccounts": ["OPEN"]},
    "domains.tracking": {"domain": "example.com", "old_subdomain": "link", "new_subdomain": "click"},
    "domains.verify": {"domain": "example.com"},
    "domains.view": {},
    "email.remove_scheduled": {"schedule_id": "SCHEDULE"},
    "email.search_scheduled": {},
    "email.send": MAIL,
    "email.send_batch": {"emails": [MAIL, MAIL]},
    "email.send_mime": {"mime_email": base64.b64encode(MIME).decode()},
    "ip_allow_list.add": {"api_key": "OWN", "ip_address": "192.0.2.2"},
    "ip_allow_list.edit": {"api_key": "OWN", "ip_address": "192.0.2.1", "new_ip_address": "192.0.2.3"},
    "ip_allow_list.remove": {"api_key": "OWN", "ip_address": "192.0.2.1"},
    "ip_allow_list.set_enabled": {"api_key": "OWN", "enabled": True},
    "ip_allow_list.view": {"api_key": "OWN"},
    "ip_auth.patch": {"ip_address": "192.0.2.10"},
    "ip_auth.remove": {"ip_address": "192.0.2.10"},
    "ip_auth.view": {},
    "single_sender_emails.add": {"email_address": "joe@example.com"},
    "single_sender_emails.remove": {"email_address": "jane@example.com"},
    "single_sender_emails.view": {},
    "smtp_users.add": {"username": "other@example.com"},
    "smtp_users.edit": {"username": "shop@example.com"},
    "smtp_users.patch": {"username": "shop@example.com"},
    "smtp_users.remove": {"username": "shop@example.com"},
    "smtp_users.view": {},
    "sms.send": {"destination": ["+12025550123"], "content": "Hi"},
    "sms.summary": {},
    "sms.view_received": {},
    "sms.view_sent": {},
    "stats.email_bounces": {},
    "stats.email_cycle": {},
    "stats.email_history": {},
    "stats.email_spam": {},
    "stats.email_summary": {},
    "stats.email_unsubs": {},
    "subaccounts.add": {"fullname": "West"},
    "subaccounts.close": {"id": "OPEN"},
    "subaccounts.edit": {"id": "OPEN"},
    "subaccounts.reopen": {"id": "CLOSED"},
    "subaccounts.search": {},
    "suppressions.add": {"email_address": "joe@example.org"},
    "suppressions.remove": {"email_address": "spam@example.org", "reasons": ["manual"]},
    "suppressions.view": {},
    "templates.add": {**TEMPLATE, "id": "other"},
    "templates.delete": {"id": "order"},
    "templates.edit": {"id": "order"},
    "templates.search": {},
    "templates.view": {"id": "order"},
    "webhooks.add": {"url": "https://example.com/hook"},
    "webhooks.edit": {"id": "WEBHOOK"},
    "webhooks.remove": {"id": "WEBHOOK"},
    "webhooks.view": {},
}
"""The fields of a valid request; words in capitals stand for what the prepared account has."""


WRONG = {"string": 5, "array": 5, "boolean": "yes", "integer": "five", "object": 5}
UNREAD = {
    ("webhooks.add", "custom_headers"): "its form is not published",
    ("webhooks.edit", "custom_headers"): "its form is not published",
    ("activity.search", "search_subject_op"): "its values are not published",
    ("activity.search", "search_sender_op"): "its values are not published",
    ("activity.search", "search_recipient_op"): "its values are not published",
}
"""Fields that may have any type in the sandbox, with the reason."""


class TickingClock:
    """A quarter of a minute passes between two looks, so that no limit of calls in a minute is reached."""

    def __init__(self):
        self.looks = 0

    def __call__(self):
        self.looks += 1
        return START + timedelta(seconds=15 * self.looks)


CLOCK = TickingClock()


@pytest.fixture(scope="module")
def shared():
    with Sandbox(clock=CLOCK) as sandbox:
        headers = {"X-Smtp2go-Api-Key": sandbox.api_key}
        with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, verify=False) as http:
            yield sandbox, http


@pytest.fixture
def prepared(shared):
    """Return a function that makes a call of an account that has one of everything."""
    sandbox, http = shared
    sandbox.clear()
    CLOCK.looks = 0
    sandbox.add_ip_auth("192.0.2.10", "Printer")
    pool = sandbox.add_ip_pool("Main pool", ["198.51.100.7"])

    def made(path, **body):
        # Without HTTP, which is tested by the calls of the tests themselves and takes thirty times as long.
        return sandbox._account.call(path, body)["data"]

    known = {"OWN": sandbox.api_key}
    known["KEY"] = made("/api_keys/add", description="Shop", ip_pool=pool, audit_email="a@example.com")[0]["api_key"]
    known["OPEN"] = made("/subaccount/add", fullname="North")["id"]
    known["CLOSED"] = made("/subaccount/add", fullname="South")["id"]
    made("/subaccount/close", id=known["CLOSED"])
    made("/domain/add", domain="example.com", returnpath_subdomain="back")
    made("/single_sender_emails/add", email_address="jane@example.com")
    made("/users/smtp/add", username="shop@example.com", custom_ratelimit=True, custom_ratelimit_value=5)
    made("/ip_allow_list/add", api_key=sandbox.api_key, ip_address="192.0.2.1")
    made("/suppression/add", email_address="spam@example.org")
    made("/template/add", id="order", **TEMPLATE)
    known["WEBHOOK"] = made("/webhook/add", url="https://example.com/hook")["id"]
    known["EMAIL"] = made("/email/send", **MAIL)["email_id"]
    known["SCHEDULE"] = made("/email/send", **MAIL, schedule="2026-11-23 12:00:00")["schedule_id"]
    made("/sms/send", destination=["+12025550123"], content="Hi")

    def filled(value):
        if isinstance(value, list):
            return [filled(item) for item in value]
        return known.get(value, value) if isinstance(value, str) else value

    def prepared_call(name, changes=None, without=None, sent=True, **more):
        fact = FACTS[name]
        body = {field: filled(value) for field, value in VALID[name].items()} | (changes or {})
        body.pop(without, None)
        if not sent:
            return body
        return http.request(fact["method"], fact["path"], json=body, **more)

    return prepared_call


def data_of(response):
    return response.json()["data"]


def refused_field(response):
    """Return the field that a request was refused for."""
    assert response.status_code == 400, response.text
    assert data_of(response)["error_code"] == "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"
    return data_of(response)["field_validation_errors"]["fieldname"]


def test_every_operation_of_the_table_is_tested():
    assert set(VALID) == set(FACTS)
    assert len(FACTS) == 73


@pytest.mark.parametrize("name", VALID)
def test_a_valid_request_is_carried_out(name, prepared):
    response = prepared(name)
    assert response.status_code == 200, response.text
    body = response.json()
    assert set(body) <= {"request_id", "data"}
    assert body.get("request_id") or body["data"]["request_id"]


@pytest.mark.parametrize("name", VALID)
def test_a_wrong_key_is_refused(name, prepared):
    other = prepared(name, headers={"X-Smtp2go-Api-Key": f"api-{'0' * 32}"})
    assert (other.status_code, data_of(other)["error_code"]) == (500, "E_ApiResponseCodes.API_EXCEPTION")
    assert "api_key" in data_of(other)["error"]
    malformed = prepared(name, headers={"X-Smtp2go-Api-Key": "key"})
    assert (malformed.status_code, data_of(malformed)["error_code"]) == (403, "E_ApiResponseCodes.INVALID_IN_PAYLOAD")


@pytest.mark.parametrize("name", VALID)
def test_a_missing_field_is_refused_by_its_name(name, prepared):
    required = [field for field, fact in FACTS[name]["fields"].items() if fact.get("required")]
    # The client adds this field by itself, so the table of its arguments does not have it.
    required += ["api_key"] if name.startswith("ip_allow_list") else []
    for field in required:
        assert refused_field(prepared(name, without=field)) == field


@pytest.mark.parametrize("name", VALID)
def test_a_wrong_type_is_refused_by_the_name_of_its_field(name, prepared):
    for field, fact in FACTS[name]["fields"].items():
        if (name, field) not in UNREAD:
            assert refused_field(prepared(name, {field: WRONG[fact["type"]]})) == field


ODD = (
    *(None, True, -1, 10**30, 1e308, "", " ", "x" * 10_000, "a\x00b", "\ud800", "é\n", "*", "../..", "@", "0"),
    *([], [[]], [None], ["", ""], [{}], {}, {"a": {"b": []}}, {"subaccounts": [5]}),
)


def status_of(account, fact, body):
    """Return the status of a call that is made without HTTP; any other error than the API's is the test's failure."""
    try:
        json.dumps(account.call(fact["path"], body, method=fact["method"]))
    except RequestError as error:
        return error.status
    return 200


@pytest.mark.parametrize("name", VALID)
def test_an_odd_value_in_any_field_is_taken_or_refused_and_nothing_else(name, prepared, shared):
    fact, account = FACTS[name], shared[0]._account
    for field in (*fact["fields"], "api_key"):
        for value in ODD:
            # So that no limit of calls in an hour is reached either.
            CLOCK.looks += 5
            status = status_of(account, fact, prepared(name, {field: value}, sent=False))
            assert status in ((200, 400, 403, 500) if field == "api_key" else (200, 400)), field


def test_a_key_that_may_send_alone_makes_no_other_call(prepared):
    secret = data_of(prepared("api_keys.add"))[0]["api_key"]
    found = {name: prepared(name, headers={"X-Smtp2go-Api-Key": secret}) for name in VALID}
    free = {"email.send", "api_keys.permissions"}
    assert {name for name, response in found.items() if response.status_code == 200} == free
    denied = {data_of(response)["error_code"] for name, response in found.items() if name not in free}
    assert denied == {"E_ApiResponseCodes.ENDPOINT_PERMISSION_DENIED"}


# --- against the published specification, where it is at hand ------------------------------------------------------

SPECIFICATION = Path(os.environ.get("SMTP2GO_OPENAPI") or TESTS.parents[1] / "shared" / "api" / "openapi.yml")

ENVELOPES = {
    "body.data[].data: missing": "the schema describes the envelope as if it were an item of the array",
    "body.data[].request_id: missing": "the schema describes the envelope as if it were an item of the array",
}
EVENTS = "no event has all of the fields that the schema requires, not even that of the provider's example"
EVENT_FIELDS = (
    *("bcc", "cc", "custom_headers", "email_client", "error", "headers", "host", "metadata", "outbound_ip", "reason"),
    *("reply_to", "smtp_response"),
)
DEVIATIONS = {
    "activity.search": {f"body.data.events[].{field}: missing": EVENTS for field in EVENT_FIELDS},
    "api_keys.add": ENVELOPES,
    "api_keys.edit": ENVELOPES,
    "api_keys.patch": ENVELOPES,
    "api_keys.permissions": {"body.data[]: str, not object": "the example has texts, as every reply that was seen"},
    "api_keys.view": ENVELOPES,
    "email.search_scheduled": {"body: dict, not array": "the example has the usual envelope"},
    "ip_auth.patch": ENVELOPES,
    "ip_auth.view": {"body.data.results[].ip_addres: missing": "the example spells the field ip_address"},
    "smtp_users.patch": ENVELOPES,
    "subaccounts.reopen": {"body.data: str, not object": "the example has a text"},
    "webhooks.view": {"body.data: list, not object": "replies that were seen have an array"},
}
"""Where the sandbox follows the provider's examples and what was seen, against the schemas: each with its reason."""


@pytest.fixture(scope="module")
def specification():
    if not SPECIFICATION.exists():
        pytest.skip("the provider's specification is not here; SMTP2GO_OPENAPI can name it")
    yaml = pytest.importorskip("yaml")
    with SPECIFICATION.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


KINDS = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def faults(value, schema, at="body"):
    """Yield where a value is not as its schema says."""
    kind = schema.get("type")
    if value is None and (schema.get("nullable") or kind is None):
        return
    right = kind is None or (isinstance(value, KINDS[kind]) and not (kind != "boolean" and isinstance(value, bool)))
    if not right:
        yield f"{at}: {type(value).__name__}, not {kind}"
        return
    if isinstance(value, dict):
        yield from (f"{at}.{name}: missing" for name in schema.get("required", ()) if name not in value)
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from faults(value[name], inner, f"{at}.{name}")
    if isinstance(value, list):
        for item in value:
            yield from faults(item, schema.get("items", {}), f"{at}[]")


@pytest.mark.parametrize("name", VALID)
def test_the_answer_is_as_the_published_schema_says(name, prepared, specification):
    fact = FACTS[name]
    content = specification["paths"][fact["path"]][fact["method"].lower()]["responses"]["200"].get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    found = sorted(set(faults(prepared(name).json(), schema)))
    assert found == sorted(DEVIATIONS.get(name, {}))
