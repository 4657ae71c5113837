"""Calls that wait for their turn: in which order do they go, when are they woken, and what if one gives up?"""

import pytest
from _pacing.gates import accepted, closed, entered, queued, rate_limited, recovering, refused, release

from smtp2go_async import Pacer
from smtp2go_async._pacing.published import MAX_SILENCE_SECONDS
from smtp2go_async._pacing.turns import HeldBackError

PATH = "/some/call"


class Woken(list):
    """Turns in the order in which they were woken."""

    def wait(self, pacer, name):
        return queued(pacer, wake=lambda: self.append(name))


@pytest.fixture
def woken():
    return Woken()


def test_calls_are_woken_in_the_order_in_which_they_arrived(clock, woken):
    pacer = recovering(clock, 2)
    out = entered(pacer)
    for name in "abcde":
        woken.wait(pacer, name)
    assert woken == []
    assert pacer.state.waiting == 5
    out.accepted()
    out.release()
    # Two were under way when the block began, so the second answer after it opens the gate for all.
    assert woken == ["a", "b", "c", "d", "e"]


def test_a_call_that_arrived_first_goes_first_though_it_asks_last(pacer, clock, woken):
    early, late = pacer.turn(PATH), pacer.turn(PATH)
    rate_limited(pacer)
    late.wake, early.wake = lambda: woken.append("late"), lambda: woken.append("early")
    assert late.ask() is not None
    assert early.ask() is not None
    clock.move(60)
    assert late.ask() is not None
    assert woken == ["early"]
    assert early.is_probe


def test_a_new_call_does_not_overtake_waiting_calls(clock, woken):
    pacer = recovering(clock, 8)
    out = entered(pacer, 4)
    woken.wait(pacer, "a")
    out[0].release()
    assert woken == ["a"]
    new = pacer.turn(PATH)
    assert new.ask() is not None
    with pytest.raises(HeldBackError):
        new.depart()


def test_each_response_lets_a_call_go_and_a_whole_round_lets_more_go(clock, woken):
    pacer = recovering(clock, 8)
    out = entered(pacer, 4)
    for name in range(8):
        woken.wait(pacer, name)
    for number, turn in enumerate(out):
        turn.accepted()
        turn.release()
        assert len(woken) == (number + 1 if number < 3 else 5)


def test_a_call_that_is_let_go_keeps_its_place_until_it_leaves(clock, woken):
    pacer = recovering(clock, 2)
    out = entered(pacer)
    first = woken.wait(pacer, "a")
    out.release()
    assert woken == ["a"]
    assert pacer.state.in_flight == 0
    assert pacer.turn(PATH).ask() is not None
    assert first.ask() is None
    first.depart()
    assert pacer.state.in_flight == 1


def test_a_call_that_gives_up_after_it_was_woken_lets_the_next_one_go(clock, woken):
    pacer = recovering(clock, 2)
    out = entered(pacer)
    first, _second = woken.wait(pacer, "a"), woken.wait(pacer, "b")
    out.release()
    first.release()
    assert woken == ["a", "b"]


def test_a_call_that_gives_up_while_it_waits_is_passed_over(clock, woken):
    pacer = recovering(clock, 2)
    out = entered(pacer)
    first, _second = woken.wait(pacer, "a"), woken.wait(pacer, "b")
    first.release()
    assert pacer.state.waiting == 1
    out.release()
    assert woken == ["b"]


def test_a_call_whose_event_loop_is_gone_lets_the_next_one_go(clock, woken):
    pacer = recovering(clock, 2)
    out = entered(pacer)

    def gone():
        raise RuntimeError("Event loop is closed")

    queued(pacer, wake=gone)
    woken.wait(pacer, "b")
    out.release()
    assert woken == ["b"]


def test_a_call_that_was_woken_and_never_leaves_holds_up_the_others_for_a_limited_time(clock, woken):
    """Its event loop stands still, for example."""
    pacer = recovering(clock, 2)
    out = entered(pacer)
    woken.wait(pacer, "a")
    second = woken.wait(pacer, "b")
    out.release()
    clock.move(MAX_SILENCE_SECONDS)
    assert second.ask() is None
    assert woken == ["a"]


def test_many_calls_of_an_event_loop_that_stands_still_hold_up_the_others_for_no_longer_than_one(pacer, clock, woken):
    rate_limited(pacer)
    loop = object()
    still = [woken.wait(pacer, number) for number in range(40)]
    for turn in still:
        turn.loop = loop
    other = woken.wait(pacer, "other")
    clock.move(60)
    assert other.ask() is not None
    assert woken == [0]
    clock.move(MAX_SILENCE_SECONDS)
    assert other.ask() is None
    assert (woken, other.is_probe, pacer.state.waiting) == ([0], True, 0)
    # It goes on, and its calls have their places before those that came later.
    late = woken.wait(pacer, "late")
    assert [turn.ask() is None for turn in still] == [True] + [False] * 39
    release([still[0], other])
    assert woken == [0, 1]
    release([late, *still])


def test_a_call_that_took_its_turn_and_waits_for_a_connection_does_not_make_its_event_loop_silent(pacer, clock, woken):
    rate_limited(pacer)
    loop = object()
    turns = [woken.wait(pacer, number) for number in range(3)]
    for turn in turns:
        turn.loop = loop
    clock.move(60)
    assert turns[0].ask() is None
    clock.move(MAX_SILENCE_SECONDS)
    assert turns[2].ask() is not None
    assert woken == [1]
    assert pacer.state.waiting == 1


def test_5000_calls_whose_event_loop_is_gone_are_passed_over(clock, woken):
    pacer = recovering(clock, 2)
    out = entered(pacer)

    def gone():
        raise RuntimeError("Event loop is closed")

    for _ in range(5000):
        queued(pacer, wake=gone)
    woken.wait(pacer, "last")
    out.release()
    assert woken == ["last"]


def test_calls_that_gave_up_during_a_long_block_do_not_stay_in_memory(pacer, clock, woken):
    rate_limited(pacer)
    first = woken.wait(pacer, "first")
    for _ in range(5000):
        queued(pacer, wake=lambda: None).release()
    assert len(pacer._gate.queue) < 200
    assert pacer.state.waiting == 1
    clock.move(60)
    assert first.ask() is None


def test_the_collector_may_end_a_call_in_the_middle_of_another_s_step(clock, woken):
    """The thread that it happens in has the lock already."""
    pacer = recovering(clock, 2)
    out = entered(pacer)
    woken.wait(pacer, "a")
    with pacer._gate.lock:
        out.release()
        assert pacer.state.phase == "recovering"
    assert pacer.state.in_flight == 0
    assert woken == ["a"]


def test_calls_that_were_let_go_wait_again_when_the_gate_closes_before_they_leave(clock, woken):
    pacer = recovering(clock, 8)
    out = entered(pacer, 4)
    let_go = woken.wait(pacer, "a")
    out[0].release()
    out[1].rate_limited(7.0)
    with pytest.raises(HeldBackError):
        let_go.depart()
    assert let_go.ask().seconds == 7.0
    release(out)


def test_a_call_that_left_is_asked_again_before_the_first_byte(pacer):
    first, second = entered(pacer, 2)
    first.rate_limited(9.0)
    with pytest.raises(HeldBackError):
        second.depart(writing=True)
    assert second.ask().seconds == 9.0
    assert pacer.state.in_flight == 1
    second.release()
    first.release()
    assert pacer.state.in_flight == 0


def test_a_call_that_writes_is_not_held_back_any_more(pacer):
    first = entered(pacer)
    first.depart(writing=True)
    first.depart(writing=True)
    assert pacer.state.in_flight == 1
    first.release()
    assert pacer.state.in_flight == 0


def test_calls_that_wait_for_a_connection_are_not_halved(clock):
    """Where a transport tells when it writes, only the calls that write are under way."""
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    turns = entered(pacer, 60)
    for turn in turns[:20]:
        turn.depart(writing=True)
    assert pacer.state.in_flight == 20
    turns[0].rate_limited(None)
    release(turns)
    clock.move(60)
    accepted(pacer)
    assert pacer.state.limit == 10


def test_when_the_time_of_a_block_is_over_the_first_that_asks_lets_the_first_in_the_queue_go(pacer, clock, woken):
    rate_limited(pacer)
    turns = [woken.wait(pacer, name) for name in "abc"]
    clock.move(60)
    assert turns[2].ask().certain is False
    assert woken == ["a"]
    turns[0].depart()
    turns[0].accepted()
    turns[0].release()
    assert woken == ["a", "b"]


def test_a_probe_that_is_refused_lets_the_others_follow(pacer, clock, woken):
    closed(pacer, 8)
    clock.move(60)
    probe = entered(pacer)
    for name in range(6):
        woken.wait(pacer, name)
    probe.refused()
    probe.release()
    assert woken == [0, 1, 2, 3]


def test_a_call_waits_for_a_pause_after_refusals_in_the_same_queue(pacer, clock, woken):
    refused(pacer, 20)
    first, second = woken.wait(pacer, "a"), woken.wait(pacer, "b")
    clock.move(5)
    assert second.ask() is not None
    assert woken == ["a"]
    first.depart()
    first.accepted()
    first.release()
    assert woken == ["a", "b"]


@pytest.mark.parametrize(("under_way", "most"), [(1, 2), (2, 2), (8, 4), (20, 6), (100, 8), (1000, 12), (10_000, 15)])
def test_the_rounds_until_nothing_is_limited_grow_like_the_logarithm_of_the_limit(clock, under_way, most):
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    closed(pacer, under_way)
    # The worst case: blocked until a single call at a time is left.
    while pacer._gate.limit > 1:
        clock.move(pacer.state.closed_for)
        rate_limited(pacer)
    clock.move(pacer.state.closed_for)
    accepted(pacer)
    rounds = 0
    while pacer.state.limit is not None:
        accepted(pacer, pacer.state.limit)
        rounds += 1
    assert rounds <= most + 3


def test_after_a_single_block_four_rounds_are_enough(clock):
    pacer = recovering(clock, 200)
    rounds = calls = 0
    while pacer.state.limit is not None:
        rounds, calls = rounds + 1, calls + pacer.state.limit
        accepted(pacer, pacer.state.limit)
    assert rounds <= 4
    assert calls <= 600
