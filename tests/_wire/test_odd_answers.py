"""A success status with something else than what is documented: what can still be read, and what must raise?"""

import json

import attrs
import pytest

from smtp2go_async._models.model import AnyReply, EmptyReply, ListReply, Reply, model
from smtp2go_async._operation import CallEffect, Operation
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async._wire.settings import Settings
from smtp2go_async.endpoints.email import SEND, SEND_BATCH, BatchItem
from smtp2go_async.endpoints.sms import SEND as SEND_SMS
from smtp2go_async.errors import ReplyError

SETTINGS = Settings(api_key="api-" + "A1b2" * 8, base_url="https://api.example.com/v3")


@model
class Thing(Reply):
    """A result with one field."""

    name: str = ""


READ = Operation("/thing/view", Thing, effect=CallEffect.READ)
CONVERGES = Operation("/thing/edit", Thing, effect=CallEffect.CONVERGES)
ONCE = Operation("/thing/add", Thing, effect=CallEffect.ONCE)
LIST = Operation("/thing/list", ListReply[Thing], effect=CallEffect.READ)
LIST_ONCE = Operation("/thing/add_all", ListReply[Thing], effect=CallEffect.ONCE)
WORDS = Operation("/thing/words", ListReply[str], effect=CallEffect.READ)
ANY = Operation("/thing/new", AnyReply, effect=CallEffect.ONCE)
WORD = Operation("/thing/delete", EmptyReply, effect=CallEffect.CONVERGES)

HTML = b"<html><body>Welcome</body></html>"
NO_OBJECTS = [None, "a word", "", 17, True, [], ["a word"]]


def parse(operation, payload, status=200, **answer):
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse_response(operation, Response(status, content, **answer), SETTINGS)


def reply_error(operation, payload, status=200, **answer):
    with pytest.raises(ReplyError) as caught:
        parse(operation, payload, status, **answer)
    assert caught.value.operation == operation.path
    assert caught.value.status == status
    return caught.value


# --- no JSON at all ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [HTML, b"{", b"\xff\xfe", b"{'name': 'x'}", b"[" * 100_000, b"plain words"])
@pytest.mark.parametrize("operation", [READ, CONVERGES, ONCE, LIST, WORD, SEND], ids=lambda one: one.path)
def test_content_that_is_not_json_can_not_be_understood_and_is_kept(operation, content):
    assert reply_error(operation, content).raw == content


@pytest.mark.parametrize(
    "operation", [READ, CONVERGES, ONCE, LIST, SEND, SEND_SMS, SEND_BATCH], ids=lambda one: one.path
)
def test_an_empty_answer_can_not_be_understood_where_a_result_is_documented(operation):
    error = reply_error(operation, b"")
    assert "empty" in str(error)
    assert error.raw == b""


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_empty_answer_is_fine_where_nothing_is_documented(status):
    assert parse(WORD, b"", status) == EmptyReply()


@pytest.mark.parametrize(
    ("operation", "carried_out"),
    [(READ, True), (LIST, True), (CONVERGES, None), (ONCE, None), (WORD, None), (SEND, None), (SEND_SMS, None)],
    ids=lambda one: getattr(one, "path", str(one)),
)
def test_reading_was_carried_out_and_anything_else_nobody_can_know(operation, carried_out):
    assert reply_error(operation, HTML).carried_out is carried_out


@pytest.mark.parametrize("operation", [READ, CONVERGES, ONCE, WORD, SEND], ids=lambda one: one.path)
def test_an_answer_that_could_not_be_decoded_tells_why(operation):
    error = reply_error(operation, b"", broken="its compressed content can't be decoded")
    assert "its compressed content can't be decoded" in str(error)


def test_the_content_of_a_broken_answer_is_not_believed():
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
def test_another_change_was_made_even_when_nothing_of_its_answer_can_be_read(operation, data):
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


def test_a_result_has_no_request_id_when_the_answer_has_none():
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
def test_what_is_no_list_can_not_be_understood(payload, operation, carried_out):
    if payload is None:
        assert len(parse(operation, payload)) == 0
        return
    error = reply_error(operation, payload)
    assert "an array is documented" in str(error)
    assert error.carried_out is carried_out


def test_a_list_of_words_is_a_list_of_text():
    assert list(parse(WORDS, {"data": ["/email/send", "/sms/send"]})) == ["/email/send", "/sms/send"]


def test_a_batch_item_without_ids_keeps_its_place_and_says_that_nobody_knows():
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


def test_two_listings_are_equal_when_their_items_are_whatever_the_rest_of_the_answer_was():
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


# --- what is documented, in another shape: tests/contract/test_other_shapes.py goes through every call --------------


@model
class Things(Reply):
    """A result that is there for its list."""

    results: tuple[Thing, ...] = ()
    total: int | None = None


VIEW = Operation("/things/view", Things, effect=CallEffect.READ)


@pytest.mark.parametrize(
    "data",
    [
        [{"name": "x"}], [[{"name": "x"}]], {"results": {"name": "x"}}, {"thing": {"name": "x"}}, {"a": 1, "list": [{"name": "x"}]},
        {"request_id": "r-1", "thing": {"name": "x"}},
    ],
)  # fmt: skip
def test_an_object_is_found_in_an_array_or_in_another_object(data):
    for operation in (READ, CONVERGES, ONCE):
        assert parse(operation, {"data": data}).name == "x"


@pytest.mark.parametrize(
    "data",
    [
        [{"name": "x"}, {"name": "y"}], {"list": [{"name": "x"}, {"name": "y"}]}, {"results": {"results": [{"name": "x"}, {"name": "y"}]}},
        {"results": {"0": {"name": "x"}, "1": {"name": "y"}}}, {"results": {"list": [{"name": "x"}, {"name": "y"}]}},
        {"results": [[{"name": "x"}, {"name": "y"}]]}, [{"results": [{"name": "x"}, {"name": "y"}]}], {"results": [{"thing": {"name": "x"}}, {"thing": {"name": "y"}}]},
    ],
)  # fmt: skip
def test_the_list_that_a_result_is_there_for_is_found_bare_or_further_in(data):
    assert [one.name for one in parse(VIEW, {"data": data}).results] == ["x", "y"]
    if "results" not in data:
        assert [one.name for one in parse(LIST, {"data": data})] == ["x", "y"]


@pytest.mark.parametrize(
    "data",
    [
        {"results": [{"name": "a"}]}, {"things": [{"name": "a"}]}, [{"thing": {"name": "a"}}], [[{"name": "a"}]],
        {"results": {"name": "a"}}, {"a": {"b": [{"name": "a"}]}},
    ],
)  # fmt: skip
def test_an_array_is_found_further_in(data):
    assert [one.name for one in parse(LIST, {"data": data})] == ["a"]


@pytest.mark.parametrize("data", [{}, {"results": []}, {"results": [], "total": None}])
def test_an_empty_list_in_an_object_is_an_empty_list(data):
    assert len(parse(LIST, {"data": data})) == 0


@pytest.mark.parametrize("data", [{"a": {"name": "x"}, "b": {"name": "y"}}, [{"name": "x"}, {"name": "y"}]])
def test_of_two_objects_neither_is_taken_for_the_one_that_is_documented(data):
    assert reply_error(READ, {"data": data}).carried_out is True
    assert reply_error(ONCE, {"data": data}).carried_out is None


@pytest.mark.parametrize("data", [{"name": {"a": 1}}, {"name": [{"a": 1}]}, {"data": {"nom": "x"}}])
def test_an_object_of_which_nothing_can_be_read_is_refused_with_its_request_id(data):
    for operation in (READ, CONVERGES, ONCE, LIST):
        error = reply_error(operation, {"request_id": "r-1", "data": data})
        assert error.request_id == "r-1"
        assert error.raw == {"request_id": "r-1", "data": data}


def test_other_fields_alone_are_a_blank_result_of_a_read_and_nothing_of_a_call_that_changes_something():
    body = {"request_id": "r-1", "data": {"nom": "x", "count": 1}}
    result = parse(READ, body)
    assert (result.name, result.request_id, result.raw) == (Thing().name, "r-1", body)
    for operation in (CONVERGES, ONCE, LIST):
        assert reply_error(operation, body).raw == body


@pytest.mark.parametrize(
    "body",
    [
        {"nom": "x"},
        {"data": {"success": False}},
        {"data": {"nom": "x", "field_validation_errors": "y"}},
        {"data": {"nom": ["x", {"a": 1}]}},
    ],
)
def test_what_may_be_no_result_at_all_is_no_blank_result(body):
    assert reply_error(READ, body).carried_out is True


@pytest.mark.parametrize("data", [{"name": ""}, {"name": None}, {"name": [], "new": None}, {}, {"request_id": "r-1"}])
def test_an_object_that_says_nothing_is_a_result_without_fields(data):
    assert parse(READ, {"data": data}).name == ""


def test_an_object_with_one_field_that_can_be_read_is_read_whatever_the_others_are():
    assert parse(VIEW, {"data": {"total": "3", "results": 17}}).total == 3


@pytest.mark.parametrize("wrong", [{"error": "no"}, {"error_code": "X"}, {"field_validation_errors": {"a": "b"}}])
def test_what_stands_beside_an_error_is_not_looked_for(wrong):
    for data in ([{"name": "x", **wrong}], {"thing": {"name": "x", **wrong}}, [{**wrong, "thing": {"name": "x"}}]):
        assert reply_error(ONCE, {"data": data}).carried_out is None


def test_a_batch_item_keeps_what_the_answer_says_of_it():
    first, second = parse(SEND_BATCH, {"data": [{"email_id": "e-1"}, {"error": "no route to jane@example.com"}]})
    assert (first.error, second.error) == ("", "no route to jane@example.com")
    assert second.accepted is None
    assert "jane" not in repr(second)


def test_a_send_is_believed_in_another_shape_and_not_beside_an_error():
    assert parse(SEND, {"data": [{"email_id": "e-1", "succeeded": 1}]}).accepted is True
    assert parse(SEND_SMS, {"data": [{"destination": "1", "message_id": "m", "status": "queued"}]}).accepted is True
    assert reply_error(SEND, {"data": [{"email_id": "e-1", "error": "no"}]}).carried_out is None
    assert reply_error(SEND, {"data": [{"email_id": "e-1"}, {"email_id": "e-2"}]}).carried_out is None


@pytest.mark.parametrize("depth", [10, 500])
def test_what_is_nested_too_deeply_is_refused(depth):
    data = {"name": "x"}
    for _ in range(depth):
        data = [data]
    reply_error(READ, {"data": data})
    reply_error(LIST, {"data": data})
    assert parse(WORD, {"data": data}).raw == {"data": data}


# --- what this version has no model for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "data"),
    [
        ({"request_id": "r-1", "data": {"new": [1]}}, {"new": [1]}),
        ({"request_id": "r-1", "data": [1, 2]}, [1, 2]),
        ({"request_id": "r-1", "data": "a word"}, "a word"),
        ({"request_id": "r-1", "data": None}, None),
        ({"request_id": "r-1", "new": 1}, {"request_id": "r-1", "new": 1}),
    ],
)
def test_any_answer_is_given_as_it_is_where_there_is_no_model(payload, data):
    result = parse(ANY, payload)
    assert (result.data, result.request_id, result.raw) == (data, "r-1", payload)


def test_an_empty_answer_is_given_as_nothing_where_there_is_no_model():
    assert parse(ANY, b"") == AnyReply()


def test_html_can_not_be_understood_even_where_there_is_no_model():
    assert reply_error(ANY, HTML).raw == HTML


def test_results_are_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        parse(READ, {"data": {"name": "x"}}).name = "y"
