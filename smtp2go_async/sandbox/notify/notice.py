"""What a webhook is told about an event: the fields of its body, as a form or as JSON. No I/O."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlencode

from attrs import field, frozen

from ..mime import message_id
from ..ready import read_headers
from ..records import RecordedEvent, RecordedSmsEvent, SentEmail
from ..webhooks import StoredWebhook

SOURCE_HOST: Final = "192.0.2.1"
"""The server from which e-mails go out, in a range for documentation as all addresses here."""
_MX: Final = "mx.example.com [192.0.2.25]"
_NAMES: Final[Mapping[str, str]] = {
    "processed": "processed",
    "delivered": "delivered",
    "opened": "open",
    "clicked": "click",
    "hard-bounced": "bounce",
    "soft-bounced": "bounce",
    "spam": "spam",
    "unsubscribed": "unsubscribe",
    "resubscribed": "resubscribe",
    "rejected": "reject",
}
"""What a webhook calls each event of ``/activity/search``."""
# Resubscribe is documented as an event, and not as a name that can be asked for. Here it comes with unsubscribe.
_ASKED_FOR_AS: Final[Mapping[str, str]] = {"resubscribe": "unsubscribe"}
_READER: Final[Mapping[str, str]] = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0",
    "client": "Thunderbird 140.0",
    "client-device": "Other",
    "client-os": "Linux",
    "geoip-continent": "OC",
    "geoip-country": "NZ",
    "geoip-city": "Christchurch",
    "srchost": "192.0.2.10",
}


@frozen(kw_only=True)
class Notice:
    """An event as webhooks are told of it. Each webhook and each try gets the same id."""

    event: str
    """The name of the event, such as ``bounce`` or ``sms_failed``."""
    email_id: str = ""
    message_id: str = ""
    """The id of a text; empty for an e-mail."""
    recipient: str = field(default="", repr=False)
    username: str
    subaccount: str
    fields: Callable[[], Mapping[str, Any]] = field(repr=False, eq=False)
    email: SentEmail | None = field(default=None, repr=False, eq=False)
    id: str = field(factory=lambda: uuid.uuid4().hex)

    def is_for(self, webhook: StoredWebhook) -> bool:
        """Return whether a webhook asked for this event."""
        if webhook.disabled or webhook.subaccount not in ("", self.subaccount):
            return False
        # A whole key is possible in this list, too; the events have its short form.
        if webhook.usernames and self.username not in {name[:16] for name in webhook.usernames}:
            return False
        if self.email is None:
            return self.event.removeprefix("sms_") in webhook.sms_events
        return _ASKED_FOR_AS.get(self.event, self.event) in webhook.events

    def body_for(self, webhook: StoredWebhook) -> tuple[str, bytes]:
        """Return the content type and the body of the request to a webhook."""
        fields = {**self.fields(), "event": self.event, "id": self.id}
        if self.email is not None and webhook.headers:
            fields |= _echoed(self.email, webhook.headers)
        if webhook.output_format == "json":
            return "application/json", json.dumps(fields).encode()
        # The provider has not published how a form has several recipients. Here the field is repeated.
        return "application/x-www-form-urlencoded", urlencode(fields, doseq=True, errors="replace").encode()


def email_notices(events: Iterable[RecordedEvent]) -> list[Notice]:
    """Return what to tell of events of one moment: ``processed`` once for an e-mail, the others for each recipient."""
    notices = []
    processed: dict[str, list[RecordedEvent]] = {}
    for event in events:
        if event.kind != "processed":
            notices.append(_notice(event))
        elif event.email.email_id in processed:
            processed[event.email.email_id].append(event)
        else:
            processed[event.email.email_id] = [event]
            notices.append(_processed(processed[event.email.email_id]))
    return notices


def sms_notice(event: RecordedSmsEvent) -> Notice:
    """Return what to tell of an event of a text."""
    text = event.text
    return Notice(
        event=f"sms_{event.kind}",
        message_id=text.message_id,
        recipient=text.destination,
        username=text.username,
        subaccount="",
        fields=lambda: {
            "destination_number": text.destination,
            "email_subject": "",
            "message_content": text.content,
            "message_id": text.message_id,
            "received_timestamp": _second(event.moment),
            "region": "us",
            "retry_count": 0,
            "sender_email": "",
            "source_number": text.sender,
            "status_code": event.kind,
            "submitted_timestamp": _second(text.received_at),
        },
    )


def _processed(events: Sequence[RecordedEvent]) -> Notice:
    email = events[0].email
    return Notice(
        event="processed",
        email_id=email.email_id,
        username=email.username,
        subaccount=email.subaccount,
        email=email,
        fields=lambda: {
            **_common(events[0]),
            "recipients": [event.recipient for event in events],
            "srchost": SOURCE_HOST,
        },
    )


def _notice(event: RecordedEvent) -> Notice:
    return Notice(
        event=_NAMES[event.kind],
        email_id=event.email.email_id,
        recipient=event.recipient,
        username=event.email.username,
        subaccount=event.email.subaccount,
        email=event.email,
        fields=lambda: {**_common(event), "rcpt": event.recipient, **_details(event)},
    )


def _common(event: RecordedEvent) -> dict[str, Any]:
    email = event.email
    name, sender_name = message_id(email.email_id), email.sender_name
    if email.via == "mime":
        # A ready message has an id and a name of its own.
        headers = _headers(email)
        name = headers.get("message-id", name)
        sender_name = parseaddr(headers.get("from", ""))[0]
    sent = event.moment.astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "Message-Id": name,
        "Subject": email.subject,
        "auth": email.username,
        "email_id": email.email_id,
        "from": email.sender,
        "from_address": email.sender,
        "from_name": sender_name,
        "message-id": name,
        "sender": email.sender,
        "sendtime": sent,
        "subject": email.subject,
        "time": _second(event.moment),
    }


def _details(event: RecordedEvent) -> dict[str, Any]:
    match event.kind:
        case "delivered":
            return {"context": "Unavailable", "host": _MX, "message": "250 Message received", "srchost": SOURCE_HOST}
        case "hard-bounced" | "soft-bounced":
            return {
                "bounce": event.kind.removesuffix("-bounced"),
                "context": f"RCPT TO:<{event.recipient}>",
                "host": _MX,
                "message": event.detail,
            }
        case "opened":
            return {**_READER, "context": "Unavailable", "opened-at": _second(event.moment), "read-secs": "60"}
        case "clicked":
            return {**_READER, "context": "Unavailable", "clicked-at": _second(event.moment), "url": event.detail}
        case "spam":
            return {"context": "feedback", "message": ""}
        case "unsubscribed" | "resubscribed":
            return {"context": "feedback", "message": event.recipient}
    return {"context": "submission", "message": event.detail, "srchost": SOURCE_HOST}


def _echoed(email: SentEmail, wanted: Sequence[str]) -> dict[str, str]:
    """Return the headers that a webhook asked for and the e-mail has, under the names that were asked for."""
    values = _headers(email)
    return {name: values[name.lower()] for name in wanted if name.lower() in values}


def _headers(email: SentEmail) -> dict[str, str]:
    # Of headers with the same name, the first counts.
    return {name.lower(): value for name, value in reversed(read_headers(email.raw))}


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
