"""What the log says about repeats, and what it never says."""

import contextlib
import logging

import anyio
import pytest
from faults.scripted import answer, scripted

from smtp2go_async import CallEffect, NotSentError, OutcomeUnknownError, RetryPolicy, Smtp2goError

on = pytest.mark.parametrize


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.DEBUG, "smtp2go_async")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "smtp2go_async"]


def test_each_repeat_is_one_line(lines, backend, time):
    turns = [NotSentError("x"), OutcomeUnknownError("x"), answer(503), answer()]
    client, _ = scripted(time, *turns, retry=RetryPolicy(attempts=4, max_elapsed=1e9, first_wait=4.0))

    async def call():
        await client.call("POST", "/some/call", effect=CallEffect.READ)

    anyio.run(call, backend=backend)
    reasons = ["not sent", "no answer", "server error"]
    assert lines() == [
        f"/some/call: attempt {number} failed ({reason}), next in {wait:.1f} s"
        for number, (reason, wait) in enumerate(zip(reasons, time.slept, strict=True), 1)
    ]


def test_a_cool_down_that_is_waited_out_is_in_the_log(lines, backend, time):
    client, _ = scripted(time, answer(429), answer(), retry=RetryPolicy.patient())

    async def call():
        await client.call("POST", "/some/call", effect=CallEffect.ONCE)

    anyio.run(call, backend=backend)
    assert lines() == ["/some/call: attempt 1 failed (turned away), next in 60.0 s"]


@on("turns", [[answer()], [answer(400)], [OutcomeUnknownError("x")], [answer(429)]])
def test_a_call_that_is_not_repeated_logs_nothing(turns, lines, backend, time):
    client, _ = scripted(time, *turns)

    async def call():
        with contextlib.suppress(Smtp2goError):
            await client.call("POST", "/some/call", effect=CallEffect.ONCE)

    anyio.run(call, backend=backend)
    assert lines() == []


def test_no_line_has_the_key_or_anything_of_the_message(caplog, key, backend, time, mail):
    caplog.set_level(logging.DEBUG)
    error = NotSentError("the server for jane@example.com is away")
    client, _ = scripted(time, error, error, answer(), auth="body")

    async def call():
        await client.email.send(**mail("A secret subject"))

    anyio.run(call, backend=backend)
    assert len(caplog.records) >= 2
    for word in (key, "jane", "example.com", "secret", "Hi Jane"):
        assert word not in caplog.text


def test_the_package_configures_no_logging():
    assert logging.getLogger("smtp2go_async").handlers == []
    assert logging.getLogger("smtp2go_async").level == logging.NOTSET
