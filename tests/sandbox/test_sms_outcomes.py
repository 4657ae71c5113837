"""What becomes of texts: by the table of numbers, and by calls of a test."""

import pytest

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.sms import SMS_OUTCOMES

DELIVERED = ["sending", "submitted", "delivered"]


@pytest.fixture
def sandbox(clock):
    return Sandbox(clock=clock)


@pytest.fixture
def send(sandbox):
    """Return a function that sends a text to a number, and returns it as it is kept."""

    def send(number="+12025550123", **fields):
        sandbox._account.call("/sms/send", {"destination": [number], "content": "Hi", **fields})
        return sandbox.sms[-1]

    return send


def kinds(sandbox, text):
    return [event.kind for event in sandbox.sms_events(text)]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+12025550123", DELIVERED),
        ("+12025550001", ["sending", "submitted", "failed"]),
        ("+12025550002", ["rejected"]),
        ("+12025550003", ["sending", "submitted"]),
        ("12025550004", [*DELIVERED, "opt-out"]),
    ],
)
def test_the_last_digits_of_a_number_decide_what_happens(sandbox, send, number, expected):
    assert kinds(sandbox, send(number)) == expected
    assert set(SMS_OUTCOMES) == {"0001", "0002", "0003", "0004"}


def test_what_happened_is_shown_among_the_sent_texts(sandbox, send):
    for number in ("+12025550123", "+12025550001", "+12025550002"):
        send(number)
    shown = sandbox._account.call("/sms/view-sent", {})["data"]["messages"]
    assert [text["status"] for text in shown] == ["Message sent", "Message failed", "Message rejected"]


@pytest.mark.parametrize("number", ["+12025550004", "12025550004"])
def test_texts_to_a_number_that_opted_out_are_rejected(sandbox, send, number):
    send("+12025550004")
    reply = sandbox._account.call("/sms/send", {"destination": [number, "+12025550123"], "content": "Hi"})["data"]
    assert reply["statuses"] == {"rejected": 1, "queued": 1}
    assert [text["status"] for text in reply["messages"]] == ["rejected", "queued"]
    assert kinds(sandbox, sandbox.sms[-2]) == ["rejected"]


@pytest.mark.parametrize(
    ("happen", "kind"),
    [
        (lambda sandbox, text: sandbox.sms_delivered(text), "delivered"),
        (lambda sandbox, text: sandbox.sms_failed(text), "failed"),
        (lambda sandbox, text: sandbox.sms_rejected(text), "rejected"),
        (lambda sandbox, text: sandbox.sms_opt_out(text), "opt-out"),
    ],
)
def test_a_call_lets_an_event_happen_to_a_text(sandbox, send, clock, happen, kind):
    text = send("+12025550003")
    clock.move(minutes=1)
    happen(sandbox, text.message_id)
    assert kinds(sandbox, text) == ["sending", "submitted", kind]
    assert sandbox.sms_events(text)[-1].moment == clock.now


def test_a_reply_goes_from_the_recipient_to_the_sender(sandbox, send):
    text = send(sender="+12025550100")
    reply = sandbox.reply_sms(text, "Thanks")
    assert (reply.source, reply.destination, reply.content) == (text.destination, text.sender, "Thanks")
    [shown] = sandbox._account.call("/sms/view-received", {})["data"]["messages"]
    assert shown["content"] == "Thanks"
    assert kinds(sandbox, text) == DELIVERED


@pytest.mark.parametrize("word", ["STOP", " stop ", "Unsubscribe"])
def test_a_reply_with_stop_opts_out(sandbox, send, word):
    text = send()
    sandbox.reply_sms(text.message_id, word)
    assert kinds(sandbox, text) == [*DELIVERED, "opt-out"]
    assert send().status == "rejected"
    sandbox.clear()
    assert send().status == "queued"


def test_an_unknown_text_is_refused(sandbox):
    with pytest.raises(ValueError, match=r"^text: there is no"):
        sandbox.sms_failed("unknown")
