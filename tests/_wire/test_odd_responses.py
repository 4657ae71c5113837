"""A success status with something else than what is documented: what can still be read, and what must raise?"""

import pytest
from _wire.things import (
    CONVERGES,
    HTML,
    LIST,
    LIST_ONCE,
    NO_OBJECTS,
    ONCE,
    READ,
    WORD,
    WORDS,
    parse,
    reply_error,
)

from smtp2go_async.endpoints.email import SEND, SEND_BATCH, BatchItem
from smtp2go_async.endpoints.sms import SEND as SEND_SMS
from smtp2go_async.reply import EmptyReply, ListReply

# --- no JSON at all ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [HTML, b"{", b"\xff\xfe", b"{'name': 'x'}", b"[" * 100_000, b"plain words"])
@pytest.mark.parametrize("operation", [READ, CONVERGES, ONCE, LIST, WORD, SEND], ids=lambda one: one.path)
def test_content_that_is_not_json_can_not_be_understood_and_is_kept(operation, content):
    assert reply_error(operation, content).raw == content


@pytest.mark.parametrize(
    "operation", [READ, CONVERGES, ONCE, LIST, SEND, SEND_SMS, SEND_BATCH], ids=lambda one: one.path
)
def test_an_empty_response_can_not_be_understood_where_a_result_is_documented(operation):
    error = reply_error(operation, b"")
    assert "empty" in str(error)
    assert error.raw == b""


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_empty_response_is_fine_where_nothing_is_documented(status):
    assert parse(WORD, b"", status) == EmptyReply()


@pytest.mark.parametrize(
    ("operation", "carried_out"),
    [(READ, True), (LIST, True), (CONVERGES, None), (ONCE, None), (WORD, None), (SEND, None), (SEND_SMS, None)],
    ids=lambda one: getattr(one, "path", str(one)),
)
def test_reading_was_carried_out_and_of_anything_else_the_outcome_is_unknown(operation, carried_out):
    assert reply_error(operation, HTML).carried_out is carried_out


@pytest.mark.parametrize("operation", [READ, CONVERGES, ONCE, WORD, SEND], ids=lambda one: one.path)
def test_the_error_for_a_response_that_could_not_be_decoded_says_why(operation):
    error = reply_error(operation, b"", broken="its compressed content can't be decoded")
    assert "its compressed content can't be decoded" in str(error)


def test_the_content_of_a_broken_response_is_not_believed():
    reply_error(SEND, {"data": {"email_id": "1uAbC-1"}}, broken="it was cut off")


# --- data of another type ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", NO_OBJECTS)
def test_reading_needs_the_object_that_is_documented(data):
    error = reply_error(READ, {"data": data})
    assert f"it is a {type(data).__name__}" in str(error)
    assert error.carried_out is True


@pytest.mark.parametrize("data", NO_OBJECTS)
@pytest.mark.parametrize("operation", [SEND, SEND_SMS], ids=lambda one: one.path)
def test_a_send_needs_an_object_to_know_that_it_was_accepted(operation, data):
    assert reply_error(operation, {"data": data}).carried_out is None


@pytest.mark.parametrize("data", NO_OBJECTS)
@pytest.mark.parametrize("operation", [CONVERGES, ONCE], ids=lambda one: one.path)
def test_another_change_was_made_even_when_nothing_of_its_response_can_be_read(operation, data):
    payload = {"request_id": "r-1", "data": data}
    result = parse(operation, payload)
    assert (result.name, result.request_id, result.raw) == ("", "r-1", payload)


@pytest.mark.parametrize("payload", [[], ["x"], "a word", 17, None])
def test_a_bare_value_is_no_object(payload):
    assert reply_error(READ, payload).raw == payload
    assert parse(ONCE, payload).raw == payload


def test_an_object_without_data_is_read_as_the_result_itself():
    result = parse(READ, {"request_id": "r-1", "name": "flat"})
    assert (result.name, result.request_id) == ("flat", "r-1")


def test_the_request_id_is_found_inside_data_as_some_calls_have_it():
    assert parse(READ, {"data": {"name": "x", "request_id": "nested"}}).request_id == "nested"


def test_a_result_has_no_request_id_when_the_response_has_none():
    assert parse(READ, {"data": {"name": "x"}}).request_id is None


def test_data_can_not_put_its_own_raw_or_request_id_on_a_result():
    payload = {"request_id": "root", "data": {"name": "x", "raw": "mine", "request_id": "other"}}
    result = parse(READ, payload)
    assert (result.request_id, result.raw) == ("root", payload)


# --- lists -------------------------------------------------------------------------------------------------------


def test_a_list_is_read_item_by_item():
    payload = {"request_id": "r-1", "data": [{"name": "a"}, {"name": "b"}]}
    listing = parse(LIST, payload)
    assert [one.name for one in listing] == ["a", "b"]
    assert (listing.request_id, listing.raw) == ("r-1", payload)


def test_a_bare_array_is_a_list():
    listing = parse(LIST, [{"name": "a"}])
    assert [one.name for one in listing] == ["a"]
    assert (listing.request_id, listing.raw) == (None, [{"name": "a"}])


@pytest.mark.parametrize("payload", [[], {"data": []}, {"data": None}])
def test_nothing_is_an_empty_list(payload):
    assert len(parse(LIST, payload)) == 0


def test_a_lone_object_is_a_list_of_one():
    assert [one.name for one in parse(LIST, {"data": {"name": "a"}})] == ["a"]


@pytest.mark.parametrize("payload", [{"data": "a word"}, {"data": 17}, {"request_id": "r-1"}, {}, "a word", 17, None])
@pytest.mark.parametrize(("operation", "carried_out"), [(LIST, True), (LIST_ONCE, None)])
def test_a_response_without_a_list_can_not_be_understood(payload, operation, carried_out):
    if payload is None:
        assert len(parse(operation, payload)) == 0
        return
    error = reply_error(operation, payload)
    assert "an array is documented" in str(error)
    assert error.carried_out is carried_out


def test_a_list_of_words_is_a_list_of_text():
    assert list(parse(WORDS, {"data": ["/email/send", "/sms/send"]})) == ["/email/send", "/sms/send"]


def test_a_batch_item_without_ids_keeps_its_place_and_its_outcome_is_unknown():
    listing = parse(SEND_BATCH, {"data": [{"email_id": "e-1"}, {}, {"schedule_id": "s-3"}]})
    assert [one.accepted for one in listing] == [True, None, True]
    assert [(one.email_id, one.schedule_id) for one in listing] == [("e-1", ""), ("", ""), ("", "s-3")]


@pytest.mark.parametrize("odd", [None, "Rejected", 17, [], {"error": "Rejected"}, {"email_id": {}}, {"email_id": None}])
def test_a_batch_item_that_is_no_object_keeps_its_place(odd):
    listing = parse(SEND_BATCH, {"data": [{"email_id": "e-1"}, odd, {"email_id": "e-3"}]})
    assert list(listing) == [BatchItem(email_id="e-1"), BatchItem(), BatchItem(email_id="e-3")]
    assert listing[1].accepted is None


def test_a_listing_is_a_sequence():
    listing = ListReply(("a", "b", "c"), request_id="r-1")
    assert (listing[0], listing[-1], listing[1:], len(listing), list(reversed(listing))) == (
        "a",
        "c",
        ("b", "c"),
        3,
        ["c", "b", "a"],
    )
    assert "b" in listing
    with pytest.raises(IndexError):
        listing[3]


def test_two_list_replies_with_equal_items_are_equal():
    assert ListReply(("a",), request_id="r", raw=1) == ListReply(("a",), request_id="r", raw=2)


# --- a word or nothing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"request_id": "r-1", "data": "removed"}, "removed"),
        ({"request_id": "r-1", "data": {"result": "ok"}}, "ok"),
        ({"request_id": "r-1", "data": {"a": "ok", "b": 7}}, '{"a": "ok", "b": 7}'),
        ({"request_id": "r-1", "data": {"took": 7, "result": "ok"}}, "ok"),
        ({"request_id": "r-1", "data": 17}, "17"),
        ({"request_id": "r-1", "data": {"ok": True}}, None),
        ({"request_id": "r-1", "data": {"message": "removed", "by": "me"}}, "removed"),
        ({"request_id": "r-1", "data": ["removed"]}, "removed"),
        ({"request_id": "r-1", "data": {"data": {"message": "removed"}}}, "removed"),
        ({"request_id": "r-1", "data": True}, None),
        ({"request_id": "r-1", "data": None}, None),
        ({"request_id": "r-1", "data": []}, None),
        ({"request_id": "r-1"}, None),
    ],
)
def test_any_body_is_fine_where_nothing_is_documented(payload, message):
    done = parse(WORD, payload)
    assert (done.message, done.request_id, done.raw) == (message, "r-1", payload)


@pytest.mark.parametrize(
    "data",
    [
        False,
        {"success": False},
        [{"done": False}],
        [{"error": "no such key"}],
        {"result": {"error_code": "X"}},
        [[{"error": "no such key"}]],
    ],
)
def test_where_a_word_is_documented_false_and_an_error_further_in_are_not_taken_for_done(data):
    assert reply_error(WORD, {"data": data}).carried_out is None
