"""Kill a run again and again, on a server that fails at random, and compare the e-mails that arrived with its journal.

    python benchmarks/bulk_kills.py [--quick] [--kills 20] [--share 0.04] [--seed 1] [--only send]

The server is the sandbox in a process of its own, with chaos: lost replies, closed connections, 5xx before and after
carrying out, garbled answers, late ones, 429. The run is a child process that gets SIGKILL at random moments and is
started again each time, then the journal is reconciled, and at last the unknown rows are sent again. A minute of a
cool-down passes in a fraction of a second, as in ``faults.py``; nothing else differs. Ends with status 1 if anything
arrived twice, is told as sent without having arrived, is not in the journal in an end state, is unknown although no
kill and no fault met it, stays unknown although it arrived, or has not arrived when all is done.
"""

import argparse
import contextlib
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import anyio
import attrs

from smtp2go_async import AsyncClient, BulkStoppedError, Email, Journal, Pacer
from smtp2go_async.bulk.outcome import ReconcileReport

FASTER = 100.0
"""Seconds of the client's clock in a second."""
STOPPED = 3
"""Status of a child whose run ended early: the server failed too often in a row."""
RESTARTS = 200


@attrs.frozen
class Way:
    """One kind of run."""

    rows: int
    together: int
    """Rows in a call."""
    at_a_time: int
    """Calls under way at the most."""
    path: str


WAYS = {
    "send": Way(5_000, 1, 20, "/v3/email/send"),
    "batch": Way(20_000, 50, 4, "/v3/email/batch"),
    "sms": Way(20_000, 100, 3, "/v3/sms/send"),
}


# --- the child ---------------------------------------------------------------------------------------------------


def hurry(client: AsyncClient) -> None:
    """Let the client's time pass faster; the timeouts of its connections stay what they are."""
    client._calls.pacer = Pacer(clock=lambda: time.monotonic() * FASTER)
    client._calls.clock = lambda: time.monotonic() * FASTER
    client._calls.sleep = lambda seconds: anyio.sleep(seconds / FASTER)


def emails(count: int) -> Iterator[tuple[str, Email]]:
    for number in range(1, count + 1):
        name = f"r{number}"
        yield name, Email(sender="shop@example.com", to=f"{name}@example.com", subject=name, text_body="Hello")


def numbers(count: int) -> Iterator[str]:
    return (f"+1202{number:07}" for number in range(1, count + 1))


async def run(name: str, url: str, key: str, journal: str, count: int, *, resend: bool) -> int:
    """Send the list, or the rest of it."""
    way = WAYS[name]
    async with AsyncClient(key, base_url=url, timeout=3.0) as client:
        hurry(client)
        try:
            if name == "sms":
                await client.bulk.send_sms(
                    numbers(count), "Hello", concurrency=way.at_a_time, journal=journal, resend_unknown=resend
                )
            else:
                await client.bulk.send(
                    emails(count),
                    via="batch" if name == "batch" else "send",
                    batch_size=way.together,
                    concurrency=way.at_a_time,
                    journal=journal,
                    resend_unknown=resend,
                )
        except BulkStoppedError:
            return STOPPED
    return 0


async def reconcile(url: str, key: str, journal: str) -> ReconcileReport:
    async with AsyncClient(key, base_url=url, timeout=10.0) as client:
        hurry(client)
        return await client.bulk.reconcile(journal, wait=False)


# --- the server --------------------------------------------------------------------------------------------------


class Server:
    """The sandbox in a process of its own."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self._home = url.removesuffix("/v3")

    def counts(self, by: str) -> dict[str, int]:
        with urllib.request.urlopen(f"{self._home}/sandbox/counts?by={by}", timeout=30) as reply:
            return cast("dict[str, int]", json.load(reply))

    def chaos(self, share: float, seed: int) -> None:
        body = json.dumps({"share": share, "seed": seed}).encode()
        with urllib.request.urlopen(f"{self._home}/sandbox/chaos", body, timeout=30):
            pass


@contextlib.contextmanager
def sandbox() -> Iterator[Server]:
    options = ["--port", "0", "--activity-per-minute", "0", "--keep-requests", "10"]
    command = [sys.executable, "-m", "smtp2go_async.sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found: dict[str, str] = {}
        for line in process.stdout:
            label, _, value = line.strip().partition("  ")
            found[label] = value.strip()
            if line.startswith("Ctrl-C"):
                break
        try:
            yield Server(found["base URL"], found["API key"])
        finally:
            process.terminate()


# --- killing and judging -----------------------------------------------------------------------------------------


def states(journal: Path) -> dict[str, tuple[str, str | None]]:
    """Read state and error of each row from a copy: the next run must find the journal as the killed run left it."""
    with tempfile.TemporaryDirectory() as folder:
        for file in journal.parent.glob(f"{journal.name}*"):
            shutil.copy(file, folder)
        with contextlib.closing(sqlite3.connect(Path(folder) / journal.name)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                return {}
            # What was written last is folded into the rows.
            connection.execute("DELETE FROM log")
            rows = connection.execute("SELECT reference, state, error FROM rows")
            return {reference: (state, error) for reference, state, error in rows}


def kill_again_and_again(
    name: str, server: Server, journal: Path, count: int, moments: list[int]
) -> tuple[set[str], Counter[str]]:
    """Run to the end, with kills spread over it; return the rows that were under way at a kill, and the events."""
    way = WAYS[name]
    command = [sys.executable, __file__, "--child", name, server.url, server.key, str(journal), str(count)]
    under_way: set[str] = set()
    happened = Counter[str]()
    for _ in range(RESTARTS):
        process = subprocess.Popen(command)
        # Faults cause further calls, so this is an estimate; it only has to spread the kills.
        while process.poll() is None and moments and server.counts("path").get(way.path, 0) < moments[0]:
            time.sleep(0.001)
        if moments:
            time.sleep(random.random() * 0.05)
            process.send_signal(signal.SIGKILL)
        status = process.wait()
        if status == -signal.SIGKILL:
            happened["kills"] += 1
            # Those that were passed already are not for the next child, which has not even begun.
            reached = server.counts("path").get(way.path, 0)
            moments = [max(moment, reached + 1) for moment in moments[1:]]
            claimed = {reference for reference, (state, _) in states(journal).items() if state == "claimed"}
            happened["most under way"] = max(happened["most under way"], len(claimed))
            under_way |= claimed
        elif status == STOPPED:
            happened["ended early"] += 1
        elif status == 0:
            return under_way, happened
        else:
            raise RuntimeError(f"the run failed with status {status}")
    raise RuntimeError("the run did not come to its end")


def judge(name: str, server: Server, journal: Path, count: int, options: argparse.Namespace) -> bool:
    """Make a run, print its line, and return whether all was well."""
    way, by = WAYS[name], "destination" if name == "sms" else "subject"
    expected = set(numbers(count)) if name == "sms" else {f"r{number}" for number in range(1, count + 1)}
    drawn = random.Random(f"{name} {options.seed}")
    moments = sorted(drawn.randint(1, count // way.together * 9 // 10) for _ in range(options.kills))
    started = time.perf_counter()
    server.chaos(options.share, options.seed)
    under_way, happened = kill_again_and_again(name, server, journal, count, moments)

    wrong = Counter[str]()
    arrived, rows = server.counts(by), states(journal)
    unknown = {reference: error for reference, (state, error) in rows.items() if state == "unknown"}
    sent = {reference for reference, (state, _) in rows.items() if state == "sent"}
    cut_off = {reference for reference, error in unknown.items() if error == "the run was cut off"}
    wrong["arrived twice"] = sum(times > 1 for times in arrived.values())
    wrong["not in the journal"] = len(expected - set(rows))
    wrong["in no end state"] = len(rows) - len(sent) - len(unknown)
    wrong["told sent, not arrived"] = len(sent - set(arrived))
    wrong["arrived, and the journal does not say so"] = len(set(arrived) - sent - set(unknown))
    wrong["unknown without a kill or a fault"] = len(cut_off - under_way) + sum(not error for error in unknown.values())
    wrong["too many under way"] = max(0, happened["most under way"] - way.together * way.at_a_time)

    report = anyio.run(reconcile, server.url, server.key, str(journal))
    left = set(report.references)
    wrong["arrived, and unknown after reconcile"] = len(left & set(arrived))
    wrong["settled, not arrived"] = len(set(unknown) - left - set(arrived))

    server.chaos(0.0, 0)
    status = anyio.run(lambda: run(name, server.url, server.key, str(journal), count, resend=True))
    at_last = server.counts(by)
    with Journal(journal) as opened:
        wrong["not sent at last"] = count - opened.counts()["sent"]
    wrong["lost at last"] = len(expected - set(at_last)) + (status != 0)
    wrong["arrived twice at last"] = sum(times > 1 for times in at_last.values())
    print(
        f"{name:6} {count:7,} {happened['kills']:6} {happened['ended early']:12} {len(cut_off):8,} "
        f"{len(unknown) - len(cut_off):9,} {report.settled:8,} {report.unknown:8,} {sum(wrong.values()):6} "
        f"{time.perf_counter() - started:8.1f}"
    )
    for problem, number in wrong.items():
        if number:
            print(f"    {problem}: {number}")
    return not any(wrong.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of the rows, and five kills")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.04, help="of calls that meet a fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=WAYS, help="make only this run")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, url, key, journal, count = options.child
        return anyio.run(lambda: run(name, url, key, journal, int(count), resend=False))
    if options.quick:
        options.kills = min(options.kills, 5)
    print(
        f"{'run':6} {'rows':>7} {'kills':>6} {'ended early':>12} {'cut off':>8} {'by fault':>9} {'settled':>8} "
        f"{'unknown':>8} {'wrong':>6} {'seconds':>8}"
    )
    well: list[bool] = []
    for name in [options.only] if options.only else list(WAYS):
        count = WAYS[name].rows // (5 if options.quick else 1)
        with tempfile.TemporaryDirectory() as folder, sandbox() as server:
            well.append(judge(name, server, Path(folder) / "run.journal", count, options))
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
