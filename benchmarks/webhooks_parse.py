"""What parsing a webhook's request costs, beside decoding its body and nothing else.

    python benchmarks/webhooks_parse.py [--limit 3]

For each kind of event: the time of `json.loads` and of `parse` for the same body, and their ratio; then the same for
forms, beside `urllib.parse.parse_qsl`. The payloads are made up, in the shapes that webhooks have. The quickest of many
rounds counts, since a busy machine can only slow a round down. With ``--limit``, the program fails if JSON takes more
than so many times `json.loads`.
"""

import argparse
import json
import sys
import timeit
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from _machine import machine

from smtp2go_async.webhooks.parse import parse

ROUNDS, CALLS = 100, 50

# Of an e-mail that a program sent: few fields, and a time with microseconds.
SHORT = {
    "srchost": "192.0.2.41",
    "email_id": "1wAbCd-k3jX9QzTr2b",
    "time": "2026-03-14T09:26:53Z",
    "sender": "orders@shop.example",
    "sendtime": "2026-03-14T09:26:53.589793+00:00",
}
# As the app's test button fills it: headers in two spellings, and everything about the sender.
LONG = {
    "Message-Id": "<20260314.order-7@shop.example>",
    "Subject": "Your order has left our store",
    "auth": "shop-orders",
    "email_id": "email-31415926",
    "from": "orders@shop.example",
    "from_address": "orders@shop.example",
    "from_name": "The Shop",
    "message-id": "<20260314.order-7@shop.example>",
    "sender": "orders@shop.example",
    "sendtime": "2026-03-14T09:26:53Z",
    "subject": "Your order has left our store",
    "time": "2026-03-14T09:26:58Z",
    "id": "0123456789abcdef0123456789abcdef",
}
REQUEST = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0",
    "client": "Thunderbird 140.0",
    "client-device": "Other",
    "client-os": "Linux",
    "geoip-continent": "OC",
    "geoip-country": "NZ",
    "geoip-city": "Christchurch",
    "srchost": "192.0.2.99",
}
TO, MX = {"rcpt": "kim@mail.example"}, {"host": "mx1.mail.example [203.0.113.7]"}
REFUSED = {"context": "RCPT TO:<kim@mail.example>", "message": "550 5.1.1 no mailbox here by that name"}
TEXT = {
    "destination_number": "+64210000001",
    "source_number": "+64210000002",
    "message_id": "7f3c0a52-58c5-4a0e-9d5a-0f6f1f1b7f11",
    "message_content": "Your parcel arrives between 9 and 11 this morning.",
    "submitted_timestamp": "2026-03-14T09:26:53Z",
    "received_timestamp": "2026-03-14T09:26:55Z",
    "region": "NZ",
    "status_code": "000",
    "retry_count": 0,
}

PAYLOADS: dict[str, dict[str, Any]] = {
    "processed, short": {"event": "processed", **SHORT, "recipients": ["kim@mail.example", "lee@mail.example"]},
    "delivered, short": {
        "event": "delivered",
        **SHORT,
        **TO,
        **MX,
        "context": "Unavailable",
        "message": "250 2.0.0 Ok",
    },
    "bounce, shortest": {"event": "bounce", "bounce": "hard", "email_id": "1wAbCd-k3", "rcpt": "kim@mail.example"},
    "processed": {**LONG, "event": "processed", "recipients": ["kim@mail.example"], "srchost": "192.0.2.41"},
    "delivered": {
        **LONG,
        "event": "delivered",
        **TO,
        **MX,
        "context": "RCPT TO:<kim@mail.example>",
        "message": "250 OK",
    },
    "bounce": {**LONG, "event": "bounce", "bounce": "soft", **TO, **MX, **REFUSED},
    "open": {**LONG, "event": "open", **TO, "opened-at": "2026-03-14T10:00:00Z", "read-secs": "12", **REQUEST},
    "click": {**LONG, "event": "click", **TO, "clicked-at": "2026-03-14T10:00:00Z", "url": "https://shop.example/o/7"}
    | REQUEST,
    "spam": {**LONG, "event": "spam", **TO, "context": "feedback", "message": ""},
    "unsubscribe": {**LONG, "event": "unsubscribe", **TO, "context": "feedback", "message": "orders@shop.example"},
    "reject": {**LONG, "event": "reject", **TO, "context": "submission", "message": "sender not verified"},
    "with 5 headers": {**LONG, "event": "delivered", **TO, **MX, **{f"X-Order-{i}": f"value {i}" for i in range(5)}},
    "sms_delivered": {"event": "sms_delivered", "id": "0123456789abcdef0123456789abcdef", **TEXT},
    "an unknown event": {**LONG, "event": "a_later_event", **TO},
}


def _compare(body: bytes, content_type: str, decode: Callable[[bytes], object]) -> tuple[float, float]:
    # By turns, so that a change of the machine's speed meets both.
    alone, whole = [], []
    for _ in range(ROUNDS):
        alone.append(timeit.timeit(lambda: decode(body), number=CALLS))
        whole.append(timeit.timeit(lambda: parse(body, content_type), number=CALLS))
    return min(alone) / CALLS * 1e6, min(whole) / CALLS * 1e6


def _table(title: str, decoder: str, rows: dict[str, tuple[float, float]]) -> float:
    print(f"\n{title:20} {decoder:>12} {'parse':>10} {'ratio':>6}")
    for name, (alone, whole) in rows.items():
        print(f"{name:20} {alone:9.2f} µs {whole:7.2f} µs {whole / alone:6.2f}")
    return max(whole / alone for alone, whole in rows.values())


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--limit", type=float)
    limit: float | None = options.parse_args(arguments).limit
    print(", ".join(f"{name}: {value}" for name, value in machine().items()))
    bodies = {name: json.dumps(payload).encode() for name, payload in PAYLOADS.items()}
    forms = {name: urlencode(payload, doseq=True).encode() for name, payload in PAYLOADS.items()}
    found = {name: _compare(body, "application/json", json.loads) for name, body in bodies.items()}
    worst = _table("JSON", "json.loads", found)
    of_forms = {
        name: _compare(body, "application/x-www-form-urlencoded", lambda form: parse_qsl(form.decode(), True))
        for name, body in forms.items()
    }
    _table("form", "parse_qsl", of_forms)
    well = limit is None or worst <= limit
    goal = "" if limit is None else f", goal {limit:g}: {'met' if well else 'NOT MET'}"
    print(f"\nJSON takes at most {worst:.2f} times json.loads{goal}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
