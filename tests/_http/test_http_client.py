"""A caller's own `httpx.AsyncClient`."""

import anyio
import httpx
import pytest
from faults.server import Fault, Say

from smtp2go_async import AsyncClient, NotSentError, OutcomeUnknownError, ReplyTimeoutError, RetryPolicy

BRIEF = httpx.Timeout(0.05, connect=5.0)


@pytest.fixture
def http_client():
    """Return a function that makes one; without certificates, which plain HTTP does not need."""
    return lambda **options: httpx.AsyncClient(**{"verify": False, "trust_env": False, **options})


def test_calls_go_through_the_client_that_was_given(backend, key, faults, http_client, client_of, mail):
    seen = []

    async def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    async def call() -> None:
        async with http_client(event_hooks={"request": [note]}) as own:
            await client_of(http_client=own).email.send(**mail())

    anyio.run(call, backend=backend)
    assert seen == ["/v3/email/send"]
    assert faults.count("reference") == 1


def test_its_headers_go_along_and_ours_win(backend, key, faults, http_client, client_of, mail):
    async def call() -> None:
        async with http_client(headers={"X-Team": "shop", "User-Agent": "shop/1"}) as own:
            await client_of(http_client=own).email.send(**mail())

    anyio.run(call, backend=backend)
    (request,) = faults.arrived
    assert request.header("x-team") == "shop"
    assert request.header("user-agent").startswith("smtp2go-async/")
    names = [name.lower() for name, _ in request.headers]
    assert len(names) == len(set(names))
    assert request.header("content-length") == str(len(request.body))


def test_it_is_not_closed_with_the_client(backend, faults, http_client, client_of, mail):
    async def call() -> None:
        async with http_client() as own:
            async with client_of(http_client=own) as client:
                await client.email.send(**mail())
            assert not own.is_closed
            assert (await own.post(faults.url + "/email/send", json={})).status_code == 200

    anyio.run(call, backend=backend)


def test_a_closed_client_sends_nothing_through_it(backend, faults, http_client, client_of, mail):
    async def call() -> None:
        async with http_client() as own:
            client = client_of(http_client=own)
            await client.aclose()
            with pytest.raises(NotSentError, match="closed"):
                await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.begun == 0


def test_nothing_is_sent_when_it_was_closed(backend, faults, http_client, client_of, mail):
    async def call() -> None:
        own = http_client()
        await own.aclose()
        with pytest.raises(NotSentError, match="closed"):
            await client_of(http_client=own).email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.begun == 0


def test_its_own_timeouts_apply(backend, key, faults, http_client, mail):
    faults.then(Fault.STALL)

    async def call() -> None:
        async with http_client(timeout=BRIEF) as own:
            client = AsyncClient(key, base_url=faults.url, http_client=own, retry=RetryPolicy.none())
            with pytest.raises(ReplyTimeoutError):
                await client.email.send(**mail())

    anyio.run(call, backend=backend)


def test_a_timeout_given_to_the_client_goes_before_its_own(backend, key, faults, http_client, mail):
    # The connection is there already, since a call that does not connect in time is not sent.
    faults.then(Fault.NONE, Fault.STALL)

    async def call() -> None:
        async with http_client(timeout=None) as own:
            client = AsyncClient(key, base_url=faults.url, http_client=own, timeout=0.1, retry=RetryPolicy.none())
            await client.with_options(timeout=30).email.send(**mail())
            with anyio.fail_after(20), pytest.raises(ReplyTimeoutError):
                await client.email.send(**mail())

    anyio.run(call, backend=backend)


def test_a_timeout_given_with_options_goes_before_its_own(backend, key, faults, http_client, mail):
    faults.then(Fault.NONE, Fault.STALL)

    async def call() -> None:
        async with http_client(timeout=None) as own:
            client = AsyncClient(key, base_url=faults.url, http_client=own, retry=RetryPolicy.none())
            await client.email.send(**mail())
            with anyio.fail_after(20), pytest.raises(ReplyTimeoutError):
                await client.with_options(timeout=0.1).email.send(**mail())

    anyio.run(call, backend=backend)


def test_a_redirect_is_not_followed_even_if_it_would_follow(backend, faults, http_client, client_of, mail):
    faults.then(Say(307, headers={"Location": f"{faults.url}/elsewhere"}))

    async def call() -> None:
        async with http_client(follow_redirects=True) as own:
            with pytest.raises(Exception, match="redirects are never followed"):
                await client_of(http_client=own).email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.begun == 1


def test_in_a_second_loop_it_is_refused_with_the_reason(backend, faults, http_client, client_of, mail):
    own = http_client()
    client = client_of(http_client=own)

    async def call(last: bool) -> None:
        try:
            await client.email.send(**mail("last" if last else "first"))
        finally:
            await own.aclose() if last else await own._transport.aclose()

    anyio.run(call, False, backend=backend)
    with pytest.raises(NotSentError, match="belongs to another event loop") as caught:
        anyio.run(call, True, backend=backend)
    assert caught.value.final
    assert (faults.count("first"), faults.count("last")) == (1, 0)


@pytest.mark.parametrize("wrong", [object(), "http://127.0.0.1", httpx.AsyncClient, 0])
def test_something_else_is_a_type_error(wrong, key):
    with pytest.raises(TypeError, match="http_client: must be an httpx.AsyncClient"):
        AsyncClient(key, http_client=wrong)


def test_a_synchronous_httpx_client_is_a_type_error(key):
    with httpx.Client(verify=False) as wrong, pytest.raises(TypeError, match="not an httpx.Client"):
        AsyncClient(key, http_client=wrong)


def test_its_errors_are_translated_too(backend, faults, http_client, client_of, mail):
    async def call() -> None:
        async with http_client() as own:
            with pytest.raises(NotSentError):
                await client_of(http_client=own, base_url=faults.refusing_url).email.send(**mail())

    anyio.run(call, backend=backend)


@pytest.mark.parametrize("event", ["request", "response"])
def test_an_error_in_a_hook_reaches_the_caller_and_leaves_nothing_behind(
    event, backend, faults, http_client, client_of, mail
):
    """It is the hook's own error, so it says nothing about the send: ours would have to guess."""
    calls: list[object] = []

    async def fails_once(_what: object) -> None:
        calls.append(_what)
        if len(calls) == 1:
            raise LookupError("of the hook")

    async def call() -> None:
        limits = httpx.Limits(max_connections=1)
        async with http_client(event_hooks={event: [fails_once]}, limits=limits) as own:
            client = client_of(http_client=own)
            with pytest.raises(LookupError, match="of the hook"):
                await client.email.send(**mail("first"))
            assert client.pacer.state.in_flight == 0
            await client.email.send(**mail("second"))

    anyio.run(call, backend=backend)
    assert faults.count("first") == (event == "response")
    assert faults.count("second") == 1


@pytest.mark.parametrize("raised", [httpx.ConnectError, httpx.InvalidURL, UnicodeEncodeError])
def test_an_error_of_a_hook_after_sending_does_not_say_that_nothing_was_sent(
    raised, backend, faults, http_client, client_of, mail
):
    """Its log server can't be reached, for example; taken for ours, that would be a second e-mail."""

    async def fail(response: httpx.Response) -> None:
        raise raised("utf-8", "", 0, 1, "of the hook") if raised is UnicodeEncodeError else raised("of the hook")

    async def call() -> None:
        async with http_client(event_hooks={"response": [fail]}) as own:
            client = client_of(http_client=own, retry=RetryPolicy(first_wait=0.0))
            with pytest.raises(OutcomeUnknownError):
                await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.count("reference") == 1


def test_a_redirect_to_nowhere_does_not_make_a_request_not_sent(backend, faults, http_client, client_of, mail):
    """httpx makes the next address even where it is not to be followed."""
    faults.otherwise = Say(302, headers={"Location": "mailto:jane@example.com"})

    async def call() -> None:
        async with http_client() as own:
            with pytest.raises(OutcomeUnknownError):
                await client_of(http_client=own, retry=RetryPolicy(first_wait=0.0)).email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.count("reference") == 1
