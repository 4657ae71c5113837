"""What happens to a result when fields of its answer are missing, null, of another type, or unknown?

An accepted send must never look failed because of a dirty field.
"""

import contextlib
import importlib
import json
import pkgutil
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async import CalendarPeriod, endpoints, errors
from smtp2go_async._model_class import Secret, model, named
from smtp2go_async._models.converter import loose
from smtp2go_async._operation import Operation
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async._wire.settings import Settings
from smtp2go_async.endpoints import activity, email, sms
from smtp2go_async.reply import ListReply, Reply

SETTINGS = Settings(api_key="api-" + "A1b2" * 8, base_url="https://api.example.com/v3")

GROUPS = [
    importlib.import_module(f"{endpoints.__name__}.{found.name}") for found in pkgutil.iter_modules(endpoints.__path__)
]
EVERY_OPERATION = [one for module in GROUPS for one in vars(module).values() if isinstance(one, Operation)]
OPERATIONS = [one for one in EVERY_OPERATION if one.path.startswith(("/email/", "/sms/"))]


def models_of(kind):
    """The models in a type: itself, those of its items, and those of its fields."""
    found = {one for part in get_args(kind) for one in models_of(part)}
    if isinstance(kind, type) and attrs.has(kind) and kind is not CalendarPeriod:
        found |= {kind, *(one for field in attrs.fields(kind) for one in models_of(field.type))}
    return found


def sorted_models(operations):
    return sorted(
        {one for operation in operations for one in models_of(operation.result)}, key=lambda one: one.__name__
    )


MODELS = sorted_models(OPERATIONS)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def fields_of(cls):
    return [one for one in attrs.fields(cls) if not (issubclass(cls, Reply) and one.name in ("request_id", "raw"))]


def keys_of(cls):
    return [key for one in fields_of(cls) for key in (one.metadata.get("keys") or (one.name,))]


def dirty_objects(cls):
    """Objects with any of the model's fields holding anything, and with fields that it does not know."""
    known = st.dictionaries(st.sampled_from(keys_of(cls)), json_values)
    unknown = st.dictionaries(st.text(max_size=8), json_values, max_size=2)
    return st.tuples(unknown, known).map(lambda parts: {**parts[0], **parts[1]})


def fits(value, kind):
    """Whether a value is of the type that a field is declared with, all the way down."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin is Annotated:
        return fits(value, parts[0])
    if origin in (Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is tuple:
        return type(value) is tuple and all(fits(one, parts[0]) for one in value)
    if origin is Mapping:
        return type(value) is dict and all(fits(key, parts[0]) and fits(one, parts[1]) for key, one in value.items())
    if attrs.has(kind) and kind is not CalendarPeriod:
        return type(value) is kind and no_dirt_in(value)
    return type(value) is kind


def no_dirt_in(result):
    for one in fields_of(type(result)):
        value = getattr(result, one.name)
        assert fits(value, one.type), f"{one.name} is declared as {one.type} and holds {value!r}"
    return True


def test_the_models_and_operations_of_both_groups_are_found():
    names = {one.__name__ for one in MODELS}
    assert {"EmailSent", "BatchItem", "ScheduledEmail", "SmsSent", "SmsMessage", "SmsSummary", "SentSms"} <= names
    assert {"/email/send", "/email/batch", "/sms/send"} <= {one.path for one in OPERATIONS}


@pytest.mark.parametrize("cls", MODELS, ids=lambda one: one.__name__)
def test_every_field_of_every_result_has_a_default(cls):
    assert [one.name for one in attrs.fields(cls) if one.default is attrs.NOTHING] == []


@pytest.mark.parametrize("operation", EVERY_OPERATION, ids=lambda one: f"{one.method} {one.path}")
def test_no_field_of_a_result_is_true_by_default(operation):
    blank = operation.result() if isinstance(operation.result, type) else ListReply()
    assert not any(getattr(blank, one.name) for one in attrs.fields(type(blank)))


@pytest.mark.parametrize("cls", MODELS, ids=lambda one: one.__name__)
def test_an_object_without_fields_is_read_as_all_defaults(cls):
    assert loose().structure({}, cls) == cls()


@pytest.mark.parametrize("dirt", [None, {}, {"a": 1}, [[]], [None], True, 17, "x", ""], ids=repr)
def test_dirt_in_every_field_at_once_still_makes_a_result_of_every_group(dirt):
    models = sorted_models(EVERY_OPERATION)
    assert len(models) > len(MODELS)
    for cls in models:
        assert no_dirt_in(loose().structure(dict.fromkeys(keys_of(cls), dirt), cls))


@pytest.mark.parametrize("cls", MODELS, ids=lambda one: one.__name__)
def test_null_in_any_field_is_the_fields_default(cls):
    for key in keys_of(cls):
        assert loose().structure({key: None}, cls) == cls(), key


@pytest.mark.parametrize("cls", MODELS, ids=lambda one: one.__name__)
@examples(30)
@given(data=st.data())
def test_every_object_can_be_read(cls, data):
    no_dirt_in(loose().structure(data.draw(dirty_objects(cls)), cls))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.path)
@examples(30)
@given(data=st.data())
def test_no_response_makes_parsing_fail_in_another_way_than_with_an_error_of_ours(operation, data):
    kind = operation.result
    item = kind.__args__[0] if hasattr(kind, "__args__") else kind
    shape = dirty_objects(item) | st.lists(dirty_objects(item) | json_values, max_size=3) | json_values
    payload = data.draw(st.fixed_dictionaries({"data": shape}, optional={"request_id": json_values}) | shape)
    status = data.draw(st.sampled_from([200, 201, 302, 400, 429, 500]))
    try:
        parse_response(operation, Response(status, json.dumps(payload).encode()), SETTINGS)
    except errors.Smtp2goError as error:
        told = error.operation
    else:
        told = operation.path
    assert told == operation.path


@examples(60)
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode), status=st.integers(100, 599))
def test_no_bytes_and_no_status_make_parsing_fail_in_another_way(content, status):
    for operation in OPERATIONS:
        with contextlib.suppress(errors.Smtp2goError):
            parse_response(operation, Response(status, content), SETTINGS)


@examples(60)
@given(dirt=dirty_objects(email.EmailSent))
def test_a_send_with_an_id_and_no_failures_is_accepted_despite_dirt_in_other_fields(dirt):
    for word in ("error", "error_code", "failed"):
        dirt.pop(word, None)
    content = json.dumps({"data": {**dirt, "email_id": "1uAbC-1"}}).encode()
    result = parse_response(email.SEND, Response(200, content), SETTINGS)
    assert result.accepted is True
    assert result.email_id == "1uAbC-1"


@examples(60)
@given(dirt=dirty_objects(sms.SmsSent))
def test_texts_counted_as_queued_are_accepted_despite_dirt_in_other_fields(dirt):
    for word in ("error", "error_code"):
        dirt.pop(word, None)
    content = json.dumps({"data": {**dirt, "statuses": {"queued": 1}}}).encode()
    assert parse_response(sms.SEND, Response(200, content), SETTINGS).statuses == {"queued": 1}


# --- one bad field -----------------------------------------------------------------------------------------------


def test_a_bad_field_becomes_its_default_and_the_others_are_read():
    sent = loose().structure({"email_id": "1uAbC-1", "succeeded": "many", "failures": ["a"]}, email.EmailSent)
    assert (sent.email_id, sent.succeeded, sent.failures) == ("1uAbC-1", None, ("a",))


@pytest.mark.parametrize("null", [None, {}, ["x"], True])
def test_an_id_that_can_not_be_read_is_no_id(null):
    assert loose().structure({"email_id": null}, email.EmailSent).email_id == ""


def test_a_bad_item_of_a_list_of_text_is_left_out():
    assert loose().structure({"failures": ["a", None, True, {}, "c"]}, email.EmailSent).failures == ("a", "c")


@pytest.mark.parametrize(
    ("value", "read"), [(None, ()), ("", ()), ("one", ("one",)), ([], ()), (["a", "b"], ("a", "b"))]
)
def test_a_list_is_read_from_null_and_from_a_lone_value(value, read):
    assert loose().structure({"failures": value}, email.EmailSent).failures == read


@pytest.mark.parametrize(
    ("value", "read"),
    [({"queued": "2", "held": None, "sent": [1]}, {"queued": 2}), (None, {}), ("", {}), ([], {}), ("x", {}), (17, {})],
)
def test_the_readable_counts_of_a_map_are_kept(value, read):
    assert loose().structure({"statuses": value}, sms.SmsSent).statuses == read


@pytest.mark.parametrize(
    ("failures", "read"),
    [
        ([{"email": "jane@example.com", "error": "no route"}], ("jane@example.com: no route",)),
        ({"email": "jane@example.com", "error": "no route"}, ("jane@example.com: no route",)),
        ([{"message": "no route"}, {"error": "full"}], ("no route", "full")),
        ({"message": "no route"}, ("no route",)),
        ({"jane@example.com": "no route", "joe@example.com": ["full", "late"]}, ("jane@example.com: no route", "joe@example.com: full, late")),
        ({"0": "no route", "1": "full"}, ("no route", "full")),
        ({"errors": ["no route", "full"]}, ("no route", "full")),
        ("no route", ("no route",)),
        (["no route", ["full", "late"]], ("no route", "full\nlate")),
        ([{"code": 550, "recipient": "jane@example.com", "reason": "no"}], ("jane@example.com: 550: no",)),
        ([{"email": "jane@example.com", "smtp": {"code": 550}}], ("email: jane@example.com\nsmtp: 550",)),
        (550, ("550",)),
    ],
)  # fmt: skip
def test_the_reasons_of_a_refusal_are_read_in_any_shape(failures, read):
    assert loose().structure({"failures": failures}, email.EmailSent).failures == read
    with pytest.raises(errors.SendRefusedError) as caught:
        parse_response(
            email.SEND, Response(200, json.dumps({"data": {"failed": 1, "failures": failures}}).encode()), SETTINGS
        )
    assert caught.value.failures == read


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({"X-Tag": ["a", "b"], "X-Order": "7"}, {"X-Tag": "a, b", "X-Order": "7"}),
        ([{"header": "X-Tag", "value": "a"}, {"header": "X-Order", "value": 7}], {"X-Tag": "a", "X-Order": "7"}),
        ([{"header": "X-Tag", "value": "a"}, {"header": "X-Tag", "value": "b"}], {"X-Tag": "a, b"}),
        ([{"X-Tag": "a"}, {"X-Order": "7"}], {"X-Tag": "a", "X-Order": "7"}),
        ({"name": "X-Tag", "value": "a"}, {"name": "X-Tag", "value": "a"}),
    ],
)
def test_the_values_of_headers_are_read_in_any_shape(headers, read):
    assert loose().structure({"custom_headers": headers}, activity.ActivityEvent).custom_headers == read


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("to", ["jane@example.com", "joe@example.com"], "jane@example.com, joe@example.com"),
        ("to", {"name": "Jane", "email": "jane@example.com"}, "Jane <jane@example.com>"),
        ("headers", {"Subject": "Hi", "Received": ["a", "b"]}, "Subject: Hi\nReceived: a, b"),
        ("headers", [{"header": "Subject", "value": "Hi"}, {"header": "X-A", "value": "1"}], "Subject: Hi\nX-A: 1"),
        ("smtp_response", ["550-No", "550 Bye"], "550-No\n550 Bye"),
        ("to", [], ""),
        ("to", {}, ""),
        ("to", True, ""),
    ],
)
def test_text_is_read_from_a_list_and_from_an_object(key, value, read):
    assert getattr(loose().structure({key: value}, activity.ActivityEvent), key) == read


def test_an_id_is_no_text_to_be_put_together():
    assert loose().structure({"email_id": ["a", "b"]}, email.EmailSent).email_id == ""


@pytest.mark.parametrize(
    ("value", "read"),
    [([{"queued": 1}, {"failed": 2}], {"queued": 1, "failed": 2}), ([{"queued": 1, "failed": 2}], {"queued": 1, "failed": 2}), (["queued"], {})],
)  # fmt: skip
def test_a_map_is_read_from_a_list_of_maps(value, read):
    assert loose().structure({"statuses": value}, sms.SmsSent).statuses == read


def test_a_status_that_is_not_documented_stays_as_it_came():
    assert loose().structure({"messages": [{"status": "teleported"}]}, sms.SmsSent).messages[0].status == "teleported"


def test_a_telephone_number_that_came_as_a_number_is_text():
    page = loose().structure({"messages": [{"source_address": 12025550123}]}, sms.ReceivedSmsPage)
    assert page.messages[0].source_address == "12025550123"


def test_a_bad_item_of_a_list_of_objects_keeps_its_place():
    page = loose().structure({"messages": [{"id": "a"}, None, {"id": "c"}]}, sms.SentSmsPage)
    assert [one.id for one in page.messages] == ["a", "", "c"]


@pytest.mark.parametrize("key", ["destination_address_country", "destination_address_county"])
def test_a_field_is_read_from_either_of_its_two_spellings(key):
    page = loose().structure({"messages": [{key: "US"}]}, sms.SentSmsPage)
    assert page.messages[0].destination_address_country == "US"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"destination_address_country": "US", "destination_address_county": "NZ"}, "US"),
        ({"destination_address_country": None, "destination_address_county": "NZ"}, "NZ"),
        ({"destination_address_country": "US", "destination_address_county": None}, "US"),
    ],
)
def test_the_documented_spelling_comes_first_unless_it_is_null(sent, read):
    before = dict(sent)
    assert loose().structure(sent, sms.SentSms).destination_address_country == read
    assert sent == before


def test_unknown_fields_are_kept_in_raw():
    payload = {"data": {"email_id": "1uAbC-1", "queue_position": 7}, "trace": "t-1"}
    result = parse_response(email.SEND, Response(200, json.dumps(payload).encode()), SETTINGS)
    assert result.raw == payload


def test_a_list_keeps_unknown_fields_of_its_items_in_raw():
    payload = {"data": [{"schedule_id": "s-1", "mood": "good"}]}
    listing = parse_response(email.SEARCH_SCHEDULED, Response(200, json.dumps(payload).encode()), SETTINGS)
    assert isinstance(listing, ListReply)
    assert listing.raw == payload


# --- models with other shapes ------------------------------------------------------------------------------------


@model
class Key(Reply):
    """Fields of the kinds that other groups need."""

    enabled: bool = True
    percent: float | None = None
    key: Secret | None = None
    labels: tuple[str, ...] | None = None
    headers: tuple[str, ...] = attrs.field(default=(), metadata=named("header_list", "headers"))


@attrs.frozen(kw_only=True)
class Strange:
    """An object with a field that must be there."""

    id: int


@pytest.mark.parametrize(
    ("value", "read"), [("false", False), (0, False), ("true", True), ("perhaps", True), (None, True)]
)
def test_a_truth_value_in_a_model_is_read_by_its_words(value, read):
    assert loose().structure({"enabled": value}, Key).enabled is read


def test_an_optional_field_is_none_or_what_it_holds():
    key = loose().structure({"percent": "12.5", "key": None, "labels": "one"}, Key)
    assert (key.percent, key.key, key.labels) == (12.5, None, ("one",))


def test_a_field_is_read_under_the_name_that_it_has_in_the_api():
    assert loose().structure({"header_list": ["Subject"]}, Key).headers == ("Subject",)
    assert loose().structure({"headers": ["Subject"]}, Key).headers == ("Subject",)


def test_a_field_without_a_default_that_can_not_be_read_is_an_error():
    with pytest.raises(TypeError):
        loose().structure({"id": None}, Strange)


@pytest.mark.parametrize("value", [None, [], "x", 17])
def test_a_value_that_is_not_an_object_is_not_a_model(value):
    with pytest.raises(TypeError, match="where an object is documented"):
        loose().structure(value, Key)
