"""An event settles a row that a run is about to send again."""

import anyio
import pytest
from bulk.helpers import LOST, emails

from smtp2go_async import Journal
from smtp2go_async.bulk._journal.hashes import tokens_of
from smtp2go_async.bulk.journal import BULK_HEADER
from smtp2go_async.webhooks.events import Delivered


@pytest.mark.parametrize(("via", "batch_size", "calls"), [("send", 1, 4), ("batch", 1, 4), ("batch", 3, 2)])
def test_a_row_that_an_event_settled_is_not_sent_again_by_the_run_that_was_about_to(
    client, provider, path, go, via, batch_size, calls
):
    provider.then(*[LOST] * 6)
    go(client.bulk.send, emails(6), concurrency=1, journal=path)
    provider.calls.clear()
    outcomes = []

    async def run(journal):
        provider.hold()
        async with anyio.create_task_group() as group:

            async def send():
                again = {"journal": journal, "resend_unknown": True, "on_outcome": outcomes.append}
                await client.bulk.send(emails(6), concurrency=1, via=via, batch_size=batch_size, **again)

            group.start_soon(send)
            await provider.under_way(1)
            for reference in ("r1", "r4", "r6"):
                (token,) = tokens_of(journal.id, [reference])
                event = Delivered(name="delivered", email_id=f"e-{reference}", headers={BULK_HEADER: token})
                journal.settle(event)
            provider.release()

    with Journal(path) as journal:
        go(run, journal)
        assert {row.reference: row.state for row in journal.rows()} == {f"r{number}": "sent" for number in range(1, 7)}
        assert {row.reference: row.email_id for row in journal.rows()}["r4"] == "e-r4"
    assert len(provider.calls) == calls
    assert {one.reference: one.status for one in outcomes} == {
        "r1": "sent",
        "r2": "sent",
        "r3": "sent",
        "r4": "skipped",
        "r5": "sent",
        "r6": "skipped",
    }
