"""The log says of each level what the head of ``_calls`` lists, and never anything of an e-mail or a key."""

import contextlib
import functools
import logging
import re
import types

import anyio
import pytest
from faults.scripted import answer, refusal, scripted

from smtp2go_async import CallEffect, NotSentError, OutcomeUnknownError, RetryPolicy, Smtp2goError

READ, ONCE = CallEffect.READ, CallEffect.ONCE
LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING)


@pytest.fixture
def lines(caplog):
    """Return a function that returns the lines of a level."""
    caplog.set_level(logging.DEBUG, "smtp2go_async")
    return lambda level: [record.getMessage() for record in caplog.records if record.levelno == level]


@pytest.fixture
def call(backend):
    """Return a function that makes a call, whether it fails or not."""

    def make(client, effect):
        async def run():
            with contextlib.suppress(Smtp2goError):
                await client.call("POST", "/some/call", effect=effect)

        anyio.run(run, backend=backend)

    return make


def test_each_attempt_is_a_line_at_debug(lines, call, time):
    turns = [NotSentError("x"), answer(503), answer()]
    client, _ = scripted(time, *turns, takes=0.25, retry=RetryPolicy(attempts=4, max_elapsed=1e9))

    call(client, READ)
    assert lines(logging.DEBUG) == [
        "/some/call: attempt 1: no response, NotSentError, request id unknown, 250 ms",
        "/some/call: attempt 2: status 503, ServerError, request id r-1, 250 ms",
        "/some/call: attempt 3: status 200, AnyReply, request id r-1, 250 ms",
    ]


def test_the_milliseconds_do_not_hold_the_wait_for_the_pacer(lines, call, time):
    client, _ = scripted(time, answer(429), answer(), takes=0.25, retry=RetryPolicy.patient())

    call(client, ONCE)
    assert time.slept == [60.0]
    assert [line.rpartition(", ")[2] for line in lines(logging.DEBUG)] == ["250 ms", "250 ms"]


@pytest.mark.parametrize(
    "request_id",
    ["jane@example.com", "api-" + "A1b2" * 8, "12025550199", "x" * 65, "two words", "a\nb", ""],
)
def test_a_request_id_that_does_not_look_like_an_id_is_not_logged(request_id, lines, call, time):
    reply = answer()
    reply = type(reply)(200, reply.content.replace(b"r-1", request_id.encode().replace(b"\n", b"\\n")))
    client, _ = scripted(time, reply)

    call(client, READ)
    assert lines(logging.DEBUG) == ["/some/call: attempt 1: status 200, AnyReply, request id unknown, 0 ms"]


def test_each_repeat_is_a_line_at_info(lines, call, time):
    turns = [NotSentError("x"), OutcomeUnknownError("x"), answer(503), answer()]
    client, _ = scripted(time, *turns, retry=RetryPolicy(attempts=4, max_elapsed=1e9, first_wait=4.0))

    call(client, READ)
    reasons = ["NotSentError", "OutcomeUnknownError", "ServerError"]
    assert lines(logging.INFO) == [
        f"/some/call: attempt {number} failed ({reason}), next in {wait:.1f} s"
        for number, (reason, wait) in enumerate(zip(reasons, time.slept, strict=True), 1)
    ]
    assert lines(logging.WARNING) == []


def test_a_429_is_a_line_at_warning_and_its_repeat_at_info(lines, call, time):
    client, _ = scripted(time, answer(429), answer(), retry=RetryPolicy.patient())

    call(client, ONCE)
    assert lines(logging.WARNING) == ["/some/call: status 429, cool-down of 60.0 s"]
    assert lines(logging.INFO) == ["/some/call: attempt 1 failed (RateLimitError), next in 60.0 s"]


@pytest.mark.parametrize(
    ("turn", "kind"),
    [(OutcomeUnknownError("x"), "OutcomeUnknownError"), (answer(503), "ServerError"), (answer(302), "ReplyError")],
)
def test_a_call_whose_outcome_is_unknown_is_a_line_at_warning(turn, kind, lines, call, time):
    client, _ = scripted(time, turn)

    call(client, ONCE)
    assert lines(logging.WARNING) == [f"/some/call: the outcome is unknown ({kind})"]
    assert lines(logging.INFO) == []


def test_a_call_that_changes_nothing_has_no_unknown_outcome(lines, call, time):
    client, _ = scripted(time, OutcomeUnknownError("x"), retry=RetryPolicy.none())

    call(client, READ)
    assert lines(logging.WARNING) == []


@pytest.mark.parametrize("turn", [answer(), answer(400), NotSentError("x", final=True)])
def test_a_call_whose_outcome_is_known_at_once_is_a_line_at_debug_alone(turn, lines, call, time):
    client, _ = scripted(time, turn)

    call(client, ONCE)
    assert [len(lines(level)) for level in LEVELS] == [1, 0, 0]


@pytest.fixture
def cancel(backend, time):
    """Return a function that cancels a call, which waits in its transport before or after it has left."""

    class Waiting:
        def __init__(self, leaves):
            self.leaves, self.arrived = leaves, anyio.Event()

        async def send(self, _request, depart):
            if self.leaves:
                depart(writing=True)
            self.arrived.set()
            time.now += 0.25
            await anyio.sleep_forever()

    def cancelled(effect, *, leaves):
        async def run():
            client, _ = scripted(time, answer())
            client._calls.transport = Waiting(leaves)
            async with anyio.create_task_group() as group:
                group.start_soon(functools.partial(client.call, "POST", "/some/call", effect=effect))
                await client._calls.transport.arrived.wait()
                group.cancel_scope.cancel()

        anyio.run(run, backend=backend)
        return {"asyncio": "CancelledError", "trio": "Cancelled"}[backend]

    return cancelled


@pytest.mark.parametrize(
    ("effect", "leaves", "end"),
    [(ONCE, True, "; the outcome is unknown"), (ONCE, False, ""), (READ, True, "")],
    ids=["a send that may have left", "a send that has not left", "a read"],
)
def test_an_attempt_that_is_cancelled_is_a_line_at_debug(effect, leaves, end, lines, cancel):
    error = cancel(effect, leaves=leaves)
    assert lines(logging.DEBUG) == [
        f"/some/call: attempt 1: no response, {error}, request id unknown, 250 ms{end}",
    ]


def test_an_attempt_that_the_garbage_collector_ends_writes_no_line(lines, time):
    class Waiting:
        @types.coroutine
        def send(self, _request, depart):
            depart(writing=True)
            yield

    client, _ = scripted(time, answer())
    client._calls.transport = Waiting()
    call = client.call("POST", "/some/call", effect=ONCE)
    call.send(None)
    call.close()
    assert lines(logging.DEBUG) == []


def test_a_call_that_the_pacer_holds_back_for_too_long_was_no_attempt(lines, call, time):
    client, network = scripted(time, answer(429), retry=RetryPolicy.none())

    call(client, ONCE)
    call(client, ONCE)
    assert len(network.requests) == 1
    assert [len(lines(level)) for level in LEVELS] == [1, 0, 1]


def test_with_logging_off_an_attempt_asks_for_the_level_and_nothing_else(monkeypatch, call, time):
    logger = logging.getLogger("smtp2go_async")
    monkeypatch.setattr(logger, "level", logging.WARNING)
    asked = []
    monkeypatch.setattr(logger, "isEnabledFor", lambda level: asked.append(level) or False)
    monkeypatch.setattr(logger, "debug", None)
    client, _ = scripted(time, answer())

    call(client, ONCE)
    assert asked == [logging.DEBUG]


SECRETS = ("jane", "example.com", "subject", "Hi Jane", "quoted")


@pytest.mark.parametrize(
    "turns",
    [
        [answer()],
        [NotSentError("the server for jane@example.com is away"), answer()],
        [OutcomeUnknownError("lost: secret subject")],
        [refusal(429, "RATE", "quoted: jane@example.com"), answer()],
        [refusal(400, "NOT_VALID", "quoted: secret subject for jane@example.com")],
        [answer(503, {"error": "quoted: jane@example.com"})],
        [answer(200, {"succeeded": 0, "failed": 1, "failures": ["quoted: jane@example.com"]})],
    ],
    ids=["sent", "not sent", "unknown", "rate limited", "refused", "server", "nothing accepted"],
)
def test_no_line_has_the_key_or_anything_of_the_message(turns, caplog, key, backend, time, mail):
    caplog.set_level(logging.DEBUG)
    client, _ = scripted(time, *turns, auth="body", retry=RetryPolicy.patient())

    async def call():
        with contextlib.suppress(Smtp2goError):
            await client.email.send(**mail("A secret subject"))

    anyio.run(call, backend=backend)
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("smtp2go_async"))
    assert re.search("attempt 1: ", ours)
    for word in (key, *SECRETS):
        assert word not in caplog.text


def test_the_package_configures_no_logging():
    import smtp2go_async._calls  # noqa: F401

    logger = logging.getLogger("smtp2go_async")
    assert [type(handler) for handler in logger.handlers] == [logging.NullHandler]
    assert logger.level == logging.NOTSET


def test_a_program_without_any_logging_prints_nothing(script):
    said = script(
        """
        import asyncio
        from smtp2go_async import AsyncClient, CallEffect, Smtp2goError
        from smtp2go_async._wire.response import Response

        class Network:
            async def send(self, request, depart):
                depart(writing=True)
                return Response(429, b"{}")

        async def main():
            client = AsyncClient("api-" + "A" * 32)
            client._calls.transport = Network()
            try:
                await client.call("POST", "/some/call", effect=CallEffect.ONCE)
            except Smtp2goError as error:
                print(type(error).__name__)

        asyncio.run(main())
        """
    )
    assert said == "RateLimitError"
