"""Which call goes first when the cool-down is over, and what do the others wait for?"""

from _pacing.gates import PATH, accepted, closed, enter, entered, no_news, rate_limited, refused, release, wait_of

from smtp2go_async._pacing.published import MAX_SILENCE_SECONDS
from smtp2go_async._pacing.turns import Turn
from smtp2go_async.pacing import PacerState


def test_when_the_cool_down_is_over_one_call_goes_first_and_the_others_wait_for_it(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    turns = [enter(pacer, PATH) for _ in range(200)]
    assert isinstance(turns[0], Turn)
    assert turns[0].is_probe
    assert {turn.seconds for turn in turns[1:]} == {MAX_SILENCE_SECONDS}
    assert pacer.state == PacerState("probing", 0.0, 1, 1, 0)


def test_a_probe_that_is_not_answered_holds_up_the_others_for_a_limited_time(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    first = entered(pacer)
    clock.move(4)
    assert wait_of(pacer) == MAX_SILENCE_SECONDS - 4
    clock.move(MAX_SILENCE_SECONDS - 4)
    second = entered(pacer)
    assert second.is_probe
    assert wait_of(pacer) == MAX_SILENCE_SECONDS
    release([first, second])


def test_the_late_response_of_a_probe_that_was_given_up_opens_the_gate(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    first = entered(pacer)
    clock.move(MAX_SILENCE_SECONDS)
    entered(pacer)
    first.accepted()
    assert pacer.state.phase == "recovering"


def test_calls_that_are_still_under_way_do_not_keep_the_probe_from_going(pacer, clock):
    turns = entered(pacer, 50)
    turns[0].rate_limited(None)
    clock.move(60)
    assert entered(pacer).is_probe
    assert pacer.state.in_flight == 51


def test_a_probe_that_is_let_through_lets_the_others_follow(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    accepted(pacer)
    assert pacer.state.phase == "recovering"
    assert not entered(pacer).is_probe


def test_the_others_follow_the_probe_s_response_and_its_own_place_is_free_for_another(pacer, clock):
    closed(pacer, 8)
    clock.move(60)
    probe = entered(pacer)
    probe.accepted()
    entered(pacer, 3)
    assert wait_of(pacer) == MAX_SILENCE_SECONDS
    probe.release()
    entered(pacer)


def test_a_probe_that_is_turned_away_closes_the_gate_for_the_others_again(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    probe = entered(pacer)
    clock.move(1)
    assert probe.rate_limited(None) == 120.0
    probe.release()
    assert wait_of(pacer) == 120.0
    clock.move(120)
    assert entered(pacer).is_probe
    assert wait_of(pacer) == MAX_SILENCE_SECONDS


def test_a_probe_that_is_refused_was_let_through_the_block_is_over(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    refused(pacer)
    assert pacer.state == PacerState("recovering", 0.0, 0, 1, 1)


def test_after_a_probe_without_news_the_next_call_is_the_probe(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    for _ in range(5):
        probe = entered(pacer)
        assert probe.is_probe
        assert wait_of(pacer) == MAX_SILENCE_SECONDS
        probe.release()
        assert pacer.state == PacerState("probing", 0.0, 0, 1, 0)
    accepted(pacer)
    assert pacer.state.phase == "recovering"


def test_a_probe_without_news_does_not_change_the_next_cool_down(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    no_news(pacer)
    assert rate_limited(pacer) == 120.0


def test_an_old_call_that_ends_while_the_probe_is_out_does_not_let_a_second_one_out(pacer, clock):
    first, second = entered(pacer, 2)
    first.rate_limited(None)
    clock.move(60)
    entered(pacer)
    release([first, second])
    assert wait_of(pacer) == MAX_SILENCE_SECONDS


def test_the_probe_of_an_earlier_round_given_back_late_does_not_let_a_second_one_out(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    early = entered(pacer)
    clock.move(early.rate_limited(None))
    entered(pacer)
    early.release()
    assert wait_of(pacer) == MAX_SILENCE_SECONDS


def test_a_probe_given_back_twice_does_not_let_a_second_one_out(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    probe = entered(pacer)
    probe.release()
    entered(pacer)
    probe.release()
    assert wait_of(pacer) == MAX_SILENCE_SECONDS


def test_a_call_that_must_wait_for_a_published_limit_is_not_the_probe(pacer, clock):
    release([enter(pacer, "/api_keys/add") for _ in range(2)])
    rate_limited(pacer, 1.0)
    clock.move(1)
    assert wait_of(pacer, "/api_keys/add") == 19.0
    assert entered(pacer).is_probe
