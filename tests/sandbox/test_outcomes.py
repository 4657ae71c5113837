"""What becomes of each recipient: by the table of addresses, by rules of a test, and by its calls."""

import pytest

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.outcomes import OUTCOMES

DELIVERED = ["processed", "delivered"]


@pytest.fixture
def sandbox(clock):
    return Sandbox(clock=clock)


@pytest.fixture
def send(sandbox, email):
    """Return a function that sends an e-mail to recipients, and returns its id."""

    def send(*to, **fields):
        return sandbox._account.call("/email/send", email(to=list(to), **fields))["data"].get("email_id")

    return send


@pytest.fixture
def kinds(sandbox):
    """Return a function that returns the events of an e-mail, of all its recipients or of one."""
    return lambda email_id, to=None: [event.kind for event in sandbox.events(email_id) if to in (None, event.recipient)]


EVENTS = {
    "bounce": ["processed", "hard-bounced"],
    "softbounce": ["processed", "soft-bounced"],
    "complaint": [*DELIVERED, "spam"],
    "unsubscribe": [*DELIVERED, "unsubscribed"],
    "resubscribe": [*DELIVERED, "unsubscribed", "resubscribed"],
    "open": [*DELIVERED, "opened"],
    "click": [*DELIVERED, "opened", "clicked"],
    "reject": ["rejected"],
    "delay": ["processed"],
}


def test_these_are_all_addresses_of_the_table():
    assert EVENTS.keys() == OUTCOMES.keys()


@pytest.mark.parametrize(("name", "expected"), EVENTS.items())
@pytest.mark.parametrize("rest", ["", "+1", ".jane", "+a.b"])
def test_the_beginning_of_an_address_decides_what_happens(send, kinds, name, expected, rest):
    assert kinds(send(f"{name}{rest}@example.org")) == expected


@pytest.mark.parametrize("address", ["bouncer@example.org", "jane.bounce@example.org", "bounce-1@example.org"])
def test_other_addresses_are_delivered_at_once(send, kinds, address):
    assert kinds(send(address)) == DELIVERED


def test_capitals_do_not_matter(send, kinds):
    assert kinds(send("Bounce@example.org")) == ["processed", "hard-bounced"]


def test_each_recipient_of_an_email_has_an_outcome_of_its_own(send, kinds):
    email_id = send("jane@example.org", "bounce@example.org", cc=["reject@example.org"])
    assert kinds(email_id, "jane@example.org") == DELIVERED
    assert kinds(email_id, "bounce@example.org") == ["processed", "hard-bounced"]
    assert kinds(email_id, "reject@example.org") == ["rejected"]


def test_an_email_that_reached_nobody_is_not_among_the_sent(send, sandbox):
    send("reject@example.org")
    assert sandbox.sent == ()
    send("reject@example.org", "jane@example.org")
    assert len(sandbox.sent) == 1


def test_a_delayed_email_is_delivered_five_minutes_later(send, kinds, clock, sandbox):
    email_id = send("delay@example.org")
    clock.move(minutes=4, seconds=59)
    assert kinds(email_id) == ["processed"]
    clock.move(seconds=1)
    assert kinds(email_id) == DELIVERED
    assert sandbox.events(email_id)[1].moment == clock.now


def test_a_delayed_email_that_is_delivered_by_a_call_is_delivered_once(send, kinds, clock, sandbox):
    email_id, other = send("delay@example.org"), send("delay+2@example.org")
    sandbox.deliver(email_id)
    clock.move(hours=1)
    assert kinds(email_id) == kinds(other) == DELIVERED


def test_a_scheduled_email_has_its_outcome_when_its_time_has_come(send, clock, sandbox):
    send("bounce@example.org", schedule="2026-11-21 12:30:00")
    clock.move(hours=1)
    [email] = sandbox.sent
    assert [event.kind for event in sandbox.events(email)] == ["processed", "hard-bounced"]
    assert sandbox.events(email)[0].moment.minute == 30


@pytest.mark.parametrize("recipient", ["jane@example.org", "Jane@Example.org", "example.org"])
def test_a_test_can_decide_for_an_address_or_a_domain(send, kinds, sandbox, recipient):
    sandbox.set_outcome(recipient, "softbounce")
    assert kinds(send("jane@example.org")) == ["processed", "soft-bounced"]
    assert kinds(send("jane@example.com")) == DELIVERED


def test_a_rule_wins_over_the_table(send, kinds, sandbox):
    sandbox.set_outcome("bounce@example.org", "deliver")
    assert kinds(send("bounce@example.org")) == DELIVERED


def test_clear_forgets_rules_and_what_was_still_to_come(send, kinds, sandbox, clock):
    sandbox.set_outcome("example.org", "bounce")
    send("delay@example.com")
    sandbox.clear()
    clock.move(hours=1)
    assert kinds(send("jane@example.org")) == DELIVERED
    assert len(sandbox._account.activity.between(clock.now.replace(year=2000), clock.now.replace(year=2100))) == 2


@pytest.mark.parametrize(
    ("recipient", "outcome"),
    [("jane@example.org", "explode"), ("", "bounce"), ("@example.org", "bounce"), ("a b@example.org", "bounce")],
)
def test_rules_that_mean_nothing_are_refused(sandbox, recipient, outcome):
    with pytest.raises(ValueError, match=r"^(outcome|recipient): must be"):
        sandbox.set_outcome(recipient, outcome)


CALLS = [
    (lambda sandbox, email: sandbox.deliver(email), "delivered"),
    (lambda sandbox, email: sandbox.bounce(email), "hard-bounced"),
    (lambda sandbox, email: sandbox.bounce(email, hard=False), "soft-bounced"),
    (lambda sandbox, email: sandbox.open(email), "opened"),
    (lambda sandbox, email: sandbox.click(email, "https://example.com/x"), "clicked"),
    (lambda sandbox, email: sandbox.complain(email), "spam"),
    (lambda sandbox, email: sandbox.unsubscribe(email), "unsubscribed"),
    (lambda sandbox, email: sandbox.resubscribe(email), "resubscribed"),
    (lambda sandbox, email: sandbox.reject(email, reason="for a test"), "rejected"),
]


@pytest.mark.parametrize(("happen", "kind"), CALLS)
@pytest.mark.parametrize("by_id", [True, False])
def test_a_call_lets_an_event_happen_now(send, kinds, sandbox, clock, happen, kind, by_id):
    email_id = send("jane@example.org")
    clock.move(minutes=1)
    happen(sandbox, email_id if by_id else sandbox.sent[0])
    assert kinds(email_id) == [*DELIVERED, kind]
    assert sandbox.events(email_id)[-1].moment == clock.now


def test_a_click_and_a_rejection_say_what_was_passed(send, sandbox):
    email_id = send("jane@example.org")
    sandbox.click(email_id, "https://example.com/x")
    sandbox.reject(email_id, reason="for a test")
    assert [event.detail for event in sandbox.events(email_id)[-2:]] == ["https://example.com/x", "for a test"]


def test_one_of_several_recipients_must_be_named(send, kinds, sandbox):
    email_id = send("jane@example.org", "joe@example.org")
    with pytest.raises(ValueError, match=r"^recipient: must be named"):
        sandbox.open(email_id)
    sandbox.open(email_id, "JOE@example.org")
    assert kinds(email_id, "joe@example.org") == [*DELIVERED, "opened"]
    assert kinds(email_id, "jane@example.org") == DELIVERED


def test_unknown_emails_and_recipients_are_refused(send, sandbox):
    email_id = send("jane@example.org")
    with pytest.raises(ValueError, match=r"^recipient: is not among"):
        sandbox.open(email_id, "joe@example.org")
    with pytest.raises(ValueError, match=r"^email: there is no"):
        sandbox.open("1-unknown")


def test_activity_shows_what_a_bounce_a_click_and_a_rejection_were(send, sandbox):
    send("bounce@example.org", "click@example.org", "reject@example.org", "jane@example.org")
    events = {event["event"]: event for event in sandbox._account.call("/activity/search", {})["data"]["events"]}
    assert events["hard-bounced"]["smtp_response"].startswith("550 ")
    assert events["clicked"]["url"] == "https://example.com/"
    assert "rule of the sandbox" in events["rejected"]["reason"]
    assert "reason" not in events["delivered"]


def test_a_thousand_events_of_an_email_happen_side_by_side(send, kinds, sandbox):
    from concurrent.futures import ThreadPoolExecutor

    email_id = send("jane@example.org")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: sandbox.open(email_id), range(1000)))
    assert kinds(email_id).count("opened") == 1000
