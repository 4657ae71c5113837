import datetime as dt

import httpx
import pytest

from smtp2go_async import ListReply, ReplyError
from smtp2go_async.endpoints.api_keys import ApiKey

on = pytest.mark.parametrize

FULL = "api-" + "0123456789ABCDEF" * 2
MASKED = "api-0123456789AB" + "*" * 20
ADDED = [{"api_key": FULL, "username": "api-0123456789AB", "status": "allowed", "endpoints": ["/email/send"]}]


async def test_adding_a_key_sends_exactly_its_options(client, answers):
    bodies = answers("/api_keys/add", ADDED)
    found = await client.api_keys.add(
        description="Web shop",
        custom_ratelimit=True,
        custom_ratelimit_value=500,
        custom_ratelimit_period=dt.timedelta(minutes=30),
        ip_pool=17,
        status="sandbox",
        endpoints=("/email/send", "/email/batch"),
        audit_email=None,
        subaccount_id="k3s9ab",
    )
    assert bodies == [
        {
            "description": "Web shop",
            "custom_ratelimit": True,
            "custom_ratelimit_value": 500,
            "custom_ratelimit_period": "0:30:00",
            "ip_pool": 17,
            "status": "sandbox",
            "endpoints": ["/email/send", "/email/batch"],
            "subaccount_id": "k3s9ab",
        }
    ]
    assert isinstance(found, ListReply)
    assert found.request_id == "request 1"
    assert found[0].api_key == FULL


async def test_the_new_key_is_not_in_the_repr_of_the_answer(client, answers):
    answers("/api_keys/add", ADDED)
    found = await client.api_keys.add()
    assert "api_key='***'" in repr(found)
    assert FULL not in repr(found)


async def test_a_key_can_be_made_without_options(client, answers):
    bodies = answers("/api_keys/add", ADDED)
    await client.api_keys.add()
    assert bodies == [{}]


async def test_a_single_endpoint_needs_no_list(client, answers):
    bodies = answers("/api_keys/edit", [], method="PATCH")
    await client.api_keys.patch(FULL, endpoints="/email/send")
    assert bodies == [{"id": FULL, "endpoints": ["/email/send"]}]


async def test_replacing_and_patching_differ_only_in_the_method(client, answers):
    replaced = answers("/api_keys/edit", [{"api_key": MASKED}])
    patched = answers("/api_keys/edit", [{"api_key": MASKED}], method="PATCH")
    await client.api_keys.edit(FULL, status="blocked")
    await client.api_keys.patch(FULL, status="allowed")
    assert replaced == [{"id": FULL, "status": "blocked"}]
    assert patched == [{"id": FULL, "status": "allowed"}]


async def test_the_permissions_are_a_list_of_words(client, answers):
    bodies = answers("/api_keys/permissions", ["/email/send", "/api_keys/permissions"])
    found = await client.with_options(subaccount_id="k3s9ab").api_keys.permissions()
    assert list(found) == ["/email/send", "/api_keys/permissions"]
    assert bodies == [{}], "this call takes no subaccount"


@on("answer", [httpx.Response(200), httpx.Response(200, json={"request_id": "1", "data": {}}), None, "gone"])
async def test_removing_a_key_takes_any_answer_or_none(answer, client, answers):
    bodies = answers("/api_keys/remove", answer)
    await client.api_keys.remove(FULL, subaccount_id="k3s9ab")
    assert bodies == [{"id": FULL, "subaccount_id": "k3s9ab"}]


async def test_viewing_fills_in_the_subaccount_of_the_client(client, answers):
    bodies = answers("/api_keys/view", [], [])
    await client.api_keys.view(id=FULL, search="shop")
    await client.with_options(subaccount_id="k3s9ab").api_keys.view()
    assert bodies == [{"id": FULL, "search": "shop"}, {"subaccount_id": "k3s9ab"}]


async def test_a_blocked_key_says_so_if_the_answer_does(client, answers):
    answers("/api_keys/view", [{"api_key": MASKED, "sending_status": "blocked"}, {"custom_rate_limit": True}])
    first, second = await client.api_keys.view()
    assert (first.sending_status, second.sending_status) == ("blocked", None)
    assert (first.custom_ratelimit, second.custom_ratelimit) == (False, True)


async def test_a_key_outside_a_list_is_read_as_a_list_of_one_key(client, answers):
    answers("/api_keys/view", {"username": "api-0123456789AB"})
    assert list(await client.api_keys.view()) == [ApiKey(username="api-0123456789AB")]


@on("method", ["edit", "patch", "remove"])
@on(("bad", "error", "words"), [("", ValueError, "id: must not be empty"), (17, TypeError, "id: must be a str")])
async def test_an_id_is_needed(method, bad, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await getattr(client.api_keys, method)(bad)


@on("method", ["add", "edit", "patch"])
@on(
    ("options", "error", "words"),
    [
        ({"endpoints": []}, ValueError, "endpoints: must not be empty"),
        ({"endpoints": ["/email/send", ""]}, ValueError, r"endpoints\[1\]: must not be empty"),
        ({"endpoints": 7}, TypeError, "endpoints: must be a list"),
        ({"custom_ratelimit_value": -1}, ValueError, "custom_ratelimit_value"),
        ({"custom_ratelimit_period": dt.timedelta(0)}, ValueError, "custom_ratelimit_period"),
        ({"endpoint": "/email/send"}, TypeError, r"{method}\(\) got an unexpected keyword argument 'endpoint'"),
    ],
)
async def test_wrong_options_are_refused(method, options, error, words, client, nothing_sent):
    with pytest.raises(error, match=words.replace("{method}", method)):
        await getattr(client.api_keys, method)(*([] if method == "add" else [FULL]), **options)


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/api_keys/edit", [{"api_key": MASKED}], method="PATCH")
    assert waiting.api_keys.patch(FULL, open_tracking_enabled=True)[0].api_key == MASKED
    assert bodies == [{"id": FULL, "open_tracking_enabled": True}]


async def test_plain_text_is_a_success_and_a_page_of_html_is_not(client, answers):
    text, page = httpx.Response(200, text="Removed\n"), httpx.Response(200, html="<html>Please log in</html>")
    answers("/api_keys/remove", text, page)
    done = await client.api_keys.remove("api-x")
    assert (done.message, done.raw) == ("Removed", b"Removed\n")
    with pytest.raises(ReplyError) as caught:
        await client.api_keys.remove("api-x")
    assert caught.value.carried_out is None
