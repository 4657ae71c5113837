from collections.abc import Callable, Iterator
from typing import Any

import pytest
from faults.server import FaultServer

from smtp2go_async import RetryPolicy, SyncClient


@pytest.fixture
def sync_of(faults: FaultServer, key: str) -> Iterator[Callable[..., SyncClient]]:
    """Return a function that makes blocking clients of the fault server; they repeat nothing, and end with the test."""
    made: list[SyncClient] = []

    def make(**options: Any) -> SyncClient:
        usual = {"base_url": faults.url, "timeout": 30.0, "retry": RetryPolicy.none()}
        made.append(SyncClient(key, **{**usual, **options}))
        return made[-1]

    yield make
    for client in made:
        client.close()
