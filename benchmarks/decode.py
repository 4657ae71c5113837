"""What it costs to turn a page of 1,000 activity events into models, beside `json.loads` of the same bytes.

    python benchmarks/decode.py [--rounds 15]

msgspec and pydantic decode the same page into equal classes of their own, where they are installed. Each round measures
every contender in turn; the ratio is the median of the rounds' ratios.
"""

import argparse
import datetime as dt
import importlib.util
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import attrs

from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async._wire.settings import Settings
from smtp2go_async.endpoints.activity import SEARCH, ActivityEvent, ActivityPage

GOAL = 2.5
SETTINGS = Settings(api_key="api-" + "0" * 32, base_url="https://api.smtp2go.com/v3")


def _page(events: int) -> bytes:
    # The fields that a real answer has; the documented others are absent from it.
    event = {
        "from": "shop@example.com",
        "subaccount_name": "Master account",
        "event": "delivered",
        "username": "api-0123456789AB",
        "sender": "shop@example.com",
        "sender_full": "Shop <shop@example.com>",
        "smtp_response": "250 2.0.0 Ok: queued as 4f7f4b3tWbzKy",
        "host": "192.0.2.25",
        "outbound_ip": "192.0.2.26",
        "byte_size": 1068,
    }
    many = [
        event
        | {
            "email_id": f"1rZPGW-{number:06}-2m",
            "date": f"2026-02-12T05:54:{number % 60:02}Z",
            "recipient": f"reader{number}@example.com",
            "to": f"reader{number}@example.com",
            "subject": f"Order {number}",
        }
        for number in range(events)
    ]
    data = {"events": many, "total_events": events, "continue_token": "x" * 200}
    return json.dumps({"request_id": "5e1c8e52-0000-4000-8000-000000000001", "data": data}).encode()


def _ours(content: bytes) -> ActivityPage:
    return parse_response(SEARCH, Response(200, content), SETTINGS)


def _kinds() -> dict[str, Any]:
    """Return the fields of an event with plain types, for the peers' classes."""
    plain: dict[str, Any] = {}
    kinds: Any = ActivityEvent
    for one in attrs.fields(kinds):
        if one.name in ("email_client", "metadata", "custom_headers", "delivery_attempts"):
            continue
        kind: Any = str
        if one.name == "date":
            kind = dt.datetime | None
        elif one.name == "byte_size":
            kind = int | None
        elif one.name == "recipients":
            kind = list[str]
        plain[one.name] = kind
    return plain


def _msgspec() -> Callable[[bytes], object]:
    import msgspec

    def default(kind: Any) -> Any:
        return "" if kind is str else msgspec.field(default_factory=list) if kind == list[str] else None

    fields = [(name, kind, default(kind)) for name, kind in _kinds().items()]
    event: Any = msgspec.defstruct("Event", fields, frozen=True, rename={"from_": "from"})
    page = msgspec.defstruct("Page", [("events", list[event]), ("total_events", int), ("continue_token", str)])
    reply = msgspec.defstruct("Reply", [("request_id", str), ("data", page)])
    decoder = msgspec.json.Decoder(reply)
    return decoder.decode


def _pydantic() -> Callable[[bytes], object]:
    import pydantic

    def field(name: str, kind: Any) -> Any:
        start: Any = "" if kind is str else [] if kind == list[str] else None
        return (kind, pydantic.Field(start, alias="from" if name == "from_" else None))

    fields = {name: field(name, kind) for name, kind in _kinds().items()}
    event: Any = pydantic.create_model("Event", __config__=pydantic.ConfigDict(frozen=True), **fields)
    page = pydantic.create_model("Page", events=(list[event], ...), total_events=(int, ...), continue_token=(str, ...))
    reply = pydantic.create_model("Reply", request_id=(str, ...), data=(page, ...))
    return reply.model_validate_json


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    content = _page(1000)
    contenders: dict[str, Callable[[bytes], Any]] = {"json.loads": json.loads, "smtp2go-async": _ours}
    for name, make in (("msgspec", _msgspec), ("pydantic", _pydantic)):
        if importlib.util.find_spec(name) is not None:
            contenders[name] = make()
    assert len(_ours(content).events) == 1000
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, decode in contenders.items():
            started = time.perf_counter()
            for _ in range(5):
                decode(content)
            if number:  # the first round fills caches
                seconds[name].append((time.perf_counter() - started) / 5)
    print(f"{'a page of 1,000 events':24} {'ms':>8} {'json.loads':>12} {'goal':>6}   ({len(content):,} bytes)")
    for name, found in seconds.items():
        ratio = statistics.median(one / base for one, base in zip(found, seconds["json.loads"], strict=True))
        goal = f"{GOAL:.1f}" if name == "smtp2go-async" else ""
        print(f"{name:24} {statistics.median(found) * 1e3:8.2f} {ratio:11.2f}x {goal:>6}")


if __name__ == "__main__":
    main()
