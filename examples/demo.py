"""Send e-mails and texts through the SDK over real HTTP into the sandbox, and compare what arrived with what was sent.

    python examples/demo.py

Ends with status 1 if anything differs.
"""

import hashlib
import struct
import sys
import zlib
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

import anyio

from smtp2go_async import AsyncClient, Attachment, Email, Inline, SendRefusedError, SyncClient
from smtp2go_async.sandbox import Sandbox, SentEmail

HERE = Path(__file__).resolve().parent
SENDER = "Demo Shop <shop@example.com>"
FILES = (HERE.parent / "README.md", HERE.parent / "pyproject.toml")


Things = tuple[object, Sequence[bytes]]
"""What is compared: facts, and contents of which sizes and checksums are shown."""


class Report:
    """A table that is printed as it grows, and whether all its lines are right."""

    def __init__(self) -> None:
        self.right = True
        self._line("", "what", "recipients", "sent", "arrived", "SHA-256 sent", "SHA-256 arrived")

    def _line(self, mark: str, *cells: str) -> None:
        widths = (38, 24, 9, 9, 16, 16)
        print(f"{mark:3}" + "  ".join(cell[:width].ljust(width) for cell, width in zip(cells, widths, strict=True)))

    def compare(self, what: str, recipients: str, sent: Things, arrived: Things) -> None:
        """Print a line: what was sent and what arrived, with the sizes and checksums of the contents."""
        same = sent == arrived
        self.right = self.right and same
        sizes = [f"{sum(map(len, contents)):,} B" for _, contents in (sent, arrived)]
        self._line("ok" if same else "NO", what, recipients, *sizes, _checksum(sent[1]), _checksum(arrived[1]))
        if not same:
            print(f"     sent    {sent[0]!r:.300}\n     arrived {arrived[0]!r:.300}")

    def note(self, text: str) -> None:
        """Print a line that explains."""
        print(f"   {text}")


def _checksum(contents: Sequence[bytes]) -> str:
    return hashlib.sha256(b"".join(contents)).hexdigest()[:16]


def _logo() -> bytes:
    """Draw a small PNG image."""
    rows = b"".join(b"\0" + bytes((40, 90, 10 * y % 256)) * 24 for y in range(24))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        png += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return png


def _order(logo: bytes) -> Email:
    return Email(
        sender=SENDER,
        to=[("Doe, Jane", "jane@example.com"), "Jörg <joerg@example.com>"],
        cc="archive@example.com",
        subject="Your order: thank you",
        html_body='<h1>Thank you <img src="cid:logo"></h1>',
        text_body="Thank you",
        reply_to="help@example.com",
        attachments=[Attachment(path) for path in FILES],
        inlines=[Inline(logo, "logo", mimetype="image/png")],
    )


def _facts(mail: SentEmail) -> Things:
    """Return what of a stored e-mail is compared."""
    text = mail.message.get_body(("plain",))
    html = mail.message.get_body(("html",))
    facts = {
        "recipients": sorted(mail.recipients),
        "subject": mail.subject,
        "text": text.get_content().strip() if text else None,
        "html": html.get_content().strip() if html else None,
        "files": [one.cid or one.filename for one in mail.attachments],
    }
    return facts, [one.content for one in mail.attachments]


def _text(mail: SentEmail) -> bytes:
    part = mail.message.get_body(("plain",))
    return part.get_content().strip().encode() if part else b""


def _check_order(report: Report, what: str, mail: SentEmail, logo: bytes) -> None:
    facts = {
        "recipients": ["archive@example.com", "jane@example.com", "joerg@example.com"],
        "subject": "Your order: thank you",
        "text": "Thank you",
        "html": '<h1>Thank you <img src="cid:logo"></h1>',
        "files": [*(path.name for path in FILES), "logo"],
    }
    contents = [*(path.read_bytes() for path in FILES), logo]
    report.compare(what, "jane@, joerg@, archive@", (facts, contents), _facts(mail))


async def _async(sandbox: Sandbox, report: Report, logo: bytes) -> None:
    async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        result = await client.email.send_message(_order(logo))
        mail = sandbox.sent[-1]
        assert mail.email_id == result.email_id
        _check_order(report, "e-mail, 2 files, 1 inline image", mail, logo)

        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = SENDER, "jane@example.com", "A ready MIME message"
        message.set_content("Made by the standard library")
        message.add_attachment(FILES[0].read_bytes(), maintype="text", subtype="markdown", filename=FILES[0].name)
        await client.email.send_message(message)
        raw = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
        mail = sandbox.sent[-1]
        subject = "A ready MIME message"
        report.compare("MIME e-mail, byte for byte", "jane@", (subject, [raw]), (mail.subject, [mail.raw]))

        batch = [
            Email(sender=SENDER, to=f"reader{n}@example.com", subject=f"Issue {n}", text_body=f"Number {n}")
            for n in range(50)
        ]
        items = await client.email.send_batch(batch)
        by_id = {mail.email_id: mail for mail in sandbox.sent[-50:]}
        mails = [by_id[item.email_id] for item in items]
        report.compare(
            "batch of 50, each id with its recipient",
            "reader0@ to reader49@",
            ([(f"reader{n}@example.com", f"Issue {n}") for n in range(50)], [b"Number %d" % n for n in range(50)]),
            ([(one.recipients[0], one.subject) for one in mails], [_text(one) for one in mails]),
        )

        before = len(sandbox.sent)
        try:
            await client.email.send(SENDER, "refused@example.com", subject="Not wanted", text_body="Hello")
        except SendRefusedError as error:
            told = (error.carried_out, len(sandbox.sent))
            report.compare("refused e-mail: SendRefusedError", "refused@", ((False, before), []), (told, []))
            report.note(f"the error says: {error}")
        else:
            report.compare("refused e-mail", "refused@", ("an error", []), ("no error", []))

        numbers = ["+12025550123", "+12025550124", "+12025550125"]
        text = "Your parcel is on its way"
        texted = await client.sms.send(numbers, text)
        report.compare(
            "SMS to 3 numbers",
            "3 numbers",
            (numbers, [text.encode()] * 3),
            ([one.destination for one in sandbox.sms], [one.content.encode() for one in sandbox.sms]),
        )
        report.note(f"the answer says: {dict(texted.statuses)}")


def _waiting(sandbox: Sandbox, report: Report, logo: bytes) -> None:
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        client.email.send_message(_order(logo))
        _check_order(report, "the first again, through SyncClient", sandbox.sent[-1], logo)


def main() -> int:
    """Run it all, and return the exit status."""
    report = Report()
    with Sandbox() as sandbox:
        logo = _logo()
        anyio.run(_async, sandbox, report, logo)
        _waiting(sandbox, report, logo)
        print(f"\n{len(sandbox.sent)} e-mails and {len(sandbox.sms)} texts arrived in {len(sandbox.requests)} calls.")
    print("Everything arrived as it was sent." if report.right else "Something differs: see the lines with NO.")
    return 0 if report.right else 1


if __name__ == "__main__":
    sys.exit(main())
