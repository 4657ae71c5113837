"""What became of each recipient, from events in any order."""

import datetime as dt
import itertools
import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async.errors import ArgumentTypeError, InvalidArgumentError
from smtp2go_async.webhooks import events as ev
from smtp2go_async.webhooks.fold import EMAIL_RANKS, SMS_RANKS, RecipientStates, fold

START = dt.datetime(2026, 3, 24, 8, 0, tzinfo=dt.UTC)
JANE = "jane@example.com"

EMAIL = {
    "queued": (ev.Processed, {"name": "processed"}),
    "rejected": (ev.Rejected, {"name": "reject"}),
    "bounced": (ev.Bounced, {"name": "bounce"}),
    "soft-bounced": (ev.Bounced, {"name": "bounce", "bounce": "soft"}),
    "delivered": (ev.Delivered, {"name": "delivered"}),
    "opened": (ev.Opened, {"name": "open"}),
    "clicked": (ev.Clicked, {"name": "click"}),
    "hard-bounced": (ev.Bounced, {"name": "bounce", "bounce": "hard"}),
    "unsubscribed": (ev.Unsubscribed, {"name": "unsubscribe"}),
    "resubscribed": (ev.Resubscribed, {"name": "resubscribe"}),
    "complained": (ev.Complained, {"name": "spam"}),
}
SMS = {
    "sending": ev.SmsSending,
    "submitted": ev.SmsSubmitted,
    "rejected": ev.SmsRejected,
    "failed": ev.SmsFailed,
    "delivered": ev.SmsDelivered,
    "opted-out": ev.SmsOptedOut,
}


def at(second):
    return None if second is None else START + dt.timedelta(seconds=second)


def event(status, second=0, *, to=JANE, email_id="e-1", **more):
    cls, fields = EMAIL[status]
    return cls(email_id=email_id, recipients=(to,), recipient=to, time=at(second), **fields, **more)


def text(status, second=0, *, to="+12025550123", **more):
    name = "sms_opt-out" if status == "opted-out" else f"sms_{status}"
    return SMS[status](name=name, message_id="m-1", recipients=(to,), time=at(second), **more)


def status_of(*events, to=JANE):
    return fold(events)["e-1", to].status


# --- each pair -----------------------------------------------------------------------------------------------------

SURE = ["queued", "rejected", "delivered", "opened", "clicked", "hard-bounced", "unsubscribed", "complained"]
"""Of any two of these, the one further down decides, whichever of the two happened later."""


@pytest.mark.parametrize(("weak", "strong"), list(itertools.combinations(SURE, 2)))
@pytest.mark.parametrize(("weak_at", "strong_at"), [(0, 60), (60, 0), (0, 0), (None, 0), (0, None)])
def test_the_stronger_of_two_events_decides_in_both_orders_of_time_and_arrival(weak, strong, weak_at, strong_at):
    both = [event(weak, weak_at), event(strong, strong_at)]
    assert status_of(*both) == status_of(*reversed(both)) == strong


@pytest.mark.parametrize("bounce", ["bounced", "soft-bounced"])
@pytest.mark.parametrize("weak", ["queued", "rejected"])
@pytest.mark.parametrize("bounced_at", [0, 60])
def test_a_bounce_shows_that_the_email_left(bounce, weak, bounced_at):
    both = [event(weak, 30), event(bounce, bounced_at)]
    assert status_of(*both) == status_of(*reversed(both)) == bounce


@pytest.mark.parametrize("bounce", ["bounced", "soft-bounced"])
@pytest.mark.parametrize("strong", ["opened", "clicked", "hard-bounced", "unsubscribed", "complained"])
@pytest.mark.parametrize("bounced_at", [0, 60])
def test_a_soft_bounce_does_not_take_back_what_shows_more(bounce, strong, bounced_at):
    both = [event(strong, 30), event(bounce, bounced_at)]
    assert status_of(*both) == status_of(*reversed(both)) == strong


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(["bounced", "soft-bounced", "delivered"], 2)))
def test_the_later_of_a_delivery_and_a_bounce_decides(first, second):
    """A later attempt can succeed, and a server can return an e-mail that it took."""
    both = [event(first, 0), event(second, 1)]
    assert status_of(*both) == status_of(*reversed(both)) == second


@pytest.mark.parametrize(("weak", "strong"), list(itertools.combinations(["bounced", "soft-bounced", "delivered"], 2)))
def test_a_delivery_and_a_known_kind_of_bounce_decide_in_the_same_second(weak, strong):
    both = [event(weak), event(strong)]
    assert status_of(*both) == status_of(*reversed(both)) == strong


@pytest.mark.parametrize(("weak", "strong"), list(itertools.combinations(SMS, 2)))
@pytest.mark.parametrize(("weak_at", "strong_at"), [(0, 60), (60, 0), (0, 0), (None, None)])
def test_the_stronger_of_two_events_of_a_text_decides(weak, strong, weak_at, strong_at):
    both = [text(weak, weak_at), text(strong, strong_at)]
    for order in (both, both[::-1]):
        assert fold(order)["m-1", "+12025550123"].status == strong


def test_the_pairs_above_are_all_pairs_of_the_tables():
    assert list(SMS_RANKS) == list(SMS)
    assert {*EMAIL_RANKS} == {*SURE, "bounced", "soft-bounced"}
    assert [EMAIL_RANKS[status] for status in SURE] == list(range(len(SURE)))


# --- subscriptions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations([0, 1, 2])))
def test_a_new_subscription_undoes_an_earlier_unsubscription_whichever_came_first(order):
    told = [event("opened", 5), event("unsubscribed", 10), event("resubscribed", 20)]
    assert status_of(*[told[place] for place in order]) == "opened"


@pytest.mark.parametrize("again", [0, 10])
def test_an_unsubscription_stands_after_a_subscription_that_is_not_later(again):
    both = [event("unsubscribed", 10), event("resubscribed", again)]
    assert status_of(*both) == status_of(*reversed(both)) == "unsubscribed"


def test_the_last_of_several_changes_of_mind_decides():
    told = [event("unsubscribed", 0), event("resubscribed", 10), event("unsubscribed", 20)]
    assert {status_of(*order) for order in itertools.permutations(told)} == {"unsubscribed"}


def test_an_unsubscription_at_an_unknown_time_is_not_undone():
    assert status_of(event("unsubscribed", None), event("resubscribed", 10)) == "unsubscribed"
    assert status_of(event("unsubscribed", 0), event("resubscribed", None)) == "unsubscribed"


def test_a_new_subscription_shows_no_more_than_a_delivery():
    assert status_of(event("resubscribed")) == "delivered"
    assert status_of(event("queued"), event("resubscribed")) == "delivered"
    assert status_of(event("unsubscribed"), event("resubscribed", 1)) == "delivered"
    assert status_of(event("complained"), event("resubscribed", 1)) == "complained"
    assert status_of(event("hard-bounced"), event("resubscribed", 1)) == "hard-bounced"


# --- any order, any number of times ------------------------------------------------------------------------------------

some_events = st.lists(
    st.one_of(
        st.builds(
            event,
            st.sampled_from(list(EMAIL)),
            st.one_of(st.none(), st.integers(0, 5)),
            to=st.sampled_from([JANE, "Jane@Example.com", "joe@example.com"]),
            email_id=st.sampled_from(["e-1", "e-2", "m-1"]),
            source=st.sampled_from(["webhook", "activity"]),
            id=st.sampled_from([None, "a", "b"]),
        ),
        st.builds(text, st.sampled_from(list(SMS)), st.integers(0, 5), to=st.sampled_from(["+12025550123", JANE])),
    ),
    max_size=12,
)


@given(some_events, st.data())
def test_neither_order_nor_repetition_changes_the_result(told, data):
    again = [*told, *(data.draw(st.lists(st.sampled_from(told), max_size=8)) if told else [])]
    assert dict(fold(data.draw(st.permutations(again)))) == dict(fold(told))


@given(some_events, some_events)
def test_events_that_are_added_later_count_as_much_as_the_first(earlier, later):
    states = fold(earlier)
    before = {key: state.status for key, state in states.items()}
    for told in later:
        before.update({(state.id, state.recipient): state.status for state in states.add(told)})
    assert dict(states) == dict(fold([*earlier, *later]))
    # What `add` returned is all that changed.
    assert before == {key: state.status for key, state in states.items()}


def test_of_the_two_reports_of_an_event_the_same_is_kept_in_both_orders():
    both = [event("delivered", id="a", source=source) for source in ("webhook", "activity")]
    assert fold(both)["e-1", JANE].event == fold(both[::-1])["e-1", JANE].event


# --- what is known of a recipient ------------------------------------------------------------------------------------


def test_a_state_names_its_event_and_the_times():
    bounce = event("hard-bounced", 50, message="550 user unknown")
    told = [event("queued", 0), event("opened", 20), event("opened", 10), event("clicked", 30), bounce]
    (state,) = fold(told).values()
    assert (state.id, state.recipient, state.status, state.event) == ("e-1", JANE, "hard-bounced", bounce)
    assert (state.first_at, state.last_at, state.opened_at, state.clicked_at) == (at(0), at(50), at(10), at(30))


def test_a_state_is_shown_without_its_address_and_survives_pickling():
    (state,) = fold([event("delivered")]).values()
    assert JANE not in repr(state)
    assert pickle.loads(pickle.dumps(state)) == state  # noqa: S301
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        state.status = "opened"


def test_an_event_about_several_recipients_counts_for_each():
    states = fold([ev.Processed(name="processed", email_id="e-1", recipients=(JANE, "joe@example.com"))])
    assert {key: state.status for key, state in states.items()} == {
        ("e-1", JANE): "queued",
        ("e-1", "joe@example.com"): "queued",
    }


def test_the_recipients_of_an_email_are_found_by_its_id():
    states = fold([event("delivered"), event("opened", to="joe@example.com"), event("queued", email_id="e-2")])
    assert {name: state.status for name, state in states.of("e-1").items()} == {
        JANE: "delivered",
        "joe@example.com": "opened",
    }
    assert states.of("missing") == {}
    assert len(states) == 3


def test_an_email_can_be_forgotten():
    states = fold([event("delivered"), event("queued", email_id="e-2")])
    states.forget("e-1")
    states.forget("missing")
    assert list(states) == [("e-2", JANE)]


@pytest.mark.parametrize("written", ["JANE@EXAMPLE.COM", " jane@example.com ", "Jane Doe <Jane@Example.com>"])
def test_an_address_is_the_same_however_it_is_written(written):
    states = fold([event("queued"), event("opened", to=written)])
    assert [*states] == [("e-1", JANE)]
    assert states["e-1", written].status == "opened"
    assert ("e-1", written) in states


@pytest.mark.parametrize("written", ["12025550123", "+1 202 555 0123"])
def test_a_number_is_the_same_however_it_is_written(written):
    states = fold([text("submitted"), text("delivered", to=written)])
    assert [*states] == [("m-1", "+12025550123")]
    assert states["m-1", written].status == "delivered"


def test_a_missing_recipient_is_a_key_error():
    states = fold([event("queued")])
    for key in (("e-1", "joe@example.com"), ("e-2", JANE)):
        assert key not in states
        with pytest.raises(KeyError):
            states[key]


def test_an_event_that_names_no_recipient_or_no_email_changes_nothing():
    states = RecipientStates()
    assert states.add(ev.Delivered(name="delivered", email_id="e-1")) == ()
    assert states.add(ev.Delivered(name="delivered", recipients=(JANE,))) == ()
    assert states.add(ev.SmsDelivered(name="sms_delivered", id="event-id", recipients=("+12025550123",))) == ()
    assert states.add(ev.UnknownEvent(name="deferred", email_id="e-1", recipients=(JANE,))) == ()
    assert len(states) == 0


def test_an_event_with_a_single_recipient_needs_no_list_of_recipients():
    assert fold([ev.Delivered(name="delivered", email_id="e-1", recipient=JANE)])["e-1", JANE].status == "delivered"


def test_adding_tells_which_states_have_another_status_now():
    states = RecipientStates()
    assert [state.status for state in states.add(event("queued"))] == ["queued"]
    assert [state.status for state in states.add(event("opened"))] == ["opened"]
    assert states.add(event("delivered")) == ()
    assert states.add(event("opened", 5)) == ()


@pytest.mark.parametrize("wrong", [None, "delivered", {"event": "delivered"}])
def test_only_events_can_be_folded(wrong):
    with pytest.raises(ArgumentTypeError, match="event: must be an event"):
        fold([wrong])


def test_a_time_without_a_zone_is_refused_and_changes_nothing():
    states = RecipientStates()
    with pytest.raises(InvalidArgumentError, match=r"event\.time: must be a time with a zone"):
        states.add(attrs.evolve(event("queued"), time=dt.datetime(2026, 1, 1)))  # noqa: DTZ001
    assert len(states) == 0


def test_openings_without_number_cost_no_memory():
    states = fold(event("opened", second) for second in range(10_000))
    (records,) = states._records.values()
    assert [len(record.latest) for record in records.values()] == [1]
