"""/sms/*: sending texts and looking at them."""

import anyio
import pytest

from smtp2go_async import AsyncClient

NUMBERS = ["+12025550123", "442079460123", "+4930123456"]


def test_each_number_gets_a_text_of_its_own(account):
    reply = account.call("/sms/send", {"destination": NUMBERS, "content": "Hi", "sender": "+12025550100"})
    texts = account.sms
    assert [text.destination for text in texts] == NUMBERS
    assert reply["data"] == {
        "statuses": {"queued": 3},
        "total_sent": 3,
        "messages": [
            {"destination": text.destination, "message_id": text.message_id, "status": "queued"} for text in texts
        ],
    }
    assert {text.request_id for text in texts} == {reply["request_id"]}
    assert {(text.sender, text.content) for text in texts} == {("+12025550100", "Hi")}


def test_a_hundred_numbers_are_taken_at_once(account):
    data = account.call("/sms/send", {"destination": NUMBERS[:1] * 100, "content": "Hi"})["data"]
    assert data["total_sent"] == len(account.sms) == 100


@pytest.mark.parametrize(("length", "units"), [(1, 1), (160, 1), (161, 2), (480, 3)])
def test_a_long_text_has_several_units(account, length, units):
    account.call("/sms/send", {"destination": NUMBERS[:1], "content": "x" * length})
    assert account.sms[0].units == units


def test_the_summary_counts_the_texts_of_today(account, clock):
    account.call("/sms/send", {"destination": NUMBERS, "content": "yesterday"})
    clock.move(days=1)
    account.call("/sms/send", {"destination": NUMBERS[:2], "content": "x" * 161})
    reply = account.call("/sms/summary", {}, request_id="r-1")
    assert reply == {"request_id": "r-1", "data": {"total_messages": 2, "total_units": 4, "total_cost": 0.0}}


def test_sent_texts_are_shown_with_the_documented_fields(account):
    account.call("/sms/send", {"destination": NUMBERS, "content": "Hi"})
    reply = account.call("/sms/view-sent", {}, request_id="r-1")
    messages = reply["data"]["messages"]
    assert messages[0] == {
        "id": account.sms[0].message_id,
        "timestamp": "2026-11-21T12:00:00.000Z",
        "username": "api-SANDBOX0SAND",
        "sender": "shared",
        "sender_email": "",
        "destination_address": "+12025550123",
        "destination_address_country": "US",
        "format": "SMS",
        "status": "Message sent",
        "content": "Hi",
        "units": 1,
    }
    assert [message["destination_address_country"] for message in messages] == ["US", "GB", ""]


@pytest.mark.parametrize("path", ["/sms/view-sent", "/sms/view-received"])
def test_the_two_views_have_their_request_id_inside_data(account, path):
    assert account.call(path, {}, request_id="r-1") == {"data": {"request_id": "r-1", "messages": []}}


def test_received_texts_are_shown_with_the_documented_fields(account):
    received = account.receive_sms("+12025550123", "+12025550100", "STOP")
    reply = account.call("/sms/view-received", {})
    assert reply["data"]["messages"] == [
        {
            "source_address": "12025550123",
            "destination_address": "12025550100",
            "timestamp": "2026-11-21T12:00:00.000Z",
            "content": "STOP",
            "message_id": received.message_id,
            "username": "api-SANDBOX0SAND",
        }
    ]


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ({}, [18, 19, 20, 21]),
        ({"start_date": "2026-11-01"}, [11, 18, 19, 20, 21]),
        ({"start_date": "2026-11-19T12:00:00Z"}, [19, 20, 21]),
        ({"start_date": "2026-11-19T12:00:00.001"}, [20, 21]),
        ({"start_date": "2026-11-19T13:00:00+01:00", "end_date": "2026-11-21T12:00:00+00:00"}, [19, 20]),
        ({"end_date": ""}, [18, 19, 20, 21]),
        ({"username": "api-SANDBOX0SAND"}, [18, 19, 20, 21]),
        ({"username": "somebody"}, []),
    ],
)
@pytest.mark.parametrize("path", ["/sms/view-sent", "/sms/view-received"])
def test_a_view_takes_a_period_with_its_start_and_without_its_end(account, clock, path, period, days):
    for day in (11, 18, 19, 20, 21):
        clock.now = clock.now.replace(day=day)
        account.call("/sms/send", {"destination": NUMBERS[:1], "content": str(day)})
        account.receive_sms("+12025550123", "+12025550100", str(day))
    messages = account.call(path, period)["data"]["messages"]
    assert [int(message["content"]) for message in messages] == days


def test_received_texts_can_be_asked_for_by_unix_time(account, clock):
    account.receive_sms("+12025550123", "+12025550100", "now")
    now = int(clock.now.timestamp())
    for period, found in (
        ({"unix_start": now, "unix_end": now + 1}, 1),
        ({"unix_start": now + 1}, 0),
        ({"unix_end": now}, 0),
    ):
        assert len(account.call("/sms/view-received", period)["data"]["messages"]) == found


def test_a_view_lists_all_texts_of_a_run_at_once(account, clock):
    numbers = [f"+1202{number:07}" for number in range(10_000)]
    account.call("/sms/send", {"destination": ["+12025550123"], "content": "before"})
    clock.move(seconds=1)
    begin = clock.now
    for first in range(0, len(numbers), 100):
        account.call("/sms/send", {"destination": numbers[first : first + 100], "content": "run"})
        clock.move(seconds=1)
    end = clock.now
    account.call("/sms/send", {"destination": ["+12025550123"], "content": "after"})
    period = {"start_date": begin.isoformat(), "end_date": end.isoformat()}
    messages = account.call("/sms/view-sent", period)["data"]["messages"]
    assert [message["destination_address"] for message in messages] == numbers
    assert {message["content"] for message in messages} == {"run"}
    assert len({message["id"] for message in messages}) == 10_000


def test_the_client_reads_ten_thousand_texts(sandbox):
    numbers = [f"+1202{number:07}" for number in range(10_000)]

    async def main():
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
            for first in range(0, len(numbers), 100):
                await client.sms.send(numbers[first : first + 100], "Hello")
            return await client.sms.view_sent()

    messages = anyio.run(main).messages
    assert [message.destination_address for message in messages] == numbers
    assert messages[0].timestamp == sandbox.sms[0].received_at.replace(
        microsecond=sandbox.sms[0].received_at.microsecond // 1000 * 1000
    )
    assert [message.id for message in messages] == [text.message_id for text in sandbox.sms]
