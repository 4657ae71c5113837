"""Each outcome of a call, and its cancellation, as the pacer sees it."""

import anyio
import anyio.lowlevel
import pytest
from _pacing.gates import enter
from client.many_callers import GOOD, OPEN, RATE_LIMITED, call_of, client_of_a_provider
from faults.scripted import answer, close_gate, refusal, scripted

from smtp2go_async import (
    ApiError,
    CallEffect,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    ReplyError,
    ReplyTimeoutError,
    RetryPolicy,
    SendRefusedError,
    ServerError,
)
from smtp2go_async._wire.response import Response
from smtp2go_async.pacing import PacerState

REFUSED = refusal(400, "NON_VALIDATING_IN_PAYLOAD", "wrong")
REFUSED_SEND = answer(200, {"succeeded": 0, "failed": 1, "failures": ["no"], "email_id": ""})


OUTCOMES = [
    pytest.param(GOOD, None, "open", 0, id="accepted"),
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
def test_after_any_outcome_no_call_is_counted_as_under_way(turn, error, _then, refusals, backend, time):
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
def test_a_probe_with_a_response_ends_the_block_and_without_one_the_next_call_is_the_probe(
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


def test_a_send_refused_with_status_200_ends_a_row_of_refusals(backend, time, mail):
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


def test_a_429_to_the_probe_closes_the_gate_again(backend, time):
    client, _ = scripted(time, RATE_LIMITED)
    close_gate(client)
    time.now += 60.0

    async def call():
        with pytest.raises(RateLimitError) as caught:
            await call_of(client)
        assert caught.value.retry_after == 120.0

    anyio.run(call, backend=backend)
    assert client.pacer.state == PacerState("cooling down", 120.0, 0, 0, 0)


def test_after_several_attempts_no_call_is_counted_as_under_way(backend, time):
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


def test_a_call_with_wrong_arguments_never_reaches_the_pacer(backend, time):
    client, network = scripted(time, GOOD)

    async def call():
        with pytest.raises(TypeError):
            await client.call("POST", "/api_keys/add", {"a": object()}, effect=CallEffect.ONCE)

    for _ in range(10):
        anyio.run(call, backend=backend)
    assert client.pacer.state == OPEN
    assert client.pacer._gate.limit_queues == {}


@pytest.mark.parametrize("probe", [False, True])
def test_a_call_that_is_cancelled_under_way_is_not_counted_any_more(probe, backend):
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
def test_a_call_that_is_cancelled_while_it_waits_for_its_turn_leaves_nothing_behind(phase, backend):
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
