"""Texts: sending them, counting them, and listing what was sent and received."""

import datetime as dt

import pytest

from smtp2go_async import ReplyError, SendRefusedError

JANE, BOB = "+12025550123", "+12025550199"
QUEUED = {"statuses": {"queued": 1}, "total_sent": 1}
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
RANGED = ["summary", "view_received", "view_sent"]
PATHS = {"summary": "/sms/summary", "view_received": "/sms/view-received", "view_sent": "/sms/view-sent"}


async def test_the_shortest_text_sends_two_fields(client, answers):
    bodies = answers("/sms/send", QUEUED)
    result = await client.sms.send([JANE], "Hi")
    assert bodies == [{"destination": [JANE], "content": "Hi"}]
    assert (result.accepted, result.statuses, result.total_sent, result.messages) == (True, {"queued": 1}, 1, ())


async def test_a_sender_goes_out_as_its_field(client, answers):
    bodies = answers("/sms/send", QUEUED)
    await client.sms.send([JANE], "Hi", sender="+12025550111")
    assert bodies == [{"destination": [JANE], "content": "Hi", "sender": "+12025550111"}]


@pytest.mark.parametrize("one", [JANE, BOB])
async def test_a_single_number_needs_no_list(client, answers, one):
    bodies = answers("/sms/send", QUEUED)
    await client.sms.send(one, "Hi")
    assert bodies[0]["destination"] == [one]


async def test_numbers_keep_their_order_and_repeats(client, answers):
    bodies = answers("/sms/send", QUEUED)
    await client.sms.send((BOB, JANE, BOB), "Hi")
    assert bodies[0]["destination"] == [BOB, JANE, BOB]


@pytest.mark.parametrize("count", [1, 100])
async def test_1_to_100_numbers_are_possible(client, answers, count):
    bodies = answers("/sms/send", QUEUED)
    await client.sms.send([JANE] * count, "Hi")
    assert len(bodies[0]["destination"]) == count


@pytest.mark.parametrize("count", [0, 101])
async def test_no_number_and_more_than_100_are_not(client, nothing_sent, count):
    with pytest.raises(ValueError, match=rf"^destination: must be 1 to 100 numbers, not {count}$"):
        await client.sms.send([JANE] * count, "Hi")


@pytest.mark.parametrize("number", ["1234", "jane", "+12025550123x5", "12025550123.0", "0012025550123/4"])
async def test_the_error_names_the_position_of_a_wrong_number_and_does_not_quote_it(client, nothing_sent, number):
    with pytest.raises(
        ValueError, match=r"^destination\[1\]: must be a telephone number with its country code; "
    ) as caught:
        await client.sms.send([JANE, number], "Hi")
    assert number not in str(caught.value)


async def test_a_number_goes_out_in_a_single_form(client, answers):
    bodies = answers("/sms/send", QUEUED)
    await client.sms.send(["1 (202) 555-0123", "+44 (0)20 7946 0958"], "Hi")
    assert bodies[0]["destination"] == ["+12025550123", "+442079460958"]


@pytest.mark.parametrize("destination", [None, 17, b"+12025550123", {JANE}, iter([JANE])])
async def test_numbers_come_in_a_list(client, nothing_sent, destination):
    with pytest.raises(TypeError, match=r"^destination: must be a list of str, not "):
        await client.sms.send(destination, "Hi")


async def test_a_number_is_text(client, nothing_sent):
    with pytest.raises(TypeError, match=r"^destination\[0\]: must be a str, not an int$"):
        await client.sms.send([12025550123], "Hi")


async def test_a_text_is_not_empty(client, nothing_sent):
    with pytest.raises(ValueError, match=r"^content: must not be empty$"):
        await client.sms.send([JANE], "")


@pytest.mark.parametrize("content", [None, b"Hi", 17])
async def test_a_text_is_text(client, nothing_sent, content):
    with pytest.raises(TypeError, match=r"^content: must be a str"):
        await client.sms.send([JANE], content)


async def test_a_long_text_goes_out_whole(client, answers):
    bodies = answers("/sms/send", QUEUED)
    await client.sms.send([JANE], "é\n" * 300)
    assert bodies[0]["content"] == "é\n" * 300


async def test_an_empty_sender_is_the_accounts_default(client, answers):
    bodies = answers("/sms/send", QUEUED)
    await client.sms.send([JANE], "Hi", sender="")
    assert bodies == [{"destination": [JANE], "content": "Hi"}]


@pytest.mark.parametrize("sender", [" ", "12025550111", "Shop", "+1 202 555 0111", "+1234", "+012025550111"])
async def test_a_sender_is_a_number_in_e_164(client, nothing_sent, sender):
    with pytest.raises(ValueError, match=r"^sender: must be a number in E\.164"):
        await client.sms.send([JANE], "Hi", sender=sender)


async def test_a_sender_is_text(client, nothing_sent):
    with pytest.raises(TypeError, match=r"^sender: must be a str"):
        await client.sms.send([JANE], "Hi", sender=12025550111)


async def test_each_message_is_read_where_the_answer_has_them(client, answers):
    answers(
        "/sms/send", {**QUEUED, "messages": [{"destination": 12025550123, "message_id": "m-1", "status": "queued"}]}
    )
    (message,) = (await client.sms.send([JANE], "Hi")).messages
    assert (message.destination, message.message_id, message.status) == ("12025550123", "m-1", "queued")


async def test_texts_that_were_all_turned_down_are_raised(client, answers):
    answers("/sms/send", {"statuses": {"rejected": 2}, "total_sent": 0})
    with pytest.raises(SendRefusedError, match="2 rejected"):
        await client.sms.send([JANE, BOB], "Hi")


async def test_an_answer_without_a_verdict_is_raised_as_an_unknown_outcome(client, answers):
    answers("/sms/send", {})
    with pytest.raises(ReplyError) as caught:
        await client.sms.send([JANE], "Hi")
    assert caught.value.carried_out is None


async def test_sending_never_names_a_subaccount_since_the_api_has_none_there(client, answers):
    bodies = answers("/sms/send", QUEUED)
    await client.with_options(subaccount_id="k3s9ab").sms.send([JANE], "Hi")
    assert "subaccount_id" not in bodies[0]


# --- what was sent and received ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", RANGED)
async def test_without_arguments_no_fields_are_sent(client, answers, method):
    bodies = answers(PATHS[method], {})
    await getattr(client.sms, method)()
    assert bodies == [{}]


@pytest.mark.parametrize("method", RANGED)
async def test_a_time_goes_out_as_two_fields(client, answers, method):
    bodies = answers(PATHS[method], {})
    await getattr(client.sms, method)(start_date=dt.date(2026, 6, 1), end_date=NOON)
    assert bodies == [{"start_date": "2026-06-01", "end_date": "2026-06-01T12:00:00Z"}]


@pytest.mark.parametrize("method", RANGED)
async def test_the_subaccount_of_the_call_wins_over_the_clients(client, answers, method):
    bodies = answers(PATHS[method], {}, {})
    sms = client.with_options(subaccount_id="k3s9ab").sms
    await getattr(sms, method)()
    await getattr(sms, method)(subaccount_id="other1")
    assert bodies == [{"subaccount_id": "k3s9ab"}, {"subaccount_id": "other1"}]


@pytest.mark.parametrize("method", RANGED)
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"start_date": dt.datetime(2026, 6, 1)}, ValueError, r"^start_date: must be a time with a zone"),
        ({"end_date": dt.datetime(2026, 6, 1)}, ValueError, r"^end_date: must be a time with a zone"),
        ({"start_date": NOON, "end_date": NOON}, ValueError, r"^end_date: must be after start_date"),
        ({"start_date": "2026-06-01"}, TypeError, r"^start_date: must be a datetime or a date"),
    ],
)
async def test_a_wrong_time_is_refused(client, nothing_sent, method, arguments, error, words):
    with pytest.raises(error, match=words):
        await getattr(client.sms, method)(**arguments)


@pytest.mark.parametrize("method", ["view_received", "view_sent"])
async def test_a_username_goes_out_as_its_field(client, answers, method):
    bodies = answers(PATHS[method], {})
    await getattr(client.sms, method)(username="shop")
    assert bodies == [{"username": "shop"}]


async def test_received_texts_can_still_be_asked_for_in_unix_seconds(client, answers):
    bodies = answers("/sms/view-received", {})
    await client.sms.view_received(unix_start=0, unix_end=1767268800)
    assert bodies == [{"unix_start": 0, "unix_end": 1767268800}]


@pytest.mark.parametrize("end", ["start", "end"])
async def test_a_time_can_not_be_given_in_two_ways(client, nothing_sent, end):
    with pytest.raises(ValueError, match=rf"^unix_{end}: must not be given together with {end}_date; use one of them$"):
        await client.sms.view_received(**{f"{end}_date": NOON, f"unix_{end}": 0})


async def test_the_two_ways_may_be_mixed(client, answers):
    bodies = answers("/sms/view-received", {})
    await client.sms.view_received(start_date=NOON, unix_end=1790000000)
    assert bodies == [{"start_date": "2026-06-01T12:00:00Z", "unix_end": 1790000000}]


async def test_a_summary_is_read(client, answers):
    answers("/sms/summary", {"total_messages": "3", "total_units": 5, "total_cost": 0.25})
    summary = await client.sms.summary()
    assert (summary.total_messages, summary.total_units, summary.total_cost) == (3, 5, 0.25)


async def test_received_texts_are_read(client, answers):
    received = {
        "source_address": 12025550123,
        "destination_address": "12025550199",
        "timestamp": "2026-06-01 12:00:00.5",
        "content": "Hi",
        "message_id": "m-1",
        "username": "shop",
    }
    answers("/sms/view-received", {"messages": [received]})
    (one,) = (await client.sms.view_received()).messages
    assert (one.source_address, one.destination_address) == ("12025550123", "12025550199")
    assert one.timestamp == NOON.replace(microsecond=500_000)
    assert (one.content, one.message_id, one.username) == ("Hi", "m-1", "shop")


async def test_sent_texts_are_read(client, answers):
    sent = {
        "id": "m-1",
        "status": "Message discarded",
        "units": "2",
        "destination_address_county": "US",
        "sender": "shared",
    }
    answers("/sms/view-sent", {"messages": [sent, None]})
    first, second = (await client.sms.view_sent()).messages
    assert (first.id, first.status, first.units, first.sender) == ("m-1", "Message discarded", 2, "shared")
    assert first.destination_address_country == "US"
    assert second.id == ""
