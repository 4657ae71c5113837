"""How many events a second a receiver takes, with each event on the disk before its 200.

    python benchmarks/webhooks.py [--quick]

The same ASGI app on uvicorn, a single process: without an inbox (the event is parsed and given to a handler in the
request), with a `SqliteInbox` (the answer comes after the commit), and with a worker in the same process beside it. A
bare app that reads the body and answers 200 shows what uvicorn itself takes. The requests come from a process of its
own over connections that stay open, each event with another id. The apps are measured by turns, and their ratios count.

Then what `parse` alone costs, beside `json.loads`: see `webhooks_parse.py`.

uvicorn runs with httptools where it is installed, and else with h11, which takes a third of that: what a run had is
printed.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import json
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import webhooks_parse as parsing
from _machine import machine, versions

APPS = ("bare", "without an inbox", "with an inbox", "with an inbox and a worker")
LEAST_EVENTS = 2000.0
"""Events a second with an inbox."""
LEAST_OF_PLAIN = 0.5
"""Of the events a second without an inbox."""
MOST_OF_DECODING = 3.0
"""Times what `json.loads` takes for the same body."""
TOKEN = "a long random text for a benchmark"


def payload(number: int) -> bytes:
    """Return a delivered event in the shape of the provider's, with an id of its own."""
    event = {
        "Message-Id": f"<E1w-{number:08x}@message-id.example.com>",
        "Subject": "Your order has left our house",
        "auth": "shop-user",
        "email_id": f"1w-{number:08x}",
        "from": "Shop <shop@example.com>",
        "from_address": "shop@example.com",
        "from_name": "Shop",
        "message-id": f"<E1w-{number:08x}@message-id.example.com>",
        "sender": "shop@example.com",
        "sendtime": "2026-03-24T08:23:19.052765+00:00",
        "subject": "Your order has left our house",
        "time": "2026-03-24T08:23:19Z",
        "event": "delivered",
        "id": f"{number:032x}",
        "context": "Unavailable",
        "host": "mail.example.com [203.0.113.22]",
        "message": "250 2.0.0 Ok: 2788 bytes queued",
        "rcpt": f"reader-{number}@example.com",
    }
    return json.dumps(event).encode()


# --- the apps, in a process of their own ---------------------------------------------------------------------------


def serve(name: str, port_file: str, database: str) -> None:
    """Run an app until the process is ended."""
    import uvicorn

    from smtp2go_async.webhooks import BearerAuth, Event, Receiver, Router, SqliteInbox

    router = Router()

    @router.on(Event)
    async def handle(event: Event) -> None:
        pass

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        head = [(b"content-type", b"text/plain"), (b"content-length", b"3")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"ok\n"})

    inbox = SqliteInbox(database) if "with an" in name else None
    receiver = Receiver(router, auth=BearerAuth(TOKEN), inbox=inbox)
    app = bare if name == "bare" else receiver.asgi
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")

    # The socket listens by now, so a request that comes early waits.
    Path(port_file).write_text(str(listening.getsockname()[1]))

    async def run() -> None:
        worker = asyncio.create_task(receiver.work()) if "worker" in name else None
        await uvicorn.Server(config).serve([listening])
        if worker is not None:
            worker.cancel()

    asyncio.run(run())


@contextlib.contextmanager
def app(name: str, folder: Path) -> Iterator[int]:
    """Start an app and give its port."""
    place = folder / name.replace(" ", "-")
    place.mkdir()
    port_file = place / "port"
    process = subprocess.Popen([sys.executable, __file__, "--serve", name, str(port_file), str(place / "events.db")])
    try:
        deadline = time.monotonic() + 30
        while not (port_file.exists() and port_file.read_text()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the app {name!r} did not start")
            time.sleep(0.02)
        yield int(port_file.read_text())
    finally:
        process.terminate()
        process.wait(20)


# --- the sender ----------------------------------------------------------------------------------------------------


def send(port: int, first: int, count: int, connections: int) -> float:
    """Send events, and return the events a second; each must be answered with 200."""
    head = (
        "POST /webhooks/smtp2go HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Length: "
    ).encode()
    bodies = (payload(number) for number in range(first, first + count))
    requests = [head + b"%d\r\n\r\n" % len(body) + body for body in bodies]
    waiting = iter(requests)
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        opened = socket.create_connection(("127.0.0.1", port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(opened, selectors.EVENT_READ)
    started = time.perf_counter()
    open_now = 0
    for entry in list(selector.get_map().values()):
        request = next(waiting, None)
        if request is not None:
            entry.fileobj.sendall(request)  # type: ignore[union-attr]
            open_now += 1
    answered = 0
    while open_now:
        for entry, _events in selector.select():
            connection: Any = entry.fileobj
            # The head and the body of an answer can come in pieces of their own, and the head is enough.
            answer = connection.recv(65_536)
            if not answer or (b"HTTP/1.1 " in answer and b"HTTP/1.1 200" not in answer):
                raise RuntimeError(f"an event was answered with {answer[:40]!r}")
            if b"HTTP/1.1 200" not in answer:
                continue
            answered += 1
            request = next(waiting, None)
            if request is None:
                open_now -= 1
            else:
                connection.sendall(request)
    seconds = time.perf_counter() - started
    for entry in list(selector.get_map().values()):
        entry.fileobj.close()  # type: ignore[union-attr]
    assert answered == count, (answered, count)
    return count / seconds


def speed(rounds: int, count: int, connections: int) -> bool:
    rates: dict[str, list[float]] = {name: [] for name in APPS}
    number = 0
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        ports = {name: running.enter_context(app(name, Path(folder))) for name in APPS}
        for port in ports.values():
            send(port, 10**9, 200, connections)
        for _ in range(rounds):
            for name, port in ports.items():
                rates[name].append(send(port, number, count, connections))
                number += count
    medians = {name: statistics.median(rate) for name, rate in rates.items()}
    print(f"\nevents a second, {connections} connections, {rounds} rounds of {count:,} events each:")
    for name, median in medians.items():
        spread = f"{min(rates[name]):,.0f} to {max(rates[name]):,.0f}"
        print(f"  {name:<28} {median:8,.0f}   ({spread}; {median / medians['bare']:.2f} of the bare app)")
    ratio = statistics.median(
        stored / plain for stored, plain in zip(rates["with an inbox"], rates["without an inbox"], strict=True)
    )
    return all(
        [
            met("events a second with an inbox", medians["with an inbox"], LEAST_EVENTS),
            met("with an inbox, of the same app without", ratio, LEAST_OF_PLAIN),
        ]
    )


def met(what: str, value: float, goal: float) -> bool:
    print(f"  {what}: {value:,.2f}, goal {goal:,.2f}: {'met' if value >= goal else 'NOT MET'}")
    return value >= goal


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        serve(*options.serve)
        return 0
    for part in (machine(), versions(["attrs", "httptools", "smtp2go-async", "uvicorn", "uvloop"])):
        print(", ".join(f"{name} {value}" for name, value in part.items()))
    if importlib.util.find_spec("httptools") is None:
        print("httptools is not installed: uvicorn reads requests with h11, which is slower")
    well = speed(*((3, 3000) if options.quick else (7, 10_000)), options.connections)
    print("\nparsing alone:")
    return 0 if parsing.main(["--limit", str(MOST_OF_DECODING)]) == 0 and well else 1


if __name__ == "__main__":
    sys.exit(main())
