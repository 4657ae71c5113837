"""How calls of a client are held back and let go: many at once, whatever becomes of each."""

import heapq
import json
import threading

import anyio
import anyio.lowlevel
import httpx
import pytest
from _pacing.gates import enter
from faults.scripted import Time, answer, close_gate, refusal, scripted

from smtp2go_async import (
    ApiError,
    AsyncClient,
    CallEffect,
    NotSentError,
    OutcomeUnknownError,
    Pacer,
    RateLimitError,
    ReplyError,
    ReplyTimeoutError,
    RetryPolicy,
    SendRefusedError,
    ServerError,
)
from smtp2go_async._wire.response import Response
from smtp2go_async.pacing import SILENCE, PacerState

GOOD = answer()
TURNED_AWAY = answer(429)
REFUSED = refusal(400, "NON_VALIDATING_IN_PAYLOAD", "wrong")
REFUSED_SEND = answer(200, {"succeeded": 0, "failed": 1, "failures": ["no"], "email_id": ""})
OPEN = PacerState("open", 0.0, 0, None, 0)


def call_of(client, path="/some/call", effect=CallEffect.ONCE):
    return client.call("POST", path, effect=effect)


class TimeOfMany(Time):
    """A clock that moves to the next sleeper's time when all the tasks wait."""

    def __init__(self):
        super().__init__()
        self._sleepers = []
        self._steps = 0

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await self.passes(seconds)

    async def passes(self, seconds):
        woken = anyio.Event()
        self._steps += 1
        heapq.heappush(self._sleepers, (self.now + seconds, self._steps, woken))
        await woken.wait()
        self._steps += 1

    async def run(self, *works):
        """Run these to their end, all at the same time."""
        running = len(works)

        async def one(work):
            nonlocal running
            await work()
            running -= 1
            self._steps += 1

        async with anyio.create_task_group() as tasks:
            for work in works:
                tasks.start_soon(one, work)
            while running:
                steps = self._steps
                for _ in range(10):
                    await anyio.lowlevel.checkpoint()
                if steps == self._steps and self._sleepers:
                    at, _, woken = heapq.heappop(self._sleepers)
                    self.now = max(self.now, at)
                    self._steps += 1
                    woken.set()


class Provider:
    """A transport that turns calls away during a block, and takes its time."""

    def __init__(self, time, pacer, blocked_for=0.0, takes=0.3):
        self.time, self.pacer, self.takes = time, pacer, takes
        self.blocked_until = time.now + blocked_for
        self.in_flight = 0
        self.arrived = []
        self.answered = []
        self.too_many = []

    async def send(self, request, depart):
        depart(writing=True)
        self.in_flight += 1
        self.arrived.append(self.time.now)
        limit = self.pacer.state.limit
        if limit is not None and self.in_flight > limit:
            self.too_many.append((self.time.now, self.in_flight, limit))
        answer = TURNED_AWAY if self.time.now < self.blocked_until else GOOD
        try:
            await self.time.passes(self.takes)
        finally:
            self.in_flight -= 1
        self.answered.append((self.time.now, answer.status))
        return answer

    async def aclose(self):
        pass


def client_of_a_provider(blocked_for=0.0, **options):
    time = TimeOfMany()
    client, _ = scripted(time, GOOD, **{"retry": RetryPolicy.patient(), **options})
    client._calls.transport = provider = Provider(time, client.pacer, blocked_for)
    return client, provider, time


async def one_call(client, results):
    try:
        results.append((await call_of(client)).request_id)
    except RateLimitError as error:
        results.append(error)


# --- 200 callers -------------------------------------------------------------------------------------------------


def test_200_calls_that_come_during_a_cool_down_send_one_probe_and_all_get_through_after_it(backend):
    client, provider, time = client_of_a_provider()
    close_gate(client)
    results = []
    anyio.run(time.run, *[lambda: one_call(client, results)] * 200, backend=backend)
    assert results == ["r-1"] * 200
    assert len(provider.arrived) == 200
    first, second = provider.arrived[:2]
    assert first == 1060.0
    assert second >= provider.answered[0][0] == 1060.3
    assert provider.too_many == []
    assert client.pacer.state == OPEN


def test_200_calls_under_way_when_the_block_begins_send_one_probe_for_each_cool_down(backend):
    client, provider, time = client_of_a_provider(blocked_for=90.0)
    results = []
    anyio.run(time.run, *[lambda: one_call(client, results)] * 200, backend=backend)
    assert results == ["r-1"] * 200
    assert provider.arrived[:200] == [1000.0] * 200
    assert provider.arrived[200:202] == pytest.approx([1060.3, 1180.6])
    assert provider.arrived[202] >= provider.answered[201][0]
    assert [status for _, status in provider.answered] == [429] * 201 + [200] * 200
    assert [late for late in provider.too_many if late[0] > 1000.0] == []
    assert (client.pacer.state.phase, client.pacer.state.in_flight) == ("recovering", 0)


def test_200_calls_that_can_not_wait_for_the_cool_down_send_nothing_at_all(backend):
    client, provider, time = client_of_a_provider(retry=RetryPolicy())
    close_gate(client)
    results = []
    anyio.run(time.run, *[lambda: one_call(client, results)] * 200, backend=backend)
    assert {(error.retry_after, error.carried_out) for error in results} == {(60.0, False)}
    assert len(results) == 200
    assert (provider.arrived, time.slept) == ([], [])


def test_calls_of_two_clients_that_share_a_pacer_send_one_probe_together(backend):
    first, provider, time = client_of_a_provider()
    second, _ = scripted(time, GOOD, retry=RetryPolicy.patient(), pacer=first.pacer)
    second._calls.transport = provider
    close_gate(first)
    results = []
    works = [lambda: one_call(first, results), lambda: one_call(second, results)] * 50
    anyio.run(time.run, *works, backend=backend)
    assert results == ["r-1"] * 100
    assert provider.arrived[1] >= provider.answered[0][0]


def test_when_the_probe_is_cancelled_another_call_is_the_probe(backend):
    client, provider, time = client_of_a_provider()
    close_gate(client)
    results = []

    async def cancelled():
        with anyio.CancelScope() as scope:

            async def cancel():
                await time.passes(60.1)
                assert client.pacer.state == PacerState("probing", 0.0, 1, 1, 0)
                scope.cancel()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(cancel)
                await call_of(client)

    async def later():
        await time.passes(1.0)
        await one_call(client, results)

    anyio.run(time.run, cancelled, *[later] * 20, backend=backend)
    assert results == ["r-1"] * 20
    first, second, third = provider.arrived[:3]
    assert first == 1060.0
    assert 1060.1 <= second <= 1060.1 + SILENCE
    assert third >= second + provider.takes
    assert client.pacer.state.in_flight == 0


def test_a_probe_is_waited_for_and_not_overtaken_however_long_it_takes(backend):
    client, provider, time = client_of_a_provider()
    provider.takes = 10.0
    close_gate(client)
    results = []
    anyio.run(time.run, *[lambda: one_call(client, results)] * 10, backend=backend)
    assert results == ["r-1"] * 10
    assert provider.arrived[:2] == pytest.approx([1060.0, 1070.0], abs=2 * SILENCE)


def test_while_it_recovers_calls_over_the_limit_wait_their_turn(backend):
    client, provider, time = client_of_a_provider()

    async def sixteen_and_a_block():
        provider.blocked_until = time.now + 1.0
        results = []
        await time.run(*[lambda: one_call(client, results)] * 16)
        return results

    assert anyio.run(sixteen_and_a_block, backend=backend) == ["r-1"] * 16
    # 16 under way, halved to 8; the probe and 15 others were answered, and after 8 of them 2 more may go at a time.
    assert client.pacer.state == PacerState("recovering", 0.0, 0, 10, 0)
    assert [late for late in provider.too_many if late[0] > 1000.0] == []


# --- whatever becomes of a call ----------------------------------------------------------------------------------

OUTCOMES = [
    pytest.param(GOOD, None, "open", 0, id="answered"),
    pytest.param(REFUSED, ApiError, "open", 1, id="refused"),
    pytest.param(refusal(401, "API_EXCEPTION", "api_key"), ApiError, "open", 1, id="wrong key"),
    pytest.param(answer(200, {"error": "no", "error_code": "X"}), ApiError, "open", 1, id="refused by a 200"),
    pytest.param(answer(500), ServerError, "open", 1, id="500"),
    pytest.param(Response(502, b"<html>"), ServerError, "open", 1, id="HTML 502"),
    pytest.param(Response(200, b"<html>"), ReplyError, "open", 0, id="HTML 200"),
    pytest.param(Response(302, b""), ReplyError, "open", 0, id="redirect"),
    pytest.param(NotSentError("no"), NotSentError, None, 0, id="not sent"),
    pytest.param(NotSentError("no", final=True), NotSentError, None, 0, id="never sent"),
    pytest.param(OutcomeUnknownError("?"), OutcomeUnknownError, None, 0, id="no answer"),
    pytest.param(ReplyTimeoutError("?"), ReplyTimeoutError, None, 0, id="timeout"),
    pytest.param(RuntimeError("a hook of the user's"), RuntimeError, None, 0, id="a bug"),
]


@pytest.mark.parametrize(("turn", "error", "_then", "refusals"), OUTCOMES)
def test_a_call_leaves_whatever_became_of_it(turn, error, _then, refusals, backend, time):
    client, _ = scripted(time, turn, retry=RetryPolicy.none())

    async def call():
        if error is None:
            await call_of(client)
        else:
            with pytest.raises(error):
                await call_of(client)

    anyio.run(call, backend=backend)
    assert client.pacer.state == PacerState("open", 0.0, 0, None, refusals)


@pytest.mark.parametrize(("turn", "error", "then", "refusals"), OUTCOMES)
def test_a_probe_that_is_answered_ends_the_block_and_one_that_is_not_leaves_it_to_the_next(
    turn, error, then, refusals, backend, time
):
    client, _ = scripted(time, turn, retry=RetryPolicy.none())
    close_gate(client)
    time.now += 60.0

    async def call():
        if error is None:
            await call_of(client)
        else:
            with pytest.raises(error):
                await call_of(client)

    anyio.run(call, backend=backend)
    phase = "recovering" if then == "open" else "probing"
    assert client.pacer.state == PacerState(phase, 0.0, 0, 1, refusals)
    assert enter(client.pacer, "/some/call").is_probe == (phase == "probing")


def test_a_send_that_is_refused_by_a_200_is_no_refusal_to_the_pacer_and_ends_a_row_of_them(backend, time, mail):
    client, _ = scripted(time, REFUSED, REFUSED, REFUSED_SEND)

    async def call():
        for _ in range(2):
            with pytest.raises(ApiError):
                await call_of(client)
        assert client.pacer.state.refusals == 2
        with pytest.raises(SendRefusedError):
            await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert client.pacer.state == OPEN


def test_a_probe_that_is_a_refused_send_ends_the_block(backend, time, mail):
    client, _ = scripted(time, REFUSED_SEND)
    close_gate(client)
    time.now += 60.0

    async def call():
        with pytest.raises(SendRefusedError):
            await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert client.pacer.state == PacerState("recovering", 0.0, 0, 1, 0)


def test_a_probe_that_is_turned_away_closes_the_gate_again(backend, time):
    client, _ = scripted(time, TURNED_AWAY)
    close_gate(client)
    time.now += 60.0

    async def call():
        with pytest.raises(RateLimitError) as caught:
            await call_of(client)
        assert caught.value.retry_after == 120.0

    anyio.run(call, backend=backend)
    assert client.pacer.state == PacerState("cooling down", 120.0, 0, 0, 0)


def test_each_attempt_of_a_call_enters_and_leaves(backend, time):
    client, network = scripted(time, OutcomeUnknownError("?"), answer(503), NotSentError("no"), GOOD)

    async def call():
        return await call_of(client, effect=CallEffect.READ)

    anyio.run(call, backend=backend)
    assert len(network.requests) == 4
    assert client.pacer.state == OPEN


def test_a_call_that_waits_between_its_attempts_is_not_under_way(backend, time):
    client, _ = scripted(time, answer(503), GOOD)
    seen = []
    sleep = client._calls.sleep

    async def looking(seconds):
        seen.append(client.pacer.state.in_flight)
        await sleep(seconds)

    client._calls.sleep = looking
    anyio.run(lambda: call_of(client, effect=CallEffect.READ), backend=backend)
    assert seen == [0]


def test_a_call_that_is_wrong_before_it_is_sent_does_not_enter(backend, time):
    client, network = scripted(time, GOOD)

    async def call():
        with pytest.raises(TypeError):
            await client.call("POST", "/api_keys/add", {"a": object()}, effect=CallEffect.ONCE)

    for _ in range(10):
        anyio.run(call, backend=backend)
    assert client.pacer.state == OPEN
    assert client.pacer._lines == {}


@pytest.mark.parametrize("probe", [False, True])
def test_a_call_that_is_cancelled_under_way_leaves(probe, backend):
    client, _, time = client_of_a_provider()
    if probe:
        close_gate(client)
        time.now += 60.0

    async def main():
        async with anyio.create_task_group() as tasks:
            for _ in range(1 if probe else 5):
                tasks.start_soon(call_of, client)
            while client.pacer.state.in_flight < (1 if probe else 5):
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert client.pacer.state == (PacerState("probing", 0.0, 0, 1, 0) if probe else OPEN)


@pytest.mark.parametrize("phase", ["cooling down", "probing", "recovering", "open"])
def test_a_call_that_is_cancelled_while_it_waits_to_enter_leaves_nothing_behind(phase, backend):
    client, provider, time = client_of_a_provider()
    others = []
    path = "/some/call"
    if phase == "open":
        path = "/api_keys/add"
        others = [enter(client.pacer, path), enter(client.pacer, path)]
    else:
        close_gate(client)
    if phase in ("probing", "recovering"):
        time.now += 60.0
        others = [enter(client.pacer, path)]
    if phase == "recovering":
        others[0].accepted()
    before = client.pacer.state
    assert before.phase == phase

    async def main():
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(call_of, client, path)
            while len(time.slept) < 5:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert client.pacer.state == before
    for turn in others:
        turn.release()
    assert client.pacer.state.in_flight == 0
    assert provider.arrived == []


# --- many refusals -----------------------------------------------------------------------------------------------


def test_after_twenty_refusals_in_a_row_calls_wait_and_then_go_on(backend, time):
    client, network = scripted(time, REFUSED)

    async def call():
        for _ in range(21):
            with pytest.raises(ApiError, match="wrong"):
                await call_of(client)

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (21, [5.0])


def test_a_call_that_can_not_wait_after_them_fails_at_once(backend, time):
    client, network = scripted(time, REFUSED, retry=RetryPolicy.none())

    async def call():
        for _ in range(20):
            with pytest.raises(ApiError, match="wrong"):
                await call_of(client)
        with pytest.raises(RateLimitError, match="not tried: after a 429 or many refusals") as caught:
            await call_of(client)
        assert (caught.value.retry_after, caught.value.carried_out) == (5.0, False)

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (20, [])


def test_server_errors_count_as_refusals_and_each_attempt_counts(backend, time):
    client, network = scripted(time, answer(500), retry=RetryPolicy(attempts=4, max_elapsed=1e6))

    async def call():
        for _ in range(5):
            with pytest.raises(ServerError):
                await call_of(client, effect=CallEffect.READ)

    anyio.run(call, backend=backend)
    assert len(network.requests) == 20
    assert client.pacer.state == PacerState("cooling down", 5.0, 0, 0, 20)


# --- published limits --------------------------------------------------------------------------------------------


def test_calls_of_a_limited_path_wait_for_the_limit_through_the_client_s_sleep(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy(max_elapsed=60.0))

    async def call():
        for _ in range(4):
            await call_of(client, "/api_keys/add")

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (4, [20.0, 20.0])


def test_one_that_can_not_wait_for_the_limit_fails_at_once_without_touching_the_network(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy(max_elapsed=19.0))

    async def call():
        for _ in range(2):
            await call_of(client, "/api_keys/add")
        with pytest.raises(RateLimitError, match="the provider's limit for this call is used up") as caught:
            await call_of(client, "/api_keys/add")
        await call_of(client, "/api_keys/view")
        return caught.value

    error = anyio.run(call, backend=backend)
    assert (error.retry_after, error.carried_out, error.operation) == (20.0, False, "/api_keys/add")
    assert (len(network.requests), time.slept) == (3, [])
    assert client.pacer.state == OPEN


def test_repeats_count_for_the_limit_too(backend, time):
    client, network = scripted(time, NotSentError("no"), GOOD)

    async def call():
        await call_of(client, "/api_keys/add")
        with pytest.raises(RateLimitError):
            await call_of(client.with_options(retry=RetryPolicy.none()), "/api_keys/add")

    anyio.run(call, backend=backend)
    assert len(network.requests) == 2


def test_90_concurrent_searches_keep_to_the_limit(backend):
    client, provider, time = client_of_a_provider(retry=RetryPolicy(max_elapsed=1000.0))

    async def search():
        await call_of(client, "/activity/search", CallEffect.READ)

    anyio.run(time.run, *[search] * 90, backend=backend)
    made = provider.arrived
    assert len(made) == 90
    assert all(made[number + 60] - made[number] > 60.0 for number in range(30))
    assert made[-1] == pytest.approx(1120.0)


# --- waiting -----------------------------------------------------------------------------------------------------


def test_each_wait_to_enter_keeps_to_the_time_of_the_policy(backend, time):
    """Behind a probe that never ends, a call asks again and again, until its time is over."""
    client, network = scripted(time, GOOD, retry=RetryPolicy(max_elapsed=1.0))
    close_gate(client)
    time.now += 60.0
    enter(client.pacer, "/the/probe")

    async def call():
        with pytest.raises(RateLimitError, match="one call tries first") as caught:
            await call_of(client)
        assert caught.value.carried_out is False

    anyio.run(call, backend=backend)
    assert network.requests == []
    assert sum(time.slept) == pytest.approx(1.0, abs=SILENCE)


def test_a_call_ends_even_with_a_clock_that_stands_still(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy(max_elapsed=100.0))
    close_gate(client)

    async def sleep(seconds):
        time.slept.append(seconds)
        assert len(time.slept) < 100, "it waits for ever"
        await anyio.lowlevel.checkpoint()

    client._calls.sleep = sleep

    async def call():
        with pytest.raises(RateLimitError):
            await call_of(client)

    anyio.run(call, backend=backend)
    assert network.requests == []
    # Each of its four attempts waits once to enter, and once before the next.
    assert time.slept == [60.0] * 7


def test_a_clock_that_jumps_ahead_lets_a_waiting_call_go_as_the_probe(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy.patient())
    close_gate(client)

    async def sleep(seconds):
        time.slept.append(seconds)
        time.now += 1e9

    client._calls.sleep = sleep
    anyio.run(lambda: call_of(client), backend=backend)
    assert (len(network.requests), time.slept) == (1, [60.0])


def test_a_sleep_that_ends_too_early_only_makes_the_call_ask_again(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy.patient())
    close_gate(client)

    async def sleep(seconds):
        time.slept.append(seconds)
        time.now += min(seconds, 25.0)

    client._calls.sleep = sleep
    anyio.run(lambda: call_of(client), backend=backend)
    assert (len(network.requests), time.slept) == (1, [60.0, 35.0, 10.0])


# --- sharing -----------------------------------------------------------------------------------------------------


def test_clients_have_a_pacer_each_unless_they_are_given_one():
    pacer = Pacer()
    key = "api-" + "A" * 32
    assert AsyncClient(key).pacer is not AsyncClient(key).pacer
    assert AsyncClient(key, pacer=pacer).pacer is AsyncClient(key, pacer=pacer).pacer is pacer


def test_a_copy_with_options_shares_the_pacer(time):
    client, _ = scripted(time, GOOD)
    assert client.with_options(retry=RetryPolicy.none()).pacer is client.pacer


def closed_and_open(time, key, *, cool_down):
    """Two clients that share a pacer; the first is closed, and has its own transport, which knows that."""
    pacer = Pacer(clock=time, draw=lambda: 0.0)
    closed = AsyncClient(key, pacer=pacer, retry=RetryPolicy.none())
    closed._calls.clock = time
    open_, network = scripted(time, GOOD, pacer=pacer, retry=RetryPolicy.none())
    if cool_down:
        close_gate(open_)
        time.now += 60.0
    return closed, open_, network


@pytest.mark.parametrize("cool_down", [False, True])
def test_a_closed_client_leaves_a_shared_pacer_as_it_was(cool_down, backend, time, key):
    closed, open_, network = closed_and_open(time, key, cool_down=cool_down)
    before = open_.pacer.state

    async def call():
        await closed.aclose()
        for _ in range(30):
            with pytest.raises(NotSentError, match="closed"):
                await call_of(closed)
        assert open_.pacer.state == before
        await call_of(open_)

    anyio.run(call, backend=backend)
    assert len(network.requests) == 1
    assert open_.pacer.state.phase == ("recovering" if cool_down else "open")


def test_closing_a_client_does_not_open_the_gate_of_the_others(backend, time, key):
    closed, open_, network = closed_and_open(time, key, cool_down=False)

    async def call():
        close_gate(closed)
        await closed.aclose()
        with pytest.raises(RateLimitError):
            await call_of(open_)

    anyio.run(call, backend=backend)
    assert network.requests == []


def test_clients_in_threads_with_a_loop_each_share_one_gate_and_leave_it_empty(backend):
    """Real threads; what is random is which of them the 429 hits."""
    pacer = Pacer()
    lock, answers, arrived = threading.Lock(), [TURNED_AWAY if number == 150 else GOOD for number in range(10_000)], []
    outcomes, waits = [], []

    class Network:
        async def send(self, _request, depart):
            depart(writing=True)
            with lock:
                given = answers.pop(0)
                arrived.append(given.status)
            await anyio.lowlevel.checkpoint()
            return given

    async def calls():
        client = AsyncClient("api-" + "A" * 32, pacer=pacer, retry=RetryPolicy.none())
        client._calls.transport = Network()

        async def some():
            for _ in range(25):
                try:
                    await call_of(client)
                    outcomes.append(200)
                except RateLimitError as error:
                    outcomes.append(429)
                    waits.append(error.retry_after)

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(some)

    threads = [threading.Thread(target=lambda: anyio.run(calls, backend=backend)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(outcomes) == 600
    assert outcomes.count(200) == arrived.count(200)
    assert arrived.count(429) == 1
    assert all(0 < wait <= 66 for wait in waits)
    state = pacer.state
    assert (state.phase, state.in_flight) == ("cooling down", 0)


def test_the_state_can_be_read_from_a_hook_during_a_call(backend, key, time):
    """It takes the pacer's lock; nothing holds that while a call is under way."""
    seen = []

    async def look(_request):
        seen.append(client.pacer.state.in_flight)

    def handler(_request):
        return httpx.Response(200, json=json.loads(GOOD.content))

    async def call():
        nonlocal client
        async with httpx.AsyncClient(
            transport=httpx.MockTransport(handler), event_hooks={"request": [look]}
        ) as http_client:
            client = AsyncClient(key, http_client=http_client)
            await call_of(client)

    client = None
    anyio.run(call, backend=backend)
    assert seen == [1]
    assert client.pacer.state == OPEN


def test_a_hook_that_raises_leaves_nothing_under_way(backend, key):
    async def broken(_request):
        raise ZeroDivisionError

    async def call():
        transport = httpx.MockTransport(lambda _request: httpx.Response(200))
        async with httpx.AsyncClient(transport=transport, event_hooks={"request": [broken]}) as http_client:
            client = AsyncClient(key, http_client=http_client)
            with pytest.raises(ZeroDivisionError):
                await call_of(client)
            return client.pacer.state

    assert anyio.run(call, backend=backend) == OPEN
