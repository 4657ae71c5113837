"""Made-up payloads in the shapes that webhooks have."""

import json
from typing import Any
from urllib.parse import urlencode

from smtp2go_async.webhooks.events import Event
from smtp2go_async.webhooks.parse import parse

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

EMAIL: dict[str, Any] = {
    "event": "delivered",
    "id": "0123456789abcdef0123456789abcdef",
    "email_id": "1wAbCd-k3jX9QzTr2b",
    "time": "2026-03-14T09:26:53Z",
    "sendtime": "2026-03-14T09:26:53.589793+00:00",
    "rcpt": "kim@mail.example",
    "sender": "orders@shop.example",
    "from": "orders@shop.example",
    "from_address": "orders@shop.example",
    "from_name": "",
    "auth": "shop-orders",
    "subject": "Your order",
    "Subject": "Your order",
    "message-id": "<order-7@shop.example>",
    "Message-Id": "<order-7@shop.example>",
    "host": "mx1.mail.example [203.0.113.7]",
    "srchost": "192.0.2.41",
    "context": "RCPT TO:<kim@mail.example>",
    "message": "250 2.0.0 Ok",
}
REQUEST: dict[str, Any] = {
    "user-agent": "A mail program",
    "client": "Thunderbird 140.0",
    "client-device": "Other",
    "client-os": "Linux",
    "geoip-continent": "OC",
    "geoip-country": "NZ",
    "geoip-city": "Christchurch",
}
TEXT: dict[str, Any] = {
    "event": "sms_delivered",
    "id": "fedcba9876543210fedcba9876543210",
    "destination_number": "+64210000001",
    "source_number": "+64210000002",
    "message_id": "text-7",
    "message_content": "Your parcel arrives today.",
    "email_subject": "Parcel",
    "sender_email": "orders@shop.example",
    "submitted_timestamp": "2026-03-14T09:26:53Z",
    "received_timestamp": "2026-03-14T09:26:55Z",
    "region": "NZ",
    "status_code": 0,
    "retry_count": "2",
}


def parsed(payload: object) -> Any:
    """Parse a payload in JSON."""
    event: Event = parse(json.dumps(payload).encode(), JSON)
    return event


def parsed_form(payload: dict[str, Any]) -> Any:
    """Parse a payload as a form; a list becomes a field that comes several times."""
    event: Event = parse(urlencode(payload, doseq=True).encode(), FORM)
    return event
