"""``email.send`` and ``email.send_message``: what goes out, and what comes back?"""

import base64
import datetime as dt
import inspect

import attrs
import httpx
import pytest

from smtp2go_async import Attachment, BadRequestError, Email, Inline, ReplyError, SendRefusedError
from smtp2go_async.endpoints.email import Emails
from smtp2go_async.message import EmailParts

ACCEPTED = {"succeeded": 1, "failed": 0, "failures": [], "email_id": "1uAbC-1"}
USUAL = {"sender": "shop@example.com", "to": "jane@example.com", "subject": "Hello", "text_body": "Hi"}
SENT = {"sender": "shop@example.com", "to": ["jane@example.com"], "subject": "Hello", "text_body": "Hi"}
LATER = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=1)


async def test_the_shortest_email_sends_these_four_fields(client, answers):
    bodies = answers("/email/send", ACCEPTED)
    result = await client.email.send(**USUAL)
    assert bodies == [SENT]
    assert (result.accepted, result.email_id, result.request_id) == (True, "1uAbC-1", "request 1")


async def test_the_sender_and_the_recipients_may_be_given_by_position(client, answers):
    bodies = answers("/email/send", ACCEPTED)
    await client.email.send("shop@example.com", ["jane@example.com"], subject="Hello", text_body="Hi")
    assert bodies == [SENT]


@pytest.mark.parametrize(
    ("argument", "value", "sent"),
    [
        ("sender", ("Shop, Inc.", "shop@example.com"), {"sender": '"Shop, Inc." <shop@example.com>'}),
        ("to", [("Jane", "jane@example.com"), "b@example.com"], {"to": ["Jane <jane@example.com>", "b@example.com"]}),
        ("cc", "c@example.com", {"cc": ["c@example.com"]}),
        ("bcc", ["d@example.com"], {"bcc": ["d@example.com"]}),
        ("subject", "Grüße \U0001f600", {"subject": "Grüße \U0001f600"}),
        ("html_body", "<p>Hi", {"html_body": "<p>Hi"}),
        ("text_body", "Hi\r\nJane", {"text_body": "Hi\r\nJane"}),
        ("reply_to", "help@example.com", {"custom_headers": [{"header": "Reply-To", "value": "help@example.com"}]}),
        ("custom_headers", {"X-A": "1"}, {"custom_headers": [{"header": "X-A", "value": "1"}]}),
        (
            "attachments",
            [Attachment(b"a,b", "list.csv")],
            {"attachments": [{"filename": "list.csv", "mimetype": "text/csv", "fileblob": "YSxi"}]},
        ),
        (
            "attachments",
            [Attachment.from_url("https://files.example.com/a.pdf")],
            {
                "attachments": [
                    {"filename": "a.pdf", "mimetype": "application/pdf", "url": "https://files.example.com/a.pdf"}
                ]
            },
        ),
        (
            "inlines",
            [Inline(b"png", "logo", mimetype="image/png")],
            {"inlines": [{"filename": "logo", "mimetype": "image/png", "fileblob": "cG5n"}]},
        ),
        ("template_id", "welcome", {"template_id": "welcome"}),
        ("schedule", LATER, {"schedule": f"{LATER:%Y-%m-%d %H:%M:%S} +0000"}),
        ("fastaccept", True, {"fastaccept": True}),
        ("fastaccept", False, {"fastaccept": False}),
    ],
)
async def test_each_argument_goes_out_as_its_field(client, answers, argument, value, sent):
    bodies = answers("/email/send", ACCEPTED)
    await client.email.send(**{**USUAL, argument: value})
    assert bodies == [{**SENT, **sent}]


async def test_template_data_goes_out_as_json_and_not_as_text(client, answers):
    bodies = answers("/email/send", ACCEPTED)
    data = {"name": "Jane", "items": [{"price": 1.5}], "none": None}
    await client.email.send("shop@example.com", "jane@example.com", template_id="welcome", template_data=data)
    assert bodies[0]["template_data"] == data
    assert set(bodies[0]) == {"sender", "to", "template_id", "template_data"}


async def test_files_of_every_kind_go_out_in_base64(client, answers, tmp_path):
    content = bytes(range(256)) * 1000
    (tmp_path / "a.bin").write_bytes(content)
    bodies = answers("/email/send", ACCEPTED)
    with open(tmp_path / "a.bin", "rb") as file:
        await client.email.send(**USUAL, attachments=[tmp_path / "a.bin", Attachment(file), Attachment(content, "b")])
    assert [base64.b64decode(one["fileblob"]) for one in bodies[0]["attachments"]] == [content] * 3


def test_send_has_exactly_the_arguments_of_an_email():
    assert list(inspect.signature(Emails.send).parameters)[1:] == [field.name for field in attrs.fields(Email)]


async def test_an_argument_that_no_email_has_is_refused(client, nothing_sent):
    with pytest.raises(TypeError, match="subjct"):
        await client.email.send("shop@example.com", "jane@example.com", subjct="Hello")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"sender": "shop"}, ValueError, r"^sender: must be an e-mail address with one @"),
        ({"to": []}, ValueError, r"^to: must be 1 to 100 addresses, not 0"),
        ({"to": ["a@example.com"] * 101}, ValueError, r"^to: must be 1 to 100 addresses, not 101"),
        ({"subject": None}, ValueError, r"^subject: must be given"),
        ({"text_body": None}, ValueError, r"^html_body: must be given"),
        ({"subject": "a\nb"}, ValueError, r"^subject: must not hold the control character"),
        ({"text_body": "\ud800"}, ValueError, r"^text_body: must be valid text, not hold a lone surrogate"),
        (
            {"custom_headers": {"Content-Type": "x"}},
            ValueError,
            r"^custom_headers\[0\]: must not be the header Content-Type",
        ),
        ({"attachments": ["/nowhere/a.pdf"]}, ValueError, r"^attachments\[0\]: must be a file that can be read, not "),
        ({"template_data": {}}, ValueError, r"^template_data: must be given together with a template_id"),
        (
            {"template_id": "x", "template_data": {1, 2}},
            TypeError,
            r"^template_data: must hold only values that JSON has, not a set",
        ),
        ({"schedule": dt.datetime.now()}, ValueError, r"^schedule: must be a time with a zone"),
        ({"schedule": LATER - dt.timedelta(days=1)}, ValueError, r"^schedule: must be in the future"),
        ({"schedule": LATER + dt.timedelta(days=3)}, ValueError, r"^schedule: must be at most 3 days ahead"),
        ({"fastaccept": "yes"}, TypeError, r"^fastaccept: must be a bool"),
    ],
)
async def test_a_wrong_argument_is_refused_before_anything_is_sent(client, nothing_sent, changes, error, words):
    with pytest.raises(error, match=words):
        await client.email.send(**{**USUAL, **changes})


async def test_a_refusal_in_a_200_is_raised(client, answers):
    answers("/email/send", {"succeeded": 0, "failed": 1, "failures": ["no such domain"], "email_id": ""})
    with pytest.raises(SendRefusedError, match="no such domain") as caught:
        await client.email.send(**USUAL)
    assert caught.value.carried_out is False


async def test_a_refusal_by_status_is_raised(client, answers):
    error = {"error": "no", "error_code": "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"}
    answers("/email/send", httpx.Response(400, json={"request_id": "r-1", "data": error}))
    with pytest.raises(BadRequestError) as caught:
        await client.email.send(**USUAL)
    assert (caught.value.request_id, caught.value.carried_out) == ("r-1", False)


async def test_an_answer_without_a_verdict_is_raised_as_an_unknown_outcome(client, answers):
    answers("/email/send", {})
    with pytest.raises(ReplyError) as caught:
        await client.email.send(**USUAL)
    assert caught.value.carried_out is None


async def test_a_scheduled_email_has_a_schedule_id(client, answers):
    answers("/email/send", {"schedule_id": "s-1"})
    result = await client.email.send(**USUAL, schedule=LATER)
    assert (result.schedule_id, result.email_id, result.accepted) == ("s-1", "", True)


async def test_a_fast_accepted_email_has_no_counters(client, answers):
    answers("/email/send", {"email_id": "1uAbC-1"})
    result = await client.email.send(**USUAL, fastaccept=True)
    assert (result.succeeded, result.failed, result.accepted) == (None, None, True)


# --- send_message ------------------------------------------------------------------------------------------------


async def test_an_email_that_was_composed_before_is_sent_as_it_is_any_number_of_times(client, answers, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x")
    bodies = answers("/email/send", ACCEPTED, ACCEPTED)
    composed = Email(**USUAL, attachments=[tmp_path / "a.txt"])
    await client.email.send_message(composed)
    await client.email.send_message(composed)
    assert bodies[0] == bodies[1]
    assert bodies[0]["attachments"] == [{"filename": "a.txt", "mimetype": "text/plain", "fileblob": "eA=="}]


async def test_a_schedule_is_checked_when_the_email_is_sent(client, nothing_sent):
    composed = Email(**USUAL, schedule=LATER - dt.timedelta(days=1))
    with pytest.raises(ValueError, match=r"^schedule: must be in the future"):
        await client.email.send_message(composed)


@pytest.mark.parametrize("message", [None, "Subject: x\n\nHi", b"x", USUAL, 17])
async def test_another_kind_of_message_is_refused(client, nothing_sent, message):
    with pytest.raises(TypeError, match=r"^message: must be an Email or an EmailMessage, not (an? |None)"):
        await client.email.send_message(message)


def test_the_help_of_send_names_every_part():
    text = inspect.getdoc(Emails.send)
    assert [part for part in EmailParts.__annotations__ if f"\n    {part}: " not in text] == []
