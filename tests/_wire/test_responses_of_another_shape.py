"""The documented result is found in a response of another shape.

`tests/contract/test_other_shapes.py` does this for every call.
"""

import attrs
import pytest
from _wire.things import (
    ANY,
    CONVERGES,
    HTML,
    LIST,
    ONCE,
    READ,
    WORD,
    Thing,
    parse,
    reply_error,
)

from smtp2go_async._model_class import model
from smtp2go_async._operation import Operation
from smtp2go_async.endpoints.email import SEND, SEND_BATCH
from smtp2go_async.endpoints.sms import SEND as SEND_SMS
from smtp2go_async.reply import AnyReply, Reply
from smtp2go_async.retry import CallEffect


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
def test_of_two_fitting_objects_neither_is_taken(data):
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
def test_a_doubtful_response_does_not_become_a_blank_result(body):
    assert reply_error(READ, body).carried_out is True


@pytest.mark.parametrize("data", [{"name": ""}, {"name": None}, {"name": [], "new": None}, {}, {"request_id": "r-1"}])
def test_an_object_that_says_nothing_is_a_result_without_fields(data):
    assert parse(READ, {"data": data}).name == ""


def test_a_single_readable_field_is_enough_to_read_an_object():
    assert parse(VIEW, {"data": {"total": "3", "results": 17}}).total == 3


@pytest.mark.parametrize("wrong", [{"error": "no"}, {"error_code": "X"}, {"field_validation_errors": {"a": "b"}}])
def test_no_result_is_searched_beside_an_error(wrong):
    for data in ([{"name": "x", **wrong}], {"thing": {"name": "x", **wrong}}, [{**wrong, "thing": {"name": "x"}}]):
        assert reply_error(ONCE, {"data": data}).carried_out is None


def test_a_batch_item_keeps_what_the_response_says_of_it():
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
def test_a_response_that_is_nested_too_deeply_is_refused(depth):
    data = {"name": "x"}
    for _ in range(depth):
        data = [data]
    reply_error(READ, {"data": data})
    reply_error(LIST, {"data": data})
    assert parse(WORD, {"data": data}).raw == {"data": data}


# --- no model in this version --------------------------------------------------------------------------


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
def test_any_response_is_given_as_it_is_where_there_is_no_model(payload, data):
    result = parse(ANY, payload)
    assert (result.data, result.request_id, result.raw) == (data, "r-1", payload)


def test_an_empty_response_is_given_as_nothing_where_there_is_no_model():
    assert parse(ANY, b"") == AnyReply()


def test_html_can_not_be_understood_even_where_there_is_no_model():
    assert reply_error(ANY, HTML).raw == HTML


def test_results_are_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        parse(READ, {"data": {"name": "x"}}).name = "y"
