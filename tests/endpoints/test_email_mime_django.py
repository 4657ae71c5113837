"""The e-mails of Django: its ready messages go out, and what is no ready message is refused with the line to write."""

import base64
from email.mime.image import MIMEImage

import pytest

django = pytest.importorskip("django")

from _mime.odd_messages import BINARY, URL, modern, read, said  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.mail import EmailMessage, EmailMultiAlternatives  # noqa: E402

from smtp2go_async import AsyncClient  # noqa: E402
from smtp2go_async._mime.writing import message_bytes  # noqa: E402

if not settings.configured:
    settings.configure(USE_I18N=False)

NAME = "django.core.mail.message.EmailMessage"


def mail(**changes):
    fields = {
        "subject": "Grüße " * 30,
        "body": "Hallo Jané\nFrom me\n" + "x" * 1200,
        "from_email": "Jörg Müller <joerg@example.com>",
        "to": ['"Müller, Jörg" <j@example.com>', "Ann <ann@example.com>"],
        "headers": {"List-Unsubscribe": URL, "X-List": "a;b," * 60},
        **changes,
    }
    return EmailMultiAlternatives(**fields)


def with_alternatives_and_files():
    made = mail()
    made.attach_alternative("<p>é", "text/html")
    made.attach("Ü.pdf", BINARY, "application/pdf")
    made.attach("a.txt", "text é\n", "text/plain")
    return made


def with_messages():
    made = mail()
    made.attach("one.eml", modern("é\n", Subject="Grüße", Cc="Jörg <j@example.com>"), "message/rfc822")
    made.attach("two.eml", mail(), "message/rfc822")
    return made


def with_an_inline_image():
    made = mail(body="text")
    if django.VERSION < (6,):
        made.attach(MIMEImage(b"\x89PNG", _subtype="png"))
    else:
        from email.message import MIMEPart

        part = MIMEPart()
        part.set_content(b"\x89PNG", "image", "png", cid="<logo>", disposition="inline")
        made.attach(part)
    return made


MAKERS = [mail, with_alternatives_and_files, with_messages, with_an_inline_image]


@pytest.mark.parametrize("make", MAKERS)
def test_a_message_of_django_reads_back_with_its_content(make):
    message = make().message()
    raw = message_bytes(message)
    assert read(raw) == said(message)
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


async def test_send_mime_and_send_message_take_the_message_of_a_django_email(client, answers):
    bodies = answers("/email/mime", {"email_id": "1"}, {"email_id": "2"})
    await client.email.send_mime(mail().message())
    await client.email.send_message(mail().message())
    assert [read(base64.b64decode(body["mime_email"]))[1][:10] for body in bodies] == [b"Hallo Jan\xc3"] * 2


@pytest.mark.parametrize("call", ["send_mime", "send_message"])
async def test_an_email_of_django_itself_is_refused_since_its_bcc_would_be_lost(
    client: AsyncClient, nothing_sent, call
):
    with pytest.raises(TypeError) as caught:
        await getattr(client.email, call)(EmailMessage("secret", bcc=["secret@example.com"]))
    argument = {"send_mime": "mime_email", "send_message": "message"}[call]
    assert str(caught.value) == (
        f"{argument}: must be a ready message, not a {NAME}; write send_mime(mail.message()), which leaves out its bcc "
        "recipients, or email.send(..., bcc=[...])"
    )
