"""The time that this library adds to a call: sends one after the other, beside bare httpx on the same server.

    python benchmarks/overhead.py [--calls 2000] [--rounds 7]

Each round measures every contender in turn, and the ratio is the median of the rounds' ratios, so that a busy machine
shows in all of them alike. One send is about 2 KB of JSON, its reply parsed.
"""

import argparse
import asyncio
import inspect
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
from _server import REPLY, plain_server

from smtp2go_async import AsyncClient, Email, SyncClient
from smtp2go_async._http.seams import Depart
from smtp2go_async._wire.request import Request, build_request
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async.endpoints.api_keys import ApiKeys
from smtp2go_async.endpoints.domains import Domains
from smtp2go_async.endpoints.email import SEND, Emails

KEY = "api-" + "0" * 32
FIELDS: dict[str, Any] = {
    "sender": "Shop <shop@example.com>",
    "to": ["Jane Jones <jane@example.com>"],
    "subject": "Your order",
    "html_body": "<p>" + "Thank you for your order. " * 60 + "</p>",
    "text_body": "Thank you for your order. " * 15,
}
LAYER_GOAL = 40.0
CHECKS_GOAL = 2.0
GOALS = {"AsyncClient": 1.25, "SyncClient": 1.6}


def _bare(base_url: str, calls: int) -> float:
    async def run() -> float:
        async with httpx.AsyncClient(headers={"X-Smtp2go-Api-Key": KEY}) as client:
            return await _timed(calls, lambda: _post(client, f"{base_url}/email/send"))

    return asyncio.run(run())


async def _post(client: httpx.AsyncClient, url: str) -> None:
    response = await client.post(url, json=FIELDS)
    assert response.json()["data"]["succeeded"] == 1


def _ours(base_url: str, calls: int) -> float:
    async def run() -> float:
        async with AsyncClient(KEY, base_url=base_url) as client:
            return await _timed(calls, lambda: client.email.send(**FIELDS))

    return asyncio.run(run())


async def _timed(calls: int, call: Callable[[], Awaitable[object]]) -> float:
    for _ in range(50):
        await call()
    started = time.perf_counter()
    for _ in range(calls):
        await call()
    return (time.perf_counter() - started) / calls


def _waiting(base_url: str, calls: int) -> float:
    with SyncClient(KEY, base_url=base_url) as client:
        for _ in range(50):
            client.email.send(**FIELDS)
        started = time.perf_counter()
        for _ in range(calls):
            client.email.send(**FIELDS)
        return (time.perf_counter() - started) / calls


def _leaves(*, writing: bool = False) -> None:
    """Let every call leave."""


def _layer(calls: int) -> float:
    """Measure a call that succeeds with repeating and pacing, and without, over no network."""
    answer = Response(200, REPLY)

    class Nowhere:
        async def send(self, request: Request, depart: Depart) -> Response:
            depart(writing=True)
            return answer

        async def aclose(self) -> None:
            pass

    async def run() -> float:
        client = AsyncClient(KEY)
        client._calls.transport = nowhere = Nowhere()
        fields = Email(**FIELDS).to_fields()

        async def without() -> None:
            request = build_request(SEND, fields, client._calls.settings)
            parse_response(SEND, await nowhere.send(request, _leaves), client._calls.settings)

        bare = await _timed(calls, without)
        return await _timed(calls, lambda: client._calls.call(SEND, fields)) - bare

    return asyncio.run(run())


def _checks(calls: int, rounds: int) -> dict[str, float]:
    """Measure the checks of arguments: to a call with one argument, to a send, and to a call with ten options.

    Beside the method itself, with a client that makes nothing of its fields. The quickest of the rounds counts, since
    a busy machine adds more than the checks do.
    """

    class Nothing:
        async def call(self, operation: object, fields: object) -> None:
            return None

    nothing: Any = Nothing()
    options: dict[str, Any] = {
        "description": "A comment",
        "custom_ratelimit": True,
        "custom_ratelimit_value": 100,
        "custom_ratelimit_period": "2 days",
        "ip_pool": 3,
        "feedback_enabled": False,
        "open_tracking_enabled": True,
        "click_tracking_enabled": True,
        "archive_enabled": False,
        "audit_email": "jane@example.com",
    }
    cases: dict[str, tuple[Callable[..., Any], object, dict[str, Any]]] = {
        "one argument": (Domains.view, Domains(nothing), {"domain": "example.com"}),
        "a send": (Emails.send, Emails(nothing), FIELDS),
        "ten options": (ApiKeys.add, ApiKeys(nothing), options),
    }

    async def run() -> dict[str, float]:
        added = {}
        for name, (checked, group, arguments) in cases.items():
            both = [partial(inspect.unwrap(checked), group, **arguments), partial(checked, group, **arguments)]
            times = [[await _timed(calls, call) for call in both] for _ in range(rounds)]
            added[name] = min(checked for _, checked in times) - min(bare for bare, _ in times)
        return added

    return asyncio.run(run())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    contenders = {"bare httpx": _bare, "AsyncClient": _ours, "SyncClient": _waiting}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    with plain_server() as base_url:
        for _ in range(options.rounds):
            for name, measure in contenders.items():
                seconds[name].append(measure(base_url, options.calls))
    print(f"{'one call at a time':20} {'µs a call':>10} {'against httpx':>14} {'goal':>8}")
    for name, times in seconds.items():
        ratio = statistics.median(ours / bare for ours, bare in zip(times, seconds["bare httpx"], strict=True))
        goal = f"{GOALS[name]:.2f}" if name in GOALS else ""
        print(f"{name:20} {statistics.median(times) * 1e6:10.0f} {ratio:14.2f} {goal:>8}")
    layer = statistics.median(_layer(10 * options.calls) for _ in range(options.rounds))
    print(
        f"\nrepeating and pacing add {layer * 1e6:.1f} µs to a call that succeeds (goal: at most {LAYER_GOAL:.0f} µs)"
    )
    checks = _checks(options.calls, 10 * options.rounds)
    told = ", ".join(f"{added * 1e6:.1f} µs to {name}" for name, added in checks.items())
    print(f"the checks of arguments add {told} (goal: at most {CHECKS_GOAL:.0f} µs)")


if __name__ == "__main__":
    main()
