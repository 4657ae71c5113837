"""Response hooks of a caller's client that raise for a status, and hooks that make requests of their own."""

import re

import anyio
import httpx
import pytest
from _http.hooks import REFUSED, make_http_client, raising, reads, send_through
from faults.server import Say

from smtp2go_async import (
    AuthenticationError,
    BadRequestError,
    OutcomeUnknownError,
    RateLimitError,
    ReplyError,
    ServerError,
)


@pytest.fixture
def http_client():
    return make_http_client


@raising
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, BadRequestError),
        (404, BadRequestError),
        (429, RateLimitError),
        (500, ServerError),
        (302, ReplyError),
    ],
)
def test_a_status_that_a_hook_raises_for_is_the_response(
    status, kind, hook, backend, faults, http_client, client_of, mail
):
    """As the same response is without the hook."""
    faults.then(Say(status, body=REFUSED.encode()), Say(status, body=REFUSED.encode()))
    told = []
    for own in (http_client(hook), http_client()):
        with pytest.raises(kind) as caught:
            send_through(own, client_of, mail, backend)
        # The seconds of a cool-down are spread at random.
        text = re.sub(r"retry_after: \d+ s", "retry_after: some s", str(caught.value))
        told.append((text, caught.value.status, caught.value.raw, caught.value.carried_out))
    assert told[0] == told[1]
    assert faults.count("reference") == 2


@raising
def test_a_refusal_without_content_is_reported_by_the_status_that_a_hook_raises_for(
    hook, backend, faults, http_client, client_of, mail
):
    faults.then(Say(401, body=b"{}"), Say(503, body=b""))
    with pytest.raises(AuthenticationError):
        send_through(http_client(hook), client_of, mail, backend)
    with pytest.raises(ServerError):
        send_through(http_client(hook), client_of, mail, backend)


@raising
def test_a_cool_down_is_kept_when_a_hook_raises_for_its_status(hook, backend, faults, http_client, client_of, mail):
    faults.then(Say(429, body=b"{}", headers={"Retry-After": "77"}))

    async def call():
        async with http_client(hook) as own:
            client = client_of(http_client=own)
            with pytest.raises(RateLimitError):
                await client.email.send(**mail())
            with pytest.raises(RateLimitError, match="not tried") as caught:
                await client.email.send(**mail())
            assert caught.value.retry_after > 60

    anyio.run(call, backend=backend)
    assert faults.begun == 1


@pytest.mark.parametrize("status", [400, 500])
def test_another_server_s_status_that_a_hook_raises_for_says_nothing_of_the_e_mail(
    status, backend, faults, http_client, client_of, mail
):
    """A log server turned the log away, and not the API the e-mail."""

    async def log(response):
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status))) as logs:
            (await logs.post("https://logs.example.com", content=await response.aread())).raise_for_status()

    with pytest.raises(OutcomeUnknownError):
        send_through(http_client(log), client_of, mail, backend)
    assert faults.count("reference") == 1


def test_requests_of_others_through_the_same_client_are_left_alone(backend, faults, http_client, client_of, mail):
    """A hook that logs by the client that it belongs to."""
    seen = []

    async def call():
        async def log(response):
            seen.append(response.request.url.path)
            if not response.request.url.path.endswith("/log"):
                logged = await own.post(f"{faults.url}/log", content=await response.aread())
                assert type(logged.stream).__name__ != "KeptContent"

        async with http_client(log) as own:
            client = client_of(http_client=own)
            for name in ("one", "two"):
                assert (await client.email.send(**mail(name))).email_id == name

    anyio.run(call, backend=backend)
    assert seen == ["/v3/email/send", "/v3/log"] * 2


def test_hooks_are_run_once_each_and_may_be_changed_at_any_time(backend, faults, http_client, client_of, mail):
    ran = []

    def hook(name):
        async def run(_what):
            ran.append(name)

        return run

    async def call():
        async with http_client() as own:
            first, second = client_of(http_client=own), client_of(http_client=own)
            own.event_hooks = {"request": [hook("a")], "response": [hook("b"), reads]}
            await first.email.send(**mail())
            own.event_hooks["response"].append(hook("c"))
            await second.email.send(**mail())
            own.event_hooks["response"].insert(0, reads)
            await first.email.send(**mail())
            own.event_hooks = {"response": [reads]}
            await second.email.send(**mail())
            assert len(own.event_hooks["response"]) == 2
            own.event_hooks = {}
            await second.email.send(**mail())
            assert own.event_hooks == {"request": [], "response": []}

    anyio.run(call, backend=backend)
    assert ran == ["a", "b", "a", "b", "c", "a", "b", "c"]
