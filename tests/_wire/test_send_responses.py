"""The answer of a send: was it accepted, refused, or can nobody know?

A 200 can be a refusal, and with ``fastaccept`` the counters are absent: that means unknown, not zero.
"""

import itertools
import json
from typing import get_args

import pytest

from smtp2go_async._model_class import model
from smtp2go_async._operation import Operation
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async._wire.settings import Settings
from smtp2go_async.endpoints.email import SEND, SEND_MIME
from smtp2go_async.endpoints.sms import SEND as SEND_SMS
from smtp2go_async.endpoints.sms import SmsStatus, was_taken
from smtp2go_async.errors import ReplyError, SendRefusedError
from smtp2go_async.reply import SendReply
from smtp2go_async.retry import CallEffect

KEY = "api-" + "A1b2" * 8
REASON = "The sender <shop@example.com> was not believed\nno route there\nlooked for <shop@example.com>"


def parse(data, operation=SEND, **changes):
    answer = Response(200, json.dumps({"request_id": "r-1", "data": data}).encode())
    return parse_response(operation, answer, Settings(api_key=KEY, base_url="https://api.example.com/v3", **changes))


def outcome(data, operation=SEND):
    """Say in one word what became of a send."""
    try:
        result = parse(data, operation)
    except SendRefusedError as error:
        return {False: "refused"}[error.carried_out]
    except ReplyError as error:
        return {None: "unknown"}[error.carried_out]
    return {True: "accepted"}[result.accepted]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"succeeded": 1, "failed": 0, "failures": [], "email_id": "1uAbC-1"}, id="as documented"),
        pytest.param({"succeeded": 1, "failed": 0, "failures": []}, id="2017, when there was no email_id"),
        pytest.param({"email_id": "1uAbC-1"}, id="fastaccept"),
        pytest.param({"schedule_id": "s-1"}, id="scheduled, the shortest"),
        pytest.param({"succeeded": 1, "failed": 0, "failures": [], "schedule_id": "s-1"}, id="scheduled"),
        pytest.param({"succeeded": 0, "failed": 0, "failures": [], "email_id": "1uAbC-1"}, id="an id and zeros"),
        pytest.param({"succeeded": 1}, id="one counter"),
        pytest.param({"succeeded": 3, "failed": 0}, id="a counter over one"),
        pytest.param({"succeeded": "1", "failed": "0"}, id="counters as text"),
        pytest.param({"succeeded": None, "failed": None, "failures": None, "email_id": "1uAbC-1"}, id="nulls"),
        pytest.param({"succeeded": "many", "failed": [], "failures": 7, "email_id": "1uAbC-1"}, id="dirt around an id"),
        pytest.param({"succeeded": 1, "failed": 0, "email_id": {"a": 1}}, id="a dirty id beside a counter"),
        pytest.param({"email_id": 17}, id="an id that is a number"),
        pytest.param({"succeeded": 1, "failures": ["a warning"]}, id="accepted with a remark"),
        pytest.param({"email_id": "1uAbC-1", "failures": ["a remark"]}, id="an id with a remark"),
        pytest.param({"email_id": "1uAbC-1", "new_field": {"a": [1]}}, id="with a field of a later version"),
    ],
)
def test_an_email_was_accepted_when_a_counter_or_an_id_says_so(data):
    assert outcome(data) == "accepted"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"succeeded": 0, "failed": 1, "failures": [REASON], "email_id": ""}, id="as captured"),
        pytest.param({"succeeded": 0, "failed": 1, "failures": []}, id="without a reason"),
        pytest.param({"failed": 1}, id="nothing but the counter"),
        pytest.param({"failed": "1", "email_id": ""}, id="the counter as text"),
        pytest.param({"failures": [REASON]}, id="nothing but a reason"),
        pytest.param({"failures": REASON}, id="the reason without its list"),
        pytest.param({"succeeded": 0, "failed": 0, "failures": [REASON], "email_id": ""}, id="a reason and zeros"),
        pytest.param({"succeeded": 0, "failed": 1, "failures": [{"error": "no"}]}, id="reasons as objects"),
    ],
)
def test_an_email_was_refused_when_the_response_counts_or_explains_a_failure(data):
    assert outcome(data) == "refused"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"succeeded": 0}, id="a zero"),
        pytest.param({"succeeded": 0, "failed": 0, "failures": [], "email_id": ""}, id="zeros and an empty id"),
        pytest.param({"email_id": ""}, id="an empty id"),
        pytest.param({"email_id": None, "schedule_id": None}, id="null ids"),
        pytest.param({"succeeded": 1, "failed": 1, "email_id": "1uAbC-1"}, id="both"),
        pytest.param({"succeeded": 0, "failed": 1, "email_id": "1uAbC-1"}, id="a failure beside an id"),
        pytest.param({"failed": 1, "email_id": "1uAbC-1"}, id="a failure and an id alone"),
        pytest.param({"failed": 1, "schedule_id": "s-1"}, id="a failure beside a schedule id"),
        pytest.param(
            {"succeeded": 1, "failed": 0, "email_id": "1uAbC-1", "error": "note"}, id="an error beside a success"
        ),
        pytest.param({"email_id": "1uAbC-1", "error_code": "X"}, id="an error code beside an id"),
        pytest.param({"succeeded": "1", "error": "note"}, id="an error beside a counter as text"),
        pytest.param({"succeeded": "many"}, id="a counter that can't be read"),
        pytest.param({"email_id": ["1uAbC-1"]}, id="an id that can't be read"),
        pytest.param({"unknown": True}, id="other words"),
    ],
)
def test_the_outcome_is_unknown_when_the_response_says_neither(data):
    assert outcome(data) == "unknown"


ABSENT = object()


@pytest.mark.parametrize(
    ("succeeded", "failed", "email_id", "schedule_id"),
    list(itertools.product([ABSENT, 0, 1], [ABSENT, 0, 1], [ABSENT, "", "1uAbC-1"], [ABSENT, "", "s-1"])),
)
def test_every_combination_of_counters_and_ids_follows_the_rule_of_the_provider(
    succeeded, failed, email_id, schedule_id
):
    given = {"succeeded": succeeded, "failed": failed, "email_id": email_id, "schedule_id": schedule_id}
    if failed == 1:
        taken = succeeded == 1 or email_id == "1uAbC-1" or schedule_id == "s-1"
        expected = "unknown" if taken else "refused"
    elif succeeded == 1 or email_id == "1uAbC-1" or schedule_id == "s-1":
        expected = "accepted"
    else:
        expected = "unknown"
    assert outcome({name: value for name, value in given.items() if value is not ABSENT}) == expected


def test_the_same_rule_holds_for_a_mime_message():
    assert outcome({"email_id": "1uAbC-1"}, SEND_MIME) == "accepted"
    assert outcome({"succeeded": 0, "failed": 1}, SEND_MIME) == "refused"
    assert outcome({}, SEND_MIME) == "unknown"


def test_absent_counters_stay_unknown_and_do_not_become_zero():
    result = parse({"email_id": "1uAbC-1"})
    assert (result.succeeded, result.failed, result.failures) == (None, None, ())


def test_an_accepted_email_carries_its_ids_counters_and_the_whole_response():
    data = {"succeeded": 1, "failed": 0, "failures": [], "email_id": "1uAbC-1", "new_field": 5}
    result = parse(data)
    assert (result.email_id, result.schedule_id, result.succeeded, result.failed) == ("1uAbC-1", "", 1, 0)
    assert result.request_id == "r-1"
    assert result.raw == {"request_id": "r-1", "data": data}


def test_a_refusal_carries_the_reasons_the_request_id_and_the_result():
    with pytest.raises(SendRefusedError) as caught:
        parse({"succeeded": 0, "failed": 1, "failures": [REASON], "email_id": ""})
    error = caught.value
    assert error.failures == (REASON,)
    assert (error.operation, error.status, error.request_id) == ("/email/send", 200, "r-1")
    assert error.result.failed == 1
    assert error.result.raw["data"]["email_id"] == ""


def test_the_text_of_a_refusal_gives_the_reason_on_one_line_without_the_address():
    with pytest.raises(SendRefusedError) as caught:
        parse({"succeeded": 0, "failed": 1, "failures": [REASON]})
    assert "The sender <***@example.com> was not believed no route there" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "shop@" not in str(caught.value)


def test_a_result_that_knows_no_reasons_is_refused_without_one():
    @model
    class Taken(SendReply):
        accepted = False

    with pytest.raises(SendRefusedError, match="no reason was given") as caught:
        parse({}, Operation("/thing/send", Taken, effect=CallEffect.ONCE))
    assert caught.value.failures == ()


def test_a_refusal_without_a_reason_says_so():
    with pytest.raises(SendRefusedError, match="no reason was given"):
        parse({"failed": 1})


def test_a_refusal_is_returned_when_the_caller_asked_for_that():
    result = parse({"succeeded": 0, "failed": 1, "failures": [REASON]}, raise_on_refused=False)
    assert result.accepted is False
    assert result.refusals == (REASON,)


def test_a_response_that_says_nothing_is_an_error_even_if_refusals_are_returned():
    with pytest.raises(ReplyError) as caught:
        parse({}, raise_on_refused=False)
    assert caught.value.carried_out is None
    assert caught.value.raw == {"request_id": "r-1", "data": {}}


# --- texts -------------------------------------------------------------------------------------------------------


def text(status):
    return {"destination": "+12025550123", "message_id": "m-1", "status": status}


TAKEN = ["processing", "enroute", "queued", "submitted", "processed", "delivered", "held", "sending"]
NOT_SENT = ["failed", "rejected", "cancelled", "expired", "canceled", "Cancelled", " EXPIRED "]


def responses_with(status):
    """Say in every shape that one text has this status."""
    return [
        {"statuses": {status: 1}},
        {"statuses": {status: "1"}, "messages": [text(status)]},
        {"messages": [text(status)]},
        {"statuses": {"queued": 0, status: 1}},
    ]


@pytest.mark.parametrize("status", TAKEN)
def test_a_text_was_accepted_when_its_status_says_that_it_is_on_its_way_or_has_arrived(status):
    assert {outcome(data, SEND_SMS) for data in responses_with(status)} == {"accepted"}


@pytest.mark.parametrize("status", NOT_SENT)
def test_a_text_was_not_sent_when_the_provider_has_ended_it(status):
    assert {outcome(data, SEND_SMS) for data in responses_with(status)} == {"refused"}
    assert outcome({"statuses": {status: 1}, "total_sent": 1}, SEND_SMS) == "refused"


@pytest.mark.parametrize("status", ["teleported", "opt-out", "blocked", "0"])
def test_an_undocumented_status_leaves_the_outcome_unknown(status):
    assert {outcome(data, SEND_SMS) for data in responses_with(status)} == {"unknown"}
    assert outcome({"statuses": {status: 1}, "total_sent": 0}, SEND_SMS) == "unknown"
    assert outcome({"statuses": {status: 1}, "total_sent": 1}, SEND_SMS) == "accepted"
    assert outcome({"statuses": {status: 1, "failed": 1}}, SEND_SMS) == "unknown"
    assert outcome({"statuses": {status: 1, "queued": 1}}, SEND_SMS) == "accepted"


@pytest.mark.parametrize("ended", NOT_SENT)
@pytest.mark.parametrize("taken", TAKEN)
def test_one_text_of_several_that_was_taken_makes_the_call_accepted(taken, ended):
    assert outcome({"statuses": {taken: 1, ended: 2}}, SEND_SMS) == "accepted"
    assert outcome({"messages": [text(ended), text(taken)]}, SEND_SMS) == "accepted"


def test_every_documented_status_is_either_accepted_or_ended():
    documented = get_args(get_args(SmsStatus)[0])
    assert len(documented) == 11
    assert [one for one in documented if was_taken(one) is None] == []
    assert {one for one in documented if was_taken(one) is False} == {"failed", "rejected", "cancelled", "expired"}


@pytest.mark.parametrize(
    ("counted", "told", "expected"),
    [
        ({"queued": 1}, ["cancelled"], "unknown"),
        ({"cancelled": 1}, ["queued"], "unknown"),
        ({"queued": 2}, ["cancelled"], "accepted"),
        ({"failed": 2}, ["queued"], "accepted"),
        ({"queued": 1}, ["queued"], "accepted"),
        ({"failed": 1}, ["rejected"], "refused"),
        ({"teleported": 1}, ["rejected"], "refused"),
    ],
)
def test_counts_and_messages_that_contradict_each_other_tell_nothing_when_each_message_is_listed(
    counted, told, expected
):
    assert outcome({"statuses": counted, "messages": [text(one) for one in told]}, SEND_SMS) == expected


def test_the_refusals_are_counted_from_the_messages_where_there_are_no_counts():
    with pytest.raises(SendRefusedError) as caught:
        parse({"messages": [text("failed"), text("cancelled"), text("failed")]}, SEND_SMS)
    assert caught.value.failures == ("2 failed", "1 cancelled")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"statuses": {"queued": 1}, "total_sent": 1}, id="as documented"),
        pytest.param({"statuses": {"queued": "2"}}, id="the count as text"),
        pytest.param({"total_sent": 1}, id="nothing but the total"),
        pytest.param({"messages": [text("queued")]}, id="nothing but messages"),
        pytest.param({"messages": text("queued")}, id="one message without its list"),
        pytest.param({"statuses": {"queued": 1, "failed": 2}}, id="one of three"),
        pytest.param({"messages": [text("rejected"), text("queued")]}, id="one of two messages"),
        pytest.param({"statuses": {}, "total_sent": 1}, id="no statuses and a total"),
        pytest.param({"statuses": {"queued": 0}, "total_sent": 1}, id="a zero and a total"),
        pytest.param({"statuses": {"queued": 1, "odd": None}}, id="a count that can't be read beside one that can"),
        pytest.param({"statuses": "?", "total_sent": 1}, id="statuses that can't be read"),
    ],
)
def test_texts_were_accepted_when_any_of_them_was(data):
    assert outcome(data, SEND_SMS) == "accepted"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"statuses": {"failed": 1}, "total_sent": 0}, id="failed"),
        pytest.param({"statuses": {"rejected": 1}}, id="rejected"),
        pytest.param({"statuses": {"failed": 1, "rejected": 2, "queued": 0}}, id="both"),
        pytest.param({"statuses": {"rejected": 1}, "total_sent": 1}, id="a total does not outweigh it"),
        pytest.param({"messages": [text("failed"), text("rejected")]}, id="messages"),
    ],
)
def test_texts_were_refused_when_all_of_them_failed_or_were_rejected(data):
    assert outcome(data, SEND_SMS) == "refused"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"statuses": {}, "total_sent": 0}, id="nothing in zeros"),
        pytest.param({"statuses": {"queued": 0}}, id="a zero"),
        pytest.param({"messages": [{}]}, id="a message without a status"),
        pytest.param({"statuses": None, "messages": None, "total_sent": None}, id="nulls"),
    ],
)
def test_the_outcome_is_unknown_when_the_response_has_no_status(data):
    assert outcome(data, SEND_SMS) == "unknown"


def test_the_refusals_of_texts_are_the_counts_of_those_turned_down():
    with pytest.raises(SendRefusedError, match="3 failed; 1 rejected") as caught:
        parse({"statuses": {"failed": 3, "rejected": 1, "queued": 0}}, SEND_SMS)
    assert caught.value.failures == ("3 failed", "1 rejected")
