"""What a run over a long list costs: memory, the journal, and how much faster batches are.

    python benchmarks/bulk.py [--quick] [--full]

Against a plain server in a process of its own that answers at once. Runs that are compared are made one after the other
in each round, so that a slow moment of the machine shows in both, and their ratios count. Memory is the most
that the process had in memory, above what it had before the run, each size in a process of its own; it needs Linux.
"""

import argparse
import functools
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import anyio
from _server import plain_server

from smtp2go_async import AsyncClient, Email

KEY = "api-" + "0" * 32
HTML = "<p>Dear reader,</p>" + "<p>here is what is new this week.</p>" * 40
TEXT = "Dear reader, here is what is new this week. " * 10
MOST_MEMORY = 40.0
"""MB above idle, however long the list."""
FLAT = 10.0
"""MB that the longest list may need more than the shortest: SQLite's caches have to be filled once."""
WITH_JOURNAL = 0.7
"""Of the e-mails per second without a journal."""
BATCH_FASTER = 15.0
BATCHES = 4
"""Calls at a time in batches; each that is under way is in memory."""
Via = Literal["send", "batch"]
VIAS: tuple[Via, ...] = ("send", "batch")


def emails(count: int) -> Iterator[tuple[str, Email]]:
    """About 2 KB each."""
    for number in range(count):
        name = f"reader-{number}"
        yield (
            name,
            Email(sender="news@example.com", to=f"{name}@example.com", subject="News", html_body=HTML, text_body=TEXT),
        )


async def send(url: str, count: int, via: Via, concurrency: int, journal: str | None) -> float:
    """Send a list and return the e-mails per second."""
    async with AsyncClient(KEY, base_url=url) as client:
        await client.email.send(sender="a@example.com", to="b@example.com", subject="warm", text_body="up")
        started = time.perf_counter()
        report = await client.bulk.send(emails(count), via=via, concurrency=concurrency, journal=journal)
        seconds = time.perf_counter() - started
        assert report.sent == count, report
    return count / seconds


def measured(url: str, count: int, via: Via, concurrency: int, *, journal: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "run.journal") if journal else None
        return anyio.run(send, url, count, via, concurrency, path)


# --- memory ------------------------------------------------------------------------------------------------------


def in_memory(name: str) -> float:
    """Return a figure that Linux has on this process's memory, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def begin_anew() -> None:
    """Let the most memory be counted from now on."""
    Path("/proc/self/clear_refs").write_text("5")


async def peak(url: str, count: int, concurrency: int) -> float:
    """Send a list, and return by how much the most memory of that time was above that before it."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncClient(KEY, base_url=url) as client:
            # Modules that are loaded once are not a cost of the list.
            await client.bulk.send(emails(10), via="batch", journal=str(Path(folder) / "warm.journal"))
            begin_anew()
            before = in_memory("VmRSS")
            report = await client.bulk.send(
                emails(count), via="batch", concurrency=concurrency, journal=str(Path(folder) / "run.journal")
            )
            assert report.sent == count, report
            return in_memory("VmHWM") - before


def memory(url: str, sizes: list[int]) -> bool:
    if not Path("/proc/self/clear_refs").exists():
        print("memory: this system does not tell; left out")
        return True
    print(f"{'memory, in batches':24} {'MB above idle':>14} {'seconds':>8}")
    found = []
    for size in sizes:
        started = time.perf_counter()
        command = [sys.executable, __file__, "--memory", url, str(size), str(BATCHES)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(float(done.stdout))
        print(f"{size:16,} e-mails {found[-1]:14.1f} {time.perf_counter() - started:8.1f}")
    flat = found[-1] - found[0]
    return met("most memory, MB", max(found), MOST_MEMORY, at_most=True) & met(
        "longest list above shortest, MB", flat, FLAT, at_most=True
    )


# --- speed -------------------------------------------------------------------------------------------------------


def met(figure: str, value: float, goal: float, *, at_most: bool = False) -> bool:
    well = value <= goal if at_most else value >= goal
    bound = "at most" if at_most else "at least"
    print(f"  {figure}: {value:.2f} (goal: {bound} {goal:g}): {'met' if well else 'NOT MET'}")
    return well


def speed(url: str, rounds: int, short: int, long: int) -> bool:
    contenders: dict[str, Callable[[], float]] = {
        f"{via}, {'with' if journal else 'without'} journal": functools.partial(
            measured, url, long if via == "batch" else short, via, BATCHES if via == "batch" else 20, journal=journal
        )
        for via, journal in itertools.product(VIAS, (False, True))
    }
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            found[name].append(measure())

    def ratio(run: str, other: str) -> float:
        return statistics.median(a / b for a, b in zip(found[run], found[other], strict=True))

    print(f"\n{'speed':24} {'e-mails/s':>14}")
    for name, values in found.items():
        print(f"{name:24} {statistics.median(values):14,.0f}")
    return all(
        [
            met(
                "send, with journal against without", ratio("send, with journal", "send, without journal"), WITH_JOURNAL
            ),
            met(
                "batch, with journal against without",
                ratio("batch, with journal", "batch, without journal"),
                WITH_JOURNAL,
            ),
            met(
                "batch against send, both with journal",
                ratio("batch, with journal", "send, with journal"),
                BATCH_FASTER,
            ),
            met(
                "batch against send, both without",
                ratio("batch, without journal", "send, without journal"),
                BATCH_FASTER,
            ),
        ]
    )


# --- texts -------------------------------------------------------------------------------------------------------


def texts() -> bool:
    """Send to 10,000 numbers into the sandbox, which counts."""
    from smtp2go_async.sandbox import Sandbox

    wanted = [f"+1202555{number:04}" for number in range(10_000)]

    async def work(sandbox: Sandbox) -> Any:
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
            return await client.bulk.send_sms(wanted, "Hello")

    with Sandbox() as sandbox:
        anyio.run(work, sandbox)
        calls = sandbox.counts("path")["/v3/sms/send"]
        arrived = sandbox.counts("destination")
    well = calls == 100 and arrived == dict.fromkeys(wanted, 1)
    print(f"\n10,000 numbers: {calls} calls, {len(arrived):,} arrived, each once: {'met' if well else 'NOT MET'}")
    return well


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and shorter lists")
    parser.add_argument("--full", action="store_true", help="a million e-mails as well")
    parser.add_argument("--only", choices=("memory", "speed", "texts"))
    parser.add_argument("--memory", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print(anyio.run(peak, options.memory[0], int(options.memory[1]), int(options.memory[2])))
        return 0
    sizes = [10_000, *([] if options.quick else [100_000]), *([1_000_000] if options.full else [])]
    well = []
    with plain_server() as url:
        if options.only in (None, "memory"):
            well.append(memory(url, sizes))
        if options.only in (None, "speed"):
            well.append(speed(url, *((3, 1000, 10_000) if options.quick else (7, 4000, 40_000))))
    if options.only in (None, "texts"):
        well.append(texts())
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
