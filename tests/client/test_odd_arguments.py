"""Do the clients, and all that a caller makes without one, refuse what an argument can't be by its own name?"""

import inspect
import typing
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from odd import ODD, Counting, told

from smtp2go_async import (
    AsyncClient,
    Attachment,
    CallEffect,
    Email,
    EmailFile,
    Inline,
    Journal,
    Progress,
    RetryPolicy,
    SyncClient,
)

KEY = "api-" + "A" * 32
MAIL: dict[str, Any] = {
    "sender": "shop@example.com",
    "to": ["jane@example.com"],
    "subject": "Hello",
    "text_body": "Hi",
    "html_body": "Hi",
}
ROWS: dict[str, Any] = {"path": "a.csv", "format": "csv", "sender": "shop@example.com"}
MADE: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "AsyncClient": (AsyncClient, {"api_key": KEY}),
    "SyncClient": (SyncClient, {"api_key": KEY}),
    "Email": (Email, MAIL),
    "Attachment": (Attachment, {"content": b"a", "filename": "a.txt"}),
    "Attachment.from_url": (Attachment.from_url, {"url": "https://example.com/a.txt"}),
    "Inline": (Inline, {"content": b"a", "cid": "a"}),
    "RetryPolicy": (RetryPolicy, {}),
    "Progress": (Progress, {}),
    "Journal": (Journal, {"path": "a.journal"}),
    "EmailFile": (EmailFile, {"path": "a.csv", "format": "csv", "make": dict}),
    "EmailFile.from_template": (EmailFile.from_template, {**ROWS, "template": "welcome"}),
    "EmailFile.from_strings": (EmailFile.from_strings, {**ROWS, "subject": "Hello", "text_body": "Hi"}),
}
LATER = {"clock"}
"""What is called later, and then raises what it raises."""


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    monkeypatch.chdir(tmp_path)
    async with AsyncClient(KEY, retry=RetryPolicy.none()) as client:
        client._calls.transport = Counting()
        yield client


def _names(method: Callable[..., Any]) -> list[str]:
    found: list[str] = []
    for one in inspect.signature(method).parameters.values():
        found += typing.get_args(one.annotation)[0].__annotations__ if one.kind is one.VAR_KEYWORD else [one.name]
    return [name for name in found if name not in LATER]


@pytest.mark.parametrize("name", MADE)
def test_wrong_arguments_of_values_are_refused_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make, needed = MADE[name]
    problems: list[str] = []
    for argument in _names(make):
        for kind, odd in ODD.items():
            if kind.startswith("mock of"):
                continue
            with told("journal" if name == "Journal" and argument == "path" else argument, kind, Counting(), problems):
                make(**{**needed, argument: odd()})
    assert not problems, "\n".join(problems)


async def test_wrong_arguments_of_a_client_are_refused_by_name_before_any_call():
    problems: list[str] = []
    network = Counting()
    for argument in _names(AsyncClient):
        for kind, odd in ODD.items():
            with told(argument, kind, network, problems):
                client = AsyncClient(**{"api_key": KEY, argument: odd()})
                client._calls.transport = network
                await client.stats.email_cycle()
    assert not problems, "\n".join(problems)


CALL = {"method": "POST", "path": "/domain/view", "body": {"domain": "example.com"}, "effect": CallEffect.READ}


@pytest.mark.parametrize("argument", CALL)
async def test_arguments_of_call_are_refused_by_name_or_sent(argument, client):
    problems: list[str] = []
    for kind, odd in ODD.items():
        with told(argument, kind, client._calls.transport, problems):
            await client.call(**{**CALL, argument: odd()})
    for kind, odd in ODD.items():
        with told("body", f"a field that is {kind}", client._calls.transport, problems):
            await client.call("POST", "/domain/view", {"domain": odd()}, effect=CallEffect.READ)
    assert not problems, "\n".join(problems)


async def test_wrong_options_are_refused_by_name_before_any_call(client):
    problems: list[str] = []
    for argument in _names(client.with_options):
        for kind, odd in ODD.items():
            with told(argument, kind, client._calls.transport, problems):
                changed = client.with_options(**{argument: odd()})
                await changed.call("POST", "/domain/view", effect=CallEffect.READ)
    # How much is too large depends on the call.
    for kind, odd in ODD.items() - {"long": ODD["long"]}.items():
        with told("extra_body", f"a field that is {kind}", client._calls.transport, problems):
            changed = client.with_options(extra_body={"domain": odd()})
            await changed.call("POST", "/domain/view", effect=CallEffect.READ)
    assert not problems, "\n".join(problems)
