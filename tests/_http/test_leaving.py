"""The gate is asked at the moment of leaving: which calls still go out after a 429, and in which order do they go on?"""

import threading
from collections import Counter

import anyio
import httpx
import pytest
from faults.scripted import answer
from faults.server import Fault, Say

from smtp2go_async import (
    AsyncClient,
    CallEffect,
    Email,
    OutcomeUnknownError,
    Pacer,
    RateLimitError,
    RetryPolicy,
    ServerError,
    SyncClient,
)
from smtp2go_async._http.transport import OwnTransport

KEY = "api-" + "A" * 32
BLOCKED = Say(429, b"{}", {"Retry-After": "60"})


async def send_all(client, count, mail):
    """Send so many e-mails at the same time, and count what became of them."""
    found = Counter()

    async def one(number):
        try:
            await client.email.send(**mail(f"r{number}"))
            found["sent"] += 1
        except RateLimitError as error:
            found["held back" if error.carried_out is False else "unknown"] += 1

    async with anyio.create_task_group() as tasks:
        for number in range(count):
            tasks.start_soon(one, number)
    return found


@pytest.mark.parametrize(("callers", "connections"), [(20, 2), (60, 20), (400, 100)])
def test_after_the_first_429_only_calls_that_were_on_the_wire_arrive(
    callers, connections, backend, faults, client_of, mail
):
    faults.otherwise = BLOCKED

    async def run():
        async with client_of(max_connections=connections, retry=RetryPolicy()) as client:
            found = await send_all(client, callers, mail)
            return found, client.pacer

    found, pacer = anyio.run(run, backend=backend)
    assert found == {"held back": callers}
    assert 1 <= faults.count() <= connections
    assert (pacer.state.phase, pacer.state.in_flight, pacer.state.waiting) == ("cooling down", 0, 0)
    # Half of those that were on the wire, and not half of all callers.
    assert pacer._gate.limit <= connections // 2


def test_calls_that_wait_in_the_pool_of_the_caller_s_own_client_are_held_back_too(backend, faults, mail):
    faults.otherwise = BLOCKED

    async def run():
        limits = httpx.Limits(max_connections=10)
        async with (
            httpx.AsyncClient(limits=limits, trust_env=False) as http_client,
            AsyncClient(KEY, base_url=faults.url, http_client=http_client) as client,
        ):
            return await send_all(client, 60, mail), client.pacer

    found, pacer = anyio.run(run, backend=backend)
    assert found == {"held back": 60}
    assert 1 <= faults.count() <= 10
    assert pacer._gate.limit <= 5


class Held:
    """Connections whose calls are answered when the test says so."""

    def __init__(self):
        self.in_flight = 0
        self.released = anyio.Event()

    async def exchange(self, request, depart):
        depart(writing=True)
        self.in_flight += 1
        released, limited = self.released, self.in_flight == 20
        try:
            if not limited:
                await released.wait()
            return answer(429, retry_after=1.0) if limited else answer()
        finally:
            self.in_flight -= 1

    def next_round(self):
        released, self.released = self.released, anyio.Event()
        released.set()

    async def aclose(self):
        pass


def test_60_calls_over_20_connections_go_on_10_at_a_time_after_a_block(backend, mail):
    async def run():
        held = Held()
        client = AsyncClient(KEY, retry=RetryPolicy.patient(), timeout=20)
        client._calls.transport = OwnTransport(lambda: held, 20)
        rounds = []

        async def watch():
            while not client.pacer.state.cool_downs:
                await anyio.sleep(0.001)
            for expected in (1, 10, 12):
                held.next_round()
                with anyio.fail_after(10):
                    while held.in_flight != expected:
                        await anyio.sleep(0.001)
                await anyio.wait_all_tasks_blocked()
                rounds.append(held.in_flight)
            while True:
                await anyio.sleep(0.001)
                held.next_round()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            found = await send_all(client, 60, mail)
            tasks.cancel_scope.cancel()
        await client.aclose()
        return found, rounds

    assert anyio.run(run, backend=backend) == ({"sent": 60}, [1, 10, 12])


def test_calls_of_40_event_loops_all_get_through_after_a_short_block(faults, mail):
    """None of them is overtaken for so long that its time is up."""
    pacer = Pacer()
    faults.then(*[Say(429, b"{}", {"Retry-After": "0.3"})] * 3)
    errors = []
    start = threading.Barrier(40)

    def call(number):
        async def main():
            policy = RetryPolicy(max_elapsed=10.0)
            async with AsyncClient(KEY, base_url=faults.url, pacer=pacer, retry=policy) as client:
                await client.email.send(**mail(f"r{number:02}"))

        start.wait()
        try:
            anyio.run(main)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert (pacer.state.in_flight, pacer.state.waiting) == (0, 0)
    sent = Counter(one.json["subject"] for one in faults.arrived if not one.turned_away)
    assert sent == Counter(f"r{number:02}" for number in range(40))


def test_a_loop_that_ends_while_its_call_waits_does_not_hold_up_the_others(faults, mail):
    pacer = Pacer()

    async def block():
        async with AsyncClient(KEY, base_url=faults.url, pacer=pacer, retry=RetryPolicy.none()) as client:
            faults.then(Say(429, b"{}", {"Retry-After": "0.5"}))
            with pytest.raises(RateLimitError):
                await client.email.send(**mail("first"))

    async def given_up():
        client = AsyncClient(KEY, base_url=faults.url, pacer=pacer)
        with anyio.move_on_after(0.05):
            await client.email.send(**mail("given up"))
        await client.aclose()

    async def last():
        async with AsyncClient(KEY, base_url=faults.url, pacer=pacer) as client:
            await client.email.send(**mail("last"))

    anyio.run(block)
    anyio.run(given_up)
    anyio.run(last)
    assert faults.count("given up") == 0
    assert faults.count("last") == 1


def test_a_probe_that_is_never_answered_lets_another_go(backend, faults, client_of, mail, monkeypatch):
    monkeypatch.setattr("smtp2go_async._pacing.gate.MAX_SILENCE_SECONDS", 0.3)

    async def run():
        async with client_of(retry=RetryPolicy.patient(), timeout=None) as client:
            faults.then(Say(429, b"{}", {"Retry-After": "0.1"}), Fault.STALL)
            with anyio.fail_after(15):
                async with anyio.create_task_group() as tasks:
                    for number in range(10):
                        tasks.start_soon(lambda number=number: client.email.send(**mail(f"r{number}")))
                    while len([one for one in faults.arrived if one.fault is Fault.NONE]) < 9:
                        await anyio.sleep(0.01)
                    tasks.cancel_scope.cancel()

    anyio.run(run, backend=backend)


def test_many_calls_of_an_event_loop_that_stands_still_hold_up_the_others_for_no_longer_than_one(
    faults, mail, monkeypatch
):
    monkeypatch.setattr("smtp2go_async._pacing.gate.MAX_SILENCE_SECONDS", 0.5)
    pacer = Pacer()
    faults.then(Say(429, b"{}", {"Retry-After": "1.0"}))
    stands, goes_on = threading.Event(), threading.Event()

    async def still():
        async with AsyncClient(KEY, base_url=faults.url, pacer=pacer, retry=RetryPolicy.patient()) as client:
            async with anyio.create_task_group() as tasks:
                for number in range(20):
                    tasks.start_soon(lambda number=number: client.email.send(**mail(f"still {number}")))
                while pacer.state.waiting < 19:
                    await anyio.sleep(0.01)
                stands.set()
                goes_on.wait(30)

    async def other():
        async with AsyncClient(KEY, base_url=faults.url, pacer=pacer, retry=RetryPolicy.patient()) as client:
            with anyio.fail_after(8):
                await client.email.send(**mail("other"))

    async def block():
        async with AsyncClient(KEY, base_url=faults.url, pacer=pacer, retry=RetryPolicy.none()) as client:
            with pytest.raises(RateLimitError):
                await client.email.send(**mail("block"))

    anyio.run(block)
    thread = threading.Thread(target=anyio.run, args=(still,))
    thread.start()
    try:
        assert stands.wait(10)
        anyio.run(other)
    finally:
        goes_on.set()
        thread.join(30)
    assert faults.count("still") == 20
    assert (pacer.state.in_flight, pacer.state.waiting) == (0, 0)


# --- a 5xx and an error code -------------------------------------------------------------------------------------

STORED = Say(500, b'{"data": {"error": "stored; the webhook was rate limited"}}', {"Retry-After": "0.2"})


def test_a_500_whose_words_speak_of_a_limit_is_not_repeated(backend, faults, client_of, mail):
    faults.then(STORED, STORED)

    async def run():
        async with client_of(retry=RetryPolicy.patient()) as client:
            with pytest.raises(ServerError) as caught:
                await client.email.send(**mail())
            assert caught.value.carried_out is None
            assert client.pacer.state.phase == "open"

    anyio.run(run, backend=backend)
    assert faults.count() == 1


def test_a_bulk_run_makes_one_call_for_a_row_whose_500_speaks_of_a_limit(faults, mail, tmp_path):
    faults.otherwise = STORED
    with SyncClient(KEY, base_url=faults.url) as client:
        report = client.bulk.send([Email(**mail("one"))], journal=tmp_path / "run.journal")
    assert (report.unknown, report.sent, faults.count()) == (1, 0, 1)


def test_a_refusal_that_quotes_a_subject_about_limits_holds_back_nothing(backend, faults, client_of, mail):
    quoted = b'{"data": {"error": "subject \'You are rate limited\' is not allowed", "error_code": "E_ApiResponseCodes.API_EXCEPTION"}}'
    faults.then(Say(400, quoted))

    async def run():
        async with client_of() as client:
            report = await client.bulk.send([(f"r{n}", email(mail, n)) for n in range(5)])
            return report, client.pacer.state

    def email(mail, number):
        return Email(**mail("You are rate limited" if number == 0 else f"r{number}"))

    report, state = anyio.run(run, backend=backend)
    assert (report.refused, report.sent) == (1, 4)
    assert (state.phase, state.cool_downs) == ("open", 0)


@pytest.mark.parametrize("effect", [CallEffect.READ, CallEffect.CONVERGES])
def test_a_500_with_an_error_code_is_asked_for_once_and_other_server_errors_are_repeated(
    effect, backend, faults, client_of
):
    coded = Say(500, b'{"data": {"error": "it went wrong", "error_code": "E_ApiResponseCodes.API_EXCEPTION"}}')

    async def run(said):
        faults.arrived.clear()
        faults.otherwise = said
        async with client_of(retry=RetryPolicy(attempts=4, first_wait=0.001)) as client:
            with pytest.raises(ServerError):
                await client.call("POST", "/thing/view", effect=effect)
        return faults.count()

    assert anyio.run(run, coded, backend=backend) == 1
    assert anyio.run(run, Say(500, b"{}"), backend=backend) == 4
    assert anyio.run(run, Say(503, coded.body), backend=backend) == 4


@pytest.mark.parametrize("first_fails", [False, True])
def test_a_client_that_would_send_a_second_time_by_itself_is_stopped_by_the_gate_and_the_outcome_is_unknown(
    first_fails, backend, faults, mail
):
    """The transport of the caller's own client repeats what it sent, and in between a 429 closes the gate."""
    client = None

    class Repeating(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            try:
                first = await super().handle_async_request(request)
                await first.aread()
            except httpx.TransportError:
                pass
            turn = client.pacer.turn("/somebody/else")
            turn.depart()
            turn.rate_limited(0.1)
            turn.release()
            return await super().handle_async_request(request)

    async def run():
        nonlocal client
        if first_fails:
            faults.then(Fault.NO_ANSWER)
        async with (
            httpx.AsyncClient(transport=Repeating()) as http_client,
            AsyncClient(KEY, base_url=faults.url, http_client=http_client) as client,
        ):
            with pytest.raises(OutcomeUnknownError) as caught:
                await client.email.send(**mail("once"))
            return caught.value.carried_out, client.pacer.state.in_flight

    assert anyio.run(run, backend=backend) == (None, 0)
    assert faults.count("once") == 1
