"""Errors that end a run before its list does, and errors that it outlasts."""

import functools

import pytest
from bulk.helpers import BAD_KEY, LOST, TURNED_AWAY, counted, emails, states
from faults.scripted import refusal

from smtp2go_async import (
    AuthenticationError,
    BulkStoppedError,
    NotSentError,
    OutcomeUnknownError,
    PermissionDeniedError,
)
from smtp2go_async.bulk._plan import FIRST_CONCURRENT_CALLS, MAX_UNANSWERED_CALLS


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        (BAD_KEY, AuthenticationError),
        (refusal(403, "ENDPOINT_PERMISSION_DENIED", "no"), PermissionDeniedError),
        (refusal(402, "X", "Payment required"), Exception),
    ],
)
def test_an_error_of_the_account_ends_the_run_at_once_and_nothing_is_lost(turn, kind, go, client, provider, path):
    provider.then(None, None)
    provider.otherwise = turn
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(1000), journal=path)
    assert isinstance(caught.value.__cause__, kind)
    assert caught.value.report.sent == 2
    assert len(provider.calls) <= 2 + FIRST_CONCURRENT_CALLS + 2
    assert set(states(path).values()) <= {"sent", "pending"}
    provider.otherwise = None
    report = go(client.bulk.send, emails(1000), journal=path)
    assert (report.sent, report.skipped) == (998, 2)
    assert set(provider.arrived.values()) == {1}


def test_after_many_calls_in_a_row_without_a_response_the_run_stops(go, client, provider, path):
    """An outage must not make a whole list unknown."""
    provider.otherwise = LOST
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(1000), journal=path)
    assert isinstance(caught.value.__cause__, OutcomeUnknownError)
    assert MAX_UNANSWERED_CALLS["send"] <= caught.value.report.unknown <= 3 * MAX_UNANSWERED_CALLS["send"]
    assert counted(path)["unknown"] == caught.value.report.unknown == len(provider.calls)
    assert set(states(path).values()) <= {"unknown", "pending"}


def test_a_network_that_comes_back_is_waited_for(go, client, provider, path):
    """Also when all calls under way need more repeats together than the client's budget has for its calls."""
    provider.takes = 0.001
    provider.otherwise = lambda _fields: NotSentError("refused") if 100 < len(provider.calls) <= 300 else None
    assert go(client.bulk.send, emails(200), journal=path).sent == 200
    assert set(provider.arrived.values()) == {1}


def test_a_network_that_stays_away_ends_the_run_and_the_rows_go_back(go, client, provider, path):
    provider.otherwise = NotSentError("refused")
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(50), journal=path)
    assert isinstance(caught.value.__cause__, NotSentError)
    assert set(states(path).values()) == {"pending"}


def test_an_error_of_on_outcome_reaches_the_caller_and_unsent_rows_go_back(go, client, provider, path):
    def failing(outcome):
        raise RuntimeError(f"no room for {outcome.reference}")

    with pytest.raises(RuntimeError, match="no room for"):
        go(client.bulk.send, emails(100), journal=path, on_outcome=failing)
    found = states(path)
    assert {reference for reference, state in found.items() if state == "sent"} == set(provider.arrived)
    assert set(found.values()) <= {"sent", "pending"}


def test_a_run_that_meets_a_429_goes_on_after_the_cool_down(go, client, provider, time):
    provider.then(None, None, TURNED_AWAY)
    report = go(client.bulk.send, emails(60))
    assert report.sent == 60
    assert max(time.slept) >= 60.0


def test_an_on_outcome_that_would_do_nothing_when_it_is_called_is_refused(go, client, provider):
    async def on_outcome(outcome):
        raise AssertionError(outcome)

    async def async_generator(outcome):
        yield outcome

    def generator(outcome):
        yield outcome

    class Awaited:
        async def __call__(self, outcome):
            raise AssertionError(outcome)

    for wrong, kind in (
        (on_outcome, "an async one"),
        (functools.partial(on_outcome), "an async one"),
        (Awaited(), "an async one"),
        (async_generator, "an async one"),
        (generator, "a generator function"),
        ("told", "a str"),
    ):
        with pytest.raises(TypeError, match=f"on_outcome: must be a plain function, not {kind}"):
            go(client.bulk.send, emails(2), on_outcome=wrong)
        with pytest.raises(TypeError, match="on_outcome"):
            go(client.bulk.send_sms, ["+12025550101"], "Hello", on_outcome=wrong)
    assert provider.calls == []
