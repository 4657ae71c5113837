"""`Calls` makes calls without a client; its copies share all parts that `evolve` is not given."""

import ast
import inspect
from pathlib import Path

import anyio
import pytest
from faults.scripted import Scripted, answer

from smtp2go_async import AsyncClient, NotSentError, Pacer, RetryPolicy, SendRefusedError
from smtp2go_async._calls import Calls
from smtp2go_async._wire.settings import Settings
from smtp2go_async.endpoints.email import SEND, Emails
from smtp2go_async.retry import RetryBudget

REFUSED_SEND = answer(200, {"succeeded": 0, "failed": 1, "failures": ["no"], "email_id": ""})
PACKAGE = Path(inspect.getfile(AsyncClient)).parent


@pytest.fixture
def calls_of(key, time):
    """Return a function that makes `Calls` with a scripted network."""

    def make(*turns):
        network = Scripted(time, *turns)
        calls = Calls(Settings(api_key=key, base_url="https://api.smtp2go.com/v3"), Pacer(clock=time), network)
        calls.clock, calls.sleep = time, time.sleep
        return calls, network

    return make


def test_a_call_is_made_and_repeated_without_a_client(calls_of, backend, time):
    calls, network = calls_of(NotSentError("x"), answer())

    result = anyio.run(calls.call, SEND, {"sender": "shop@example.com"}, backend=backend)
    assert result.accepted
    assert (len(network.requests), len(time.slept)) == (2, 1)


def test_a_group_needs_nothing_but_calls(calls_of, backend, mail):
    calls, network = calls_of(answer())

    async def send():
        return await Emails(calls).send(**mail())

    assert anyio.run(send, backend=backend).accepted
    assert [request.operation for request in network.requests] == ["/email/send"]


def test_a_copy_shares_every_part_that_is_not_given(calls_of):
    calls, _ = calls_of(answer())
    copy = calls.evolve(retry=RetryPolicy.none())

    assert copy.settings.retry == RetryPolicy.none()
    assert calls.settings.retry == RetryPolicy()
    for part in ("pacer", "transport", "budget", "clock", "sleep"):
        assert getattr(copy, part) is getattr(calls, part)


def test_a_copy_can_have_a_budget_a_sleep_and_settings_of_its_own(calls_of, backend, time):
    calls, _ = calls_of(NotSentError("x"), REFUSED_SEND)
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    copy = calls.evolve(budget=RetryBudget(), sleep=sleep, raise_on_refused=False)
    assert not anyio.run(copy.call, SEND, {}, backend=backend).accepted
    assert (len(slept), time.slept) == (1, [])
    assert copy.budget.tokens < calls.budget.tokens == RetryBudget.CAPACITY
    with pytest.raises(SendRefusedError):
        anyio.run(calls.call, SEND, {}, backend=backend)


def test_parts_that_are_replaced_on_a_client_are_seen_by_groups_that_were_used_before(key, backend, mail, time):
    client = AsyncClient(key)
    emails = client.email
    client._calls.transport = network = Scripted(time, answer())

    async def send():
        await emails.send(**mail())

    anyio.run(send, backend=backend)
    assert len(network.requests) == 1


def test_the_repr_of_calls_shows_no_key(calls_of, key):
    calls, _ = calls_of(answer())

    assert key not in repr(calls)


@pytest.mark.parametrize("room", ["endpoints", "bulk", "_calls.py", "_groups.py"])
def test_neither_the_groups_nor_bulk_import_the_client(room):
    root = PACKAGE / room
    files = [root] if root.is_file() else sorted(root.rglob("*.py"))
    imports = [(path, node) for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]

    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path, node in imports
        if isinstance(node, ast.ImportFrom)
        and node.level
        and (node.module or "").partition(".")[0] in {"client", "sync", "_sync"}
    ]
    assert files
    assert found == []
