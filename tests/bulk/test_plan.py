"""The limits of rows, and what errors say about them; without I/O."""

import pytest
from bulk.helpers import email
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import (
    ApiError,
    ArgumentTypeError,
    Attachment,
    AuthenticationError,
    BadRequestError,
    Email,
    InvalidArgumentError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ReplyError,
    ReplyTimeoutError,
    SendRefusedError,
    ServerError,
)
from smtp2go_async._content.blobs import FileChangedError
from smtp2go_async._wire.body import encode
from smtp2go_async.bulk._plan import MAX_REFERENCE_LENGTH, check_reference, max_body_bytes, recipients_of, verdict_of


def _error_of_changed_file():
    error = NotSentError("changed")
    error.__cause__ = FileChangedError("a.pdf")
    return error


def _error_of_unknown_effect():
    error = BadRequestError("wrong", status=400)
    error.carried_out = None
    return error


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (AuthenticationError("key", status=401), "stop"),
        (PermissionDeniedError("no", status=403), "stop"),
        (RateLimitError("slow", status=429), "stop"),
        (NotSentError("no network"), "stop"),
        (ApiError("pay", status=402), "stop"),
        (_error_of_changed_file(), "failed"),
        (ValueError("x"), "failed"),
        (TypeError("x"), "failed"),
        (InvalidArgumentError("to: x", argument="to"), "failed"),
        (ArgumentTypeError("to: x", argument="to"), "failed"),
        (BadRequestError("wrong", status=400), "refused"),
        (NotFoundError("no template", status=404), "refused"),
        (SendRefusedError("no"), "refused"),
        (OutcomeUnknownError("lost"), "unknown"),
        (ReplyTimeoutError("late"), "unknown"),
        (ServerError("502", status=502), "unknown"),
        (ReplyError("html", status=200), "unknown"),
        (_error_of_unknown_effect(), "unknown"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_an_error_says_what_becomes_of_the_rows_of_its_call(error, verdict):
    assert verdict_of(error) == verdict


@pytest.mark.parametrize("reference", ["a", "x" * MAX_REFERENCE_LENGTH, "Ümläut 1", "日本", "a b"])
def test_a_reference_can_be_any_readable_text(reference):
    assert check_reference(reference, "row {}".format, 1) == reference


@pytest.mark.parametrize("reference", [1, None, b"a", ["a"]])
def test_a_reference_that_is_not_text_is_refused_with_its_place(reference):
    with pytest.raises(TypeError, match="row 7: the reference must be a str"):
        check_reference(reference, "row {}".format, 7)


def test_a_long_reference_is_not_repeated_in_the_error():
    with pytest.raises(ValueError, match="not 10,000") as caught:
        check_reference("x" * 10_000, "row {}".format, 7)
    assert len(str(caught.value)) < 100


def test_everybody_that_an_email_goes_to_is_a_recipient():
    mail = email(to=["a@example.com", "b@example.com"], cc="c@example.com", bcc="d@example.com")
    assert recipients_of(mail) == ("a@example.com", "b@example.com", "c@example.com", "d@example.com")


TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=60)
SHORT = st.text(alphabet="abcdefgh", min_size=1, max_size=20)


@given(
    TEXT,
    TEXT,
    st.lists(st.tuples(SHORT, SHORT), max_size=3),
    st.dictionaries(
        TEXT,
        st.one_of(TEXT, st.integers(-(10**9), 10**9), st.booleans(), st.none(), st.lists(TEXT, max_size=3)),
        max_size=4,
    ),
    st.binary(max_size=100),
    st.lists(SHORT.map(lambda name: f"{name}@example.com"), min_size=1, max_size=5),
)
def test_an_encoded_email_is_never_larger_than_its_bound(text, html, headers, data, file, to):
    mail = Email(
        sender="shop@example.com",
        to=to,
        subject="x",
        text_body=text,
        html_body=html,
        custom_headers=[(f"X-{name}", value) for name, value in headers],
        template_id="t",
        template_data=data,
        attachments=[Attachment(file, "a.bin")],
    )
    assert encode(mail.to_fields()).length <= max_body_bytes(mail)


@pytest.mark.parametrize("character", ["\U0001f600", "é", "\u65e5", '"', "\\", "x", ","])
def test_names_in_reply_to_are_never_larger_than_their_bound(character):
    mail = Email(
        sender="a@example.com",
        to="b@example.com",
        subject="x",
        text_body="y",
        reply_to=[(character * 400 + "é", "c@example.com")] * 100,
    )
    assert encode(mail.to_fields()).length <= max_body_bytes(mail)
