"""Exactly the wanted webhook exists afterwards, and nothing else was changed."""

import json

import anyio
import attrs
import pytest

from smtp2go_async import AsyncClient, OutcomeUnknownError, ReplyError, RetryPolicy, SyncClient
from smtp2go_async.errors import ApiError, ArgumentTypeError, InvalidArgumentError
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.webhooks.auth import BasicAuth, BearerAuth, HeaderAuth, QueryToken
from smtp2go_async.webhooks.setup import ensure_webhook, ensure_webhook_sync

URL = "https://example.com/hooks/smtp2go"
TWO = ["bounce", "spam"]


@pytest.fixture
def most():
    return 10


@pytest.fixture
def sandbox(most):
    with Sandbox(max_webhooks=most) as running:
        yield running


@pytest.fixture(params=["asyncio", "trio", "blocking"])
def ensure(request, sandbox):
    """Return a function that ensures a webhook with each client, and repeats no call that failed."""
    options = {"base_url": sandbox.base_url, "retry": RetryPolicy.none()}

    async def main(url, arguments):
        async with AsyncClient(sandbox.api_key, **options) as client:
            return await ensure_webhook(client, url, **arguments)

    def ensure(url=URL, **arguments):
        arguments = {"events": TWO, **arguments}
        if request.param != "blocking":
            return anyio.run(main, url, arguments, backend=request.param)
        with SyncClient(sandbox.api_key, **options) as client:
            return ensure_webhook_sync(client, url, **arguments)

    return ensure


@pytest.fixture
def have(sandbox):
    """Return a function that gives the account a webhook."""

    def have(url=URL, **fields):
        body = {"url": url, "events": TWO, "output_format": "json", **fields}
        return sandbox._account.call("/webhook/add", body)["data"]["id"]

    return have


def calls(sandbox):
    return [request.path.rpartition("/")[2] for request in sandbox.requests]


# --- add, change, leave alone ------------------------------------------------------------------------------------------


def test_a_webhook_that_does_not_exist_is_added_with_everything(ensure, sandbox):
    result = ensure(
        sms_events=["opt-out", "failed"],
        auth=BearerAuth("new token", "old token"),
        headers=["X-Order", "x-order"],
        usernames=["shop"],
    )
    (webhook,) = sandbox.webhooks
    assert attrs.asdict(webhook) == {
        "id": result.id,
        "url": URL,
        "events": ("spam", "bounce"),
        "sms_events": ("failed", "opt-out"),
        "headers": ("X-Order",),
        "usernames": ("shop",),
        "output_format": "json",
        "auth_header_type": "bearer",
        "auth_header_value": "new token",
        "disabled": False,
        "custom_headers": (),
        "subaccount": "",
    }
    assert (result.created, result.changed, result.rewritten, result.removed) == (True, (), (), ())
    assert result.webhook.events == ("spam", "bounce")


@pytest.mark.parametrize("auth", [None, BearerAuth("token"), BasicAuth("user", "password"), QueryToken("token")])
def test_nothing_is_changed_the_second_time(ensure, sandbox, auth):
    arguments = {"sms_events": ["failed"], "auth": auth, "headers": ["X-Order"], "usernames": ["a", "b"]}
    first = ensure(**arguments)
    before = sandbox.webhooks
    second = ensure(**arguments)
    assert (second.created, second.changed, second.rewritten, second.removed) == (False, (), (), ())
    assert second.id == first.id
    assert sandbox.webhooks == before
    assert calls(sandbox) == ["view", "add", "view", "view"]


def test_order_and_repetition_of_names_do_not_matter(ensure, sandbox):
    ensure(events=["bounce", "spam", "open"], headers=["X-A", "X-B"], usernames=["a", "b"])
    again = ensure(events=("open", "spam", "bounce", "open"), headers=["x-b", "X-A", "Subject"], usernames={"b", "a"})
    assert not again.changed
    assert "edit" not in calls(sandbox)


@pytest.mark.parametrize(
    ("had", "changed"),
    [
        ({"events": ["bounce"]}, ("events",)),
        ({"events": [*TWO, "open"]}, ("events",)),
        ({"sms_events": ["failed"]}, ("sms_events",)),
        ({"headers": ["X-Order"]}, ("headers",)),
        ({"usernames": ["shop"]}, ("usernames",)),
        ({"output_format": "form"}, ("output_format",)),
        ({"disabled": True}, ("disabled",)),
        ({"auth_header_type": "bearer", "auth_header_value": "x"}, ("auth_header_type", "auth_header_value")),
        ({"url": f"{URL}/"}, ("url",)),
        ({"url": "http://EXAMPLE.com:80/hooks/smtp2go"}, ("url",)),
        ({"url": "https://user:password@example.com/hooks/smtp2go"}, ("url",)),
    ],
)
def test_what_differs_is_changed_and_named(ensure, sandbox, have, had, changed):
    id = have(**had)
    result = ensure()
    assert (result.id, result.created, result.changed) == (id, False, changed)
    (webhook,) = sandbox.webhooks
    assert (webhook.url, webhook.events, webhook.sms_events) == (URL, ("spam", "bounce"), ())
    assert (webhook.headers, webhook.usernames, webhook.output_format) == ((), (), "json")
    assert (webhook.auth_header_type, webhook.auth_header_value, webhook.disabled) == ("", "", False)


@pytest.mark.parametrize("same", ["https://EXAMPLE.com/hooks/smtp2go", "HTTPS://example.com:443/hooks/smtp2go"])
def test_a_url_that_means_the_same_is_not_changed(ensure, sandbox, have, same):
    have(same)
    assert not ensure().changed
    assert sandbox.webhooks[0].url == same


def test_an_edit_has_all_fields_since_the_provider_may_not_keep_the_others(ensure, sandbox, have):
    have(events=["open"])
    ensure(auth=BearerAuth("token"))
    (edit,) = (request.body for request in sandbox.requests if request.path.endswith("edit"))
    assert set(edit) >= {
        *("url", "events", "sms_events", "headers", "usernames"),
        *("output_format", "auth_header_type", "auth_header_value", "disabled"),
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (BearerAuth("old"), BearerAuth("new", "old")),
        (BasicAuth("user", "old"), BasicAuth("user", "new", "old")),
        (QueryToken("old"), QueryToken("new", "old")),
        (BearerAuth("old"), QueryToken("new")),
        (QueryToken("old", name="key"), QueryToken("new", name="key")),
    ],
)
def test_a_secret_is_replaced_in_the_same_webhook(ensure, sandbox, old, new):
    first = ensure(auth=old)
    second = ensure(auth=new)
    assert second.id == first.id
    assert second.changed
    assert len(sandbox.webhooks) == 1
    assert "old" not in str(attrs.asdict(sandbox.webhooks[0]))


def test_webhooks_with_another_query_are_left_alone_and_named(ensure, sandbox, have):
    shop = have(f"{URL}?shop=1")
    have("https://example.com/other")
    result = ensure(f"{URL}?shop=2", auth=QueryToken("token"))
    assert result.created
    assert result.similar == (shop,)
    assert [webhook.url for webhook in sandbox.webhooks] == [
        f"{URL}?shop=1",
        "https://example.com/other",
        f"{URL}?shop=2&token=token",
    ]


# --- several of them -------------------------------------------------------------------------------------------------


def test_copies_are_removed_but_for_the_first(ensure, sandbox, have):
    first, second, third = have(), have(), have()
    result = ensure(events=["open"])
    assert (result.id, result.removed, result.changed) == (first, (second, third), ("events",))
    assert [webhook.id for webhook in sandbox.webhooks] == [first]


def test_webhooks_that_differ_are_named_and_left_alone(ensure, sandbox, have):
    first, second = have(usernames=["a"]), have(usernames=["b"])
    before = sandbox.webhooks
    with pytest.raises(InvalidArgumentError, match=rf"url: must have 1 webhook, not 2 .*\(ids {first}, {second}\)"):
        ensure()
    assert sandbox.webhooks == before
    assert calls(sandbox) == ["view"]


def test_programs_that_start_together_end_with_a_single_webhook(sandbox, backend):
    async def main():
        async with (
            AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(6):
                group.start_soon(lambda: ensure_webhook(client, URL, events=TWO, auth=BearerAuth("token")))

    anyio.run(main, backend=backend)
    assert len(sandbox.webhooks) == 1


# --- when something goes wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [{"lost_reply": True}, {"status": 502, "carry_out": True}])
def test_an_add_whose_response_is_lost_is_looked_for_and_found(ensure, sandbox, lost):
    sandbox.fail_next(path="/webhook/add", **lost)
    result = ensure(auth=BearerAuth("token"))
    assert (result.created, result.id) == (True, sandbox.webhooks[0].id)
    assert calls(sandbox) == ["view", "add", "view"]


def test_an_add_that_is_not_found_is_not_repeated(ensure, sandbox):
    sandbox.fail_next(path="/webhook/add", lost_reply="before")
    with pytest.raises(OutcomeUnknownError):
        ensure()
    assert calls(sandbox) == ["view", "add", "view"]
    assert not sandbox.webhooks


@pytest.mark.parametrize("most", [1])
def test_the_limit_of_the_plan_is_the_error_of_the_provider(ensure, sandbox, have):
    have("https://example.com/other")
    with pytest.raises(ApiError, match="Your plan allows 1 webhooks"):
        ensure()
    assert len(sandbox.webhooks) == 1


def test_an_event_that_the_provider_leaves_out_is_an_error_that_names_it(ensure, sandbox):
    with pytest.raises(ReplyError, match=r"has left out 'resubscribe' \(events\)") as caught:
        ensure(events=["bounce", "resubscribe"])
    assert caught.value.carried_out is True
    assert [webhook.events for webhook in sandbox.webhooks] == [("bounce",)]
    assert not ensure(events=["bounce"]).changed


# --- what the provider may show --------------------------------------------------------------------------------------


def shown(sandbox, have, **fields):
    """Have the next view show a webhook differently than it is."""
    have()
    (webhook,) = sandbox._account.call("/webhook/view", {})["data"]
    found = {name: value for name, value in {**webhook, **fields}.items() if value is not None}
    sandbox.fail_next(status=200, body={"data": [found]}, path="/webhook/view")


@pytest.mark.parametrize(
    "fields",
    [
        {"auth_header_type": "bearer", "auth_header_value": "to********"},
        {"auth_header_type": "bearer", "auth_header_value": ""},
        {"auth_header_type": "bearer", "auth_header_value": None},
    ],
)
def test_a_secret_that_is_not_shown_is_written_again(ensure, sandbox, have, fields):
    """It may be an old one, and then each report would be refused."""
    shown(sandbox, have, **fields)
    result = ensure(auth=BearerAuth("token"))
    assert (result.changed, result.rewritten) == ((), ("auth_header_value",))
    assert sandbox.webhooks[0].auth_header_value == "token"


def test_an_authentication_that_is_not_shown_at_all_is_written_again(ensure, sandbox, have):
    shown(sandbox, have, auth_header_type=None, auth_header_value=None)
    result = ensure(auth=BearerAuth("token"))
    assert (result.changed, result.rewritten) == ((), ("auth_header_type", "auth_header_value"))


@pytest.mark.parametrize("fields", [{"auth_header_type": None, "auth_header_value": None}, {"disabled": None}])
def test_what_is_not_shown_and_not_wanted_is_left_alone(ensure, sandbox, have, fields):
    shown(sandbox, have, **fields)
    result = ensure()
    assert (result.changed, result.rewritten) == ((), ())


def test_a_masked_key_among_the_users_is_the_same_key(ensure, sandbox, have):
    key = "api-" + "0123456789ABCDEF" * 2
    shown(sandbox, have, usernames=[f"{key[:16]}{'*' * 20}"])
    assert not ensure(usernames=[key]).changed


def test_a_single_webhook_that_is_shown_without_a_list_is_found(ensure, sandbox, have):
    id = have()
    (webhook,) = sandbox._account.call("/webhook/view", {})["data"]
    sandbox.fail_next(status=200, body={"data": webhook}, path="/webhook/view")
    assert (ensure().id, ensure().changed) == (id, ())


def test_custom_headers_of_a_webhook_are_kept(ensure, sandbox, have):
    shown(sandbox, have, events=["open"], custom_headers={"X-Shop": "1"})
    ensure()
    (edit,) = (request.body for request in sandbox.requests if request.path.endswith("edit"))
    assert edit["custom_headers"] == {"X-Shop": "1"}
    assert sandbox.webhooks[0].custom_headers == (("X-Shop", "1"),)


@pytest.mark.parametrize("url", ["", "not a URL", "https://[::1", None])
def test_other_webhooks_with_strange_urls_do_not_matter(ensure, sandbox, have, url):
    shown(sandbox, have, url=url)
    assert ensure().changed == ()


# --- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"events": ["bounced"]}, InvalidArgumentError, r"events\[0\]: must be one of .*did you mean 'bounce'\?"),
        (
            {"events": ["sms_failed"]},
            InvalidArgumentError,
            r"events\[0\]: must be an event of e-mails; .*with sms_events",
        ),
        ({"sms_events": ["sms_failed"]}, InvalidArgumentError, r"sms_events\[0\]: .*did you mean 'failed'\?"),
        ({"events": []}, InvalidArgumentError, "events: must not be empty"),
        ({"events": [1]}, ArgumentTypeError, r"events\[0\]: must be a str"),
        ({"events": 5}, ArgumentTypeError, "events: must be a list of str"),
        ({"headers": [""]}, InvalidArgumentError, r"headers\[0\]: must not be empty"),
        ({"usernames": ["a\nb"]}, InvalidArgumentError, r"usernames\[0\]: must not hold the control character"),
        ({"auth": "token"}, ArgumentTypeError, "auth: must be BearerAuth, BasicAuth, QueryToken or None"),
        ({"auth": HeaderAuth("X-Secret", "token")}, InvalidArgumentError, "auth: must be BearerAuth"),
        ({"url": "example.com/hook"}, InvalidArgumentError, "url: must be a URL that starts with http://"),
        ({"url": "https:///hook"}, InvalidArgumentError, "url: must be a URL"),
        ({"url": "https://example.com:99999/"}, InvalidArgumentError, "url: must be a URL"),
        ({"url": "ftp://example.com/"}, InvalidArgumentError, "url: must be a URL"),
        ({"url": f"{URL}?token=a", "auth": QueryToken("b")}, InvalidArgumentError, "url: must not have a parameter"),
    ],
)
def test_a_wrong_argument_is_an_error_before_any_call(ensure, sandbox, arguments, error, text):
    with pytest.raises(error, match=text):
        ensure(**arguments)
    assert calls(sandbox) == []


def test_a_webhook_may_be_for_texts_alone(ensure, sandbox):
    ensure(events=[], sms_events=["failed"])
    assert (sandbox.webhooks[0].events, sandbox.webhooks[0].sms_events) == ((), ("failed",))


def test_a_single_event_needs_no_list(ensure, sandbox):
    ensure(events="bounce")
    assert sandbox.webhooks[0].events == ("bounce",)


def test_no_secret_and_no_address_is_shown(ensure, have):
    have("https://user:hidden@example.com/hooks/smtp2go", events=["open"])
    have("https://user:hidden@example.com/hooks/smtp2go", events=["click"])
    with pytest.raises(InvalidArgumentError) as caught:
        ensure()
    assert "hidden" not in str(caught.value)
    result = ensure("https://example.com/2", auth=QueryToken("hidden"))
    assert "hidden" not in repr(result)
    assert "hidden" in json.dumps(result.webhook.url)
