import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.account import Account

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(clock: Clock) -> Account:
    return Account(clock=clock)


@pytest.fixture
def email() -> Callable[..., dict[str, Any]]:
    """Return a function that makes the fields of a proper e-mail; an argument of None leaves the field out."""

    def make(**changes: Any) -> dict[str, Any]:
        fields = {
            "sender": "Shop <shop@example.com>",
            "to": ["Jane <jane@example.org>"],
            "subject": "Hello",
            "text_body": "Hi Jane",
            **changes,
        }
        return {name: value for name, value in fields.items() if value is not None}

    return make


@pytest.fixture
def b64() -> Callable[[bytes], str]:
    return lambda content: base64.b64encode(content).decode()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """Return a client of the sandbox that has the key.

    Here and elsewhere, verify=False: loading certificates that plain HTTP never needs would take most of the tests' time.
    """
    with httpx.Client(
        base_url=sandbox.base_url, headers={"X-Smtp2go-Api-Key": sandbox.api_key}, trust_env=False, verify=False
    ) as client:
        yield client
