"""The webhooks can't be looked at once more after one was added or changed."""

import anyio
import pytest

from smtp2go_async import AsyncClient, NotSentError, OutcomeUnknownError, ReplyError, SyncClient
from smtp2go_async.endpoints.webhooks import Webhooks
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.webhooks.setup import ensure_webhook, ensure_webhook_sync

URL = "https://example.com/hooks/smtp2go"


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture(params=["asyncio", "trio", "blocking"])
def ensure(request, sandbox):
    async def main(events):
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
            return await ensure_webhook(client, URL, events=events)

    def ensure(*events):
        if request.param != "blocking":
            return anyio.run(main, events, backend=request.param)
        with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
            return ensure_webhook_sync(client, URL, events=events)

    return ensure


@pytest.fixture
def second_look_fails(monkeypatch):
    looks, view = [], Webhooks.view

    async def failing(self, **options):
        looks.append(self)
        if len(looks) == 2:
            raise NotSentError("no connection could be made")
        return await view(self, **options)

    return lambda: monkeypatch.setattr(Webhooks, "view", failing)


def test_an_add_without_a_response_stays_of_unknown_outcome(ensure, sandbox, second_look_fails):
    sandbox.fail_next(path="/webhook/add", lost_reply=True)
    second_look_fails()
    with pytest.raises(OutcomeUnknownError) as caught:
        ensure("spam")
    assert caught.value.carried_out is None
    assert isinstance(caught.value.__cause__, NotSentError)
    assert len(sandbox.webhooks) == 1


@pytest.mark.parametrize(("had", "done"), [([], "added"), (["open"], "changed")])
def test_a_webhook_that_was_added_or_changed_is_told_as_carried_out(ensure, sandbox, second_look_fails, had, done):
    if had:
        ensure(*had)
    second_look_fails()
    with pytest.raises(ReplyError, match=f"it was {done}, and could not be looked at afterwards") as caught:
        ensure("spam")
    assert caught.value.carried_out is True
    assert [webhook.events for webhook in sandbox.webhooks] == [("spam",)]
    assert not ensure("spam").changed
