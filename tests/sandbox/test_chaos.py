"""Failures drawn at random."""

import httpx
import pytest

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.faults import CHAOS, Faults


def drawn(faults, count):
    return [faults.take("/v3/email/send") for _ in range(count)]


@pytest.fixture
def always(sandbox, http, email):
    """Return a function that lets each call meet a kind of failure, and returns the response to an e-mail."""

    def always(kind):
        sandbox.chaos(1, kinds=[kind])
        return http.post("/email/send", json=email())

    return always


@pytest.mark.parametrize(("kind", "sent"), [("lost", 1), ("closed", 0)])
def test_a_connection_is_closed_after_or_before_the_call_is_carried_out(always, sandbox, kind, sent):
    with pytest.raises(httpx.RemoteProtocolError):
        always(kind)
    assert len(sandbox.sent) == sent


@pytest.mark.parametrize(("kind", "sent"), [("error", 0), ("error_after", 1)])
def test_a_server_error_comes_instead_of_the_call_or_after_it(always, sandbox, kind, sent):
    assert always(kind).status_code in {500, 502, 503, 504}
    assert len(sandbox.sent) == sent


def test_a_call_with_a_garbled_response_was_carried_out(always, sandbox):
    answer = always("garbled")
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()
    assert len(sandbox.sent) == 1


def test_a_limited_call_is_told_to_wait_a_second(always, sandbox):
    answer = always("limited")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert sandbox.sent == ()


def test_a_refused_call_is_not_carried_out(always, sandbox):
    assert always("refused").status_code == 400
    assert sandbox.sent == ()


def test_a_call_with_a_slow_response_was_carried_out():
    faults = Faults()
    faults.chaos(1, kinds="slow")
    for fault in drawn(faults, 100):
        assert fault.carries_out
        assert fault.status is None
        assert 0.1 <= fault.delay <= 1.0


def test_about_the_share_of_the_calls_fail_and_in_every_way_but_refusal():
    faults = Faults(0.05, seed=1)
    met = [fault for fault in drawn(faults, 10_000) if fault]
    assert 400 < len(met) < 600
    ways = {(fault.status, fault.carries_out, fault.lost_reply, fault.delay > 0) for fault in met}
    assert len({way for way in ways if way[0] not in {500, 502, 503, 504}}) == len(CHAOS) - 3
    assert {(status, carried) for status, carried, _, _ in ways if status and status >= 500} == {
        (status, carried) for status in (500, 502, 503, 504) for carried in (True, False)
    }
    assert 400 not in {fault.status for fault in met}


def test_the_same_seed_draws_the_same_calls_and_another_seed_draws_others():
    first, again, other = (drawn(Faults(0.3, seed=seed), 200) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(("share", "failing"), [(0, 0), (1, 50), (1.0, 50)])
def test_a_share_can_be_none_or_all(share, failing):
    assert len([fault for fault in drawn(Faults(share), 50) if fault]) == failing


def test_without_chaos_nothing_fails():
    assert drawn(Faults(), 1000) == [None] * 1000


def test_a_planned_failure_comes_first_and_leaves_the_draws_as_they_are():
    plain, planned = Faults(0.5, seed=3), Faults(0.5, seed=3)
    planned.plan(status=418)
    assert planned.take("/v3/email/send").status == 418
    assert drawn(planned, 20) == drawn(plain, 20)


def test_clear_restarts_the_chaos_that_the_sandbox_was_made_with():
    faults = Faults(0.5, seed=3)
    first = drawn(faults, 20)
    faults.chaos(1, seed=9)
    faults.clear()
    assert drawn(faults, 20) == first


def test_the_control_addresses_never_fail(email):
    with Sandbox(chaos=1, seed=1) as sandbox:
        home = sandbox.base_url.removesuffix("/v3")
        with httpx.Client(base_url=home, trust_env=False, verify=False) as http:
            for path in ("/", "/sandbox/emails", "/sandbox/requests", "/sandbox/counts?by=subject"):
                assert http.get(path).status_code == 200


@pytest.mark.parametrize(
    ("share", "more"),
    [
        (-0.1, {}),
        (1.1, {}),
        (float("nan"), {}),
        (True, {}),
        ("0.5", {}),
        (0.5, {"seed": 1.5}),
        (0.5, {"seed": None}),
        (0.5, {"kinds": []}),
        (0.5, {"kinds": ["flood"]}),
        (0.5, {"kinds": [5]}),
    ],
)
def test_invalid_chaos_is_a_value_error(share, more):
    with pytest.raises(ValueError):
        Faults().chaos(share, **more)
    if "kinds" not in more:
        with pytest.raises(ValueError):
            Faults(share, **more)
