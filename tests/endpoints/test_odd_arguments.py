"""Does every argument of every call refuse what it can't be by its own name, before anything is sent?

Each argument of each method is given each odd value. Either the call is made, which is right for values that are
possible after all, or it ends with a ValueError or TypeError whose text begins with the argument's name.
"""

import inspect
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from odd import ODD, Counting, told

from smtp2go_async import AsyncClient, Email, Pacer, RetryPolicy
from smtp2go_async._groups import AsyncGroups
from smtp2go_async._values.arguments import Arguments, unchecked

KEY = "api-" + "A" * 32
RAISING = {"function", "class"}
"""What raises when it is called with an outcome, and after the send."""

MAIL = Email(sender="shop@example.com", to="jane@example.com", subject="Hello", text_body="Hi")
NEEDED: dict[str, Any] = {
    "allowed_recipients": ["example.com"],
    "allowed_senders": ["example.com"],
    "content": "Hi",
    "destination": "+12025550123",
    "destinations": ["+12025550123"],
    "domain": "example.com",
    "email_address": "jane@example.com",
    "email_id": "1abc-2def-3",
    "emails": [MAIL],
    "enabled": True,
    "fullname": "North",
    "html_body": "<p>Hi</p>",
    "id": "abcde",
    "ip_address": "192.0.2.20",
    "journal": "news.journal",
    "message": MAIL,
    "mime_email": b"To: jane@example.com\r\n\r\nHi",
    "mode": "whitelist",
    "new_subdomain": "new",
    "old_subdomain": "old",
    "reasons": ["manual"],
    "schedule_id": "1abc",
    "sender": "shop@example.com",
    "subaccounts": ["k3s9ab"],
    "subject": "Hello",
    "template_name": "Welcome",
    "text_body": "Hi",
    "to": ["jane@example.com"],
    "url": "https://example.com/hook",
    "username": "north",
}
GROUPS = [name for name in vars(AsyncGroups) if not name.startswith("_")]


def _methods() -> Iterator[tuple[str, str]]:
    client = AsyncClient(KEY)
    for group in GROUPS:
        for name in vars(type(getattr(client, group))):
            if not name.startswith("_"):
                yield group, name


METHODS = list(_methods())


def _arguments(method: Any) -> dict[str, bool]:
    """Return the arguments of a method, and whether each must be given."""
    return {name: argument.default is argument.empty for name, argument in inspect.signature(method).parameters.items()}


@pytest.fixture
def network() -> Counting:
    return Counting()


@pytest.fixture
async def client(network: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    # A journal is a file.
    monkeypatch.chdir(tmp_path)
    async with AsyncClient(KEY, retry=RetryPolicy.none()) as client:
        client._calls.transport = network
        yield client


@pytest.mark.parametrize(("group", "name"), METHODS)
async def test_every_argument_of_every_call_is_refused_by_its_name_or_sent(group, name, client, network):
    method = getattr(getattr(client, group), name)
    arguments = _arguments(method)
    needed = {one: NEEDED[one] for one, must in arguments.items() if must}
    if group == "webhooks" and "id" in needed:
        needed["id"] = 4711
    if "to" in arguments and group == "email":
        needed |= {"subject": "Hello", "text_body": "Hi", "html_body": "Hi"}
    checks = Arguments(inspect.unwrap(method)).checks
    if name == "reconcile":
        await client.bulk.send([MAIL], journal=NEEDED["journal"])
    problems: list[str] = []
    for argument in arguments:
        for kind, odd in ODD.items():
            client._calls.pacer = Pacer()
            if argument == "on_outcome" and kind in RAISING:
                continue
            if checks[argument] is unchecked and kind.startswith("mock of"):
                # What says that it is an e-mail or a path is asked what that can answer; and answers for it.
                continue
            with told(argument, kind, network, problems), warnings.catch_warnings():
                # A ready message without recipients is sent with a warning.
                warnings.simplefilter("ignore", UserWarning)
                found = method(**{**needed, argument: odd()})
                if inspect.isawaitable(found):
                    await found
                else:
                    async for _ in found:
                        break
    assert not problems, "\n".join(problems)
