import httpx
import pytest

from smtp2go_async import AsyncClient, OutcomeUnknownError
from smtp2go_async.endpoints.single_sender_emails import SingleSender

on = pytest.mark.parametrize


async def test_adding_sends_the_address_and_the_message(client, answers):
    bodies = answers("/single_sender_emails/add", "ok")
    found = await client.single_sender_emails.add("jane@example.com", message="Hi Jane", subaccount_id="k3s9ab")
    assert bodies == [{"email_address": "jane@example.com", "message": "Hi Jane", "subaccount_id": "k3s9ab"}]
    assert (found.message, found.request_id) == ("ok", "request 1")


@on(
    "answer",
    [
        httpx.Response(200, json={"request_id": "7", "data": "ok"}),
        httpx.Response(200, json={"request_id": "7"}),
        httpx.Response(200, json={"request_id": "7", "data": None}),
        httpx.Response(200, json={"just_returns_this": "ok"}),
        httpx.Response(200),
    ],
)
@on("method", ["add", "remove"])
async def test_every_answer_that_the_reference_shows_is_taken(method, answer, client, answers):
    answers(f"/single_sender_emails/{method}", answer)
    found = await getattr(client.single_sender_emails, method)("jane@example.com")
    assert found.raw == (answer.json() if answer.content else None)


async def test_the_e_mail_to_the_owner_is_not_sent_twice_when_the_answer_is_lost(key, respx_mock):
    route = respx_mock.post("https://api.smtp2go.com/v3/single_sender_emails/add").mock(side_effect=httpx.ReadError)
    async with AsyncClient(key) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.single_sender_emails.add("jane@example.com")
    assert route.call_count == 1


async def test_the_request_id_is_found_inside_the_data(client, answers):
    senders = [{"email_address": "jane@example.com", "verified": True}, {"email_address": "joe@example.com"}]
    whole = {"data": {"request_id": "inside", "senders": senders}}
    bodies = answers("/single_sender_emails/view", httpx.Response(200, json=whole))
    found = await client.single_sender_emails.view(email_address="example.com")
    assert bodies == [{"email_address": "example.com"}]
    assert found.request_id == "inside"
    assert found.senders == (
        SingleSender(email_address="jane@example.com", verified=True),
        SingleSender(email_address="joe@example.com", verified=None),
    )


@on("data", [{"senders": None}, {"senders": []}, {}])
async def test_no_sender_is_an_empty_list(data, client, answers):
    answers("/single_sender_emails/view", data)
    assert (await client.single_sender_emails.view()).senders == ()


async def test_removing_fills_in_the_subaccount_of_the_client(client, answers):
    bodies = answers("/single_sender_emails/remove", "OK")
    await client.with_options(subaccount_id="k3s9ab").single_sender_emails.remove("jane@example.com")
    assert bodies == [{"email_address": "jane@example.com", "subaccount_id": "k3s9ab"}]


def test_addresses_are_masked_in_reprs():
    assert "jane" not in repr(SingleSender(email_address="jane@example.com"))


@on("method", ["add", "remove"])
@on(
    ("bad", "error", "words"),
    [
        ("", ValueError, "email_address: must not be empty"),
        (["a@example.com"], TypeError, "email_address: must be a str"),
    ],
)
async def test_an_address_is_needed(method, bad, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await getattr(client.single_sender_emails, method)(bad)


async def test_a_message_must_be_text(client, nothing_sent):
    with pytest.raises(TypeError, match="message: must be a str"):
        await client.single_sender_emails.add("jane@example.com", message=b"Hi")


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/single_sender_emails/add", "ok")
    assert waiting.single_sender_emails.add("jane@example.com").message == "ok"
    assert bodies == [{"email_address": "jane@example.com"}]
