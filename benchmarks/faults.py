"""Send against a server that fails in every way, and compare the e-mails that arrived with the callers' outcomes.

    python benchmarks/faults.py [--sends 20000] [--in-flight 50] [--share 0.08] [--seed 1] [--together]

The server is a process of its own and counts each request that arrived whole, by the reference it carries. A minute
of a cool-down passes in some milliseconds: the client's clock runs faster, and nothing else differs. Ends with status 1
if a send was carried out twice, told as sent without having arrived, or told as not carried out although it was.
"""

import argparse
import contextlib
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import anyio

from smtp2go_async import ApiError, AsyncClient, Pacer, RetryPolicy, Smtp2goError, SyncClient

KEY = "api-" + "0" * 32
SERVER = Path(__file__).resolve().parents[1] / "tests" / "faults" / "mixed.py"
FASTER = 1000.0
"""Seconds of the client's clock in a second."""

SHORTEST_SLEEP = 0.005
"""Real seconds; calls that ask again and again after less leave no time to the threads that pyreqwest works in."""

TIMEOUTS = {"httpx": 0.5, "fast": 2.0}
"""Seconds: for each step over httpx; over pyreqwest for a whole attempt, with its waits for a busy machine."""

PATIENT = RetryPolicy(attempts=30, max_elapsed=1e9, first_wait=1.0, max_wait=20.0)


@contextlib.contextmanager
def mixed_server(seed: int, share: float) -> Iterator[tuple[str, Any]]:
    """Run the server; return its address, and a function that asks it for the e-mails that arrived."""
    command = [sys.executable, str(SERVER), str(seed), str(share)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers, orders = process.stdout, process.stdin

        def ask() -> dict[str, Any]:
            orders.write("\n")
            orders.flush()
            found: dict[str, Any] = json.loads(answers.readline())
            return found

        try:
            yield f"http://127.0.0.1:{int(answers.readline())}/v3", ask
        finally:
            orders.close()


def hurry(client: AsyncClient) -> None:
    """Let the client's time pass faster; the timeouts of its connections stay what they are."""
    client._calls.pacer = Pacer(clock=lambda: time.monotonic() * FASTER)
    client._calls.clock = lambda: time.monotonic() * FASTER
    client._calls.sleep = lambda seconds: anyio.sleep(max(seconds / FASTER, SHORTEST_SLEEP))


def mail(reference: str) -> dict[str, Any]:
    """Return the arguments of a send; the reference is the subject."""
    return {"sender": "shop@example.com", "to": "jane@example.com", "subject": reference, "text_body": "Hello"}


def told(error: Smtp2goError | None) -> str:
    """Name the outcome that the caller saw."""
    if error is None:
        return "sent"
    if error.carried_out is None and isinstance(error, ApiError) and error.status < 500:
        return "unknown, then refused"
    return {None: "unknown", False: "not sent", True: "sent"}[error.carried_out]


async def send_all(
    url: str,
    references: list[str],
    in_flight: int,
    *,
    cancel: float,
    retry: RetryPolicy,
    transport: Literal["httpx", "fast"],
) -> dict[str, str]:
    """Send a mail for each reference, some of them cancelled at a random moment, and return the outcomes."""
    outcomes: dict[str, str] = {}
    waiting = iter(references)
    drawn = random.Random(len(references))
    made = AsyncClient(
        KEY, base_url=url, timeout=TIMEOUTS[transport], max_connections=in_flight, retry=retry, transport=transport
    )
    async with made as client:
        hurry(client)

        async def send(reference: str) -> None:
            seconds = drawn.random() * 0.05 if drawn.random() < cancel else 600.0
            outcomes[reference] = "cancelled"
            with anyio.move_on_after(seconds):
                try:
                    await client.email.send(**mail(reference))
                except Smtp2goError as error:
                    outcomes[reference] = told(error)
                else:
                    outcomes[reference] = told(None)

        async def worker() -> None:
            for reference in waiting:
                await send(reference)

        async with anyio.create_task_group() as tasks:
            for _ in range(in_flight):
                tasks.start_soon(worker)
        assert client.pacer.state.in_flight == 0, client.pacer.state
    return outcomes


def send_in_threads(
    url: str, references: list[str], threads: int, transport: Literal["httpx", "fast"]
) -> dict[str, str]:
    """Send with a `SyncClient` from many threads."""
    with SyncClient(KEY, base_url=url, timeout=TIMEOUTS[transport], retry=PATIENT, transport=transport) as client:
        hurry(client._async)

        def send(reference: str) -> tuple[str, str]:
            try:
                client.email.send(**mail(reference))
            except Smtp2goError as error:
                return reference, told(error)
            return reference, told(None)

        with ThreadPoolExecutor(threads) as pool:
            return dict(pool.map(send, references))


def judge(outcomes: dict[str, str], counts: dict[str, list[int]], *, at_least_once: bool) -> dict[str, int]:
    """Compare the outcomes with the e-mails that arrived, and count the contradictions."""
    wrong = Counter[str]()
    for reference, outcome in outcomes.items():
        carried = counts.get(reference, [0, 0])[0]
        wrong["carried out twice"] += carried > 1 and not at_least_once
        wrong["told sent, not arrived"] += outcome == "sent" and carried == 0
        wrong["told not sent, arrived"] += outcome == "not sent" and carried > 0
        wrong["neither delivered nor refused"] += at_least_once and outcome in ("sent", "unknown") and carried == 0
    return dict(wrong)


RUNS: dict[str, dict[str, Any]] = {
    "asyncio": {"backend": "asyncio"},
    "trio": {"backend": "trio"},
    "asyncio, a tenth cancelled": {"backend": "asyncio", "cancel": 0.1},
    "trio, a tenth cancelled": {"backend": "trio", "cancel": 0.1},
    "asyncio, at least once": {"backend": "asyncio", "at_least_once": True},
    "SyncClient, 50 threads": {"threads": 50},
    "fast": {"backend": "asyncio", "transport": "fast"},
    "fast, a tenth cancelled": {"backend": "asyncio", "transport": "fast", "cancel": 0.1},
    "fast, at least once": {"backend": "asyncio", "transport": "fast", "at_least_once": True},
    "SyncClient, fast, 50 threads": {"threads": 50, "transport": "fast"},
}


def run(name: str, sends: int, in_flight: int, share: float, seed: int) -> bool:
    """Make a run, print its line, and return whether all was well."""
    options = RUNS[name]
    once = bool(options.get("at_least_once"))
    references = [f"ref-{number:06}-{seed}" for number in range(sends)]
    with mixed_server(seed, share) as (url, ask):
        started = time.perf_counter()
        if "threads" in options:
            outcomes = send_in_threads(url, references, options["threads"], options.get("transport", "httpx"))
        else:
            retry = RetryPolicy(30, 1e9, 1.0, 20.0, at_least_once=once)
            cancel = options.get("cancel", 0.0)

            async def work() -> dict[str, str]:
                transport = options.get("transport", "httpx")
                return await send_all(url, references, in_flight, cancel=cancel, retry=retry, transport=transport)

            outcomes = anyio.run(work, backend=options["backend"])
        seconds = time.perf_counter() - started
        arrived = ask()
    wrong = judge(outcomes, arrived["counts"], at_least_once=once)
    # Refused in the end after an attempt without a response, of which the client cannot know the outcome.
    kinds = Counter(outcome.removesuffix(", then refused") for outcome in outcomes.values())
    kept = sum(arrived["drawn"].values())
    print(
        f"{name:28} {sends:7} {kinds['sent']:7} {kinds['not sent']:9} {kinds['unknown']:8} {kinds['cancelled']:10} "
        f"{kept:7} {sum(wrong.values()):6} {seconds:8.1f}"
    )
    for problem, count in wrong.items():
        if count:
            print(f"    {problem}: {count}")
    return not any(wrong.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sends", type=int, default=20000)
    parser.add_argument("--in-flight", type=int, default=50)
    parser.add_argument("--share", type=float, default=0.08, help="of requests that meet a fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=RUNS, help="make only this run")
    parser.add_argument("--together", action="store_true", help="make the runs at the same time, for a short look")
    options = parser.parse_args()
    print(
        f"{'run':28} {'sends':>7} {'sent':>7} {'not sent':>9} {'unknown':>8} {'cancelled':>10} "
        f"{'faults':>7} {'wrong':>6} {'seconds':>8}"
    )
    names = [options.only] if options.only else list(RUNS)
    with ThreadPoolExecutor(len(names) if options.together else 1) as pool:
        well = list(
            pool.map(lambda name: run(name, options.sends, options.in_flight, options.share, options.seed), names)
        )
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
