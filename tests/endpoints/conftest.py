import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import respx

from smtp2go_async import AsyncClient, RetryPolicy, SyncClient


@pytest.fixture
async def client(key: str) -> AsyncIterator[AsyncClient]:
    """A client that repeats nothing."""
    async with AsyncClient(key, retry=RetryPolicy.none()) as client:
        yield client


@pytest.fixture
def waiting(key: str) -> Iterator[SyncClient]:
    """A synchronous client that repeats nothing."""
    with SyncClient(key, retry=RetryPolicy.none()) as client:
        yield client


@pytest.fixture
def answers(respx_mock: respx.MockRouter) -> Callable[..., list[Any]]:
    """Return a function that has a call answered and returns the list in which the bodies of the requests appear.

    Each answer is the ``data`` of a response, or a whole `httpx.Response`. Any other call fails the test.
    """

    def make(path: str, *answers: Any, method: str = "POST") -> list[Any]:
        bodies: list[Any] = []

        def answer(request: httpx.Request) -> httpx.Response:
            bodies.append(json.loads(request.content))
            found = answers[len(bodies) - 1]
            if isinstance(found, httpx.Response):
                return found
            return httpx.Response(200, json={"request_id": f"request {len(bodies)}", "data": found})

        respx_mock.request(method, f"https://api.smtp2go.com/v3{path}").mock(side_effect=answer)
        return bodies

    return make


@pytest.fixture
def nothing_sent(respx_mock: respx.MockRouter) -> Iterator[None]:
    """Fail the test if anything is sent in it."""
    yield
    assert not respx_mock.calls


@pytest.fixture
def sent(client, answers):
    """Return a function that sends a ready message and returns its bytes as they went out."""

    async def send(message, **options):
        bodies = answers("/email/mime", {"succeeded": 1, "failed": 0, "failures": [], "email_id": "1uAbC-1"})
        result = await client.email.send_mime(message, **options)
        assert result.email_id == "1uAbC-1"
        assert set(bodies[0]) == {"mime_email", *options}
        return base64.b64decode(bodies[0]["mime_email"], validate=True)

    return send
