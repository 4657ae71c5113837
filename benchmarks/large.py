"""Large attachments: memory, stalls of the event loop and time, for one send and for many at once. On Linux only.

    python benchmarks/large.py [--count 200] [--megabytes 36] [--rounds 5]

Each figure comes from a process of its own. "MB" is the most that the process held above its memory after a small
send; "ms late" is by how much a timer of the event loop came late at most. The file is in the cache of the system. One
send is measured in several rounds, every contender in turn, and the line shows the median of each figure.
"""

import argparse
import asyncio
import base64
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from _server import plain_server

from smtp2go_async import AsyncClient

KEY = "api-" + "0" * 32
MAIL: dict[str, Any] = {"sender": "shop@example.com", "to": ["jane@example.com"], "subject": "1", "text_body": "Hi"}
# For a single send and for many, with a file of 36 MB: MB, ms late, and the time against doing it by hand.
GOALS = {"single": {"MB": 4.0, "ms late": 10.0, "against": 0.7}, "many": {"MB": 64.0}}
LONGEST = 60.0
"""Seconds that a process may take."""

Send = Callable[[str], Awaitable[None]]
Work = Callable[[Send], Awaitable[None]]


async def _by_hand(base_url: str, work: Work) -> None:
    async with httpx.AsyncClient(headers={"X-Smtp2go-Api-Key": KEY}) as client:

        async def send(path: str) -> None:
            content = base64.b64encode(Path(path).read_bytes()).decode()  # noqa: ASYNC240 - as it is often written
            file = {"filename": "report.bin", "mimetype": "application/octet-stream", "fileblob": content}
            response = await client.post(f"{base_url}/email/send", json={**MAIL, "attachments": [file]})
            assert response.json()["data"]["succeeded"] == 1

        await work(send)


async def _ours(base_url: str, work: Work, **options: Any) -> None:
    async with AsyncClient(KEY, base_url=base_url, timeout=LONGEST, **options) as client:

        async def send(path: str) -> None:
            await client.email.send(**MAIL, attachments=[path])

        await work(send)


CONTENDERS: dict[str, Callable[[str, Work], Awaitable[None]]] = {
    "read, base64, httpx": _by_hand,
    "httpx": _ours,
    "fast": lambda base_url, work: _ours(base_url, work, transport="fast"),
}


def _memory(figure: str) -> float:
    """Return a figure of this process in MB: its memory now (``VmRSS``), or the most that it held (``VmHWM``)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(figure)) * 1024 / 1e6


async def _watch(late: list[float]) -> None:
    """Ask for a timer each millisecond, and keep by how much the latest came late."""
    while True:
        asked = time.perf_counter() + 0.001
        await asyncio.sleep(0.001)
        late[0] = max(late[0], time.perf_counter() - asked)


def _measure(name: str, base_url: str, path: str, count: int) -> dict[str, float]:
    """Measure in this process, which has done nothing else."""
    found: dict[str, float] = {}

    async def work(send: Send) -> None:
        await send(__file__)
        gc.collect()
        late = [0.0]
        watching = asyncio.create_task(_watch(late))
        await asyncio.sleep(0.05)
        idle, late[0] = _memory("VmRSS"), 0.0
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # noqa: ASYNC240 - not on a disk
        started = time.perf_counter()
        await asyncio.gather(*(send(path) for _ in range(count)))
        found["seconds"] = time.perf_counter() - started
        found["MB"] = _memory("VmHWM") - idle
        found["ms late"] = late[0] * 1000
        watching.cancel()

    async def run() -> None:
        await CONTENDERS[name](base_url, work)

    asyncio.run(run())
    return found


def _measured_apart(name: str, base_url: str, path: str, count: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", name, base_url, path, "--count", str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=LONGEST)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _print(name: str, count: int, found: dict[str, float], goals: dict[str, float]) -> None:
    cells = [f"{name:20} {count:5}", f"{found['seconds']:8.2f}"]
    for what in ("against", "MB", "ms late"):
        value = f"{found[what]:8.2f}" if what in found else " " * 8
        goal = f"({goals[what]:g})" if what in goals and name != "read, base64, httpx" else ""
        cells.append(f"{value} {goal:6}")
    print(" ".join(cells).rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=200, help="sends at once")
    parser.add_argument("--megabytes", type=float, default=36.0, help="of the file")
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds of measuring a single send (default: %(default)s)"
    )
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, base_url, path = options.measure
        print(json.dumps(_measure(name, base_url, path, options.count)))
        return
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with plain_server() as base_url, tempfile.NamedTemporaryFile() as file:
        file.write(os.urandom(int(options.megabytes * 1e6)))
        file.flush()
        for _ in range(options.rounds):
            for name, found in rounds.items():
                found.append(_measured_apart(name, base_url, file.name, 1))
                found[-1]["against"] = found[-1]["seconds"] / rounds["read, base64, httpx"][-1]["seconds"]
        print(f"{f'{options.megabytes:g} MB (goals)':20} sends  seconds  against          MB        ms late")
        for name, found in rounds.items():
            _print(
                name,
                1,
                {figure: statistics.median(row[figure] for row in found) for figure in found[0]},
                GOALS["single"],
            )
        for name in list(CONTENDERS)[1:]:
            _print(name, options.count, _measured_apart(name, base_url, file.name, options.count), GOALS["many"])


if __name__ == "__main__":
    main()
