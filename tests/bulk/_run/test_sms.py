"""One text to many numbers."""

import os
from functools import partial

import anyio
import pytest
from bulk.helpers import BAD_KEY, LOST, counted, numbers, states
from faults.scripted import answer, refusal

from smtp2go_async import BulkStoppedError, JournalError, SmsOutcome
from smtp2go_async.bulk._plan import Row
from smtp2go_async.bulk._run.channels import SmsSends
from smtp2go_async.endpoints.sms import SmsMessage, SmsSent


def of_each(told):
    return {outcome.reference: outcome.status for outcome in told}


def test_ten_thousand_numbers_are_a_hundred_calls_and_each_number_is_in_a_single_call(go, client, provider):
    report = go(client.bulk.send_sms, numbers(10_000), "Hello")
    assert report.sent == 10_000
    assert [len(fields["destination"]) for _, fields, _ in provider.calls] == [100] * 100
    assert len(provider.arrived) == 10_000
    assert set(provider.arrived.values()) == {1}


def test_calls_are_made_at_the_same_time_up_to_the_number_asked_for(go, client, provider):
    async def work():
        provider.hold()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(client.bulk.send_sms, numbers(3000), "Hello", concurrency=3))
            await provider.under_way(3)
            provider.release()

    go(work)
    assert provider.most_in_flight == 3


def test_the_text_and_the_sender_are_in_each_call(go, client, provider):
    go(client.bulk.send_sms, numbers(150), "Hello", sender="+12025550100")
    assert {(fields["content"], fields["sender"]) for _, fields, _ in provider.calls} == {("Hello", "+12025550100")}


def test_a_number_written_in_several_ways_gets_a_single_text(go, client, provider):
    told = []
    same = ["+1 (202) 555-0123", "12025550123", "0012025550123", "+1.202.555.0123"]
    report = go(client.bulk.send_sms, same, "Hello", on_outcome=told.append)
    assert (report.sent, report.skipped) == (1, 3)
    assert dict(provider.arrived) == {"+12025550123": 1}
    assert {outcome.reference for outcome in told} == {"+12025550123"}


def test_an_invalid_number_fails_with_its_row_and_the_others_are_sent(go, client):
    told = []
    go(client.bulk.send_sms, ["+12025550100", "call me", 7, "+12025550101"], "Hello", on_outcome=told.append)
    found = {outcome.reference: outcome for outcome in told}
    assert of_each(told) == {"+12025550100": "sent", "call me": "failed", "7": "failed", "+12025550101": "sent"}
    assert "destinations, row 2" in str(found["call me"].error)
    assert isinstance(found["7"].error, TypeError)


def test_the_outcome_of_each_number_has_the_id_and_the_status_of_the_api(go, client):
    told = []
    go(client.bulk.send_sms, numbers(2), "Hello", on_outcome=told.append)
    assert all(isinstance(outcome, SmsOutcome) for outcome in told)
    assert {(outcome.reference, outcome.message_id, outcome.sms_status) for outcome in told} == {
        (number, f"m{number}", "queued") for number in numbers(2)
    }


def test_a_number_that_the_api_rejects_is_refused_and_the_others_are_sent(go, client, provider, path):
    first, second = numbers(2)
    messages = [
        {"destination": first[1:], "message_id": "a", "status": "rejected"},
        {"destination": second, "message_id": "b", "status": "queued"},
    ]
    provider.then(answer(data={"statuses": {"rejected": 1, "queued": 1}, "total_sent": 1, "messages": messages}))
    told = []
    go(client.bulk.send_sms, [first, second], "Hello", journal=path, on_outcome=told.append)
    assert of_each(told) == {first: "refused", second: "sent"}
    assert states(path) == {first: "refused", second: "sent"}


def test_when_all_are_rejected_all_are_refused(go, client, provider):
    provider.then(answer(data={"statuses": {"rejected": 2}, "total_sent": 0, "messages": []}))
    assert go(client.bulk.send_sms, numbers(2), "Hello").refused == 2


def test_a_number_that_is_missing_in_the_response_is_unknown(go, client, provider):
    first, second = numbers(2)
    messages = [{"destination": first, "message_id": "a", "status": "queued"}]
    provider.then(answer(data={"statuses": {"queued": 1}, "total_sent": 1, "messages": messages}))
    told = []
    go(client.bulk.send_sms, [first, second], "Hello", on_outcome=told.append)
    assert of_each(told) == {first: "sent", second: "unknown"}


def test_a_response_with_counts_only_is_believed_when_all_were_taken(go, client, provider):
    provider.then(answer(data={"statuses": {"queued": 2}, "total_sent": 2}))
    assert go(client.bulk.send_sms, numbers(2), "Hello").sent == 2


@pytest.mark.parametrize(
    "data",
    [{"statuses": {"queued": 1, "failed": 1}, "total_sent": 1}, {"statuses": {"queued": 1}, "total_sent": 1}],
)
def test_all_are_unknown_when_only_some_were_taken_and_the_response_does_not_say_which(data, go, client, provider):
    provider.then(answer(data=data))
    assert go(client.bulk.send_sms, numbers(2), "Hello").unknown == 2


@pytest.mark.parametrize("status", ["failed", "rejected", "cancelled", "expired"])
def test_a_number_whose_text_the_provider_has_ended_is_refused(status, go, client, provider):
    first, second = numbers(2)
    messages = [{"destination": first, "status": status}, {"destination": second, "status": "held"}]
    provider.then(answer(data={"statuses": {status: 1, "held": 1}, "total_sent": 2, "messages": messages}))
    told = []
    go(client.bulk.send_sms, [first, second], "Hello", on_outcome=told.append)
    assert of_each(told) == {first: "refused", second: "sent"}


def test_an_undocumented_status_leaves_a_number_unknown(go, client, provider):
    first, second = numbers(2)
    messages = [{"destination": first, "status": "teleported"}, {"destination": second, "status": "queued"}]
    provider.then(answer(data={"statuses": {"teleported": 1, "queued": 1}, "messages": messages}))
    told = []
    go(client.bulk.send_sms, [first, second], "Hello", on_outcome=told.append)
    assert of_each(told) == {first: "unknown", second: "sent"}
    assert {outcome.reference: outcome.sms_status for outcome in told} == {first: "teleported", second: "queued"}
    assert "does not say whether this text was taken" in str(
        next(outcome for outcome in told if outcome.reference == first).error
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"statuses": {"queued": 2}}, "sent"),
        ({"statuses": {"queued": 1, "held": 1}}, "sent"),
        ({"total_sent": 2}, "sent"),
        ({"statuses": {"teleported": 2}, "total_sent": 2}, "sent"),
        ({"statuses": {"queued": 1}}, "unknown"),
        ({"statuses": {"queued": 1, "teleported": 1}}, "unknown"),
        ({"statuses": {"queued": 1, "cancelled": 1}, "total_sent": 2}, "unknown"),
        ({"statuses": {"queued": 3}}, "unknown"),
        ({"statuses": {"cancelled": 2}}, "refused"),
        ({"statuses": {"expired": 1, "failed": 1}, "total_sent": 0}, "refused"),
        ({"statuses": {"cancelled": 1}}, "unknown"),
    ],
)
def test_without_messages_the_counts_decide_where_they_cover_every_number(data, expected, go, client, provider):
    provider.then(answer(data=data))
    assert getattr(go(client.bulk.send_sms, numbers(2), "Hello"), expected) == 2


@pytest.mark.parametrize("raised", [True, False])
def test_a_number_that_is_missing_in_a_refusal_is_unknown(raised, go, client, provider):
    first, second = numbers(2)
    provider.then(answer(data={"messages": [{"destination": first, "status": "rejected"}]}))
    told = []
    client = client.with_options(raise_on_refused=raised)
    go(client.bulk.send_sms, [first, second], "Hello", on_outcome=told.append)
    assert of_each(told) == {first: "refused", second: "unknown"}
    assert {outcome.reference: outcome.error.carried_out for outcome in told} == {first: False, second: None}


def test_an_empty_sender_is_the_accounts_default(go, client, provider):
    assert go(client.bulk.send_sms, numbers(1), "Hello", sender="").sent == 1


def test_a_lost_reply_makes_its_numbers_unknown_and_they_get_no_second_text(go, client, provider, path):
    provider.then(LOST)
    report = go(client.bulk.send_sms, numbers(150), "Hello", concurrency=1, journal=path)
    assert (report.unknown, report.sent) == (100, 50)
    assert go(client.bulk.send_sms, numbers(150), "Hello", journal=path).skipped == 150
    assert set(provider.arrived.values()) == {1}


def test_a_refused_call_refuses_its_numbers(go, client, provider):
    provider.then(refusal(400, "NON_VALIDATING_IN_PAYLOAD", "wrong"))
    report = go(client.bulk.send_sms, numbers(150), "Hello", concurrency=1)
    assert (report.refused, report.sent) == (100, 50)


def test_an_error_of_the_account_gives_the_numbers_back(go, client, provider, path):
    provider.then(BAD_KEY)
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send_sms, numbers(150), "Hello", concurrency=1, journal=path)
    assert counted(path) == {"pending": 100}
    assert go(client.bulk.send_sms, numbers(150), "Hello", journal=path).sent == 150


def test_a_list_with_duplicate_numbers_goes_on_where_it_was_cut_off(go, client, provider, path):
    twice = [number for number in numbers(150) for _ in range(2)]
    go(client.bulk.send_sms, twice[:250], "Hello", journal=path)
    report = go(client.bulk.send_sms, twice, "Hello", journal=path)
    assert (report.sent, report.skipped) == (25, 275)
    assert set(provider.arrived.values()) == {1}


def test_a_list_that_starts_with_invalid_numbers_goes_on_too(go, client, provider, path):
    wrong = [*["?"] * 120, *numbers(150)]
    go(client.bulk.send_sms, wrong[:200], "Hello", journal=path)
    assert go(client.bulk.send_sms, wrong, "Hello", journal=path).sent == 70


def test_the_same_numbers_with_another_text_are_another_run(go, client, path):
    go(client.bulk.send_sms, numbers(3), "Hello", journal=path)
    with pytest.raises(JournalError, match="started for another text"):
        go(client.bulk.send_sms, numbers(3), "Good evening", journal=path)


@pytest.mark.parametrize("content", ["", None, 5])
def test_an_empty_text_is_refused(content, go, client, tmp_path):
    with pytest.raises((TypeError, ValueError), match="content"):
        go(client.bulk.send_sms, numbers(1), content, journal=tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_single_number_is_not_taken_for_a_list_of_its_digits(go, client):
    with pytest.raises(TypeError, match="destinations: must be a list"):
        go(client.bulk.send_sms, "+12025550123", "Hello")


def test_an_invalid_sender_is_refused_before_the_journal_is_made(go, client, provider, path):
    with pytest.raises(ValueError, match="sender: must be a number in E.164"):
        go(client.bulk.send_sms, numbers(3), "Hello", sender="bogus", journal=path)
    assert not provider.calls
    assert not os.path.exists(path)


@pytest.mark.parametrize(
    "wrong",
    ["12025550123.0", "1-202-555-0123 (2)", "+1 202 555 0123/4", "+39 (0)6 1234567", "1.2025550123E+10", "2025550123"],
)
def test_a_row_that_could_mean_another_number_fails_and_no_text_is_sent_for_it(wrong, go, client, provider, path):
    told = []
    report = go(client.bulk.send_sms, [wrong, *numbers(1)], "Hello", journal=path, on_outcome=told.append)
    assert (report.sent, report.failed) == (1, 1)
    assert list(provider.arrived) == numbers(1)
    (failed,) = (outcome for outcome in told if outcome.status == "failed")
    assert str(failed.error).startswith("destinations, row 1: must be a telephone number with its country code; ")
    assert wrong not in f"{failed!r} {failed.error} {report!r}"
    assert "2025550123" not in repr(failed)


MANY = numbers(2)
A, B = MANY


@pytest.mark.parametrize(
    ("statuses", "messages", "expected"),
    [
        ({"queued": 2}, [(A, "rejected")], ["unknown", "sent"]),
        ({"rejected": 2}, [(A, "queued")], ["unknown", "unknown"]),
        ({"queued": 1, "rejected": 1}, [(A, "rejected"), (B, "queued")], ["refused", "sent"]),
        ({"queued": 3}, [(A, "queued"), (A, "rejected"), (B, "queued")], ["unknown", "sent"]),
        ({}, [(A, "delivered"), (A, "rejected"), (B, "rejected")], ["unknown", "refused"]),
        ({}, [(A, "queued"), (A, "delivered"), (B, "rejected")], ["sent", "refused"]),
        ({}, [(A, "queued"), (A, "unheard of"), (B, "queued")], ["unknown", "sent"]),
    ],
)
def test_messages_that_contradict_each_other_or_the_counts_leave_a_number_unknown(statuses, messages, expected):
    told = tuple(SmsMessage(destination=number, message_id="m", status=status) for number, status in messages)
    sent = SmsSent(statuses=statuses, messages=told)

    class Calls:
        async def call(self, _operation, _fields):
            return sent

    way = SmsSends(content="Hello", sender=None)
    rows = [Row(reference=number) for number in MANY]
    outcomes = anyio.run(way.send, Calls(), rows)
    assert [outcome.status for outcome in outcomes] == expected
