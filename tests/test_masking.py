"""Is everything hidden that must not be in a log, and nothing that is needed there?"""

import time

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import Attachment, EmailFile, Inline, Journal
from smtp2go_async._masking import mask_text, repr_masked, repr_personal, repr_secret, repr_url
from smtp2go_async._model_class import MaskedAddress, PersonalText, Secret, model
from smtp2go_async.endpoints.email import EmailSent, ScheduledEmail
from smtp2go_async.endpoints.sms import ReceivedSms, SentSms, SmsMessage
from smtp2go_async.reply import Reply

KEY = "api-" + "A1b2" * 8


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        # Addresses keep their domain.
        ("jane@example.com", "***@example.com"),
        ("Jane <jane@example.com>", "Jane <***@example.com>"),
        ("'jane@example.com'", "'***@example.com'"),
        ('"jane@example.com"', '"***@example.com"'),
        ("(jane@example.com)", "(***@example.com)"),
        ("[jane@example.com]", "[***@example.com]"),
        ("mailto:jane@example.com", "mailto:***@example.com"),
        ("a@example.com,b@example.com;c@example.com", "***@example.com,***@example.com;***@example.com"),
        ("no route to jane.doe+shop@mail.example.com.", "no route to ***@mail.example.com."),
        ("jäne@bücher.example", "***@bücher.example"),
        ('"jane doe"@example.com', "***@example.com"),
        ("jane@[192.0.2.1]", "***@[192.0.2.1]"),
        ("o'brien@example.com", "***@example.com"),
        ("bounce+jane=example.org@example.com", "***@example.com"),
        ("a@b@example.com", "***@example.com"),
        ("no route to <jane@example.com>\nnor to <bob@example.com>", "no route to <***@example.com>\nnor to <***@example.com>"),
        # Keys.
        (KEY, "api-***"),
        (f"key {KEY}, next", "key api-***, next"),
        ("api-0A1B2C3D4E5F", "api-***"),
        ("api-000000000000********************", "api-***********************"),
        (f"Bearer {KEY}", "Bearer api-***"),
        ("sender='jane@example.com'", "sender='***@example.com'"),
        ("Authorization: bearer abcdef.12345=", "Authorization: bearer ***"),
        ("Basic dXNlcjpwYXNz", "Basic ***"),
        # Numbers.
        ("+12025550123", "+***"),
        ("12025550123", "+***"),
        ("to 12025550123, 12025550199.", "to +***, +***."),
        ("tel:+12025550123", "tel:+***"),
        ("['+12025550123', '12025550199']", "['+***', '+***']"),
        ("+1234567", "+***"),
    ],
)  # fmt: skip
def test_addresses_keys_and_numbers_are_masked(text, masked):
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing here",
        "0b6f2a51-7c3e-4d19-9a80-5e4c1f7d2b36",
        "12345678-1234-1234-1234-123456789012",
        "2xAbCd-E5fGhI6jKlMn-OpQ7",
        "2026-06-30T21:10:05Z",
        "2026-06-30 21:10:05.123456",
        "status 400, 17 of 1000",
        "50,000,000 bytes",
        "1234567",
        "https://api.smtp2go.com/v3/email/send",
        "api-key",
        "the basic plan",
        "version 1.12345678",
        "a @ b",
        "@",
        "user@",
        "@example.com",
        "Code(550)",
    ],
)
def test_what_a_log_needs_stays_readable(text):
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "text",
    ["x" * 100_000, "a@" * 50_000, "'a" * 50_000, '"' * 100_000, "@" * 100_000, "1" * 100_000, "=" * 100_000, "a'" * 50_000 + "@b",
     "bearer " * 15_000, "bearer" + " " * 100_000, "api-" * 25_000, "a\n" * 50_000],
)  # fmt: skip
def test_masking_a_long_text_takes_no_time_whatever_is_in_it(text):
    start = time.perf_counter()
    mask_text(text)
    assert time.perf_counter() - start < 1.0


local_parts = st.from_regex(r"[a-z0-9][a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{0,20}[a-z0-9]", fullmatch=True).filter(
    lambda local: "''" not in local and "='" not in local
)


@given(
    local_parts, st.sampled_from(["{}", "<{}>", "to {} and", "found '{}'", '"{}"', "a@example.org, {}", "mailto:{}"])
)
def test_nothing_of_a_local_part_is_left(local, around):
    masked = mask_text(around.format(f"{local}@example.com"))
    assert masked == around.replace("a@", "***@").format("***@example.com")


@given(st.integers(10**7, 10**15 - 1), st.sampled_from(["{}", "+{}", "to {}.", "['{}']", "({})", "a {}, b"]))
def test_nothing_of_a_telephone_number_is_left(number, around):
    assert str(number) not in mask_text(around.format(number))


@given(st.text("ABCDEFabcdef0123456789", min_size=32, max_size=32), st.text(max_size=10), st.text(max_size=10))
def test_nothing_of_a_key_is_left(letters, before, after):
    assert letters not in mask_text(f"{before}api-{letters}{after}")


@given(st.text())
def test_masking_twice_changes_nothing_more(text):
    assert mask_text(mask_text(text)) == mask_text(text)


# --- in reprs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "shown"), [(None, "None"), ("", "''"), ("secret", "'***'"), (("a",), "'***'")])
def test_a_secret_shows_whether_there_is_one(value, shown):
    assert repr_secret(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "None"), ("", "<0 characters>"), ("Jane", "<4 characters>"), (["a", "b"], "<2>"), ((), "<0>"), ({"a": 1}, "<dict>"), (17, "<int>")],
)  # fmt: skip
def test_personal_text_shows_how_long_it_is(value, shown):
    assert repr_personal(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        ("", "''"),
        ("https://example.com", "'https://example.com'"),
        ("https://example.com/", "'https://example.com/'"),
        ("https://example.com:8443/hooks/s3cret?token=s3cret#s3cret", "'https://example.com:8443/***'"),
        ("https://user:s3cret@example.com/", "'https://example.com/'"),
        ("https://user:s3@cret@example.com", "'https://example.com'"),
        ("https://example.com?token=s3cret", "'https://example.com/***'"),
        ("http://[::1]:8025/s3cret", "'http://[::1]:8025/***'"),
        ("s3cret", "'***'"),
        ("https://s3cret/@\n", "'https://s3cret/***'"),
    ],
)
def test_a_url_shows_its_scheme_and_host(value, shown):
    assert repr_url(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "None"), ("jane@example.com", "'***@example.com'"), (("+12025550123",), "('+***',)"), ("", "''")],
)
def test_a_value_with_addresses_shows_the_rest(value, shown):
    assert repr_masked(value) == shown


@model
class Sample(Reply):
    """A result with one field of each kind."""

    plain: str = ""
    address: MaskedAddress = ""
    addresses: tuple[MaskedAddress, ...] = ()
    secret: Secret | None = None
    content: PersonalText = ""
    hidden: PersonalText = attrs.field(default="", repr=False)


def test_fields_of_a_marked_type_are_masked_in_the_repr_of_a_model():
    shown = repr(
        Sample(
            plain="plain",
            address="jane@example.com",
            addresses=("bob@example.com", "+12025550123"),
            secret="s3cret",
            content="Dear Jane",
            hidden="gone",
            request_id="r-1",
            raw={"all": "of it"},
        )
    )
    assert shown == (
        "Sample(request_id='r-1', plain='plain', address='***@example.com', addresses=('***@example.com', '+***'), "
        "secret='***', content=<9 characters>)"
    )


def test_the_marks_do_not_change_the_values():
    assert Sample(address="jane@example.com", secret="s3cret").address == "jane@example.com"


@pytest.mark.parametrize(
    "result",
    [
        EmailSent(failures=("no route to secret@example.com",), raw={"a": "secret"}),
        ScheduledEmail(sender="secret@example.com", recipients="secret@example.com", subject="secret"),
        SmsMessage(destination="+12025550123"),
        ReceivedSms(source_address="12025550123", destination_address="+12025550123", content="secret"),
        SentSms(
            sender="+12025550123",
            sender_email="secret@example.com",
            destination_address="12025550123",
            content="secret",
        ),
    ],
    ids=lambda one: type(one).__name__,
)
def test_no_result_shows_addresses_numbers_or_contents(result):
    assert "secret" not in repr(result)
    assert "2025550123" not in repr(result)


@pytest.mark.parametrize(
    "named",
    [
        lambda name: Attachment(b"x", name),
        lambda name: Inline(b"x", name),
        lambda name: Journal(f"/lists/{name}"),
        lambda name: EmailFile(f"/lists/{name}.csv", print),
    ],
    ids=["attachment", "inline", "journal", "file"],
)
def test_the_repr_of_a_file_shows_no_address_in_its_name(named):
    assert "***@example.com" in repr(named("secret@example.com"))
    assert "secret" not in repr(named("secret@example.com"))


@pytest.mark.parametrize("number", ["+1 202-555-0123", "+1 (202) 555-0123", "+44.20.7946.0018"])
def test_a_number_is_masked_however_it_is_set_out(number):
    assert mask_text(f"call {number}, please") == "call +***, please"
