"""Can every result go into a queue or a store as JSON, with all that it says?"""

import datetime as dt
import json
from typing import Any

import attrs
import pytest
from contract.test_operations import EXAMPLES, SETTINGS, _operation

from smtp2go_async import AnyReply, CalendarPeriod, EmptyReply, ListReply
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async.endpoints.activity import ActivityEvent, ActivityPage
from smtp2go_async.endpoints.api_keys import ApiKey
from smtp2go_async.endpoints.email import BatchItem, EmailSent
from smtp2go_async.endpoints.sms import SmsMessage, SmsSent

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
KEY = "api-" + "A1b2" * 8


def result_of(name: str, example: Any) -> Any:
    content = b"" if example is None else json.dumps(example).encode()
    return parse_response(_operation(name), Response(200, content), SETTINGS)


def same(told: Any, value: Any) -> bool:
    """Whether an object says the same as a result, with times and lengths of time as text."""
    if isinstance(value, dt.datetime):
        return dt.datetime.fromisoformat(told) == value
    if isinstance(value, CalendarPeriod):
        return CalendarPeriod(told) == value
    if isinstance(value, tuple):
        return isinstance(told, list) and all(same(*pair) for pair in zip(told, value, strict=True))
    if attrs.has(type(value)):
        names = [one.name for one in attrs.fields(type(value)) if one.name != "raw"]
        return list(told) == names and all(same(told[name], getattr(value, name)) for name in names)
    return bool(told == value)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_result_is_json_and_says_the_same(name: str, example: Any) -> None:
    result = result_of(name, example)
    told = json.loads(json.dumps(result.to_dict()))
    assert told == result.to_dict()
    assert same(told, result)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_raw_adds_the_whole_response(name: str, example: Any) -> None:
    result = result_of(name, example)
    assert result.to_dict(raw=True) == {**result.to_dict(), "raw": example}
    assert "raw" not in json.dumps(result.to_dict())


def test_the_names_are_those_of_the_attributes() -> None:
    page = ActivityPage(events=(ActivityEvent(email_id="e-1", date=NOON, from_="a@example.com"),), request_id="r-1")
    told = page.to_dict()
    assert (told["request_id"], told["events"][0]["from_"]) == ("r-1", "a@example.com")
    assert told["events"][0]["date"] == "2026-06-01T12:00:00+00:00"


def test_a_list_has_its_items_and_its_request_id() -> None:
    listing = ListReply((BatchItem(email_id="e-1"),), request_id="r-1", raw=[{"email_id": "e-1"}])
    assert listing.to_dict() == {
        "items": [{"email_id": "e-1", "schedule_id": "", "error": ""}],
        "request_id": "r-1",
    }
    assert listing.to_dict(raw=True)["raw"] == [{"email_id": "e-1"}]
    assert ListReply(("/email/send",)).to_dict() == {"items": ["/email/send"], "request_id": None}


def test_values_that_reprs_hide_are_in_the_object() -> None:
    listing = ListReply((ApiKey(api_key=KEY, audit_email="jane@example.com"),))
    assert KEY not in repr(listing)
    assert listing.to_dict()["items"][0]["api_key"] == KEY
    assert listing.to_dict()["items"][0]["audit_email"] == "jane@example.com"


def test_lengths_of_time_are_as_the_api_wrote_them() -> None:
    assert (
        ListReply((ApiKey(custom_ratelimit_period=CalendarPeriod("0:30:00")),)).to_dict()["items"][0][
            "custom_ratelimit_period"
        ]
        == "0:30:00"
    )


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (EmptyReply(), {"request_id": None, "message": None}),
        (AnyReply(data={"a": [1, {"b": None}]}), {"request_id": None, "data": {"a": [1, {"b": None}]}}),
        (
            EmailSent(email_id="e-1", succeeded=1, failed=0, failures=("a",), request_id="r-1"),
            {"request_id": "r-1", "email_id": "e-1", "schedule_id": "", "succeeded": 1, "failed": 0, "failures": ["a"]},
        ),
        (
            SmsSent(statuses={"queued": 1}, total_sent=1, messages=(SmsMessage(destination="+1", status="queued"),)),
            {
                "request_id": None,
                "statuses": {"queued": 1},
                "total_sent": 1,
                "messages": [{"destination": "+1", "message_id": "", "status": "queued"}],
            },
        ),
    ],
)
def test_written_out_by_hand(result: Any, told: Any) -> None:
    assert result.to_dict() == told


def test_a_change_to_the_object_does_not_change_the_result() -> None:
    result = SmsSent(statuses={"queued": 1}, messages=(SmsMessage(status="queued"),))
    told = result.to_dict()
    told["statuses"]["failed"] = 2
    told["messages"].clear()
    assert (result.statuses, len(result.messages)) == ({"queued": 1}, 1)
