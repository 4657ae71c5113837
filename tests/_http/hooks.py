"""Hooks of a caller's own `httpx.AsyncClient`, which read, close or refuse what goes through it."""

import json

import anyio
import httpx
import pytest

REFUSED = json.dumps(
    {"data": {"error": "no such sender", "error_code": "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"}}
)
"""What the API says with a 400."""


def make_http_client(*hooks, **options):
    """Make a client with hooks for responses; without certificates, which plain HTTP does not need."""
    return httpx.AsyncClient(**{"verify": False, "trust_env": False, "event_hooks": {"response": hooks}, **options})


def send_through(own, client_of, mail, backend, **options):
    """Send an e-mail through a client of the caller's, and return its id."""

    async def call():
        async with own:
            # A slow call ends with the error of this timeout, and a call that hangs with the error of the scope below.
            client = client_of(http_client=own, timeout=30.0, **options)
            with anyio.fail_after(20):
                return (await client.email.send(**mail())).email_id

    return anyio.run(call, backend=backend)


# --- hooks that read ---------------------------------------------------------------------------------------------


async def reads(response):
    assert json.loads(await response.aread())


async def reads_twice(response):
    assert await response.aread() == await response.aread()


async def reads_json(response):
    await response.aread()
    assert response.json()["data"]
    assert response.text


async def iterates_bytes(response):
    assert json.loads(b"".join([part async for part in response.aiter_bytes()]))


async def iterates_raw(response):
    assert [part async for part in response.aiter_raw()]


async def iterates_lines(response):
    assert [line async for line in response.aiter_lines()]


async def iterates_text(response):
    assert [text async for text in response.aiter_text(3)]


async def reads_a_part(response):
    parts = response.aiter_raw(4)
    assert len(await anext(parts)) == 4
    await parts.aclose()


async def iterates_the_stream(response):
    assert [part async for part in response.stream]


async def closes(response):
    await response.aclose()


async def closes_and_measures(response):
    await response.aclose()
    assert response.elapsed


async def measures(response):
    await response.aread()
    assert response.elapsed
    assert response.is_closed


async def reads_the_request(response):
    assert json.loads(await response.request.aread())
    assert response.request.content


async def does_nothing(response):
    pass


READING = [
    reads,
    reads_twice,
    reads_json,
    iterates_bytes,
    iterates_raw,
    iterates_lines,
    iterates_text,
    reads_a_part,
    iterates_the_stream,
    closes,
    closes_and_measures,
    measures,
    reads_the_request,
    does_nothing,
]
any_hook = pytest.mark.parametrize("hook", READING, ids=lambda hook: hook.__name__)

# --- hooks that raise --------------------------------------------------------------------------------------------


async def raises_for_status(response):
    response.raise_for_status()


async def reads_and_raises(response):
    await response.aread()
    response.raise_for_status()


async def iterates_and_raises(response):
    async for _ in response.aiter_bytes():
        pass
    response.raise_for_status()


raising = pytest.mark.parametrize("hook", [raises_for_status, reads_and_raises, iterates_and_raises])
