"""What a run decides, without doing anything."""

import pytest
from bulk.helpers import email
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import (
    ApiError,
    Attachment,
    AuthenticationError,
    BadRequestError,
    Email,
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
from smtp2go_async.bulk._plan import (
    MAX_REFERENCE_LENGTH,
    check_reference,
    fingerprints_of,
    is_begin,
    mark_of,
    most_bytes,
    recipients_of,
    tokens_of,
    verdict_of,
)
from smtp2go_async.bulk._seen import Seen


def _changed():
    error = NotSentError("changed")
    error.__cause__ = FileChangedError("a.pdf")
    return error


def _doubtful():
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
        (_changed(), "failed"),
        (ValueError("x"), "failed"),
        (TypeError("x"), "failed"),
        (BadRequestError("wrong", status=400), "refused"),
        (NotFoundError("no template", status=404), "refused"),
        (SendRefusedError("no"), "refused"),
        (OutcomeUnknownError("lost"), "unknown"),
        (ReplyTimeoutError("late"), "unknown"),
        (ServerError("502", status=502), "unknown"),
        (ReplyError("html", status=200), "unknown"),
        (_doubtful(), "unknown"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_what_an_error_says_of_the_rows_of_its_call(error, verdict):
    assert verdict_of(error) == verdict


@pytest.mark.parametrize("reference", ["a", "x" * MAX_REFERENCE_LENGTH, "Ümläut 1", "日本", "a b"])
def test_a_reference_can_be_any_readable_text(reference):
    assert check_reference(reference, "row {}".format, 1) == reference


@pytest.mark.parametrize("reference", [1, None, b"a", ["a"]])
def test_a_reference_that_is_no_text_is_refused_with_its_place(reference):
    with pytest.raises(TypeError, match="row 7: a reference is text"):
        check_reference(reference, "row {}".format, 7)


def test_a_long_reference_is_not_repeated_in_the_error():
    with pytest.raises(ValueError, match="not 10,000") as caught:
        check_reference("x" * 10_000, "row {}".format, 7)
    assert len(str(caught.value)) < 100


def test_everybody_an_email_goes_to_is_a_recipient():
    mail = email(to=["a@example.com", "b@example.com"], cc="c@example.com", bcc="d@example.com")
    assert recipients_of(mail) == ("a@example.com", "b@example.com", "c@example.com", "d@example.com")


def test_the_token_of_an_email_differs_between_references_and_between_journals():
    found = {*tokens_of("one", ["a", "b"]), *tokens_of("two", ["a"])}
    assert len(found) == 3
    assert tokens_of("one", ["a"])[0] in found


def test_a_fingerprint_does_not_depend_on_how_an_address_is_capitalised():
    assert len(set(fingerprints_of("j", [["Jane@Example.com"], ["jane@example.com"]]))) == 1


def test_a_fingerprint_tells_recipients_apart():
    found = set(fingerprints_of("j", (["a"], ["b"], ["a", "b"], ["b", "a"], [])))
    assert len(found) == 5


def test_the_marks_of_rows_tell_references_recipients_and_journals_apart():
    found = {
        mark_of(*row)
        for row in [("j", "a", ["1"]), ("j", "a", ["2"]), ("j", "b", ["1"]), ("k", "a", ["1"]), ("j", "a", [])]
    }
    assert len(found) == 5


@pytest.mark.parametrize(
    ("kept", "marks", "same"),
    [
        ("", "", True),
        ("", "abc", True),
        ("abc", "abc", True),
        ("abc", "abcdef", True),
        ("abc", "xabyc", True),
        ("abc", "ab", False),
        ("abc", "acb", False),
        ("abc", "bc", False),
        ("aa", "a", False),
        ("aa", "aba", True),
        ("abc", "", False),
    ],
)
def test_a_list_begins_as_it_did_when_all_that_was_kept_comes_in_the_same_order(kept, marks, same):
    assert is_begin(list(kept), marks) is same


def test_a_mark_is_known_again_by_its_first_letters():
    mark = mark_of("j", "a", ["a@example.com"])
    assert is_begin([mark[:2]], [mark])


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
def test_no_email_is_larger_in_a_body_than_what_is_said_without_encoding_it(text, html, headers, data, file, to):
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
    assert encode(mail.to_fields()).length <= most_bytes(mail)


@pytest.mark.parametrize("character", ["\U0001f600", "é", "\u65e5", '"', "\\", "x", ","])
def test_no_more_is_sent_than_was_reckoned_with_of_names_in_reply_to(character):
    mail = Email(
        sender="a@example.com",
        to="b@example.com",
        subject="x",
        text_body="y",
        reply_to=[(character * 400 + "é", "c@example.com")] * 100,
    )
    assert encode(mail.to_fields()).length <= most_bytes(mail)


@given(st.lists(st.sampled_from("abcdefgh"), max_size=30))
def test_a_reference_is_seen_once(references):
    seen = Seen()
    found = [seen.add(reference) for reference in references]
    assert found == [reference not in references[:place] for place, reference in enumerate(references)]
    seen.close()
