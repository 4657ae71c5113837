import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import respx

from smtp2go_async import AsyncClient, RetryPolicy, SyncClient


@pytest.fixture
async def client(key: str) -> AsyncIterator[AsyncClient]:
    """Give a client that repeats nothing."""
    async with AsyncClient(key, retry=RetryPolicy.none()) as client:
        yield client


@pytest.fixture
def waiting(key: str) -> Iterator[SyncClient]:
    """Give its waiting twin."""
    with SyncClient(key, retry=RetryPolicy.none()) as client:
        yield client


@pytest.fixture
def answers(respx_mock: respx.MockRouter) -> Callable[..., list[Any]]:
    """Give a function that has a call answered, and returns the list in which the bodies of the requests appear.

    Each answer is the ``data`` of one, or a whole `httpx.Response`. Any other call fails the test.
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
