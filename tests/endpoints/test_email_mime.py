"""``email.send_mime``: does a ready message go out byte by byte?"""

import asyncio
import base64
import datetime as dt
import email
import io
import os
import threading
from email.header import Header
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import default

import pytest
from _mime.odd_messages import ODD, UNWRITABLE, read, said

from smtp2go_async._mime import messages as _mime

ACCEPTED = {"succeeded": 1, "failed": 0, "failures": [], "email_id": "1uAbC-1"}
RAW = b"From: shop@example.com\r\nTo: jane@example.com\r\nSubject: Hello\r\n\r\nHi \xff\r\n"
LATER = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=1)


def ready():
    message = EmailMessage()
    message["From"] = "Shop <shop@example.com>"
    message["To"] = "jane@example.com"
    message["Subject"] = "Grüße"
    message.set_content("Hallo Jané\n")
    message.add_attachment(b"\x00\xff" * 50, maintype="application", subtype="pdf", filename="a.pdf")
    return message


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, io.BytesIO])
async def test_bytes_go_out_as_they_are(sent, form):
    assert await sent(form(RAW)) == RAW


async def test_text_goes_out_as_utf_8_and_is_never_taken_for_a_path(sent, tmp_path):
    assert await sent("To: a@example.com\r\n\r\nGrüße") == "To: a@example.com\r\n\r\nGrüße".encode()
    (tmp_path / "mail.eml").write_bytes(RAW)
    with pytest.warns(UserWarning, match="has no To, Cc or Bcc header"):
        assert await sent(str(tmp_path / "mail.eml")) == os.fsencode(tmp_path / "mail.eml")


async def test_a_file_goes_out_by_its_path_or_open(sent, tmp_path):
    (tmp_path / "mail.eml").write_bytes(RAW * 5000)
    assert await sent(tmp_path / "mail.eml") == RAW * 5000
    with open(tmp_path / "mail.eml", "rb") as file:
        file.seek(len(RAW))
        assert await sent(file) == RAW * 4999


async def test_a_message_of_the_standard_library_goes_out_with_all_its_parts(sent):
    received = email.message_from_bytes(await sent(ready()), policy=default)
    assert (received["From"], received["Subject"]) == ("Shop <shop@example.com>", "Grüße")
    assert received.get_body().get_content().splitlines() == ["Hallo Jané"]
    (attachment,) = received.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("a.pdf", b"\x00\xff" * 50)


async def test_the_lines_of_a_message_end_as_the_protocol_of_mail_says(sent):
    raw = await sent(ready())
    assert raw.count(b"\n") == raw.count(b"\r\n") > 5


async def test_an_older_message_of_the_standard_library_goes_out_too(sent):
    old = MIMEMultipart()
    old["To"], old["Subject"] = "jane@example.com", "Hello"
    old.attach(MIMEText("Hi", "plain"))
    assert isinstance(old, Message)
    received = email.message_from_bytes(await sent(old), policy=default)
    assert (received["Subject"], next(received.iter_parts()).get_content()) == ("Hello", "Hi")


def older():
    old = MIMEText("Hallo Jané\n")
    old["To"], old["Subject"] = "jane@example.com", Header("Grüße", "utf-8")
    return old


@pytest.mark.parametrize("make", [ready, older], ids=["newer", "older"])
async def test_send_message_sends_a_ready_message_in_this_way(client, answers, make):
    bodies = answers("/email/mime", ACCEPTED)
    await client.email.send_message(make())
    assert b"To: jane@example.com" in base64.b64decode(bodies[0]["mime_email"])


@pytest.mark.parametrize("name", ["a_header_object_as_subject", "an_email_in_an_older_message", "binary_data_as_it_is"])
async def test_odd_messages_go_out_with_their_content(sent, name):
    assert read(await sent(ODD[name]())) == said(ODD[name]())


async def test_a_schedule_and_fastaccept_go_out_beside_it(client, answers):
    bodies = answers("/email/mime", {"schedule_id": "s-1"}, {"email_id": "1uAbC-1"})
    await client.email.send_mime(RAW, schedule=LATER)
    await client.email.send_mime(RAW, fastaccept=False)
    assert {name: value for name, value in bodies[0].items() if name != "mime_email"} == {
        "schedule": f"{LATER:%Y-%m-%d %H:%M:%S} +0000"
    }
    assert bodies[1]["fastaccept"] is False


# --- a pipe ------------------------------------------------------------------------------------------------------


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as file, os.fdopen(writing, "wb", buffering=0) as end:
        yield file, end


async def test_a_task_of_the_same_event_loop_may_write_into_the_pipe(sent, pipe):
    file, end = pipe

    async def write():
        for byte in RAW:
            end.write(bytes([byte]))
            await asyncio.sleep(0)
        end.close()

    writing = asyncio.create_task(write())
    async with asyncio.timeout(5):
        assert await sent(file) == RAW
    await writing


async def test_waiting_for_a_pipe_can_be_cancelled(client, nothing_sent, pipe):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await client.email.send_mime(pipe[0])


async def test_a_pipe_is_not_read_when_something_else_is_wrong(client, nothing_sent, pipe):
    file, end = pipe
    end.write(RAW)
    with pytest.raises(ValueError, match=r"^schedule: must be in the future"):
        await client.email.send_mime(file, schedule=LATER - dt.timedelta(days=1))
    end.close()
    assert file.read() == RAW


async def test_an_empty_pipe_is_refused(client, nothing_sent, pipe):
    file, end = pipe
    end.close()
    with pytest.raises(ValueError, match=r"^mime_email: must not be empty$"):
        await client.email.send_mime(file)


def test_the_calls_of_other_threads_go_on_while_one_waits_for_a_pipe(waiting, answers, pipe):
    file, end = pipe
    bodies = answers("/email/mime", ACCEPTED, ACCEPTED)
    results = []
    slow = threading.Thread(target=lambda: results.append(waiting.email.send_mime(file)))
    other = threading.Thread(target=lambda: results.append(waiting.email.send_mime(b"To: other")))
    slow.start()
    end.write(RAW)
    other.start()
    other.join(60)
    assert len(results) == 1
    end.close()
    slow.join(60)
    assert [base64.b64decode(body["mime_email"]) for body in bodies] == [b"To: other", RAW]


async def test_only_an_open_file_may_have_to_be_read_to_its_end(sent, tmp_path, monkeypatch):
    monkeypatch.setattr(_mime, "blob_from_thread", None)
    (tmp_path / "mail.eml").write_bytes(RAW)
    for message in (RAW, bytearray(RAW), RAW.decode("latin-1"), ready(), tmp_path / "mail.eml"):
        assert await sent(message)


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("empty", [b"", "", bytearray(), io.BytesIO(b"")])
async def test_an_empty_message_is_refused(client, nothing_sent, empty):
    with pytest.raises(ValueError, match=r"^mime_email: must not be empty$"):
        await client.email.send_mime(empty)


async def test_an_empty_file_is_refused(client, nothing_sent, tmp_path):
    (tmp_path / "mail.eml").touch()
    with pytest.raises(ValueError, match=r"^mime_email: must not be empty$"):
        await client.email.send_mime(tmp_path / "mail.eml")


async def test_an_open_file_that_stands_at_its_end_is_refused(client, nothing_sent):
    file = io.BytesIO()
    file.write(RAW)
    with pytest.raises(ValueError, match=r"^mime_email: .* stands at its end.*seek\(0\)"):
        await client.email.send_mime(file)


async def test_a_missing_file_is_refused(client, nothing_sent, tmp_path):
    with pytest.raises(ValueError, match=r"^mime_email: must be a file that can be read, not .*nowhere"):
        await client.email.send_mime(tmp_path / "nowhere")


async def test_text_that_is_not_valid_unicode_is_refused(client, nothing_sent):
    with pytest.raises(ValueError, match=r"^mime_email: must be valid text, not hold a lone surrogate"):
        await client.email.send_mime("Subject: \ud800")


@pytest.mark.parametrize("name", UNWRITABLE)
async def test_a_message_that_can_not_be_written_is_refused_without_its_content(client, nothing_sent, name):
    make, reason = UNWRITABLE[name]
    with pytest.raises(ValueError) as caught:
        await client.email.send_mime(make())
    assert str(caught.value) == f"mime_email: {reason}"
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


class EmailMessageOfAnotherLibrary:
    """As Django's: it has the ready message, and more recipients beside it."""

    __module__ = "shop.mail"
    __qualname__ = "EmailMessage"

    def message(self):
        raise AssertionError("it was asked")


class WritesItself:
    __module__ = "shop.mail"
    __qualname__ = "EmailMessage"

    def as_bytes(self):
        raise AssertionError("it was asked")


OTHERS = [
    (None, "must be bytes, a path or an open binary file, not None"),
    (17, "must be bytes, a path or an open binary file, not an int"),
    (["Subject: x"], "must be bytes, a path or an open binary file, not a list"),
    ({"subject": "x"}, "must be bytes, a path or an open binary file, not a dict"),
    (dt.date(2026, 1, 1), "must be bytes, a path or an open binary file, not a datetime.date"),
    (
        EmailMessageOfAnotherLibrary(),
        (
            "must be a ready message, not a shop.mail.EmailMessage; write send_mime(mail.message()), which leaves out its bcc "
            "recipients, or email.send(..., bcc=[...])"
        ),
    ),
    (
        WritesItself(),
        "must be a message of the standard library, not a shop.mail.EmailMessage; write send_mime(mail.as_bytes())",
    ),
]


@pytest.mark.parametrize(("message", "reason"), OTHERS)
async def test_another_kind_of_message_is_refused(client, nothing_sent, message, reason):
    with pytest.raises(TypeError) as caught:
        await client.email.send_mime(message)
    assert str(caught.value) == f"mime_email: {reason}"


@pytest.mark.parametrize(("message", "reason"), OTHERS)
async def test_send_message_refuses_another_kind_too(client, nothing_sent, message, reason):
    with pytest.raises(TypeError) as caught:
        await client.email.send_message(message)
    reason = reason.replace("must be bytes, a path or an open binary file", "must be an Email or an EmailMessage")
    hint = "; write Email.from_dict(...) around it" if isinstance(message, dict) else ""
    assert str(caught.value) == f"message: {reason}{hint}"


async def test_a_text_file_is_refused(client, nothing_sent):
    with pytest.raises(TypeError, match=r"^mime_email: .*text mode"):
        await client.email.send_mime(io.StringIO("Subject: x"))


async def test_a_schedule_in_the_past_is_refused(client, nothing_sent):
    with pytest.raises(ValueError, match=r"^schedule: must be in the future"):
        await client.email.send_mime(RAW, schedule=LATER - dt.timedelta(days=1))


@pytest.mark.parametrize("value", ["no", 0, 1])
async def test_fastaccept_must_be_a_bool(client, nothing_sent, value):
    with pytest.raises(TypeError, match=r"^fastaccept: must be a bool"):
        await client.email.send_mime(RAW, fastaccept=value)
