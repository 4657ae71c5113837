"""The calls that set webhooks up, through both clients."""

import anyio
import pytest

from smtp2go_async import AsyncClient, RetryPolicy, SyncClient
from smtp2go_async.errors import ApiError
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.account import Account
from smtp2go_async.sandbox.rules import RequestError

URL = "https://example.com/hook"


@pytest.fixture(params=["asyncio", "trio", "blocking"])
def webhooks(request, sandbox):
    """Return a function that makes a call of ``client.webhooks``."""
    options = {"base_url": sandbox.base_url, "retry": RetryPolicy.none()}

    async def main(method, arguments, fields):
        async with AsyncClient(sandbox.api_key, **options) as client:
            return await getattr(client.webhooks, method)(*arguments, **fields)

    def call(method, *arguments, **fields):
        if request.param != "blocking":
            return anyio.run(main, method, arguments, fields, backend=request.param)
        with SyncClient(sandbox.api_key, **options) as client:
            return getattr(client.webhooks, method)(*arguments, **fields)

    return call


def test_a_webhook_is_added_edited_viewed_and_removed(webhooks, sandbox):
    added = webhooks("add", URL, events=["bounce"], output_format="json", auth_header_type="bearer")
    assert (added.url, added.events, added.output_format, added.disabled) == (URL, ("bounce",), "json", False)
    edited = webhooks("edit", added.id, events=["open"], sms_events=["opt-out"], headers=["X-Order"], disabled=True)
    assert (edited.id, edited.url, edited.events, edited.sms_events) == (added.id, URL, ("open",), ("opt-out",))
    assert (edited.headers, edited.disabled, edited.auth_header_type) == (("X-Order",), True, "bearer")
    (seen,) = webhooks("view")
    assert (seen.id, seen.events, seen.disabled) == (added.id, ("open",), True)
    assert webhooks("remove", added.id).id == added.id
    assert webhooks("view").items == ()
    assert sandbox.webhooks == ()


def test_what_is_left_out_of_an_added_webhook_has_the_documented_defaults(webhooks, sandbox):
    added = webhooks("add", URL)
    assert (added.events, added.sms_events, added.headers, added.usernames) == ((), (), (), ())
    assert (added.output_format, added.auth_header_type, added.auth_header_value) == ("form", "", "")
    assert sandbox.webhooks[0].id == added.id


def test_unknown_names_of_events_are_ignored_without_a_word(webhooks):
    added = webhooks("add", URL, events=["bounce", "soft-bounced", "resubscribe"], sms_events=["failed", "sms_failed"])
    assert (added.events, added.sms_events) == (("bounce",), ("failed",))


def test_ids_are_not_used_again(webhooks):
    first = webhooks("add", URL).id
    webhooks("remove", first)
    assert webhooks("add", URL).id > first


@pytest.mark.parametrize(
    ("method", "arguments", "fields", "text"),
    [
        ("add", ("https://",), {}, "must be a URL"),
        ("add", ("http://a b/",), {}, "was expecting a URL"),
        ("add", (URL,), {"output_format": "xml"}, "was expecting one of form, json"),
        ("add", (URL,), {"auth_header_type": "digest"}, "was expecting one of"),
        ("edit", (7,), {"events": ["open"]}, "No webhook was found"),
        ("remove", (7,), {}, "No webhook was found"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(webhooks, sandbox, method, arguments, fields, text):
    with pytest.raises((ApiError, ValueError), match=text):
        webhooks(method, *arguments, **fields)
    assert sandbox.webhooks == ()


@pytest.mark.parametrize("most", [0, 1, 10])
def test_an_account_has_as_many_webhooks_as_its_plan_allows(most):
    with Sandbox(max_webhooks=most) as sandbox, SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        for number in range(most):
            client.webhooks.add(f"{URL}/{number}")
        with pytest.raises(ApiError, match=f"Your plan allows {most} webhooks"):
            client.webhooks.add(URL)
        assert len(sandbox.webhooks) == most


def test_a_negative_number_of_webhooks_is_refused():
    with pytest.raises(ValueError, match="max_webhooks: must be 0 or more, not -1"):
        Sandbox(max_webhooks=-1)


def test_clearing_forgets_the_webhooks(sandbox):
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        client.webhooks.add(URL)
    sandbox.clear()
    assert sandbox.webhooks == ()


def test_a_webhook_is_shown_without_its_url():
    account = Account()
    account.call("/webhook/add", {"url": "https://user:hidden@example.com/", "auth_header_value": "hidden"})
    assert "hidden" not in repr(account.webhooks)


@pytest.mark.parametrize("path", ["/webhook/edit", "/webhook/remove"])
def test_the_id_is_required(sandbox, http, path):
    answer = http.post(path, json={"url": URL})
    assert answer.status_code == 400
    assert answer.json()["data"]["field_validation_errors"]["fieldname"] == "id"


def test_custom_headers_are_kept_as_they_were_passed(account):
    headers = [{"header": "X-Shop", "value": "north"}]
    added = account.call("/webhook/add", {"url": URL, "custom_headers": headers})["data"]
    assert added["custom_headers"] == headers
    [seen] = account.call("/webhook/view", {})["data"]
    assert seen == added
    edited = account.call("/webhook/edit", {"id": added["id"], "custom_headers": []})["data"]
    assert edited["custom_headers"] == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"custom_headers": "X: y"}, "custom_headers"),
        ({"custom_headers": [{"header": "X"}]}, "custom_headers[0].value"),
        ({"custom_headers": [{"header": "a b", "value": "c"}]}, "custom_headers[0].header"),
        ({"custom_headers": [{"header": "X", "value": "a\r\nY: z"}]}, "custom_headers[0].value"),
        ({"auth_header_value": "a\r\nY: z"}, "auth_header_value"),
    ],
)
def test_headers_that_would_break_a_request_are_refused(account, fields, name):
    with pytest.raises(RequestError) as caught:
        account.call("/webhook/add", {"url": URL, **fields})
    assert caught.value.data["field_validation_errors"]["fieldname"] == name


def test_a_subaccount_has_webhooks_of_its_own_and_its_events_reach_the_master_account(account, email):
    subaccount = account.call("/subaccount/add", {"fullname": "North", "subaccount_email": "n@example.com"})["data"][
        "id"
    ]
    here = {"events": ["delivered"], "output_format": "json"}
    own = account.call("/webhook/add", {"url": URL, "subaccount_id": subaccount, **here})["data"]["id"]
    master = account.call("/webhook/add", {"url": URL, **here})["data"]["id"]
    assert [item["id"] for item in account.call("/webhook/view", {})["data"]] == [master]
    assert [item["id"] for item in account.call("/webhook/view", {"subaccount_id": subaccount})["data"]] == [own]
    with pytest.raises(RequestError, match="No webhook was found"):
        account.call("/webhook/remove", {"id": own})
    key = account.call("/api_keys/add", {"subaccount_id": subaccount, "endpoints": ["*"]})["data"]
    secret = (key[0] if isinstance(key, list) else key)["api_key"]
    account.call("/email/send", email(), key=account.key_of(secret))
    assert sorted(item.webhook_id for item in account.notifications.all) == [own, master]
    account.call("/email/send", email())
    assert [item.webhook_id for item in account.notifications.all][2:] == [master]
