"""Both clients have the same calls, with the same arguments and the same words about them."""

import ast
import inspect
import re
from collections import Counter
from functools import cached_property
from pathlib import Path

import pytest

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async._sync._group import SyncGroup
from smtp2go_async.endpoints._group import EndpointGroup

KEY = "api-" + "A" * 32
RENAMED = {"aclose": "close"}
NAMED_TWICE = {"Lines"}


def public(kind: type) -> dict[str, object]:
    return {name: value for base in reversed(kind.__mro__) for name, value in vars(base).items() if name[0] != "_"}


def groups() -> list[str]:
    return sorted(name for name, value in public(AsyncClient).items() if isinstance(value, cached_property))


each_group = pytest.mark.parametrize("group", groups())


def methods(group: object) -> dict[str, object]:
    return {name: value for name, value in public(type(group)).items() if inspect.isfunction(value)}


def synchronous(text: str) -> str:
    text = text.replace("AsyncIterator", "Iterator").replace("AsyncClient", "SyncClient")
    return re.sub(r"\bOutcomeStream", "SyncOutcomeStream", text)


def signature(function: object) -> str:
    """Write it as in the source, so that annotations are compared too."""
    return synchronous(str(inspect.signature(function)))


def both(group: str) -> tuple[object, object]:
    return getattr(AsyncClient(KEY), group), getattr(SyncClient(KEY), group)


def test_both_have_the_same_public_names():
    assert {RENAMED.get(name, name) for name in public(AsyncClient)} == set(public(SyncClient))


def test_there_are_groups():
    assert {"email", "sms"} <= set(groups())


@each_group
def test_a_group_is_described_in_the_same_words(group):
    assert public(AsyncClient)[group].__doc__ == public(SyncClient)[group].__doc__


@each_group
def test_a_synchronous_group_forwards_to_the_group_of_its_name(group):
    awaited, blocking = both(group)
    client = SyncClient(KEY)

    assert isinstance(awaited, EndpointGroup)
    assert isinstance(blocking, SyncGroup)
    assert getattr(client, group)._async is getattr(client._async, group)
    assert type(blocking).__name__ == f"Sync{type(awaited).__name__}"
    assert type(blocking).__doc__ == type(awaited).__doc__


@each_group
def test_a_group_has_the_same_public_names(group):
    awaited, blocking = both(group)

    assert set(public(type(awaited))) == set(public(type(blocking)))


@each_group
def test_methods_have_the_same_signatures(group):
    awaited, blocking = (methods(side) for side in both(group))

    assert {name: signature(method) for name, method in awaited.items()} == {
        name: signature(method) for name, method in blocking.items()
    }


@each_group
def test_methods_are_described_in_the_same_words(group):
    awaited, blocking = (methods(side) for side in both(group))

    assert {name: method.__doc__ for name, method in awaited.items()} == {
        name: method.__doc__ for name, method in blocking.items()
    }


@each_group
def test_methods_are_awaited_or_iterated_and_the_synchronous_methods_are_neither(group):
    awaited, blocking = (methods(side) for side in both(group))

    for method in awaited.values():
        returns = str(inspect.signature(method)).rpartition("-> ")[2]
        iterated = re.match(r"collections.abc.AsyncIterator\[|.*OutcomeStream", returns)
        assert iterated or inspect.iscoroutinefunction(method)
    for method in blocking.values():
        assert not inspect.iscoroutinefunction(method)
        assert not inspect.isasyncgenfunction(method)


def test_both_clients_are_made_with_the_same_arguments():
    assert inspect.signature(AsyncClient) == inspect.signature(SyncClient)


@pytest.mark.parametrize("name", ["with_options", "call"])
def test_both_clients_have_the_same_methods(name):
    assert signature(getattr(AsyncClient, name)) == signature(getattr(SyncClient, name))


@pytest.mark.parametrize("name", ["with_options", "call"])
def test_methods_of_both_clients_are_described_in_the_same_words(name):
    described = getattr(AsyncClient, name).__doc__

    assert getattr(SyncClient, name).__doc__ == described.replace("await client.", "client.")


def test_no_class_name_stands_twice_in_the_package():
    package = Path(inspect.getfile(AsyncClient)).parent
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in package.rglob("*.py")]
    # What stands at the top of a file and starts with no underscore.
    names = Counter(node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef))

    assert {name for name, times in names.items() if times > 1 and name[0] != "_"} <= NAMED_TWICE


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

    assert made._calls.settings == expected._calls.settings
    assert made.pacer is given["pacer"]
    assert made._calls.transport._max_connections == 3
    assert SyncClient(key, region="eu")._async._calls.settings.base_url == "https://eu-api.smtp2go.com/v3"
