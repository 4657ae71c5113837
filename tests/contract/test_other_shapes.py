"""Every operation, answered in a shape that is not documented: is everything read that came, or honestly refused?

A result whose fields are all empty although something came would be the worst: it looks like an answer that says
nothing. So each documented example is turned into other shapes, and what comes out is compared with what it says.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from contract.test_operations import EXAMPLES, OPERATIONS, SETTINGS, _operation
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async._models.shapes import holds_an_object, list_in
from smtp2go_async._operation import Operation
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async.errors import ApiError, ReplyError
from smtp2go_async.reply import AnyReply, EmptyReply, ListReply
from smtp2go_async.retry import CallEffect

Change = Callable[[Any], Any]

AROUND: dict[str, Change] = {
    "in an array": lambda data: [data],
    "in results": lambda data: {"results": data},
    "in a list": lambda data: {"list": data},
    "in data": lambda data: {"data": data},
    "in an object of another name": lambda data: {"webhook_or_so": data},
    "in results, beside nothing": lambda data: {"next": None, "results": data, "errors": []},
    "two levels further in": lambda data: {"data": {"results": data}},
    "in an array in results": lambda data: {"results": [data]},
}
"""What can stand around the documented data without a change to what it says."""


def lone(value: Any) -> Any:
    """Replace each array of one item by the item."""
    if isinstance(value, dict):
        return {name: lone(one) for name, one in value.items()}
    if isinstance(value, list):
        return lone(value[0]) if len(value) == 1 else [lone(one) for one in value]
    return value


def in_arrays(value: Any) -> Any:
    """Put each object into an array of its own."""
    if isinstance(value, dict):
        return [{name: in_arrays(one) for name, one in value.items()}]
    return [inner for one in value for inner in in_arrays(one)] if _of_objects(value) else value


def numbered(value: Any) -> Any:
    """Write each array of objects as some languages do: an object with the numbers as its names."""
    if isinstance(value, dict):
        return {name: numbered(one) for name, one in value.items()}
    return {str(number): numbered(one) for number, one in enumerate(value)} if _of_objects(value) else value


def in_text(value: Any) -> Any:
    """Write each number and truth value as text."""
    if isinstance(value, dict):
        return {name: in_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [in_text(one) for one in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


WITHIN: dict[str, Change] = {"lone": lone, "in arrays": in_arrays, "numbered": numbered, "in text": in_text}


def parse(operation: Operation[Any], payload: Any) -> Any:
    return parse_response(operation, Response(200, json.dumps(payload).encode()), SETTINGS)


def read_or_refused(operation: Operation[Any], payload: Any) -> Any:
    """Return the result, or ``None`` for an honest error; either has the whole answer."""
    try:
        result = parse(operation, payload)
    except ReplyError as error:
        refused = error
    else:
        assert result.raw == payload
        return result
    assert refused.raw == payload
    assert (refused.operation, refused.status) == (operation.path, 200)
    assert refused.carried_out is (True if operation.effect is CallEffect.READ else None)
    return None


def is_blank(result: Any, data: Any) -> bool:
    """Whether a result says nothing although something came."""
    if isinstance(result, ListReply):
        blank = all(not isinstance(one, str) and one == type(one)() for one in result)
        return blank and holds_an_object(data)
    return bool(result == type(result)(request_id=result.request_id)) and holds_an_object(data)


ANSWERED = [(name, example) for name, example in EXAMPLES if example is not None]


@pytest.mark.parametrize("change", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize(("name", "example"), ANSWERED)
def test_wrappers_around_the_data_do_not_change_the_result(name: str, example: Any, change: Change) -> None:
    operation = _operation(name)
    plain = parse(operation, example)
    result = read_or_refused(operation, {**example, "data": change(example["data"])})
    if holds_an_object(example["data"]) or isinstance(example["data"], str):
        assert result == plain
    else:
        assert result is None or result == plain


@pytest.mark.parametrize(("name", "example"), [one for one in ANSWERED if holds_an_object(one[1]["data"])])
def test_counts_beside_the_data_do_not_hide_it(name: str, example: Any) -> None:
    payload = {**example, "data": {"total": 3, "results": example["data"], "took": 0.2}}
    assert read_or_refused(_operation(name), payload) == parse(_operation(name), example)


@pytest.mark.parametrize(("name", "example"), ANSWERED)
def test_data_without_its_envelope_says_the_same(name: str, example: Any) -> None:
    result = read_or_refused(_operation(name), example["data"])
    if holds_an_object(example["data"]):
        assert result is not None
        assert not is_blank(result, example["data"])


@pytest.mark.parametrize("change", WITHIN.values(), ids=WITHIN)
@pytest.mark.parametrize(("name", "example"), ANSWERED)
def test_another_shape_within_the_data_does_not_change_the_result(name: str, example: Any, change: Change) -> None:
    operation = _operation(name)
    data = change(example["data"])
    result = read_or_refused(operation, {**example, "data": data})
    assert result is not None or not holds_an_object(data)
    if result is not None:
        # What has no documented shape is given as it came, so there the change is seen.
        assert change(result.to_dict()) == change(parse(operation, example).to_dict())


@pytest.mark.parametrize(("name", "example"), ANSWERED)
def test_null_for_each_field_in_turn_loses_that_field_alone(name: str, example: Any) -> None:
    operation = _operation(name)
    data = example["data"]
    for place in _places(data):
        changed = copy.deepcopy(data)
        _set(changed, place, None)
        result = read_or_refused(operation, {**example, "data": changed})
        if result is not None:
            assert not is_blank(result, changed), place


def _places(data: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(data, dict):
        return [p for name, one in data.items() for p in [(*before, name), *_places(one, (*before, name))]]
    if isinstance(data, list):
        return [place for number, one in enumerate(data) for place in _places(one, (*before, number))]
    return []


def _set(data: Any, place: tuple[Any, ...], value: Any) -> None:
    for one in place[:-1]:
        data = data[one]
    data[place[-1]] = value


changes = st.lists(st.sampled_from([*AROUND.values(), *WITHIN.values()]), min_size=1, max_size=3)


@pytest.mark.parametrize(("name", "example"), ANSWERED)
@examples(15)
@given(several=changes)
def test_several_changes_at_once_are_read_or_refused_and_never_blank(
    name: str, example: Any, several: list[Change]
) -> None:
    data = example["data"]
    for change in several:
        data = change(data)
    result = read_or_refused(_operation(name), {**example, "data": data})
    assert result is None or not is_blank(result, data)


@pytest.mark.parametrize("data", [{"unheard_of": {"a": 1}}, [{"unheard_of": 1}], {"results": [{"unheard_of": 1}]}])
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: f"{one.method} {one.path}")
def test_an_object_that_nothing_is_known_of_is_refused(operation: Operation[Any], data: Any) -> None:
    if issubclass(getattr(operation.result, "__origin__", operation.result), (EmptyReply, AnyReply)):
        assert read_or_refused(operation, {"request_id": "r-1", "data": data}) is not None
    else:
        assert read_or_refused(operation, {"request_id": "r-1", "data": data}) is None


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: f"{one.method} {one.path}")
def test_an_object_of_other_fields_alone_is_a_blank_result_of_a_read_that_looks_for_no_list(
    operation: Operation[Any],
) -> None:
    kind = getattr(operation.result, "__origin__", operation.result)
    body = {"request_id": "r-1", "data": {"unheard_of": 1, "more": "x"}}
    result = read_or_refused(operation, body)
    if issubclass(kind, (EmptyReply, AnyReply)):
        assert result is not None
    elif kind is ListReply or operation.effect is not CallEffect.READ or list_in(kind) is not None:
        assert result is None
    else:
        assert (result.raw, result.request_id) == (body, "r-1")


@pytest.mark.parametrize("wrong", [{"error": "no such key"}, {"error_code": "E_ApiResponseCodes.API_EXCEPTION"}])
@pytest.mark.parametrize(("name", "example"), [one for one in ANSWERED if isinstance(one[1]["data"], dict)])
def test_an_error_beside_data_of_another_shape_is_not_taken_for_a_success(name: str, example: Any, wrong: Any) -> None:
    assert read_or_refused(_operation(name), {**example, "data": [{**wrong, **example["data"]}]}) is None


# --- calls whose success is documented without a body ------------------------------------------------------------

EMPTY = [one for one in OPERATIONS.values() if one.empty_response]


def test_three_calls_document_no_body() -> None:
    assert {one.path for one in EMPTY} == {"/api_keys/remove", "/ip_auth/remove", "/email/scheduled/remove"}


@pytest.mark.parametrize(
    "text", ["OK", "removed\n", "\ufeffdone", "Die Adresse wurde gel\u00f6scht", "Error? No.", "'removed'"]
)
@pytest.mark.parametrize("operation", EMPTY, ids=lambda one: one.path)
def test_any_text_is_done_where_no_body_is_documented(operation: Operation[Any], text: str) -> None:
    done = parse_response(operation, Response(200, text.encode()), SETTINGS)
    assert done == EmptyReply(message=text.strip("\ufeff\n"))
    assert done.raw == text.encode()
    assert done.to_dict(raw=True)["raw"] == text


@pytest.mark.parametrize(
    "nothing", [b"", b" ", b"\r\n", b"null", b"{}", b"[]", b'""', b'{"request_id": null, "data": null}']
)
@pytest.mark.parametrize("operation", EMPTY, ids=lambda one: one.path)
def test_nothing_is_done_where_no_body_is_documented(operation: Operation[Any], nothing: bytes) -> None:
    assert parse_response(operation, Response(200, nothing), SETTINGS) == EmptyReply()


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><title>Log in to the network</title>", b"  <html>blocked</html>", b"\xef\xbb\xbf<?xml version='1.0'?><a/>",
        b'{"data": {"error": "no such k', b"[1, 2", b"\xff\xfe", b"\x00\x01", b"false", b'{"data": false}',
        b'{"data": [{"error": "no such key"}]}', b'{"data": {"result": {"error_code": "X"}}}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("operation", EMPTY, ids=lambda one: one.path)
def test_a_page_half_a_json_text_and_an_error_are_not_taken_for_done(operation: Operation[Any], content: bytes) -> None:
    with pytest.raises((ReplyError, ApiError)) as caught:
        parse_response(operation, Response(200, content), SETTINGS)
    assert caught.value.operation == operation.path
    assert caught.value.carried_out is not True


@pytest.mark.parametrize(
    "operation", [one for one in OPERATIONS.values() if not one.empty_response], ids=lambda one: one.path
)
def test_text_can_not_be_understood_where_a_body_is_documented(operation: Operation[Any]) -> None:
    with pytest.raises(ReplyError) as caught:
        parse_response(operation, Response(200, b"OK"), SETTINGS)
    assert caught.value.raw == b"OK"
