"""Scheduled e-mails: finding one page of them, and taking one back."""

import datetime as dt

import httpx
import pytest

from smtp2go_async import NotFoundError, ReplyError

WAITING = {
    "schedule_id": "s-1",
    "schedule": "2026-06-30T21:10:05Z",
    "sender": "shop@example.com",
    "subject": "Hello",
    "recipients": "jane@example.com",
    "client_ip": "192.0.2.1",
}


async def test_a_search_without_arguments_sends_no_fields(client, answers):
    bodies = answers("/email/scheduled/search", [])
    assert len(await client.email.search_scheduled()) == 0
    assert bodies == [{}]


async def test_each_argument_goes_out_as_its_field(client, answers):
    bodies = answers("/email/scheduled/search", [])
    every = {
        "schedule_id": "s-1",
        "search_subject": "Hello",
        "search_recipient": "jane@example.com",
        "search_sender": "shop@example.com",
        "limit": 5,
        "page": 0,
    }
    await client.email.search_scheduled(**every)
    assert bodies == [every]


async def test_a_scheduled_email_has_its_time(client, answers):
    answers("/email/scheduled/search", [WAITING])
    (found,) = await client.email.search_scheduled()
    assert found.schedule == dt.datetime(2026, 6, 30, 21, 10, 5, tzinfo=dt.UTC)
    assert {name: getattr(found, name) for name in WAITING if name != "schedule"} == {
        name: value for name, value in WAITING.items() if name != "schedule"
    }


async def test_a_bare_array_is_read_as_its_schema_says(client, answers):
    answers("/email/scheduled/search", httpx.Response(200, json=[WAITING]))
    (found,) = await client.email.search_scheduled()
    assert found.schedule_id == "s-1"


async def test_cancelling_a_scheduled_email_sends_its_id(client, answers):
    bodies = answers("/email/scheduled/remove", "removed")
    done = await client.email.remove_scheduled("s-1")
    assert bodies == [{"schedule_id": "s-1"}]
    assert done.message == "removed"


async def test_cancelling_may_be_answered_with_nothing(client, answers):
    answers("/email/scheduled/remove", httpx.Response(200))
    assert (await client.email.remove_scheduled("s-1")).message is None


async def test_cancelling_an_unknown_email_is_an_error(client, answers):
    error = {"error": "s-1 does not exist", "error_code": "E_ApiResponseCodes.API_EXCEPTION"}
    answers("/email/scheduled/remove", httpx.Response(400, json={"data": error}))
    with pytest.raises(NotFoundError):
        await client.email.remove_scheduled("s-1")


@pytest.mark.parametrize(("value", "error"), [("", ValueError), (None, TypeError), (17, TypeError)])
async def test_cancelling_needs_an_id(client, nothing_sent, value, error):
    with pytest.raises(error, match=r"^schedule_id: "):
        await client.email.remove_scheduled(value)


async def test_plain_text_is_a_success_and_a_page_of_html_is_not(client, answers):
    text, page = httpx.Response(200, text="Removed\n"), httpx.Response(200, html="<html>Please log in</html>")
    answers("/email/scheduled/remove", text, page)
    done = await client.email.remove_scheduled("s-1")
    assert (done.message, done.raw) == ("Removed", b"Removed\n")
    with pytest.raises(ReplyError) as caught:
        await client.email.remove_scheduled("s-1")
    assert caught.value.carried_out is None
