"""The calls that set webhooks up, through both clients."""

import anyio
import pytest

from smtp2go_async import AsyncClient, RetryPolicy, SyncClient
from smtp2go_async.errors import ApiError
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.account import Account

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
