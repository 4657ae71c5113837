"""Clients and inboxes of the other kind have methods of the same names, and are refused before any call."""

import datetime as dt

import anyio
import pytest

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async.errors import ArgumentTypeError
from smtp2go_async.webhooks import SqliteInbox, backfill, backfill_sync, ensure_webhook, ensure_webhook_sync

URL, EVENTS, SINCE = "https://shop.example/events", ["bounce"], dt.date(2026, 1, 1)


@pytest.mark.parametrize("made", [SyncClient, type])
def test_async_functions_refuse_what_is_no_async_client(key, tmp_path, made):
    client = SyncClient(key) if made is SyncClient else AsyncClient
    inbox = SqliteInbox(tmp_path / "events.db")
    with pytest.raises(ArgumentTypeError, match="^client: must be an AsyncClient, not"):
        anyio.run(lambda: ensure_webhook(client, URL, events=EVENTS))
    with pytest.raises(ArgumentTypeError, match="^client: must be an AsyncClient, not"):
        anyio.run(lambda: backfill(client, inbox, since=SINCE))
    if made is SyncClient:
        client.close()


def test_blocking_functions_refuse_what_is_no_blocking_client(key, tmp_path):
    client, inbox = AsyncClient(key), SqliteInbox(tmp_path / "events.db").sync
    with pytest.raises(
        ArgumentTypeError, match="^client: must be a SyncClient, .*; ensure_webhook takes the other kind"
    ):
        ensure_webhook_sync(client, URL, events=EVENTS)
    with pytest.raises(ArgumentTypeError, match="^client: must be a SyncClient, .*; backfill takes the other kind"):
        backfill_sync(client, inbox, since=SINCE)
    with pytest.raises(ArgumentTypeError, match="^client: must be a SyncClient, not None$"):
        backfill_sync(None, inbox, since=SINCE)


def test_an_inbox_of_the_other_kind_is_refused(key, tmp_path):
    inbox = SqliteInbox(tmp_path / "events.db")
    with pytest.raises(ArgumentTypeError, match=r"^inbox: must be an inbox with async methods, .*without \.sync"):
        anyio.run(lambda: backfill(AsyncClient(key), inbox.sync, since=SINCE))
    with (
        SyncClient(key) as client,
        pytest.raises(ArgumentTypeError, match=r"^inbox: must be an inbox with blocking methods"),
    ):
        backfill_sync(client, inbox, since=SINCE)
