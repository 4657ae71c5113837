"""Both clients have the same calls, with the same arguments and the same words about them."""

import inspect
import re
from functools import cached_property

import pytest

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async._sync._group import SyncGroup
from smtp2go_async.endpoints._group import EndpointGroup

KEY = "api-" + "A" * 32
RENAMED = {"aclose": "close"}


def public(kind: type) -> dict[str, object]:
    return {name: value for one in reversed(kind.__mro__) for name, value in vars(one).items() if name[0] != "_"}


def groups() -> list[str]:
    return sorted(name for name, value in public(AsyncClient).items() if isinstance(value, cached_property))


each_group = pytest.mark.parametrize("group", groups())


def methods(group: object) -> dict[str, object]:
    return {name: value for name, value in public(type(group)).items() if inspect.isfunction(value)}


def waiting(text: str) -> str:
    text = text.replace("AsyncIterator", "Iterator").replace("AsyncClient", "SyncClient")
    return re.sub(r"\bOutcomeStream", "SyncOutcomeStream", text)


def signature(function: object) -> str:
    """Write it as in the source, so that annotations are compared too."""
    return waiting(str(inspect.signature(function)))


def twins(group: str) -> tuple[object, object]:
    return getattr(AsyncClient(KEY), group), getattr(SyncClient(KEY), group)


def test_both_have_the_same_public_names():
    assert {RENAMED.get(name, name) for name in public(AsyncClient)} == set(public(SyncClient))


def test_there_are_groups():
    assert {"email", "sms"} <= set(groups())


@each_group
def test_a_group_is_described_in_the_same_words(group):
    assert public(AsyncClient)[group].__doc__ == public(SyncClient)[group].__doc__


@each_group
def test_a_group_is_the_twin_of_its_own_original(group):
    awaited, waits = twins(group)
    client = SyncClient(KEY)

    assert isinstance(awaited, EndpointGroup)
    assert isinstance(waits, SyncGroup)
    assert getattr(client, group)._async is getattr(client._async, group)
    assert type(waits).__name__ == type(awaited).__name__
    assert type(waits).__doc__ == type(awaited).__doc__


@each_group
def test_a_group_has_the_same_public_names(group):
    awaited, waits = twins(group)

    assert set(public(type(awaited))) == set(public(type(waits)))


@each_group
def test_methods_have_the_same_signatures(group):
    awaited, waits = (methods(one) for one in twins(group))

    assert {name: signature(one) for name, one in awaited.items()} == {
        name: signature(one) for name, one in waits.items()
    }


@each_group
def test_methods_are_described_in_the_same_words(group):
    awaited, waits = (methods(one) for one in twins(group))

    assert {name: one.__doc__ for name, one in awaited.items()} == {name: one.__doc__ for name, one in waits.items()}


@each_group
def test_methods_await_or_iterate_and_their_twins_wait(group):
    awaited, waits = (methods(one) for one in twins(group))

    for one in awaited.values():
        returns = str(inspect.signature(one)).rpartition("-> ")[2]
        assert inspect.iscoroutinefunction(one) or re.match(r"collections.abc.AsyncIterator\[|.*OutcomeStream", returns)
    for one in waits.values():
        assert not inspect.iscoroutinefunction(one)
        assert not inspect.isasyncgenfunction(one)


def test_both_clients_are_made_with_the_same_arguments():
    assert inspect.signature(AsyncClient) == inspect.signature(SyncClient)


@pytest.mark.parametrize("name", ["with_options", "call"])
def test_both_clients_have_the_same_methods(name):
    assert signature(getattr(AsyncClient, name)) == signature(getattr(SyncClient, name))


@pytest.mark.parametrize("client", [AsyncClient, SyncClient])
def test_each_argument_is_described(client):
    described = inspect.getdoc(client).partition("Args:")[2].partition("\n\n")[0]

    assert re.findall(r"^    (\w+): ", described, re.MULTILINE) == list(inspect.signature(client).parameters)


def test_every_argument_reaches_the_async_client(key):
    from smtp2go_async import Pacer, RetryPolicy

    given = {
        "base_url": "http://sandbox:8025/v3",
        "allow_http": True,
        "subaccount_id": "one",
        "auth": "bearer",
        "timeout": 7.0,
        "retry": RetryPolicy(attempts=9),
        "pacer": Pacer(),
        "max_connections": 3,
        "max_email_bytes": 99,
        "transport": "httpx",
    }
    left_out = {"api_key", "region", "http_client"}
    assert set(given) | left_out == set(inspect.signature(SyncClient).parameters)
    made = SyncClient(key, **given)._async
    expected = AsyncClient(key, **given)

    assert made._settings == expected._settings
    assert made.pacer is given["pacer"]
    assert made._transport._max_connections == 3
    assert SyncClient(key, region="eu")._async._settings.base_url == "https://eu-api.smtp2go.com/v3"
