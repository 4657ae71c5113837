"""Many refusals in a row close the gate too: when, and for how long?"""

from _pacing.gates import accepted, entered, no_news, rate_limited, refused, release, wait_of

from smtp2go_async._pacing.gate import MAX_REFUSALS_IN_A_ROW, REFUSAL_PAUSE_SECONDS
from smtp2go_async._pacing.published import MAX_SILENCE_SECONDS
from smtp2go_async.pacing import PacerState


def test_too_many_refusals_in_a_row_close_the_gate(pacer):
    refused(pacer, MAX_REFUSALS_IN_A_ROW - 1)
    assert pacer.state == PacerState("open", 0.0, 0, None, 19)
    refused(pacer)
    assert pacer.state == PacerState("cooling down", REFUSAL_PAUSE_SECONDS, 0, 0, 20)
    assert REFUSAL_PAUSE_SECONDS == 5.0


def test_a_success_in_between_starts_the_count_anew(pacer):
    for _ in range(10):
        refused(pacer, 19)
        accepted(pacer)
        assert pacer.state == PacerState("open", 0.0, 0, None, 0)


def test_a_429_is_no_refusal_and_no_success(pacer, clock):
    """It has a gate of its own; it neither adds to the refusals in a row nor ends the row."""
    refused(pacer, 5)
    rate_limited(pacer)
    assert pacer.state.refusals == 5


def test_a_call_without_news_neither_adds_to_the_row_nor_ends_it(pacer):
    refused(pacer, 5)
    no_news(pacer)
    assert pacer.state.refusals == 5


def test_after_the_pause_one_call_goes_first_like_after_a_429(pacer, clock):
    refused(pacer, 20)
    clock.move(5)
    probe = entered(pacer)
    assert probe.is_probe
    assert wait_of(pacer) == MAX_SILENCE_SECONDS
    probe.accepted()
    assert pacer.state == PacerState("recovering", 0.0, 1, 1, 0)


def test_while_refusals_go_on_each_twenty_make_the_pause_twice_as_long_up_to_a_cool_down(pacer, clock):
    pauses = []
    for _ in range(7):
        refused(pacer, 20)
        pauses.append(pacer.state.closed_for)
        clock.move(pauses[-1])
    assert pauses == [5, 10, 20, 40, 60, 60, 60]


def test_pauses_are_the_shortest_again_once_the_gate_is_open(pacer, clock):
    for _ in range(2):
        refused(pacer, 20)
        clock.move(pacer.state.closed_for)
    accepted(pacer, 2)
    assert pacer.state.phase == "open"
    refused(pacer, 20)
    assert pacer.state.closed_for == 5.0


def test_pauses_do_not_lengthen_the_cool_down_of_a_429(pacer, clock):
    refused(pacer, 20)
    clock.move(5)
    assert rate_limited(pacer) == 60.0


def test_refusals_of_calls_that_were_under_way_do_not_lengthen_the_pause(pacer):
    for turn in entered(pacer, 100):
        turn.refused()
        turn.release()
    assert pacer.state == PacerState("cooling down", 5.0, 0, 0, 100)


def test_refusals_while_a_429_holds_all_back_do_not_lengthen_the_cool_down(pacer):
    turns = entered(pacer, 30)
    turns[0].rate_limited(None)
    for turn in turns[1:]:
        turn.refused()
    assert pacer.state.closed_for == 60.0


def test_a_refused_probe_that_is_the_twentieth_in_a_row_starts_the_pause(pacer, clock):
    refused(pacer, 19)
    clock.move(rate_limited(pacer))
    refused(pacer)
    assert pacer.state == PacerState("cooling down", 5.0, 0, 0, 20)


def test_a_pause_halves_the_number_of_calls_under_way_too(pacer, clock):
    turns = entered(pacer, 10)
    refused(pacer, 20)
    release(turns)
    clock.move(5)
    accepted(pacer)
    assert pacer.state.limit == 5
