"""Which rows of a call a refusal is about, and when that is not certain."""

import pytest

from smtp2go_async import ApiError, AuthenticationError, BadRequestError, ServerError
from smtp2go_async.bulk._run.named_rows import because_of_others, named_rows

CODE = "NON_VALIDATING_IN_PAYLOAD"


def refused(name="", message="", *, fields=None, status=400, code=CODE, kind=BadRequestError):
    return kind("wrong", status=status, code=code, field_errors={name: message} if fields is None else fields)


def found(field_name="", message="", *, field="emails", count=500):
    return named_rows(refused(field_name, message), field, count)


@pytest.mark.parametrize(
    "name",
    [
        "emails[3]", "emails[3].to", "emails[3].to[0]", "emails[3]to", "emails[3][to][0]", "emails[3]['to'][0]", 'emails["3"].to',
        "emails.3", "emails.3.to", "emails.3.to.0", "emails.[3].to", "emails/3/to", "/emails/3/to/0", "#/emails/3/to", "$.emails[3].to[0]",
        "$['emails'][3]['to']", "Emails[3].To[0]", "body.emails.3.to", "/body/emails/3/to", "root['emails'][3]", "data.emails[3].to",
        "emails[3].custom_headers[0].header", "emails[3].template_data.emails[7]",
    ],
)  # fmt: skip
def test_a_row_is_named_by_the_field_in_any_usual_spelling(name):
    assert found(name, "was expecting an address") == [3]


@pytest.mark.parametrize(
    "message",
    [
        "The field 'emails[3].to[0]' was expecting a valid RFC-822 formatted email field but found 'x'",
        "the property `emails.3.to` is wrong",
        'Field "emails/3/to" is wrong',
        "emails[3].to[0] is wrong",
        "emails[3].to[0]: is wrong",
        "Field emails[3].to is wrong",
        "/emails/3/to: wrong",
        "emails[3]",
    ],
)
@pytest.mark.parametrize("name", ["", "emails", "to", "emails[].to"])
def test_a_row_is_named_where_the_message_begins(name, message):
    if name == "to" and "to" not in message:
        name = ""
    if name == "emails[].to" and "to" not in message:
        name = "emails"
    assert found(name, message) == [3]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("emails[3].to", "The field 'emails[4].to' is wrong"),
        ("sender", "The field 'sender' was expecting an address but found 'emails[4].to'"),
        ("sender", "The field 'emails[4].to' is wrong"),
        ("to", "was expecting an address but found 'emails[4].to'"),
        ("", "'emails[4]' is not an address"),
        ("", "is wrong: emails[4].to"),
        ("", "The field 'to' of emails[4] is wrong"),
        ("emails", "Item 4 is wrong"),
        ("emails", ""),
        ("", ""),
        ("to[0]", "is wrong"),
        ("template_data.emails[4]", "is wrong"),
        ("emails[-1]", ""),
        ("emails[04]", ""),
        ("emails[4,5]", ""),
        ("emails[4:5]", ""),
        ("emails[*]", ""),
        ("emails[\u0664]", ""),
        ("emails4", ""),
        ("emails_4", ""),
        ("emails-4", ""),
        ("emails[99999]", ""),
        ("all emails[4]", ""),
        ("destination[4]", ""),
        ("my_emails[4]", ""),
    ],
)
def test_an_uncertain_refusal_names_no_row(name, message):
    assert found(name, message) == []


def test_a_row_that_was_not_in_the_call_is_not_named():
    assert found("emails[9].to", count=10) == [9]
    assert found("emails[10].to", count=10) == []


def test_all_rows_that_are_named_are_found():
    error = refused(
        fields={
            "emails[7].to": "wrong",
            "emails[2].to[0]": "wrong",
            "emails[2].cc": "The field 'emails[2].cc' is wrong",
        }
    )
    assert named_rows(error, "emails", 10) == [2, 7]


def test_no_row_is_named_when_something_else_is_wrong_as_well():
    assert named_rows(refused(fields={"emails[7].to": "wrong", "sender": "wrong"}), "emails", 10) == []
    assert named_rows(refused(fields={}), "emails", 10) == []


def test_numbers_are_named_in_the_field_of_texts():
    assert found("destination[3]", field="destination") == [3]
    assert found("", "The field 'destination.3' is wrong", field="destination") == [3]
    assert found("emails[3]", field="destination") == []


def test_a_refused_call_for_a_single_email_names_no_row():
    assert found("emails[0].to", field=None) == []


@pytest.mark.parametrize(
    "error",
    [
        refused("emails[3].to", status=200),
        refused("emails[3].to", status=422),
        refused("emails[3].to", status=500),
        refused("emails[3].to", code="API_EXCEPTION"),
        refused("emails[3].to", code="INVALID_IN_PAYLOAD"),
        refused("emails[3].to", code=None),
        refused("emails[3].to", kind=ApiError),
        refused("emails[3].to", kind=ServerError),
        refused("emails[3].to", kind=AuthenticationError),
        ValueError("emails[3].to"),
    ],
    ids=repr,
)
def test_only_a_400_for_the_schema_names_rows(error):
    assert named_rows(error, "emails", 10) == []


def test_an_error_after_an_attempt_without_a_response_names_no_row():
    error = refused("emails[3].to")
    error.carried_out = None
    assert named_rows(error, "emails", 10) == []


def test_the_error_of_the_others_names_no_row_and_keeps_the_request():
    error = refused("emails[3].to", "wrong")
    error.request_id = "r-1"
    others = because_of_others(error)
    assert (others.carried_out, others.status, others.code, others.request_id) == (False, 400, CODE, "r-1")
    assert "emails[3]" not in str(others)
    assert "because of another row" in str(others)
