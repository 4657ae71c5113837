"""One pacer for threads, for forked children, and for whatever comes."""

import math
import os
import threading

import pytest
from _pacing.gates import PATH, Clock, accepted, enter, entered, rate_limited, recovering, release, wait_of
from hypothesis import example, given
from hypothesis import strategies as st

from smtp2go_async import Pacer
from smtp2go_async._pacing.gate import MAX_COOL_DOWN_SECONDS, Delay
from smtp2go_async._pacing.published import MAX_SILENCE_SECONDS
from smtp2go_async._pacing.turns import Turn
from smtp2go_async.pacing import PacerState


# --- threads ------------------------------------------------------------------------------------------------------------
def in_threads(count, work):
    """Run work in threads that start together, and raise what went wrong in one."""
    start, wrong = threading.Barrier(count), []

    def run(number):
        start.wait()
        try:
            work(number)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wrong == []


@pytest.mark.usefixtures("switching")
def test_of_50_threads_that_ask_together_one_is_the_probe(pacer, clock):
    for _ in range(20):
        rate_limited(pacer)
        clock.move(pacer.state.closed_for)
        turns = []
        in_threads(50, lambda _: turns.append(enter(pacer, PATH)))
        (probe,) = [turn for turn in turns if isinstance(turn, Turn)]
        assert probe.is_probe
        probe.release()


@pytest.mark.usefixtures("switching")
def test_threads_never_exceed_the_limit(clock):
    pacer = recovering(clock, 10)
    lock, now, most = threading.Lock(), 0, 0

    def work(_):
        nonlocal now, most
        for _ in range(300):
            turn = enter(pacer, PATH)
            if isinstance(turn, Turn):
                with lock:
                    now += 1
                    most = max(most, now)
                assert 0 < pacer.state.in_flight <= 5
                with lock:
                    now -= 1
                turn.release()

    in_threads(12, work)
    assert 1 <= most <= 5
    assert pacer.state == PacerState("recovering", 0.0, 0, 5, 0)


@pytest.mark.usefixtures("switching")
def test_two_threads_that_give_one_turn_back_count_once(pacer):
    other = entered(pacer)
    for _ in range(50):
        turn = entered(pacer)
        in_threads(4, lambda _, turn=turn: turn.release())
        assert pacer.state.in_flight == 1
    other.release()


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("seed", range(5))
def test_whatever_threads_do_the_counts_end_at_zero_and_the_gate_can_open(seed):
    import random

    clock = Clock()
    pacer = Pacer(clock=clock, draw=lambda: 0.0)

    def work(number):
        draw = random.Random(f"{seed} {number}")
        for _ in range(300):
            turn = enter(pacer, draw.choice([PATH, "/activity/search"]))
            state = pacer.state
            assert state.in_flight >= 0
            assert state.limit is None or state.limit >= 0
            if isinstance(turn, Delay):
                assert turn.seconds > 0
                clock.now += 1.0
                continue
            outcome = draw.choice(["through"] * 4 + ["refused", "429", "none"])
            if outcome == "through":
                turn.accepted()
            elif outcome == "refused":
                turn.refused()
            elif outcome == "429":
                turn.rate_limited(draw.choice([None, 5.0]))
            turn.release()
            turn.release()

    in_threads(8, work)
    assert pacer.state.in_flight == 0
    clock.move(2 * MAX_COOL_DOWN_SECONDS)
    accepted(pacer, 100)
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)


def test_a_429_that_comes_while_another_call_is_noted_as_let_through_is_not_forgotten(clock):
    pacer = recovering(clock, 4)
    turn, other = entered(pacer, 2)

    class Late:
        """A lock for which the other thread's 429 is waiting."""

        def __enter__(self):
            pacer._gate.lock = lock
            assert other.rate_limited(None) == 120.0

        def __exit__(self, *_exc):
            pass

    lock, pacer._gate.lock = pacer._gate.lock, Late()
    turn.accepted()
    assert pacer.state.closed_for == 120.0


# --- fork ---------------------------------------------------------------------------------------------------------------
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@forks
def test_a_child_has_none_of_the_parent_s_calls_under_way_and_the_parent_keeps_them(pacer, forked):
    entered(pacer, 3)
    assert forked(lambda: pacer.state.in_flight)() == 0
    assert pacer.state.in_flight == 3


@forks
def test_a_child_does_not_wait_for_the_parent_s_probe(pacer, clock, forked):
    rate_limited(pacer)
    clock.move(60)
    entered(pacer)
    assert forked(lambda: [pacer.state.phase, entered(pacer).is_probe, wait_of(pacer)])() == [
        "probing",
        True,
        MAX_SILENCE_SECONDS,
    ]
    assert wait_of(pacer) == MAX_SILENCE_SECONDS


@forks
def test_a_child_keeps_to_the_cool_down_that_the_parent_began(pacer, forked):
    rate_limited(pacer)
    assert forked(lambda: wait_of(pacer))() == 60.0


@forks
def test_a_child_forked_while_another_thread_held_the_lock_can_use_the_pacer(pacer, forked):
    with pacer._gate.lock:
        result = forked(lambda: [entered(pacer).is_probe, pacer.state.in_flight])
    assert result() == [False, 1]


def test_releasing_the_parent_s_calls_in_a_child_counts_for_nothing(pacer):
    """The frames of the parent's calls were copied; the child's collector ends them some day."""
    parents = entered(pacer, 3)
    pacer._gate.after_fork()
    own = entered(pacer)
    release(parents)
    assert pacer.state.in_flight == 1
    own.release()
    assert pacer.state.in_flight == 0


def test_the_parent_s_probe_given_back_in_the_child_does_not_let_a_second_one_out(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    parents = entered(pacer)
    pacer._gate.after_fork()
    entered(pacer)
    parents.release()
    assert wait_of(pacer) == MAX_SILENCE_SECONDS


# --- whatever comes -----------------------------------------------------------------------------------------------------
NEWS = st.one_of(
    st.tuples(st.just("move"), st.sampled_from([1.0, 6.0, MAX_SILENCE_SECONDS, 66.0]) | st.floats(0, 2000)),
    st.tuples(st.just("429"), st.sampled_from([None, -3.0, 0.0, math.nan, math.inf]) | st.floats(0.001, 1e9)),
    st.tuples(st.sampled_from(["200", "400", "none"]), st.integers(0, 30)),
    st.tuples(st.just("enter"), st.sampled_from([PATH, "/activity/search", "/api_keys/add"])),
)


def recovered(in_flight):
    """Return the news after which the gate recovers from a block that so many calls met."""
    block = [("429", None), ("move", 66.0), ("enter", PATH), ("200", in_flight - 1)]
    return [("enter", PATH)] * in_flight + block


STARTS = st.just([]) | st.integers(1, 12).map(recovered)
"""News drawn at random seldom lead to a gate that recovers."""

SILENT_AT_THE_LIMIT = [
    ("enter", PATH),
    ("429", None),
    ("move", 60.0),
    ("enter", PATH),
    ("200", 0),
    ("enter", PATH),
    ("move", MAX_SILENCE_SECONDS),
    ("enter", PATH),
]
"""While the gate recovers, a call gets no response for so long that it counts no more, though it is still in flight."""


@given(st.builds(list.__add__, STARTS, st.lists(NEWS, max_size=60)), st.floats(0, 1))
@example(SILENT_AT_THE_LIMIT, 0.0)
@example([*recovered(1), ("enter", PATH), ("move", MAX_SILENCE_SECONDS - 0.1), ("enter", PATH)], 0.0)
def test_whatever_comes_the_gate_opens_again_and_the_counts_are_right(events, drawn):
    clock = Clock(0.0)
    pacer = Pacer(clock=clock, draw=lambda: drawn)
    out, left_at = [], {}
    for what, detail in events:
        if what == "move":
            clock.move(detail)
        elif what == "enter":
            before = pacer.state
            turn = enter(pacer, detail)
            if isinstance(turn, Turn):
                assert before.closed_for == 0
                assert turn.is_probe == (before.phase == "probing")
                # A call that got no response for so long is in flight, and counts no more.
                counting = sum(left_at[other] + MAX_SILENCE_SECONDS > clock.now for other in out)
                assert before.phase != "recovering" or counting < before.limit
                out.append(turn)
                left_at[turn] = clock.now
            else:
                assert turn.seconds > 0
                assert turn.reason
        elif out:
            turn = out.pop(detail % len(out) if isinstance(detail, int) else 0)
            if what == "429":
                assert 0 <= turn.rate_limited(detail) <= 1.1 * MAX_COOL_DOWN_SECONDS
            elif what == "200":
                turn.accepted()
            elif what == "400":
                turn.refused()
            turn.release()
        state = pacer.state
        assert state.in_flight == len(out)
        assert 0 <= state.closed_for <= 1.1 * MAX_COOL_DOWN_SECONDS
        assert (state.phase == "cooling down") == (state.closed_for > 0) == (state.limit == 0)
        assert (state.phase == "open") == (state.limit is None)
        # One that is silent is a probe still, and counts no more.
        assert state.phase != "probing" or sum(turn.is_probe and turn in pacer._gate.counted for turn in out) <= 1
    release(out)
    clock.move(1.1 * MAX_COOL_DOWN_SECONDS)
    accepted(pacer, 2000)
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)
