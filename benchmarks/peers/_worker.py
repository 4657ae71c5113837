"""Take a measurement of a contender, in a process of its own, and print it as JSON.

python -m peers._worker '{"measure": "sends", "contender": "httpx", "url": "http://127.0.0.1:...", ...}'
"""

import asyncio
import gc
import importlib
import json
import math
import os
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from ._loops import Tally, attach, longest_stall, tasks, threads
from ._mail import Awaited, UnavailableError, Waiting
from ._registry import BY_NAME

LONG_ENOUGH = 1.0
"""Seconds; a round of sends that takes longer is not made again."""


def adapter(name: str) -> Any:
    """Import the class that uses a contender."""
    contender = BY_NAME[name]
    for module in contender.without:
        sys.modules[module] = None  # type: ignore[assignment]
    module, _, kind = contender.adapter.partition(":")
    return getattr(importlib.import_module(f"peers.{module}"), kind)


async def close(peer: Awaited | Waiting) -> None:
    """Close a contender's client."""
    if isinstance(peer, Awaited):
        await peer.aclose()
    else:
        peer.close()


def _told(tally: Tally, *, short: bool) -> dict[str, Any]:
    return {
        "per_second": tally.rate,
        "cpu_us": tally.cpu / tally.done * 1e6 if tally.done else None,
        "done": tally.done,
        "errors": dict(tally.errors),
        "short": short or tally.cut,
    }


async def sends(kind: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Count sends a second with so many in flight; earlier rounds open the connections and tell how many to make."""
    in_flight, seconds, limit = task["in_flight"], task["seconds"], task["limit"]
    peer = kind(task["url"])

    async def run(count: int) -> Tally:
        if isinstance(peer, Awaited):
            return await tasks(peer.send, in_flight, count, limit)
        return threads(peer.send, in_flight, count, limit)

    # What is imported or made at the first call is no part of this.
    await _send(peer)
    tally = await run(max(in_flight, 20))
    # Some take tens of seconds for a thousand, which is a measurement already.
    short = tally.seconds > LONG_ENOUGH
    if not short:
        tally = await run(max(in_flight, math.ceil(tally.rate * seconds)))
    if not tally.cut:
        await close(peer)
    return _told(tally, short=short)


async def batches(kind: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Count the e-mails a second that batch calls send, one call after the other."""
    peer = kind(task["url"])
    await peer.batch()
    mails = 0
    started = time.perf_counter()
    while (seconds := time.perf_counter() - started) < task["seconds"]:
        mails += await peer.batch()
    await close(peer)
    return {"per_second": mails / seconds}


async def attachment(kind: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Send a file, after a small e-mail."""
    idle = asyncio.Event()
    idling = asyncio.create_task(longest_stall(idle))
    await asyncio.sleep(0.3)
    idle.set()
    floor = await idling
    peer = kind(task["url"])
    if isinstance(peer, Awaited):
        await peer.send()
    else:
        await asyncio.to_thread(peer.send)
    gc.collect()
    found: dict[str, Any] = await attach(peer, task["path"])
    await close(peer)
    return found | {"floor_ms": floor}


async def clients(kind: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Time making further clients after the first has sent, and the first send of each."""
    first = kind(task["url"])
    await _send(first)
    made: list[float] = []
    sent: list[float] = []
    for _ in range(task["clients"]):
        started = time.perf_counter()
        peer = kind(task["url"])
        made.append(time.perf_counter() - started)
        await _send(peer)
        sent.append(time.perf_counter() - started)
        await close(peer)
    await close(first)
    return {"made_ms": statistics.median(made) * 1e3, "sent_ms": statistics.median(sent) * 1e3}


async def _send(peer: Awaited | Waiting) -> None:
    if isinstance(peer, Awaited):
        await peer.send()
    else:
        peer.send()


def decoding(task: dict[str, Any]) -> dict[str, Any]:
    """Time turning a page of 1,000 events into models, as `decode.py` does."""
    import decode

    content = decode._page(1000)
    contenders: dict[str, Callable[[bytes], object]] = {
        "json.loads": json.loads,
        "smtp2go-async": decode._ours,
        "msgspec": decode._msgspec(),
        "pydantic": decode._pydantic(),
    }
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(task["repeats"] + 1):
        for name, work in contenders.items():
            started = time.perf_counter()
            work(content)
            if number:
                found[name].append((time.perf_counter() - started) * 1e3)
    return {name: statistics.median(values) for name, values in found.items()}


MEASURES: dict[str, Callable[[Any, dict[str, Any]], Awaitable[dict[str, Any]]]] = {
    "sends": sends,
    "batches": batches,
    "attachment": attachment,
    "clients": clients,
}


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    task = json.loads(sys.argv[1])
    if task["measure"] == "decoding":
        print(json.dumps(decoding(task)))
        return

    async def run() -> dict[str, Any]:
        try:
            return await MEASURES[task["measure"]](adapter(task["contender"]), task)
        except (UnavailableError, ImportError) as error:
            return {"unavailable": f"{type(error).__name__}: {error}"}

    print(json.dumps(asyncio.run(run())), flush=True)
    # Threads that some libraries leave behind can crash an interpreter that ends in order.
    os._exit(0)


if __name__ == "__main__":
    main()
