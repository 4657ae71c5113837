"""Does an error that went through JSON come back as the same error, and still say whether the call took effect?

A queue hands results on as JSON. Celery keeps the class of an error and its ``args``, and makes it again of both.
"""

import json

import pytest
from errors.test_pickle import EMPTY, FULL, KEY, SECRETS, OwnError, kinds
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async.errors import (
    ApiError,
    BadRequestError,
    NotSentError,
    OutcomeUnknownError,
    PagingError,
    RateLimitError,
    ReplyError,
    SendRefusedError,
    ServerError,
    Smtp2goError,
)

LEFT_OUT = ("raw", "result", "last", "report")
EVERY = pytest.mark.parametrize("error", FULL + EMPTY, ids=lambda one: type(one).__name__)


def through_args(error):
    """Do what Celery's JSON backends do with an error."""
    return type(error)(*json.loads(json.dumps(error.args)))


def through_a_dict(error):
    return Smtp2goError.from_dict(json.loads(json.dumps(error.to_dict())))


WAYS = pytest.mark.parametrize("way", [through_args, through_a_dict])


def said(error):
    return {name: value for name, value in vars(error).items() if name not in LEFT_OUT}


@WAYS
@EVERY
def test_an_error_that_went_through_json_says_the_same(error, way):
    again = way(error)
    assert type(again) is type(error)
    assert (str(again), repr(again)) == (str(error), repr(error))
    assert said(again) == said(error)
    assert again.carried_out is error.carried_out
    assert again.args == error.args
    assert again.to_dict() == error.to_dict()


@WAYS
@EVERY
def test_it_can_go_through_json_again_and_again(error, way):
    assert way(way(error)).to_dict() == way(error).to_dict()


@WAYS
def test_the_operation_the_status_and_the_request_id_show_in_its_text(way):
    error = BadRequestError(
        "no", operation="/email/send", status=400, code="X", request_id="r-1", field_errors={"to": "is bad"}
    )
    assert str(way(error)) == "/email/send 400 X: no [to: is bad] (request r-1)"
    assert str(way(ReplyError("no", operation="/sms/send", status=200, request_id="r-2"))) == (
        "/sms/send 200: no (request r-2)"
    )


@WAYS
@pytest.mark.parametrize("carried_out", [True, False, None])
@pytest.mark.parametrize("error", [NotSentError("no"), ApiError("no"), RateLimitError("no"), ServerError("no")])
def test_what_an_earlier_attempt_did_to_the_outcome_is_not_forgotten(error, carried_out, way):
    error.carried_out = carried_out
    error.add_note("An earlier attempt had no answer.")
    again = way(error)
    assert again.carried_out is carried_out
    assert again.__notes__[-1] == "An earlier attempt had no answer."


def test_args_are_the_text_alone_where_there_is_nothing_more_to_tell():
    assert NotSentError("no").args == ("no",)
    assert OutcomeUnknownError("no", operation="/email/send").args == ("no", {"operation": "/email/send"})


def test_args_can_be_replaced_as_those_of_any_exception():
    error = NotSentError("no", operation="/email/send")
    error.args = ("other",)
    assert str(error) == "/email/send: other"


@pytest.mark.parametrize("kind", kinds(), ids=lambda one: one.__name__)
def test_every_error_takes_details_after_its_text(kind):
    error = kind("no", {"operation": "/email/send"})
    assert (str(error), error.operation) == ("/email/send: no", "/email/send")
    assert kind("no", None).operation is None


@pytest.mark.parametrize("kind", kinds(), ids=lambda one: one.__name__)
def test_an_object_has_the_same_keys_whatever_the_error_knows(kind):
    keys = set(kind().to_dict())
    assert {"kind", "message", "operation", "carried_out", "retryable"} <= keys
    assert kind().to_dict()["kind"] == kind.__name__
    assert keys.isdisjoint(LEFT_OUT)
    assert keys == next(set(one.to_dict()) for one in FULL if type(one) is kind)


# --- secrets -----------------------------------------------------------------------------------------------------


def secretive(kind):
    error = kind(f"refused: {SECRETS}", operation="/email/send")
    if isinstance(error, ApiError):
        error.field_errors = {SECRETS: SECRETS}
    if isinstance(error, SendRefusedError):
        error.failures = (SECRETS,)
    error.add_note(f"An earlier attempt was refused: {SECRETS}")
    return error


@pytest.mark.parametrize("kind", kinds(), ids=lambda one: one.__name__)
def test_neither_args_nor_the_object_show_keys_addresses_or_numbers(kind):
    shown = json.dumps([secretive(kind).args, secretive(kind).to_dict()])
    for secret in (KEY, "secret", "2025550123", "2025550199"):
        assert secret not in shown


def test_the_providers_texts_come_as_they_were_when_the_caller_asks_for_that():
    told = secretive(BadRequestError).to_dict(masked=False)
    assert (told["message"], told["field_errors"]) == (f"refused: {SECRETS}", {SECRETS: SECRETS})
    again = Smtp2goError.from_dict(json.loads(json.dumps(told)))
    assert (again.message, again.field_errors) == (told["message"], told["field_errors"])
    assert str(again) == str(secretive(BadRequestError))
    assert Smtp2goError.from_dict(secretive(SendRefusedError).to_dict(masked=False)).failures == (SECRETS,)


def test_a_very_long_message_is_whole_in_the_object_and_cut_in_args():
    error = ApiError("x" * 100_000, operation="/email/send")
    assert len(error.to_dict()["message"]) == 100_000
    assert len(json.dumps(error.args)) < 3000
    assert str(through_a_dict(error)) == str(error) == str(through_args(error))


# --- errors of others, and objects of others ---------------------------------------------------------------------


def test_an_error_of_the_callers_own_becomes_the_one_that_it_is_derived_from():
    error = OwnError("no", status=402, code="PAY")
    assert error.to_dict()["kind"] == "ApiError"
    assert type(through_a_dict(error)) is ApiError
    assert type(OwnError.from_dict(error.to_dict())) is OwnError
    assert (type(through_args(error)), through_args(error).code) == (OwnError, "PAY")


@pytest.mark.parametrize("kind", ["Nothing", "", None, 17, [], "Any", "Mapping", "take", "__name__", "Details"])
def test_an_object_of_an_unknown_kind_is_refused(kind):
    with pytest.raises(ValueError, match=r"^kind: must be the name of a Smtp2goError of this library$"):
        Smtp2goError.from_dict({"kind": kind, "message": "no"})


def test_an_object_without_a_kind_is_refused():
    with pytest.raises(ValueError, match=r"^kind: "):
        Smtp2goError.from_dict({})


def test_a_class_makes_errors_of_its_own_kind_only():
    assert type(ApiError.from_dict({"kind": "RateLimitError", "retry_after": 60})) is RateLimitError
    with pytest.raises(ValueError, match=r"^kind: must be the name of an ApiError of this library$"):
        ApiError.from_dict({"kind": "NotSentError"})
    with pytest.raises(ValueError, match=r"^kind: "):
        RateLimitError.from_dict({"kind": "ApiError"})


def test_what_a_later_version_has_added_is_left_out():
    error = Smtp2goError.from_dict({"kind": "NotSentError", "message": "no", "mood": "bad", "status": 400})
    assert vars(error) == vars(NotSentError("no"))


@pytest.mark.parametrize("data", [None, [], "NotSentError", 17])
def test_what_is_no_object_is_refused(data):
    with pytest.raises(TypeError, match=r"^data: must be an object, not (an? |None)"):
        Smtp2goError.from_dict(data)
    if data is not None:
        with pytest.raises(TypeError, match=r"^details: must be an object, not (an? |None)"):
            Smtp2goError("no", data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message", None), ("message", 17), ("operation", 17), ("carried_out", "false"), ("carried_out", 0),
        ("status", "400"), ("status", True), ("status", None), ("code", 17), ("request_id", []), ("field_errors", []),
        ("field_errors", {"to": None}), ("retry_after", "60"), ("retry_after", True), ("notes", [None]),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_by_its_name(name, value):
    with pytest.raises(TypeError, match=rf"^{name}: "):
        Smtp2goError.from_dict({"kind": "RateLimitError", name: value})


@pytest.mark.parametrize("failures", ["no", None, [None], {"a": "b"}])
def test_failures_are_a_list_of_texts(failures):
    with pytest.raises(TypeError, match=r"^failures: "):
        Smtp2goError.from_dict({"kind": "SendRefusedError", "failures": failures})


# --- whatever an error holds -------------------------------------------------------------------------------------

texts = st.text(max_size=40)
told = st.fixed_dictionaries(
    {},
    optional={
        "operation": st.none() | texts,
        "status": st.integers(0, 999),
        "code": st.none() | texts,
        "request_id": st.none() | texts,
        "field_errors": st.dictionaries(texts, texts, max_size=3),
        "retry_after": st.none() | st.floats(0, 1e9) | st.integers(0, 10**9),
    },
)


@examples(80)
@given(message=texts, given=told, carried_out=st.sampled_from([True, False, None]), notes=st.lists(texts, max_size=2))
def test_any_error_comes_back_from_json_with_the_same_words(message, given, carried_out, notes):
    error = RateLimitError(message, **given)
    error.carried_out = carried_out
    for note in notes:
        error.add_note(note)
    for way in (through_args, through_a_dict):
        again = way(error)
        assert str(again) == str(error)
        assert again.to_dict() == error.to_dict()
    whole = Smtp2goError.from_dict(json.loads(json.dumps(error.to_dict(masked=False))))
    assert said(whole) | {"carried_out": whole.carried_out} == said(error)


@examples(50)
@given(failures=st.lists(texts, max_size=3), items=st.integers(0, 10**9))
def test_any_failures_and_counts_come_back(failures, items):
    error = SendRefusedError("no", failures=failures)
    assert Smtp2goError.from_dict(json.loads(json.dumps(error.to_dict(masked=False)))).failures == tuple(failures)
    assert through_args(PagingError("no", items=items)).items == items
