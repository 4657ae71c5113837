"""A caller's own `httpx.AsyncClient` whose response hooks read what goes through it."""

import contextlib
import gzip
import json

import anyio
import httpx
import pytest
from _http.hooks import (
    REFUSED,
    any_hook,
    closes,
    does_nothing,
    iterates_raw,
    iterates_the_stream,
    make_http_client,
    measures,
    reads,
    reads_json,
    send_through,
)
from faults.server import Fault, Say

from smtp2go_async import (
    BadRequestError,
    OutcomeUnknownError,
    RateLimitError,
    ReplyTimeoutError,
    RetryPolicy,
    SyncClient,
)


@pytest.fixture
def http_client():
    return make_http_client


@any_hook
def test_a_response_that_a_hook_has_read_is_the_response(hook, backend, faults, http_client, client_of, mail):
    assert send_through(http_client(hook), client_of, mail, backend) == "reference"
    assert faults.count("reference") == 1


@any_hook
def test_a_compressed_response_that_a_hook_has_read_is_the_response(
    hook, backend, faults, http_client, client_of, mail
):
    said = gzip.compress(json.dumps({"data": {"succeeded": 1, "failed": 0, "email_id": "compressed"}}).encode())
    faults.then(Say(body=said, headers={"Content-Encoding": "gzip"}))
    assert send_through(http_client(hook), client_of, mail, backend) == "compressed"


@any_hook
def test_a_refusal_that_a_hook_has_read_says_why(hook, backend, faults, http_client, client_of, mail):
    faults.then(Say(400, body=REFUSED.encode()))
    with pytest.raises(BadRequestError, match="no such sender"):
        send_through(http_client(hook), client_of, mail, backend)


@any_hook
def test_a_response_that_a_hook_saw_breaking_off_is_unknown(hook, backend, faults, http_client, client_of, mail):
    faults.then(Fault.HALF_BODY)
    with pytest.raises(OutcomeUnknownError):
        send_through(http_client(hook), client_of, mail, backend)
    assert faults.count("reference") == 1


@pytest.mark.parametrize("hook", [reads, closes, does_nothing])
def test_a_refusal_that_a_hook_saw_breaking_off_is_a_refusal(hook, backend, faults, http_client, client_of, mail):
    async def suppresses(response):
        with contextlib.suppress(httpx.HTTPError):
            await hook(response)

    faults.then(Fault.CUT_429)
    with pytest.raises(RateLimitError):
        send_through(http_client(suppresses), client_of, mail, backend)


def test_several_hooks_that_read_are_all_served(backend, faults, http_client, client_of, mail):
    assert send_through(http_client(iterates_the_stream, iterates_raw), client_of, mail, backend) == "reference"
    assert send_through(http_client(reads, reads_json, measures), client_of, mail, backend) == "reference"


def test_a_read_only_call_is_made_once_when_a_hook_reads(backend, faults, http_client, client_of):
    async def call():
        async with http_client(reads) as own:
            await client_of(http_client=own, retry=RetryPolicy(first_wait=0.0)).sms.summary()

    anyio.run(call, backend=backend)
    assert faults.begun == 1


def test_a_task_that_a_hook_starts_reads_the_response_too(backend, faults, http_client, client_of, mail):
    """A log that is written beside the call."""
    read = []

    async def call():
        async with anyio.create_task_group() as tasks:

            async def log(response):
                read.append(json.loads(await response.aread())["data"]["email_id"])

            async def start(response):
                tasks.start_soon(log, response)

            async with http_client(start) as own:
                said = await client_of(http_client=own).email.send(**mail())
                assert said.email_id == "reference"

    anyio.run(call, backend=backend)
    assert read == ["reference"]


def test_a_hook_that_gives_up_reading_makes_the_outcome_unknown(backend, faults, http_client, client_of, mail):
    faults.then(Fault.STALL_IN_ANSWER)

    async def gives_up(response):
        with anyio.move_on_after(0.05):
            await response.aread()

    with pytest.raises(OutcomeUnknownError) as caught:
        send_through(http_client(gives_up), client_of, mail, backend)
    assert not isinstance(caught.value, ReplyTimeoutError)


def test_a_blocking_client_gets_the_response_that_a_hook_has_read(faults, http_client, key, mail):
    with SyncClient(key, base_url=faults.url, http_client=http_client(reads)) as client:
        assert [client.email.send(**mail(name)).email_id for name in ("one", "two")] == ["one", "two"]


def test_connections_are_used_again_when_hooks_read(backend, faults, http_client, client_of, mail):
    async def call():
        for hook in (reads, closes, iterates_raw, does_nothing):
            async with http_client(hook, limits=httpx.Limits(max_connections=1)) as own:
                client = client_of(http_client=own)
                for _ in range(3):
                    await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.connections == 4
