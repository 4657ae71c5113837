import httpx
import pytest

from smtp2go_async import AsyncClient, OutcomeUnknownError, ReplyError
from smtp2go_async.endpoints.webhooks import Webhook

on = pytest.mark.parametrize

KEY = "api-" + "0123456789ABCDEF" * 2
HOOK = {"id": 4811, "url": "https://example.com/hook", "events": ["bounce"], "sms_events": [], "output_format": "json"}


async def test_adding_sends_exactly_the_webhook(client, answers):
    bodies = answers("/webhook/add", HOOK)
    found = await client.webhooks.add(
        "https://user:pass@example.com/hook?shop=1",
        events=("bounce", "spam"),
        sms_events=["opt-out"],
        headers=["X-Order"],
        usernames="shop",
        output_format="json",
        auth_header_type="bearer",
        auth_header_value="t0ken",
        disabled=False,
        subaccount_id="k3s9ab",
    )
    assert bodies == [
        {
            "url": "https://user:pass@example.com/hook?shop=1",
            "events": ["bounce", "spam"],
            "sms_events": ["opt-out"],
            "headers": ["X-Order"],
            "usernames": ["shop"],
            "output_format": "json",
            "auth_header_type": "bearer",
            "auth_header_value": "t0ken",
            "disabled": False,
            "subaccount_id": "k3s9ab",
        }
    ]
    assert (found.id, found.events, found.request_id) == (4811, ("bounce",), "request 1")


@on("shape", [{"X-Shop": "1"}, [{"name": "X-Shop", "value": "1"}], ["X-Shop: 1"], "X-Shop: 1"])
async def test_custom_headers_are_passed_on_in_any_shape(shape, client, answers):
    bodies = answers("/webhook/add", {**HOOK, "custom_headers": shape})
    found = await client.webhooks.add("https://example.com/hook", custom_headers=shape)
    assert bodies == [{"url": "https://example.com/hook", "custom_headers": shape}]
    assert found.custom_headers == shape
    assert "X-Shop" not in repr(found)


async def test_adding_is_not_repeated_when_the_answer_is_lost(key, respx_mock):
    route = respx_mock.post("https://api.smtp2go.com/v3/webhook/add").mock(side_effect=httpx.ReadError)
    async with AsyncClient(key) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.webhooks.add("https://example.com/hook")
    assert route.call_count == 1


async def test_an_unknown_event_goes_out_and_comes_back(client, answers):
    bodies = answers("/webhook/edit", {**HOOK, "events": ["deferred"]})
    found = await client.webhooks.edit(4811, events=["deferred"])
    assert bodies == [{"id": 4811, "events": ["deferred"]}]
    assert found.events == ("deferred",)


async def test_lists_can_be_emptied(client, answers):
    bodies = answers("/webhook/edit", HOOK)
    await client.webhooks.edit(
        4811, sms_events=[], headers=[], usernames=[], url="http://example.com", auth_header_type=""
    )
    assert bodies == [
        {
            "id": 4811,
            "sms_events": [],
            "headers": [],
            "usernames": [],
            "url": "http://example.com",
            "auth_header_type": "",
        }
    ]


async def test_removing_returns_the_removed_item(client, answers):
    bodies = answers("/webhook/remove", HOOK)
    assert (await client.with_options(subaccount_id="k3s9ab").webhooks.remove(4811)).id == 4811
    assert bodies == [{"id": 4811, "subaccount_id": "k3s9ab"}]


async def test_viewing_returns_a_list_of_webhooks(client, answers):
    bodies = answers("/webhook/view", [HOOK, {**HOOK, "id": 4812}])
    assert [one.id for one in await client.webhooks.view()] == [4811, 4812]
    assert bodies == [{}]


async def test_viewing_returns_a_list_if_the_answer_is_a_single_webhook(client, answers):
    answers("/webhook/view", HOOK)
    (found,) = await client.webhooks.view()
    assert found.id == 4811


@on("data", [[], None])
async def test_no_webhook_is_an_empty_list(data, client, answers):
    answers("/webhook/view", data)
    assert list(await client.webhooks.view()) == []


async def test_headers_and_usernames_come_as_a_list_or_as_text(client, answers):
    answers(
        "/webhook/view",
        [
            {"headers": "X-Order", "usernames": "shop"},
            {"headers": ["X-Order", "X-Shop"], "usernames": ["shop"]},
            {"headers": "", "usernames": None},
        ],
    )
    found = await client.webhooks.view()
    assert [one.headers for one in found] == [("X-Order",), ("X-Order", "X-Shop"), ()]
    assert [one.usernames for one in found] == [("shop",), ("shop",), ()]


async def test_an_id_that_comes_as_text_is_a_number(client, answers):
    answers("/webhook/view", [{"id": "4811", "disabled": "true"}])
    (found,) = await client.webhooks.view()
    assert (found.id, found.disabled) == (4811, True)


async def test_no_secret_is_shown(client, answers):
    secret = {
        "url": "https://user:passw0rd@example.com/t0ken?key=t0ken",
        "usernames": [KEY, "jane@example.com"],
        "auth_header_value": "t0ken",
    }
    answers("/webhook/view", [secret])
    found = await client.webhooks.view()
    assert found[0].auth_header_value == "t0ken"
    for hidden in ("passw0rd", "t0ken", KEY, "jane"):
        assert hidden not in repr(found)
    assert "url='https://example.com/***'" in repr(found)


@on(
    ("url", "shown"),
    [
        ("", "''"),
        ("https://example.com", "'https://example.com'"),
        ("https://example.com/", "'https://example.com/'"),
        ("http://[2001:db8::1]:8025/hook", "'http://[2001:db8::1]:8025/***'"),
        ("https://user:pass@word@example.com", "'https://example.com'"),
        ("https://user:pa/ss@example.com/hook", "'***'"),
        ("example.com/t0ken", "'***'"),
    ],
)
def test_the_repr_of_a_url_shows_only_its_host(url, shown):
    assert f"url={shown}," in repr(Webhook(url=url))


@on(
    ("url", "error", "words"),
    [
        ("", ValueError, "url: "),
        ("example.com/hook", ValueError, "url: must be a URL that starts with http:// or https://"),
        ("ftp://user:passw0rd@example.com", ValueError, "url: must be a URL that starts with"),
        ("https://", ValueError, "url: must be a URL that starts with"),
        ("https://example.com/\r\nX-Evil: 1", ValueError, "url: must not hold the control character"),
        (b"https://example.com", TypeError, "url: must be a str"),
    ],
)
async def test_a_wrong_url_is_refused_and_not_quoted(url, error, words, client, nothing_sent):
    for call in (client.webhooks.add(url), client.webhooks.edit(4811, url=url)):
        with pytest.raises(error, match=words) as caught:
            await call
        assert "passw0rd" not in str(caught.value)


@on(
    ("options", "error", "words"),
    [
        ({"events": ["bounce", ""]}, ValueError, r"events\[1\]: must not be empty"),
        ({"sms_events": 7}, TypeError, "sms_events: must be a list"),
        ({"headers": [7]}, TypeError, r"headers\[0\]: must be a str"),
        ({"usernames": [" "]}, ValueError, r"usernames\[0\]: must not be empty"),
        ({"auth_header_value": "a\nb"}, ValueError, "auth_header_value: must not hold the control character"),
        ({"auth_header_value": 7}, TypeError, "auth_header_value: must be a str"),
        ({"event": ["bounce"]}, TypeError, "got an unexpected keyword argument 'event'"),
    ],
)
async def test_wrong_options_are_refused(options, error, words, client, nothing_sent):
    for call in (client.webhooks.add("https://example.com", **options), client.webhooks.edit(4811, **options)):
        with pytest.raises(error, match=words):
            await call


@on("method", ["edit", "remove"])
@on(("bad", "error"), [(0, ValueError), ("4811", TypeError), (True, TypeError)])
async def test_an_id_is_a_number(method, bad, error, client, nothing_sent):
    with pytest.raises(error, match="^id: "):
        await getattr(client.webhooks, method)(bad)


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/webhook/add", HOOK)
    assert waiting.webhooks.add("https://example.com/hook", events=["bounce"]).id == 4811
    assert bodies == [{"url": "https://example.com/hook", "events": ["bounce"]}]


# --- answers of another shape ------------------------------------------------------------------------------------


@on("data", [[HOOK], {"webhook": HOOK}, {"results": [HOOK]}, [[HOOK]]])
@on("method", ["add", "edit", "remove"])
async def test_a_webhook_is_read_from_an_array_and_from_another_object(method, data, client, answers):
    answers(f"/webhook/{method}", data)
    arguments = {"url": HOOK["url"]} if method == "add" else {"id": 4811}
    found = await getattr(client.webhooks, method)(**arguments)
    assert (found.id, found.url, found.events) == (4811, "https://example.com/hook", ("bounce",))
    assert found.raw["data"] == data


@on("data", [HOOK, {"results": [HOOK]}, {"webhooks": [HOOK]}, {"4811": HOOK}])
async def test_webhooks_are_listed_from_an_object(data, client, answers):
    answers("/webhook/view", data)
    (found,) = await client.webhooks.view()
    assert found.id == 4811


async def test_of_two_webhooks_neither_is_taken_for_the_one_that_was_added(client, answers):
    answers("/webhook/add", [HOOK, {**HOOK, "id": 4812}])
    with pytest.raises(ReplyError) as caught:
        await client.webhooks.add(HOOK["url"])
    assert caught.value.carried_out is None
    assert len(caught.value.raw["data"]) == 2
    assert caught.value.request_id == "request 1"


async def test_the_name_of_a_single_header_is_read_without_a_list(client, answers):
    answers("/webhook/view", [{**HOOK, "headers": "X-Order", "usernames": "shop"}])
    (found,) = await client.webhooks.view()
    assert (found.headers, found.usernames) == (("X-Order",), ("shop",))
