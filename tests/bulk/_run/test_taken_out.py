"""A row that the API refuses by its position does not keep the others of its call."""

import random
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest
from bulk.helpers import BAD_KEY, LOST, TURNED_AWAY, counted, email, emails, numbers, states
from faults.scripted import answer, refusal

from smtp2go_async import BulkStoppedError, Journal, SyncClient
from smtp2go_async.bulk._run.named_rows import MAX_TAKEN_OUT
from smtp2go_async.sandbox import Sandbox, rules

PROGRAM = Path(__file__).parents[1] / "program.py"


def names(fieldname, message="was expecting an address"):
    return answer(
        400,
        {
            "error_code": "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD",
            "error": "The data does not conform to the specification",
            "field_validation_errors": {"fieldname": fieldname, "message": message},
        },
    )


def picky(*bad):
    """Refuse a call for the first of these that is in it, by its position."""

    def turn(fields):
        rows = fields["destination"] if "destination" in fields else [item["subject"] for item in fields["emails"]]
        for position, row in enumerate(rows):
            if row in bad:
                return names(f"destination[{position}]" if "destination" in fields else f"emails[{position}].to[0]")
        return None

    return turn


def sizes(provider):
    return [len(fields.get("emails", fields.get("destination"))) for _, fields, _ in provider.calls]


@pytest.mark.parametrize("place", [1, 2, 500, 1000])
def test_a_bad_address_among_a_thousand_costs_a_single_further_call(place, go, client, provider, path):
    provider.otherwise = picky(f"r{place}")
    told = []
    report = go(client.bulk.send, emails(1000), via="batch", batch_size=1000, journal=path, on_outcome=told.append)
    assert (report.sent, report.refused, sizes(provider)) == (999, 1, [1000, 999])
    assert set(provider.arrived.values()) == {1}
    assert f"r{place}" not in provider.arrived
    assert {outcome.reference: outcome.email_id for outcome in told} == {
        f"r{n}": None if n == place else f"id-r{n}" for n in range(1, 1001)
    }
    assert counted(path) == {"sent": 999, "refused": 1}


def test_several_bad_addresses_are_taken_out_one_after_the_other(go, client, provider, path):
    bad = ["r3", "r4", "r77", "r100"]
    provider.otherwise = picky(*bad)
    report = go(client.bulk.send, emails(100), via="batch", journal=path)
    assert (report.sent, report.refused) == (96, 4)
    assert sizes(provider) == [100, 99, 2, 96, 72, 23, 22]
    assert sorted(name for name, state in states(path).items() if state == "refused") == sorted(bad)
    assert set(provider.arrived.values()) == {1}


def test_rows_that_are_named_together_are_taken_out_together(go, client, provider):
    fields = [{"fieldname": f"emails[{place}].to", "message": "wrong"} for place in (1, 3)]
    data = {
        "error_code": "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD",
        "error": "x",
        "field_validation_errors": fields,
    }
    provider.then(answer(400, data))
    report = go(client.bulk.send, emails(5), via="batch")
    assert (report.sent, report.refused, sizes(provider)) == (3, 2, [5, 3])
    assert sorted(provider.arrived) == ["r1", "r3", "r5"]


def test_a_bad_number_does_not_hold_back_the_others_of_its_call(go, client, provider, path):
    provider.otherwise = picky(numbers(100)[41])
    told = []
    report = go(client.bulk.send_sms, numbers(150), "Hello", journal=path, on_outcome=told.append)
    assert (report.sent, report.refused) == (149, 1)
    assert set(provider.arrived.values()) == {1}
    assert [outcome.reference for outcome in told if outcome.status == "refused"] == [numbers(100)[41]]


@pytest.mark.parametrize("via", ["send", "batch"])
def test_a_refused_email_that_was_alone_in_its_call_is_not_tried_again(via, go, client, provider):
    provider.otherwise = names("emails[0].to[0]")
    report = go(client.bulk.send, emails(1), via=via)
    assert (report.refused, len(provider.calls)) == (1, 1)


def test_no_call_is_made_when_all_remaining_rows_are_bad(go, client, provider):
    provider.otherwise = picky("r1", "r2", "r3")
    report = go(client.bulk.send, emails(3), via="batch")
    assert (report.refused, sizes(provider)) == (3, [3, 2, 1])


@pytest.mark.parametrize(
    "turn",
    [
        names("sender"),
        names("emails"),
        names("emails[100].to"),
        names("to", "was expecting an address but found 'emails[3].to'"),
        refusal(400, "NON_VALIDATING_IN_PAYLOAD", "emails[3].to is wrong"),
        refusal(400, "API_EXCEPTION", "emails[3] is wrong"),
    ],
)
def test_a_refusal_that_names_no_row_for_certain_refuses_the_whole_call(turn, go, client, provider):
    provider.then(turn)
    report = go(client.bulk.send, emails(100), via="batch")
    assert (report.sent, report.refused, len(provider.calls)) == (0, 100, 1)


# --- how often --------------------------------------------------------------------------------------------------


def test_after_ten_refusals_for_the_rows_of_a_call_its_other_rows_are_refused_too(go, client, provider, path):
    provider.otherwise = picky(*(f"r{n}" for n in range(1, 51)))
    told = []
    report = go(client.bulk.send, emails(500), via="batch", journal=path, on_outcome=told.append)
    assert (report.sent, report.refused, len(provider.calls)) == (0, 500, MAX_TAKEN_OUT)
    assert not provider.arrived
    found = {outcome.reference: str(outcome.error) for outcome in told}
    assert all("emails[0].to[0]" in found[f"r{n}"] for n in range(1, MAX_TAKEN_OUT + 1))
    assert all("because of another row" in found[f"r{n}"] for n in range(MAX_TAKEN_OUT + 1, 501))


def test_rows_refused_only_with_their_call_are_sent_by_the_next_run(go, client, provider, path):
    bad = [f"r{n}" for n in range(1, 16)]
    provider.otherwise = picky(*bad)
    assert go(client.bulk.send, emails(500), via="batch", journal=path).refused == 500
    report = go(client.bulk.send, emails(500), via="batch", journal=path)
    assert (report.sent, report.refused, report.skipped) == (485, 5, 10)
    assert go(client.bulk.send, emails(500), via="batch", journal=path).skipped == 500
    assert set(provider.arrived.values()) == {1}
    assert set(provider.arrived) == {f"r{n}" for n in range(16, 501)}


@pytest.mark.parametrize("turn", [names("sender"), refusal(400, "NON_VALIDATING_IN_PAYLOAD", "one of them is wrong")])
def test_when_the_wrong_row_is_not_named_correcting_it_sends_the_others_too(turn, go, client, provider, path):
    provider.then(turn)
    assert go(client.bulk.send, emails(100), via="batch", journal=path).refused == 100
    report = go(client.bulk.send, emails(100), via="batch", journal=path)
    assert (report.sent, report.skipped) == (100, 0)
    assert go(client.bulk.send, emails(100), via="batch", journal=path).skipped == 100
    assert set(provider.arrived.values()) == {1}


@pytest.mark.parametrize(("turn", "size"), [(names("sender"), 1), (refusal(400, "API_EXCEPTION", "no"), 100)])
def test_a_refusal_of_a_single_row_or_of_another_kind_is_not_tried_again(turn, size, go, client, provider, path):
    provider.then(turn)
    assert go(client.bulk.send, emails(size), via="batch", journal=path).refused == size
    assert go(client.bulk.send, emails(size), via="batch", journal=path).skipped == size


def test_numbers_refused_only_with_their_call_are_sent_by_the_next_run(go, client, provider, path):
    provider.otherwise = picky(*numbers(11))
    assert go(client.bulk.send_sms, numbers(100), "Hello", journal=path).refused == 100
    report = go(client.bulk.send_sms, numbers(100), "Hello", journal=path)
    assert (report.sent, report.refused, report.skipped) == (89, 1, 10)
    assert set(provider.arrived.values()) == {1}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_list_in_which_every_row_is_bad_is_not_tried_row_by_row(concurrency, go, client, provider, path):
    """What is wrong with all of them costs few errors: too many get the address blocked."""
    provider.otherwise = lambda _fields: names("emails[0].sender")
    report = go(client.bulk.send, emails(5000), via="batch", batch_size=100, concurrency=concurrency, journal=path)
    assert report.refused == 5000
    assert len(provider.calls) <= 50 + MAX_TAKEN_OUT + 2 * concurrency


def test_after_an_accepted_call_other_rows_are_tried_again(go, client, provider):
    provider.otherwise = picky(*(f"r{n}" for n in range(1, 1000, 25)))
    report = go(client.bulk.send, emails(1000), via="batch", batch_size=100, concurrency=1)
    assert (report.sent, report.refused) == (960, 40)
    assert set(provider.arrived.values()) == {1}


# --- what can happen to the others -------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [LOST, answer(502)])
def test_a_lost_reply_for_the_others_makes_them_unknown_and_they_are_not_sent_again(turn, go, client, provider, path):
    provider.then(names("emails[2].to"), turn)
    report = go(client.bulk.send, emails(10), via="batch", journal=path)
    assert (report.refused, report.unknown) == (1, 9)
    assert counted(path) == {"refused": 1, "unknown": 9}
    again = go(client.bulk.send, emails(10), via="batch", journal=path)
    assert (again.skipped, len(provider.calls)) == (10, 2)


def test_three_lost_replies_in_a_row_end_the_run_even_if_rows_were_taken_out_before(go, client, provider, path):
    provider.then(names("emails[0].to"), LOST, LOST, LOST)
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, emails(100), via="batch", batch_size=10, concurrency=1, journal=path)
    assert counted(path) == {"refused": 1, "unknown": 29}


def test_a_cool_down_before_the_others_is_waited_for(go, client, provider):
    provider.then(names("emails[2].to"), TURNED_AWAY)
    report = go(client.bulk.send, emails(10), via="batch")
    assert (report.refused, report.sent) == (1, 9)
    assert set(provider.arrived.values()) == {1}


def test_an_error_of_the_account_gives_the_others_back(go, client, provider, path):
    provider.then(names("emails[2].to"), BAD_KEY)
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(10), via="batch", journal=path)
    assert caught.value.report.refused == 1
    assert counted(path) == {"refused": 1, "pending": 9}
    assert go(client.bulk.send, emails(10), via="batch", journal=path).sent == 9
    assert set(provider.arrived.values()) == {1}


def test_a_row_that_can_not_be_encoded_and_a_refused_row_are_both_found(go, client, provider):
    provider.otherwise = picky("r5", "r15")
    slow = ("slow", email("slow", fastaccept=False))
    report = go(client.bulk.send, [*emails(10), slow, *emails(10, first=11)], via="batch")
    assert (report.sent, report.refused, report.failed) == (18, 2, 1)
    assert set(provider.arrived.values()) == {1}


def test_a_refused_row_is_written_and_passed_on_before_the_others_are_sent(go, client, provider, path):
    seen = []
    told = []
    with Journal(path) as journal:
        provider.then(
            names("emails[1].to"),
            lambda _fields: seen.append(({row.reference: row.state for row in journal.rows()}, list(told))),
        )
        go(
            client.bulk.send,
            emails(3),
            via="batch",
            journal=journal,
            on_outcome=lambda outcome: told.append(outcome.reference),
        )
    assert seen == [({"r1": "claimed", "r2": "refused", "r3": "claimed"}, ["r2"])]


def test_a_run_that_is_cancelled_before_the_others_leave_gives_them_back(go, client, provider, path):
    async def work():
        provider.hold()
        provider.then(names("emails[1].to"))
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:

                async def send():
                    await client.bulk.send(emails(10), via="batch", journal=path)

                tasks.start_soon(send)
                await provider.under_way(1)
                scope.cancel()
                provider.release()

    go(work)
    assert not provider.arrived
    assert counted(path) == {"refused": 1, "pending": 9}
    assert go(client.bulk.send, emails(10), via="batch", journal=path).sent == 9


# --- over a real socket ------------------------------------------------------------------------------------------


@pytest.fixture
def sandbox(monkeypatch):
    """A sandbox that refuses each 97th address of `program.py` as it refuses an invalid address."""
    read = rules.parse_mailbox

    def parse(value):
        number = value.partition("@")[0][1:]
        return None if number.isdigit() and int(number) % 97 == 0 else read(value)

    monkeypatch.setattr(rules, "parse_mailbox", parse)
    with Sandbox() as running:
        yield running


def test_the_sandbox_names_the_position_and_the_others_arrive(sandbox, path):
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        report = client.bulk.send(emails(2000), via="batch", batch_size=500, journal=path)
    assert (report.sent, report.refused) == (1980, 20)
    assert sandbox.counts("subject") == {f"r{n}": 1 for n in range(1, 2001) if n % 97}


def test_a_number_that_the_sandbox_refuses_does_not_hold_back_the_others(path, monkeypatch):
    pattern = rules._NUMBER

    class Pattern:
        @staticmethod
        def fullmatch(number):
            return None if number.endswith("7") else pattern.fullmatch(number)

    monkeypatch.setattr(rules, "_NUMBER", Pattern)
    with Sandbox() as sandbox, SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        wanted = numbers(70)
        report = client.bulk.send_sms(wanted, "Hello", journal=path)
        assert (report.sent, report.refused) == (63, 7)
        assert sandbox.counts("destination") == {number: 1 for number in wanted if not number.endswith("7")}


@pytest.mark.once
def test_a_run_killed_three_times_while_rows_are_taken_out_loses_and_repeats_nothing(sandbox, path):
    count, drawn = 3000, random.Random(97)
    command = [sys.executable, str(PROGRAM), "asyncio-batch", sandbox.base_url, sandbox.api_key, path, str(count)]
    for _ in range(3):
        calls = sandbox.counts("path").get("/v3/email/batch", 0) + drawn.randint(3, 12)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while process.poll() is None and sandbox.counts("path").get("/v3/email/batch", 0) < calls:
            time.sleep(0.001)
        process.kill()
        assert process.wait(10) == -9, "it ended before it was killed"
    last = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (last.stderr, last.returncode) == ("", 0)
    bad = {f"r{n}" for n in range(97, count + 1, 97)}
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        client.bulk.reconcile(path, wait=False)
        found = states(path)
        assert len(found) == count
        arrived = sandbox.counts("subject")
        assert set(arrived.values()) == {1}, "something arrived twice"
        assert set(arrived) == {name for name, state in found.items() if state == "sent"}
        assert {name for name, state in found.items() if state == "refused"} <= bad
        assert set(found.values()) <= {"sent", "refused", "unknown"}
        corrected = [
            (name, email("ok") if found[name] == "refused" else item) for name, item in _like_the_program(count)
        ]
        report = client.bulk.send(corrected, via="batch", batch_size=50, journal=path)
        assert report.sent == sum(state == "refused" for state in found.values())
        again = client.bulk.send(corrected, via="batch", journal=path, resend_unknown=True)
        assert again.sent + again.refused == sum(state == "unknown" for state in found.values())
    arrived = sandbox.counts("subject")
    assert arrived.pop("ok") == report.sent
    assert arrived == {f"r{n}": 1 for n in range(1, count + 1) if n % 97}


def _like_the_program(count):
    return ((f"r{n}", email(f"r{n}")) for n in range(1, count + 1))
