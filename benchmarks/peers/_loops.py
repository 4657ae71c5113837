"""Send a number of e-mails at a time, with tasks or with threads, and measure the costs."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ._mail import Awaited, Waiting

CLEAR_PEAK = "5"
"""Written to ``clear_refs``, it sets the peak of the resident memory back to the present value (proc(5))."""


@dataclass
class Tally:
    """What some sends took."""

    done: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)
    cut: bool = False
    """Whether they were ended early, because they took too long."""

    @property
    def rate(self) -> float:
        """Sends that succeeded, a second."""
        return self.done / self.seconds if self.seconds else 0.0


async def tasks(send: Callable[[], Awaitable[object]], in_flight: int, count: int, limit: float) -> Tally:
    """Send ``count`` times from ``in_flight`` tasks, for at most ``limit`` seconds."""
    tally = Tally()
    waiting = iter(range(count))

    async def work() -> None:
        for _ in waiting:
            try:
                await send()
            except Exception as error:
                tally.errors[type(error).__name__] += 1
            else:
                tally.done += 1

    started, cpu = time.perf_counter(), time.process_time()
    try:
        async with asyncio.timeout(limit):
            await asyncio.gather(*(work() for _ in range(in_flight)))
    except TimeoutError:
        tally.cut = True
    tally.seconds, tally.cpu = time.perf_counter() - started, time.process_time() - cpu
    return tally


def threads(send: Callable[[], object], in_flight: int, count: int, limit: float) -> Tally:
    """Send ``count`` times from ``in_flight`` threads, for about ``limit`` seconds at most."""
    tally = Tally()
    waiting = iter(range(count))
    counted = threading.Lock()
    started, cpu = time.perf_counter(), time.process_time()
    end = started + limit

    def work() -> None:
        done = 0
        for _ in waiting:
            if time.perf_counter() > end:
                tally.cut = True
                break
            try:
                send()
            except Exception as error:
                with counted:
                    tally.errors[type(error).__name__] += 1
            else:
                done += 1
        with counted:
            tally.done += done

    if in_flight == 1:
        work()
    else:
        workers = [threading.Thread(target=work, daemon=True) for _ in range(in_flight)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    tally.seconds, tally.cpu = time.perf_counter() - started, time.process_time() - cpu
    return tally


def resident(kind: str) -> float:
    """Return this process's memory in MB: ``"VmRSS"``, or ``"VmHWM"`` for its peak."""
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith(kind))
    return int(line.split()[1]) / 1024


def forget_peak() -> float:
    """Let the peak begin anew, and return the memory in use."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as refs:
        refs.write(CLEAR_PEAK)
    return resident("VmRSS")


async def longest_stall(done: asyncio.Event) -> float:
    """Return by how much the loop was late at worst, in ms, until ``done``."""
    worst = 0.0
    while not done.is_set():
        started = time.perf_counter()
        await asyncio.sleep(0.001)
        worst = max(worst, time.perf_counter() - started - 0.001)
    return worst * 1e3


async def attach(peer: Awaited | Waiting, path: str) -> dict[str, float]:
    """Send a file, and return its memory (MB), its stall of the event loop (ms) and its time (s)."""
    done = asyncio.Event()
    stall = asyncio.create_task(longest_stall(done))
    await asyncio.sleep(0.01)
    before = forget_peak()
    started = time.perf_counter()
    if isinstance(peer, Awaited):
        await peer.attach(path)
    else:
        # An asynchronous program calls a blocking client in a thread.
        await asyncio.to_thread(peer.attach, path)
    seconds = time.perf_counter() - started
    peak = resident("VmHWM") - before
    done.set()
    return {"peak_mb": peak, "stall_ms": await stall, "seconds": seconds}
