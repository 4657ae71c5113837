"""A caller's own `httpx.AsyncClient` whose hooks, authentication or transport raise what is none of httpx's errors.

It is the caller's own and comes out as it is, but for one that would say, once the request has left, that nothing was
sent: a `ValueError` or a `TypeError` says so in a bulk run, and a `NotSentError` has the call made again.
"""

import asyncio
import json

import anyio
import httpx
import pytest
from faults.server import Say

from smtp2go_async import (
    ApiError,
    BadRequestError,
    Email,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    ReplyError,
    RetryPolicy,
)

REFUSED = json.dumps(
    {"data": {"error": "no such sender", "error_code": "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"}}
).encode()

MISLEADING = [
    ValueError("a hook's"),
    json.JSONDecodeError("a hook's", "<", 0),
    TypeError("a hook's"),
    AttributeError("a hook's", name="handle_async_request"),
    NotSentError("another call's"),
    RateLimitError("another call's", retry_after=0.0),
]
OWN = [KeyError("data"), RuntimeError("a hook's"), AttributeError("a hook's", name="text"), TimeoutError("a hook's")]
misleading = pytest.mark.parametrize("error", MISLEADING, ids=lambda error: type(error).__name__)


def raising(error):
    async def hook(_):
        raise error

    return hook


@pytest.fixture
def http_client():
    """Return a function that makes one; without certificates, which plain HTTP does not need."""

    def make(**options):
        return httpx.AsyncClient(verify=False, trust_env=False, **options)

    return make


def sends(own, client_of, mail, backend, **options):
    async def call():
        async with own:
            client = client_of(http_client=own, timeout=30.0, **options)
            with anyio.fail_after(20):
                return (await client.email.send(**mail())).email_id

    return anyio.run(call, backend=backend)


@misleading
def test_an_accepted_e_mail_is_neither_sent_again_nor_reported_unsent_when_a_hook_raises(
    error, backend, faults, http_client, client_of, mail
):
    own = http_client(event_hooks={"response": [raising(error)]})
    with pytest.raises(ReplyError, match=f"raised {type(error).__name__}") as caught:
        sends(own, client_of, mail, backend)
    assert caught.value.carried_out is None
    assert caught.value.status == 200
    assert caught.value.__cause__ is error
    assert faults.count("reference") == 1


@pytest.mark.parametrize(
    "error", [*MISLEADING, httpx.ConnectError("another call's")], ids=lambda one: type(one).__name__
)
def test_a_refusal_that_was_answered_before_a_hook_raised_says_why(
    error, backend, faults, http_client, client_of, mail
):
    faults.then(Say(400, body=REFUSED))
    own = http_client(event_hooks={"response": [raising(error)]})
    with pytest.raises(BadRequestError, match="no such sender") as caught:
        sends(own, client_of, mail, backend)
    assert caught.value.carried_out is False
    assert faults.count("reference") == 1


@misleading
def test_a_read_only_call_is_made_once_when_a_hook_raises(error, backend, faults, http_client, client_of):
    async def call():
        async with http_client(event_hooks={"response": [raising(error)]}) as own:
            with pytest.raises(ReplyError):
                await client_of(http_client=own).domains.view()

    anyio.run(call, backend=backend)
    assert faults.begun == 1


@pytest.mark.parametrize(
    "error", [ValueError("a hook's"), RuntimeError("a hook's")], ids=lambda one: type(one).__name__
)
def test_an_error_of_a_hook_before_an_e_mail_leaves_is_raised(error, backend, faults, http_client, client_of, mail):
    own = http_client(event_hooks={"request": [raising(error)]})
    with pytest.raises(type(error), match="a hook's"):
        sends(own, client_of, mail, backend)
    assert faults.begun == 0


class Raises(httpx.Auth):
    def __init__(self, error):
        self.error = error

    def auth_flow(self, request):
        yield request
        raise self.error


class Transport(httpx.AsyncBaseTransport):
    """One that raises when it has the response; or has a response whose content raises."""

    def __init__(self, error, *, late):
        self.inner = httpx.AsyncHTTPTransport(verify=False)
        self.error, self.late = error, late

    async def handle_async_request(self, request):
        response = await self.inner.handle_async_request(request)
        if self.late:
            return httpx.Response(response.status_code, stream=Content(response, self.error))
        await response.aclose()
        raise self.error

    async def aclose(self):
        await self.inner.aclose()


class Content(httpx.AsyncByteStream):
    def __init__(self, response, error):
        self.response, self.error = response, error

    async def __aiter__(self):
        yield b"{"
        raise self.error

    async def aclose(self):
        await self.response.aclose()


ERRORS_OF_TOOLS = [ValueError("a tool's"), TypeError("a tool's"), NotSentError("another call's")]


@pytest.mark.parametrize("error", ERRORS_OF_TOOLS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "tool",
    [
        lambda error: {"auth": Raises(error)},
        lambda error: {"transport": Transport(error, late=False)},
        lambda error: {"transport": Transport(error, late=True)},
    ],
    ids=["authentication", "transport", "content"],
)
def test_an_e_mail_is_unknown_when_a_tool_raises_after_it_has_left(
    tool, error, backend, faults, http_client, client_of, mail
):
    with pytest.raises(OutcomeUnknownError) as caught:
        sends(http_client(**tool(error)), client_of, mail, backend)
    assert caught.value.__cause__ is error
    assert faults.count("reference") == 1


def test_a_refusal_whose_content_raises_is_a_refusal(backend, faults, http_client, client_of, mail):
    faults.then(Say(400, body=REFUSED))
    with pytest.raises(ApiError, match="no reason was given with status 400") as caught:
        sends(http_client(transport=Transport(ValueError("a tool's"), late=True)), client_of, mail, backend)
    assert caught.value.carried_out is False


@misleading
def test_a_run_whose_hook_raises_tells_all_its_e_mails_as_unknown_and_sends_each_once(
    error, backend, faults, http_client, client_of, tmp_path
):
    emails = [
        Email(sender="a@example.com", to=[f"b{number}@example.com"], subject=f"<{number}>", text_body="t")
        for number in range(6)
    ]

    async def call():
        async with http_client(event_hooks={"response": [raising(error)]}) as own:
            client = client_of(http_client=own, retry=RetryPolicy())
            with anyio.fail_after(20):
                return await client.bulk.send(emails, journal=tmp_path / "journal")

    report = anyio.run(call, backend=backend)
    assert report.unknown == len(emails)
    assert [faults.count(f"<{number}>") for number in range(6)] == [1] * 6


async def awaits_something_cancelled(_):
    other = asyncio.get_running_loop().create_task(asyncio.sleep(60))
    other.cancel()
    await other


def test_a_hook_that_awaits_a_cancelled_task_does_not_end_a_run_in_silence(faults, http_client, client_of, mail):
    async def call():
        async with http_client(event_hooks={"response": [awaits_something_cancelled]}) as own:
            client = client_of(http_client=own)
            with pytest.raises(ReplyError, match="raised CancelledError"):
                await client.email.send(**mail())
            report = await client.bulk.send(
                [Email(sender="a@example.com", to=["b@example.com"], subject="s", text_body="t")]
            )
            assert report.unknown == 1

    asyncio.run(call())


def test_a_call_that_is_cancelled_while_a_hook_waits_is_cancelled(faults, http_client, client_of, mail):
    async def call():
        waits = asyncio.Event()

        async def hook(_):
            waits.set()
            await asyncio.sleep(60)

        async with http_client(event_hooks={"response": [hook]}) as own:
            task = asyncio.create_task(client_of(http_client=own).email.send(**mail()))
            await waits.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(call())
