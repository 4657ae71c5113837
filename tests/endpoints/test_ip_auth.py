import datetime as dt

import httpx
import pytest

from smtp2go_async import ReplyError
from smtp2go_async.endpoints._sending import Sending

on = pytest.mark.parametrize

PRINTER = {"ip_address": "192.0.2.10", "description": "Printer", "sending_allowed": True, "status": "allowed"}


async def test_patching_sends_exactly_the_changes(client, answers):
    bodies = answers("/ip_auth/edit", [PRINTER], method="PATCH")
    (found,) = await client.ip_auth.patch("192.0.2.10", description="Printer", custom_ratelimit_value=0)
    assert bodies == [{"ip_address": "192.0.2.10", "description": "Printer", "custom_ratelimit_value": 0}]
    assert (found.ip_address, found.description, found.sending_allowed) == ("192.0.2.10", "Printer", True)


async def test_viewing_returns_the_addresses_and_the_default_limit(client, answers):
    bodies = answers(
        "/ip_auth/view",
        {
            "results": [{**PRINTER, "custom_ratelimit_period": "0:30:00"}],
            "default_ratelimit_value": 0,
            "default_ratelimit_period": "unlimited",
        },
    )
    found = await client.ip_auth.view(ip_address="192.0.2.10", subaccount_id="k3s9ab")
    assert bodies == [{"ip_address": "192.0.2.10", "subaccount_id": "k3s9ab"}]
    assert found.results[0].custom_ratelimit_period.length == dt.timedelta(minutes=30)
    assert (found.default_ratelimit_value, found.default_ratelimit_period.text) == (0, "unlimited")
    assert found.request_id == "request 1"


async def test_both_spellings_of_the_address_are_read(client, answers):
    answers("/ip_auth/view", {"results": [{"ip_addres": "192.0.2.10"}, {"ip_address": "192.0.2.11"}]})
    assert [one.ip_address for one in (await client.ip_auth.view()).results] == ["192.0.2.10", "192.0.2.11"]


@on("data", [{"results": None}, {"results": []}, {}])
async def test_no_address_is_an_empty_list(data, client, answers):
    answers("/ip_auth/view", data)
    assert (await client.ip_auth.view()).results == ()


async def test_a_default_limit_that_comes_as_text_is_a_number(client, answers):
    answers("/ip_auth/view", {"results": [{"default_ratelimit_value": "120"}], "default_ratelimit_value": "250"})
    found = await client.ip_auth.view()
    assert (found.results[0].default_ratelimit_value, found.default_ratelimit_value) == (120, 250)


@on("answer", [httpx.Response(200), None, {"results": []}])
async def test_removing_takes_an_answer_without_content(answer, client, answers):
    bodies = answers("/ip_auth/remove", answer)
    await client.with_options(subaccount_id="k3s9ab").ip_auth.remove("192.0.2.10")
    assert bodies == [{"ip_address": "192.0.2.10", "subaccount_id": "k3s9ab"}]


async def test_a_password_is_not_shown(client, answers):
    answers("/ip_auth/view", {"results": [{**PRINTER, "email_password": "hunter2hunter2"}]})
    found = await client.ip_auth.view()
    assert found.results[0].email_password == "hunter2hunter2"
    assert "hunter2" not in repr(found)


@on("method", ["patch", "remove"])
@on(
    ("bad", "error", "words"),
    [(" ", ValueError, "ip_address: must not be empty"), (None, TypeError, "ip_address: must be a str")],
)
async def test_an_address_is_needed(method, bad, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await getattr(client.ip_auth, method)(bad)


@on(
    ("options", "error", "words"),
    [
        ({"custom_ratelimit_period": dt.timedelta(0)}, ValueError, "custom_ratelimit_period"),
        ({"custom_ratelimit_value": -1}, ValueError, "custom_ratelimit_value"),
        ({"email_password": "x"}, TypeError, r"patch\(\) got an unexpected keyword argument 'email_password'"),
    ],
)
async def test_wrong_options_are_refused(options, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await client.ip_auth.patch("192.0.2.10", **options)


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/ip_auth/edit", [PRINTER], method="PATCH")
    found = waiting.ip_auth.patch("192.0.2.10", status="blocked")
    assert isinstance(found[0], Sending)
    assert bodies == [{"ip_address": "192.0.2.10", "status": "blocked"}]


async def test_plain_text_is_a_success_and_a_page_of_html_is_not(client, answers):
    text, page = httpx.Response(200, text="Removed\n"), httpx.Response(200, html="<html>Please log in</html>")
    answers("/ip_auth/remove", text, page)
    done = await client.ip_auth.remove("192.0.2.1")
    assert (done.message, done.raw) == ("Removed", b"Removed\n")
    with pytest.raises(ReplyError) as caught:
        await client.ip_auth.remove("192.0.2.1")
    assert caught.value.carried_out is None
