"""Kill a receiver of webhooks again and again, and look whether every event got to the handlers all the same.

    python benchmarks/webhook_kills.py [--events 5000] [--kills 20] [--seed 1]

The receiver is a process with uvicorn, an inbox and a worker. It gets SIGKILL at random moments and is started again.
The sender sends each event twice, all in random order, over real sockets, and sends whatever got no 200 again, as the
provider does. Ends with status 1 unless every event was dispatched, and every key is stored once. A handler may be told
of an event more often; how often that was is printed.

A lease lasts some seconds and not minutes, so that the events of a killed worker are due again soon. Nothing else
differs from a receiver in production.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import attrs

SENDERS = 20
"""Requests under way at a time."""
MAX_SECONDS = 600.0
LEASE_SECONDS = 2.0


# --- the receiver, a process of its own ---------------------------------------------------------------------------


def serve(folder: Path, port: int) -> None:
    """Receive events and dispatch them, until this process is killed."""
    import uvicorn

    from smtp2go_async.webhooks import _work
    from smtp2go_async.webhooks.events import Event
    from smtp2go_async.webhooks.receiver import Receiver
    from smtp2go_async.webhooks.router import Router
    from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox

    _work.LEASE_MARGIN_SECONDS = LEASE_SECONDS - 1.0  # type: ignore[misc]
    router = Router()
    told = os.open(folder / "dispatched", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    @router.on(Event)
    async def note(event: Event) -> None:
        await asyncio.sleep(0.001)
        os.write(told, f"{event.id} {event.attempt}\n".encode())

    receiver = Receiver(router, auth=None, inbox=SqliteInbox(folder / "events.db"))

    async def main() -> None:
        config = uvicorn.Config(receiver.asgi, port=port, log_level="error", lifespan="off")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(receiver.work(handler_seconds=1.0))
            await uvicorn.Server(config).serve()

    asyncio.run(main())


@attrs.define
class Victim:
    """The receiver's process, which is killed and started again."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    kills: int = 0
    _turn: asyncio.Lock = attrs.field(factory=asyncio.Lock)

    def start(self) -> None:
        command = [sys.executable, __file__, "--serve", str(self.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(command)

    def kill(self) -> None:
        """Send SIGKILL and wait until the process is gone."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise SystemExit(f"the receiver ended by itself with status {self.process.returncode}")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    async def kill_again(self) -> None:
        async with self._turn:
            await asyncio.to_thread(self.kill)
            self.kills += 1
            self.start()


# --- the sender ---------------------------------------------------------------------------------------------------


def body_of(number: int) -> bytes:
    """Return a made-up event in the shape of a real one."""
    event = {
        "event": ("delivered", "open", "bounce", "processed")[number % 4],
        "id": f"{number:032x}",
        "email_id": f"1vAbCd-{number:06d}-x",
        "rcpt": f"reader{number}@example.com",
        "sender": "shop@example.com",
        "time": "2026-03-24T08:23:19Z",
        "subject": "Your order",
        "message": "250 OK",
    }
    return json.dumps(event).encode()


class Sender:
    """Sends events until each got a 200."""

    def __init__(self, port: int, numbers: list[int], kill_at: list[int], victim: Victim) -> None:
        self._port, self._waiting, self._kill_at, self._victim = port, numbers, kill_at, victim
        self.answers: Counter[int | str] = Counter()
        self._accepted = 0
        self._kills: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(SENDERS):
                tasks.create_task(self._send_all())
        for kill in self._kills:
            await kill

    async def _send_all(self) -> None:
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while self._waiting:
            number = self._waiting.pop()
            try:
                if connection is None:
                    connection = await asyncio.open_connection("127.0.0.1", self._port)
                status = await asyncio.wait_for(self._send(connection, body_of(number)), 10)
            except (OSError, EOFError, TimeoutError) as error:
                self.answers[type(error).__name__] += 1
                self._close(connection)
                connection = None
                self._send_again(number)
                await asyncio.sleep(0.02)
                continue
            self.answers[status] += 1
            if status == 200:
                self._accepted += 1
                self._kill_if_due()
            else:
                self._send_again(number)
        self._close(connection)

    def _send_again(self, number: int) -> None:
        self._waiting.insert(random.randrange(len(self._waiting) + 1), number)

    def _kill_if_due(self) -> None:
        if self._kill_at and self._accepted >= self._kill_at[-1]:
            self._kill_at.pop()
            # Beside the sending: the requests under way are cut off in the middle.
            self._kills.add(asyncio.create_task(self._victim.kill_again()))

    async def _send(self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], body: bytes) -> int:
        reader, writer = connection
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        writer.write(head.encode() + b"\r\n\r\n" + body)
        await writer.drain()
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = answer.partition("content-length:")[2].partition("\r\n")[0]
        await reader.readexactly(int(length or 0))
        return int(answer.split()[1])

    @staticmethod
    def _close(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None) -> None:
        if connection is not None:
            with contextlib.suppress(OSError):
                connection[1].close()


# --- the run ------------------------------------------------------------------------------------------------------


@attrs.frozen
class Found:
    """What the run left behind."""

    keys: int
    rows: int
    states: dict[str, int]
    dispatched: set[int]
    dispatches: int
    is_intact: bool


def read(folder: Path) -> Found:
    """Read the inbox and the list of dispatched events."""
    rows = sqlite3.connect(folder / "events.db")
    keys, stored = rows.execute("SELECT count(DISTINCT key), count(*) FROM events").fetchone()
    states = dict(rows.execute("SELECT state, count(*) FROM events GROUP BY state"))
    is_intact = rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows.close()
    lines = (folder / "dispatched").read_text(encoding="ascii").splitlines()
    return Found(keys, stored, states, {int(line.split()[0], 16) for line in lines}, len(lines), is_intact)


async def run(folder: Path, events: int, kills: int, seed: int) -> bool:
    """Do it all, print the counts, and return whether they are right."""
    chance = random.Random(seed)
    random.seed(seed)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    victim = Victim(folder, port)
    numbers = [*range(events), *range(events)]
    chance.shuffle(numbers)
    kill_at = sorted((chance.randrange(2 * events) for _ in range(kills)), reverse=True)
    sender = Sender(port, numbers, kill_at, victim)
    started = time.monotonic()
    victim.start()
    try:
        async with asyncio.timeout(MAX_SECONDS):
            await sender.run()
            sent = time.monotonic() - started
            # The receiver is another process, and says nothing of when it is ready.
            while set((found := read(folder)).states) - {"done", "dead"}:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    finally:
        victim.kill()
    lost = events - len(found.dispatched)
    print(f"{events:,} events sent twice in {sent:.1f} s, {victim.kills} kills, seed {seed}")
    print(f"answers: {', '.join(f'{what} {count:,}' for what, count in sender.answers.most_common())}")
    print(f"stored: {found.rows:,} rows with {found.keys:,} keys, {found.states}, intact: {found.is_intact}")
    again = found.dispatches - len(found.dispatched)
    print(f"dispatched: {len(found.dispatched):,} events, {again:,} of them again, {lost:,} lost")
    right = found.rows == found.keys == events == found.states.get("done")
    return right and lost == 0 and found.is_intact and victim.kills == kills


def main(arguments: list[str] | None = None) -> int:
    """Run as a command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve is not None:
        serve(given.serve, given.port)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        right = asyncio.run(run(Path(folder), given.events, given.kills, given.seed))
    print("nothing was lost, and nothing stored twice" if right else "WRONG")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
