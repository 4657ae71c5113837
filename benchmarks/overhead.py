"""What this library adds to one call: sends one after the other, beside bare httpx on the same server.

    python benchmarks/overhead.py [--calls 2000] [--rounds 7]

Each round measures every contender in turn, and the ratio is the median of the rounds' ratios, so that a busy machine
shows in all of them alike. One send is about 2 KB of JSON, its reply parsed.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from _server import plain_server

from smtp2go_async import AsyncClient, SyncClient

KEY = "api-" + "0" * 32
FIELDS: dict[str, Any] = {
    "sender": "Shop <shop@example.com>",
    "to": ["Jane Jones <jane@example.com>"],
    "subject": "Your order",
    "html_body": "<p>" + "Thank you for your order. " * 60 + "</p>",
    "text_body": "Thank you for your order. " * 15,
}
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
    for name, found in seconds.items():
        ratio = statistics.median(one / bare for one, bare in zip(found, seconds["bare httpx"], strict=True))
        goal = f"{GOALS[name]:.2f}" if name in GOALS else ""
        print(f"{name:20} {statistics.median(found) * 1e6:10.0f} {ratio:14.2f} {goal:>8}")


if __name__ == "__main__":
    main()
