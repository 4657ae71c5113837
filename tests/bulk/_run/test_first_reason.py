"""Which of several reasons ends a run, and how many failures in a row are one."""

from types import SimpleNamespace

import anyio
import pytest
from bulk.helpers import LOST, emails
from faults.scripted import answer

from smtp2go_async.bulk._run.stopping import Stopping


def test_the_first_error_that_ends_a_run_is_its_reason(go):
    async def stop_twice():
        stopping = Stopping(SimpleNamespace(end_reading=lambda: None))
        stopping.stop_for(ValueError("first"))
        stopping.stop_for(ValueError("second"))
        return str(stopping.error)

    assert go(stop_twice) == "first"


def test_the_first_error_of_a_callback_is_raised_though_it_raises_again_while_the_run_ends(client, provider, go):
    seen = []

    def on_outcome(_outcome):
        seen.append(provider.in_flight)
        raise RuntimeError(f"error {len(seen)}")

    async def send():
        provider.hold()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(release)
            with pytest.raises(RuntimeError, match="^error 1\n"):
                await client.bulk.send(emails(2), concurrency=2, on_outcome=on_outcome)

    async def release():
        await provider.under_way(2)
        provider.release()

    # Two calls are under way at the first error, so the callback gets the outcome of the second, too.
    go(send)
    assert len(seen) == 2


def test_calls_without_a_clear_response_end_a_run_only_in_a_row(client, provider, go):
    provider.then(LOST, LOST, None, LOST, LOST, None)
    report = go(client.bulk.send, emails(6), via="batch", batch_size=1, concurrency=1)
    assert (report.sent, report.unknown) == (2, 4)


def test_two_bad_rows_in_each_call_do_not_keep_the_rows_of_later_calls_from_being_tried(client, provider, go):
    def refuse_first(fields):
        bad = [place for place, item in enumerate(fields["emails"]) if item["subject"] != "r60"]
        if not bad:
            return None
        errors = {"fieldname": f"emails[{bad[0]}].to[0]", "message": "was expecting an address"}
        code = "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"
        return answer(400, {"error_code": code, "error": "wrong", "field_validation_errors": errors})

    provider.otherwise = refuse_first
    report = go(client.bulk.send, emails(60), via="batch", batch_size=3, concurrency=1)
    # Of each call two rows are taken out, and its third is refused alone. Two are no sign that the whole list is wrong.
    assert (report.sent, report.refused) == (1, 59)
